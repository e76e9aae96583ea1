/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether somebody else has the caller's subordinate ids too. A container works
 * all the same, but then his containers can read and kill ours, and ours his; or,
 * where an account of the host lies in a range, that account. For the doctor: a start
 * does not look.
 */
#include "sandbox/idmap_internal.h"

#define LINE_MAX_BYTES (64 << 10)

static bool hit(const struct ranges *mine, uint64_t first, uint64_t count)
{
	for (size_t i = 0; i < mine->n; i++) {
		if (first < (uint64_t)mine->v[i].first + mine->v[i].count &&
		    mine->v[i].first < first + count)
			return true;
	}
	return false;
}

/* "alice:100000:65536" of another one, over one of our ranges. */
static bool other_range(char *line, const struct owner *o, const struct ranges *mine, char *who,
			size_t size)
{
	uint64_t first, count;
	char *f[3];

	if (split_fields(line, ':', f, ARRAY_SIZE(f)) != 3 || owner_is(o, f[0]) ||
	    parse_u64(f[1], UINT64_MAX, &first) || parse_u64(f[2], UINT64_MAX, &count) ||
	    !range_valid(first, count) || !hit(mine, first, count))
		return false;
	snprintf(who, size, "are also given to %.64s", f[0]);
	return true;
}

/* A line of passwd or group; both have the id in their third field. */
static bool account(char *line, const struct owner *o, const struct ranges *mine, char *who,
		    size_t size)
{
	uint32_t id;
	char *f[4];

	if (split_fields(line, ':', f, ARRAY_SIZE(f)) < 3 || owner_is(o, f[0]) ||
	    parse_id(f[2], &id) || !hit(mine, id, 1))
		return false;
	snprintf(who, size, "hold the id %u of the host's account or group %.64s", id, f[0]);
	return true;
}

/**
 * subid_audit_file - look through one file for others in our ranges
 * @accounts: the file is passwd or group, else it is subuid or subgid
 * @who: receives the end of a sentence that begins with our ids
 *
 * Return: whether one was found.
 */
bool subid_audit_file(const char *path, bool accounts, const struct owner *o,
		      const struct ranges *mine, char *who, size_t size)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	cleanup_lines struct lines l;
	bool found = false;
	char *line;

	lines_init(&l, fd, LINE_MAX_BYTES);
	while (fd >= 0 && !found && (line = lines_next(&l, NULL)))
		found = accounts ? account(line, o, mine, who, size)
				 : other_range(line, o, mine, who, size);
	return found;
}

/**
 * idmap_audit - whether the caller's subordinate ids are his alone
 * @text: receives what is wrong
 *
 * Return: false when all is well, or when he has none.
 */
bool idmap_audit(char *text, size_t size)
{
	static const char *const files[2][2] = {{"/etc/subuid", "/etc/passwd"},
						{"/etc/subgid", "/etc/group"}};
	struct idmap_caller c;
	char who[160];
	bool found = false;

	if (idmap_gather(&c, true, NULL) < 0) {
		idmap_caller_free(&c);
		return false;
	}
	for (int i = 0; i < 4 && !found; i++) {
		const char *path = files[i / 2][i % 2];

		found = subid_audit_file(path, i % 2, &c.owner, &c.sub[i / 2].ranges, who,
					 sizeof(who));
		if (found)
			snprintf(
				text, size,
				"your ids of %s %s (%s): either can read the other's files and end its processes",
				files[i / 2][0], who, path);
	}
	idmap_caller_free(&c);
	return found;
}
