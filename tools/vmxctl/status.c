// SPDX-License-Identifier: GPL-2.0-only
/* vmxctl status: what holds VMX, where and since when. */
#include "lib/options.h"
#include "lib/out.h"
#include "machine/report.h"

enum result command_status(void)
{
	struct snapshot s;
	enum result result;

	snapshot_read(&s);
	result = status_result(&s);
	if (options.json)
		doc_print(status_json(&s));
	else
		status_text(&s);
	snapshot_free(&s);
	return result;
}
