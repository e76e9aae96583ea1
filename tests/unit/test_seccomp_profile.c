/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/capability.h>
#include <sys/syscall.h>

#include "bpf.h"
#include "sandbox/sandbox.h"
#include "sandbox/seccomp.h"

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#define OTHER  AUDIT_ARCH_I386
#define SUB                                                       \
	"\"archMap\": [{\"architecture\": \"SCMP_ARCH_X86_64\", " \
	"\"subArchitectures\": [\"SCMP_ARCH_X86\"]}, "            \
	"{\"architecture\": \"SCMP_ARCH_NEVER_HEARD\", \"subArchitectures\": null}],"
#define OTHER_GETPID 20
#define GO           "amd64"
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#define OTHER  AUDIT_ARCH_ARM
#define SUB                                                        \
	"\"archMap\": [{\"architecture\": \"SCMP_ARCH_AARCH64\", " \
	"\"subArchitectures\": [\"SCMP_ARCH_ARM\"]}, "             \
	"{\"architecture\": \"SCMP_ARCH_NEVER_HEARD\", \"subArchitectures\": null}],"
#define OTHER_GETPID 20
#define GO           "arm64"
#endif

#define HEAD   "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38, "
#define ALLOW  SECCOMP_RET_ALLOW
#define ERR(e) (SECCOMP_RET_ERRNO | (e))

static struct sock_fprog compile(const char *text, uint64_t caps)
{
	struct sock_fprog f = {};
	struct seccomp_profile p;
	struct err e = {};

	if (seccomp_profile_parse(text, strlen(text), caps, &p, &e) < 0 ||
	    seccomp_profile_compile(&p, &f, &e) < 0)
		fail_msg("%s: %s", text, e.msg);
	seccomp_profile_free(&p);
	bpf_check(f.filter, f.len);
	return f;
}

static uint32_t run(const struct sock_fprog *f, uint32_t arch, long nr, uint64_t a0, uint64_t a1)
{
	struct seccomp_data data = {.arch = arch, .nr = (int)nr, .args = {a0, a1}};

	return bpf_run(f->filter, f->len, &data);
}

/* one call of one profile */
static uint32_t verdict(const char *text, uint64_t caps, long nr, uint64_t a0, uint64_t a1)
{
	struct sock_fprog f = compile(text, caps);
	uint32_t v = run(&f, NATIVE, nr, a0, a1);

	free(f.filter);
	return v;
}

static void test_actions(void **state)
{
	static const struct {
		const char *json;
		uint32_t ret;
	} rows[] = {
		{"\"SCMP_ACT_ALLOW\"", ALLOW},
		{"\"SCMP_ACT_ERRNO\"", ERR(EPERM)},
		{"\"SCMP_ACT_ERRNO\", \"errnoRet\": 4094", ERR(4094)},
		{"\"SCMP_ACT_ERRNO\", \"errnoRet\": 1, \"errno\": \"EACCES\"", ERR(EACCES)},
		{"\"SCMP_ACT_ERRNO\", \"errnoRet\": null, \"errno\": \"\"", ERR(EPERM)},
		{"\"SCMP_ACT_KILL\"", SECCOMP_RET_KILL_THREAD},
		{"\"SCMP_ACT_KILL_THREAD\"", SECCOMP_RET_KILL_THREAD},
		{"\"SCMP_ACT_KILL_PROCESS\"", SECCOMP_RET_KILL_PROCESS},
		{"\"SCMP_ACT_LOG\"", SECCOMP_RET_LOG},
		{"\"SCMP_ACT_TRAP\"", SECCOMP_RET_TRAP},
		{"\"SCMP_ACT_TRACE\", \"errnoRet\": 7", SECCOMP_RET_TRACE | 7},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *text cleanup_free =
			xasprintf(HEAD "\"syscalls\": [{\"names\": [\"getpid\"], \"action\": %s}]}",
				  rows[i].json);

		assert_int_equal(verdict(text, 0, SYS_getpid, 0, 0), rows[i].ret);
		assert_int_equal(verdict(text, 0, SYS_getppid, 0, 0), ERR(ENOSYS));
	}
	assert_int_equal(verdict("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 1, "
				 "\"defaultErrno\": \"ENOSYS\"}",
				 0, SYS_getpid, 0, 0),
			 ERR(ENOSYS));
	assert_int_equal(verdict("{\"defaultAction\": \"SCMP_ACT_LOG\", \"syscalls\": null}", 0,
				 SYS_getpid, 0, 0),
			 SECCOMP_RET_LOG);
}

