/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * What happens to containers is appended to events.log in the runtime folder, one line of
 * JSON an event, by whoever does it: one write() on a descriptor with O_APPEND, which other
 * writers cannot come into. There is no lock to wait for.
 *
 * At 1 MiB the file becomes events.log.1. The one writer that gets the lock of that very
 * file, without waiting, and then still finds it under its name, renames it: so it is
 * renamed once. Others meanwhile write to its end.
 *
 * A full disk can leave half a line; what follows it on the same line is found by how every
 * line begins, which nothing inside a string can look like.
 */
#include <poll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "container/internal.h"

#define NAME        "events.log"
#define FILE_LENGTH (1 << 20)
#define FIELD_MAX   512
#define LINE_LENGTH 16384
#define LINE_START  "{\"timeNano\":"

/* ---- writing ------------------------------------------------------------------------------------------- */

/* ,"key":"value": what is no text for a terminal becomes \xNN, as it would be shown. */
static void add_field(struct buf *b, const char *key, const char *value)
{
	char safe[FIELD_MAX];

	if (!value)
		return;
	str_escape(safe, sizeof(safe), value);
	buf_printf(b, ",\"%s\":\"", key);
	for (const char *p = safe; *p; p++) {
		if (*p == '"' || *p == '\\')
			buf_add(b, "\\", 1);
		buf_add(b, p, 1);
	}
	buf_add(b, "\"", 1);
}

static void make_line(struct buf *b, const struct event *ev)
{
	int64_t when = ev->when ? ev->when : wall_ns();

	buf_printf(b, LINE_START "%lld,\"time\":%lld", (long long)when,
		   (long long)(when / 1000000000));
	add_field(b, "Type", ev->type);
	add_field(b, "Status", ev->action);
	add_field(b, "ID", ev->id);
	add_field(b, "Name", ev->name);
	add_field(b, "Image", ev->image);
	add_field(b, "HealthStatus", ev->health);
	if (ev->has_exit)
		buf_printf(b, ",\"ContainerExitCode\":%d", ev->exit_code);
	buf_puts(b, "}\n");
}

