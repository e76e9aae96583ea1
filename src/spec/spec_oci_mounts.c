/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "mounts" of config.json. A word that is not in the table belongs to the file system: it
 * is handed on to the kernel, which refuses what it does not know. A bind has no file
 * system of its own, so there it is an error.
 */
#include <sys/mount.h>

#include "linux/sys.h"
#include "spec/internal.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif
#define ATIME MOUNT_ATTR__ATIME

/** enum option_kind - what a word does beside its attributes */
enum option_kind {
	O_ATTR,      /* this mount's attributes */
	O_RECURSIVE, /* those of the mounts below as well */
	O_BIND,
	O_RBIND,
	O_PROPAGATION,
	O_RPROPAGATION,
	O_SUPER, /* a flag of the file system: of no use for a bind, as in mount(8) */
	O_NOTHING,
	O_REMOUNT,
	O_COPYUP,
	O_IDMAP,
	O_RIDMAP,
};

static const struct option {
	char word[16];
	enum option_kind kind;
	uint64_t set, clr; /* MOUNT_ATTR_*, or MS_* of a propagation in set */
} options[] = {
	{"acl", O_NOTHING, 0, 0},
	{"async", O_SUPER, 0, 0},
	{"atime", O_ATTR, 0, ATIME},
	{"bind", O_BIND, 0, 0},
	{"defaults", O_NOTHING, 0, 0},
	{"dev", O_ATTR, 0, MOUNT_ATTR_NODEV},
	{"diratime", O_ATTR, 0, MOUNT_ATTR_NODIRATIME},
	{"dirsync", O_SUPER, 0, 0},
	{"exec", O_ATTR, 0, MOUNT_ATTR_NOEXEC},
	{"idmap", O_IDMAP, 0, 0},
	{"iversion", O_SUPER, 0, 0},
	{"lazytime", O_SUPER, 0, 0},
	{"loud", O_NOTHING, 0, 0},
	{"mand", O_SUPER, 0, 0},
	{"noacl", O_SUPER, 0, 0},
	{"noatime", O_ATTR, MOUNT_ATTR_NOATIME, ATIME},
	{"nodev", O_ATTR, MOUNT_ATTR_NODEV, 0},
	{"nodiratime", O_ATTR, MOUNT_ATTR_NODIRATIME, 0},
	{"noexec", O_ATTR, MOUNT_ATTR_NOEXEC, 0},
	{"noiversion", O_NOTHING, 0, 0},
	{"nolazytime", O_SUPER, 0, 0},
	{"nomand", O_SUPER, 0, 0},
	{"norelatime", O_ATTR, MOUNT_ATTR_STRICTATIME, ATIME},
	{"nostrictatime", O_ATTR, 0, ATIME},
	{"nosuid", O_ATTR, MOUNT_ATTR_NOSUID, 0},
	{"nosymfollow", O_ATTR, MOUNT_ATTR_NOSYMFOLLOW, 0},
	{"private", O_PROPAGATION, MS_PRIVATE, 0},
	{"ratime", O_RECURSIVE, 0, ATIME},
	{"rbind", O_RBIND, 0, 0},
	{"rdev", O_RECURSIVE, 0, MOUNT_ATTR_NODEV},
	{"rdiratime", O_RECURSIVE, 0, MOUNT_ATTR_NODIRATIME},
	{"relatime", O_ATTR, 0, ATIME},
	{"remount", O_REMOUNT, 0, 0},
	{"rexec", O_RECURSIVE, 0, MOUNT_ATTR_NOEXEC},
	{"ridmap", O_RIDMAP, 0, 0},
	{"rnoatime", O_RECURSIVE, MOUNT_ATTR_NOATIME, ATIME},
	{"rnodev", O_RECURSIVE, MOUNT_ATTR_NODEV, 0},
	{"rnodiratime", O_RECURSIVE, MOUNT_ATTR_NODIRATIME, 0},
	{"rnoexec", O_RECURSIVE, MOUNT_ATTR_NOEXEC, 0},
	{"rnorelatime", O_RECURSIVE, MOUNT_ATTR_STRICTATIME, ATIME},
	{"rnostrictatime", O_RECURSIVE, 0, ATIME},
	{"rnosuid", O_RECURSIVE, MOUNT_ATTR_NOSUID, 0},
	{"rnosymfollow", O_RECURSIVE, MOUNT_ATTR_NOSYMFOLLOW, 0},
	{"ro", O_ATTR, MOUNT_ATTR_RDONLY, 0},
	{"rprivate", O_RPROPAGATION, MS_PRIVATE, 0},
	{"rrelatime", O_RECURSIVE, 0, ATIME},
	{"rro", O_RECURSIVE, MOUNT_ATTR_RDONLY, 0},
	{"rrw", O_RECURSIVE, 0, MOUNT_ATTR_RDONLY},
	{"rshared", O_RPROPAGATION, MS_SHARED, 0},
	{"rslave", O_RPROPAGATION, MS_SLAVE, 0},
	{"rstrictatime", O_RECURSIVE, MOUNT_ATTR_STRICTATIME, ATIME},
	{"rsuid", O_RECURSIVE, 0, MOUNT_ATTR_NOSUID},
	{"rsymfollow", O_RECURSIVE, 0, MOUNT_ATTR_NOSYMFOLLOW},
	{"runbindable", O_RPROPAGATION, MS_UNBINDABLE, 0},
	{"rw", O_ATTR, 0, MOUNT_ATTR_RDONLY},
	{"shared", O_PROPAGATION, MS_SHARED, 0},
	{"silent", O_NOTHING, 0, 0},
	{"slave", O_PROPAGATION, MS_SLAVE, 0},
	{"strictatime", O_ATTR, MOUNT_ATTR_STRICTATIME, ATIME},
	{"suid", O_ATTR, 0, MOUNT_ATTR_NOSUID},
	{"symfollow", O_ATTR, 0, MOUNT_ATTR_NOSYMFOLLOW},
	{"sync", O_SUPER, 0, 0},
	{"tmpcopyup", O_COPYUP, 0, 0},
	{"unbindable", O_PROPAGATION, MS_UNBINDABLE, 0},
};

