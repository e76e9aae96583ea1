/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container as inspect shows it: podman's names for what there is of its things.
 */
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "cli/inspect.h"

static json *text_or_empty(const char *s)
{
	return json_str(s ? s : "");
}

static json *when(int64_t ns)
{
	char text[WHEN_TEXT] = "0001-01-01T00:00:00Z"; /* Go's for never */

	if (ns > 0)
		format_when(text, ns);
	return json_str(text);
}

static json *state_json(const struct dirs *dirs, const struct container_info *c)
{
	json *j = json_obj();

	json_set(j, "Status", json_str(life_name(c->state)));
	json_set(j, "Running", json_boolean(c->state == LIFE_RUNNING || c->state == LIFE_STOPPING));
	json_set(j, "Paused", json_boolean(c->state == LIFE_PAUSED));
	json_set(j, "Dead", json_boolean(c->state == LIFE_DEAD));
	json_set(j, "Pid", json_i64(c->pid));
	json_set(j, "SupervisorPid", json_i64(c->supervisor));
	json_set(j, "ExitCode", json_i64(c->exit_code));
	json_set(j, "Error", text_or_empty(c->error));
	json_set(j, "StartedAt", when(c->started));
	json_set(j, "FinishedAt", when(c->finished));
	json_set(j, "Health", container_health(dirs, c));
	return j;
}

/* ---- capabilities, namespaces, mounts --------------------------------------------------------------- */

static json *caps_json(uint64_t mask)
{
	cleanup_buf struct buf text = {};
	cleanup_strv struct strv names = {};

	mask &= caps_all();
	for (unsigned i = 0; i < 64; i++) {
		if (!(mask >> i & 1))
			continue;
		text.len = 0;
		/* One at a time: the set of all has a name of its own. */
		caps_format(1ULL << i, &text);
		strv_add(&names, text.data);
	}
	return json_strv(&names);
}

static json *ns_json(const struct spec *s, enum ns_kind kind, const char *name)
{
	const struct ns_spec *ns = &s->ns[kind];
	cleanup_free char *path = NULL;

	if (ns->mode == NS_HOST)
		return json_str("host");
	if (ns->mode == NS_PRIVATE)
		return json_str(name);
	path = xasprintf("ns:%s", ns->path ? ns->path : "");
	return json_str(path);
}

static json *network_mode(const struct spec *s)
{
	static const char *const names[] = {
		[NETWORK_SLIRP] = "slirp4netns",
		[NETWORK_NONE] = "none",
		[NETWORK_HOST] = "host",
	};

	return json_str((size_t)s->net.mode < ARRAY_SIZE(names) ? names[s->net.mode] : "other");
}

static const char *propagation_name(uint64_t flags)
{
	if (flags & MS_SHARED)
		return flags & MS_REC ? "rshared" : "shared";
	if (flags & MS_SLAVE)
		return flags & MS_REC ? "rslave" : "slave";
	return flags & MS_REC || !flags ? "rprivate" : "private";
}

static json *mount_json(const struct mount_spec *m)
{
	json *j = json_obj();
	cleanup_strv struct strv options = {};

	if (streq(m->type, "bind"))
		strv_add(&options, m->recursive ? "rbind" : "bind");
	strv_copy(&options, &m->data);
	json_set(j, "Type", json_str(m->type));
	json_set(j, "Source", text_or_empty(m->source));
	json_set(j, "Destination", text_or_empty(m->target));
	json_set(j, "Driver", json_str(""));
	json_set(j, "Mode", json_str(""));
	json_set(j, "Options", json_strv(&options));
	json_set(j, "RW", json_boolean(!(m->attr_set & MOUNT_ATTR_RDONLY)));
	json_set(j, "Propagation", json_str(propagation_name(m->propagation)));
	return j;
}

