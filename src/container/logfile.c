/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * What a container in the background writes goes to ctr.log in its folder, line by line, as
 * podman's conmon writes it (k8s-file):
 *
 *	2026-11-23T04:51:36.123456789+00:00 stdout F a whole line
 *	2026-11-23T04:51:36.123456789+00:00 stderr P the beginning of a line, without its end
 *
 * Nothing is kept in memory: what has arrived is written at once, with P when the end of the
 * line has not come, so that a prompt is seen and a killed supervisor loses nothing. A line
 * that never ends is ended by an F with nothing behind it, when the log is closed or opened
 * again.
 *
 * A full disk must not stop the container: lines that cannot be written are counted, and the
 * next write that succeeds begins with one line that tells how many. The file is only ever
 * appended to, by one process; at its limit it is renamed (ctr.log.1, ctr.log.2, ...) and a
 * new one made. Readers (logread.c) follow that without a lock.
 */
#include <sys/stat.h>
#include <sys/uio.h>

#include "container/internal.h"

#define PIECE_MAX  8192
#define PIECES     128
#define NOTICE_MAX 1024

static const char *const streams[] = {"stdout", "stderr"};

/* ---- the form of a line -------------------------------------------------------------------------------- */

/**
 * log_head_parse - what stands before the text of a line of a log
 * @p: the start of the line, borrowed
 * @n: how much of it is there, also of what follows
 *
 * Return: where the text begins; 0 when @n is too little to tell; -EINVAL when this is no
 * line of a log.
 */
int log_head_parse(const char *p, size_t n, struct log_head *h)
{
	const char *space = memchr(p, ' ', MIN(n, LOG_TIME_MAX));
	const char *at;

	if (!space)
		return n < LOG_TIME_MAX && !memchr(p, '\n', n) ? 0 : -EINVAL;
	at = space + 1;
	/* "stdout F" and a space, or the end of the line when there is no text. */
	if ((size_t)(at - p) + 9 > n)
		return memchr(p, '\n', n) ? -EINVAL : 0;
	h->stream = !memcmp(at, streams[1], 6);
	h->time_len = (size_t)(space - p);
	h->full = at[7] == 'F';
	h->bare = h->full && at[8] == '\n';
	if (memcmp(at, streams[h->stream], 6) || at[6] != ' ' || (!h->full && at[7] != 'P') ||
	    (!h->bare && at[8] != ' ') || parse_rfc3339(p, h->time_len, &h->when) < 0)
		return -EINVAL;
	return (int)(at - p) + 9 - h->bare;
}

/* ---- what is to be written ------------------------------------------------------------------------------- */

struct piece {
	size_t end; /* in the bytes of the batch */
	bool full;
};

/**
 * struct batch - lines of one stream for one write
 * @head: what stands before each, for [0] parts and [1] whole lines
 * @v: @notice if there is one, then for each piece its head, its text and, for a part, "\n"
 */
struct batch {
	int stream;
	char when[WHEN_TEXT], head[2][WHEN_TEXT + 16], notice[NOTICE_MAX];
	size_t head_len, notice_len;
	struct iovec v[PIECES * 3 + 1];
	struct piece piece[PIECES];
	size_t n, pieces, bytes;
};

static void batch_put(struct batch *b, const char *p, size_t n)
{
	b->v[b->n++] = (struct iovec){(void *)p, n};
	b->bytes += n;
}

/* Ends what is unfinished in the file: half a line, and lines whose end has not come. */
static size_t end_lines(const struct logfile *l, const char *when, char out[NOTICE_MAX])
{
	size_t n = (size_t)snprintf(out, NOTICE_MAX, "%s", l->torn ? "\n" : "");

	for (int i = 0; i < 2; i++) {
		if (l->partial[i])
			n += (size_t)snprintf(out + n, NOTICE_MAX - n, "%s %s F\n", when,
					      streams[i]);
	}
	return n;
}

