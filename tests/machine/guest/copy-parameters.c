// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells the emulator that the machine has booted, and prints the parameters of this copy of it: the
 * port is that of emulators/bochs-3.0-copy.patch.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>

#define PORT_COPY 0x8901
/* What a port reads as behind the end, and no character of a parameter. */
#define END 0xff

int main(void)
{
	int c;

	if (ioperm(PORT_COPY, 1, 1))
		err(EXIT_FAILURE, "ioperm");
	outb(0, PORT_COPY);
	while ((c = inb(PORT_COPY)) != END)
		putchar(c);
	return EXIT_SUCCESS;
}
