/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints vmxcore:*, see docs/tracing.md. No event has an address of kernel memory.
 *
 * The kernel drops the events of a CPU that is not online. What happens to a CPU on its way up
 * or down is traced later, see vmxcore_cpu_trace_late().
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vmxcore

#if !defined(_VMXCORE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _VMXCORE_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>

#include "compat.h"

/* All CPUs, in place of a CPU number. */
#define VMXCORE_TRACE_ALL	(-1)

TRACE_EVENT(vmxcore_vmx_on,
	TP_PROTO(unsigned int cpu, const char *client, u64 latency, int result),
	TP_ARGS(cpu, client, latency, result),
	TP_STRUCT__entry(
		__field(u64, latency)
		__field(unsigned int, cpu)
		__field(int, result)
		__string(client, client)
	),
	TP_fast_assign(
		__entry->latency = latency;
		__entry->cpu = cpu;
		__entry->result = result;
		vmxcore_assign_str(client);
	),
	TP_printk("cpu=%u client=%s latency=%llu result=%d",
		  __entry->cpu, __get_str(client), __entry->latency, __entry->result)
);

TRACE_EVENT(vmxcore_vmx_off,
	TP_PROTO(unsigned int cpu, u64 latency),
	TP_ARGS(cpu, latency),
	TP_STRUCT__entry(
		__field(u64, latency)
		__field(unsigned int, cpu)
	),
	TP_fast_assign(
		__entry->latency = latency;
		__entry->cpu = cpu;
	),
	TP_printk("cpu=%u latency=%llu", __entry->cpu, __entry->latency)
);

DECLARE_EVENT_CLASS(vmxcore_reference,
	TP_PROTO(const char *client, int cpu, unsigned int references),
	TP_ARGS(client, cpu, references),
	TP_STRUCT__entry(
		__string(client, client)
		__field(int, cpu)
		__field(unsigned int, references)
	),
	TP_fast_assign(
		vmxcore_assign_str(client);
		__entry->cpu = cpu;
		__entry->references = references;
	),
	TP_printk("client=%s cpu=%d references=%u",
		  __get_str(client), __entry->cpu, __entry->references)
);

DEFINE_EVENT(vmxcore_reference, vmxcore_get,
	TP_PROTO(const char *client, int cpu, unsigned int references),
	TP_ARGS(client, cpu, references)
);

DEFINE_EVENT(vmxcore_reference, vmxcore_put,
	TP_PROTO(const char *client, int cpu, unsigned int references),
	TP_ARGS(client, cpu, references)
);

TRACE_EVENT(vmxcore_refused,
	TP_PROTO(const char *client, int cpu, int error),
	TP_ARGS(client, cpu, error),
	TP_STRUCT__entry(
		__string(client, client)
		__field(int, cpu)
		__field(int, error)
	),
	TP_fast_assign(
		vmxcore_assign_str(client);
		__entry->cpu = cpu;
		__entry->error = error;
	),
	TP_printk("client=%s cpu=%d error=%d",
		  __get_str(client), __entry->cpu, __entry->error)
);

TRACE_EVENT(vmxcore_emergency,
	TP_PROTO(unsigned int cpu),
	TP_ARGS(cpu),
	TP_STRUCT__entry(
		__field(unsigned int, cpu)
	),
	TP_fast_assign(
		__entry->cpu = cpu;
	),
	TP_printk("cpu=%u", __entry->cpu)
);

TRACE_EVENT(vmxcore_vmcs_switch,
	TP_PROTO(unsigned int cpu, const char *from, const char *to),
	TP_ARGS(cpu, from, to),
	TP_STRUCT__entry(
		__field(unsigned int, cpu)
		__string(from, from)
		__string(to, to)
	),
	TP_fast_assign(
		__entry->cpu = cpu;
		vmxcore_assign_str(from);
		vmxcore_assign_str(to);
	),
	TP_printk("cpu=%u from=%s to=%s", __entry->cpu, __get_str(from), __get_str(to))
);

DECLARE_EVENT_CLASS(vmxcore_vpid,
	TP_PROTO(const char *client, int vpid),
	TP_ARGS(client, vpid),
	TP_STRUCT__entry(
		__string(client, client)
		__field(int, vpid)
	),
	TP_fast_assign(
		vmxcore_assign_str(client);
		__entry->vpid = vpid;
	),
	TP_printk("client=%s vpid=%d", __get_str(client), __entry->vpid)
);

DEFINE_EVENT(vmxcore_vpid, vmxcore_vpid_alloc,
	TP_PROTO(const char *client, int vpid),
	TP_ARGS(client, vpid)
);

DEFINE_EVENT(vmxcore_vpid, vmxcore_vpid_free,
	TP_PROTO(const char *client, int vpid),
	TP_ARGS(client, vpid)
);

#endif /* _VMXCORE_TRACE_H */

/* Looked for in the include path, to which Kbuild adds the folder of trace.c. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
