/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small languages of options: devices, limits, hosts, settings. Pure; mounts have a
 * file of their own.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <strings.h>
#include <sys/resource.h>

#include "spec/internal.h"

/**
 * spec_parse_device - HOST[:CONTAINER][:rwm]
 */
int spec_parse_device(struct spec *s, const char *text, struct err *e)
{
	struct device_spec *d = devices_add(&s->devices);
	struct strv parts = {};
	const char *perms = "rwm";
	int r = 0;

	strv_split(&parts, text, ':');
	d->source = xstrdup(parts.v[0]);
	if (parts.n == 3)
		perms = parts.v[2];
	else if (parts.n == 2 && *parts.v[1] != '/')
		perms = parts.v[1];
	d->target = xstrdup(parts.n > 1 && *parts.v[1] == '/' ? parts.v[1] : parts.v[0]);
	d->read = strchr(perms, 'r');
	d->write = strchr(perms, 'w');
	d->mknod = strchr(perms, 'm');
	if (*d->source != '/' || parts.n > 3 || !*perms || perms[strspn(perms, "rwm")])
		r = fail(e, EINVAL, "device \"%s\" is not /dev/HOST[:/dev/CONTAINER][:rwm]", text);
	strv_free(&parts);
	return r;
}

static const struct {
	char name[12];
	int resource;
} limits[] = {
	{"as", RLIMIT_AS},
	{"core", RLIMIT_CORE},
	{"cpu", RLIMIT_CPU},
	{"data", RLIMIT_DATA},
	{"fsize", RLIMIT_FSIZE},
	{"locks", RLIMIT_LOCKS},
	{"memlock", RLIMIT_MEMLOCK},
	{"msgqueue", RLIMIT_MSGQUEUE},
	{"nice", RLIMIT_NICE},
	{"nofile", RLIMIT_NOFILE},
	{"nproc", RLIMIT_NPROC},
	{"rss", RLIMIT_RSS},
	{"rtprio", RLIMIT_RTPRIO},
	{"rttime", RLIMIT_RTTIME},
	{"sigpending", RLIMIT_SIGPENDING},
	{"stack", RLIMIT_STACK},
};

static int limit_value(const char *s, uint64_t *out)
{
	if (streq(s, "-1") || streq(s, "unlimited")) {
		*out = RLIM_INFINITY;
		return 0;
	}
	return parse_u64(s, UINT64_MAX, out);
}

/* ulimit_number - RLIMIT_* of a name such as "nofile", in any case; -1 when there is none */
int ulimit_number(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		if (!strcasecmp(limits[i].name, name))
			return limits[i].resource;
	}
	return -1;
}

/**
 * spec_parse_ulimit - NAME=SOFT[:HARD]
 */
int spec_parse_ulimit(struct spec *s, const char *text, struct err *e)
{
	size_t len = strcspn(text, "=");
	cleanup_free char *name = xstrndup(text, len), *soft = NULL;
	const char *hard;
	struct rlimit_spec lim = {.resource = ulimit_number(name)};

	if (lim.resource < 0 || !text[len])
		return fail(e, EINVAL,
			    "\"%s\" is not LIMIT=SOFT[:HARD], with a limit such as nofile or nproc",
			    text);
	soft = xstrndup(text + len + 1, strcspn(text + len + 1, ":"));
	hard = text + len + 1 + strlen(soft);
	if (limit_value(soft, &lim.soft) || limit_value(*hard ? hard + 1 : soft, &lim.hard))
		return fail(e, EINVAL, "\"%s\": a limit is a number or \"unlimited\"", text);
	if (lim.soft > lim.hard)
		return fail(e, EINVAL, "\"%s\": the soft limit is above the hard one", text);
	s->rlimits.v = xreallocarray(s->rlimits.v, s->rlimits.n + 1, sizeof(lim));
	s->rlimits.v[s->rlimits.n++] = lim;
	return 0;
}

