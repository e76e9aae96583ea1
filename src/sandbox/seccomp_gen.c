/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Runs at build time, on the machine that builds. It turns seccomp_table.def into
 *
 *   seccomp_gen bpf		a C header with the BPF program of each architecture
 *   seccomp_gen json		the same list as a profile in Docker's format
 *   seccomp_gen json-nested	that profile as it is under --nested
 *
 * A program first tells the ABIs of its architecture apart, then finds the call's
 * number by binary search among ranges with one verdict, then looks at arguments
 * where the verdict depends on them. The gaps between the table's rows are ranges
 * as well (ENOSYS), which is how x32 numbers, -1 and calls of later kernels get
 * their answer. An ABI that is in no program kills the process: there is none that
 * such a kernel has today. The kernel keeps a bitmap of numbers that are allowed
 * whatever the arguments (Linux 5.11): to fill it, it walks the program once for
 * each number, so that a shallow tree also loads faster.
 *
 * Jumps of BPF go forward and conditional ones at most 255 instructions, so a
 * program is written from its end: where a label lies is known before a jump to it,
 * and one that is too far gets its return repeated or a long jump in between.
 *
 * A gate (seccomp_table.def) is one instruction: a return, or in front of an
 * argument check a jump to the next instruction. The emitted program is that of the
 * default capabilities; the list of gates says which instructions seccomp.c changes
 * for other sets.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/audit.h>
#include <linux/filter.h>
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

/* gates that are open in the program as it is emitted: those of CAPS_DEFAULT */
#define DEFAULT_GATES (1U << GATE_CHROOT)

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

static void die(const char *what)
{
	fprintf(stderr, "seccomp_gen: %s\n", what);
	exit(1);
}

/* ---- programs, written from their end --------------------------------------------------------- */

#define MAX_INSNS  4096 /* BPF_MAXINSNS */
#define MAX_LEAVES 64
#define REACH      240 /* of a conditional jump, with room for what may come in between */

/*
 * struct prog - a program in reverse: @insn[0] is its last instruction, and a label
 * is an index into @insn
 */
static struct prog {
	struct sock_filter insn[MAX_INSNS];
	int gate[MAX_INSNS]; /* of each instruction, GATE_NEVER for none */
	int n;
	struct leaf {
		struct verdict v;
		int label; /* the copy written last */
	} leaf[MAX_LEAVES];
	int leaves;
} prog;

static int emit(struct sock_filter insn, enum gate gate)
{
	if (prog.n == MAX_INSNS)
		die("the program is longer than the kernel takes");
	prog.insn[prog.n] = insn;
	prog.gate[prog.n] = gate;
	return prog.n++;
}

static int stmt(uint16_t code, uint32_t k)
{
	return emit((struct sock_filter)BPF_STMT(code, k), GATE_NEVER);
}

static int load_arg(int i)
{
	/* the low half of a 64-bit argument: both architectures are little endian */
	return stmt(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, args[i]));
}

static int distance(int label)
{
	return prog.n - label - 1;
}

static int within_reach(int label)
{
	if (distance(label) <= REACH)
		return label;
	return stmt(BPF_JMP | BPF_JA, (uint32_t)distance(label));
}

/* branch - if (A <op> k) goto t; else goto f */
static int branch(uint16_t op, uint32_t k, int t, int f)
{
	t = within_reach(t);
	f = within_reach(f);
	if (distance(t) > UINT8_MAX || distance(f) > UINT8_MAX)
		die("a jump is too long");
	return emit((struct sock_filter)BPF_JUMP(BPF_JMP | op | BPF_K, k, (uint8_t)distance(t),
						 (uint8_t)distance(f)),
		    GATE_NEVER);
}

static int verdict_label(struct verdict v);

static int emit_check(enum check check)
{
	int allow = verdict_label(V_ALLOW), no_call = verdict_label(V_ERRNO(ENOSYS)), next = allow;
	int eperm = verdict_label(V_ERRNO(EPERM));

	switch (check) {
	case CHECK_CLONE:
		branch(BPF_JSET, NEW_BITS_CLONE, eperm, allow);
		return load_arg(0);
	case CHECK_UNSHARE:
		branch(BPF_JSET, NEW_BITS_UNSHARE, eperm, allow);
		return load_arg(0);
	case CHECK_IOCTL:
		for (size_t i = 0; i < ARRAY_SIZE(bad_ioctls); i++)
			next = branch(BPF_JEQ, bad_ioctls[i], eperm, next);
		return load_arg(1);
	case CHECK_PERSONALITY:
		next = no_call;
		for (size_t i = ARRAY_SIZE(personalities); i-- > 0;)
			next = branch(BPF_JEQ, personalities[i], allow, next);
		return load_arg(0);
	case CHECK_FAMILY:
		next = branch(BPF_JGE, FAMILY_END, no_call, verdict_label(V_ERRNO(EAFNOSUPPORT)));
		for (size_t i = ARRAY_SIZE(families); i-- > 0;)
			next = branch(BPF_JEQ, families[i], allow, next);
		return load_arg(0);
	case CHECK_NONE:
		break;
	}
	die("a check without code");
	return -1;
}

