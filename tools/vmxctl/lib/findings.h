/* SPDX-License-Identifier: GPL-2.0-only */
/* What is wrong, and what mends it: the results of doctor, and the reasons of switch. */
#ifndef VMXCTL_FINDINGS_H
#define VMXCTL_FINDINGS_H

#include <json.h>
#include <stdbool.h>
#include <stddef.h>

#define FINDING_FIX	768

/**
 * struct finding - something that is wrong
 * @id: a word for programs
 * @text: what it is
 * @first: what a person has to do, or see to; empty where a command is all there is to do
 * @fix: the command that mends it then; empty where there is none
 */
struct finding {
	const char *id;
	char text[1024];
	char first[256];
	char fix[FINDING_FIX];
};

/**
 * struct findings - all of them
 * @list: the findings, in the order they were found
 * @n: how many
 * @blind: not everything could be looked at
 */
struct findings {
	struct finding *list;
	size_t n;
	bool blind;
};

void found(struct findings *findings, const char *id, const char *first, const char *fix, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
void findings_json(struct json_object *doc, const struct findings *findings);
void findings_text(const struct findings *findings);
void findings_free(struct findings *findings);

#endif /* VMXCTL_FINDINGS_H */
