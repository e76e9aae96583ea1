/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * generate: containers for other programs to start.
 */
#ifndef SANDBOX_CLI_GENERATE_H
#define SANDBOX_CLI_GENERATE_H

#include "cli/internal.h"

/* ---- unit_text.c ---------------------------------------------------------------------------------------- */

void unit_word(struct buf *out, const char *word);
void unit_folder(struct buf *out, const char *path);
void unit_command(struct buf *out, const char *key, const char *self, const char *root,
		  const struct strv *words);
void unit_run_words(const struct strv *made, struct strv *out, const char **sdnotify);

#endif
