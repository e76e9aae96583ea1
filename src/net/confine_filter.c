/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls of sandbox-net: what libslirp, our loop and libc's allocator do,
 * the most frequent first. What only somebody who has taken over the process calls
 * is fatal. All else gets EPERM, because libraries now and then look at a file
 * without need.
 */
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "linux/allow_list.h"
#include "net/helper.h"

#define KILL(name) FILTER_IS(__NR_##name, 0, 1), FILTER_RET(SECCOMP_RET_KILL_PROCESS)
#define REFUSE     FILTER_ERRNO(EPERM)
#define MASKED(m)  BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (m))

/*
 * socket(): streams and datagrams of IPv4 and IPv6, and pings where the host allows
 * them. Raw sockets, which libslirp tries next, are refused.
 */
#define ALLOW_SOCKET                                                                          \
	FILTER_IS(__NR_socket, 0, 13), FILTER_LOAD(FILTER_ARG(0)), FILTER_IS(AF_INET, 1, 0),  \
		FILTER_IS(AF_INET6, 0, 8), FILTER_LOAD(FILTER_ARG(1)),                        \
		MASKED(~(SOCK_CLOEXEC | SOCK_NONBLOCK)), FILTER_IS(SOCK_DGRAM, 1, 0),         \
		FILTER_IS(SOCK_STREAM, 0, 4), FILTER_LOAD(FILTER_ARG(2)), FILTER_IS(0, 3, 0), \
		FILTER_IS(IPPROTO_ICMP, 2, 0), FILTER_IS(IPPROTO_ICMPV6, 1, 0), REFUSE,       \
		FILTER_RET(SECCOMP_RET_ALLOW)

/* fcntl(): descriptor and status flags */
#define ALLOW_FCNTL(name)                                                                     \
	FILTER_IS(__NR_##name, 0, 7), FILTER_LOAD(FILTER_ARG(1)), FILTER_IS(F_GETFL, 4, 0),   \
		FILTER_IS(F_SETFL, 3, 0), FILTER_IS(F_GETFD, 2, 0), FILTER_IS(F_SETFD, 1, 0), \
		REFUSE, FILTER_RET(SECCOMP_RET_ALLOW)

static struct sock_filter program[] = {
	FILTER_BEGIN,
	/* frames, sockets, messages */
	ALLOW(read),
	ALLOW(write),
	ALLOW(sendto),
	ALLOW(recvfrom),
#ifdef __NR_poll
	ALLOW(poll),
#endif
	ALLOW(ppoll),
	ALLOW(readv),
	ALLOW(writev),
	ALLOW(recvmsg),
	ALLOW(sendmsg),
#ifdef __NR_send
	ALLOW(send),
	ALLOW(recv),
#endif
	ALLOW_SOCKET,
	ALLOW(connect),
	ALLOW(bind),
	ALLOW(setsockopt),
	ALLOW(getsockopt),
	ALLOW(getsockname),
	ALLOW(getpeername),
	ALLOW(shutdown),
	ALLOW(close),
	ALLOW(dup3),
	ALLOW_TWO(ioctl, 1, FIONREAD, FIONREAD, EPERM),
#ifdef __NR_fcntl
	ALLOW_FCNTL(fcntl),
#endif
#ifdef __NR_fcntl64
	ALLOW_FCNTL(fcntl64),
#endif
	/* time and random numbers */
	ALLOW(clock_gettime),
	ALLOW(gettimeofday),
	ALLOW(getrandom),
	ALLOW(restart_syscall),
#ifdef __NR_clock_gettime64
	ALLOW(clock_gettime64),
#endif
#ifdef __NR_ppoll_time64
	ALLOW(ppoll_time64),
#endif
	/* memory, never executable */
	ALLOW(brk),
	ALLOW(munmap),
	ALLOW(mremap),
	ALLOW(madvise),
	ALLOW(futex),
#ifdef __NR_mmap
	ALLOW_CLEAR(mmap, 2, PROT_EXEC, EPERM),
#endif
#ifdef __NR_mmap2
	ALLOW_CLEAR(mmap2, 2, PROT_EXEC, EPERM),
#endif
	ALLOW_CLEAR(mprotect, 2, PROT_EXEC, EPERM),
	/* the end */
	ALLOW(exit_group),
	ALLOW(exit),
	ALLOW(rt_sigreturn),
	/* what only an attacker wants */
	KILL(execve),
	KILL(execveat),
	KILL(clone),
	KILL(clone3),
#ifdef __NR_fork
	KILL(fork),
	KILL(vfork),
#endif
	KILL(ptrace),
	KILL(process_vm_readv),
	KILL(process_vm_writev),
	KILL(kill),
	KILL(tkill),
	KILL(tgkill),
	KILL(pidfd_open),
	KILL(pidfd_send_signal),
	KILL(pidfd_getfd),
	KILL(unshare),
	KILL(setns),
	KILL(mount),
	KILL(pivot_root),
	KILL(chroot),
	KILL(open_tree),
	KILL(open_by_handle_at),
	KILL(bpf),
	KILL(io_uring_setup),
	KILL(userfaultfd),
	KILL(perf_event_open),
	KILL(keyctl),
	KILL(add_key),
	KILL(memfd_create),
	KILL(listen),
	KILL(accept4),
	REFUSE,
};

/* net_filter - the program, for seccomp(2) */
struct sock_fprog net_filter(void)
{
	return (struct sock_fprog){.len = ARRAY_SIZE(program), .filter = program};
}
