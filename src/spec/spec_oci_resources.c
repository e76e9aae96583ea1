/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "linux.resources" of config.json as lines for a control group of version 2: "FILE=VALUE",
 * in the order in which they are to be written. What version 1 alone had (kernel memory,
 * swappiness, net_cls) has no file there and is left out; nothing is bounded more by it.
 *
 * Source: runtime-spec config-linux.md; Documentation/admin-guide/cgroup-v2.rst; the
 * conversions of crun's cgroup v2 page, which runc and systemd share.
 */
#include "spec/internal.h"

/* A file's line, in place of an earlier one of the same file: `update` says it again. */
static void put(struct spec *s, const char *file, const char *fmt, ...) __printf_fmt(3, 4);
static void put(struct spec *s, const char *file, const char *fmt, ...)
{
	cleanup_buf struct buf value = {};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&value, fmt, ap);
	va_end(ap);
	env_set(&s->oci.cgroup_files, file, value.data);
}

/* -1 is no limit, and so is what callers make of it in an unsigned variable. */
static void put_limit(struct spec *s, const char *file, int64_t v)
{
	if (v < 0)
		put(s, file, "max");
	else
		put(s, file, "%lld", (long long)v);
}

/* A limit: -1 or from 0; numbers above int64_t are no limit, too. */
static int read_limit(const struct node *n, int64_t *out, bool *has, struct err *e)
{
	uint64_t big;

	*has = n->v;
	if (n->v && json_as_u64(n->v, &big) == 0 && big > INT64_MAX) {
		*out = -1;
		return 0;
	}
	return node_int(n, -1, INT64_MAX, out, e);
}

/* ---- memory ---------------------------------------------------------------------------------------- */

static int read_memory(void *ctx, const struct node *n, struct err *e)
{
	struct spec *s = ctx;
	struct node limit = node_get(n, "limit"), swap = node_get(n, "swap"),
		    reservation = node_get(n, "reservation");
	int64_t max = 0, both = 0, low = 0;
	bool has_max, has_both, has_low;
	int r = json_is_obj(n->v) ? 0 : node_fail(n, e, "has to be an object");

	if (!r)
		r = read_limit(&limit, &max, &has_max, e);
	if (!r)
		r = read_limit(&swap, &both, &has_both, e);
	if (!r)
		r = read_limit(&reservation, &low, &has_low, e);
	if (r < 0)
		return r;
	/* "swap" is memory and swap together, memory.swap.max swap alone. */
	if (has_both && both > 0 && (!has_max || max < 0))
		return node_fail(&swap, e,
				 "is memory and swap together: it needs \"limit\" as well");
	if (has_both && both > 0 && both < max)
		return node_fail(&swap, e,
				 "is memory and swap together: it cannot be below \"limit\"");
	/* 0 is what Go's callers write for "not set". */
	if (has_max && max)
		put_limit(s, "memory.max", max);
	if (has_both && both)
		put_limit(s, "memory.swap.max", both < 0 ? -1 : both - max);
	if (has_low && low)
		put_limit(s, "memory.low", low);
	return 0;
}

/* ---- processors --------------------------------------------------------------------------------------- */

/* 2..262144 becomes 1..10000, 1024 becomes 39 of 100: systemd's and crun's line. */
static uint64_t weight_of(uint64_t shares)
{
	if (shares < 2)
		shares = 2;
	if (shares > 262144)
		shares = 262144;
	return 1 + (shares - 2) * 9999 / 262142;
}

