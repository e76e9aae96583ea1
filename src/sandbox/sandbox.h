/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox: launches what a spec describes.
 */
#ifndef SANDBOX_SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_SANDBOX_H

#include <sys/stat.h>

#include "base/base.h"
#include "config/config.h"
#include "spec/spec.h"

/* ---- idmap.c, idmap_helper.c, idrange.c ------------------------------------------------------- */

/**
 * enum idmap_driver - who writes the id maps; chosen by capability, not by uid
 * @IDMAP_DIRECT: we hold CAP_SETUID and CAP_SETGID in the parent user namespace
 * @IDMAP_HELPERS: newuidmap and newgidmap
 * @IDMAP_ONE: one id, which needs nobody's leave
 * @IDMAP_NONE: no new user namespace: ids inside are ids of the caller's own
 */
enum idmap_driver { IDMAP_DIRECT, IDMAP_HELPERS, IDMAP_ONE, IDMAP_NONE };

/**
 * struct idmap_plan - the maps of a container and how they get written
 * @driver: see above
 * @uid, @gid: outside ids are ids of the caller's own user namespace; clipped to its extents
 * @deny_setgroups: setgroups(2) is denied in the new user namespace: because of one id (idmap_start()
 *	writes "deny"), or because it is in ours already
 * @without_caller: the caller's own id is not in the container (nomap), so container root cannot
 *	reach his folders
 * @helper: for IDMAP_HELPERS: absolute paths of newuidmap and newgidmap
 * @why: when a range was wanted and there is one id: exactly what is missing and the
 *	administrator's command; else empty
 */
struct idmap_plan {
	enum idmap_driver driver;
	struct idmap uid, gid;
	bool deny_setgroups;
	bool without_caller;
	const char *helper[2];
	char why[768];
};

/**
 * struct idmap_job - id helpers that are running
 * @plan: borrowed
 * @out: reading ends of what they complain about
 * @go: a pipe, a byte for each that waits for its number; closed, they give up
 * @spawn: what they need until their exec
 */
struct idmap_job {
	const struct idmap_plan *plan;
	pid_t pid[2];
	int pidfd[2];
	int out[2];
	int go[2];
	struct spawn *spawn[2];
};

int idmap_make_plan(struct idmap_plan *p, const struct spec *s, struct err *e);
int idmap_own(struct idmap_plan *p, struct err *e);
bool idmap_is_root(void);
int idmap_prepare(struct idmap_job *j, const struct idmap_plan *p, struct err *e);
int idmap_start(struct idmap_job *j, pid_t child, struct err *e);
int idmap_hand_over(struct idmap_job *j, pid_t child, struct err *e);
int idmap_await(struct idmap_job *j, struct err *e);
int idmap_finish(struct idmap_job *j, struct err *e);
void idmap_cancel(struct idmap_job *j);
int idmap_write(const struct idmap_plan *p, pid_t child, struct err *e);
bool idmap_audit(char *text, size_t size);
void idmap_for_files(const struct idmap_plan *p, struct idmap_plan *out);
void idmap_name(const struct idmap_plan *p, char out[24]);
bool idmap_lookup(const struct idmap *m, uint32_t inside, uint32_t *outside);
uint32_t idmap_highest(const struct idmap *m); /* inside id */
void idmap_plan_free(struct idmap_plan *p);

/* ---- user.c ------------------------------------------------------------------------------------ */

/**
 * struct user - who the payload runs as, in ids of the container
 * @groups: for setgroups(2); the first is @gid
 * @nasked: so many of them, from the front, the caller asked for
 * @home: from the container's /etc/passwd, "/" when it does not say
 */
struct user {
	uint32_t uid, gid;
	uint32_t *groups;
	size_t ngroups, nasked;
	char *name, *home;
};

int user_resolve(int rootfd, const char *user, const struct strv *group_add, bool listed,
		 struct user *out, struct err *e);
int user_map_ids(struct user *u, const struct idmap_plan *p, struct err *e);
void user_free(struct user *u);

/* ---- caps.c -------------------------------------------------------------------------------------- */

int caps_apply_bounding(uint64_t mask, struct err *e);
int caps_set(uint64_t mask, struct err *e);
int caps_set_all(const struct security_spec *s, struct err *e);
int caps_set_ambient(uint64_t mask, struct err *e);

