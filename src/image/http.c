/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * One file from one address, over whatever the network does: the only file that
 * sees libcurl. Rules:
 *
 * - https with TLS 1.2 or later, verified against the system's authorities or
 *   those that SSL_CERT_FILE, SSL_CERT_DIR or CURL_CA_BUNDLE name; plain http only
 *   for an address that says so itself. A redirect may go from http to https but
 *   never back, and at most five times. No cookies, names, passwords, .netrc, no
 *   content encoding.
 * - What may pass (no connection, a cut or stalled body, 408, 429, 5xx) is tried
 *   again after 0.5, 1, 2 and 4 seconds, or when Retry-After says; bytes that
 *   arrived start that count anew. What will not pass (404, a certificate that is
 *   not good) is not tried again. All of it ends at one deadline.
 * - A body that was cut is continued by Range. A server that answers with the
 *   whole file starts it anew; one that answers with another range fails.
 * - Bytes are counted: more than asked for ends the transfer.
 */
#include <curl/curl.h>

#include "image/http.h"

#define MAX_TRIES     5
#define MAX_REDIRECTS 5L
#define WAIT_NS       500000000LL
#define PROGRESS_BACK 65536

/**
 * struct transfer - one try
 * @range_at: where Content-Range says the body starts, or -1
 * @ok: the status is one that has our bytes
 * @begun: the first bytes of the body were looked at
 * @thrown: bytes of an error's page
 * @why: set when we ended it
 */
struct transfer {
	struct http *h;
	struct http_get *g;
	int64_t range_at;
	bool ok, begun;
	uint64_t thrown;
	int64_t next_shown;
	struct err why;
};

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
	static const char name[] = "content-range: bytes ";
	struct transfer *t = ctx;
	char value[32];
	uint64_t at;

	n *= size;
	if (n > 5 && !strncasecmp(p, "HTTP/", 5))
		t->range_at = -1;
	if (n <= sizeof(name) - 1 || strncasecmp(p, name, sizeof(name) - 1))
		return n;
	snprintf(value, sizeof(value), "%.*s", (int)MIN(n - (sizeof(name) - 1), sizeof(value) - 1),
		 p + sizeof(name) - 1);
	value[strcspn(value, "-")] = '\0';
	if (!parse_u64(value, INT64_MAX, &at))
		t->range_at = (int64_t)at;
	return n;
}

/* The first bytes of a body: is it what was asked for, and from where on? */
static int body_begins(struct transfer *t)
{
	struct http_get *g = t->g;
	long status = 0;

	t->begun = true;
	curl_easy_getinfo(t->h->easy, CURLINFO_RESPONSE_CODE, &status);
	t->ok = status == 200 || status == 206;
	if (status == 206 && (!g->have || t->range_at != (int64_t)g->have))
		return fail(&t->why, EPROTO, "%s: the server sent another part than asked for",
			    g->url);
	if (status == 200 && g->have) {
		g->have = 0;
		return g->restart(g->ctx, &t->why);
	}
	return 0;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	struct http_get *g = t->g;

	n *= size;
	if (!t->begun && body_begins(t) < 0)
		return 0;
	/* The page of an error is of no interest, but an endless one is. */
	if (!t->ok)
		return (t->thrown += n) > PROGRESS_BACK ? 0 : n;
	if (n > g->max - g->have) {
		fail(&t->why, EFBIG,
		     "%s: the server sends more than the %llu bytes there should be", g->url,
		     (unsigned long long)g->max);
		return 0;
	}
	if (g->data(g->ctx, p, n, &t->why) < 0)
		return 0;
	g->have += n;
	return n;
}

static int on_progress(void *ctx, curl_off_t total, curl_off_t now, curl_off_t up_total __unused,
		       curl_off_t up __unused)
{
	struct transfer *t = ctx;

	(void)now;
	if (t->h->progress && t->ok && now_ns() >= t->next_shown) {
		t->next_shown = now_ns() + 100000000LL;
		t->h->progress(t->g->have,
			       total > 0 ? t->g->have - (uint64_t)now + (uint64_t)total : 0);
	}
	return 0;
}

/* How long of the whole time one connection or one silence may take. */
static long part_of(const struct http *h, long most_ms)
{
	return (long)MAX(MIN(h->timeout / 4000000, most_ms), 1);
}

static void set_protocols(CURL *c, const char *url)
{
	bool http = str_has_prefix(url, "http:");

#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, http ? "http" : "https");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, http ? "http,https" : "https");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS, http ? CURLPROTO_HTTP : CURLPROTO_HTTPS);
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS,
			 http ? CURLPROTO_HTTP | CURLPROTO_HTTPS : CURLPROTO_HTTPS);
#endif
}

static void set_options(struct http *h, struct transfer *t, int64_t left_ns)
{
	CURL *c = h->easy;

	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, t->g->url);
	set_protocols(c, t->g->url);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, MAX_REDIRECTS);
	curl_easy_setopt(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (h->ca_file)
		curl_easy_setopt(c, CURLOPT_CAINFO, h->ca_file);
	if (h->ca_dir)
		curl_easy_setopt(c, CURLOPT_CAPATH, h->ca_dir);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "sandbox/" PACKAGE_VERSION);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, part_of(h, 15000));
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 100L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, MAX(part_of(h, 30000) / 1000, 1L));
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)MAX(left_ns / 1000000, 1));
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->error);
	if (t->g->have) {
		char range[32];

		snprintf(range, sizeof(range), "%llu-", (unsigned long long)t->g->have);
		curl_easy_setopt(c, CURLOPT_RANGE, range);
	}
}

