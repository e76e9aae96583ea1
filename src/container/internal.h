/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SANDBOX_CONTAINER_INTERNAL_H
#define SANDBOX_CONTAINER_INTERNAL_H

#include <termios.h>

#include "container/container.h"
#include "net/net.h"

/* ---- info.c ------------------------------------------------------------------------------------- */

int sealed_write(int dirfd, const char *name, const json *j, enum replace_sync sync);
int sealed_read(int dirfd, const char *name, json **out, struct err *e);
json *container_info_json(const struct container_info *r);
bool container_alive(int run_fd, const char *id);

/* ---- state.c: what is on disk and in the runtime folder ------------------------------------------ */

/**
 * struct state - the records of a running container
 * @run_fd: the folder of live records
 * @lock: the live record, locked for as long as we live
 * @store_fd: store/containers, or -1 when nothing is on disk
 * @dir: store/containers/ID, locked, or -1
 */
struct state {
	const char *id;
	int run_fd, lock;
	int store_fd, dir;
	char *record;
};

int state_create(struct state *s, const struct container *c, struct err *e);
void state_end(struct state *s, const struct container *c, int userns_fd, int exit_code);

/* ---- relay.c: the caller's terminal and the container's ------------------------------------------- */

/**
 * struct relay - bytes between the caller's stdin and stdout and the pty master
 */
struct relay {
	int pty;
	bool raw, in_open, out_open;
	struct termios saved;
	char in[4096], out[16384];
	size_t in_len, out_len, out_at;
};

struct pollfd;

void relay_init(struct relay *r);
int relay_start(struct relay *r, int pty);
void relay_pause(struct relay *r);
void relay_resume(struct relay *r);
void relay_resize(const struct relay *r);
size_t relay_poll(const struct relay *r, struct pollfd *fds);
void relay_move(struct relay *r, const struct pollfd *fds, size_t n);
void relay_finish(struct relay *r);

#endif
