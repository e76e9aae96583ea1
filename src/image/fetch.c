/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program's side of sandbox-fetch: which mirrors, what it may know of the
 * environment, and a check of its answer, since it talks to strangers.
 */
#include <arpa/inet.h>

#include "image/internal.h"

#define DEFAULT_TIMEOUT (600 * 1000000000LL)
#define MIRROR_MAX      256

/* What a download may depend on; the helper sees nothing else of the environment. */
static const char *const passed_env[] = {
	"SSL_CERT_FILE",        "SSL_CERT_DIR", "CURL_CA_BUNDLE", "http_proxy", "https_proxy",
	"HTTPS_PROXY",          "all_proxy",    "ALL_PROXY",      "no_proxy",   "NO_PROXY",
	"RES_OPTIONS",          "LOCALDOMAIN",
#ifdef FAULT_POINTS
	"SANDBOX_TEST_STOP_AT",
#endif
};

static bool is_loopback(const char *host)
{
	return str_has_prefix(host, "127.") || str_has_prefix(host, "[::1]") ||
	       (str_has_prefix(host, "localhost") && strchr(":/", host[9]));
}

/* add_mirror - one address: checked, without the slashes at its end */
static int add_mirror(struct strv *to, const char *url, struct err *e)
{
	cleanup_free char *copy = xstrdup(url);
	bool http = str_has_prefix(url, "http://");
	const char *host = url + (http ? 7 : 8);
	size_t n = strlen(copy);

	if (!http && !str_has_prefix(url, "https://"))
		return fail(e, EINVAL,
			    "mirror \"%.100s\" is not an address; write https://HOST/PATH", url);
	for (const char *p = host; *p; p++) {
		if (*p <= ' ' || *p == 0x7f || strchr("@?#\\\"", *p))
			return fail(
				e, EINVAL,
				"mirror \"%.100s\" is not a plain address: no blanks, names, passwords or queries",
				url);
	}
	if (!*host || *host == '/' || n > MIRROR_MAX)
		return fail(e, EINVAL, "mirror \"%.100s\" has no host, or is too long", url);
	if (http && !is_loopback(host))
		log_warn(
			"mirror %s is not encrypted: nothing proves that what it sends is Alpine's, ignoring",
			url);
	while (copy[n - 1] == '/')
		copy[--n] = '\0';
	strv_take(to, take_ptr(copy));
	return 0;
}

static int add_mirrors(struct strv *to, const char *list, struct err *e)
{
	cleanup_free char *copy = xstrdup(list);
	char *save = NULL;
	int r = 0;

	for (char *m = strtok_r(copy, " \t,", &save); m && !r; m = strtok_r(NULL, " \t,", &save))
		r = add_mirror(to, m, e);
	if (!r && to->n > 16)
		return fail(e, EINVAL, "there are more than 16 mirrors");
	return r;
}

static int distros_line(void *ctx, const char *key, const char *value, const char *file,
			unsigned line, struct err *e)
{
	int r = streq(key, "alpine.mirror") ? add_mirrors(ctx, value, e) : 0;

	return r < 0 ? fail_in(e, r, "%s:%u", file, line) : 0;
}

static int find_mirrors(const struct image_req *req, struct strv *out, struct err *e)
{
	cleanup_free char *conf = data_file("distros.conf");
	int r = req->mirror ? add_mirrors(out, req->mirror, e)
			    : conf_read(conf, distros_line, out, e);

	if (r < 0)
		return r;
	if (!out->n)
		return fail(e, ENOENT, "no mirror is named in %s",
			    req->mirror ? "the setting mirror" : conf);
	return 0;
}

/* ---- the answer ---- */

static int answer_line(void *ctx, const char *key, const char *value, const char *file,
		       unsigned line, struct err *e)
{
	struct fetch *f = ctx;

	if (streq(key, "version"))
		snprintf(f->got.version, sizeof(f->got.version), "%s", value);
	else if (streq(key, "file"))
		snprintf(f->got.file, sizeof(f->got.file), "%s", value);
	else if (streq(key, "sha256"))
		snprintf(f->got.sha256, sizeof(f->got.sha256), "%s", value);
	else if (streq(key, "from") && !f->from)
		f->from = xstrdup(value);
	else if (streq(key, "same"))
		f->same = streq(value, "1");
	else
		return fail(e, EPROTO, "%s:%u: sandbox-fetch says something unknown", file, line);
	return 0;
}

static int take_answer(const char *text, struct fetch *f, struct err *e)
{
	char version[32], arch[16];
	int r = conf_parse("answer", text, strlen(text), answer_line, f, e);

	if (r < 0)
		return r;
	if (!f->from || !is_hex(f->got.sha256, DIGEST_HEX) ||
	    alpine_file_parse(f->got.file, version, arch) < 0 || !streq(version, f->got.version) ||
	    !streq(arch, f->arch) || !alpine_version_match(f->want, version))
		return fail(e, EPROTO, "sandbox-fetch gave an answer that does not fit");
	if (f->same && !f->unless_sha256 && !f->unless_version)
		return fail(e, EPROTO, "sandbox-fetch downloaded nothing");
	return 0;
}

static int listen_all(struct helper *h, const struct image_req *req, struct fetch *f, struct err *e)
{
	struct progress p = progress_start(req->quiet, "fetching", req->name);
	struct helper_msg m;
	int r;

	do {
		r = helper_listen(h, &m, e);
		if (!r && m.type == HELPER_PROGRESS)
			progress_show(&p, m.done, m.total);
	} while (!r && m.type == HELPER_PROGRESS);
	progress_end(&p);
	if (r < 0)
		return r;
	if (m.type != HELPER_RESULT)
		return fail(e, EPROTO, "sandbox-fetch sent an unknown message");
	return take_answer(m.text, f, e);
}

/**
 * fetch_alpine - ask the mirrors for a minirootfs, and download it
 * @f: the question; receives the answer
 *
 * Return: 0 or -errno: -ENOENT when the mirrors have none, -ETIMEDOUT, -EBADMSG for bytes that
 * are not what the mirror's list says.
 */
int fetch_alpine(const struct image_req *req, struct fetch *f, struct err *e)
{
	int64_t timeout = req->timeout > 0 ? req->timeout : DEFAULT_TIMEOUT;
	cleanup_strv struct strv argv = {}, env = {}, mirrors = {};
	struct helper h = {.pid = -1, .pidfd = -1, .sock = -1};
	int r;

	strv_add(&argv, "sandbox-fetch");
	strv_addf(&argv, "arch=%s", f->arch);
	strv_addf(&argv, "version=%s", f->want);
	strv_addf(&argv, "timeout=%lld", (long long)MAX(timeout / 1000000, 1));
	if (f->unless_sha256)
		strv_addf(&argv, "unless-sha256=%s", f->unless_sha256);
	if (f->unless_version)
		strv_addf(&argv, "unless-version=%s", f->unless_version);
	r = find_mirrors(req, &mirrors, e);
	if (r < 0)
		return r;
	strv_for_each (mirror, &mirrors)
		strv_add(&argv, mirror);
	for (size_t i = 0; i < ARRAY_SIZE(passed_env); i++) {
		if (getenv(passed_env[i]))
			strv_addf(&env, "%s=%s", passed_env[i], getenv(passed_env[i]));
	}
	r = helper_spawn(&h, "sandbox-fetch", argv.v, env.v, &f->out_fd, 1, NULL, e);
	if (!r)
		r = listen_all(&h, req, f, e);
	if (!r)
		return helper_wait(&h, e);
	helper_kill(&h);
	return r;
}
