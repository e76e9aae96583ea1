/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal's side of an attached container: bytes both ways, until it ends, its
 * supervisor goes, or the detach keys are typed.
 */
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>

#include "container/control.h"
#include "container/internal.h"

/**
 * struct attachment - a command that is attached
 * @pending: input that the supervisor has not taken yet, @npending bytes of it; none is read
 *	meanwhile, and output goes on: both sides sending and neither reading would last for ever
 */
struct attachment {
	int sock, signals;
	char pending[CTL_DATA_MAX / 2 + KEYS_MAX];
	size_t npending;
	bool eof; /* comes behind it */
	const struct dirs *dirs;
	const struct container_info *info;
	bool input, raw;
	struct termios saved;
	struct keys keys;
};

/* Sends what is pending, if the supervisor takes it. */
static void send_pending(struct attachment *a)
{
	if (a->npending && ctl_send(a->sock, CTL_STDIN, 0, 0, a->pending, a->npending) == -EAGAIN)
		return;
	a->npending = 0;
	if (a->eof && ctl_send(a->sock, CTL_EOF, 0, 0, NULL, 0) != -EAGAIN)
		a->eof = false;
}

/* Return: true when the last of the keys was typed. */
static bool take_input(struct attachment *a, const char *data, size_t n)
{
	if (keys_take(&a->keys, data, n, a->pending, &a->npending))
		return true;
	send_pending(a);
	return false;
}

static void send_size(const struct attachment *a)
{
	struct winsize size;

	if (!ioctl(STDIN_FILENO, TIOCGWINSZ, &size) || !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		ctl_send(a->sock, CTL_RESIZE, size.ws_row << 16 | size.ws_col, 0, NULL, 0);
}

static void on_signal(const struct attachment *a)
{
	struct signalfd_siginfo info;
	struct err e = {};

	if (read(a->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGWINCH)
		send_size(a);
	else if (container_signal(a->dirs, a->info, (int)info.ssi_signo, &e) < 0)
		log_warn("%s, ignoring", e.msg);
}

/* Return: 1 detached, 0 go on, -errno. */
static int on_input(struct attachment *a)
{
	char data[CTL_DATA_MAX / 2];
	ssize_t n = read(STDIN_FILENO, data, sizeof(data));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0) {
		a->input = false;
		a->eof = true;
		send_pending(a);
		return 0;
	}
	return take_input(a, data, (size_t)n);
}

/* Return: 1 when nobody reads what we print: the container goes on without us. */
static int on_message(const struct attachment *a, int *exit_code, struct err *e)
{
	static struct ctl_msg m;
	size_t n;
	int r = ctl_receive(a->sock, &m, &n, NULL, 0, e);

	if (r < 0)
		return r;
	if (m.head.type == CTL_EXIT)
		*exit_code = m.head.value;
	else if (m.head.type == CTL_STDOUT || m.head.type == CTL_STDERR)
		return write_full(m.head.type == CTL_STDOUT ? STDOUT_FILENO : STDERR_FILENO, m.data,
				  n) < 0;
	return 0;
}

static int relay_all(struct attachment *a, int *exit_code, struct err *e)
{
	int r = 0;

	while (!r) {
		struct pollfd fds[] = {
			{a->sock, POLLIN | (a->npending || a->eof ? POLLOUT : 0), 0},
			{a->signals, POLLIN, 0},
			{a->input && !a->npending ? STDIN_FILENO : -1, POLLIN, 0},
		};

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		if (fds[1].revents)
			on_signal(a);
		if (fds[2].revents)
			r = on_input(a);
		if (fds[0].revents & POLLOUT)
			send_pending(a);
		if (!r && fds[0].revents & ~POLLOUT)
			r = on_message(a, exit_code, e);
	}
	/* The end of the connection is the end of the container when it has said how it ended. */
	return r == -ECONNRESET && *exit_code >= 0 ? 0 : r;
}

static void open_signals(struct attachment *a)
{
	static const int passed_on[] = {SIGWINCH, SIGINT,  SIGTERM, SIGQUIT,
					SIGHUP,   SIGUSR1, SIGUSR2};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
		sigaddset(&set, passed_on[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	a->signals = signalfd(-1, &set, SFD_CLOEXEC);
}

static void make_raw(struct attachment *a)
{
	struct termios raw;

	if (!a->input || tcgetattr(STDIN_FILENO, &a->saved) < 0)
		return;
	raw = a->saved;
	cfmakeraw(&raw);
	a->raw = !tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

/**
 * container_attach - connect our standard input and output to a container's
 * @keys: that detach, such as "ctrl-p,ctrl-q"; "" for none
 * @with_stdin: also the input
 * @exit_code: receives the container's exit code, or -1 when it was only left
 *
 * Return: 0 or -errno.
 */
int container_attach(const struct dirs *dirs, const struct container_info *i, const char *keys,
		     bool with_stdin, int *exit_code, struct err *e)
{
	struct attachment a = {
		.sock = -1, .signals = -1, .dirs = dirs, .info = i, .input = with_stdin};
	struct spec s;
	int r = keys_parse(&a.keys, keys, e);

	*exit_code = -1;
	spec_init(&s);
	if (!r)
		r = life_may(OP_ATTACH, i->state, i->id, e);
	if (r >= 0)
		r = container_spec(dirs, i, &s, e);
	if (!r)
		a.sock = r = ctl_connect(dirs, i, e);
	if (r >= 0)
		r = ctl_ask(a.sock, CTL_ATTACH, with_stdin ? CTL_WITH_STDIN : 0, 0, NULL, NULL, e);
	if (!r) {
		open_signals(&a);
		if (s.tty) {
			send_size(&a);
			make_raw(&a);
		}
		/* Bytes that nobody types are no keys. */
		if (!a.raw)
			a.keys.n = 0;
		r = relay_all(&a, exit_code, e);
	}
	if (a.raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &a.saved);
	close_fd(a.sock);
	close_fd(a.signals);
	spec_free(&s);
	return r < 0 ? r : 0;
}
