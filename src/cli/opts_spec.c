/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * THE option table, and the way from options to a spec.
 */
#include <ctype.h>
#include <signal.h>
#include <strings.h>

#include "cli/internal.h"

#define AT(member) offsetof(struct run_opts, member)

static const struct opt table[] = {
	{"add-host", 0, OPT_LIST, AT(add_host), "NAME:ADDRESS", "none",
	 "add a line to /etc/hosts; the address may be host-gateway"},
	{"arch", 0, OPT_STR, AT(arch), "ARCH",
	 "enum:x86_64|aarch64|x86|armv7|armhf|riscv64|s390x|ppc64le|loongarch64",
	 "architecture of the image"},
	{"cap-add", 0, OPT_LIST, AT(cap_add), "CAP", "none", "add a capability, or ALL"},
	{"cap-drop", 0, OPT_LIST, AT(cap_drop), "CAP", "none", "drop a capability, or ALL"},
	{"cgroupns", 0, OPT_STR, AT(cgroupns), "MODE", "enum:private|host",
	 "cgroup namespace: private (default) or host"},
	{"cidfile", 0, OPT_STR, AT(cidfile), "FILE", "file",
	 "write the container's id to a new file"},
	{"detach", 'd', OPT_FLAG, AT(detach), "", "none",
	 "run in the background, and print the id"},
	{"detach-keys", 0, OPT_STR, AT(detach_keys), "KEYS", "none",
	 "keys that leave a container with a name and go on (default ctrl-p,ctrl-q); empty for none"},
	{"device", 0, OPT_LIST, AT(device), "HOST[:CONTAINER][:rwm]", "file",
	 "a device that you may open yourself"},
	{"dns", 0, OPT_LIST, AT(dns), "ADDRESS", "none", "name server, in place of the host's"},
	{"dns-option", 0, OPT_LIST, AT(dns_option), "OPTION", "none", "option line of resolv.conf"},
	{"dns-search", 0, OPT_LIST, AT(dns_search), "DOMAIN", "none", "search domain"},
	{"entrypoint", 0, OPT_STR, AT(entrypoint), "COMMAND", "none",
	 "command that the words behind the image are arguments of; a JSON list, or one word"},
	{"env", 'e', OPT_LIST, AT(env), "NAME[=VALUE]", "none",
	 "set a variable; without a value take the caller's"},
	{"env-file", 0, OPT_LIST, AT(env_file), "FILE", "file",
	 "read variables from a file, one a line"},
	{"explain", 0, OPT_FLAG, AT(explain), "", "none",
	 "print the steps that this launch would take, and end"},
	{"group-add", 0, OPT_LIST, AT(group_add), "GROUP", "enum:keep-groups",
	 "one more group, by name or number; keep-groups keeps the caller's"},
	{"gidmap", 0, OPT_LIST, AT(gidmap), "INSIDE:OUTSIDE:COUNT", "none", "map group ids"},
	{"health-cmd", 0, OPT_STR, AT(health_cmd), "COMMAND", "none",
	 "ask the container so whether it is well: text for its shell, or a JSON list of words"},
	{"health-interval", 0, OPT_STR, AT(health_interval), "TIME", "enum:disable",
	 "time between two checks (default 30s); disable: only when asked for"},
	{"health-on-failure", 0, OPT_STR, AT(health_on_failure), "ACTION",
	 "enum:none|kill|restart|stop",
	 "what to do when it is unhealthy: none (default), kill, restart, stop"},
	{"health-retries", 0, OPT_STR, AT(health_retries), "N", "none",
	 "so many failures one after the other are unhealthy (default 3)"},
	{"health-start-period", 0, OPT_STR, AT(health_start_period), "TIME", "none",
	 "time from the start in which failures do not count (default 0)"},
	{"health-timeout", 0, OPT_STR, AT(health_timeout), "TIME", "none",
	 "time after which a check is killed and has failed (default 30s)"},
	{"help", 0, OPT_BOOL, AT(help), "", "none", "this text"},
	{"hostname", 'h', OPT_STR, AT(hostname), "NAME", "none",
	 "host name inside; default: the start of the id"},
	{"image-path", 0, OPT_STR, AT(image_path), "DIR[:DIR...]", "dir",
	 "folders searched for root file system tarballs"},
	{"init", 0, OPT_BOOL, AT(init), "", "none", "run sandbox-init as process 1 (default)"},
	{"interactive", 'i', OPT_BOOL, AT(interactive), "", "none",
	 "keep standard input open (default on a terminal)"},
	{"ipc", 0, OPT_STR, AT(ipc), "MODE", "enum:private|host",
	 "ipc namespace: private (default) or host"},
	{"label", 'l', OPT_LIST, AT(label), "KEY[=VALUE]", "none", "put a label on the container"},
	{"log-driver", 0, OPT_STR, AT(log_driver), "DRIVER", "enum:k8s-file|none",
	 "what becomes of the output in the background: k8s-file (default), none"},
	{"log-opt", 0, OPT_LIST, AT(log_opt), "KEY=VALUE", "enum:max-size=|max-file=",
	 "max-size=SIZE of one file of the log, max-file=N of them (default 16m, 2)"},
	{"mirror", 0, OPT_STR, AT(mirror), "URL", "none", "mirror that images are fetched from"},
	{"mount", 0, OPT_LIST, AT(mount), "type=TYPE,...", "none",
	 "mount: type=bind,src=DIR,dst=DIR[,ro], type=volume,src=NAME,dst=DIR or type=tmpfs,dst=DIR"},
	{"name", 0, OPT_STR, AT(name), "NAME", "none",
	 "name the container, and keep it when it ends"},
	{"nested", 0, OPT_FLAG, AT(nested), "", "none",
	 "allow what a container inside the container needs"},
	{"network", 0, OPT_STR, AT(network), "MODE", "enum:slirp|none|host",
	 "network: slirp (default), none or host"},
	{"net", 0, OPT_STR, AT(network), "MODE", "enum:slirp|none|host", "the same as --network"},
	{"no-healthcheck", 0, OPT_FLAG, AT(no_healthcheck), "", "none",
	 "no health check, whatever the image says"},
	{"no-init", 0, OPT_FLAG, AT(no_init), "", "none", "run the payload as process 1"},
	{"pid", 0, OPT_STR, AT(pid), "MODE", "enum:private|host",
	 "pid namespace: private (default) or host"},
	{"privileged", 0, OPT_FLAG, AT(privileged), "", "none",
	 "all capabilities, no masks and no seccomp, within what you have yourself"},
	{"publish", 'p', OPT_REFUSED, 0, "", "none",
	 "published ports come with a later version; use --network=host to be reached meanwhile"},
	{"pull", 0, OPT_STR, AT(pull), "POLICY", "enum:missing|always|never|newer",
	 "when to fetch: missing (default), always, never, newer"},
	{"quiet", 'q', OPT_FLAG, AT(quiet), "", "none", "no progress"},
	{"read-only", 0, OPT_FLAG, AT(read_only), "", "none",
	 "mount the root file system read-only"},
	{"restart", 0, OPT_STR, AT(restart), "POLICY", "enum:no|on-failure|always|unless-stopped",
	 "when the payload ends by itself: no (default), on-failure[:MAX], always, unless-stopped"},
	{"rm", 0, OPT_BOOL, AT(rm), "", "none",
	 "remove the container when it ends (default unless it is named)"},
	{"rootfs", 0, OPT_FLAG, AT(rootfs), "", "none",
	 "what stands for the image is a folder: use it as root file system"},
	{"sdnotify", 0, OPT_STR, AT(sdnotify), "MODE", "enum:container|conmon|healthy|ignore",
	 "who tells the service manager of readiness: container (default), conmon, healthy, ignore"},
	{"security-opt", 0, OPT_LIST, AT(security_opt), "OPTION",
	 "enum:seccomp=|no-new-privileges=",
	 "seccomp=FILE, seccomp=unconfined, no-new-privileges=true|false"},
	{"shm-size", 0, OPT_SIZE, AT(shm_size), "SIZE", "none", "size of /dev/shm (default 64m)"},
	{"stop-signal", 0, OPT_STR, AT(stop_signal), "SIGNAL", "none",
	 "signal that asks the payload to end"},
	{"stop-timeout", 0, OPT_STR, AT(stop_timeout), "SECONDS", "none",
	 "time that a stop gives the payload before it is killed (default 10; -1 for ever)"},
	{"storage-driver", 0, OPT_STR, AT(storage_driver), "DRIVER",
	 "enum:auto|overlay|fuse-overlayfs|copy",
	 "how layers become a root: auto (default), overlay, fuse-overlayfs, copy"},
	{"sysctl", 0, OPT_LIST, AT(sysctl), "KEY=VALUE", "none",
	 "kernel setting of the container's own namespaces"},
	{"time-offset", 0, OPT_STR, AT(time_offset), "CLOCK=TIME,...", "none",
	 "own time namespace: monotonic=TIME,boottime=TIME"},
	{"timeout", 0, OPT_DURATION, AT(timeout), "TIME", "none",
	 "kill the container after that long"},
	{"tmpfs", 0, OPT_LIST, AT(tmpfs), "DIR[:OPTIONS]", "none",
	 "mount an empty file system in memory"},
	{"tmpfs-root", 0, OPT_OPTIONAL_SIZE, AT(tmpfs_root), "SIZE", "none",
	 "keep what the container writes in memory, at most SIZE"},
	{"tty", 't', OPT_BOOL, AT(tty), "", "none",
	 "give the container a terminal (default on a terminal)"},
	{"uidmap", 0, OPT_LIST, AT(uidmap), "INSIDE:OUTSIDE:COUNT", "none", "map user ids"},
	{"ulimit", 0, OPT_LIST, AT(ulimit), "NAME=SOFT[:HARD]", "none",
	 "resource limit, such as nofile=1024"},
	{"umask", 0, OPT_STR, AT(umask), "MODE", "none", "file mode mask, octal (default 0022)"},
	{"user", 'u', OPT_STR, AT(user), "USER[:GROUP]", "none",
	 "user in the container, by name or number"},
	{"userns", 0, OPT_STR, AT(userns), "MODE", "enum:keep-id|nomap|host",
	 "who you are inside: root (default, also host), keep-id, nomap"},
	{"uts", 0, OPT_STR, AT(uts), "MODE", "enum:private|host",
	 "uts namespace: private (default) or host"},
	{"volume", 'v', OPT_LIST, AT(volume), "[HOST:]CONTAINER[:OPTIONS]", "dir",
	 "bind a folder, a file or, by its name, a volume; ro, rw, noexec, ..., rbind (default)"},
	{"workdir", 'w', OPT_STR, AT(workdir), "DIR", "none", "working folder inside"},
};

