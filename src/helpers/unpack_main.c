/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * sandbox-unpack: the archive is descriptor 4, a folder or a pidfd is descriptor 5, the
 * socket to the caller is 3 (config/config.h). The first argument says what to do:
 *
 *	(none)		unpack an image: into the empty folder 5, which becomes the root
 *	unpack-into	unpack an archive below a folder of a view (image/view.c)
 *	pack		pack a file or a folder of a view
 *	compare		list what differs between a view and its layers
 *
 * The others are KEY=VALUE, see keys[]. It confines itself (image/confine.c), then
 * reads, and answers with HELPER_PROGRESS now and then, and at the end with
 * HELPER_ERROR or with HELPER_RESULT, whose text has lines of KEY=VALUE: digest,
 * entries, bytes, skipped, stripped, oneid. It never fsyncs, and never removes what it
 * made before it failed: both are the caller's.
 */
#include <locale.h>
#include <sys/stat.h>

#include "config/config.h"
#include "image/unpack.h"

#define ARCHIVE_FD  HELPER_FIRST_FD
#define DEST_FD     (HELPER_FIRST_FD + 1)
#define PROGRESS_NS (50 * 1000000LL)

/** struct job - what the arguments say */
struct job {
	struct view view;
	struct unpack unpack;
	struct pack pack;
	struct compare compare;
	const char *path; /* absolute: what is packed, or where to unpack */
	bool must_be_dir; /* unpack: a name behind which there is nothing is an error */
};

static struct job job = {.view = {.fd = DEST_FD, .root = -1, .lower = -1}};

static void say_progress(struct unpack *u)
{
	static int64_t last;
	static struct helper_msg m = {.type = HELPER_PROGRESS};
	int64_t now = now_ns();

	if (now - last < PROGRESS_NS)
		return;
	last = now;
	m.done = source_done(u->source);
	m.total = source_total(u->source);
	/* A caller who is gone does not want the rest. */
	if (helper_say(HELPER_SOCK, &m) < 0)
		_exit(125);
}

static int read_ids(struct unpack *u, struct err *e)
{
	cleanup_buf struct buf uids = {}, gids = {};
	int r = read_file_at(AT_FDCWD, "/proc/self/uid_map", 64 << 10, &uids);

	if (r >= 0)
		r = read_file_at(AT_FDCWD, "/proc/self/gid_map", 64 << 10, &gids);
	if (r >= 0)
		r = id_ranges_parse(uids.data ? uids.data : "", &u->uids);
	if (r >= 0)
		r = id_ranges_parse(gids.data ? gids.data : "", &u->gids);
	return r < 0 ? fail(e, -r, "cannot read the ids of this user namespace") : 0;
}

/* ---- arguments ---------------------------------------------------------------------------------------- */

static int set_flag(const char *value, bool *at)
{
	*at = streq(value, "1");
	return 0;
}

static int set_owner(const char *value, bool *at __unused)
{
	cleanup_free char *uid = xstrndup(value, strcspn(value, ":"));

	job.unpack.owned = true;
	if (!value[strlen(uid)] || parse_id(uid, &job.unpack.uid) < 0)
		return -EINVAL;
	return parse_id(value + strlen(uid) + 1, &job.unpack.gid);
}

static int set_view(const char *value, bool *at __unused)
{
	job.view.kind = streq(value, "running")  ? VIEW_RUNNING
			: streq(value, "layers") ? VIEW_LAYERS
						 : VIEW_FOLDER;
	return 0;
}

static int add_layer(const char *value, bool *at __unused)
{
	strv_add(&job.view.layers, value);
	return 0;
}

