# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The tests of the packages themselves.
# shellcheck disable=SC2154

build_packages() {
	rm -rf "$package"
	mkdir -p "$package/vmxcore"
	(cd "$top" && git ls-files --cached --others --exclude-standard -z |
		xargs -0 cp -a --parents -t "$package/vmxcore")
	root=$(scratch build "$(with build "$(base bookworm)" debhelper dh-dkms linux-kbuild-6.1 \
		libjson-c-dev libkmod-dev libtraceevent-dev libtracefs-dev pkgconf python3)")
	in_root "$root" sh -c "cd '$package/vmxcore' &&
		dpkg-buildpackage --unsigned-source --unsigned-changes"
	ls "$package"/vmxcore-{dkms,dev}_"$version"_all.deb "$package/vmxctl_${version}_amd64.deb"
}

versions_agree() {
	[ "$(dpkg-parsechangelog --file "$top/debian/changelog" --show-field Version)" = \
		"$version" ]
	[[ $(file_list "$package/vmxcore-dkms_"*.deb) == *"/usr/src/vmxcore-$version/dkms.conf"* ]]
}

file_list() {
	dpkg-deb --contents "$1"
}

# lintian_clean: the newest lintian knows the policy of all releases.
lintian_clean() {
	root=$(scratch lintian "$(with lintian "$(base forky)" lintian)")
	in_root "$root" lintian --allow-root --no-cfg --display-info \
		--fail-on error,warning,info "$package"/vmxcore_*.changes
}

try "packages: they build in Debian bookworm" packages build_packages
try "packages: dkms.conf and debian/changelog have one version" versions versions_agree
try "packages: lintian has nothing to say" lintian lintian_clean
