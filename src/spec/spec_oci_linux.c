/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "linux" of config.json, but for its resources.
 */
#include <linux/mempolicy.h>
#include <sys/mount.h>
#include <sys/personality.h>

#include "spec/internal.h"

#define MAP_LINES_MAX 340 /* UID_GID_MAP_MAX_EXTENTS, Linux 4.15 */

const char *const oci_namespaces[] = {
	[NS_USER] = "user",     [NS_MNT] = "mount", [NS_PID] = "pid",
	[NS_NET] = "network",   [NS_IPC] = "ipc",   [NS_UTS] = "uts",
	[NS_CGROUP] = "cgroup", [NS_TIME] = "time", NULL,
};
_Static_assert(ARRAY_SIZE(oci_namespaces) == NS_KINDS + 1, "every namespace has a name");

/* ---- namespaces ----------------------------------------------------------------------------------- */

static int read_namespace(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ctx;
	struct node type = node_get(n, "type"), path = node_get(n, "path");
	const char *name = NULL, *where = NULL;
	size_t kind = 0;
	int r;

	if (!json_is_obj(n->v))
		return node_fail(n, e, "has to be an object");
	if (!type.v)
		return node_fail(&type, e, "is missing");
	r = node_str(&type, &name, e);
	if (!r)
		r = node_str(&path, &where, e);
	if (r < 0)
		return r;
	while (kind < NS_KINDS && !streq(name, oci_namespaces[kind]))
		kind++;
	if (kind == NS_KINDS)
		return node_fail(&type, e, "there is no namespace \"%s\"", name);
	if (s->ns[kind].mode != NS_HOST)
		return node_fail(n, e, "a namespace of type %s was given before; leave one out",
				 name);
	s->ns[kind].mode = NS_PRIVATE;
	if (!where || !*where)
		return 0;
	s->ns[kind].mode = NS_JOIN;
	return node_path(&path, &s->ns[kind].path, e);
}

static int read_namespaces(void *ctx, const struct node *n, struct err *e)
{
	return node_each(ctx, n, read_namespace, e);
}

/* ---- mappings -------------------------------------------------------------------------------------- */

static int map_inside(void *ctx, const struct node *n, struct err *e)
{
	return node_u32(n, ID_MAX, &((struct idrange *)ctx)->inside, e);
}

static int map_outside(void *ctx, const struct node *n, struct err *e)
{
	return node_u32(n, ID_MAX, &((struct idrange *)ctx)->outside, e);
}

static int map_size(void *ctx, const struct node *n, struct err *e)
{
	return node_u32(n, UINT32_MAX, &((struct idrange *)ctx)->count, e);
}

static bool overlap(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count)
{
	return a < (uint64_t)b + b_count && b < (uint64_t)a + a_count;
}

static int read_mapping(void *ctx, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"containerID", map_inside, true},
		{"hostID", map_outside, true},
		{"size", map_size, true},
	};
	struct idmap *m = ctx;
	struct idrange a = {.host = true};
	int r = node_members(&a, n, members, ARRAY_SIZE(members), e);

	if (r < 0)
		return r;
	if (!a.count)
		return node_fail(n, e, "size is 0: a mapping has at least one id");
	if ((uint64_t)a.inside + a.count > UINT32_MAX || (uint64_t)a.outside + a.count > UINT32_MAX)
		return node_fail(n, e, "goes beyond %u, the last id there is", ID_MAX);
	if (m->n >= MAP_LINES_MAX)
		return node_fail(n, e, "the kernel takes at most %d mappings", MAP_LINES_MAX);
	for (size_t i = 0; i < m->n; i++) {
		if (overlap(a.inside, a.count, m->v[i].inside, m->v[i].count) ||
		    overlap(a.outside, a.count, m->v[i].outside, m->v[i].count))
			return node_fail(n, e, "has ids that [%zu] has as well", i);
	}
	m->v = xreallocarray(m->v, m->n + 1, sizeof(a));
	m->v[m->n++] = a;
	return 0;
}

/* oci_mappings - uidMappings or gidMappings, of the container or of a mount */
int oci_mappings(struct idmap *m, const struct node *n, struct err *e)
{
	return node_each(m, n, read_mapping, e);
}

