/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec: what a container is, as plain data with the meaning of an OCI runtime
 * configuration. Options, image configurations and config.json make one;
 * launching reads it and knows nothing of where it came from.
 */
#ifndef SANDBOX_SPEC_SPEC_H
#define SANDBOX_SPEC_SPEC_H

#include "base/base.h"

enum ns_kind { NS_USER, NS_MNT, NS_PID, NS_NET, NS_IPC, NS_UTS, NS_CGROUP, NS_TIME, NS_KINDS };

/**
 * enum ns_mode - where a namespace comes from
 * @NS_PRIVATE: a new one
 * @NS_HOST: the one that sandbox was started in
 * @NS_JOIN: the one behind a path
 */
enum ns_mode { NS_PRIVATE, NS_HOST, NS_JOIN };

struct ns_spec {
	enum ns_mode mode;
	char *path;
};

/**
 * struct idrange - one extent of an id map, as a line of /proc/PID/uid_map
 * @host: of spec.uidmap and spec.gidmap: @outside is an id as the caller sees it (config.json, or
 *	"@" in --uidmap), not podman's rootless count (0 the caller, 1 and up his ranges)
 */
struct idrange {
	uint32_t inside, outside, count;
	bool host;
};

struct idmap {
	struct idrange *v;
	size_t n;
};

/**
 * enum userns_mode - who the caller is inside
 * @USERNS_ROOT: container root (the default; also what podman's "host" means rootless)
 * @USERNS_KEEP_ID: himself
 * @USERNS_NOMAP: nobody: his id is not mapped
 * @USERNS_EXPLICIT: spec.uidmap and spec.gidmap say it
 */
enum userns_mode { USERNS_ROOT, USERNS_KEEP_ID, USERNS_NOMAP, USERNS_EXPLICIT };

/** enum idmapped - does a mount show other ids than its file system has, and which of them */
enum idmapped { IDMAPPED_NO, IDMAPPED, IDMAPPED_RECURSIVE };

/**
 * struct mount_spec - one mount asked for by the user or by config.json, in order
 * @rattr_set, @rattr_clr: MOUNT_ATTR_* for the mounts below as well, such as by "rro"
 * @rpropagation: @propagation is meant for the mounts below as well
 * @remount: nothing new: the options of the mount that is there
 * @idmapped: by @uidmap and @gidmap; where those are empty, by the container's own maps
 */
struct mount_spec {
	char *type;        /* "bind", "tmpfs", "proc", ...: as fstab; "volume" until it is found */
	char *source;      /* absolute for a bind */
	char *target;      /* inside the container, absolute */
	uint64_t attr_set; /* MOUNT_ATTR_* */
	uint64_t attr_clr; /* MOUNT_ATTR_* asked to be off, such as by "exec" */
	uint64_t propagation; /* MS_PRIVATE, MS_SLAVE, ... or 0 */
	bool recursive;       /* a bind takes the mounts below along */
	bool optional;        /* a source that is not there is no error */
	bool tmpcopyup;
	char *volume; /* "volume" and what it became: the volume's name, "" for a nameless one */
	bool nocopy;  /* an empty volume does not get what the image has at its place */
	struct strv data; /* key or key=value for the file system */

	/* what only config.json can say */
	uint64_t rattr_set, rattr_clr;
	bool rpropagation, remount;
	enum idmapped idmapped;
	struct idmap uidmap, gidmap;
};

struct mounts {
	struct mount_spec *v;
	size_t n;
};

/**
 * struct device_spec - a device inside
 * @source: the host's node of that device; NULL: the one at @target
 * @target: path inside
 * @type: 'c', 'b' or 'p' of config.json, which names devices by number; 0: by @source
 * @mode, @uid, @gid: of the node, where the caller may make nodes
 */
struct device_spec {
	char *source, *target;
	bool read, write, mknod;
	int type;
	uint32_t major, minor, mode, uid, gid;
};

struct devices {
	struct device_spec *v;
	size_t n;
};

struct rlimit_spec {
	int resource;
	uint64_t soft, hard;
};

struct rlimits {
	struct rlimit_spec *v;
	size_t n;
};

