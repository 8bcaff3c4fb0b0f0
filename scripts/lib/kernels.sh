# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The kernels that vmxcore is built for and tested on. The name of a kernel is
# its line, with its release if two have the same line.

all_kernels=(6.1 6.12 6.12-trixie 7.2)
# The kernel of a test that does not name another.
# shellcheck disable=SC2034 # for scripts that source this
main_kernel=6.12
# Debug kernels, built from the source of the newest kernel of their line, for
# cases that name them or with --kernel.
debug_kernels=(6.12-debug 6.12-kcsan)

# Kernels with PREEMPT_RT, on which the long form runs some cases, too.
rt_kernels=(6.12-rt)

# is_debug KERNEL
is_debug() {
	[[ " ${debug_kernels[*]} " == *" $1 "* ]]
}

# slowness_of KERNEL: prints how many times longer a case may take than on a
# stock kernel.
slowness_of() {
	case $1 in
	*-debug) echo 8 ;;
	*-kcsan) echo 4 ;;
	*) echo 1 ;;
	esac
}

# suite_of KERNEL: the suite in which Debian has the kernel or its source.
suite_of() {
	case $1 in
	6.1) echo bookworm ;;
	6.12 | 6.12-rt | 6.12-debug | 6.12-kcsan) echo bookworm-backports ;;
	6.12-trixie) echo trixie ;;
	7.2) echo forky ;;
	*)
		die "there is no kernel \"$1\" here, only ${all_kernels[*]} ${rt_kernels[*]}\
 ${debug_kernels[*]}"
		;;
	esac
}

# flavour_of KERNEL: what Debian calls a kernel's configuration.
flavour_of() {
	case $1 in
	*-rt) echo rt-amd64 ;;
	*) echo amd64 ;;
	esac
}

# release_of KERNEL: the release of Debian with the compiler of this kernel.
release_of() {
	local suite
	suite=$(suite_of "$1")
	echo "${suite%-backports}"
}

# line_of KERNEL: the kernel 6.12-trixie has the line 6.12.
line_of() {
	echo "${1%-*}"
}

# print_kernel DIR RELEASE: prints settings for a kernel that is in the cache at
# DIR/root. Its version is the name of DIR.
print_kernel() {
	cat <<-END
		root=$1/root
		release=$2
		version=${1##*/}
		vmlinuz=$1/root/boot/vmlinuz-$2
		kdir=$1/root/lib/modules/$2/build
	END
}
