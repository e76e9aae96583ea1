/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Custom profiles become programs with the help of libseccomp, which is opened only then: the
 * default filter does not need it, and its 0.1 ms at each start neither. It knows the calls'
 * numbers; the program is made by seccomp_tree.c, or, of what that does not know, by libseccomp.
 *
 * libseccomp drops a rule with conditions beside one without, whatever their actions
 * and order, and nobody hears of it: such a profile is refused.
 */
#include <dlfcn.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <sys/mman.h>

#include "sandbox/seccomp.h"

#define LIBSECCOMP "libseccomp.so.2"
#define MAX_INSNS  4096 /* BPF_MAXINSNS */
#define MANY_RULES 32   /* from here on a binary tree pays */
#define NAMES_SAID 8

_Static_assert((int)SECCOMP_NE == (int)SCMP_CMP_NE &&
		       (int)SECCOMP_MASKED_EQ == (int)SCMP_CMP_MASKED_EQ,
	       "comparisons have libseccomp's values");

#define LIB_FUNCTIONS(X)             \
	X(init)                      \
	X(release)                   \
	X(attr_set)                  \
	X(arch_native)               \
	X(arch_resolve_name)         \
	X(arch_add)                  \
	X(syscall_resolve_name)      \
	X(syscall_resolve_name_arch) \
	X(rule_add_array)            \
	X(export_bpf)

struct lib {
#define MEMBER(name) __typeof__(&seccomp_##name) name;
	LIB_FUNCTIONS(MEMBER)
#undef MEMBER
};

/* struct call_rule - one rule as libseccomp takes it */
struct call_rule {
	int nr;
	const char *name;
	uint32_t action;
	bool ignored;
	unsigned nargs;
	struct scmp_arg_cmp args[SECCOMP_ARGS];
};

struct call_rules {
	struct call_rule *v;
	size_t n;
};

