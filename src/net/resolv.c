/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names: the host's resolv.conf, and the container's resolv.conf and hosts.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/inotify.h>
#include <sys/socket.h>

#include "net/internal.h"

#define RESOLV_CONF     "/etc/resolv.conf"
#define RESOLV_CONF_MAX (64 << 10)
#define WATCH_MASK      (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE)

static void parse_line(char *line, struct resolv_conf *out)
{
	char *save, *word = strtok_r(line, " \t\r", &save);
	struct strv *list;

	if (!word)
		return;
	if (streq(word, "nameserver"))
		list = &out->nameservers;
	else if (streq(word, "options"))
		list = &out->options;
	else if (streq(word, "search") || streq(word, "domain"))
		list = &out->search;
	else
		return;
	if (list == &out->search)
		strv_free(list); /* the last one counts */
	while ((word = strtok_r(NULL, " \t\r", &save))) {
		if (word[0] == '#' || word[0] == ';')
			return;
		strv_add(list, word);
		if (list == &out->nameservers)
			return;
	}
}

/**
 * resolv_parse - read the text of a resolv.conf
 * @out: added to
 * Source: resolv.conf(5)
 */
void resolv_parse(const char *text, struct resolv_conf *out)
{
	cleanup_free char *copy = xstrdup(text);
	char *save;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		parse_line(line, out);
}

/* resolv_read - the host's; one that cannot be read is an empty one */
void resolv_read(struct resolv_conf *out)
{
	cleanup_buf struct buf text = {};

	if (!read_file_at(AT_FDCWD, RESOLV_CONF, RESOLV_CONF_MAX, &text) && text.data)
		resolv_parse(text.data, out);
}

void resolv_free(struct resolv_conf *r)
{
	strv_free(&r->nameservers);
	strv_free(&r->search);
	strv_free(&r->options);
}

/**
 * resolver_parse - read the address of a server
 * @text: IPv4 or IPv6, with a scope (fe80::1%eth0) perhaps
 *
 * Return: whether it is one.
 */
bool resolver_parse(const char *text, struct net_resolver *out)
{
	char addr[INET6_ADDRSTRLEN];
	const char *scope = strchr(text, '%');
	size_t n = scope ? (size_t)(scope - text) : strlen(text);

	*out = (struct net_resolver){};
	if (n >= sizeof(addr))
		return false;
	memcpy(addr, text, n);
	addr[n] = '\0';
	if (!scope && inet_pton(AF_INET, addr, out->addr) == 1) {
		out->family = AF_INET;
		return true;
	}
	if (inet_pton(AF_INET6, addr, out->addr) != 1)
		return false;
	out->family = AF_INET6;
	if (!scope)
		return true;
	out->scope = if_nametoindex(scope + 1);
	return out->scope || !parse_u32(scope + 1, &out->scope);
}

/* The folder that a change of the file shows in, without following its last part. */
static void watch_folder(int fd, const char *path)
{
	cleanup_free char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');

	if (!slash)
		return;
	*slash = '\0';
	if (inotify_add_watch(fd, *dir ? dir : "/", WATCH_MASK | IN_ONLYDIR) < 0)
		log_debug("cannot watch %s: %s, ignoring", dir, strerror(errno));
}

/* Where it is, and where it really is when it is a symbolic link. */
static void watch_all(int fd)
{
	char real[PATH_MAX];

	watch_folder(fd, RESOLV_CONF);
	if (realpath(RESOLV_CONF, real) && !streq(real, RESOLV_CONF))
		watch_folder(fd, real);
}

/**
 * net_watch_resolvers - notice when the host's resolvers change
 *
 * Context: parent, lazily, after START.
 * Return: a new descriptor; when it can be read call net_resolvers_changed();
 * -errno where inotify cannot be had.
 */
int net_watch_resolvers(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0)
		return -errno;
	watch_all(fd);
	return fd;
}

/**
 * net_resolvers_changed - take what the watch has seen
 * @fd: from net_watch_resolvers(), borrowed
 *
 * Return: whether a file of that name changed: call net_push_resolvers().
 */