static json *mounts_json(const struct spec *s)
{
	json *j = json_arr();

	for (size_t i = 0; i < s->mounts.n; i++) {
		/* A tmpfs stands in HostConfig, as with podman. */
		if (!streq(s->mounts.v[i].type, "tmpfs"))
			json_add(j, mount_json(&s->mounts.v[i]));
	}
	return j;
}

static json *tmpfs_json(const struct spec *s)
{
	json *j = json_obj();

	for (size_t i = 0; i < s->mounts.n; i++) {
		const struct mount_spec *m = &s->mounts.v[i];
		cleanup_buf struct buf options = {};

		if (!streq(m->type, "tmpfs") || !m->target)
			continue;
		buf_puts(&options, m->attr_set & MOUNT_ATTR_RDONLY ? "ro" : "rw");
		strv_for_each (option, &m->data)
			buf_printf(&options, ",%s", option);
		json_set(j, m->target, json_str(options.data));
	}
	return j;
}

static json *binds_json(const struct spec *s)
{
	cleanup_strv struct strv binds = {};

	for (size_t i = 0; i < s->mounts.n; i++) {
		const struct mount_spec *m = &s->mounts.v[i];

		if (!streq(m->type, "tmpfs") && m->source && m->target)
			strv_addf(&binds, "%s:%s:%s,%s", m->source, m->target,
				  m->attr_set & MOUNT_ATTR_RDONLY ? "ro" : "rw",
				  propagation_name(m->propagation));
	}
	return json_strv(&binds);
}

static json *devices_json(const struct spec *s)
{
	json *all = json_arr();

	for (size_t i = 0; i < s->devices.n; i++) {
		const struct device_spec *d = &s->devices.v[i];
		char access[4] = "";
		json *j = json_obj();

		snprintf(access, sizeof(access), "%s%s%s", d->read ? "r" : "", d->write ? "w" : "",
			 d->mknod ? "m" : "");
		json_set(j, "PathOnHost", text_or_empty(d->source));
		json_set(j, "PathInContainer", text_or_empty(d->target));
		json_set(j, "CgroupPermissions", json_str(access));
		json_add(all, j);
	}
	return all;
}

static json *limit_json(uint64_t value)
{
	return json_i64(value > INT64_MAX ? -1 : (int64_t)value);
}

static json *ulimits_json(const struct spec *s)
{
	static const char *const names[RLIM_NLIMITS] = {
		[RLIMIT_CPU] = "CPU",           [RLIMIT_FSIZE] = "FSIZE",
		[RLIMIT_DATA] = "DATA",         [RLIMIT_STACK] = "STACK",
		[RLIMIT_CORE] = "CORE",         [RLIMIT_RSS] = "RSS",
		[RLIMIT_NPROC] = "NPROC",       [RLIMIT_NOFILE] = "NOFILE",
		[RLIMIT_MEMLOCK] = "MEMLOCK",   [RLIMIT_AS] = "AS",
		[RLIMIT_LOCKS] = "LOCKS",       [RLIMIT_SIGPENDING] = "SIGPENDING",
		[RLIMIT_MSGQUEUE] = "MSGQUEUE", [RLIMIT_NICE] = "NICE",
		[RLIMIT_RTPRIO] = "RTPRIO",     [RLIMIT_RTTIME] = "RTTIME",
	};
	json *all = json_arr();

	for (size_t i = 0; i < s->rlimits.n; i++) {
		const struct rlimit_spec *l = &s->rlimits.v[i];
		bool known = l->resource >= 0 && l->resource < (int)RLIM_NLIMITS &&
			     names[l->resource];
		cleanup_free char *name = xasprintf("RLIMIT_%s", known ? names[l->resource] : "?");
		json *j = json_obj();

		json_set(j, "Name", json_str(name));
		json_set(j, "Soft", limit_json(l->soft));
		json_set(j, "Hard", limit_json(l->hard));
		json_add(all, j);
	}
	return all;
}

/* ---- Config, HostConfig, NetworkSettings -------------------------------------------------------------- */