/* ---- seccomp.c ------------------------------------------------------------------------------------ */

struct sock_fprog;

/**
 * struct seccomp_watch - what a profile of config.json wants beside its program
 * @flags: for seccomp(2)
 * @listener: the socket of who gets system calls, or NULL
 * @metadata: what he wants to be told
 */
struct seccomp_watch {
	uint32_t flags;
	char *listener, *metadata;
};

enum seccomp_words { SECCOMP_ACTIONS, SECCOMP_OPERATORS, SECCOMP_FLAGS, SECCOMP_ARCHS };

const char *seccomp_word(enum seccomp_words which, size_t i);

/**
 * seccomp_default - the built-in program for a set of capabilities; in .rodata, or NULL when this
 * machine's architecture has none
 */
const struct sock_fprog *seccomp_default(uint64_t caps, bool nested);
int seccomp_from_text(const char *text, uint64_t caps, struct seccomp_watch *watch,
		      struct sock_fprog *out, struct err *e);
int seccomp_from_profile(const char *name, const char *text, uint64_t caps, struct sock_fprog *out,
			 struct err *e);
int seccomp_load(const struct sock_fprog *prog, uint32_t flags, struct err *e);

/* ---- doctor.c: the preconditions, each tried for real --------------------------------------------- */

/**
 * enum finding - how a precondition was found
 * @FINDING_OK: as it should be
 * @FINDING_NOTE: not there, and nobody needs it by default; or it could not be tried
 * @FINDING_WARN: containers run, something by default does not
 * @FINDING_FAIL: no container can run
 */
enum finding { FINDING_OK, FINDING_NOTE, FINDING_WARN, FINDING_FAIL };

/**
 * struct doctor_row - one precondition
 * @why: what it is for
 * @found: what was found, one line
 * @remedy: what to do, one line; "" when there is nothing to do
 * @attachment: a text to be shown by itself, such as an AppArmor profile; else ""
 */
struct doctor_row {
	const char *name, *why;
	enum finding level;
	char found[512];
	char remedy[1024];
	char attachment[1024];
};

enum finding doctor_run(const char *root_option,
			void (*tell)(void *ctx, const struct doctor_row *row), void *ctx);

/* ---- logind.c: what a logout does ----------------------------------------------------------------- */

/**
 * enum logind - a set
 * @LOGIND_THERE: logind runs
 * @LOGIND_KILLS: it kills all processes of a session that ends
 * @LOGIND_LINGERS: what was started stays when the user has logged out
 */
enum logind { LOGIND_THERE = 1, LOGIND_KILLS = 2, LOGIND_LINGERS = 4 };

unsigned logind_look(const char *root, const char *user);
unsigned logind_caller(void);

/* ---- cgroup.c: the plain driver of control groups, version 2 ---------------------------------------- */

/**
 * struct cgroup - a control group
 * @path: below the mount of the hierarchy, beginning with /
 * @fd: its folder, -1 where there is none
 */
struct cgroup {
	char *path;
	int fd;
};

int cgroup_path(const struct spec *s, char **out, struct err *e);
int cgroup_create(struct cgroup *g, const struct spec *s, bool needed, struct err *e);
int cgroup_find(struct cgroup *g, const char *path);
int cgroup_limit(const struct cgroup *g, const struct strv *files, struct err *e);
int cgroup_devices(const struct cgroup *g, const struct device_rules *rules, struct err *e);
int cgroup_each(const struct cgroup *g, int (*fn)(void *ctx, pid_t pid), void *ctx);
int cgroup_kill(const struct cgroup *g, int sig);
int cgroup_freeze(const struct cgroup *g, bool freeze, struct err *e);
bool cgroup_frozen(const struct cgroup *g);
int cgroup_remove(struct cgroup *g, struct err *e);
void cgroup_free(struct cgroup *g);
json *cgroup_stats(const struct cgroup *g);

/* ---- launch.c -------------------------------------------------------------------------------------- */

/**
 * struct launch_hooks - what other layers do during a launch
 * @net_child: child, inside the new network namespace, before the maps: brings loopback up, and
 *	returns a descriptor for the supervisor (the tap), or an error
 * @net_parent: parent, once the user namespace is there; may start a helper
 * @net_tap: parent, with the tap; borrowed
 * @ctx: for all
 */
