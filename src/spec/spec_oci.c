/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * config.json of an OCI bundle becomes a struct spec. Each object is read by a table of its
 * members; a member that no table has is ignored, as the specification wants, and one of
 * another kind than it should have is an error that names its place. Nothing of `run`'s
 * defaults is added: such a spec is "bare", and the launch makes what it names and nothing
 * else. Rules between members are a table as well, at the end.
 *
 * The files: node.c reads values; here the top level and the hooks; spec_oci_process.c what
 * `exec --process` takes, too; spec_oci_mounts.c, spec_oci_linux.c, spec_oci_resources.c.
 *
 * Source: OCI runtime-spec 1.0.0 to 1.3.0, config.md and config-linux.md.
 */
#include <sys/mount.h>

#include "spec/internal.h"

const char *const hook_names[HOOK_KINDS] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};

/* 1.x is one language: what a later one adds is what an earlier reader ignores. */
static int read_version(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ctx;
	unsigned major, minor, patch;
	int end = 0, r = node_set(n, &s->oci.version, e);

	if (r < 0)
		return r;
	if (sscanf(s->oci.version, "%4u.%4u.%4u%n", &major, &minor, &patch, &end) != 3 ||
	    (s->oci.version[end] && !strchr("-+", s->oci.version[end])))
		return node_fail(n, e, "\"%s\" is no version such as 1.2.0", s->oci.version);
	if (major != 1)
		return node_fail(
			n, e, "version %s is not one that sandbox knows; it reads 1.0.0 to 1.3.0",
			s->oci.version);
	return 0;
}

static int read_root_path(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ctx;
	cleanup_free char *full = NULL;
	const char *path = NULL;
	char clean[PATH_MAX];
	int r = node_str(n, &path, e);

	if (r < 0)
		return r;
	if (!*path)
		return node_fail(n, e, "is empty; write the folder with the root file system");
	full = *path == '/' ? xstrdup(path) : path_join(s->oci.bundle, path);
	r = path_clean(full, clean, sizeof(clean));
	if (r < 0)
		return node_fail(n, e, "\"%s\" is %s", full,
				 r == -EINVAL ? "not below an absolute bundle" : "too long");
	if (streq(clean, "/"))
		return node_fail(
			n, e,
			"the host's own root is refused; give the container a folder of its own");
	s->rootfs.driver = ROOTFS_DIR;
	s->rootfs.dir = xstrdup(clean);
	return 0;
}

static int read_root_readonly(void *ctx, const struct node *n, struct err *e)
{
	return node_bool(n, &((struct spec *)ctx)->rootfs.readonly, e);
}

static int read_root(void *ctx, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"path", read_root_path, true},
		{"readonly", read_root_readonly, false},
	};

	return node_members(ctx, n, members, ARRAY_SIZE(members), e);
}

static int read_process(void *ctx, const struct node *n, struct err *e)
{
	return oci_process(ctx, n, e);
}

static int read_hostname(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ctx;
	int r = node_set(n, &s->hostname, e);

	if (!r && strlen(s->hostname) > 64)
		return node_fail(n, e, "the kernel takes at most 64 bytes");
	return r;
}

static int read_domainname(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ctx;
	int r = node_set(n, &s->domainname, e);

	if (!r && strlen(s->domainname) > 64)
		return node_fail(n, e, "the kernel takes at most 64 bytes");
	return r;
}

static int read_mounts(void *ctx, const struct node *n, struct err *e)
{
	return node_each(ctx, n, oci_mount, e);
}

static int read_annotation(void *ctx, const struct node *n, struct err *e)
{
	struct annotations *a = &((struct spec *)ctx)->oci.annotations;
	const char *value = NULL;
	int r = node_str(n, &value, e);

	if (r < 0)
		return r;
	if (!*n->key)
		return node_fail(n->up, e, "a key is empty");
	a->v = xreallocarray(a->v, a->n + 1, sizeof(*a->v));
	a->v[a->n++] = (struct annotation){xstrdup(n->key), xstrdup(value)};
	return 0;
}

static int read_annotations(void *ctx, const struct node *n, struct err *e)
{
	return node_pairs(ctx, n, read_annotation, e);
}

/* ---- hooks -------------------------------------------------------------------------------------- */

static int hook_path(void *ctx, const struct node *n, struct err *e)
{
	struct hook *h = ctx;
	int r = node_set(n, &h->path, e);

	if (!r && *h->path != '/')
		return node_fail(n, e, "\"%s\" is not an absolute path; it has to begin with /",
				 h->path);
	return r;
}

static int hook_args(void *ctx, const struct node *n, struct err *e)
{
	return node_strv(n, &((struct hook *)ctx)->args, e);
}

static int hook_env(void *ctx, const struct node *n, struct err *e)
{
	return node_strv(n, &((struct hook *)ctx)->env, e);
}

static int hook_timeout(void *ctx, const struct node *n, struct err *e)
{
	struct hook *h = ctx;
	int64_t seconds = 0;
	int r = node_int(n, 1, INT32_MAX, &seconds, e);

	h->timeout = seconds * 1000000000LL;
	return r;
}

static int read_hook(void *ctx, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"path", hook_path, true},
		{"args", hook_args, false},
		{"env", hook_env, false},
		{"timeout", hook_timeout, false},
	};
	struct hooks *list = ctx;

	list->v = xreallocarray(list->v, list->n + 1, sizeof(*list->v));
	list->v[list->n] = (struct hook){};
	return node_members(&list->v[list->n++], n, members, ARRAY_SIZE(members), e);
}

