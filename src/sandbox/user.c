/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Who the payload runs as, from the container's own passwd and group. Both are
 * the image's bytes, so they are opened inside the root and only as regular
 * files (a FIFO would hang, a device could do anything), with limits for file
 * and line. The rules that other runtimes learned from their bugs:
 *
 * - All digits is a number, always: it is never looked up as a name, so an
 *   image cannot make "1000" mean 0, and 4294967296 cannot wrap to 0.
 * - A name starts with a letter or "_": "-1", "0x0", "007" or "1 " is no user,
 *   whatever the image's passwd says.
 * - A uid without a line in passwd has gid 0, no further groups, home "/".
 * - A named or listed user has the groups that list him; with an explicit
 *   group he has that one only (as docker and podman).
 * - The primary group is in the list of groups, or a set-group-id program could
 *   shed it to escape a file that denies it (CVE-2022-36109).
 */
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "sandbox/idmap_internal.h"

#define FILE_MAX_BYTES (10 << 20)
#define LINE_MAX_BYTES (1 << 20)
#define NAME_MAX_BYTES 255
#define GROUPS_MAX     4096

/** struct wanted - a user string in its parts */
struct wanted {
	char *user, *group; /* NULL when not given */
	uint32_t uid, gid;  /* when the part is a number */
	bool user_is_id, group_is_id;
};

static int check_part(const char *part, const char *what, uint32_t *id, bool *is_id, struct err *e)
{
	const char *p = part;

	*is_id = all_digits(part);
	if (*is_id) {
		if (parse_id(part, id) < 0)
			return fail(
				e, EINVAL,
				"%s \"%s\" is no id; give 0 to 4294967294 without leading zeros",
				what, part);
		return 0;
	}
	if (strlen(part) > NAME_MAX_BYTES)
		return fail(e, EINVAL, "%s name is longer than %d bytes", what, NAME_MAX_BYTES);
	if (*p != '_' && !((*p | 32) >= 'a' && (*p | 32) <= 'z') && !(*p & 0x80))
		return fail(e, EINVAL, "%s \"%s\" is neither an id nor a name", what, part);
	for (; *p; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr(",/", *p))
			return fail(e, EINVAL, "%s \"%s\" is not a name", what, part);
	}
	return 0;
}

static int parse_wanted(const char *text, struct wanted *w, struct err *e)
{
	char *colon;
	int r = 0;

	*w = (struct wanted){.user = xstrdup(text ? text : "")};
	colon = strchr(w->user, ':');
	if (colon) {
		*colon++ = '\0';
		if (strchr(colon, ':'))
			return fail(e, EINVAL,
				    "user \"%s\" has more than one colon; give USER[:GROUP]", text);
		if (*colon)
			w->group = xstrdup(colon);
	}
	if (*w->user) {
		r = check_part(w->user, "user", &w->uid, &w->user_is_id, e);
	} else {
		w->user_is_id = true;
		w->uid = 0;
	}
	if (!r && w->group)
		r = check_part(w->group, "group", &w->gid, &w->group_is_id, e);
	return r;
}

static void free_wanted(struct wanted *w)
{
	free(w->user);
	free(w->group);
}

/*
 * In the root's own mount, where there are neither devices, whose opening can have effects, nor
 * files of proc, which may have no end, a file can be opened before it is looked at.
 */
