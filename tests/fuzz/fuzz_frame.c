/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of the container through the filter. Whatever the bytes, what passes
 * must be of the container, and what it gets back must be a frame that it takes.
 */
#include <netinet/in.h>

#include "net/helper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct net_config configs[] = {
	{.mtu = MTU_DEFAULT, .ipv6 = 1},
	{.mtu = 1500, .ipv6 = 1, .host_loopback = 1, .block_metadata = 1},
	{.mtu = MTU_DEFAULT},
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_source(const struct frame *f)
{
	struct in6_addr guest6 = net6_addr(NET6_GUEST);

	if (f->v6)
		check(!memcmp(f->src, &guest6, 16));
	else
		check(get32(f->src) == NET4_GUEST);
}

static void check_refusal(const struct frame *f)
{
	uint8_t answer[128];
	struct frame out;
	size_t n = frame_refusal(f, answer);

	check(n <= sizeof(answer));
	if (!n)
		return;
	check(frame_parse(&out, answer, n));
	check(out.v6 == f->v6 && !memcmp(out.dst, f->src, f->v6 ? 16 : 4));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame f;

	filter_host(data, size);
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		enum verdict v = filter_guest(&configs[i], data, size, &f);

		if (v == FRAME_DROP)
			continue;
		check_source(&f);
		check(f.l4 + f.l4_len <= data + size);
		if (v == FRAME_REFUSE)
			check_refusal(&f);
		if (v == FRAME_DNS)
			check(f.dport == 53 &&
			      (f.proto == IPPROTO_TCP || get16(f.l4 + 4) <= f.l4_len));
	}
	return 0;
}
