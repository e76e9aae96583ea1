/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Nothing here opens a file of a container. What reads or writes one is a worker,
 * sandbox-unpack, which shuts itself in with the container's files and nothing else
 * (image/view.c) and is joined to us, or to a second worker that is shut in with a
 * folder of the host, by a pipe of tar. So the worst that a container can do to a copy
 * out of it is to choose what is in it.
 *
 * Of a running container the worker gets a pidfd, compared with the recorded start
 * time after it was opened; of another one the paths of its layers.
 */
#include <dirent.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "container/files_internal.h"
#include "linux/sys.h"

/* ---- which container ---------------------------------------------------------------------------------- */

static int open_process(struct files *f, struct err *e)
{
	uint64_t ticks = 0;

	f->pidfd = sys_pidfd_open(f->info.pid, 0);
	if (f->pidfd < 0 || proc_start_time(f->info.pid, &ticks) < 0 || ticks != f->info.pid_start)
		return fail(e, ESRCH, "container %.12s has just ended; try again", f->info.id);
	return 0;
}

/* A container that has ended is not started or removed while it is copied from. */
static int hold_folder(const struct dirs *dirs, struct files *f, bool write, struct err *e)
{
	cleanup_free char *path = xasprintf("%s/containers/%s", dirs->store, f->info.id);

	f->hold = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (f->hold < 0)
		return fail_errno(e, "cannot open container %.12s", f->info.id);
	if (lock_soon(f->hold, write ? LOCK_EX : LOCK_SH) == -EWOULDBLOCK)
		return fail(e, EBUSY, "container %.12s is busy with another command; try again",
			    f->info.id);
	return 0;
}

/**
 * files_open - find a container whose files are wanted
 * @name: its name, its id, or the beginning of that
 * @write: files are made in it
 * @f: release with files_close() in both cases
 *
 * Return: 0 or -errno.
 */
int files_open(const struct dirs *dirs, const char *name, bool write, struct files *f,
	       struct err *e)
{
	int r;

	*f = (struct files){.pidfd = -1, .hold = -1};
	spec_init(&f->spec);
	r = container_find(dirs, name, &f->info, e);
	if (!r)
		r = MIN(life_may(OP_COPY, f->info.state, f->info.id, e), 0);
	if (!r)
		r = container_spec(dirs, &f->info, &f->spec, e);
	/* One that is thrown away has no spec on the disk; while it runs none is needed. */
	if (r == -ENOENT && f->info.pid > 0) {
		*e = (struct err){};
		r = 0;
	}
	if (!r)
		r = idmap_make_plan(&f->plan, &f->spec, e);
	if (r < 0)
		return r;
	return f->info.pid > 0 ? open_process(f, e) : hold_folder(dirs, f, write, e);
}

void files_close(struct files *f)
{
	close_fd(take_fd(&f->pidfd));
	close_fd(take_fd(&f->hold));
	idmap_plan_free(&f->plan);
	spec_free(&f->spec);
	container_info_free(&f->info);
}

/* ---- workers -------------------------------------------------------------------------------------------- */

void worker_init(struct worker *w, const char *what)
{
	*w = WORKER_NONE;
	strv_add(&w->args, "sandbox-unpack");
	strv_add(&w->args, what);
}

static int open_folder(struct worker *w, const char *path, struct err *e)
{
	strv_add(&w->args, "view=folder");
	w->view_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return w->view_fd < 0 ? fail_errno(e, "cannot open %s", path) : 0;
}

static void add_layers(struct worker *w, const struct spec *s)
{
	strv_for_each (layer, &s->rootfs.layers)
		strv_addf(&w->args, "layer=%s", layer);
}

/**
 * worker_container - a worker that sees the files of a container
 * @mounts: with what is mounted in it
 * @layers: by its layers, also while it runs
 */
int worker_container(struct worker *w, const struct files *f, bool mounts, bool layers,
		     struct err *e)
{
	const struct rootfs_spec *rs = &f->spec.rootfs;
	cleanup_free char *copy = NULL;

