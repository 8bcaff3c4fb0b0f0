# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The end of dkms.conf, ours and that of a module that needs vmxcore: dkms
# builds for the kernels that there are patches for and whose source is
# installed. The others are none of its business, instead of an error: apt goes
# on, and they keep their stock modules.
# shellcheck disable=SC2034 # dkms reads what is set here
# shellcheck disable=SC2154 # and sets the kernel

vmxcore_scripts=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
vmxcore_kernel=$kernelver
# Deciding what to autoinstall, dkms 3.0.10 reads this for no kernel at all, or
# for each that it has built for before. The one that is meant is in its
# caller's variable of the same name.
[[ " ${FUNCNAME[*]} " != *" autoinstall "* ]] ||
	vmxcore_kernel=$(unset kernelver; echo "$kernelver")

if [[ $vmxcore_kernel ]] &&
	! vmxcore_reason=$("$vmxcore_scripts/../kvm-tree" --check \
		"/lib/modules/$vmxcore_kernel/build" 2>&1); then
	BUILD_EXCLUSIVE_KERNEL="only what kvm-tree --check says yes to"
	# dkms 3.0.10 takes a kernel that is excluded for a failure, and apt's
	# configuration of it fails with that. What is built already stays with
	# autoinstall, as dkms 3.2 takes only that off a kernel that is about to
	# be replaced.
	compgen -G "$dkms_tree/$PACKAGE_NAME/kernel-$vmxcore_kernel-*" >/dev/null || AUTOINSTALL=""
	if [[ " ${FUNCNAME[*]} " == *" do_build "* ]]; then
		echo "$PACKAGE_NAME: not built for $vmxcore_kernel: ${vmxcore_reason#*: }" >&2
	fi
fi
