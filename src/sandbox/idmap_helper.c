/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Writing the maps. The helpers newuidmap and newgidmap run both at once and
 * beside whatever the child does meanwhile. They are started with CLONE_VM but
 * without CLONE_VFORK: no page tables are copied and we do not wait for their
 * exec. So their code before exec runs in our memory while we go on: it touches
 * nothing but its own stack and its struct spawn, and no libc state. Started before the child
 * is, they wait for its number at a pipe.
 *
 * A helper is taken from a fixed list of folders, never from PATH, belongs to
 * root, and gets an empty environment and no descriptor but /dev/null and a pipe
 * for what it complains about. What can be known before is checked before: the
 * plan falls back to one id then. A helper that fails later is an error,
 * because the child cannot change its plan any more.
 */
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "linux/sys.h"
#include "sandbox/idmap_internal.h"

#ifdef SANITIZED
#define SPAWN_SIZE (64 << 10)
#else
#define SPAWN_SIZE (12 << 10)
#endif
#define HELPER_TIMEOUT_S 30
#define AWAIT_S          3

static const char *const names[2] = {"newuidmap", "newgidmap"};

const char *id_helper_name(enum which w)
{
	return names[w];
}

/* ---- finding them ------------------------------------------------------------------------------ */

/* Does the file give CAP_SETUID or CAP_SETGID, effective at once? */
static bool has_file_cap(const char *path, enum which w)
{
	struct vfs_ns_cap_data d = {};
	ssize_t n = getxattr(path, "security.capability", &d, sizeof(d));
	uint32_t bit = 1U << (w == UIDS ? CAP_SETUID : CAP_SETGID);

	return n >= (ssize_t)(2 * sizeof(uint32_t)) && (le32toh(d.magic_etc) & 1) &&
	       (le32toh(d.data[0].permitted) & bit);
}

static enum helper_state examine(const char *path, enum which w)
{
	struct statvfs fs;
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return ID_HELPER_MISSING;
	if (st.st_uid != 0)
		return ID_HELPER_NOT_ROOT;
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return ID_HELPER_WRITABLE;
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return ID_HELPER_NO_EXEC;
	if (!(st.st_mode & S_ISUID) && !has_file_cap(path, w))
		return ID_HELPER_NO_PRIV;
	if (!statvfs(path, &fs) && (fs.f_flag & ST_NOSUID))
		return ID_HELPER_NOSUID;
	return ID_HELPER_OK;
}

/**
 * id_helper_find - the first helper of the fixed list that will do
 * @h: set; when none will do, the first that is there at all
 */
void id_helper_find(struct id_helper *h, enum which w)
{
	/* The last three are NixOS, Guix, and installations by hand. */
	static const char *const paths[][2] = {
		{"/usr/bin/newuidmap", "/usr/bin/newgidmap"},
		{"/bin/newuidmap", "/bin/newgidmap"},
		{"/run/wrappers/bin/newuidmap", "/run/wrappers/bin/newgidmap"},
		{"/run/privileged/bin/newuidmap", "/run/privileged/bin/newgidmap"},
		{"/usr/local/bin/newuidmap", "/usr/local/bin/newgidmap"},
	};

	*h = (struct id_helper){.state = ID_HELPER_MISSING};
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		enum helper_state s = examine(paths[i][w], w);

		if (s == ID_HELPER_OK || h->state == ID_HELPER_MISSING) {
			h->state = s;
			h->path = paths[i][w];
		}
		if (s == ID_HELPER_OK)
			return;
	}
}

/* ---- starting them ------------------------------------------------------------------------------- */

/**
 * struct spawn - what the child needs before its exec; lives until idmap_finish()
 *
 * The stack's upper end shares its page with the rest, and all of it is kept out of
 * forks: after the clone of the container's process, where it has memory of its own, each page
 * of ours that we write first has to be copied.
 */
struct spawn {
	char stack[SPAWN_SIZE - 64];
	const char *path;
	char **argv;
	char child[12];
	int out;  /* the child reads it some time after the clone */
	int ours; /* the same end, for us to close */
	int error;
	int go[2]; /* to read a byte from, and to close; -1 when @child is there already */
	bool handed;
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct spawn) == SPAWN_SIZE, "whole pages");

