/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "process" of config.json, which `exec --process FILE` takes by itself as well.
 */
#include <linux/ioprio.h>
#include <sched.h>
#include <strings.h>

#include "spec/internal.h"

#ifndef SCHED_DEADLINE
#define SCHED_DEADLINE 6
#endif

static int read_terminal(void *ctx, const struct node *n, struct err *e)
{
	return node_bool(n, &((struct spec *)ctx)->tty, e);
}

/* ---- consoleSize ---------------------------------------------------------------------------------- */

static int read_height(void *ctx, const struct node *n, struct err *e)
{
	return node_u32(n, UINT16_MAX, &((struct spec *)ctx)->oci.console_height, e);
}

static int read_width(void *ctx, const struct node *n, struct err *e)
{
	return node_u32(n, UINT16_MAX, &((struct spec *)ctx)->oci.console_width, e);
}

static int read_console(void *ctx, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"height", read_height, true},
		{"width", read_width, true},
	};

	return node_members(ctx, n, members, ARRAY_SIZE(members), e);
}

/* ---- user ------------------------------------------------------------------------------------------- */

struct ids {
	uint32_t uid, gid;
	struct spec *s;
};

static int read_uid(void *ctx, const struct node *n, struct err *e)
{
	return node_u32(n, ID_MAX, &((struct ids *)ctx)->uid, e);
}

static int read_gid(void *ctx, const struct node *n, struct err *e)
{
	return node_u32(n, ID_MAX, &((struct ids *)ctx)->gid, e);
}

static int read_umask(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ((struct ids *)ctx)->s;

	s->has_umask = true;
	return node_u32(n, 0777, &s->umask, e);
}

static int add_gid(void *ctx, const struct node *n, struct err *e)
{
	uint32_t gid = 0;
	int r = node_u32(n, ID_MAX, &gid, e);

	if (!r)
		strv_addf(ctx, "%u", gid);
	return r;
}

static int read_gids(void *ctx, const struct node *n, struct err *e)
{
	return node_each(&((struct ids *)ctx)->s->group_add, n, add_gid, e);
}

static int read_user(void *ctx, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"uid", read_uid, false},
		{"gid", read_gid, false},
		{"umask", read_umask, false},
		{"additionalGids", read_gids, false},
	};
	struct ids ids = {.s = ctx};
	int r;

	strv_free(&ids.s->group_add);
	r = node_members(&ids, n, members, ARRAY_SIZE(members), e);
	free(ids.s->user);
	ids.s->user = xasprintf("%u:%u", ids.uid, ids.gid);
	return r;
}

/* ---- command ------------------------------------------------------------------------------------------ */

static int read_args(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ctx;
	int r;

	strv_free(&s->args);
	r = node_strv(n, &s->args, e);
	if (!r && !s->args.n)
		return node_fail(n, e, "names no command; its first element is the program");
	if (!r && !*s->args.v[0])
		return node_fail(n, e, "the name of the command is empty");
	return r;
}

/* Callers append to what an image says: of a name that comes twice the last one counts. */
static int add_env(void *ctx, const struct node *n, struct err *e)
{
	const char *text = NULL;
	int r = node_str(n, &text, e);

	if (r < 0)
		return r;
	if (!strchr(text, '=') || *text == '=')
		return node_fail(n, e, "\"%.100s\" is not NAME=VALUE", text);
	env_put(ctx, text);
	return 0;
}

static int read_env(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ctx;

	strv_free(&s->env);
	return node_each(&s->env, n, add_env, e);
}

static int read_cwd(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ctx;
	int r = node_path(n, &s->cwd, e);

	s->make_cwd = true;
	return r;
}

/* ---- capabilities ------------------------------------------------------------------------------------- */

