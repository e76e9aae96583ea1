/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory exhaustion cannot be mended by a caller, and a container whose
 * supervisor dies is killed by the kernel: so these end the process, with the
 * exit code of a sandbox failure. Sizes that a stranger chose are bounded
 * before they get here.
 */
#include <link.h>
#include <malloc.h>
#include <poll.h>
#include <sys/mman.h>

#include "base/base.h"
#include "base/raw_sys.h"

static __noreturn void out_of_memory(void)
{
	static const char msg[] = "sandbox: out of memory\n";

	if (write(STDERR_FILENO, msg, sizeof(msg) - 1) < 0) {
		/* nowhere left to say it */
	}
	_exit(125);
}

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		out_of_memory();
	p = realloc(p, bytes ? bytes : 1);
	if (!p)
		out_of_memory();
	return p;
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xmalloc(n), s, n);
}

char *xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = xmalloc(len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *xvasprintf(const char *fmt, va_list ap)
{
	char *p;

	if (vasprintf(&p, fmt, ap) < 0)
		out_of_memory();
	return p;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = xvasprintf(fmt, ap);
	va_end(ap);
	return p;
}

#ifndef SANITIZED
#define MAPPINGS 32

/* struct mappings - what can be read again from its file */
struct mappings {
	struct {
		void *from;
		size_t size;
	} v[MAPPINGS];
	size_t n;
};

static int add_mappings(struct dl_phdr_info *info, size_t size __unused, void *data)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	struct mappings *m = data;

	for (int i = 0; i < info->dlpi_phnum && m->n < MAPPINGS; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t from = (info->dlpi_addr + p->p_vaddr) & ~(page - 1);

		if (p->p_type != PT_LOAD || p->p_flags & PF_W)
			continue;
		m->v[m->n].from = (void *)from;
		m->v[m->n++].size = info->dlpi_addr + p->p_vaddr + p->p_memsz - from;
	}
	return 0;
}

/* The stack below this frame: what deeper calls left there is of no use any more. */
static __idle void give_back_stack(void)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), deep = 128 << 10;
	uintptr_t here = ((uintptr_t)__builtin_frame_address(0) - 2 * page) & ~(page - 1);

	madvise((void *)(here - deep), deep, MADV_DONTNEED);
}
#endif

/**
 * mem_give_back - let go of the memory that was needed for the way up to here
 *
 * For a process that has done its work and will wait for long: what it still needs of code
 * and constants comes back from the page cache, in pieces of 64 KiB ("fault-around"). So the
 * functions that it waits in are marked __idle and stand beside each other.
 */
__idle void mem_give_back(void)
{
#ifndef SANITIZED
	struct mappings m = {};

	malloc_trim(0);
	dl_iterate_phdr(add_mappings, &m);
	give_back_stack();
	/* Not by libc, whose page would be the first to come back. */
	for (size_t i = 0; i < m.n; i++)
		sys3(__NR_madvise, m.v[i].from, m.v[i].size, MADV_DONTNEED);
#endif
}

/**
 * poll_idle - poll(2), for who waits after mem_give_back()
 * @ms: -1 for ever
 *
 * In the page of its caller, where libc's way through two functions brings back two pieces of the
 * program.
 * Return: as poll(2), or -errno.
 */
__idle int poll_idle(struct pollfd *fds, size_t n, int ms)
{
	struct timespec left = {ms / 1000, ms % 1000 * 1000000L};

	return (int)sys5(__NR_ppoll, fds, n, ms < 0 ? NULL : &left, NULL, 0);
}
