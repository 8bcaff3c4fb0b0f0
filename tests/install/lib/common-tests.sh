# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The tests that all cases have. Needs steps.sh.
# shellcheck disable=SC2154

# as_installed: these tests need our modules installed for $new.
as_installed() {
	try "$kernel: debian/tests/modules" "$kernel-modules" autopkgtest modules "$new"
	try "$kernel: debian/tests/client: minivisor, out of the tree" "$kernel-client" \
		autopkgtest client "$new"
	try "$kernel: the sample for modprobe.d names the parameters there are" "$kernel-sample" \
		sample_parameters "$new"
	try "$kernel: dkms uninstall brings the stock modules back" "$kernel-uninstall" uninstall \
		"$new"
	try "$kernel: vmxctl doctor finds that they are not installed, and its command mends it" \
		"$kernel-doctor" doctor_mends "$new"
	try "$kernel: a hunk that does not apply is named, and the stock modules are in force" \
		"$kernel-hunk" another_hunk "$new" "$new_version"
}

from_a_checkout() {
	start checkout "$(with_kernel newest)"
	try "$kernel: make dkms-install" "$kernel-checkout" from_checkout "$new"
	try "$kernel: a checkout says it too when the source is gone" \
		"$kernel-checkout-source-gone" source_gone "$new_version" "$new"
	try "$kernel: make dkms-remove leaves nothing" "$kernel-checkout-remove" checkout_removed \
		"$new"
}