/* An empty batch, but for the line that tells what is missing before it. */
static void batch_begin(const struct logfile *l, struct batch *b)
{
	size_t n;

	b->n = b->pieces = b->bytes = b->notice_len = 0;
	if (!l->losing)
		return;
	n = end_lines(l, b->when, b->notice);
	n += (size_t)snprintf(b->notice + n, NOTICE_MAX - n,
			      "%s stderr F sandbox: %llu line%s of the log lost here: %s\n",
			      b->when, (unsigned long long)MAX(l->lost, 1), l->lost > 1 ? "s" : "",
			      strerror(l->why));
	b->notice_len = n;
	batch_put(b, b->notice, n);
}

static void batch_init(const struct logfile *l, struct batch *b, int stream)
{
	b->stream = stream;
	format_when(b->when, wall_ns());
	for (int full = 0; full < 2; full++)
		b->head_len = (size_t)snprintf(b->head[full], sizeof(b->head[full]), "%s %s %c ",
					       b->when, streams[stream], full ? 'F' : 'P');
	batch_begin(l, b);
}

/* ---- writing ------------------------------------------------------------------------------------------- */

/* Bytes written; less than all of them when that failed, with @why set. */
static size_t write_out(struct logfile *l, struct batch *b)
{
	struct iovec *v = b->v;
	size_t left = b->n, done = 0;

	while (left) {
		ssize_t r = writev(l->fd, v, (int)left);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0) {
			l->why = r < 0 ? errno : EIO;
			break;
		}
		done += (size_t)r;
		for (; left && (size_t)r >= v->iov_len; v++, left--)
			r -= (ssize_t)v->iov_len;
		if (left) {
			v->iov_base = (char *)v->iov_base + r;
			v->iov_len -= (size_t)r;
		}
	}
	return done;
}

/* What the file looks like after the first @done bytes of a batch, and what is lost. */
static void account(struct logfile *l, const struct batch *b, size_t done)
{
	size_t whole = 0;

	if (b->notice_len && done >= b->notice_len) {
		whole = b->notice_len;
		l->losing = l->partial[0] = l->partial[1] = false;
		l->lost = 0;
	}
	for (size_t i = 0; i < b->pieces; i++) {
		const struct piece *p = &b->piece[i];

		if (p->end <= done) {
			whole = p->end;
			l->partial[b->stream] = !p->full;
		} else {
			l->losing = true;
			l->lost += p->full;
		}
	}
	l->size += done;
	if (done)
		l->torn = done != whole;
}

static void flush(struct logfile *l, struct batch *b)
{
	account(l, b, l->fd < 0 ? 0 : write_out(l, b));
	batch_begin(l, b);
}

