/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/spec.h"

/**
 * spec_parse_log_opt - max-size=SIZE (0 or -1: no limit), max-file=N
 */
int spec_parse_log_opt(struct spec *s, const char *text, struct err *e)
{
	const char *value = strchr(text, '=');

	if (value && str_has_prefix(text, "max-size=")) {
		if (streq(++value, "-1"))
			s->log.max_size = 0;
		else if (parse_size(value, &s->log.max_size) < 0)
			return fail(e, EINVAL,
				    "--log-opt max-size takes a size such as 10m, not \"%s\"",
				    value);
		return 0;
	}
	if (value && str_has_prefix(text, "max-file=")) {
		if (parse_u32(++value, &s->log.max_file) < 0)
			return fail(e, EINVAL, "--log-opt max-file takes a number, not \"%s\"",
				    value);
		return 0;
	}
	return fail(e, EINVAL, "--log-opt knows max-size=SIZE and max-file=N; not \"%s\"", text);
}