bool spec_valid_hostname(const char *name)
{
	size_t n = strlen(name);

	if (!n || n > 64 || name[0] == '-')
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && *name != '-' && *name != '.')
			return false;
	}
	return true;
}

bool spec_valid_name(const char *name)
{
	size_t n = strlen(name);

	if (!n || n > 128 || !isalnum((unsigned char)name[0]))
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && !strchr("_.-", *name))
			return false;
	}
	return true;
}

/**
 * spec_parse_add_host - NAME[;NAME...]:ADDRESS; the address may be host-gateway
 */
int spec_parse_add_host(struct spec *s, const char *text, struct err *e)
{
	const char *colon = strchr(text, ':');
	cleanup_free char *names = colon ? xstrndup(text, (size_t)(colon - text)) : NULL;
	unsigned char addr[16];
	char *save = NULL;

	if (!colon || !*names ||
	    (!streq(colon + 1, "host-gateway") && inet_pton(AF_INET, colon + 1, addr) != 1 &&
	     inet_pton(AF_INET6, colon + 1, addr) != 1))
		return fail(e, EINVAL, "\"%s\" is not NAME:ADDRESS", text);
	for (char *name = strtok_r(names, ";", &save); name; name = strtok_r(NULL, ";", &save)) {
		if (strlen(name) > 253 ||
		    name[strspn(
			    name,
			    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")])
			return fail(e, EINVAL, "\"%s\": \"%s\" is not a host name", text, name);
		strv_addf(&s->net.add_host, "%s:%s", name, colon + 1);
	}
	return 0;
}

/**
 * spec_parse_sysctl - KEY=VALUE, of the kernel settings that a namespace has of its own
 */
int spec_parse_sysctl(struct spec *s, const char *text, struct err *e)
{
	static const char *const own[] = {"net.",
					  "net/",
					  "fs.mqueue.",
					  "fs/mqueue/",
					  "kernel.msgmax",
					  "kernel.msgmnb",
					  "kernel.msgmni",
					  "kernel.sem",
					  "kernel.shmall",
					  "kernel.shmmax",
					  "kernel.shmmni",
					  "kernel.shm_rmid_forced",
					  "kernel.domainname",
					  "user."};
	size_t len = strcspn(text, "=");
	bool found = false;

	if (!text[len] || !len)
		return fail(e, EINVAL, "\"%s\" is not KEY=VALUE", text);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		found |= str_has_prefix(text, own[i]);
	for (size_t i = 0; i + 1 < len; i++) {
		if (strchr("./", text[i]) && strchr("./", text[i + 1]))
			found = false;
	}
	if (!found || len > 200)
		return fail(
			e, EINVAL,
			"\"%.*s\" belongs to the whole host, not to a container; settings below net., "
			"fs.mqueue. and kernel's of messages, semaphores and shared memory can be set",
			(int)MIN(len, 100), text);
	strv_add(&s->sysctl, text);
	return 0;
}

/**
 * spec_parse_env - NAME=VALUE, or NAME for the caller's value; without one there it is left out
 */
int spec_parse_env(struct spec *s, const char *text, struct err *e)
{
	const char *value;

	if (!*text || *text == '=')
		return fail(e, EINVAL, "\"%s\" is not NAME=VALUE: a variable needs a name", text);
	if (strchr(text, '=')) {
		env_put(&s->env, text);
	} else {
		value = getenv(text);
		if (value)
			env_set(&s->env, text, value);
	}
	return 0;
}

#define ENV_FILE_MAX     (1 << 20)
#define SECCOMP_FILE_MAX (4 << 20)

/**
 * spec_read_seccomp - take a seccomp profile in Docker's format
 *
 * What it holds now is what counts: a container that can write the file must not choose the
 * filter of its next start.
 */
int spec_read_seccomp(struct spec *s, const char *path, struct err *e)
{
	cleanup_buf struct buf text = {};
	int r = read_file_at(AT_FDCWD, path, SECCOMP_FILE_MAX, &text);

	if (r < 0)
		return fail(e, -r, "seccomp profile %s: %s", path,
			    r == -EINVAL  ? "it is not a regular file"
			    : r == -EFBIG ? "it is larger than 4 MiB"
					  : strerror(-r));
	if (text.len && strlen(text.data) != text.len)
		return fail(e, EINVAL, "seccomp profile %s: it is not a text file", path);
	s->sec.seccomp = SECCOMP_FILE;
	free(s->sec.seccomp_file);
	free(s->sec.seccomp_text);
	s->sec.seccomp_file = xstrdup(path);
	s->sec.seccomp_text = text.data ? take_ptr(text.data) : xstrdup("");
	return 0;
}

/**
 * spec_parse_env_file - one variable a line, as spec_parse_env() takes it; # begins a comment line
 */
int spec_parse_env_file(struct spec *s, const char *path, struct err *e)
{
	/* A pipe is fine: the shell's <(...). */
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	cleanup_buf struct buf text = {};
	char *save = NULL;
	int r = fd < 0 ? -errno : read_rest(fd, ENV_FILE_MAX, &text), line = 0;

	if (r < 0)
		return fail(e, -r, "cannot read the variables in %s: %s", path, strerror(-r));
	if (!text.len)
		return 0;
	if (strlen(text.data) != text.len)
		return fail(e, EINVAL, "%s is not a text file", path);
	for (char *one = text.data; one && !r; one = save) {
		save = strchr(one, '\n');
		if (save)
			*save++ = '\0';
		line++;
		one[strcspn(one, "\r")] = '\0';
		while (*one == ' ' || *one == '\t')
			one++;
		if (*one && *one != '#') {
			r = spec_parse_env(s, one, e);
			if (r < 0)
				r = fail_in(e, r, "%s, line %d", path, line);
		}
	}
	return r;
}

/**
 * spec_parse_idmap - INSIDE:OUTSIDE[:COUNT]; OUTSIDE counts as rootless podman does: 0 is the caller,
 * 1 the first of his subordinate ids; with "@" before it, it is an id as the caller sees it
 */
int spec_parse_idmap(struct idmap *m, const char *text, struct err *e)
{
	struct strv parts = {};
	uint32_t inside = 0, outside = 0, count = 1;
	bool host;
	int r;

	strv_split(&parts, text, ':');
	host = parts.n > 1 && parts.v[1][0] == '@';
	r = parts.n < 2 || parts.n > 3 || parse_id(parts.v[0], &inside) ||
	    parse_id(parts.v[1] + host, &outside) ||
	    (parts.n == 3 && parse_u32(parts.v[2], &count));
	strv_free(&parts);
	if (r || !count || (uint64_t)inside + count > UINT32_MAX ||
	    (uint64_t)outside + count > UINT32_MAX)
		return fail(e, EINVAL,
			    "id map \"%s\" is not INSIDE:OUTSIDE:COUNT or INSIDE:@OUTSIDE:COUNT",
			    text);
	idmap_add(m, inside, outside, count);
	m->v[m->n - 1].host = host;
	return 0;
}

/**
 * restart_parse - no, on-failure[:MAX], always or unless-stopped
 *
 * Return: 0 or -EINVAL.
 */
int restart_parse(struct restart *out, const char *text, struct err *e)
{
	static const char *const names[] = {"no", "on-failure", "always", "unless-stopped"};
	struct restart r = {};
	size_t n = strcspn(text, ":");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) != n || strncmp(names[i], text, n))
			continue;
		r.policy = (enum restart_policy)i;
		if (text[n] &&
		    (r.policy != RESTART_ON_FAILURE || parse_u32(text + n + 1, &r.max) < 0))
			break;
		*out = r;
		return 0;
	}
	return fail(
		e, EINVAL,
		"restart policy \"%s\": it is no, on-failure, on-failure:NUMBER, always or unless-stopped",
		text);
}
