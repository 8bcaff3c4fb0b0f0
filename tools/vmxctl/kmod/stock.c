// SPDX-License-Identifier: GPL-2.0-only
/*
 * The distribution's modules. depmod leaves a module out of its index if
 * another one of its name has precedence, so libkmod does not find it. But the
 * kernel's build lists its modules and their files in modules.order and
 * modules.builtin.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmod/modprobe.h"
#include "lib/files.h"
#include "lib/options.h"
#include "lib/out.h"

/* Debian's has 200 KB. */
#define ORDER_LIMIT	(4 << 20)

static bool line_is(const char *line, const char *name)
{
	const char *end;

	if (strncmp(line, "kernel/", 7))
		return false;
	end = modprobe_skip_name(strrchr(line, '/') + 1, name);
	return end && !strcmp(end, ".ko");
}

/* Returns 0 and the path in @found, or -ENOENT. */
static int find_line(const char *release, const char *list, const char *name, char found[PATH_MAX])
{
	char path[PATH_MAX], *text, *rest, *line;
	int err;

	err = path_make(path, sizeof(path), "/lib/modules/%s/%s", release, list);
	if (err)
		return err;
	text = file_slurp(path, ORDER_LIMIT, &err);
	if (!text) {
		note_file(path, err);
		return err;
	}
	err = -ENOENT;
	rest = text;
	while (err == -ENOENT && (line = strsep(&rest, "\n"))) {
		if (line_is(line, name))
			err = path_make(found, PATH_MAX, "/lib/modules/%s/%s", release, line);
	}
	free(text);
	return err;
}

/*
 * @path gets the file, with the root before it, or an empty string if the
 * module is built in. Returns -ENOENT if the distribution has no such module.
 */
int stock_find(const char *release, const char *name, char path[PATH_MAX])
{
	char file[PATH_MAX], full[PATH_MAX];
	int err;

	path[0] = '\0';
	err = find_line(release, "modules.order", name, file);
	if (err == -ENOENT)
		return find_line(release, "modules.builtin", name, file);
	if (err)
		return err;
	return modprobe_find_packed(file, full) ?
		       path_make(path, PATH_MAX, "%s%s", options.root, full) :
		       -ENOENT;
}
