/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor: what the files of the doctor share; sandbox.h holds what others use.
 */
#ifndef SANDBOX_SANDBOX_DOCTOR_H
#define SANDBOX_SANDBOX_DOCTOR_H

#include "sandbox/sandbox.h"

/**
 * struct doctor - what one examination knows so far
 * @dirs: of the user; @store_error and @run_error when there is none
 * @userns: user namespaces work, so what needs one can be tried
 * @overlay: overlay works in the store
 */
struct doctor {
	struct dirs dirs;
	struct err store_error, run_error;
	bool userns, overlay;
};

typedef void (*probe_fn)(struct doctor *d, struct doctor_row *row);

void row_set(struct doctor_row *row, enum finding level, const char *fmt, ...) __printf_fmt(3, 4);
void row_fix(struct doctor_row *row, const char *fmt, ...) __printf_fmt(2, 3);

/* ---- doctor_trial.c: trying something in a child -------------------------------------------------- */

/**
 * struct trial - how it went; lives in memory that child and parent share
 * @error: 0, or the errno of what failed
 * @at: what failed, such as "pivot_root"
 * @text, @number: whatever the trial wants to tell
 */
struct trial {
	int error;
	char at[96];
	char text[400];
	uint64_t number;
};

typedef void (*trial_fn)(struct trial *t, const void *ctx);

void trial_run(struct trial *t, uint64_t flags, trial_fn fn, const void *ctx);
bool trial_ok(struct trial *t, long r, const char *at);
int trial_mount(const char *type);

/* Small files of /proc and /sys. */
bool read_text(const char *path, char *out, size_t size);
int64_t read_number(const char *path, int64_t fallback);

/* ---- judgements: pure, for the unit test ------------------------------------------------------------ */

/**
 * struct userns_facts - why user namespaces may fail
 * @clone: kernel.unprivileged_userns_clone (Debian), -1 when there is none
 * @zero: which of user.max_*_namespaces is 0, or ""
 * @apparmor: kernel.apparmor_restrict_unprivileged_userns, -1 when there is none
 * @label: our AppArmor label, "" when there is none
 * @in_container: marks of an outer container are there
 * @root: the caller's uid is 0
 */
struct userns_facts {
	int64_t clone, apparmor;
	char zero[32];
	char label[128];
	bool in_container, root;
};

void userns_explain(const struct userns_facts *f, const struct trial *t, struct doctor_row *row);
void apparmor_profile(const char *path, char *out, size_t size);
size_t resolvers_in(const char *resolv_conf, bool *local);
bool cgroup2_path(const char *proc_self_cgroup, char *out, size_t size);
void missing_controllers(const char *have, char *out, size_t size);
enum finding cgroup_level(const char *missing);

/* ---- probes ------------------------------------------------------------------------------------------- */

void probe_program(struct doctor *d, struct doctor_row *row);
void probe_userns(struct doctor *d, struct doctor_row *row);
void probe_apparmor(struct doctor *d, struct doctor_row *row);
void probe_ids(struct doctor *d, struct doctor_row *row);
void probe_proc(struct doctor *d, struct doctor_row *row);
void probe_sysfs(struct doctor *d, struct doctor_row *row);
void probe_pty(struct doctor *d, struct doctor_row *row);
void probe_time(struct doctor *d, struct doctor_row *row);
void probe_seccomp(struct doctor *d, struct doctor_row *row);
void probe_landlock(struct doctor *d, struct doctor_row *row);

void probe_store(struct doctor *d, struct doctor_row *row);
void probe_overlay(struct doctor *d, struct doctor_row *row);
void probe_fuse(struct doctor *d, struct doctor_row *row);
void probe_copy(struct doctor *d, struct doctor_row *row);
void probe_runtime(struct doctor *d, struct doctor_row *row);

void probe_tun(struct doctor *d, struct doctor_row *row);
void probe_resolver(struct doctor *d, struct doctor_row *row);
void probe_ping(struct doctor *d, struct doctor_row *row);
void probe_ports(struct doctor *d, struct doctor_row *row);

void probe_cgroup(struct doctor *d, struct doctor_row *row);
void probe_keyring(struct doctor *d, struct doctor_row *row);
void probe_inotify(struct doctor *d, struct doctor_row *row);
void probe_limits(struct doctor *d, struct doctor_row *row);
void probe_logout(struct doctor *d, struct doctor_row *row);

#endif
