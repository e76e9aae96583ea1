/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the idmap, subid, passwd and user files share. Facts are gathered in one
 * place and judged by pure functions, so that every judgement has a unit test.
 */
#ifndef SANDBOX_SANDBOX_IDMAP_INTERNAL_H
#define SANDBOX_SANDBOX_IDMAP_INTERNAL_H

#include "sandbox/sandbox.h"

/* ---- idrange.c: sets of ids ----------------------------------------------------------------- */

#define ID_END        ((uint64_t)UINT32_MAX) /* one past the last id: (uint32_t)-1 is none */
#define MAP_LINES_MAX 340                    /* UID_GID_MAP_MAX_EXTENTS, Linux 4.15 */

struct range {
	uint32_t first, count;
};

/** struct ranges - ids in the order in which they are handed out, each at most once */
struct ranges {
	struct range *v;
	size_t n;
};

bool range_valid(uint64_t first, uint64_t count);
void ranges_append(struct ranges *r, uint32_t first, uint32_t count);
void ranges_add(struct ranges *r, uint32_t first, uint32_t count);
void ranges_remove(struct ranges *r, uint32_t first, uint32_t count);
void ranges_keep(struct ranges *r, const struct ranges *in);
bool ranges_have(const struct ranges *r, uint32_t first, uint32_t count);
uint64_t ranges_total(const struct ranges *r);
void ranges_free(struct ranges *r);

void map_add(struct idmap *m, uint32_t inside, uint32_t outside, uint32_t count);
void map_ranges(struct idmap *m, const struct ranges *r, uint64_t skip, uint64_t n,
		uint64_t inside);
void map_split(struct idmap *m, const struct ranges *parts);
int map_check(const struct idmap *m, const char *what, struct err *e);
void map_format(const struct idmap *m, char sep, struct buf *out);

/* ---- passwd.c: lines of colon-separated fields --------------------------------------------------- */

/**
 * struct lines - reads a file line by line with bounded memory
 * @max: longer lines are cut there and marked @cut
 * @no: number of the line that was returned last
 * @r: 0, or -errno when reading failed
 */
struct lines {
	int fd;
	size_t max;
	unsigned long no;
	bool cut;
	int r;
	char *buf;
	size_t cap, at, len;
	bool eof, skip;
};

void lines_init(struct lines *l, int fd, size_t max);
char *lines_next(struct lines *l, size_t *len);
void lines_free(struct lines *l);
#define cleanup_lines __cleanup(lines_free)

size_t split_fields(char *line, char sep, char **field, size_t max);

/** struct pw - one line of passwd; the strings point into the line */
struct pw {
	const char *name, *home;
	uint32_t uid, gid;
	bool valid; /* uid and gid are ids */
};

bool pw_parse(char *line, size_t len, struct pw *pw);

/** struct gr - one line of group; the strings point into the line */
struct gr {
	const char *name;
	char *members; /* comma-separated */
	uint32_t gid;
	bool valid;
};

bool gr_parse(char *line, size_t len, struct gr *gr);
bool gr_has_member(const struct gr *gr, const char *name);

/* ---- subid.c: subordinate ids of the caller --------------------------------------------------------- */

/**
 * struct owner - who the caller is
 * @names: every name of his uid, the first is the one to print; empty when he has none
 * @login_gid: of his passwd line
 * @local: he is in /etc/passwd, so usermod knows him
 */
struct owner {
	uint32_t uid, login_gid;
	struct strv names;
	bool local;
};

enum subid_state {
	SUBID_OK,
	SUBID_NO_FILE,
	SUBID_UNREADABLE,
	SUBID_NO_LINE,
	SUBID_BAD_LINE,
	SUBID_NO_LIBRARY
};

/**
 * struct subids - what one of the two files gives the caller
 * @next_free: first id behind everybody's ranges, for the remedy
 * @why: for SUBID_BAD_LINE, SUBID_UNREADABLE and SUBID_NO_LIBRARY: one phrase
 */
struct subids {
	enum subid_state state;
	struct ranges ranges;
	uint64_t next_free;
	char why[200];
};

void owner_find(struct owner *o, const char *passwd_path, uint32_t uid);
void owner_free(struct owner *o);
void owner_ask(struct owner *o);
bool owner_is(const struct owner *o, const char *field);
void subid_parse(struct lines *l, const char *path, const struct owner *o, struct subids *out);
void subid_read(const char *path, const struct owner *o, struct subids *out);
bool subid_nss(const char *nsswitch_path, char *service, size_t size);
void subid_from_library(const char *service, const struct owner *o, struct subids *uid,
			struct subids *gid);
bool subid_audit_file(const char *path, bool accounts, const struct owner *o,
		      const struct ranges *mine, char *who, size_t size);

/* ---- idmap.c, idmap_helper.c ------------------------------------------------------------------------- */

enum which { UIDS, GIDS };

enum helper_state {
	ID_HELPER_OK,
	ID_HELPER_MISSING,
	ID_HELPER_NOT_ROOT,
	ID_HELPER_WRITABLE,
	ID_HELPER_NO_EXEC,
	ID_HELPER_NO_PRIV,
	ID_HELPER_NOSUID
};

struct id_helper {
	enum helper_state state;
	const char *path;
};

/**
 * struct idmap_caller - the facts that decide about a plan; all ids are of our own user namespace
 * @direct: CAP_SETUID and CAP_SETGID are effective
 * @initial: our user namespace maps every id: it is the host's, or as good as
 * @setgroups_denied: in our user namespace already, which a child inherits
 * @exists: ids that our user namespace has, a part for each line of its map
 */
struct idmap_caller {
	uint32_t id[2];
	bool direct, no_new_privs, initial, setgroups_denied;
	struct ranges exists[2];
	struct owner owner;
	struct subids sub[2];
	struct id_helper helper[2];
};

int idmap_gather(struct idmap_caller *c, bool ranges, struct err *e);
void idmap_caller_free(struct idmap_caller *c);
int idmap_decide(struct idmap_plan *p, const struct idmap_caller *c, const struct spec *s,
		 struct err *e);
bool idmap_explain(const struct idmap_caller *c, char *why, size_t size);

void id_helper_find(struct id_helper *h, enum which w);
const char *id_helper_name(enum which w);

#endif
