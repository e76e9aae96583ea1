/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Instructions of system call filters, for the program that makes the default one when we are
 * built (seccomp_gen.c) and for profiles that come at run time (seccomp_tree.c).
 *
 * Jumps of BPF go forward and conditional ones at most 255 instructions, so a program is written
 * from its end: where a label lies is known before a jump to it, and one that is too far gets a
 * long jump in between.
 */
#ifndef SANDBOX_SANDBOX_SECCOMP_CODE_H
#define SANDBOX_SANDBOX_SECCOMP_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#define CODE_MAX   4096 /* BPF_MAXINSNS */
#define CODE_REACH 240  /* of a conditional jump, with room for what may come in between */

/**
 * struct code - a program in reverse
 * @insn: the first is the program's last; a label is an index into it
 * @full: it has become longer than the kernel takes, and is of no use
 */
struct code {
	struct sock_filter insn[CODE_MAX];
	int n;
	bool full;
};

static inline int code_emit(struct code *c, struct sock_filter insn)
{
	if (c->n == CODE_MAX) {
		c->full = true;
		return c->n - 1;
	}
	c->insn[c->n] = insn;
	return c->n++;
}

static inline int code_stmt(struct code *c, uint16_t op, uint32_t k)
{
	return code_emit(c, (struct sock_filter)BPF_STMT(op, k));
}

/* code_load - of struct seccomp_data */
static inline int code_load(struct code *c, size_t offset)
{
	return code_stmt(c, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

static inline int code_distance(const struct code *c, int label)
{
	return c->n - label - 1;
}

static inline int code_jump(struct code *c, int label)
{
	return code_stmt(c, BPF_JMP | BPF_JA, (uint32_t)code_distance(c, label));
}

/* code_near - a label that is near enough for a verdict to be used once more */
static inline bool code_near(const struct code *c, int label)
{
	return code_distance(c, label) <= CODE_REACH - 40;
}

static inline int code_within_reach(struct code *c, int label)
{
	return code_distance(c, label) <= CODE_REACH ? label : code_jump(c, label);
}

/* code_branch - if (A <op> k) goto yes; else goto no */
static inline int code_branch(struct code *c, uint16_t op, uint32_t k, int yes, int no)
{
	yes = code_within_reach(c, yes);
	no = code_within_reach(c, no);
	return code_emit(c, (struct sock_filter)BPF_JUMP(BPF_JMP | op | BPF_K, k,
							 (uint8_t)code_distance(c, yes),
							 (uint8_t)code_distance(c, no)));
}

#endif
