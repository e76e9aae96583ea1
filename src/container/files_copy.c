/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A copy is a packing worker, a pipe, and an unpacking worker. The names are those of
 * docker and podman:
 *
 *	a file	to a folder that is there	goes into it, under its name
 *	a file	to anything else		becomes it
 *	a folder to a folder that is there	goes into it, under its name
 *	a folder to nothing			becomes it
 *	DIR/.	to a folder, or to nothing	its contents go into it
 *
 * The packer calls the source by its last part, or ".", and the unpacker, which alone
 * can see the destination, decides what that becomes. It takes nothing from the packer
 * that is not below that name, so that a packer who was taken over by a container can
 * fill what the user named, and cannot add to it.
 */
#include <sched.h>
#include <sys/stat.h>

#include "container/files_internal.h"

/* ---- names --------------------------------------------------------------------------------------------- */

/**
 * struct source_name - the source as the packer is told
 * @path: absolute and clean
 * @name: its last part; NULL: the contents
 */
struct source_name {
	char path[PATH_MAX];
	const char *name;
	bool follow;
};

/* A path in a container always begins at its root. */
static int clean(const char *text, char out[PATH_MAX], struct err *e)
{
	cleanup_free char *whole = xasprintf("/%s", text);
	int r = path_clean(whole, out, PATH_MAX);

	return r < 0 ? fail(e, -r, "the path \"%.100s\" is too long", text) : 0;
}

static int name_source(const char *text, unsigned flags, struct source_name *s, struct err *e)
{
	int r = clean(text, s->path, e);

	s->name = strrchr(s->path, '/') + 1;
	s->follow = flags & FILES_FOLLOW || str_has_suffix(text, "/");
	if (!*s->name || streq(text, ".") || str_has_suffix(text, "/."))
		s->name = NULL;
	return r;
}

/* ---- the host's ends -------------------------------------------------------------------------------------- */

/* The caller alone: what is made is his, and what he may not read stays unread. */
static void plan_of_caller(struct idmap_plan *p)
{
	*p = (struct idmap_plan){.driver = IDMAP_ONE, .deny_setgroups = true};
	idmap_add(&p->uid, 0, geteuid(), 1);
	idmap_add(&p->gid, 0, getegid(), 1);
}

/*
 * The worker is shut in with the folder that the source lies in, so a link out of it
 * leads nowhere: with @flags it is resolved here, for what the caller names is his.
 */
static int host_source(struct worker *w, const char *text, unsigned flags, char **name,
		       struct err *e)
{
	cleanup_free char *whole = path_absolute(text), *real = NULL, *parent = NULL;
	bool contents = streq(text, ".") || str_has_suffix(text, "/.");
	struct source_name s;
	struct stat st;
	int r;

	if (!whole)
		return fail(e, ENOENT, "\"%s\" is relative, and the current folder is gone", text);
	r = name_source(whole, flags, &s, e);
	if (r < 0)
		return r;
	contents = contents || !s.name;
	if (lstat(contents || s.follow ? whole : s.path, &st) < 0 ||
	    ((contents || s.follow) && stat(whole, &st) < 0))
		return fail_errno(e, "%s", text);
	if (contents && !S_ISDIR(st.st_mode))
		return fail(e, ENOTDIR, "%s is not a folder", text);
	if (contents || s.follow)
		real = realpath(whole, NULL);
	else
		real = xstrdup(s.path);
	if (!real)
		return fail_errno(e, "%s", text);
	parent = xstrndup(real, contents ? strlen(real) : (size_t)(strrchr(real, '/') - real));
	w->view_fd = open(*parent ? parent : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->view_fd < 0)
		return fail_errno(e, "cannot open %s", *parent ? parent : "/");
	strv_add(&w->args, "view=folder");
	strv_addf(&w->args, "path=/%s", contents ? "" : strrchr(real, '/') + 1);
	*name = contents ? NULL : xstrdup(s.name);
	return 0;
}

/* @missing: receives the last part of a path that names nothing that could be entered */
static int host_dest(struct worker *w, const char *text, char **missing, struct err *e)
{
	cleanup_free char *whole = path_absolute(text), *parent = NULL;
	char path[PATH_MAX];
	int r;

	*missing = NULL;
	w->view_fd = open(text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->view_fd >= 0)
		return 0;
	if (errno != ENOENT && errno != ENOTDIR)
		return fail_errno(e, "%s", text);
	if (!whole || !*text || str_has_suffix(text, "/") || str_has_suffix(text, "/."))
		return fail_errno(e, "%s", text);
	r = path_clean(whole, path, sizeof(path));
	if (r < 0)
		return fail(e, -r, "%s: %s", text, strerror(-r));
	parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	w->view_fd = open(*parent ? parent : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->view_fd < 0)
		return fail_errno(e, "%s", *parent ? parent : "/");
	*missing = xstrdup(strrchr(path, '/') + 1);
	return 0;
}

/* ---- workers -------------------------------------------------------------------------------------------------- */

