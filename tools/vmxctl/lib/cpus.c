// SPDX-License-Identifier: GPL-2.0-only
/* Lists of CPUs: "0-3,7", and with a count for each range, as vmxcore has them: "0-3:1,7:2". */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cpus.h"

static bool number(const char **text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	/* One that does not fit is larger than any limit. */
	*value = strtoull(*text, &end, 10);
	*text = end;
	return true;
}

/**
 * cpus_range - read one CPU or range of CPUs
 * @list: the text; moves behind what was read
 * @first: gets the first CPU
 * @last: gets the last CPU
 *
 * Return: false where there is none, or a CPU that no machine has.
 */
bool cpus_range(const char **list, unsigned int *first, unsigned int *last)
{
	uint64_t from, to;

	if (!number(list, &from))
		return false;
	to = from;
	if (**list == '-') {
		++*list;
		if (!number(list, &to))
			return false;
	}
	if (to < from || to >= CPU_LIMIT)
		return false;
	*first = from;
	*last = to;
	return true;
}

/**
 * cpus_list - is this a list of CPUs?
 * @list: the text
 *
 * Return: false where it is none, or empty.
 */
bool cpus_list(const char *list)
{
	unsigned int first, last;

	while (cpus_range(&list, &first, &last)) {
		if (!*list)
			return true;
		if (*list++ != ',')
			return false;
	}
	return false;
}

/**
 * cpus_counts - read a list of CPUs with counts
 * @list: the text; an empty one is none
 * @counts: gets the count of each CPU, 0 where it is not in the list
 *
 * Return: false where the list makes no sense or is cut off; @counts has what comes before that.
 */
bool cpus_counts(const char *list, uint64_t counts[CPU_LIMIT])
{
	unsigned int first, last;
	uint64_t count;

	memset(counts, 0, CPU_LIMIT * sizeof(*counts));
	while (*list) {
		if (!cpus_range(&list, &first, &last) || *list++ != ':' || !number(&list, &count))
			return false;
		while (first <= last)
			counts[first++] += count;
		if (*list && *list++ != ',')
			return false;
	}
	return true;
}
