# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=3600 append="kvm.enable_virt_parallel=0"
# kernels: 6.12 7.2
# form: long
# The case share, with a KVM that gets VMX on one CPU after another, as stock
# KVM does.

# shellcheck source=tests/machine/cases/share.sh
. /cases/share.sh
