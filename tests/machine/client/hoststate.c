// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxcore_hoststate.ko: does a hypervisor leave the CPU's registers as it found
 * them? It probes two of the hypervisor's functions, which run on the same CPU
 * with interrupts off: "before" is called before the VM entry has changed
 * anything, and when "after" returns, everything has been restored.
 *
 * /sys/module/vmxcore_hoststate/parameters/result: the number of comparisons,
 * how many of them found a difference, and the names of all registers that ever
 * differed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitmap.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/fpu/xcr.h>
#include <asm/msr.h>
#include <asm/segment.h>
#include <asm/special_insns.h>

#include "compat.h"

static char *before = "minivisor_host_save";
module_param(before, charp, 0400);
MODULE_PARM_DESC(before, "The function before the entry");

static char *after = "minivisor_host_restore";
module_param(after, charp, 0400);
MODULE_PARM_DESC(after, "The function after the exit");

static bool early;
module_param(early, bool, 0600);
MODULE_PARM_DESC(early, "Compare when it is called, before anything is restored");

static const struct {
	const char *name;
	u32 msr;
} msrs[] = {
	{ "EFER", MSR_EFER },
	{ "STAR", MSR_STAR },
	{ "LSTAR", MSR_LSTAR },
	{ "CSTAR", MSR_CSTAR },
	{ "FMASK", MSR_SYSCALL_MASK },
	{ "TSC_AUX", MSR_TSC_AUX },
	{ "FS_BASE", MSR_FS_BASE },
	{ "GS_BASE", MSR_GS_BASE },
	{ "KERNEL_GS_BASE", MSR_KERNEL_GS_BASE },
	{ "SYSENTER_CS", MSR_IA32_SYSENTER_CS },
	{ "SYSENTER_ESP", MSR_IA32_SYSENTER_ESP },
	{ "SYSENTER_EIP", MSR_IA32_SYSENTER_EIP },
	{ "PAT", MSR_IA32_CR_PAT },
	{ "DEBUGCTL", MSR_IA32_DEBUGCTLMSR },
	{ "PERF_GLOBAL_CTRL", MSR_CORE_PERF_GLOBAL_CTRL },
	{ "PEBS_ENABLE", MSR_IA32_PEBS_ENABLE },
	{ "SPEC_CTRL", MSR_IA32_SPEC_CTRL },
	{ "XSS", MSR_IA32_XSS },
	{ "TSC_ADJUST", MSR_IA32_TSC_ADJUST },
};

enum {
	CR0, CR2, CR3, CR4, CR8, XCR0, DR0, DR1, DR2, DR3, DR6, DR7,
	GDT, GDT_LIMIT, IDT, IDT_LIMIT, LDT, TR, CS, SS, DS, ES, FS, GS, NR_OTHERS,
};

static const char *const names[NR_OTHERS] = {
	"CR0", "CR2", "CR3", "CR4", "CR8", "XCR0", "DR0", "DR1", "DR2", "DR3", "DR6", "DR7",
	"GDTR", "GDTR-limit", "IDTR", "IDTR-limit", "LDTR", "TR", "CS", "SS", "DS", "ES", "FS",
	"GS",
};

#define NR_REGISTERS	(NR_OTHERS + ARRAY_SIZE(msrs))

struct snapshot {
	u64 value[NR_REGISTERS];
	bool valid;
};

static DEFINE_PER_CPU(struct snapshot, found);
static DEFINE_PER_CPU(struct snapshot, left);
static DEFINE_PER_CPU(bool, compared_last);
static DECLARE_BITMAP(differed, NR_REGISTERS);
static atomic_t compared, different;

static void take_control(u64 *value)
{
	unsigned long cr8;

	asm volatile("mov %%cr8, %0" : "=r" (cr8));
	value[CR0] = native_read_cr0();
	value[CR2] = native_read_cr2();
	value[CR3] = __native_read_cr3();
	value[CR4] = native_read_cr4();
	value[CR8] = cr8;
	if (value[CR4] & X86_CR4_OSXSAVE)
		value[XCR0] = xgetbv(XCR_XFEATURE_ENABLED_MASK);
	value[DR0] = native_get_debugreg(0);
	value[DR1] = native_get_debugreg(1);
	value[DR2] = native_get_debugreg(2);
	value[DR3] = native_get_debugreg(3);
	value[DR6] = native_get_debugreg(6);
	value[DR7] = native_get_debugreg(7);
}

