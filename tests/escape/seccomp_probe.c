/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Runs inside a container with the default filter and tries every system call
 * number up to 600 in every ABI that the machine has (on x86: x86_64, x32, int 0x80),
 * with arguments that no call takes, each in a process of its own. What has to come
 * back is what seccomp_table.def says for the capabilities of this process:
 *
 *   seccomp_probe [--nested] [--baseline FILE]	prints violations; 0 when there are none
 *   seccomp_probe --list			prints "ABI NUMBER ANSWER" for each call
 *
 * A call that the filter lets pass may still answer ENOSYS or EPERM by itself; with
 * the --list of a container without a filter as FILE these have to be the same.
 * Then the arguments that the filter looks at, TIOCSTI and TIOCLINUX among them.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define LAST_NR       600
#define X32_BIT       0x40000000L
#define CAP_NONE      -1
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

enum answer { ANSWER_RAN, ANSWER_EPERM, ANSWER_ENOSYS, ANSWER_SKIPPED, ANSWERS };
static const char *const answer_names[] = {"other", "EPERM", "ENOSYS", "skipped"};

enum gate {
#define GATE(name, ...) GATE_##name,
#include "sandbox/seccomp_table.def"
};

static const struct {
	bool nested;
	int cap[2];
} gates[] = {
#define CLOSED                     false
#define NESTED                     true
#define GATE(name, nested, c1, c2) {nested, {CAP_##c1, CAP_##c2}},
#include "sandbox/seccomp_table.def"
};

enum kind { KIND_ALLOW, KIND_DENY, KIND_HIDE, KIND_CHECK };
static const struct row {
	const char *name;
	enum kind kind;
	enum gate gate;
	int nr[4];
} rows[] = {
/* clang-format off */
#define NO (-1)
#define ALLOW(name, ...) {#name, KIND_ALLOW, GATE_NEVER, {__VA_ARGS__}},
#define DENY(name, gate, ...) {#name, KIND_DENY, GATE_##gate, {__VA_ARGS__}},
#define HIDE(name, gate, ...) {#name, KIND_HIDE, GATE_##gate, {__VA_ARGS__}},
#define CHECK(name, check, gate, ...) {#name, KIND_CHECK, GATE_##gate, {__VA_ARGS__}},
/* clang-format on */
#include "sandbox/seccomp_table.def"
};

/* arguments for calls that answer ENOSYS to senseless ones, or would leave something behind */
static const struct {
	const char *name;
	long args[3];
} special[] = {
	{"futex", {0, 1, 0}}, /* FUTEX_WAKE */
	{"futex_time64", {0, 1, 0}},
	{"modify_ldt", {0, 0, 0}},      /* read it */
	{"ipc", {1, -1, 0}},            /* SEMOP */
	{"msgget", {0x53424f58, 0, 0}}, /* a queue that is not there */
	{"nice", {0, 0, 0}},
};

/* these make a process or wait for the disks */
static const char *const skipped[] = {"fork", "vfork", "clone", "sync"};

/* ---- ABIs ---------------------------------------------------------------------------------------- */

static long call_native(long nr, const long *a)
{
	long r = syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);

	return r == -1 ? -errno : r;
}

#ifdef __x86_64__
static long call_x32(long nr, const long *a)
{
	return call_native(nr | X32_BIT, a);
}

static long call_int80(long nr, const long *a)
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(nr), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)r;
}
#endif

static const struct abi {
	const char *name;
	long (*call)(long nr, const long *args);
	int column; /* of the table's numbers, -1: none of its calls */
} abis[] = {
#if defined(__x86_64__)
	{"x86_64", call_native, 0},
	{"x32", call_x32, -1},
	{"i386", call_int80, 1},
#elif defined(__aarch64__)
	{"aarch64", call_native, 2},
#endif
};

/* ---- one call -------------------------------------------------------------------------------------- */

static volatile long *result; /* shared with the child */
#define NO_RESULT 0x5eccL

/* for calls that wait */
static const struct itimerval patience = {.it_value = {.tv_usec = 100000}};