static int read_uid_mappings(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ctx;
	int r = oci_mappings(&s->uidmap, n, e);

	if (s->uidmap.n)
		s->userns = USERNS_EXPLICIT;
	return r;
}

static int read_gid_mappings(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ctx;
	int r = oci_mappings(&s->gidmap, n, e);

	if (s->gidmap.n)
		s->userns = USERNS_EXPLICIT;
	return r;
}

/* ---- time -------------------------------------------------------------------------------------------- */

#define NSEC 1000000000LL

static int read_offset(const struct node *n, int64_t *out, struct err *e)
{
	struct node secs = node_get(n, "secs"), nanosecs = node_get(n, "nanosecs");
	int64_t s = 0, ns = 0;
	int r = 0;

	if (!n->v)
		return 0;
	if (!json_is_obj(n->v))
		return node_fail(n, e, "has to be an object");
	r = node_int(&secs, -(INT64_MAX / NSEC) + 1, INT64_MAX / NSEC - 1, &s, e);
	if (!r)
		r = node_int(&nanosecs, 0, NSEC - 1, &ns, e);
	*out = s * NSEC + ns;
	return r;
}

static int read_offsets(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ctx;
	struct node mono = node_get(n, "monotonic"), boot = node_get(n, "boottime");
	int r = json_is_obj(n->v) ? 0 : node_fail(n, e, "has to be an object");

	if (!r)
		r = read_offset(&mono, &s->time_monotonic, e);
	return r < 0 ? r : read_offset(&boot, &s->time_boottime, e);
}

/* ---- devices ------------------------------------------------------------------------------------------ */

static int dev_path(void *ctx, const struct node *n, struct err *e)
{
	struct device_spec *d = ctx;
	int r = node_path(n, &d->target, e);

	if (!r && streq(d->target, "/"))
		return node_fail(n, e, "has to be a path below /");
	return r;
}

static int dev_type(void *ctx, const struct node *n, struct err *e)
{
	struct device_spec *d = ctx;
	const char *type = NULL;
	int r = node_str(n, &type, e);

	if (r < 0)
		return r;
	if (strlen(type) != 1 || !strchr("cubp", *type))
		return node_fail(n, e, "\"%s\" is none of c, u, b and p", type);
	d->type = *type == 'u' ? 'c' : *type;
	return 0;
}

static int dev_major(void *ctx, const struct node *n, struct err *e)
{
	return node_u32(n, 0xfff, &((struct device_spec *)ctx)->major, e);
}

static int dev_minor(void *ctx, const struct node *n, struct err *e)
{
	return node_u32(n, 0xfffff, &((struct device_spec *)ctx)->minor, e);
}

static int dev_mode(void *ctx, const struct node *n, struct err *e)
{
	struct device_spec *d = ctx;
	int r = node_u32(n, UINT32_MAX, &d->mode, e);

	d->mode &= 07777; /* Go's and the kernel's bits for the type are of no use here */
	return r;
}

static int dev_uid(void *ctx, const struct node *n, struct err *e)
{
	return node_u32(n, ID_MAX, &((struct device_spec *)ctx)->uid, e);
}

static int dev_gid(void *ctx, const struct node *n, struct err *e)
{
	return node_u32(n, ID_MAX, &((struct device_spec *)ctx)->gid, e);
}

static int read_device(void *ctx, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"path", dev_path, true},      {"type", dev_type, true},
		{"major", dev_major, false},   {"minor", dev_minor, false},
		{"fileMode", dev_mode, false}, {"uid", dev_uid, false},
		{"gid", dev_gid, false},
	};
	struct device_spec *d = devices_add(&((struct spec *)ctx)->devices);
	struct node major = node_get(n, "major"), minor = node_get(n, "minor");
	int r;

	d->read = d->write = d->mknod = true;
	d->mode = 0666;
	r = node_members(d, n, members, ARRAY_SIZE(members), e);
	if (!r && d->type != 'p' && !major.v)
		r = node_fail(&major, e, "is missing");
	if (!r && d->type != 'p' && !minor.v)
		r = node_fail(&minor, e, "is missing");
	return r;
}

static int read_devices(void *ctx, const struct node *n, struct err *e)
{
	return node_each(ctx, n, read_device, e);
}

