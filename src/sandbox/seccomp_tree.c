/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Programs for profiles that come at run time, as seccomp_gen.c makes that of the default filter:
 * a tree of number ranges for each ABI. libseccomp takes 50 ms for podman's profile, because it
 * copies all rules for each one that it adds, and makes a list; this takes less than one. What
 * this file does not know it refuses (EOPNOTSUPP), and libseccomp does it: orders between numbers,
 * and conditions of one call that lead to different actions and can hold at once. A unit test
 * holds the two against each other, call by call. How a program is written, from its end, is in
 * seccomp_code.h.
 */
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "sandbox/seccomp.h"
#include "sandbox/seccomp_code.h"

#define MAX_LEAVES 64
#define X32_BIT    0x40000000U

struct program {
	struct code code;
	struct leaf {
		uint32_t ret;
		int label; /* of the copy that was written last */
	} leaf[MAX_LEAVES];
	int leaves;
};

/* Where a verdict lies; it is written once more when that is too far. */
static int verdict(struct program *p, uint32_t ret)
{
	int i = 0;

	while (i < p->leaves && p->leaf[i].ret != ret)
		i++;
	if (i < p->leaves && code_near(&p->code, p->leaf[i].label))
		return p->leaf[i].label;
	if (i == MAX_LEAVES) {
		p->code.full = true;
		return 0;
	}
	p->leaf[i] = (struct leaf){ret, code_stmt(&p->code, BPF_RET | BPF_K, ret)};
	p->leaves = MAX(p->leaves, i + 1);
	return p->leaf[i].label;
}

/* ---- conditions ----------------------------------------------------------------------------------- */

/* One half of an argument; both architectures are little endian. */
static int compare_half(struct code *c, const struct seccomp_arg *a, bool high, int yes, int no)
{
	uint32_t mask = (uint32_t)(a->value >> (high ? 32 : 0));
	uint32_t want = a->op == SECCOMP_MASKED_EQ ? (uint32_t)(a->value_two >> (high ? 32 : 0))
						   : mask;

	code_branch(c, BPF_JEQ, want, yes, no);
	if (a->op == SECCOMP_MASKED_EQ)
		code_stmt(c, BPF_ALU | BPF_AND | BPF_K, mask);
	return code_load(c, offsetof(struct seccomp_data, args[a->index]) + (high ? 4 : 0));
}

static int condition(struct code *c, const struct seccomp_arg *a, bool wide, int yes, int no)
{
	int low;

	if (a->op == SECCOMP_NE) {
		int swap = yes;

		yes = no;
		no = swap;
	}
	low = compare_half(c, a, false, yes, no);
	return wide ? compare_half(c, a, true, low, no) : low;
}

/* Alternatives, each of conditions that all have to hold. */
static int alternatives(struct program *p, const struct seccomp_case *v, size_t n,
			uint32_t otherwise)
{
	int no = verdict(p, otherwise);

	for (size_t i = n; i-- > 0;) {
		int yes = verdict(p, v[i].ret);

		for (unsigned k = v[i].nargs; k-- > 0;)
			yes = condition(&p->code, &v[i].args[k], v[i].wide, yes, no);
		no = yes;
	}
	return no;
}

/* ---- ranges ---------------------------------------------------------------------------------------- */

/* struct range - call numbers from @first to the next range's: @ret, or @n cases and else @ret */
struct range {
	uint32_t first, ret;
	const struct seccomp_case *v;
	size_t n;
};

static int tree(struct program *p, const struct range *r, size_t n)
{
	int left, right;

	if (n == 1)
		return r->n ? alternatives(p, r->v, r->n, r->ret) : verdict(p, r->ret);
	right = tree(p, r + n / 2, n - n / 2);
	left = tree(p, r, n / 2);
	return code_branch(&p->code, BPF_JGE, r[n / 2].first, right, left);
}

static size_t add_range(struct range *out, size_t n, struct range r)
{
	if (n && out[n - 1].first == r.first)
		n--;
	if (n && !r.n && !out[n - 1].n && out[n - 1].ret == r.ret)
		return n;
	out[n] = r;
	return n + 1;
}

/* Cases of one ABI by number, each with all of its alternatives, and the gaps between them. */
static size_t ranges(const struct seccomp_case *v, size_t n, uint32_t otherwise, struct range *out)
{
	size_t count = add_range(out, 0, (struct range){.ret = otherwise}), end;

	for (size_t i = 0; i < n; i = end) {
		struct range r = {v[i].nr, otherwise, &v[i], 0};

		for (end = i; end < n && v[end].nr == v[i].nr; end++)
			r.n++;
		/* Sorted: one without conditions comes first, and it is all there is. */
		if (!v[i].nargs)
			r = (struct range){v[i].nr, v[i].ret, NULL, 0};
		count = add_range(out, count, r);
		count = add_range(out, count, (struct range){v[i].nr + 1, otherwise, NULL, 0});
	}
	return count;
}

