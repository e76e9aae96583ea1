/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SANDBOX_SANDBOX_INTERNAL_H
#define SANDBOX_SANDBOX_INTERNAL_H

#include "linux/sys.h"
#include "sandbox/sandbox.h"

/* ---- sync.c: the two sides of a launch talk ----------------------------------------------------- */

/**
 * enum sync_type - messages between the supervisor and the container's first process
 * (who sends what and why: the table in sync.c)
 */
enum sync_type {
	SYNC_MAPPED = 1,
	SYNC_NAMESPACES,
	SYNC_TAP,
	SYNC_FUSE,
	SYNC_COPY,
	SYNC_TTY,
	SYNC_NOTIFY,
	SYNC_READY,
	SYNC_START,
	SYNC_JOINED,
	SYNC_HOOKS,
	SYNC_HOOKED,
	SYNC_LEAVE,
	SYNC_LEFT,
	SYNC_STARTING,
	SYNC_ERROR,
	SYNC_TYPES
};

struct sync_msg {
	uint32_t type;
	struct err err; /* sent only with SYNC_ERROR */
};

int sync_send(int sock, enum sync_type type, int fd);
void sync_send_error(int sock, const struct err *err);
int sync_wait(int sock, enum sync_type type, int *fd, struct err *e);
const char *sync_name(uint32_t type);

/* ---- steps.c: THE table ------------------------------------------------------------------------- */

/** enum side - @JOINING: of an exec, before it is in the pid namespace, where launch.apart says so */
enum side { CHILD, PARENT, JOINED, JOINING };

/** enum step_need - what must be there before a step can run */
enum step_need { NEEDS_NOTHING, NEEDS_MAPS, NEEDS_ROOTFS, NEEDS_PIVOT };

struct launch;

/**
 * struct step - one row of a launch
 * @name: for debug output, errors and --explain
 * @side: who runs it
 * @when: its condition, or NULL for always
 * @run: does it
 * @needs: see above
 * @before: names of steps that must come later, NULL-terminated
 * @why: the reason for its place
 * @joins: runs for an exec as well (join.c); a row of the side JOINED only there
 * @inside: of an exec, always in the container's pid namespace
 */
struct step {
	const char *name;
	enum side side;
	bool (*when)(const struct launch *l);
	int (*run)(struct launch *l, struct err *e);
	enum step_need needs;
	const char *before[4];
	const char *why;
	bool joins, inside;
};

extern const struct step steps[];
extern const size_t nsteps;

int steps_walk(struct launch *l, enum side side, struct err *e);

/* ---- the rows, by file ----------------------------------------------------------------------------- */

/* launch.c: the parent's */
void launch_settle(struct launch *l);
int step_clone(struct launch *l, struct err *e);
int step_start_maps(struct launch *l, struct err *e);
int step_prepare_maps(struct launch *l, struct err *e);
int step_userns_fd(struct launch *l, struct err *e);
int step_net_helper(struct launch *l, struct err *e);
int step_finish_maps(struct launch *l, struct err *e);

/* borrow.c */
bool launch_may_borrow(const struct launch *l);
__noreturn void borrow_give_up(const struct launch *l);
int clone_borrowing(struct launch *l, uint64_t flags, int sock, struct err *e);
int step_show_namespaces(struct launch *l, struct err *e);
int namespaces_shown(struct launch *l, struct err *e);
int step_own_maps(struct launch *l, struct err *e);
int step_waiting_helpers(struct launch *l, struct err *e);

/* clone.c */
int clone_failed(int code, struct err *e);
int clone_joined(struct launch *l, uint64_t flags, int sock, struct err *e);
int clone_args_cgroup(const struct launch *l, struct clone_args *args);
pid_t pid_of(int pidfd);
__noreturn void child_main(struct launch *l, int sock);

/* unattended.c */
int step_wait_unattended(struct launch *l, struct err *e);
int step_starting(struct launch *l, struct err *e);

/* hooks.c */
int step_ask_hooks(struct launch *l, struct err *e);
int step_container_hooks(struct launch *l, struct err *e);
int step_start_hooks(struct launch *l, struct err *e);
int hooks_for_child(struct launch *l, struct err *e);

/* rejoin.c */
int step_rejoin(struct launch *l, struct err *e);

/* ns.c */
void die_with_parent(void);
int become_mapped_root(const struct launch *l);
bool may_set_groups(const struct launch *l);
int idmap_of_joined(struct launch *l, struct err *e);
int step_unshare(struct launch *l, struct err *e);
int step_propagation(struct launch *l, struct err *e);
int step_keyring(struct launch *l, struct err *e);
int step_hostname(struct launch *l, struct err *e);
int step_sysctl(struct launch *l, struct err *e);
int step_user_sysctl(struct launch *l, struct err *e);
int step_wait_maps(struct launch *l, struct err *e);
int step_become_root(struct launch *l, struct err *e);
int step_net(struct launch *l, struct err *e);
int step_time(struct launch *l, struct err *e);
int step_loopback(struct launch *l, struct err *e);
int step_domainname(struct launch *l, struct err *e);
uint64_t ns_clone_flag(enum ns_kind kind);