static int read_net_device(void *ctx, const struct node *n, struct err *e)
{
	struct net_devices *list = &((struct spec *)ctx)->oci.net_devices;
	struct node name = node_get(n, "name");
	const char *inside = n->key;
	int r = json_is_obj(n->v) ? node_str(&name, &inside, e)
				  : node_fail(n, e, "has to be an object");

	if (r < 0)
		return r;
	if (!*inside)
		inside = n->key;
	for (int i = 0; i < 2; i++) {
		const char *s = i ? inside : n->key;

		if (!*s || strlen(s) > 15 || s[strcspn(s, "/: \t\n%")] || streq(s, ".") ||
		    streq(s, ".."))
			return node_fail(n, e, "\"%s\" cannot be the name of an interface", s);
	}
	for (size_t i = 0; i < list->n; i++) {
		if (streq(list->v[i].inside, inside))
			return node_fail(n, e, "two interfaces are to be called %s", inside);
	}
	list->v = xreallocarray(list->v, list->n + 1, sizeof(*list->v));
	list->v[list->n++] = (struct net_device){xstrdup(n->key), xstrdup(inside)};
	return 0;
}

static int read_net_devices(void *ctx, const struct node *n, struct err *e)
{
	return node_pairs(ctx, n, read_net_device, e);
}

/* ---- sysctl ---------------------------------------------------------------------------------------------- */

/* Settings of a namespace: any other one would be the host's. */
static const struct {
	const char *prefix;
	enum ns_kind kind;
} sysctls[] = {
	{"net/", NS_NET},
	{"fs/mqueue/", NS_IPC},
	{"kernel/msgmax", NS_IPC},
	{"kernel/msgmnb", NS_IPC},
	{"kernel/msgmni", NS_IPC},
	{"kernel/sem", NS_IPC},
	{"kernel/shmall", NS_IPC},
	{"kernel/shmmax", NS_IPC},
	{"kernel/shmmni", NS_IPC},
	{"kernel/shm_rmid_forced", NS_IPC},
	{"kernel/domainname", NS_UTS},
};

/* a.b.c or a/b/c: the first separator decides, as in sysctl(8) */
static bool sysctl_path(const char *key, char *out, size_t size)
{
	bool dots = key[strcspn(key, "./")] == '.';
	size_t n = strlen(key);

	if (n + 2 > size || !n)
		return false;
	for (size_t i = 0; i <= n; i++)
		out[i] = dots && key[i] == '.' ? '/' : dots && key[i] == '/' ? '.' : key[i];
	/* no part may be empty, "." or ".." */
	for (const char *p = out; *p; p += strcspn(p, "/"), p += *p == '/') {
		size_t len = strcspn(p, "/");

		if (!len || (len == 1 && *p == '.') || (len == 2 && p[0] == '.' && p[1] == '.'))
			return false;
	}
	return out[n - 1] != '/';
}

/* The namespace that a setting is one of; NS_KINDS: it is the whole host's. */
static enum ns_kind sysctl_kind(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(sysctls); i++) {
		size_t len = strlen(sysctls[i].prefix);

		if (!strncmp(path, sysctls[i].prefix, len) &&
		    (sysctls[i].prefix[len - 1] == '/' || !path[len]))
			return sysctls[i].kind;
	}
	return NS_KINDS;
}

static int read_sysctl(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ctx;
	const char *value = NULL;
	char path[256];
	enum ns_kind kind;
	int r = node_str(n, &value, e);

	if (r < 0)
		return r;
	if (!sysctl_path(n->key, path, sizeof(path)) || strchr(n->key, '='))
		return node_fail(n, e, "is no name of a setting");
	kind = sysctl_kind(path);
	if (kind == NS_KINDS)
		return node_fail(n, e,
				 "is a setting of the whole host, which no container may change");
	if (s->ns[kind].mode == NS_HOST)
		return node_fail(
			n, e,
			"is a setting of the host as long as linux.namespaces has no %s namespace",
			oci_namespaces[kind]);
	strv_addf(&s->sysctl, "%s=%s", n->key, value);
	return 0;
}

