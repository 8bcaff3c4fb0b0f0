// SPDX-License-Identifier: GPL-2.0-only
/*
 * The native backend executes VMXON and VMXOFF itself, up to Linux 7.0.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/topology.h>
#include <asm/nospec-branch.h>
#include <asm/perf_event.h>
#include <asm/reboot.h>
#include <asm/tlbflush.h>

#include "backend.h"
#include "caps.h"
#include "trace.h"
#include "tlb.h"

/*
 * VMXON faults (#GP, #UD) if the mode, CR0, CR4 or IA32_FEATURE_CONTROL do not allow it, and
 * VMfails if the pointer or the revision identifier is wrong (SDM volume 3, "VMXON"). An
 * exception table alone, as in KVM, takes VMfail for success.
 *
 * Not inlined: the machine tests change the page by a kprobe here.
 */
static noinline int execute_vmxon(struct vmxcore_vmcs_region *root)
{
	u64 pa = virt_to_phys(root);

	asm goto("1: vmxon %0\n\t"
		 "jbe %l[vmfail]\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : "m" (pa) : "cc", "memory" : vmfail, fault);
	return 0;
vmfail:
	return -EIO;
fault:
	return -EFAULT;
}

static int execute_vmxoff(void)
{
	asm goto("1: vmxoff\n\t"
		 _ASM_EXTABLE(1b, %l[fault])
		 : : : "cc", "memory" : fault);
	return 0;
fault:
	return -EFAULT;
}

/* One page per possible CPU, on the CPU's own node. */
static DEFINE_PER_CPU(struct vmxcore_vmcs_region *, root_vmcs);

static int native_on(void)
{
	struct vmxcore_caps here;
	int err;

	lockdep_assert_irqs_disabled();

	/*
	 * Don't find out by trying: VMXON in VMX operation is VMfail, and writes the error
	 * field of a VMCS that belongs to another hypervisor.
	 */
	if (vmxcore_cr4_vmxe())
		return -EBUSY;

	err = vmxcore_caps_read(&here);
	if (!err)
		err = vmxcore_caps_compare(&here);
	if (err)
		return err;

	/* Intel PT must stop first on a CPU that cannot trace in VMX operation. */
	intel_pt_handle_vmx(1);
	cr4_set_bits_irqsoff(X86_CR4_VMXE);

	err = execute_vmxon(this_cpu_read(root_vmcs));
	if (err) {
		cr4_clear_bits_irqsoff(X86_CR4_VMXE);
		intel_pt_handle_vmx(0);
		return err;
	}

	vmxcore_flush_all(here.ept_vpid);
	return 0;
}

static int native_off(void)
{
	int err;

	lockdep_assert_irqs_disabled();

	err = execute_vmxoff();
	cr4_clear_bits_irqsoff(X86_CR4_VMXE);
	intel_pt_handle_vmx(0);
	return err;
}

/*
 * CR4 decides and not vmxcore's state: a foreign owner's VMX blocks INIT, too. A fault is
 * ignored, because an NMI may come between CR4.VMXE and VMXON. intel_pt_handle_vmx() is not
 * called, because it would schedule perf events; the kernel stops Intel PT itself
 * (cpu_emergency_stop_pt()).
 */
static void native_emergency_off(void)
{
	if (!vmxcore_cr4_vmxe())
		return;
	execute_vmxoff();
	cr4_clear_bits_irqsoff(X86_CR4_VMXE);
	/* A tracepoint needs RCU to watch this CPU. It comes after VMXOFF, which must not wait. */
	if (rcu_is_watching())
		trace_vmxcore_emergency(smp_processor_id());
}

static bool native_available(void)
{
	return true;
}

/* A nop where the kernel's mitigations are off, see X86_FEATURE_USE_IBPB. */
static void native_ibpb(void)
{
	indirect_branch_prediction_barrier();
}

/*
 * vmxcore registers the kernel's one emergency callback from load to unload, so there is one
 * whenever a CPU is in VMX operation. The stock kvm.ko would register one, too, so modules.c
 * refuses any kvm_intel while the stock kvm.ko is loaded.
 */
static cpu_emergency_virt_cb *emergency;

static void free_roots(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		free_page((unsigned long)per_cpu(root_vmcs, cpu));
		per_cpu(root_vmcs, cpu) = NULL;
	}
}

static int alloc_roots(void)
{
	struct vmxcore_vmcs_region *root;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct page *page = alloc_pages_node(cpu_to_node(cpu),
						     GFP_KERNEL | __GFP_ZERO, 0);

		if (!page) {
			free_roots();
			return -ENOMEM;
		}
		root = page_address(page);
		root->revision = vmxcore_caps_revision();
		per_cpu(root_vmcs, cpu) = root;
	}
	return 0;
}

static int native_start(const struct vmxcore_backend_events *events)
{
	int err = alloc_roots();

	if (err)
		return err;
	emergency = events->emergency;
	cpu_emergency_register_virt_callback(emergency);
	return 0;
}

static void native_stop(void)
{
	cpu_emergency_unregister_virt_callback(emergency);
	free_roots();
}

const struct vmxcore_backend vmxcore_backend_native = {
	.name = "native",
	.start = native_start,
	.stop = native_stop,
	.on = native_on,
	.off = native_off,
	.emergency_off = native_emergency_off,
	.available = native_available,
	.ibpb = native_ibpb,
};
