# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: append="module.sig_enforce=1"
# A kernel that loads signed modules only, without Secure Boot and lockdown.

check "vmxcore does not load: its key was rejected" \
	sh -c "modprobe vmxcore 2>&1 | grep 'Key was rejected by service'"
module=/lib/modules/$(uname -r)/updates/vmxcore.ko
check_equal "vmxctl doctor names the cause" "$(vmxctl --no-colour doctor | grep '^[a-z]')" \
	"unsigned: module.sig_enforce is on, and $module is not signed"
vmxctl doctor >/run/doctor
check "  it says what to do" \
	grep 'take module.sig_enforce off the kernel.s command line' /run/doctor
check_fails "  it names no command" grep '#' /run/doctor
check "the distribution's own modules load" modprobe irqbypass
