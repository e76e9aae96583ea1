/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/base.h"

/**
 * close_fd - close, keeping errno and never retrying
 * @fd: taken; negative is allowed
 *
 * Source: close(2): on Linux the descriptor is gone even after EINTR.
 */
void close_fd(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
}

void close_fdp(int *fd)
{
	close_fd(*fd);
	*fd = -1;
}

void free_ptrp(void *p)
{
	int saved = errno;

	free(*(void **)p);
	errno = saved;
}