static int open_lib(struct lib *lib, struct err *e)
{
	void *handle = dlopen(LIBSECCOMP, RTLD_NOW | RTLD_LOCAL); /* stays: there is one profile */

	if (!handle)
		return fail(e, ENOENT, "it needs %s: %s; install libseccomp2", LIBSECCOMP,
			    dlerror());
#define LOOK_UP(name)                                                                    \
	lib->name = (__typeof__(lib->name))dlsym(handle, "seccomp_" #name);              \
	if (!lib->name)                                                                  \
		return fail(e, ENOSYS, "%s lacks seccomp_%s; it has to be 2.5 or later", \
			    LIBSECCOMP, #name);
	LIB_FUNCTIONS(LOOK_UP)
#undef LOOK_UP
	return 0;
}

/* ---- rules ------------------------------------------------------------------------------------- */

static void add_call(struct call_rules *to, int nr, const char *name,
		     const struct seccomp_rule *rule, unsigned first, unsigned n)
{
	struct call_rule *c = &to->v[to->n++];

	*c = (struct call_rule){nr, name, rule->action, false, n, {}};
	for (unsigned i = 0; i < n; i++) {
		const struct seccomp_arg *a = &rule->args[first + i];

		c->args[i].arg = a->index;
		c->args[i].op = (enum scmp_compare)a->op;
		c->args[i].datum_a = a->value;
		c->args[i].datum_b = a->op == SECCOMP_MASKED_EQ ? a->value_two : 0;
	}
}

static void warn_names(const char *what, const struct strv *names)
{
	struct buf b cleanup_buf = {};

	if (!names->n)
		return;
	for (size_t i = 0; i < MIN(names->n, (size_t)NAMES_SAID); i++)
		buf_printf(&b, "%s%s", i ? ", " : "", names->v[i]);
	if (names->n > NAMES_SAID)
		buf_printf(&b, " and %zu more", names->n - NAMES_SAID);
	log_warn("seccomp profile: %s %s, ignoring", what, b.data);
}

/* flatten - one rule for each name and alternative; those that say the default again are left out */
static void flatten(const struct lib *lib, const struct seccomp_profile *p, struct call_rules *out)
{
	struct strv unknown cleanup_strv = {};
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->rules[i].names.n * MAX(p->rules[i].nargs, 1U);
	out->v = xcalloc(MAX(n, (size_t)1), sizeof(out->v[0]));
	for (size_t i = 0; i < p->n; i++) {
		const struct seccomp_rule *rule = &p->rules[i];

		if (rule->action == p->default_action)
			continue;
		strv_for_each (name, &rule->names) {
			int nr = lib->syscall_resolve_name(name);

			if (nr == __NR_SCMP_ERROR) {
				if (!strv_has(&unknown, name))
					strv_add(&unknown, name);
			} else if (!rule->any) {
				add_call(out, nr, name, rule, 0, rule->nargs);
			} else {
				for (unsigned a = 0; a < rule->nargs; a++)
					add_call(out, nr, name, rule, a, 1);
			}
		}
	}
	warn_names("libseccomp does not know the system calls", &unknown);
}

static int by_call(const struct call_rule *x, const struct call_rule *y)
{
	if (x->nr != y->nr)
		return x->nr < y->nr ? -1 : 1;
	if (x->nargs != y->nargs)
		return x->nargs < y->nargs ? -1 : 1;
	return memcmp(x->args, y->args, sizeof(x->args));
}

static int by_call_and_order(const void *a, const void *b)
{
	const struct call_rule *x = *(struct call_rule *const *)a;
	const struct call_rule *y = *(struct call_rule *const *)b;
	int r = by_call(x, y);

	return r ? r : x < y ? -1 : x > y;
}

/*
 * resolve_conflicts - look for rules that contradict each other
 *
 * Of two rules without conditions the first one counts, as it does under podman and
 * Docker: podman's own default profile has such pairs. Anything else is refused.
 */
static int resolve_conflicts(struct call_rules *rules, struct err *e)
{
	struct call_rule **sorted cleanup_free = xcalloc(MAX(rules->n, (size_t)1), sizeof(*sorted));
	const struct call_rule *whole = NULL; /* the rule without conditions of this call */
	struct strv ignored cleanup_strv = {};

	for (size_t i = 0; i < rules->n; i++)
		sorted[i] = &rules->v[i];
	qsort(sorted, rules->n, sizeof(*sorted), by_call_and_order);
	for (size_t i = 0; i < rules->n; i++) {
		struct call_rule *r = sorted[i];
		bool again = i && by_call(sorted[i - 1], r) == 0;

		if (!i || sorted[i - 1]->nr != r->nr)
			whole = r->nargs ? NULL : r;
		if (!r->nargs && r->action != whole->action) {
			r->ignored = true;
			strv_add(&ignored, r->name);
		} else if ((r->nargs && again && sorted[i - 1]->action != r->action) ||
			   (whole && whole->action != r->action)) {
			return fail(e, EINVAL, "two rules for %s contradict each other; delete one",
				    r->name);
		}
	}
	warn_names("rules contradict an earlier one for", &ignored);
	return 0;
}

static int add_rules(const struct lib *lib, scmp_filter_ctx ctx, const struct call_rules *rules,
		     struct err *e)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct call_rule *c = &rules->v[i];
		int r = c->ignored ? 0
				   : lib->rule_add_array(ctx, c->action, c->nr, c->nargs, c->args);

		/* EEXIST: a rule twice, which does no harm */
		if (r < 0 && r != -EEXIST)
			return fail(e, -r, "libseccomp takes no rule for %s: %s", c->name,
				    strerror(-r));
	}
	return 0;
}

/* ---- the program ---------------------------------------------------------------------------------- */

static int add_archs(const struct lib *lib, scmp_filter_ctx ctx, const struct strv *archs,
		     struct err *e)
{
	strv_for_each (name, archs) {
		uint32_t token = lib->arch_resolve_name(name);
		int r = token ? lib->arch_add(ctx, token) : -EINVAL;

		if (r < 0 && r != -EEXIST)
			return fail(e, -r, "libseccomp takes no architecture '%s' here", name);
	}
	return 0;
}

static int export_program(const struct lib *lib, scmp_filter_ctx ctx, struct sock_fprog *out,
			  struct err *e)
{
	int fd cleanup_close = memfd_create("seccomp", MFD_CLOEXEC);
	off_t size;
	int r;

	if (fd < 0)
		return fail_errno(e, "memfd_create");
	r = lib->export_bpf(ctx, fd);
	if (r < 0)
		return fail(e, -r, "libseccomp cannot make a program of it: %s", strerror(-r));
	size = lseek(fd, 0, SEEK_END);
	if (size <= 0 || size % (off_t)sizeof(struct sock_filter) || lseek(fd, 0, SEEK_SET) < 0)
		return fail(e, EIO, "libseccomp wrote a program of %lld bytes", (long long)size);
	if (size > (off_t)(MAX_INSNS * sizeof(struct sock_filter)))
		return fail(e, E2BIG,
			    "its program has %lld instructions and the kernel takes %d; "
			    "it needs fewer rules",
			    (long long)size / (long long)sizeof(struct sock_filter), MAX_INSNS);
	out->filter = xmalloc((size_t)size);
	out->len = (unsigned short)((size_t)size / sizeof(struct sock_filter));
	if (read_full(fd, out->filter, (size_t)size) != size) {
		free(take_ptr(out->filter));
		return fail(e, EIO, "cannot read the program back");
	}
	return 0;
}

