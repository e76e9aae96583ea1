/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Profiles in Docker's format (archMap, includes, excludes) and in that of an OCI
 * configuration (architectures). What would make the filter another one than its
 * author meant is refused: never a container with half a filter. A profile is a
 * stranger's bytes.
 *
 * Source: OCI runtime-spec config-linux.md "Seccomp"; moby profiles; containers/common.
 */
#include <linux/seccomp.h>
#include <sys/utsname.h>

#include "sandbox/sandbox.h"
#include "sandbox/seccomp.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1U << 5) /* Linux 5.19 */
#endif

#define MAX_TEXT  (4U << 20)
#define MAX_RULES 20000 /* rules times names: five times what the longest program could hold */
#define MAX_ERRNO 4094  /* libseccomp takes no larger one */

#if defined(__x86_64__)
#define ARCH_NATIVE "SCMP_ARCH_X86_64"
#define ARCH_GO     "amd64"
#elif defined(__aarch64__)
#define ARCH_NATIVE "SCMP_ARCH_AARCH64"
#define ARCH_GO     "arm64"
#else
#define ARCH_NATIVE "SCMP_ARCH_NATIVE"
#define ARCH_GO     ""
#endif

/* names for numbers, for the string forms of errnoRet that podman writes */
static const struct {
	char name[20];
	uint32_t value;
} errnos[] = {
#define E(name)             \
	{                   \
#name, name \
	}
	E(EPERM),           E(ENOENT),       E(EINTR),        E(EIO),
	E(ENXIO),           E(EBADF),        E(EAGAIN),       E(ENOMEM),
	E(EACCES),          E(EFAULT),       E(EBUSY),        E(EEXIST),
	E(EXDEV),           E(ENODEV),       E(EINVAL),       E(ENFILE),
	E(EMFILE),          E(ENOTTY),       E(ENOSPC),       E(EROFS),
	E(ERANGE),          E(ENOSYS),       E(ENODATA),      E(EPROTO),
	E(ENOTSOCK),        E(EOPNOTSUPP),   E(EAFNOSUPPORT), E(EDOM),
	E(EPROTONOSUPPORT), E(ECONNREFUSED), E(ETIMEDOUT),    E(EDQUOT),
	E(ECANCELED),       E(ENOTDIR),
#undef E
};