/* A name that no kernel has is a warning: the specification wants callers newer than we are to work. */
static int add_cap(void *ctx, const struct node *n, struct err *e)
{
	const char *name = NULL;
	uint64_t mask = 0;
	int r = node_str(n, &name, e);

	if (r < 0)
		return r;
	if (strncmp(name, "CAP_", 4) || cap_parse(name, &mask, NULL) < 0 || !(mask & caps_all()))
		log_warn("%s.%s[%zu]: the kernel has no capability \"%s\", ignoring",
			 "capabilities", n->up->key, n->index, name);
	else
		*(uint64_t *)ctx |= mask;
	return 0;
}

static int read_caps(void *ctx, const struct node *n, struct err *e)
{
	struct security_spec *sec = &((struct spec *)ctx)->sec;
	struct {
		const char *key;
		uint64_t *mask;
	} const sets[] = {
		{"bounding", &sec->caps},       {"effective", &sec->effective},
		{"permitted", &sec->permitted}, {"inheritable", &sec->inheritable},
		{"ambient", &sec->ambient},
	};
	int r = json_is_obj(n->v) ? 0 : node_fail(n, e, "has to be an object");

	sec->cap_sets = true;
	for (size_t i = 0; !r && i < ARRAY_SIZE(sets); i++) {
		struct node list = node_get(n, sets[i].key);

		*sets[i].mask = 0;
		r = node_each(sets[i].mask, &list, add_cap, e);
	}
	if (!r && sec->effective & ~sec->permitted)
		return node_fail(n, e,
				 "effective has capabilities that permitted lacks; add them there");
	/* The kernel raises no others. crun's `spec` writes such a set, and crun drops them as well. */
	if (!r && sec->ambient & ~(sec->permitted & sec->inheritable)) {
		log_debug("process.capabilities: ambient has what permitted or inheritable lacks, "
			  "ignoring");
		sec->ambient &= sec->permitted & sec->inheritable;
	}
	return r;
}

/* ---- limits ----------------------------------------------------------------------------------------------- */

static int limit_type(void *ctx, const struct node *n, struct err *e)
{
	struct rlimit_spec *lim = ctx;
	const char *name = NULL;
	int r = node_str(n, &name, e);

	if (r < 0)
		return r;
	lim->resource = str_has_prefix(name, "RLIMIT_") ? ulimit_number(name + 7) : -1;
	return lim->resource < 0 ? node_fail(n, e, "there is no limit \"%s\"", name) : 0;
}

static int limit_soft(void *ctx, const struct node *n, struct err *e)
{
	return node_u64(n, &((struct rlimit_spec *)ctx)->soft, e);
}

static int limit_hard(void *ctx, const struct node *n, struct err *e)
{
	return node_u64(n, &((struct rlimit_spec *)ctx)->hard, e);
}

static int add_limit(void *ctx, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"type", limit_type, true},
		{"soft", limit_soft, true},
		{"hard", limit_hard, true},
	};
	struct rlimits *list = ctx;
	struct rlimit_spec lim = {};
	int r = node_members(&lim, n, members, ARRAY_SIZE(members), e);

	if (r < 0)
		return r;
	if (lim.soft > lim.hard)
		return node_fail(n, e, "the soft limit is above the hard one");
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].resource == lim.resource)
			return node_fail(n, e, "the same limit was given before; leave one out");
	}
	list->v = xreallocarray(list->v, list->n + 1, sizeof(lim));
	list->v[list->n++] = lim;
	return 0;
}

static int read_limits(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ctx;

	s->rlimits.n = 0;
	return node_each(&s->rlimits, n, add_limit, e);
}

static int read_nnp(void *ctx, const struct node *n, struct err *e)
{
	return node_bool(n, &((struct spec *)ctx)->sec.no_new_privs, e);
}

static int read_oom(void *ctx, const struct node *n, struct err *e)
{
	struct oci_spec *o = &((struct spec *)ctx)->oci;
	int64_t v = 0;
	int r = node_int(n, -1000, 1000, &v, e);

	o->has_oom_score = true;
	o->oom_score = (int)v;
	return r;
}

/* ---- scheduling --------------------------------------------------------------------------------------------- */

