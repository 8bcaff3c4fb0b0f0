# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: append="module.sig_enforce=1"
# A kernel that takes signed modules only, without Secure Boot and lockdown.

check "vmxcore does not load: its key was rejected" sh -c "modprobe vmxcore 2>&1 | grep 'Key was rejected by service'"
check_equal "vmxctl doctor names the cause" "$(vmxctl --no-colour doctor | grep '^[a-z]')" \
	"unsigned: module.sig_enforce is on, and /lib/modules/$(uname -r)/updates/vmxcore.ko is not signed"
check "  and what to do about it" sh -c "vmxctl doctor | grep 'take module.sig_enforce off the kernel.s command line' && ! vmxctl doctor | grep '#'"
check "the distribution's own modules load" modprobe irqbypass
