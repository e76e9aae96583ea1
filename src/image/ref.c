/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A name is one of
 *
 *	busybox				came with sandbox
 *	alpine[:VERSION], alpine@VERSION	a minirootfs of Alpine Linux
 *	/a/b.tar.gz, ./b.tar, ../b.tar		a tarball
 *	[docker.io/[library/]]NAME[:TAG]	the long spelling of the first two
 *
 * Whatever else has the shape of a registry reference is refused by name, and
 * what has not is told which part of it is wrong. Nothing here looks at files.
 * Source: the grammar of github.com/distribution/reference.
 */
#include "image/internal.h"

#define REF_MAX 255

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/**
 * struct parts - a registry reference taken apart; strings point into a copy
 * @tag: NULL when there is none
 * @digest: what stands behind "@", or NULL
 */
struct parts {
	char *domain, *path, *tag, *digest;
};

static bool only(const char *s, const char *set)
{
	return *s && strlen(s) == strspn(s, set);
}

static bool domain_ok(char *s)
{
	char *port = strrchr(s, ':');
	bool bracket = *s == '[';
	uint32_t n;

	if (port && !(bracket && strchr(port, ']'))) {
		if (!port[1] || parse_u32(port + 1, &n) < 0 || !n || n > 65535)
			return false;
		*port = '\0';
	}
	if (bracket) {
		size_t len = strlen(s);

		if (len < 4 || s[len - 1] != ']')
			return false;
		s[len - 1] = '\0';
		n = only(s + 1, "0123456789abcdefABCDEF:.") ? 1 : 0;
		s[len - 1] = ']';
	} else {
		n = only(s, LOWER UPPER DIGITS ".-") && *s != '-' && *s != '.';
	}
	if (port && !*port)
		*port = ':';
	return n;
}

static bool path_ok(const char *s)
{
	bool word = false;

	/* Words of letters and digits, with one separator (or dashes, or two underscores) between. */
	for (; *s; s++) {
		if (strchr(LOWER DIGITS, *s)) {
			word = true;
			continue;
		}
		if (!word || !strchr("/._-", *s))
			return false;
		if (*s == '-')
			s += strspn(s, "-") - 1;
		else if (s[0] == '_' && s[1] == '_')
			s++;
		word = false;
	}
	return word;
}

static bool digest_ok(const char *s)
{
	const char *hex = strchr(s, ':');

	return hex && (size_t)(hex - s) == strspn(s, LOWER DIGITS) && hex != s &&
	       is_hex(hex + 1, DIGEST_HEX);
}

/* The first part is a host when it has a dot or a port, or is localhost. */
static void split_domain(char *s, struct parts *p)
{
	char *slash = strchr(s, '/');

	p->path = s;
	if (!slash)
		return;
	*slash = '\0';
	if (streq(s, "localhost") || strpbrk(s, ".:[")) {
		p->domain = s;
		p->path = slash + 1;
	} else {
		*slash = '/';
	}
}

static int split(char *s, const char *whole, struct parts *p, struct err *e)
{
	char *colon;

	p->digest = strchr(s, '@');
	if (p->digest)
		*p->digest++ = '\0';
	split_domain(s, p);
	colon = strrchr(p->path, ':');
	if (colon && !strchr(colon, '/')) {
		*colon = '\0';
		p->tag = colon + 1;
	}
	if (p->domain && !domain_ok(p->domain))
		return fail(e, EINVAL, "image name \"%.80s\": \"%.60s\" is not a host name", whole,
			    p->domain);
	if (strpbrk(p->path, UPPER))
		return fail(e, EINVAL, "image name \"%.80s\" must be in lower case", whole);
	if (!path_ok(p->path))
		return fail(
			e, EINVAL,
			"image name \"%.80s\" is not valid; write busybox, alpine:3.20 or ./file.tar.gz",
			whole);
	if (p->tag && (!only(p->tag, LOWER UPPER DIGITS "._-") || strlen(p->tag) > 128 ||
		       strchr(".-", *p->tag)))
		return fail(e, EINVAL, "image name \"%.80s\": \"%.60s\" is not a tag", whole,
			    p->tag);
	return 0;
}

