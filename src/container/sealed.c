/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files with a checksum behind them, which are only ever replaced as a whole.
 */
#include "container/internal.h"

/* CRC-32 of IEEE 802.3, four bits at a time */
static uint32_t crc32_of(const char *p, size_t n)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = ~0U;

	for (size_t i = 0; i < n; i++) {
		crc ^= (unsigned char)p[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

#define SUM_FORMAT "\n{\"crc32\":\"%08x\"}\n"
#define SUM_LENGTH 22

/**
 * sealed_write - replace a file by a JSON text and its checksum
 *
 * Return: 0 or -errno; the old file is whole then.
 */
int sealed_write(int dirfd, const char *name, const json *j, enum replace_sync sync)
{
	cleanup_free char *text = json_dump(j, false);
	cleanup_buf struct buf all = {};

	buf_puts(&all, text);
	buf_printf(&all, SUM_FORMAT, crc32_of(text, strlen(text)));
	return replace_file_at(dirfd, name, all.data, all.len, 0600, sync);
}

/**
 * sealed_read - read what sealed_write() wrote
 * @out: receives a new object
 *
 * Return: 0; -ENOENT; -EBADMSG when it is damaged; or another -errno. @e is set but for -ENOENT.
 */
int sealed_read(int dirfd, const char *name, json **out, struct err *e)
{
	cleanup_buf struct buf text = {};
	char sum[SUM_LENGTH + 1];
	int r = read_file_at(dirfd, name, SEALED_MAX, &text);
	size_t n;

	if (r == -ENOENT)
		return r;
	if (r == -EINVAL || r == -ELOOP)
		return fail(e, EBADMSG, "%s is damaged: it is no file", name);
	if (r < 0)
		return fail(e, -r, "cannot read %s: %s", name, strerror(-r));
	n = text.len < SUM_LENGTH ? 0 : text.len - SUM_LENGTH;
	snprintf(sum, sizeof(sum), SUM_FORMAT, n ? crc32_of(text.data, n) : 0);
	if (!n || memcmp(text.data + n, sum, SUM_LENGTH) ||
	    json_parse_bytes(text.data, n, out, NULL) < 0)
		return fail(e, EBADMSG, "%s is damaged", name);
	return 0;
}
