/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * create takes the id (state.c), reads the bundle, launches up to the point where the process
 * is to run, and records who that is. Whatever fails before, the id is free again and nothing is
 * left. The order at the end is what a kill at any point has to find right:
 *
 *	the record, without "ready"   the control group can be found and removed
 *	READY                         the first process waits, and dies with us
 *	terminal, pid file, pidfd     the caller has all that it asked for
 *	the record                    other commands believe in the container
 *	LEAVE                         the first process dies with us no more
 *
 * run does the same. In the foreground it stays the parent instead of LEAVE, and starts.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "linux/sys.h"
#include "oci/internal.h"

#define CONFIG_MAX (16 << 20)

/* ---- the bundle ---------------------------------------------------------------------------------------------- */

static int read_bundle(struct making *m, struct err *e)
{
	const char *bundle = m->o->bundle ? m->o->bundle : ".";
	cleanup_free char *path = NULL, *full = realpath(bundle, NULL);
	cleanup_json json *j = NULL;
	int r;

	if (!full)
		return fail_errno(e, "bundle %s", bundle);
	path = m->o->config ? xstrdup(m->o->config) : path_join(full, OCI_CONFIG);
	r = read_file_at(AT_FDCWD, path, CONFIG_MAX, &m->text);
	if (r < 0)
		return fail(e, -r, "cannot read %s: %s", path,
			    r == -EFBIG    ? "it is larger than 16 MiB"
			    : r == -EINVAL ? "it is not a file"
					   : strerror(-r));
	r = json_parse(m->text.data ? m->text.data : "", m->text.len, &j, e);
	if (!r)
		r = spec_from_oci(&m->spec, j, full, e);
	if (r < 0)
		return fail_in(e, r, "%s", path);
	m->state.bundle = take_ptr(full);
	m->state.rootfs = xstrdup(m->spec.rootfs.dir ? m->spec.rootfs.dir : "");
	return 0;
}

/* runc's words for the two ways to get this wrong. */
static int check_terminal(const struct making *m, struct err *e)
{
	bool relayed = m->foreground && !m->o->console_socket;

	if (m->spec.tty && !relayed && !m->o->console_socket)
		return fail(
			e, EINVAL,
			"cannot allocate tty if sandbox-oci will detach without setting console "
			"socket: give --console-socket, or set process.terminal to false");
	if (!m->spec.tty && m->o->console_socket)
		return fail(e, EINVAL,
			    "cannot use console socket if sandbox-oci will not allocate tty: "
			    "process.terminal is false");
	return 0;
}

/* ---- what stands beside the launch ----------------------------------------------------------------------------- */

