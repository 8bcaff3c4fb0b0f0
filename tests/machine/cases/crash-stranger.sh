# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=2 boots=2 image=kexec limit=240 append="crashkernel=256M"
# kernels: 6.12
# more-kernels: 6.1 7.2
# A crash while a stranger's VMCS is current on a CPU: it is VMCLEARed there, as
# that of a client, although vmxcore does not know it.

if [ "$(stage)" = 1 ]; then
	check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
	load_provider
	check "the stranger registers" vmxt register a stranger
	check "  it gets all" vmxt get a
	check "  its VMCS is current on CPU 1" vmxt stranger 1 stay
	crash_kernel_load launched
	expect "vmxcore_test: emergency of client a on CPU 0"
	expect "Kernel panic - not syncing: sysrq triggered crash"
	next_stage crash
fi
check "the crash kernel was entered" test -s /proc/vmcore
check "  the stranger's VMCS was cleared" vmcss_cleared
