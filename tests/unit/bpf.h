/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs filters without a kernel, so that those of other architectures can be tried
 * as well, and strictly: what the kernel would not load fails the test.
 */
#ifndef SANDBOX_TESTS_BPF_H
#define SANDBOX_TESTS_BPF_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "unit.h"

static inline bool bpf_jump(const struct sock_filter *f, uint32_t a)
{
	switch (BPF_OP(f->code)) {
	case BPF_JEQ:
		return a == f->k;
	case BPF_JGE:
		return a >= f->k;
	case BPF_JGT:
		return a > f->k;
	case BPF_JSET:
		return (a & f->k) != 0;
	default:
		fail_msg("jump of code %#x", f->code);
		return false;
	}
}

/* bpf_run - the verdict; the few instructions that our generator and libseccomp use */
static inline uint32_t bpf_run(const struct sock_filter *prog, size_t len,
			       const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < len; pc++) {
		const struct sock_filter *f = &prog[pc];

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(f->k % 4 == 0 && f->k < sizeof(*data));
			memcpy(&a, (const char *)data + f->k, 4);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= f->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += f->k;
			break;
		case BPF_RET | BPF_K:
			return f->k;
		default:
			assert_int_equal(BPF_CLASS(f->code), BPF_JMP);
			assert_int_equal(BPF_SRC(f->code), BPF_K);
			pc += bpf_jump(f, a) ? f->jt : f->jf;
		}
	}
	fail_msg("the program runs past its end");
	return 0;
}

/* bpf_check - what the kernel's own check of a classic program demands */
static inline void bpf_check(const struct sock_filter *prog, size_t len)
{
	assert_in_range(len, 1, 4096);
	for (size_t pc = 0; pc < len; pc++) {
		const struct sock_filter *f = &prog[pc];

		if (BPF_CLASS(f->code) != BPF_JMP)
			continue;
		if (BPF_OP(f->code) == BPF_JA) {
			assert_true(f->k < len - pc - 1);
		} else {
			assert_true(pc + f->jt + 1 < len);
			assert_true(pc + f->jf + 1 < len);
		}
	}
	assert_int_equal(BPF_CLASS(prog[len - 1].code), BPF_RET);
}

#endif