	if (f->pidfd >= 0 && !layers) {
		strv_add(&w->args, "view=running");
		strv_addf(&w->args, "mounts=%d", mounts);
		w->view_fd = fcntl(f->pidfd, F_DUPFD_CLOEXEC, 3);
		return w->view_fd < 0 ? fail_errno(e, "cannot copy a descriptor") : 0;
	}
	w->plan = &f->plan;
	add_layers(w, &f->spec);
	if (rs->driver == ROOTFS_DIR)
		return open_folder(w, rs->dir, e);
	if (rs->tmpfs)
		return fail(e, ENODATA, "container %.12s keeps its files in memory", f->info.id);
	if (rs->driver == ROOTFS_COPY) {
		copy = path_join(rs->state_dir, "upper");
		return open_folder(w, copy, e);
	}
	strv_add(&w->args, "view=layers");
	strv_addf(&w->args, "upper=%s/upper", rs->state_dir);
	strv_addf(&w->args, "work=%s/work", rs->state_dir);
	strv_addf(&w->args, "fuse=%d", rs->driver == ROOTFS_FUSE);
	w->view_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return w->view_fd < 0 ? fail_errno(e, "cannot open /dev/null") : 0;
}

/**
 * worker_start - let it run
 * @archive_fd: where it reads from or writes to; borrowed
 *
 * Context: single-threaded; it dies with us.
 */
int worker_start(struct worker *w, int archive_fd, struct err *e)
{
	/* A helper's own 0 to 2 come first, so standard input has to be another one. */
	cleanup_close int archive = fcntl(archive_fd, F_DUPFD_CLOEXEC, 3);
	int fds[] = {archive, w->view_fd}, r = 0;
	struct helper_env env = {};

	if (archive < 0)
		return fail_errno(e, "cannot copy a descriptor");
	if (w->plan) {
		r = mapped_env_init(&w->env, w->plan, e);
		env = w->env.env;
		/* With the clone, and not in the helper, for it has to be the first process there. */
		env.clone_flags |= CLONE_NEWPID;
	}
	return r < 0 ? r
		     : helper_spawn(&w->h, "sandbox-unpack", w->args.v, NULL, fds, ARRAY_SIZE(fds),
				    w->plan ? &env : NULL, e);
}

static uint64_t number_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	cleanup_free char *value = NULL;
	uint64_t n = 0;

	if (!at)
		return 0;
	at += strlen(key);
	value = xstrndup(at, strcspn(at, "\n"));
	return parse_u64(value, UINT64_MAX, &n) < 0 ? 0 : n;
}

/**
 * worker_wait - until it has ended
 *
 * Return: 0, or -errno with what it said.
 */
int worker_wait(struct worker *w, struct files_stats *out, struct err *e)
{
	struct helper_msg m = {};
	int r;

	do
		r = helper_listen(&w->h, &m, e);
	while (!r && m.type == HELPER_PROGRESS);
	if (!r && m.type != HELPER_RESULT)
		r = fail(e, EPROTO, "sandbox-unpack sent an unknown message");
	if (r < 0) {
		helper_kill(&w->h);
		return r;
	}
	if (out) {
		out->entries += number_of(m.text, "\nentries=");
		out->bytes += number_of(m.text, "\nbytes=");
		out->skipped += number_of(m.text, "\nskipped=");
	}
	return helper_wait(&w->h, e);
}

void worker_free(struct worker *w)
{
	helper_kill(&w->h);
	mapped_env_close(&w->env);
	close_fd(take_fd(&w->view_fd));
	strv_free(&w->args);
}

/* ---- export ------------------------------------------------------------------------------------------------ */

/**
 * files_export - the whole root file system as tar, without what is mounted in it
 */
int files_export(const struct files *f, int out_fd, struct files_stats *out, struct err *e)
{
	struct worker w;
	int r;

	worker_init(&w, "pack");
	strv_add(&w.args, "path=/");
	r = worker_container(&w, f, false, false, e);
	if (!r)
		r = worker_start(&w, out_fd, e);
	close_fd(take_fd(&w.view_fd));
	if (!r)
		r = worker_wait(&w, out, e);
	worker_free(&w);
	return r;
}

/* ---- diff ---------------------------------------------------------------------------------------------------- */

/* Mount points that every container has; podman leaves them out as well. */
static bool is_ours(const char *path)
{
	static const char *const ours[] = {"/dev",       "/proc",         "/sys",
					   "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"};

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		if (streq(path, ours[i]))
			return true;
	}
	return false;
}

/* The worker has seen a stranger's names: each is a letter and an absolute path, or it is none. */
#define CHANGES_MAX (64 << 20) /* bytes of names that a hostile container can make us hold */

