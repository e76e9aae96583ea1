/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"

struct port_opts {
	bool all;
	int help;
};

#define AT(member) offsetof(struct port_opts, member)

static const struct opt table[] = {
	{"all", 'a', OPT_FLAG, AT(all), "", "none", "of all containers that run"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
};

const struct opts port_opts_table = {table, ARRAY_SIZE(table)};

/* PORT or PORT/tcp or PORT/udp */
static int check_port(const char *text, struct err *e)
{
	cleanup_free char *number = xstrndup(text, strcspn(text, "/"));
	const char *protocol = text + strlen(number);
	uint64_t port;

	if (parse_u64(number, 65535, &port) < 0 || !port ||
	    (*protocol && !streq(protocol, "/tcp") && !streq(protocol, "/udp")))
		return fail(e, EINVAL, "\"%s\" is no port such as 80 or 53/udp", text);
	return 0;
}

static int run_port(struct global *g, const struct port_opts *o, const struct strv *words,
		    struct err *e)
{
	cleanup_container_info struct container_info c = {};
	int r = global_ready(g, e);

	if (!r && o->all && words->n)
		r = fail(e, EINVAL, "port takes --all or a container");
	if (!r && !o->all && (!words->n || words->n > 2))
		r = fail(e, EINVAL, "port wants a container, and perhaps a port, behind it");
	if (r < 0 || o->all)
		return r;
	r = container_find(&g->dirs, words->v[0], &c, e);
	if (!r && words->n == 2)
		r = check_port(words->v[1], e);
	if (!r && words->n == 2)
		r = fail(e, ENOENT, "container %.12s publishes no port %s", c.id, words->v[1]);
	/* No container publishes ports: there is no line to print. */
	return r;
}

int cmd_port(struct global *g, int argc, char **argv, struct err *e)
{
	struct port_opts o = {};
	cleanup_strv struct strv words = {};
	int r = opts_parse(&port_opts_table, &o, argc, argv, false, &words, e);

	if (!r && o.help > 0)
		help_command(command_find("port"));
	else if (!r)
		r = run_port(g, &o, &words, e);
	return r;
}
