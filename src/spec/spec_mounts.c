/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small languages of --volume, --mount and --tmpfs. Pure: no file is touched, but a
 * relative host path is made absolute.
 */
#include <sys/mount.h>

#include "linux/sys.h"
#include "spec/spec.h"

/* Words in the options of a mount; `set` and `clr` are MOUNT_ATTR_*. */
static const struct {
	char word[16];
	uint64_t set, clr, propagation;
	int recursive; /* 1 yes, -1 no, 0 does not say */
} mount_words[] = {
	{"ro", MOUNT_ATTR_RDONLY, 0, 0, 0},
	{"readonly", MOUNT_ATTR_RDONLY, 0, 0, 0},
	{"rro", MOUNT_ATTR_RDONLY, 0, 0, 1},
	{"rw", 0, MOUNT_ATTR_RDONLY, 0, 0},
	{"nosuid", MOUNT_ATTR_NOSUID, 0, 0, 0},
	{"suid", 0, MOUNT_ATTR_NOSUID, 0, 0},
	{"nodev", MOUNT_ATTR_NODEV, 0, 0, 0},
	{"dev", 0, MOUNT_ATTR_NODEV, 0, 0},
	{"noexec", MOUNT_ATTR_NOEXEC, 0, 0, 0},
	{"exec", 0, MOUNT_ATTR_NOEXEC, 0, 0},
	{"noatime", MOUNT_ATTR_NOATIME, 0, 0, 0},
	{"nodiratime", MOUNT_ATTR_NODIRATIME, 0, 0, 0},
	{"relatime", 0, 0, 0, 0},
	{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0, 0, 0},
	{"bind", 0, 0, 0, -1},
	{"rbind", 0, 0, 0, 1},
	{"private", 0, 0, MS_PRIVATE, 0},
	{"rprivate", 0, 0, MS_PRIVATE, 0},
	{"slave", 0, 0, MS_SLAVE, 0},
	{"rslave", 0, 0, MS_SLAVE, 0},
	{"unbindable", 0, 0, MS_UNBINDABLE, 0},
	{"runbindable", 0, 0, MS_UNBINDABLE, 0},
	/* SELinux relabelling: nothing to do where there is no SELinux */
	{"z", 0, 0, 0, 0},
	{"Z", 0, 0, 0, 0},
};

static bool mount_word(struct mount_spec *m, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(mount_words); i++) {
		if (!streq(word, mount_words[i].word))
			continue;
		m->attr_set = (m->attr_set & ~mount_words[i].clr) | mount_words[i].set;
		m->attr_clr = (m->attr_clr & ~mount_words[i].set) | mount_words[i].clr;
		if (mount_words[i].propagation)
			m->propagation = mount_words[i].propagation;
		if (mount_words[i].recursive)
			m->recursive = mount_words[i].recursive > 0;
		return true;
	}
	return false;
}

static void bind_defaults(struct mount_spec *m)
{
	m->type = xstrdup("bind");
	m->recursive = true;
	m->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
}

static int set_target(struct mount_spec *m, const char *target, const char *text, struct err *e)
{
	char clean[PATH_MAX];
	int r = path_clean(target, clean, sizeof(clean));

	if (r == -EINVAL)
		return fail(
			e, EINVAL,
			"\"%s\": the place inside the container, \"%s\", must be an absolute path",
			text, target);
	if (r < 0)
		return fail(e, -r, "\"%s\": the path is too long", text);
	m->target = xstrdup(clean);
	return 0;
}

static int set_source(struct mount_spec *m, const char *source, const char *text, struct err *e)
{
	char *real;

	if (!*source)
		return fail(e, EINVAL,
			    "\"%s\" names nothing on the host; write HOST-PATH:CONTAINER-PATH",
			    text);
	m->source = path_absolute(source);
	if (!m->source)
		return fail(e, ENOENT, "\"%s\" is relative, and the current folder is gone", text);
	/*
	 * Symbolic links are followed now, by who wrote them, and never again: a payload with a
	 * writable bind above the source could put one there before the next start.
	 */
	real = realpath(m->source, NULL);
	if (real) {
		free(m->source);
		m->source = real;
	}
	return 0;
}

