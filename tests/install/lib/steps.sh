# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The steps of the cases. All work in $root, with $kernel, the kernel's name in
# lib/kernels.sh. Needs roots.sh, archive.sh.
# shellcheck disable=SC2154
# shellcheck disable=SC2034 # the cases use what is set here

package=$out/package
said=$out/said

# start NAME LAYERS: mounts the root of the case.
start() {
	root=$(scratch "$kernel-$1" "$2")
	in_root "$root" true
	files >"$out/before"
}

# apt PACKAGE...: installs packages, and keeps apt's output for the next steps.
apt() {
	local status=0
	in_root "$root" apt-get install "$@" >"$said" 2>&1 || status=$?
	cat "$said"
	[ "$status" = 0 ] || cat "$root/var/lib/dkms/vmxcore/$version/build/make.log" || true
	return "$status"
}

# says_once TEXT: exactly one line of the output has it.
says_once() {
	[ "$(grep -cF "$1" "$said")" = 1 ] || { echo "not said once: $1"; return 1; }
}

says_nothing() {
	! grep 'vmxcore: not built' "$said"
}

# says_no_source RELEASE: the output says that the source of this kernel is
# missing.
says_no_source() {
	says_once "vmxcore: not built for $1: the source of this kernel is not installed:\
 apt install"
}

# modules_for RELEASE: Linux 6.1 keeps its stock kvm.ko.
modules_for() {
	case $1 in
	6.1.*) echo vmxcore vmxcore_tdx vmxcore_vbox kvm-intel ;;
	*) echo vmxcore vmxcore_tdx vmxcore_vbox kvm kvm-intel ;;
	esac
}

# ours RELEASE...: modprobe takes all our modules.
ours() {
	local release module file
	for release in "$@"; do
		for module in $(modules_for "$release"); do
			file=$(in_root "$root" modinfo -k "$release" -n "$module")
			echo "$file"
			[[ $file == */modules/"$release"/updates/dkms/"$module".ko* ]]
		done
	done
}

# stock RELEASE...: modprobe takes the kernel's own modules, and there are no
# others.
stock() {
	local release module file
	for release in "$@"; do
		for module in kvm kvm-intel; do
			file=$(in_root "$root" modinfo -k "$release" -n "$module")
			echo "$file"
			[[ $file == */modules/"$release"/kernel/arch/x86/kvm/"$module".ko* ]]
		done
		! in_root "$root" modinfo -k "$release" -n vmxcore || return 1
		[ ! -e "$root/lib/modules/$release/updates" ]
	done
}

# files: lists all files except for those of apt and dpkg, and dkms's signing
# key.
files() {
	(cd "$root" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./var/lib/dpkg \
		-o -path ./var/lib/apt -o -path ./var/log -o -path ./var/cache \) -prune \
		-o -type d -printf '%p %m\n' \
		-o ! -path './var/lib/dkms/mok.*' -printf '%p %m %s %l\n') | sort
}

# keep RELEASE: keeps the modules as they are installed, for machines that boot
# with them: the kernel's own in arch/ and virt/, all of updates/, and depmod's
# indices. The other modules that a machine loads are in the kernel package.
keep() {
	local dir=$out/$kernel/modules
	rm -rf "$dir"
	mkdir -p "$dir"
	(cd "$root/lib/modules/$1" &&
		cp -a --parents -t "$dir" updates modules.* kernel/{arch,virt})
}

install_packages() {
	apt "$package"/vmxcore-{dkms,dev}_*.deb "$package"/vmxctl_*.deb
	says_nothing
	ours "$@"
	says_once 'modprobe -r kvm_intel && modprobe kvm_intel'
}

# upgrade VERSION RELEASE [PACKAGE...]: the packages of the kernel call dkms,
# which builds our modules.
upgrade() {
	local -a packages
	mapfile -t packages < <(packages_for "$1" "$2" | tr ' ' '\n')
	apt "${packages[@]}" "${@:3}"
	says_nothing
	ours "$2"
	keep "$2"
}