/* Shares our memory: only system calls, and nothing that may fail but the exec. */
static __attribute__((no_sanitize("address"))) int helper_child(void *arg)
{
	static char *const no_env[] = {NULL};
	struct spawn *s = arg;
	int null;

	/* Its end comes when whoever was to tell has died. No call here may fail: errno is shared. */
	if (s->go[0] >= 0) {
		char byte;

		close(s->go[1]);
		if (read(s->go[0], &byte, 1) != 1)
			return 127;
	}
	null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(s->out, STDERR_FILENO);
	sys_close_range(3, ~0U, 0);
	/* Nothing is caught in this program (it waits in signalfd), so no handler can run in our stead. */
	reset_signals();
	execve(s->path, s->argv, no_env);
	s->error = errno;
	return 127;
}

/* All but the child's pid, which is not known yet. */
static char **helper_argv(const struct idmap *m, enum which w, char *pid)
{
	struct strv a = {};

	strv_add(&a, names[w]);
	strv_take(&a, pid);
	for (size_t i = 0; i < m->n; i++) {
		strv_addf(&a, "%u", m->v[i].inside);
		strv_addf(&a, "%u", m->v[i].outside);
		strv_addf(&a, "%u", m->v[i].count);
	}
	return a.v;
}

static void free_spawn(struct spawn *s)
{
	for (char **a = s->argv; a && *a; a++) {
		if (*a != s->child)
			free(*a);
	}
	free(s->argv);
	munmap(s, sizeof(*s));
}

static int prepare_helper(struct idmap_job *j, const struct idmap_plan *plan, enum which w,
			  struct err *e)
{
	struct spawn *s;
	int p[2];

	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s == MAP_FAILED)
		return fail_errno(e, "cannot start %s", names[w]);
	madvise(s, sizeof(*s), MADV_DONTFORK);
	s->ours = s->go[0] = s->go[1] = -1;
	j->spawn[w] = s;
	if (pipe2(p, O_CLOEXEC) < 0)
		return fail_errno(e, "cannot make a pipe");
	s->path = plan->helper[w];
	s->argv = helper_argv(w == UIDS ? &plan->uid : &plan->gid, w, s->child);
	s->out = s->ours = p[1];
	j->out[w] = p[0];
	return 0;
}

static void name_child(struct spawn *s, pid_t child)
{
	snprintf(s->child, sizeof(s->child), "%d", child);
	s->handed = child;
}

/*
 * Both one after the other and nothing between: while one of them shares our
 * memory on another processor, each page that we touch first costs an interrupt there.
 */