/* status_error - the server's answer is not the file: does it pass? */
static int status_error(struct http *h, const char *url, bool *passes, int64_t *wait, struct err *e)
{
	curl_off_t after = 0;
	long status = 0;

	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(h->easy, CURLINFO_RETRY_AFTER, &after);
	if (after > 0)
		*wait = MIN(after, 100000) * 1000000000LL;
	*passes = status == 408 || status == 429 || status >= 500;
	if (status == 404 || status == 410)
		return fail(e, ENOENT, "%s: the server has no such file (%ld)", url, status);
	return fail(e, EIO, "%s: the server answered with status %ld", url, status);
}

static bool curl_passes(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_PARTIAL_FILE:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return true;
	default:
		return false;
	}
}

static int curl_error(struct http *h, CURLcode code, const char *url, struct err *e)
{
	const char *text = *h->error ? h->error : curl_easy_strerror(code);

	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		fail(e, EKEYREJECTED, "%s: %s", url, text);
		return fail_hint(e, -EKEYREJECTED,
				 "for a private authority set SSL_CERT_FILE, else check the clock");
	case CURLE_OPERATION_TIMEDOUT:
		return fail(e, ETIMEDOUT, "%s: too slow: %s", url, text);
	case CURLE_UNSUPPORTED_PROTOCOL:
		return fail(e, EPROTO, "%s: redirected away from https: %s", url, text);
	case CURLE_TOO_MANY_REDIRECTS:
		return fail(e, ELOOP, "%s: redirected more than %ld times", url, MAX_REDIRECTS);
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
		return fail(e, EHOSTUNREACH, "%s: %s", url, text);
	default:
		return fail(e, EIO, "%s: %s", url, text);
	}
}

/* try_once - 0, or -errno and whether another try may help, and after which time at least */
static int try_once(struct http *h, struct http_get *g, bool *passes, int64_t *wait, struct err *e)
{
	struct transfer t = {.h = h, .g = g, .range_at = -1};
	CURLcode code;

	set_options(h, &t, h->deadline - now_ns());
	*h->error = '\0';
	code = curl_easy_perform(h->easy);
	*passes = false;
	if (t.why.code) {
		*e = t.why;
		return -e->code;
	}
	if (!t.begun)
		body_begins(&t);
	if (code == CURLE_WRITE_ERROR || (code == CURLE_OK && !t.ok))
		return status_error(h, g->url, passes, wait, e);
	*passes = curl_passes(code);
	return code == CURLE_OK ? 0 : curl_error(h, code, g->url, e);
}

static void pause_ns(int64_t ns)
{
	struct timespec ts = {ns / 1000000000, ns % 1000000000};

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

/**
 * http_get - get one file, trying again what may pass
 * @g: the file; @g->have may be more than 0 to go on with one
 *
 * Return: 0 or -errno: -ENOENT, -ETIMEDOUT, -EHOSTUNREACH, -EKEYREJECTED (certificate), -EFBIG,
 * -EIO for another answer of the server, or what @data returned.
 */
int http_get(struct http *h, struct http_get *g, struct err *e)
{
	int64_t backoff = WAIT_NS;

	for (int tries = 1;; tries++) {
		uint64_t before = g->have;
		int64_t wait = 0;
		bool passes;
		int r = try_once(h, g, &passes, &wait, e);

		if (!r || !passes)
			return r;
		if (g->have > before + PROGRESS_BACK) {
			tries = 1;
			backoff = WAIT_NS;
		}
		/* A network that is not there is not there half a second later. */
		if (tries >= (r == -EHOSTUNREACH ? 2 : MAX_TRIES))
			return fail_hint(e, r, "tried %d times", tries);
		wait = MAX(wait, backoff);
		if (now_ns() + wait >= h->deadline)
			return fail_hint(e, r, "no time is left for another try");
		pause_ns(wait);
		backoff *= 2;
	}
}

/**
 * http_start - get ready; reads the environment
 * @timeout: of everything together, nanoseconds
 *
 * Context: before the process is confined: libraries initialise themselves here.
 * Return: 0 or -errno.
 */
int http_start(struct http *h, int64_t timeout, struct err *e)
{
	const char *bundle = getenv("CURL_CA_BUNDLE");

	*h = (struct http){.timeout = timeout, .deadline = now_ns() + timeout};
	h->ca_file = bundle && *bundle ? bundle : getenv("SSL_CERT_FILE");
	h->ca_dir = getenv("SSL_CERT_DIR");
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return fail(e, EIO, "libcurl cannot be initialised");
	h->easy = curl_easy_init();
	return h->easy ? 0 : fail(e, ENOMEM, "out of memory");
}

void http_end(struct http *h)
{
	curl_easy_cleanup(h->easy);
	curl_global_cleanup();
	*h = (struct http){};
}