static void child(const struct abi *abi, long nr, const long *args)
{
	for (int s = 1; s < 32; s++)
		signal(s, SIG_DFL);
	setitimer(ITIMER_REAL, &patience, NULL);
	*result = abi->call(nr, args);
	_exit(0);
}

/* Some block every signal before they wait: i386's sigsuspend(). */
static void kill_late(pid_t pid)
{
	struct pollfd p = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};

	if (p.fd >= 0 && poll(&p, 1, 1000) == 0)
		kill(pid, SIGKILL);
	close(p.fd);
}

/* try_call - how a call went: -errno, or 0 when it ran, even if it ended its process */
static long try_call(const struct abi *abi, long nr, const long *args, bool *killed)
{
	int status;
	pid_t pid;

	*result = NO_RESULT;
	pid = fork();
	if (pid == 0)
		child(abi, nr, args);
	if (pid > 0)
		kill_late(pid);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("seccomp_probe: fork");
		exit(2);
	}
	*killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
	return *result == NO_RESULT || *result > 0 ? 0 : *result;
}

static bool has_abi(const struct abi *abi)
{
#ifdef __x86_64__
	const long none[6] = {0};
	int status;
	pid_t pid;

	if (abi->call != call_int80)
		return true;
	pid = fork();
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		call_int80(20, none); /* getpid */
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
#else
	(void)abi;
	return true;
#endif
}

static enum answer answer_of(long r)
{
	return r == -ENOSYS ? ANSWER_ENOSYS : r == -EPERM ? ANSWER_EPERM : ANSWER_RAN;
}

static const struct row *find(const struct abi *abi, long nr)
{
	for (size_t i = 0; abi->column >= 0 && i < ARRAY_SIZE(rows); i++)
		if (rows[i].nr[abi->column] == nr)
			return &rows[i];
	return NULL;
}

static bool is_skipped(const struct row *row)
{
	for (size_t i = 0; row && i < ARRAY_SIZE(skipped); i++)
		if (strcmp(row->name, skipped[i]) == 0)
			return true;
	return false;
}

/* probe - one call with arguments that no call takes */
static enum answer probe(const struct abi *abi, long nr, bool *killed)
{
	const struct row *row = find(abi, nr);
	long args[6] = {-1, -1, -1, -1, -1, -1};

	*killed = false;
	if (is_skipped(row))
		return ANSWER_SKIPPED;
	for (size_t i = 0; row && i < ARRAY_SIZE(special); i++)
		if (strcmp(row->name, special[i].name) == 0)
			memcpy(args, special[i].args, sizeof(special[i].args));
	return answer_of(try_call(abi, nr, args, killed));
}

/* ---- what has to come back --------------------------------------------------------------------------- */

static uint64_t bounding;
static bool nested;
static unsigned failures;

static void violation(const struct abi *abi, long nr, const char *what, const char *wanted,
		      const char *got)
{
	printf("%s %ld %s: %s, has to be %s\n", abi->name, nr, what, got, wanted);
	failures++;
}

static bool is_open(enum gate g)
{
	bool open = nested && gates[g].nested;

	for (int i = 0; i < 2; i++)
		if (gates[g].cap[i] != CAP_NONE)
			open |= bounding >> gates[g].cap[i] & 1;
	return open;
}

/* the filter's answer; ANSWER_RAN: the kernel's own */
static enum answer expected(const struct row *row)
{
	if (!row)
		return ANSWER_ENOSYS;
	if (row->kind == KIND_ALLOW || row->kind == KIND_CHECK || is_open(row->gate))
		return ANSWER_RAN;
	return row->kind == KIND_DENY ? ANSWER_EPERM : ANSWER_ENOSYS;
}

static signed char baseline[ARRAY_SIZE(abis)][LAST_NR + 1];
static bool has_baseline;

static void read_baseline(const char *path)
{
	FILE *f = fopen(path, "re");
	char name[16], answer[16];
	int nr;

	memset(baseline, -1, sizeof(baseline));
	while (f && fscanf(f, "%15s %d %15s", name, &nr, answer) == 3)
		for (size_t a = 0; a < ARRAY_SIZE(abis); a++)
			for (signed char c = 0; c < ANSWERS; c++)
				if (strcmp(name, abis[a].name) == 0 && nr >= 0 && nr <= LAST_NR &&
				    strcmp(answer, answer_names[c]) == 0)
					baseline[a][nr] = c;
	if (!f || baseline[0][0] < 0) {
		fprintf(stderr, "seccomp_probe: %s is no list\n", path);
		exit(2);
	}
	fclose(f);
	has_baseline = true;
}