const struct opts run_opts_table = {table, ARRAY_SIZE(table)};

void run_opts_init(struct run_opts *o)
{
	*o = (struct run_opts){.interactive = -1, .tty = -1, .init = -1, .rm = -1};
}

/* run_opts_free - everything the table says is a string or a list */
void run_opts_free(struct run_opts *o)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		void *at = (char *)o + table[i].at;

		if (table[i].type == OPT_STR)
			free(take_ptr(*(char **)at));
		else if (table[i].type == OPT_LIST)
			strv_free(at);
	}
}

/* ---- from options to the spec ---------------------------------------------------------------------- */

/* Options that name one of a few words; the table gives the words and what they mean. */
static int choose(const char *option, const char *value, const char *const *words, int *out,
		  struct err *e)
{
	cleanup_buf struct buf all = {};

	for (int i = 0; words[i]; i++) {
		if (streq(value, words[i])) {
			*out = i;
			return 0;
		}
		buf_printf(&all, "%s%s", i ? ", " : "", words[i]);
	}
	return fail(e, EINVAL, "%s knows %s; not \"%s\"", option, all.data, value);
}

static int namespaces(struct spec *s, const struct run_opts *o, struct err *e)
{
	static const char *const words[] = {"private", "host", NULL};
	const struct {
		const char *option, *value;
		enum ns_kind kind;
	} rows[] = {{"--pid", o->pid, NS_PID},
		    {"--ipc", o->ipc, NS_IPC},
		    {"--uts", o->uts, NS_UTS},
		    {"--cgroupns", o->cgroupns, NS_CGROUP}};
	int r = 0, mode;

	for (size_t i = 0; !r && i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].value)
			continue;
		r = choose(rows[i].option, rows[i].value, words, &mode, e);
		if (!r)
			s->ns[rows[i].kind].mode = mode ? NS_HOST : NS_PRIVATE;
	}
	return r;
}