static int take_change(struct files_changes *c, const char *line, struct err *e)
{
	const size_t len = strlen(line);

	if (!strchr("ACD", *line) || line[1] != '/')
		return fail(e, EPROTO, "sandbox-unpack gave an answer that makes no sense");
	if (is_ours(line + 1))
		return 0;
	c->bytes += len;
	if (c->bytes > CHANGES_MAX)
		return fail(e, E2BIG, "the names of what it has changed take more than %d MiB",
			    CHANGES_MAX >> 20);
	if (c->n % 256 == 0)
		c->v = xreallocarray(c->v, c->n + 256, sizeof(*c->v));
	c->v[c->n++] = (struct files_change){*line, xstrdup(line + 1)};
	return 0;
}

static int read_changes(int fd, struct files_changes *out, struct err *e)
{
	cleanup_buf struct buf line = {};
	char chunk[16384];
	ssize_t n;
	int r = 0;

	while (!r && (n = read_full(fd, chunk, sizeof(chunk))) > 0) {
		for (char *p = chunk; !r && p < chunk + n;) {
			size_t len = strnlen(p, (size_t)(chunk + n - p));

			buf_add(&line, p, len);
			p += len;
			if (p < chunk + n) {
				r = take_change(out, line.data ? line.data : "", e);
				line.len = 0;
				p++;
			} else if (line.len > 1 << 20) {
				r = fail(e, ENAMETOOLONG, "a name is too long");
			}
		}
	}
	return r;
}

static int deletions_first(const void *a, const void *b)
{
	const struct files_change *x = a, *y = b;
	int order = (x->kind != 'D') - (y->kind != 'D');

	return order ? order : strcmp(x->path, y->path);
}

void files_changes_free(struct files_changes *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].path);
	free(c->v);
	*c = (struct files_changes){};
}

static int diff_by(struct worker *w, const struct files *f, struct files_changes *out,
		   struct err *e)
{
	cleanup_close int in = -1, to = -1;
	struct err why = {};
	int pair[2], r = worker_container(w, f, false, true, e);

	if (r < 0)
		return r;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return fail_errno(e, "cannot make a pipe");
	in = pair[0];
	to = pair[1];
	r = worker_start(w, to, e);
	close_fdp(&to);
	if (r < 0)
		return r;
	r = read_changes(in, out, &why);
	close_fdp(&in);
	if (r < 0)
		helper_kill(&w->h);
	else
		return worker_wait(w, NULL, e);
	*e = why;
	return r;
}

/**
 * files_diff - what a container has changed, deletions first
 * @out: release with files_changes_free()
 *
 * Return: 0 or -errno.
 */
int files_diff(const struct files *f, struct files_changes *out, struct err *e)
{
	enum rootfs_driver driver = f->spec.rootfs.driver;
	struct worker w;
	int r;

	*out = (struct files_changes){};
	if (driver == ROOTFS_DIR)
		return fail(
			e, EINVAL,
			"container %.12s has no image that it could differ from: it was run with --rootfs",
			f->info.id);
	if (!f->spec.rootfs.layers.n)
		return fail(
			e, ENODATA,
			"container %.12s is removed when it ends, so what it stands on is not recorded; "
			"run it with --name or -d",
			f->info.id);
	worker_init(&w, "compare");
	strv_addf(&w.args, "times=%d", driver != ROOTFS_COPY);
	r = diff_by(&w, f, out, e);
	worker_free(&w);
	if (r < 0)
		files_changes_free(out);
	else if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), deletions_first);
	return r;
}

/* ---- what containers stand on ------------------------------------------------------------------------------- */

/**
 * container_layers - the layers that containers have, which must not be removed
 * @out: added to: absolute paths
 *
 * Return: 0, or -errno when it cannot be known.
 */
int container_layers(const struct dirs *dirs, struct strv *out, struct err *e)
{
	cleanup_container_infos struct container_infos all = {};
	int r = container_list(dirs, &all, e);

	for (size_t i = 0; i < all.n; i++) {
		struct err ignored = {};
		struct spec s;

		spec_init(&s);
		/* A live one without a record on the disk holds its layers by a lock. */
		if (!container_spec(dirs, &all.v[i], &s, &ignored))
			strv_copy(out, &s.rootfs.layers);
		spec_free(&s);
	}
	return r;
}
