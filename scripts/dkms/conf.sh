# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The end of our dkms.conf, and of that of a module that needs vmxcore: dkms
# builds for the kernels that have patches here and have their source installed.
# It excludes all others, and does not fail for them, so that apt goes on and
# they keep their stock modules.
# shellcheck disable=SC2034 # dkms reads what is set here
# shellcheck disable=SC2154 # and sets the kernel

vmxcore_scripts=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
vmxcore_kernel=$kernelver
# When dkms 3.0.10 decides what to autoinstall, it reads this for no kernel at
# all, or for each kernel that it has built for before. The kernel in question
# is in the variable of the same name of its caller.
[[ " ${FUNCNAME[*]} " != *" autoinstall "* ]] ||
	vmxcore_kernel=$(unset kernelver; echo "$kernelver")

if [[ $vmxcore_kernel ]] &&
	! vmxcore_reason=$("$vmxcore_scripts/../kvm-tree" --check \
		"/lib/modules/$vmxcore_kernel/build" 2>&1); then
	BUILD_EXCLUSIVE_KERNEL="only what kvm-tree --check says yes to"
	# dkms 3.0.10 takes an excluded kernel for a failure, and then apt fails
	# to configure that kernel. A module that is built already keeps
	# AUTOINSTALL, as dkms 3.2 removes only such modules from a kernel that
	# is about to be replaced.
	compgen -G "$dkms_tree/$PACKAGE_NAME/kernel-$vmxcore_kernel-*" >/dev/null || AUTOINSTALL=""
	if [[ " ${FUNCNAME[*]} " == *" do_build "* ]]; then
		echo "$PACKAGE_NAME: not built for $vmxcore_kernel: ${vmxcore_reason#*: }" >&2
	fi
fi