/**
 * enum rootfs_driver - how layers become a writable root
 * @ROOTFS_AUTO: overlay, else fuse-overlayfs, else copy: by real trial
 * @ROOTFS_DIR: the folder itself is the root (--rootfs)
 */
enum rootfs_driver { ROOTFS_AUTO, ROOTFS_OVERLAY, ROOTFS_FUSE, ROOTFS_COPY, ROOTFS_DIR };

/**
 * struct rootfs_spec - the root file system
 * @layers: absolute paths, the topmost first
 * @dir: for ROOTFS_DIR
 * @state_dir: of this container: upper/, work/ and merged/ live in it
 * @tmpfs_size: for an upper layer in memory, bytes; 0 for the kernel's default
 */
struct rootfs_spec {
	enum rootfs_driver driver;
	struct strv layers;
	char *dir;
	char *state_dir;
	bool readonly;
	bool tmpfs;
	bool is_volatile;
	uint64_t tmpfs_size;
};

enum net_mode { NETWORK_SLIRP, NETWORK_NONE, NETWORK_HOST };

struct net_spec {
	enum net_mode mode;
	uint32_t mtu;
	bool ipv6;
	bool host_loopback;  /* 10.0.2.2 reaches the host's loopback */
	bool block_metadata; /* 169.254.0.0/16 and others where clouds hand out credentials */
	struct strv dns, dns_search, dns_options;
	struct strv add_host; /* NAME:ADDRESS */
};

/** enum seccomp_mode - SECCOMP_TEXT: security_spec.seccomp_text is the profile itself */
enum seccomp_mode { SECCOMP_DEFAULT, SECCOMP_UNCONFINED, SECCOMP_FILE, SECCOMP_TEXT };

/**
 * struct security_spec - what bounds the payload
 * @cap_sets: the sets below are meant as they are, and @caps bounds; else @user_caps says the rest
 * @seccomp_file, @seccomp_text: a profile's name, and what it held when the container was made
 * @apparmor, @selinux: for exec; @mount_label: for each new file system
 */
struct security_spec {
	uint64_t caps;      /* bounding set, and permitted and effective of uid 0 */
	bool caps_for_user; /* another user than root gets user_caps, as ambient */
	uint64_t user_caps; /* asked for by name */
	bool no_new_privs;
	bool nested; /* a container inside may be made */
	bool privileged;
	enum seccomp_mode seccomp;
	char *seccomp_file;
	struct strv masked, readonly; /* absolute paths inside */

	bool cap_sets;
	uint64_t effective, permitted, inheritable, ambient;
	char *seccomp_text;
	char *apparmor, *selinux, *mount_label;
};

/* ---- what only config.json can say ------------------------------------------------------------ */

/** enum hook_kind - when a hook runs; hook_names[] has their names and hooks.c the rules */
enum hook_kind {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_KINDS
};

/**
 * struct hook - a program that runs at a stage of a container's life
 * @args: with argv[0]; empty: the path alone
 * @timeout: ns, 0 for none
 */
struct hook {
	char *path;
	struct strv args, env;
	int64_t timeout;
};

struct hooks {
	struct hook *v;
	size_t n;
};

struct annotation {
	char *key, *value;
};

struct annotations {
	struct annotation *v;
	size_t n;
};

/** struct scheduler_spec - for sched_setattr(2); policy -1: as the caller's */
struct scheduler_spec {
	int policy, nice;
	uint32_t priority;
	uint64_t flags, runtime, deadline, period;
};

/** struct device_rule - "linux.resources.devices": @type 'a', 'b' or 'c'; numbers -1 for any */
struct device_rule {
	bool allow;
	int type;
	int64_t major, minor;
	bool read, write, mknod;
};

struct device_rules {
	struct device_rule *v;
	size_t n;
};

/** struct net_device - an interface of the host that becomes the container's, as @inside */
struct net_device {
	char *host, *inside;
};

struct net_devices {
	struct net_device *v;
	size_t n;
};

/**
 * struct oci_spec - the rest of config.json
 * @version: "ociVersion"
 * @bundle: absolute path of the folder
 * @cgroup_files: what is to be written into the control group, "memory.max=4096", in order
 * @ioprio: for ioprio_set(2); -1: as the caller's
 * @affinity_initial, @affinity_final: lists of processors for an exec, before and in the group
 * @mempolicy: for set_mempolicy(2); -1: as the caller's
 */
