/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Users and subordinate ids of a directory service, by libc and libsubid. That is loaded only
 * when nsswitch.conf names one: it brings libc's name services and libaudit along.
 */
#include <dlfcn.h>
#include <pwd.h>

#include "sandbox/idmap_internal.h"

/** struct lib_range - struct subid_range of libsubid, the same since its version 1 */
struct lib_range {
	unsigned long start, count;
};

struct lib {
	void *handle;
	int (*get[2])(const char *owner, struct lib_range **ranges);
};

/*
 * The library talks to stderr about what it tries; what matters comes back as a
 * result. It keeps the stream, and stays loaded.
 */
static void hush(void *handle)
{
	bool (*init)(const char *program, FILE *log) = NULL;
	void *f = dlsym(handle, "subid_init");
	FILE *null;

	if (!f)
		f = dlsym(handle, "libsubid_init");
	null = f ? fopen("/dev/null", "we") : NULL;
	if (!null)
		return;
	memcpy(&init, &f, sizeof(f));
	init("sandbox", null);
}

/* subid_get_uid_ranges since libsubid 4; get_subuid_ranges in 3 and before */
static bool lib_open(struct lib *lib)
{
	static const char *const sonames[] = {"libsubid.so.5", "libsubid.so.4", "libsubid.so.3"};
	static const char *const symbols[2][2] = {{"subid_get_uid_ranges", "get_subuid_ranges"},
						  {"subid_get_gid_ranges", "get_subgid_ranges"}};

	*lib = (struct lib){};
	for (size_t i = 0; i < ARRAY_SIZE(sonames) && !lib->handle; i++)
		lib->handle = dlopen(sonames[i], RTLD_NOW | RTLD_LOCAL);
	if (lib->handle)
		hush(lib->handle);
	for (size_t w = 0; lib->handle && w < 2; w++) {
		void *f = NULL;

		for (size_t i = 0; i < 2 && !f; i++)
			f = dlsym(lib->handle, symbols[w][i]);
		/* ISO C has no cast from an object pointer to a function. */
		memcpy(&lib->get[w], &f, sizeof(f));
	}
	return lib->get[UIDS] && lib->get[GIDS];
}

static void query(const struct lib *lib, enum which w, const char *service, const struct owner *o,
		  struct subids *out)
{
	struct lib_range *list = NULL;
	int n = lib->get[w](o->names.v[0], &list);

	*out = (struct subids){.state = SUBID_NO_LINE};
	for (int i = 0; i < n; i++) {
		if (range_valid(list[i].start, list[i].count))
			ranges_add(&out->ranges, (uint32_t)list[i].start, (uint32_t)list[i].count);
	}
	free(list);
	if (out->ranges.n)
		out->state = SUBID_OK;
	else
		snprintf(out->why, sizeof(out->why),
			 "the service \"%s\" of nsswitch.conf gives %s no %s ids", service,
			 o->names.v[0], w == UIDS ? "user" : "group");
}

/**
 * owner_ask - ask name services who a uid is
 * @o: its uid is set; receives the name and login group, if there are any
 */
void owner_ask(struct owner *o)
{
	struct passwd *p = getpwuid(o->uid);

	if (p) {
		o->login_gid = p->pw_gid;
		strv_add(&o->names, p->pw_name);
	}
}

/**
 * subid_from_library - ask libsubid for both kinds of ids
 * @service: what nsswitch.conf names, for messages
 *
 * Context: loads libraries and may talk to a daemon. The library stays loaded.
 */
void subid_from_library(const char *service, const struct owner *o, struct subids *uid,
			struct subids *gid)
{
	struct lib lib;

	if (o->names.n && lib_open(&lib)) {
		query(&lib, UIDS, service, o, uid);
		query(&lib, GIDS, service, o, gid);
		return;
	}
	*uid = (struct subids){.state = SUBID_NO_LIBRARY};
	snprintf(uid->why, sizeof(uid->why), "nsswitch.conf says \"subid: %s\", and %s", service,
		 o->names.n ? "libsubid is not installed" : "this user id has no name");
	*gid = *uid;
}
