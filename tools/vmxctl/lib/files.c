// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading small files. A file below --root can be too long, binary, a FIFO or
 * unreadable. Each case ends in an error number, and none in an endless wait or
 * in unbounded memory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/files.h"
#include "lib/options.h"

/*
 * No folder that vmxctl reads has as many entries. The limit ends a loop in a
 * broken file system.
 */
#define LIST_LIMIT	4000000

static int below_root(char full[PATH_MAX], const char *path)
{
	return path_make(full, PATH_MAX, "%s%s", options.root, path);
}

/*
 * Adds O_CLOEXEC to the flags, and never waits for the writer of a FIFO.
 * Returns a file descriptor or a negative error number, -EISDIR for a folder.
 */
int file_open(const char *path, int flags)
{
	char full[PATH_MAX];
	struct stat st;
	int fd, err;

	err = below_root(full, path);
	if (err)
		return err;
	fd = open(full, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = -EISDIR;
	else if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		err = -EINVAL;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t have = 0;
	ssize_t n;

	while (have < size) {
		n = read(fd, buf + have, size - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += n;
	}
	return have;
}

static int read_text(int fd, char *buf, size_t size)
{
	ssize_t n;

	n = read_all(fd, buf, size);
	if (n < 0)
		return n;
	if ((size_t)n == size)
		return -EFBIG;
	buf[n] = '\0';
	if (memchr(buf, '\0', n))
		return -EINVAL;
	return n;
}

/*
 * Reads a whole text file. Returns its length or a negative error number:
 * -EFBIG if it does not fit, -EINVAL if it contains a NUL. After an error @buf
 * is an empty string.
 */
int file_read(const char *path, char *buf, size_t size)
{
	int fd, n;

	buf[0] = '\0';
	fd = file_open(path, O_RDONLY);
	if (fd < 0)
		return fd;
	n = read_text(fd, buf, size);
	if (n < 0)
		buf[0] = '\0';
	close(fd);
	return n;
}

/*
 * As file_read(), for a file of up to @limit bytes. The caller frees the text.
 * NULL means that @err has been set.
 */
char *file_slurp(const char *path, size_t limit, int *err)
{
	char *text = malloc(limit + 1);
	int n;

	if (!text) {
		*err = -ENOMEM;
		return NULL;
	}
	n = file_read(path, text, limit + 1);
	if (n >= 0)
		return text;
	*err = n;
	free(text);
	return NULL;
}

/*
 * Reads a file of one line, without the line's end and cleaned. Returns -EINVAL
 * if there are more lines.
 */
int file_line(const char *path, char line[FILE_LINE])
{
	char *end;
	int n;

	n = file_read(path, line, FILE_LINE);
	if (n < 0)
		return n;
	end = strchr(line, '\n');
	if (end && end[1]) {
		line[0] = '\0';
		return -EINVAL;
	}
	if (end)
		*end = '\0';
	text_clean(line);
	return 0;
}

/* Reads a boolean in the form of module parameters. */
int file_flag(const char *path, bool *value)
{
	char line[FILE_LINE];
	int err;

	err = file_line(path, line);
	if (err)
		return err;
	if (!line[0] || line[1] || !strchr("YN10", line[0]))
		return -EINVAL;
	*value = line[0] == 'Y' || line[0] == '1';
	return 0;
}

/* False also if the caller may not search the folder. */
bool file_exists(const char *path)
{
	char full[PATH_MAX];
	struct stat st;

	return !below_root(full, path) && !lstat(full, &st);
}

/* The permission bits, or 0 if there is no such file. */
unsigned int file_mode(const char *path)
{
	char full[PATH_MAX];
	struct stat st;

	return !below_root(full, path) && !stat(full, &st) ? st.st_mode & 07777 : 0;
}

/* The target is cut off if it does not fit. */
int file_link(const char *path, char *buf, size_t size)
{
	char full[PATH_MAX];
	ssize_t n;
	int err;

	buf[0] = '\0';
	err = below_root(full, path);
	if (err)
		return err;
	n = readlink(full, buf, size - 1);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return 0;
}

/*
 * Calls @each for each entry until it returns something other than 0, which is
 * returned then.
 */
int file_list(const char *path, int (*each)(const char *name, void *data), void *data)
{
	char full[PATH_MAX];
	struct dirent *entry;
	unsigned int n = 0;
	DIR *dir;
	int err;

	err = below_root(full, path);
	if (err)
		return err;
	dir = opendir(full);
	if (!dir)
		return -errno;
	while (!err && n++ < LIST_LIMIT) {
		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			err = -errno;
			break;
		}
		if (entry->d_name[0] != '.')
			err = each(entry->d_name, data);
	}
	closedir(dir);
	return err;
}
