/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory exhaustion cannot be mended by a caller, and a container whose
 * supervisor dies is killed by the kernel: so these end the process, with the
 * exit code of a sandbox failure. Sizes that a stranger chose are bounded
 * before they get here.
 */
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>

#include "base/base.h"

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
static int give_back(struct dl_phdr_info *info, size_t size __unused, void *data __unused)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t from = (info->dlpi_addr + p->p_vaddr) & ~(page - 1);

		if (p->p_type == PT_LOAD && !(p->p_flags & PF_W))
			madvise((void *)from, p->p_memsz, MADV_DONTNEED);
	}
	return 0;
}
#endif

/**
 * mem_give_back - let go of the pages of code and constants that are in memory
 *
 * For a process that has done its work and will wait for long: what it still needs
 * comes back from the page cache, the rest was there for the way up to here.
 */
void mem_give_back(void)
{
#ifndef SANITIZED
	dl_iterate_phdr(give_back, NULL);
	malloc_trim(0);
#endif
}