static json *healthcheck_json(const struct health_spec *h)
{
	json *j;

	if (!h->test.n)
		return NULL;
	j = json_obj();
	json_set(j, "Test", json_strv(&h->test));
	json_set(j, "StartPeriod", json_i64(h->start_period));
	json_set(j, "Interval", json_i64(h->interval));
	json_set(j, "Timeout", json_i64(h->timeout));
	json_set(j, "Retries", json_i64(h->retries));
	return j;
}

static json *config_json(const struct container_info *c, const struct spec *s)
{
	json *j = json_obj();
	const char *stop = s->stop_signal > 0 ? sigabbrev_np(s->stop_signal) : NULL;
	cleanup_free char *signal = xasprintf("%s%s", stop ? "SIG" : "", stop ? stop : "");

	if (!stop && s->stop_signal > 0) {
		free(signal);
		signal = xasprintf("%d", s->stop_signal);
	}
	json_set(j, "Hostname", text_or_empty(s->hostname));
	json_set(j, "User", text_or_empty(s->user));
	json_set(j, "AttachStdin", json_boolean(s->interactive && !s->detach));
	json_set(j, "AttachStdout", json_boolean(!s->detach));
	json_set(j, "AttachStderr", json_boolean(!s->detach));
	json_set(j, "Tty", json_boolean(s->tty));
	json_set(j, "OpenStdin", json_boolean(s->interactive));
	json_set(j, "Env", json_strv(&s->env));
	json_set(j, "Cmd", json_strv(s->args.n ? &s->args : &c->command));
	json_set(j, "Image", text_or_empty(c->image));
	json_set(j, "WorkingDir", text_or_empty(s->cwd));
	json_set(j, "Labels", labels_json(&c->labels));
	json_set(j, "StopSignal", json_str(signal));
	json_set(j, "Timeout", json_i64(s->timeout / 1000000000));
	json_set(j, "Healthcheck", healthcheck_json(&s->health));
	json_set(j, "HealthcheckOnFailureAction",
		 json_str(health_action_name(s->health.on_failure)));
	return j;
}

static json *security_opts(const struct spec *s)
{
	cleanup_strv struct strv l = {};

	if (s->sec.no_new_privs)
		strv_add(&l, "no-new-privileges");
	if (s->sec.seccomp == SECCOMP_UNCONFINED)
		strv_add(&l, "seccomp=unconfined");
	else if (s->sec.seccomp == SECCOMP_FILE)
		strv_addf(&l, "seccomp=%s", s->sec.seccomp_file ? s->sec.seccomp_file : "");
	return json_strv(&l);
}

static json *log_json(const struct spec *s)
{
	json *j = json_obj();
	char size[16];

	format_size(size, s->log.max_size);
	json_set(j, "Type", json_str(s->log.driver == LOG_DRIVER_NONE ? "none" : "k8s-file"));
	json_set(j, "Size", json_str(size));
	return j;
}