/**
 * oci_setting_of - what a configuration wants to change in a namespace
 *
 * Return: a new string, the first one's place in config.json; or NULL.
 */
char *oci_setting_of(const struct spec *s, enum ns_kind kind)
{
	if (kind == NS_UTS && (s->hostname || s->domainname))
		return xstrdup(s->hostname ? "hostname" : "domainname");
	if (kind == NS_NET && s->oci.net_devices.n)
		return xstrdup("linux.netDevices");
	strv_for_each (line, &s->sysctl) {
		cleanup_free char *key = xstrndup(line, strcspn(line, "="));
		char path[256];

		if (sysctl_path(key, path, sizeof(path)) && sysctl_kind(path) == kind)
			return xasprintf("linux.sysctl.%s", key);
	}
	return NULL;
}

static int read_sysctls(void *ctx, const struct node *n, struct err *e)
{
	return node_pairs(ctx, n, read_sysctl, e);
}

/* ---- the root file system ------------------------------------------------------------------------------- */

static int read_propagation(void *ctx, const struct node *n, struct err *e)
{
	static const struct {
		const char *word;
		uint64_t flag;
	} words[] = {
		{"private", MS_PRIVATE},
		{"rprivate", MS_PRIVATE},
		{"slave", MS_SLAVE},
		{"rslave", MS_SLAVE},
		{"shared", MS_SHARED},
		{"rshared", MS_SHARED},
		{"unbindable", MS_UNBINDABLE},
		{"runbindable", MS_UNBINDABLE},
		{"", 0},
	};
	const char *word = NULL;
	int r = node_str(n, &word, e);

	for (size_t i = 0; !r && i < ARRAY_SIZE(words); i++) {
		if (streq(word, words[i].word)) {
			((struct spec *)ctx)->propagation = words[i].flag;
			return 0;
		}
	}
	return r < 0 ? r
		     : node_fail(n, e,
				 "\"%s\" is none of private, slave, shared, unbindable and their "
				 "r forms",
				 word);
}

static int add_path(void *ctx, const struct node *n, struct err *e)
{
	cleanup_free char *path = NULL;
	int r = node_path(n, &path, e);

	if (r < 0)
		return r;
	if (streq(path, "/"))
		return node_fail(n, e, "the whole root cannot be meant; has to be a path below /");
	strv_add(ctx, path);
	return 0;
}

static int read_masked(void *ctx, const struct node *n, struct err *e)
{
	return node_each(&((struct spec *)ctx)->sec.masked, n, add_path, e);
}

static int read_readonly_paths(void *ctx, const struct node *n, struct err *e)
{
	return node_each(&((struct spec *)ctx)->sec.readonly, n, add_path, e);
}

static int read_mount_label(void *ctx, const struct node *n, struct err *e)
{
	return node_set(n, &((struct spec *)ctx)->sec.mount_label, e);
}

/* ---- processes --------------------------------------------------------------------------------------------- */

/* Its words are read where programs are made of them, before the launch. */
static int read_seccomp(void *ctx, const struct node *n, struct err *e)
{
	struct security_spec *sec = &((struct spec *)ctx)->sec;

	if (!json_is_obj(n->v))
		return node_fail(n, e, "has to be an object");
	free(sec->seccomp_text);
	sec->seccomp_text = json_dump(n->v, false);
	sec->seccomp = SECCOMP_TEXT;
	return 0;
}

static int read_personality(void *ctx, const struct node *n, struct err *e)
{
	struct oci_spec *o = &((struct spec *)ctx)->oci;
	struct node domain = node_get(n, "domain"), flags = node_get(n, "flags");
	const char *word = NULL;
	int r = json_is_obj(n->v) ? 0 : node_fail(n, e, "has to be an object");

	if (!r && !domain.v)
		r = node_fail(&domain, e, "is missing");
	if (!r)
		r = node_str(&domain, &word, e);
	if (r < 0)
		return r;
	if (!streq(word, "LINUX") && !streq(word, "LINUX32"))
		return node_fail(&domain, e, "\"%s\" is neither LINUX nor LINUX32", word);
	if (flags.v && json_len(flags.v))
		return node_fail(&flags, e, "there are none yet; leave it out");
	o->has_personality = true;
	o->personality = streq(word, "LINUX") ? PER_LINUX : PER_LINUX32;
	return 0;
}

