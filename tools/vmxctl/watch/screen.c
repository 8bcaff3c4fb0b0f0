// SPDX-License-Identifier: GPL-2.0-only
/*
 * The terminal's alternate screen, so that its former contents can be restored.
 * The sequences are those of ECMA-48 and xterm. A terminal without colours
 * (TERM=dumb) is not drawn on.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "watch/screen.h"

void screen_enter(void)
{
	fputs("\033[?1049h\033[?25l", stdout);
	fflush(stdout);
}

void screen_leave(void)
{
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
}

static void window_size(size_t *rows, size_t *columns)
{
	struct winsize size = {};

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*rows = size.ws_row ? size.ws_row : 24;
	*columns = size.ws_col ? size.ws_col : 80;
}

/*
 * Prints the part of a line that fits. Colour sequences take no columns, and
 * all of them are printed so that the last one ends the colour.
 */
static void draw_line(const char *line, size_t length, size_t columns)
{
	const char *end = line + length;
	size_t skip;

	while (line < end) {
		if (*line == '\033') {
			skip = strcspn(line, "m") + 1;
			fwrite(line, 1, skip, stdout);
			line += skip;
			continue;
		}
		if (columns) {
			columns--;
			putchar(*line);
		}
		line++;
	}
	fputs("\033[K", stdout);
}

/*
 * Draws a text over the last one, and leaves out what does not fit into the
 * window.
 */
void screen_draw(const char *text)
{
	size_t rows, columns, row, length;

	window_size(&rows, &columns);
	fputs("\033[H", stdout);
	for (row = 0; row < rows && *text; row++) {
		if (row)
			fputs("\r\n", stdout);
		length = strcspn(text, "\n");
		draw_line(text, length, columns);
		text += length;
		text += *text == '\n';
	}
	fputs("\033[J", stdout);
	fflush(stdout);
}
