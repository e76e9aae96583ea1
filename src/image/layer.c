/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layer: asks sandbox-unpack to unpack an archive, shows how far it is, and hands
 * on what it found out. The answer comes from a program that has read a
 * stranger's bytes: its numbers are parsed as strictly as if they were theirs.
 */
#include <sched.h>

#include "image/internal.h"

static bool is_digest(const char *s)
{
	return str_has_prefix(s, "sha256:") && strlen(s) == 71 &&
	       strspn(s + 7, "0123456789abcdef") == 64;
}

static int take_line(char *line, struct layer_result *out, bool *one_id)
{
	const struct {
		const char *key;
		uint64_t *to;
	} numbers[] = {{"entries", &out->entries},
		       {"bytes", &out->bytes},
		       {"skipped", &out->skipped},
		       {"stripped", &out->stripped}};
	char *value = strchr(line, '=');

	if (!value)
		return -EPROTO;
	*value++ = '\0';
	if (streq(line, "digest")) {
		if (!is_digest(value))
			return -EPROTO;
		memcpy(out->digest, value, strlen(value) + 1);
		return 0;
	}
	if (streq(line, "oneid"))
		return parse_bool(value, one_id);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (streq(line, numbers[i].key))
			return parse_u64(value, UINT64_MAX, numbers[i].to);
	}
	return -EPROTO;
}

static int take_result(struct helper_msg *m, struct layer_result *out, bool *one_id, struct err *e)
{
	char *save = NULL;

	memset(out, 0, sizeof(*out));
	for (char *l = strtok_r(m->text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		if (take_line(l, out, one_id) < 0)
			return fail(e, EPROTO, "sandbox-unpack gave an answer that makes no sense");
	}
	if (!*out->digest)
		return fail(e, EPROTO, "sandbox-unpack did not say what it unpacked");
	return 0;
}

static void note(const char *label, const struct layer_result *r, bool one_id)
{
	if (r->skipped)
		log_warn(
			"%s: left out %llu device node%s, which only the system's root can make, ignoring",
			label, (unsigned long long)r->skipped, r->skipped == 1 ? "" : "s");
	if (r->stripped)
		log_debug("%s: left out %llu extended attributes that are not an image's business",
			  label, (unsigned long long)r->stripped);
	if (one_id)
		log_debug("%s: every file belongs to root, for the container has one id only",
			  label);
}

static int listen(struct helper *h, struct progress *progress, struct helper_msg *m, struct err *e)
{
	for (;;) {
		int r = helper_listen(h, m, e);

		if (r < 0)
			return r;
		if (m->type == HELPER_RESULT)
			return 0;
		if (m->type != HELPER_PROGRESS)
			return fail(e, EPROTO, "sandbox-unpack sent an unknown message");
		progress_show(progress, m->done, m->total);
	}
}

/**
 * layer_unpack - unpack an archive into a folder
 * @archive_fd: tar, plain or compressed by gzip, zstd, xz or bzip2; read to its end
 * @dest_fd: an empty folder, open for reading; what is in it after a failure is for the caller
 *	to remove
 * @userns: a user namespace whose root owns the files: its map has to have an id 0
 * @quiet: neither progress nor notes
 * @label: what the user calls it
 *
 * Context: single-threaded; the helper dies with us.
 * Return: 0 or -errno.
 */
int layer_unpack(int archive_fd, int dest_fd, const struct helper_env *userns, bool quiet,
		 const char *label, struct layer_result *out, struct err *e)
{
	char name[] = "sandbox-unpack", *const argv[] = {name, NULL};
	struct progress progress = progress_start(quiet, "unpacking", label);
	struct helper_env env = *userns;
	struct helper_msg m = {};
	struct helper h = {.pid = -1, .pidfd = -1, .sock = -1};
	int fds[] = {archive_fd, dest_fd}, r;
	bool one_id = false;

	/* With the clone, and not in the helper, for it has to be the first process there. */
	env.clone_flags |= CLONE_NEWPID;
	r = helper_spawn(&h, name, argv, NULL, fds, ARRAY_SIZE(fds), &env, e);
	if (r < 0)
		return fail_in(e, r, "cannot unpack %s", label);
	r = listen(&h, &progress, &m, e);
	progress_end(&progress);
	if (!r)
		r = take_result(&m, out, &one_id, e);
	if (r < 0) {
		helper_kill(&h);
		return fail_in(e, r, "cannot unpack %s", label);
	}
	r = helper_wait(&h, e);
	if (r < 0)
		return fail_in(e, r, "cannot unpack %s", label);
	if (!quiet)
		note(label, out, one_id);
	return 0;
}