static void volume_defaults(struct mount_spec *m, const char *name)
{
	m->type = xstrdup("volume");
	m->volume = xstrdup(name);
	m->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
}

static int volume_name(const char *name, const char *text, struct err *e)
{
	if (spec_valid_name(name))
		return 0;
	return fail(e, EINVAL,
		    "\"%s\": a volume's name is letters, digits, '_', '.' and '-', not \"%s\"; "
		    "for a folder write ./%s",
		    text, name, name);
}

static bool volume_word(struct mount_spec *m, const char *word)
{
	if (!streq(word, "copy") && !streq(word, "nocopy"))
		return false;
	m->nocopy = *word == 'n';
	return true;
}

static int volume_words(struct mount_spec *m, const char *list, const char *text, struct err *e)
{
	cleanup_strv struct strv words = {};

	strv_split(&words, list, ',');
	strv_for_each (word, &words) {
		if (!mount_word(m, word) && !(m->volume && volume_word(m, word)))
			return fail(e, EINVAL, "volume \"%s\": there is no option \"%s\"", text,
				    word);
	}
	return 0;
}

/**
 * spec_parse_volume - [HOST:]CONTAINER[:OPTION,...]
 * @text: as podman's -v; what does not begin with / or . is the name of a volume, and a single
 *	path asks for a new volume without a name
 */
int spec_parse_volume(struct spec *s, const char *text, struct err *e)
{
	cleanup_strv struct strv parts = {};
	struct mount_spec *m;
	const char *target;
	int r = 0;

	strv_split(&parts, text, ':');
	if (!parts.n || parts.n > 3)
		return fail(e, EINVAL, "volume \"%s\" is not [HOST-PATH:]CONTAINER-PATH[:OPTIONS]",
			    text);
	m = mounts_add(&s->mounts);
	target = parts.v[parts.n > 1];
	if (parts.n == 1) {
		volume_defaults(m, "");
	} else if (*parts.v[0] && *parts.v[0] != '/' && *parts.v[0] != '.') {
		volume_defaults(m, parts.v[0]);
		r = volume_name(parts.v[0], text, e);
	} else {
		bind_defaults(m);
		r = set_source(m, parts.v[0], text, e);
	}
	if (!r)
		r = set_target(m, target, text, e);
	if (!r && parts.n == 3)
		r = volume_words(m, parts.v[2], text, e);
	return r;
}

static int tmpfs_word(struct mount_spec *m, const char *word, const char *text, struct err *e)
{
	static const char *const keys[] = {"size", "mode",      "nr_inodes", "uid",
					   "gid",  "nr_blocks", "huge"};
	size_t len = strcspn(word, "=");
	const char *value = word[len] ? word + len + 1 : NULL;
	uint64_t size;

	if (!*word || mount_word(m, word))
		return 0;
	if (!strncmp(word, "tmpfs-", 6) && value) {
		word += 6;
		len -= 6;
	}
	for (size_t i = 0; value && i < ARRAY_SIZE(keys); i++) {
		if (strlen(keys[i]) != len || strncmp(word, keys[i], len))
			continue;
		if (streq(keys[i], "size") && !str_has_suffix(value, "%") &&
		    parse_size(value, &size))
			break;
		strv_add(&m->data, word);
		return 0;
	}
	return fail(e, EINVAL, "tmpfs \"%s\": there is no option \"%s\"", text, word);
}

/**
 * spec_parse_tmpfs - CONTAINER[:OPTION,...], as podman's --tmpfs
 */
