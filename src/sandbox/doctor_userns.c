/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Doctor: namespaces, ids and what is mounted in them.
 */
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "linux/sys.h"
#include "sandbox/doctor.h"

#define ALL_NAMESPACES                                                                             \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
	 CLONE_NEWCGROUP)

static long ret(long r)
{
	return r < 0 ? -errno : r;
}

static bool untried(const struct doctor *d, struct doctor_row *row)
{
	if (d->userns)
		return false;
	row_set(row, FINDING_NOTE, "not tried: it needs user namespaces");
	return true;
}

/*
 * Starts a helper without the socket that it wants: it ends at once, with 127 or a
 * signal only when the loader did not get it going (a library is missing).
 */
static void try_helper(struct trial *t, const void *path)
{
	char *const argv[] = {(char *)path, NULL}, *const env[] = {NULL};
	int out[2], status;
	ssize_t n;
	pid_t pid;

	if (!trial_ok(t, ret(pipe2(out, O_CLOEXEC)), "making a pipe"))
		return;
	pid = fork();
	if (!pid) {
		dup2(out[1], STDERR_FILENO);
		dup2(open("/dev/null", O_RDWR | O_CLOEXEC), STDOUT_FILENO);
		sys_close_range(3, ~0U, 0);
		execve(path, argv, env);
		dprintf(STDERR_FILENO, "%s", strerror(errno));
		_exit(127);
	}
	close(out[1]);
	n = read_full(out[0], t->text, sizeof(t->text) - 1);
	t->text[n > 0 ? n : 0] = '\0';
	t->text[strcspn(t->text, "\n")] = '\0';
	if (!trial_ok(t, pid, "fork") || !trial_ok(t, wait_pid(pid, &status), "waiting"))
		return;
	if (WIFSIGNALED(status) || WEXITSTATUS(status) == 127)
		trial_ok(t, -ENOEXEC, "starting it");
}

void probe_program(struct doctor *d __unused, struct doctor_row *row)
{
	static const struct {
		const char *name;
		enum finding level;
		const char *without;
	} helpers[] = {
		{"sandbox-init", FINDING_FAIL, "containers do not start"},
		{"sandbox-unpack", FINDING_FAIL, "images cannot be unpacked"},
		{"sandbox-net", FINDING_WARN, "there is no network but none and host"},
		{"sandbox-fetch", FINDING_WARN, "images cannot be fetched"},
	};
	struct err e = {0};
	struct trial t;

	row_set(row, FINDING_OK, "all helpers are in place and start");
	for (size_t i = ARRAY_SIZE(helpers); i-- > 0;) {
		cleanup_free char *path = NULL;
		cleanup_close int fd = helper_open(helpers[i].name, &path, &e);

		if (fd < 0) {
			row_set(row, helpers[i].level, "%s is missing: %s", helpers[i].name,
				helpers[i].without);
			row_fix(row, "install sandbox again");
			continue;
		}
		trial_run(&t, 0, try_helper, path);
		if (!t.error)
			continue;
		row_set(row, helpers[i].level, "%s does not start: %s", path,
			*t.text ? t.text : strerror(t.error));
		row_fix(row, "install what it misses; without it %s", helpers[i].without);
	}
}

/* ---- user namespaces --------------------------------------------------------------------------- */

/*
 * What the launch does, in small: a detached tmpfs becomes the root, with a
 * read-only clone of the host's tree in it.
 */