static bool is_docker_io(const char *domain)
{
	return !domain || streq(domain, "docker.io") || streq(domain, "index.docker.io");
}

static int alpine_ref(const struct parts *p, const char *whole, struct ref *out, struct err *e)
{
	const char *version = p->digest ? p->digest : p->tag;

	if (p->digest && p->tag)
		return fail(e, EINVAL,
			    "image name \"%.80s\" gives two versions; write alpine:3.20.3", whole);
	if (!version || streq(version, "latest"))
		version = "";
	if (p->digest && !alpine_version_ok(version)) {
		if (digest_ok(version))
			return fail(
				e, EINVAL,
				"%.100s: a minirootfs has no registry digest; name a version, such as alpine:3.20.3",
				whole);
		return fail(e, EINVAL,
			    "image name \"%.80s\": \"%.60s\" is neither a version nor a digest",
			    whole, version);
	}
	if (*version && !alpine_version_ok(version))
		return fail(
			e, EINVAL,
			"image name \"%.80s\": there is no Alpine version \"%.40s\"; write alpine, alpine:3.20, alpine:3.20.3 or alpine:edge",
			whole, version);
	out->kind = REF_ALPINE;
	snprintf(out->version, sizeof(out->version), "%s", version);
	return 0;
}

static int known_ref(const struct parts *p, const char *whole, struct ref *out, struct err *e)
{
	const char *path = p->path;

	if (is_docker_io(p->domain) && str_has_prefix(path, "library/"))
		path += strlen("library/");
	if (is_docker_io(p->domain) && streq(path, "alpine"))
		return alpine_ref(p, whole, out, e);
	if (p->digest && !digest_ok(p->digest))
		return fail(e, EINVAL, "image name \"%.80s\": \"%.60s\" is not a digest", whole,
			    p->digest);
	if (is_docker_io(p->domain) && streq(path, "busybox") && !p->digest &&
	    (!p->tag || streq(p->tag, "latest"))) {
		out->kind = REF_BUSYBOX;
		return 0;
	}
	return fail(
		e, ENOENT,
		"there is no image %.100s; there are busybox and alpine[:VERSION], and tarballs by path, such as ./root.tar.gz",
		whole);
}

/**
 * ref_parse - what a name asks for
 * @text: as typed, not trusted
 * @out: receives it; free out->path
 *
 * Context: pure.
 * Return: 0, -EINVAL for a name that cannot be one, -ENOENT for one that we do not know.
 */
int ref_parse(const char *text, struct ref *out, struct err *e)
{
	cleanup_free char *copy = NULL;
	struct parts p = {};
	int r;

	*out = (struct ref){};
	if (!*text)
		return fail(e, EINVAL,
			    "the image name is empty; name one, such as busybox or alpine");
	if (*text == '/' || str_has_prefix(text, "./") || str_has_prefix(text, "../") ||
	    streq(text, ".") || streq(text, "..")) {
		if (strlen(text) >= PATH_MAX)
			return fail(e, ENAMETOOLONG, "the image's path is longer than %d bytes",
				    PATH_MAX - 1);
		out->kind = REF_FILE;
		out->path = xstrdup(text);
		return 0;
	}
	if (strlen(text) > REF_MAX)
		return fail(e, ENAMETOOLONG, "image name \"%.40s...\" is longer than %d bytes",
			    text, REF_MAX);
	copy = xstrdup(text);
	r = split(copy, text, &p, e);
	return r < 0 ? r : known_ref(&p, text, out, e);
}

/**
 * ref_name - the canonical spelling, the same for all spellings of one image
 * @arch: Alpine's name of an architecture when it is not this machine's, else NULL
 *
 * Return: a new string.
 */
char *ref_name(const struct ref *ref, const char *arch)
{
	switch (ref->kind) {
	case REF_BUSYBOX:
		return xstrdup("busybox");
	case REF_ALPINE:
		return xasprintf("alpine%s%s%s%s", *ref->version ? ":" : "", ref->version,
				 arch ? "+" : "", arch ? arch : "");
	case REF_FILE:
	case REF_OWN:
		break;
	}
	return xstrdup(ref->path);
}
