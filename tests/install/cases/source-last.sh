# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A kernel is installed first, and its source later.
# shellcheck disable=SC2154

newest_release
start packages "$(with_kernel none)"
try "$kernel: the packages install without a kernel" "$kernel-install" \
	apt "$package"/vmxcore-{dkms,dev}_*.deb "$package"/vmxctl_*.deb
try "$kernel: apt installs $new without its source, and says so" "$kernel-no-source" \
	without_source "$new_version" "$new"
try "$kernel: dkms says the same" "$kernel-by-hand" by_hand_without_source "$new_version" "$new"
try "$kernel: its source arrives, and it is built" "$kernel-source" source_arrives "$new_version" \
	"$new"
try "$kernel: a kernel of the same name takes its place, and it is built again" \
	"$kernel-same-name" same_name "$new_version" "$new"
as_installed
try "$kernel: apt purge leaves nothing" "$kernel-purge" purge "$new"
from_a_checkout
