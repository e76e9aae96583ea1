/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <strings.h>

#include "spec/spec.h"

/* What runc, crun, moby and podman hide, together. */
static const char *const masked[] = {
	"/proc/acpi",        "/proc/asound",    "/proc/interrupts",
	"/proc/kcore",       "/proc/keys",      "/proc/latency_stats",
	"/proc/sched_debug", "/proc/scsi",      "/proc/timer_list",
	"/proc/timer_stats", "/sys/dev/block",  "/sys/devices/virtual/powercap",
	"/sys/firmware",     "/sys/fs/selinux",
};

static const char *const readonly[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

/* spec_default_paths - hide and protect the parts of /proc and /sys that concern the whole host */
void spec_default_paths(struct spec *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(masked); i++)
		strv_add(&s->sec.masked, masked[i]);
	for (size_t i = 0; i < ARRAY_SIZE(readonly); i++)
		strv_add(&s->sec.readonly, readonly[i]);
}

static const char signals[][8] = {
	[SIGHUP] = "HUP",       [SIGINT] = "INT",   [SIGQUIT] = "QUIT",   [SIGILL] = "ILL",
	[SIGTRAP] = "TRAP",     [SIGABRT] = "ABRT", [SIGBUS] = "BUS",     [SIGFPE] = "FPE",
	[SIGKILL] = "KILL",     [SIGUSR1] = "USR1", [SIGSEGV] = "SEGV",   [SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE",     [SIGALRM] = "ALRM", [SIGTERM] = "TERM",   [SIGCHLD] = "CHLD",
	[SIGCONT] = "CONT",     [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",   [SIGTTIN] = "TTIN",
	[SIGTTOU] = "TTOU",     [SIGURG] = "URG",   [SIGXCPU] = "XCPU",   [SIGXFSZ] = "XFSZ",
	[SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH", [SIGIO] = "IO",
	[SIGPWR] = "PWR",       [SIGSYS] = "SYS",
};

/**
 * signal_number - 15, TERM or SIGTERM, in any case
 *
 * Return: 1 to 64, or -EINVAL.
 */
int signal_number(const char *name)
{
	uint32_t n;

	if (!parse_u32(name, &n))
		return n >= 1 && n <= 64 ? (int)n : -EINVAL;
	if (!strncasecmp(name, "SIG", 3))
		name += 3;
	for (size_t i = 1; i < ARRAY_SIZE(signals); i++) {
		if (*signals[i] && !strcasecmp(name, signals[i]))
			return (int)i;
	}
	return -EINVAL;
}

/* spec_init - the defaults that hold wherever a spec comes from */
void spec_init(struct spec *s)
{
	*s = (struct spec){
		.shm_size = 64 << 20,
		.net = {.mtu = 65520, .ipv6 = true},
		.sec = {.no_new_privs = true},
		.init = true,
		.remove = true,
		.stop_signal = SIGTERM,
		.stop_timeout = 10000000000LL,
		.health = {.interval = 30000000000LL, .timeout = 30000000000LL, .retries = 3},
		.oci = {.ioprio = -1, .sched = {.policy = -1}, .mempolicy = -1},
		.log = {.max_size = LOG_MAX_SIZE, .max_file = LOG_MAX_FILE},
	};
	s->ns[NS_TIME].mode = NS_HOST;
}

#define WORD_BITS (8 * sizeof(unsigned long))

/**
 * number_list - "0-3,7" as bits, the form of processors and memory nodes
 * @bits: room for @nbits, zeroed by the caller; NULL to look at the form alone
 *
 * Return: 0, -EINVAL when it is no such list, -ERANGE for a number above @nbits.
 */
int number_list(const char *text, unsigned long *bits, size_t nbits)
{
	cleanup_strv struct strv parts = {};

	strv_split(&parts, text, ',');
	if (!parts.n)
		return -EINVAL;
	strv_for_each (part, &parts) {
		cleanup_free char *low = xstrndup(part, strcspn(part, "-"));
		const char *high = part[strlen(low)] ? part + strlen(low) + 1 : low;
		uint32_t from, to;

		if (parse_u32(low, &from) < 0 || parse_u32(high, &to) < 0 || from > to)
			return -EINVAL;
		if (bits && to >= nbits)
			return -ERANGE;
		for (size_t i = from; bits && i <= to; i++)
			bits[i / WORD_BITS] |= 1UL << i % WORD_BITS;
	}
	return 0;
}

struct mount_spec *mounts_add(struct mounts *m)
{
	m->v = xreallocarray(m->v, m->n + 1, sizeof(*m->v));
	m->v[m->n] = (struct mount_spec){};
	return &m->v[m->n++];
}

struct device_spec *devices_add(struct devices *d)
{
	d->v = xreallocarray(d->v, d->n + 1, sizeof(*d->v));
	d->v[d->n] = (struct device_spec){};
	return &d->v[d->n++];
}

void idmap_add(struct idmap *m, uint32_t inside, uint32_t outside, uint32_t count)
{
	m->v = xreallocarray(m->v, m->n + 1, sizeof(*m->v));
	m->v[m->n++] = (struct idrange){inside, outside, count, false};
}
