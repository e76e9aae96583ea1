/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of ids and id maps: arithmetic only. */
#include "sandbox/idmap_internal.h"

/* range_valid - @count ids from @first, none of them (uint32_t)-1 */
bool range_valid(uint64_t first, uint64_t count)
{
	return count && first < ID_END && count <= ID_END - first;
}

static void append(struct ranges *r, uint64_t first, uint64_t count)
{
	struct range *last = r->n ? &r->v[r->n - 1] : NULL;

	if (!count)
		return;
	if (last && (uint64_t)last->first + last->count == first) {
		last->count += (uint32_t)count;
		return;
	}
	r->v = xreallocarray(r->v, r->n + 1, sizeof(*r->v));
	r->v[r->n++] = (struct range){(uint32_t)first, (uint32_t)count};
}

/* ranges_append - as it is: not joined, not looked up */
void ranges_append(struct ranges *r, uint32_t first, uint32_t count)
{
	r->v = xreallocarray(r->v, r->n + 1, sizeof(*r->v));
	r->v[r->n++] = (struct range){first, count};
}

/* ranges_add - append the ids that are not there yet */
void ranges_add(struct ranges *r, uint32_t first, uint32_t count)
{
	struct ranges fresh = {};

	append(&fresh, first, count);
	for (size_t i = 0; i < r->n; i++)
		ranges_remove(&fresh, r->v[i].first, r->v[i].count);
	for (size_t i = 0; i < fresh.n; i++)
		append(r, fresh.v[i].first, fresh.v[i].count);
	ranges_free(&fresh);
}

static bool overlaps(const struct range *a, uint64_t first, uint64_t end)
{
	return a->first < end && first < (uint64_t)a->first + a->count;
}

void ranges_remove(struct ranges *r, uint32_t first, uint32_t count)
{
	uint64_t end = (uint64_t)first + count;
	struct ranges left = {};
	bool hit = false;

	for (size_t i = 0; i < r->n && !hit; i++)
		hit = overlaps(&r->v[i], first, end);
	if (!hit)
		return;
	for (size_t i = 0; i < r->n; i++) {
		uint64_t a = r->v[i].first, b = a + r->v[i].count;

		if (!overlaps(&r->v[i], first, end)) {
			append(&left, a, b - a);
			continue;
		}
		if (a < first)
			append(&left, a, first - a);
		if (end < b)
			append(&left, end, b - end);
	}
	ranges_free(r);
	*r = left;
}

/* ranges_keep - drop what is not in @in; the order stays */
void ranges_keep(struct ranges *r, const struct ranges *in)
{
	struct ranges left = {};

	for (size_t i = 0; i < r->n; i++) {
		uint64_t a = r->v[i].first, b = a + r->v[i].count;

		/* Each part of @in may be met more than once: lowest first. */
		while (a < b) {
			uint64_t from = b, to = b;

			for (size_t j = 0; j < in->n; j++) {
				uint64_t x = MAX(a, (uint64_t)in->v[j].first);
				uint64_t y = MIN(b, (uint64_t)in->v[j].first + in->v[j].count);

				if (x < y && x < from) {
					from = x;
					to = y;
				}
			}
			if (from < to)
				append(&left, from, to - from);
			a = to;
		}
	}
	ranges_free(r);
	*r = left;
}

/* ranges_have - all of @count ids from @first are in @r */
bool ranges_have(const struct ranges *r, uint32_t first, uint32_t count)
{
	uint64_t a = first, b = a + count;

	for (size_t i = 0; i < r->n && a < b; i++) {
		uint64_t end = (uint64_t)r->v[i].first + r->v[i].count;

		if (r->v[i].first <= a && a < end) {
			a = end;
			i = (size_t)-1;
		}
	}
	return a >= b;
}

uint64_t ranges_total(const struct ranges *r)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < r->n; i++)
		sum += r->v[i].count;
	return sum;
}

void ranges_free(struct ranges *r)
{
	free(r->v);
	*r = (struct ranges){};
}

/* map_add - append an extent, joined with the last one where both sides go on */
void map_add(struct idmap *m, uint32_t inside, uint32_t outside, uint32_t count)
{
	struct idrange *last = m->n ? &m->v[m->n - 1] : NULL;

	if (last && (uint64_t)last->inside + last->count == inside &&
	    (uint64_t)last->outside + last->count == outside)
		last->count += count;
	else if (count)
		idmap_add(m, inside, outside, count);
}

/**
 * map_ranges - map ids of @r to @inside and up
 * @skip: this many ids of @r first
 * @n: at most this many
 * @inside: stops at the last id there is
 */
