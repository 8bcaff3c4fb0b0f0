// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of CPUs: "0-3,7", and with a count for each range as vmxcore shows
 * them: "0-3:1,7:2".
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cpus.h"

static bool parse_number(const char **text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	/*
	 * A number that overflows becomes ULLONG_MAX, which every check
	 * refuses.
	 */
	*value = strtoull(*text, &end, 10);
	*text = end;
	return true;
}

/*
 * Reads one CPU or one range and moves @list behind it. False if there is none,
 * or if the number is not below CPU_LIMIT.
 */
bool cpus_range(const char **list, unsigned int *first, unsigned int *last)
{
	uint64_t from, to;

	if (!parse_number(list, &from))
		return false;
	to = from;
	if (**list == '-') {
		++*list;
		if (!parse_number(list, &to))
			return false;
	}
	if (to < from || to >= CPU_LIMIT)
		return false;
	*first = from;
	*last = to;
	return true;
}

/* Is this a list of CPUs that is not empty? */
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

/*
 * Reads a list with counts. A CPU that is not in the list gets 0. False if the
 * list makes no sense or is cut off. @counts then has what comes before that.
 */
bool cpus_counts(const char *list, uint64_t counts[CPU_LIMIT])
{
	unsigned int first, last;
	uint64_t count;

	memset(counts, 0, CPU_LIMIT * sizeof(*counts));
	while (*list) {
		if (!cpus_range(&list, &first, &last) || *list++ != ':' ||
		    !parse_number(&list, &count))
			return false;
		while (first <= last)
			counts[first++] += count;
		if (*list && *list++ != ',')
			return false;
	}
	return true;
}
