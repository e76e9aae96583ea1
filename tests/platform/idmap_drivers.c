/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The id map drivers of sandbox on this host, for real: what a plan says is
 * what the kernel has afterwards. And the subid rows (109 to 118) of the
 * catalogue with real files over /etc/subuid, in a mount namespace.
 */
#include <dirent.h>
#include <linux/capability.h>

#include "platform.h"
#include "sandbox/idmap_internal.h"

static int go[2];

static pid_t make_child(void)
{
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0)
		skip("no pipe");
	pid = sys_clone(CLONE_NEWUSER | CLONE_NEWPID, NULL);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(go[1]);
		hear(go[0]);
		_exit(0);
	}
	if (pid < 0)
		skip("user namespaces are not allowed to this user");
	close(go[0]);
	return pid;
}

static void end_child(pid_t pid)
{
	close(go[1]);
	waitpid(pid, NULL, 0);
}

static int open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* The numbers of a map file, one blank between them. */
static char *read_map(pid_t pid, const char *name)
{
	cleanup_free char *path = xasprintf("/proc/%d/%s", pid, name);
	struct buf out = {};
	cleanup_fclose FILE *f = fopen(path, "re");
	unsigned a, b, c;

	buf_puts(&out, "");
	while (f && fscanf(f, "%u %u %u", &a, &b, &c) == 3)
		buf_printf(&out, "%u %u %u\n", a, b, c);
	return out.data;
}

static bool map_is(pid_t pid, const char *name, const struct idmap *m)
{
	cleanup_free char *got = read_map(pid, name);
	cleanup_buf struct buf want = {};

	map_format(m, '\n', &want);
	if (!streq(got, want.data))
		printf("   %s is \"%s\", not \"%s\"\n", name, got, want.data);
	return streq(got, want.data);
}

static char setgroups_of(pid_t pid)
{
	cleanup_free char *path = xasprintf("/proc/%d/setgroups", pid);
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c = '?';

	return fd >= 0 && read(fd, &c, 1) == 1 ? c : '?';
}

static bool make_plan(struct idmap_plan *p, enum userns_mode mode)
{
	struct spec s = {.userns = mode};
	struct err e = {};
	int r = idmap_make_plan(p, &s, &e);

	if (r < 0)
		printf("   %s\n", e.msg);
	return r == 0;
}

/* Writes the maps of @mode and compares. Return: the child, still there. */
static pid_t try_mode(struct idmap_plan *p, enum userns_mode mode, const char *what)
{
	struct err e = {};
	pid_t pid;

	fact(make_plan(p, mode), what);
	pid = make_child();
	works(idmap_write(p, pid, &e), "writing the maps");
	if (e.code)
		printf("   %s\n", e.msg);
	fact(map_is(pid, "uid_map", &p->uid) && map_is(pid, "gid_map", &p->gid),
	     "the kernel has the maps of the plan");
	fact(setgroups_of(pid) == (p->deny_setgroups ? 'd' : 'a'), "and its setgroups");
	return pid;
}

static void helpers(void)
{
	static const enum userns_mode modes[] = {USERNS_ROOT, USERNS_KEEP_ID, USERNS_NOMAP};
	struct idmap_plan p;
	struct idmap_job j;
	struct err e = {};
	int fds;
	pid_t pid;

	fact(make_plan(&p, USERNS_ROOT), "a plan for this user");
	if (p.driver != IDMAP_HELPERS) {
		printf("ok (no range for this user, helpers not shown: %s)\n", p.why);
		idmap_plan_free(&p);
		return;
	}
	idmap_plan_free(&p);
	fds = open_fds();
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		pid = try_mode(&p, modes[i], i ? i == 1 ? "keep-id" : "nomap" : "container root");
		fact(p.driver == IDMAP_HELPERS, "by newuidmap and newgidmap");
		if (i == 2) {
			/* Once more on the same child: both refuse, and their words arrive. */
			refused(idmap_write(&p, pid, &e), EPERM,
				"the helpers' failure on a child that has maps");
			fact(strstr(e.msg, "newuidmap failed with exit code 1: newuidmap: "),
			     "is told in their words");
			works(idmap_prepare(&j, &p, &e), "preparing and");
			works(idmap_start(&j, pid, &e), "starting and");
			idmap_cancel(&j);
			fact(waitpid(-1, NULL, WNOHANG) == 0, "giving up leaves no zombie");
		}
		end_child(pid);
		idmap_plan_free(&p);
	}
	fact(open_fds() == fds, "no descriptor is left open");
}

/* In a process of its own: no_new_privs stays. */
static void no_new_privs(void)
{
	struct idmap_plan p;
	int status;
	pid_t pid = fork();

	if (!pid) {
		facts_wrong = 0;
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		pid = try_mode(&p, USERNS_ROOT, "a plan under no_new_privs");
		fact(p.driver == IDMAP_ONE && p.deny_setgroups, "is one id");
		printf("   %s\n", p.why);
		fact(p.why[0], "and says why");
		end_child(pid);
		_exit(facts_wrong);
	}
	waitpid(pid, &status, 0);
	facts_wrong += status ? 1 : 0;
}