static int by_library(const struct lib *lib, scmp_filter_ctx ctx, const struct seccomp_profile *p,
		      const struct call_rules *rules, struct sock_fprog *out, struct err *e)
{
	int r;

	/* one thread killed for a foreign ABI would leave half a program */
	r = lib->attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r < 0)
		return fail(e, -r, "libseccomp: %s", strerror(-r));
	r = add_archs(lib, ctx, &p->archs, e);
	if (r < 0)
		return r;
	if (rules->n > MANY_RULES && lib->attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) < 0)
		log_debug("seccomp profile: libseccomp makes no binary tree, ignoring");
	r = add_rules(lib, ctx, rules, e);
	return r < 0 ? r : export_program(lib, ctx, out, e);
}

/* ---- the program, by us ------------------------------------------------------------------------------ */

static const struct abi {
	uint32_t token, audit;
	bool wide;
} abis[] = {
	{SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, true}, {SCMP_ARCH_X32, AUDIT_ARCH_X86_64, false},
	{SCMP_ARCH_X86, AUDIT_ARCH_I386, false},     {SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, true},
	{SCMP_ARCH_ARM, AUDIT_ARCH_ARM, false},
};

/*
 * i386 has these calls as parts of socketcall() and ipc(), whose numbers libseccomp makes up, and
 * most of them by themselves as well.
 */
static const struct {
	const char *name;
	uint32_t nr;
} direct[] = {
	{"socket", 359},      {"socketpair", 360},  {"bind", 361},       {"connect", 362},
	{"listen", 363},      {"accept4", 364},     {"getsockopt", 365}, {"setsockopt", 366},
	{"getsockname", 367}, {"getpeername", 368}, {"sendto", 369},     {"sendmsg", 370},
	{"recvfrom", 371},    {"recvmsg", 372},     {"shutdown", 373},   {"recvmmsg", 337},
	{"sendmmsg", 345},    {"semget", 393},      {"semctl", 394},     {"shmget", 395},
	{"shmctl", 396},      {"shmat", 397},       {"shmdt", 398},      {"msgget", 399},
	{"msgsnd", 400},      {"msgrcv", 401},      {"msgctl", 402},
};

#define IS_PART(nr)    ((nr) <= -100 && (nr) > -300)
#define IS_PART_OF(nr) ((nr) > -200 ? "socketcall" : "ipc")

static bool is_whole(const struct call_rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->n; i++) {
		if (!rules->v[i].nargs && !rules->v[i].ignored && streq(rules->v[i].name, name))
			return true;
	}
	return false;
}

/* What the call that a part belongs to says hides the part, so only the call of its own is left. */
static int number_of_part(const struct call_rules *rules, const struct call_rule *rule, int nr)
{
	if (!is_whole(rules, IS_PART_OF(nr)))
		return -EOPNOTSUPP;
	for (size_t i = 0; i < ARRAY_SIZE(direct); i++) {
		if (streq(direct[i].name, rule->name))
			return (int)direct[i].nr;
	}
	return -ENOENT;
}

/* Return: 0, also for a call that the ABI lacks; or -EOPNOTSUPP. */
static int add_case(const struct lib *lib, const struct abi *abi, const struct call_rules *rules,
		    const struct call_rule *rule, struct seccomp_case *v, size_t *n)
{
	int nr = lib->syscall_resolve_name_arch(abi->token, rule->name);
	struct seccomp_case *c = &v[*n];

	if (IS_PART(nr))
		nr = number_of_part(rules, rule, nr);
	if (nr == -EOPNOTSUPP)
		return nr;
	if (nr < 0)
		return 0;
	*c = (struct seccomp_case){abi->audit, (uint32_t)nr, rule->action,
				   abi->wide,  rule->nargs,  {}};
	for (unsigned i = 0; i < rule->nargs; i++)
		c->args[i] = (struct seccomp_arg){rule->args[i].arg,
						  (enum seccomp_op)rule->args[i].op,
						  rule->args[i].datum_a, rule->args[i].datum_b};
	(*n)++;
	return 0;
}

