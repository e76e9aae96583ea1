/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * init_proto: the contract between sandbox-init, who starts it (sandbox/init.c)
 * and who listens to it (container/supervise.c). Included by a program without
 * libc: types and constants only.
 *
 * Start: execveat() as PID 1 of the pid namespace, with
 *
 *	argv[0]   "sandbox-init"
 *	argv[1]   flags: any of INIT_FLAG_*, else ""
 *	argv[2]   the command: a resolved absolute path, exactly one execve() is tried
 *	argv[3]   the payload's argv[0]; at least this one
 *	argv[4]   ... its arguments
 *
 * and the payload's environment. Descriptor INIT_SOCK is its end of a
 * SOCK_SEQPACKET pair whose other end only the supervisor holds; 0, 1 and 2 are
 * the payload's (open or not) and nothing else is open. The caller has called
 * setsid() (and TIOCSCTTY when there is a terminal), set the parent death
 * signal, given every signal its default action and installed the filter; the
 * working folder is the payload's. The system calls it needs from the filter:
 * prctl, rt_sigprocmask, rt_sigaction, rt_sigtimedwait, fcntl, ppoll, clone, setpgid,
 * getpid, ioctl, execve, sendto, wait4, kill, close, chdir, munmap, exit_group.
 *
 * With INIT_FLAG_EXEC it executes the payload itself and is gone; a failure is told
 * as ever, success is the end of the socket. It is there for /proc/self/exe, which a
 * script of the image may name as its interpreter: that has to be this program, on
 * its read-only mount, and not the launcher's own file (CVE-2019-5736). A number behind
 * this flag is the socket's descriptor in place of INIT_SOCK: those below it are the payload's.
 *
 * End: when the payload ends it exits with the payload's code, or 128 + signal;
 * with 127 or 126 when the payload could not be executed; with
 * INIT_EXIT_BROKEN when it was started against this contract or lost its supervisor.
 */
#ifndef SANDBOX_HELPERS_INIT_PROTO_H
#define SANDBOX_HELPERS_INIT_PROTO_H

#define INIT_NAME        "sandbox-init"
#define INIT_SOCK        3
#define INIT_EXIT_BROKEN 125

#define INIT_FLAG_TTY   't' /* descriptor 0, 1 or 2 is the controlling terminal */
#define INIT_FLAG_QUIET 'q' /* INIT_STARTED is for a payload that still runs after INIT_QUIET_NS */
#define INIT_QUIET_NS   20000000
#define INIT_FLAG_EXEC  'x' /* become the payload: --no-init; the last one, see above */

/**
 * enum init_msg_type - what init tells the supervisor, one message each
 * @INIT_STARTED: the payload's execve succeeded; @value is its pid in the container. With
 *	INIT_FLAG_QUIET it is told when that was INIT_QUIET_NS ago, or there is something else to
 *	tell or to do: who wakes the supervisor sooner takes the processor from a short payload
 * @INIT_EXEC_FAILED: it did not; @value is the errno; init exits
 * @INIT_STOPPED: the payload was stopped; @value is the signal. Continue it with
 *	SIGCONT and INIT_SIG_GROUP
 * @INIT_EXITED: the payload ended; @value is its wait status; init exits and with it every
 *	other process of the container. With INIT_FLAG_QUIET it may come without INIT_STARTED
 *
 * A message is dropped rather than waited for when the supervisor does not read,
 * therefore init's exit status says the same once more.
 */
enum init_msg_type {
	INIT_STARTED = 1,
	INIT_EXEC_FAILED,
	INIT_STOPPED,
	INIT_EXITED,
};

struct init_msg {
	unsigned int type;
	int value;
};

/*
 * Signals. Each signal that reaches init is passed on exactly once:
 *
 * - one that the kernel sent (a terminal that was hung up) goes to the payload's
 *   process group, as a terminal would send it;
 * - one that a process sent goes to the payload alone, as under docker --init,
 *   catatonit and podman: a daemon told to reload must not see its workers get SIGHUP;
 * - SIGCHLD is init's own, and so is SIGIO from the kernel (the supervisor's end closed).
 *
 * The supervisor may say more: pidfd_send_signal() with si_code SI_QUEUE and
 * si_value.sival_int = INIT_SIG_TAG | INIT_SIG_GROUP | signal. With INIT_SIG_GROUP the
 * process group gets it: right for what the supervisor itself got from the
 * caller's terminal. INIT_SIG_CARRIER is what to carry it with: two pending signals of
 * an ordinary number are one. A signal other than 0 in the low bits is sent instead of the one
 * that carries it: the way to SIGSTOP the payload (not init). A process in
 * the container may forge this and reaches nothing that it could not signal anyway, unless
 * it has another uid than the payload: then kill() in init asks nobody but its own right.
 */
#define INIT_SIG_CARRIER  64 /* a real-time signal, of which every one arrives, in order */
#define INIT_SIG_TAG      0x5b000000
#define INIT_SIG_TAG_MASK 0x7f000000
#define INIT_SIG_GROUP    0x00000100
#define INIT_SIG_MASK     0x0000007f

#endif
