/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options on health checks.
 */
#include "cli/internal.h"

/* Return: 0 with ns, or -EINVAL. */
static int read_time(const char *option, const char *text, int64_t least, int64_t *ns,
		     struct err *e)
{
	if (!text || (!parse_duration(text, ns) && *ns >= least))
		return 0;
	return fail(e, EINVAL, "%s takes a time such as 30s or 1m30s, at least %s; not \"%s\"",
		    option, least ? "1ms" : "0", text);
}

/**
 * health_from_opts - the health check that options ask for
 *
 * Return: 0 or -EINVAL.
 */
int health_from_opts(struct health_spec *h, const struct run_opts *o, struct err *e)
{
	const char *given = o->health_interval       ? "--health-interval"
			    : o->health_timeout      ? "--health-timeout"
			    : o->health_retries      ? "--health-retries"
			    : o->health_start_period ? "--health-start-period"
						     : NULL;
	uint64_t n;
	int r = 0;

	if (o->no_healthcheck && o->health_cmd)
		return fail(e, EINVAL, "--no-healthcheck and --health-cmd exclude each other");
	if (given && !o->health_cmd)
		return fail(e, EINVAL, "%s goes with --health-cmd, which says what is done", given);
	if (o->no_healthcheck)
		strv_add(&h->test, "NONE");
	if (o->health_cmd)
		r = health_parse_cmd(&h->test, o->health_cmd, e);
	if (!r && o->health_interval && streq(o->health_interval, "disable"))
		h->interval = 0;
	else if (!r)
		r = read_time("--health-interval", o->health_interval, 1000000, &h->interval, e);
	if (!r)
		r = read_time("--health-timeout", o->health_timeout, 1000000, &h->timeout, e);
	if (!r)
		r = read_time("--health-start-period", o->health_start_period, 0, &h->start_period,
			      e);
	if (!r && o->health_retries) {
		if (parse_u64(o->health_retries, INT32_MAX, &n) < 0 || !n)
			return fail(e, EINVAL, "--health-retries takes a number from 1, not \"%s\"",
				    o->health_retries);
		h->retries = (uint32_t)n;
	}
	if (!r && o->health_on_failure)
		r = health_parse_action(&h->on_failure, o->health_on_failure, e);
	return r;
}
