# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The initial RAM disks that the releases' own generators make. Needs steps.sh.
# shellcheck disable=SC2154

# generator_of KERNEL: all kernels together test bookworm's two generators, the
# newest dracut, and trixie's initramfs-tools, which unpacks compressed modules.
generator_of() {
	case $1 in
	6.12 | 7.2) echo dracut ;;
	*) echo initramfs-tools ;;
	esac
}

# with_generator: the layers of the release of $kernel with the generator, and
# without a kernel.
with_generator() {
	local release generator packages
	release=$(release_of "$kernel")
	generator=$(generator_of "$kernel")
	packages=("$generator" zstd)
	[ "$generator" != dracut ] || packages+=(systemd)
	with "$generator-$release" "$(base "$release")" "${packages[@]}"
}

# small_initrds: no machine boots with the initrds, and a complete one takes a
# minute.
small_initrds() {
	local settings
	if [ "$(generator_of "$kernel")" = dracut ]; then
		settings=('dracutmodules+=" bash "' 'compress="cat"' 'do_strip="no"')
		printf '%s\n' "${settings[@]}" >"$root/etc/dracut.conf.d/small.conf"
	else
		settings=(MODULES=list COMPRESS=zstd COMPRESSLEVEL=1)
		printf '%s\n' "${settings[@]}" >"$root/etc/initramfs-tools/conf.d/small"
	fi
}

# kvm_listed yes | no: makes the next initrd load KVM, or not.
kvm_listed() {
	local file=$root/etc/initramfs-tools/modules text='kvm\nkvm_intel\n'
	if [ "$(generator_of "$kernel")" = dracut ]; then
		file=$root/etc/dracut.conf.d/kvm.conf text='add_drivers+=" kvm kvm_intel "\n'
	fi
	[ "$1" = yes ] || text=
	# shellcheck disable=SC2059 # it has no arguments
	printf "$text" >"$file"
}

# make_initrd RELEASE: makes the initrd with the command that an admin would
# use.
make_initrd() {
	if [ -e "$root/usr/sbin/update-initramfs" ]; then
		in_root "$root" update-initramfs -u -k "$1"
	else
		in_root "$root" dracut --force "/boot/initrd.img-$1" "$1"
	fi
}

# break_generator, mend_generator: make it fail by its configuration, or work
# again.
break_generator() {
	if [ "$(generator_of "$kernel")" = dracut ]; then
		echo 'compress="/bin/false"' >"$root/etc/dracut.conf.d/zz-broken.conf"
	else
		printf '#!/bin/sh\nexit 1\n' >"$root/etc/initramfs-tools/hooks/broken"
		chmod 755 "$root/etc/initramfs-tools/hooks/broken"
	fi
}

mend_generator() {
	rm -f "$root"/etc/{dracut.conf.d/zz-broken.conf,initramfs-tools/hooks/broken}
}

# initrd_modules RELEASE: the modules of KVM and vmxcore in its initrd, below
# /lib/modules/RELEASE.
initrd_modules() {
	local tool=lsinitrd module='kvm|kvm-intel|vmxcore|vmxcore_tdx|vmxcore_vbox'
	[ "$(generator_of "$kernel")" = dracut ] || tool=lsinitramfs
	in_root "$root" "$tool" "/boot/initrd.img-$1" >"$out/initrd.list"
	grep -q usr "$out/initrd.list"
	sed -nE "s,.*lib/modules/[^/]*/(.*/($module)\.ko)(\..*)?\$,\1,p" "$out/initrd.list" | sort |
		paste -sd' '
}

