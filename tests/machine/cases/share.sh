# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
# machine: cpus=2 limit=400
# kernels: 6.12 7.2
# long: limit=3600
# Two hypervisors at once: guests of KVM and of minivisor take turns on one CPU,
# then on all CPUs while CPUs go offline and online and the machine sleeps. The
# guests go on, and a switch costs one VMPTRLD.

rounds_so_far() {
	od -An -t u8 "$mini_rounds" | tr -d ' '
}

# turns_so_far: how often minivisor's tasks got a CPU, from KVM's task or from
# another.
turns_so_far() {
	cat /proc/"$mini"/task/*/status | awk '/ctxt_switches/ { n += $2 } END { print n }'
}

# minivisor's guest yields the CPU to KVM's after each round, and KVM's to
# minivisor's: two switches.
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
# A round takes a further turn if it is preempted, which happens several times
# in a slow VM. A turn takes no VMPTRLD if KVM's guest has not had the CPU in
# between.
log "$loads VMPTRLD in $passed rounds, $turns turns"
check "  minivisor executes one VMPTRLD for two switches" \
	test "$loads" -ge $((passed * 9 / 10)) -a "$loads" -le $((turns + 10))
check_equal "  no VMCLEAR, no VMXON, no VMXOFF" \
	"$(for function in vmxcore_vmcs_cpu_clear ${backend}_on ${backend}_off; do
		count_of "$function"
	done | xargs)" "0 0 0"
kill -CONT "$mini"
for function in $functions; do
	vmxt count "$function" 0 >/dev/null
done
mini_end
vm_end
check_vmx_on "the VMs on CPU 1 are gone" none

about "three vCPUs, three VMs"
vm_start --vcpus 3 --log-steps 10 --yield
mini_start --vms 3 --log-steps 10 --yield
i=0
while [ $i -lt "$(amount 3 30)" ]; do
	i=$((i + 1))
	online 1 0 || not_ok "CPU 1 goes offline, $i"
	check_mini_computes "minivisor's VMs run on CPU 0, time $i"
	check_vm_computes "  KVM's VM runs on"
	online 1 1 || not_ok "CPU 1 comes online, $i"
	check_mini_computes "minivisor's VMs run on both CPUs, time $i"
	check_vm_computes "  KVM's VM runs on"
	sleep_for 2 || not_ok "S3, $i"
	check_mini_computes "minivisor's VMs run after S3, time $i"
	check_vm_computes "  KVM's VM runs on"
	check_vmx_on "  both hold VMX" all
done
mini_end
vm_end
check_vmx_on "the VMs are gone" none

# A page can be the EPT root of one hypervisor first and of the other next, so
# each flushes on a CPU when it uses a root there for the first time.
about ""
check "flushes are counted" sh -c "vmxt count vmxcore_ept_activate 1 &&
	vmxt count kvm_intel:vmx_flush_tlb_current 1 &&
	vmxt count kvm_intel:vmx_flush_tlb_all 1"
turn=0
for cpu in 0 1 0 1; do
	turn=$((turn + 1))
	about "turn $((turn > 2 ? 2 : 1))"
	before=$(count_of vmxcore_ept_activate)
	check "a VM of minivisor runs on CPU $cpu" minirun --cpu $cpu --rounds 2
	check "  its root is flushed" test "$(count_of vmxcore_ept_activate)" -gt "$before"
	before=$(($(count_of vmx_flush_tlb_all) + $(count_of vmx_flush_tlb_current)))
	check "a VM of KVM runs on CPU $cpu" vmrun --cpu $cpu --rounds 2
	check "  its root is flushed" test \
		$(($(count_of vmx_flush_tlb_all) + $(count_of vmx_flush_tlb_current))) -gt "$before"
done
