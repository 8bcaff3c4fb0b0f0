# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2:2:1 memory=1024 limit=400
# kernels: 6.12
# more-kernels: 6.1 7.2
# debug-kernels: 6.12-debug
# vmxcore_tdx and CPUs that go offline and online, in a machine of two packages
# with two CPUs each; and the machine's sleep.

# package CPU: its number.
package() {
	cat /sys/devices/system/cpu/cpu"$1"/topology/physical_package_id
}

load_provider
check "the test client loads" modprobe vmxcore_test
check_equal "two packages" "$(package 0) $(package 1) $(package 2) $(package 3)" "0 0 1 1"

check "CPU 3 goes offline" online 3 0
about "CPU 3 is offline"
sim_load
sim inject TDH.SYS.LP.INIT TDX_INCONSISTENT_MSR cpu 2
check_tdx_refuses "Input/output error" "CPU 2: TDH.SYS.LP.INIT failed: TDX_INCONSISTENT_MSR"
check_vmx_on "  VMX is off" none
sim_anew
check_tdx_refuses "Input/output error" "needs all 4 CPUs, but 1 are offline" configure=1
check_vmx_on "  VMX is off" none
tdx_load
check_tdx cpus_initialized 3
dmesg_mark
sim inject TDH.SYS.LP.INIT TDX_INCONSISTENT_MSR cpu 3
check_fails "it stays offline, as the TDX module does not work there" online 3 1
check "  the log says why, and what to do" \
	dmesg_has "CPU 3 stays offline because the TDX module does not work there;\
 unload vmxcore_tdx"
check_equal "  it is offline" "$(cat /sys/devices/system/cpu/online)" 0-2
check_vmx_on "  VMX is off" none
sim clear
about "all CPUs"
check "CPU 3 comes online, as the TDX module works there" online 3 1
check_tdx cpus_initialized 4
check "CPU 1 goes offline" online 1 0
check "  it comes online" online 1 1
check_sim init_lps 4
check_vmx_on "  VMX is off" none
tdx_unload
check "CPU 1 goes offline without vmxcore_tdx" online 1 0
check "  it comes online" online 1 1

about "configured"
check "CPU 1 goes offline before loading" online 1 0
tdx_load configure=1
check_tdx state ready
check_tdx cpus_initialized 3
check_sim init_packages 2
check "CPU 1 comes online, initialised as it is" online 1 1
check_tdx cpus_initialized 4
check "CPU 2 goes offline" online 2 0
dmesg_mark
check_fails "CPU 3, the last one of its package, stays online" online 3 0
check "  the log says why" \
	dmesg_has "CPU 3 stays online because it is the last one in its package"
check "CPU 2 comes online" online 2 1
check "CPU 3 goes offline" online 3 0
check "a SEAMCALL on CPU 2" tdxcall 2 34 0 0x0800000200000000
check "  it works" tdxcall_says 'rax 0x0 .* r8 0x8086 '
check "CPU 3 comes online" online 3 1
check "a SEAMCALL on CPU 3" tdxcall 3 34 0 0x0800000200000000
check "  it works" tdxcall_says 'rax 0x0 .* r8 0x8086 '

dmesg_mark
check_fails "S3 is refused" sleep_for 2
check "  the log says why" \
	dmesg_has "S3 is refused because it would destroy all private memory;\
 unload vmxcore_tdx"
check_equal "  all CPUs are online" "$(cat /sys/devices/system/cpu/online)" 0-3
check "s2idle is not refused" idle_for 2000
check "  the PAMTs are untouched" sim pamt intact
check_tdx state ready
dmesg_mark
check_fails "hibernation is refused" \
	sh -c 'echo shutdown >/sys/power/disk; echo disk >/sys/power/state'
check "  the log says why" \
	dmesg_has "hibernation is refused because it would destroy all private memory"
check_vmx_on "  VMX is off" none
tdx_unload

about "S3 without private memory"
sim_anew
tdx_load on_demand=0
check_vmx_on "  VMX is on" 0,1,2,3
check "the machine sleeps (S3), and loses the TDX module" sleep_for 2
check_tdx state absent
check "  the log says so" dmesg_has "the TDX module was lost during sleep"
check_equal "  all CPUs are online" "$(cat /sys/devices/system/cpu/online)" 0-3
check_vmx_on "  VMX is on again" 0,1,2,3
check "a SEAMCALL" tdxcall 2 34 0 0x0800000200000000
check "  it returns TDX_SEAMCALL_VMFAILINVALID" tdxcall_says 'rax 0x8000ff00ffff0000 '
check "CPU 1 goes offline" online 1 0
check "  it comes online" online 1 1
tdx_unload
check_tdx_refuses "No such device" "no TDX module is loaded"
check_vmx_on "  VMX is off" none
check "CPU 1 goes offline without vmxcore_tdx" online 1 0
check "  it comes online" online 1 1

about "a sleep without the firmware"
sim_anew
tdx_load
check "the machine sleeps" core_test
check_tdx state initialized
check_tdx cpus_initialized 4
tdx_unload
check_vmx_on "  VMX is off" none

about "a package is offline"
check "CPU 2 goes offline before loading" online 2 0
check "CPU 3 goes offline before loading" online 3 0
check_tdx_refuses "Device or resource busy" \
	"needs an online CPU in each package; bring CPU 2 online first" configure=1
check "CPU 3 comes online" online 3 1
check "CPU 2 comes online" online 2 1
check_vmx_on "  VMX is off" none