/*
 * An interrupt from user mode leaves a null selector in SS (SDM volume 3,
 * "Stack Switching in IA-32e Mode"), a system call leaves __KERNEL_DS. A task
 * in the kernel may have either, since a context switch keeps the previous
 * task's. In 64-bit mode the CPU ignores it.
 */
static u64 take_ss(void)
{
	u64 selector;

	savesegment(ss, selector);
	return selector ?: __KERNEL_DS;
}

static void take_tables(u64 *value)
{
	struct desc_ptr gdt, idt;

	native_store_gdt(&gdt);
	store_idt(&idt);
	value[GDT] = gdt.address;
	value[GDT_LIMIT] = gdt.size;
	value[IDT] = idt.address;
	value[IDT_LIMIT] = idt.size;
	store_ldt(value[LDT]);
	value[TR] = native_store_tr();
	savesegment(cs, value[CS]);
	value[SS] = take_ss();
	savesegment(ds, value[DS]);
	savesegment(es, value[ES]);
	savesegment(fs, value[FS]);
	savesegment(gs, value[GS]);
}

/* An MSR that this CPU lacks stays 0. */
static void take(struct snapshot *snapshot)
{
	size_t i;

	memset(snapshot, 0, sizeof(*snapshot));
	take_control(snapshot->value);
	take_tables(snapshot->value);
	for (i = 0; i < ARRAY_SIZE(msrs); i++)
		rdmsrq_safe(msrs[i].msr, &snapshot->value[NR_OTHERS + i]);
	snapshot->valid = true;
}

static const char *name_of(size_t i)
{
	return i < NR_OTHERS ? names[i] : msrs[i - NR_OTHERS].name;
}

static void compare(void)
{
	struct snapshot *then = this_cpu_ptr(&found), *now = this_cpu_ptr(&left);
	bool any = false;
	size_t i;

	if (!then->valid)
		return;
	take(now);
	for (i = 0; i < NR_REGISTERS; i++) {
		if (now->value[i] == then->value[i])
			continue;
		if (!test_and_set_bit(i, differed))
			pr_info("%s is left 0x%llx, and was 0x%llx\n", name_of(i), now->value[i],
				then->value[i]);
		any = true;
	}
	then->valid = false;
	atomic_inc(&compared);
	if (any)
		atomic_inc(&different);
}

/*
 * Compare only every second time: in a VM each MSR access is an exit, and on a
 * slow host all of them take longer than a tick, so that the tick would
 * interrupt every guest at once.
 */
static int on_before(struct kprobe *probe, struct pt_regs *regs)
{
	bool now = !__this_cpu_read(compared_last);

	__this_cpu_write(compared_last, now);
	if (now)
		take(this_cpu_ptr(&found));
	return 0;
}

static int on_after_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	if (early)
		compare();
	return 0;
}

static int on_after_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	if (!early)
		compare();
	return 0;
}

static struct kprobe before_probe = { .pre_handler = on_before };
static struct kretprobe after_probe = {
	.entry_handler = on_after_entry,
	.handler = on_after_return,
};

static int result_get(char *buffer, const struct kernel_param *param)
{
	int size = sysfs_emit(buffer, "compared %d different %d:", atomic_read(&compared),
			      atomic_read(&different));
	size_t i;

	for_each_set_bit(i, differed, NR_REGISTERS)
		size += sysfs_emit_at(buffer, size, " %s", name_of(i));
	return size + sysfs_emit_at(buffer, size, "\n");
}

static const struct kernel_param_ops result_ops = { .get = result_get };
module_param_cb(result, &result_ops, NULL, 0400);
MODULE_PARM_DESC(result, "Number of comparisons, number of differences, and the registers that differed");

static int __init hoststate_init(void)
{
	int err;

	before_probe.symbol_name = before;
	after_probe.kp.symbol_name = after;
	err = register_kprobe(&before_probe);
	if (err)
		return err;
	err = register_kretprobe(&after_probe);
	if (err)
		unregister_kprobe(&before_probe);
	return err;
}
module_init(hoststate_init);

static void __exit hoststate_exit(void)
{
	unregister_kretprobe(&after_probe);
	unregister_kprobe(&before_probe);
}
module_exit(hoststate_exit);

MODULE_DESCRIPTION("Compares a CPU's registers from before a VM entry with those after the exit");
MODULE_AUTHOR("The vmxcore developers");
MODULE_LICENSE("GPL");