/* ---- the program ----------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	const struct seccomp_case *x = a, *y = b;

	if (x->audit != y->audit)
		return x->audit < y->audit ? -1 : 1;
	if (x->nr != y->nr)
		return x->nr < y->nr ? -1 : 1;
	return x->nargs < y->nargs ? -1 : x->nargs > y->nargs;
}

static bool is_known(const struct seccomp_case *s)
{
	for (unsigned i = 0; i < s->nargs; i++) {
		const struct seccomp_arg *a = &s->args[i];

		if (a->op != SECCOMP_EQ && a->op != SECCOMP_NE &&
		    (a->op != SECCOMP_MASKED_EQ || a->value_two & ~a->value))
			return false;
	}
	return true;
}

/* Can no argument fit both? Bits that neither mask leaves out differ. */
static bool contradict(const struct seccomp_arg *a, const struct seccomp_arg *b, bool wide)
{
	uint64_t mask = wide ? UINT64_MAX : UINT32_MAX;

	if (a->index != b->index || (a->op == SECCOMP_NE && b->op == SECCOMP_NE))
		return false;
	if (a->op == SECCOMP_NE || b->op == SECCOMP_NE)
		return a->op != SECCOMP_MASKED_EQ && b->op != SECCOMP_MASKED_EQ &&
		       a->value == b->value;
	for (const struct seccomp_arg *i = a; i; i = i == a ? b : NULL)
		mask &= i->op == SECCOMP_MASKED_EQ ? i->value : UINT64_MAX;
	return ((a->op == SECCOMP_MASKED_EQ ? a->value_two : a->value) ^
		(b->op == SECCOMP_MASKED_EQ ? b->value_two : b->value)) &
	       mask;
}

static bool exclude_each_other(const struct seccomp_case *x, const struct seccomp_case *y)
{
	for (unsigned i = 0; i < x->nargs; i++) {
		for (unsigned k = 0; k < y->nargs; k++) {
			if (contradict(&x->args[i], &y->args[k], x->wide))
				return true;
		}
	}
	return false;
}

/* Cases of one call that lead to different actions: does it matter which is tried first? */
static bool all_known(const struct seccomp_case *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!is_known(&v[i]))
			return false;
		for (size_t k = i; k-- > 0 && v[k].audit == v[i].audit && v[k].nr == v[i].nr;) {
			if (v[k].ret != v[i].ret && !exclude_each_other(&v[k], &v[i]))
				return false;
		}
	}
	return true;
}

static int one_abi(struct program *p, const struct seccomp_case *v, size_t n, uint32_t audit,
		   bool x32, uint32_t otherwise)
{
	struct range *r = xcalloc(2 * n + 3, sizeof(*r));
	size_t count = ranges(v, n, otherwise, r);
	int root;

	if (audit == AUDIT_ARCH_X86_64 && !x32) {
		count = add_range(
			r, count,
			(struct range){.first = X32_BIT, .ret = SECCOMP_RET_KILL_PROCESS});
		count = add_range(r, count, (struct range){.first = UINT32_MAX, .ret = otherwise});
	}
	root = tree(p, r, count);
	free(r);
	if (root != p->code.n - 1)
		code_jump(&p->code, root);
	return code_load(&p->code, offsetof(struct seccomp_data, nr));
}

/**
 * seccomp_tree - a program of cases
 * @v: sorted by this function
 * @audits: the @naudits ABIs that are known, AUDIT_ARCH_*; any other one kills the process
 * @x32: x32 is one of them
 * @otherwise: what becomes of calls that have no case
 * @out: filter is new, for free()
 *
 * Return: 0, or -EOPNOTSUPP when it cannot be said this way, or is too long.
 */
int seccomp_tree(struct seccomp_case *v, size_t n, const uint32_t *audits, size_t naudits, bool x32,
		 uint32_t otherwise, struct sock_fprog *out)
{
	struct program *p cleanup_free = xcalloc(1, sizeof(*p));
	struct code *c = &p->code;
	int next, starts[SECCOMP_ABIS];

	qsort(v, n, sizeof(*v), by_number);
	if (!all_known(v, n) || naudits > SECCOMP_ABIS)
		return -EOPNOTSUPP;
	for (size_t i = 0; i < naudits; i++) {
		size_t first = 0, end;

		while (first < n && v[first].audit != audits[i])
			first++;
		for (end = first; end < n && v[end].audit == audits[i];)
			end++;
		starts[i] = one_abi(p, v + first, end - first, audits[i], x32, otherwise);
	}
	next = code_stmt(c, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < naudits; i++)
		next = code_branch(c, BPF_JEQ, audits[i], starts[i], next);
	code_load(c, offsetof(struct seccomp_data, arch));
	if (c->full)
		return -EOPNOTSUPP;
	out->len = (unsigned short)c->n;
	out->filter = xcalloc((size_t)c->n, sizeof(*out->filter));
	for (int i = 0; i < c->n; i++)
		out->filter[i] = c->insn[c->n - 1 - i];
	return 0;
}
