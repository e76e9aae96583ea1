/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * The output of a container whose supervisor stands between: it goes to the log, to the
 * caller when there is one, and to the clients that are attached. One chunk a stream is on
 * its way at a time, and the next is read when everybody has got it: whoever is slow slows
 * the container down, and memory stays what it is. Input comes from attached clients, or from
 * the caller: what the payload has left of it in the pipe is his again, for a shell's loop.
 */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "container/supervise.h"

void streams_init(struct streams *s)
{
	s->in = s->in_end = s->out[1] = s->out[2] = -1;
	s->here[0] = s->here[1] = s->here[2] = -1;
	s->tty = s->logged = s->in_eof = false;
	s->in_n = s->chunk[1].n = s->chunk[2].n = 0;
}

/**
 * streams_pipe - put a pipe between the payload's descriptor @i and us
 * @stdio: its entry receives the payload's end
 *
 * Return: 0 or -errno.
 */
int streams_pipe(struct streams *s, int stdio[3], int i, struct err *e)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		return fail_errno(e, "cannot make a pipe");
	stdio[i] = p[i ? 1 : 0];
	if (i == 0) {
		s->in = p[1];
		if (s->here[0] >= 0)
			s->in_end = fcntl(p[0], F_DUPFD_CLOEXEC, 10);
	} else {
		s->out[i] = p[0];
	}
	fcntl(i ? s->out[i] : s->in, F_SETFL, O_NONBLOCK);
	return 0;
}

/* streams_tty - the container's terminal is @pty, borrowed */
void streams_tty(struct streams *s, int pty)
{
	s->tty = true;
	s->in = fcntl(pty, F_DUPFD_CLOEXEC, 10);
	s->out[1] = fcntl(pty, F_DUPFD_CLOEXEC, 10);
	fcntl(pty, F_SETFL, fcntl(pty, F_GETFL) | O_NONBLOCK);
}

static bool owed(const struct streams *s, const struct control *c, int i)
{
	if (s->here[i] >= 0 && s->chunk[i].here < s->chunk[i].n)
		return true;
	for (size_t k = 0; k < c->n; k++) {
		if (c->v[k].owes[i])
			return true;
	}
	return false;
}

/**
 * streams_poll - what to wait for
 * @fds: receives STREAMS_FDS entries
 */
__idle void streams_poll(const struct streams *s, const struct control *c, struct pollfd *fds)
{
	fds[0] = (struct pollfd){s->in_n || s->in_eof ? s->in : -1, POLLOUT, 0};
	for (int i = 1; i < 3; i++) {
		bool full = owed(s, c, i);
		bool here = s->here[i] >= 0 && s->chunk[i].here < s->chunk[i].n;

		fds[i] = (struct pollfd){full ? -1 : s->out[i], POLLIN, 0};
		fds[i + 2] = (struct pollfd){here ? s->here[i] : -1, POLLOUT, 0};
	}
	fds[5] = (struct pollfd){s->in_n || s->in_eof || s->in < 0 ? -1 : s->here[0], POLLIN, 0};
}

static void write_here(struct streams *s, int i)
{
	struct chunk *k = &s->chunk[i];
	/* What a pipe that is ready takes without blocking. */
	ssize_t n = write(s->here[i], s->data[i] + k->here, MIN(k->n - k->here, (size_t)PIPE_BUF));

	if (n > 0)
		k->here += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		s->here[i] = -1; /* nobody reads it: the log and the container go on */
}

static void offer(struct streams *s, struct control *c, int i)
{
	for (size_t k = 0; k < c->n; k++) {
		struct client *to = &c->v[k];

		if (to->owes[i])
			to->owes[i] = client_send(to, i == 1 ? CTL_STDOUT : CTL_STDERR, 0,
						  s->data[i], s->chunk[i].n) == -EAGAIN;
	}
}

/* Return: whether there may be more. */
static bool read_stream(struct streams *s, struct control *c, int i)
{
	struct chunk *k = &s->chunk[i];
	ssize_t n = read(s->out[i], s->data[i], sizeof(s->data[i]));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		/* For a terminal: no process has it open any more. */
		close_fd(take_fd(&s->out[i]));
		return false;
	}
	k->n = (size_t)n;
	k->here = 0;
	if (s->logged)
		logfile_write(&s->log, i, s->data[i], k->n);
	for (size_t j = 0; j < c->n; j++)
		c->v[j].owes[i] = c->v[j].attached;
	if (s->here[i] >= 0)
		write_here(s, i);
	offer(s, c, i);
	return true;
}