# without_source VERSION RELEASE: apt succeeds, and the kernel has its own
# modules.
without_source() {
	local -a packages
	mapfile -t packages < <(packages_for "$@" | tr ' ' '\n' | grep -v linux-source)
	apt "${packages[@]}"
	says_no_source "$2"
	grep -F "$(source_for "$1")" "$said"
	stock "$2"
}

source_arrives() {
	apt "$(source_for "$1")"
	says_nothing
	ours "$2"
	keep "$2"
}

# source_gone VERSION RELEASE: as without_source, for a kernel that is
# configured once more, beside others that have their modules.
source_gone() {
	in_root "$root" dkms unbuild "vmxcore/$version" -k "$2"
	in_root "$root" apt-get remove "$(source_for "$1" | sed 's/=.*//')"
	apt --reinstall "linux-headers-$2"
	says_no_source "$2"
	stock "$2"
}

# same_name VERSION RELEASE: what is installed was built for another kernel of
# this name, which dkms 3.0.10 does not look at.
same_name() {
	local file
	file=$(echo "$root/var/lib/dkms/vmxcore/kernel-$2"-*/log/kernel-source)
	[ "$(cat "$file")" = "$1" ]
	echo "${1}older" >"$file"
	apt --reinstall "linux-headers-$2"
	[ "$(cat "$file")" = "$1" ]
	ours "$2"
}

# by_hand_without_source VERSION RELEASE: an admin that calls dkms gets the same
# line.
by_hand_without_source() {
	! in_root "$root" dkms install "vmxcore/$version" -k "$2" >"$said" 2>&1 || return 1
	cat "$said"
	says_no_source "$2"
	stock "$2"
}

autopkgtest() {
	in_root "$root" "$package/vmxcore/debian/tests/$1" "$2"
}

# sample_parameters RELEASE: each parameter in the sample in /etc/modprobe.d
# exists, and the sample has all parameters of vmxcore.
sample_parameters() {
	local module setting
	grep -oP '^#options \K\S+ [^=]+' "$root/etc/modprobe.d/vmxcore.conf" |
		while read -r module setting; do
		[[ $module/$1 != kvm/6.1.* ]] || continue
		in_root "$root" modinfo -k "$1" -F parm "$module" | grep "^$setting:"
	done
	in_root "$root" modinfo -k "$1" -F parm vmxcore | while IFS=: read -r setting _; do
		grep "^#options vmxcore $setting=" "$root/etc/modprobe.d/vmxcore.conf"
	done
	! grep -v '^\(#.*\)\?$' "$root/etc/modprobe.d/vmxcore.conf"
}

# uninstall RELEASE: dkms has moved the kernel's modules aside since version
# 3.1, and has to put them back.
uninstall() {
	in_root "$root" dkms uninstall "vmxcore/$version" -k "$1"
	stock "$1"
	in_root "$root" dkms install "vmxcore/$version" -k "$1"
	ours "$1"
}

# view_of RELEASE: makes a view of the root for vmxctl --root, in which /proc
# says that this kernel is running.
view_of() {
	local view=$root/run/view dir
	mkdir -p "$view/proc/sys/kernel" "$view/sys"
	for dir in boot etc lib run usr var; do
		ln -sfn "/$dir" "$view/$dir"
	done
	echo "$1" >"$view/proc/sys/kernel/osrelease"
	printf 'vendor_id\t: GenuineIntel\nflags\t\t: vmx\n\n' >"$view/proc/cpuinfo"
	: >"$view/proc/modules"
}

# doctor_finds [ID...]
doctor_finds() {
	in_root "$root" vmxctl --root /run/view --json doctor >"$out/doctor.json" || true
	python3 -c '
import json, sys
found = json.load(open(sys.argv[1]))["findings"]
print("\n".join(f["fix"] for f in found))
sys.exit("found: %s" % found if [f["id"] for f in found] != sys.argv[2:] else 0)
' "$out/doctor.json" "$@" >"$out/fixes"
}

