/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/internal.h"
#include "container/container.h"
#include "image/image.h"

#define AT(member) offsetof(struct container_opts, member)

static const struct opt table[] = {
	{"all", 0, OPT_FLAG, AT(all), "", "none", "all that were created, or have ended"},
	{"attach", 'a', OPT_FLAG, AT(attach), "", "none",
	 "run it in the foreground; its exit code is ours"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"sdnotify", 0, OPT_STR, AT(sdnotify), "MODE", "enum:container|conmon|healthy|ignore",
	 "who tells the service manager of readiness, this time; default: as run and create said"},
};

const struct opts start_opts_table = {table, ARRAY_SIZE(table)};

int start_container(struct global *g, const struct container_info *i, bool attach,
		    const char *sdnotify, struct err *e)
{
	struct idmap_plan plan;
	struct spec s;
	const struct container c = {.spec = &s, .plan = &plan, .dirs = &g->dirs};
	int code = 0, r = life_may(OP_START, i->state, i->id, e);

	if (r <= 0)
		return r;
	r = container_plan(g, i, &s, &plan, e);
	if (!r && sdnotify)
		r = sdnotify_parse(&s.sdnotify, sdnotify, e);
	if (!r && sdnotify)
		r = spec_check(&s, e);
	if (!r)
		r = image_hold_layers(&s.rootfs.layers, e);
	if (!r) {
		s.detach = !attach;
		r = container_start(&c, i, &code, e);
		if (!r && !attach)
			background_hint(&g->dirs);
	}
	idmap_plan_free(&plan);
	spec_free(&s);
	return r < 0 ? r : code;
}

static int start(struct global *g, const struct container_info *i, const struct container_opts *o,
		 struct err *e)
{
	return start_container(g, i, o->attach, o->sdnotify, e);
}

int cmd_start(struct global *g, int argc, char **argv, struct err *e)
{
	static const struct container_verb verb = {&start_opts_table, start,
						   1U << LIFE_CREATED | 1U << LIFE_EXITED, false};

	return run_verb(g, &verb, argc, argv, e);
}
