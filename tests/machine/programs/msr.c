// SPDX-License-Identifier: GPL-2.0-only
/*
 * msr CPU ADDRESS [VALUE]: writes an MSR of a CPU, or prints its value in
 * hexadecimal.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <linux/types.h>

int main(int argc, char **argv)
{
	__u64 value;
	char path[64];
	off_t address;
	int file;

	if (argc != 3 && argc != 4)
		errx(2, "usage: msr CPU ADDRESS [VALUE]");
	snprintf(path, sizeof(path), "/dev/cpu/%s/msr", argv[1]);
	address = strtoul(argv[2], NULL, 0);
	file = open(path, argc == 4 ? O_WRONLY : O_RDONLY);
	if (file < 0)
		err(2, "%s", path);

	if (argc == 4) {
		value = strtoull(argv[3], NULL, 0);
		if (pwrite(file, &value, sizeof(value), address) != sizeof(value))
			err(1, "MSR %s", argv[2]);
		return 0;
	}
	if (pread(file, &value, sizeof(value), address) != sizeof(value))
		err(1, "MSR %s", argv[2]);
	printf("0x%llx\n", value);
	return 0;
}
