/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oci_driver: what launch.bats drives a launch by config.json with, below the command line.
 *
 *	oci_driver [-a] [-c] [-k N] BUNDLE
 *	oci_driver -n BUNDLE; oci_driver -s PID BUNDLE
 *
 * Creates the container in a process of its own, which ends; starts it by the socket; waits for its end
 * and ends as it did. With -a one process does all of it, attended. With -c in a control group, which
 * is removed in the end. With -k the descriptors from 3 to 2 + N are the payload's. Errors go to standard error; 125, 126 and 127 are as of run.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "linux/sys.h"
#include "sandbox/sandbox.h"

static const char *socket_path(const char *bundle, struct sockaddr_un *a)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(a->sun_path, sizeof(a->sun_path), "%.90s/start.sock", bundle);
	return a->sun_path;
}

static int listen_at(const char *bundle)
{
	struct sockaddr_un a;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	unlink(socket_path(bundle, &a));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 8) < 0)
		perror("socket");
	return move_fd_above(fd, 20);
}

static int said(const struct err *e)
{
	fprintf(stderr, "oci_driver: %s\n", e->msg);
	return e->kind == ERR_NOENT ? 127 : e->kind == ERR_NOEXEC ? 126 : 125;
}

static int until_ready(struct launch *l, struct err *e)
{
	enum launch_event event;
	int r = 0;

	do {
		r = launch_next(l, &event, e);
		if (!r && event == LAUNCH_GONE)
			r = fail(e, ESRCH, "the container is gone");
	} while (!r && event != LAUNCH_READY);
	return r;
}

static bool grouped;

static int create(struct spec *s, const char *bundle, bool attended, int keep, pid_t *pid)
{
	struct cgroup group __attribute__((cleanup(cgroup_free))) = {.fd = -1};
	static const struct launch_files files;
	struct launch l = {.spec = s,
			   .files = &files,
			   .stdio = {0, 1, 2},
			   .wait_start = true,
			   .unattended = !attended,
			   .keep_fds = keep,
			   .run_dir = bundle};
	struct idmap_plan plan __attribute__((cleanup(idmap_plan_free)));
	struct err e = {};
	enum launch_event event;
	int r = idmap_make_plan(&plan, s, &e), status;

	l.plan = &plan;
	if (!attended)
		l.start_fd = listen_at(bundle);
	if (!r && grouped)
		r = cgroup_create(&group, s, false, &e);
	l.cgroup = &group;
	if (!r)
		r = launch_start(&l, &e);
	if (r < 0) {
		cgroup_remove(&group, NULL);
		return said(&e);
	}
	r = until_ready(&l, &e);
	*pid = l.pid;
	if (!r)
		r = attended ? launch_go(&l, &e) : launch_leave(&l, &e);
	while (!r && attended && !(r = launch_next(&l, &event, &e)) && event != LAUNCH_GONE)
		;
	if (r < 0) {
		launch_kill(&l);
		cgroup_remove(&group, NULL);
		return said(&e);
	}
	launch_free(&l);
	if (!attended)
		return 0;
	wait_pid(*pid, &status);
	if (cgroup_remove(&group, &e) < 0)
		return said(&e);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* As delete does it: all that is left is killed, and the group goes. */
static int end_group(const struct spec *s)
{
	char *path cleanup_free = NULL;
	struct cgroup group __attribute__((cleanup(cgroup_free))) = {.fd = -1};
	struct err e = {};

	if (!grouped || cgroup_path(s, &path, &e) < 0)
		return 0;
	cgroup_find(&group, path);
	cgroup_kill(&group, SIGKILL);
	return cgroup_remove(&group, &e) < 0 ? said(&e) : 0;
}

static int start(const struct spec *s, const char *bundle, pid_t pid)
{
	struct sockaddr_un a;
	struct err e = {};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), status;

	socket_path(bundle, &a);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		perror("connect");
		return 125;
	}
	if (launch_trigger(fd, &e) < 0) {
		if (s) {
			wait_pid(pid, &status);
			end_group(s);
		}
		return said(&e);
	}
	if (!s)
		return 0;
	wait_pid(pid, &status);
	if (end_group(s))
		return 125;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Creates in a process of its own, which ends, and starts from here, as two commands do. */
static int create_and_start(struct spec *s, const char *bundle, int keep)
{
	int r, p[2], status;
	pid_t creator, pid = -1;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe2(p, O_CLOEXEC) < 0)
		return 2;
	p[1] = move_fd_above(p[1], 20);
	creator = fork();
	if (!creator) {
		r = create(s, bundle, false, keep, &pid);
		if (!r && write(p[1], &pid, sizeof(pid)) != sizeof(pid))
			r = 125;
		_exit(r);
	}
	wait_pid(creator, &status);
	if (status)
		return WEXITSTATUS(status);
	if (read(p[0], &pid, sizeof(pid)) != sizeof(pid))
		return 2;
	return start(s, bundle, pid);
}

static int read_config(struct spec *s, const char *bundle, struct err *e)
{
	struct buf text cleanup_buf = {};
	json *j cleanup_json = NULL;
	int r = read_file_at(AT_FDCWD, "config.json", 1 << 26, &text);

	if (r < 0)
		return fail(e, -r, "config.json: %s", strerror(-r));
	r = json_parse(text.data, text.len, &j, e);
	return r < 0 ? r : spec_from_oci(s, j, bundle, e);
}

int main(int argc, char **argv)
{
	char bundle[PATH_MAX];
	struct spec s;
	struct err e = {};
	bool attended = false, only = false;
	int opt, keep = 0, r;
	pid_t pid = -1;

	while ((opt = getopt(argc, argv, "ack:ns:v")) > 0) {
		attended |= opt == 'a';
		grouped |= opt == 'c';
		only |= opt == 'n';
		if (opt == 's')
			pid = atoi(optarg);
		if (opt == 'k')
			keep = atoi(optarg);
		if (opt == 'v')
			log_set(LOG_DEBUG, NULL);
	}
	if (optind != argc - 1 || !realpath(argv[optind], bundle) || chdir(bundle) < 0)
		return 2;
	if (pid > 0)
		return start(NULL, bundle, pid);
	signals_learn();
	spec_init(&s);
	s.id = xstrdup("driven");
	if (read_config(&s, bundle, &e) < 0)
		r = said(&e);
	else if (only || attended)
		r = create(&s, bundle, attended, keep, &pid);
	else
		r = create_and_start(&s, bundle, keep);
	if (only && !r)
		printf("%d\n", pid);
	spec_free(&s);
	return r;
}