/* oci_mount_option - the words of the table, in order; NULL behind the last one */
const char *oci_mount_option(size_t i)
{
	return i < ARRAY_SIZE(options) ? options[i].word : NULL;
}

/** struct reading - a mount that is being read */
struct reading {
	struct mount_spec *m;
	bool bind; /* one of its words says so */
};

static int read_destination(void *ctx, const struct node *n, struct err *e)
{
	struct mount_spec *m = ((struct reading *)ctx)->m;
	int r = node_path(n, &m->target, e);

	if (!r && streq(m->target, "/"))
		return node_fail(n, e, "nothing can be mounted over the whole root; see root.path");
	return r;
}

static int read_type(void *ctx, const struct node *n, struct err *e)
{
	return node_set(n, &((struct reading *)ctx)->m->type, e);
}

static int read_source(void *ctx, const struct node *n, struct err *e)
{
	return node_set(n, &((struct reading *)ctx)->m->source, e);
}

static void take_attrs(uint64_t *set, uint64_t *clr, const struct option *o)
{
	*set = (*set & ~o->clr) | o->set;
	*clr = (*clr & ~o->set) | o->clr;
}

static void take_option(struct reading *rd, const struct option *o)
{
	struct mount_spec *m = rd->m;

	switch (o->kind) {
	case O_ATTR:
		take_attrs(&m->attr_set, &m->attr_clr, o);
		break;
	case O_RECURSIVE:
		take_attrs(&m->rattr_set, &m->rattr_clr, o);
		break;
	case O_BIND:
	case O_RBIND:
		rd->bind = true;
		m->recursive = o->kind == O_RBIND;
		break;
	case O_PROPAGATION:
	case O_RPROPAGATION:
		m->propagation = o->set;
		m->rpropagation = o->kind == O_RPROPAGATION;
		break;
	case O_SUPER:
		strv_add(&m->data, o->word);
		break;
	case O_REMOUNT:
		m->remount = true;
		break;
	case O_COPYUP:
		m->tmpcopyup = true;
		break;
	case O_IDMAP:
		m->idmapped = IDMAPPED;
		break;
	case O_RIDMAP:
		m->idmapped = IDMAPPED_RECURSIVE;
		break;
	case O_NOTHING:
		break;
	}
}

