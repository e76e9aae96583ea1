/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A spec as JSON, for the containers that outlive the command which made them. One
 * table says what members there are and of which kind: writing, reading and freeing walk
 * it, so a member that is added to struct spec is added here and nowhere else. What is
 * read was written by us and may be damaged: each value has to have its kind.
 */
#include "spec/spec.h"

/**
 * enum kind - what a member is, in C and in JSON
 * @K_LIST: a struct {T *v; size_t n;} with a table for T
 */
enum kind { K_STR, K_STRV, K_BOOL, K_INT, K_U32, K_I64, K_U64, K_LIST };

struct field {
	const char *key;
	enum kind kind;
	size_t at;
	const struct fields *of; /* of a list: its elements' */
};

struct fields {
	const struct field *v;
	size_t n, size;
};

struct list {
	char *v;
	size_t n;
};

#define FIELDS(type, table)                            \
	{                                              \
		table, ARRAY_SIZE(table), sizeof(type) \
	}
#define F(type, kind, member)                               \
	{                                                   \
#member, kind, offsetof(type, member), NULL \
	}

#define I(kind, member) F(struct idrange, kind, member)
static const struct field idrange_table[] = {I(K_U32, inside), I(K_U32, outside), I(K_U32, count),
					     I(K_BOOL, host)};
static const struct fields idrange_fields = FIELDS(struct idrange, idrange_table);

#define ML(member)                                                                    \
	{                                                                             \
#member, K_LIST, offsetof(struct mount_spec, member), &idrange_fields \
	}
#define M(kind, member) F(struct mount_spec, kind, member)
static const struct field mount_table[] = {
	M(K_STR, type),       M(K_STR, source),
	M(K_STR, target),     M(K_U64, attr_set),
	M(K_U64, attr_clr),   M(K_U64, propagation),
	M(K_BOOL, recursive), M(K_BOOL, optional),
	M(K_BOOL, tmpcopyup), M(K_STR, volume),
	M(K_BOOL, nocopy),    M(K_STRV, data),
	M(K_U64, rattr_set),  M(K_U64, rattr_clr),
	M(K_BOOL, remount),   M(K_BOOL, rpropagation),
	M(K_INT, idmapped),   ML(uidmap),
	ML(gidmap),
};
#define D(kind, member) F(struct device_spec, kind, member)
static const struct field device_table[] = {
	D(K_STR, source), D(K_STR, target), D(K_BOOL, read), D(K_BOOL, write),
	D(K_BOOL, mknod), D(K_INT, type),   D(K_U32, major), D(K_U32, minor),
	D(K_U32, mode),   D(K_U32, uid),    D(K_U32, gid),
};
#define R(kind, member) F(struct rlimit_spec, kind, member)
static const struct field rlimit_table[] = {R(K_INT, resource), R(K_U64, soft), R(K_U64, hard)};
_Static_assert(sizeof(enum ns_mode) == sizeof(int) && sizeof(struct list) == sizeof(struct mounts),
	       "enums are ints, and lists are a pointer and a count");

static const struct fields mount_fields = FIELDS(struct mount_spec, mount_table),
			   device_fields = FIELDS(struct device_spec, device_table),
			   rlimit_fields = FIELDS(struct rlimit_spec, rlimit_table);

#define H(kind, member) F(struct hook, kind, member)
static const struct field hook_table[] = {H(K_STR, path), H(K_STRV, args), H(K_STRV, env),
					  H(K_I64, timeout)};
#define A(kind, member) F(struct annotation, kind, member)
static const struct field annotation_table[] = {A(K_STR, key), A(K_STR, value)};
#define DR(kind, member) F(struct device_rule, kind, member)
static const struct field rule_table[] = {DR(K_BOOL, allow), DR(K_INT, type),  DR(K_I64, major),
					  DR(K_I64, minor),  DR(K_BOOL, read), DR(K_BOOL, write),
					  DR(K_BOOL, mknod)};
#define ND(kind, member) F(struct net_device, kind, member)
static const struct field net_device_table[] = {ND(K_STR, host), ND(K_STR, inside)};
static const struct fields hook_fields = FIELDS(struct hook, hook_table),
			   annotation_fields = FIELDS(struct annotation, annotation_table),
			   rule_fields = FIELDS(struct device_rule, rule_table),
			   net_device_fields = FIELDS(struct net_device, net_device_table);

