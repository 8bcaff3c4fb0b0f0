// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading small files. Whatever is below --root may be anything: too long, binary, a FIFO, unreadable; each of it ends
 * in an error number, never in a wait or in memory without end.
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

/* More entries than any folder that is read has; a loop in a broken file system ends too. */
#define LIST_LIMIT	4000000

static int below_root(char full[PATH_MAX], const char *path)
{
	return path_make(full, PATH_MAX, "%s%s", options.root, path);
}

/**
 * file_open - open a file below the root
 * @path: absolute
 * @flags: as open's; the caller need not think of O_CLOEXEC, and a FIFO does not make it wait
 *
 * Return: a file descriptor, or a negative error number; -EISDIR for a folder.
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

/* Reads until the end or until @size is full. */
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

/**
 * file_read - read a whole text file
 * @path: absolute, below the root
 * @buf: gets the text, with a NUL behind it; an empty string after an error
 * @size: of @buf, at most INT_MAX
 *
 * Return: the length, or a negative error number: -EFBIG when it does not fit, -EINVAL when it has a NUL in it.
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

/**
 * file_slurp - read a whole text file that may be large
 * @path: absolute, below the root
 * @limit: how long it may be
 * @err: a negative error number when there is no text
 *
 * Return: the text, to be freed, or NULL.
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

/**
 * file_line - read a file of one line
 * @path: absolute, below the root
 * @line: gets the line, without its end, cleaned
 *
 * Return: 0, or a negative error number: -EINVAL when there is more than one line.
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

/**
 * file_flag - read a file that has a boolean, as module parameters have
 * @path: absolute, below the root
 * @value: gets it
 *
 * Return: 0, or a negative error number.
 */
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

/**
 * file_exists - is there such a file or folder?
 * @path: absolute, below the root
 *
 * Return: false also where the folder it is in cannot be looked into.
 */
bool file_exists(const char *path)
{
	char full[PATH_MAX];
	struct stat st;

	return !below_root(full, path) && !lstat(full, &st);
}

/**
 * file_mode - who may read and write a file?
 * @path: absolute, below the root
 *
 * Return: the bits, as chmod has them; 0 also where there is no such file.
 */
unsigned int file_mode(const char *path)
{
	char full[PATH_MAX];
	struct stat st;

	return !below_root(full, path) && !stat(full, &st) ? st.st_mode & 07777 : 0;
}

/**
 * file_link - read a symbolic link
 * @path: absolute, below the root
 * @buf: gets the target, cut off where it does not fit
 * @size: of @buf
 *
 * Return: 0 or a negative error number.
 */
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

/**
 * file_list - call a function for each entry of a folder
 * @path: absolute, below the root
 * @each: gets the name; what is not 0 ends it
 * @data: for @each
 *
 * Return: 0, what @each returned, or a negative error number.
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
