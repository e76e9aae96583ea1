/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Where nothing is wanted of the parent between the clone and sandbox-init, the container's
 * first process borrows its memory until then (sys_clone_lending()), which saves a tenth of a
 * start. The parent sleeps meanwhile and hears no signal but SIGKILL. So this is not for what may
 * take long: the user's own folders, a store on a server, hooks.
 *
 * What the parent does for the child elsewhere, the child has done for it here: it writes a
 * map of one id itself, and the id helpers were started before the clone and wait for its number
 * (idmap_helper.c). Where that is not enough, because fuse-overlayfs is to be started or something
 * has to be waited for after all, the child gives up, and the launch begins once more without
 * borrowing.
 *
 * The child's struct launch is a copy. Of what it writes into the heap, the parent keeps what was
 * not freed. A child that was killed may have been in the middle of an allocation: then the parent
 * does nothing any more but to say so, and the next command removes what is left. Nobody inside
 * the container runs before exec.
 */
#include <linux/magic.h>
#include <signal.h>
#include <sys/vfs.h>

#include "sandbox/internal.h"

struct loan {
	struct launch *l; /* the parent's */
	int sock;
	pid_t child;
};

/* A file system whose answers may not come, and which is waited for without hearing signals. */
static bool is_remote(const char *path)
{
	static const long types[] = {NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC,  SMB2_SUPER_MAGIC,
				     CIFS_SUPER_MAGIC, CEPH_SUPER_MAGIC, FUSE_SUPER_MAGIC,
				     AFS_SUPER_MAGIC,  AFS_FS_MAGIC,     V9FS_MAGIC,
				     CODA_SUPER_MAGIC, OCFS2_SUPER_MAGIC};
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if ((uint32_t)fs.f_type == (uint32_t)types[i])
			return true;
	}
	return false;
}

/* launch_may_borrow - can the container's first process run in our memory until its exec? */
bool launch_may_borrow(const struct launch *l)
{
	const struct spec *s = l->spec;

#ifdef SANITIZED
	return false;
#endif
	for (size_t i = 0; i < NS_KINDS; i++) {
		if (s->ns[i].mode == NS_JOIN)
			return false;
	}
	/* Nobody enters a time namespace who shares his memory. */
	if (s->ns[NS_USER].mode != NS_PRIVATE || s->ns[NS_TIME].mode == NS_PRIVATE)
		return false;
	if (l->kept_userns || l->joined || l->unattended || l->wait_start || l->cgroup)
		return false;
	if (s->bare || s->mounts.n)
		return false;
	if (l->plan->driver != IDMAP_ONE && l->plan->driver != IDMAP_HELPERS)
		return false;
	if (l->driver != ROOTFS_AUTO && l->driver != ROOTFS_OVERLAY)
		return false;
	return !s->rootfs.layers.n || !is_remote(s->rootfs.layers.v[0]);
}

static int child(void *arg)
{
	struct loan *loan = arg;
	struct launch copy = *loan->l;

	copy.pid = loan->child;
	copy.lender = loan->l;
	child_main(&copy, loan->sock);
}

/* borrow_give_up - in the child: the parent is needed after all */
__noreturn void borrow_give_up(const struct launch *l)
{
	l->lender->not_alone = true;
	_exit(125);
}

static void end_if_killed(int pidfd)
{
	siginfo_t info = {};

	if (sys_waitid_pidfd(pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid ||
	    info.si_code == CLD_EXITED)
		return;
	dprintf(STDERR_FILENO,
		"sandbox: the container's first process was killed while it was starting\n");
	_exit(125);
}

/* Return: 0; -EAGAIN: begin again, without borrowing; or another -errno */
int clone_borrowing(struct launch *l, uint64_t flags, int sock, struct err *e)
{
	struct loan loan = {.l = l, .sock = sock};

	l->pid = sys_clone_lending(child, &loan, (int)flags, &loan.child, &l->pidfd);
	if (l->pid < 0)
		return clone_failed(-l->pid, e);
	end_if_killed(l->pidfd);
	return l->not_alone ? -EAGAIN : 0;
}

/*
 * The parent would come too late: in an exec, or behind the end of the payload, /proc shows it
 * nothing (EACCES).
 */
int step_show_namespaces(struct launch *l, struct err *e)
{
	const uint32_t type = SYNC_NAMESPACES;
	cleanup_close int user = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	cleanup_close int mnt = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	const int fds[] = {user, mnt};
	int r = user < 0 || mnt < 0 ? -errno
				    : send_msg(l->sock, &type, sizeof(type), fds, ARRAY_SIZE(fds));

	return r < 0 ? fail(e, -r, "cannot show the namespaces: %s", strerror(-r)) : 0;
}

/* namespaces_shown - the first message of a child that borrows; it may have ended since */
int namespaces_shown(struct launch *l, struct err *e)
{
	struct sync_msg m = {};
	int fds[2] = {-1, -1};
	size_t n = ARRAY_SIZE(fds);
	ssize_t len = recv_msg(l->sock, &m, sizeof(m), fds, &n);

	if (len == sizeof(m.type) && m.type == SYNC_NAMESPACES && n == ARRAY_SIZE(fds)) {
		l->userns_fd = fds[0];
		l->mntns_fd = fds[1];
		/* See launch_free(). What may start again mounts the same folders at once. */
		if (!l->spec->remove)
			close_fd(take_fd(&l->mntns_fd));
		return 0;
	}
	for (size_t i = 0; len >= 0 && i < n; i++)
		close_fd(fds[i]);
	if (len == sizeof(m)) {
		*e = m.err;
		e->msg[sizeof(e->msg) - 1] = '\0';
		return e->code > 0 ? -e->code : -EIO;
	}
	if (!len)
		return fail(e, EIO, "the container's first process ended while it was starting");
	return fail(e, len < 0 ? (int)-len : EPROTO, "cannot see the container's namespaces: %s",
		    strerror(len < 0 ? (int)-len : EPROTO));
}

int step_own_maps(struct launch *l, struct err *e)
{
	return l->plan->driver == IDMAP_ONE ? idmap_write(l->plan, 0, e)
					    : idmap_hand_over(&l->job, l->pid, e);
}

int step_waiting_helpers(struct launch *l, struct err *e)
{
	return idmap_start(&l->job, 0, e);
}
