/* SPDX-License-Identifier: GPL-2.0-only */
/* The differences between two snapshots. */
#ifndef VMXCTL_CHANGES_H
#define VMXCTL_CHANGES_H

#include "machine/snapshot.h"

enum change_kind {
	CHANGE_HELD,
	CHANGE_VMXCORE,
	CHANGE_CLIENT_CAME,
	CHANGE_CLIENT_WENT,
	CHANGE_CLIENT_GOT,
	CHANGE_CLIENT_PUT,
	CHANGE_CLIENT_AGAIN,
	CHANGE_CLIENT,
	CHANGE_CPU_ON,
	CHANGE_CPU_OFF,
	CHANGE_CPU_AGAIN,
	CHANGE_CPU,
	CHANGE_MODULE,
	CHANGE_VIRTUALBOX,
	CHANGE_PROCESS,
};

/**
 * struct change - one difference
 * @kind: its kind
 * @name: a client, module or process, "cpuN", "vmxcore" or "VT-x"
 * @text: describes it
 */
struct change {
	enum change_kind kind;
	char name[64];
	char *text;
};

/**
 * struct changes - all differences
 * @list: the differences, in the order of vmxctl status
 * @n: the length of @list
 */
struct changes {
	struct change *list;
	size_t n;
};

void changes_find(struct changes *changes, const struct snapshot *old, const struct snapshot *now);
void changes_free(struct changes *changes);
const char *change_word(enum change_kind kind);

#endif /* VMXCTL_CHANGES_H */