struct launch_hooks {
	int (*net_child)(void *ctx, struct err *e);
	int (*net_parent)(void *ctx, int userns_fd, struct err *e);
	int (*net_tap)(void *ctx, int tap_fd, struct err *e);
	void *ctx;
};

/**
 * struct launch_files - files that a container gets in /etc; an empty buffer leaves the image's
 */
struct launch_files {
	struct buf hosts, resolv_conf, hostname;
};

/* ---- cover.c: sandbox's own folders inside of binds ------------------------------------------------ */

/**
 * struct cover - one folder that a bind holds
 * @mount: number of the bind in the spec; the number of mounts: the root itself (--rootfs)
 * @path: from the bind's source on
 * @dev, @ino: what has to be there
 * @hide: by an empty tmpfs; else it becomes read-only
 */
struct cover {
	size_t mount;
	char *path;
	dev_t dev;
	ino_t ino;
	bool hide;
};

/** struct covers - @made: a folder that was not there before, or NULL */
struct covers {
	struct cover *v;
	size_t n;
	char *made;
};

int covers_find(const struct spec *s, const struct dirs *dirs, struct covers *out, struct err *e);
void covers_free(struct covers *c, bool failed);

/**
 * struct launch - one container's launch and what is left of it while it runs
 * @spec, @plan, @hooks, @files, @covers: borrowed; @covers may be NULL
 * @run_dir: folder of live state (a place to mount on)
 * @stdio: what the payload gets as 0, 1 and 2; -1 leaves that one closed
 * @pid, @pidfd: of the container's first process
 * @sock: our end of the socket pair; after exec it is sandbox-init's
 * @userns_fd: the container's user namespace, -1 when nobody needs it
 * @pty: master side, -1 without
 * @notify_fd: what the payload sends to its NOTIFY_SOCKET, -1 without
 * @fuse: the fuse-overlayfs process
 * @driver: of the root file system: the one it is to be, then the one it is; ROOTFS_AUTO has
 *	become ROOTFS_OVERLAY when the payload runs and nothing else was said
 * @value: of the last event
 * @unattended: the payload outlives us, launch_leave(); see unattended.c
 * @start_fd: of an unattended one: a listening SOCK_SEQPACKET socket, on which the container
 *	waits for launch_trigger() of another process; borrowed
 * @keep_fds: so many descriptors from 3 on are the payload's as well
 * @keep_keyring: no session keyring of its own
 * @no_pivot: the root is moved over "/" instead of pivot_root(2): for an initial ramdisk
 * @cgroup: its control group, or NULL
 */
struct launch {
	const struct spec *spec;
	const struct idmap_plan *plan;
	const struct launch_hooks *hooks;
	const struct launch_files *files;
	const struct covers *covers;
	const char *run_dir;
	int stdio[3];
	bool wait_start; /* stop before exec until launch_go() */
	int kept_userns; /* of the run before, to go on in; 0: a new one */
	bool notify;     /* the payload gets a NOTIFY_SOCKET */
	bool quiet;      /* LAUNCH_STARTED may come late, or not before LAUNCH_EXITED */
	bool detached;   /* of launch_join(): it may live longer than we do */
	bool joined;     /* by launch_join() */
	bool apart;      /* of launch_join(): who is inside may trace us; see join.c */
	bool traced;     /* and does for certain have CAP_SYS_PTRACE */
	bool unattended, keep_keyring, no_pivot;
	int start_fd, keep_fds;
	const struct cgroup *cgroup;

	pid_t pid;
	int pidfd;
	int sock;
	int userns_fd;
	int mntns_fd; /* or -1 */
	int pty;
	int notify_fd;
	struct idmap_job job;
	struct helper fuse;
	bool running;  /* the payload was started: only sandbox-init speaks from here on */
	uint32_t seen; /* messages of the launch that came, a bit for each type */
	enum rootfs_driver driver;
	int value;
	bool borrows;   /* the child has our memory until its exec: see borrow.c */
	bool not_alone; /* it has given that up */