static int time_offsets(struct spec *s, const struct run_opts *o, struct err *e)
{
	struct strv parts = {};
	int r = 0;

	if (!o->time_offset)
		return 0;
	strv_split(&parts, o->time_offset, ',');
	strv_for_each (part, &parts) {
		int64_t *at = str_has_prefix(part, "monotonic=")  ? &s->time_monotonic
			      : str_has_prefix(part, "boottime=") ? &s->time_boottime
								  : NULL;

		if (!r && (!at || parse_duration(strchr(part, '=') + 1, at) < 0))
			r = fail(e, EINVAL,
				 "--time-offset takes monotonic=TIME,boottime=TIME, not \"%s\"",
				 part);
	}
	strv_free(&parts);
	s->ns[NS_TIME].mode = NS_PRIVATE;
	return r;
}

static int network(struct spec *s, const struct run_opts *o, const struct settings *set,
		   struct err *e)
{
	static const char *const words[] = {"slirp",   "none",   "host", "slirp4netns",
					    "private", "bridge", NULL};
	static const enum net_mode modes[] = {NETWORK_SLIRP, NETWORK_NONE,  NETWORK_HOST,
					      NETWORK_SLIRP, NETWORK_SLIRP, NETWORK_SLIRP};
	const char *value = o->network ? o->network : set->network;
	int r = 0, mode = 0;