static int read_cpu_time(struct spec *s, const struct node *n, struct err *e)
{
	struct node quota_n = node_get(n, "quota"), period_n = node_get(n, "period"),
		    burst_n = node_get(n, "burst"), shares_n = node_get(n, "shares"),
		    idle_n = node_get(n, "idle");
	int64_t quota = 0, idle = 0;
	uint64_t period = 0, shares = 0, burst = 0;
	int r = node_int(&quota_n, -1, INT64_MAX, &quota, e);

	if (!r)
		r = node_u64(&period_n, &period, e);
	if (!r)
		r = node_u64(&shares_n, &shares, e);
	if (!r)
		r = node_u64(&burst_n, &burst, e);
	if (!r)
		r = node_int(&idle_n, 0, 1, &idle, e);
	if (r < 0)
		return r;
	if (shares)
		put(s, "cpu.weight", "%llu", (unsigned long long)weight_of(shares));
	if (quota > 0)
		put(s, "cpu.max", "%lld %llu", (long long)quota,
		    (unsigned long long)(period ? period : 100000));
	else if (quota < 0 || period)
		put(s, "cpu.max", "max %llu", (unsigned long long)(period ? period : 100000));
	if (burst_n.v)
		put(s, "cpu.max.burst", "%llu", (unsigned long long)burst);
	if (idle_n.v)
		put(s, "cpu.idle", "%lld", (long long)idle);
	return 0;
}

static int read_set(struct spec *s, const struct node *n, const char *key, const char *file,
		    struct err *e)
{
	struct node list = node_get(n, key);
	const char *text = NULL;
	int r = node_str(&list, &text, e);

	if (r < 0 || !text || !*text)
		return r;
	if (number_list(text, NULL, 0) < 0)
		return node_fail(&list, e, "\"%.100s\" is no list such as 0-3,7", text);
	put(s, file, "%s", text);
	return 0;
}

static int read_cpu(void *ctx, const struct node *n, struct err *e)
{
	int r = json_is_obj(n->v) ? 0 : node_fail(n, e, "has to be an object");

	if (!r)
		r = read_cpu_time(ctx, n, e);
	if (!r)
		r = read_set(ctx, n, "cpus", "cpuset.cpus", e);
	return r < 0 ? r : read_set(ctx, n, "mems", "cpuset.mems", e);
}

static int read_pids(void *ctx, const struct node *n, struct err *e)
{
	struct node limit = node_get(n, "limit");
	int64_t max = 0;
	bool has;
	int r = json_is_obj(n->v) ? read_limit(&limit, &max, &has, e)
				  : node_fail(n, e, "has to be an object");

	if (!r && has && max)
		put_limit(ctx, "pids.max", max);
	return r;
}

/* ---- block devices -------------------------------------------------------------------------------------- */

/** struct throttle - a device and a limit of it */
struct throttle {
	uint32_t major, minor;
	uint64_t rate;
};

static int throttle_major(void *ctx, const struct node *n, struct err *e)
{
	return node_u32(n, 0xfff, &((struct throttle *)ctx)->major, e);
}

static int throttle_minor(void *ctx, const struct node *n, struct err *e)
{
	return node_u32(n, 0xfffff, &((struct throttle *)ctx)->minor, e);
}

static int throttle_rate(void *ctx, const struct node *n, struct err *e)
{
	return node_u64(n, &((struct throttle *)ctx)->rate, e);
}

static int read_throttle(void *ctx, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"major", throttle_major, true},
		{"minor", throttle_minor, true},
		{"rate", throttle_rate, true},
	};
	static const struct {
		const char *list, *word;
	} kinds[] = {
		{"throttleReadBpsDevice", "rbps"},
		{"throttleWriteBpsDevice", "wbps"},
		{"throttleReadIOPSDevice", "riops"},
		{"throttleWriteIOPSDevice", "wiops"},
	};
	struct throttle t = {};
	int r = node_members(&t, n, members, ARRAY_SIZE(members), e);

	for (size_t i = 0; !r && i < ARRAY_SIZE(kinds); i++) {
		if (!streq(n->up->key, kinds[i].list))
			continue;
		/* A line for each device and kind: a write changes nothing but what it names. */
		strv_addf(&((struct spec *)ctx)->oci.cgroup_files, "io.max=%u:%u %s=%llu", t.major,
			  t.minor, kinds[i].word, (unsigned long long)t.rate);
	}
	return r;
}

