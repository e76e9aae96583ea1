/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where states are. A folder that is named by --root may be shared with others, as /tmp is:
 * nothing in it is believed or touched that does not belong to the caller, or to anybody when
 * root calls.
 */
#include <sys/stat.h>

#include "oci/internal.h"

/**
 * oci_check_id - is it a name that a container can have?
 *
 * Return: 0 or -EINVAL.
 */
int oci_check_id(const char *id, struct err *e)
{
	size_t n = strlen(id);

	if (!n)
		return fail(e, EINVAL, "the id of a container cannot be empty");
	if (n > OCI_ID_MAX)
		return fail(e, EINVAL, "the id of a container is longer than %d characters",
			    OCI_ID_MAX);
	if (streq(id, ".") || streq(id, ".."))
		return fail(e, EINVAL, "\"%s\" cannot be the id of a container", id);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)id[i];

		if (c == '/' || c <= ' ' || c == 0x7f)
			return fail(e, EINVAL,
				    "the id of a container holds letters, digits and signs, but no "
				    "slash and no blank: \"%s\"",
				    id);
	}
	return 0;
}

/* oci_is_real_root - of the host, and not of a user namespace, such as podman's of a normal user? */
bool oci_is_real_root(void)
{
	char text[64];
	cleanup_close int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read_full(fd, text, sizeof(text) - 1);
	unsigned long inside, outside, count;

	if (geteuid())
		return false;
	if (n <= 0)
		return true;
	text[n] = '\0';
	return sscanf(text, "%lu %lu %lu", &inside, &outside, &count) == 3 && !inside && !outside &&
	       count >= UINT32_MAX;
}

static int root_path(const struct oci *o, char **out, struct err *e)
{
	struct dirs d = {};
	int r;

	if (o->root) {
		if (!*o->root)
			return fail(e, EINVAL, "--root wants a folder");
		*out = path_absolute(o->root);
		return *out ? 0 : fail(e, ESTALE, "--root %s: the working folder is gone", o->root);
	}
	if (oci_is_real_root()) {
		*out = xstrdup("/run/" OCI_PROGRAM);
		return 0;
	}
	r = dirs_run(&d, e);
	if (r >= 0)
		*out = path_join(d.run, "oci");
	free(d.run);
	return r;
}

/**
 * oci_root_open - open the folder of all states
 * @make: it is made when it is not there
 *
 * Return: a new descriptor, -ENOENT without an error when it is not there, or another -errno.
 */
int oci_root_open(const struct oci *o, bool make, struct err *e)
{
	cleanup_free char *path = NULL;
	int r = root_path(o, &path, e), fd;

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && !make)
		return -ENOENT;
	if (fd < 0 && errno == ENOENT) {
		r = mkdir_p(path, 0700);
		if (r < 0)
			return fail_hint(e, fail(e, -r, "cannot make %s: %s", path, strerror(-r)),
					 "give --root a folder that you may write to");
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	return fd < 0 ? fail_errno(e, "cannot open %s", path) : move_fd_above(fd, 10);
}