/* Either a text that is kept as it is, or a function; @flag is for set_flag(). */
static const struct {
	const char *key;
	const char **text;
	int (*set)(const char *value, bool *flag);
	bool *flag;
} keys[] = {
	{"view", NULL, set_view, NULL},
	{"layer", NULL, add_layer, NULL},
	{"upper", &job.view.upper, NULL, NULL},
	{"work", &job.view.work, NULL, NULL},
	{"fuse", NULL, set_flag, &job.view.fuse},
	{"mounts", NULL, set_flag, &job.view.mounts},
	{"path", &job.path, NULL, NULL},
	{"name", &job.pack.name, NULL, NULL},
	{"follow", NULL, set_flag, &job.pack.follow},
	{"strip", &job.unpack.strip, NULL, NULL},
	{"dir", NULL, set_flag, &job.must_be_dir},
	{"prefix", &job.unpack.prefix, NULL, NULL},
	{"replace", NULL, set_flag, &job.unpack.replace},
	{"host", NULL, set_flag, &job.unpack.host},
	{"owner", NULL, set_owner, NULL},
	{"times", NULL, set_flag, &job.compare.times},
};

static int read_arguments(int argc, char **argv, struct err *e)
{
	for (int i = 2; i < argc; i++) {
		const char *eq = strchr(argv[i], '=');
		bool known = false;

		for (size_t k = 0; eq && k < ARRAY_SIZE(keys); k++) {
			if ((size_t)(eq - argv[i]) != strlen(keys[k].key) ||
			    strncmp(argv[i], keys[k].key, strlen(keys[k].key)))
				continue;
			known = true;
			if (keys[k].text)
				*keys[k].text = eq + 1;
			else
				known = keys[k].set(eq + 1, keys[k].flag) >= 0;
		}
		if (!known)
			return fail(e, EINVAL, "sandbox-unpack does not know \"%s\"", argv[i]);
	}
	return 0;
}

/* ---- what is done ------------------------------------------------------------------------------------------ */

/* Opens a folder that is unpacked into, so that it can be listed; O_PATH ones cannot. */
static int open_dest(int dir, struct unpack *u, struct err *e)
{
	u->root = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return u->root < 0 ? fail_errno(e, "cannot open the folder to unpack into") : 0;
}

static int unpack_image(struct unpack *u, struct err *e)
{
	int r = confine_start(HELPER_SOCK, false, e);

	if (!r)
		r = read_ids(u, e);
	if (!r)
		r = tar_make(&u->tar, false, e);
	if (!r)
		r = confine_mounts(DEST_FD, e);
	if (!r)
		r = open_dest(AT_FDCWD, u, e);
	if (!r)
		r = confine_rights(false, e);
	if (!r)
		r = source_make(ARCHIVE_FD, &u->source, e);
	if (!r)
		r = confine_calls(false, e);
	if (r < 0)
		return r;
	source_go(u->source);
	return unpack_run(u, e);
}

static int enter_view(bool write, struct err *e)
{
	bool join = job.view.kind == VIEW_RUNNING;
	int r = join ? view_join_user(&job.view, e) : 0;

	job.view.write = write;
	/* From the host's /proc: a container's own knows nothing of us. */
	if (!r)
		r = read_ids(&job.unpack, e);
	if (!r && join)
		r = view_join_mounts(&job.view, HELPER_SOCK, e);
	return r < 0 ? r : confine_start(HELPER_SOCK, join, e);
}

/*
 * Where the files go: into the folder that the path names, under their own name; else
 * beside where the path would be, under its last part.
 */
static int find_dest(struct unpack *u, struct err *e)
{
	cleanup_free char *parent = xstrndup(job.path, (size_t)(strrchr(job.path, '/') - job.path));
	/* On the host the caller's own path was followed; what stands there now is replaced. */
	cleanup_close int fd = open_in_root(job.view.root, job.path,
					    O_PATH | (u->host ? O_NOFOLLOW : 0), 0);
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st) && S_ISDIR(st.st_mode)) {
		u->prefix = u->strip;
	} else if (job.must_be_dir || (fd < 0 && fd != -ENOENT)) {
		int code = fd < 0 ? -fd : ENOTDIR;

		return fail(e, code, "%s: %s", job.path, strerror(code));
	} else {
		u->prefix = strrchr(job.path, '/') + 1;
		close_fd(fd);
		fd = open_in_root(job.view.root, parent, O_PATH | O_DIRECTORY, 0);
		if (fd < 0)
			return fail(e, -fd, "%s: %s", *parent ? parent : "/", strerror(-fd));
	}
	if (view_refuse_kernel_fs(fd, job.path, e) < 0)
		return -e->code;
	return open_dest(fd, u, e);
}

