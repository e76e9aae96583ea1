/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a container gets one id only: the first thing that is missing, and the
 * command that the administrator runs. Text only; the facts are gathered elsewhere.
 */
#include "sandbox/idmap_internal.h"

#define FIRST_SUBID 100000U
#define SUBID_COUNT 65536U

static const char *owner_name(const struct owner *o, char uid[12])
{
	snprintf(uid, 12, "%u", o->uid);
	return o->names.n ? o->names.v[0] : uid;
}

/* A range behind everybody's, in steps of 65536 as useradd hands them out. */
static uint64_t propose(const struct idmap_caller *c)
{
	uint64_t at = MAX(c->sub[UIDS].next_free, c->sub[GIDS].next_free);

	at = MAX(at, (uint64_t)FIRST_SUBID);
	return range_valid(at, SUBID_COUNT) ? at : FIRST_SUBID;
}

/*
 * usermod needs both files to exist and knows local users only; for the others
 * the line itself is the command.
 */
static void remedy_subid(const struct idmap_caller *c, char *out, size_t size)
{
	bool missing = c->sub[UIDS].state == SUBID_NO_FILE || c->sub[GIDS].state == SUBID_NO_FILE;
	bool uid = c->sub[UIDS].state != SUBID_OK, gid = c->sub[GIDS].state != SUBID_OK;
	unsigned long long at = propose(c), last = at + SUBID_COUNT - 1;
	char id[12], uids[64] = "", gids[64] = "";

	if (!c->owner.local) {
		snprintf(out, size, "echo %s:%llu:%u | tee -a%s%s", owner_name(&c->owner, id), at,
			 SUBID_COUNT, uid ? " /etc/subuid" : "", gid ? " /etc/subgid" : "");
		return;
	}
	if (uid)
		snprintf(uids, sizeof(uids), " --add-subuids %llu-%llu", at, last);
	if (gid)
		snprintf(gids, sizeof(gids), " --add-subgids %llu-%llu", at, last);
	snprintf(out, size, "%susermod%s%s %s", missing ? "touch /etc/subuid /etc/subgid && " : "",
		 uids, gids, owner_name(&c->owner, id));
}

static bool explain_subid(const struct idmap_caller *c, enum which w, char *why, size_t size)
{
	static const char *const file[2] = {"/etc/subuid", "/etc/subgid"};
	const struct subids *s = &c->sub[w];
	char remedy[256], id[12];

	remedy_subid(c, remedy, sizeof(remedy));
	switch (s->state) {
	case SUBID_OK:
		return false;
	case SUBID_NO_FILE:
		snprintf(why, size, "%s does not exist; as root: %s", file[w], remedy);
		break;
	case SUBID_NO_LINE:
		if (s->why[0])
			snprintf(why, size, "%s; ask who runs that service for a range", s->why);
		else
			snprintf(why, size, "%s has no line for %s (uid %u); as root: %s", file[w],
				 owner_name(&c->owner, id), c->owner.uid, remedy);
		break;
	case SUBID_BAD_LINE:
		snprintf(why, size, "%s; correct it to NAME:START:COUNT, or as root: %s", s->why,
			 remedy);
		break;
	case SUBID_UNREADABLE:
		snprintf(why, size, "%s; as root: chmod 644 %s", s->why, file[w]);
		break;
	case SUBID_NO_LIBRARY:
		snprintf(why, size, "%s; as root: install it, or remove that line", s->why);
		break;
	}
	return true;
}

static bool explain_helper(const struct idmap_caller *c, enum which w, char *why, size_t size)
{
	const struct id_helper *h = &c->helper[w];
	const char *name = id_helper_name(w);

	switch (h->state) {
	case ID_HELPER_OK:
		return false;
	case ID_HELPER_MISSING:
		snprintf(
			why, size,
			"%s is not installed; as root: apt-get install uidmap (Fedora, Arch, Alpine: shadow-utils, shadow, shadow-uidmap)",
			name);
		break;
	case ID_HELPER_NOT_ROOT:
		snprintf(
			why, size,
			"%s does not belong to root, so it is not trusted; as root: chown root:root %s && chmod 4755 %s",
			h->path, h->path, h->path);
		break;
	case ID_HELPER_WRITABLE:
		snprintf(
			why, size,
			"%s can be written by others than root, so it is not trusted; as root: chmod go-w %s",
			h->path, h->path);
		break;
	case ID_HELPER_NO_EXEC:
		snprintf(why, size, "you may not execute %s; as root: chmod 4755 %s", h->path,
			 h->path);
		break;
	case ID_HELPER_NO_PRIV:
		snprintf(
			why, size,
			"%s has neither the setuid bit nor file capabilities; as root: chmod u+s %s, or setcap cap_set%cid=ep %s",
			h->path, h->path, w == UIDS ? 'u' : 'g', h->path);
		break;
	case ID_HELPER_NOSUID:
		snprintf(
			why, size,
			"%s lies on a file system that is mounted nosuid; as root: mount it again without nosuid",
			h->path);
		break;
	}
	return true;
}

/* Ranges there are, but none of them in the user namespace that we are in. */
static void explain_clipped(const struct idmap_caller *c, char *why, size_t size)
{
	snprintf(
		why, size,
		"the user namespace that you are in has %llu user and %llu group ids, none of them in the ranges of %s; give the outer container more ids, or put its ids in /etc/subuid and /etc/subgid",
		(unsigned long long)ranges_total(&c->exists[UIDS]),
		(unsigned long long)ranges_total(&c->exists[GIDS]),
		c->owner.names.n ? c->owner.names.v[0] : "your uid");
}

static bool clipped(const struct idmap_caller *c, enum which w)
{
	for (size_t i = 0; i < c->sub[w].ranges.n; i++) {
		struct ranges one = {};
		bool left;

		ranges_add(&one, c->sub[w].ranges.v[i].first, c->sub[w].ranges.v[i].count);
		ranges_keep(&one, &c->exists[w]);
		ranges_remove(&one, c->id[w], 1);
		left = one.n > 0;
		ranges_free(&one);
		if (left)
			return false;
	}
	return true;
}

/**
 * idmap_explain - what stands between the caller and a range of ids
 * @why: receives cause and remedy, one line
 *
 * Return: false when nothing does.
 */
bool idmap_explain(const struct idmap_caller *c, char *why, size_t size)
{
	if (c->direct && c->id[UIDS] == 0)
		return false;
	if (explain_subid(c, UIDS, why, size) || explain_subid(c, GIDS, why, size))
		return true;
	if (clipped(c, UIDS) || clipped(c, GIDS)) {
		explain_clipped(c, why, size);
		return true;
	}
	if (c->direct)
		return false;
	if (c->no_new_privs) {
		snprintf(
			why, size,
			"this process runs with no_new_privs, under which newuidmap gets no privileges; start it outside of the service, container or setpriv that sets it (systemd: NoNewPrivileges=no)");
		return true;
	}
	if (c->owner.names.n && c->owner.login_gid != c->id[GIDS]) {
		snprintf(
			why, size,
			"your group id is %u, and newuidmap wants the one of your login, %u; leave newgrp or sg",
			c->id[GIDS], c->owner.login_gid);
		return true;
	}
	return explain_helper(c, UIDS, why, size) || explain_helper(c, GIDS, why, size);
}