static bool wants(const struct lib *lib, const struct seccomp_profile *p, uint32_t token)
{
	bool found = token == lib->arch_native();

	strv_for_each (name, &p->archs)
		found |= token == lib->arch_resolve_name(name);
	return found;
}

static bool all_abis_known(const struct lib *lib, const struct seccomp_profile *p)
{
	/* The numbers of x32 are some of x86_64's. */
	bool all = wants(lib, p, SCMP_ARCH_X86_64) || !wants(lib, p, SCMP_ARCH_X32);

	strv_for_each (name, &p->archs) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(abis); i++)
			known |= abis[i].token == lib->arch_resolve_name(name);
		all &= known;
	}
	return all;
}

/* Return: 0, or -EOPNOTSUPP without an error. */
static int by_tree(const struct lib *lib, const struct seccomp_profile *p,
		   const struct call_rules *rules, struct sock_fprog *out)
{
	struct seccomp_case *v cleanup_free = xcalloc(ARRAY_SIZE(abis) * rules->n + 1, sizeof(*v));
	uint32_t audits[ARRAY_SIZE(abis)];
	size_t n = 0, naudits = 0;
	int r = all_abis_known(lib, p) ? 0 : -EOPNOTSUPP;

	for (size_t a = 0; !r && a < ARRAY_SIZE(abis); a++) {
		if (!wants(lib, p, abis[a].token))
			continue;
		if (!naudits || audits[naudits - 1] != abis[a].audit)
			audits[naudits++] = abis[a].audit;
		for (size_t i = 0; !r && i < rules->n; i++) {
			if (!rules->v[i].ignored)
				r = add_case(lib, &abis[a], rules, &rules->v[i], v, &n);
		}
	}
	return r < 0 ? r
		     : seccomp_tree(v, n, audits, naudits, wants(lib, p, SCMP_ARCH_X32),
				    p->default_action, out);
}

static int make(const struct lib *lib, scmp_filter_ctx ctx, const struct seccomp_profile *p,
		enum seccomp_maker maker, struct sock_fprog *out, struct err *e)
{
	struct call_rules rules = {};
	int r;

	flatten(lib, p, &rules);
	r = resolve_conflicts(&rules, e);
	if (!r && maker != SECCOMP_BY_LIBRARY) {
		r = by_tree(lib, p, &rules, out);
		if (r == -EOPNOTSUPP && maker == SECCOMP_BY_ANY)
			r = by_library(lib, ctx, p, &rules, out, e);
	} else if (!r) {
		r = by_library(lib, ctx, p, &rules, out, e);
	}
	free(rules.v);
	return r;
}

/**
 * seccomp_profile_make - as seccomp_profile_compile()
 * @maker: who makes the program; with SECCOMP_BY_TREE -EOPNOTSUPP says that he cannot
 */
int seccomp_profile_make(const struct seccomp_profile *p, enum seccomp_maker maker,
			 struct sock_fprog *out, struct err *e)
{
	struct lib lib = {};
	scmp_filter_ctx ctx;
	int r = open_lib(&lib, e);

	if (r < 0)
		return r;
	ctx = lib.init(p->default_action);
	if (!ctx)
		return fail(e, EINVAL, "libseccomp does not take its default action");
	r = make(&lib, ctx, p, maker, out, e);
	lib.release(ctx);
	return r;
}

/**
 * seccomp_profile_compile - a profile's program
 * @p: borrowed
 * @out: filter is new, for free()
 * @e: without the profile's name
 *
 * Return: 0, -ENOENT without libseccomp, -EINVAL for contradictions and what
 * libseccomp refuses, -E2BIG for more than the kernel takes.
 */
int seccomp_profile_compile(const struct seccomp_profile *p, struct sock_fprog *out, struct err *e)
{
	return seccomp_profile_make(p, SECCOMP_BY_ANY, out, e);
}

/**
 * seccomp_program - the program of a profile in Docker's format
 * @text: JSON of @n bytes
 * @caps: what the container may have, for includes and excludes
 * @out: filter is new, for free()
 *
 * Return: as seccomp_profile_parse() and seccomp_profile_compile().
 */
int seccomp_program(const char *text, size_t n, uint64_t caps, struct sock_fprog *out,
		    struct err *e)
{
	struct seccomp_profile p;
	int r = seccomp_profile_parse(text, n, caps, &p, e);

	if (r < 0)
		return r;
	r = seccomp_profile_compile(&p, out, e);
	seccomp_profile_free(&p);
	return r;
}
