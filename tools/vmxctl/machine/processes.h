/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes that run VMs, found by the files they have open. */
#ifndef VMXCTL_PROCESSES_H
#define VMXCTL_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct process - a process that has a hypervisor's files open
 * @pid: the process id
 * @comm: the process name
 * @kvm_vms: number of file descriptors of KVM VMs
 * @kvm: number of file descriptors of /dev/kvm
 * @vbox: number of file descriptors of VirtualBox's driver
 * @vmware: number of file descriptors of VMware's driver
 */
struct process {
	int pid;
	char comm[64];
	unsigned int kvm_vms;
	unsigned int kvm;
	unsigned int vbox;
	unsigned int vmware;
};

/**
 * struct processes - the processes that run VMs
 * @list: sorted by process id
 * @n: the length of @list
 * @blind: the number of processes whose descriptors could not be read
 * @err: why /proc could not be read, or 0
 */
struct processes {
	struct process *list;
	size_t n;
	unsigned int blind;
	int err;
};

void processes_read(struct processes *processes);
void processes_free(struct processes *processes);
unsigned int processes_kvm_vms(const struct processes *processes);

#endif /* VMXCTL_PROCESSES_H */
