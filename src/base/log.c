/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/base.h"

static enum log_level max_level = LOG_WARN;
static const char *log_prefix = "sandbox";
static enum log_form log_form = LOG_TEXT;
static int log_file = -1;

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

/**
 * log_to - where lines go besides standard error, and in which form
 * @fd: opened to append, kept for ever; -1 for standard error alone
 * @form: of the lines in @fd, or of those on standard error where there is no @fd
 *
 * With a file, standard error gets the errors only: whoever wants the rest reads the file.
 */
void log_to(int fd, enum log_form form)
{
	log_file = fd;
	log_form = form;
}

bool log_enabled(enum log_level level)
{
	return level <= max_level;
}

/* log_warns - would a helper's warnings on standard error be where ours go? */
bool log_warns(void)
{
	return log_file < 0 && log_enabled(LOG_WARN);
}

static const char *const names[] = {"error", "warning", "info", "debug"};

static void put_text(int fd, enum log_level level, const char *text)
{
	char line[2200];
	int n;

	if (level == LOG_ERROR)
		n = snprintf(line, sizeof(line), "%s: %s\n", log_prefix, text);
	else
		n = snprintf(line, sizeof(line), "%s: %s: %s\n", log_prefix, names[level], text);
	if (n > 0)
		write_full(fd, line, MIN((size_t)n, sizeof(line) - 1));
}

/* As runc's: {"level":"error","msg":"...","time":"..."}, an object a line. */
static void put_json(int fd, enum log_level level, const char *text)
{
	json *j = json_obj();
	char when[WHEN_TEXT];
	char *line;

	format_when(when, wall_ns());
	json_set(j, "level", json_str(names[level]));
	json_set(j, "msg", json_str(text));
	json_set(j, "time", json_str(when));
	line = json_dump(j, false);
	json_put(j);
	line = xreallocarray(line, strlen(line) + 2, 1);
	strcat(line, "\n");
	write_full(fd, line, strlen(line));
	free(line);
}

/**
 * log_msg - write one line, in one write
 * @level: dropped when above the maximum
 * @fmt: one line; control characters are escaped
 *
 * Context: any process that still has its own standard error; keeps errno.
 */
void log_msg(enum log_level level, const char *fmt, ...)
{
	int saved = errno, fd = log_file >= 0 ? log_file : STDERR_FILENO;
	char raw[1400], text[2048];
	va_list ap;

	if (!log_enabled(level))
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	str_escape(text, sizeof(text), raw);
	if (log_form == LOG_JSON)
		put_json(fd, level, text);
	else
		put_text(fd, level, text);
	if (log_file >= 0 && level == LOG_ERROR)
		put_text(STDERR_FILENO, level, text);
	errno = saved;
}
