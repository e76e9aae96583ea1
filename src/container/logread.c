/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Reads the logs that logfile.c writes, while they are written and renamed, without a lock.
 *
 * Lines: the container writes what it likes, so lines are of any length and hold any byte.
 * They pass through in pieces; only what stands before a text is gathered, and that is short.
 * A line that is no line of a log (half of one that a full disk left, or garbage) is passed
 * over and counted.
 *
 * Files: the one that is open is known by its inode. At its end its present name is looked
 * up: ctr.log is the last one; when it is ctr.log.3 by now, nothing more will be written to
 * it, and after reading it out ctr.log.2 is next. Names move under our hands, so what has
 * been opened is believed only when the old one still has the same name afterwards. While the
 * writer renames, one number may be missing.
 */
#include <limits.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "container/internal.h"

#define BLOCK     65536
#define FILES_MAX 1001

/* ---- output: one buffer for both streams, so that their order stays ------------------------------------- */

struct sink {
	const int *fds;
	int stream, error;
	size_t n;
	char buf[BLOCK];
};

static void sink_flush(struct sink *s)
{
	int r = s->error || !s->n ? 0 : write_full(s->fds[s->stream], s->buf, s->n);

	if (r < 0)
		s->error = r;
	s->n = 0;
}

static void sink_put(struct sink *s, int stream, const char *p, size_t n)
{
	if (stream != s->stream)
		sink_flush(s);
	s->stream = stream;
	while (n && !s->error) {
		size_t part = MIN(n, sizeof(s->buf) - s->n);

		memcpy(s->buf + s->n, p, part);
		s->n += part;
		p += part;
		n -= part;
		if (s->n == sizeof(s->buf))
			sink_flush(s);
	}
}

/* ---- lines ------------------------------------------------------------------------------------------------ */

enum at { AT_HEAD, AT_TEXT, AT_DAMAGE };

/**
 * struct reader - one log that is read
 * @head: the start of a line until it is understood
 * @shown: the line is within --since and --until
 * @mid: what was shown last of that stream had no end
 * @owed: and its line ended without saying so: a line break is due before more
 * @damaged: lines that are none
 * @fd: the file, read up to @offset
 */
struct reader {
	const struct log_source *src;
	const struct log_opts *o;
	struct sink *out;
	enum at at;
	char head[LOG_HEAD_MAX];
	size_t head_len;
	struct log_head line;
	bool shown, mid[2], owed[2];
	uint64_t damaged;
	int fd, notify;
	off_t offset;
	bool over;
};

static void begin_text(struct reader *r)
{
	int stream = r->line.stream;

	r->at = AT_TEXT;
	r->shown = r->line.when >= r->o->since && r->line.when < r->o->until;
	if (!r->shown || r->line.bare)
		return;
	if (r->owed[stream])
		sink_put(r->out, stream, "\n", 1);
	r->owed[stream] = false;
	if (r->mid[stream])
		return;
	if (r->src->prefix) {
		sink_put(r->out, stream, r->src->prefix, strlen(r->src->prefix));
		sink_put(r->out, stream, " ", 1);
	}
	if (r->o->timestamps) {
		sink_put(r->out, stream, r->head, r->line.time_len);
		sink_put(r->out, stream, " ", 1);
	}
}

static void end_text(struct reader *r)
{
	int stream = r->line.stream;

	r->at = AT_HEAD;
	if (r->line.bare) {
		r->owed[stream] |= r->mid[stream];
		r->mid[stream] = false;
	} else if (r->shown) {
		if (r->line.full)
			sink_put(r->out, stream, "\n", 1);
		r->mid[stream] = !r->line.full;
	}
}

/* The start of a line: returns how much of @p belongs to what is in front of the text. */
static size_t read_head(struct reader *r, const char *p, size_t n)
{
	size_t had = r->head_len, add = MIN(n, sizeof(r->head) - had);
	int len;

	memcpy(r->head + had, p, add);
	len = log_head_parse(r->head, had + add, &r->line);
	if (!len) {
		r->head_len += add;
		return add;
	}
	r->head_len = 0;
	if (len < 0) {
		/* An empty line is what the writer ends half a line with. */
		if (had || *p != '\n')
			r->damaged++;
		r->at = AT_DAMAGE;
		return 0;
	}
	begin_text(r);
	return (size_t)len - had;
}

static void feed(struct reader *r, const char *p, size_t n)
{
	while (n) {
		const char *nl;
		size_t len;

		if (r->at == AT_HEAD) {
			len = read_head(r, p, n);
			p += len;
			n -= len;
			continue;
		}
		nl = memchr(p, '\n', n);
		len = nl ? (size_t)(nl - p) : n;
		if (r->at == AT_TEXT && r->shown)
			sink_put(r->out, r->line.stream, p, len);
		if (nl && r->at == AT_TEXT)
			end_text(r);
		else if (nl)
			r->at = AT_HEAD;
		p += len + !!nl;
		n -= len + !!nl;
	}
}

