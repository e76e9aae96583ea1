/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seccomp_table.def as data, for the two halves of seccomp_gen.
 */
#ifndef SANDBOX_SANDBOX_SECCOMP_GEN_H
#define SANDBOX_SANDBOX_SECCOMP_GEN_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <linux/seccomp.h>

#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000U
#endif

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum gate {
#define GATE(name, ...) GATE_##name,
#include "seccomp_table.def"
	GATES
};

static const struct {
	const char *name;
	bool nested;
	const char *cap[2]; /* "CAP_NONE": none */
} gates[] = {
#define CLOSED                     false
#define NESTED                     true
#define GATE(name, nested, c1, c2) {#name, nested, {"CAP_" #c1, "CAP_" #c2}},
#include "seccomp_table.def"
};

enum check { CHECK_NONE, CHECK_CLONE, CHECK_UNSHARE, CHECK_IOCTL, CHECK_PERSONALITY, CHECK_FAMILY };

/* struct verdict - @ret is the answer while @gate is closed, unless there is a @check */
struct verdict {
	uint32_t ret;
	enum check check;
	enum gate gate;
};

#define RET_ERRNO(e) (SECCOMP_RET_ERRNO | (e))
#define V_ALLOW      ((struct verdict){SECCOMP_RET_ALLOW, CHECK_NONE, GATE_NEVER})
#define V_ERRNO(e)   ((struct verdict){RET_ERRNO(e), CHECK_NONE, GATE_NEVER})

enum abi { X86_64, I386, AARCH64, ARM, ABIS };

/* struct row - a row of the table */
static const struct row {
	const char *name;
	struct verdict v;
	int32_t nr[ABIS];
} rows[] = {
/* clang-format off */
#define NO (-1)
#define ALLOW(name, ...) \
	{#name, {SECCOMP_RET_ALLOW, CHECK_NONE, GATE_NEVER}, {__VA_ARGS__}},
#define DENY(name, gate, ...) \
	{#name, {RET_ERRNO(EPERM), CHECK_NONE, GATE_##gate}, {__VA_ARGS__}},
#define HIDE(name, gate, ...) \
	{#name, {RET_ERRNO(ENOSYS), CHECK_NONE, GATE_##gate}, {__VA_ARGS__}},
#define CHECK(name, check, gate, ...) \
	{#name, {0, CHECK_##check, GATE_##gate}, {__VA_ARGS__}},
/* clang-format on */
#include "seccomp_table.def"
};

static const uint32_t families[] = {
#define FAMILY(name, nr) nr,
#include "seccomp_table.def"
};
/* numbers from here on are of no address family in any kernel: ENOSYS; a power of two */
#define FAMILY_END 64U

static const uint32_t personalities[] = {
#define PERSONALITY(value) value,
#include "seccomp_table.def"
};

static const uint32_t bad_ioctls[] = {
#define IOCTL(name, nr) nr,
#include "seccomp_table.def"
};

/* flags that make a namespace; 0x80, NEWTIME, is part of the exit signal in clone() */
#define NEW_BITS_CLONE   0x7e020000U
#define NEW_BITS_UNSHARE 0x7e020080U

static inline bool same_verdict(struct verdict a, struct verdict b)
{
	return a.ret == b.ret && a.check == b.check && a.gate == b.gate;
}

void print_profile(bool nested);

#endif
