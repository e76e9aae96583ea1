/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Templates of --format over a value with each kind of member: parsing and running end,
 * and what fails says why in one line. The heading of a table never has a missing field.
 */
#include "cli/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char value[] =
	"{\"ID\":\"0123456789ab\",\"Names\":[\"web\",\"db\"],\"Pid\":42,\"On\":true,\"Nil\":null,"
	"\"State\":{\"Status\":\"running\",\"Log\":[{\"At\":1},{\"At\":2}]},\"Map\":{\"a\":\"1\"},"
	"\"Real\":1.5}";

static void run(const struct template *t, bool heading)
{
	static json *j;
	cleanup_buf struct buf out = {};
	struct err e = {};
	int r;

	if (!j && json_parse(value, strlen(value), &j, &e) < 0)
		abort();
	r = template_run(t, j, heading, &out, &e);
	if (r < 0 && (e.code != -r || !*e.msg || strpbrk(e.msg, "\n\033")))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	cleanup_free char *text = xstrndup((const char *)data, n);
	cleanup_template struct template t = {};
	struct err e = {};
	int r = template_parse(text, &t, &e);

	if (r < 0) {
		if (e.code != -r || !*e.msg || strpbrk(e.msg, "\n\033"))
			abort();
		return 0;
	}
	run(&t, false);
	run(&t, true);
	return 0;
}