/**
 * struct word - a name and its number
 */
struct word {
	const char *name;
	uint32_t value;
};

static int read_word(const struct node *n, const struct word *w, size_t count, uint32_t *out,
		     struct err *e)
{
	const char *name = NULL;
	int r = node_str(n, &name, e);

	for (size_t i = 0; !r && i < count; i++) {
		if (streq(name, w[i].name)) {
			*out = w[i].value;
			return 0;
		}
	}
	return r < 0 ? r : node_fail(n, e, "\"%s\" is none of the words that go here", name);
}

static const struct word io_classes[] = {
	{"IOPRIO_CLASS_RT", IOPRIO_CLASS_RT},
	{"IOPRIO_CLASS_BE", IOPRIO_CLASS_BE},
	{"IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE},
};

static int read_ioprio(void *ctx, const struct node *n, struct err *e)
{
	struct node class = node_get(n, "class"), priority = node_get(n, "priority");
	uint32_t c = 0, p = 0;
	int r;

	if (!json_is_obj(n->v))
		return node_fail(n, e, "has to be an object");
	if (!class.v)
		return node_fail(&class, e, "is missing");
	r = read_word(&class, io_classes, ARRAY_SIZE(io_classes), &c, e);
	if (!r)
		r = node_u32(&priority, 7, &p, e);
	((struct spec *)ctx)->oci.ioprio = IOPRIO_PRIO_VALUE((int)c, (int)p);
	return r;
}

static const struct word policies[] = {
	{"SCHED_OTHER", SCHED_OTHER},
	{"SCHED_FIFO", SCHED_FIFO},
	{"SCHED_RR", SCHED_RR},
	{"SCHED_BATCH", SCHED_BATCH},
	{"SCHED_IDLE", SCHED_IDLE},
	{"SCHED_DEADLINE", SCHED_DEADLINE},
	{"SCHED_ISO", 4},
};

/* Source: sched_setattr(2) */
static const struct word sched_flags[] = {
	{"SCHED_FLAG_RESET_ON_FORK", 0x01},  {"SCHED_FLAG_RECLAIM", 0x02},
	{"SCHED_FLAG_DL_OVERRUN", 0x04},     {"SCHED_FLAG_KEEP_POLICY", 0x08},
	{"SCHED_FLAG_KEEP_PARAMS", 0x10},    {"SCHED_FLAG_UTIL_CLAMP_MIN", 0x20},
	{"SCHED_FLAG_UTIL_CLAMP_MAX", 0x40},
};

static int sched_policy(void *ctx, const struct node *n, struct err *e)
{
	uint32_t v = 0;
	int r = read_word(n, policies, ARRAY_SIZE(policies), &v, e);

	((struct scheduler_spec *)ctx)->policy = (int)v;
	return r;
}

static int sched_nice(void *ctx, const struct node *n, struct err *e)
{
	int64_t v = 0;
	int r = node_int(n, -20, 19, &v, e);

	((struct scheduler_spec *)ctx)->nice = (int)v;
	return r;
}

static int sched_priority(void *ctx, const struct node *n, struct err *e)
{
	return node_u32(n, 99, &((struct scheduler_spec *)ctx)->priority, e);
}

static int sched_flag(void *ctx, const struct node *n, struct err *e)
{
	uint32_t v = 0;
	int r = read_word(n, sched_flags, ARRAY_SIZE(sched_flags), &v, e);

	((struct scheduler_spec *)ctx)->flags |= v;
	return r;
}

static int sched_flag_list(void *ctx, const struct node *n, struct err *e)
{
	return node_each(ctx, n, sched_flag, e);
}

static int sched_runtime(void *ctx, const struct node *n, struct err *e)
{
	return node_u64(n, &((struct scheduler_spec *)ctx)->runtime, e);
}

static int sched_deadline(void *ctx, const struct node *n, struct err *e)
{
	return node_u64(n, &((struct scheduler_spec *)ctx)->deadline, e);
}

static int sched_period(void *ctx, const struct node *n, struct err *e)
{
	return node_u64(n, &((struct scheduler_spec *)ctx)->period, e);
}

static int read_scheduler(void *ctx, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"policy", sched_policy, true},      {"nice", sched_nice, false},
		{"priority", sched_priority, false}, {"flags", sched_flag_list, false},
		{"runtime", sched_runtime, false},   {"deadline", sched_deadline, false},
		{"period", sched_period, false},
	};
	struct scheduler_spec *sched = &((struct spec *)ctx)->oci.sched;

	*sched = (struct scheduler_spec){};
	return node_members(sched, n, members, ARRAY_SIZE(members), e);
}