static void try_namespaces(struct trial *t, const void *ctx __unused)
{
	cleanup_close int root = -1, tree = -1;

	if (!trial_ok(t, ret(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)),
		      "making mounts private"))
		return;
	root = trial_mount("tmpfs");
	tree = sys_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (!trial_ok(t, root, "mounting a tmpfs (fsopen, fsmount)") ||
	    !trial_ok(t, tree, "cloning the tree of mounts (open_tree)") ||
	    !trial_ok(t,
		      sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, MOUNT_ATTR_RDONLY,
					0, 0),
		      "making the clone read-only (mount_setattr)") ||
	    !trial_ok(t, ret(mkdirat(root, "host", 0755)), "making a folder in a tmpfs") ||
	    !trial_ok(t, sys_move_mount(root, "", AT_FDCWD, "/tmp", MOVE_MOUNT_F_EMPTY_PATH),
		      "mounting on a folder (move_mount)") ||
	    !trial_ok(t, sys_move_mount(tree, "", root, "host", MOVE_MOUNT_F_EMPTY_PATH),
		      "mounting below a mount (move_mount)") ||
	    !trial_ok(t, ret(fchdir(root)), "entering the new root"))
		return;
	trial_ok(t, sys_pivot_root(".", "."), "changing the root (pivot_root)");
	trial_ok(t, ret(umount2(".", MNT_DETACH)), "detaching the old root");
	trial_ok(t, ret(sethostname("doctor", 6)), "setting the host name");
}

/* The first switch that says no; the kernel's error alone names none of them. */
static bool explain_switch(const struct userns_facts *f, struct doctor_row *row)
{
	if (f->clone == 0 && !f->root) {
		row_fix(row,
			"as root: sysctl -w kernel.unprivileged_userns_clone=1, and the same line in /etc/sysctl.d/50-sandbox.conf");
		return true;
	}
	if (f->zero[0]) {
		row_fix(row,
			"as root: sysctl -w user.%s=15000, and the same line in /etc/sysctl.d/50-sandbox.conf",
			f->zero);
		return true;
	}
	return false;
}

/**
 * userns_explain - why there are no user namespaces for this user
 * @t: how the trial failed
 * @row: receives what was found and the remedy
 */
void userns_explain(const struct userns_facts *f, const struct trial *t, struct doctor_row *row)
{
	row_set(row, FINDING_FAIL, "%s failed: %s", t->at, strerror(t->error));
	if (explain_switch(f, row))
		return;
	if (t->error == ENOSYS)
		row_fix(row,
			"use Linux 5.12 or newer, with user namespaces configured; an outer container's seccomp filter may say the same of a newer one");
	else if (t->error == ENOSPC || t->error == EUSERS)
		row_fix(row,
			"too many namespaces are in use, or they are nested 32 deep: look at lsns, raise user.max_*_namespaces");
	else if (f->apparmor == 1 && (t->error == EACCES || t->error == EPERM))
		row_fix(row, "AppArmor restricts user namespaces: see the row apparmor");
	else if (f->in_container)
		row_fix(row,
			"you are inside a container that forbids it: start that one with --security-opt seccomp=unconfined --security-opt apparmor=unconfined (docker), or --security-opt unmask=ALL (podman)");
	else if (t->error == EPERM)
		row_fix(row,
			"a security module, a seccomp filter or a chroot around this process forbids it: try from a plain login");
	else if (t->error == EINVAL)
		row_fix(row,
			"this kernel was built without one of the namespaces (CONFIG_USER_NS)");
}

/* RHEL 7 and careful administrators set one of these to 0. */
static void find_zero_limit(struct userns_facts *f)
{
	static const char *const names[] = {
		"max_user_namespaces",   "max_mnt_namespaces", "max_pid_namespaces",
		"max_net_namespaces",    "max_ipc_namespaces", "max_uts_namespaces",
		"max_cgroup_namespaces",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names) && !f->zero[0]; i++) {
		cleanup_free char *path = path_join("/proc/sys/user", names[i]);

		if (!read_number(path, -1))
			snprintf(f->zero, sizeof(f->zero), "%s", names[i]);
	}
}

