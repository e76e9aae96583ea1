/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User strings against passwd and group files of an image. Input: the string,
 * passwd and group, separated by a byte of 0xff.
 */
#include <sys/stat.h>

#include "sandbox/sandbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char dir[] = "/tmp/fuzz-user.XXXXXX";
static int rootfd = -1, passwd = -1, group = -1;

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void clean_up(void)
{
	remove_tree_at(AT_FDCWD, dir);
}

static void set_up(void)
{
	require(mkdtemp(dir));
	atexit(clean_up);
	rootfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	require(!mkdirat(rootfd, "etc", 0755));
	passwd = openat(rootfd, "etc/passwd", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	group = openat(rootfd, "etc/group", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	require(passwd >= 0 && group >= 0);
}

static void put(int fd, const uint8_t *data, size_t n)
{
	require(!ftruncate(fd, 0) && pwrite(fd, data, n, 0) == (ssize_t)n);
}

static void check(const char *text, const struct user *u)
{
	cleanup_free char *part = xstrndup(text, strcspn(text, ":"));
	uint32_t id;

	require(u->uid != UINT32_MAX && u->gid != UINT32_MAX && u->name && u->home[0] == '/');
	require(u->ngroups && u->groups[0] == u->gid && u->nasked <= u->ngroups);
	if (all_digits(part))
		require(!parse_id(part, &id) && id == u->uid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *a = n ? memchr(data, 0xff, n) : NULL, *b, *end = data + n;
	cleanup_strv struct strv add = {};
	struct user u = {};
	struct err e = {};
	int r;

	if (rootfd < 0)
		set_up();
	if (!a)
		return 0;
	b = memchr(a + 1, 0xff, (size_t)(end - a - 1));
	b = b ? b : end - 1;
	if (b <= a)
		return 0;
	cleanup_free char *text = xstrndup((const char *)data, (size_t)(a - data));

	put(passwd, a + 1, (size_t)(b - a - 1));
	put(group, b + 1, (size_t)(end - b - 1));
	if (strlen(text) % 2)
		strv_add(&add, "wheel");
	r = user_resolve(rootfd, text, &add, true, &u, &e);
	require(r < 0 ? e.code == -r && e.msg[0] : !e.code);
	if (!r)
		check(text, &u);
	user_free(&u);
	return 0;
}