static int add_option(void *ctx, const struct node *n, struct err *e)
{
	struct reading *rd = ctx;
	const char *word = NULL;
	int r = node_str(n, &word, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (streq(word, options[i].word)) {
			take_option(rd, &options[i]);
			return 0;
		}
	}
	if (!*word)
		return 0;
	/* What the kernel's interface takes: fsconfig(2). */
	if (strcspn(word, "=") > 255 || strlen(word) - strcspn(word, "=") > 256)
		return node_fail(n, e, "is longer than the 255 bytes that the kernel takes");
	strv_add(&rd->m->data, word);
	return 0;
}

static int read_options(void *ctx, const struct node *n, struct err *e)
{
	return node_each(ctx, n, add_option, e);
}

static int read_uidmap(void *ctx, const struct node *n, struct err *e)
{
	return oci_mappings(&((struct reading *)ctx)->m->uidmap, n, e);
}

static int read_gidmap(void *ctx, const struct node *n, struct err *e)
{
	return oci_mappings(&((struct reading *)ctx)->m->gidmap, n, e);
}

static bool is_super_flag(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (options[i].kind == O_SUPER && streq(word, options[i].word))
			return true;
	}
	return false;
}

/* What a bind cannot have. Its type is of no meaning ("none" of Slurm, "bind" of all others). */
static int check_bind(struct mount_spec *m, const struct node *n, const char *bundle, struct err *e)
{
	struct node source = node_get(n, "source"), opts = node_get(n, "options");

	if (!m->source || !*m->source)
		return node_fail(&source, e, "is missing: a bind needs a path of the host");
	strv_for_each (word, &m->data) {
		if (!is_super_flag(word))
			return node_fail(&opts, e, "a bind has no option \"%.100s\"; leave it out",
					 word);
	}
	strv_free(&m->data);
	if (*m->source != '/') {
		char *full = path_join(bundle, m->source);

		free(m->source);
		m->source = full;
	}
	free(m->type);
	m->type = xstrdup("bind");
	return 0;
}

/* Nothing but a mapping of other ids needs the maps: without the word they ask for it, too. */
static int check_idmap(struct mount_spec *m, const struct node *n, struct err *e)
{
	if (!m->uidmap.n != !m->gidmap.n)
		return node_fail(n, e, "has one of uidMappings and gidMappings; give both");
	if (m->uidmap.n && m->idmapped == IDMAPPED_NO)
		m->idmapped = IDMAPPED;
	if (m->idmapped != IDMAPPED_NO && !streq(m->type, "bind"))
		return node_fail(n, e, "only a bind can have mapped ids; leave the mappings out");
	return 0;
}

/* oci_mount - one of "mounts" */
int oci_mount(void *ctx, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"destination", read_destination, true}, {"type", read_type, false},
		{"source", read_source, false},          {"options", read_options, false},
		{"uidMappings", read_uidmap, false},     {"gidMappings", read_gidmap, false},
	};
	struct spec *s = ctx;
	struct reading rd = {.m = mounts_add(&s->mounts)};
	int r = node_members(&rd, n, members, ARRAY_SIZE(members), e);
	struct node type = node_get(n, "type");

	if (r < 0)
		return r;
	if (rd.m->remount) {
		free(rd.m->type);
		rd.m->type = xstrdup("remount");
	} else if (rd.bind || (rd.m->type && streq(rd.m->type, "bind"))) {
		r = check_bind(rd.m, n, s->oci.bundle, e);
	} else if (!rd.m->type || !*rd.m->type) {
		r = node_fail(&type, e, "is missing: write a file system such as tmpfs, or bind");
	} else if (rd.m->tmpcopyup && !streq(rd.m->type, "tmpfs")) {
		r = node_fail(n, e, "tmpcopyup is for a tmpfs");
	}
	return r < 0 ? r : check_idmap(rd.m, n, e);
}
