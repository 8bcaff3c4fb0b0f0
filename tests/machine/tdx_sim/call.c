// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client that executes raw SEAMCALLs for test cases. Its files in
 * /sys/kernel/debug/vmxcore_tdx_call:
 *
 * command	one command for each write, which returns its errno:
 *		get | put			a reference to VMX on all CPUs
 *		call CPU|all RAX [RCX [RDX [R8 [R9 [R10 [R11]]]]]]
 *		call CPU RAX ... meanwhile CPU RAX ...
 *						executes the second call while
 *						the first one is in SEAM
 *		poke OFFSET VALUE...		writes 64-bit values to the buffer
 *		damage OFFSET			flips a bit of the PAMT memory
 *		rdmsr CPU MSR
 * result	of the last call, one line for each CPU: "cpu C exception E cf F
 *		zf F rax 0x.. ..." with all registers; E is -1 without an
 *		exception. Of the last rdmsr: "msr 0x.." or "msr error"
 * memory	"buffer PA SIZE", "pamt PA SIZE", "small PA SIZE"
 * buffer	the contents of the buffer
 *
 * Numbers are decimal, or hexadecimal after 0x. A "b", "p" or "s" before a
 * number makes it an offset into the buffer, the PAMT memory or the small
 * memory, and its value becomes that physical address.
 */
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <asm/asm.h>
#include <asm/msr.h>
#include <asm/processor-flags.h>

#include <vmxcore/vmxcore.h>

#include "sim.h"

#define LINE_MAX_LEN	512
#define MAX_WORDS	24
#define NUM_REGS	7
#define NO_EXCEPTION	(-1)

/*
 * The buffer has room for a list of 64 TDMRs, the PAMT memory for the PAMT of 4
 * KiB pages of a TDMR of 1 GiB, and the small memory for the other two PAMTs.
 */
#define BUFFER_ORDER	4
#define PAMT_ORDER	10
#define SMALL_ORDER	2

/* The registers are RAX, RCX, RDX and R8 to R11. */
struct call {
	u64 wanted[NUM_REGS];
	bool done;
	int exception;
	unsigned long flags;
	u64 regs[NUM_REGS];
};

static const char * const reg_names[NUM_REGS] = { "rax", "rcx", "rdx", "r8", "r9", "r10", "r11" };

static struct area {
	const char *name;
	unsigned int order;
	struct page *pages;
} areas[] = {
	{ "buffer", BUFFER_ORDER },
	{ "pamt", PAMT_ORDER },
	{ "small", SMALL_ORDER },
};

static struct vmxcore_client *client;
static struct dentry *dir;
static DEFINE_MUTEX(command_lock);
static struct call calls[NR_CPUS];
static u64 msr_value;
static int msr_err = -ENODATA;

/*
 * This kind of exception table entry leaves the number of the exception in RAX.
 */
static void seamcall(void *unused)
{
	struct call *call = &calls[smp_processor_id()];
	const u64 *in = call->wanted;
	unsigned long rax = in[0], rcx = in[1], rdx = in[2], flags, faulted = 1;

	register unsigned long r8 asm("r8") = in[3];
	register unsigned long r9 asm("r9") = in[4];
	register unsigned long r10 asm("r10") = in[5];
	register unsigned long r11 asm("r11") = in[6];

	asm volatile("1: .byte 0x66, 0x0f, 0x01, 0xcf\n\t"
		     "mov $0, %[faulted]\n\t"
		     "2: pushf\n\t"
		     "pop %[flags]\n\t"
		     _ASM_EXTABLE_FAULT(1b, 2b)
		     : "+a" (rax), "+c" (rcx), "+d" (rdx), "+r" (r8), "+r" (r9), "+r" (r10),
		       "+r" (r11), [faulted] "+&r" (faulted), [flags] "=&r" (flags)
		     : : "cc", "memory");

	call->exception = faulted ? (int)rax : NO_EXCEPTION;
	call->flags = flags;
	call->regs[0] = rax;
	call->regs[1] = rcx;
	call->regs[2] = rdx;
	call->regs[3] = r8;
	call->regs[4] = r9;
	call->regs[5] = r10;
	call->regs[6] = r11;
	/* Pairs with the acquire of call_is_done(). */
	smp_store_release(&call->done, true);
}

static const struct area *area_of(char letter)
{
	const struct area *area;

	for (area = areas; area < areas + ARRAY_SIZE(areas); area++) {
		if (area->name[0] == letter)
			return area;
	}
	return NULL;
}

static u64 size_of(const struct area *area)
{
	return PAGE_SIZE << area->order;
}

static int parse(const char *word, u64 *value)
{
	const struct area *area = area_of(word[0]);
	int err = kstrtou64(word + !!area, 0, value);

	if (!err && area)
		*value += page_to_phys(area->pages);
	return err;
}