static void gather(struct userns_facts *f)
{
	*f = (struct userns_facts){
		.clone = read_number("/proc/sys/kernel/unprivileged_userns_clone", -1),
		.apparmor = read_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
					-1),
		.in_container = !access("/.dockerenv", F_OK) ||
				!access("/run/.containerenv", F_OK) || getenv("container"),
		.root = !geteuid(),
	};
	find_zero_limit(f);
	if (!read_text("/proc/self/attr/apparmor/current", f->label, sizeof(f->label)) &&
	    f->apparmor >= 0)
		read_text("/proc/self/attr/current", f->label, sizeof(f->label));
}

void probe_userns(struct doctor *d, struct doctor_row *row)
{
	struct utsname u = {0};
	struct userns_facts f;
	struct trial t;

	trial_run(&t, ALL_NAMESPACES, try_namespaces, NULL);
	d->userns = !t.error;
	if (t.error) {
		gather(&f);
		userns_explain(&f, &t, row);
		return;
	}
	uname(&u);
	row_set(row, FINDING_OK,
		"all seven kinds can be made, with mounts and a new root (Linux %s)", u.release);
}

/**
 * apparmor_profile - a profile for a program, that lets it make user namespaces
 * @path: of the program
 * @out: receives the text, or "" when the path cannot be written in one
 *
 * `unconfined` with one permission: AppArmor stays out of the way otherwise, and
 * the helpers inherit it.
 */
void apparmor_profile(const char *path, char *out, size_t size)
{
	char name[PATH_MAX];
	size_t n = 0;

	*out = '\0';
	for (const char *p = path; *p; p++) {
		if (*p == '"' || (unsigned char)*p < ' ' || n + 3 > sizeof(name))
			return;
		if (strchr("*?[]{}^\\@", *p))
			name[n++] = '\\';
		name[n++] = *p;
	}
	name[n] = '\0';
	n = (size_t)snprintf(out, size,
			     "abi <abi/4.0>,\n"
			     "include <tunables/global>\n"
			     "\n"
			     "profile sandbox \"%s\" flags=(unconfined) {\n"
			     "  userns,\n"
			     "\n"
			     "  include if exists <local/sandbox>\n"
			     "}\n",
			     name);
	if (n >= size)
		*out = '\0';
}

static void write_profile(struct doctor_row *row)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	apparmor_profile(self, row->attachment, sizeof(row->attachment));
}

void probe_apparmor(struct doctor *d, struct doctor_row *row)
{
	struct userns_facts f;

	gather(&f);
	if (f.apparmor != 1) {
		row_set(row, FINDING_OK,
			f.apparmor < 0 ? "this kernel has no such restriction"
				       : "the restriction is off");
		return;
	}
	if (d->userns) {
		row_set(row, FINDING_OK,
			"user namespaces are restricted, and this program may (profile %s)",
			*f.label ? f.label : "unknown");
		return;
	}
	row_set(row, FINDING_FAIL,
		"user namespaces are restricted, and this program has no profile that allows them (%s)",
		*f.label ? f.label : "unconfined");
	row_fix(row,
		"as root: write the profile below to /etc/apparmor.d/sandbox, then apparmor_parser -r /etc/apparmor.d/sandbox");
	write_profile(row);
}

/* ---- ids ---------------------------------------------------------------------------------------- */

struct ids_child {
	int go, report;
	bool groups;
	uint32_t highest;
};

/* Under the new maps: becomes the highest id. */
static __noreturn void ids_child(const struct ids_child *c)
{
	char byte;
	int r;

	if (read(c->go, &byte, 1) != 1)
		_exit(0);
	r = c->groups ? sys_setgroups(0, NULL) : 0;
	if (!r)
		r = sys_setresgid(c->highest);
	if (!r)
		r = sys_setresuid(c->highest);
	byte = (char)-r;
	if (write(c->report, &byte, 1) != 1)
		_exit(1);
	_exit(0);
}

