/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a supervisor is made of: its streams, its clients, its records and the launch.
 */
#ifndef SANDBOX_CONTAINER_SUPERVISE_H
#define SANDBOX_CONTAINER_SUPERVISE_H

#include "container/control.h"
#include "container/internal.h"

/* ---- streams.c ---------------------------------------------------------------------------------------- */

#define STREAMS_FDS 6

/* A container that has run for so long will run for longer, and may be asked for. */
#define IDLE_NS 1000000000LL

struct chunk {
	size_t n, here; /* so much is there, so much of it the caller has got */
};

/**
 * struct streams - the payload's input and output when the supervisor stands between
 * @in: to the payload: a pipe or its terminal; -1 for none
 * @in_end: with @here[0]: the other end of that pipe, to know what is left in it
 * @out: [1] its stdout or terminal, [2] its stderr
 * @here: the caller's, borrowed; -1 for none
 * @in_n: bytes of input in data[0]
 * @data: last, so that a stream that says nothing has no page of it touched
 */
struct streams {
	int in, in_end, out[3], here[3];
	bool tty, logged, in_eof;
	size_t in_n;
	struct chunk chunk[3];
	struct logfile log;
	char data[3][CTL_DATA_MAX];
};

void streams_init(struct streams *s);
int streams_pipe(struct streams *s, int stdio[3], int i, struct err *e);
void streams_tty(struct streams *s, int pty);
void streams_poll(const struct streams *s, const struct control *c, struct pollfd *fds);
void streams_move(struct streams *s, struct control *c, const struct pollfd *fds);
void streams_input(struct streams *s, const char *data, size_t n);
void streams_resize(const struct streams *s, int value);
void streams_finish(struct streams *s, struct control *c);

/* ---- health.c, health_check.c --------------------------------------------------------------------------- */

enum health_state { HEALTH_HEALTHY, HEALTH_STARTING, HEALTH_UNHEALTHY };

/**
 * struct check_result - how a health check has ended
 * @code: its exit code; -1: its time was over
 * @n: bytes in @output
 */
struct check_result {
	int32_t code;
	uint32_t n;
	char output[500];
};

struct health;
struct run;

void health_begin(struct run *run);
void health_cancel(struct run *run, bool again);
void health_close(struct run *run);
void health_ended(struct run *run);
int health_fd(const struct run *run);
int64_t health_due(const struct run *run);
void health_time(struct run *run);
int health_ask(struct run *run, struct client *c, struct err *e);
__noreturn void health_check(struct run *run, int out, pid_t supervisor);

/* ---- notify.c -------------------------------------------------------------------------------------------- */

struct notify;

int notify_connect(const char *name);
void notify_filter(const char *text, size_t n, struct buf *out);
void notify_open(struct run *run);
void notify_close(struct run *run);
bool notify_proxied(const struct run *run);
void notify_started(struct run *run);
void notify_healthy(struct run *run);
void notify_poll(const struct run *run, struct pollfd *fds);
void notify_move(struct run *run, const struct pollfd *fds);
void notify_finish(struct run *run);
void notify_barrier(const struct spec *s);

/* ---- front.c --------------------------------------------------------------------------------------------- */

bool front_wanted(const struct spec *s);
int front_fork(struct run *run, int *exit_code, struct err *e);
void front_stop(const struct run *run);
void front_leave(struct run *run);

/* ---- exec.c ------------------------------------------------------------------------------------------------ */

void exec_adapt(struct spec *s, const struct exec_opts *o);

/* ---- supervise.c --------------------------------------------------------------------------------------- */

/** struct run - a supervisor and its container */
struct run {
	const struct container *c;
	struct launch launch;
	struct launch_hooks hooks;
	struct launch_files files;
	struct helper net;
	struct state state;
	struct relay relay;
	struct control control;
	struct streams *streams; /* NULL: the payload has the caller's descriptors */
	sigset_t old_mask;
	uint64_t early; /* signals that came before the payload ran, a bit for each */
	int signals, resolv;
	int report;                /* to the command that went to the background with us, or -1 */
	int64_t deadline, idle_at; /* ns, 0 for none */
	int64_t kill_at;           /* of a stop or an early signal; 0 for none */
	bool timed_out, started, exited;
	bool joined;                       /* an exec: not the container's first process */
	int spec_fd;                       /* memory with the spec, for who asks; -1 for none yet */
	bool paused, stopping, no_restart; /* asked for by a client */
	bool again;                        /* it is stopped to be started once more */
	bool by_hand;                      /* because a client wants it */
	struct health *health;             /* NULL: nobody asks */
	int status;
	struct restart restart;
	struct keys keys;
	int front;       /* to the command that waits for us (front.c), or -1 */
	bool background; /* nobody's terminal is ours, from the start or since the caller left */
	int kept_userns; /* of the run before; 0: none */
	struct notify *notify;                 /* NULL: there is no service manager to tell */
	const struct container_info *reopened; /* it was there before */
};

void run_init(struct run *run, const struct container *c);
void run_reset(struct run *run);
int supervise_once(struct run *run, struct err *e);
int supervise(struct run *run, struct err *e);
int run_once(struct run *run, struct err *e);
int exit_code_of(int status);

/* ---- stdio.c ----------------------------------------------------------------------------------------------- */

bool is_open(int fd);
int stdio_open(struct run *run, struct err *e);
void stdio_close(struct run *run);
void stdio_end(struct run *run);

/* ---- restart.c ------------------------------------------------------------------------------------------- */

int run_and_restart(struct run *run, int *exit_code, struct err *e);

/* ---- network.c ------------------------------------------------------------------------------------------- */

void run_prepare_net(struct run *run);
void run_watch_resolvers(struct run *run);
void run_on_network(struct run *run, bool helper);

/* ---- signals.c ------------------------------------------------------------------------------------------- */

int run_open_signals(struct run *run, struct err *e);
void run_on_signal(struct run *run);
void run_stop(struct run *run);
void run_early_signals(struct run *run);

/* ---- requests.c: what clients ask of a supervisor --------------------------------------------------------- */

void requests_started(struct run *run);
int run_ask_to_stop(struct run *run, int sig, int64_t timeout, struct err *e);
int run_request(void *ctx, struct client *c, const struct ctl_msg *m, size_t n, int *fd,
		struct err *e);

#endif
