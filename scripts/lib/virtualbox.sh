# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# VirtualBox of Debian, which no stable release has: its packages come from sid,
# by a private apt with lists of its own. Needs common.sh and apt.sh.
# shellcheck disable=SC2034,SC2154

virtualbox_cache=$vmxcore_cache/virtualbox
apt_releases=(sid)
apt_backports=()
apt_components="main contrib"
apt_root=$vmxcore_cache/archives-virtualbox

# What VirtualBox asks for and does without when it has no display: apt is told
# that these packages are installed. virtualbox-modules stands for the driver,
# which virtualbox-driver builds.
virtualbox_without=(virtualbox-modules libgl1 libsdl2-2.0-0 procps iproute2 systemd
	libpulse0 libasound2t64)

# virtualbox_status: prints the state of packages of the private apt.
virtualbox_status() {
	local package
	for package in "${virtualbox_without[@]}"; do
		printf '%s\n' "Package: $package" "Status: install ok installed" "Version: 9999" \
			"Architecture: amd64" "Maintainer: none" "Description: none" ""
	done
}

# virtualbox_packages: prints "PACKAGE=VERSION" of the driver's source, and of
# VirtualBox.
virtualbox_packages() {
	mkdir -p "$apt_root"
	virtualbox_status | apt_put "$apt_root/status"
	apt_refresh
	apt_versions sid virtualbox virtualbox-dkms | sed 's/ /=/' | LC_ALL=C sort -u
}