static bool same_verdict(struct verdict a, struct verdict b)
{
	return a.ret == b.ret && a.check == b.check && a.gate == b.gate;
}

static struct leaf *find_leaf(struct verdict v)
{
	for (int i = 0; i < prog.leaves; i++)
		if (same_verdict(prog.leaf[i].v, v))
			return &prog.leaf[i];
	if (prog.leaves == MAX_LEAVES)
		die("too many different verdicts");
	prog.leaf[prog.leaves] = (struct leaf){v, -1};
	return &prog.leaf[prog.leaves++];
}

/* verdict_label - where a conditional jump finds @v, which gets written when it is too far */
static int verdict_label(struct verdict v)
{
	struct leaf *leaf = find_leaf(v);

	if (leaf->label >= 0 && distance(leaf->label) <= REACH - 40)
		return leaf->label;
	if (v.check == CHECK_NONE) {
		leaf->label = emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, v.ret), v.gate);
	} else if (leaf->label >= 0) {
		leaf->label = stmt(BPF_JMP | BPF_JA, (uint32_t)distance(leaf->label));
	} else {
		leaf->label = emit_check(v.check);
		if (v.gate != GATE_NEVER)
			leaf->label = emit((struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0),
					   v.gate);
	}
	return leaf->label;
}

/* ---- ranges ------------------------------------------------------------------------------------- */

/* struct range - call numbers from @first to the next range's */
struct range {
	uint32_t first;
	struct verdict v;
};

static int by_number(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* make_ranges - the table's rows for @abi and the gaps between them, joined where they agree */
static size_t make_ranges(enum abi abi, struct range *out)
{
	struct range call[ARRAY_SIZE(rows)];
	size_t n = 0, r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].nr[abi] != NO)
			call[n++] = (struct range){(uint32_t)rows[i].nr[abi], rows[i].v};
	qsort(call, n, sizeof(call[0]), by_number);
	out[r++] = (struct range){0, V_ERRNO(ENOSYS)};
	for (size_t i = 0; i < n; i++) {
		bool last = i + 1 == n;

		if (!last && call[i + 1].first == call[i].first) {
			if (!same_verdict(call[i + 1].v, call[i].v))
				die("two rows have one number");
			continue; /* two names of one call */
		}
		if (out[r - 1].first == call[i].first)
			r--;
		if (!r || !same_verdict(out[r - 1].v, call[i].v))
			out[r++] = call[i];
		if (last || call[i + 1].first != call[i].first + 1)
			out[r++] = (struct range){call[i].first + 1, V_ERRNO(ENOSYS)};
	}
	return r;
}

static int emit_tree(const struct range *r, size_t n)
{
	int left, right;

	if (n == 1)
		return verdict_label(r->v);
	right = emit_tree(r + n / 2, n - n / 2);
	left = emit_tree(r, n / 2);
	return branch(BPF_JGE, r[n / 2].first, right, left);
}

static int emit_abi(enum abi abi)
{
	struct range r[2 * ARRAY_SIZE(rows) + 1];
	size_t n = make_ranges(abi, r);

	if (n < 2)
		die("an ABI without calls"); /* what follows runs into the tree's root */
	emit_tree(r, n);
	return stmt(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, nr));
}

static void emit_program(enum abi abi, uint32_t arch, enum abi compat, uint32_t compat_arch)
{
	int kill, start, compat_start;

	prog.n = prog.leaves = 0;
	compat_start = emit_abi(compat);
	start = emit_abi(abi);
	kill = stmt(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	kill = branch(BPF_JEQ, compat_arch, compat_start, kill);
	branch(BPF_JEQ, arch, start, kill);
	stmt(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, arch));
}

/* ---- the header ---------------------------------------------------------------------------------- */

static void print_insn(struct sock_filter f)
{
	printf("{0x%02x, %u, %u, 0x%08x}", f.code, f.jt, f.jf, f.k);
}

