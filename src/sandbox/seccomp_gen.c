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
 * How a program is written, from its end, is in seccomp_code.h; a return that is too far
 * away is repeated.
 *
 * A gate (seccomp_table.def) is one instruction: a return, or in front of an
 * argument check a jump to the next instruction. The emitted program is that of the
 * default capabilities; the list of gates says which instructions seccomp.c changes
 * for other sets.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/audit.h>
#include <linux/filter.h>

#include "seccomp_code.h"
#include "seccomp_gen.h"

/* gates that are open in the program as it is emitted: those of CAPS_DEFAULT */
#define DEFAULT_GATES (1U << GATE_CHROOT)

static void die(const char *what)
{
	fprintf(stderr, "seccomp_gen: %s\n", what);
	exit(1);
}

/* ---- programs, written from their end --------------------------------------------------------- */

#define MAX_LEAVES 64

static struct prog {
	struct code code;
	enum gate gate[CODE_MAX]; /* of each instruction */
	struct leaf {
		struct verdict v;
		int label; /* the copy written last */
	} leaf[MAX_LEAVES];
	int leaves;
} prog;

static int stmt(uint16_t code, uint32_t k)
{
	return code_stmt(&prog.code, code, k);
}

static int gated(uint16_t code, uint32_t k, enum gate gate)
{
	int label = stmt(code, k);

	prog.gate[label] = gate;
	return label;
}

static int load_arg(int i)
{
	/* the low half of a 64-bit argument: both architectures are little endian */
	return code_load(&prog.code, offsetof(struct seccomp_data, args[i]));
}

static int branch(uint16_t op, uint32_t k, int t, int f)
{
	return code_branch(&prog.code, op, k, t, f);
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

	if (leaf->label >= 0 && code_near(&prog.code, leaf->label))
		return leaf->label;
	if (v.check == CHECK_NONE) {
		leaf->label = gated(BPF_RET | BPF_K, v.ret, v.gate);
	} else if (leaf->label >= 0) {
		leaf->label = code_jump(&prog.code, leaf->label);
	} else {
		leaf->label = emit_check(v.check);
		if (v.gate != GATE_NEVER)
			leaf->label = gated(BPF_JMP | BPF_JA, 0, v.gate);
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
	return code_load(&prog.code, offsetof(struct seccomp_data, nr));
}

static void emit_program(enum abi abi, uint32_t arch, enum abi compat, uint32_t compat_arch)
{
	int kill, start, compat_start;

	memset(&prog, 0, sizeof(prog));
	compat_start = emit_abi(compat);
	start = emit_abi(abi);
	kill = stmt(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	kill = branch(BPF_JEQ, compat_arch, compat_start, kill);
	branch(BPF_JEQ, arch, start, kill);
	code_load(&prog.code, offsetof(struct seccomp_data, arch));
	if (prog.code.full)
		die("the program is longer than the kernel takes");
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
	for (int i = prog.code.n - 1; i >= 0; i--) {
		enum gate gate = prog.gate[i];

		printf("\t/* %4d */ ", prog.code.n - 1 - i);
		print_insn(gate != GATE_NEVER && DEFAULT_GATES & 1U << gate ? open
									    : prog.code.insn[i]);
		printf(",%s\n", gate == GATE_NEVER ? "" : " /* gate */");
	}
	printf("};\n\nstatic const struct seccomp_gate seccomp_gates_%s[] = {\n", arch);
	for (int i = prog.code.n - 1; i >= 0; i--) {
		if (prog.gate[i] == GATE_NEVER)
			continue;
		printf("\t{%d, %d, ", prog.code.n - 1 - i, prog.gate[i]);
		print_insn(prog.code.insn[i]);
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

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "bpf") == 0) {
		print_header();
	} else if (strcmp(what, "json") == 0 || strcmp(what, "json-nested") == 0) {
		print_profile(strcmp(what, "json-nested") == 0);
	} else {
		die("usage: seccomp_gen bpf | json | json-nested");
	}
	if (fflush(stdout) || ferror(stdout))
		die("cannot write");
	return 0;
}
