/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes that run VMs, found by the files they have open. */
#ifndef VMXCTL_PROCESSES_H
#define VMXCTL_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct process - a process that has a hypervisor's files open
 * @pid: its id
 * @comm: its name
 * @kvm_vms: file descriptors of KVM's VMs
 * @kvm: file descriptors of /dev/kvm
 * @vbox: file descriptors of VirtualBox' driver
 * @vmware: file descriptors of VMware's driver
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
 * struct processes - all of them
 * @list: the processes, by their ids
 * @n: how many
 * @blind: processes whose files cannot be seen
 * @err: why there is no list at all, or 0
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
