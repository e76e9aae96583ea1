/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A filter may hand system calls to a listener, a program of the host that config.json names
 * by its socket. We connect while the host's paths are there. The kernel makes the
 * descriptor that he is to get when it takes the filter, and from then on the filter is about
 * our own calls as well: sendmsg() might wait for the very listener who has not got
 * it yet. So a second process, which shares our memory and descriptors and has no filter,
 * waits for the number to appear there, and sends it.
 *
 * Source: runtime-spec config-linux.md, "The Container Process State"; seccomp_unotify(2).
 */
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "sandbox/internal.h"

#define STACK_SIZE  (64 << 10)
#define NOT_YET     (-2)
#define NEVER       (-1)
#define TRIES_PAUSE 100000L /* ns */

/**
 * struct handover - what the two share
 * @fd: NOT_YET, NEVER, or the descriptor for the listener
 * @error: errno of the sending
 * @done: the second process touches nothing any more
 * @parent: the first one
 */
struct handover {
	volatile int fd, error, done;
	pid_t parent;
	int sock;
	const char *state;
};

/* pid_by_proc - what a /proc calls us, which is our pid in its namespace; 0 when it knows us not */
pid_t pid_by_proc(int proc)
{
	char text[16] = "";

	if (readlinkat(proc, "self", text, sizeof(text) - 1) <= 0)
		return 0;
	return (pid_t)strtol(text, NULL, 10);
}

int step_listener(struct launch *l, struct err *e)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	cleanup_close int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cleanup_close int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (strlen(l->c.watch.listener) >= sizeof(a.sun_path))
		return fail(e, ENAMETOOLONG, "linux.seccomp.listenerPath: at most %zu bytes",
			    sizeof(a.sun_path) - 1);
	strcpy(a.sun_path, l->c.watch.listener);
	if (sock < 0 || connect(sock, (struct sockaddr *)&a, sizeof(a)) < 0)
		return fail_errno(e, "linux.seccomp.listenerPath: cannot connect to %s",
				  a.sun_path);
	l->c.listener = take_fd(&sock);
	l->c.host_pid = pid_by_proc(proc);
	return 0;
}

/* The form that the specification gives to what the listener reads first. */
static char *process_state(const struct launch *l)
{
	cleanup_free char *text = spec_state(l->spec, "creating", l->c.host_pid);
	json *j cleanup_json = json_obj();
	json *fds = json_arr(), *state = NULL;

	json_add(fds, json_str("seccompFd"));
	json_set(j, "ociVersion", json_str(l->spec->oci.version));
	json_set(j, "fds", fds);
	json_set(j, "pid", json_i64(l->c.host_pid));
	json_set(j, "metadata", json_str(l->c.watch.metadata));
	if (!json_parse_bytes(text, strlen(text), &state, NULL))
		json_set(j, "state", state);
	return json_dump(j, false);
}

/* Shares our memory: only system calls and what is here. */
static __attribute__((no_sanitize("address"))) int sender(void *arg)
{
	struct handover *h = arg;
	const struct timespec pause = {.tv_nsec = TRIES_PAUSE};

	/* Our parent may be killed by the very filter. */
	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	while (h->fd == NOT_YET && getppid() == h->parent)
		nanosleep(&pause, NULL);
	if (h->fd >= 0) {
		int fd = h->fd;
		int r = send_msg(h->sock, h->state, strlen(h->state), &fd, 1);

		h->error = r < 0 ? -r : 0;
	}
	h->done = true;
	return 0;
}

/**
 * load_watched - load a filter and hand its listener over
 *
 * Return: 0 or -errno.
 */
int load_watched(struct launch *l, struct err *e)
{
	cleanup_free char *state = process_state(l);
	struct handover h = {
		.fd = NOT_YET, .sock = l->c.listener, .state = state, .parent = getpid()};
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	int r, status;
	pid_t pid, waited;

	if (stack == MAP_FAILED)
		return fail_errno(e, "cannot hand the listener over");
	pid = clone(sender, stack + STACK_SIZE, CLONE_VM | CLONE_FILES | SIGCHLD, &h);
	if (pid < 0)
		return fail_errno(e, "cannot hand the listener over");
	r = seccomp_load(l->c.seccomp, l->c.watch.flags | SECCOMP_FILTER_FLAG_NEW_LISTENER, e);
	h.fd = r < 0 ? NEVER : r;
	/* Its memory is ours: nothing may be given back before, even where the filter forbids to wait. */
	do
		waited = waitpid(pid, &status, __WALL);
	while (waited < 0 && errno == EINTR);
	/* One that was killed will not say so. */
	while (!h.done && waited != pid)
		;
	if (!h.done && r >= 0)
		r = fail(e, EIO, "handing the listener over was interrupted");
	if (r < 0)
		return r;
	close_fd(r);
	close_fd(take_fd(&l->c.listener));
	if (h.error)
		return fail(e, h.error, "cannot hand the listener over: %s", strerror(h.error));
	return 0;
}
