/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * One thread reads the archive's file, hashes what it reads and decompresses it
 * into a ring of slots; the main thread takes the slots, parses the tar format
 * and makes files. So two processors share the work, and on one it costs a few
 * context switches. Every compression ends here: past the ring there is only tar.
 *
 * A slot belongs to the reading thread while it is empty and to the main thread
 * while it is full. The main thread gives slots back when it asks for the next
 * one, unless it holds them: it then wants to look at the raw bytes of the
 * headers that the archive library has just parsed (policy_headers()).
 *
 * After the end of the tar everything left has to be zeros, for another program
 * might find more files there.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

/*
 * The plain functions, deprecated in favour of EVP: that one loads providers and
 * configuration for 2 ms, a tenth of the time that an Alpine root takes.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "image/unpack.h"

#define SLOTS      14
#define SLOT_SIZE  (128U << 10)
#define INPUT_SIZE (128U << 10)

/* Ring and input together: one huge page, for 500 page faults cost more than the hashing. */
#define MEMORY_SIZE (2U << 20)
_Static_assert((size_t)SLOTS *SLOT_SIZE + INPUT_SIZE + INPUT_BACK <= MEMORY_SIZE, "it fits");

struct slot {
	uint8_t *data;
	size_t n;
};

/**
 * struct source - the ring and the two sides of it
 * @filled, @taken, @freed: slots filled by the thread, taken by and given back by the main thread
 * @held_at: offset in the tar of slot @freed
 * @taken_bytes: bytes of the tar in slots up to @taken
 */
struct source {
	struct input in; /* first: input_more() gets at the rest through it */
	int fd;
	uint8_t *buffer;
	SHA256_CTX hash;
	unsigned char digest[32];
	_Atomic uint64_t in_total;
	uint64_t size;

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool go, end;
	struct err err;
	struct slot slot[SLOTS];
	uint64_t filled, taken, freed;

	bool hold;
	uint64_t held_at, taken_bytes;
};

static bool input_more(struct input *in)
{
	struct source *s = (struct source *)in;
	uint8_t *to = s->buffer + INPUT_BACK;
	ssize_t n;

	if (in->n || in->error)
		return in->n > 0;
	/* The decoder may step back over bytes of the last chunk: keep its end. */
	if (in->p)
		memmove(s->buffer, in->p - INPUT_BACK, INPUT_BACK);
	in->p = to;
	do
		n = read(s->fd, to, INPUT_SIZE);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		in->error = errno;
		return false;
	}
	if (n > 0 && !SHA256_Update(&s->hash, to, (size_t)n)) {
		in->error = EIO;
		return false;
	}
	in->n = (size_t)n;
	in->total += (uint64_t)n;
	atomic_store_explicit(&s->in_total, in->total, memory_order_relaxed);
	return n > 0;
}

/* input_error - the input ended too early, or could not be read */
int input_error(const struct input *in, const char *cut_short, struct err *e)
{
	if (in->error)
		return fail(e, in->error, "cannot read the archive: %s", strerror(in->error));
	return fail(e, EBADMSG, "%s", cut_short);
}

/* input_only_zeros - read to the end; nothing but zeros may come */
int input_only_zeros(struct input *in, struct err *e)
{
	do {
		for (size_t i = 0; i < in->n; i++) {
			if (in->p[i])
				return fail(
					e, EBADMSG,
					"something else follows the compressed data; fetch or make the archive again");
		}
		in->p += in->n;
		in->n = 0;
	} while (in->more(in));
	return in->error ? input_error(in, "", e) : 0;
}

/* ---- no compression --------------------------------------------------------------------------- */

static void *plain_open(struct input *in, struct err *e __unused)
{
	return in;
}

static ssize_t plain_read(void *state, uint8_t *out, size_t n, struct err *e)
{
	struct input *in = state;

	if (!in->n && !in->more(in))
		return in->error ? input_error(in, "", e) : 0;
	n = MIN(n, in->n);
	memcpy(out, in->p, n);
	in->p += n;
	in->n -= n;
	return (ssize_t)n;
}

static const struct decoder decoder_plain = {"tar", plain_open, plain_read};

/* ---- the thread -------------------------------------------------------------------------------- */

