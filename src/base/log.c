/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/base.h"

static enum log_level max_level = LOG_WARN;
static const char *log_prefix = "sandbox";

/**
 * log_set - choose what is logged, and the name that stands before it
 * @max: the most talkative level that is still printed
 * @prefix: borrowed for ever; NULL keeps the present one
 */
void log_set(enum log_level max, const char *prefix)
{
	max_level = max;
	if (prefix)
		log_prefix = prefix;
}

bool log_enabled(enum log_level level)
{
	return level <= max_level;
}

/**
 * log_msg - write one line to standard error, in one write
 * @level: dropped when above the maximum
 * @fmt: one line; control characters are escaped
 *
 * Context: any process that still has its own standard error; keeps errno.
 */
void log_msg(enum log_level level, const char *fmt, ...)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	int saved = errno;
	char raw[1400], text[2048], line[2200];
	va_list ap;
	int n;

	if (!log_enabled(level))
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	str_escape(text, sizeof(text), raw);
	if (level == LOG_ERROR)
		n = snprintf(line, sizeof(line), "%s: %s\n", log_prefix, text);
	else
		n = snprintf(line, sizeof(line), "%s: %s: %s\n", log_prefix, names[level], text);
	if (n > 0)
		write_full(STDERR_FILENO, line, MIN((size_t)n, sizeof(line) - 1));
	errno = saved;
}
