/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "oci/internal.h"

/**
 * oci_connect_start - the socket that a created container's first process waits at
 *
 * Return: a new descriptor; -ENOENT or -ECONNREFUSED when nobody waits, -EAGAIN when somebody does
 * and more than enough others have asked, or another -errno. It never blocks.
 */
int oci_connect_start(const struct oci_state *s, struct err *e)
{
	cleanup_close int at = openat(s->dir, OCI_SOCKET, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct stat st;

	if (at < 0 || sock < 0)
		return fail_errno(e, "cannot reach container %s", s->id);
	if (fstat(at, &st) < 0 || !S_ISSOCK(st.st_mode))
		return fail(e, ENOTSOCK, "cannot reach container %s", s->id);
	snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d", at);
	if (connect(sock, (struct sockaddr *)&to, sizeof(to)) < 0)
		return fail_errno(e, "cannot reach container %s", s->id);
	return take_fd(&sock);
}

/* What the hooks want of a container's configuration. */
static int spec_of(const struct oci_state *s, struct spec *spec, struct err *e)
{
	cleanup_json json *config = NULL;
	int r = oci_state_config(s, &config, e);

	if (!r)
		r = spec_from_oci(spec, config, s->bundle, e);
	if (!r)
		spec->id = xstrdup(s->id);
	return r;
}

/**
 * oci_hooks - run the hooks of a stage; what they do wrong is logged and no more
 *
 * Source: config.md of the runtime specification, "POSIX-platform hooks".
 */
void oci_hooks(const struct oci_state *s, enum hook_kind kind, enum oci_status status)
{
	struct err e = {};
	struct spec spec;
	int r;

	spec_init(&spec);
	r = spec_of(s, &spec, &e);
	if (!r && s->foreign && spec.oci.hooks[kind].n) {
		/* His programs, with root's session, terminal and folder. */
		log_warn("%s hooks of another user's container are not run by root, ignoring",
			 hook_names[kind]);
		goto out;
	}
	if (!r)
		r = hooks_run(&spec, kind, oci_status_name(status),
			      status == OCI_STOPPED ? 0 : s->pid, &e);
	if (r < 0)
		log_warn("%s, ignoring", e.msg);
out:
	spec_free(&spec);
}

/**
 * oci_started - record what can be seen of a container only when its process runs
 *
 * A first process that is still ours lets nobody look at it. What shares the host's process
 * numbers is found by its mount namespace when that process has ended.
 */
void oci_started(struct oci_state *s)
{
	const struct launch l = {.pid = s->pid};
	struct err e = {};

	if (s->mount_ns || s->own & 1U << NS_PID || !(s->own & 1U << NS_MNT))
		return;
	s->mount_ns = launch_mount_ns(&l);
	if (s->mount_ns && oci_state_save(s, &e) < 0)
		log_warn("%s, ignoring", e.msg);
}

/**
 * oci_start - let a created container run its process
 * @s: locked
 *
 * Return: 0: it runs; or -errno.
 */
int oci_start(struct oci_state *s, struct err *e)
{
	cleanup_close int sock = oci_connect_start(s, NULL);
	cleanup_close int notify = -1;
	enum oci_status status = sock < 0 ? oci_state_status(s) : OCI_CREATED;
	int r;

	if (sock < 0)
		return fail(e, status == OCI_STOPPED ? ESRCH : EINVAL,
			    "cannot start container %s: it is %s, not created", s->id,
			    oci_status_name(status));
	notify = oci_notify_open(s, e);
	if (notify < -1)
		return notify;
	fcntl(sock, F_SETFL, 0);
	fault_point("oci-connected");
	r = launch_trigger(sock, e);
	if (r < 0)
		return r;
	unlinkat(s->dir, OCI_SOCKET, 0);
	oci_started(s);
	oci_hooks(s, HOOK_POSTSTART, OCI_RUNNING);
	if (notify >= 0) {
		/* It may take its time, and others must be able to end it meanwhile. */
		oci_state_unlock(s);
		oci_notify_wait(s, notify);
	}
	return 0;
}

int oci_cmd_start(struct oci *o, const struct strv *words, struct err *e)
{
	cleanup_state struct oci_state s;
	int r = oci_state_open(&s, o, words->v[0], OCI_LOCK, e);

	return r < 0 ? r : oci_start(&s, e);
}
