# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Tests vmxctl doctor on the initrd of a synthetic machine. The initrd file is
# its own listing here, which the tools print. Sourced by run.
# shellcheck disable=SC2154

# lister TOOL COMMAND: installs TOOL alone, which runs COMMAND on the initrd.
lister() {
	rm -rf "$out/listers"
	mkdir -p "$out/listers"
	# shellcheck disable=SC2016 # for the script that is written
	printf '#!/bin/sh\nexec /bin/%s "$1"\n' "$2" >"$out/listers/$1"
	printf '#!/bin/sh\nPATH=%s exec %s "$@"\n' "$out/listers" "$checked" >"$out/with-lister"
	chmod 755 "$out/listers/$1" "$out/with-lister"
}

expect_initrd() {
	vmxctl=$out/with-lister expect "$1" changed --json doctor
}

# fresh LINE...: checks that an initrd with these files gives no finding.
fresh() {
	put "boot/initrd.img-$release" "$(printf '%s\n' "$@")"
	expect_initrd 0
	holds 'd["findings"] == [] and d["complete"]'
}

# stale MODULE LINE...: checks that MODULE in an initrd with these files is
# found stale.
stale() {
	local text="/boot/initrd.img-$release holds another $1 than"
	put "boot/initrd.img-$release" "$(printf '%s\n' "${@:2}")"
	expect_initrd 1
	holds '[f["id"] for f in d["findings"]] == ["initrd"] and d["complete"]'
	holds '"'"$text"'" in d["findings"][0]["text"]'
}

mended_by() {
	holds 'd["findings"][0]["fix"] == "'"$1"'"'
}

initrd() {
	local in=usr/lib/modules/$release
	local kernel=$in/kernel/kvm dkms=$in/updates/dkms
	changed well
	lister lsinitramfs cat
	fresh usr/bin/kvm.ko "$kernel/ext4.ko.xz" "$kernel/kvm-amd.ko" "$kernel/not-kvm.ko"
	fresh "$dkms/kvm.ko.xz" "$dkms/kvm-intel.ko" "$dkms/vmxcore.ko.zst"
	stale kvm_intel "$dkms/kvm.ko" "$kernel/kvm-intel.ko.xz"
	lister lsinitrd "sed 's/^/-rw-r--r--   1 root     root      1048576 Jan  1  1970 /'"
	fresh "$kernel/kvm-amd.ko" "$dkms/kvm.ko"
	stale kvm "$kernel/kvm.ko" "$kernel/kvm-intel.ko"
	mended_by "dracut --force /boot/initrd.img-$release $release"
	put usr/sbin/update-initramfs ""
	stale kvm_intel "$kernel/kvm-intel.ko"
	mended_by "update-initramfs -u -k $release"
	# The file has the same name, but it is of an older vmxcore.
	fresh "$dkms/vmxcore.ko"
	touch -d @1000000000 "$tree/boot/initrd.img-$release"
	expect_initrd 1
	holds '"another vmxcore than" in d["findings"][0]["text"]'
	# The modules have been removed, but the initrd still loads them.
	rm -r "$tree/lib/modules/$release/updates"
	index_modules
	put "boot/initrd.img-$release" "$dkms/vmxcore.ko"
	expect_initrd 1
	holds '[f["id"] for f in d["findings"]] == ["not-installed", "initrd"]'
	# The initrd cannot be listed.
	changed well
	put "boot/initrd.img-$release" "$kernel/kvm.ko"
	lister lsinitrd false
	expect_initrd 3
	holds 'd["findings"] == [] and not d["complete"]'
	warns "its contents cannot be listed"
	rm "$out/listers/lsinitrd" "$tree/boot/initrd.img-$release"
	mkfifo "$tree/boot/initrd.img-$release"
	expect_initrd 3
}
