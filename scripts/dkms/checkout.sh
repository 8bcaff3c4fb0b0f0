# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The common part of install and remove: the places where a checkout puts its
# files for DKMS and the kernel packages. Needs common.sh.
# shellcheck disable=SC2034,SC2154

conf=$here/../../dkms.conf
name=$(sed -n 's/^PACKAGE_NAME="\(.*\)"/\1/p' "$conf")
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$conf")
source=/usr/src/$name-$version
# It runs after the hook of dkms, which silently skips a kernel if the source of
# that kernel is not installed.
hook=/etc/kernel/header_postinst.d/$name

# dkms 3.0.10 takes modules without a version for those that the kernel has, and
# would install vmxcore.ko alone.
override=/usr/share/dkms/modules_to_force_install/$name

put_override() {
	mkdir -p "$(dirname "$override")"
	echo "${name}_version-override" >"$override"
}

# modprobe reads it for VirtualBox's driver.
softdep=/usr/local/lib/modprobe.d/10-vmxcore-vbox.conf

put_softdep() {
	install -D -m 644 "$here/../../virtualbox/10-vmxcore-vbox.conf" "$softdep"
}

put_hook() {
	mkdir -p "$(dirname "$hook")"
	cat >"$hook" <<-END
		#!/bin/sh
		# From vmxcore's "make dkms-install"; "make dkms-remove" deletes
		# it.
		exec $source/scripts/dkms/build-missing "\$1"
	END
	chmod 755 "$hook"
}

[ "$(id -u)" = 0 ] || die "only root may install modules: sudo make dkms-install"
command -v dkms >/dev/null || die "dkms is not installed: apt install dkms"
[ ! -e "/var/lib/dpkg/info/$name-dkms.list" ] ||
	die "the package $name-dkms is installed, and does the same: apt purge $name-dkms"
