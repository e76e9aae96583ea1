/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pieces of allow-list system call filters, written by hand: a helper's list is
 * short, and libseccomp would be one more library in it. Each piece begins with the
 * number of the call in the accumulator and leaves it there when the call is
 * another one.
 */
#ifndef SANDBOX_LINUX_ALLOW_LIST_H
#define SANDBOX_LINUX_ALLOW_LIST_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define FILTER_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define FILTER_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define FILTER_ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define FILTER_ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define FILTER_ARCH AUDIT_ARCH_S390X
#elif defined(__i386__)
#define FILTER_ARCH AUDIT_ARCH_I386
#elif defined(__arm__)
#define FILTER_ARCH AUDIT_ARCH_ARM
#else
#error "the helpers' system call filters do not know this architecture"
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FILTER_ARG(n) (offsetof(struct seccomp_data, args[n]))
#else
#define FILTER_ARG(n) (offsetof(struct seccomp_data, args[n]) + 4)
#endif

#define FILTER_RET(action)     BPF_STMT(BPF_RET | BPF_K, (action))
#define FILTER_ERRNO(e)        FILTER_RET(SECCOMP_RET_ERRNO | (e))
#define FILTER_LOAD(at)        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at))
#define FILTER_IS(v, yes, no)  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (v), (yes), (no))
#define FILTER_HAS(v, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (v), (yes), (no))

/* How every filter begins: another ABI is no accident and kills. */
#define FILTER_BEGIN                                                                    \
	FILTER_LOAD(offsetof(struct seccomp_data, arch)), FILTER_IS(FILTER_ARCH, 1, 0), \
		FILTER_RET(SECCOMP_RET_KILL_PROCESS),                                   \
		FILTER_LOAD(offsetof(struct seccomp_data, nr))

#define ALLOW(name) FILTER_IS(__NR_##name, 0, 1), FILTER_RET(SECCOMP_RET_ALLOW)
/* Allowed when no bit of @mask is set in argument @n, else errno @e. */
#define ALLOW_CLEAR(name, n, mask, e)                                                       \
	FILTER_IS(__NR_##name, 0, 4), FILTER_LOAD(FILTER_ARG(n)), FILTER_HAS((mask), 0, 1), \
		FILTER_ERRNO(e), FILTER_RET(SECCOMP_RET_ALLOW)
/* Allowed when a bit of @mask is set in argument @n, else errno @e. */
#define ALLOW_SET(name, n, mask, e)                                                         \
	FILTER_IS(__NR_##name, 0, 4), FILTER_LOAD(FILTER_ARG(n)), FILTER_HAS((mask), 1, 0), \
		FILTER_ERRNO(e), FILTER_RET(SECCOMP_RET_ALLOW)
/* Allowed when argument @n is one of two or three values, else errno @e. */
#define ALLOW_TWO(name, n, a, b, e)                                                     \
	FILTER_IS(__NR_##name, 0, 5), FILTER_LOAD(FILTER_ARG(n)), FILTER_IS((a), 2, 0), \
		FILTER_IS((b), 1, 0), FILTER_ERRNO(e), FILTER_RET(SECCOMP_RET_ALLOW)
#define ALLOW_THREE(name, n, a, b, c, e)                                                \
	FILTER_IS(__NR_##name, 0, 6), FILTER_LOAD(FILTER_ARG(n)), FILTER_IS((a), 3, 0), \
		FILTER_IS((b), 2, 0), FILTER_IS((c), 1, 0), FILTER_ERRNO(e),            \
		FILTER_RET(SECCOMP_RET_ALLOW)

#endif
