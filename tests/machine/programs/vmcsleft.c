// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmcsleft PAGE: in a crash kernel, has each VMCS of the dead kernel been
 * VMCLEARed? PAGE is the physical address of the list that the dead kernel's
 * test client has written (client/witness.h). The crash kernel's test client
 * asks the CPU (client/launch.c). The exit status is 1 if a VMCS is still
 * launched, and 2 if the list is empty or the CPU cannot be asked.
 */
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../client/witness.h"

#define VMCORE		"/proc/vmcore"
#define COMMAND		"/sys/kernel/debug/vmxcore_test/command"
#define MAX_SEGMENTS	64

static Elf64_Phdr segments[MAX_SEGMENTS];
static unsigned int nr_segments;
static int vmcore;

static void read_at(void *to, size_t size, off_t where)
{
	if (pread(vmcore, to, size, where) != (ssize_t)size)
		err(2, VMCORE);
}

static void open_vmcore(void)
{
	Elf64_Ehdr header;

	vmcore = open(VMCORE, O_RDONLY | O_CLOEXEC);
	if (vmcore < 0)
		err(2, VMCORE);
	read_at(&header, sizeof(header), 0);
	nr_segments = header.e_phnum;
	if (nr_segments > MAX_SEGMENTS)
		errx(2, "%u segments are too many", nr_segments);
	read_at(segments, nr_segments * sizeof(*segments), header.e_phoff);
}

static void read_physical(void *to, size_t size, __u64 pa)
{
	const Elf64_Phdr *segment;

	for (segment = segments; segment < segments + nr_segments; segment++) {
		if (segment->p_type != PT_LOAD || pa < segment->p_paddr ||
		    pa + size > segment->p_paddr + segment->p_memsz)
			continue;
		read_at(to, size, segment->p_offset + (pa - segment->p_paddr));
		return;
	}
	errx(2, "0x%llx is not in " VMCORE, pa);
}

static int is_launched(int command, __u64 vmcs)
{
	if (dprintf(command, "vmcs_cleared 0x%llx", vmcs) > 0)
		return 0;
	if (errno != EPROTO)
		err(2, COMMAND);
	return 1;
}

int main(int argc, char **argv)
{
	unsigned int i, left = 0;
	struct witness witness;
	int command;

	if (argc != 2)
		errx(2, "usage: vmcsleft PAGE");
	open_vmcore();
	read_physical(&witness, sizeof(witness), strtoull(argv[1], NULL, 0));
	if (witness.magic != WITNESS_MAGIC || !witness.count || witness.count > WITNESS_VMCSS)
		errx(2, "no witness at %s", argv[1]);
	command = open(COMMAND, O_WRONLY | O_CLOEXEC);
	if (command < 0)
		err(2, COMMAND);

	for (i = 0; i < witness.count; i++)
		left += is_launched(command, witness.vmcs[i]);
	printf("vmcsleft: %llu VMCSs, %u still launched\n", witness.count, left);
	return !!left;
}
