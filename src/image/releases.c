/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A mirror says in latest-releases.yaml which files it has: a list of mappings
 * of scalars. It is a stranger's text, so it is read as a stream of events by a
 * small state machine that wants exactly that shape: no anchors, no aliases, and
 * what is nested deeper is passed over by counting. Runs only in sandbox-fetch;
 * the only file that sees libyaml. Pure.
 */
#include <yaml.h>

#include "image/internal.h"

#define SIZE_LIMIT (512ULL << 20)

/**
 * struct item - one mapping of the list, as far as it was read
 * @key: whose value is next; empty when a key is next
 */
struct item {
	char key[32];
	char flavor[40], arch[16], version[32], file[96], sha256[80], sha512[144], size[24];
};

struct field {
	const char *key;
	size_t at, size;
};

#define FIELD(name)                                                                  \
	{                                                                            \
#name, offsetof(struct item, name), sizeof(((struct item *)0)->name) \
	}

static const struct field fields[] = {
	FIELD(flavor), FIELD(arch),   FIELD(version), FIELD(file),
	FIELD(sha256), FIELD(sha512), FIELD(size),
};

/* Where we are: outside the list, in it, in a mapping of it, or deeper by @skip levels. */
enum place { AT_TOP, IN_LIST, IN_ITEM };

struct walk {
	enum place place;
	unsigned skip;
	struct item item;
	const char *arch, *want;
	struct release *best;
	bool found;
};

/**
 * releases_check - whether what a mirror says about a file can be believed to be one
 * @arch: wanted
 *
 * Return: 0 or -EBADMSG.
 */
int releases_check(const struct release *r, const char *arch, struct err *e)
{
	char version[32], file_arch[16];

	if (alpine_file_parse(r->file, version, file_arch) < 0 ||
	    !str_has_suffix(r->file, ".tar.gz") || !streq(version, r->version) ||
	    !streq(file_arch, arch))
		return fail(e, EBADMSG, "the mirror names the file \"%.95s\" for Alpine %s on %s",
			    r->file, r->version, arch);
	if (!is_hex(r->sha256, DIGEST_HEX))
		return fail(e, EBADMSG, "the mirror gives no sha256 for %s", r->file);
	if (*r->sha512 && !is_hex(r->sha512, 128))
		return fail(e, EBADMSG, "the mirror gives a sha512 for %s that is none", r->file);
	if (r->size > SIZE_LIMIT)
		return fail(e, EFBIG,
			    "the mirror says that %s has %llu bytes; at most %llu are taken",
			    r->file, (unsigned long long)r->size, SIZE_LIMIT);
	return 0;
}

static int item_end(struct walk *w, struct err *e)
{
	const struct item *i = &w->item;
	struct release r = {};
	int ret;

	if (!streq(i->flavor, "alpine-minirootfs") || !streq(i->arch, w->arch))
		return 0;
	if (!*i->version || !*i->file || !*i->sha256)
		return fail(e, EBADMSG,
			    "the mirror's latest-releases.yaml lacks %s of a minirootfs",
			    !*i->version ? "the version"
			    : !*i->file  ? "the file"
					 : "the sha256");
	if (!alpine_version_match(w->want, i->version) ||
	    (w->found && alpine_version_cmp(w->best->version, i->version) >= 0))
		return 0;
	memcpy(r.version, i->version, sizeof(r.version));
	memcpy(r.file, i->file, sizeof(r.file));
	snprintf(r.sha256, sizeof(r.sha256), "%.64s", strlen(i->sha256) == 64 ? i->sha256 : "");
	snprintf(r.sha512, sizeof(r.sha512), "%.128s",
		 *i->sha512 && strlen(i->sha512) != 128 ? "bad" : i->sha512);
	if (*i->size && parse_u64(i->size, UINT64_MAX, &r.size) < 0)
		return fail(e, EBADMSG, "the mirror gives the size \"%.20s\" for %.95s", i->size,
			    r.file);
	ret = releases_check(&r, w->arch, e);
	if (ret < 0)
		return ret;
	*w->best = r;
	w->found = true;
	return 0;
}

static int item_scalar(struct walk *w, const char *value, size_t n, struct err *e)
{
	struct item *i = &w->item;

	if (memchr(value, '\0', n))
		return fail(e, EBADMSG, "the mirror's latest-releases.yaml has a NUL in a value");
	if (!*i->key) {
		snprintf(i->key, sizeof(i->key), "%s", n && n < sizeof(i->key) ? value : "?");
		return 0;
	}
	for (size_t k = 0; k < ARRAY_SIZE(fields); k++) {
		const struct field *f = &fields[k];

		if (!streq(f->key, i->key))
			continue;
		if (n >= f->size)
			return fail(e, EBADMSG, "the mirror's latest-releases.yaml: %s is too long",
				    f->key);
		memcpy((char *)i + f->at, value, n + 1);
	}
	*i->key = '\0';
	return 0;
}