int spec_parse_tmpfs(struct spec *s, const char *text, struct err *e)
{
	struct mount_spec *m = mounts_add(&s->mounts);
	cleanup_free char *target = xstrndup(text, strcspn(text, ":"));
	struct strv words = {};
	int r;

	m->type = xstrdup("tmpfs");
	m->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	r = set_target(m, target, text, e);
	if (!r && text[strlen(target)])
		strv_split(&words, text + strlen(target) + 1, ',');
	strv_for_each (word, &words) {
		if (!r)
			r = tmpfs_word(m, word, text, e);
	}
	strv_free(&words);
	return r;
}

/* One key of --mount; 0, or < 0 with the reason. */
static int mount_key(struct mount_spec *m, char *pair, const char *text, struct err *e)
{
	char *value = strchr(pair, '=');
	bool flag = true;

	if (value)
		*value++ = '\0';
	if (streq(pair, "type"))
		return 0;
	if (m->volume && (streq(pair, "src") || streq(pair, "source"))) {
		free(m->volume);
		m->volume = xstrdup(value ? value : "");
		return volume_name(m->volume, text, e);
	}
	if (m->volume && streq(pair, "volume-nocopy"))
		return m->nocopy = true, 0;
	if (streq(pair, "src") || streq(pair, "source"))
		return m->source ? fail(e, EINVAL, "mount \"%s\" names two sources", text)
				 : set_source(m, value ? value : "", text, e);
	if (streq(pair, "dst") || streq(pair, "destination") || streq(pair, "target"))
		return m->target ? fail(e, EINVAL, "mount \"%s\" names two targets", text)
				 : set_target(m, value ? value : "", text, e);
	if (streq(pair, "bind-propagation") && value)
		return mount_word(m, value)
			       ? 0
			       : fail(e, EINVAL, "mount \"%s\": there is no propagation \"%s\"",
				      text, value);
	if (streq(pair, "bind-nonrecursive") || streq(pair, "relabel"))
		return streq(pair, "relabel") ? 0 : (m->recursive = false, 0);
	if (value && parse_bool(value, &flag) == 0 &&
	    (streq(pair, "ro") || streq(pair, "readonly") || streq(pair, "rw"))) {
		mount_word(m, flag == (pair[1] != 'w') ? "ro" : "rw");
		return 0;
	}
	if (value && streq(m->type, "tmpfs")) {
		value[-1] = '=';
		return tmpfs_word(m, pair, text, e);
	}
	if (!value && mount_word(m, pair))
		return 0;
	return fail(e, EINVAL, "mount \"%s\": there is no option \"%s\"", text, pair);
}

static const char *mount_type(const struct strv *pairs)
{
	strv_for_each (pair, pairs) {
		if (str_has_prefix(pair, "type="))
			return pair + 5;
	}
	return "bind";
}

/**
 * spec_parse_mount - type=bind|volume|tmpfs,src=...,dst=...[,OPTION...], as podman's --mount
 */
int spec_parse_mount(struct spec *s, const char *text, struct err *e)
{
	struct mount_spec *m = mounts_add(&s->mounts);
	struct strv pairs = {};
	const char *type;
	int r = 0;

	strv_split(&pairs, text, ',');
	type = mount_type(&pairs);
	if (streq(type, "bind")) {
		bind_defaults(m);
	} else if (streq(type, "volume")) {
		volume_defaults(m, "");
	} else {
		m->type = xstrdup(type);
		m->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
		if (!streq(type, "tmpfs"))
			r = fail(e, EINVAL,
				 "mount \"%s\": the type \"%s\" is not bind, volume or tmpfs", text,
				 type);
	}
	for (size_t i = 0; !r && i < pairs.n; i++)
		r = mount_key(m, pairs.v[i], text, e);
	strv_free(&pairs);
	if (!r && !m->target)
		r = fail(e, EINVAL, "mount \"%s\" does not say where (dst=)", text);
	if (!r && streq(m->type, "bind") && !m->source)
		r = fail(e, EINVAL, "mount \"%s\" does not say what (src=)", text);
	return r;
}