static const struct decoder *choose_decoder(const uint8_t *p, size_t n)
{
	static const struct {
		const struct decoder *decoder;
		const char *magic;
		size_t n;
	} known[] = {
		{&decoder_gzip, "\x1f\x8b", 2},
		{&decoder_zstd, "\x28\xb5\x2f\xfd", 4},
		{&decoder_library,
		 "\xfd"
		 "7zXZ",
		 6},
		{&decoder_library, "BZh", 3},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (n >= known[i].n && !memcmp(p, known[i].magic, known[i].n))
			return known[i].decoder;
	}
	/* zstd's skippable frames, with which pzstd begins */
	if (n >= 4 && (p[0] & 0xf0) == 0x50 && !memcmp(p + 1, "\x2a\x4d\x18", 3))
		return &decoder_zstd;
	return &decoder_plain;
}

/* The next slot that is empty; the thread's own until publish(). */
static struct slot *wait_empty(struct source *s)
{
	pthread_mutex_lock(&s->lock);
	while (s->filled - s->freed == SLOTS)
		pthread_cond_wait(&s->change, &s->lock);
	pthread_mutex_unlock(&s->lock);
	return &s->slot[s->filled % SLOTS];
}

static void publish(struct source *s, bool end)
{
	pthread_mutex_lock(&s->lock);
	if (end)
		s->end = true;
	else
		s->filled++;
	pthread_cond_signal(&s->change);
	pthread_mutex_unlock(&s->lock);
}

static int fill_slot(struct source *s, const struct decoder *d, void *state, struct slot *slot,
		     uint64_t *total)
{
	slot->n = 0;
	while (slot->n < SLOT_SIZE) {
		ssize_t n = d->read(state, slot->data + slot->n, SLOT_SIZE - slot->n, &s->err);
		int r;

		if (n <= 0)
			return (int)n;
		slot->n += (size_t)n;
		*total += (uint64_t)n;
		r = policy_ratio(s->in.total, *total, &s->err);
		if (r < 0)
			return r;
	}
	return 1;
}

static int produce(struct source *s)
{
	const struct decoder *d;
	uint64_t total = 0;
	void *state;
	int r;

	if (!s->in.more(&s->in))
		return input_error(&s->in, "the file is empty", &s->err);
	d = choose_decoder(s->in.p, s->in.n);
	state = d->open(&s->in, &s->err);
	if (!state)
		return -s->err.code;
	do {
		struct slot *slot = wait_empty(s);

		r = fill_slot(s, d, state, slot, &total);
		if (slot->n)
			publish(s, false);
	} while (r > 0);
	if (!r && !SHA256_Final(s->digest, &s->hash))
		r = fail(&s->err, EIO, "cannot compute the digest of the archive");
	return r;
}

static void *source_thread(void *arg)
{
	struct source *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->go)
		pthread_cond_wait(&s->change, &s->lock);
	pthread_mutex_unlock(&s->lock);
	produce(s);
	publish(s, true);
	return NULL;
}

/* ---- the main thread's side ----------------------------------------------------------------------- */

/* MEMORY_SIZE zeroed bytes, a huge page where there is one, and mapped already. */
static uint8_t *make_memory(struct err *e)
{
	uintptr_t at;
	void *p = mmap(NULL, 2 * MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED) {
		fail_errno(e, "cannot get memory");
		return NULL;
	}
	at = ((uintptr_t)p + MEMORY_SIZE - 1) & ~(uintptr_t)(MEMORY_SIZE - 1);
	/* Both only make it faster. */
	madvise((void *)at, MEMORY_SIZE, MADV_HUGEPAGE);
	madvise((void *)at, MEMORY_SIZE, MADV_POPULATE_WRITE);
	return (uint8_t *)at;
}

/**
 * source_make - set up the thread, which waits for source_go()
 * @fd: the archive; borrowed
 *
 * Context: before the system call filter, for a thread is made; reads nothing.
 * Return: 0 or -errno.
 */
int source_make(int fd, struct source **out, struct err *e)
{
	struct source *s = xcalloc(1, sizeof(*s));
	uint8_t *ring = make_memory(e);
	pthread_attr_t attr;
	struct stat st;
	int r;

	if (!ring)
		return -e->code;
	s->fd = fd;
	s->in.more = input_more;
	s->buffer = ring + (size_t)SLOTS * SLOT_SIZE;
	s->in.p = s->buffer + INPUT_BACK;
	for (size_t i = 0; i < SLOTS; i++)
		s->slot[i].data = ring + i * SLOT_SIZE;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		s->size = (uint64_t)st.st_size;
	if (!SHA256_Init(&s->hash))
		return fail(e, EIO, "cannot set up sha256");
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->change, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 512 << 10);
	r = pthread_create(&s->thread, &attr, source_thread, s);
	if (r)
		return fail(e, r, "cannot make a thread: %s", strerror(r));
	*out = s;
	return 0;
}

