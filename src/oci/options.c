/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The option tables. All options end up in one struct oci, so that what two commands share is
 * written once.
 */
#include "oci/internal.h"

#define AT(member) offsetof(struct oci, member)

#define TABLE(id) const struct opts oci_##id##_opts = {id##_table, ARRAY_SIZE(id##_table)}
#define HELP                                                             \
	{                                                                \
		"help", 'h', OPT_BOOL, AT(help), "", "none", "this text" \
	}

/* clang-format off */
static const struct opt global_table[] = {
	{"cgroup-manager", 0, OPT_STR, AT(cgroup_manager), "NAME", "enum:cgroupfs|systemd|disabled",
	 "who makes control groups: cgroupfs, systemd or disabled"},
	{"debug", 0, OPT_FLAG, AT(debug), "", "none", "log what is done"},
	HELP,
	{"log", 0, OPT_STR, AT(log), "FILE", "file", "where errors and warnings go, besides standard error"},
	{"log-format", 0, OPT_STR, AT(log_format), "FORMAT", "enum:text|json", "text or json"},
	{"log-level", 0, OPT_STR, AT(log_level), "LEVEL", "enum:debug|info|warning|error",
	 "debug, info, warning or error"},
	{"root", 0, OPT_STR, AT(root), "DIR", "dir", "where the states of containers are kept"},
	{"rootless", 0, OPT_OPTIONAL_STR, AT(rootless), "BOOL", "enum:true|false|auto",
	 "true, false or auto: go on without control groups that cannot be made"},
	{"systemd-cgroup", 0, OPT_FLAG, AT(systemd_cgroup), "", "none", "the same as --cgroup-manager=systemd"},
	{"version", 'v', OPT_FLAG, AT(version), "", "none", "tell the version"},
};
TABLE(global);

#define BUNDLE {"bundle", 'b', OPT_STR, AT(bundle), "DIR", "dir", "the bundle; default the working folder"}
#define CONFIG {"config", 'f', OPT_STR, AT(config), "FILE", "file", "another config.json than the bundle's"}
#define CONSOLE_SOCKET {"console-socket", 0, OPT_STR, AT(console_socket), "PATH", "file", \
	"where the master of the terminal is sent"}
#define DETACH {"detach", 'd', OPT_FLAG, AT(detach), "", "none", "do not wait for the process to end"}
#define NO_NEW_KEYRING {"no-new-keyring", 0, OPT_FLAG, AT(no_new_keyring), "", "none", "keep the caller's session keyring"}
#define NO_PIVOT {"no-pivot", 0, OPT_FLAG, AT(no_pivot), "", "none", "move the root instead of pivoting to it, as an initial ramdisk needs"}
#define PID_FILE {"pid-file", 0, OPT_STR, AT(pid_file), "FILE", "file", "gets the number of the process"}
#define PIDFD_SOCKET {"pidfd-socket", 0, OPT_STR, AT(pidfd_socket), "PATH", "file", "where a pidfd of the process is sent"}
#define PRESERVE_FDS {"preserve-fds", 0, OPT_STR, AT(preserve_fds), "N", "none", "so many descriptors from 3 on are handed down"}

static const struct opt create_table[] = {
	BUNDLE, CONFIG, CONSOLE_SOCKET, HELP, NO_NEW_KEYRING, NO_PIVOT, PID_FILE, PIDFD_SOCKET, PRESERVE_FDS,
};
TABLE(create);

static const struct opt run_table[] = {
	BUNDLE, CONFIG, CONSOLE_SOCKET, DETACH, HELP,
	{"keep", 0, OPT_FLAG, AT(keep), "", "none", "do not delete the container when it has ended"},
	NO_NEW_KEYRING, NO_PIVOT,
	{"no-subreaper", 0, OPT_FLAG, AT(no_subreaper), "", "none", "taken for runc's sake"},
	PID_FILE, PIDFD_SOCKET, PRESERVE_FDS,
};
TABLE(run);