static int make_packer(struct worker *w, const struct files_end *from, const struct idmap_plan *me,
		       unsigned flags, char **name, struct err *e)
{
	struct source_name s;
	int r;

	worker_init(w, "pack");
	if (!from->files) {
		w->plan = me;
		r = host_source(w, from->path, flags, name, e);
	} else {
		r = name_source(from->path, flags, &s, e);
		if (r < 0)
			return r;
		strv_addf(&w->args, "path=%s", s.path);
		strv_addf(&w->args, "follow=%d", s.follow);
		*name = s.name ? xstrdup(s.name) : NULL;
		r = worker_container(w, from->files, true, false, e);
	}
	if (*name)
		strv_addf(&w->args, "name=%s", *name);
	return r;
}

/* Who files in a container belong to: who runs there, as far as that is a number. */
static void add_owner(struct worker *w, const struct files *f)
{
	const char *user = f->spec.user ? f->spec.user : "0:0", *colon = strchr(user, ':');
	cleanup_free char *name = xstrndup(user, strcspn(user, ":"));
	uint32_t uid = 0, gid = 0, outside;

	if (parse_id(name, &uid) < 0 || (colon && parse_id(colon + 1, &gid) < 0) ||
	    !idmap_lookup(&f->plan.uid, uid, &outside) ||
	    !idmap_lookup(&f->plan.gid, gid, &outside))
		uid = gid = 0;
	strv_addf(&w->args, "owner=%u:%u", uid, gid);
}

static int make_unpacker(struct worker *w, const struct files_end *to, const struct idmap_plan *me,
			 unsigned flags, const char *name, bool stream, struct err *e)
{
	cleanup_free char *missing = NULL;
	char path[PATH_MAX];
	int r;

	worker_init(w, "unpack-into");
	strv_addf(&w->args, "replace=%d", !!(flags & FILES_REPLACE));
	if (name)
		strv_addf(&w->args, "strip=%s", name);
	if (!to->files) {
		w->plan = me;
		strv_add(&w->args, "view=folder");
		strv_add(&w->args, "host=1");
		r = host_dest(w, to->path, &missing, e);
		strv_addf(&w->args, "path=/%s", missing ? missing : "");
		strv_addf(&w->args, "dir=%d", !missing);
		return r;
	}
	r = clean(to->path, path, e);
	strv_addf(&w->args, "path=%s", path);
	strv_addf(&w->args, "dir=%d",
		  stream || str_has_suffix(to->path, "/") || str_has_suffix(to->path, "/."));
	if (!stream && !(flags & FILES_OWNERS))
		add_owner(w, to->files);
	return r < 0 ? r : worker_container(w, to->files, true, false, e);
}

/* The packer's reason comes first, but for the pipe that broke because the unpacker has ended. */
static int both(struct worker *packer, struct worker *unpacker, struct files_stats *out,
		struct err *e)
{
	struct err one = {}, two = {};
	struct files_stats ignored = {};
	int u = worker_wait(unpacker, out, &two);
	int p = worker_wait(packer, &ignored, &one);

	out->skipped += ignored.skipped;
	if (p < 0 && (one.code != EPIPE || u >= 0)) {
		*e = one;
		return p;
	}
	if (u < 0)
		*e = two;
	return u;
}

static int copy_piped(struct worker *packer, struct worker *unpacker, struct files_stats *out,
		      struct err *e)
{
	cleanup_close int in = -1, to = -1;
	int pair[2], r;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return fail_errno(e, "cannot make a pipe");
	in = pair[0];
	to = pair[1];
	fcntl(to, F_SETPIPE_SZ, 1 << 20);
	r = worker_start(unpacker, in, e);
	if (!r)
		r = worker_start(packer, to, e);
	close_fdp(&in);
	close_fdp(&to);
	return r < 0 ? r : both(packer, unpacker, out, e);
}

static int copy_stream(struct worker *w, int fd, struct files_stats *out, struct err *e)
{
	int r = worker_start(w, fd, e);

	return r < 0 ? r : worker_wait(w, out, e);
}

/**
 * files_copy - between a container and the host, two containers, or a tar stream and one of them
 * @flags: enum files_flags
 * @out: added to
 *
 * Return: 0 or -errno; what was copied until then stays.
 */
int files_copy(const struct files_end *from, const struct files_end *to, unsigned flags,
	       struct files_stats *out, struct err *e)
{
	struct worker packer = WORKER_NONE, unpacker = WORKER_NONE;
	cleanup_free char *name = NULL;
	struct idmap_plan me;
	int r = 0;

	plan_of_caller(&me);
	if (from->path)
		r = make_packer(&packer, from, &me, flags, &name, e);
	if (!r && to->path)
		r = make_unpacker(&unpacker, to, &me, flags, name, !from->path, e);
	if (!r && from->path && to->path)
		r = copy_piped(&packer, &unpacker, out, e);
	else if (!r && from->path)
		r = copy_stream(&packer, to->fd, out, e);
	else if (!r)
		r = copy_stream(&unpacker, from->fd, out, e);
	worker_free(&packer);
	worker_free(&unpacker);
	idmap_plan_free(&me);
	return r;
}
