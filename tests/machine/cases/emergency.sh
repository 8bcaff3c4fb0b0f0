# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 limit=400
# The kernel has one pointer to a function that turns VMX off in an emergency.
# It is vmxcore's from load to unload, and does not change when KVM and another
# client get and put VMX in any order.

slot=/sys/kernel/debug/vmxcore_test/emergency

# check_steady DESCRIPTION
check_steady() {
	check_equal "$1" "$(cat $slot)" "slot vmxcore_power_emergency [vmxcore] touched 0"
}

# kvm_on, kvm_off: a VM begins and ends (vm), or kvm_intel is loaded and
# unloaded (load).
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

# check_orders: KVM and the client go on and off in each of the six orders.
check_orders() {
	for order in "c C k K" "c k C K" "c k K C" "k c C K" "k c K C" "k K c C"; do
		about "enable_virt_at_load=$policy, KVM by $how, the client by $get, order $order"
		for step in $order; do
			case $step in
			c) client_on ;;
			C) client_off ;;
			k) kvm_on ;;
			K) kvm_off ;;
			esac
			[ "$(cat $slot)" = "slot vmxcore_power_emergency [vmxcore] touched 0" ] ||
				not_ok "the pointer does not change, step $step" "$(cat $slot)"
		done
	done
	about "enable_virt_at_load=$policy, KVM by $how, the client by $get"
	check_steady "the pointer does not change"
	about ""
}

check "the test client loads" modprobe vmxcore_test
check "client a" vmxt register a
check_steady "the pointer is vmxcore's"
for policy in 0 1; do
	check "kvm loads, enable_virt_at_load=$policy" modprobe kvm enable_virt_at_load=$policy
	for get in get get_cpu; do
		put=put${get#get}
		cpu=
		[ $get = get ] || cpu=1
		how=load
		check_orders
		modprobe kvm enable_virt_at_load=$policy
		check "enable_virt_at_load=$policy, $get: kvm_intel loads" modprobe kvm_intel
		how=vm
		check_orders
		check "enable_virt_at_load=$policy, $get: kvm_intel is unloaded" \
			modprobe -r kvm_intel
		modprobe kvm enable_virt_at_load=$policy
	done
	modprobe -r kvm
done
check_vmx_on "no client holds VMX" none