struct named {
	const char *word;
	int value;
};

static const struct named mempolicies[] = {
	{"MPOL_DEFAULT", MPOL_DEFAULT},       {"MPOL_BIND", MPOL_BIND},
	{"MPOL_INTERLEAVE", MPOL_INTERLEAVE}, {"MPOL_PREFERRED", MPOL_PREFERRED},
	{"MPOL_LOCAL", MPOL_LOCAL},           {"MPOL_PREFERRED_MANY", 5},
	{"MPOL_WEIGHTED_INTERLEAVE", 6},
};

static const struct named mempolicy_flags[] = {
	{"MPOL_F_NUMA_BALANCING", 1 << 13},
	{"MPOL_F_RELATIVE_NODES", 1 << 14},
	{"MPOL_F_STATIC_NODES", 1 << 15},
};

static int named_value(const struct node *n, const struct named *list, size_t count, int *out,
		       struct err *e)
{
	const char *word = NULL;
	int r = node_str(n, &word, e);

	for (size_t i = 0; !r && i < count; i++) {
		if (streq(word, list[i].word)) {
			*out = list[i].value;
			return 0;
		}
	}
	return r < 0 ? r : node_fail(n, e, "\"%s\" is none of the words that go here", word);
}

static int mempolicy_mode(void *ctx, const struct node *n, struct err *e)
{
	return named_value(n, mempolicies, ARRAY_SIZE(mempolicies),
			   &((struct oci_spec *)ctx)->mempolicy, e);
}

static int mempolicy_nodes(void *ctx, const struct node *n, struct err *e)
{
	struct oci_spec *o = ctx;
	int r = node_set(n, &o->mempolicy_nodes, e);

	if (!r && *o->mempolicy_nodes && number_list(o->mempolicy_nodes, NULL, 0) < 0)
		return node_fail(n, e, "\"%.100s\" is no list of memory nodes such as 0-1,3",
				 o->mempolicy_nodes);
	return r;
}

static int add_mempolicy_flag(void *ctx, const struct node *n, struct err *e)
{
	int flag = 0;
	int r = named_value(n, mempolicy_flags, ARRAY_SIZE(mempolicy_flags), &flag, e);

	((struct oci_spec *)ctx)->mempolicy_flags |= (uint32_t)flag;
	return r;
}

static int read_mempolicy_flags(void *ctx, const struct node *n, struct err *e)
{
	return node_each(ctx, n, add_mempolicy_flag, e);
}

static int read_mempolicy(void *ctx, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"mode", mempolicy_mode, true},
		{"nodes", mempolicy_nodes, false},
		{"flags", read_mempolicy_flags, false},
	};

	return node_members(&((struct spec *)ctx)->oci, n, members, ARRAY_SIZE(members), e);
}

static int refuse_rdt(void *ctx __unused, const struct node *n, struct err *e)
{
	return node_fail(n, e, "sandbox makes no resctrl groups; leave it out");
}

static int read_cgroups_path(void *ctx, const struct node *n, struct err *e)
{
	return node_set(n, &((struct spec *)ctx)->oci.cgroups_path, e);
}

/* oci_linux - the whole object; sysctl looks at the namespaces, so they come first */
int oci_linux(void *ctx, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"namespaces", read_namespaces, false},
		{"uidMappings", read_uid_mappings, false},
		{"gidMappings", read_gid_mappings, false},
		{"timeOffsets", read_offsets, false},
		{"devices", read_devices, false},
		{"netDevices", read_net_devices, false},
		{"cgroupsPath", read_cgroups_path, false},
		{"resources", oci_resources, false},
		{"intelRdt", refuse_rdt, false},
		{"memoryPolicy", read_mempolicy, false},
		{"sysctl", read_sysctls, false},
		{"seccomp", read_seccomp, false},
		{"rootfsPropagation", read_propagation, false},
		{"maskedPaths", read_masked, false},
		{"readonlyPaths", read_readonly_paths, false},
		{"mountLabel", read_mount_label, false},
		{"personality", read_personality, false},
	};

	return node_members(ctx, n, members, ARRAY_SIZE(members), e);
}
