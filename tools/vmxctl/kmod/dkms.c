// SPDX-License-Identifier: GPL-2.0-only
/*
 * DKMS's settings in /etc/dkms: shell scripts, of which only the assignments
 * are read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmod/modprobe.h"

#define FRAMEWORK	"/etc/dkms/framework.conf"
#define CERTIFICATE	"/var/lib/dkms/mok.pub"

#define CONFIG_LIMIT	1000000

/**
 * struct setting - the path of the certificate, as far as the files have been read
 * @value: the path; empty for DKMS's default
 * @err: a file assigns it in a way that is not understood here
 * @release: the kernel's release, which can be a part of the path
 * @files: the files in framework.conf.d
 * @n_files: the length of @files
 */
struct setting {
	char value[FILE_LINE];
	int err;
	const char *release;
	char **files;
	size_t n_files;
};

static bool is_plain(char c)
{
	return strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./+:@,-", c);
}

/*
 * Reads what follows "mok_certificate=": a path, quoted or not, in which DKMS
 * expands $kernelver.
 */
static int read_value(struct setting *setting, const char *text)
{
	static const char *const kernel[] = { "$kernelver", "${kernelver}" };
	char value[FILE_LINE] = "", quote = '\0';
	int err = 0;
	size_t i;

	while (!err && *text && (quote || !strchr(" \t;#\r", *text))) {
		for (i = 0; i < ARRAY_SIZE(kernel) && strncmp(text, kernel[i], strlen(kernel[i]));
		     i++)
			;
		if (quote ? *text == quote : (*text == '"' || *text == '\'')) {
			quote = quote ? '\0' : *text;
			text++;
		} else if (i < ARRAY_SIZE(kernel) && quote != '\'') {
			err = text_append(value, sizeof(value), "%s", setting->release);
			text += strlen(kernel[i]);
		} else {
			/*
			 * The path becomes part of a command, so it must have
			 * no characters that are special to a shell.
			 */
			err = is_plain(*text) ? text_append(value, sizeof(value), "%c", *text) :
						-EINVAL;
			text++;
		}
	}
	if (quote || (value[0] && value[0] != '/'))
		err = -EINVAL;
	strcpy(setting->value, err ? "" : value);
	return err;
}

static void read_file(struct setting *setting, const char *path)
{
	static const char name[] = "mok_certificate=";
	char *text, *rest, *line;
	int err = 0;

	text = file_slurp(path, CONFIG_LIMIT, &err);
	if (!text && err != -ENOENT)
		setting->err = err;
	rest = text;
	while (text && (line = strsep(&rest, "\n"))) {
		line += strspn(line, " \t");
		if (!strncmp(line, "export ", 7))
			line += 7;
		if (!strncmp(line, name, strlen(name)))
			setting->err = read_value(setting, line + strlen(name));
	}
	free(text);
}

static int take_file(const char *file, void *data)
{
	const char *end = strrchr(file, '.');
	struct setting *setting = data;
	char **files;

	if (!end || strcmp(end, ".conf"))
		return 0;
	files = reallocarray(setting->files, setting->n_files + 1, sizeof(*files));
	if (!files)
		return -ENOMEM;
	setting->files = files;
	files[setting->n_files] = strdup(file);
	return files[setting->n_files++] ? 0 : -ENOMEM;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the order of their names, as DKMS reads them: the last one counts. */
static void read_folder(struct setting *setting)
{
	char path[512];
	size_t i;
	int err;

	err = file_list(FRAMEWORK ".d", take_file, setting);
	if (err && err != -ENOENT)
		setting->err = err;
	if (err != -ENOMEM && setting->n_files)
		qsort(setting->files, setting->n_files, sizeof(*setting->files), by_name);
	for (i = 0; i < setting->n_files; i++) {
		if (err != -ENOMEM &&
		    !path_make(path, sizeof(path), FRAMEWORK ".d/%s", setting->files[i]))
			read_file(setting, path);
		free(setting->files[i]);
	}
	free(setting->files);
}

/*
 * Finds the certificate of the key that DKMS signs with. The path is safe in a
 * shell command.
 */
int dkms_certificate(char certificate[FILE_LINE], const char *release)
{
	struct setting setting = { .release = release };

	read_file(&setting, FRAMEWORK);
	read_folder(&setting);
	strcpy(certificate, setting.value[0] ? setting.value : CERTIFICATE);
	return setting.err;
}