static int try_ids(const struct idmap_plan *plan, struct err *e)
{
	struct ids_child c = {.highest = MIN(idmap_highest(&plan->uid), idmap_highest(&plan->gid)),
			      .groups = !plan->deny_setgroups};
	int go[2], report[2], status, r;
	char byte = 0;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0)
		return fail_errno(e, "cannot make a pipe");
	if (pipe2(report, O_CLOEXEC) < 0) {
		r = fail_errno(e, "cannot make a pipe");
		close(go[0]);
		close(go[1]);
		return r;
	}
	c.go = go[0];
	c.report = report[1];
	pid = sys_clone(CLONE_NEWUSER, NULL);
	if (!pid) {
		sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		close(go[1]);
		close(report[0]);
		ids_child(&c);
	}
	close(go[0]);
	close(report[1]);
	r = pid < 0 ? fail(e, -pid, "clone: %s", strerror(-pid)) : idmap_write(plan, pid, e);
	if (!r && (write(go[1], &byte, 1) != 1 || read(report[0], &byte, 1) != 1))
		r = fail(e, EPIPE, "the child ended early");
	close(go[1]);
	close(report[0]);
	if (pid > 0)
		wait_pid(pid, &status);
	if (!r && byte)
		r = fail(e, byte, "the maps are written but id %u cannot be used: %s", c.highest,
			 strerror(byte));
	return r;
}

void probe_ids(struct doctor *d, struct doctor_row *row)
{
	struct idmap_plan plan = {0};
	const struct spec spec = {.userns = USERNS_ROOT};
	struct err e = {0};
	char text[512];
	int r;

	if (untried(d, row))
		return;
	r = idmap_make_plan(&plan, &spec, &e);
	if (!r)
		r = try_ids(&plan, &e);
	if (r < 0) {
		row_set(row, FINDING_FAIL, "%s", e.msg);
		row_fix(row,
			"mend what it names, or take the line out of /etc/subuid to do with one id");
	} else if (!idmap_highest(&plan.uid)) {
		row_set(row, FINDING_WARN, "one id only: everything inside is you");
		row_fix(row, "%s",
			*plan.why ? plan.why : "the user namespace that you are in has no more");
	} else if (idmap_audit(text, sizeof(text))) {
		row_set(row, FINDING_WARN, "%s", text);
		row_fix(row,
			"as root: usermod --del-subuids and --del-subgids for one of the two, and --add-subuids and --add-subgids with ids that nobody has");
	} else {
		row_set(row, FINDING_OK, "0 to %u inside, written by %s", idmap_highest(&plan.uid),
			plan.driver == IDMAP_DIRECT ? "sandbox itself" : plan.helper[0]);
	}
	idmap_plan_free(&plan);
}

/* ---- what is mounted ------------------------------------------------------------------------------ */

static void try_mount(struct trial *t, const void *type)
{
	trial_ok(t, trial_mount(type), type);
}

void probe_proc(struct doctor *d, struct doctor_row *row)
{
	struct trial t;

	if (untried(d, row))
		return;
	trial_run(&t, ALL_NAMESPACES, try_mount, "proc");
	if (!t.error) {
		row_set(row, FINDING_OK, "a new one can be mounted");
		return;
	}
	row_set(row, FINDING_FAIL, "it cannot be mounted: %s", strerror(t.error));
	if (t.error == EPERM)
		row_fix(row,
			"parts of /proc are covered by other mounts, as in a container: start the outer one with --security-opt systempaths=unconfined (docker), --security-opt unmask=ALL (podman) or procMount: Unmasked (Kubernetes); or run with --pid=host");
}

void probe_sysfs(struct doctor *d, struct doctor_row *row)
{
	struct trial t;

	if (untried(d, row))
		return;
	trial_run(&t, ALL_NAMESPACES, try_mount, "sysfs");
	if (!t.error)
		row_set(row, FINDING_OK, "a new one can be mounted");
	else
		row_set(row, FINDING_NOTE,
			"it cannot be mounted (%s): containers get the host's, read-only",
			strerror(t.error));
}