/* kernfs.c: proc, sysfs, mqueue and cgroup2, and what is hidden in them */
int step_kernel_mounts(struct launch *l, struct err *e);
int step_attach_kernel(struct launch *l, struct err *e);
int step_masks(struct launch *l, struct err *e);
int fs_clone(const char *path, uint64_t attrs);

/* rootfs.c and its drivers */
int step_hold_store(struct launch *l, struct err *e);
int step_rootfs(struct launch *l, struct err *e);
int step_readonly_root(struct launch *l, struct err *e);
int step_pivot(struct launch *l, struct err *e);
int step_root_propagation(struct launch *l, struct err *e);
int root_tree(struct launch *l, struct err *e);
int fs_fail(int fs, int r, const char *what, struct err *e);
int rootfs_overlay(struct launch *l, struct err *e);
int rootfs_fuse(struct launch *l, struct err *e);
int rootfs_copy(struct launch *l, struct err *e);
int rootfs_dir(struct launch *l, struct err *e);
int copy_up(int from, int to);
int fuse_start(struct launch *l, int dev, struct err *e);
int rootfs_attach(struct launch *l, int mountfd, const char *at, struct err *e);

/* move_root.c */
int move_root(struct launch *l, struct err *e);

/* dev.c */
int step_dev_nodes(struct launch *l, struct err *e);
int step_dev(struct launch *l, struct err *e);
int step_devices(struct launch *l, struct err *e);

/* tty.c */
int step_console(struct launch *l, struct err *e);
int step_join_console(struct launch *l, struct err *e);
int step_stdio(struct launch *l, struct err *e);

/* notify.c */
int step_notify(struct launch *l, struct err *e);

/* mounts.c */
int step_user_sources(struct launch *l, struct err *e);
int step_user_mounts(struct launch *l, struct err *e);
int step_files(struct launch *l, struct err *e);
int mount_target(int rootfd, const char *path, bool dir, struct err *e);
int mount_attach(int mountfd, int targetfd, const char *what, struct err *e);
int cover_bind(struct launch *l, size_t mount, int root, struct err *e);
int attach_plain(struct launch *l, int mountfd, const char *name, struct err *e);
int tmpfs_open(const char *const *options, uint64_t attrs, struct err *e);
int make_file(int rootfd, const char *path);
int tree_open(const char *path, bool strict, bool recursive);
int source_open(const struct mount_spec *m, bool strict, struct err *e);
int source_failed(const struct mount_spec *m, int r, struct err *e);

/* netdev.c */
int net_devices_give(struct launch *l, struct err *e);

/* oci_root.c */
int oci_mount_points(struct launch *l, const char *at, uint64_t attrs, struct err *e);

/* listener.c */
int step_listener(struct launch *l, struct err *e);
pid_t pid_by_proc(int proc);
int load_watched(struct launch *l, struct err *e);

/* oci_process.c */
int oci_user(struct launch *l, struct err *e);
int oci_first_affinity(const struct launch *l, struct err *e);
int step_oom_score(struct launch *l, struct err *e);
int step_priorities(struct launch *l, struct err *e);
int step_affinity(struct launch *l, struct err *e);
int step_open_lsm(struct launch *l, struct err *e);
int step_lsm(struct launch *l, struct err *e);

/* mapped_env.c */
int userns_of_maps(const struct idmap_plan *plan, struct err *e);

/* oci_mounts.c, oci_dev.c: the mounts and devices of a bare spec */
int step_early_sources(struct launch *l, struct err *e);
void early_sources_drop(struct launch *l);
int step_oci_sources(struct launch *l, struct err *e);
int step_oci_mounts(struct launch *l, struct err *e);
int step_oci_devices(struct launch *l, struct err *e);
int node_place(int dir, const char *name, const char *path, struct err *e);

/* process.c */
int step_open_init(struct launch *l, struct err *e);
int step_bounding(struct launch *l, struct err *e);
int step_user(struct launch *l, struct err *e);
int step_cwd(struct launch *l, struct err *e);
int step_rlimits(struct launch *l, struct err *e);
int step_seccomp_early(struct launch *l, struct err *e);
int step_identity(struct launch *l, struct err *e);
int step_caps(struct launch *l, struct err *e);
int step_no_new_privs(struct launch *l, struct err *e);
int step_seccomp(struct launch *l, struct err *e);
int step_find_command(struct launch *l, struct err *e);
int step_find_as_user(struct launch *l, struct err *e);
int step_exec(struct launch *l, struct err *e);
int step_wait_start(struct launch *l, struct err *e);
int seccomp_prepare(struct launch *l, struct err *e);

#endif