static json *host_config_json(const struct container_info *c, const struct spec *s)
{
	json *j = json_obj();

	json_set(j, "Binds", binds_json(s));
	json_set(j, "LogConfig", log_json(s));
	json_set(j, "NetworkMode", network_mode(s));
	json_set(j, "AutoRemove", json_boolean(c->remove));
	json_set(j, "CapAdd", caps_json(s->sec.caps & ~CAPS_DEFAULT));
	json_set(j, "CapDrop", caps_json(CAPS_DEFAULT & ~s->sec.caps));
	json_set(j, "Dns", json_strv(&s->net.dns));
	json_set(j, "DnsOptions", json_strv(&s->net.dns_options));
	json_set(j, "DnsSearch", json_strv(&s->net.dns_search));
	json_set(j, "ExtraHosts", json_strv(&s->net.add_host));
	json_set(j, "GroupAdd", json_strv(&s->group_add));
	json_set(j, "IpcMode", ns_json(s, NS_IPC, "private"));
	json_set(j, "PidMode", ns_json(s, NS_PID, "private"));
	json_set(j, "UTSMode", ns_json(s, NS_UTS, "private"));
	json_set(j, "CgroupMode", ns_json(s, NS_CGROUP, "private"));
	json_set(j, "UsernsMode",
		 json_str(s->userns == USERNS_KEEP_ID ? "keep-id"
			  : s->userns == USERNS_NOMAP ? "nomap"
						      : "private"));
	json_set(j, "Privileged", json_boolean(s->sec.privileged));
	json_set(j, "ReadonlyRootfs", json_boolean(s->rootfs.readonly));
	json_set(j, "SecurityOpt", security_opts(s));
	json_set(j, "Tmpfs", tmpfs_json(s));
	json_set(j, "ShmSize", json_u64(s->shm_size));
	json_set(j, "Sysctls", labels_json(&s->sysctl));
	json_set(j, "Ulimits", ulimits_json(s));
	json_set(j, "Devices", devices_json(s));
	json_set(j, "Init", json_boolean(s->init));
	return j;
}

static json *network_json(const struct container_info *c, const struct spec *s)
{
	json *j = json_obj();
	bool up = c->pid > 0 && s->net.mode == NETWORK_SLIRP;

	json_set(j, "IPAddress", json_str(up ? "10.0.2.100" : ""));
	json_set(j, "IPPrefixLen", json_i64(up ? 24 : 0));
	json_set(j, "Gateway", json_str(up ? "10.0.2.2" : ""));
	json_set(j, "Ports", json_obj());
	json_set(j, "Networks", json_obj());
	return j;
}

/* The image's digest is the name of the layer's folder. */
static json *image_id(const struct spec *s)
{
	const char *path = s->rootfs.layers.n ? s->rootfs.layers.v[0] : "";
	const char *layer = strstr(path, "/layers/");
	char id[65] = "";

	if (layer && strspn(layer + 8, "0123456789abcdef") == 64)
		snprintf(id, sizeof(id), "%.64s", layer + 8);
	return json_str(id);
}

/**
 * inspect_container - everything about a container
 *
 * Return: 0, or -errno when one of its files is damaged.
 */
int inspect_container(const struct dirs *dirs, const struct container_info *c, json **out,
		      struct err *e)
{
	struct spec s;
	struct err why = {};
	cleanup_strv struct strv args = {};
	json *j;
	int r;

	if (c->broken) {
		*e = *c->broken;
		return -e->code;
	}
	spec_init(&s);
	r = container_spec(dirs, c, &s, &why);
	/* Without a spec, as when it is about to end, the record still tells most. */
	if (r == -EBADMSG) {
		*e = why;
		spec_free(&s);
		return r;
	}
	for (size_t i = 1; i < c->command.n; i++)
		strv_add(&args, c->command.v[i]);
	j = json_obj();
	json_set(j, "Id", json_str(c->id));
	json_set(j, "Created", when(c->created));
	json_set(j, "Path", json_str(c->command.n ? c->command.v[0] : ""));
	json_set(j, "Args", json_strv(&args));
	json_set(j, "State", state_json(dirs, c));
	json_set(j, "Image", image_id(&s));
	json_set(j, "ImageName", text_or_empty(c->image));
	json_set(j, "Rootfs", text_or_empty(s.rootfs.dir));
	json_set(j, "Name", text_or_empty(c->name));
	json_set(j, "RestartCount", json_i64(c->restarts));
	if (!r) {
		json_set(j, "EffectiveCaps", caps_json(s.sec.caps));
		json_set(j, "BoundingCaps", caps_json(s.sec.caps));
	}
	json_set(j, "Mounts", mounts_json(&s));
	json_set(j, "NetworkSettings", network_json(c, &s));
	json_set(j, "Config", config_json(c, &s));
	json_set(j, "HostConfig", host_config_json(c, &s));
	spec_free(&s);
	*out = j;
	return 0;
}