# doctor_mends RELEASE: vmxctl doctor names what keeps our modules from being in
# force, and the first command that it names is enough.
doctor_mends() {
	view_of "$1"
	doctor_finds
	in_root "$root" dkms uninstall "vmxcore/$version" -k "$1"
	stock "$1"
	doctor_finds not-installed dkms
	cat "$out/fixes"
	in_root "$root" sh -c "$(head -n 1 "$out/fixes")"
	ours "$1"
	doctor_finds
	rm -r "$root/run/view"
}

# another_hunk RELEASE: changes the last patch so that it expects a line that is
# not there, as if the kernel had changed.
another_hunk() {
	local patch file status=0
	patch=$(find "$root/usr/src/vmxcore-$version/kvm/patches/$(line_of "$kernel")" \
		-name '*.patch' | sort | tail -n 1)
	file=$(grep -m 1 -oP '^\+\+\+ b/\K.*' "$patch")
	cp "$patch" "$out/patch.orig"
	awk '
		/^@@/ && !done {
			print
			getline
			print " /* another line */"
			done = 1
			next
		}
		{ print }' "$out/patch.orig" >"$patch"
	in_root "$root" dkms unbuild "vmxcore/$version" -k "$1"
	in_root "$root" /etc/kernel/postinst.d/dkms "$1" || status=$?
	in_root "$root" "/usr/src/vmxcore-$version/scripts/dkms/build-missing" "$1" >"$said" 2>&1
	cp "$out/patch.orig" "$patch"
	cat "$said"
	[ "$status" != 0 ]
	says_once "vmxcore: not built for $1: ${patch##*/} does not apply to $2, at $file hunk #1:"
	stock "$1"
}

# owned: lists the files of packages. dpkg alone distinguishes /lib and
# /usr/lib.
owned() {
	cat "$root"/var/lib/dpkg/info/*.list | sed 's|^/usr/lib/|/lib/|'
}

# purge RELEASE...: no new file is left without a package that owns it, except
# for those that each kernel package makes when it is installed, and the files
# of the kernel packages are as they were.
purge() {
	local left
	in_root "$root" apt-get purge vmxcore-dkms vmxcore-dev vmxctl
	stock "$@"
	left=$(comm -13 <(cut -d ' ' -f 1 "$out/before" | sort) <(files | cut -d ' ' -f 1 | sort) |
		sed 's|^\.||; s|^/usr/lib/|/lib/|' | sort | comm -23 - <(owned | sort) |
		grep -vE -e '^/lib/modules/[^/]*/modules\.|^/(boot|run)/' \
			-e '^/(vmlinuz|initrd.img)(\.old)?$' || true)
	[ -z "$left" ] || { echo "left behind:"; echo "$left"; return 1; }
	in_root "$root" dpkg --verify "${@/#/linux-image-}"
}

from_checkout() {
	in_root "$root" make -C "$package/vmxcore" dkms-install >"$said" 2>&1 ||
		{ cat "$said"; return 1; }
	cat "$said"
	says_once 'modprobe -r kvm_intel && modprobe kvm_intel'
	ours "$1"
}

# The source package may be removed at this point.
checkout_removed() {
	in_root "$root" make -C "$package/vmxcore" dkms-remove
	stock "$1"
	diff <(grep -v /linux-source- "$out/before") <(files | grep -v /linux-source-)
}

# newest_release, two_releases: set $new and $new_version, and $old and
# $old_version, to the releases of $kernel in the archives.
newest_release() {
	read -r new_version new < <(newest "$kernel")
}

two_releases() {
	newest_release
	read -r old_version old < <(previous "$kernel")
}

# with_kernel newest | previous | none: prints the layers of $kernel's release
# of Debian, with the newest or the previous release of $kernel, or with none.
with_kernel() {
	local -a packages
	local base
	base=$(base "$(release_of "$kernel")")
	case $1 in
	none) echo "$base"; return ;;
	newest) mapfile -t packages < <(packages_for "$new_version" "$new" | tr ' ' '\n') ;;
	previous) mapfile -t packages < <(packages_for "$old_version" "$old" | tr ' ' '\n') ;;
	esac
	with "$kernel-$1" "$base" "${packages[@]}"
}
