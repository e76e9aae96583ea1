/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * With -t the supervisor carries bytes between the caller's terminal and the
 * master of the container's. Each direction has one buffer: nothing is read
 * while it is full, so a slow reader slows the container, and memory stays what
 * it is. The caller's terminal is in raw mode meanwhile, and put back on every
 * way out: at the end, on an error, before we stop ourselves for Ctrl-Z.
 */
#include <poll.h>

#include "container/internal.h"

void relay_init(struct relay *r)
{
	*r = (struct relay){.pty = -1};
}

static void set_raw(struct relay *r)
{
	struct termios raw = r->saved;

	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	r->raw = true;
}

/**
 * relay_start - begin to relay
 * @pty: the master, borrowed
 */
int relay_start(struct relay *r, int pty)
{
	r->in = xmalloc(RELAY_IN + RELAY_OUT);
	r->out = r->in + RELAY_IN;
	r->pty = pty;
	r->in_open = fcntl(STDIN_FILENO, F_GETFD) >= 0;
	r->out_open = fcntl(STDOUT_FILENO, F_GETFD) >= 0;
	relay_resize(r); /* it may have changed since the child asked */
	fcntl(pty, F_SETFL, fcntl(pty, F_GETFL) | O_NONBLOCK);
	if (r->in_open && !tcgetattr(STDIN_FILENO, &r->saved))
		set_raw(r);
	return 0;
}

/* relay_pause - the caller's terminal as it was; relay_resume() undoes it */
void relay_pause(struct relay *r)
{
	if (r->raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &r->saved);
}

void relay_resume(struct relay *r)
{
	if (r->raw)
		set_raw(r);
	relay_resize(r);
}

/* relay_resize - give the container's terminal the size of the caller's */
void relay_resize(const struct relay *r)
{
	if (r->pty >= 0)
		tty_copy_size(r->pty);
}

/**
 * relay_poll - what to wait for
 * @fds: receives up to three entries
 *
 * Return: how many.
 */
__idle size_t relay_poll(const struct relay *r, struct pollfd *fds)
{
	short pty = 0;
	size_t n = 0;

	if (r->pty < 0)
		return 0;
	if (r->in_len)
		pty |= POLLOUT;
	if (r->out_len < RELAY_OUT / 2)
		pty |= POLLIN;
	fds[n++] = (struct pollfd){r->pty, pty, 0};
	if (r->in_open && !r->in_len)
		fds[n++] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
	if (r->out_len)
		fds[n++] = (struct pollfd){STDOUT_FILENO, POLLOUT, 0};
	return n;
}

static void read_caller(struct relay *r)
{
	char typed[RELAY_IN - KEYS_MAX];
	ssize_t n = read(STDIN_FILENO, typed, sizeof(typed));

	if (n > 0 && r->keys && r->raw) {
		r->left = keys_take(r->keys, typed, (size_t)n, r->in, &r->in_len);
	} else if (n > 0) {
		memcpy(r->in, typed, (size_t)n);
		r->in_len = (size_t)n;
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		/* What a terminal does at the end of input: the end-of-file character. */
		r->in_open = false;
		r->in[0] = 4;
		r->in_len = 1;
	}
}

static void write_pty(struct relay *r)
{
	ssize_t n = write(r->pty, r->in, r->in_len);

	if (n > 0) {
		r->in_len -= (size_t)n;
		memmove(r->in, r->in + n, r->in_len);
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		r->in_len = 0;
	}
}

/* false: no process has the terminal open any more, or not yet */
static bool read_pty(struct relay *r)
{
	ssize_t n = read(r->pty, r->out + r->out_len, RELAY_OUT - r->out_len);

	if (n > 0)
		r->out_len += (size_t)n;
	return n > 0;
}

/*
 * Only when the caller is ready, and then no more than a pipe that is ready takes: it is not ours
 * to make it non-blocking, and who waits in write(2) for a reader hears no signal and no client.
 */
static void write_caller(struct relay *r)
{
	struct pollfd out = {STDOUT_FILENO, POLLOUT, 0};
	ssize_t n = (ssize_t)r->out_len;

	if (r->out_open && poll(&out, 1, 0) <= 0)
		return;
	if (r->out_open)
		n = write(STDOUT_FILENO, r->out, MIN(r->out_len, (size_t)PIPE_BUF));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		/* The caller's terminal is gone: hang up the container's. */
		r->out_open = r->in_open = false;
		r->out_len = 0;
		return;
	}
	r->out_len -= (size_t)n;
	memmove(r->out, r->out + n, r->out_len);
}

/**
 * relay_move - carry what can be carried
 * @fds: as relay_poll() filled them, after poll(2)
 */
void relay_move(struct relay *r, const struct pollfd *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!fds[i].revents)
			continue;
		if (fds[i].fd == STDIN_FILENO)
			read_caller(r);
		else if (fds[i].fd == STDOUT_FILENO)
			write_caller(r);
		else if (fds[i].revents & POLLIN)
			read_pty(r);
	}
	if (r->pty >= 0 && r->in_len)
		write_pty(r);
	if (r->out_len)
		write_caller(r);
}

/* relay_leave - the caller has left: give the terminal back, the container goes on */
void relay_leave(struct relay *r)
{
	if (r->in_len)
		write_pty(r);
	if (r->out_len)
		write_caller(r);
	relay_pause(r);
	r->raw = r->left = false;
	r->pty = -1;
	free(take_ptr(r->in));
}

/* relay_finish - the container has ended: carry its last words, and give the terminal back */
void relay_finish(struct relay *r)
{
	if (r->pty >= 0) {
		do {
			struct pollfd out = {STDOUT_FILENO, POLLOUT, 0};

			/* Who does not read for so long does not want it, nor what comes after it. */
			if (r->out_len && r->out_open && poll(&out, 1, LAST_WORDS_MS) <= 0)
				r->out_open = false;
			if (r->out_len)
				write_caller(r);
		} while (r->out_len || read_pty(r));
	}
	relay_pause(r);
	free(take_ptr(r->in));
	r->raw = false;
	r->pty = -1;
}