static void direct(void)
{
	struct idmap_plan p;
	uint32_t out;
	pid_t pid = try_mode(&p, USERNS_ROOT, "a plan for the root of a container");

	fact(p.driver == IDMAP_DIRECT, "is written directly");
	fact(idmap_lookup(&p.uid, 65536, &out) && out == 65536, "with the ids of the container");
	end_child(pid);
	idmap_plan_free(&p);
}

static void direct_one(void)
{
	struct idmap_plan p;
	pid_t pid = try_mode(&p, USERNS_ROOT, "a plan for the root of a container with one id");

	fact(p.driver == IDMAP_DIRECT && p.uid.n == 1 && p.deny_setgroups,
	     "is that id, without setgroups");
	end_child(pid);
	idmap_plan_free(&p);
}

/* ---- rows of the catalogue ----------------------------------------------------------------------- */

static uid_t user;
static char *user_name;
static const char *scratch;

static const struct row {
	const char *subuid; /* NULL: no such file; N stands for the name, U for the uid */
	const char *subgid;
	const char *why; /* NULL: no more than "the namespace has none of these ids" */
} rows[] = {
	{NULL, "N:100000:65536\n", "/etc/subuid does not exist"},
	{"", "N:100000:65536\n", "/etc/subuid has no line for"},
	{"N:100000\n", "N:100000:65536\n", "line 1 of /etc/subuid is not NAME:START:COUNT"},
	{"N:-1:65536\n", "N:100000:65536\n", "line 1 of /etc/subuid has a start or count"},
	{"N:4294967000:65536\n", "N:100000:65536\n", "line 1 of /etc/subuid runs past"},
	{"N:100000:65536\r\n", "N:100000:65536\n", "carriage return"},
	{"# x\n\nother:1:2", "N:100000:65536\n", "/etc/subuid has no line for"},
	{"N:100000:65536\n", "", "/etc/subgid has no line for"},
	{"N:100000:65536\n", NULL, "/etc/subgid does not exist"},
	{"U:100000:65536\n", "N:100000:1", NULL},
	{"N:5:1\nU:100000:1\nN:200000:7\nother:-1\n", "U:100000:1", NULL},
};

static void write_subid(const char *name, const char *text)
{
	cleanup_free char *path = xasprintf("%s/%s", scratch, name);
	cleanup_fclose FILE *f = fopen(path, "we");

	for (; f && *text; text++) {
		if (*text == 'N')
			fputs(user_name, f);
		else if (*text == 'U')
			fprintf(f, "%u", user);
		else
			fputc(*text, f);
	}
}

/*
 * A namespace in which we are the user again, without capabilities, and /etc
 * is a copy of what matters there.
 */
static void be_the_user(const struct row *row)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {};
	cleanup_free char *map = xasprintf("%u 0 1", user);

	if (row->subuid)
		write_subid("subuid", row->subuid);
	if (row->subgid)
		write_subid("subgid", row->subgid);
	if (unshare(CLONE_NEWNS) || mount(scratch, "/etc", NULL, MS_BIND, NULL))
		skip("cannot put a folder over /etc");
	if (unshare(CLONE_NEWUSER) || put("/proc/self/setgroups", "deny") ||
	    put("/proc/self/uid_map", map) || put("/proc/self/gid_map", map))
		skip("cannot nest a user namespace");
	if (syscall(SYS_capset, &h, none))
		skip("cannot drop capabilities");
}

static void try_row(const struct row *row)
{
	struct idmap_plan p;
	char what[128];

	be_the_user(row);
	snprintf(what, sizeof(what), "plan with subuid \"%.40s\"",
		 row->subuid ? row->subuid : "(none)");
	what[strcspn(what, "\r\n")] = '\0';
	end_child(try_mode(&p, USERNS_ROOT, what));
	fact(p.driver == IDMAP_ONE, "is one id");
	fact(strstr(p.why, row->why ? row->why : "none of them in the ranges"), "for this reason");
	printf("   %s\n", p.why);
}

static void catalogue(void)
{
	cleanup_free char *passwd = xasprintf("%s/passwd", scratch);
	cleanup_free char *line = xasprintf("%s:x:%u:%u::/:/bin/sh\n", user_name, user, user);
	cleanup_fclose FILE *f = fopen(passwd, "we");
	int status;

	fputs(line, f);
	fflush(f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *u = xasprintf("%s/subuid", scratch);
		cleanup_free char *g = xasprintf("%s/subgid", scratch);
		pid_t pid;

		unlink(u);
		unlink(g);
		fflush(stdout);
		pid = fork();
		if (!pid) {
			facts_wrong = 0;
			try_row(&rows[i]);
			fflush(stdout);
			_exit(MIN(facts_wrong, 50));
		}
		waitpid(pid, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == SKIP)
			skip_end();
		facts_wrong += status ? 1 : 0;
	}
}

int main(void)
{
	struct passwd *pw;

	become_user();
	user = geteuid();
	pw = getpwuid(user);
	user_name = xstrdup(pw ? pw->pw_name : "somebody");
	scratch = scratch_make();
	helpers();
	no_new_privs();
	in_userns(0, MAPS_FULL, NULL, direct);
	in_userns(0, MAPS_ONE, NULL, direct_one);
	in_userns(0, MAPS_ONE, NULL, catalogue);
	return facts_end();
}