static void check_call(const struct abi *abi, long nr)
{
	const struct row *row = find(abi, nr);
	enum answer want = expected(row), got;
	const char *name = row ? row->name : "(unlisted)";
	signed char base = baseline[abi - abis][nr];
	bool killed;

	got = probe(abi, nr, &killed);
	if (killed)
		violation(abi, nr, name, answer_names[want], "killed");
	if (got == ANSWER_SKIPPED)
		return;
	if (want != ANSWER_RAN) {
		if (got != want)
			violation(abi, nr, name, answer_names[want], answer_names[got]);
	} else if (row->kind != KIND_CHECK && has_baseline && base >= 0 && (int)got != base) {
		violation(abi, nr, name, answer_names[base], answer_names[got]);
	}
}

/* ---- arguments ----------------------------------------------------------------------------------------- */

#define RAN     0 /* anything that is not the filter's answer */
#define NEW_ALL 0x7e020000L

static const struct arg_case {
	const char *name;
	int arg;
	long value;
	long r;       /* -errno, or RAN: not one of EPERM, ENOSYS, EAFNOSUPPORT */
	bool only_64; /* uses upper halves */
	bool by_gate; /* the answer while the row's gate is closed */
} arg_cases[] = {
	{"ioctl", 1, 0x5412, -EPERM, false, false}, /* TIOCSTI */
	{"ioctl", 1, 0x541c, -EPERM, false, false}, /* TIOCLINUX */
	{"ioctl", 1, 0x100005412, -EPERM, true, false},
	{"ioctl", 1, (long)0xffffffff00005412, -EPERM, true, false},
	{"ioctl", 1, (long)0x800000000000541c, -EPERM, true, false},
	{"ioctl", 1, 0x5413, RAN, false, false},         /* TIOCGWINSZ */
	{"unshare", 0, 0x00000080, -EPERM, false, true}, /* NEWTIME */
	{"unshare", 0, 0x00020000, -EPERM, false, true},
	{"unshare", 0, 0x02000000, -EPERM, false, true},
	{"unshare", 0, 0x04000000, -EPERM, false, true},
	{"unshare", 0, 0x08000000, -EPERM, false, true},
	{"unshare", 0, 0x10000000, -EPERM, false, true},
	{"unshare", 0, 0x20000000, -EPERM, false, true},
	{"unshare", 0, 0x40000000, -EPERM, false, true},
	{"unshare", 0, 0x400, RAN, false, false}, /* FILES */
	{"clone", 0, 0x00020000, -EPERM, false, true},
	{"clone", 0, 0x02000000, -EPERM, false, true},
	{"clone", 0, 0x04000000, -EPERM, false, true},
	{"clone", 0, 0x08000000, -EPERM, false, true},
	{"clone", 0, 0x10000000, -EPERM, false, true},
	{"clone", 0, 0x20000000, -EPERM, false, true},
	{"clone", 0, 0x40000000, -EPERM, false, true},
	{"clone", 0, (long)0xffffffff10000000, -EPERM, true, true},
	{"socket", 0, 38, -EAFNOSUPPORT, false, false}, /* ALG */
	{"socket", 0, 40, -EAFNOSUPPORT, false, false}, /* VSOCK */
	{"socket", 0, 39, -EAFNOSUPPORT, false, false}, /* NFC */
	{"socket", 0, 29, -EAFNOSUPPORT, false, false}, /* CAN */
	{"socket", 0, 0x100000026, -EAFNOSUPPORT, true, false},
	{"socket", 0, 1, RAN, false, false},
	{"socket", 0, 0x100000001, RAN, true, false},
	{"socket", 0, 64, -ENOSYS, false, false},
	{"socketpair", 0, 30, -EAFNOSUPPORT, false, false},   /* TIPC */
	{"personality", 0, 0x0400000, -ENOSYS, false, false}, /* READ_IMPLIES_EXEC */
	{"personality", 0, 0x0040000, -ENOSYS, false, false}, /* ADDR_NO_RANDOMIZE */
	{"personality", 0, 0xffffffff, RAN, false, false},
};

