# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 memory=2048 image=selftests limit=7200
# kernels: 6.12 6.1
# form: selftests
# KVM's own selftests on the distribution's KVM, with which the case
# selftests-ours is compared.

check "the distribution's kvm loads" stock_insmod kvm
check "  its kvm_intel loads" stock_insmod kvm-intel
# shellcheck source=tests/machine/guest/selftests.sh
. /selftests.sh
check "a VM runs after them" vmrun --rounds 5
check "kvm_intel is unloaded" modprobe -r kvm_intel