struct oci_spec {
	char *version, *bundle;
	struct annotations annotations;
	struct hooks hooks[HOOK_KINDS];
	char *cgroups_path;
	struct strv cgroup_files;
	struct device_rules device_rules;
	struct net_devices net_devices;
	bool has_oom_score;
	int oom_score;
	int ioprio;
	struct scheduler_spec sched;
	char *affinity_initial, *affinity_final;
	uint32_t console_width, console_height;
	bool has_personality;
	uint32_t personality;
	int mempolicy;
	uint32_t mempolicy_flags;
	char *mempolicy_nodes;
};

/**
 * enum log_driver - what becomes of the output of a container in the background
 * @LOG_DRIVER_FILE: a file in the container's folder, in the form podman calls k8s-file
 */
enum log_driver { LOG_DRIVER_FILE, LOG_DRIVER_NONE };

#define LOG_MAX_SIZE (16 << 20)
#define LOG_MAX_FILE 2

/**
 * struct log_spec - the log
 * @max_size: of one file, bytes; 0 for no limit
 * @max_file: how many files, the one that is written included
 */
struct log_spec {
	enum log_driver driver;
	uint64_t max_size;
	uint32_t max_file;
};

enum restart_policy { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS, RESTART_UNLESS_STOPPED };

/**
 * struct restart - what happens when the payload ends by itself
 * @max: with RESTART_ON_FAILURE how often at most; 0 for no limit
 */
struct restart {
	enum restart_policy policy;
	uint32_t max;
};

/**
 * enum health_action - what happens to a container that becomes unhealthy
 * @HEALTH_KILL: it is killed, and its restart policy says what follows
 * @HEALTH_RESTART: it is stopped and started again, whatever the policy
 */
enum health_action { HEALTH_NONE, HEALTH_KILL, HEALTH_RESTART, HEALTH_STOP };

/**
 * struct health_spec - how a container is asked whether it is well
 * @test: nothing; NONE; CMD and words; or CMD-SHELL and one text: as images have it
 * @interval: ns from the end of one check to the next; 0: only when somebody asks
 * @timeout: ns that a check may take
 * @start_period: ns from the start, in which failures do not count
 * @retries: so many failures one after the other are unhealthy
 */
struct health_spec {
	struct strv test;
	int64_t interval, timeout, start_period;
	uint32_t retries;
	enum health_action on_failure;
};

/**
 * enum sdnotify - who tells the service manager that the container is ready (sd_notify(3))
 * @SDNOTIFY_CONTAINER: the payload
 * @SDNOTIFY_CONMON: the supervisor, when the payload runs; podman's word for it
 * @SDNOTIFY_HEALTHY: the supervisor, when the first health check has succeeded
 */
enum sdnotify { SDNOTIFY_CONTAINER, SDNOTIFY_CONMON, SDNOTIFY_HEALTHY, SDNOTIFY_IGNORE };

/** struct spec - everything about a container */
struct spec {
	char *id, *name;
	char *image; /* as the user named it */

	/* identity */
	enum userns_mode userns;
	struct idmap uidmap, gidmap;
	char *user; /* -u, or the image's USER; resolved inside the root */
	bool keep_groups;
	struct strv group_add;

	/* isolation */
	struct ns_spec ns[NS_KINDS];
	int64_t time_monotonic, time_boottime; /* ns */
	struct rootfs_spec rootfs;
	struct mounts mounts;
	struct devices devices;
	struct net_spec net;
	struct security_spec sec;
	struct strv sysctl; /* key=value */
	struct rlimits rlimits;
	uint64_t shm_size;
	char *hostname, *domainname;
	bool has_umask;
	uint32_t umask;
	bool bare; /* nothing that is not said: no /proc, /dev, files in /etc, network settings */
	uint64_t propagation; /* of "/", MS_PRIVATE, MS_SHARED, ...; 0: nothing shared */
	struct oci_spec oci;