/* The file ends here and another one begins: half a line is not continued there. */
static void feed_end(struct reader *r)
{
	if (r->at == AT_TEXT)
		end_text(r);
	if (r->head_len)
		r->damaged++;
	r->at = AT_HEAD;
	r->head_len = 0;
}

/* ---- files ------------------------------------------------------------------------------------------------ */

static void file_name(char out[32], int number)
{
	snprintf(out, 32, number ? LOG_NAME ".%d" : LOG_NAME, number);
}

static int open_file(const struct reader *r, int number)
{
	char name[32];
	struct stat st;
	int fd;

	file_name(name, number);
	fd = openat(r->src->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close_fd(fd);
		return -EINVAL;
	}
	return fd;
}

/* The number that the file at @fd has by now, or with -1 that of the oldest; -1 for none. */
static int find_number(const struct reader *r, int fd)
{
	int last = -1, missing = 0;
	struct stat mine, there;

	if (fd >= 0 && fstat(fd, &mine) < 0)
		return -1;
	for (int i = 0; i < FILES_MAX && missing < 2; i++) {
		char name[32];

		file_name(name, i);
		if (fstatat(r->src->dir, name, &there, AT_SYMLINK_NOFOLLOW) < 0) {
			missing++;
			continue;
		}
		missing = 0;
		last = i;
		if (fd >= 0 && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev)
			return i;
	}
	return fd < 0 ? last : -1;
}