/* The file for appending, and how large it is. */
static int open_log(int dir, off_t *size)
{
	int fd = openat(dir, NAME,
			O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	*size = st.st_size;
	return fd;
}

static bool still_named(int dir, int fd)
{
	struct stat mine, there;

	return !fstat(fd, &mine) && !fstatat(dir, NAME, &there, AT_SYMLINK_NOFOLLOW) &&
	       mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

/* True when somebody has renamed the file that is open at @fd: another is to be opened. */
static bool rotate(int dir, int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return false;
	return !still_named(dir, fd) || !renameat(dir, NAME, dir, NAME ".1");
}

/**
 * event_write - tell those who listen, and keep for a while, what has happened
 *
 * Context: any process; a failure stops nobody.
 */
void event_write(const struct dirs *dirs, const struct event *ev)
{
	cleanup_close int dir = dirs_open(dirs->run, "", NULL);
	cleanup_close int fd = -1;
	cleanup_buf struct buf line = {};
	off_t size = 0;
	ssize_t n;

	if (dir >= 0)
		fd = open_log(dir, &size);
	if (fd >= 0 && size >= FILE_LENGTH && rotate(dir, fd)) {
		close_fd(take_fd(&fd));
		fd = open_log(dir, &size);
	}
	make_line(&line, ev);
	n = fd < 0 ? -1 : write(fd, line.data, line.len);
	if (n != (ssize_t)line.len)
		log_debug("cannot write the event %s %s, ignoring", ev->type, ev->action);
}

/**
 * event_of - tell of a container that is kept; one that is thrown away is nobody's concern
 * @exit_code: of died; negative for none
 */
void event_of(const struct dirs *dirs, const struct container_info *i, const char *action,
	      int exit_code)
{
	if (i->kept)
		event_write(dirs, &(struct event){.type = "container",
						  .action = action,
						  .id = i->id,
						  .name = i->name,
						  .image = i->image,
						  .health = i->health,
						  .has_exit = exit_code >= 0,
						  .exit_code = exit_code});
}

/* ---- reading ------------------------------------------------------------------------------------------- */

/**
 * struct events - the events that are read
 * @dir: the runtime folder
 * @fd: the file, read up to @offset
 * @old: the one before it, which a writer that was late may still have written to
 * @line: the start of a line whose end has not come; @skip: it was too long for an event
 * @result: of the last call of @o->show
 */
struct events {
	const struct events_opts *o;
	int dir, fd, old, notify;
	off_t offset, old_offset;
	struct buf line;
	bool skip;
	int result;
};

static const char *last_start(const char *text, size_t n)
{
	const char *last = text, *p = text, *end = text + n;

	while ((p = memmem(p, (size_t)(end - p), LINE_START, strlen(LINE_START))))
		last = p++;
	return last;
}

static void take_line(struct events *s, const char *text, size_t n)
{
	const char *start = last_start(text, n);
	cleanup_json json *j = NULL;
	struct event ev = {};
	int64_t code = 0;

	if (json_parse_bytes(start, n - (size_t)(start - text), &j, NULL) < 0)
		return;
	ev.when = json_get_i64(j, "timeNano", 0);
	ev.type = json_get_str(j, "Type", NULL);
	ev.action = json_get_str(j, "Status", NULL);
	ev.id = json_get_str(j, "ID", NULL);
	ev.name = json_get_str(j, "Name", NULL);
	ev.image = json_get_str(j, "Image", NULL);
	ev.health = json_get_str(j, "HealthStatus", NULL);
	ev.has_exit = !json_get_int(j, "ContainerExitCode", &code);
	ev.exit_code = (int)code;
	if (ev.type && ev.action && ev.when >= s->o->since && ev.when < s->o->until)
		s->result = s->o->show(s->o->ctx, &ev);
}

static void feed(struct events *s, const char *p, size_t n)
{
	const char *nl;

	for (; s->result >= 0 && (nl = memchr(p, '\n', n)); p = nl + 1) {
		size_t len = (size_t)(nl - p);

		if (!s->skip) {
			buf_add(&s->line, p, len);
			take_line(s, s->line.data, s->line.len);
		}
		s->line.len = 0;
		s->skip = false;
		n -= len + 1;
	}
	if (s->line.len + n > LINE_LENGTH)
		s->skip = true;
	else
		buf_add(&s->line, p, n);
}

static int read_out(struct events *s, int fd, off_t *offset)
{
	char block[16384];
	ssize_t n;

	s->line.len = 0;
	s->skip = false;
	while (fd >= 0 && (n = pread(fd, block, sizeof(block), *offset)) > 0) {
		*offset += n;
		feed(s, block, (size_t)n);
		if (s->result < 0)
			return s->result;
	}
	/* Half a line is read again. */
	*offset -= (off_t)s->line.len;
	return 0;
}

static void use_file(struct events *s, int fd)
{
	close_fd(s->old);
	s->old = s->fd;
	s->old_offset = s->offset;
	s->fd = fd;
	s->offset = 0;
}

static int open_for_reading(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return a >= 0 && b >= 0 && !fstat(a, &x) && !fstat(b, &y) && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

/* Goes to the files of now. The new one is opened first: it may become the old one meanwhile. */
static int change_files(struct events *s)
{
	int fd = open_for_reading(s->dir, NAME), old, r = 0;

	if (fd < 0)
		return 0;
	old = open_for_reading(s->dir, NAME ".1");
	if (old >= 0 && !same_file(old, fd) && !same_file(old, s->fd)) {
		use_file(s, old);
		r = read_out(s, s->fd, &s->offset);
	} else {
		close_fd(old);
	}
	use_file(s, fd);
	return r < 0 ? r : read_out(s, s->fd, &s->offset);
}

/* What is new, also after a change of files. */
static int read_new(struct events *s)
{
	int r = read_out(s, s->old, &s->old_offset);

	if (!r)
		r = read_out(s, s->fd, &s->offset);
	if (r < 0 || (s->fd >= 0 && still_named(s->dir, s->fd)))
		return r;
	/* Renamed: what came before that is in it by now, but for a writer that was late. */
	r = read_out(s, s->fd, &s->offset);
	return r < 0 ? r : change_files(s);
}

static void skip_past(struct events *s)
{
	use_file(s, open_for_reading(s->dir, NAME));
	if (s->fd >= 0)
		s->offset = lseek(s->fd, 0, SEEK_END);
}

static int wait_for_more(struct events *s, struct err *e)
{
	struct pollfd p = {s->notify, POLLIN, 0};
	int64_t left = -1;
	char events[4096];

	if (s->o->until != INT64_MAX)
		left = MIN(MAX(s->o->until - wall_ns(), 0) / 1000000 + 1, 3600000);
	if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
		return fail_errno(e, "cannot wait for events");
	while (read(s->notify, events, sizeof(events)) > 0)
		;
	return 0;
}

static int watch(struct events *s, const char *path, struct err *e)
{
	s->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (s->notify < 0 ||
	    inotify_add_watch(s->notify, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		return fail_errno(e, "cannot watch for events; is fs.inotify.max_user_instances or "
				     "max_user_watches reached");
	return 0;
}

/**
 * events_read - call @o->show for each event
 *
 * Return: 0 when there are no more, at @o->until with @o->follow, or -errno, also from @o->show.
 */
int events_read(const struct dirs *dirs, const struct events_opts *o, struct err *e)
{
	cleanup_close int dir = dirs_open(dirs->run, "", e);
	struct events s = {.o = o, .dir = dir, .fd = -1, .old = -1, .notify = -1};
	int r = MIN(dir, 0);

	if (!r && o->follow)
		r = watch(&s, dirs->run, e);
	if (!r && o->past)
		r = read_new(&s);
	else if (!r)
		skip_past(&s);
	while (!r && o->follow && wall_ns() < o->until) {
		r = wait_for_more(&s, e);
		if (!r)
			r = read_new(&s);
	}
	close_fd(s.fd);
	close_fd(s.old);
	close_fd(s.notify);
	buf_free(&s.line);
	return r;
}
