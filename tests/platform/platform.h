/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * platform: small programs that prove what DESIGN.md rests on about the kernel.
 * Each states facts with fact(), which prints a line, and fails when one is
 * not so on this host; exit 77 with a reason when the host cannot show it.
 * They run as a normal user: started by root (CI images) a program becomes the first user
 * of /etc/subuid.
 */
#ifndef SANDBOX_TESTS_PLATFORM_H
#define SANDBOX_TESTS_PLATFORM_H

#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/base.h"
#include "linux/sys.h"

#define SKIP 77

static __unused int facts_wrong;

/* A fact: what the kernel did (@r, >= 0 or -errno) against what DESIGN.md says. */
static __unused void fact_at(int line, bool right, long r, const char *what)
{
	printf("%s %s%s%s%s\n", right ? "ok" : "NOT OK", what, r < 0 ? " (" : "",
	       r < 0 ? strerror((int)-r) : "", r < 0 ? ")" : "");
	if (!right) {
		printf("   line %d: got %ld\n", line, r);
		facts_wrong++;
	}
	fflush(stdout);
}

#define works(r, what)                                \
	do {                                          \
		long r_ = (r);                        \
		fact_at(__LINE__, r_ >= 0, r_, what); \
	} while (0)
#define refused(r, error, what)                              \
	do {                                                 \
		long r_ = (r);                               \
		fact_at(__LINE__, r_ == -(error), r_, what); \
	} while (0)
#define fact(cond, what) fact_at(__LINE__, (cond), 0, what)

static char *scratch_path;
static pid_t scratch_owner;

static __unused void scratch_remove(void)
{
	cleanup_free char *parent = NULL;
	int fd;

	if (!scratch_path || scratch_owner != getpid())
		return;
	parent = xstrndup(scratch_path, (size_t)(strrchr(scratch_path, '/') - scratch_path));
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (remove_tree_at(fd, strrchr(scratch_path, '/') + 1) < 0)
		printf("cannot remove %s\n", scratch_path);
	close(fd);
	free(take_ptr(scratch_path));
}

static __unused __noreturn void skip_end(void)
{
	scratch_remove();
	fflush(stdout);
	_exit(SKIP);
}

static __unused __noreturn void skip(const char *why)
{
	printf("SKIP: %s\n", why);
	skip_end();
}

/* -errno in place of -1 */
static __unused long ret(long r)
{
	return r < 0 ? -errno : r;
}

static __unused int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static __unused int putf(const char *text, const char *format, int n)
{
	cleanup_free char *path = xmalloc(128);

	snprintf(path, 128, format, n);
	return put(path, text);
}

/* The first user of /etc/subuid, for root. */
static __unused void become_user(void)
{
	cleanup_fclose FILE *f = NULL;
	struct passwd *pw = NULL;
	char line[256];

	if (geteuid())
		return;
	f = fopen("/etc/subuid", "re");
	while (f && !pw && fgets(line, sizeof(line), f)) {
		line[strcspn(line, ":\n")] = '\0';
		pw = getpwnam(line);
	}
	if (!pw)
		skip("run as root and there is no user in /etc/subuid to become");
	if (initgroups(pw->pw_name, pw->pw_gid) || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid))
		skip("cannot become a normal user");
	prctl(PR_SET_DUMPABLE, 1);
	setenv("HOME", pw->pw_dir, 1);
	if (chdir("/") < 0)
		skip("cannot leave the working folder");
}

/**
 * enum maps - which ids a user namespace gets
 * @MAPS_NONE: none yet
 * @MAPS_ONE: container root is the caller; written by the parent
 * @MAPS_FULL: container root is the caller, 1 and up his subordinate ids (helpers)
 */
enum maps { MAPS_NONE, MAPS_ONE, MAPS_FULL };

/* The first range of this user in /etc/subuid or /etc/subgid. */
static __unused bool subid_range(const char *path, unsigned long *first, unsigned long *count)
{
	struct passwd *pw = getpwuid(geteuid());
	cleanup_fclose FILE *f = fopen(path, "re");
	char line[256], name[128];

	while (pw && f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%127[^:]:%lu:%lu", name, first, count) == 3 &&
		    streq(name, pw->pw_name))
			return true;
	}
	return false;
}

