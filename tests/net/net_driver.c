/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_driver [OPTION...] COMMAND ARG...: runs COMMAND in a user and network
 * namespace of its own behind a real sandbox-net, as the launch does it, and ends
 * with its status. What the helper says goes to stderr.
 *
 *	--range N	map N ids, each to itself (needs CAP_SETUID outside); else one
 *	--loopback, --no-ipv6, --block-metadata, --mtu N, --dns ADDR	struct net_spec
 *	--late MS	wait before the helper gets the tap
 *	--mute		never tell it the resolvers
 *	--slow MS	tell it the resolvers after that time
 *	--times		say how long the parts took
 */
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "linux/sys.h"
#include "net/internal.h"

static struct {
	struct net_spec net;
	uint64_t range;
	uint64_t late_ms, slow_ms;
	bool mute, times;
} opt = {.net = {.ipv6 = true}, .range = 1};

static __noreturn void give_up(const struct err *e)
{
	fprintf(stderr, "net_driver: %s\n", e->msg);
	exit(125);
}

static void lap(const char *what, int64_t since)
{
	if (opt.times)
		fprintf(stderr, "%s %lld us\n", what, (long long)(now_ns() - since) / 1000);
}

static void put_file(const char *name, const char *target, const struct buf *text)
{
	cleanup_free char *path = path_join("/mnt", name);
	cleanup_close int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	if (fd < 0 || write_full(fd, text->data, text->len) < 0 ||
	    mount(path, target, NULL, MS_BIND, NULL) < 0)
		fprintf(stderr, "net_driver: cannot place %s: %s\n", target, strerror(errno));
}

static struct buf resolv, hosts; /* made while we are in the host's network namespace */

static void place_files(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/mnt", "tmpfs", 0, NULL) < 0)
		fprintf(stderr, "net_driver: no private mounts: %s\n", strerror(errno));
	put_file("resolv.conf", "/etc/resolv.conf", &resolv);
	put_file("hosts", "/etc/hosts", &hosts);
}

static __noreturn void guest(int sock, char **command)
{
	struct err e = {};
	int64_t t;
	int tap;
	char go;

	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		exit(125);
	t = now_ns();
	tap = net_tap_create(&opt.net, &e);
	if (tap < 0)
		give_up(&e);
	lap("tap", t);
	if (send_msg(sock, "T", 1, &tap, 1) < 0)
		exit(125);
	close_fd(tap);
	if (recv(sock, &go, 1, 0) != 1)
		exit(125);
	place_files();
	close_fd(sock);
	execvp(command[0], command);
	perror(command[0]);
	exit(127);
}

static void write_map(pid_t pid, const char *which)
{
	cleanup_free char *path = xasprintf("/proc/%d/%s", pid, which);
	cleanup_free char *map =
		opt.range > 1 ? xasprintf("0 0 1\n1 1 %llu", (unsigned long long)opt.range - 1)
			      : xasprintf("0 %u 1", which[0] == 'u' ? geteuid() : getegid());
	int r = write_file(path, map);

	if (r < 0) {
		fprintf(stderr, "net_driver: %s: %s\n", path, strerror(-r));
		exit(125);
	}
}

static void write_maps(pid_t pid)
{
	cleanup_free char *deny = xasprintf("/proc/%d/setgroups", pid);

	if (opt.range == 1)
		write_file(deny, "deny");
	write_map(pid, "uid_map");
	write_map(pid, "gid_map");
}

static void push(struct helper *h)
{
	struct err e = {};

	if (net_push_resolvers(h, &e) < 0)
		fprintf(stderr, "net_driver: %s\n", e.msg);
}

/* Without the resolvers, which come later or never. */
static int give_tap_alone(struct helper *h, int tap)
{
	const struct net_tap msg = {.type = NET_MSG_TAP};

	return send_msg(h->sock, &msg, sizeof(msg), &tap, 1);
}