static int parse_regs(char **words, unsigned int num, u64 *regs)
{
	unsigned int i;
	int err = 0;

	if (!num || num > NUM_REGS)
		return -EINVAL;
	for (i = 0; !err && i < num; i++)
		err = parse(words[i], &regs[i]);
	return err;
}

static void forget_results(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		calls[cpu].done = false;
}

/* Parses a call on one CPU: "CPU RAX ..." */
static int parse_call(char **words, unsigned int num, unsigned int *cpu)
{
	u64 regs[NUM_REGS] = { };
	int err = num ? kstrtouint(words[0], 0, cpu) : -EINVAL;

	err = err ?: parse_regs(words + 1, num - 1, regs);
	if (err)
		return err;
	if (*cpu >= nr_cpu_ids)
		return -ENXIO;
	memcpy(calls[*cpu].wanted, regs, sizeof(regs));
	return 0;
}

static int call_all(char **words, unsigned int num)
{
	u64 regs[NUM_REGS] = { };
	unsigned int cpu;
	int err = parse_regs(words, num, regs);

	if (err)
		return err;
	for_each_possible_cpu(cpu)
		memcpy(calls[cpu].wanted, regs, sizeof(regs));
	forget_results();
	on_each_cpu(seamcall, NULL, 1);
	return 0;
}

static int call_one(char **words, unsigned int num)
{
	unsigned int cpu;
	int err = parse_call(words, num, &cpu);

	if (err)
		return err;
	forget_results();
	return smp_call_function_single(cpu, seamcall, NULL, 1);
}

static bool call_is_done(unsigned int cpu)
{
	/* Pairs with the release of seamcall(). */
	return smp_load_acquire(&calls[cpu].done);
}

/*
 * Interrupts stay on until the first CPU is in SEAM, because it may wait for an
 * IPI to this CPU before that. Preemption is off, because the first CPU does
 * not stay in SEAM for long.
 */
static long call_meanwhile(void *first_cpu)
{
	static call_single_data_t data = CSD_INIT(seamcall, NULL);
	typeof(sim_in_seam) *in_seam = symbol_get(sim_in_seam);
	unsigned int first = *(unsigned int *)first_cpu;
	int err;

	if (!in_seam)
		return -ENODEV;
	preempt_disable();
	err = smp_call_function_single_async(first, &data);
	if (!err) {
		while (!in_seam() && !call_is_done(first))
			cpu_relax();
		local_irq_disable();
		seamcall(NULL);
		local_irq_enable();
		while (!call_is_done(first))
			cpu_relax();
	}
	preempt_enable();
	symbol_put(sim_in_seam);
	return err;
}

/*
 * A kworker executes the second call. Two writes by a shell would deadlock
 * until the first call returns: fork() between them flushes the TLBs of the
 * CPUs that the shell has run on, and so waits for the first CPU, whose
 * interrupts are off while it is in SEAM.
 */
static int call_two(char **words, unsigned int num_first, unsigned int num)
{
	unsigned int first, second;
	int err = parse_call(words, num_first, &first);

	err = err ?: parse_call(words + num_first + 1, num - num_first - 1, &second);
	if (err)
		return err;
	if (first == second)
		return -EINVAL;
	forget_results();
	cpus_read_lock();
	err = cpu_online(second) ? work_on_cpu(second, call_meanwhile, &first) : -ENXIO;
	cpus_read_unlock();
	return err;
}

static int cmd_call(char **words, unsigned int num)
{
	unsigned int i;

	words++;
	num--;
	for (i = 0; i < num; i++) {
		if (!strcmp(words[i], "meanwhile"))
			return call_two(words, i, num);
	}
	return num && !strcmp(words[0], "all") ? call_all(words + 1, num - 1) :
						 call_one(words, num);
}

static int cmd_poke(char **words, unsigned int num)
{
	u64 offset, value, *to = page_address(areas[0].pages);
	unsigned int i;
	int err;

	if (num < 3)
		return -EINVAL;
	err = kstrtou64(words[1], 0, &offset);
	for (i = 2; !err && i < num; i++, offset += sizeof(value)) {
		err = parse(words[i], &value);
		if (offset + sizeof(value) > size_of(&areas[0]) || offset % sizeof(value))
			return -ERANGE;
		if (!err)
			to[offset / sizeof(value)] = value;
	}
	return err;
}

static int cmd_damage(char **words, unsigned int num)
{
	u8 *pamt = page_address(areas[1].pages);
	u64 offset;
	int err;

	err = num == 2 ? kstrtou64(words[1], 0, &offset) : -EINVAL;
	if (err)
		return err;
	if (offset >= size_of(&areas[1]))
		return -ERANGE;
	pamt[offset] ^= 1;
	return 0;
}

struct msr_read {
	u32 msr;
	u64 value;
	int err;
};

static void read_msr(void *data)
{
	struct msr_read *read = data;
	u32 low = 0, high = 0;

	read->err = rdmsr_safe(read->msr, &low, &high);
	read->value = (u64)high << 32 | low;
}

