/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A supervisor that runs in the background, or for a container that is kept, can be
 * talked to: at containers/ID.sock in the runtime folder, a SOCK_SEQPACKET socket of mode
 * 0600 whose peers have to be of the same user. A message is a header and at most
 * CTL_DATA_MAX bytes. A client says one request and gets CTL_OK, perhaps with a
 * descriptor, or CTL_ERROR with a struct err. After CTL_ATTACH it may go on with
 * CTL_STDIN, CTL_EOF and CTL_RESIZE, and is sent CTL_STDOUT and CTL_STDERR; after it and
 * after CTL_WAIT and CTL_STOP comes CTL_EXIT when the container has ended for good.
 * Anything else ends the connection, not the supervisor.
 */
#ifndef SANDBOX_CONTAINER_CONTROL_H
#define SANDBOX_CONTAINER_CONTROL_H

#include "container/container.h"

#define CTL_DATA_MAX 16384

/**
 * enum ctl_type - what is said
 * @CTL_SIGNAL: @value is the signal
 * @CTL_STOP: @value is the signal or 0 for the container's own, @time the ns until SIGKILL
 * @CTL_ATTACH: @value is a set of CTL_WITH_*
 * @CTL_JOIN: for exec; the answer has a pidfd of the container's first process
 * @CTL_SPEC: the answer has a file in memory with the spec, as config.json is
 * @CTL_HEALTH: carry the health check out; CTL_CHECKED follows
 * @CTL_RESTART: end as CTL_STOP says, then begin again; CTL_STARTED follows. A supervisor that
 *	cannot answers EOPNOTSUPP
 * @CTL_RENAME: the data is the new name; the caller has taken it
 * @CTL_UPDATE: the data is a restart policy as --restart has it
 * @CTL_RESIZE: @value is rows << 16 | columns
 * @CTL_EXIT: @value is the exit code
 * @CTL_CHECKED: @value is an enum health; -1 when there is no result
 */
enum ctl_type {
	CTL_SIGNAL = 1,
	CTL_STOP,
	CTL_PAUSE,
	CTL_UNPAUSE,
	CTL_WAIT,
	CTL_ATTACH,
	CTL_JOIN,
	CTL_RENAME,
	CTL_UPDATE,
	CTL_SPEC,
	CTL_HEALTH,
	CTL_RESTART,

	CTL_STDIN,
	CTL_EOF,
	CTL_RESIZE,

	CTL_OK,
	CTL_ERROR,
	CTL_STDOUT,
	CTL_STDERR,
	CTL_EXIT,
	CTL_CHECKED,
	CTL_STARTED,
};

#define CTL_WITH_STDIN 1

struct ctl_head {
	uint32_t type;
	int32_t value;
	int64_t time;
};

struct ctl_msg {
	struct ctl_head head;
	char data[CTL_DATA_MAX];
};

/* ---- control.c: the supervisor's side ----------------------------------------------------------------- */

/**
 * struct client - one connection
 * @attached: gets the output
 * @with_stdin: its input is the container's
 * @waiting: is told the exit code
 * @restarting: is told when the container has been started again
 * @checking: is told how the health check ended
 * @owes: streams (1 stdout, 2 stderr) whose current chunk it has not got yet
 */
struct client {
	int sock;
	bool attached, with_stdin, waiting, checking, restarting;
	bool owes[3];
};

#define CLIENTS_MAX 64

struct control {
	int listen;
	struct client v[CLIENTS_MAX];
	size_t n;
};

struct pollfd;

/**
 * ctl_handler - carry out a request
 * @n: bytes in @m->data, which ends in NUL
 * @fd: may receive a descriptor for the answer; borrowed
 *
 * Return: 0: CTL_OK is sent; 1: nothing is sent; -errno: CTL_ERROR is sent.
 */
typedef int (*ctl_handler)(void *ctx, struct client *c, const struct ctl_msg *m, size_t n, int *fd,
			   struct err *e);

struct sockaddr_un;

int control_address(struct sockaddr_un *a, int run_fd, const char *id);
void control_init(struct control *c);
int control_open(struct control *c, int run_fd, const char *id, struct err *e);
size_t control_poll(const struct control *c, struct pollfd *fds, bool stdin_full);
void control_move(struct control *c, const struct pollfd *fds, const size_t *pending,
		  ctl_handler handler, void *ctx);
int client_send(struct client *c, enum ctl_type type, int value, const void *data, size_t n);
void control_exit(struct control *c, int exit_code);
void control_dismiss(struct control *c, int exit_code);
void control_close(struct control *c);

/* ---- client.c: the commands' side ---------------------------------------------------------------------- */

int ctl_connect(const struct dirs *dirs, const struct container_info *info, struct err *e);
int ctl_send(int sock, enum ctl_type type, int value, int64_t time, const void *data, size_t n);
int ctl_receive(int sock, struct ctl_msg *m, size_t *n, int *fd, int timeout_ms, struct err *e);
int ctl_ask(int sock, enum ctl_type type, int value, int64_t time, const char *data, int *fd,
	    struct err *e);

#endif
