/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The default filter against libseccomp: for every call number, ABI and set of
 * capabilities our program says what libseccomp's says that is built from
 * share/seccomp.json. Differences by design:
 *
 * - x32 numbers: ENOSYS; libseccomp kills, because x32 is not in the profile.
 * - calls that libseccomp is too old to know: on the native ABI they are added by
 *   number; elsewhere it cannot add them, and our verdict has to be that of the
 *   native ABI, whose numbers are the same from 424 on.
 */
#include <linux/capability.h>
#include <linux/prctl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "bpf.h"
#include "sandbox/sandbox.h"
#include "sandbox/seccomp.h"

#define SECCOMP_BPF_ALL
#include "sandbox/seccomp_bpf.h"

#define seccomp_load libseccomp_load /* ours has the name, too */
#include <seccomp.h>
#undef seccomp_load

#define X32_BIT      0x40000000U
#define FIRST_COMMON 424 /* numbers from here on are the same everywhere */

enum { X86_64, I386, AARCH64, ARM, ABIS };

static const struct abi {
	const char *name;
	uint32_t audit, scmp;
	const struct sock_filter *prog;
	size_t len;
	const struct seccomp_gate *gates;
	size_t ngates;
} abis[ABIS] = {
#define PROGRAM(a)                                                       \
	seccomp_bpf_##a, ARRAY_SIZE(seccomp_bpf_##a), seccomp_gates_##a, \
		ARRAY_SIZE(seccomp_gates_##a)
	{"x86_64", AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64, PROGRAM(x86_64)},
	{"i386", AUDIT_ARCH_I386, SCMP_ARCH_X86, PROGRAM(x86_64)},
	{"aarch64", AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64, PROGRAM(aarch64)},
	{"arm", AUDIT_ARCH_ARM, SCMP_ARCH_ARM, PROGRAM(aarch64)},
};

/* the table, for numbers that libseccomp does not know and for argument checks */
#define NO (-1)
static const struct row {
	const char *name;
	bool check;
	int nr[ABIS];
} rows[] = {
#define ALLOW(name, ...)              {#name, false, {__VA_ARGS__}},
#define DENY(name, gate, ...)         {#name, false, {__VA_ARGS__}},
#define HIDE(name, gate, ...)         {#name, false, {__VA_ARGS__}},
#define CHECK(name, check, gate, ...) {#name, true, {__VA_ARGS__}},
#include "sandbox/seccomp_table.def"
};

static const struct row *find_row(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (streq(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static const char *folder(const char *variable)
{
	const char *dir = getenv(variable);

	return dir ? dir : ".";
}

static void read_text(const char *variable, const char *name, struct buf *out)
{
	char *path cleanup_free = path_join(folder(variable), name);

	if (read_file_at(AT_FDCWD, path, 1 << 20, out) < 0)
		fail_msg("cannot read %s", path);
}

/* ---- libseccomp's program ----------------------------------------------------------------------- */

struct reference {
	struct sock_filter *prog;
	size_t len;
	bool unknown[1024]; /* numbers it could not be told */
};

static void export(scmp_filter_ctx ctx, struct reference *ref)
{
	int fd = memfd_create("reference", MFD_CLOEXEC);
	ssize_t size;

	assert_int_equal(seccomp_export_bpf(ctx, fd), 0);
	size = lseek(fd, 0, SEEK_END);
	assert_true(size > 0);
	ref->prog = xmalloc((size_t)size);
	ref->len = (size_t)size / sizeof(ref->prog[0]);
	assert_int_equal(pread(fd, ref->prog, (size_t)size, 0), size);
	close(fd);
}

static void add_rule(scmp_filter_ctx ctx, const struct abi *abi, const struct seccomp_rule *rule,
		     const char *name, struct reference *ref)
{
	struct scmp_arg_cmp args[SECCOMP_ARGS] = {};
	int nr = seccomp_syscall_resolve_name(name), r;

	if (nr == __NR_SCMP_ERROR) {
		const struct row *row = find_row(name);

		assert_non_null(row);
		nr = row->nr[abi - abis];
		if (nr == NO)
			return;
		if (abi->scmp != seccomp_arch_native()) {
			assert_in_range(nr, FIRST_COMMON, 1023);
			ref->unknown[nr] = true;
			return;
		}
	}
	for (unsigned i = 0; i < rule->nargs; i++)
		args[i] = (struct scmp_arg_cmp){rule->args[i].index,
						(enum scmp_compare)rule->args[i].op,
						rule->args[i].value, rule->args[i].value_two};
	assert_false(rule->any);
	r = seccomp_rule_add_array(ctx, rule->action, nr, rule->nargs, args);
	if (r < 0 && r != -EEXIST)
		fail_msg("%s: libseccomp takes no rule for %s: %s", abi->name, name, strerror(-r));
}

static struct reference make_reference(const struct abi *abi, const struct buf *text, uint64_t caps)
{
	struct reference ref = {};
	struct seccomp_profile p;
	struct err e = {};
	scmp_filter_ctx ctx;

	if (seccomp_profile_parse(text->data, text->len, caps, &p, &e) < 0)
		fail_msg("%s", e.msg);
	ctx = seccomp_init(p.default_action);
	assert_non_null(ctx);
	if (abi->scmp != seccomp_arch_native()) {
		assert_int_equal(seccomp_arch_add(ctx, abi->scmp), 0);
		assert_int_equal(seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE), 0);
	}
	assert_int_equal(seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), 0);
	assert_int_equal(seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2), 0);
	for (size_t i = 0; i < p.n; i++) {
		if (p.rules[i].action == p.default_action)
			continue;
		strv_for_each (name, &p.rules[i].names)
			add_rule(ctx, abi, &p.rules[i], name, &ref);
	}
	export(ctx, &ref);
	seccomp_release(ctx);
	seccomp_profile_free(&p);
	return ref;
}

/* ---- the comparison -------------------------------------------------------------------------------- */

/* struct pair - our program and what it is compared with */
struct pair {
	const struct abi *abi;
	struct sock_filter *prog;
	struct reference ref;
};

static uint32_t ours(const struct pair *p, const struct seccomp_data *data)
{
	return bpf_run(p->prog, p->abi->len, data);
}

/* native_verdict - ours for the same number and arguments on the 64-bit sister or the other machine */
static uint32_t native_verdict(const struct pair *p, struct seccomp_data data)
{
	data.arch = p->abi->prog == seccomp_bpf_x86_64 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64;
	return ours(p, &data);
}

static void compare(const struct pair *p, const struct seccomp_data *data)
{
	uint32_t mine = ours(p, data), theirs;
	uint32_t nr = (uint32_t)data->nr;

	if (nr < ARRAY_SIZE(p->ref.unknown) && p->ref.unknown[nr])
		theirs = native_verdict(p, *data);
	else
		theirs = bpf_run(p->ref.prog, p->ref.len, data);
	if (data->arch == AUDIT_ARCH_X86_64 && nr >= X32_BIT && nr != UINT32_MAX) {
		assert_int_equal(theirs, SECCOMP_RET_KILL_PROCESS);
		theirs = SECCOMP_RET_ERRNO | ENOSYS;
	}
	if (mine != theirs)
		fail_msg("%s %u (%#llx, %#llx): ours %#x, libseccomp's %#x", p->abi->name, nr,
			 (unsigned long long)data->args[0], (unsigned long long)data->args[1], mine,
			 theirs);
}

static void compare_args(const struct pair *p, struct seccomp_data data, uint64_t value)
{
	static const uint64_t high[] = {0, 1ULL << 32, UINT64_MAX << 32};

	for (size_t h = 0; h < ARRAY_SIZE(high); h++) {
		for (int i = 0; i < 6; i++)
			data.args[i] = (value & UINT32_MAX) | high[h];
		compare(p, &data);
	}
}

/* compare_all_args - values around everything that a check looks at */
static void compare_all_args(const struct pair *p, const struct seccomp_data *data)
{
	static const uint32_t around[] = {0x5412, 0x541c, 0x20000, 0x20008, 0x7e020000, 0x7e020080};
	uint32_t random = 1;

	for (uint32_t v = 0; v < 1024; v++)
		compare_args(p, *data, v);
	for (int i = 0; i < 32; i++) {
		compare_args(p, *data, 1ULL << i);
		compare_args(p, *data, ~(1ULL << i));
		for (int j = 0; j < i; j++)
			compare_args(p, *data, 1ULL << i | 1ULL << j);
		for (size_t a = 0; a < ARRAY_SIZE(around); a++)
			compare_args(p, *data, around[a] ^ 1U << i);
	}
	for (size_t a = 0; a < ARRAY_SIZE(around); a++)
		for (uint32_t d = 0; d < 32; d++)
			compare_args(p, *data, around[a] - 16 + d);
	for (int i = 0; i < 20000; i++) {
		random = random * 1664525 + 1013904223;
		compare_args(p, *data, random);
	}
}

static void compare_numbers(const struct pair *p, uint32_t first, uint32_t last, bool all_args)
{
	for (uint32_t nr = first;; nr++) {
		struct seccomp_data data = {.arch = p->abi->audit, .nr = (int)nr};

		compare_args(p, data, 0);
		compare_args(p, data, UINT32_MAX);
		for (size_t i = 0; all_args && i < ARRAY_SIZE(rows); i++)
			if (rows[i].check && rows[i].nr[p->abi - abis] == (int)nr)
				compare_all_args(p, &data);
		if (nr == last)
			break;
	}
}

static void compare_filter(const struct abi *abi, const struct buf *text, uint64_t caps,
			   bool nested, bool all_args)
{
	struct pair p = {.abi = abi, .ref = make_reference(abi, text, caps)};

	p.prog = xmalloc(abi->len * sizeof(p.prog[0]));
	memcpy(p.prog, abi->prog, abi->len * sizeof(p.prog[0]));
	seccomp_set_gates(p.prog, abi->gates, abi->ngates, seccomp_open_gates(caps, nested));
	bpf_check(p.prog, abi->len);

	compare_numbers(&p, 0, 1023, all_args);
	compare_numbers(&p, X32_BIT - 16, X32_BIT + 1023, false);
	compare_numbers(&p, 0xf0000, 0xf0010, false); /* ARM's own */
	compare_numbers(&p, 0x900000, 0x900010, false);
	compare_numbers(&p, 0x7ffffff0, 0x80000010, false);
	compare_numbers(&p, UINT32_MAX - 1023, UINT32_MAX, false);
	free(p.prog);
	free(p.ref.prog);
}

static const uint64_t gate_caps[] = {
	CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_DAC_READ_SEARCH, CAP_SYS_BOOT,       CAP_SYS_MODULE,
	CAP_SYS_PACCT, CAP_SYS_RAWIO,  CAP_SYS_TIME,        CAP_SYS_TTY_CONFIG, CAP_SYS_NICE,
	CAP_SYSLOG,    39 /* BPF */,   38 /* PERFMON */,
};

static void compare_cap_sets(bool nested)
{
	struct buf text cleanup_buf = {};
	uint32_t random = 7;

	if (nested)
		read_text("top_builddir", "src/sandbox/seccomp-nested.json", &text);
	else
		read_text("top_srcdir", "share/seccomp.json", &text);
	for (const struct abi *abi = abis; abi < abis + ABIS; abi++) {
		compare_filter(abi, &text, CAPS_DEFAULT, nested, true);
		compare_filter(abi, &text, 0, nested, false);
		compare_filter(abi, &text, UINT64_MAX >> 1, nested, true);
		for (size_t i = 0; i < ARRAY_SIZE(gate_caps); i++)
			compare_filter(abi, &text, 1ULL << gate_caps[i], nested, false);
		for (int i = 0; i < 8; i++) {
			uint64_t caps = 0;

			for (size_t c = 0; c < ARRAY_SIZE(gate_caps); c++) {
				random = random * 1664525 + 1013904223;
				caps |= (uint64_t)(random >> 31) << gate_caps[c];
			}
			compare_filter(abi, &text, caps, nested, false);
		}
	}
}

static void test_equal(void **state)
{
	(void)state;
	compare_cap_sets(false);
}

static void test_equal_nested(void **state)
{
	(void)state;
	compare_cap_sets(true);
}

static void test_json_is_current(void **state)
{
	struct buf made cleanup_buf = {}, shipped cleanup_buf = {};

	(void)state;
	read_text("top_builddir", "src/sandbox/seccomp.json", &made);
	read_text("top_srcdir", "share/seccomp.json", &shipped);
	if (made.len != shipped.len || memcmp(made.data, shipped.data, made.len) != 0)
		fail_msg("share/seccomp.json is not what seccomp_table.def says: "
			 "run make update-seccomp-json");
}

/* ---- properties ---------------------------------------------------------------------------------------- */

static uint32_t verdict(const struct sock_fprog *f, uint32_t arch, int nr, uint64_t a0, uint64_t a1)
{
	struct seccomp_data data = {.arch = arch, .nr = nr, .args = {a0, a1}};

	return bpf_run(f->filter, f->len, &data);
}

static void test_foreign_abi_is_killed(void **state)
{
	(void)state;
	for (const struct abi *abi = abis; abi < abis + ABIS; abi++) {
		struct sock_fprog f = {(unsigned short)abi->len, (struct sock_filter *)abi->prog};
		uint32_t other = abi->prog == seccomp_bpf_x86_64 ? AUDIT_ARCH_AARCH64
								 : AUDIT_ARCH_X86_64;

		assert_int_equal(verdict(&f, other, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
		assert_int_equal(verdict(&f, 0, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
	}
}

/* what the profile is for, said by number and independently of the table */
static void test_closed_calls(void **state)
{
	const uint32_t x64 = AUDIT_ARCH_X86_64, i386 = AUDIT_ARCH_I386, arm64 = AUDIT_ARCH_AARCH64;
	const uint32_t enosys = SECCOMP_RET_ERRNO | ENOSYS, eperm = SECCOMP_RET_ERRNO | EPERM;
	const uint32_t nofamily = SECCOMP_RET_ERRNO | EAFNOSUPPORT, allow = SECCOMP_RET_ALLOW;
	const struct {
		uint32_t arch;
		int nr;
		uint64_t a0, a1;
		uint32_t ret;
	} cases[] = {
		{x64, 0, 0, 0, allow},    /* read */
		{x64, 250, 0, 0, enosys}, /* keyctl */
		{x64, 248, 0, 0, enosys}, /* add_key */
		{x64, 425, 0, 0, enosys}, /* io_uring_setup */
		{i386, 425, 0, 0, enosys},
		{arm64, 425, 0, 0, enosys},
		{x64, 323, 0, 0, enosys},             /* userfaultfd */
		{x64, 435, 0, 0, enosys},             /* clone3 */
		{x64, 457, 0, 0, enosys},             /* statmount */
		{x64, 452, 0, 0, allow},              /* fchmodat2 */
		{x64, 321, 0, 0, eperm},              /* bpf */
		{x64, 165, 0, 0, eperm},              /* mount */
		{x64, 56, 0x10000000 | 17, 0, eperm}, /* clone(NEWUSER) */
		{x64, 56, 0x3d0f00, 0, allow},        /* clone: a thread */
		{x64, 272, 0x80, 0, eperm},           /* unshare(NEWTIME) */
		{x64, 272, 0x400, 0, allow},          /* unshare(FILES) */
		{x64, 16, 0, 0x5412, eperm},          /* TIOCSTI */
		{x64, 16, 0, 0x1000000005412, eperm},
		{x64, 16, 0, 0xffffffff0000541c, eperm}, /* TIOCLINUX */
		{x64, 16, 0, 0x5413, allow},             /* TIOCGWINSZ */
		{i386, 54, 0, 0x5412, eperm},
		{arm64, 29, 0, 0xf00005412, eperm},
		{x64, 41, 38, 0, nofamily},              /* AF_ALG */
		{x64, 41, 40 | 1ULL << 32, 0, nofamily}, /* AF_VSOCK */
		{x64, 41, 1 | 1ULL << 32, 0, allow},     /* AF_UNIX */
		{x64, 53, 30, 0, nofamily},              /* socketpair(AF_TIPC) */
		{x64, 135, 0x0400000, 0, enosys},        /* personality(READ_IMPLIES_EXEC) */
		{x64, 135, UINT64_MAX, 0, allow},
		{x64, 161, 0, 0, allow}, /* chroot, CAP_SYS_CHROOT is there */
		{x64, (int)(X32_BIT | 16), 0, 0x5412, enosys},
		{x64, (int)X32_BIT, 0, 0, enosys}, /* x32 read */
		{x64, -1, 0, 0, enosys},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct abi *abi = &abis[cases[i].arch == arm64 ? AARCH64 : X86_64];
		struct sock_fprog f = {(unsigned short)abi->len, (struct sock_filter *)abi->prog};
		uint32_t v = verdict(&f, cases[i].arch, cases[i].nr, cases[i].a0, cases[i].a1);

		if (v != cases[i].ret)
			fail_msg("case %zu: %#x, not %#x", i, v, cases[i].ret);
	}
}

static void test_choice(void **state)
{
	const struct sock_fprog *ready = seccomp_default(CAPS_DEFAULT, false), *other;

	(void)state;
	if (!ready)
		skip(); /* an architecture without a program */
	assert_ptr_equal(seccomp_default(CAPS_DEFAULT | 1ULL << CAP_NET_RAW, false), ready);
	other = seccomp_default(0, false);
	assert_ptr_not_equal(other, ready);
	assert_int_equal(verdict(other, seccomp_arch_native(), SYS_chroot, 0, 0),
			 SECCOMP_RET_ERRNO | EPERM);
	other = seccomp_default(CAPS_DEFAULT, true);
	assert_int_equal(verdict(other, seccomp_arch_native(), SYS_unshare, 0x10000000, 0),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(verdict(other, seccomp_arch_native(), SYS_bpf, 0, 0),
			 SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(verdict(ready, seccomp_arch_native(), SYS_unshare, 0x10000000, 0),
			 SECCOMP_RET_ERRNO | EPERM);
}

/* ---- in the kernel -------------------------------------------------------------------------------------- */

#ifdef __x86_64__
static long int80(long nr, long a, long b)
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(nr), "b"(a), "c"(b)
			 : "memory", "r8", "r9", "r10", "r11");
	return r;
}

/* has_int80 - does the kernel take 32-bit calls? It kills by SIGSEGV when not */
static bool has_int80(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		_exit(int80(64, 0, 0) > 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status == 0;
}
#endif

static int confined_child(bool try_int80)
{
	struct err e = {};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    seccomp_load(seccomp_default(CAPS_DEFAULT, false), 0, &e) < 0)
		return 1;
	if (syscall(SYS_getppid) <= 0)
		return 2;
	if (syscall(SYS_keyctl, 0, 0, 0, 0, 0) != -1 || errno != ENOSYS)
		return 3;
	if (syscall(SYS_unshare, 0x10000000L) != -1 || errno != EPERM)
		return 4;
	if (syscall(SYS_ioctl, -1, 0x100005412L, "x") != -1 || errno != EPERM)
		return 5;
	if (syscall(SYS_ioctl, -1, 0x5413, NULL) != -1 || errno != EBADF)
		return 6;
	if (syscall(SYS_socket, 38, 5, 0) != -1 || errno != EAFNOSUPPORT)
		return 7;
#ifdef __x86_64__
	if (syscall(X32_BIT | SYS_getppid) != -1 || errno != ENOSYS)
		return 8;
	/* getppid, keyctl, ioctl */
	if (try_int80 && (int80(64, 0, 0) <= 0 || int80(288, 0, 0) != -ENOSYS ||
			  int80(54, -1, 0x5412) != -EPERM))
		return 9;
#else
	(void)try_int80;
#endif
	return 0;
}

static void test_load(void **state)
{
	bool try_int80 = false;
	int status;
	pid_t pid;

	(void)state;
	if (!seccomp_default(CAPS_DEFAULT, false))
		skip();
#ifdef __x86_64__
	try_int80 = has_int80();
	if (!try_int80)
		print_message("the kernel has no 32-bit calls: int 0x80 is not tried\n");
#endif
	pid = fork();
	if (pid == 0)
		_exit(confined_child(try_int80));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		fail_msg("the child ended with %#x", status);
}

static void test_load_needs_nnp(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct err e = {};

		/* as a user without capabilities */
		if (caps_set(0, &e) < 0)
			_exit(1);
		_exit(seccomp_load(seccomp_default(0, false), 0, &e) == -EACCES &&
				      strstr(e.msg, "no_new_privs")
			      ? 0
			      : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_is_current),
		cmocka_unit_test(test_closed_calls),
		cmocka_unit_test(test_foreign_abi_is_killed),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_equal_nested),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_load_needs_nnp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