static int unpack_into(struct unpack *u, struct err *e)
{
	int r = enter_view(true, e);

	u->into = true;
	if (!r)
		r = tar_make(&u->tar, true, e);
	if (!r)
		r = view_enter(&job.view, e);
	if (!r)
		r = find_dest(u, e);
	if (!r)
		r = confine_rights(false, e);
	if (!r)
		r = source_make(ARCHIVE_FD, &u->source, e);
	if (!r)
		r = confine_calls(false, e);
	if (r < 0)
		return r;
	source_go(u->source);
	return unpack_run(u, e);
}

static int pack_it(struct pack *p, struct err *e)
{
	int r = enter_view(false, e);

	if (!r)
		r = view_enter(&job.view, e);
	if (r < 0)
		return r;
	p->root = job.view.root;
	p->path = job.path;
	p->out = ARCHIVE_FD;
	r = pack_open(p, e);
	if (!r)
		r = confine_rights(true, e);
	if (!r)
		r = confine_calls(true, e);
	return r < 0 ? r : pack_run(p, e);
}

static int compare_it(struct compare *c, struct err *e)
{
	int r = enter_view(false, e);

	job.view.want_lower = true;
	if (!r)
		r = view_enter(&job.view, e);
	if (!r)
		r = confine_rights(true, e);
	if (!r)
		r = confine_calls(true, e);
	if (r < 0)
		return r;
	c->root = job.view.root;
	c->lower = job.view.lower;
	c->out = ARCHIVE_FD;
	return compare_run(c, e);
}

static int run(int argc, char **argv, struct err *e)
{
	const char *what = argc > 1 ? argv[1] : "";
	int r = read_arguments(argc, argv, e);

	if (r < 0)
		return r;
	if (!*what)
		return unpack_image(&job.unpack, e);
	if (streq(what, "compare"))
		return compare_it(&job.compare, e);
	if (!job.path || *job.path != '/')
		return fail(e, EINVAL, "sandbox-unpack wants an absolute path");
	if (streq(what, "pack"))
		return pack_it(&job.pack, e);
	if (streq(what, "unpack-into"))
		return unpack_into(&job.unpack, e);
	return fail(e, EINVAL, "sandbox-unpack does not know \"%s\"", what);
}

static void say_result(void)
{
	static struct helper_msg m = {.type = HELPER_RESULT};
	const struct unpack *u = &job.unpack;
	char digest[72] = "";

	if (u->source)
		source_digest(u->source, digest);
	snprintf(m.text, sizeof(m.text),
		 "digest=%s\nentries=%llu\nbytes=%llu\nskipped=%llu\nstripped=%llu\noneid=%d\n",
		 digest,
		 (unsigned long long)(u->stats.entries + job.pack.entries + job.compare.entries),
		 (unsigned long long)(u->stats.bytes + job.pack.bytes),
		 (unsigned long long)(u->stats.skipped + job.pack.skipped),
		 (unsigned long long)u->stats.stripped, u->uids.count == 1);
	helper_say(HELPER_SOCK, &m);
}

int main(int argc, char **argv)
{
	static struct helper_msg m = {.type = HELPER_ERROR};

	log_set(LOG_WARN, "sandbox-unpack");
	/*
	 * Names in archives are UTF-8 or plain bytes; libarchive asks the locale. The first
	 * conversion reads libc's tables: now, for later there may be a container's.
	 */
	setlocale(LC_CTYPE, "C.UTF-8");
	mbstowcs(NULL, "x", 0);
	umask(0);
	job.unpack.progress = say_progress;
	if (run(argc, argv, &m.err) < 0) {
		if (helper_say(HELPER_SOCK, &m) < 0) /* started by hand */
			log_msg(LOG_ERROR, "%s", m.err.msg);
		_exit(125);
	}
	say_result();
	_exit(0); /* the other thread has ended, and nothing needs tidying */
}
