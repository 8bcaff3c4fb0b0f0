# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Roots to install packages in: a copy of a release's root (scripts/root) with
# layers over it, all cached, and a last one that is deleted. Needs common.sh,
# apt.sh and kernels.sh, and a mount namespace of its own.
# shellcheck disable=SC2154

install_cache=$vmxcore_cache/install

# Part of the stamp of each layer: raise it when layers are filled in another
# way.
layout=2

# apt_for RELEASE: writes the configuration of apt in a root of this release,
# with the archives, lists and proxies of the host. apt keeps the packages.
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

# in_root ROOT COMMAND...: runs the command there as root. ccache keeps the
# compiler's results, as each test compiles KVM.
in_root() {
	local root=$1
	shift
	"$top/scripts/in-root" "$root" "$install_cache" "$apt_root/state/lists" "$out" -- \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive \
		APT_CONFIG="$install_cache/apt/$(cat "$root/etc/vmxcore-release").conf" \
		DEBIAN_KERNEL_USE_CCACHE=1 CCACHE_DIR="$install_cache/ccache" "$@"
}

# over WORK ROOT LOWER: mounts the folders of LOWER (A:B, A is the uppermost) at
# ROOT. Changes go to WORK.
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

# layer NAME TEXT LOWER FILL ARGUMENT...: makes a cached folder for over, which
# FILL ROOT ARGUMENT... fills in a root of LOWER. Prints it and LOWER, with
# colons between.
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

# Kernel packages need a generator of initial RAM disks. A stub saves time, as
# no machine boots here.
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

# The root is copied, as other builds work in the cached one and leave files
# there.
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

# base RELEASE: the release with the packages that vmxcore-dkms depends on.
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

# scratch NAME LAYERS: mounts a root that is deleted when this shell ends, and
# prints its path.
scratch() {
	local dir=$scratch_dir/$1
	over "$dir" "$dir/root" "$2"
	echo "$dir/root"
}