/* Runs a program to its end; returns its exit status, or 128 + signal. */
static __unused int run_program(char *const argv[], bool quiet)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		if (quiet)
			dup2(null, 2);
		dup2(null, 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* newuidmap or newgidmap for @pid; returns its exit status. */
static __unused int run_helper(const char *helper, pid_t pid, bool quiet)
{
	bool uid = streq(helper, "newuidmap");
	unsigned long first = 0, count = 0;
	char p[16], own[16], f[24], n[24];
	char *const argv[] = {(char *)helper, p, (char *)"0", own, (char *)"1",
			      (char *)"1",    f, n,           NULL};

	if (!subid_range(uid ? "/etc/subuid" : "/etc/subgid", &first, &count))
		skip("this user has no subordinate ids");
	snprintf(p, sizeof(p), "%d", pid);
	snprintf(own, sizeof(own), "%u", uid ? geteuid() : getegid());
	snprintf(f, sizeof(f), "%lu", first);
	snprintf(n, sizeof(n), "%lu", count);
	return run_program(argv, quiet);
}

static __unused void map_full(pid_t pid)
{
	if (run_helper("newuidmap", pid, false) || run_helper("newgidmap", pid, false))
		skip("newuidmap and newgidmap do not work here");
}

/* One byte between parent and child; false at the end of file. */
static __unused void say(int fd)
{
	if (write(fd, "x", 1) != 1)
		_exit(1);
}

static __unused bool hear(int fd)
{
	char c;

	return read(fd, &c, 1) == 1;
}

/* Another id of this user namespace. */
static __unused long become_id(uid_t id)
{
	return setresgid(id, id, id) || setresuid(id, id, id) ? -errno : 0;
}

/**
 * in_userns - run @body in a child with namespaces of its own
 * @flags: CLONE_NEW* beside CLONE_NEWUSER
 * @before: called while no map is written; may be NULL
 * @body: called with the maps written, as container root; may be NULL
 */
static __unused void in_userns(uint64_t flags, enum maps maps, void (*before)(void),
			       void (*body)(void))
{
	int to[2], from[2], status;
	bool skipped;
	pid_t pid;

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		skip("no pipe");
	fflush(stdout);
	pid = sys_clone(CLONE_NEWUSER | flags, NULL);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		facts_wrong = 0;
		if (before)
			before();
		say(from[1]);
		if (!hear(to[0]))
			_exit(97);
		if (maps != MAPS_NONE && (setresgid(0, 0, 0) || setresuid(0, 0, 0)))
			_exit(98);
		if (maps == MAPS_FULL && setgroups(0, NULL))
			_exit(98);
		prctl(PR_SET_DUMPABLE, 1);
		if (body)
			body();
		_exit(MIN(facts_wrong, 50));
	}
	if (pid < 0)
		skip(pid == -EPERM ? "user namespaces are not allowed to this user"
				   : "cannot make the namespaces");
	close(from[1]);
	close(to[0]);
	if (!hear(from[0])) {
		/* it skipped; see its status */
	} else if (maps == MAPS_FULL) {
		map_full(pid);
	} else if (maps == MAPS_ONE) {
		cleanup_free char *u = xasprintf("0 %u 1", geteuid());
		cleanup_free char *g = xasprintf("0 %u 1", getegid());

		if (putf("deny", "/proc/%d/setgroups", pid) < 0 ||
		    putf(u, "/proc/%d/uid_map", pid) < 0 || putf(g, "/proc/%d/gid_map", pid) < 0)
			skip("cannot write a map of one id");
	}
	signal(SIGPIPE, SIG_IGN);
	if (write(to[1], "x", 1) < 0)
		printf("# the child ended early\n");
	close(to[1]);
	close(from[0]);
	waitpid(pid, &status, 0);
	skipped = WIFEXITED(status) && WEXITSTATUS(status) == SKIP;
	if (skipped)
		skip_end();
	facts_wrong += WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

/* A folder of this user; facts_end() and skip() remove it. */
static __unused const char *scratch_make(void)
{
	const char *base = getenv("SANDBOX_TEST_TMP");

	scratch_path = xasprintf("%s/sandbox-platform-XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(scratch_path)) {
		free(take_ptr(scratch_path));
		skip("cannot make a scratch folder");
	}
	scratch_owner = getpid();
	return scratch_path;
}

static __unused int facts_end(void)
{
	scratch_remove();
	fflush(stdout);
	return facts_wrong ? 1 : 0;
}

#endif
