/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A function that can fail takes a struct err, returns >= 0 and leaves it alone,
 * or returns -errno and has filled it exactly once. On the way up fail_in() may
 * put context before the message and fail_hint() a remedy behind it. Only cli/
 * and oci/ print it. Everything here keeps errno, and what a stranger's bytes
 * put into a message is escaped, so that it stays one harmless line.
 */
#include "base/base.h"

static void escape_in_place(char *msg, size_t size)
{
	char copy[sizeof(((struct err *)0)->msg)];

	strncpy(copy, msg, sizeof(copy) - 1);
	copy[sizeof(copy) - 1] = '\0';
	str_escape(msg, size, copy);
}

/**
 * fail - set an error
 * @e: borrowed; may be NULL when the caller does not care
 * @code: positive errno value
 * @fmt: one line, no full stop: the cause, then the remedy
 *
 * Context: any, not async-signal-safe.
 * Return: -code.
 */
int fail(struct err *e, int code, const char *fmt, ...)
{
	int saved = errno;

	if (code <= 0)
		code = EIO;
	if (e) {
		va_list ap;

		e->code = code;
		e->kind = ERR_SANDBOX;
		va_start(ap, fmt);
		vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
		va_end(ap);
		escape_in_place(e->msg, sizeof(e->msg));
	}
	errno = saved;
	return -code;
}

/**
 * fail_errno - set an error from errno, and append its text
 * @e: borrowed; may be NULL
 * @fmt: what was tried
 *
 * Return: -errno.
 */
int fail_errno(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return fail(e, saved, "%s: %s", what, strerror(saved));
}

/**
 * fail_in - put context before an error that is already set
 * @e: borrowed; may be NULL
 * @r: what the failing function returned (negative errno)
 * @fmt: context, without a trailing colon
 *
 * Return: @r.
 */
int fail_in(struct err *e, int r, const char *fmt, ...)
{
	int saved = errno;

	if (e) {
		char old[sizeof(e->msg)], context[256];
		va_list ap;

		memcpy(old, e->msg, sizeof(old));
		va_start(ap, fmt);
		vsnprintf(context, sizeof(context), fmt, ap);
		va_end(ap);
		snprintf(e->msg, sizeof(e->msg), "%.250s: %.*s", context, (int)sizeof(e->msg) - 260,
			 old);
		escape_in_place(e->msg, sizeof(e->msg));
	}
	errno = saved;
	return r;
}

/**
 * fail_hint - append what the user can do
 * @e: borrowed; may be NULL
 * @r: what the failing function returned (negative errno)
 * @fmt: the remedy: an imperative
 *
 * Return: @r.
 */
int fail_hint(struct err *e, int r, const char *fmt, ...)
{
	int saved = errno;

	if (e) {
		size_t len = strlen(e->msg);
		va_list ap;

		if (len + 3 < sizeof(e->msg)) {
			memcpy(e->msg + len, "; ", 3);
			va_start(ap, fmt);
			vsnprintf(e->msg + len + 2, sizeof(e->msg) - len - 2, fmt, ap);
			va_end(ap);
			escape_in_place(e->msg, sizeof(e->msg));
		}
	}
	errno = saved;
	return r;
}
