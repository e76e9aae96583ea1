/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * sandbox-unpack: the archive comes as descriptor 4, the folder to unpack into as
 * descriptor 5, the socket to the caller is 3 (config/config.h). It confines
 * itself (image/confine.c), then reads, and answers with HELPER_PROGRESS now and
 * then, and at the end with HELPER_ERROR or with HELPER_RESULT, whose text has
 * lines of KEY=VALUE: digest, entries, bytes, skipped, stripped, oneid. It never
 * fsyncs, and never removes what it made before it failed: both are the caller's.
 */
#include <locale.h>

#include "config/config.h"
#include "image/unpack.h"

#define ARCHIVE_FD  HELPER_FIRST_FD
#define DEST_FD     (HELPER_FIRST_FD + 1)
#define PROGRESS_NS (50 * 1000000LL)

static void say_progress(struct unpack *u)
{
	static int64_t last;
	static struct helper_msg m = {.type = HELPER_PROGRESS};
	int64_t now = now_ns();

	if (now - last < PROGRESS_NS)
		return;
	last = now;
	m.done = source_done(u->source);
	m.total = source_total(u->source);
	/* A caller who is gone does not want the rest. */
	if (helper_say(HELPER_SOCK, &m) < 0)
		_exit(125);
}

static int read_ids(struct unpack *u, struct err *e)
{
	cleanup_buf struct buf uids = {}, gids = {};
	int r = read_file_at(AT_FDCWD, "/proc/self/uid_map", 64 << 10, &uids);

	if (r >= 0)
		r = read_file_at(AT_FDCWD, "/proc/self/gid_map", 64 << 10, &gids);
	if (r >= 0)
		r = id_ranges_parse(uids.data ? uids.data : "", &u->uids);
	if (r >= 0)
		r = id_ranges_parse(gids.data ? gids.data : "", &u->gids);
	return r < 0 ? fail(e, -r, "cannot read the ids of this user namespace") : 0;
}

static int run(struct unpack *u, struct err *e)
{
	int r = confine_start(HELPER_SOCK, e);

	/* Names in archives are UTF-8 or plain bytes; libarchive asks the locale. */
	setlocale(LC_CTYPE, "C.UTF-8");
	umask(0);
	if (!r)
		r = read_ids(u, e);
	if (!r)
		r = tar_make(&u->tar, e);
	if (!r)
		r = confine_mounts(DEST_FD, e);
	if (!r)
		r = confine_rights(e);
	if (!r)
		r = source_make(ARCHIVE_FD, &u->source, e);
	if (!r)
		r = confine_calls(e);
	if (r < 0)
		return r;
	source_go(u->source);
	return unpack_run(u, e);
}

static void say_result(const struct unpack *u)
{
	static struct helper_msg m = {.type = HELPER_RESULT};
	char digest[72];

	source_digest(u->source, digest);
	snprintf(m.text, sizeof(m.text),
		 "digest=%s\nentries=%llu\nbytes=%llu\nskipped=%llu\nstripped=%llu\noneid=%d\n",
		 digest, (unsigned long long)u->stats.entries, (unsigned long long)u->stats.bytes,
		 (unsigned long long)u->stats.skipped, (unsigned long long)u->stats.stripped,
		 u->uids.count == 1);
	helper_say(HELPER_SOCK, &m);
}

int main(void)
{
	static struct unpack u;
	static struct helper_msg m = {.type = HELPER_ERROR};

	log_set(LOG_WARN, "sandbox-unpack");
	u.progress = say_progress;
	if (run(&u, &m.err) < 0) {
		if (helper_say(HELPER_SOCK, &m) < 0) /* started by hand */
			log_msg(LOG_ERROR, "%s", m.err.msg);
		_exit(125);
	}
	say_result(&u);
	_exit(0); /* the other thread has ended, and nothing needs tidying */
}