static int open_in_plain_mount(int rootfd, const char *path)
{
	struct statfs fs;

	if (fstatfs(rootfd, &fs) < 0 || !(fs.f_flags & ST_NODEV) || fs.f_type == PROC_SUPER_MAGIC)
		return -EXDEV;
	return open_in_mount(rootfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

static int look_and_open(int rootfd, const char *path, struct err *e)
{
	cleanup_close int at = open_in_root(rootfd, path, O_PATH, 0), fd = -1;
	struct statfs fs;
	struct stat st;
	int r = at;

	if (at == -ENOENT || at == -ENOTDIR)
		return -ENOENT;
	if (at >= 0 && !fstat(at, &st) && !S_ISREG(st.st_mode))
		return fail(e, EINVAL, "%s in the container is not a regular file", path);
	if (at >= 0)
		r = fd = open_in_root(rootfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (r < 0)
		return fail(e, -r, "cannot open %s in the container: %s", path, strerror(-r));
	if (!fstatfs(fd, &fs) && fs.f_type == PROC_SUPER_MAGIC)
		return fail(e, EINVAL, "%s in the container is a file of the kernel's", path);
	return take_fd(&fd);
}

/*
 * Opens a file of the image. Return: descriptor, -ENOENT without an error set
 * when it is not there (or a dangling link), or -errno.
 */
static int open_image_file(int rootfd, const char *path, struct err *e)
{
	int at_once = open_in_plain_mount(rootfd, path);
	cleanup_close int fd = at_once >= 0 ? at_once : look_and_open(rootfd, path, e);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return fail_errno(e, "cannot open %s in the container", path);
	if (!S_ISREG(st.st_mode))
		return fail(e, EINVAL, "%s in the container is not a regular file", path);
	if (st.st_size > FILE_MAX_BYTES)
		return fail(e, EFBIG, "%s in the container is larger than %d MiB", path,
			    FILE_MAX_BYTES >> 20);
	return take_fd(&fd);
}

static void take_pw(struct user *u, const struct pw *pw)
{
	u->uid = pw->uid;
	u->gid = pw->gid;
	u->name = xstrdup(pw->name);
	if (pw->home[0] == '/' && strlen(pw->home) < PATH_MAX)
		u->home = xstrdup(pw->home);
}

/* Return: 1 found, 0 not found, -errno. */
static int find_pw(int fd, const struct wanted *w, struct user *u, struct err *e)
{
	cleanup_lines struct lines l;
	struct pw pw;
	char *line;
	size_t len;

	lines_init(&l, fd, LINE_MAX_BYTES);
	while ((line = lines_next(&l, &len))) {
		if (l.cut || !pw_parse(line, len, &pw))
			continue;
		if (w->user_is_id ? !pw.valid || pw.uid != w->uid : !streq(pw.name, w->user))
			continue;
		if (!pw.valid)
			return fail(
				e, EINVAL,
				"line %lu of /etc/passwd in the container has no valid uid and gid; use a number",
				l.no);
		take_pw(u, &pw);
		return 1;
	}
	if (l.r < 0)
		return fail(e, -l.r, "cannot read /etc/passwd in the container: %s",
			    strerror(-l.r));
	return 0;
}

static int resolve_user(int rootfd, const struct wanted *w, struct user *u, struct err *e)
{
	cleanup_close int fd = open_image_file(rootfd, "/etc/passwd", e);
	int r = fd >= 0 || fd == -ENOENT ? 0 : fd;

	if (fd >= 0)
		r = find_pw(fd, w, u, e);
	if (r)
		return r;
	if (!w->user_is_id && !streq(w->user, "root"))
		return fail(e, ENOENT, "the container has no user \"%s\"%s", w->user,
			    fd < 0 ? ": it has no /etc/passwd; use a number"
				   : " in its /etc/passwd; use a number or a user listed there");
	u->uid = w->user_is_id ? w->uid : 0;
	u->gid = 0;
	return 0;
}

static int add_group(struct user *u, uint32_t gid, struct err *e)
{
	for (size_t i = 0; i < u->ngroups; i++) {
		if (u->groups[i] == gid)
			return 0;
	}
	if (u->ngroups == GROUPS_MAX)
		return fail(e, E2BIG, "the user is in more than %d groups", GROUPS_MAX);
	u->groups = xreallocarray(u->groups, u->ngroups + 1, sizeof(*u->groups));
	u->groups[u->ngroups++] = gid;
	return 0;
}

/** struct group_search - what is looked for in /etc/group, all in one pass */
struct group_search {
	const char *primary; /* explicit group by name; NULL for none */
	const char *member;  /* collect the groups of this user; NULL for none */
	const struct strv *add;
	bool found_primary;
	bool *found_add;
	struct user added, listed; /* groups of @add, and those that @member is in */
};

static int see_group(struct group_search *s, const struct gr *gr, struct user *u, struct err *e)
{
	int r = 0;

	if (s->primary && !s->found_primary && streq(gr->name, s->primary)) {
		s->found_primary = true;
		u->gid = gr->gid;
	}
	if (s->member && gr_has_member(gr, s->member))
		r = add_group(&s->listed, gr->gid, e);
	for (size_t i = 0; !r && i < s->add->n; i++) {
		if (!s->found_add[i] && streq(gr->name, s->add->v[i])) {
			s->found_add[i] = true;
			r = add_group(&s->added, gr->gid, e);
		}
	}
	return r;
}

static int read_groups(int rootfd, struct group_search *s, struct user *u, struct err *e)
{
	cleanup_close int fd = open_image_file(rootfd, "/etc/group", e);
	cleanup_lines struct lines l;
	struct gr gr;
	char *line;
	size_t len;
	int r = fd >= 0 || fd == -ENOENT ? 0 : fd;

	lines_init(&l, fd, LINE_MAX_BYTES);
	while (fd >= 0 && !r && (line = lines_next(&l, &len))) {
		/* Of a line that is too long the members are not known, so it does not count. */
		if (!l.cut && gr_parse(line, len, &gr) && gr.valid)
			r = see_group(s, &gr, u, e);
	}
	if (l.r < 0)
		r = fail(e, -l.r, "cannot read /etc/group in the container: %s", strerror(-l.r));
	return r < 0 ? r : 0;
}

static int no_group(const char *name, struct err *e)
{
	return fail(
		e, ENOENT,
		"the container has no group \"%s\" in its /etc/group; use a number or a group listed there",
		name);
}

/* Checks the strings of --group-add, and puts numbers in the list at once. */
static int prepare_add(struct group_search *s, struct err *e)
{
	int r = 0;

	s->found_add = xcalloc(s->add->n + 1, sizeof(*s->found_add));
	for (size_t i = 0; !r && i < s->add->n; i++) {
		uint32_t gid;

		r = check_part(s->add->v[i], "group", &gid, &s->found_add[i], e);
		if (!r && s->found_add[i])
			r = add_group(&s->added, gid, e);
	}
	return r;
}

static int resolve_groups(int rootfd, const struct wanted *w, bool listed, struct group_search *s,
			  struct user *u, struct err *e)
{
	bool names = false;
	int r = prepare_add(s, e);

	for (size_t i = 0; !r && i < s->add->n; i++)
		names |= !s->found_add[i];
	if (w->group && w->group_is_id)
		u->gid = w->gid;
	else
		s->primary = w->group;
	s->member = w->group || !listed ? NULL : u->name;
	if (!r && (s->primary || s->member || names))
		r = read_groups(rootfd, s, u, e);
	if (!r && s->primary && !s->found_primary)
		r = no_group(s->primary, e);
	for (size_t i = 0; !r && i < s->add->n; i++) {
		if (!s->found_add[i])
			r = no_group(s->add->v[i], e);
	}
	if (!r)
		r = add_group(u, u->gid, e);
	for (size_t i = 0; !r && i < s->added.ngroups; i++)
		r = add_group(u, s->added.groups[i], e);
	u->nasked = u->ngroups;
	for (size_t i = 0; !r && i < s->listed.ngroups; i++)
		r = add_group(u, s->listed.groups[i], e);
	return r;
}

/**
 * user_resolve - who "user[:group]" is in a container
 * @rootfd: the container's root
 * @user: name, uid, and after a colon group or gid; NULL or "" for root
 * @group_add: further groups, names or numbers; NULL for none
 * @listed: the groups that list the user are wanted as well
 * @out: receives the user; user_free() it. @groups starts with @gid. Without a
 *	line in passwd @name is the number and @home is "/"
 *
 * Context: any process that sees the root and may read in it.
 * Return: 0; -EINVAL for a string that is none or a special file in the
 * container; -ENOENT for an unknown name; another -errno.
 * Source: moby/user's rules, as docker and podman apply them.
 */
int user_resolve(int rootfd, const char *user, const struct strv *group_add, bool listed,
		 struct user *out, struct err *e)
{
	static const struct strv nothing;
	struct group_search s = {.add = group_add ? group_add : &nothing};
	struct user u = {};
	struct wanted w;
	int r = parse_wanted(user, &w, e);

	if (!r)
		r = resolve_user(rootfd, &w, &u, e);
	if (r >= 0)
		r = resolve_groups(rootfd, &w, listed, &s, &u, e);
	if (!r) {
		if (!u.name)
			u.name = w.user_is_id && u.uid ? xasprintf("%u", u.uid) : xstrdup("root");
		if (!u.home)
			u.home = xstrdup("/");
		*out = u;
	} else {
		user_free(&u);
	}
	free(s.found_add);
	user_free(&s.added);
	user_free(&s.listed);
	free_wanted(&w);
	return r;
}

void user_free(struct user *u)
{
	free(u->groups);
	free(u->name);
	free(u->home);
	*u = (struct user){};
}

static int not_mapped(const char *what, uint32_t id, const struct idmap *m,
		      const struct idmap_plan *p, struct err *e)
{
	fail(e, EINVAL, "%s id %u is not mapped in this container, whose ids end at %u", what, id,
	     idmap_highest(m));
	if (p->why[0])
		return fail_hint(e, -EINVAL, "%s", p->why);
	return fail_hint(
		e, -EINVAL,
		"use a lower one, or have root add ids: usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST NAME");
}

/**
 * user_map_ids - the ids of the user must exist in the container
 * @u: groups that only the image's /etc/group gives him and that are not mapped
 *	are dropped: he could not use them anyway
 * @p: the container's id maps
 *
 * Return: 0, or -EINVAL with the id and the remedy.
 */
int user_map_ids(struct user *u, const struct idmap_plan *p, struct err *e)
{
	uint32_t outside;
	size_t n = 0;

	if (!idmap_lookup(&p->uid, u->uid, &outside))
		return not_mapped("user", u->uid, &p->uid, p, e);
	for (size_t i = 0; i < u->ngroups; i++) {
		if (idmap_lookup(&p->gid, u->groups[i], &outside))
			u->groups[n++] = u->groups[i];
		else if (i < u->nasked)
			return not_mapped("group", u->groups[i], &p->gid, p, e);
		else
			log_debug("group id %u of the image's /etc/group is not mapped, ignoring",
				  u->groups[i]);
	}
	u->ngroups = n;
	return 0;
}