/* By descriptor, for the path of the folder may be longer than an address takes. */
static int open_listener(struct making *m, struct err *e)
{
	cleanup_close int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	if (sock < 0)
		return fail_errno(e, "cannot make a socket");
	snprintf(at.sun_path, sizeof(at.sun_path), "/proc/self/fd/%d/" OCI_SOCKET, m->state.dir);
	if (bind(sock, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(sock, 64) < 0)
		return fail_errno(e, "cannot make a socket for the start");
	m->launch.start_fd = move_fd_above(take_fd(&sock), 10);
	return m->launch.start_fd < 0 ? fail(e, -m->launch.start_fd, "cannot keep a socket") : 0;
}

/* oci_stdio - the process gets ours; one that the caller had closed is held by an O_PATH one */
void oci_stdio(struct launch *l)
{
	for (int i = 0; i < 3; i++) {
		int flags = fcntl(i, F_GETFL);

		l->stdio[i] = flags >= 0 && !(flags & O_PATH) ? i : -1;
	}
}

/*
 * A caller that joins standard output and error in one pipe and gives no input reads what
 * create itself has to say, to the end (Slurm: run_command.c), and would wait there for as long
 * as the container has the pipe open. Engines that want its output give it pipes of its own.
 */
static bool is_captured(void)
{
	struct stat in, out, err, null;

	return !fstat(0, &in) && !stat("/dev/null", &null) && S_ISCHR(in.st_mode) &&
	       in.st_rdev == null.st_rdev && !fstat(1, &out) && !fstat(2, &err) &&
	       S_ISFIFO(out.st_mode) && out.st_ino == err.st_ino && out.st_dev == err.st_dev;
}

static void silence(struct making *m)
{
	m->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	m->null = m->null < 0 ? -1 : move_fd_above(m->null, 10);
	m->launch.stdio[1] = m->launch.stdio[2] = m->null;
}

static int write_config(struct making *m, struct err *e)
{
	int r = replace_file_at(m->state.dir, OCI_CONFIG, m->text.data, m->text.len, 0600,
				REPLACE_FAST);

	return r < 0 ? fail(e, -r, "cannot keep a copy of config.json: %s", strerror(-r)) : 0;
}

static unsigned own_namespaces(const struct making *m)
{
	unsigned own = 0;

	for (unsigned i = 0; i < NS_KINDS; i++) {
		if (m->spec.ns[i].mode == NS_PRIVATE)
			own |= 1U << i;
	}
	if (m->plan.driver == IDMAP_NONE)
		own &= ~(1U << NS_USER);
	return own;
}

static int on_terminal(struct making *m, struct err *e)
{
	oci_size_terminal(&m->launch);
	if (!m->o->console_socket)
		return 0;
	return oci_send_fd(m->o->console_socket, "--console-socket", m->launch.pty, "/dev/ptmx", e);
}

static int until_ready(struct making *m, struct err *e)
{
	for (;;) {
		enum launch_event event;
		int r = launch_next(&m->launch, &event, e);

		if (!r && event == LAUNCH_TTY)
			r = on_terminal(m, e);
		if (r < 0)
			return r;
		if (event == LAUNCH_GONE)
			return fail(
				e, EIO,
				"the container's first process was killed while it was starting");
		if (event == LAUNCH_READY)
			return 0;
	}
}

static int hand_out(struct making *m, struct err *e)
{
	int r = 0;

	if (m->o->pidfd_socket)
		r = oci_send_fd(m->o->pidfd_socket, "--pidfd-socket", m->launch.pidfd, "pidfd", e);
	return r < 0 ? r : oci_write_pid_file(m->o->pid_file, m->launch.pid, e);
}

static int record(struct making *m, struct err *e)
{
	struct oci_state *s = &m->state;

	s->pid = m->launch.pid;
	s->own = own_namespaces(m);
	s->mount_ns = s->own & 1U << NS_PID ? 0 : launch_mount_ns(&m->launch);
	if (proc_start_time(s->pid, &s->pid_start) < 0 || boot_id(s->boot) < 0)
		return fail(e, ESRCH, "the container's first process is gone");
	s->ready = true;
	return oci_state_save(s, e);
}

/* ---- the whole ---------------------------------------------------------------------------------------------------- */

static int launch(struct making *m, struct err *e)
{
	struct launch *l = &m->launch;
	int r = write_config(m, e);

	fault_point("oci-config");
	if (!r)
		r = oci_group_make(m, e);
	if (!r)
		r = idmap_make_plan(&m->plan, &m->spec, e);
	if (!r && !m->foreground)
		r = open_listener(m, e);
	if (r < 0)
		return r;
	oci_stdio(l);
	if (!m->foreground && is_captured())
		silence(m);
	l->spec = &m->spec;
	l->plan = &m->plan;
	l->unattended = !m->foreground;
	l->wait_start = true;
	l->keep_fds = (int)m->keep_fds;
	l->keep_keyring = m->o->no_new_keyring;
	l->no_pivot = m->o->no_pivot;
	r = launch_start(l, e);
	m->launched = r >= 0;
	if (r < 0)
		return r;
	r = until_ready(m, e);
	fault_point("oci-ready");
	if (r >= 0)
		r = hand_out(m, e);
	if (r >= 0)
		r = record(m, e);
	fault_point("oci-recorded");
	return r;
}

/**
 * oci_make - create a container
 * @m: o is set, and foreground: stay its parent; receives the rest
 *
 * Return: 0: its first process waits; or -errno, and nothing is left.
 */
int oci_make(struct making *m, const char *id, struct err *e)
{
	int r;

	spec_init(&m->spec);
	m->launch.start_fd = m->null = m->group.fd = -1;
	r = oci_state_create(&m->state, m->o, id, e);
	if (r < 0)
		return r;
	m->taken = true;
	m->state.created = wall_ns();
	m->spec.id = xstrdup(id);
	r = read_bundle(m, e);
	if (!r)
		r = check_terminal(m, e);
	if (!r)
		r = oci_notify_prepare(m, e);
	if (!r)
		r = oci_preserve(m->o, &m->spec, &m->keep_fds, e);
	if (!r)
		r = launch(m, e);
	if (!r && !m->foreground)
		r = launch_leave(&m->launch, e);
	if (r < 0)
		oci_unmake(m);
	return r;
}

/* oci_unmake - end it, and give the id back */
void oci_unmake(struct making *m)
{
	struct err e = {};

	if (m->launched)
		launch_kill(&m->launch);
	m->launched = false;
	if (!m->taken)
		return;
	m->taken = false;
	oci_group_kill(&m->state);
	if (oci_group_remove(&m->state, &e) < 0)
		log_warn("%s, ignoring", e.msg);
	oci_state_remove(&m->state);
}

/* oci_making_free - let go of what was made; it lives on */
void oci_making_free(struct making *m)
{
	if (m->launched)
		launch_free(&m->launch);
	close_fd(take_fd(&m->launch.start_fd));
	close_fd(take_fd(&m->null));
	cgroup_free(&m->group);
	idmap_plan_free(&m->plan);
	spec_free(&m->spec);
	buf_free(&m->text);
	oci_state_close(&m->state);
}

int oci_cmd_create(struct oci *o, const struct strv *words, struct err *e)
{
	struct making m = {.o = o};
	int r = oci_make(&m, words->v[0], e);

	oci_making_free(&m);
	return r;
}
