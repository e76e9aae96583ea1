/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inflate: gzip by ISA-L, which is about three times as fast as zlib, and zstd.
 *
 * Both read all members or frames one after the other. After the last one only
 * zeros may come (tapes and some uploaders pad with them).
 */
#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "image/unpack.h"

/* ---- gzip ------------------------------------------------------------------------------------ */

struct gzip {
	struct input *in;
	struct inflate_state state;
	bool end;
};

static void *gzip_open(struct input *in, struct err *e __unused)
{
	struct gzip *g = xcalloc(1, sizeof(*g));

	g->in = in;
	isal_inflate_init(&g->state);
	g->state.crc_flag = ISAL_GZIP;
	return g;
}

/* After a member: another one, or the end. */
static int gzip_next_member(struct gzip *g, struct err *e)
{
	struct input *in = g->in;

	if (!in->n && !in->more(in)) {
		g->end = true;
		return in->error ? input_error(in, "", e) : 0;
	}
	if (in->p[0] != 0x1f) {
		g->end = true;
		return input_only_zeros(in, e);
	}
	isal_inflate_reset(&g->state);
	g->state.crc_flag = ISAL_GZIP;
	return 0;
}

static int gzip_error(int r, struct err *e)
{
	if (r == ISAL_INCORRECT_CHECKSUM)
		return fail(e, EBADMSG, "the gzip checksum is wrong; fetch the archive again");
	return fail(e, EBADMSG, "the gzip data is damaged; fetch the archive again");
}

static ssize_t gzip_read(void *state, uint8_t *out, size_t n, struct err *e)
{
	struct gzip *g = state;
	struct inflate_state *s = &g->state;
	struct input *in = g->in;

	s->next_out = out;
	s->avail_out = (uint32_t)n;
	while (!g->end && s->avail_out) {
		int r;

		s->next_in = (uint8_t *)(uintptr_t)in->p;
		s->avail_in = (uint32_t)in->n;
		r = isal_inflate(s);
		in->p = s->next_in;
		in->n = s->avail_in;
		if (r < 0)
			return gzip_error(r, e);
		if (s->block_state == ISAL_BLOCK_FINISH) {
			r = gzip_next_member(g, e);
			if (r < 0)
				return r;
		} else if (s->avail_out && !in->n && !in->more(in)) {
			return input_error(
				in, "the gzip data is cut short; fetch the archive again", e);
		}
	}
	return (ssize_t)(n - s->avail_out);
}

const struct decoder decoder_gzip = {"gzip", gzip_open, gzip_read};

/* ---- zstd ------------------------------------------------------------------------------------ */

struct zstd {
	struct input *in;
	ZSTD_DStream *stream;
	bool inside, end;
};

static void *zstd_open(struct input *in, struct err *e)
{
	struct zstd *z = xcalloc(1, sizeof(*z));

	z->in = in;
	z->stream = ZSTD_createDStream();
	if (!z->stream) {
		fail(e, ENOMEM, "cannot set up zstd");
		return NULL;
	}
	return z;
}

static ssize_t zstd_read(void *state, uint8_t *out, size_t n, struct err *e)
{
	struct zstd *z = state;
	struct input *in = z->in;
	ZSTD_outBuffer o = {out, n, 0};

	while (!z->end && o.pos < n) {
		ZSTD_inBuffer i;
		size_t before = o.pos, r;
		int zeros;

		if (!z->inside && !in->n && !in->more(in)) {
			z->end = true;
			return in->error ? input_error(in, "", e) : (ssize_t)o.pos;
		}
		if (!z->inside && !in->p[0]) {
			z->end = true;
			zeros = input_only_zeros(in, e);
			return zeros < 0 ? zeros : (ssize_t)o.pos;
		}
		/* Without input, too: it may still hold output that had no room. */
		i = (ZSTD_inBuffer){in->p, in->n, 0};
		r = ZSTD_decompressStream(z->stream, &o, &i);
		in->p += i.pos;
		in->n -= i.pos;
		if (ZSTD_isError(r))
			return fail(e, EBADMSG, "the zstd data cannot be unpacked: %s",
				    ZSTD_getErrorName(r));
		z->inside = r != 0;
		if (z->inside && o.pos == before && !in->n && !in->more(in))
			return input_error(
				in, "the zstd data is cut short; fetch the archive again", e);
	}
	return (ssize_t)o.pos;
}

const struct decoder decoder_zstd = {"zstd", zstd_open, zstd_read};
