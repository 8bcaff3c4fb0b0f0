# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A kernel is upgraded from one release to the next.
# shellcheck disable=SC2154

two_releases
start packages "$(with_kernel previous)"
try "$kernel: the packages build and install it for $old" "$kernel-install" install_packages "$old"
try "$kernel: an upgrade to $new rebuilds it by itself" "$kernel-upgrade" upgrade "$new_version" \
	"$new"
try "$kernel: its source goes, apt configures the kernel, and says so" "$kernel-source-gone" \
	source_gone "$new_version" "$new"
try "$kernel: its source comes back, and it is built" "$kernel-source-back" source_arrives \
	"$new_version" "$new"
try "$kernel: $old has its modules still" "$kernel-old" ours "$old"
as_installed
try "$kernel: apt purge leaves nothing" "$kernel-purge" purge "$old" "$new"
from_a_checkout