static int read_affinity(void *ctx, const struct node *n, struct err *e)
{
	struct oci_spec *o = &((struct spec *)ctx)->oci;
	struct node initial = node_get(n, "initial"), final = node_get(n, "final");
	int r;

	if (!json_is_obj(n->v))
		return node_fail(n, e, "has to be an object");
	r = node_set(&initial, &o->affinity_initial, e);
	if (!r && o->affinity_initial && number_list(o->affinity_initial, NULL, 0) < 0)
		r = node_fail(&initial, e, "\"%.100s\" is no list of processors such as 0-3,7",
			      o->affinity_initial);
	if (!r)
		r = node_set(&final, &o->affinity_final, e);
	if (!r && o->affinity_final && number_list(o->affinity_final, NULL, 0) < 0)
		r = node_fail(&final, e, "\"%.100s\" is no list of processors such as 0-3,7",
			      o->affinity_final);
	return r;
}

/* ---- security modules ------------------------------------------------------------------------------------------ */

static int read_apparmor(void *ctx, const struct node *n, struct err *e)
{
	return node_set(n, &((struct spec *)ctx)->sec.apparmor, e);
}

static int read_selinux(void *ctx, const struct node *n, struct err *e)
{
	return node_set(n, &((struct spec *)ctx)->sec.selinux, e);
}

/* oci_process - the object at any place */
int oci_process(struct spec *s, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"terminal", read_terminal, false},
		{"consoleSize", read_console, false},
		{"user", read_user, false},
		{"args", read_args, true},
		{"env", read_env, false},
		{"cwd", read_cwd, true},
		{"capabilities", read_caps, false},
		{"rlimits", read_limits, false},
		{"noNewPrivileges", read_nnp, false},
		{"oomScoreAdj", read_oom, false},
		{"ioPriority", read_ioprio, false},
		{"scheduler", read_scheduler, false},
		{"execCPUAffinity", read_affinity, false},
		{"apparmorProfile", read_apparmor, false},
		{"selinuxLabel", read_selinux, false},
	};

	return node_members(s, n, members, ARRAY_SIZE(members), e);
}

/**
 * spec_oci_process - the process that `exec --process FILE` describes
 * @s: the container's; what the file says replaces what is there. What it does not say is
 *	not inherited, but for the profiles of security modules
 * @process: borrowed
 *
 * Return: 0 or -EINVAL.
 */
int spec_oci_process(struct spec *s, const json *process, struct err *e)
{
	const struct node n = {.v = process, .key = "process"};
	struct security_spec *sec = &s->sec;

	s->tty = s->has_umask = false;
	free(take_ptr(s->user));
	strv_free(&s->group_add);
	strv_free(&s->env);
	s->rlimits.n = 0;
	sec->no_new_privs = false;
	sec->cap_sets = true;
	sec->caps = sec->effective = sec->permitted = sec->inheritable = sec->ambient = 0;
	s->oci.has_oom_score = false;
	s->oci.ioprio = s->oci.sched.policy = -1;
	s->oci.console_width = s->oci.console_height = 0;
	free(take_ptr(s->oci.affinity_initial));
	free(take_ptr(s->oci.affinity_final));
	return oci_process(s, &n, e);
}
