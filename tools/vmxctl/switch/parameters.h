/* SPDX-License-Identifier: GPL-2.0-only */
/* The parameters of loaded modules. */
#ifndef VMXCTL_PARAMETERS_H
#define VMXCTL_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/files.h"

/**
 * struct parameter - a parameter of a loaded module
 * @module: the module's name
 * @name: the parameter's name
 * @value: its value
 * @readable: @value is known
 * @writable: it can be changed while the module is loaded
 * @plain: its type is the kernel's own, which accepts what it prints
 */
struct parameter {
	char module[64];
	char name[64];
	char value[FILE_LINE];
	bool readable;
	bool writable;
	bool plain;
};

/**
 * struct parameters - parameters of several modules
 * @list: the parameters
 * @n: the length of @list
 */
struct parameters {
	struct parameter *list;
	size_t n;
};

int parameters_read(struct parameters *parameters, const char *module);
int parameters_declare(struct parameters *parameters, const char *module, const char *name,
		       const char *type);
char *parameters_options(const struct parameters *parameters, const char *module,
			 const char *options);
void parameters_put_back(const struct parameters *before, const char *module);
void parameters_compare(const struct parameters *before);
void parameters_free(struct parameters *parameters);

#endif /* VMXCTL_PARAMETERS_H */
