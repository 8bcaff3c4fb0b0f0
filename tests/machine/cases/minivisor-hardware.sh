# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 emulator=bochs msrs="0x17a 0x3f1"
# kernels: 7.2
# more-kernels: 6.12
# The sample on hardware that no emulator has: a machine check during VM entry,
# PEBS that perf uses, FRED. IA32_MCG_STATUS (0x17a) and IA32_PEBS_ENABLE
# (0x3f1) are plain registers here.

# machine_checks: the number of machine checks of the host.
machine_checks() {
	awk '/^ *MCE:/ { for (cpu = 2; $cpu ~ /^[0-9]+$/; cpu++) n += $cpu; print n }' \
		/proc/interrupts
}

check "minivisor and the test client load" modprobe -a minivisor vmxcore_test msr
load_provider

# No other CPU comes to the handler, so that it must not wait for one.
echo 0 >/sys/devices/system/machinecheck/machinecheck0/monarch_timeout
dmesg_mark
before=$(machine_checks)
check "the next VM entry takes a machine check" vmxt mce_at_entry
check_fails "  it ends the guest" minirun --cpu 1 --rounds 5
check_equal "  the host has handled it" "$(machine_checks)" $((before + 1))
check_equal "  the host is ready for the next one" "$(msr 1 0x17a)" 0x0
check "  the log says why the guest is over" \
	dmesg_has "minivisor: the guest is over: its VM entry failed, reason 41,"
check "  another guest runs" minirun --cpu 1 --rounds 5
check_equal "  that one took no machine check" "$(machine_checks)" $((before + 1))

events=/sys/kernel/tracing/events
check "PEBS is in use on CPU 1" msr 1 0x3f1 0x1
echo 'msr == 0x3f1' >$events/msr/write_msr/filter
# Nothing writes the MSR between the VM exit and this function.
echo 'p:mini/guest_left minivisor:minivisor_host_restore' >>$events/../kprobe_events
echo 1 >$events/msr/write_msr/enable
echo 1 >$events/mini/guest_left/enable
check "  a guest runs there" minirun --cpu 1 --rounds 5
echo 0 >$events/mini/guest_left/enable
echo 0 >$events/msr/write_msr/enable
awk 'BEGIN { pebs = 1 }
	/ write_msr: 3f1, value / { pebs = $NF }
	/ guest_left: / { exits++; with += pebs != 0 }
	END { print (exits > 0), with + 0 }' $events/../trace >/run/exits
check_equal "  it always runs without PEBS" "$(cat /run/exits)" "1 0"
check_equal "  PEBS is in use again after it" "$(msr 1 0x3f1)" 0x1
check "nothing uses PEBS" msr 1 0x3f1 0
echo >$events/../trace
echo 1 >$events/msr/write_msr/enable
check "  a guest runs" minirun --cpu 1 --rounds 5
check_fails "  the MSR is not written" grep write_msr: $events/../trace

check "minivisor is unloaded" rmmod minivisor
# Debian's kernels before that are built without FRED.
if [ "$(line)" = 7.2 ]; then
	check "the kernel uses FRED" vmxt fred 1
	dmesg_mark
	check_fails "  minivisor does not load" modprobe minivisor
	check "  the log says why" \
		dmesg_has "minivisor: this kernel uses FRED, .*: not loaded \(fred=off"
	check "FRED is off again" vmxt fred 0
	check "  minivisor loads" modprobe minivisor
fi