static void check_arg(const struct abi *abi, const struct arg_case *c, const struct row *row)
{
	long args[6] = {-1, -1, -1, -1, -1, -1};
	char what[64], got[32], want[32];
	bool killed;
	long r;

	/* with an open gate namespaces would be made: not our question */
	if (c->by_gate && is_open(row->gate))
		return;
	args[c->arg] = c->value;
	r = try_call(abi, row->nr[abi->column], args, &killed);
	if (c->r == RAN ? r != -EPERM && r != -ENOSYS && r != -EAFNOSUPPORT : r == c->r)
		return;
	snprintf(what, sizeof(what), "%s(%#lx)", c->name, (unsigned long)c->value);
	snprintf(got, sizeof(got), "%ld", r);
	snprintf(want, sizeof(want), c->r == RAN ? "the kernel's answer" : "%ld", c->r);
	violation(abi, row->nr[abi->column], what, want, got);
}

static void check_args(const struct abi *abi)
{
	for (size_t i = 0; abi->column >= 0 && i < ARRAY_SIZE(arg_cases); i++)
		for (size_t r = 0; r < ARRAY_SIZE(rows); r++)
			if (strcmp(rows[r].name, arg_cases[i].name) == 0 &&
			    rows[r].nr[abi->column] != NO &&
			    !(arg_cases[i].only_64 && abi->column == 1))
				check_arg(abi, &arg_cases[i], &rows[r]);
}

/* x32 is off whatever the arguments */
static void check_x32_ioctl(void)
{
#ifdef __x86_64__
	const long args[6] = {0, 0x5412, 0, 0, 0, 0};
	static const long numbers[] = {16, 514}; /* x86_64's and x32's own ioctl */

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		bool killed;
		long r = try_call(&abis[1], numbers[i], args, &killed);

		if (r != -ENOSYS)
			violation(&abis[1], numbers[i], "ioctl(TIOCSTI)", "ENOSYS",
				  "something else");
	}
#endif
}

/* ---- main ------------------------------------------------------------------------------------------------- */

static void read_bounding(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	bool found = false;

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "CapBnd:", 7) == 0) {
			bounding = strtoull(line + 7, NULL, 16);
			found = true;
		}
	if (!found) {
		fprintf(stderr, "seccomp_probe: /proc/self/status says no CapBnd\n");
		exit(2);
	}
	fclose(f);
}

static void list(const struct abi *abi)
{
	bool killed;

	for (long nr = 0; nr <= LAST_NR; nr++)
		printf("%s %ld %s\n", abi->name, nr, answer_names[probe(abi, nr, &killed)]);
}

static void check(const struct abi *abi)
{
	for (long nr = 0; nr <= LAST_NR; nr++)
		check_call(abi, nr);
	check_args(abi);
}

int main(int argc, char **argv)
{
	bool only_list = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--nested") == 0) {
			nested = true;
		} else if (strcmp(argv[i], "--list") == 0) {
			only_list = true;
		} else if (strcmp(argv[i], "--baseline") == 0 && i + 1 < argc) {
			read_baseline(argv[++i]);
		} else {
			fprintf(stderr,
				"usage: seccomp_probe [--list | --nested | --baseline FILE]\n");
			return 2;
		}
	}
	result = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (result == MAP_FAILED) {
		perror("seccomp_probe: mmap");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	read_bounding();
	for (const struct abi *abi = abis; abi < abis + ARRAY_SIZE(abis); abi++) {
		if (!has_abi(abi))
			fprintf(stderr, "# %s: the kernel has no such calls: not tried\n",
				abi->name);
		else if (only_list)
			list(abi);
		else
			check(abi);
	}
	if (only_list)
		return 0;
	check_x32_ioctl();
	printf("# %u violations\n", failures);
	return failures ? 1 : 0;
}
