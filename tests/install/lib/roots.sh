# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Roots to install things in: a copy of that of a release (scripts/root) with
# layers over it, all cached, and a last one that is thrown away. Needs
# common.sh, apt.sh and kernels.sh, and a mount namespace of its own.
# shellcheck disable=SC2154

install_cache=$vmxcore_cache/install

# Part of every stamp: raise it when a layer is filled in another way.
layout=2

# apt_for RELEASE: the configuration that apt has in a root of it: the archives,
# lists and proxies of the host, packages kept.
apt_for() {
	local file=$install_cache/apt/$1
	mkdir -p "$install_cache/apt" "$install_cache/archives/partial"
	apt_sources | grep -E " $1(-[a-z]+)? main$" | apt_put "$file.list"
	{
		apt_host_settings
		cat <<-END
			Dir::Etc::sourcelist "$file.list";
			Dir::Etc::sourceparts "/dev/null";
			Dir::State::lists "$apt_root/state/lists";
			Dir::Cache::archives "$install_cache/archives";
			APT::Sandbox::User "root";
			APT::Install-Recommends "false";
			APT::Get::Assume-Yes "true";
			Dpkg::Use-Pty "false";
			Dpkg::Options { "--force-unsafe-io"; };
		END
	} | apt_put "$file.conf"
}

# in_root ROOT COMMAND...: as an admin of that release would. The compiler's
# results are kept: it is KVM, again and again.
in_root() {
	local root=$1
	shift
	"$top/scripts/in-root" "$root" "$install_cache" "$apt_root/state/lists" "$out" -- \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive \
		APT_CONFIG="$install_cache/apt/$(cat "$root/etc/vmxcore-release").conf" \
		DEBIAN_KERNEL_USE_CCACHE=1 CCACHE_DIR="$install_cache/ccache" "$@"
}

# over WORK ROOT LOWER: mounts at ROOT what the folders of LOWER (A:B, A
# uppermost) hold; changes go to WORK.
over() {
	mkdir -p "$1/upper" "$1/work" "$2"
	mount -t overlay overlay -o "lowerdir=$3,upperdir=$1/upper,workdir=$1/work" "$2"
}

fill_layer() {
	local fill=$2 temp=${*: -1}
	over "$temp" "$temp/root" "$1"
	"$fill" "$temp/root" "${@:3:$#-3}" >"$temp/log" 2>&1 || {
		tail -n 30 "$temp/log" >&2
		cp "$temp/log" "$out/layer.log"
		umount "$temp/root"
		die "a layer cannot be filled: $out/layer.log"
	}
	umount "$temp/root"
	rm -rf "$temp/root" "$temp/work"
}

# layer NAME TEXT LOWER FILL ARGUMENT...: a cached folder for over, filled by
# FILL ROOT ARGUMENT... in a root of LOWER; prints it and LOWER, with colons
# between.
layer() {
	local dir=$install_cache/layers/$1 text=$2 lower=$3 fill=$4
	shift 4
	cache_entry "$dir" "$layout $text $(cat_stamps "$lower")" fill_layer "$lower" "$fill" "$@"
	echo "$dir/upper:$lower"
}

cat_stamps() {
	local dir
	tr : '\n' <<<"$1" | while read -r dir; do
		sha256sum <"$(dirname "$dir")/stamp" | cut -c 1-16
	done | paste -sd' '
}

# Kernel packages ask for a maker of initial RAM disks. Nothing boots here, and
# it takes a while.
no_initramfs() {
	local dir=$1/tmp/no-initramfs
	mkdir -p "$dir/DEBIAN"
	cat >"$dir/DEBIAN/control" <<-END
		Package: vmxcore-no-initramfs
		Version: 1
		Architecture: all
		Maintainer: tests <tests@localhost>
		Provides: linux-initramfs-tool
		Description: stands for a maker of initial RAM disks
	END
	dpkg-deb --build "$dir" "$1/tmp/no-initramfs.deb"
	in_root "$1" dpkg --install /tmp/no-initramfs.deb
	rm -r "$dir" "$1/tmp/no-initramfs.deb"
}

# A copy: other builds work in the cached root, and leave their traces there.
fill_base() {
	local release=$1 pristine=$2 root=$3/upper
	cp -a --reflink=auto "$pristine" "$root"
	find "$root/tmp" -mindepth 1 -delete
	echo "$release" >"$root/etc/vmxcore-release"
	{
		no_initramfs "$root"
		in_root "$root" apt-get install ccache openssl
	} >"$3/log" 2>&1
}

# base RELEASE: a release with what vmxcore-dkms depends on.
base() {
	local dir=$install_cache/layers/base-$1 pristine
	apt_for "$1"
	pristine=$("$top/scripts/root" "$1")
	cache_entry "$dir" "$layout $1 $(cat_stamps "$pristine")" fill_base "$1" "$pristine"
	echo "$dir/upper"
}

fill_packages() {
	local root=$1
	shift
	in_root "$root" apt-get install "$@"
}

# with NAME BASE PACKAGE[=VERSION]...: BASE with packages installed.
with() {
	local name=$1 base=$2
	shift 2
	layer "$name" "$*" "$base" fill_packages "$@"
}

# scratch NAME LAYERS: mounts a root that is gone when this shell ends, and
# prints it.
scratch() {
	local dir=$scratch_dir/$1
	over "$dir" "$dir/root" "$2"
	echo "$dir/root"
}
