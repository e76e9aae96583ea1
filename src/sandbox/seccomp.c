/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system call filter. The default one is made at build time by seccomp_gen.c
 * from seccomp_table.def, which see; custom ones by seccomp_json.c, seccomp_profile.c
 * and seccomp_tree.c. Here they are only chosen and loaded.
 */
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "linux/sys.h"
#include "sandbox/sandbox.h"
#include "sandbox/seccomp.h"

#include "sandbox/seccomp_bpf.h"

#if defined(__x86_64__)
#define BPF   seccomp_bpf_x86_64
#define GATES seccomp_gates_x86_64
#elif defined(__aarch64__)
#define BPF   seccomp_bpf_aarch64
#define GATES seccomp_gates_aarch64
#endif

/* the newest capabilities, for headers that lack them */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif
#define CAP_NONE -1

static const struct {
	bool nested;
	int cap[2];
} gates[] = {
#define CLOSED                     false
#define NESTED                     true
#define GATE(name, nested, c1, c2) {nested, {CAP_##c1, CAP_##c2}},
#include "sandbox/seccomp_table.def"
};

/**
 * seccomp_open_gates - which gates of the table are open
 * @caps: what the container may have
 * @nested: containers inside are allowed
 *
 * Return: a bit for each GATE() line, the first one lowest.
 */
uint32_t seccomp_open_gates(uint64_t caps, bool nested)
{
	uint32_t open = 0;

	for (size_t g = 0; g < ARRAY_SIZE(gates); g++) {
		bool by_cap = false;

		for (int i = 0; i < 2; i++)
			if (gates[g].cap[i] != CAP_NONE)
				by_cap |= caps >> gates[g].cap[i] & 1;
		if (by_cap || (nested && gates[g].nested))
			open |= 1U << g;
	}
	return open;
}

/**
 * seccomp_set_gates - open or close the gates of a program
 * @insn: the program, changed in place
 * @list: its gates
 * @n: how many
 * @open: as seccomp_open_gates() says
 */
void seccomp_set_gates(struct sock_filter *insn, const struct seccomp_gate *list, size_t n,
		       uint32_t open)
{
	const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	for (size_t i = 0; i < n; i++)
		insn[list[i].insn] = open >> list[i].gate & 1 ? allow : list[i].closed;
}

/**
 * seccomp_default - the built-in program
 * @caps: what the container may have: its bounding set
 * @nested: containers inside are allowed
 *
 * Context: any thread, but one at a time. The program for the default capabilities
 * lies in .rodata; any other one in a buffer that lives until the next call.
 * Return: the program, or NULL when there is none for this architecture.
 */
const struct sock_fprog *seccomp_default(uint64_t caps, bool nested)
{
#ifdef BPF
	static const struct sock_fprog ready = {ARRAY_SIZE(BPF), (struct sock_filter *)BPF};
	static struct sock_filter insn[ARRAY_SIZE(BPF)];
	static const struct sock_fprog changed = {ARRAY_SIZE(BPF), insn};
	uint32_t open = seccomp_open_gates(caps, nested);

	if (open == SECCOMP_DEFAULT_GATES)
		return &ready;
	memcpy(insn, BPF, sizeof(insn));
	seccomp_set_gates(insn, GATES, ARRAY_SIZE(GATES), open);
	return &changed;
#else
	(void)caps;
	(void)nested;
	return NULL;
#endif
}

/* Does a program hand calls to a listener? */
static bool has_notify(const struct sock_fprog *prog)
{
	for (size_t i = 0; i < prog->len; i++) {
		if (prog->filter[i].code == (BPF_RET | BPF_K) &&
		    prog->filter[i].k == SECCOMP_RET_USER_NOTIF)
			return true;
	}
	return false;
}

/**
 * seccomp_from_profile - the program of a profile in Docker's format
 * @name: of the file, for messages
 * @text: what it held when the container was made: JSON
 * @caps: what the container may have, for includes and excludes
 * @out: filter is new, for free()
 *
 * Context: front end, before the launch.
 * Return: 0 or -errno; there is no half program.
 */
int seccomp_from_profile(const char *name, const char *text, uint64_t caps, struct sock_fprog *out,
			 struct err *e)
{
	int r;

	*out = (struct sock_fprog){};
	if (!text)
		return fail(e, ENODATA, "the record of the container lacks its seccomp profile");
	r = seccomp_program(text, strlen(text), caps, out, e);
	if (!r && has_notify(out)) {
		free(take_ptr(out->filter));
		r = fail(e, EINVAL,
			 "SCMP_ACT_NOTIFY needs a listener, which only config.json names");
	}
	return r < 0 ? fail_in(e, r, "seccomp profile %s", name) : 0;
}

/**
 * seccomp_from_text - as seccomp_from_profile() for "linux.seccomp" of config.json
 * @watch: set; its strings are new, also after a failure
 */
int seccomp_from_text(const char *text, uint64_t caps, struct seccomp_watch *watch,
		      struct sock_fprog *out, struct err *e)
{
	struct seccomp_profile p;
	int r = seccomp_profile_parse(text, strlen(text), caps, &p, e);

	*out = (struct sock_fprog){};
	*watch = (struct seccomp_watch){};
	if (r >= 0) {
		*watch = (struct seccomp_watch){p.flags, take_ptr(p.listener),
						take_ptr(p.metadata)};
		seccomp_profile_free(&p);
		r = seccomp_program(text, strlen(text), caps, out, e);
	}
	return r < 0 ? fail_in(e, r, "linux.seccomp") : 0;
}

/**
 * seccomp_load - confine the calling thread, for good
 * @prog: borrowed
 * @flags: SECCOMP_FILTER_FLAG_*; with NEW_LISTENER the result is its descriptor
 *
 * No flags but on demand. SPEC_ALLOW would let the payload run without the mitigation
 * of speculative store bypass, which kernels before 5.16 give to filtered processes
 * (later ones do not, with or without the flag): the host's other processes matter
 * more to us than the payload's speed on old kernels. TSYNC has nothing to do: the
 * caller has one thread.
 *
 * Context: launch, child side, after no_new_privs or with CAP_SYS_ADMIN in its user
 * namespace. Async-signal-safe unless it fails.
 * Return: 0 or a descriptor, -EACCES without those, -EINVAL or -ENOSYS when the kernel has no filters.
 * Source: seccomp(2); Linux 3.17.
 */
int seccomp_load(const struct sock_fprog *prog, uint32_t flags, struct err *e)
{
	int r = sys_seccomp(SECCOMP_SET_MODE_FILTER, flags, (void *)prog);

	if (r >= 0)
		return r;
	fail(e, -r, "loading the system call filter: %s", strerror(-r));
	if (r == -EACCES)
		return fail_hint(e, r, "it needs no_new_privs or CAP_SYS_ADMIN");
	if (flags)
		return fail_hint(e, r, "the kernel may lack one of the flags; leave them out");
	if (r == -EINVAL || r == -ENOSYS)
		return fail_hint(e, r,
				 "the kernel may lack CONFIG_SECCOMP_FILTER; "
				 "--security-opt seccomp=unconfined runs without");
	return r;
}
