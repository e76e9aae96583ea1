/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * `sandbox doctor`: every precondition of a container is tried for real, in a child
 * that does what the launch would do, and only when it fails are the files of
 * /proc and /sys asked for the cause. Versions and settings prove nothing:
 * kernels are patched, containers and security modules say no in their own ways.
 *
 * A probe fills in a row: level, what was found, what to do. One table names them; the
 * order is the order of dependence, so that the first failure is the one to mend.
 */
#include "sandbox/doctor.h"

static const struct {
	const char *name, *why;
	probe_fn run;
} probes[] = {
	{"program", "the helpers of sandbox are there, and nothing of it is setuid", probe_program},
	{"user namespaces", "a container is made of namespaces and mounts of your own",
	 probe_userns},
	{"apparmor", "Ubuntu lets only programs with a profile use user namespaces",
	 probe_apparmor},
	{"ids", "users other than root exist inside only with subordinate ids", probe_ids},
	{"proc", "/proc shows the container's own processes", probe_proc},
	{"sysfs", "/sys shows the container's own network devices", probe_sysfs},
	{"terminal", "-t makes a terminal inside the container", probe_pty},
	{"seccomp", "system calls that no container needs are closed", probe_seccomp},
	{"landlock", "helpers that read strangers' bytes get one wall more", probe_landlock},
	{"store", "images and containers are kept here", probe_store},
	{"overlay", "containers share an image and write to a layer of their own", probe_overlay},
	{"fuse-overlayfs", "takes the place of overlay where the kernel has none for users",
	 probe_fuse},
	{"copy", "takes the place of both: each container gets a copy of the image", probe_copy},
	{"runtime folder", "sockets and the state of running containers", probe_runtime},
	{"tun", "the container's network reaches the outside through a tap", probe_tun},
	{"resolver", "names resolve inside as they do outside", probe_resolver},
	{"ping", "ping from a container to the outside", probe_ping},
	{"ports", "which ports of the host can be published", probe_ports},
	{"cgroup", "limits of memory, processors and processes", probe_cgroup},
	{"keyring", "each container gets a session keyring of its own", probe_keyring},
	{"inotify", "programs inside watch files on your account", probe_inotify},
	{"limits", "files and processes inside count on your account", probe_limits},
	{"logout", "containers in the background stay when you have logged out", probe_logout},
	{"time namespace", "--time-offset", probe_time},
};

/* row_set - what was found */
void row_set(struct doctor_row *row, enum finding level, const char *fmt, ...)
{
	va_list ap;

	row->level = level;
	va_start(ap, fmt);
	vsnprintf(row->found, sizeof(row->found), fmt, ap);
	va_end(ap);
}

/* row_fix - what to do about it */
void row_fix(struct doctor_row *row, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(row->remedy, sizeof(row->remedy), fmt, ap);
	va_end(ap);
}

/**
 * doctor_run - examine this host
 * @root_option: --root, or NULL
 * @tell: called with each row as soon as it is known; the row is borrowed
 *
 * Context: parent side, single-threaded; makes the store's folder when it is missing
 * and leaves nothing else.
 * Return: the worst finding; a container can run unless it is FINDING_FAIL.
 */
enum finding doctor_run(const char *root_option,
			void (*tell)(void *ctx, const struct doctor_row *row), void *ctx)
{
	struct doctor d = {0};
	enum finding worst = FINDING_OK;

	dirs_store(&d.dirs, root_option, &d.store_error);
	dirs_run(&d.dirs, &d.run_error);
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
		struct doctor_row row = {.name = probes[i].name, .why = probes[i].why};

		probes[i].run(&d, &row);
		worst = MAX(worst, row.level);
		tell(ctx, &row);
	}
	free(d.dirs.store);
	free(d.dirs.run);
	return worst;
}
