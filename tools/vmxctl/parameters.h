/* SPDX-License-Identifier: GPL-2.0-only */
/* The parameters that modules are loaded with. */
#ifndef VMXCTL_PARAMETERS_H
#define VMXCTL_PARAMETERS_H

#include <stddef.h>

#include "files.h"

/**
 * struct parameter - one, as it was
 * @module: of which module
 * @name: its name
 * @value: its value
 */
struct parameter {
	char module[64];
	char name[64];
	char value[FILE_LINE];
};

/**
 * struct parameters - several
 * @list: the parameters
 * @n: how many
 */
struct parameters {
	struct parameter *list;
	size_t n;
};

void parameters_read(struct parameters *parameters);
void parameters_compare(const struct parameters *before);
void parameters_free(struct parameters *parameters);

#endif /* VMXCTL_PARAMETERS_H */
