/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * idmap_make_plan() gathers facts (idmap_gather) and judges them (idmap_decide,
 * pure). Three drivers write the maps, chosen by what we may do:
 *
 * direct	CAP_SETUID and CAP_SETGID are effective: we write any map.
 * helpers	newuidmap and newgidmap, setuid root or with file capabilities.
 * one		no range or no helpers: the kernel lets everybody map himself,
 *		once setgroups is denied. The plan says what was missing.
 *
 * Which ids there are to give:
 *
 * - The caller's ranges of subuid and subgid, less his own id, clipped to what
 *   his own user namespace has.
 * - Root without a line, inside a user namespace that somebody gave him (the
 *   root of a container): everything else that this namespace has.
 * - Root without a line on the host (a CI image): ROOT_FIRST and 65535 up. It
 *   lies above useradd's SUB_UID_MAX and above systemd's container range, in the
 *   block that systemd's list of ids calls unused, so no account, no subuid line
 *   and no nspawn container shares it. Root's own id 0 is container root, as for
 *   every other caller; no other host account is ever mapped.
 *
 * A map of one id for users and a range for groups would help nobody: either
 * both are ranges or none is.
 */
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "linux/sys.h"
#include "sandbox/idmap_internal.h"

#define ROOT_FIRST 1879048192U /* 0x70000000 */
#define ROOT_COUNT 65536U

/* ---- facts ------------------------------------------------------------------------------------ */

static bool has_cap(const struct __user_cap_data_struct *d, unsigned cap)
{
	return d[cap / 32].effective & (1U << (cap % 32));
}

static bool has_own_caps(unsigned cap, unsigned other)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {};

	return !syscall(SYS_capget, &h, d) && has_cap(d, cap) && has_cap(d, other);
}

/* The ids of our own user namespace are the left column of its map, line by line. */
static int read_extents(const char *path, struct ranges *out, bool *whole, struct err *e)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	cleanup_lines struct lines l;
	char *line;

	if (fd < 0)
		return fail_hint(e, fail_errno(e, "cannot read %s", path), "mount /proc");
	lines_init(&l, fd, 128);
	while ((line = lines_next(&l, NULL))) {
		unsigned inside, outside, count;

		if (sscanf(line, "%u %u %u", &inside, &outside, &count) != 3 ||
		    !range_valid(inside, count))
			return fail(e, EIO, "cannot make sense of %s", path);
		ranges_append(out, inside, count);
		*whole &= inside == outside && count == ID_END;
	}
	if (l.r < 0)
		return fail(e, -l.r, "cannot read %s: %s", path, strerror(-l.r));
	return 0;
}

/* The initial user namespace has every id, and a number that is its own. Source: linux/proc_ns.h. */
static bool is_initial(void)
{
	struct stat st;

	return !stat("/proc/self/ns/user", &st) && st.st_ino == 0xeffffffdU;
}

/* The ids that there are for us, and whether that is all of them. */
static int read_own_extents(struct idmap_caller *c, struct err *e)
{
	int r;

	c->initial = true;
	if (is_initial()) {
		ranges_append(&c->exists[UIDS], 0, ID_END);
		ranges_append(&c->exists[GIDS], 0, ID_END);
		return 0;
	}
	r = read_extents("/proc/self/uid_map", &c->exists[UIDS], &c->initial, e);
	return r < 0 ? r : read_extents("/proc/self/gid_map", &c->exists[GIDS], &c->initial, e);
}

