/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line on a terminal for work that takes longer than a moment; it is gone
 * when the work is done.
 */
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
	char label[64], have[16], all[16];
	int64_t now = now_ns();

	if (!p->on || now < p->next)
		return;
	p->next = now + EVERY_NS;
	p->shown = true;
	str_escape(label, sizeof(label), p->label);
	format_size(have, done);
	format_size(all, total);
	if (total)
		dprintf(STDERR_FILENO, "\r%s %s: %s of %s (%u %%)\033[K", p->what, label, have, all,
			(unsigned)(MIN(done, total) * 100 / total));
	else
		dprintf(STDERR_FILENO, "\r%s %s: %s\033[K", p->what, label, have);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		dprintf(STDERR_FILENO, "\r\033[K");
	p->shown = false;
}
