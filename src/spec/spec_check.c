/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every rule between options, as a table: a predicate that holds when something
 * is wrong, and what to say then. Pure.
 */
#include <arpa/inet.h>

#include "spec/spec.h"

#define HOST(s, kind) ((s)->ns[kind].mode == NS_HOST)

static bool no_command(const struct spec *s)
{
	return !s->args.n;
}

static bool host_user(const struct spec *s)
{
	return HOST(s, NS_USER) || HOST(s, NS_MNT);
}

static bool hostname_of_host(const struct spec *s)
{
	return s->hostname && HOST(s, NS_UTS);
}

static bool bad_hostname(const struct spec *s)
{
	return s->hostname && !spec_valid_hostname(s->hostname);
}

static bool bad_name(const struct spec *s)
{
	return s->name && !spec_valid_name(s->name);
}

static bool time_without_ns(const struct spec *s)
{
	return (s->time_monotonic || s->time_boottime) && HOST(s, NS_TIME);
}

static bool tmpfs_kept(const struct spec *s)
{
	return s->rootfs.tmpfs && !s->remove;
}

static bool tmpfs_dir(const struct spec *s)
{
	return s->rootfs.tmpfs && s->rootfs.driver == ROOTFS_DIR;
}

static bool net_sysctl_of_host(const struct spec *s)
{
	strv_for_each (key, &s->sysctl) {
		if (HOST(s, NS_NET) && str_has_prefix(key, "net"))
			return true;
	}
	return false;
}

static bool ipc_sysctl_of_host(const struct spec *s)
{
	strv_for_each (key, &s->sysctl) {
		if (HOST(s, NS_IPC) &&
		    (str_has_prefix(key, "kernel.") || str_has_prefix(key, "fs.mqueue")))
			return true;
	}
	return false;
}

static bool dns_without_net(const struct spec *s)
{
	return s->net.dns.n && s->net.mode == NETWORK_NONE;
}

/* Each becomes a word of resolv.conf: a line break would add lines of its own. */
static bool bad_dns(const struct spec *s)
{
	unsigned char addr[16];

	strv_for_each (server, &s->net.dns) {
		if (inet_pton(AF_INET, server, addr) != 1 && inet_pton(AF_INET6, server, addr) != 1)
			return true;
	}
	return false;
}

static bool bad_dns_words(const struct spec *s)
{
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:";

	strv_for_each (domain, &s->net.dns_search) {
		if (!*domain || domain[strspn(domain, good)])
			return true;
	}
	strv_for_each (option, &s->net.dns_options) {
		if (!*option || option[strspn(option, good)])
			return true;
	}
	return false;
}

/* What would cover or fake the kernel's own file systems (CVE-2019-16884). */
static bool covers_kernel(const struct spec *s)
{
	static const char *const roots[] = {"/proc", "/sys", "/dev"};

	for (size_t i = 0; i < s->mounts.n; i++) {
		const char *t = s->mounts.v[i].target;

		for (size_t k = 0; k < ARRAY_SIZE(roots); k++) {
			size_t n = strlen(roots[k]);

			if (streq(t, roots[k]) || (k == 0 && !strncmp(t, "/proc/", 6)))
				return true;
			if (k == 1 && !strncmp(t, "/sys/", n + 1) &&
			    !str_has_prefix(t, "/sys/fs/cgroup"))
				return true;
		}
	}
	return false;
}

static bool covers_root(const struct spec *s)
{
	for (size_t i = 0; i < s->mounts.n; i++) {
		if (streq(s->mounts.v[i].target, "/"))
			return true;
	}
	return false;
}

static bool same_target_twice(const struct spec *s)
{
	for (size_t i = 0; i < s->mounts.n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (streq(s->mounts.v[i].target, s->mounts.v[k].target))
				return true;
		}
	}
	return false;
}

static bool keep_groups_and_more(const struct spec *s)
{
	return s->keep_groups && s->group_add.n;
}

/* Below that, every other line would be the first of a new file. */
static bool log_too_small(const struct spec *s)
{
	return s->log.max_size && s->log.max_size < 1024;
}

static bool log_files(const struct spec *s)
{
	return s->log.max_file < 1 || s->log.max_file > 1000;
}

static bool action_without_check(const struct spec *s)
{
	return s->health.on_failure != HEALTH_NONE && !health_is_on(&s->health);
}

static bool healthy_without_check(const struct spec *s)
{
	return s->sdnotify == SDNOTIFY_HEALTHY && !health_is_on(&s->health);
}

static const struct {
	bool (*wrong)(const struct spec *s);
	const char *message;
} rules[] = {
	{no_command, "the image names no command to run; write one behind the image"},
	{host_user,
	 "a container without a user and mount namespace of its own is refused: nothing would bound it"},
	{bad_name,
	 "a container's name is letters, digits, '_', '.' and '-', at most 128, the first a letter or digit"},
	{bad_hostname, "a host name is letters, digits, '-' and '.', at most 64"},
	{hostname_of_host, "--hostname goes with an own uts namespace, not with --uts=host"},
	{time_without_ns, "--time-offset goes with an own time namespace"},
	{tmpfs_kept,
	 "--tmpfs-root keeps nothing when the container ends, so it goes only with --rm"},
	{tmpfs_dir, "--tmpfs-root goes with an image, not with --rootfs"},
	{net_sysctl_of_host,
	 "a net setting goes with an own network namespace, not with --network=host"},
	{ipc_sysctl_of_host,
	 "a kernel or mqueue setting goes with an own ipc namespace, not with --ipc=host"},
	{dns_without_net, "--dns goes with a network, not with --network=none"},
	{bad_dns, "--dns takes an IPv4 or IPv6 address"},
	{bad_dns_words,
	 "--dns-search and --dns-option take one word of letters, digits and '-._:'"},
	{covers_root, "nothing can be mounted over the whole root; use --rootfs DIR"},
	{covers_kernel,
	 "nothing may be mounted over /proc, /sys or /dev: their contents guard the host"},
	{same_target_twice, "two mounts have the same place in the container; leave one out"},
	{keep_groups_and_more,
	 "--group-add keep-groups stands alone: kept groups cannot be added to"},
	{log_too_small, "--log-opt max-size is 1k at least, or 0 for no limit"},
	{action_without_check,
	 "--health-on-failure goes with a health check; --health-cmd says what it does"},
	{healthy_without_check,
	 "--sdnotify=healthy goes with a health check; --health-cmd says what it does"},
	{log_files, "--log-opt max-file is a number from 1 to 1000"},
};

/**
 * spec_check - the rules that no single option can check
 *
 * Return: 0 or -EINVAL with the first rule that is broken.
 */
int spec_check(const struct spec *s, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (rules[i].wrong(s))
			return fail(e, EINVAL, "%s", rules[i].message);
	}
	return 0;
}
