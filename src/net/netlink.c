/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * Bringing up the network of a container is on the path of every start, so all
 * requests go to the kernel in one send: rtnetlink handles the messages of one
 * buffer in their order and answers those that fail. Only the last one asks to
 * be acknowledged. A first failing request does not stop those after it, but
 * its answer comes first, and that is the one that is reported.
 */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "net/internal.h"

static void *nl_room(struct nl_batch *b, size_t n)
{
	void *p = b->data + b->len;
	size_t padded = NLMSG_ALIGN(n);

	if (b->len + padded > sizeof(b->data))
		abort(); /* the batches are ours and of fixed size */
	memset(p, 0, padded);
	b->len += (uint32_t)padded;
	return p;
}

/**
 * nl_request - begin the next request of a batch
 * @type: RTM_*
 * @flags: NLM_F_* beyond NLM_F_REQUEST
 * @head: the fixed part, such as a struct ifaddrmsg
 * @what: for messages: "cannot <what>"
 *
 * Return: its header, for nl_attr().
 */
struct nlmsghdr *nl_request(struct nl_batch *b, uint16_t type, uint16_t flags, const void *head,
			    size_t head_len, const char *what)
{
	struct nlmsghdr *m = nl_room(b, NLMSG_LENGTH(head_len));

	if (b->n == ARRAY_SIZE(b->what))
		abort();
	b->what[b->n++] = what;
	m->nlmsg_len = (uint32_t)NLMSG_LENGTH(head_len);
	m->nlmsg_type = type;
	m->nlmsg_flags = NLM_F_REQUEST | flags;
	m->nlmsg_seq = b->n;
	memcpy(NLMSG_DATA(m), head, head_len);
	return m;
}

/* nl_optional - the newest request may fail */
void nl_optional(struct nl_batch *b)
{
	b->optional |= 1U << (b->n - 1);
}

/* nl_attr - add one attribute to the newest request */
void nl_attr(struct nl_batch *b, struct nlmsghdr *m, uint16_t type, const void *p, size_t n)
{
	struct nlattr *a = nl_room(b, NLA_HDRLEN + n);

	a->nla_len = (uint16_t)(NLA_HDRLEN + n);
	a->nla_type = type;
	if (n)
		memcpy((char *)a + NLA_HDRLEN, p, n);
	m->nlmsg_len = (uint32_t)(b->data + b->len - (char *)m);
}

/* nl_bytes - what stands before the attributes inside a nested one */
void nl_bytes(struct nl_batch *b, struct nlmsghdr *m, const void *p, size_t n)
{
	memcpy(nl_room(b, n), p, n);
	m->nlmsg_len = (uint32_t)(b->data + b->len - (char *)m);
}

void nl_attr_u32(struct nl_batch *b, struct nlmsghdr *m, uint16_t type, uint32_t v)
{
	nl_attr(b, m, type, &v, sizeof(v));
}

/* nl_nest - begin an attribute that holds those added until nl_nest_end() */
struct nlattr *nl_nest(struct nl_batch *b, struct nlmsghdr *m, uint16_t type)
{
	struct nlattr *nest = (struct nlattr *)(b->data + b->len);

	nl_attr(b, m, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void nl_nest_end(struct nl_batch *b, struct nlattr *nest)
{
	nest->nla_len = (uint16_t)(b->data + b->len - (char *)nest);
}

/* One answer: 0, or the error of a request that had to succeed. */
static int nl_answer(const struct nl_batch *b, const struct nlmsghdr *m, struct err *e)
{
	int r = ((const struct nlmsgerr *)NLMSG_DATA(m))->error;
	uint32_t i = m->nlmsg_seq - 1;

	if (!r)
		return 0;
	if (i >= b->n)
		return fail(e, EPROTO, "the kernel answered a network request that nobody made");
	if (b->optional & 1U << i) {
		log_debug("cannot %s: %s, ignoring", b->what[i], strerror(-r));
		return 0;
	}
	return fail(e, -r, "cannot %s: %s", b->what[i], strerror(-r));
}

/**
 * nl_run - send the requests and wait until the last one is done
 * @sock: a NETLINK_ROUTE socket of the wanted network namespace, borrowed
 *
 * Return: 0 or the -errno of the first request that failed and is not optional.
 */
int nl_run(int sock, struct nl_batch *b, struct err *e)
{
	_Alignas(4) char answer[1024];
	struct nlmsghdr *m = (struct nlmsghdr *)b->data;
	uint32_t seq = 0;
	int r;

	while (m->nlmsg_seq != b->n)
		m = (struct nlmsghdr *)((char *)m + NLMSG_ALIGN(m->nlmsg_len));
	m->nlmsg_flags |= NLM_F_ACK;
	if (send(sock, b->data, b->len, 0) < 0)
		return fail_errno(e, "cannot ask the kernel to set up the container's network");
	while (seq != b->n) {
		ssize_t n = recv(sock, answer, sizeof(answer), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(e, "cannot hear the kernel's network answers");
		m = (struct nlmsghdr *)answer;
		if (n < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) ||
		    m->nlmsg_type != NLMSG_ERROR)
			return fail(e, EPROTO, "the kernel gave an unexpected network answer");
		r = nl_answer(b, m, e);
		if (r < 0)
			return r;
		seq = m->nlmsg_seq;
	}
	return 0;
}
