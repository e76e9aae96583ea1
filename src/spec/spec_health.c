/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Health checks as users and images write them.
 */
#include <strings.h>

#include "spec/spec.h"

static void split_words(struct strv *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, " \t\n");

		if (n)
			strv_take(out, xstrndup(text, n));
		text += n + strspn(text + n, " \t\n");
	}
}

static int read_list(const char *text, struct strv *words, struct err *e)
{
	cleanup_json json *j = NULL;

	if (json_parse(text, strlen(text), &j, e) < 0)
		return fail_in(e, -EINVAL, "--health-cmd");
	for (size_t i = 0; i < json_len(j); i++) {
		const char *s = json_as_str(json_at(j, i));

		if (!s)
			return fail(e, EINVAL, "--health-cmd: only strings may stand in the list");
		strv_add(words, s);
	}
	return 0;
}

/* "CMD curl ..." as well as ["CMD", "curl", ...], in any case; else what podman does. */
static void sort_out(struct strv *test, const struct strv *words, const char *text, bool list)
{
	const char *first = words->v[0];

	if (!strcasecmp(first, "NONE")) {
		strv_add(test, "NONE");
	} else if (!strcasecmp(first, "CMD") ||
		   (list && words->n > 1 && strcasecmp(first, "CMD-SHELL"))) {
		strv_add(test, "CMD");
		for (size_t i = !strcasecmp(first, "CMD"); i < words->n; i++)
			strv_add(test, words->v[i]);
	} else {
		bool named = !strcasecmp(first, "CMD-SHELL");
		const char *rest = text + strspn(text, " \t\n") + (named ? strlen(first) : 0);

		strv_add(test, "CMD-SHELL");
		if (list)
			strv_add(test, named ? (words->n > 1 ? words->v[1] : "") : first);
		else
			strv_add(test, rest + strspn(rest, " \t\n"));
	}
}

/**
 * health_parse_cmd - what --health-cmd says
 * @test: receives NONE; CMD and words; or CMD-SHELL and one text: as images have it
 * @text: for a shell, or a JSON list of words; either may begin with CMD, CMD-SHELL or NONE
 *
 * Return: 0 or -EINVAL.
 */
int health_parse_cmd(struct strv *test, const char *text, struct err *e)
{
	cleanup_strv struct strv words = {};
	bool list = text[strspn(text, " \t\n")] == '[';
	int r = 0;

	if (list)
		r = read_list(text, &words, e);
	else
		split_words(&words, text);
	strv_free(test);
	if (!r && words.n)
		sort_out(test, &words, text, list);
	if (!r && (!test->n || (test->n < 2 && !streq(test->v[0], "NONE")) ||
		   (test->n > 1 && !*test->v[1])))
		r = fail(e, EINVAL, "--health-cmd wants a command");
	return r;
}

/** health_is_on - is there a check? */
bool health_is_on(const struct health_spec *h)
{
	return h->test.n > 1;
}

/**
 * health_args - the words that are executed
 * @out: receives them
 */
void health_args(const struct health_spec *h, struct strv *out)
{
	if (streq(h->test.v[0], "CMD-SHELL")) {
		strv_add(out, "/bin/sh");
		strv_add(out, "-c");
	}
	for (size_t i = 1; i < h->test.n; i++)
		strv_add(out, h->test.v[i]);
}

static const char *const actions[] = {
	[HEALTH_NONE] = "none",
	[HEALTH_KILL] = "kill",
	[HEALTH_RESTART] = "restart",
	[HEALTH_STOP] = "stop",
};

const char *health_action_name(enum health_action action)
{
	return (size_t)action < ARRAY_SIZE(actions) ? actions[action] : "none";
}

/**
 * health_parse_action - none, kill, restart or stop
 *
 * Return: 0 or -EINVAL.
 */
int health_parse_action(enum health_action *out, const char *text, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (streq(actions[i], text)) {
			*out = (enum health_action)i;
			return 0;
		}
	}
	return fail(e, EINVAL, "--health-on-failure knows none, kill, restart, stop; not \"%s\"",
		    text);
}