static void print_program(const char *arch)
{
	const struct sock_filter open = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	printf("\n#if defined(__%s__) || defined(SECCOMP_BPF_ALL)\n", arch);
	printf("static const struct sock_filter seccomp_bpf_%s[] = {\n", arch);
	for (int i = prog.n - 1; i >= 0; i--) {
		int gate = prog.gate[i];

		printf("\t/* %4d */ ", prog.n - 1 - i);
		print_insn(gate != GATE_NEVER && DEFAULT_GATES & 1U << gate ? open : prog.insn[i]);
		printf(",%s\n", gate == GATE_NEVER ? "" : " /* gate */");
	}
	printf("};\n\nstatic const struct seccomp_gate seccomp_gates_%s[] = {\n", arch);
	for (int i = prog.n - 1; i >= 0; i--) {
		if (prog.gate[i] == GATE_NEVER)
			continue;
		printf("\t{%d, %d, ", prog.n - 1 - i, prog.gate[i]);
		print_insn(prog.insn[i]);
		printf("}, /* %s */\n", gates[prog.gate[i]].name);
	}
	printf("};\n#endif\n");
}

static void print_header(void)
{
	printf("/* SPDX-License-Identifier: GPL-2.0-or-later */\n"
	       "/* Made by seccomp_gen from seccomp_table.def. */\n\n"
	       "#define SECCOMP_DEFAULT_GATES 0x%xU\n",
	       DEFAULT_GATES);
	emit_program(X86_64, AUDIT_ARCH_X86_64, I386, AUDIT_ARCH_I386);
	print_program("x86_64");
	emit_program(AARCH64, AUDIT_ARCH_AARCH64, ARM, AUDIT_ARCH_ARM);
	print_program("aarch64");
}

/* ---- the profile ----------------------------------------------------------------------------------- */

static bool nested_profile;

static bool always_open(enum gate g)
{
	return nested_profile && gates[g].nested;
}

static const char *sep = "";

static void print_names(bool (*want)(const struct row *, const void *), const void *arg)
{
	const char *comma = "";

	printf("%s\n\t\t{\n\t\t\t\"names\": [", sep);
	sep = ",";
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!want(&rows[i], arg))
			continue;
		printf("%s\n\t\t\t\t\"%s\"", comma, rows[i].name);
		comma = ",";
	}
	printf("\n\t\t\t],\n\t\t\t\"action\": ");
}

static bool any_row(bool (*want)(const struct row *, const void *), const void *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (want(&rows[i], arg))
			return true;
	return false;
}

static void print_action(uint32_t ret)
{
	if (ret == SECCOMP_RET_ALLOW)
		printf("\"SCMP_ACT_ALLOW\"");
	else
		printf("\"SCMP_ACT_ERRNO\",\n\t\t\t\"errnoRet\": %u", ret & SECCOMP_RET_DATA);
}

static void print_excludes(enum gate g)
{
	const char *comma = "";

	if (g == GATE_NEVER)
		return;
	printf(",\n\t\t\t\"excludes\": {\n\t\t\t\t\"caps\": [");
	for (int i = 0; i < 2; i++) {
		if (strcmp(gates[g].cap[i], "CAP_NONE") == 0)
			continue;
		printf("%s\n\t\t\t\t\t\"%s\"", comma, gates[g].cap[i]);
		comma = ",";
	}
	printf("\n\t\t\t\t]\n\t\t\t}");
}

static bool is_open(const struct row *r, const void *arg)
{
	(void)arg;
	return r->v.check == CHECK_NONE && r->v.ret == SECCOMP_RET_ALLOW;
}

static bool has_gate(const struct row *r, const void *gate)
{
	return !is_open(r, NULL) && r->v.gate == *(const enum gate *)gate;
}

static bool is_denied(const struct row *r, const void *gate)
{
	return has_gate(r, gate) && r->v.check == CHECK_NONE && r->v.ret == RET_ERRNO(EPERM);
}

static void print_gate(enum gate g)
{
	if (g != GATE_NEVER && always_open(g)) {
		print_names(has_gate, &g);
		print_action(SECCOMP_RET_ALLOW);
		printf("\n\t\t}");
		return;
	}
	for (int i = 0; g != GATE_NEVER && i < 2; i++) {
		if (strcmp(gates[g].cap[i], "CAP_NONE") == 0)
			continue;
		print_names(has_gate, &g);
		print_action(SECCOMP_RET_ALLOW);
		printf(",\n\t\t\t\"includes\": {\n\t\t\t\t\"caps\": [\n\t\t\t\t\t\"%s\"\n\t\t\t\t]"
		       "\n\t\t\t}\n\t\t}",
		       gates[g].cap[i]);
	}
	if (any_row(is_denied, &g)) {
		print_names(is_denied, &g);
		print_action(RET_ERRNO(EPERM));
		print_excludes(g);
		printf("\n\t\t}");
	}
}

static bool has_check(const struct row *r, const void *verdict)
{
	return same_verdict(r->v, *(const struct verdict *)verdict);
}