static int bad_shape(struct err *e)
{
	return fail(e, EBADMSG, "the mirror's latest-releases.yaml is not a list of releases");
}

/* A list or mapping opens: at the two levels we want, else it is counted and passed over. */
static int open_level(struct walk *w, bool mapping, struct err *e)
{
	if (w->skip || w->place == IN_ITEM) {
		w->skip++;
		return 0;
	}
	if (mapping != (w->place == IN_LIST))
		return bad_shape(e);
	w->place++;
	if (mapping)
		w->item = (struct item){};
	return 0;
}

static int close_level(struct walk *w, struct err *e)
{
	if (w->skip) {
		/* It was a value (or, oddly, a key) of the item. */
		if (!--w->skip)
			snprintf(w->item.key, sizeof(w->item.key), "%s", *w->item.key ? "" : "?");
		return 0;
	}
	return w->place-- == IN_ITEM ? item_end(w, e) : 0;
}

static int one_event(struct walk *w, const yaml_event_t *ev, struct err *e)
{
	switch (ev->type) {
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return open_level(w, ev->type == YAML_MAPPING_START_EVENT, e);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_level(w, e);
	case YAML_SCALAR_EVENT:
		if (w->skip)
			return 0;
		if (w->place != IN_ITEM)
			return bad_shape(e);
		return item_scalar(w, (const char *)ev->data.scalar.value, ev->data.scalar.length,
				   e);
	case YAML_ALIAS_EVENT:
		return bad_shape(e);
	default:
		return 0;
	}
}

static int walk_events(struct walk *w, yaml_parser_t *p, struct err *e)
{
	for (bool end = false; !end;) {
		yaml_event_t ev;
		int r;

		if (!yaml_parser_parse(p, &ev))
			return fail(
				e, EBADMSG,
				"the mirror's latest-releases.yaml is not valid YAML (line %zu)",
				p->problem_mark.line + 1);
		end = ev.type == YAML_STREAM_END_EVENT;
		r = one_event(w, &ev, e);
		yaml_event_delete(&ev);
		if (r < 0)
			return r;
	}
	return 0;
}

/**
 * releases_pick - find the newest minirootfs that serves a wish
 * @yaml: the text, not trusted
 * @arch: Alpine's name of the architecture
 * @want: as for alpine_version_match()
 * @out: receives it, checked
 *
 * Return: 0, -ENOENT when the list has none, -EBADMSG for a text that is not such a list.
 */
int releases_pick(const char *yaml, size_t n, const char *arch, const char *want,
		  struct release *out, struct err *e)
{
	struct release best = {};
	struct walk w = {.arch = arch, .want = want, .best = &best};
	yaml_parser_t p;
	int r;

	if (!yaml_parser_initialize(&p))
		return fail(e, ENOMEM, "out of memory");
	yaml_parser_set_input_string(&p, (const unsigned char *)yaml, n);
	r = walk_events(&w, &p, e);
	yaml_parser_delete(&p);
	if (r < 0)
		return r;
	if (!w.found)
		return fail(e, ENOENT, "the mirror lists no minirootfs of Alpine %s for %s",
			    *want ? want : "(newest)", arch);
	*out = best;
	return 0;
}

/**
 * releases_side_file - read FILE.sha256: the digest, blanks, the file's name
 * @hex: receives the digest
 *
 * Return: 0 or -EBADMSG.
 */
int releases_side_file(const char *text, size_t n, const char *file, char hex[DIGEST_HEX + 1],
		       struct err *e)
{
	cleanup_free char *copy = NULL;
	char *name;

	if (n > 4096 || memchr(text, '\0', n))
		return fail(e, EBADMSG, "the mirror's %s.sha256 is not a checksum", file);
	copy = xstrndup(text, n);
	name = copy + strcspn(copy, " \t\r\n");
	if (*name)
		*name++ = '\0';
	name = str_trim(name);
	if (*name == '*')
		name++;
	if (!is_hex(copy, DIGEST_HEX) || (*name && !streq(name, file)))
		return fail(e, EBADMSG, "the mirror's %s.sha256 is not a checksum of that file",
			    file);
	memcpy(hex, copy, DIGEST_HEX + 1);
	return 0;
}
