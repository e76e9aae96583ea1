/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys that leave a container alone with its terminal.
 */
#include "container/internal.h"

/**
 * keys_parse - "ctrl-p,ctrl-q": letters, or ctrl- and one of a to z @ [ \ ] ^ _; "" for none
 *
 * Return: 0 or -EINVAL.
 */
int keys_parse(struct keys *k, const char *text, struct err *e)
{
	cleanup_strv struct strv words = {};

	*k = (struct keys){};
	if (*text)
		strv_split(&words, text, ',');
	strv_for_each (w, &words) {
		bool ctrl = str_has_prefix(w, "ctrl-");
		const char *c = ctrl ? w + 5 : w;

		if (strlen(c) != 1 || k->n == KEYS_MAX ||
		    (ctrl && !((*c >= 'a' && *c <= 'z') || (*c >= '@' && *c <= '_'))))
			return fail(
				e, EINVAL,
				"--detach-keys %s: a list such as ctrl-p,ctrl-q of at most %d keys",
				text, KEYS_MAX);
		k->v[k->n++] = ctrl ? *c & 31 : *c;
	}
	return 0;
}

/** container_check_keys - are these detach keys? */
int container_check_keys(const char *text, struct err *e)
{
	struct keys k;

	return keys_parse(&k, text, e);
}

/**
 * keys_take - look for them in what is typed
 * @out: receives what goes on to the container, at most @n + KEYS_MAX bytes
 * @out_n: how much that is
 *
 * Keys are passed on only when others follow, so that there may be more than was read at once.
 * Return: true when the last of them was typed.
 */
bool keys_take(struct keys *k, const char *data, size_t n, char *out, size_t *out_n)
{
	*out_n = 0;
	for (size_t i = 0; i < n; i++) {
		if (k->n && data[i] == k->v[k->typed]) {
			if (++k->typed == k->n)
				return true;
			continue;
		}
		memcpy(out + *out_n, k->v, k->typed);
		*out_n += k->typed;
		k->typed = k->n && data[i] == k->v[0];
		if (!k->typed)
			out[(*out_n)++] = data[i];
	}
	return false;
}
