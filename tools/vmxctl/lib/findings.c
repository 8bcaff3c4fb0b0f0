// SPDX-License-Identifier: GPL-2.0-only
/* Problems and their fixes. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/findings.h"
#include "lib/out.h"

void found(struct findings *findings, const char *id, const char *first, const char *fix,
	   const char *format, ...)
{
	struct finding *list = reallocarray(findings->list, findings->n + 1, sizeof(*list)),
		       *finding;
	va_list args;

	if (!list) {
		note("%s", error_text(-ENOMEM));
		findings->blind = true;
		return;
	}
	findings->list = list;
	finding = &list[findings->n++];
	finding->id = id;
	snprintf(finding->first, sizeof(finding->first), "%s", first);
	snprintf(finding->fix, sizeof(finding->fix), "%s", fix);
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
}

void findings_json(struct json_object *doc, const struct findings *findings)
{
	struct json_object *array = add_array(doc, "findings"), *object;
	const struct finding *f;

	for (f = findings->list; f < findings->list + findings->n; f++) {
		object = append_object(array);
		add_string(object, "id", f->id);
		add_string(object, "text", f->text);
		add_string(object, "first", f->first);
		add_string(object, "fix", f->fix);
	}
}

void findings_text(const struct findings *findings)
{
	const struct finding *f;

	for (f = findings->list; f < findings->list + findings->n; f++) {
		printf("%s%s%s: %s\n", colour(COLOUR_BAD), f->id, colour(COLOUR_NONE), f->text);
		if (f->first[0])
			printf("    %s%s\n", f->first, f->fix[0] ? "; then" : "");
		if (f->fix[0])
			printf("    # %s\n", f->fix);
	}
}

void findings_free(struct findings *findings)
{
	free(findings->list);
	findings->list = NULL;
	findings->n = 0;
}
