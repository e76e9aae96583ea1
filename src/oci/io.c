/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a caller gets of a process, and gives to it: a file with its number, sockets that take
 * its terminal or its pidfd, descriptors that are handed down.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "oci/internal.h"

#define FDS_MAX 1024

/**
 * oci_write_pid_file - --pid-file; whoever waits for the file finds the whole number in it
 *
 * Return: 0 or -errno.
 */
int oci_write_pid_file(const char *path, pid_t pid, struct err *e)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	cleanup_free char *folder = NULL;
	cleanup_close int dir = -1;
	char text[16];
	int r;

	if (!path)
		return 0;
	folder = !slash          ? xstrdup(".")
		 : slash == path ? xstrdup("/")
				 : xstrndup(path, (size_t)(slash - path));
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fail_errno(e, "cannot write --pid-file %s", path);
	snprintf(text, sizeof(text), "%d", pid);
	r = replace_file_at(dir, slash ? slash + 1 : path, text, strlen(text), 0666, REPLACE_FAST);
	return r < 0 ? fail(e, -r, "cannot write --pid-file %s: %s", path, strerror(-r)) : 0;
}

/* By descriptor: a socket's path may be longer than an address takes. */
static int connect_to(const char *path, const char *option, struct err *e)
{
	cleanup_close int at = open(path, O_PATH | O_CLOEXEC);
	cleanup_close int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	if (at < 0 || sock < 0)
		return fail_errno(e, "%s %s", option, path);
	snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d", at);
	if (connect(sock, (struct sockaddr *)&to, sizeof(to)) < 0)
		return fail_errno(e, "%s %s: nobody listens at it", option, path);
	return take_fd(&sock);
}

/**
 * oci_send_fd - hand a descriptor to whoever listens at a socket, as runc does
 * @option: that named the socket, for messages
 * @name: what runc sends along with such a descriptor
 *
 * Return: 0 or -errno.
 */
int oci_send_fd(const char *path, const char *option, int fd, const char *name, struct err *e)
{
	cleanup_close int sock = connect_to(path, option, e);
	int r = sock < 0 ? sock : send_msg(sock, name, strlen(name), &fd, 1);

	if (sock >= 0 && r < 0)
		return fail(e, -r, "%s %s: %s", option, path, strerror(-r));
	return r;
}

/* oci_size_terminal - as process.consoleSize says */
void oci_size_terminal(const struct launch *l)
{
	const struct oci_spec *s = &l->spec->oci;
	const struct winsize size = {.ws_col = (unsigned short)s->console_width,
				     .ws_row = (unsigned short)s->console_height};

	if (size.ws_col || size.ws_row)
		ioctl(l->pty, TIOCSWINSZ, &size);
}

/* The descriptors of socket activation, if they are meant for us. Source: sd_listen_fds(3). */
static uint32_t listen_fds(void)
{
	const char *n = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	uint32_t count, whose;

	if (!n || parse_u32(n, &count) < 0 || count > FDS_MAX)
		return 0;
	return pid && !parse_u32(pid, &whose) && whose == (uint32_t)getpid() ? count : 0;
}

/**
 * oci_preserve - which descriptors from 3 on are handed down
 * @s: its environment tells the process of those of socket activation
 * @count: receives how many
 *
 * Return: 0, or -EBADF when one of them is not open.
 */
int oci_preserve(const struct oci *o, struct spec *s, unsigned *count, struct err *e)
{
	uint32_t listening = listen_fds(), wanted = 0;
	char text[12];

	if (o->preserve_fds && (parse_u32(o->preserve_fds, &wanted) < 0 || wanted > FDS_MAX))
		return fail(e, EINVAL, "--preserve-fds takes a number up to %d, not \"%s\"",
			    FDS_MAX, o->preserve_fds);
	for (uint32_t i = 0; i < listening + wanted; i++) {
		if (fcntl((int)i + 3, F_GETFD) < 0)
			return fail(e, EBADF,
				    "descriptor %u is to be handed down and is not open; "
				    "%u from 3 on were asked for",
				    i + 3, listening + wanted);
	}
	if (listening) {
		const char *names = getenv("LISTEN_FDNAMES");

		snprintf(text, sizeof(text), "%u", listening);
		env_set(&s->env, "LISTEN_FDS", text);
		env_set(&s->env, "LISTEN_PID", "1");
		if (names)
			env_set(&s->env, "LISTEN_FDNAMES", names);
	}
	*count = listening + wanted;
	return 0;
}
