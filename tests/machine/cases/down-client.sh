# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 boots=2 image=kexec limit=240 append="crashkernel=256M"
# form: long
# long: boots=8 limit=960
# All ways down in the state client of the matrix (guest/states.sh,
# guest/down.sh).

# shellcheck disable=SC2046 # words
ways_down client $(amount "kexec" \
	"reboot crash reboot-f nmi-crash sysrq-b panic kexec")