void map_ranges(struct idmap *m, const struct ranges *r, uint64_t skip, uint64_t n, uint64_t inside)
{
	for (size_t i = 0; i < r->n && n && inside < ID_END; i++) {
		uint64_t first = r->v[i].first, count = r->v[i].count;

		if (skip >= count) {
			skip -= count;
			continue;
		}
		first += skip;
		count = MIN(MIN(count - skip, n), ID_END - inside);
		skip = 0;
		map_add(m, (uint32_t)inside, (uint32_t)first, (uint32_t)count);
		inside += count;
		n -= count;
	}
}

/* How many of @count ids from @first are in the one part of @parts that has @first. */
static uint32_t in_one_part(const struct ranges *parts, uint32_t first, uint32_t count)
{
	for (size_t i = 0; i < parts->n; i++) {
		uint32_t off = first - parts->v[i].first;

		if (first >= parts->v[i].first && off < parts->v[i].count)
			return MIN(count, parts->v[i].count - off);
	}
	return count;
}

/**
 * map_split - cut extents where those of the parent user namespace end
 * @parts: the lines of the parent's map, in its own ids
 *
 * The kernel translates an extent by one line of the parent's map and refuses
 * it with EPERM when it spans two, even when they touch.
 * Source: map_write() and map_id_range_down(), kernel/user_namespace.c.
 */
void map_split(struct idmap *m, const struct ranges *parts)
{
	struct idmap out = {};

	for (size_t i = 0; i < m->n; i++) {
		struct idrange x = m->v[i];

		while (x.count) {
			uint32_t n = in_one_part(parts, x.outside, x.count);

			idmap_add(&out, x.inside, x.outside, n);
			x.inside += n;
			x.outside += n;
			x.count -= n;
		}
	}
	free(m->v);
	*m = out;
}

static bool extents_overlap(uint32_t a, uint32_t na, uint32_t b, uint32_t nb)
{
	return a < (uint64_t)b + nb && b < (uint64_t)a + na;
}

static int check_extent(const struct idmap *m, size_t i, const char *what, struct err *e)
{
	const struct idrange *a = &m->v[i];

	if (!a->count)
		return fail(e, EINVAL, "%s %u:%u:0 maps no ids; the third number is how many", what,
			    a->inside, a->outside);
	if (!range_valid(a->inside, a->count) || !range_valid(a->outside, a->count))
		return fail(e, EINVAL, "%s %u:%u:%u runs past the last id, 4294967294", what,
			    a->inside, a->outside, a->count);
	for (size_t j = 0; j < i; j++) {
		const struct idrange *b = &m->v[j];
		bool inside = extents_overlap(a->inside, a->count, b->inside, b->count);

		if (inside || extents_overlap(a->outside, a->count, b->outside, b->count))
			return fail(e, EINVAL, "%s %u:%u:%u and %u:%u:%u overlap %s the container",
				    what, b->inside, b->outside, b->count, a->inside, a->outside,
				    a->count, inside ? "inside" : "outside");
	}
	return 0;
}

/**
 * map_check - what the kernel would refuse with a bare EINVAL
 * @what: names the map in the message
 *
 * Return: 0 or -EINVAL.
 * Source: user_namespaces(7); map_write() takes less than one page of text.
 */
int map_check(const struct idmap *m, const char *what, struct err *e)
{
	cleanup_buf struct buf text = {};
	long page = sysconf(_SC_PAGESIZE);

	if (m->n > MAP_LINES_MAX)
		return fail(e, EINVAL, "%s has %zu parts, the kernel takes %d; join some", what,
			    m->n, MAP_LINES_MAX);
	for (size_t i = 0; i < m->n; i++) {
		int r = check_extent(m, i, what, e);

		if (r < 0)
			return r;
	}
	map_format(m, '\n', &text);
	if (text.len >= (size_t)page)
		return fail(e, EINVAL,
			    "%s is %zu bytes of text, the kernel takes %ld; join some parts", what,
			    text.len, page - 1);
	return 0;
}

/* map_format - the text of /proc/PID/uid_map, its extents separated by @sep */
void map_format(const struct idmap *m, char sep, struct buf *out)
{
	for (size_t i = 0; i < m->n; i++)
		buf_printf(out, "%u %u %u%c", m->v[i].inside, m->v[i].outside, m->v[i].count, sep);
}

/**
 * idmap_lookup - what an id of the container is outside
 *
 * Return: false when it is not mapped.
 */
bool idmap_lookup(const struct idmap *m, uint32_t inside, uint32_t *outside)
{
	for (size_t i = 0; i < m->n; i++) {
		uint32_t off = inside - m->v[i].inside;

		if (inside >= m->v[i].inside && off < m->v[i].count) {
			*outside = m->v[i].outside + off;
			return true;
		}
	}
	return false;
}

/* idmap_highest - the highest id that the container has; 0 for an empty map */
uint32_t idmap_highest(const struct idmap *m)
{
	uint32_t high = 0;

	for (size_t i = 0; i < m->n; i++) {
		if (m->v[i].count)
			high = MAX(high, m->v[i].inside + (m->v[i].count - 1));
	}
	return high;
}