static int throttle_list(void *ctx, const struct node *n, struct err *e)
{
	return node_each(ctx, n, read_throttle, e);
}

/* 10..1000 becomes 1..10000 */
static int io_weight(void *ctx, const struct node *n, struct err *e)
{
	uint32_t w = 0;
	int r = node_u32(n, 1000, &w, e);

	if (!r && w && w < 10)
		return node_fail(n, e, "has to be a whole number from 10 to 1000");
	if (!r && w)
		put(ctx, "io.weight", "%u", 1 + (w - 10) * 9999 / 990);
	return r;
}

static int read_block(void *ctx, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"weight", io_weight, false},
		{"throttleReadBpsDevice", throttle_list, false},
		{"throttleWriteBpsDevice", throttle_list, false},
		{"throttleReadIOPSDevice", throttle_list, false},
		{"throttleWriteIOPSDevice", throttle_list, false},
	};

	return node_members(ctx, n, members, ARRAY_SIZE(members), e);
}

/* ---- huge pages and RDMA ----------------------------------------------------------------------------------- */

static int read_hugepage(void *ctx, const struct node *n, struct err *e)
{
	struct node size = node_get(n, "pageSize"), limit = node_get(n, "limit");
	cleanup_free char *file = NULL;
	const char *text = NULL;
	uint64_t max = 0;
	int r = json_is_obj(n->v) ? 0 : node_fail(n, e, "has to be an object");

	if (!r && !size.v)
		r = node_fail(&size, e, "is missing");
	if (!r && !limit.v)
		r = node_fail(&limit, e, "is missing");
	if (!r)
		r = node_str(&size, &text, e);
	if (!r)
		r = node_u64(&limit, &max, e);
	if (r < 0)
		return r;
	if (!*text || text[strspn(text, "0123456789")] == '\0' ||
	    !(streq(text + strspn(text, "0123456789"), "KB") ||
	      streq(text + strspn(text, "0123456789"), "MB") ||
	      streq(text + strspn(text, "0123456789"), "GB")))
		return node_fail(&size, e, "\"%s\" is no size such as 2MB", text);
	file = xasprintf("hugetlb.%s.max", text);
	put(ctx, file, "%llu", (unsigned long long)max);
	return 0;
}

static int read_hugepages(void *ctx, const struct node *n, struct err *e)
{
	return node_each(ctx, n, read_hugepage, e);
}

static int read_rdma_device(void *ctx, const struct node *n, struct err *e)
{
	struct node handles = node_get(n, "hcaHandles"), objects = node_get(n, "hcaObjects");
	uint32_t h = 0, o = 0;
	int r = json_is_obj(n->v) ? 0 : node_fail(n, e, "has to be an object");

	if (!r && (!*n->key || strpbrk(n->key, " \n=")))
		r = node_fail(n, e, "is no name of a device");
	if (!r)
		r = node_u32(&handles, UINT32_MAX, &h, e);
	if (!r)
		r = node_u32(&objects, UINT32_MAX, &o, e);
	if (!r && handles.v)
		strv_addf(&((struct spec *)ctx)->oci.cgroup_files, "rdma.max=%s hca_handle=%u",
			  n->key, h);
	if (!r && objects.v)
		strv_addf(&((struct spec *)ctx)->oci.cgroup_files, "rdma.max=%s hca_object=%u",
			  n->key, o);
	return r;
}

static int read_rdma(void *ctx, const struct node *n, struct err *e)
{
	return node_pairs(ctx, n, read_rdma_device, e);
}

/* ---- unified ------------------------------------------------------------------------------------------------ */

