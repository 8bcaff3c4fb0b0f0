# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# One call of apt installs a kernel, its source and the packages.
# shellcheck disable=SC2154

newest_release
start packages "$(with_kernel none)"
try "$kernel: apt installs $new, its source and the packages at once" "$kernel-install" \
	upgrade "$new_version" "$new" "$package"/vmxcore-{dkms,dev}_*.deb "$package"/vmxctl_*.deb
as_installed
try "$kernel: apt purge leaves nothing" "$kernel-purge" purge "$new"
from_a_checkout
