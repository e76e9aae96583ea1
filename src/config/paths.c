/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/stat.h>

#include "config/config.h"

static const char *env_dir(const char *name)
{
	const char *v = getenv(name);

	return v && *v == '/' ? v : NULL;
}

/* A folder is ours when we own it and nobody else may write to it. */
static bool is_ours(const char *path, mode_t forbidden)
{
	struct stat st;

	return !lstat(path, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & forbidden);
}

/**
 * dirs_store - find the store
 * @root_option: --root, or NULL
 *
 * Return: 0, or -ENOENT when neither HOME nor XDG_DATA_HOME says where.
 */
int dirs_store(struct dirs *d, const char *root_option, struct err *e)
{
	const char *data = env_dir("XDG_DATA_HOME"), *home = env_dir("HOME");

	if (root_option)
		d->store = path_absolute(root_option);
	else if (data)
		d->store = path_join(data, "sandbox");
	else if (home)
		d->store = path_join(home, ".local/share/sandbox");
	if (!d->store)
		return fail(
			e, ENOENT,
			"there is no place for the store; set HOME or XDG_DATA_HOME, or give --root DIR");
	return 0;
}

/**
 * dirs_run - find the folder of live state: the first that is ours and private
 *
 * Return: 0 or -errno.
 */
int dirs_run(struct dirs *d, struct err *e)
{
	const char *xdg = env_dir("XDG_RUNTIME_DIR");
	cleanup_free char *user = xasprintf("/run/user/%u", geteuid());
	char *tmp;

	if (xdg && is_ours(xdg, 022)) {
		d->run = path_join(xdg, "sandbox");
		return 0;
	}
	if (is_ours(user, 022)) {
		d->run = path_join(user, "sandbox");
		return 0;
	}
	tmp = xasprintf("/tmp/sandbox-%u", geteuid());
	if (mkdir(tmp, 0700) < 0 && errno != EEXIST) {
		int r = fail_errno(e, "cannot make %s", tmp);

		free(tmp);
		return r;
	}
	d->run = tmp;
	if (!is_ours(tmp, 077))
		return fail(
			e, EPERM,
			"%s is not a private folder of yours; remove it, or set XDG_RUNTIME_DIR",
			tmp);
	return 0;
}

/**
 * dirs_open - open a folder below a base, making both
 * @sub: below it; "" for the base itself
 *
 * Return: a new descriptor or -errno.
 */
int dirs_open(const char *base, const char *sub, struct err *e)
{
	cleanup_free char *path = *sub ? path_join(base, sub) : xstrdup(base);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd >= 0)
		return fd;
	r = mkdir_p(base, 0700);
	if (!r)
		r = mkdir_p(path, 0700);
	if (r < 0)
		return fail(e, -r, "cannot make %s: %s", path, strerror(-r));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? fail_errno(e, "cannot open %s", path) : fd;
}

/**
 * image_path - the folders searched for root file system tarballs, in order
 * @option: --image-path or its setting, separated by colons; NULL for none
 * @store: the store
 */
void image_path(struct strv *out, const char *option, const char *store)
{
	if (option)
		strv_split(out, option, ':');
	strv_take(out, path_join(store, "images"));
	strv_add(out, "/usr/local/share/sandbox/images");
	strv_add(out, "/usr/share/sandbox/images");
}

/**
 * beside_program - a path in the folder of the running program
 *
 * The folder is asked for once: whoever lent us its memory has the same.
 * Return: a new string; NULL when the folder is not known.
 */
char *beside_program(const char *name)
{
	static char self[PATH_MAX];

	if (!*self) {
		ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

		if (n <= 0)
			return NULL;
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
	}
	return path_join(self, name);
}

/**
 * data_file - a file that came with sandbox: beside the binary in a build tree, else installed
 *
 * Return: a new string; whether it exists is for the caller to find out.
 */
char *data_file(const char *name)
{
	cleanup_free char *share = beside_program("share");
	cleanup_free char *beside = share ? path_join(share, name) : NULL;

	return beside && !access(beside, F_OK) ? take_ptr(beside) : path_join(PKGDATADIR, name);
}
