# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=2 limit=400
# kernels: 6.12 7.2
# long: limit=3600
# Two hypervisors at once: guests of KVM's and of minivisor's take turns on one CPU, then on all of them while CPUs come and go
# and the machine sleeps. Neither guest notices, and a switch costs one VMPTRLD.

rounds_so_far() {
	od -An -t u8 "$mini_rounds" | tr -d ' '
}

# How often minivisor's task got the CPU, from KVM's or from another.
turns_so_far() {
	cat /proc/"$mini"/task/*/status | awk '/ctxt_switches/ { n += $2 } END { print n }'
}

# Each round of minivisor's gives the CPU to KVM's guest, and the other way round: two switches.
rounds=$(amount 2000 50000)
backend=native
! borrowed || backend=borrowed
functions="vmxcore_vmcs_cpu_load vmxcore_vmcs_cpu_clear ${backend}_on ${backend}_off"

check "minivisor and the test client load" modprobe -a minivisor vmxcore_test
load_kvm 0
vm_start --cpu 1 --log-steps 6 --yield
mini_start --cpu 1 --log-steps 6 --yield
kill -STOP "$mini"
for function in $functions; do
	vmxt count "$function" 1 >/dev/null
done
start=$(rounds_so_far)
turns=$(turns_so_far)
kill -CONT "$mini"
check "$((2 * rounds)) switches on CPU 1" progress "$mini_rounds" "$rounds" 3000
kill -STOP "$mini"
loads=$(count_of vmxcore_vmcs_cpu_load)
passed=$(($(rounds_so_far) - start))
turns=$(($(turns_so_far) - turns))
# A round takes another turn when it is preempted: now and then, or several times in a VM, where it takes long. And no VMPTRLD when it was
# not KVM's guest that had the CPU meanwhile.
check "  one VMPTRLD of minivisor's for each two: $loads in $passed rounds, $turns turns" \
	test "$loads" -ge $((passed * 9 / 10)) -a "$loads" -le $((turns + 10))
check_equal "  no VMCLEAR, no VMXON, no VMXOFF" \
	"$(count_of vmxcore_vmcs_cpu_clear) $(count_of ${backend}_on) $(count_of ${backend}_off)" "0 0 0"
kill -CONT "$mini"
for function in $functions; do
	vmxt count "$function" 0 >/dev/null
done
mini_end
vm_end
on "nobody has a VM" none

vm_start --vcpus 3 --log-steps 10 --yield
mini_start --vms 3 --log-steps 10 --yield
i=0
while [ $i -lt "$(amount 3 30)" ]; do
	i=$((i + 1))
	online 1 0 || not_ok "CPU 1 goes offline, $i"
	mini_computes "everything on CPU 0, $i"
	vm_computes "  KVM's too"
	online 1 1 || not_ok "CPU 1 comes online, $i"
	mini_computes "on both CPUs, $i"
	vm_computes "  KVM's too"
	sleep_for 2 || not_ok "S3, $i"
	mini_computes "after S3, $i"
	vm_computes "  KVM's too"
	on "  VMX" all
done
mini_end
vm_end
on "nobody has a VM" none

# A page that was the EPT root of one may be the other's next: whoever uses a root on a CPU for the first time flushes there.
check "flushes are counted" sh -c "vmxt count vmxcore_ept_activate 1 && vmxt count kvm_intel:vmx_flush_tlb_current 1 &&
	vmxt count kvm_intel:vmx_flush_tlb_all 1"
for cpu in 0 1 0 1; do
	before=$(count_of vmxcore_ept_activate)
	check "a VM of minivisor's on CPU $cpu" minirun --cpu $cpu --rounds 2
	check "  its root is flushed" test "$(count_of vmxcore_ept_activate)" -gt "$before"
	before=$(($(count_of vmx_flush_tlb_all) + $(count_of vmx_flush_tlb_current)))
	check "a VM of KVM's on CPU $cpu" vmrun --cpu $cpu --rounds 2
	check "  its root is flushed" test $(($(count_of vmx_flush_tlb_all) + $(count_of vmx_flush_tlb_current))) -gt "$before"
done
