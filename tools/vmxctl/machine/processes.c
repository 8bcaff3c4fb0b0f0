// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM has no list of its VMs for user space. But a VM exists as long as its
 * file descriptor, and /proc shows the descriptors of each process.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/files.h"
#include "machine/processes.h"

struct scan {
	struct processes *all;
	struct process *process;
	char folder[64];
};

/* In a chroot /dev is below the folder that is the root there. */
static bool is_device(const char *target, const char *device)
{
	const char *end = strstr(target, device);

	if (!end)
		return false;
	end += strlen(device);
	return !*end || !strcmp(end, " (deleted)");
}

static int look_at_fd(const char *name, void *data)
{
	struct scan *scan = data;
	struct process *p = scan->process;
	char path[PATH_MAX], target[PATH_MAX];

	/* A descriptor that has been closed since is skipped. */
	if (path_make(path, sizeof(path), "%s/%s", scan->folder, name) ||
	    file_link(path, target, sizeof(target)))
		return 0;
	if (!strcmp(target, "anon_inode:kvm-vm"))
		p->kvm_vms++;
	else if (is_device(target, "/dev/kvm"))
		p->kvm++;
	else if (is_device(target, "/dev/vboxdrv") || is_device(target, "/dev/vboxdrvu"))
		p->vbox++;
	else if (is_device(target, "/dev/vmmon"))
		p->vmware++;
	return 0;
}

static void read_comm(struct process *process)
{
	char path[64], line[FILE_LINE];

	path_make(path, sizeof(path), "/proc/%d/comm", process->pid);
	if (file_line(path, line))
		strcpy(line, "?");
	snprintf(process->comm, sizeof(process->comm), "%.63s", line);
}

static int keep(struct processes *all, const struct process *process)
{
	struct process *list;

	list = reallocarray(all->list, all->n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	all->list = list;
	list[all->n++] = *process;
	return 0;
}

static int look_at_process(const char *name, void *data)
{
	struct process process = {};
	struct scan *scan = data;
	uint64_t pid;
	int err;

	if (!parse_u64(name, 10, &pid) || !pid || pid > INT_MAX)
		return 0;
	process.pid = pid;
	scan->process = &process;
	path_make(scan->folder, sizeof(scan->folder), "/proc/%d/fd", process.pid);
	err = file_list(scan->folder, look_at_fd, scan);
	if (err == -EACCES || err == -EPERM)
		scan->all->blind++;
	/* After any other error the process has ended. */
	if (!process.kvm_vms && !process.kvm && !process.vbox && !process.vmware)
		return 0;
	read_comm(&process);
	return keep(scan->all, &process);
}

static int by_pid(const void *a, const void *b)
{
	const struct process *p = a, *q = b;

	return (p->pid > q->pid) - (p->pid < q->pid);
}

/* The caller frees the list. */
void processes_read(struct processes *processes)
{
	struct scan scan = { .all = processes };

	memset(processes, 0, sizeof(*processes));
	processes->err = file_list("/proc", look_at_process, &scan);
	if (processes->n)
		qsort(processes->list, processes->n, sizeof(*processes->list), by_pid);
}

void processes_free(struct processes *processes)
{
	free(processes->list);
	processes->list = NULL;
	processes->n = 0;
}

/* Counts descriptors. A VM that two processes share counts twice. */
unsigned int processes_kvm_vms(const struct processes *processes)
{
	unsigned int vms = 0;
	size_t i;

	for (i = 0; i < processes->n; i++)
		vms += processes->list[i].kvm_vms;
	return vms;
}