static void write_input(struct streams *s)
{
	ssize_t n = s->in_n ? write(s->in, s->data[0], s->in_n) : 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	s->in_n = n < 0 ? 0 : s->in_n - (size_t)n;
	memmove(s->data[0], s->data[0] + MAX(n, 0), s->in_n);
	if (!s->in_n && s->in_eof) {
		s->in_eof = false;
		close_fd(take_fd(&s->in));
	}
}

static void read_here(struct streams *s)
{
	ssize_t n = read(s->here[0], s->data[0], sizeof(s->data[0]));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	s->in_n = (size_t)MAX(n, 0);
	s->in_eof = n <= 0;
	write_input(s);
}

/* What the payload has not taken is the caller's again, where that can be. */
static void give_back_input(struct streams *s)
{
	int left = 0;

	if (s->in_end >= 0 && !ioctl(s->in_end, FIONREAD, &left) && s->in_n + (size_t)left)
		lseek(s->here[0], -(off_t)(s->in_n + (size_t)left), SEEK_CUR);
	close_fd(take_fd(&s->in_end));
}

/**
 * streams_move - carry what can be carried
 * @fds: as streams_poll() filled them, after poll(2)
 */
void streams_move(struct streams *s, struct control *c, const struct pollfd *fds)
{
	if (fds[0].revents)
		write_input(s);
	if (fds[5].revents)
		read_here(s);
	for (int i = 1; i < 3; i++) {
		if (fds[i + 2].revents)
			write_here(s, i);
		offer(s, c, i);
		if (fds[i].revents)
			read_stream(s, c, i);
	}
}

/**
 * streams_input - what an attached client has typed
 * @n: 0 for the end of it
 */
void streams_input(struct streams *s, const char *data, size_t n)
{
	if (s->in < 0 || s->in_n)
		return;
	if (!n && s->tty) {
		data = "\4"; /* what a terminal takes for the end of input */
		n = 1;
	}
	memcpy(s->data[0], data, n);
	s->in_n = n;
	s->in_eof = !n;
	write_input(s);
}

void streams_resize(const struct streams *s, int value)
{
	const struct winsize size = {.ws_row = (unsigned short)(value >> 16),
				     .ws_col = (unsigned short)(value & 0xffff)};

	if (s->tty && s->in >= 0)
		ioctl(s->in, TIOCSWINSZ, &size);
}

/* Who does not read for so long does not want it, nor what comes after it. */
static void give_up(struct streams *s, struct control *c, int i)
{
	if (s->here[i] >= 0 && s->chunk[i].here < s->chunk[i].n)
		s->here[i] = -1;
	for (size_t k = 0; k < c->n; k++) {
		if (c->v[k].owes[i])
			c->v[k].attached = c->v[k].owes[1] = c->v[k].owes[2] = false;
	}
}

/* streams_finish - the container has ended: carry its last words to everybody, and close */
void streams_finish(struct streams *s, struct control *c)
{
	for (int i = 1; i < 3; i++) {
		do {
			struct pollfd fds[CLIENTS_MAX + 1];
			size_t n = 0;

			while (owed(s, c, i)) {
				n = 0;
				if (s->here[i] >= 0 && s->chunk[i].here < s->chunk[i].n)
					fds[n++] = (struct pollfd){s->here[i], POLLOUT, 0};
				for (size_t k = 0; k < c->n; k++) {
					if (c->v[k].owes[i])
						fds[n++] = (struct pollfd){c->v[k].sock, POLLOUT,
									   0};
				}
				if (poll(fds, n, LAST_WORDS_MS) <= 0) {
					give_up(s, c, i);
					break;
				}
				if (s->here[i] >= 0 && fds[0].fd == s->here[i] && fds[0].revents)
					write_here(s, i);
				offer(s, c, i);
			}
			s->chunk[i].n = s->chunk[i].here = 0;
		} while (s->out[i] >= 0 && read_stream(s, c, i));
		close_fd(take_fd(&s->out[i]));
	}
	give_back_input(s);
	close_fd(take_fd(&s->in));
	s->in_n = 0;
	s->in_eof = false;
}
