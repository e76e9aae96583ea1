/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.json to struct spec. What is taken has to keep its promises: the launch uses paths,
 * sets and lines of limits as they are, and the record gives back what it was given.
 */
#include "spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WANT(x)                  \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)

static bool plain(const char *path)
{
	char clean[PATH_MAX];

	return path_clean(path, clean, sizeof(clean)) == 0 && streq(clean, path) && path[1];
}

static void check_mounts(const struct spec *s)
{
	for (size_t i = 0; i < s->mounts.n; i++) {
		const struct mount_spec *m = &s->mounts.v[i];

		WANT(m->type && *m->type && plain(m->target));
		WANT(!streq(m->type, "bind") || (m->source && *m->source == '/' && !m->data.n));
		WANT(m->idmapped == IDMAPPED_NO || streq(m->type, "bind"));
		WANT(!m->uidmap.n == !m->gidmap.n);
	}
}

static void check_limits(const struct spec *s)
{
	strv_for_each (line, &s->oci.cgroup_files) {
		size_t n = strcspn(line, "=");

		WANT(line[n] && n && !memchr(line, '/', n) && memchr(line, '.', n));
		WANT(strncmp(line, "cgroup.", 7) != 0);
	}
	for (size_t i = 0; i < s->rlimits.n; i++)
		WANT(s->rlimits.v[i].resource >= 0 && s->rlimits.v[i].soft <= s->rlimits.v[i].hard);
}

static void check_spec(const struct spec *s)
{
	WANT(s->bare && !s->init && s->args.n && *s->args.v[0]);
	WANT(plain(s->rootfs.dir) && s->cwd && *s->cwd == '/');
	WANT(s->ns[NS_MNT].mode == NS_PRIVATE);
	WANT(!(s->sec.effective & ~s->sec.permitted));
	WANT(!(s->sec.ambient & ~(s->sec.permitted & s->sec.inheritable)));
	WANT(!s->uidmap.n == !s->gidmap.n);
	for (size_t i = 0; i < NS_KINDS; i++)
		WANT((s->ns[i].mode == NS_JOIN) == (s->ns[i].path != NULL));
	strv_for_each (path, &s->sec.masked)
		WANT(plain(path));
	strv_for_each (path, &s->sec.readonly)
		WANT(plain(path));
	strv_for_each (pair, &s->env)
		WANT(strchr(pair, '=') && *pair != '=');
	strv_for_each (pair, &s->sysctl)
		WANT(strchr(pair, '=') && !strstr(pair, "/../") && *pair != '/');
	for (size_t i = 0; i < s->devices.n; i++)
		WANT(plain(s->devices.v[i].target) && strchr("cbp", s->devices.v[i].type));
	for (size_t kind = 0; kind < HOOK_KINDS; kind++) {
		for (size_t i = 0; i < s->oci.hooks[kind].n; i++)
			WANT(*s->oci.hooks[kind].v[i].path == '/');
	}
	check_mounts(s);
	check_limits(s);
}

static void check_record(const struct spec *s)
{
	json *j cleanup_json = spec_to_json(s), *again cleanup_json = NULL;
	char *a cleanup_free = json_dump(j, false), *b cleanup_free = NULL;
	struct spec back;
	struct err e = {};

	spec_init(&back);
	WANT(spec_from_json(&back, j, &e) == 0);
	again = spec_to_json(&back);
	b = json_dump(again, false);
	WANT(streq(a, b));
	spec_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json *j cleanup_json = NULL;
	struct spec s;
	struct err e = {};
	int r = json_parse((const char *)data, size, &j, &e);

	log_set(LOG_ERROR, NULL);
	if (r < 0)
		return 0;
	spec_init(&s);
	r = spec_from_oci(&s, j, "/bundle", &e);
	WANT(r < 0 ? e.code == -r && e.msg[0] : !e.code);
	if (!r) {
		check_spec(&s);
		check_record(&s);
	}
	spec_free(&s);
	return 0;
}
