// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded into vmxctl trace on a synthetic machine. As in the kernel, the folder
 * of a new tracefs instance gets its files, here from TRACEFS_TEMPLATE, and rmdir()
 * removes them with it. The machine has two CPUs.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_instance(const char *path)
{
	const char *at = strstr(path, "/instances/vmxctl-");

	return at && !strchr(at + strlen("/instances/"), '/');
}

static int run(const char *command, const char *path)
{
	char line[8192];

	unsetenv("LD_PRELOAD");
	snprintf(line, sizeof(line), command, path, getenv("TRACEFS_TEMPLATE"));
	return system(line);
}

int mkdir(const char *path, mode_t mode)
{
	int (*real)(const char *path, mode_t mode) = dlsym(RTLD_NEXT, "mkdir");

	if (real(path, mode))
		return -1;
	if (is_instance(path) && run("cd '%s' && cp -a '%s'/. .", path))
		abort();
	return 0;
}

int rmdir(const char *path)
{
	int (*real)(const char *path) = dlsym(RTLD_NEXT, "rmdir");

	if (is_instance(path))
		return run("rm -r '%s'", path) ? -1 : 0;
	return real(path);
}

long sysconf(int name)
{
	long (*real)(int name) = dlsym(RTLD_NEXT, "sysconf");

	return name == _SC_NPROCESSORS_CONF ? 2 : real(name);
}
