/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A query of the container as the virtual resolver takes it, and an answer of a
 * server. The first two bytes of the input are the length of the query; the rest is
 * the answer.
 */
#include <arpa/inet.h>

#include "net/helper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t asked;

/* SERVFAIL for the query, in a frame that the container takes */
static void take_reply(const uint8_t *frame, size_t len)
{
	struct frame f;

	if (!frame_parse(&f, frame, len) || f.proto != IPPROTO_UDP || f.dport != 4444 ||
	    get16(f.l4 + 4) < 8 + 12 + 5 || (f.l4[8 + 3] & 15) != 2)
		abort();
	asked++;
}

static void ask(const uint8_t *query, size_t n, bool ok)
{
	static uint8_t frame[FRAME_MAX];
	const struct net_resolvers none = {.n = 0};
	struct peer p = {.our_port = 4444, .guest_port = 53};
	struct dns d = {.reply = take_reply};
	struct pollset polls = {};
	struct frame f;

	inet_pton(AF_INET, "10.0.2.100", p.us);
	inet_pton(AF_INET, "10.0.2.3", p.guest);
	n = peer_udp(&p, frame, query, n);
	if (!n || !frame_parse(&f, frame, n))
		abort();
	asked = 0;
	dns_ask(&d, &f, 0);
	dns_ask(&d, &f, 0);
	dns_fill(&d, &polls, 0);
	dns_set_resolvers(&d, &none, 1);
	free(polls.v);
	if (asked != ok || d.n_pending)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n, question = 0;
	uint8_t *query;
	bool ok;

	if (size < 2)
		return 0;
	n = MIN((size_t)get16(data), size - 2);
	query = xmalloc(n + 1); /* of its size, for the sanitizer */
	memcpy(query, data + 2, n);
	query = xreallocarray(query, MAX(n, 1U), 1);
	ok = dns_query_ok(query, n, &question);
	if (ok) {
		if (12 + question > n)
			abort();
		dns_answer_ok(query, question, data + 2 + n, size - 2 - n);
	}
	if (n < 65000)
		ask(query, n, ok);
	free(query);
	return 0;
}