static int add_unified(void *ctx, const struct node *n, struct err *e)
{
	const char *value = NULL;
	int r = node_str(n, &value, e);

	if (r < 0)
		return r;
	/* A name of a file in the group, not a way out of it, and none that moves processes. */
	if (!*n->key || strpbrk(n->key, "/=") || !strchr(n->key, '.') || *n->key == '.' ||
	    !strncmp(n->key, "cgroup.", 7))
		return node_fail(n, e, "is no file of a limit, such as memory.high");
	put(ctx, n->key, "%s", value);
	return 0;
}

static int read_unified(void *ctx, const struct node *n, struct err *e)
{
	return node_pairs(ctx, n, add_unified, e);
}

/* ---- access to devices ---------------------------------------------------------------------------------------- */

static int rule_allow(void *ctx, const struct node *n, struct err *e)
{
	return node_bool(n, &((struct device_rule *)ctx)->allow, e);
}

static int rule_type(void *ctx, const struct node *n, struct err *e)
{
	const char *type = NULL;
	int r = node_str(n, &type, e);

	if (r < 0)
		return r;
	if (*type && (strlen(type) != 1 || !strchr("abc", *type)))
		return node_fail(n, e, "\"%s\" is none of a, b and c", type);
	((struct device_rule *)ctx)->type = *type ? *type : 'a';
	return 0;
}

static int rule_major(void *ctx, const struct node *n, struct err *e)
{
	return node_int(n, -1, UINT32_MAX, &((struct device_rule *)ctx)->major, e);
}

static int rule_minor(void *ctx, const struct node *n, struct err *e)
{
	return node_int(n, -1, UINT32_MAX, &((struct device_rule *)ctx)->minor, e);
}

static int rule_access(void *ctx, const struct node *n, struct err *e)
{
	struct device_rule *d = ctx;
	const char *text = NULL;
	int r = node_str(n, &text, e);

	if (r < 0)
		return r;
	if (text[strspn(text, "rwm")])
		return node_fail(n, e, "\"%s\" has letters other than r, w and m", text);
	if (*text) {
		d->read = strchr(text, 'r');
		d->write = strchr(text, 'w');
		d->mknod = strchr(text, 'm');
	}
	return 0;
}

static int add_rule(void *ctx, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"allow", rule_allow, true},    {"type", rule_type, false},
		{"major", rule_major, false},   {"minor", rule_minor, false},
		{"access", rule_access, false},
	};
	struct device_rule d = {
		.type = 'a', .major = -1, .minor = -1, .read = true, .write = true, .mknod = true};
	struct device_rules *list = &((struct spec *)ctx)->oci.device_rules;
	int r = node_members(&d, n, members, ARRAY_SIZE(members), e);

	if (r < 0)
		return r;
	list->v = xreallocarray(list->v, list->n + 1, sizeof(d));
	list->v[list->n++] = d;
	return 0;
}

static int read_rules(void *ctx, const struct node *n, struct err *e)
{
	((struct spec *)ctx)->oci.device_rules.n = 0;
	return node_each(ctx, n, add_rule, e);
}

/* oci_resources - the object; what comes later wins, so "unified" is the last */
int oci_resources(void *ctx, const struct node *n, struct err *e)
{
	static const struct member members[] = {
		{"devices", read_rules, false}, {"memory", read_memory, false},
		{"cpu", read_cpu, false},       {"pids", read_pids, false},
		{"blockIO", read_block, false}, {"hugepageLimits", read_hugepages, false},
		{"rdma", read_rdma, false},     {"unified", read_unified, false},
	};

	return node_members(ctx, n, members, ARRAY_SIZE(members), e);
}

/**
 * spec_oci_resources - other limits, for `update`
 * @s: the container's spec; oci.cgroup_files gets what is said
 * @resources: borrowed
 *
 * Return: 0 or -EINVAL.
 */
int spec_oci_resources(struct spec *s, const json *resources, struct err *e)
{
	const struct node n = {.v = resources, .key = "resources"};

	return oci_resources(s, &n, e);
}