	/* the child's own */
	struct launch *lender; /* the parent's, whose memory it has borrowed */
	struct {
		int root;                      /* the new root, once it is mounted */
		int proc, sys, mqueue, cgroup; /* detached mounts */
		int nodes[6];                  /* detached device nodes */
		int null;
		int dev;
		int *sources; /* of spec->mounts, detached clones or -1 */
		int tree;     /* of spec->rootfs.dir, detached, when it has been opened early */
		int init;     /* read-only bind of sandbox-init */
		int lsm;      /* where the security module wants the label for exec */
		int listener; /* connected to who watches the system calls */
		int console;
		struct user user;
		struct strv env;
		struct sock_fprog *seccomp;
		struct seccomp_watch watch;
		pid_t host_pid; /* of this process, for who watches */
		char *command;
	} c;
};

/**
 * enum launch_event - what happened to a container, by launch_next()
 * @LAUNCH_BUSY: something that the launch itself has dealt with
 * @LAUNCH_READY: created, waits for launch_go()
 * @LAUNCH_TTY: launch.pty is there
 * @LAUNCH_STARTED: the payload runs
 * @LAUNCH_STOPPED: the payload was stopped, by signal launch.value
 * @LAUNCH_EXITED: the payload ended, with wait status launch.value
 * @LAUNCH_GONE: the other end of the socket is closed
 */
enum launch_event {
	LAUNCH_BUSY,
	LAUNCH_READY,
	LAUNCH_TTY,
	LAUNCH_STARTED,
	LAUNCH_STOPPED,
	LAUNCH_EXITED,
	LAUNCH_GONE,
};

void launch_init(struct launch *l);
int launch_join(struct launch *l, int target, struct err *e);
int launch_start(struct launch *l, struct err *e);
int launch_next(struct launch *l, enum launch_event *event, struct err *e);
int launch_go(struct launch *l, struct err *e);
int launch_leave(struct launch *l, struct err *e);
int launch_trigger(int sock, struct err *e);
int launch_signal(const struct launch *l, int sig, bool group);
int launch_exec_error(const struct launch *l, int code, struct err *e);
void launch_kill(struct launch *l);
void launch_free(struct launch *l);
void launch_explain(struct launch *l, struct buf *out);
int launch_kill_userns(int userns_fd);
uint64_t launch_mount_ns(const struct launch *l);
int launch_kill_mount_ns(uint64_t id);
int launch_freeze(const struct launch *l);
int launch_thaw(const struct launch *l);
int launch_in_userns(int userns_fd, int (*fn)(void *ctx), void *ctx);

/* ---- tty.c ------------------------------------------------------------------------------------------- */

void tty_copy_size(int pty);

/* ---- hooks.c: programs that a configuration wants to be run ----------------------------------------- */

char *spec_state(const struct spec *s, const char *status, pid_t pid);
int hooks_run(const struct spec *s, enum hook_kind kind, const char *status, pid_t pid,
	      struct err *e);

/* ---- procs.c: the processes of a container without a control group ----------------------------------- */

/**
 * struct proc_set - processes that are in one namespace, or in one below it: the first that is set
 * @mntns: the number of a mount namespace, that is never given again
 */
struct proc_set {
	uint64_t mntns;
	struct stat pidns, userns;
};

int procs_of(pid_t pid, unsigned own, struct proc_set *set);
int procs_each(const struct proc_set *set, bool (*fn)(void *ctx, pid_t pid, int pidfd), void *ctx);
int procs_kill(const struct proc_set *set);
int procs_stop(const struct proc_set *set, int sig, pid_t spared);

/* ---- mapped_env.c: a helper in a mapped user namespace --------------------------------------------- */

/** struct mapped_env - a helper_env with a new user namespace for the files of a plan */
struct mapped_env {
	struct helper_env env;
	struct idmap_plan plan; /* of idmap_for_files() */
	int mapped;             /* eventfd: the maps are written */
};

int mapped_env_init(struct mapped_env *m, const struct idmap_plan *plan, struct err *e);
void mapped_env_close(struct mapped_env *m);

int mapped_run(const struct idmap_plan *plan, int (*fn)(void *ctx), void *ctx, struct err *e);

/* ---- unshare.c -------------------------------------------------------------------------------------- */

int unshare_for_files(const struct idmap_plan *plan, struct err *e);

#endif