static int start_helpers(struct idmap_job *j, pid_t child, struct err *e)
{
	sigset_t all, old;
	int err = 0, w;

	for (w = UIDS; w <= GIDS; w++) {
		memcpy(j->spawn[w]->go, j->go, sizeof(j->go));
		name_child(j->spawn[w], child);
	}
	/* No handler of ours may run in a child before it has reset them. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	for (w = UIDS; w <= GIDS; w++) {
		struct spawn *s = j->spawn[w];

		j->pid[w] = clone(helper_child, s->stack + sizeof(s->stack) / 16 * 16,
				  CLONE_VM | CLONE_PIDFD | SIGCHLD, s, &j->pidfd[w]);
		if (j->pid[w] < 0) {
			err = errno;
			j->pidfd[w] = -1;
			break;
		}
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	close_fdp(&j->spawn[UIDS]->ours);
	close_fdp(&j->spawn[GIDS]->ours);
	return err ? fail(e, err, "cannot start %s: %s", names[w], strerror(err)) : 0;
}

/* ---- writing directly ---------------------------------------------------------------------------- */

static int apparmor_restricts(void)
{
	char c = '0';
	cleanup_close int fd = open("/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
				    O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, &c, 1) == 1 && c == '1';
}

static int write_failed(const char *path, int r, const struct idmap_plan *p, struct err *e)
{
	uint32_t zero;

	fail(e, -r, "cannot write %s: %s", path, strerror(-r));
	if (r != -EPERM && r != -EACCES)
		return r;
	if (apparmor_restricts())
		return fail_hint(
			e, r,
			"AppArmor restricts user namespaces here: install the profile that \"sandbox doctor\" prints");
	if (r == -EACCES)
		return fail_hint(
			e, r, "the process there is not dumpable, or a security module forbids it");
	if (geteuid() == 0 && idmap_lookup(&p->uid, 0, &zero) && zero == 0)
		return fail_hint(
			e, r,
			"mapping user id 0 needs CAP_SETFCAP since Linux 5.12: give it to the container that you are in");
	return fail_hint(e, r, "\"sandbox doctor\" tells what forbids it");
}

static int write_proc(const struct idmap_plan *p, pid_t child, const char *name, const char *text,
		      struct err *e)
{
	char path[64];
	int r;

	if (child)
		snprintf(path, sizeof(path), "/proc/%d/%s", child, name);
	else
		snprintf(path, sizeof(path), "/proc/self/%s", name);
	r = write_file(path, text);
	return r < 0 ? write_failed(path, r, p, e) : 0;
}

static int write_direct(const struct idmap_plan *p, pid_t child, struct err *e)
{
	cleanup_buf struct buf uid = {}, gid = {};
	int r = 0;

	map_format(&p->uid, '\n', &uid);
	map_format(&p->gid, '\n', &gid);
	if (p->deny_setgroups)
		r = write_proc(p, child, "setgroups", "deny", e);
	if (!r)
		r = write_proc(p, child, "gid_map", gid.data, e);
	if (!r)
		r = write_proc(p, child, "uid_map", uid.data, e);
	return r;
}

/* ---- the job ----------------------------------------------------------------------------------------- */

static void job_free(struct idmap_job *j)
{
	for (int w = UIDS; w <= GIDS; w++) {
		close_fdp(&j->pidfd[w]);
		close_fdp(&j->out[w]);
		close_fdp(&j->go[w]);
		if (j->spawn[w]) {
			close_fdp(&j->spawn[w]->ours);
			free_spawn(take_ptr(j->spawn[w]));
		}
	}
	*j = (struct idmap_job){};
}

/**
 * idmap_prepare - what idmap_start() needs and a child's pid does not decide
 * @j: set; idmap_start() or idmap_cancel() has to follow when 0 was returned
 * @p: borrowed until the end of the job
 *
 * Context: parent side, before the clone of the child: after it, every page that is
 * written has to be copied first, while nothing happens yet.
 * Return: 0 or -errno, and then there is nothing to cancel.
 */
int idmap_prepare(struct idmap_job *j, const struct idmap_plan *p, struct err *e)
{
	int r = 0;

	*j = (struct idmap_job){
		.plan = p, .pid = {-1, -1}, .pidfd = {-1, -1}, .out = {-1, -1}, .go = {-1, -1}};
	if (p->driver == IDMAP_HELPERS)
		r = prepare_helper(j, p, UIDS, e);
	if (!r && p->driver == IDMAP_HELPERS)
		r = prepare_helper(j, p, GIDS, e);
	if (r < 0)
		job_free(j);
	return r;
}

/**
 * idmap_start - begin to write the maps of a child
 * @j: from idmap_prepare(); idmap_finish() has to follow when 0 was returned
 * @child: our own child, alive and not reaped, with a user namespace of its own; 0: it is not there
 *	yet, and idmap_hand_over() is to follow (with helpers), or it is ourselves (without).
 *	It has to be dumpable until idmap_finish(): its files in /proc are root's
 *	otherwise, and neither we nor a newuidmap with file capabilities or built
 *	with libcap (it opens them as the user) could write them (EACCES)
 *
 * Context: parent side. With helpers it returns before they have started to
 * run; without, everything is written when it returns.
 * Return: 0 or -errno, and then nothing of it is running.
 */
int idmap_start(struct idmap_job *j, pid_t child, struct err *e)
{
	int r;

	if (j->plan->driver != IDMAP_HELPERS)
		return write_direct(j->plan, child, e);
	if (!child && pipe2(j->go, O_CLOEXEC) < 0)
		r = fail_errno(e, "cannot make a pipe");
	else
		r = start_helpers(j, child, e);
	if (r < 0)
		idmap_cancel(j);
	return r;
}

/**
 * idmap_write - write the maps of a child, from beginning to end
 *
 * @child: 0: ourselves, and one id
 *
 * For those who have nothing to do meanwhile; as idmap_start() and idmap_finish().
 */
int idmap_write(const struct idmap_plan *p, pid_t child, struct err *e)
{
	struct idmap_job j;
	int r = idmap_prepare(&j, p, e);

	if (!r)
		r = idmap_start(&j, child, e);
	return r ? r : idmap_finish(&j, e);
}

/**
 * idmap_hand_over - tell helpers that wait whom they work for
 * @child: in the process numbers that /proc shows
 *
 * Context: the parent, or a child that has borrowed its memory.
 */
int idmap_hand_over(struct idmap_job *j, pid_t child, struct err *e)
{
	for (int w = UIDS; w <= GIDS; w++)
		name_child(j->spawn[w], child);
	return write(j->go[1], "ug", 2) == 2 ? 0
					     : fail_errno(e, "cannot wake newuidmap and newgidmap");
}

static bool is_mapped(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c;

	return fd >= 0 && read(fd, &c, 1) == 1;
}

/**
 * idmap_await - wait for the helpers, in the process that they work for
 * @j: as the parent had it at the clone
 *
 * Return: 0, also when there are none; -ETIMEDOUT after some seconds; or another -errno. Where they
 * failed it does not return: their parent knows why.
 */
int idmap_await(struct idmap_job *j, struct err *e)
{
	struct pollfd p = {.events = POLLIN};
	int r;

	if (j->plan->driver != IDMAP_HELPERS)
		return 0;
	/* The one that was started last is mostly the last: so we wake up once. */
	for (int w = GIDS; w >= UIDS; w--) {
		p.fd = j->pidfd[w];
		do
			r = poll(&p, 1, AWAIT_S * 1000);
		while (r < 0 && errno == EINTR);
		if (r <= 0)
			return fail(e, r ? errno : ETIMEDOUT, "cannot wait for %s", names[w]);
	}
	if (!is_mapped("/proc/self/uid_map") || !is_mapped("/proc/self/gid_map"))
		_exit(125);
	return 0;
}

/* Waits for the end of a helper. Return: its waitid() status in @info, or -ETIMEDOUT. */
static int await(int pidfd, siginfo_t *info)
{
	struct pollfd pfd = {.fd = pidfd, .events = POLLIN};
	int64_t end = now_ns() + HELPER_TIMEOUT_S * 1000000000LL, left;
	int r;

	do {
		left = (end - now_ns()) / 1000000;
		r = poll(&pfd, 1, left > 0 ? (int)left : 0);
	} while (r < 0 && errno == EINTR);
	if (r <= 0)
		sys_pidfd_send_signal(pidfd, SIGKILL);
	if (sys_waitid_pidfd(pidfd, info, WEXITED) < 0)
		return -ECHILD;
	return r > 0 ? 0 : -ETIMEDOUT;
}

static int helper_failed(const struct idmap_job *j, enum which w, int r, const siginfo_t *info,
			 struct err *e)
{
	const struct spawn *s = j->spawn[w];
	char text[512];
	ssize_t n;

	if (r == -ETIMEDOUT)
		return fail(
			e, ETIMEDOUT,
			"%s did not finish in %d s; look whether the name service (sssd, LDAP) answers",
			s->path, HELPER_TIMEOUT_S);
	if (r < 0)
		return fail(e, -r, "cannot wait for %s: %s", s->path, strerror(-r));
	if (!s->handed)
		return fail(e, EIO,
			    "the container's first process was killed while it was starting");
	if (s->error)
		return fail(e, s->error, "cannot execute %s: %s", s->path, strerror(s->error));
	if (info->si_code != CLD_EXITED)
		return fail(e, EPERM, "%s was killed by signal %d", s->path, info->si_status);
	/*
	 * It is dead, and what it wrote is there. Not to the end of the file: the child whose maps
	 * these are may have the writing end as well, and wait for us.
	 */
	fcntl(j->out[w], F_SETFL, O_NONBLOCK);
	n = read(j->out[w], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	fail(e, EPERM, "%s failed with exit code %d: %s", s->path, info->si_status,
	     n > 0 ? str_trim(text) : "it does not say why");
	return fail_hint(e, -EPERM, "\"sandbox doctor\" checks what it needs");
}

/**
 * idmap_finish - wait until the maps are written
 * @j: from idmap_start(); is used up
 *
 * Context: parent side; blocks for at most 30 s a helper.
 * Return: 0; -EPERM when a helper refused or failed; -ETIMEDOUT.
 */
int idmap_finish(struct idmap_job *j, struct err *e)
{
	int r = 0;

	/* Those who wait still have nobody any more to wait for. */
	close_fdp(&j->go[0]);
	close_fdp(&j->go[1]);
	for (int w = UIDS; w <= GIDS; w++) {
		siginfo_t info = {};
		int one;

		if (j->pidfd[w] < 0)
			continue;
		one = await(j->pidfd[w], &info);
		if (!r && (one < 0 || info.si_code != CLD_EXITED || info.si_status))
			r = helper_failed(j, (enum which)w, one, &info, e);
	}
	job_free(j);
	return r;
}

/**
 * idmap_cancel - kill and reap the helpers, when the start is given up
 * @j: at any stage, also all zero; is used up
 */
void idmap_cancel(struct idmap_job *j)
{
	if (!j->plan)
		return;
	for (int w = UIDS; w <= GIDS; w++) {
		siginfo_t info;

		if (j->pidfd[w] < 0)
			continue;
		sys_pidfd_send_signal(j->pidfd[w], SIGKILL);
		sys_waitid_pidfd(j->pidfd[w], &info, WEXITED);
	}
	job_free(j);
}