static int cmd_rdmsr(char **words, unsigned int num)
{
	struct msr_read read = {};
	unsigned int cpu;
	int err;

	if (num != 3)
		return -EINVAL;
	err = kstrtouint(words[1], 0, &cpu) ?: kstrtou32(words[2], 0, &read.msr) ?:
	      smp_call_function_single(cpu, read_msr, &read, 1);
	msr_err = err ?: read.err;
	msr_value = read.value;
	memset(calls, 0, sizeof(calls));
	return err;
}

static int cmd_get(char **words, unsigned int num)
{
	return vmxcore_get(client);
}

static int cmd_put(char **words, unsigned int num)
{
	vmxcore_put(client);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(char **words, unsigned int num);
} commands[] = {
	{ "get", cmd_get },
	{ "put", cmd_put },
	{ "call", cmd_call },
	{ "poke", cmd_poke },
	{ "damage", cmd_damage },
	{ "rdmsr", cmd_rdmsr },
};

static int run(char *line)
{
	char *words[MAX_WORDS], *word;
	unsigned int i, num = 0;

	line = strim(line);
	while (num < MAX_WORDS && (word = strsep(&line, " ")))
		words[num++] = word;
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(words[0], commands[i].name))
			return line ? -E2BIG : commands[i].run(words, num);
	}
	return -EINVAL;
}

static ssize_t command_write(struct file *file, const char __user *text, size_t size, loff_t *pos)
{
	char *line;
	int err;

	if (size >= LINE_MAX_LEN)
		return -E2BIG;
	line = memdup_user_nul(text, size);
	if (IS_ERR(line))
		return PTR_ERR(line);
	mutex_lock(&command_lock);
	err = run(line);
	mutex_unlock(&command_lock);
	kfree(line);
	return err ?: size;
}

static const struct file_operations command_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = command_write,
};

static void show_result(struct seq_file *m, unsigned int cpu)
{
	const struct call *call = &calls[cpu];
	unsigned int i;

	seq_printf(m, "cpu %u exception %d cf %d zf %d", cpu, call->exception,
		   !!(call->flags & X86_EFLAGS_CF), !!(call->flags & X86_EFLAGS_ZF));
	for (i = 0; i < NUM_REGS; i++)
		seq_printf(m, " %s 0x%llx", reg_names[i], call->regs[i]);
	seq_putc(m, '\n');
}

static int result_show(struct seq_file *m, void *unused)
{
	unsigned int cpu;

	mutex_lock(&command_lock);
	for_each_possible_cpu(cpu) {
		if (call_is_done(cpu))
			show_result(m, cpu);
	}
	if (!msr_err)
		seq_printf(m, "msr 0x%llx\n", msr_value);
	else if (msr_err != -ENODATA)
		seq_puts(m, "msr error\n");
	msr_err = -ENODATA;
	mutex_unlock(&command_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(result);

static int memory_show(struct seq_file *m, void *unused)
{
	const struct area *area;

	for (area = areas; area < areas + ARRAY_SIZE(areas); area++)
		seq_printf(m, "%s 0x%llx 0x%llx\n", area->name, (u64)page_to_phys(area->pages),
			   size_of(area));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(memory);

static ssize_t buffer_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	return simple_read_from_buffer(to, size, pos, page_address(areas[0].pages),
				       size_of(&areas[0]));
}

static const struct file_operations buffer_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = buffer_read,
};

static void free_areas(void)
{
	const struct area *area;

	for (area = areas; area < areas + ARRAY_SIZE(areas); area++) {
		if (area->pages)
			__free_pages(area->pages, area->order);
	}
}

static int alloc_areas(void)
{
	struct area *area;

	for (area = areas; area < areas + ARRAY_SIZE(areas); area++) {
		area->pages = alloc_pages(GFP_KERNEL | __GFP_ZERO, area->order);
		if (!area->pages) {
			free_areas();
			return -ENOMEM;
		}
	}
	return 0;
}

static int __init tdx_call_init(void)
{
	static const struct vmxcore_client_desc desc = {
		.name = "tdx_call",
		.owner = THIS_MODULE,
	};
	int err = alloc_areas();

	if (err)
		return err;
	client = vmxcore_register(&desc);
	if (IS_ERR(client)) {
		free_areas();
		return PTR_ERR(client);
	}
	dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("command", 0200, dir, NULL, &command_fops);
	debugfs_create_file("result", 0400, dir, NULL, &result_fops);
	debugfs_create_file("memory", 0400, dir, NULL, &memory_fops);
	debugfs_create_file("buffer", 0400, dir, NULL, &buffer_fops);
	return 0;
}
module_init(tdx_call_init);

static void __exit tdx_call_exit(void)
{
	debugfs_remove_recursive(dir);
	vmxcore_unregister(client);
	free_areas();
}
module_exit(tdx_call_exit);

MODULE_DESCRIPTION("Client of vmxcore for tests that executes raw SEAMCALLs");
MODULE_AUTHOR("The vmxcore developers");
MODULE_LICENSE("GPL");
