// SPDX-License-Identifier: GPL-2.0-only
/* Text in fixed buffers: printing, cleaning and parsing. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

/**
 * path_make - print into a fixed buffer
 * @buf: the buffer
 * @size: its size
 * @format: as printf's
 *
 * Return: 0, or -ENAMETOOLONG, with an empty string in @buf.
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

/**
 * text_append - print to the end of a text in a fixed buffer
 * @buf: the buffer, with the text
 * @size: its size
 * @format: as printf's
 *
 * Return: 0, or -ENAMETOOLONG, with the text as it was.
 */
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

/**
 * text_clean - make text fit to be printed on a terminal and in JSON
 * @text: what came from a file: a process may call itself by an escape sequence
 */
void text_clean(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

/**
 * text_has - is a word in a list?
 * @list: the words
 * @separator: the character between them
 * @word: the word
 *
 * Return: false also where it is only a part of one, or several.
 */
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

/**
 * parse_u64 - a number, and nothing else
 * @text: the digits, with 0x before them or not where @base is 16
 * @base: 10 or 16
 * @value: gets it
 *
 * Return: false where it is none.
 */
bool parse_u64(const char *text, int base, uint64_t *value)
{
	char *end;

	if (base == 16 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	/* strtoull takes blanks, signs, and another 0x. */
	if (!isxdigit((unsigned char)text[0]) || text[1] == 'x' || text[1] == 'X')
		return false;
	errno = 0;
	*value = strtoull(text, &end, base);
	return !errno && end != text && !*end;
}

/**
 * parse_name - is this a name as vmxcore lets clients have it, or a module's?
 * @text: the name
 *
 * Return: false where it is too long or has other characters.
 */
bool parse_name(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length < 64 && text[0] != '.' &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == length;
}