void source_go(struct source *s)
{
	pthread_mutex_lock(&s->lock);
	s->go = true;
	pthread_cond_signal(&s->change);
	pthread_mutex_unlock(&s->lock);
}

/* Gives back the slots before slot @until. */
static void give_back(struct source *s, uint64_t until)
{
	if (s->freed >= until)
		return;
	while (s->freed < until)
		s->held_at += s->slot[s->freed++ % SLOTS].n;
	pthread_cond_signal(&s->change);
}

/* source_hold - keep the present slot and those taken from now on, or stop to */
void source_hold(struct source *s, bool on)
{
	s->hold = on;
	if (!on || !s->taken)
		return;
	pthread_mutex_lock(&s->lock);
	give_back(s, s->taken - 1);
	pthread_mutex_unlock(&s->lock);
}

/**
 * source_next - the next piece of the tar
 * @p: receives borrowed bytes, valid until the next call, or as long as they are held
 *
 * Return: their number; 0 at the end; -errno; -EBADMSG when too much is held.
 */
ssize_t source_next(struct source *s, const uint8_t **p, struct err *e)
{
	const struct slot *slot;

	if (s->hold && s->taken - s->freed >= SLOTS - 1)
		return fail(e, EBADMSG, "its extended headers are larger than %u KiB",
			    POLICY_HEADER_MAX >> 10);
	pthread_mutex_lock(&s->lock);
	if (!s->hold)
		give_back(s, s->taken);
	while (s->filled == s->taken && !s->end)
		pthread_cond_wait(&s->change, &s->lock);
	if (s->filled == s->taken) {
		pthread_mutex_unlock(&s->lock);
		return s->err.code ? (*e = s->err, -s->err.code) : 0;
	}
	slot = &s->slot[s->taken++ % SLOTS];
	pthread_mutex_unlock(&s->lock);
	s->taken_bytes += slot->n;
	*p = slot->data;
	return (ssize_t)slot->n;
}

/**
 * source_held - look at bytes of the tar again
 * @from: their offset
 * @n: how many
 *
 * Return: borrowed until the next call; NULL when they are not held any more.
 */
const uint8_t *source_held(struct source *s, uint64_t from, size_t n)
{
	static uint8_t *copy;
	static size_t room;
	uint64_t at = s->held_at;
	size_t got = 0;

	if (from < at || from + n > s->taken_bytes)
		return NULL;
	if (n > room) {
		copy = xreallocarray(copy, n, 1);
		room = n;
	}
	for (uint64_t i = s->freed; i < s->taken && got < n; i++) {
		const struct slot *slot = &s->slot[i % SLOTS];
		uint64_t skip = from + got > at ? from + got - at : 0;

		if (skip < slot->n) {
			size_t take = MIN(slot->n - (size_t)skip, n - got);

			memcpy(copy + got, slot->data + skip, take);
			got += take;
		}
		at += slot->n;
	}
	return got == n ? copy : NULL;
}

static int all_zero(const uint8_t *p, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i])
			return fail(
				e, EBADMSG,
				"something else follows the end of the archive; make it again with one tar archive in it");
	}
	return 0;
}

/**
 * source_finish - read to the end
 * @used: bytes of the tar up to the end that its reader saw; what is left must be zeros
 *
 * Return: 0 (the digest is known now), -EBADMSG or another -errno.
 */
int source_finish(struct source *s, uint64_t used, struct err *e)
{
	const uint8_t *p;
	ssize_t n;
	int r = 0;

	if (used < s->taken_bytes) {
		const uint8_t *rest;

		n = (ssize_t)(s->taken_bytes - used);
		rest = source_held(s, used, (size_t)n);
		r = rest ? all_zero(rest, (size_t)n, e)
			 : fail(e, EBADMSG, "the end of the archive cannot be found");
	}
	s->hold = false;
	while (!r && (n = source_next(s, &p, e)) != 0)
		r = n < 0 ? (int)n : all_zero(p, (size_t)n, e);
	return r;
}

uint64_t source_done(const struct source *s)
{
	return atomic_load_explicit(&s->in_total, memory_order_relaxed);
}

/* source_total - the size of the archive's file; 0 when it is a pipe */
uint64_t source_total(const struct source *s)
{
	return s->size;
}

/* source_digest - after source_finish(): of the bytes of the file */
void source_digest(const struct source *s, char out[72])
{
	char *p = stpcpy(out, "sha256:");

	for (size_t i = 0; i < sizeof(s->digest); i++)
		p += sprintf(p, "%02x", s->digest[i]);
}