static int read_hooks(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ctx;
	int r = json_is_obj(n->v) ? 0 : node_fail(n, e, "has to be an object");

	for (size_t i = 0; !r && i < HOOK_KINDS; i++) {
		struct node list = node_get(n, hook_names[i]);

		r = node_each(&s->oci.hooks[i], &list, read_hook, e);
	}
	return r;
}

/* ---- everything --------------------------------------------------------------------------------- */

static int read_linux(void *ctx, const struct node *n, struct err *e)
{
	return oci_linux(ctx, n, e);
}

/**
 * spec_from_oci - a container as config.json describes it
 * @s: made by spec_init(); spec_free() is the caller's also after a failure
 * @j: the whole configuration, borrowed
 * @bundle: absolute path of its folder
 *
 * Context: pure; no file is looked at.
 * Return: 0, or -EINVAL with the place and the remedy.
 */
int spec_from_oci(struct spec *s, const json *j, const char *bundle, struct err *e)
{
	static const struct member members[] = {
		{"ociVersion", read_version, true},
		{"root", read_root, true},
		{"linux", read_linux, false},
		{"process", read_process, true},
		{"hostname", read_hostname, false},
		{"domainname", read_domainname, false},
		{"mounts", read_mounts, false},
		{"hooks", read_hooks, false},
		{"annotations", read_annotations, false},
	};
	const struct node top = {.v = j};
	int r;

	s->bare = true;
	s->init = false;
	s->remove = false;
	s->sec.no_new_privs = false;
	s->sec.seccomp = SECCOMP_UNCONFINED;
	s->sec.cap_sets = true;
	s->net.mode = NETWORK_NONE;
	s->oci.bundle = xstrdup(bundle);
	for (size_t i = 0; i < NS_KINDS; i++)
		s->ns[i].mode = NS_HOST;
	r = node_members(s, &top, members, ARRAY_SIZE(members), e);
	return r < 0 ? r : oci_check(s, e);
}

/* spec_annotation - the value of an annotation, or NULL */
const char *spec_annotation(const struct spec *s, const char *key)
{
	for (size_t i = 0; i < s->oci.annotations.n; i++) {
		if (streq(s->oci.annotations.v[i].key, key))
			return s->oci.annotations.v[i].value;
	}
	return NULL;
}

/* ---- rules between members ------------------------------------------------------------------------ */

static bool no_mount_ns(const struct spec *s)
{
	return s->ns[NS_MNT].mode != NS_PRIVATE;
}

static bool hostname_without_uts(const struct spec *s)
{
	return s->hostname && s->ns[NS_UTS].mode == NS_HOST;
}

static bool domainname_without_uts(const struct spec *s)
{
	return s->domainname && s->ns[NS_UTS].mode == NS_HOST;
}

static bool maps_without_ns(const struct spec *s)
{
	return (s->uidmap.n || s->gidmap.n) && s->ns[NS_USER].mode == NS_HOST;
}

/* Neither is fine: container root is the caller then, and what he has of other ids follows. */
static bool one_map(const struct spec *s)
{
	return !s->uidmap.n != !s->gidmap.n;
}

static bool offsets_without_time(const struct spec *s)
{
	return (s->time_monotonic || s->time_boottime) && s->ns[NS_TIME].mode != NS_PRIVATE;
}

static bool shared_root(const struct spec *s)
{
	return s->propagation == MS_SHARED && s->ns[NS_USER].mode != NS_HOST;
}

static bool net_devices_without_ns(const struct spec *s)
{
	return s->oci.net_devices.n && s->ns[NS_NET].mode == NS_HOST;
}

/* Their place would be in front of the filter, and of all that makes the payload less than root. */
static bool start_hooks_unfiltered(const struct spec *s)
{
	return s->oci.hooks[HOOK_START_CONTAINER].n && s->sec.seccomp != SECCOMP_UNCONFINED &&
	       !s->sec.no_new_privs;
}

static const struct {
	bool (*wrong)(const struct spec *s);
	const char *message;
} rules[] = {
	{no_mount_ns,
	 "linux.namespaces: a container needs a new mount namespace, else nothing would bound what it mounts; add {\"type\": \"mount\"} without a path"},
	{hostname_without_uts,
	 "hostname: goes with an own uts namespace; add {\"type\": \"uts\"} to linux.namespaces or leave it out"},
	{domainname_without_uts,
	 "domainname: goes with an own uts namespace; add {\"type\": \"uts\"} to linux.namespaces or leave it out"},
	{maps_without_ns,
	 "linux.uidMappings: mappings go with an own user namespace; add {\"type\": \"user\"} to linux.namespaces or leave them out"},
	{one_map,
	 "linux.uidMappings: goes with gidMappings; give both, or none for the caller's own ids"},
	{offsets_without_time,
	 "linux.timeOffsets: goes with a new time namespace; add {\"type\": \"time\"} to linux.namespaces"},
	{shared_root,
	 "linux.rootfsPropagation: mounts of a user namespace are never shared with the host; write slave or private"},
	{start_hooks_unfiltered,
	 "hooks.startContainer: with linux.seccomp they need process.noNewPrivileges, or they would run before the filter and as root"},
	{net_devices_without_ns,
	 "linux.netDevices: goes with an own network namespace; add {\"type\": \"network\"} to linux.namespaces"},
};

/* oci_check - what no single member can tell */
int oci_check(const struct spec *s, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (rules[i].wrong(s))
			return fail(e, EINVAL, "%s", rules[i].message);
	}
	return 0;
}
