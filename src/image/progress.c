/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line on a terminal for work that takes longer than a moment; it is gone
 * when the work is done.
 */
#include <sys/ioctl.h>

#include "image/internal.h"

#define FIRST_NS 300000000LL
#define EVERY_NS 100000000LL

/**
 * progress_start - begin to count
 * @what: such as "fetching", @label: what; both borrowed
 */
struct progress progress_start(bool quiet, const char *what, const char *label)
{
	int64_t now = now_ns();

	return (struct progress){.on = !quiet && isatty(STDERR_FILENO),
				 .next = now + FIRST_NS,
				 .what = what,
				 .label = label};
}

/* progress_show - @done of @total bytes; 0 when the total is not known */
void progress_show(struct progress *p, uint64_t done, uint64_t total)
{
	char label[128], have[16], all[16], line[256];
	int64_t now = now_ns();
	struct winsize ws;
	int n, width = 80;

	if (!p->on || now < p->next)
		return;
	p->next = now + EVERY_NS;
	p->shown = true;
	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) && ws.ws_col)
		width = ws.ws_col;
	str_escape(label, sizeof(label), p->label);
	format_size(have, done);
	format_size(all, total);
	if (total)
		n = snprintf(line, sizeof(line), "%s %s: %s of %s, %u %%", p->what, label, have,
			     all, (unsigned)(MIN(done, total) * 100 / total));
	else
		n = snprintf(line, sizeof(line), "%s %s: %s", p->what, label, have);
	/* A longer line would wrap, and its beginning could not be overwritten. */
	n = MAX(MIN(n, MIN(width - 1, (int)sizeof(line) - 1)), 0);
	dprintf(STDERR_FILENO, "\r%.*s\033[K", n, line);
}

/* progress_end - take the line away */
void progress_end(struct progress *p)
{
	if (p->shown)
		dprintf(STDERR_FILENO, "\r\033[K");
	p->shown = false;
}
