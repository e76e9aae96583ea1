/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * The ranges of the caller come from /etc/subuid and /etc/subgid, or from
 * libsubid when nsswitch.conf names another source. newuidmap judges by the
 * same files, so a line counts here only when newuidmap takes it: a blank or
 * carriage return at its end makes newuidmap drop the line without a word. Here
 * it gets named. We are stricter in one point: hexadecimal, octal (a leading 0)
 * and signs, which newuidmap reads as C would, are refused, because nobody who
 * wrote them would agree with the outcome. Bad lines of others are none of our
 * business.
 */
#include <ctype.h>

#include "sandbox/idmap_internal.h"

#define LINE_MAX_BYTES  4096
#define PASSWD_LINE_MAX (64 << 10)
#define RANGES_MAX      1024

/**
 * owner_find - who has this uid
 * @o: set
 * @passwd_path: /etc/passwd; name services are asked only when it does not know
 */
void owner_find(struct owner *o, const char *passwd_path, uint32_t uid)
{
	cleanup_close int fd = open(passwd_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	cleanup_lines struct lines l;
	struct pw pw;
	char *line;
	size_t len;

	*o = (struct owner){.uid = uid};
	lines_init(&l, fd, PASSWD_LINE_MAX);
	while (fd >= 0 && (line = lines_next(&l, &len))) {
		if (l.cut || !pw_parse(line, len, &pw) || !pw.valid || pw.uid != uid)
			continue;
		if (!o->names.n)
			o->login_gid = pw.gid;
		strv_add(&o->names, pw.name);
	}
	o->local = o->names.n > 0;
	if (!o->local)
		owner_ask(o);
}

void owner_free(struct owner *o)
{
	strv_free(&o->names);
}

/* owner_is - a name or uid as it stands in subuid */
bool owner_is(const struct owner *o, const char *field)
{
	uint32_t uid;

	if (!parse_id(field, &uid))
		return uid == o->uid;
	return strv_has(&o->names, field);
}

/* Why newuidmap or we refuse a line of the caller; NULL when it is good. */
static const char *judge(char **f, size_t n, bool cut, struct range *out)
{
	uint64_t first, count;
	size_t len = strlen(f[n - 1]);
	char last = len ? f[n - 1][len - 1] : '\0';

	if (cut)
		return "is too long";
	if (n < 3)
		return "is not NAME:START:COUNT";
	if (last == '\r')
		return "ends in a carriage return, which newuidmap does not take";
	if (isspace((unsigned char)last))
		return "ends in a blank, which newuidmap does not take";
	if (parse_u64(f[1], UINT64_MAX, &first) || parse_u64(f[2], UINT64_MAX, &count))
		return "has a start or count that is not a plain decimal number";
	if ((f[1][0] == '0' && f[1][1]) || (f[2][0] == '0' && f[2][1]))
		return "has a leading zero, which newuidmap reads as octal";
	if (!count)
		return "has a count of 0";
	if (!range_valid(first, count))
		return "runs past the last id, 4294967294";
	*out = (struct range){(uint32_t)first, (uint32_t)count};
	return NULL;
}

static void note_bad(struct subids *out, const char *path, unsigned long no, const char *why)
{
	if (out->state != SUBID_NO_LINE)
		return;
	out->state = SUBID_BAD_LINE;
	snprintf(out->why, sizeof(out->why), "line %lu of %s %s", no, path, why);
}

/* Highest end of anybody's range, so that the remedy proposes ids which nobody has. */
static void note_end(struct subids *out, char **f, size_t n)
{
	uint64_t first, count;

	if (n == 3 && !parse_u64(f[1], UINT64_MAX, &first) &&
	    !parse_u64(f[2], UINT64_MAX, &count) && range_valid(first, count) &&
	    first + count > out->next_free)
		out->next_free = first + count;
}

static void parse_line(const struct lines *l, char *line, const char *path, const struct owner *o,
		       struct subids *out)
{
	char *f[3];
	size_t n = split_fields(line, ':', f, ARRAY_SIZE(f));
	const char *bad;
	struct range r;

	note_end(out, f, n);
	if (!owner_is(o, f[0])) {
		if (owner_is(o, str_trim(f[0])))
			note_bad(out, path, l->no, "has blanks around the name");
		return;
	}
	bad = judge(f, n, l->cut, &r);
	if (bad) {
		note_bad(out, path, l->no, bad);
	} else if (out->ranges.n < RANGES_MAX) {
		ranges_add(&out->ranges, r.first, r.count);
		out->state = SUBID_OK;
		out->why[0] = '\0';
	}
}

/**
 * subid_parse - all ranges of one owner
 * @l: the file
 * @path: its name, for messages
 * @out: set; several good lines count together, one is enough for SUBID_OK
 */
void subid_parse(struct lines *l, const char *path, const struct owner *o, struct subids *out)
{
	char *line;
	size_t len;

	*out = (struct subids){.state = SUBID_NO_LINE};
	while ((line = lines_next(l, &len))) {
		if (strlen(line) == len)
			parse_line(l, line, path, o, out);
	}
	if (l->r < 0) {
		ranges_free(&out->ranges);
		out->state = SUBID_UNREADABLE;
		snprintf(out->why, sizeof(out->why), "%s cannot be read (%s)", path,
			 strerror(-l->r));
	}
}

/* subid_read - subid_parse() of a file by name */
void subid_read(const char *path, const struct owner *o, struct subids *out)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	cleanup_lines struct lines l;

	lines_init(&l, fd, LINE_MAX_BYTES);
	if (fd >= 0) {
		subid_parse(&l, path, o, out);
		return;
	}
	*out = (struct subids){.state = errno == ENOENT ? SUBID_NO_FILE : SUBID_UNREADABLE};
	snprintf(out->why, sizeof(out->why), "%s cannot be read (%s)", path, strerror(errno));
}

/**
 * subid_nss - whether subordinate ids come from somewhere else than the files
 * @service: receives its name, such as "sss"
 *
 * Return: false for the files, also when nsswitch.conf does not say.
 * Source: getsubids(1), nsswitch.conf: one word behind "subid:".
 */
bool subid_nss(const char *nsswitch_path, char *service, size_t size)
{
	cleanup_close int fd = open(nsswitch_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	cleanup_lines struct lines l;
	char *line;

	lines_init(&l, fd, LINE_MAX_BYTES);
	while (fd >= 0 && (line = lines_next(&l, NULL))) {
		char *word, *save = NULL;

		if (!str_has_prefix(line, "subid:"))
			continue;
		word = strtok_r(line + strlen("subid:"), " \t\r", &save);
		if (!word || streq(word, "files"))
			return false;
		snprintf(service, size, "%s", word);
		return true;
	}
	return false;
}
