/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox-fetch KEY=VALUE... MIRROR...
 *
 * Gets one Alpine minirootfs from the first mirror that can give it, into
 * descriptor 4, and answers on descriptor 3 (config/config.h). It is told
 * everything by its arguments and a short environment, and confines itself
 * before it talks to anybody (fetch_confine.c).
 */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

#include "image/http.h"
#include "linux/sys.h"

/**
 * struct args - the command line
 * @mirrors: where they start in argv
 */
struct args {
	struct mirror_job job;
	int64_t timeout;
	char **mirrors;
};

static int take_arg(struct args *a, const char *arg, struct err *e)
{
	const struct {
		const char *key, **to;
	} keys[] = {{"arch=", &a->job.arch},
		    {"version=", &a->job.want},
		    {"unless-sha256=", &a->job.unless_sha256},
		    {"unless-version=", &a->job.unless_version}};
	int64_t ms;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (str_has_prefix(arg, keys[i].key)) {
			*keys[i].to = arg + strlen(keys[i].key);
			return 0;
		}
	}
	if (!str_has_prefix(arg, "timeout=") || parse_i64(arg + 8, 1, INT32_MAX, &ms) < 0)
		return fail(e, EINVAL, "sandbox-fetch: bad argument %.80s", arg);
	a->timeout = ms * 1000000;
	return 0;
}

static int take_args(struct args *a, char **argv, struct err *e)
{
	int r = 0;

	*a = (struct args){.job = {.out_fd = HELPER_FIRST_FD}};
	for (argv++; *argv && !str_has_prefix(*argv, "http") && !r; argv++)
		r = take_arg(a, *argv, e);
	a->mirrors = argv;
	if (r < 0)
		return r;
	if (!a->job.arch || !alpine_arch_ok(a->job.arch) || !a->job.want || !a->timeout ||
	    !*a->mirrors || (*a->job.want && !alpine_version_ok(a->job.want)))
		return fail(e, EINVAL, "sandbox-fetch is started by sandbox and not by hand");
	return 0;
}

static void say_progress(uint64_t done, uint64_t total)
{
	struct helper_msg m = {.type = HELPER_PROGRESS, .done = done, .total = total};

	helper_say(HELPER_SOCK, &m);
}

static int all_mirrors(struct http *h, const struct args *a, struct helper_msg *m, struct err *e)
{
	struct release got = {};
	char *from = NULL;
	bool same = false;
	int r = -ENOENT;

	for (char **mirror = a->mirrors; *mirror; mirror++) {
		r = mirror_fetch(h, *mirror, &a->job, &got, &from, &same, e);
		if (!r || r == -ENOSPC || r == -EDQUOT || now_ns() >= h->deadline)
			break;
	}
	if (r < 0)
		return a->mirrors[1] ? fail_hint(e, r, "no mirror could give it") : r;
	m->type = HELPER_RESULT;
	snprintf(m->text, sizeof(m->text), "version=%s\nfile=%s\nsha256=%s\nfrom=%s\nsame=%d\n",
		 got.version, got.file, got.sha256, from, same);
	free(from);
	return 0;
}

static int run(char **argv, struct helper_msg *m, struct err *e)
{
	struct http h = {};
	struct args a;
	int r = take_args(&a, argv, e);

	if (!r)
		r = http_start(&h, a.timeout, e);
	if (!r)
		r = fetch_confine(h.ca_file, h.ca_dir, e);
	h.progress = say_progress;
	if (!r)
		r = all_mirrors(&h, &a, m, e);
	if (h.easy)
		http_end(&h);
	return r;
}

int main(int argc __unused, char **argv)
{
	static struct helper_msg m;
	struct pollfd p = {.fd = HELPER_SOCK};
	struct err e = {};

	sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* The caller may have died before that. */
	if (poll(&p, 1, 0) < 0 || (p.revents & (POLLHUP | POLLERR | POLLNVAL)))
		return 125;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (run(argv, &m, &e) < 0) {
		m.type = HELPER_ERROR;
		m.err = e;
		helper_say(HELPER_SOCK, &m);
		_exit(125);
	}
	/* At once: what libraries do at exit needs calls that are gone. */
	_exit(helper_say(HELPER_SOCK, &m) < 0 ? 125 : 0);
}