#define S(kind, member) F(struct spec, kind, member)
#define L(member, fields)                                               \
	{                                                               \
#member, K_LIST, offsetof(struct spec, member), &fields \
	}
static const struct field spec_table[] = {
	S(K_STR, id),
	S(K_STR, name),
	S(K_STR, image),
	S(K_INT, userns),
	L(uidmap, idrange_fields),
	L(gidmap, idrange_fields),
	S(K_STR, user),
	S(K_BOOL, keep_groups),
	S(K_STRV, group_add),
	S(K_INT, ns[NS_USER].mode),
	S(K_INT, ns[NS_MNT].mode),
	S(K_INT, ns[NS_PID].mode),
	S(K_INT, ns[NS_NET].mode),
	S(K_INT, ns[NS_IPC].mode),
	S(K_INT, ns[NS_UTS].mode),
	S(K_INT, ns[NS_CGROUP].mode),
	S(K_INT, ns[NS_TIME].mode),
	S(K_STR, ns[NS_USER].path),
	S(K_STR, ns[NS_MNT].path),
	S(K_STR, ns[NS_PID].path),
	S(K_STR, ns[NS_NET].path),
	S(K_STR, ns[NS_IPC].path),
	S(K_STR, ns[NS_UTS].path),
	S(K_STR, ns[NS_CGROUP].path),
	S(K_STR, ns[NS_TIME].path),
	S(K_I64, time_monotonic),
	S(K_I64, time_boottime),
	S(K_INT, rootfs.driver),
	S(K_STRV, rootfs.layers),
	S(K_STR, rootfs.dir),
	S(K_STR, rootfs.state_dir),
	S(K_BOOL, rootfs.readonly),
	S(K_BOOL, rootfs.tmpfs),
	S(K_BOOL, rootfs.is_volatile),
	S(K_U64, rootfs.tmpfs_size),
	L(mounts, mount_fields),
	L(devices, device_fields),
	S(K_INT, net.mode),
	S(K_U32, net.mtu),
	S(K_BOOL, net.ipv6),
	S(K_BOOL, net.host_loopback),
	S(K_BOOL, net.block_metadata),
	S(K_STRV, net.dns),
	S(K_STRV, net.dns_search),
	S(K_STRV, net.dns_options),
	S(K_STRV, net.add_host),
	S(K_U64, sec.caps),
	S(K_BOOL, sec.caps_for_user),
	S(K_U64, sec.user_caps),
	S(K_BOOL, sec.no_new_privs),
	S(K_BOOL, sec.nested),
	S(K_BOOL, sec.privileged),
	S(K_INT, sec.seccomp),
	S(K_STR, sec.seccomp_file),
	S(K_STRV, sec.masked),
	S(K_STRV, sec.readonly),
	S(K_STRV, sysctl),
	L(rlimits, rlimit_fields),
	S(K_U64, shm_size),
	S(K_STR, hostname),
	S(K_BOOL, bare),
	S(K_BOOL, has_umask),
	S(K_U32, umask),
	S(K_STRV, args),
	S(K_STRV, env),
	S(K_STR, cwd),
	S(K_BOOL, make_cwd),
	S(K_BOOL, tty),
	S(K_BOOL, interactive),
	S(K_BOOL, init),
	S(K_INT, log.driver),
	S(K_U64, log.max_size),
	S(K_U32, log.max_file),
	S(K_INT, sdnotify),
	S(K_STRV, made_by),
	S(K_STR, made_in),
	S(K_STRV, health.test),
	S(K_I64, health.interval),
	S(K_I64, health.timeout),
	S(K_I64, health.start_period),
	S(K_U32, health.retries),
	S(K_INT, health.on_failure),
	S(K_STRV, labels),
	S(K_INT, restart.policy),
	S(K_U32, restart.max),
	S(K_I64, stop_timeout),
	S(K_BOOL, remove),
	S(K_BOOL, detach),
	S(K_STR, detach_keys),
	S(K_INT, stop_signal),
	S(K_I64, timeout),
	S(K_STR, cidfile),
};
/* Of a spec from config.json: the records of others need not grow by it. */
static const struct field bare_table[] = {
	S(K_BOOL, sec.cap_sets),
	S(K_U64, sec.effective),
	S(K_U64, sec.permitted),
	S(K_U64, sec.inheritable),
	S(K_U64, sec.ambient),
	S(K_STR, sec.seccomp_text),
	S(K_STR, sec.apparmor),
	S(K_STR, sec.selinux),
	S(K_STR, sec.mount_label),
	S(K_STR, domainname),
	S(K_U64, propagation),
	S(K_STR, oci.version),
	S(K_STR, oci.bundle),
	L(oci.annotations, annotation_fields),
	L(oci.hooks[HOOK_PRESTART], hook_fields),
	L(oci.hooks[HOOK_CREATE_RUNTIME], hook_fields),
	L(oci.hooks[HOOK_CREATE_CONTAINER], hook_fields),
	L(oci.hooks[HOOK_START_CONTAINER], hook_fields),
	L(oci.hooks[HOOK_POSTSTART], hook_fields),
	L(oci.hooks[HOOK_POSTSTOP], hook_fields),
	S(K_STR, oci.cgroups_path),
	S(K_STRV, oci.cgroup_files),
	L(oci.device_rules, rule_fields),
	L(oci.net_devices, net_device_fields),
	S(K_BOOL, oci.has_oom_score),
	S(K_INT, oci.oom_score),
	S(K_INT, oci.ioprio),
	S(K_INT, oci.sched.policy),
	S(K_INT, oci.sched.nice),
	S(K_U32, oci.sched.priority),
	S(K_U64, oci.sched.flags),
	S(K_U64, oci.sched.runtime),
	S(K_U64, oci.sched.deadline),
	S(K_U64, oci.sched.period),
	S(K_STR, oci.affinity_initial),
	S(K_STR, oci.affinity_final),
	S(K_U32, oci.console_width),
	S(K_U32, oci.console_height),
	S(K_BOOL, oci.has_personality),
	S(K_U32, oci.personality),
	S(K_INT, oci.mempolicy),
	S(K_U32, oci.mempolicy_flags),
	S(K_STR, oci.mempolicy_nodes),
};
static const struct fields spec_fields = FIELDS(struct spec, spec_table),
			   bare_fields = FIELDS(struct spec, bare_table);

