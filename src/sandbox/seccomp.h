/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seccomp: what the files of the filter, and their tests, share.
 */
#ifndef SANDBOX_SANDBOX_SECCOMP_H
#define SANDBOX_SANDBOX_SECCOMP_H

#include <linux/filter.h>

#include "base/base.h"

/**
 * struct seccomp_gate - an instruction that depends on capabilities
 * @insn: which one
 * @gate: line of the table's GATE() lines
 * @closed: its form while the gate is closed; open it returns SECCOMP_RET_ALLOW
 */
struct seccomp_gate {
	uint16_t insn, gate;
	struct sock_filter closed;
};

uint32_t seccomp_open_gates(uint64_t caps, bool nested);
void seccomp_set_gates(struct sock_filter *insn, const struct seccomp_gate *list, size_t n,
		       uint32_t open);

/* ---- seccomp_json.c: profiles as data --------------------------------------------------------- */

#define SECCOMP_ARGS 6

/* with the values of libseccomp's enum scmp_compare */
enum seccomp_op {
	SECCOMP_NE = 1,
	SECCOMP_LT,
	SECCOMP_LE,
	SECCOMP_EQ,
	SECCOMP_GE,
	SECCOMP_GT,
	SECCOMP_MASKED_EQ, /* (argument & value) == value_two */
};

struct seccomp_arg {
	unsigned index;
	enum seccomp_op op;
	uint64_t value, value_two;
};

/**
 * struct seccomp_rule - an entry of a profile's "syscalls" that applies here
 * @names: of the calls
 * @action: SECCOMP_RET_*, with its errno
 * @args: conditions on arguments
 * @any: each condition is a rule of its own, because two of them look at one argument;
 *	else all have to hold
 */
struct seccomp_rule {
	struct strv names;
	uint32_t action;
	struct seccomp_arg args[SECCOMP_ARGS];
	unsigned nargs;
	bool any;
};

/**
 * struct seccomp_profile - a profile in Docker's or OCI's format, for one host
 * @archs: libseccomp's names ("x86_64"); empty: the native one
 * @flags: SECCOMP_FILTER_FLAG_* that it asks for
 * @notify: an action hands calls to a listener
 * @listener, @metadata: "listenerPath" and "listenerMetadata", or NULL
 */
struct seccomp_profile {
	uint32_t default_action, flags;
	bool notify;
	char *listener, *metadata;
	struct strv archs;
	struct seccomp_rule *rules;
	size_t n;
};

int seccomp_profile_parse(const char *text, size_t n, uint64_t caps, struct seccomp_profile *out,
			  struct err *e);
int seccomp_profile_read(const json *j, uint64_t caps, struct seccomp_profile *out, struct err *e);
void seccomp_profile_free(struct seccomp_profile *p);

/* ---- seccomp_tree.c: programs that we make ourselves -------------------------------------------- */

#define SECCOMP_ABIS 4

/**
 * struct seccomp_case - what becomes of one call of one ABI
 * @audit: AUDIT_ARCH_*
 * @wide: arguments have 64 bits
 * @args: conditions, which all have to hold; several cases of one call are alternatives
 */
struct seccomp_case {
	uint32_t audit, nr, ret;
	bool wide;
	unsigned nargs;
	struct seccomp_arg args[SECCOMP_ARGS];
};

int seccomp_tree(struct seccomp_case *v, size_t n, const uint32_t *audits, size_t naudits, bool x32,
		 uint32_t otherwise, struct sock_fprog *out);

/* ---- seccomp_profile.c: profiles to programs ---------------------------------------------------- */

/** enum seccomp_maker - tests ask for one of them */
enum seccomp_maker { SECCOMP_BY_ANY, SECCOMP_BY_TREE, SECCOMP_BY_LIBRARY };

int seccomp_profile_make(const struct seccomp_profile *p, enum seccomp_maker maker,
			 struct sock_fprog *out, struct err *e);
int seccomp_profile_compile(const struct seccomp_profile *p, struct sock_fprog *out, struct err *e);
int seccomp_program(const char *text, size_t n, uint64_t caps, struct sock_fprog *out,
		    struct err *e);

#endif
