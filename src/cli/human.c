/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Times as people and podman write them, and a question to a person.
 */
#include "cli/output.h"

#define SECOND 1000000000LL

/* human_duration - "3 minutes", "About an hour": the words that podman's users know */
void human_duration(char out[32], int64_t seconds)
{
	long long minutes = seconds / 60, hours = (seconds + 1800) / 3600;

	if (seconds < 1)
		snprintf(out, 32, "Less than a second");
	else if (seconds < 60)
		snprintf(out, 32, seconds == 1 ? "1 second" : "%lld seconds", (long long)seconds);
	else if (minutes < 60)
		snprintf(out, 32, minutes == 1 ? "About a minute" : "%lld minutes", minutes);
	else if (hours < 48)
		snprintf(out, 32, hours == 1 ? "About an hour" : "%lld hours", hours);
	else if (hours < 24 * 7 * 2)
		snprintf(out, 32, "%lld days", hours / 24);
	else if (hours < 24 * 30 * 2)
		snprintf(out, 32, "%lld weeks", hours / 24 / 7);
	else if (hours < 24 * 365 * 2)
		snprintf(out, 32, "%lld months", hours / 24 / 30);
	else
		snprintf(out, 32, "%lld years", hours / 24 / 365);
}

/* human_ago - "2 hours ago"; a clock that was set back is "Less than a second ago" */
void human_ago(char out[40], int64_t when_ns, int64_t now_ns)
{
	char text[32];

	human_duration(text, (now_ns - when_ns) / SECOND);
	snprintf(out, 40, "%s ago", text);
}

static bool local_time(int64_t when_ns, struct tm *tm)
{
	time_t t = (time_t)(when_ns / SECOND);

	return when_ns > 0 && localtime_r(&t, tm);
}

/* time_long - as ps and images show it: 2024-05-01 12:00:00 +0200 CEST */
void time_long(char out[64], int64_t when_ns)
{
	struct tm tm;

	*out = '\0';
	if (local_time(when_ns, &tm))
		strftime(out, 64, "%Y-%m-%d %H:%M:%S %z %Z", &tm);
}

/**
 * ask - ask a yes or no of the person at the terminal
 *
 * Return: 1 for yes, 0 for no, -errno when nobody is there to ask.
 */
int ask(const char *question, struct err *e)
{
	char line[16] = "";

	fprintf(stderr, "%s [y/N] ", question);
	fflush(stderr);
	if (!fgets(line, sizeof(line), stdin)) {
		fputc('\n', stderr);
		return fail(e, ENOTTY, "nobody answers; -f does it without asking");
	}
	return *line == 'y' || *line == 'Y';
}