/* ---- freeing --------------------------------------------------------------------------------------- */

static void free_fields(char *base, const struct fields *fields)
{
	for (size_t i = 0; i < fields->n; i++) {
		const struct field *f = &fields->v[i];
		struct list *l = (void *)(base + f->at);

		if (f->kind == K_STR)
			free(*(char **)(void *)(base + f->at));
		else if (f->kind == K_STRV)
			strv_free((void *)(base + f->at));
		if (f->kind != K_LIST)
			continue;
		for (size_t k = 0; k < l->n; k++)
			free_fields(l->v + k * f->of->size, f->of);
		free(l->v);
	}
}

/* spec_free - free what a spec owns */
void spec_free(struct spec *s)
{
	free_fields((char *)s, &spec_fields);
	free_fields((char *)s, &bare_fields);
	*s = (struct spec){};
}

/* ---- writing --------------------------------------------------------------------------------------- */

static json *write_fields(const char *base, const struct fields *fields);

static json *write_list(const struct list *l, const struct fields *of)
{
	json *arr = json_arr();

	for (size_t i = 0; i < l->n; i++)
		json_add(arr, write_fields(l->v + i * of->size, of));
	return arr;
}

static json *write_field(const char *at, const struct field *f)
{
	const void *p = at;

	switch (f->kind) {
	case K_STR:
		return *(char *const *)p ? json_str(*(char *const *)p) : NULL;
	case K_STRV:
		return json_strv(p);
	case K_BOOL:
		return json_boolean(*(const bool *)p);
	case K_INT:
		return json_i64(*(const int *)p);
	case K_U32:
		return json_i64(*(const uint32_t *)p);
	case K_I64:
		return json_i64(*(const int64_t *)p);
	case K_U64:
		return json_u64(*(const uint64_t *)p);
	case K_LIST:
		return write_list(p, f->of);
	}
	return NULL;
}

