/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last lines of a log: backwards, block by block, however long lines are. Where the parts
 * of a long line of one stream stand among lines of the other, the first of them may be left
 * out.
 */
#include "container/internal.h"

#define BLOCK 65536

/* The line at @p is one more, or an earlier part of one; false when it is one too many. */
static bool tail_takes(struct log_tail *t, const char *p, size_t n)
{
	struct log_head h;

	if (log_head_parse(p, n, &h) <= 0)
		return true;
	if (h.full || !t->open[h.stream]) {
		if (!t->left)
			return false;
		t->left--;
	}
	t->open[h.stream] = true;
	return true;
}

/**
 * struct window - the part of a file that is in memory
 */
struct window {
	int fd;
	off_t at;
	size_t n;
	char data[BLOCK];
};

/* Puts what is before @end into the window. */
static int window_load(struct window *w, off_t end)
{
	size_t n = (size_t)MIN(end, (off_t)sizeof(w->data));
	ssize_t r = pread(w->fd, w->data, n, end - (off_t)n);

	w->at = end - (off_t)n;
	w->n = n;
	return r < 0 ? -errno : r == (ssize_t)n ? 0 : -EIO;
}

/* Where the line begins that ends before @end, or -errno. */
static off_t line_begin(struct window *w, off_t end)
{
	/* The line break at its end is not what begins it. */
	for (off_t pos = end - 1; pos > 0; pos = w->at) {
		const char *nl;

		if (pos <= w->at || pos > w->at + (off_t)w->n) {
			int r = window_load(w, pos);

			if (r < 0)
				return r;
		}
		nl = memrchr(w->data, '\n', (size_t)(pos - w->at));
		if (nl)
			return w->at + (nl - w->data) + 1;
	}
	return 0;
}

/**
 * log_tail_find - look at the lines of one file of a log, the last one first
 * @start: receives where the first line begins that is wanted
 *
 * Return: 1 when there are enough, 0 when older files are to be looked at, or -errno.
 */
int log_tail_find(int fd, struct log_tail *t, off_t *start)
{
	struct window w = {.fd = fd};
	off_t end = lseek(fd, 0, SEEK_END), begin;

	for (; end > 0; end = begin) {
		char head[LOG_HEAD_MAX];
		ssize_t n;

		begin = line_begin(&w, end);
		if (begin < 0)
			return (int)begin;
		n = MIN(end - begin, (off_t)sizeof(head));
		if (begin >= w.at && begin + n <= w.at + (off_t)w.n)
			memcpy(head, w.data + (begin - w.at), (size_t)n);
		else
			n = pread(fd, head, (size_t)n, begin);
		if (n < 0)
			return -errno;
		*start = end;
		if (!tail_takes(t, head, (size_t)n))
			return 1;
	}
	*start = 0;
	return 0;
}