static const struct opt exec_table[] = {
	{"additional-gids", 'g', OPT_LIST, AT(groups), "GID", "none", "one more group"},
	{"apparmor", 0, OPT_STR, AT(apparmor), "PROFILE", "none", "an AppArmor profile for the process"},
	{"cap", 'c', OPT_LIST, AT(cap), "CAPABILITY", "none", "one more capability"},
	{"cgroup", 0, OPT_STR, AT(cgroup), "PATH", "none", "a control group below the container's own"},
	CONSOLE_SOCKET,
	{"cwd", 0, OPT_STR, AT(cwd), "DIR", "none", "working folder in the container"},
	DETACH,
	{"env", 'e', OPT_LIST, AT(env), "NAME=VALUE", "none", "set a variable"},
	HELP,
	{"ignore-paused", 0, OPT_FLAG, AT(ignore_paused), "", "none", "also when the container is paused"},
	{"no-new-privs", 0, OPT_FLAG, AT(no_new_privs), "", "none", "the process cannot gain privileges"},
	PID_FILE, PIDFD_SOCKET, PRESERVE_FDS,
	{"process", 'p', OPT_STR, AT(process), "FILE", "file", "a file with a process object, instead of COMMAND"},
	{"process-label", 0, OPT_STR, AT(label), "LABEL", "none", "a SELinux label for the process"},
	{"tty", 't', OPT_BOOL, AT(tty), "", "none", "give it a terminal"},
	{"user", 'u', OPT_STR, AT(user), "UID[:GID]", "none", "who runs it"},
};
TABLE(exec);

static const struct opt start_table[] = {HELP};
TABLE(start);
static const struct opt state_table[] = {HELP};
TABLE(state);
static const struct opt pause_table[] = {HELP};
TABLE(pause);
static const struct opt resume_table[] = {HELP};
TABLE(resume);
static const struct opt features_table[] = {HELP};
TABLE(features);

static const struct opt kill_table[] = {
	{"all", 'a', OPT_FLAG, AT(all), "", "none", "all processes of the container"},
	HELP,
	{"regex", 'r', OPT_FLAG, AT(regex), "", "none", "ID is a regular expression for whole ids"},
};
TABLE(kill);

static const struct opt delete_table[] = {
	{"force", 'f', OPT_FLAG, AT(force), "", "none", "kill it first; no error when it does not exist"},
	HELP,
	{"regex", 'r', OPT_FLAG, AT(regex), "", "none", "ID is a regular expression for whole ids"},
};
TABLE(delete);

static const struct opt list_table[] = {
	{"format", 'f', OPT_STR, AT(format), "FORMAT", "enum:table|json", "table or json"},
	HELP,
	{"quiet", 'q', OPT_FLAG, AT(quiet), "", "none", "only the ids"},
};
TABLE(list);

static const struct opt ps_table[] = {
	{"format", 'f', OPT_STR, AT(format), "FORMAT", "enum:table|json", "table or json"},
	HELP,
};
TABLE(ps);

static const struct opt spec_table[] = {
	BUNDLE, HELP,
	{"rootless", 0, OPT_FLAG, AT(rootless_spec), "", "none", "for a user who is not root"},
};
TABLE(spec);

static const struct opt events_table[] = {
	HELP,
	{"interval", 0, OPT_STR, AT(interval), "TIME", "none", "between two lines; default 5s"},
	{"stats", 0, OPT_FLAG, AT(stats), "", "none", "one line, and no more"},
};
TABLE(events);

#define LIMIT(name, member, help) {name, 0, OPT_STR, AT(limits.member), "N", "none", help}

static const struct opt update_table[] = {
	LIMIT("blkio-weight", blkio_weight, "share of input and output, 10 to 1000"),
	LIMIT("cpu-period", cpu_period, "of --cpu-quota, microseconds"),
	LIMIT("cpu-quota", cpu_quota, "processor time in each period, microseconds"),
	LIMIT("cpu-share", cpu_share, "share of processor time, 2 to 262144"),
	LIMIT("cpuset-cpus", cpuset_cpus, "processors, such as 0-3,5"),
	LIMIT("cpuset-mems", cpuset_mems, "memory nodes"),
	HELP,
	LIMIT("kernel-memory", kernel_memory, "taken for runc's sake"),
	LIMIT("memory", memory, "limit of memory, bytes"),
	LIMIT("memory-reservation", memory_reservation, "memory that is kept, bytes"),
	LIMIT("memory-swap", memory_swap, "limit of memory and swap together, bytes"),
	LIMIT("pids-limit", pids_limit, "number of processes and threads"),
	{"resources", 'r', OPT_STR, AT(resources), "FILE", "file", "a file with a resources object; - for standard input"},
};
TABLE(update);

static const struct opt checkpoint_table[] = {
	HELP,
	{"image-path", 0, OPT_STR, AT(image_path), "DIR", "dir", "taken, but nothing is written"},
	{"work-path", 0, OPT_STR, AT(work_path), "DIR", "dir", "taken, but nothing is written"},
};
TABLE(checkpoint);

static const struct opt restore_table[] = {
	BUNDLE, CONSOLE_SOCKET, DETACH, HELP,
	{"image-path", 0, OPT_STR, AT(image_path), "DIR", "dir", "taken, but nothing is read"},
	PID_FILE,
	{"work-path", 0, OPT_STR, AT(work_path), "DIR", "dir", "taken, but nothing is read"},
};
TABLE(restore);
/* clang-format on */