static void write_members(json *obj, const char *base, const struct fields *fields)
{
	for (size_t i = 0; i < fields->n; i++) {
		json *value = write_field(base + fields->v[i].at, &fields->v[i]);

		if (value)
			json_set(obj, fields->v[i].key, value);
	}
}

static json *write_fields(const char *base, const struct fields *fields)
{
	json *obj = json_obj();

	write_members(obj, base, fields);
	return obj;
}

/**
 * spec_to_json - everything about a container, to be read by spec_from_json()
 *
 * Return: a new object.
 */
json *spec_to_json(const struct spec *s)
{
	json *obj = write_fields((const char *)s, &spec_fields);

	if (s->bare)
		write_members(obj, (const char *)s, &bare_fields);
	return obj;
}

/* ---- reading --------------------------------------------------------------------------------------- */

static int read_fields(char *base, const struct fields *fields, const json *obj, struct err *e);

static int read_strv(struct strv *out, const json *v)
{
	if (!json_is_arr(v))
		return -EINVAL;
	for (size_t i = 0; i < json_len(v); i++) {
		const char *s = json_as_str(json_at(v, i));

		if (!s)
			return -EINVAL;
		strv_add(out, s);
	}
	return 0;
}

static int read_list(struct list *l, const struct fields *of, const json *v, struct err *e)
{
	size_t n;

	if (!json_is_arr(v))
		return -EINVAL;
	n = json_len(v);
	l->v = n ? xcalloc(n, of->size) : NULL;
	for (; l->n < n; l->n++) {
		int r = read_fields(l->v + l->n * of->size, of, json_at(v, l->n), e);

		if (r < 0) {
			l->n++; /* what it has got already is freed with the rest */
			return r;
		}
	}
	return 0;
}

static int read_number(void *p, const struct field *f, const json *obj)
{
	int64_t v;

	if (f->kind == K_U64)
		return json_get_u64(obj, f->key, p);
	if (json_get_int(obj, f->key, &v) < 0)
		return -EINVAL;
	if (f->kind == K_I64)
		*(int64_t *)p = v;
	else if (f->kind == K_U32 && v >= 0 && v <= UINT32_MAX)
		*(uint32_t *)p = (uint32_t)v;
	else if (f->kind == K_INT && v >= INT_MIN && v <= INT_MAX)
		*(int *)p = (int)v;
	else
		return -EINVAL;
	return 0;
}

static int read_field(char *at, const struct field *f, const json *obj, struct err *e)
{
	const json *v = json_get(obj, f->key);
	void *p = at;

	if (!v)
		return 0;
	switch (f->kind) {
	case K_STR:
		if (!json_as_str(v))
			return -EINVAL;
		free(*(char **)p);
		*(char **)p = xstrdup(json_as_str(v));
		return 0;
	case K_STRV:
		return read_strv(p, v);
	case K_BOOL:
		return json_get_flag(obj, f->key, p);
	case K_LIST:
		return read_list(p, f->of, v, e);
	default:
		return read_number(p, f, obj);
	}
}

static int read_fields(char *base, const struct fields *fields, const json *obj, struct err *e)
{
	if (!json_is_obj(obj))
		return -EINVAL;
	for (size_t i = 0; i < fields->n; i++) {
		const struct field *f = &fields->v[i];
		int r = read_field(base + f->at, f, obj, e);

		if (r < 0)
			return e && e->code
				       ? r
				       : fail(e, EINVAL, "\"%s\" is not what it should be", f->key);
	}
	return 0;
}

/**
 * spec_from_json - read what spec_to_json() wrote
 * @s: made by spec_init(); spec_free() is the caller's also after a failure
 *
 * Members that are not there keep their defaults.
 * Return: 0 or -EINVAL: a value has another kind than was written.
 */
int spec_from_json(struct spec *s, const json *j, struct err *e)
{
	int r = read_fields((char *)s, &spec_fields, j, e);

	return r < 0 ? r : read_fields((char *)s, &bare_fields, j, e);
}
