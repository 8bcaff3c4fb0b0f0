# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 boots=3 image=kexec limit=360 append="crashkernel=256M"
# kernels: 6.1 7.2
# more-kernels: 6.12
# long: boots=8 limit=960
# All ways down in the state both of the matrix (guest/states.sh,
# guest/down.sh).

# shellcheck disable=SC2046 # words
ways_down both $(amount "nmi-crash reboot-f" \
	"reboot crash reboot-f nmi-crash sysrq-b panic kexec")