	if (value)
		r = choose("--network", value, words, &mode, e);
	if (r < 0)
		return r;
	s->net.mode = modes[mode];
	if (s->net.mode == NETWORK_HOST)
		s->ns[NS_NET].mode = NS_HOST;
	strv_copy(&s->net.dns, &o->dns);
	strv_copy(&s->net.dns_search, &o->dns_search);
	strv_copy(&s->net.dns_options, &o->dns_option);
	return 0;
}

static int identity(struct spec *s, const struct run_opts *o, const struct settings *set,
		    struct err *e)
{
	static const char *const words[] = {"", "host", "private", "keep-id", "nomap", NULL};
	static const enum userns_mode modes[] = {USERNS_ROOT, USERNS_ROOT, USERNS_ROOT,
						 USERNS_KEEP_ID, USERNS_NOMAP};
	const char *value = o->userns ? o->userns : set->userns;
	int r = 0, mode = 0;

	if (value)
		r = choose("--userns", value, words, &mode, e);
	s->userns = modes[mode];
	for (size_t i = 0; !r && i < o->uidmap.n; i++)
		r = spec_parse_idmap(&s->uidmap, o->uidmap.v[i], e);
	for (size_t i = 0; !r && i < o->gidmap.n; i++)
		r = spec_parse_idmap(&s->gidmap, o->gidmap.v[i], e);
	if (s->uidmap.n || s->gidmap.n) {
		if (o->userns)
			return fail(e, EINVAL,
				    "--userns and --uidmap or --gidmap exclude each other");
		s->userns = USERNS_EXPLICIT;
	}
	strv_for_each (group, &o->group_add) {
		if (streq(group, "keep-groups"))
			s->keep_groups = true;
		else
			strv_add(&s->group_add, group);
	}
	if (o->user)
		s->user = xstrdup(o->user);
	else if (s->userns == USERNS_KEEP_ID)
		s->user = xasprintf("%u:%u", geteuid(), getegid());
	return r;
}

static int rootfs(struct spec *s, const struct run_opts *o, const struct settings *set,
		  struct err *e)
{
	static const char *const words[] = {"auto", "overlay", "fuse-overlayfs", "copy", NULL};
	const char *value = o->storage_driver ? o->storage_driver : set->storage_driver;
	int r = 0, driver = 0;