static void test_archs(void **state)
{
	struct sock_fprog f = compile(HEAD SUB "\"syscalls\": [{\"name\": \"getpid\", "
					       "\"action\": \"SCMP_ACT_ALLOW\"}]}",
				      0);

	(void)state;
	assert_int_equal(run(&f, NATIVE, SYS_getpid, 0, 0), ALLOW);
	assert_int_equal(run(&f, OTHER, OTHER_GETPID, 0, 0), ALLOW);
	assert_int_equal(run(&f, AUDIT_ARCH_S390X, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
	free(f.filter);
	f = compile(HEAD "\"syscalls\": [{\"name\": \"getpid\", \"action\": \"SCMP_ACT_ALLOW\"}]}",
		    0);
	assert_int_equal(run(&f, OTHER, OTHER_GETPID, 0, 0), SECCOMP_RET_KILL_PROCESS);
	free(f.filter);
}

static void test_args(void **state)
{
	const char *text = HEAD
		"\"syscalls\": ["
		"{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": ["
		"{\"index\": 0, \"value\": 5, \"op\": \"SCMP_CMP_EQ\"},"
		"{\"index\": 1, \"value\": 18446744073709551615, \"op\": \"SCMP_CMP_NE\"}]},"
		/* two conditions on one argument are alternatives */
		"{\"names\": [\"write\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": ["
		"{\"index\": 0, \"value\": 5, \"op\": \"SCMP_CMP_EQ\"},"
		"{\"index\": 0, \"value\": 7, \"op\": \"SCMP_CMP_EQ\"}]},"
		"{\"names\": [\"close\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": ["
		"{\"index\": 0, \"value\": 65280, \"valueTwo\": 256, "
		"\"op\": \"SCMP_CMP_MASKED_EQ\"}]},"
		"{\"names\": [\"dup\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": ["
		"{\"index\": 0, \"value\": 4294967296, \"valueTwo\": 9, "
		"\"op\": \"SCMP_CMP_GE\"}]},"
		"{\"names\": [\"dup3\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": null}]}";
	struct sock_fprog f = compile(text, 0);

	(void)state;
	assert_int_equal(run(&f, NATIVE, SYS_read, 5, 1), ALLOW);
	assert_int_equal(run(&f, NATIVE, SYS_read, 5, UINT64_MAX), ERR(ENOSYS));
	assert_int_equal(run(&f, NATIVE, SYS_read, 6, 1), ERR(ENOSYS));
	assert_int_equal(run(&f, NATIVE, SYS_write, 5, 0), ALLOW);
	assert_int_equal(run(&f, NATIVE, SYS_write, 7, 0), ALLOW);
	assert_int_equal(run(&f, NATIVE, SYS_write, 6, 0), ERR(ENOSYS));
	assert_int_equal(run(&f, NATIVE, SYS_close, 0x7f0001ff, 0), ALLOW);
	assert_int_equal(run(&f, NATIVE, SYS_close, 0x300, 0), ERR(ENOSYS));
	assert_int_equal(run(&f, NATIVE, SYS_dup, 1ULL << 32, 0), ALLOW);
	assert_int_equal(run(&f, NATIVE, SYS_dup, UINT32_MAX, 0), ERR(ENOSYS));
	assert_int_equal(run(&f, NATIVE, SYS_dup3, 1, 1), ALLOW);
	free(f.filter);
}

static void test_conditions(void **state)
{
	const uint64_t chown = 1ULL << CAP_CHOWN, kill = 1ULL << CAP_KILL;
	static const struct {
		const char *json;
		uint64_t caps;
		bool applies;
	} rows[] = {
		{"\"includes\": {}", 0, true},
		{"\"includes\": null, \"excludes\": null", 0, true},
		{"\"includes\": {\"caps\": [\"CAP_CHOWN\"]}", 0, false},
		{"\"includes\": {\"caps\": [\"CAP_CHOWN\"]}", 1, true},
		{"\"includes\": {\"caps\": [\"CAP_CHOWN\", \"CAP_KILL\"]}", 1, false},
		{"\"includes\": {\"caps\": [\"CAP_CHOWN\", \"CAP_KILL\"]}", 0x21, true},
		{"\"includes\": {\"caps\": [\"CAP_NEVER_HEARD\"]}", ~0ULL, false},
		{"\"includes\": {\"caps\": [\"ALL\"]}", ~0ULL, false},
		{"\"excludes\": {\"caps\": [\"CAP_CHOWN\", \"CAP_KILL\"]}", 0, true},
		{"\"excludes\": {\"caps\": [\"CAP_CHOWN\", \"CAP_KILL\"]}", 1, false},
		{"\"includes\": {\"arches\": [\"s390x\", \"" GO "\"]}", 0, true},
		{"\"includes\": {\"arches\": [\"s390x\"]}", 0, false},
		{"\"excludes\": {\"arches\": [\"" GO "\"]}", 0, false},
		{"\"excludes\": {\"arches\": [\"s390x\"]}", 0, true},
		{"\"includes\": {\"minKernel\": \"4.8\"}", 0, true},
		{"\"includes\": {\"minKernel\": \"999.0\"}", 0, false},
		{"\"excludes\": {\"minKernel\": \"4.8\"}", 0, false},
		{"\"includes\": {\"minKernel\": \"4.8\", \"caps\": [\"CAP_CHOWN\"]}", 0, false},
	};

	(void)state;
	assert_int_equal(chown | kill, 0x21);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *text cleanup_free = xasprintf(HEAD "\"syscalls\": [{\"names\": [\"getpid\"], "
							 "\"action\": \"SCMP_ACT_ALLOW\", %s}]}",
						    rows[i].json);

		if (verdict(text, rows[i].caps, SYS_getpid, 0, 0) !=
		    (rows[i].applies ? ALLOW : ERR(ENOSYS)))
			fail_msg("%s with %#llx", rows[i].json, (unsigned long long)rows[i].caps);
	}
}

/* a listener, and flags as their author wants them */
static void test_listener(void **state)
{
	const char *text = HEAD
		"\"flags\": [\"SECCOMP_FILTER_FLAG_LOG\", "
		"\"SECCOMP_FILTER_FLAG_TSYNC\", \"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"], "
		"\"listenerPath\": \"/run/x\", \"listenerMetadata\": \"m\", "
		"\"syscalls\": [{\"names\": [\"getpid\"], "
		"\"action\": \"SCMP_ACT_NOTIFY\"}]}";
	struct seccomp_watch w;
	struct sock_fprog f;
	struct err e = {};

	(void)state;
	if (seccomp_from_text(text, 0, &w, &f, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(w.flags, SECCOMP_FILTER_FLAG_LOG | 1U << 5);
	assert_string_equal(w.listener, "/run/x");
	assert_string_equal(w.metadata, "m");
	free(w.listener);
	free(w.metadata);
	free(f.filter);
	assert_int_equal(verdict(text, 0, SYS_getpid, 0, 0), SECCOMP_RET_USER_NOTIF);
}

/* a listener who would get nothing is not kept waiting */
static void test_idle_listener(void **state)
{
	const char *text = HEAD "\"listenerPath\": \"/run/x\", "
				"\"flags\": [\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]}";
	struct seccomp_watch w;
	struct sock_fprog f;
	struct err e = {};

	(void)state;
	assert_int_equal(seccomp_from_text(text, 0, &w, &f, &e), 0);
	assert_null(w.listener);
	assert_int_equal(w.flags, 0);
	free(f.filter);
}

static void test_unknown_call_is_skipped(void **state)
{
	const char *text = HEAD "\"flags\": [\"SECCOMP_FILTER_FLAG_LOG\"], \"listenerPath\": \"\", "
				"\"syscalls\": [{\"names\": [\"never_heard_of\", \"getpid\"], "
				"\"action\": \"SCMP_ACT_ALLOW\"}]}";

	(void)state;
	assert_int_equal(verdict(text, 0, SYS_getpid, 0, 0), ALLOW);
}

/* the shipped profile, read as any other one, gives the verdicts of the built-in one */
static void test_own_profile(void **state)
{
	const char *top = getenv("top_srcdir");
	char *path cleanup_free = path_join(top ? top : ".", "share/seccomp.json");
	const struct sock_fprog *ours = seccomp_default(CAPS_DEFAULT, false);
	struct sock_fprog f;
	struct err e = {};
	struct spec s;

	(void)state;
	spec_init(&s);
	if (spec_read_seccomp(&s, path, &e) < 0 ||
	    seccomp_from_profile(s.sec.seccomp_file, s.sec.seccomp_text, CAPS_DEFAULT, &f, &e) < 0)
		fail_msg("%s", e.msg);
	spec_free(&s);
	bpf_check(f.filter, f.len);
	for (long nr = 0; nr < 440; nr++) { /* known to every libseccomp from 2.5 on */
#ifdef __x86_64__
		if (nr == 335 || nr == 336) /* uretprobe, uprobe */
			continue;
#endif
		for (uint64_t a = 0; a < 64; a++)
			assert_int_equal(run(&f, NATIVE, nr, a, a + 0x5400),
					 run(ours, NATIVE, nr, a, a + 0x5400));
	}
	free(f.filter);
}

/* ---- refused --------------------------------------------------------------------------------------- */

#define CALL(rest)    HEAD "\"syscalls\": [{\"names\": [\"getpid\"], " rest "}]}"
#define ARG(rest)     CALL("\"action\": \"SCMP_ACT_ALLOW\", \"args\": [{" rest "}]")
#define RULE(a, more) "{\"names\": [\"getpid\"], \"action\": \"SCMP_ACT_" a "\"" more "}"
#define ARG0(v)       ", \"args\": [{\"index\": 0, \"value\": " v ", \"op\": \"SCMP_CMP_EQ\"}]"

static const struct {
	const char *text, *says;
} bad[] = {
	{"", "not valid JSON"},
	{"{}", "\"defaultAction\" is missing"},
	{"[]", "a JSON object"},
	{"null", "JSON"},
	{"\xef\xbb\xbf{}", "not valid JSON"},
	{HEAD "\"syscalls\": []} x", "not valid JSON"},
	{HEAD, "ends too early"},
	{"{\"defaultAction\": \"SCMP_ACT_ALOW\"}", "no action: 'SCMP_ACT_ALOW'"},
	{"{\"defaultAction\": 5}", "is not a string"},
	{"{\"defaultAction\": \"SCMP_ACT_\\u001b[31m\"}", "\\x1b[31m"},
	{"{\"defaultAction\": \"SCMP_ACT_NOTIFY\"}", "who would wait for himself"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 5000}", "0 to 4094"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": -1}", "0 to 4094"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrno\": \"EFOO\"}", "no errno: 'EFOO'"},
	{HEAD "\"syscalls\": {}}", "\"syscalls\" is not an array"},
	{HEAD "\"syscalls\": [5]}", "syscalls[0]: it is not an object"},
	{HEAD "\"syscalls\": [{}]}", "names no system call"},
	{HEAD "\"syscalls\": [{\"names\": [1]}]}", "not a string"},
	{HEAD "\"syscalls\": [{\"names\": \"x\"}]}", "\"names\" is not an array"},
	{HEAD "\"syscalls\": [{\"names\": [\"x\"], \"name\": \"y\"}]}", "both \"name\" and"},
	{CALL("\"comment\": \"\""), "\"action\" is missing"},
	{CALL("\"action\": \"SCMP_ACT_NOTIFY\""), "needs a listener"},
	{CALL("\"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 5000"), "0 to 4094"},
	{CALL("\"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": \"1\""), "0 to 4094"},
	{CALL("\"action\": \"SCMP_ACT_ALLOW\", \"args\": 1"), "\"args\" is not an array"},
	{CALL("\"action\": \"SCMP_ACT_ALLOW\", \"args\": [1]"), "not an object"},
	{CALL("\"action\": \"SCMP_ACT_ALLOW\", \"args\": [{},{},{},{},{},{},{}]"), "more than 6"},
	{ARG("\"index\": 6, \"value\": 0, \"op\": \"SCMP_CMP_EQ\""), "args[0]: \"index\""},
	{ARG("\"index\": -1, \"value\": 0, \"op\": \"SCMP_CMP_EQ\""), "\"index\""},
	{ARG("\"value\": 0, \"op\": \"SCMP_CMP_EQ\""), "\"index\""},
	{ARG("\"index\": 0, \"op\": \"SCMP_CMP_EQ\""), "\"value\""},
	{ARG("\"index\": 0, \"value\": -5, \"op\": \"SCMP_CMP_EQ\""), "\"value\""},
	{ARG("\"index\": 0, \"value\": 1.5, \"op\": \"SCMP_CMP_EQ\""), "\"value\""},
	{ARG("\"index\": 0, \"value\": 1, \"valueTwo\": \"\", \"op\": \"SCMP_CMP_EQ\""),
	 "\"valueTwo\""},
	{ARG("\"index\": 0, \"value\": 18446744073709551616, \"op\": \"SCMP_CMP_EQ\""), "64 bits"},
	{ARG("\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQUAL\""), "no comparison"},
	{ARG("\"index\": 0, \"value\": 1"), "no comparison: ''"},
	{CALL("\"action\": \"SCMP_ACT_ALLOW\", \"includes\": []"), "\"includes\" is not an object"},
	{CALL("\"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"caps\": 1}"), "\"caps\" is not"},
	{CALL("\"action\": \"SCMP_ACT_ALLOW\", \"excludes\": {\"minKernel\": \"4\"}"),
	 "no version: '4'"},
	{HEAD "\"listenerPath\": \"rel\"}", "not an absolute path: 'rel'"},
	{HEAD "\"listenerPath\": \"/a\\u0000b\"}", "\"listenerPath\" holds a zero byte"},
	{HEAD "\"flags\": [\"SECCOMP_FILTER_FLAG_FOO\"]}", "no flag 'SECCOMP_FILTER_FLAG_FOO'"},
	{HEAD "\"architectures\": [\"x86_64\"]}", "no architecture 'x86_64'"},
	{HEAD "\"architectures\": [\"SCMP_ARCH_FOO\"]}", "no architecture 'foo'"},
	{HEAD "\"architectures\": [\"SCMP_ARCH_X86\"], \"archMap\": [{}]}", "both"},
	{HEAD "\"archMap\": [{}]}", "archMap[0] has no"},
	{HEAD "\"syscalls\": [" RULE("KILL", ARG0("1")) "," RULE("ALLOW", "") "]}", "contradict"},
	{HEAD "\"syscalls\": [" RULE("KILL", ARG0("1")) "," RULE("ALLOW", ARG0("1")) "]}",
	 "contradict"},
};

static int load_text(const char *text, struct sock_fprog *f, struct err *e)
{
	struct seccomp_profile p;
	int r = seccomp_profile_parse(text, strlen(text), 0, &p, e);

	if (r >= 0)
		r = seccomp_profile_compile(&p, f, e);
	seccomp_profile_free(&p);
	return r;
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct sock_fprog f = {};
		struct err e = {};

		if (load_text(bad[i].text, &f, &e) >= 0 || f.filter || e.code <= 0)
			fail_msg("%s was taken", bad[i].text);
		if (!strstr(e.msg, bad[i].says) || strpbrk(e.msg, "\n\033"))
			fail_msg("%s: %s", bad[i].text, e.msg);
	}
}