bool net_resolvers_changed(int fd)
{
	_Alignas(struct inotify_event) char events[4096];
	bool changed = false;
	ssize_t n;

	while ((n = read(fd, events, sizeof(events))) > 0) {
		for (char *p = events; p < events + n;) {
			const struct inotify_event *ev = (const struct inotify_event *)p;

			/* resolv.conf, stub-resolv.conf, resolv.conf.tmp: all worth a look */
			if (ev->mask & IN_Q_OVERFLOW ||
			    (ev->len && strstr(ev->name, "resolv.conf")))
				changed = true;
			p += sizeof(*ev) + ev->len;
		}
	}
	if (changed)
		watch_all(fd); /* the link may lead elsewhere now */
	return changed;
}

static void put_list(struct buf *out, const char *key, const struct strv *l)
{
	if (!l->n)
		return;
	buf_puts(out, key);
	strv_for_each (s, l) {
		buf_printf(out, " %s", s);
	}
	buf_puts(out, "\n");
}

static void put_nameservers(struct buf *out, const struct strv *l)
{
	strv_for_each (s, l) {
		buf_printf(out, "nameserver %s\n", s);
	}
}

/**
 * net_resolv_conf - the container's /etc/resolv.conf
 * @out: appended to
 *
 * Servers given by the user are written as they are; else it is the virtual one,
 * or with the host's network the host's. Search domains and options are the
 * host's unless given; "." as the only domain means none, as with podman.
 */
void net_resolv_conf(const struct net_spec *n, struct buf *out)
{
	struct resolv_conf host = {};
	struct in_addr resolver = {htonl(NET4_RESOLVER)};
	const struct strv *search = n->dns_search.n ? &n->dns_search : &host.search;

	if (n->mode != NETWORK_NONE)
		resolv_read(&host);
	if (search->n && !(search->n == 1 && streq(search->v[0], ".")))
		put_list(out, "search", search);
	if (n->dns.n)
		put_nameservers(out, &n->dns);
	else if (n->mode == NETWORK_SLIRP)
		buf_printf(out, "nameserver %s\n", inet_ntoa(resolver));
	else if (n->mode == NETWORK_HOST)
		put_nameservers(out, &host.nameservers);
	put_list(out, "options", n->dns_options.n ? &n->dns_options : &host.options);
	resolv_free(&host);
}

/*
 * The address by which the host is known outside: the source of a packet that
 * would go there. None is sent. False when there is no route, or when it lies in the
 * virtual network (a host that is itself behind such a one).
 */
static bool outward_address(uint32_t *addr)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_port = htons(53),
				 .sin_addr.s_addr = htonl(0xc6336401)}; /* 198.51.100.1, RFC 5737 */
	socklen_t len = sizeof(sa);
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
		return false;
	*addr = ntohl(sa.sin_addr.s_addr);
	return *addr && *addr >> 24 != 127 && *addr >> 8 != NET4_NETWORK >> 8;
}

static void put_host_name(const struct net_spec *n, struct buf *out)
{
	uint32_t addr = NET4_GATEWAY;
	struct in_addr in;

	if (n->mode == NETWORK_HOST)
		addr = INADDR_LOOPBACK;
	else if (!n->host_loopback && !outward_address(&addr))
		addr = NET4_GATEWAY;
	in.s_addr = htonl(addr);
	buf_printf(out, "%s\thost.containers.internal host.docker.internal\n", inet_ntoa(in));
}

/**
 * net_hosts - the container's /etc/hosts
 * @hostname: of the container
 * @out: appended to
 *
 * host.containers.internal is the host's address towards the outside, as with
 * podman: what listens there on all addresses is reached. The gateway takes its
 * place when the user opened the host's loopback, or when there is no such address.
 *
 * Context: in the host's network namespace.
 */
void net_hosts(const struct net_spec *n, const char *hostname, struct buf *out)
{
	struct in_addr guest = {htonl(NET4_GUEST)};

	strv_for_each (s, &n->add_host) {
		const char *colon = strchr(s, ':');

		if (colon)
			buf_printf(out, "%s\t%.*s\n", colon + 1, (int)(colon - s), s);
	}
	buf_puts(out, "127.0.0.1\tlocalhost localhost.localdomain\n"
		      "::1\tlocalhost localhost.localdomain\n");
	if (n->mode != NETWORK_NONE)
		put_host_name(n, out);
	buf_printf(out, "%s\t%s\n", n->mode == NETWORK_SLIRP ? inet_ntoa(guest) : "127.0.1.1",
		   hostname);
}
