/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of the store. The input is taken as a record's lines and sealed, so that
 * the fuzzer gets past the checksum: what is read is written the same again.
 */
#include <sys/mman.h>

#include "image/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint64_t fnv1a(const char *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	while (n--)
		h = (h ^ (unsigned char)*p++) * 0x100000001b3ULL;
	return h;
}

static int read_text(const char *text, size_t n, struct record *rec)
{
	cleanup_close int fd = memfd_create("record", MFD_CLOEXEC);
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || write_full(fd, text, n) < 0)
		abort();
	return record_read(path, rec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	cleanup_record struct record raw = {}, rec = {};
	cleanup_buf struct buf b = {};

	read_text((const char *)data, n, &raw);
	buf_puts(&b, "sandbox-ref 1\n");
	buf_add(&b, data, n);
	if (n && data[n - 1] != '\n')
		buf_puts(&b, "\n");
	buf_printf(&b, "sum %016llx\n", (unsigned long long)fnv1a(b.data, b.len));
	if (!read_text(b.data, b.len, &rec) &&
	    (!rec.name || !rec.ref || !rec.source || !is_hex(rec.chain, DIGEST_HEX)))
		abort();
	return 0;
}
