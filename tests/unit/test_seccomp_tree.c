/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Profiles as programs of ours against those of libseccomp: the same verdict for every number of
 * every ABI, with arguments that the profile tells apart, and others beside them.
 */
#include <linux/capability.h>

#include "bpf.h"
#include "sandbox/sandbox.h"
#include "sandbox/seccomp.h"

#define ALL_ARCHS                                                                  \
	"'architectures': ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32', " \
	"'SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'], "
#define HEAD      "{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 38, "
#define VALUES    64
#define X32_BIT   0x40000000U
#define LAST_CALL 600

struct values {
	uint64_t v[VALUES];
	size_t n;
};

static void add_value(struct values *to, uint64_t v)
{
	for (size_t i = 0; i < to->n; i++) {
		if (to->v[i] == v)
			return;
	}
	assert_true(to->n < VALUES);
	to->v[to->n++] = v;
}

/* What conditions of a profile are about, what lies beside it, and the same in the upper half. */
static void find_values(const struct seccomp_profile *p, struct values *out)
{
	add_value(out, 0);
	add_value(out, UINT64_MAX);
	for (size_t i = 0; i < p->n; i++) {
		for (unsigned k = 0; k < p->rules[i].nargs; k++) {
			const struct seccomp_arg *a = &p->rules[i].args[k];

			add_value(out, a->value);
			add_value(out, a->value ^ 1);
			add_value(out, a->value | 1ULL << 40);
			add_value(out, a->value_two);
		}
	}
}

static void compare(const struct sock_fprog *ours, const struct sock_fprog *theirs,
		    const struct seccomp_data *d)
{
	uint32_t mine = bpf_run(ours->filter, ours->len, d);
	uint32_t other = bpf_run(theirs->filter, theirs->len, d);

	if (mine != other)
		fail_msg("arch %#x, call %#x, argument %#llx: %#x, and %#x by libseccomp", d->arch,
			 (unsigned)d->nr, (unsigned long long)d->args[0], mine, other);
}

static void compare_call(const struct sock_fprog *ours, const struct sock_fprog *theirs,
			 uint32_t arch, uint32_t nr, const struct values *values)
{
	for (size_t i = 0; i < values->n; i++) {
		struct seccomp_data d = {.arch = arch, .nr = (int)nr};

		for (unsigned k = 0; k < SECCOMP_ARGS; k++) {
			d.args[k] = values->v[i];
			compare(ours, theirs, &d);
		}
		for (unsigned k = 0; k < SECCOMP_ARGS; k++) {
			d.args[k] = 0;
			compare(ours, theirs, &d);
		}
	}
}

static void compare_all(const struct sock_fprog *ours, const struct sock_fprog *theirs,
			const struct values *values)
{
	static const uint32_t archs[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
					 AUDIT_ARCH_ARM, AUDIT_ARCH_S390X};
	static const uint32_t odd[] = {0x3fffffff, 0x7fffffff, 0x80000000, 0xfffffffe,
				       0xffffffff, 0xf0001,    0xf0005,    0xf0006};

	for (size_t a = 0; a < ARRAY_SIZE(archs); a++) {
		for (uint32_t nr = 0; nr < LAST_CALL; nr++) {
			compare_call(ours, theirs, archs[a], nr, values);
			compare_call(ours, theirs, archs[a], nr | X32_BIT, values);
		}
		for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
			compare_call(ours, theirs, archs[a], odd[i], values);
	}
}

