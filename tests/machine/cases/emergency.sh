# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=400
# The kernel has one slot for who takes VMX off CPUs in an emergency. It is vmxcore's from load to unload: never empty, never
# touched, whichever of KVM and other clients goes on and off first.

slot=/sys/kernel/debug/vmxcore_test/emergency

steady() {
	check_equal "$1" "$(cat $slot)" "slot vmxcore_power_emergency [vmxcore] touched 0"
}

# What KVM's going on and off is: a VM, with KVM's own policy at load or not; or KVM's load, with that policy.
kvm_on() {
	case $how in
	vm*) vm_start ;;
	load) modprobe kvm_intel || not_ok "kvm_intel loads" ;;
	esac
}

kvm_off() {
	case $how in
	vm*) vm_end ;;
	load) modprobe -r kvm_intel || not_ok "kvm_intel is unloaded" ;;
	esac
}

client_on() {
	vmxt "$get" a $cpu || not_ok "a gets"
}

client_off() {
	vmxt "$put" a $cpu || not_ok "a puts"
}

# orders: the six in which two can go on and off.
orders() {
	for order in "c C k K" "c k C K" "c k K C" "k c C K" "k c K C" "k K c C"; do
		for step in $order; do
			case $step in
			c) client_on ;;
			C) client_off ;;
			k) kvm_on ;;
			K) kvm_off ;;
			esac
			[ "$(cat $slot)" = "slot vmxcore_power_emergency [vmxcore] touched 0" ] || not_ok "$how, $order: after $step: $(cat $slot)"
		done
	done
	steady "KVM by $how, the client by $get: on and off in every order"
}

check "the test client loads" modprobe vmxcore_test
check "client a" vmxt register a
steady "vmxcore is in the slot"
for policy in 0 1; do
	check "kvm loads, enable_virt_at_load=$policy" modprobe kvm enable_virt_at_load=$policy
	for get in get get_cpu; do
		put=put${get#get}
		cpu=
		[ $get = get ] || cpu=1
		how=load
		orders
		modprobe kvm enable_virt_at_load=$policy
		check "kvm_intel loads" modprobe kvm_intel
		how=vm
		orders
		check "kvm_intel is unloaded" modprobe -r kvm_intel
		modprobe kvm enable_virt_at_load=$policy
	done
	modprobe -r kvm
done
on "nobody holds anything" none