/* Until the command has ended; the helper may end before. */
static int watch(struct helper *h, int pidfd, pid_t pid)
{
	int changes = opt.mute ? -1 : net_watch_resolvers(), status;

	for (;;) {
		struct pollfd p[] = {
			{pidfd, POLLIN, 0}, {h->sock, POLLIN, 0}, {changes, POLLIN, 0}};
		struct err e = {};

		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			exit(125);
		if (p[1].revents && net_event(h, &e) < 0)
			fprintf(stderr, "net_driver: %s\n", e.msg);
		if (p[2].revents && net_resolvers_changed(changes) && h->pid > 0)
			push(h);
		if (p[0].revents)
			break;
	}
	close_fd(changes);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(char **command)
{
	uint32_t id = (uint32_t)opt.range - 1;
	cleanup_close int pidfd = -1;
	struct helper h = {};
	struct err e = {};
	int pair[2], tap = -1, r;
	size_t nfds = 1;
	char byte, path[64];
	int64_t t;
	pid_t pid;

	net_resolv_conf(&opt.net, &resolv);
	net_hosts(&opt.net, "guest", &hosts);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return 125;
	pid = sys_clone(CLONE_NEWUSER, &pidfd);
	if (!pid) {
		close_fd(pair[0]);
		guest(pair[1], command);
	}
	close_fd(pair[1]);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	cleanup_close int userns = open(path, O_RDONLY | O_CLOEXEC);
	t = now_ns();
	if (net_start(&h, &opt.net, userns, id, id, &e) < 0)
		give_up(&e);
	lap("start", t);
	snprintf(path, sizeof(path), "%d", h.pid);
	write_maps(pid);
	if (recv_msg(pair[0], &byte, 1, &tap, &nfds) != 1 || nfds != 1)
		return 125;
	usleep((useconds_t)opt.late_ms * 1000);
	t = now_ns();
	r = opt.mute || opt.slow_ms ? give_tap_alone(&h, tap) : net_give_tap(&h, tap, &e);
	if (r < 0)
		give_up(&e);
	close_fd(tap);
	lap("give", t);
	if (send(pair[0], "G", 1, MSG_NOSIGNAL) != 1)
		return 125;
	if (opt.slow_ms) {
		usleep((useconds_t)opt.slow_ms * 1000);
		push(&h);
	}
	r = watch(&h, pidfd, pid);
	t = now_ns();
	net_stop(&h);
	lap("stop", t);
	return r;
}

static bool flag(const char *arg)
{
	if (streq(arg, "--loopback"))
		opt.net.host_loopback = true;
	else if (streq(arg, "--no-ipv6"))
		opt.net.ipv6 = false;
	else if (streq(arg, "--block-metadata"))
		opt.net.block_metadata = true;
	else if (streq(arg, "--mute"))
		opt.mute = true;
	else if (streq(arg, "--times"))
		opt.times = true;
	else
		return false;
	return true;
}

static bool value(const char *arg, const char *v)
{
	if (streq(arg, "--range"))
		return !parse_u64(v, UINT32_MAX, &opt.range);
	if (streq(arg, "--mtu"))
		return !parse_u32(v, &opt.net.mtu);
	if (streq(arg, "--late"))
		return !parse_u64(v, 60000, &opt.late_ms);
	if (streq(arg, "--slow"))
		return !parse_u64(v, 60000, &opt.slow_ms);
	if (streq(arg, "--dns"))
		strv_add(&opt.net.dns, v);
	return streq(arg, "--dns");
}

int main(int argc, char **argv)
{
	int i = 1;

	for (; i < argc && str_has_prefix(argv[i], "--"); i++) {
		if (flag(argv[i]))
			continue;
		if (i + 1 >= argc || !value(argv[i], argv[i + 1])) {
			fprintf(stderr, "net_driver: %s?\n", argv[i]);
			return 125;
		}
		i++;
	}
	return i < argc ? run(argv + i) : 125;
}
