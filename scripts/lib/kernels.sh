# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The kernels that are built for and tested. One is named by its line, and by its release where two have the same line.

all_kernels=(6.1 6.12 6.12-trixie 7.2)

# suite_of KERNEL: where Debian has it.
suite_of() {
	case $1 in
	6.1) echo bookworm ;;
	6.12) echo bookworm-backports ;;
	6.12-trixie) echo trixie ;;
	7.2) echo forky ;;
	*) die "there is no kernel \"$1\" here, only ${all_kernels[*]}" ;;
	esac
}

# release_of KERNEL: the release of Debian whose compiler it is built with.
release_of() {
	local suite
	suite=$(suite_of "$1")
	echo "${suite%-backports}"
}

# line_of KERNEL: 6.12-trixie is of line 6.12.
line_of() {
	echo "${1%-*}"
}
