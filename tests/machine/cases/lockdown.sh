# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: append="lockdown=integrity modprobe.blacklist=kvm_intel"
# A kernel that loads signed modules only, as with Secure Boot, refuses our
# modules, which have no signature here. It boots with the README's way to
# recover, which is to blacklist kvm_intel.

check "securityfs is mounted" mount -t securityfs securityfs /sys/kernel/security
check "the kernel is locked down" grep -q '\[integrity\]' /sys/kernel/security/lockdown
check_fails "vmxcore does not load" modprobe vmxcore
module=/lib/modules/$(uname -r)/updates/vmxcore.ko
check_equal "vmxctl doctor names the causes" "$(vmxctl --no-colour doctor | grep '^[a-z]')" \
	"blacklisted: kvm_intel is blacklisted, so it is not loaded automatically
unsigned: Secure Boot or lockdown is on, and $module is not signed"
vmxctl doctor >/run/doctor
check "  it says how to end the blacklisting" grep -q \
	'take kvm_intel out of modprobe.blacklist= on the kernel.s command line' /run/doctor
check "  it says how to end lockdown" grep -q \
	'without Secure Boot no key can be enrolled: .* take lockdown= off' /run/doctor
check_fails "  it does not name mokutil without Secure Boot" grep mokutil /run/doctor
check "the distribution's own modules load" modprobe irqbypass