static int open_file(struct logfile *l)
{
	struct stat st;

	l->fd = openat(l->dir, LOG_NAME,
		       O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (l->fd < 0 || fstat(l->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode)) {
		close_fd(take_fd(&l->fd));
		return -EINVAL;
	}
	l->size = (uint64_t)st.st_size;
	return 0;
}

/* ctr.log becomes ctr.log.1, that ctr.log.2, and so on; the last one is overwritten. */
static int rename_files(struct logfile *l)
{
	char from[32], to[32];
	unsigned n = 1;

	if (l->max_file == 1)
		return unlinkat(l->dir, LOG_NAME, 0) < 0 && errno != ENOENT ? -errno : 0;
	for (; n < l->max_file - 1; n++) {
		snprintf(to, sizeof(to), LOG_NAME ".%u", n);
		if (faccessat(l->dir, to, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			break;
	}
	for (; n > 1; n--) {
		snprintf(from, sizeof(from), LOG_NAME ".%u", n - 1);
		snprintf(to, sizeof(to), LOG_NAME ".%u", n);
		if (renameat(l->dir, from, l->dir, to) < 0)
			return -errno;
	}
	return renameat(l->dir, LOG_NAME, l->dir, LOG_NAME ".1") < 0 && errno != ENOENT ? -errno
											: 0;
}

/* A limit is a promise: where the files cannot be renamed, lines are lost rather. */
static bool make_room(struct logfile *l, size_t more)
{
	int r = 0;

	if (l->fd >= 0 && l->max_size && l->size && l->size + more > l->max_size) {
		r = rename_files(l);
		if (!r) {
			close_fd(take_fd(&l->fd));
			l->torn = false;
		}
	}
	if (!r && l->fd < 0)
		r = open_file(l);
	if (r < 0)
		l->why = -r;
	return !r;
}

static void add_piece(struct logfile *l, struct batch *b, const char *p, size_t n, bool full)
{
	size_t need = b->head_len + n + !full;

	if (b->pieces == PIECES ||
	    (b->pieces && l->max_size && l->size + b->bytes + need > l->max_size))
		flush(l, b);
	if (!b->pieces && !make_room(l, b->bytes + need)) {
		l->losing = true;
		l->lost += full;
		return;
	}
	batch_put(b, b->head[full], b->head_len);
	batch_put(b, p, n);
	if (!full)
		batch_put(b, "\n", 1);
	b->piece[b->pieces++] = (struct piece){b->bytes, full};
}

/**
 * logfile_write - add output of the container to its log
 * @stream: 1 for its standard output, 2 for its standard error
 * @data: borrowed; lines may begin and end in other calls
 *
 * Context: the supervisor, with SIGXFSZ blocked or ignored; waits for nothing but the disk.
 * What cannot be written is counted and given up.
 */
void logfile_write(struct logfile *l, int stream, const char *data, size_t n)
{
	struct batch b;

	if (l->dir < 0 || !n)
		return;
	batch_init(l, &b, stream == 2);
	while (n) {
		const char *nl = memchr(data, '\n', MIN(n, PIECE_MAX));
		size_t len = nl ? (size_t)(nl - data) + 1 : MIN(n, PIECE_MAX);

		add_piece(l, &b, data, len, nl);
		data += len;
		n -= len;
	}
	if (b.pieces)
		flush(l, &b);
}

/* ---- opening and closing ----------------------------------------------------------------------------- */

/* What the last lines of a file that a killed supervisor left say: it may end in the middle. */
static void look_back(struct logfile *l)
{
	char text[4 * PIECE_MAX];
	size_t at = MIN(l->size, sizeof(text));
	ssize_t n = pread(l->fd, text, at, (off_t)(l->size - at));
	bool known[2] = {};
	const char *nl;

	if (n <= 0)
		return;
	l->torn = text[n - 1] != '\n';
	/* Backwards; the first line here may be the end of one, which is then no log line. */
	for (size_t end = (size_t)n; end; end = nl ? (size_t)(nl - text) + 1 : 0) {
		struct log_head h;
		size_t start;

		nl = end > 1 ? memrchr(text, '\n', end - 1) : NULL;
		start = nl ? (size_t)(nl - text) + 1 : 0;
		if (log_head_parse(text + start, end - start, &h) <= 0 || known[h.stream])
			continue;
		known[h.stream] = true;
		l->partial[h.stream] = !h.full;
	}
}

/* Leaves only whole lines behind; where it cannot, the next write tries again. */
static void finish_lines(struct logfile *l)
{
	struct batch b = {};

	if (l->fd < 0 || (!l->losing && !l->torn && !l->partial[0] && !l->partial[1]))
		return;
	batch_init(l, &b, 0);
	if (!l->losing) {
		b.notice_len = end_lines(l, b.when, b.notice);
		batch_put(&b, b.notice, b.notice_len);
	}
	account(l, &b, write_out(l, &b));
}

/**
 * logfile_open - open the log of a container that is about to start
 * @dirfd: its folder in the store, borrowed until logfile_close()
 * @spec: the driver and the limits
 *
 * Return: 0 or -errno; with the driver none, @l swallows everything.
 */
int logfile_open(struct logfile *l, int dirfd, const struct log_spec *spec, struct err *e)
{
	int r;

	*l = (struct logfile){
		.dir = -1, .fd = -1, .max_size = spec->max_size, .max_file = spec->max_file};
	if (spec->driver == LOG_DRIVER_NONE)
		return 0;
	l->dir = dirfd;
	r = open_file(l);
	if (r < 0) {
		logfile_close(l);
		fail(e, -r, "cannot open " LOG_NAME " in the container's folder: %s", strerror(-r));
		return r == -EISDIR || r == -EINVAL || r == -ELOOP
			       ? fail_hint(e, r, "remove what stands there")
			       : r;
	}
	look_back(l);
	finish_lines(l);
	return 0;
}

/**
 * logfile_close - the container has ended, its output is at its end
 */
void logfile_close(struct logfile *l)
{
	finish_lines(l);
	close_fd(take_fd(&l->fd));
	l->dir = -1;
}
