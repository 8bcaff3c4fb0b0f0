// SPDX-License-Identifier: GPL-2.0-only
/* Text in fixed buffers: printing, cleaning and parsing. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

/*
 * Returns 0, or -ENAMETOOLONG and an empty string: a cut-off path would name
 * another file.
 */
int path_make(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(buf, size, format, args);
	va_end(args);
	if (length >= 0 && (size_t)length < size)
		return 0;
	buf[0] = '\0';
	return -ENAMETOOLONG;
}

/* Returns 0, or -ENAMETOOLONG and the text unchanged. */
int text_append(char *buf, size_t size, const char *format, ...)
{
	size_t have = strlen(buf);
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(buf + have, size - have, format, args);
	va_end(args);
	if (length >= 0 && (size_t)length < size - have)
		return 0;
	buf[have] = '\0';
	return -ENAMETOOLONG;
}

/*
 * Replaces what a terminal or JSON would interpret: a process can name itself
 * with an escape sequence.
 */
void text_clean(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

/* Is the word in the list? A part of a word, or several words, are not. */
bool text_has(const char *list, char separator, const char *word)
{
	const char separators[] = { separator, '\0' };
	size_t length = strlen(word);

	while (strcspn(list, separators) != length || strncmp(list, word, length)) {
		list += strcspn(list, separators);
		if (!*list++)
			return false;
	}
	return true;
}

/*
 * The text has to be one number and nothing else. In base 16 it may begin with
 * 0x.
 */
bool parse_u64(const char *text, int base, uint64_t *value)
{
	char *end;

	if (base == 16 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	/* strtoull() accepts blanks, signs and a second 0x. */
	if (!isxdigit((unsigned char)text[0]) || text[1] == 'x' || text[1] == 'X')
		return false;
	errno = 0;
	*value = strtoull(text, &end, base);
	return !errno && end != text && !*end;
}

/* Can this be the name of a client of vmxcore or of a module? */
bool parse_name(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length < 64 && text[0] != '.' &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") ==
		       length;
}
