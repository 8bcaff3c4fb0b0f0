// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances have the names vmxctl-0, vmxctl-1, ... Each vmxctl trace locks the
 * folder of its instance, and the kernel releases the lock however the process
 * ends. So an instance that is not locked is a leftover and is removed. A
 * process id in the name would not do, because the ids of other containers mean
 * nothing here.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <tracefs.h>
#include <unistd.h>

#include "lib/files.h"
#include "trace/instance.h"

/* More instances than run at a time. */
#define INSTANCES	64

/*
 * For each CPU. Events are read as they come, and the kernel's default of more
 * than a megabyte is too much on machines with hundreds of CPUs.
 */
#define BUFFER_KB	256

enum claim {
	CLAIM_OURS,
	CLAIM_TAKEN,
	CLAIM_AGAIN,
	CLAIM_FAILED,
};

/*
 * Another vmxctl trace can remove the folder as a leftover between its creation
 * and the lock.
 */
static bool still_there(const char *path, int fd)
{
	struct stat here, there;

	return !fstat(fd, &here) && !stat(path, &there) && here.st_dev == there.st_dev &&
	       here.st_ino == there.st_ino;
}

static enum claim lock(struct instance *instance, const char *path)
{
	instance->lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (instance->lock < 0)
		return errno == ENOENT ? CLAIM_AGAIN : CLAIM_FAILED;
	if (flock(instance->lock, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? CLAIM_TAKEN : CLAIM_FAILED;
	return still_there(path, instance->lock) ? CLAIM_OURS : CLAIM_AGAIN;
}

static void instance_release(struct instance *instance)
{
	int err = errno;

	if (instance->lock >= 0)
		close(instance->lock);
	instance->lock = -1;
	tracefs_instance_free(instance->tracefs);
	instance->tracefs = NULL;
	errno = err;
}

static enum claim claim(struct instance *instance, unsigned int number)
{
	enum claim result;
	char name[32];
	char *path;

	snprintf(name, sizeof(name), "vmxctl-%u", number);
	instance->tracefs = tracefs_instance_create(name);
	if (!instance->tracefs)
		return errno == EEXIST ? CLAIM_AGAIN : CLAIM_FAILED;
	path = tracefs_instance_get_dir(instance->tracefs);
	result = path ? lock(instance, path) : CLAIM_FAILED;
	tracefs_put_tracing_file(path);
	/*
	 * It is a leftover. It cannot be removed while another process reads
	 * from it.
	 */
	if (result == CLAIM_OURS && !tracefs_instance_is_new(instance->tracefs))
		result = tracefs_instance_destroy(instance->tracefs) ? CLAIM_TAKEN : CLAIM_AGAIN;
	if (result != CLAIM_OURS)
		instance_release(instance);
	return result;
}

static int claim_one(struct instance *instance)
{
	unsigned int number = 0, tries;

	for (tries = 0; number < INSTANCES && tries < 4 * INSTANCES; tries++) {
		switch (claim(instance, number)) {
		case CLAIM_OURS:
			return 0;
		case CLAIM_TAKEN:
			number++;
			break;
		case CLAIM_AGAIN:
			break;
		case CLAIM_FAILED:
			return -errno;
		}
	}
	return -EBUSY;
}

/*
 * The clock is that of "since" in sysfs. With a buffer_percent of 0 the first
 * event wakes the reader; the default waits for a half-full buffer.
 */
static int set_up(struct instance *instance)
{
	if (tracefs_trace_off(instance->tracefs) ||
	    tracefs_instance_set_buffer_size(instance->tracefs, BUFFER_KB, -1) < 0 ||
	    tracefs_instance_file_write(instance->tracefs, "trace_clock", "boot") < 0 ||
	    tracefs_instance_file_write(instance->tracefs, "buffer_percent", "0") < 0)
		return -errno;
	return 0;
}

static int open_buffers(struct instance *instance)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
	unsigned int n = sysconf(_SC_NPROCESSORS_CONF), cpu;
	char name[64];

	instance->fds = calloc(n, sizeof(*instance->fds));
	instance->lost = calloc(n, sizeof(*instance->lost));
	if (!instance->fds || !instance->lost)
		return -ENOMEM;
	for (cpu = 0; cpu < n; cpu++) {
		snprintf(name, sizeof(name), "per_cpu/cpu%u/trace_pipe_raw", cpu);
		instance->fds[cpu].events = POLLIN;
		instance->fds[cpu].fd = tracefs_instance_file_open(instance->tracefs, name, flags);
		if (instance->fds[cpu].fd < 0)
			return -errno;
		instance->n_fds++;
	}
	return 0;
}

/*
 * Creates an instance with no events enabled and tracing off. The caller has to
 * call instance_remove() even after an error.
 */
int instance_make(struct instance *instance)
{
	int err;

	memset(instance, 0, sizeof(*instance));
	instance->lock = -1;
	err = claim_one(instance);
	if (!err)
		err = set_up(instance);
	if (!err)
		err = open_buffers(instance);
	return err;
}

int instance_remove(struct instance *instance)
{
	unsigned int i;
	int err = 0;

	/* The kernel does not remove an instance with open files. */
	for (i = 0; i < instance->n_fds; i++)
		close(instance->fds[i].fd < 0 ? ~instance->fds[i].fd : instance->fds[i].fd);
	free(instance->fds);
	free(instance->lost);
	if (!instance->tracefs)
		return 0;
	if (tracefs_instance_destroy(instance->tracefs))
		err = -errno;
	instance_release(instance);
	return err;
}

static uint64_t lost_of(struct instance *instance, unsigned int cpu)
{
	static const char *const kinds[] = { "\noverrun: ", "\ncommit overrun: ",
					     "\ndropped events: " };
	char name[64], *text;
	const char *at;
	uint64_t lost = 0;
	size_t i;

	snprintf(name, sizeof(name), "per_cpu/cpu%u/stats", cpu);
	text = tracefs_instance_file_read(instance->tracefs, name, NULL);
	for (i = 0; text && i < ARRAY_SIZE(kinds); i++) {
		at = strstr(text, kinds[i]);
		if (at)
			lost += strtoull(at + strlen(kinds[i]), NULL, 10);
	}
	free(text);
	return lost;
}

/*
 * Counts the events lost since the last call. Only the buffers that poll()
 * reported are read.
 */
uint64_t instance_lost(struct instance *instance)
{
	uint64_t lost = 0, now;
	unsigned int cpu;

	for (cpu = 0; cpu < instance->n_fds; cpu++) {
		if (!instance->fds[cpu].revents)
			continue;
		now = lost_of(instance, cpu);
		lost += now > instance->lost[cpu] ? now - instance->lost[cpu] : 0;
		instance->lost[cpu] = now;
	}
	return lost;
}
