/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Problems and their fixes: the results of doctor, and the reasons why switch
 * refuses.
 */
#ifndef VMXCTL_FINDINGS_H
#define VMXCTL_FINDINGS_H

#include <json.h>
#include <stdbool.h>
#include <stddef.h>

#define FINDING_FIX	768

/**
 * struct finding - a problem
 * @id: identifies the kind of problem; scripts depend on it
 * @text: describes the problem
 * @first: what the admin has to do before @fix; empty if @fix is enough
 * @fix: the command that solves the problem; empty if there is none
 */
struct finding {
	const char *id;
	char text[1024];
	char first[256];
	char fix[FINDING_FIX];
};

/**
 * struct findings - the problems
 * @list: the findings, in the order they were found
 * @n: the length of @list
 * @blind: something could not be read
 */
struct findings {
	struct finding *list;
	size_t n;
	bool blind;
};

void found(struct findings *findings, const char *id, const char *first, const char *fix,
	   const char *format, ...) __attribute__((format(printf, 5, 6)));
void findings_json(struct json_object *doc, const struct findings *findings);
void findings_text(const struct findings *findings);
void findings_free(struct findings *findings);

#endif /* VMXCTL_FINDINGS_H */
