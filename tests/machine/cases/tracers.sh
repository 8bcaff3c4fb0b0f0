# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: image=tracers cpus=2 limit=1200
# form: long
# more-kernels: 6.1 7.2
# Each command of docs/tracing.md shows which client gets VMX, and how long that
# took.

# client: gets and puts until the file is there.
client() {
	while [ ! -e /run/enough ]; do
		vmxt get a && vmxt put a
		sleep 0.1
	done >/dev/null 2>&1
}

# document REGEX: the one line of the document that matches.
document() {
	grep -E "$1" /tracing
}

# for_a_while SECONDS COMMAND: interrupts a command that does not end by itself.
# dash lets commands in the background ignore SIGINT.
for_a_while() {
	timeout -s INT "$1" sh -c "exec $2"
}

cd /run || bail "there is no /run"
check "vmxcore and the test client load" modprobe -a vmxcore vmxcore_test
load_provider
check "client a" vmxt register a
client &

check_equal "each command of the document is tried here" \
	"$(grep -vE '^(vmxctl trace|trace-cmd|perf|bpftrace|cd )' /tracing)" ""

log "$(document '^vmxctl trace')"
for_a_while 3 "vmxctl trace" >/run/vmxctl
check "vmxctl trace shows gets, puts, VMXON, VMXOFF" \
	sh -c "cat /run/vmxctl | head -n 20; grep -q 'a.*get\|get.*a' /run/vmxctl"
check_equal "  it ends after 10 events of one kind" "$(
	vmxctl --json trace --event vmxcore_get --client a --count 10 |
		grep -c '"event":"vmxcore_get"')" 10
check_equal "  nothing is left of it" "$(ls /sys/kernel/tracing/instances)" ""

sh -c "$(document '^trace-cmd')" >/run/trace-cmd 2>&1
check "trace-cmd: $(document '^trace-cmd')" sh -c "tail -n 20 /run/trace-cmd
	grep -qE ' vmxcore_vmx_on: +cpu=1 client=a latency=[0-9]+ result=0' /run/trace-cmd"
sh -c "$(document '^perf')" >/run/perf 2>&1
check "perf: $(document '^perf')" sh -c "tail -n 20 /run/perf
	grep -qE ' vmxcore:vmxcore_vmx_on: +cpu=1 client=a latency=[0-9]+ result=0' /run/perf"
for_a_while 60 "$(document '^bpftrace')" >/run/bpftrace 2>&1
check "bpftrace: $(document '^bpftrace')" \
	sh -c "tail -n 20 /run/bpftrace; grep -qF '@ns[a]:' /run/bpftrace"
sh -c "$(document trace_pipe)" >/run/pipe 2>&1 &
pipe=$!
sleep 2
# The shell around it would read on, and take what follows out of the trace.
killall cat
wait $pipe
check "without other tools: $(document trace_pipe)" \
	sh -c "head /run/pipe; grep -qE ' vmxcore_vmx_on: cpu=1 client=a ' /run/pipe"
: >/run/enough

check "a stack for each refusal" sh -c "$(document stacktrace)"
check "  CR4.VMXE is set on CPU 1" vmxt vmxe 1 1
vmxt -e EBUSY get a
check "  the trace has it" sh -c "grep -A 12 'vmxcore_refused: client=a cpu=1 error=-16' \
	/sys/kernel/tracing/trace >/run/stack; cat /run/stack; grep -q '=> cmd_get' /run/stack"
check "  CR4.VMXE is cleared" vmxt vmxe 1 0
