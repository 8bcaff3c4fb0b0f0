# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: append="lockdown=integrity modprobe.blacklist=kvm_intel"
# A kernel that takes signed modules only, as with Secure Boot: ours, of which the machine's have no signature, are refused. And
# README's way to recover.

check "securityfs" mount -t securityfs securityfs /sys/kernel/security
check "the kernel is locked down" grep -q '\[integrity\]' /sys/kernel/security/lockdown
check_fails "vmxcore does not load" modprobe vmxcore
check_equal "vmxctl doctor names the cause" "$(vmxctl --no-colour doctor | grep '^[a-z]')" \
	"blacklisted: kvm_intel is blacklisted: it is not loaded by itself
unsigned: Secure Boot or lockdown is on, and /lib/modules/$(uname -r)/updates/vmxcore.ko is not signed"
check "  and what to do about the one" sh -c "vmxctl doctor | grep -q 'take kvm_intel out of modprobe.blacklist= on the kernel.s command line'"
check "  and about the other: without Secure Boot there is no key to enroll" \
	sh -c "vmxctl doctor | grep -q 'without Secure Boot no key can be enrolled: .* take lockdown= off' && ! vmxctl doctor | grep mokutil"
check "the distribution's own modules load" modprobe irqbypass