static int read_out(struct reader *r)
{
	char block[BLOCK];
	struct stat st;

	if (r->fd < 0)
		return 0;
	if (!fstat(r->fd, &st) && st.st_size < r->offset) {
		/* Somebody emptied it: begin anew. */
		feed_end(r);
		r->offset = 0;
	}
	while (!r->out->error) {
		ssize_t n = pread(r->fd, block, sizeof(block), r->offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return 0;
		r->offset += n;
		feed(r, block, (size_t)n);
	}
	return r->out->error;
}

static bool is_missing(const struct reader *r, int number)
{
	char name[32];

	file_name(name, number);
	return faccessat(r->src->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

/*
 * Opens the file before or after the one at @fd, which is number @now. Returns a descriptor,
 * -ENOENT, -EAGAIN when names have moved, or another -errno.
 *
 * One number may be missing; then the file behind it is wanted, unless that one got the number
 * before it was opened.
 */
static int open_beside(const struct reader *r, int fd, int now, int step)
{
	int other = open_file(r, now + step);
	bool gap = other == -ENOENT && now + 2 * step >= 0;

	if (gap)
		other = open_file(r, now + 2 * step);
	if (other < 0 && other != -ENOENT)
		return other;
	if ((gap && !is_missing(r, now + step)) || find_number(r, fd) != now) {
		close_fd(other);
		return -EAGAIN;
	}
	return other;
}

/* Opens the file before that at @fd: a descriptor, -ENOENT, or another -errno. */
static int open_older(const struct reader *r, int fd)
{
	int older = -EAGAIN;

	for (int tries = 0; older == -EAGAIN && tries < 100; tries++) {
		int now = find_number(r, fd);

		older = now < 0 ? -ENOENT : open_beside(r, fd, now, 1);
	}
	return older == -EAGAIN ? -ENOENT : older;
}

static int open_oldest(const struct reader *r)
{
	int fd = -ENOENT, older;

	for (int i = find_number(r, -1); i >= 0 && fd == -ENOENT; i--)
		fd = open_file(r, i);
	/* Meanwhile that may be the name of a younger one. */
	while (fd >= 0 && (older = open_older(r, fd)) >= 0) {
		close_fd(fd);
		fd = older;
	}
	return fd;
}

/* Goes to the file after the one that is open, or to the oldest: 1, or 0 when there is none. */
static int next_file(struct reader *r)
{
	int fd = -EAGAIN;

	for (int tries = 0; fd == -EAGAIN && tries < 100; tries++) {
		int now = r->fd < 0 ? -1 : find_number(r, r->fd), e;

		if (!now)
			return 0;
		/* Renamed: all that was ever written to it is there by now. */
		e = read_out(r);
		if (e < 0)
			return e;
		fd = now < 0 ? open_oldest(r) : open_beside(r, r->fd, now, -1);
		if (fd >= 0 && r->fd >= 0 && now < 0)
			log_warn("the log was renewed faster than it was read, lines are missing");
	}
	if (fd == -EAGAIN)
		log_warn("the log is renewed faster than it can be read, lines may be missing");
	if (fd < 0)
		return fd == -ENOENT || fd == -EAGAIN ? 0 : fd;
	feed_end(r);
	close_fd(r->fd);
	r->fd = fd;
	r->offset = 0;
	return 1;
}

/* Everything that is there now. */
static int read_all(struct reader *r)
{
	int e;

	do {
		e = read_out(r);
		if (!e)
			e = next_file(r);
	} while (e > 0);
	return e;
}

/* Opens the file where the last lines begin, at that place. */
static int seek_tail(struct reader *r)
{
	struct log_tail t = {.left = r->o->tail};
	int number = 0, fd = -ENOENT, e = 0;

	/* The writer may be between renaming and making ctr.log. */
	for (; fd == -ENOENT && number < 2; number++)
		fd = open_file(r, number);
	while (fd >= 0) {
		close_fd(r->fd);
		r->fd = fd;
		e = log_tail_find(fd, &t, &r->offset);
		if (e)
			break;
		fd = open_older(r, fd);
	}
	if (e < 0)
		return e;
	return fd < 0 && fd != -ENOENT ? fd : 0;
}

/* ---- following ------------------------------------------------------------------------------------------- */

#define CHANGES (IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)

/* Watches the folder, and the file that is closed when the container ends. */
static int watch(struct reader *r, struct err *e)
{
	cleanup_free char *path = xasprintf("/proc/self/fd/%d", r->src->dir);

	r->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (r->notify < 0 || inotify_add_watch(r->notify, path, CHANGES) < 0)
		return fail_errno(e, "cannot watch the log; is fs.inotify.max_user_instances or "
				     "max_user_watches reached");
	if (r->src->end_file)
		inotify_add_watch(r->notify, r->src->end_file,
				  IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF);
	return 0;
}

static void drain_events(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
}

/* Reads what is new in all logs; false when all have come to their end. */
static bool read_new(struct reader *r, size_t n, int *error)
{
	bool more = false, late = false;

	for (size_t i = 0; i < n && !*error; i++) {
		if (r[i].over)
			continue;
		late = wall_ns() >= r[i].o->until;
		drain_events(r[i].notify);
		/* Asked first: what was written before the end is read after it. */
		r[i].over = late || !r[i].src->runs || !r[i].src->runs(r[i].src->ctx);
		*error = read_all(&r[i]);
		more |= !r[i].over;
	}
	if (n)
		sink_flush(r->out);
	return more && !*error;
}

/*
 * How long to sleep at most. The file of the end is closed a moment before its lock is
 * given up, so after an event there is a second look; the rest are events.
 */
static int patience(const struct log_opts *o, bool woken)
{
	int64_t left = woken ? 20 : 1000, until = o->until;

	if (until != INT64_MAX)
		left = MIN(left, MAX(until - wall_ns(), 0) / 1000000 + 1);
	return (int)left;
}

static int follow(struct reader *r, size_t n)
{
	struct pollfd *fds = xcalloc(n, sizeof(*fds));
	bool woken = false;
	int error = 0;

	while (read_new(r, n, &error)) {
		for (size_t i = 0; i < n; i++)
			fds[i] = (struct pollfd){r[i].over ? -1 : r[i].notify, POLLIN, 0};
		woken = poll(fds, n, patience(r->o, woken)) > 0;
	}
	free(fds);
	return error;
}

/* ---- all of it ------------------------------------------------------------------------------------------- */

static int start(struct reader *r, struct err *e)
{
	int error = r->o->follow ? watch(r, e) : 0;

	if (error < 0)
		return error;
	error = r->o->tail >= 0 ? seek_tail(r) : 0;
	if (!error)
		error = read_all(r);
	return error < 0 && !e->code ? fail(e, -error, "cannot read the log of container %s: %s",
					    r->src->name, strerror(-error))
				     : error;
}

static void finish(struct reader *r)
{
	if (r->head_len)
		r->damaged++;
	if (r->damaged)
		log_warn("%llu lines of the log of container %s are damaged, ignoring",
			 (unsigned long long)r->damaged, r->src->name);
	close_fd(r->fd);
	close_fd(r->notify);
}

/**
 * log_show - print logs
 * @src: @n logs, one after the other; followed, they mix
 *
 * Return: 0 when all are at their end, or -errno.
 */
int log_show(const struct log_source *src, size_t n, const struct log_opts *o, struct err *e)
{
	struct reader *r = xcalloc(n, sizeof(*r));
	struct sink *out = xcalloc(1, sizeof(*out));
	int error = 0;

	out->fds = o->fds;
	for (size_t i = 0; i < n; i++)
		r[i] = (struct reader){.src = &src[i], .o = o, .out = out, .fd = -1, .notify = -1};
	for (size_t i = 0; i < n && !error; i++)
		error = start(&r[i], e);
	if (!error && o->follow)
		error = follow(r, n);
	sink_flush(out);
	if (error >= 0)
		error = out->error;
	if (error < 0 && !e->code)
		fail(e, -error, "cannot print the log: %s", strerror(-error));
	for (size_t i = 0; i < n; i++)
		finish(&r[i]);
	free(out);
	free(r);
	return error;
}