static const struct action {
	const char *name;
	uint32_t ret;
	bool has_errno;
} actions[] = {
	{"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW, false},
	{"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO, true},
	{"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD, false},
	{"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD, false},
	{"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, false},
	{"SCMP_ACT_LOG", SECCOMP_RET_LOG, false},
	{"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF, false},
	{"SCMP_ACT_TRACE", SECCOMP_RET_TRACE, true},
	{"SCMP_ACT_TRAP", SECCOMP_RET_TRAP, false},
};

static const char *const ops[] = {
	[SECCOMP_NE] = "SCMP_CMP_NE",
	[SECCOMP_LT] = "SCMP_CMP_LT",
	[SECCOMP_LE] = "SCMP_CMP_LE",
	[SECCOMP_EQ] = "SCMP_CMP_EQ",
	[SECCOMP_GE] = "SCMP_CMP_GE",
	[SECCOMP_GT] = "SCMP_CMP_GT",
	[SECCOMP_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};

/*
 * TSYNC is about threads that are not there. The others are as their author wants them; a
 * profile that says nothing gets the stricter form, see seccomp_load().
 */
static const struct flag {
	const char *name;
	uint32_t value;
} flags[] = {
	{"SECCOMP_FILTER_FLAG_TSYNC", 0},
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
};

/* what libseccomp 2.5 knows; another one is an error of add_archs() */
static const char *const known_archs[] = {
	"SCMP_ARCH_X86",     "SCMP_ARCH_X86_64",   "SCMP_ARCH_X32",         "SCMP_ARCH_ARM",
	"SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",     "SCMP_ARCH_MIPS64",      "SCMP_ARCH_MIPS64N32",
	"SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",
	"SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",        "SCMP_ARCH_S390X",
	"SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",
};

/* ---- members that have to have a type --------------------------------------------------------- */

static int want_str(const json *j, const char *key, const char **out, struct err *e)
{
	json *v = json_get(j, key);

	*out = json_as_str(v);
	if (v && !*out)
		return fail(e, EINVAL, "\"%s\" is not a string", key);
	if (*out && strlen(*out) != json_str_len(v))
		return fail(e, EINVAL, "\"%s\" holds a zero byte", key);
	return 0;
}

static int want_arr(const json *j, const char *key, json **out, struct err *e)
{
	*out = json_get(j, key);
	if (*out && !json_is_arr(*out))
		return fail(e, EINVAL, "\"%s\" is not an array", key);
	return 0;
}

/* want_strv - append an array of strings; the member may be absent */
static int want_strv(const json *j, const char *key, struct strv *out, struct err *e)
{
	json *arr;
	int r = want_arr(j, key, &arr, e);

	for (size_t i = 0; r >= 0 && i < json_len(arr); i++) {
		const char *s = json_as_str(json_at(arr, i));

		if (!s)
			return fail(e, EINVAL, "\"%s\" holds something that is not a string", key);
		strv_add(out, s);
	}
	return r;
}

/* ---- actions ------------------------------------------------------------------------------------ */

static int read_errno(const json *j, const char *number_key, const char *name_key, uint32_t *out,
		      struct err *e)
{
	uint64_t n = EPERM;
	const char *name;
	int r = json_get_u64(j, number_key, &n);

	if (r == -EINVAL || n > MAX_ERRNO)
		return fail(e, EINVAL, "\"%s\" has to be a number from 0 to %d", number_key,
			    MAX_ERRNO);
	r = want_str(j, name_key, &name, e);
	if (r < 0)
		return r;
	for (size_t i = 0; name && *name && i < ARRAY_SIZE(errnos); i++) {
		if (streq(name, errnos[i].name)) {
			*out = errnos[i].value;
			return 0;
		}
	}
	if (name && *name)
		return fail(e, EINVAL, "\"%s\" is the name of no errno: '%s'; \"%s\" takes numbers",
			    name_key, name, number_key);
	*out = (uint32_t)n;
	return 0;
}

static int read_action(const json *j, const char *key, const char *number_key, const char *name_key,
		       uint32_t *out, struct err *e)
{
	const char *name;
	uint32_t code = 0;
	int r = want_str(j, key, &name, e);

	if (r < 0)
		return r;
	if (!name)
		return fail(e, EINVAL, "\"%s\" is missing", key);
	r = read_errno(j, number_key, name_key, &code, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (!streq(name, actions[i].name))
			continue;
		*out = actions[i].ret | (actions[i].has_errno ? code : 0);
		return 0;
	}
	return fail(e, EINVAL, "\"%s\" is no action: '%s'", key, name);
}

/* ---- conditions ----------------------------------------------------------------------------------- */

static bool has_cap(const char *name, uint64_t caps)
{
	uint64_t mask;

	return !streq(name, "ALL") && cap_parse(name, &mask, NULL) == 0 && caps & mask;
}

/* kernel_at_least - is the running kernel "MAJOR.MINOR" or later? -EINVAL when that is no version */
static int kernel_at_least(const char *version, struct err *e)
{
	unsigned major, minor, have_major = 0, have_minor = 0;
	struct utsname u;
	char end;

	if (sscanf(version, "%4u.%4u%c", &major, &minor, &end) != 2)
		return fail(e, EINVAL, "\"minKernel\" is no version: '%s'", version);
	if (uname(&u) == 0)
		sscanf(u.release, "%u.%u", &have_major, &have_minor);
	return have_major > major || (have_major == major && have_minor >= minor);
}

/**
 * struct condition - "includes" or "excludes" of an entry against this host
 * @all, @any: all, or at least one of what it lists is the case; of nothing, all is
 */
struct condition {
	bool all, any;
};

static int read_condition(const json *entry, const char *key, uint64_t caps, struct condition *c,
			  struct err *e)
{
	struct strv names cleanup_strv = {}, archs cleanup_strv = {};
	const json *j = json_get(entry, key);
	const char *kernel;
	bool arch = false;
	int r;

	*c = (struct condition){.all = true};
	if (!j)
		return 0;
	if (!json_is_obj(j))
		return fail(e, EINVAL, "\"%s\" is not an object", key);
	r = want_strv(j, "caps", &names, e);
	if (r >= 0)
		r = want_strv(j, "arches", &archs, e);
	if (r >= 0)
		r = want_str(j, "minKernel", &kernel, e);
	if (r < 0)
		return r;
	strv_for_each (name, &names) {
		bool has = has_cap(name, caps);

		c->all &= has;
		c->any |= has;
	}
	strv_for_each (name, &archs)
		arch |= streq(name, ARCH_GO);
	c->all &= arch || !archs.n;
	c->any |= arch;
	if (kernel && *kernel) {
		r = kernel_at_least(kernel, e);
		c->all &= r > 0;
		c->any |= r > 0;
	}
	return MIN(r, 0);
}

/* ---- entries of "syscalls" -------------------------------------------------------------------------- */

static int read_arg(const json *j, struct seccomp_arg *out, struct err *e)
{
	uint64_t index;
	const char *op;
	int r = want_str(j, "op", &op, e);

	if (r < 0)
		return r;
	if (!json_is_obj(j))
		return fail(e, EINVAL, "a condition is not an object");
	if (json_get_u64(j, "index", &index) < 0 || index >= SECCOMP_ARGS)
		return fail(e, EINVAL, "\"index\" has to be a number from 0 to %d",
			    SECCOMP_ARGS - 1);
	if (json_get_u64(j, "value", &out->value) < 0)
		return fail(e, EINVAL, "\"value\" has to be a number from 0 to 2^64 - 1");
	if (json_get_u64(j, "valueTwo", &out->value_two) == -EINVAL)
		return fail(e, EINVAL, "\"valueTwo\" has to be a number from 0 to 2^64 - 1");
	out->index = (unsigned)index;
	for (unsigned i = SECCOMP_NE; i < ARRAY_SIZE(ops); i++) {
		if (op && streq(op, ops[i])) {
			out->op = i;
			return 0;
		}
	}
	return fail(e, EINVAL, "\"op\" is no comparison: '%s'", op ? op : "");
}

static int read_args(const json *entry, struct seccomp_rule *rule, struct err *e)
{
	unsigned seen = 0;
	json *arr;
	int r = want_arr(entry, "args", &arr, e);

	if (r >= 0 && json_len(arr) > SECCOMP_ARGS)
		return fail(e, EINVAL, "\"args\" has more than %d conditions", SECCOMP_ARGS);
	for (size_t i = 0; r >= 0 && i < json_len(arr); i++) {
		struct seccomp_arg *arg = &rule->args[rule->nargs++];

		r = read_arg(json_at(arr, i), arg, e);
		if (r < 0)
			return fail_in(e, r, "args[%zu]", i);
		rule->any |= seen >> arg->index & 1;
		seen |= 1U << arg->index;
	}
	return r;
}

static int read_names(const json *entry, struct strv *names, struct err *e)
{
	const char *one;
	int r = want_strv(entry, "names", names, e);

	if (r >= 0)
		r = want_str(entry, "name", &one, e);
	if (r < 0)
		return r;
	if (one && *one && names->n)
		return fail(e, EINVAL, "it has both \"name\" and \"names\"");
	if (one && *one)
		strv_add(names, one);
	if (!names->n)
		return fail(e, EINVAL, "it names no system call");
	return 0;
}

static int read_entry(const json *entry, uint64_t caps, struct seccomp_rule *rule, bool *applies,
		      struct err *e)
{
	struct condition includes, excludes;
	int r;

	if (!json_is_obj(entry))
		return fail(e, EINVAL, "it is not an object");
	r = read_names(entry, &rule->names, e);
	if (r >= 0)
		r = read_action(entry, "action", "errnoRet", "errno", &rule->action, e);
	if (r >= 0)
		r = read_args(entry, rule, e);
	if (r >= 0)
		r = read_condition(entry, "includes", caps, &includes, e);
	if (r >= 0)
		r = read_condition(entry, "excludes", caps, &excludes, e);
	if (r >= 0)
		*applies = includes.all && !excludes.any;
	return r;
}

static int read_entries(const json *j, uint64_t caps, struct seccomp_profile *out, struct err *e)
{
	size_t work = 0;
	json *arr;
	int r = want_arr(j, "syscalls", &arr, e);

	if (r < 0 || !json_len(arr))
		return r;
	out->rules = xcalloc(json_len(arr), sizeof(out->rules[0]));
	for (size_t i = 0; i < json_len(arr); i++) {
		struct seccomp_rule *rule = &out->rules[out->n++];
		bool applies = false;

		r = read_entry(json_at(arr, i), caps, rule, &applies, e);
		if (r < 0)
			return fail_in(e, r, "syscalls[%zu]", i);
		if (!applies) {
			strv_free(&rule->names);
			*rule = (struct seccomp_rule){};
			out->n--;
			continue;
		}
		work += rule->names.n * (rule->any ? rule->nargs : 1);
		if (work > MAX_RULES)
			return fail(e, E2BIG,
				    "more than %d rules; the kernel takes programs of "
				    "4096 instructions",
				    MAX_RULES);
	}
	return 0;
}

/* ---- the head ----------------------------------------------------------------------------------------- */

static int add_arch(struct strv *archs, const char *name, struct err *e)
{
	char lower[32] = "";

	if (!str_has_prefix(name, "SCMP_ARCH_") || strlen(name) - 10 >= sizeof(lower))
		return fail(e, EINVAL, "there is no architecture '%s'", name);
	for (size_t i = 10; name[i]; i++)
		lower[i - 10] = (char)(name[i] | (name[i] >= 'A' && name[i] <= 'Z' ? 0x20 : 0));
	if (!strv_has(archs, lower))
		strv_add(archs, lower);
	return 0;
}

static int read_arch_map(const json *map, struct strv *names, struct err *e)
{
	for (size_t i = 0; i < json_len(map); i++) {
		const json *entry = json_at(map, i);
		const char *arch;
		int r = want_str(entry, "architecture", &arch, e);

		if (r < 0)
			return r;
		if (!arch)
			return fail(e, EINVAL, "archMap[%zu] has no \"architecture\"", i);
		if (!streq(arch, ARCH_NATIVE))
			continue;
		strv_add(names, arch);
		r = want_strv(entry, "subArchitectures", names, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_archs(const json *j, struct strv *archs, struct err *e)
{
	struct strv names cleanup_strv = {};
	json *map;
	int r = want_strv(j, "architectures", &names, e);

	if (r >= 0)
		r = want_arr(j, "archMap", &map, e);
	if (r < 0)
		return r;
	if (names.n && json_len(map))
		return fail(e, EINVAL, "it has both \"architectures\" and \"archMap\"");
	r = read_arch_map(map, &names, e);
	strv_for_each (name, &names)
		if (r >= 0)
			r = add_arch(archs, name, e);
	return r;
}

static int read_flags(const json *j, uint32_t *out, struct err *e)
{
	struct strv names cleanup_strv = {};
	int r = want_strv(j, "flags", &names, e);

	if (r < 0)
		return r;
	strv_for_each (name, &names) {
		size_t i = 0;

		while (i < ARRAY_SIZE(flags) && !streq(name, flags[i].name))
			i++;
		if (i == ARRAY_SIZE(flags))
			return fail(e, EINVAL, "there is no flag '%s'", name);
		*out |= flags[i].value;
	}
	return 0;
}

static bool notifies(const struct seccomp_profile *p)
{
	bool found = p->default_action == SECCOMP_RET_USER_NOTIF;

	for (size_t i = 0; i < p->n; i++)
		found |= p->rules[i].action == SECCOMP_RET_USER_NOTIF;
	return found;
}

/* Whoever gets the calls: without him they would wait for ever, or fail with ENOSYS. */
static int read_listener(const json *j, struct seccomp_profile *out, struct err *e)
{
	const char *path, *metadata;
	int r = want_str(j, "listenerPath", &path, e);

	if (!r)
		r = want_str(j, "listenerMetadata", &metadata, e);
	if (r < 0)
		return r;
	out->notify = notifies(out);
	if (out->default_action == SECCOMP_RET_USER_NOTIF)
		return fail(
			e, EINVAL,
			"\"defaultAction\" cannot be SCMP_ACT_NOTIFY: it needs a listener, who would "
			"wait for himself; name the system calls");
	if (out->notify && (!path || !*path))
		return fail(
			e, EINVAL,
			"SCMP_ACT_NOTIFY needs a listener: give its socket as \"listenerPath\"");
	if (path && *path && *path != '/')
		return fail(e, EINVAL, "\"listenerPath\" is not an absolute path: '%s'", path);
	/* A listener of nothing would never hear: that is no error, and nobody is told. */
	if (out->notify) {
		out->listener = xstrdup(path);
		out->metadata = xstrdup(metadata ? metadata : "");
	} else {
		out->flags &= ~(uint32_t)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	}
	return 0;
}

/* seccomp_word - the words that a profile may hold: i-th action, operator or flag; NULL behind them */
const char *seccomp_word(enum seccomp_words which, size_t i)
{
	switch (which) {
	case SECCOMP_ACTIONS:
		return i < ARRAY_SIZE(actions) ? actions[i].name : NULL;
	case SECCOMP_OPERATORS:
		return i + SECCOMP_NE < ARRAY_SIZE(ops) ? ops[i + SECCOMP_NE] : NULL;
	case SECCOMP_FLAGS:
		return i < ARRAY_SIZE(flags) ? flags[i].name : NULL;
	case SECCOMP_ARCHS:
		return i < ARRAY_SIZE(known_archs) ? known_archs[i] : NULL;
	}
	return NULL;
}

/**
 * seccomp_profile_read - a profile from JSON
 * @j: the profile, or "linux.seccomp" of an OCI configuration; borrowed
 * @caps: what the container may have, for includes and excludes
 * @out: receives it, for seccomp_profile_free(); empty on failure
 * @e: without the profile's name
 *
 * Return: 0 or -EINVAL, -E2BIG.
 */
int seccomp_profile_read(const json *j, uint64_t caps, struct seccomp_profile *out, struct err *e)
{
	int r;

	*out = (struct seccomp_profile){};
	if (!json_is_obj(j))
		return fail(e, EINVAL, "a profile is a JSON object");
	r = read_action(j, "defaultAction", "defaultErrnoRet", "defaultErrno", &out->default_action,
			e);
	if (r >= 0)
		r = read_archs(j, &out->archs, e);
	if (r >= 0)
		r = read_flags(j, &out->flags, e);
	if (r >= 0)
		r = read_entries(j, caps, out, e);
	if (r >= 0)
		r = read_listener(j, out, e);
	if (r < 0)
		seccomp_profile_free(out);
	return r;
}

/**
 * seccomp_profile_parse - a profile from text; as seccomp_profile_read()
 * @text: borrowed, hostile
 */
int seccomp_profile_parse(const char *text, size_t n, uint64_t caps, struct seccomp_profile *out,
			  struct err *e)
{
	json *j cleanup_json = NULL;
	int r;

	*out = (struct seccomp_profile){};
	if (n > MAX_TEXT)
		return fail(e, EFBIG, "it is larger than %u MiB", MAX_TEXT >> 20);
	r = json_parse(text, n, &j, e);
	return r < 0 ? r : seccomp_profile_read(j, caps, out, e);
}

void seccomp_profile_free(struct seccomp_profile *p)
{
	for (size_t i = 0; i < p->n; i++)
		strv_free(&p->rules[i].names);
	free(p->rules);
	strv_free(&p->archs);
	free(p->listener);
	free(p->metadata);
	*p = (struct seccomp_profile){};
}