	if (value)
		r = choose("--storage-driver", value, words, &driver, e);
	s->rootfs.driver = o->rootfs ? ROOTFS_DIR : (enum rootfs_driver)driver;
	s->rootfs.readonly = o->read_only;
	s->rootfs.tmpfs = o->tmpfs_root.given;
	s->rootfs.tmpfs_size = o->tmpfs_root.bytes;
	return r;
}

static int capabilities(struct spec *s, const struct run_opts *o, struct err *e)
{
	uint64_t caps = o->privileged ? caps_all() : CAPS_DEFAULT, one;
	int r = 0;

	for (size_t i = 0; !r && i < o->cap_drop.n; i++) {
		if (!strcasecmp(o->cap_drop.v[i], "all"))
			caps = 0;
		else if (!(r = cap_parse(o->cap_drop.v[i], &one, e)))
			caps &= ~one;
	}
	for (size_t i = 0; !r && i < o->cap_add.n; i++) {
		if (!strcasecmp(o->cap_add.v[i], "all"))
			one = caps_all();
		else
			r = cap_parse(o->cap_add.v[i], &one, e);
		if (!r) {
			caps |= one;
			s->sec.user_caps |= one;
		}
	}
	/* Adding what is dropped by name: the drop wins, as with podman, unless all was dropped. */
	for (size_t i = 0; !r && i < o->cap_drop.n; i++) {
		if (strcasecmp(o->cap_drop.v[i], "all") && !cap_parse(o->cap_drop.v[i], &one, e))
			caps &= ~one;
	}
	s->sec.caps = caps;
	s->sec.caps_for_user = s->sec.user_caps != 0;
	return r;
}

static int security(struct spec *s, const struct run_opts *o, struct err *e)
{
	int r = capabilities(s, o, e);

	s->sec.privileged = o->privileged;
	s->sec.nested = o->nested;
	if (o->privileged)
		s->sec.seccomp = SECCOMP_UNCONFINED;
	strv_for_each (opt, &o->security_opt) {
		bool nnp = true;

		if (r < 0)
			break;
		if (streq(opt, "seccomp=unconfined")) {
			s->sec.seccomp = SECCOMP_UNCONFINED;
		} else if (str_has_prefix(opt, "seccomp=") && opt[8]) {
			r = spec_read_seccomp(s, opt + 8, e);
		} else if (str_has_prefix(opt, "no-new-privileges")) {
			const char *v = opt + strlen("no-new-privileges");

			if (*v && ((*v != '=' && *v != ':') || parse_bool(v + 1, &nnp) < 0))
				r = fail(
					e, EINVAL,
					"--security-opt no-new-privileges takes true or false, not \"%s\"",
					v);
			s->sec.no_new_privs = nnp;
		} else {
			r = fail(
				e, EINVAL,
				"--security-opt knows seccomp=FILE, seccomp=unconfined and no-new-privileges=BOOL; not \"%s\"",
				opt);
		}
	}
	if (!s->sec.privileged)
		spec_default_paths(s);
	return r;
}

static int process(struct spec *s, const struct run_opts *o, struct err *e)
{
	bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	bool said = o->interactive >= 0 || o->tty >= 0;

	s->interactive = said ? o->interactive > 0 : terminal && !o->detach;
	s->tty = said ? o->tty > 0 : terminal && !o->detach;
	s->init = !o->no_init && o->init != 0;
	s->timeout = o->timeout;
	if (o->shm_size)
		s->shm_size = o->shm_size;
	if (o->workdir) {
		if (o->workdir[0] != '/')
			return fail(e, EINVAL, "--workdir \"%s\" is not an absolute path",
				    o->workdir);
		s->cwd = xstrdup(o->workdir);
	}
	if (o->umask) {
		char *end;
		unsigned long v = strtoul(o->umask, &end, 8);

		if (!isdigit((unsigned char)o->umask[0]) || *end || v > 0777)
			return fail(e, EINVAL, "--umask takes an octal mode up to 0777, not \"%s\"",
				    o->umask);
		s->umask = (uint32_t)v;
		s->has_umask = true;
	}
	if (o->stop_signal) {
		s->stop_signal = signal_number(o->stop_signal);
		if (s->stop_signal < 0)
			return fail(e, EINVAL, "--stop-signal: there is no signal \"%s\"",
				    o->stop_signal);
	}
	return 0;
}