static void same(const char *text, uint64_t caps)
{
	struct sock_fprog ours = {}, theirs = {};
	struct seccomp_profile p;
	struct values values = {};
	struct err e = {};

	if (seccomp_profile_parse(text, strlen(text), caps, &p, &e) < 0 ||
	    seccomp_profile_make(&p, SECCOMP_BY_LIBRARY, &theirs, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(seccomp_profile_make(&p, SECCOMP_BY_TREE, &ours, &e), 0);
	bpf_check(ours.filter, ours.len);
	find_values(&p, &values);
	compare_all(&ours, &theirs, &values);
	free(ours.filter);
	free(theirs.filter);
	seccomp_profile_free(&p);
}

/* Its default, with the fewest and the most calls. */
static void test_podman(void **state)
{
	struct buf text cleanup_buf = {};

	(void)state;
	if (read_file_at(AT_FDCWD, "/usr/share/containers/seccomp.json", 1 << 20, &text) < 0)
		skip();
	same(text.data, 0);
	same(text.data, ~0ULL);
}

#define ALLOW(names, args) "{'names': [" names "], 'action': 'SCMP_ACT_ALLOW', 'args': [" args "]}"
#define ARG(i, value, two, op) \
	"{'index': " #i ", 'value': " #value ", 'valueTwo': " #two ", 'op': 'SCMP_CMP_" op "'}"

/* JSON with the other quotes */
static char *quoted(const char *text)
{
	char *s = xstrdup(text);

	for (char *p = s; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	return s;
}

static void test_conditions(void **state)
{
	static const char *const texts[] = {
		ALLOW("'clone'", ARG(0, 2114060288, 0, "MASKED_EQ")),
		ALLOW("'personality'", ARG(0, 0, 0, "EQ")),
		ALLOW("'personality'", ARG(0, 4294967295, 0, "EQ")),
		ALLOW("'ioctl'", ARG(1, 21522, 0, "NE") "," ARG(0, 1, 0, "EQ")),
		ALLOW("'prctl'", ARG(0, 1095216660480, 1095216660480, "MASKED_EQ")),
		ALLOW("'mmap', 'mmap2'", ARG(2, 4, 0, "MASKED_EQ") "," ARG(3, 32, 32, "MASKED_EQ")),
		ALLOW("'socketcall', 'ipc', 'shmat', 'accept', 'read', 'exit_group'", ""),
		/* parts of socketcall(), and actions that exclude each other */
		ALLOW("'socket'", ARG(0, 16, 0, "NE")),
		"{'names': ['socket'], 'action': 'SCMP_ACT_ERRNO', 'args': [" ARG(0, 16, 0,
										  "EQ") "]}",
		ALLOW("'dup2'", ARG(0, 1, 1, "MASKED_EQ")),
		"{'names': ['dup2'], 'action': 'SCMP_ACT_LOG', 'args': [" ARG(0, 3, 2,
									      "MASKED_EQ") "]}",
	};
	struct buf b cleanup_buf = {};
	char *text cleanup_free = NULL;

	(void)state;
	buf_printf(&b, "%s", HEAD ALL_ARCHS "'syscalls': [");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		buf_printf(&b, "%s%s", i ? "," : "", texts[i]);
	buf_printf(&b, "]}");
	text = quoted(b.data);
	same(text, 0);
	free(text);
	text = quoted("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': ["
		      "{'names': ['ptrace', 'mount'], 'action': 'SCMP_ACT_ERRNO'},"
		      "{'names': ['reboot'], 'action': 'SCMP_ACT_KILL_PROCESS'}]}");
	same(text, 0);
	free(text);
	text = quoted("{'defaultAction': 'SCMP_ACT_LOG'}");
	same(text, 0);
}

/* What libseccomp does instead. */
static void test_refused(void **state)
{
	static const char *const texts[] = {
		HEAD "'syscalls': [" ALLOW("'read'", ARG(0, 5, 0, "GE")) "]}",
		HEAD "'syscalls': [" ALLOW(
			"'read'",
			ARG(0, 5, 0,
			    "EQ")) ","
				   "{'names': ['read'], 'action': 'SCMP_ACT_LOG', 'args': [" ARG(
					   2, 6, 0, "EQ") "]}]}",
		/* in the lower half they are one number */
		HEAD ALL_ARCHS "'syscalls': [" ALLOW(
			"'read'",
			ARG(0, 5, 0,
			    "EQ")) ","
				   "{'names': ['read'], 'action': 'SCMP_ACT_LOG', 'args': [" ARG(
					   0, 4294967301, 0, "EQ") "]}]}",
		HEAD ALL_ARCHS "'syscalls': [" ALLOW("'socket'", "") "]}",
		HEAD
		"'architectures': ['SCMP_ARCH_RISCV64'], 'syscalls': [" ALLOW("'read'", "") "]}",
		HEAD "'syscalls': [" ALLOW("'read'", ARG(0, 2, 1, "MASKED_EQ")) "]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char *text cleanup_free = quoted(texts[i]);
		struct sock_fprog f = {};
		struct seccomp_profile p;
		struct err e = {};

		assert_int_equal(seccomp_profile_parse(text, strlen(text), 0, &p, &e), 0);
		assert_int_equal(seccomp_profile_make(&p, SECCOMP_BY_TREE, &f, &e), -EOPNOTSUPP);
		assert_int_equal(seccomp_profile_make(&p, SECCOMP_BY_ANY, &f, &e), 0);
		free(f.filter);
		seccomp_profile_free(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_podman),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