/* print_masked - a rule for the calls of verdict @v: @ret when (argument & mask) == value */
static void print_masked(struct verdict v, int arg, uint32_t mask, uint32_t value, uint32_t ret)
{
	print_names(has_check, &v);
	print_action(ret);
	printf(",\n\t\t\t\"args\": [\n\t\t\t\t{\n\t\t\t\t\t\"index\": %d,\n\t\t\t\t\t\"value\": %u,"
	       "\n\t\t\t\t\t\"valueTwo\": %u,\n\t\t\t\t\t\"op\": \"SCMP_CMP_MASKED_EQ\"\n\t\t\t\t}"
	       "\n\t\t\t]",
	       arg, mask, value);
	print_excludes(v.gate);
	printf("\n\t\t}");
}

/*
 * print_others - rules for all values of a block but those listed. Rules of one call
 * are alternatives in this format, so that "neither A nor B" has to be said by
 * blocks of values that share their high bits.
 */
static void print_others(struct verdict v, int arg, uint32_t mask, uint32_t value,
			 const uint32_t *but, size_t n, uint32_t ret)
{
	uint32_t half = ~mask & ~(~mask >> 1);
	bool inside = false;

	for (size_t i = 0; i < n; i++)
		inside |= (but[i] & mask) == value;
	if (!inside) {
		print_masked(v, arg, mask, value, ret);
	} else if (half) {
		print_others(v, arg, mask | half, value, but, n, ret);
		print_others(v, arg, mask | half, value | half, but, n, ret);
	}
}

static void print_listed(struct verdict v, int arg, const uint32_t *list, size_t n, uint32_t ret)
{
	for (size_t i = 0; i < n; i++)
		print_masked(v, arg, UINT32_MAX, list[i], ret);
}

static void print_no_bits(struct verdict v, uint32_t bits)
{
	print_masked(v, 0, bits, 0, SECCOMP_RET_ALLOW);
	for (uint32_t bit = 1; bit; bit <<= 1)
		if (bits & bit)
			print_masked(v, 0, bit, bit, RET_ERRNO(EPERM));
}

static void print_check(struct verdict v)
{
	switch (v.check) {
	case CHECK_CLONE:
		print_no_bits(v, NEW_BITS_CLONE);
		break;
	case CHECK_UNSHARE:
		print_no_bits(v, NEW_BITS_UNSHARE);
		break;
	case CHECK_IOCTL:
		print_listed(v, 1, bad_ioctls, ARRAY_SIZE(bad_ioctls), RET_ERRNO(EPERM));
		print_others(v, 1, 0, 0, bad_ioctls, ARRAY_SIZE(bad_ioctls), SECCOMP_RET_ALLOW);
		break;
	case CHECK_PERSONALITY:
		print_listed(v, 0, personalities, ARRAY_SIZE(personalities), SECCOMP_RET_ALLOW);
		break;
	case CHECK_FAMILY:
		print_listed(v, 0, families, ARRAY_SIZE(families), SECCOMP_RET_ALLOW);
		print_others(v, 0, ~(FAMILY_END - 1), 0, families, ARRAY_SIZE(families),
			     RET_ERRNO(EAFNOSUPPORT));
		break;
	case CHECK_NONE:
		break;
	}
}

static bool is_first_of_check(size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (same_verdict(rows[i].v, rows[row].v))
			return false;
	return rows[row].v.check != CHECK_NONE;
}

static void print_profile(void)
{
	printf("{\n\t\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\t\"defaultErrnoRet\": %d,\n"
	       "\t\"archMap\": [\n"
	       "\t\t{\n\t\t\t\"architecture\": \"SCMP_ARCH_X86_64\",\n"
	       "\t\t\t\"subArchitectures\": [\n\t\t\t\t\"SCMP_ARCH_X86\"\n\t\t\t]\n\t\t},\n"
	       "\t\t{\n\t\t\t\"architecture\": \"SCMP_ARCH_AARCH64\",\n"
	       "\t\t\t\"subArchitectures\": [\n\t\t\t\t\"SCMP_ARCH_ARM\"\n\t\t\t]\n\t\t}\n\t],\n"
	       "\t\"syscalls\": [",
	       ENOSYS);
	print_names(is_open, NULL);
	print_action(SECCOMP_RET_ALLOW);
	printf("\n\t\t}");
	for (enum gate g = 0; g < GATES; g++)
		print_gate(g);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (is_first_of_check(i) &&
		    (rows[i].v.gate == GATE_NEVER || !always_open(rows[i].v.gate)))
			print_check(rows[i].v);
	printf("\n\t]\n}\n");
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "bpf") == 0) {
		print_header();
	} else if (strcmp(what, "json") == 0 || strcmp(what, "json-nested") == 0) {
		nested_profile = strcmp(what, "json-nested") == 0;
		print_profile();
	} else {
		die("usage: seccomp_gen bpf | json | json-nested");
	}
	if (fflush(stdout) || ferror(stdout))
		die("cannot write");
	return 0;
}
