# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The releases of a kernel in Debian's archives. Needs common.sh, apt.sh and
# kernels.sh.

# versions_of KERNEL: prints "VERSION RELEASE" of all its releases in the
# archives, the newest one last.
versions_of() {
	local suite line packages
	suite=$(suite_of "$1") line=$(line_of "$1")
	mapfile -t packages < <(private_apt apt-cache pkgnames linux-headers- |
		grep -E '^linux-headers-[0-9].*[0-9]-amd64$')
	apt_versions "$suite(-security)?" "${packages[@]}" |
		awk -v "line=$line" 'index($2, line ".") == 1 {
			sub(/^linux-headers-/, "", $1)
			print $2, $1
		}' | sort -Vu
}

newest() {
	versions_of "$1" | tail -n 1
}

# previous KERNEL: the release before the newest one.
previous() {
	versions_of "$1" | tail -n 2 | head -n 1
}

# packages_for VERSION RELEASE: the packages to install.
packages_for() {
	echo "linux-image-$2=$1" "linux-headers-$2=$1" "$(source_for "$1")"
}

source_for() {
	[[ $1 =~ ^[0-9]+\.[0-9]+ ]] && echo "linux-source-${BASH_REMATCH[0]}=$1"
}