static void test_repeated_rules_are_no_contradiction(void **state)
{
	struct sock_fprog f = {};
	struct err e = {};

	(void)state;
	assert_int_equal(
		load_text(HEAD "\"syscalls\": [" RULE("ALLOW", "") "," RULE("ALLOW", "") "," RULE(
				  "ALLOW", ARG0("1")) "," RULE("ALLOW", ARG0("1")) "]}",
			  &f, &e),
		0);
	assert_int_equal(run(&f, NATIVE, SYS_getpid, 0, 0), ALLOW);
	free(f.filter);
}

/* podman's own profile has such pairs */
static void test_first_rule_counts(void **state)
{
	(void)state;
	assert_int_equal(verdict(HEAD "\"syscalls\": [" RULE("ALLOW", "") "," RULE("KILL", "") "]}",
				 0, SYS_getpid, 0, 0),
			 ALLOW);
	assert_int_equal(verdict(HEAD "\"syscalls\": [" RULE("KILL", "") "," RULE("ALLOW", "") "]}",
				 0, SYS_getpid, 0, 0),
			 SECCOMP_RET_KILL_THREAD);
}

/* many rules: more than the kernel takes, and more than is worth reading */
static void test_too_many(void **state)
{
	static const size_t counts[] = {5000, 100000};

	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(counts); c++) {
		struct buf b cleanup_buf = {};
		struct sock_fprog f = {};
		struct err e = {};

		buf_puts(&b, HEAD "\"syscalls\": [");
		for (size_t i = 0; i < counts[c]; i++)
			buf_printf(&b,
				   "%s{\"name\":\"read\",\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
				   "{\"index\":0,\"value\":%zu,\"op\":\"SCMP_CMP_EQ\"}]}",
				   i ? "," : "", i);
		buf_puts(&b, "]}");
		if (load_text(b.data, &f, &e) >= 0)
			fail_msg("%zu rules were taken", counts[c]);
		if (!strstr(e.msg, "4096") && !strstr(e.msg, "larger than"))
			fail_msg("%s", e.msg);
	}
}

static void test_files(void **state)
{
	struct sock_fprog f;
	struct err e = {};
	struct spec s;

	(void)state;
	spec_init(&s);
	assert_int_equal(spec_read_seccomp(&s, "/nonexistent.json", &e), -ENOENT);
	assert_string_equal(e.msg, "seccomp profile /nonexistent.json: No such file or directory");
	assert_true(spec_read_seccomp(&s, "/dev/zero", &e) < 0);
	assert_string_equal(e.msg, "seccomp profile /dev/zero: it is not a regular file");
	assert_true(spec_read_seccomp(&s, "/", &e) < 0);
	assert_null(s.sec.seccomp_text);
	assert_int_equal(seccomp_from_profile("x", "{", 0, &f, &e), -EINVAL);
	assert_null(f.filter);
	spec_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_archs),
		cmocka_unit_test(test_args),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_listener),
		cmocka_unit_test(test_idle_listener),
		cmocka_unit_test(test_unknown_call_is_skipped),
		cmocka_unit_test(test_own_profile),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_repeated_rules_are_no_contradiction),
		cmocka_unit_test(test_first_rule_counts),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
