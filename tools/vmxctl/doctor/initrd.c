// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmxctl doctor: the initrd. Its modules are loaded at boot, and modprobe's
 * choice no longer matters then. The distribution's tools list its contents
 * because they know all of its formats.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor/doctor.h"
#include "kmod/modprobe.h"
#include "lib/options.h"
#include "lib/out.h"

struct initrd {
	const char *release;
	char path[FILE_LINE];
	struct stat st;
	struct kmod_ctx *ctx;
};

static int run_tool(const char *tool, const char *file, int to)
{
	char *const arguments[] = { (char *)tool, (char *)file, NULL };
	posix_spawn_file_actions_t actions;
	int err, status;
	pid_t pid = 0;

	err = posix_spawn_file_actions_init(&actions);
	if (err)
		return -err;
	err = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
	if (!err)
		err = posix_spawnp(&pid, tool, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return -err;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EINVAL;
}

/*
 * Returns the names of the initrd's files, one on each line, or NULL. @err is
 * -ENOENT then if no tool is installed.
 */
static FILE *list_files(const struct initrd *initrd, int *err)
{
	char file[PATH_MAX];
	FILE *listing;
	int fd;

	*err = path_make(file, sizeof(file), "%s%s", options.root, initrd->path);
	if (*err)
		return NULL;
	fd = memfd_create("listing", MFD_CLOEXEC);
	listing = fd < 0 ? NULL : fdopen(fd, "r+");
	if (!listing) {
		*err = -errno;
		return NULL;
	}
	*err = run_tool("lsinitramfs", file, fd);
	if (*err == -ENOENT)
		*err = run_tool("lsinitrd", file, fd);
	if (!*err) {
		rewind(listing);
		return listing;
	}
	fclose(listing);
	return NULL;
}

/*
 * The length without ".ko" and the suffix of the compression, which can differ
 * in the initrd.
 */
static size_t module_length(const char *file)
{
	const char *end = strstr(file, ".ko");

	return end ? (size_t)(end - file) : strlen(file);
}

static const char *below_modules(const char *path, const char *release)
{
	char folder[FILE_LINE];
	const char *below;

	if (path_make(folder, sizeof(folder), "lib/modules/%s/", release))
		return NULL;
	below = strstr(path, folder);
	return below ? below + strlen(folder) : NULL;
}

static const char *module_name(const char *file)
{
	static const char *const names[] = { "kvm", "kvm_intel", "vmxcore", "vmxcore_tdx",
					      "vmxcore_vbox" };
	const char *base = strrchr(file, '/'), *end;
	unsigned int i;

	for (i = 0; base && i < ARRAY_SIZE(names); i++) {
		end = modprobe_skip_name(base + 1, names[i]);
		if (end && !strncmp(end, ".ko", 3))
			return names[i];
	}
	return NULL;
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec > b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

/* Would modprobe load this file, and is the initrd not older than it? */
static bool is_current(const struct initrd *initrd, const char *held,
		       const struct module_file *file)
{
	const char *wanted = file->found ? below_modules(file->path, initrd->release) : NULL;
	size_t length = module_length(held);
	struct stat st;

	if (!wanted || module_length(wanted) != length || strncmp(wanted, held, length))
		return false;
	return !stat(file->path, &st) && !is_later(&st.st_mtim, &initrd->st.st_mtim);
}

static void found_stale(struct findings *findings, const struct initrd *initrd, const char *name,
			const struct module_file *file)
{
	char fix[FINDING_FIX];

	if (file_exists("/usr/sbin/update-initramfs"))
		path_make(fix, sizeof(fix), "update-initramfs -u -k %s", initrd->release);
	else
		path_make(fix, sizeof(fix), "dracut --force %s %s", initrd->path, initrd->release);
	found(findings, "initrd", "", fix,
	      "%s holds another %s than modprobe would load (%s), and loads it at boot",
	      initrd->path, name, file->found ? file->path : "none");
}

/*
 * One stale module is enough, because rebuilding the initrd replaces all of
 * them.
 */
static bool compare_line(struct patient *p, const struct initrd *initrd, const char *line)
{
	const char *held = below_modules(line, initrd->release);
	const char *name = held ? module_name(held) : NULL;
	struct module_file file;

	if (!name || modprobe_find(initrd->ctx, name, &file) || is_current(initrd, held, &file))
		return false;
	found_stale(&p->findings, initrd, name, &file);
	return true;
}

static void look_into(struct patient *p, const struct initrd *initrd)
{
	char line[PATH_MAX];
	FILE *listing;
	int err;

	listing = list_files(initrd, &err);
	if (!listing) {
		if (err == -ENOENT)
			return;
		note("%s%s: its contents cannot be listed: %s", options.root, initrd->path,
		     error_text(err));
		p->s.complete = false;
		return;
	}
	while (fgets(line, sizeof(line), listing) && !compare_line(p, initrd, line))
		;
	fclose(listing);
}

static int read_time(struct initrd *initrd)
{
	int fd = file_open(initrd->path, O_RDONLY), err;

	if (fd < 0)
		return fd;
	err = fstat(fd, &initrd->st) ? -errno : 0;
	close(fd);
	return err;
}

/*
 * Does the initrd have the modules that modprobe would load? Most have none of
 * them. Without a tool that lists the initrd nothing is reported.
 */
void look_at_initrd(struct patient *p)
{
	struct initrd initrd = { .release = p->s.machine.release };
	int err;

	if (!initrd.release[0])
		return;
	path_make(initrd.path, sizeof(initrd.path), "/boot/initrd.img-%s", initrd.release);
	err = read_time(&initrd);
	if (err == -ENOENT)
		return;
	if (err) {
		note_file(initrd.path, err);
		p->s.complete = false;
		return;
	}
	initrd.ctx = modprobe_open(initrd.release);
	if (!initrd.ctx)
		return;
	look_into(p, &initrd);
	modprobe_close(initrd.ctx);
}