static int logging(struct spec *s, const struct run_opts *o, struct err *e)
{
	static const char *const words[] = {"k8s-file", "none", "json-file", NULL};
	int r = 0, word = 0;

	if (o->log_driver)
		r = choose("--log-driver", o->log_driver, words, &word, e);
	s->log.driver = word == 1 ? LOG_DRIVER_NONE : LOG_DRIVER_FILE;
	return r;
}

/* sdnotify_parse - container, conmon, healthy or ignore */
int sdnotify_parse(enum sdnotify *out, const char *text, struct err *e)
{
	static const char *const words[] = {"container", "conmon", "healthy", "ignore", NULL};
	int word = 0, r = choose("--sdnotify", text, words, &word, e);

	if (!r)
		*out = (enum sdnotify)word;
	return r;
}

static int life(struct spec *s, const struct run_opts *o, const struct settings *set, struct err *e)
{
	char id[65];

	random_hex(id, 64);
	s->id = xstrdup(id);
	s->remove = o->rm >= 0 ? o->rm : !(o->name || o->detach || set->keep);
	s->detach = o->detach;
	s->rootfs.is_volatile = s->remove;
	if (o->name)
		s->name = xstrdup(o->name);
	if (o->detach_keys)
		s->detach_keys = xstrdup(o->detach_keys);
	if (o->cidfile)
		s->cidfile = path_absolute(o->cidfile);
	strv_for_each (l, &o->label) {
		if (*l == '=' || !*l)
			return fail(e, EINVAL, "--label %s: it begins with a key", l);
		strv_add(&s->labels, l);
	}
	if (o->sdnotify && sdnotify_parse(&s->sdnotify, o->sdnotify, e) < 0)
		return -EINVAL;
	if (o->restart && restart_parse(&s->restart, o->restart, e) < 0)
		return fail_in(e, -EINVAL, "--restart");
	if (o->stop_timeout && parse_seconds(o->stop_timeout, &s->stop_timeout) < 0)
		return fail(e, EINVAL,
			    "--stop-timeout %s: it is a number of seconds, or -1 for ever",
			    o->stop_timeout);
	if (o->hostname)
		s->hostname = xstrdup(o->hostname);
	else if (s->ns[NS_UTS].mode == NS_PRIVATE)
		s->hostname = xstrndup(id, 12);
	if (o->hostname && !*o->hostname)
		return fail(e, EINVAL, "--hostname wants a name behind it");
	return 0;
}

/**
 * spec_from_opts - the spec that options ask for; what the image says comes later
 *
 * Return: 0 or -EINVAL.
 */
int spec_from_opts(struct spec *s, const struct run_opts *o, const struct settings *set,
		   struct err *e)
{
	const struct {
		const struct strv *list;
		int (*parse)(struct spec *s, const char *text, struct err *e);
	} lists[] = {
		{&o->volume, spec_parse_volume}, {&o->mount, spec_parse_mount},
		{&o->tmpfs, spec_parse_tmpfs},   {&o->device, spec_parse_device},
		{&o->ulimit, spec_parse_ulimit}, {&o->add_host, spec_parse_add_host},
		{&o->sysctl, spec_parse_sysctl}, {&o->env_file, spec_parse_env_file},
		{&o->env, spec_parse_env},       {&o->log_opt, spec_parse_log_opt},
	};
	int r = namespaces(s, o, e);

	if (!r)
		r = time_offsets(s, o, e);
	if (!r)
		r = network(s, o, set, e);
	if (!r)
		r = identity(s, o, set, e);
	if (!r)
		r = rootfs(s, o, set, e);
	if (!r)
		r = security(s, o, e);
	if (!r)
		r = process(s, o, e);
	if (!r)
		r = life(s, o, set, e);
	if (!r)
		r = logging(s, o, e);
	if (!r)
		r = health_from_opts(&s->health, o, e);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		for (size_t k = 0; !r && k < lists[i].list->n; k++)
			r = lists[i].parse(s, lists[i].list->v[k], e);
	}
	return r;
}
