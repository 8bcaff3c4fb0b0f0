// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec -l|-p KERNEL INITRD COMMAND-LINE, kexec -e: the two system calls behind kexec-tools,
 * without the libraries and the reboot hooks that its package brings along.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_or_die(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static int load(char **args, unsigned long flags)
{
	int kernel = open_or_die(args[0]), initrd = open_or_die(args[1]);

	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(args[2]) + 1, args[2], flags))
		err(1, "kexec_file_load");
	return 0;
}

static int execute(void)
{
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
	err(1, "reboot");
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "-l"))
		return load(argv + 2, 0);
	if (argc == 5 && !strcmp(argv[1], "-p"))
		return load(argv + 2, KEXEC_FILE_ON_CRASH);
	if (argc == 2 && !strcmp(argv[1], "-e"))
		return execute();
	errx(2, "usage: kexec -l|-p KERNEL INITRD COMMAND-LINE | kexec -e");
}
