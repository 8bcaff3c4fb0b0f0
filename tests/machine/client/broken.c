// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hardware faults that no emulator offers: a CPU whose VMXON expects another
 * revision than IA32_VMX_BASIC reports, and a CPU whose capabilities differ
 * from the others'. Kprobes change the values only while one function runs on
 * the CPU in question, so nothing stays broken once the fault is switched off.
 */
#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/smp.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include <vmxcore/vmxcore.h>

#include "compat.h"
#include "test.h"

static cpumask_t wrong_revision;

/* The kernel's root VMCSs, if the kernel executes VMXON */
static void __percpu *root_vmcs;

/*
 * The bits to flip in a CPU's capabilities. different[cpu] is NULL for no
 * change.
 */
static const struct field {
	const char *name;
	size_t offset;
	u64 flip;
} fields[] = {
	{ "basic", offsetof(struct vmxcore_caps, basic), BIT_ULL(0) },
	{ "ept", offsetof(struct vmxcore_caps, procbased2), BIT_ULL(33) },
	{ "cet", offsetof(struct vmxcore_caps, exit), BIT_ULL(60) },
	{ "vmcs_enum", offsetof(struct vmxcore_caps, vmcs_enum), BIT_ULL(1) },
};

static const struct field *different[NR_CPUS];

struct flipped {
	u32 *revision;
};

static int vmxon_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct flipped *flipped = (struct flipped *)instance->data;

	if (!cpumask_test_cpu(smp_processor_id(), &wrong_revision))
		return 1;
	flipped->revision = root_vmcs_of(regs, root_vmcs);
	*flipped->revision ^= 1;
	return 0;
}

static int vmxon_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct flipped *flipped = (struct flipped *)instance->data;

	*flipped->revision ^= 1;
	return 0;
}

static struct kretprobe vmxon_probe = {
	.kp.symbol_name = VMXON_FUNCTION,
	.entry_handler = vmxon_entry,
	.handler = vmxon_return,
	.data_size = sizeof(struct flipped),
};

/* The argument is a copy that only this call uses. */
static int compare_entry(struct kprobe *probe, struct pt_regs *regs)
{
	const struct field *field = READ_ONCE(different[smp_processor_id()]);
	char *caps = (char *)regs_get_kernel_argument(regs, 0);

	if (field)
		*(u64 *)(caps + field->offset) ^= field->flip;
	return 0;
}

static struct kprobe compare_probe = {
	.symbol_name = "vmxcore:vmxcore_caps_compare",
	.pre_handler = compare_entry,
};

/*
 * VMXON on this CPU, which may be offline, finds a root VMCS with a wrong
 * revision.
 */
int test_break_revision(unsigned int cpu, bool broken)
{
	if (cpu >= nr_cpu_ids)
		return -ENXIO;
	if (broken)
		cpumask_set_cpu(cpu, &wrong_revision);
	else
		cpumask_clear_cpu(cpu, &wrong_revision);
	return 0;
}

/*
 * This CPU, which may be offline, reports other VMX capabilities than the rest.
 * @name is one of fields[], or "0" to end it.
 */
int test_break_caps(unsigned int cpu, const char *name)
{
	unsigned int i;

	if (cpu >= nr_cpu_ids)
		return -ENXIO;
	if (!strcmp(name, "0")) {
		WRITE_ONCE(different[cpu], NULL);
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!strcmp(name, fields[i].name)) {
			WRITE_ONCE(different[cpu], &fields[i]);
			return 0;
		}
	}
	return -EINVAL;
}

/*
 * Modules that are loaded from now on find that the kernel uses FRED. Returns
 * -EOPNOTSUPP if this kernel does not know FRED.
 */
int test_fred(bool on)
{
	if (FEATURE_FRED < 0)
		return -EOPNOTSUPP;
	assign_bit(FEATURE_FRED, (unsigned long *)boot_cpu_data.x86_capability, on);
	return 0;
}

int test_broken_init(void)
{
	int err;

	if (ROOT_VMCS) {
		root_vmcs = (void __percpu *)(unsigned long)test_variable(ROOT_VMCS);
		if (!root_vmcs)
			return -ENOENT;
	}

	/* All CPUs may execute VMXON at the same time. */
	vmxon_probe.maxactive = 2 * nr_cpu_ids;
	err = register_kretprobe(&vmxon_probe);
	if (err)
		return err;
	err = register_kprobe(&compare_probe);
	if (err)
		unregister_kretprobe(&vmxon_probe);
	return err;
}

void test_broken_exit(void)
{
	unregister_kprobe(&compare_probe);
	unregister_kretprobe(&vmxon_probe);
}
