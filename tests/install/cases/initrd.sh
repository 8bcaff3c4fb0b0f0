# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# An initrd loads KVM before the root file system with its modules is mounted.
# shellcheck disable=SC2154

newest_release
start initrd "$(with_generator)"
by="initrd by $(generator_of "$kernel")"

all_that_changes_it() {
	try "$kernel: $by: made before vmxcore could be built, it is made anew with ours" \
		"$kernel-initrd-kernel" kvm_by_initrd "$new_version" "$new"
	try "$kernel: $by: dkms uninstall brings its stock modules back, dkms install ours" \
		"$kernel-initrd-dkms" initrd_follows_dkms "$new"
	try "$kernel: $by: one without KVM is left alone" \
		"$kernel-initrd-without" initrd_without_kvm "$new"
	try "$kernel: $by: a new vmxcore makes it anew, once" "$kernel-initrd-upgrade" new_vmxcore \
		"$new"
	try "$kernel: $by: one that cannot be made is named, and vmxctl doctor mends it" \
		"$kernel-initrd-broken" broken_initrd "$new"
	try "$kernel: $by: apt purge succeeds where it cannot be made, and says how it can" \
		"$kernel-initrd-purge" initrd_after_purge "$new"
	try "$kernel: $by: make dkms-install has ours put in, make dkms-remove the stock modules" \
		"$kernel-initrd-checkout" initrd_of_checkout "$new"
}

# These two kernels have both versions of dkms, and run all tests. The other
# kernels test the script alone, with the generators of their releases.
case $kernel in
6.1 | 7.2) all_that_changes_it ;;
*)
	try "$kernel: $by: it holds the modules in force, and is made anew for nothing else" \
		"$kernel-initrd-copies" initrd_of_copies "$new_version" "$new"
	;;
esac