static void try_pty(struct trial *t, const void *ctx __unused)
{
	cleanup_close int pts = trial_mount("devpts"), master = -1, slave = -1;
	int unlock = 0;

	if (!trial_ok(t, pts, "mounting devpts"))
		return;
	master = openat(pts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 && errno == EACCES && !fchmodat(pts, "ptmx", 0600, 0))
		master = openat(pts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (!trial_ok(t, ret(master), "opening ptmx") ||
	    !trial_ok(t, ret(ioctl(master, TIOCSPTLCK, &unlock)), "unlocking a terminal"))
		return;
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	trial_ok(t, ret(slave), "opening a terminal");
}

void probe_pty(struct doctor *d, struct doctor_row *row)
{
	struct trial t;

	if (untried(d, row))
		return;
	trial_run(&t, ALL_NAMESPACES, try_pty, NULL);
	if (!t.error)
		row_set(row, FINDING_OK, "a terminal of an own devpts works");
	else
		row_set(row, FINDING_WARN, "%s failed: %s", t.at, strerror(t.error));
}

static void try_time(struct trial *t, const void *ctx __unused)
{
	trial_ok(t, ret(unshare(CLONE_NEWTIME)), "unshare");
	trial_ok(t, write_file("/proc/self/timens_offsets", "boottime 1 0\n"), "writing an offset");
}

void probe_time(struct doctor *d, struct doctor_row *row)
{
	struct trial t;

	if (untried(d, row))
		return;
	trial_run(&t, CLONE_NEWUSER | CLONE_NEWPID, try_time, NULL);
	if (!t.error)
		row_set(row, FINDING_OK, "offsets can be set");
	else
		row_set(row, FINDING_NOTE, "not there (%s failed: %s); it came with Linux 5.6",
			t.at, strerror(t.error));
}

/* ---- filters --------------------------------------------------------------------------------------- */

static void try_seccomp(struct trial *t, const void *prog)
{
	struct err e = {0};
	int64_t start;
	int r;

	sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	start = now_ns();
	r = seccomp_load(prog, 0, &e);
	t->number = (uint64_t)(now_ns() - start) / 1000;
	if (!trial_ok(t, r, "loading the default filter"))
		return;
	/* Without a filter this is EFAULT or EINVAL. */
	if (!syscall(SYS_add_key, NULL, NULL, NULL, 0, 0) || (errno != ENOSYS && errno != EPERM))
		trial_ok(t, -EINVAL, "closing add_key");
}

void probe_seccomp(struct doctor *d __unused, struct doctor_row *row)
{
	const struct sock_fprog *prog = seccomp_default(CAPS_DEFAULT, false);
	struct trial t;

	if (!prog) {
		row_set(row, FINDING_FAIL,
			"there is no default filter for this machine's architecture");
		row_fix(row, "run with --security-opt seccomp=unconfined");
		return;
	}
	trial_run(&t, 0, try_seccomp, prog);
	if (!t.error) {
		row_set(row, FINDING_OK, "the default filter works (loaded in %llu us)",
			(unsigned long long)t.number);
		return;
	}
	row_set(row, FINDING_FAIL, "%s failed: %s", t.at, strerror(t.error));
	row_fix(row,
		"use a kernel with CONFIG_SECCOMP_FILTER, or run with --security-opt seccomp=unconfined");
}

void probe_landlock(struct doctor *d __unused, struct doctor_row *row)
{
	int abi = sys_landlock_create_ruleset(NULL, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);

	if (abi > 0) {
		row_set(row, FINDING_OK, "version %d", abi);
		return;
	}
	row_set(row, FINDING_NOTE, "%s",
		abi == -EOPNOTSUPP ? "this kernel has it, but it was not switched on at boot"
				   : "this kernel does not have it (Linux 5.13)");
	if (abi == -EOPNOTSUPP)
		row_fix(row, "add landlock to the kernel's lsm= parameter");
}