static bool setgroups_denied(void)
{
	char text[8] = "";
	cleanup_close int fd = open("/proc/self/setgroups", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read_full(fd, text, sizeof(text) - 1) > 0 && text[0] == 'd';
}

static void gather_ranges(struct idmap_caller *c)
{
	char service[64];

	owner_find(&c->owner, "/etc/passwd", c->id[UIDS]);
	if (subid_nss("/etc/nsswitch.conf", service, sizeof(service))) {
		subid_from_library(service, &c->owner, &c->sub[UIDS], &c->sub[GIDS]);
		return;
	}
	subid_read("/etc/subuid", &c->owner, &c->sub[UIDS]);
	subid_read("/etc/subgid", &c->owner, &c->sub[GIDS]);
}

/**
 * idmap_gather - the facts about the caller
 * @c: set; idmap_caller_free() also after a failure
 * @ranges: also those about his subordinate ids, which are most of the work
 *
 * Context: parent side, before any thread and before no_new_privs.
 * Return: 0 or -errno.
 */
int idmap_gather(struct idmap_caller *c, bool ranges, struct err *e)
{
	int r;

	*c = (struct idmap_caller){.id = {geteuid(), getegid()}};
	c->direct = has_own_caps(CAP_SETUID, CAP_SETGID);
	r = read_own_extents(c, e);
	if (r < 0)
		return r;
	c->setgroups_denied = !c->initial && setgroups_denied();
	if (ranges)
		gather_ranges(c);
	if (c->direct || !ranges)
		return 0;
	c->no_new_privs = sys_prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	id_helper_find(&c->helper[UIDS], UIDS);
	id_helper_find(&c->helper[GIDS], GIDS);
	return 0;
}

void idmap_caller_free(struct idmap_caller *c)
{
	for (int w = UIDS; w <= GIDS; w++) {
		ranges_free(&c->exists[w]);
		ranges_free(&c->sub[w].ranges);
	}
	owner_free(&c->owner);
}

/* ---- without a new user namespace ------------------------------------------------------------- */

static void identity_map(struct idmap *m, const struct ranges *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		map_add(m, ids->v[i].first, ids->v[i].first, ids->v[i].count);
}

/**
 * idmap_own - the plan of a container without a user namespace of its own
 * @p: set: ids inside are ids of the user namespace that we are in
 *
 * Return: 0 or -errno.
 */
int idmap_own(struct idmap_plan *p, struct err *e)
{
	struct ranges ids[2] = {};
	bool whole = true;
	int r;

	*p = (struct idmap_plan){.driver = IDMAP_NONE};
	r = read_extents("/proc/self/uid_map", &ids[UIDS], &whole, e);
	if (!r)
		r = read_extents("/proc/self/gid_map", &ids[GIDS], &whole, e);
	identity_map(&p->uid, &ids[UIDS]);
	identity_map(&p->gid, &ids[GIDS]);
	ranges_free(&ids[UIDS]);
	ranges_free(&ids[GIDS]);
	p->deny_setgroups = !whole && setgroups_denied();
	return r;
}

/* idmap_is_root - may we mount where we are, and enter the user namespaces of others below? */
bool idmap_is_root(void)
{
	return has_own_caps(CAP_SYS_ADMIN, CAP_SYS_ADMIN);
}

/* Root is who holds the capability, be it inside an engine's user namespace: not who is called 0. */
static int plan_without_userns(struct idmap_plan *p, const struct spec *s, struct err *e)
{
	if (s->ns[NS_USER].mode == NS_HOST && !idmap_is_root())
		return fail(
			e, EPERM,
			"linux.namespaces: without a user namespace a container takes root; add "
			"{\"type\": \"user\"} with mappings, as `sandbox oci spec --rootless` writes it");
	return idmap_own(p, e);
}

/* ---- judgement -------------------------------------------------------------------------------- */

/* The ids that the caller may give to a container, his own left out. */
static void available(const struct idmap_caller *c, enum which w, struct ranges *out)
{
	const struct ranges *from = &c->sub[w].ranges;
	bool root = c->direct && c->id[UIDS] == 0;

	for (size_t i = 0; i < from->n; i++)
		ranges_add(out, from->v[i].first, from->v[i].count);
	ranges_keep(out, &c->exists[w]);
	if (!out->n && root && c->initial)
		ranges_add(out, ROOT_FIRST, ROOT_COUNT);
	else if (!out->n && root)
		for (size_t i = 0; i < c->exists[w].n; i++)
			ranges_add(out, c->exists[w].v[i].first, c->exists[w].v[i].count);
	ranges_remove(out, c->id[w], 1);
}

/*
 * Extents above what the kernel takes are left out, from the end: a start with
 * fewer ids beats none. The caller's own lines decide how many there are.
 */
static void trim_map(struct idmap *m, const char *file)
{
	cleanup_buf struct buf text = {};
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n = m->n;

	map_format(m, '\n', &text);
	while (n && (n > MAP_LINES_MAX || text.len >= page)) {
		n--;
		do
			text.len--;
		while (text.len && text.data[text.len - 1] != '\n');
	}
	if (n < m->n)
		log_warn("%s gives %zu separate ranges, the kernel takes %zu, ignoring the rest",
			 file, m->n, n);
	m->n = n;
}

static void build_mode(struct idmap *m, enum userns_mode mode, uint32_t own,
		       const struct ranges *avail)
{
	uint64_t total = ranges_total(avail), low;

	switch (mode) {
	case USERNS_KEEP_ID:
		low = MIN((uint64_t)own, total);
		map_ranges(m, avail, 0, low, 0);
		map_add(m, own, own, 1);
		map_ranges(m, avail, low, total, (uint64_t)own + 1);
		break;
	case USERNS_NOMAP:
		map_ranges(m, avail, 0, total, 0);
		break;
	default:
		map_add(m, 0, own, 1);
		map_ranges(m, avail, 0, total, 1);
	}
}

/*
 * One --uidmap or --gidmap in podman's rootless meaning: the middle number
 * counts ids that the caller has, 0 is himself, 1 and up his ranges. With @host
 * it is an id as the caller sees it.
 */
static int build_explicit(struct idmap *m, const struct idmap *asked, const struct ranges *have,
			  const char *what, struct err *e)
{
	uint64_t total = ranges_total(have);

	for (size_t i = 0; i < asked->n; i++) {
		const struct idrange *a = &asked->v[i];

		if (a->host) {
			if (!ranges_have(have, a->outside, a->count))
				return fail(e, EPERM,
					    "%s %u:@%u:%u asks for ids that you do not have", what,
					    a->inside, a->outside, a->count);
			map_add(m, a->inside, a->outside, a->count);
			continue;
		}
		if ((uint64_t)a->outside + a->count > total)
			return fail(e, EPERM,
				    "%s %u:%u:%u asks for more ids than the %llu that you have",
				    what, a->inside, a->outside, a->count,
				    (unsigned long long)total);
		map_ranges(m, have, a->outside, a->count, a->inside);
	}
	return 0;
}

static int explicit_map(struct idmap *m, const struct idmap_caller *c, enum which w,
			const struct spec *s, const struct ranges *avail, struct err *e)
{
	/* podman: one of the two options serves for both. */
	const struct idmap *uid = s->uidmap.n ? &s->uidmap : &s->gidmap;
	const struct idmap *gid = s->gidmap.n ? &s->gidmap : &s->uidmap;
	static const char *const names[2][2] = {{"--uidmap", "--gidmap"},
						{"linux.uidMappings", "linux.gidMappings"}};
	const char *what = names[s->bare][w];
	struct ranges have = {};
	int r;

	r = map_check(w == UIDS ? uid : gid, what, e);
	if (r < 0)
		return r;
	/* Who may write any map and names ids of the host, as containerd does, has them all. */
	if (!(s->bare && c->direct))
		ranges_add(&have, c->id[w], 1);
	avail = s->bare && c->direct ? &c->exists[w] : avail;
	for (size_t i = 0; i < avail->n; i++)
		ranges_append(&have, avail->v[i].first, avail->v[i].count);
	r = build_explicit(m, w == UIDS ? uid : gid, &have, what, e);
	ranges_free(&have);
	return r;
}

static bool is_one(const struct idmap *m, uint32_t own)
{
	return m->n == 1 && m->v[0].count == 1 && m->v[0].outside == own;
}

static int build_map(struct idmap *m, const struct idmap_plan *p, const struct idmap_caller *c,
		     enum which w, const struct spec *s, const struct ranges *avail, struct err *e)
{
	static const char *const option[2] = {"--uidmap", "--gidmap"};
	static const char *const file[2] = {"/etc/subuid", "/etc/subgid"};
	int r;

	if (s->userns == USERNS_EXPLICIT) {
		r = explicit_map(m, c, w, s, avail, e);
		if (r < 0)
			return p->why[0] ? fail_hint(e, r, "%s", p->why) : r;
		map_split(m, &c->exists[w]);
		return map_check(m, option[w], e);
	}
	build_mode(m, s->userns, c->id[w], avail);
	map_split(m, &c->exists[w]);
	trim_map(m, file[w]);
	if (!m->n)
		return fail(e, EPERM, "--userns=nomap needs a range of subordinate ids; %s",
			    p->why);
	return 0;
}

static bool has_outside(const struct idmap *m, uint32_t id)
{
	for (size_t i = 0; i < m->n; i++) {
		if (id >= m->v[i].outside && id - m->v[i].outside < m->v[i].count)
			return true;
	}
	return false;
}

/**
 * idmap_decide - the plan that follows from the facts
 * @p: set; idmap_plan_free() also after a failure
 *
 * Return: 0, -EINVAL for maps that are wrong in themselves, -EPERM for ids that
 * the caller does not have.
 */
int idmap_decide(struct idmap_plan *p, const struct idmap_caller *c, const struct spec *s,
		 struct err *e)
{
	struct ranges avail[2] = {};
	bool range;
	int r;

	*p = (struct idmap_plan){.driver = c->direct ? IDMAP_DIRECT : IDMAP_HELPERS,
				 .helper = {c->helper[UIDS].path, c->helper[GIDS].path}};
	for (int w = UIDS; w <= GIDS; w++) {
		if (!ranges_have(&c->exists[w], c->id[w], 1))
			return fail(
				e, EPERM,
				"your %s id is not mapped in the user namespace that you are in, so no other one can be made here",
				w == UIDS ? "user" : "group");
		available(c, (enum which)w, &avail[w]);
	}
	range = avail[UIDS].n && avail[GIDS].n && !idmap_explain(c, p->why, sizeof(p->why));
	if (!range) {
		ranges_free(&avail[UIDS]);
		ranges_free(&avail[GIDS]);
		if (!p->why[0])
			idmap_explain(c, p->why, sizeof(p->why));
	}
	r = build_map(&p->uid, p, c, UIDS, s, &avail[UIDS], e);
	if (!r)
		r = build_map(&p->gid, p, c, GIDS, s, &avail[GIDS], e);
	ranges_free(&avail[UIDS]);
	ranges_free(&avail[GIDS]);
	if (r < 0)
		return r;
	/* The kernel's leave for everybody covers this map as well, and is quicker. */
	if (!c->direct && is_one(&p->uid, c->id[UIDS]) && is_one(&p->gid, c->id[GIDS]))
		p->driver = IDMAP_ONE;
	if (s->userns == USERNS_EXPLICIT && p->driver == IDMAP_ONE)
		p->why[0] = '\0';
	p->without_caller = !has_outside(&p->uid, c->id[UIDS]) ||
			    !has_outside(&p->gid, c->id[GIDS]);
	p->deny_setgroups = p->driver == IDMAP_ONE || c->setgroups_denied;
	return 0;
}

/* --uidmap and --gidmap for nobody but the caller himself */
static bool asks_for_one(const struct idmap *m)
{
	return m->n == 1 && m->v[0].count == 1 && !m->v[0].outside && !m->v[0].host;
}

/**
 * idmap_make_plan - the id maps of a container
 * @p: set; idmap_plan_free() also after a failure
 * @s: userns, uidmap and gidmap are read
 *
 * Context: parent side; costs about 50 us when the caller is in /etc/passwd.
 * Return: 0 or -errno. A missing range is no failure: driver IDMAP_ONE, and
 * @p->why names what is missing.
 */
int idmap_make_plan(struct idmap_plan *p, const struct spec *s, struct err *e)
{
	struct idmap_caller c;
	bool one;
	int r;

	*p = (struct idmap_plan){};
	if (s->ns[NS_USER].mode != NS_PRIVATE)
		return plan_without_userns(p, s, e);
	one = s->userns == USERNS_EXPLICIT && asks_for_one(&s->uidmap) && asks_for_one(&s->gidmap);
	r = idmap_gather(&c, !one, e);
	if (!r)
		r = idmap_decide(p, &c, s, e);
	if (!r)
		log_debug("id maps: %s, %zu+%zu extents",
			  p->driver == IDMAP_DIRECT    ? "direct"
			  : p->driver == IDMAP_HELPERS ? "newuidmap and newgidmap"
						       : "one id",
			  p->uid.n, p->gid.n);
	idmap_caller_free(&c);
	return r;
}

void idmap_plan_free(struct idmap_plan *p)
{
	free(p->uid.v);
	free(p->gid.v);
	p->uid = p->gid = (struct idmap){};
}

static void map_for_files(const struct idmap *m, uint32_t own, struct idmap *out)
{
	const uint32_t aside = UINT32_MAX - 1;
	uint32_t taken;

	for (size_t i = 0; i < m->n; i++)
		idmap_add(out, m->v[i].inside, m->v[i].outside, m->v[i].count);
	if (is_one(m, own))
		out->v[0].inside = 0;
	else if (!has_outside(m, own) && !idmap_lookup(m, aside, &taken))
		idmap_add(out, aside, own, 1);
}

/**
 * idmap_for_files - the plan by which a container's files are written and removed
 * @p: of the container
 * @out: set; idmap_plan_free() it
 *
 * The ids on the disk are those of @p. But whoever works in the store has to be
 * root there and to reach the caller's own folders, also for a container that
 * lacks the caller (nomap) or has only him under his own number (keep-id with
 * one id). The caller is put aside, at the last id there is.
 */
void idmap_for_files(const struct idmap_plan *p, struct idmap_plan *out)
{
	*out = (struct idmap_plan){.driver = p->driver,
				   .deny_setgroups = p->deny_setgroups,
				   .helper = {p->helper[UIDS], p->helper[GIDS]}};
	map_for_files(&p->uid, geteuid(), &out->uid);
	map_for_files(&p->gid, getegid(), &out->gid);
}

static uint64_t fnv1a(uint64_t h, const void *data, size_t n)
{
	const unsigned char *b = data;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3ULL;
	return h;
}

/**
 * idmap_name - a short name of the maps, the same for the same maps
 *
 * Layers are unpacked once for one pair of maps, in a folder of this name; one
 * id is the same on the disk whatever its number inside. It guards against mixing them up, not against an attacker: only the user
 * himself chooses his maps.
 */
void idmap_name(const struct idmap_plan *p, char out[24])
{
	cleanup_buf struct buf text = {};
	uint64_t h = 0xcbf29ce484222325ULL;

	if (p->uid.n == 1 && p->gid.n == 1 && p->uid.v[0].count == 1 && p->gid.v[0].count == 1 &&
	    snprintf(out, 24, "one-%u-%u", p->uid.v[0].outside, p->gid.v[0].outside) < 24)
		return;
	map_format(&p->uid, '\n', &text);
	buf_puts(&text, "/");
	map_format(&p->gid, '\n', &text);
	h = fnv1a(h, text.data, text.len);
	snprintf(out, 24, "map-%016llx", (unsigned long long)h);
}