# initrd_has stock | ours | copies | none RELEASE
initrd_has() {
	local wanted='' has dir=kernel/arch/x86/kvm dkms=updates/dkms
	case $1/$2 in
	stock/*) wanted="$dir/kvm-intel.ko $dir/kvm.ko" ;;
	copies/*) wanted="$dkms/kvm-intel.ko $dkms/kvm.ko" ;;
	ours/6.1.*) wanted="$dir/kvm.ko $dkms/kvm-intel.ko $dkms/vmxcore.ko" ;;
	ours/*) wanted="$dkms/kvm-intel.ko $dkms/kvm.ko $dkms/vmxcore.ko" ;;
	esac
	has=$(initrd_modules "$2")
	[ "$has" = "$wanted" ] || { echo "the initrd has \"$has\", not $1: \"$wanted\""; return 1; }
}

# newer_than_ours RELEASE: the initrd was made after the modules.
newer_than_ours() {
	local module file
	for module in $(modules_for "$1"); do
		file=$(echo "$root/lib/modules/$1/updates/dkms/$module".ko*)
		[ "$root/boot/initrd.img-$1" -nt "$file" ]
	done
}

# says COMMAND...: runs the command in the root, and keeps its output for the
# next steps.
says() {
	local status=0
	in_root "$root" "$@" >"$said" 2>&1 || status=$?
	cat "$said"
	return "$status"
}

says_anew() {
	says_once "vmxcore: /boot/initrd.img-$1 holds other KVM modules than modprobe loads:\
 making it"
}

says_not_made() {
	says_once "vmxcore: /boot/initrd.img-$1 could not be made anew, and still loads the old KVM"
}

left_alone() {
	! grep "vmxcore: /boot/initrd" "$said"
}

dkms_uninstall() {
	says dkms uninstall "vmxcore/$version" -k "$1"
	stock "$1"
}

dkms_install() {
	says dkms install "vmxcore/$version" -k "$1"
	ours "$1"
}

# kvm_by_initrd VERSION RELEASE: the kernel's package makes the initrd. The
# headers come later, and then the source, so that vmxcore can be built.
kvm_by_initrd() {
	local -a packages
	mapfile -t packages < <(packages_for "$@" | tr ' ' '\n')
	small_initrds
	kvm_listed yes
	apt "$package"/{vmxcore-dkms,vmxctl}_*.deb "${packages[0]}"
	left_alone
	initrd_has stock "$2"
	apt "${packages[1]}"
	left_alone
	initrd_has stock "$2"
	apt "${packages[2]}"
	ours "$2"
	initrd_has ours "$2"
	says_anew "$2"
}

# initrd_follows_dkms RELEASE
initrd_follows_dkms() {
	dkms_uninstall "$1"
	initrd_has stock "$1"
	dkms_install "$1"
	initrd_has ours "$1"
}

# initrd_without_kvm RELEASE: the initrd stays the same file.
initrd_without_kvm() {
	local before
	kvm_listed no
	make_initrd "$1"
	initrd_has none "$1"
	before=$(initrd_file "$1")
	dkms_uninstall "$1"
	[ "$(initrd_file "$1")" = "$before" ]
	dkms_install "$1"
	[ "$(initrd_file "$1")" = "$before" ]
	kvm_listed yes
	make_initrd "$1"
	initrd_has ours "$1"
}

initrd_file() {
	stat --format '%i %y %s' "$root/boot/initrd.img-$1"
	sha256sum "$root/boot/initrd.img-$1"
}

# new_vmxcore RELEASE: the new modules have the same names. The initrd is made
# anew once.
new_vmxcore() {
	apt --reinstall "$package"/vmxcore-dkms_*.deb
	ours "$1"
	initrd_has ours "$1"
	newer_than_ours "$1"
	says_anew "$1"
}

# broken_initrd RELEASE: dkms and vmxctl say that the initrd cannot be made, and
# the command that vmxctl names solves it.
broken_initrd() {
	dkms_uninstall "$1"
	initrd_has stock "$1"
	break_generator
	dkms_install "$1"
	initrd_has stock "$1"
	says_not_made "$1"
	mend_generator
	view_of "$1"
	doctor_finds initrd
	cat "$out/fixes"
	in_root "$root" sh -c "$(head -n 1 "$out/fixes")"
	initrd_has ours "$1"
	doctor_finds
	rm -r "$root/run/view"
}

# initrd_after_purge RELEASE: apt goes on if the initrd cannot be made, and the
# command of the line solves it.
initrd_after_purge() {
	break_generator
	says apt-get purge vmxcore-dkms vmxctl
	stock "$1"
	initrd_has ours "$1"
	says_not_made "$1"
	mend_generator
	in_root "$root" sh -c "$(sed -n 's/^vmxcore: .* made anew, and still.*; run: //p' "$said")"
	initrd_has stock "$1"
}

# initrd_of_copies VERSION RELEASE: this needs no build, as copies of the stock
# modules stand for ours.
initrd_of_copies() {
	local before modules=$root/lib/modules/$2
	local command=("$package/vmxcore/scripts/dkms/initrd" "$2")
	small_initrds
	kvm_listed yes
	apt "linux-image-$2=$1"
	initrd_has stock "$2"
	mkdir -p "$modules/updates/dkms"
	cp "$modules"/kernel/arch/x86/kvm/{kvm,kvm-intel}.ko* "$modules/updates/dkms"
	says "${command[@]}"
	says_anew "$2"
	initrd_has copies "$2"
	before=$(initrd_file "$2")
	says "${command[@]}"
	left_alone
	[ "$(initrd_file "$2")" = "$before" ]
	break_generator
	rm -r "$modules/updates"
	says "${command[@]}"
	says_not_made "$2"
	initrd_has copies "$2"
	mend_generator
	says "${command[@]}"
	initrd_has stock "$2"
}

# initrd_of_checkout RELEASE
initrd_of_checkout() {
	from_checkout "$1"
	initrd_has ours "$1"
	says_anew "$1"
	says make -C "$package/vmxcore" dkms-remove
	stock "$1"
	initrd_has stock "$1"
	says_anew "$1"
}
