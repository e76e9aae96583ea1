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

#endif
