/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox: launches what a spec describes.
 */
#ifndef SANDBOX_SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_SANDBOX_H

#include "base/base.h"
#include "config/config.h"
#include "spec/spec.h"

/* ---- idmap.c, idmap_helper.c, idrange.c ------------------------------------------------------- */

/**
 * enum idmap_driver - who writes the id maps; chosen by capability, not by uid
 * @IDMAP_DIRECT: we hold CAP_SETUID and CAP_SETGID in the parent user namespace
 * @IDMAP_HELPERS: newuidmap and newgidmap
 * @IDMAP_ONE: one id, which needs nobody's leave
 */
enum idmap_driver { IDMAP_DIRECT, IDMAP_HELPERS, IDMAP_ONE };

/**
 * struct idmap_plan - the maps of a container and how they get written
 * @driver: see above
 * @uid, @gid: outside ids are ids of the caller's own user namespace; clipped to its extents
 * @deny_setgroups: setgroups(2) is denied in the new user namespace: because of one id (idmap_start()
 *	writes "deny"), or because it is in ours already
 * @helper: for IDMAP_HELPERS: absolute paths of newuidmap and newgidmap
 * @why: when a range was wanted and there is one id: exactly what is missing and the
 *	administrator's command; else empty
 */
struct idmap_plan {
	enum idmap_driver driver;
	struct idmap uid, gid;
	bool deny_setgroups;
	const char *helper[2];
	char why[768];
};

/**
 * struct idmap_job - id helpers that are running
 * @out: reading ends of what they complain about
 * @spawn: what they need until their exec
 */
struct idmap_job {
	pid_t pid[2];
	int pidfd[2];
	int out[2];
	struct spawn *spawn[2];
};

int idmap_make_plan(struct idmap_plan *p, const struct spec *s, struct err *e);
int idmap_start(struct idmap_job *j, const struct idmap_plan *p, pid_t child, struct err *e);
int idmap_finish(struct idmap_job *j, struct err *e);
void idmap_cancel(struct idmap_job *j);
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

int user_resolve(int rootfd, const char *user, const struct strv *group_add, struct user *out,
		 struct err *e);
int user_map_ids(struct user *u, const struct idmap_plan *p, struct err *e);
void user_free(struct user *u);

/* ---- caps.c -------------------------------------------------------------------------------------- */

#define CAPS_DEFAULT 0x800405fbULL /* podman's eleven */

int cap_parse(const char *name, uint64_t *mask, struct err *e);
uint64_t caps_all(void);
void caps_format(uint64_t mask, struct buf *out);
int caps_apply_bounding(uint64_t mask, struct err *e);
int caps_set(uint64_t mask, struct err *e);
int caps_set_ambient(uint64_t mask, struct err *e);

/* ---- seccomp.c ------------------------------------------------------------------------------------ */

struct sock_fprog;

/**
 * seccomp_default - the built-in program for a set of capabilities; in .rodata, or NULL when this
 * machine's architecture has none
 */
const struct sock_fprog *seccomp_default(uint64_t caps, bool nested);
int seccomp_from_file(const char *path, uint64_t caps, struct sock_fprog *out, struct err *e);
int seccomp_load(const struct sock_fprog *prog, struct err *e);

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

/* ---- launch.c -------------------------------------------------------------------------------------- */

#endif