	/* process */
	struct strv args, env;
	char *cwd;
	bool make_cwd; /* it comes from the image, and is made when it is not there */
	bool tty, interactive;
	bool init;

	/* life */
	struct strv labels; /* KEY=VALUE */
	bool remove;        /* when it ends */
	struct restart restart;
	int64_t stop_timeout; /* ns until SIGKILL follows the stop signal; -1 for never */
	bool detach;
	char *detach_keys; /* that leave its terminal; NULL for the usual ones, "" for none */
	int stop_signal;
	int64_t timeout; /* ns, 0 for none */
	char *cidfile;
	struct log_spec log;
	struct health_spec health;
	enum sdnotify sdnotify;
	struct strv made_by; /* the words behind run or create */
	char *made_in;       /* the folder it was called in */
};

void spec_init(struct spec *s);
void spec_free(struct spec *s);
void spec_default_paths(struct spec *s);
int spec_check(const struct spec *s, struct err *e);

/* spec_oci.c: config.json */
extern const char *const hook_names[HOOK_KINDS];
int spec_from_oci(struct spec *s, const json *j, const char *bundle, struct err *e);
int spec_oci_process(struct spec *s, const json *process, struct err *e);
int spec_oci_resources(struct spec *s, const json *resources, struct err *e);
int number_list(const char *text, unsigned long *bits, size_t nbits);
const char *spec_annotation(const struct spec *s, const char *key);

/* what `features` tells: the words that config.json may hold, NULL-terminated */
extern const char *const oci_namespaces[];
char *oci_setting_of(const struct spec *s, enum ns_kind kind);
const char *oci_mount_option(size_t i);
const char *cap_name(unsigned cap);

/* spec_json.c */
json *spec_to_json(const struct spec *s);
int spec_from_json(struct spec *s, const json *j, struct err *e);

/* spec_parse.c: the languages of options */
int spec_parse_volume(struct spec *s, const char *text, struct err *e);
int spec_parse_mount(struct spec *s, const char *text, struct err *e);
int spec_parse_tmpfs(struct spec *s, const char *text, struct err *e);
int spec_parse_device(struct spec *s, const char *text, struct err *e);
int spec_parse_ulimit(struct spec *s, const char *text, struct err *e);
int spec_parse_add_host(struct spec *s, const char *text, struct err *e);
int spec_parse_sysctl(struct spec *s, const char *text, struct err *e);
int spec_parse_env(struct spec *s, const char *text, struct err *e);
int spec_read_seccomp(struct spec *s, const char *path, struct err *e);
int spec_parse_env_file(struct spec *s, const char *path, struct err *e);
int restart_parse(struct restart *out, const char *text, struct err *e);
int spec_parse_idmap(struct idmap *m, const char *text, struct err *e);
int signal_number(const char *name);
bool spec_valid_hostname(const char *name);
bool spec_valid_name(const char *name);

struct mount_spec *mounts_add(struct mounts *m);
struct device_spec *devices_add(struct devices *d);
void idmap_add(struct idmap *m, uint32_t inside, uint32_t outside, uint32_t count);

/* spec_health.c */
int health_parse_cmd(struct strv *test, const char *text, struct err *e);
int health_parse_action(enum health_action *out, const char *text, struct err *e);
const char *health_action_name(enum health_action action);
bool health_is_on(const struct health_spec *h);
void health_args(const struct health_spec *h, struct strv *out);

/* caps.c: names of capabilities */
#define CAPS_DEFAULT 0x800405fbULL /* podman's eleven */

int cap_parse(const char *name, uint64_t *mask, struct err *e);
uint64_t caps_all(void);
void caps_format(uint64_t mask, struct buf *out);

/* spec_log.c */
int spec_parse_log_opt(struct spec *s, const char *text, struct err *e);

/* spec_image.c: an image's configuration under the user's options */

/**
 * struct image_config - what an image says about its containers; data only, never trusted
 */
struct image_config {
	struct strv env, entrypoint, cmd;
	char *user, *cwd;
	int stop_signal;
};

void image_config_free(struct image_config *c);
void spec_apply_image(struct spec *s, const struct image_config *c, const struct strv *entrypoint,
		      bool has_entrypoint);

#endif
