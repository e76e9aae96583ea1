/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opts: command lines by table: one function a type of option, none an option. For the
 * commands of sandbox and for those of the OCI runtime.
 */
#ifndef SANDBOX_BASE_OPTS_H
#define SANDBOX_BASE_OPTS_H

#include "base/base.h"

/**
 * enum opt_type - what an option takes and where it goes
 * @OPT_FLAG: nothing; sets a bool
 * @OPT_BOOL: nothing or =true|false; sets an int (-1 stands for "not said")
 * @OPT_STR: a string, the last one counts
 * @OPT_LIST: a string, all count; sets a struct strv
 * @OPT_SIZE: bytes with a unit; sets a uint64_t
 * @OPT_OPTIONAL_SIZE: nothing or =SIZE; sets a struct opt_size
 * @OPT_OPTIONAL_STR: nothing or =TEXT; sets a string, "" when there is no text
 * @OPT_DURATION: sets an int64_t of nanoseconds
 * @OPT_REFUSED: known from podman and not there: `help` says why
 */
enum opt_type {
	OPT_FLAG,
	OPT_BOOL,
	OPT_STR,
	OPT_LIST,
	OPT_SIZE,
	OPT_OPTIONAL_SIZE,
	OPT_OPTIONAL_STR,
	OPT_DURATION,
	OPT_REFUSED,
};

struct opt_size {
	bool given;
	uint64_t bytes;
};

/**
 * struct opt - one option
 * @name: without the dashes
 * @letter: short form, or 0
 * @type: see above
 * @at: offset of the member in the structure that is filled
 * @arg: name of its argument in help, or ""
 * @complete: what completes it: none, file, dir, image, container, volume, enum:a|b
 * @help: one line
 *
 * Text and no pointers: those of all tables would be relocated at every start, page by page.
 */
struct opt {
	char name[24];
	char letter;
	enum opt_type type;
	size_t at;
	char arg[32], complete[96], help[96];
};

struct opts {
	const struct opt *v;
	size_t n;
};

bool opt_takes_value(const struct opt *o);
int opts_parse(const struct opts *table, void *target, int argc, char **argv, bool stop_at_word,
	       struct strv *words, struct err *e);
void opts_print(const struct opts *t);
void opts_tabulate(const char *command, const struct opts *t);

#endif
