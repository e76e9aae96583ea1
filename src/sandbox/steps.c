/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Theory of operation
 *
 * A launch is this table, walked from the top on both sides at once: the parent
 * runs the PARENT rows, the child, from the clone on, the CHILD rows. What needs
 * no id map stands before wait-maps, because newuidmap and newgidmap run
 * meanwhile. tests/unit/test_steps.c asserts the order from `needs` and `before`.
 */
#include <sys/mount.h>

#include "sandbox/internal.h"

static bool own(const struct launch *l, enum ns_kind kind)
{
	return l->spec->ns[kind].mode == NS_PRIVATE;
}

static bool anew(const struct launch *l)
{
	return !l->kept_userns;
}

static bool again(const struct launch *l)
{
	return l->kept_userns;
}

static bool has_helper_net(const struct launch *l)
{
	return own(l, NS_NET) && l->hooks && l->hooks->net_parent;
}

static bool own_net(const struct launch *l)
{
	return own(l, NS_NET) && l->hooks && l->hooks->net_child;
}

static bool own_uts(const struct launch *l)
{
	return l->spec->ns[NS_UTS].mode != NS_HOST && l->spec->hostname;
}

static bool readonly_root(const struct launch *l)
{
	return l->spec->rootfs.readonly;
}

static bool with_sysctl(const struct launch *l)
{
	return l->spec->sysctl.n;
}

static bool with_tty(const struct launch *l)
{
	return l->spec->tty;
}

static bool nnp(const struct launch *l)
{
	return l->spec->sec.no_new_privs;
}

static bool filtered_nnp(const struct launch *l)
{
	return nnp(l) && l->spec->sec.seccomp != SECCOMP_UNCONFINED;
}

static bool filtered_without_nnp(const struct launch *l)
{
	return !nnp(l) && l->spec->sec.seccomp != SECCOMP_UNCONFINED;
}

static bool time_wanted(const struct launch *l)
{
	return own(l, NS_TIME);
}

static bool without_caller(const struct launch *l)
{
	return l->plan->without_caller && !l->spec->bare;
}

static bool notifies(const struct launch *l)
{
	return l->notify;
}

static bool has_maps(const struct launch *l)
{
	return own(l, NS_USER);
}

static bool new_maps(const struct launch *l)
{
	return has_maps(l) && anew(l);
}

static bool borrows(const struct launch *l)
{
	return l->borrows;
}

static bool borrows_with_helpers(const struct launch *l)
{
	return borrows(l) && l->plan->driver == IDMAP_HELPERS;
}

static bool maps_of_other(const struct launch *l)
{
	return new_maps(l) && !borrows(l);
}

static bool wants_userns_fd(const struct launch *l)
{
	return new_maps(l) && !l->unattended;
}

static bool bare(const struct launch *l)
{
	return l->spec->bare;
}

static bool full(const struct launch *l)
{
	return !l->spec->bare;
}

/* What the parent may open and container root perhaps not. */
static bool root_with_maps(const struct launch *l)
{
	if (!bare(l))
		return false;
	return own(l, NS_USER) ? l->plan->driver == IDMAP_DIRECT
			       : l->spec->ns[NS_USER].mode == NS_JOIN && idmap_is_root();
}

static bool loopback_alone(const struct launch *l)
{
	return own(l, NS_NET) && !own_net(l);
}

static bool with_domainname(const struct launch *l)
{
	return l->spec->domainname && l->spec->ns[NS_UTS].mode != NS_HOST;
}

static bool full_tty(const struct launch *l)
{
	return full(l) && with_tty(l);
}

static bool bare_tty(const struct launch *l)
{
	return bare(l) && with_tty(l);
}

static bool full_confined(const struct launch *l)
{
	return full(l) && !l->spec->sec.privileged;
}

static bool bare_masks(const struct launch *l)
{
	return bare(l) && l->spec->sec.masked.n + l->spec->sec.readonly.n;
}

static bool runtime_hooks(const struct launch *l)
{
	const struct oci_spec *o = &l->spec->oci;

	return o->hooks[HOOK_PRESTART].n + o->hooks[HOOK_CREATE_RUNTIME].n + o->net_devices.n;
}

static bool container_hooks(const struct launch *l)
{
	return l->spec->oci.hooks[HOOK_CREATE_CONTAINER].n;
}

static bool with_propagation(const struct launch *l)
{
	return l->spec->propagation;
}

static bool with_oom_score(const struct launch *l)
{
	return l->spec->oci.has_oom_score;
}

static bool with_lsm(const struct launch *l)
{
	const struct security_spec *s = &l->spec->sec;

	return (s->apparmor && *s->apparmor) || (s->selinux && *s->selinux);
}

static bool watched(const struct launch *l)
{
	return l->c.watch.listener;
}

static bool with_affinity(const struct launch *l)
{
	return l->spec->oci.affinity_final;
}

static bool with_keyring(const struct launch *l)
{
	return !l->keep_keyring;
}

/* A filter that is loaded early would have to allow what waiting and hooks take: so they come first. */
static bool early(const struct launch *l)
{
	return bare(l) && filtered_without_nnp(l);
}

static bool late(const struct launch *l)
{
	return !early(l);
}

static bool waits_early(const struct launch *l)
{
	return l->wait_start && early(l);
}

static bool waits_late(const struct launch *l)
{
	return l->wait_start && late(l);
}

static bool says_early(const struct launch *l)
{
	return l->unattended && waits_early(l);
}

static bool says_late(const struct launch *l)
{
	return l->unattended && waits_late(l);
}

static bool hooks_early(const struct launch *l)
{
	return early(l) && l->spec->oci.hooks[HOOK_START_CONTAINER].n;
}

static bool hooks_late(const struct launch *l)
{
	return late(l) && l->spec->oci.hooks[HOOK_START_CONTAINER].n;
}

/* clang-format off */
const struct step steps[] = {
	{"seccomp-prepare", PARENT, NULL, seccomp_prepare, NEEDS_NOTHING, {"clone", "rejoin"},
	 "a profile from a file takes memory and a library, which a child must not wait for"},
	{"early-sources", PARENT, root_with_maps, step_early_sources, NEEDS_NOTHING, {"clone"},
	 "folders that root reaches and container root, who is another one, may not"},
	{"prepare-maps", PARENT, new_maps, step_prepare_maps, NEEDS_NOTHING, {"clone"},
	 "what we write after the clone has to be copied first"},
	{"waiting-helpers", PARENT, borrows_with_helpers, step_waiting_helpers, NEEDS_NOTHING, {"clone"},
	 "the clone returns when the child has no need of us any more: they wait for its number"},
	{"clone", PARENT, anew, step_clone, NEEDS_NOTHING, {"start-maps"},
	 "user and pid namespace alone: the id helpers can start 0.4 ms earlier"},
	{"rejoin", PARENT, again, step_rejoin, NEEDS_NOTHING, {"net-helper", "finish-maps"},
	 "in place of the rows around it: the user namespace of the run before has its maps"},
	{"start-maps", PARENT, maps_of_other, step_start_maps, NEEDS_NOTHING, {"finish-maps"},
	 "newuidmap and newgidmap side by side, and beside what the child does"},
	{"userns-fd", PARENT, wants_userns_fd, step_userns_fd, NEEDS_NOTHING, {"net-helper", "finish-maps"},
	 "helpers and the cleaner join the user namespace, also when the child has gone"},
	{"net-helper", PARENT, has_helper_net, step_net_helper, NEEDS_NOTHING, {NULL},
	 "beside the maps, or beside the payload that can do without for a while; frames wait in the tap"},
	{"finish-maps", PARENT, has_maps, step_finish_maps, NEEDS_NOTHING, {NULL},
	 "says MAPPED; everything after it happens in the child"},

	{"own-maps", CHILD, borrows, step_own_maps, NEEDS_NOTHING, {"wait-maps"},
	 "first of all: the helpers can start"},
	{"unshare", CHILD, NULL, step_unshare, NEEDS_NOTHING,
	 {"propagation", "kernel-mounts", "network"}, "the other namespaces belong to the user namespace"},
	{"show-namespaces", CHILD, borrows, step_show_namespaces, NEEDS_NOTHING, {"wait-maps"},
	 "when the parent goes on, it is too late"},
	{"time", CHILD, time_wanted, step_time, NEEDS_NOTHING, {"find-command"},
	 "offsets are written between unshare and setns; clone3(NEWTIME) would be too late"},
	{"oci-sources", CHILD, bare, step_oci_sources, NEEDS_NOTHING, {"propagation", "user-sysctl", "oci-mounts"},
	 "clones that hear of the host's mounts have to be made while this namespace still does"},
	{"propagation", CHILD, NULL, step_propagation, NEEDS_NOTHING, {"user-sources", "rootfs"},
	 "what is mounted from here on stays here"},
	{"kernel-mounts", CHILD, full, step_kernel_mounts, NEEDS_NOTHING, {"sysctl", "attach-kernel"},
	 "proc, sysfs, mqueue, cgroup2, detached: no image can stand in for them"},
	{"dev-nodes", CHILD, full, step_dev_nodes, NEEDS_NOTHING, {"dev"},
	 "clones of the host's nodes, checked by number"},
	{"network", CHILD, own_net, step_net, NEEDS_NOTHING, {NULL},
	 "lo and the tap need the new network namespace, and no ids"},
	{"loopback", CHILD, loopback_alone, step_loopback, NEEDS_NOTHING, {NULL},
	 "a new network namespace has it down"},
	{"hostname", CHILD, own_uts, step_hostname, NEEDS_NOTHING, {NULL}, "in its own uts namespace"},
	{"domainname", CHILD, with_domainname, step_domainname, NEEDS_NOTHING, {NULL}, "there as well"},
	{"oom-score", CHILD, with_oom_score, step_oom_score, NEEDS_NOTHING, {"become-root"},
	 "files of a process that is not dumpable are root's"},
	{"open-lsm", CHILD, with_lsm, step_open_lsm, NEEDS_NOTHING, {"pivot", "lsm"},
	 "through a /proc that is no image's", true},
	{"listener", CHILD, watched, step_listener, NEEDS_NOTHING, {"pivot", "seccomp-early", "seccomp"},
	 "its socket has a path of the host's"},
	{"keyring", CHILD, with_keyring, step_keyring, NEEDS_NOTHING, {"seccomp"},
	 "keyrings know no namespaces; the filter forbids keyctl", true},
	{"user-sources", CHILD, full, step_user_sources, NEEDS_NOTHING, {"open-init", "rootfs", "user-mounts"},
	 "sources are host paths: opened before anything covers them"},
	{"open-init", CHILD, NULL, step_open_init, NEEDS_NOTHING, {"pivot"},
	 "the host's file as a read-only bind, while the host's paths are there"},
	{"sysctl", CHILD, full, step_sysctl, NEEDS_NOTHING, {"masks"},
	 "through the detached proc, before it is made read-only"},
	{"bounding", CHILD, NULL, step_bounding, NEEDS_NOTHING, {"identity"},
	 "takes effect at exec only, so it may come as early as this", true},

	{"hold-store", CHILD, without_caller, step_hold_store, NEEDS_NOTHING, {"become-root"},
	 "container root is not the caller, whose folders are closed to others"},
	{"wait-maps", CHILD, has_maps, step_wait_maps, NEEDS_NOTHING, {"become-root"}, "the parent's MAPPED"},
	{"become-root", CHILD, NULL, step_become_root, NEEDS_MAPS, {"rootfs"},
	 "what is made from here on belongs to container root"},
	{"user-sysctl", CHILD, with_sysctl, step_user_sysctl, NEEDS_MAPS, {"masks"},
	 "an ipc namespace's settings belong to its root, who has to be mapped"},
	{"rootfs", CHILD, NULL, step_rootfs, NEEDS_MAPS, {"attach-kernel"},
	 "an overlay's upper layer is refused before the maps are there (EACCES)"},
	{"attach-kernel", CHILD, full, step_attach_kernel, NEEDS_ROOTFS, {"masks"},
	 "on plain folders: no link is followed"},
	{"dev", CHILD, full, step_dev, NEEDS_ROOTFS, {"masks", "console", "files"},
	 "a fresh tmpfs, which takes files only after the maps (EOVERFLOW)"},
	{"masks", CHILD, full_confined, step_masks, NEEDS_ROOTFS, {"pivot"},
	 "below the descriptors of our own proc and sys"},
	{"console", CHILD, full_tty, step_console, NEEDS_ROOTFS, {"stdio"},
	 "from our own devpts, by TIOCGPTPEER"},
	{"files", CHILD, full, step_files, NEEDS_ROOTFS, {"user-mounts"},
	 "hosts, resolv.conf and hostname, over the image's, under the user's"},
	{"user-mounts", CHILD, full, step_user_mounts, NEEDS_ROOTFS, {"readonly-root", "devices"},
	 "in the order given; mount points are made while the root can be written"},
	{"devices", CHILD, full, step_devices, NEEDS_ROOTFS, {"readonly-root"}, "into the fresh /dev"},
	{"oci-mounts", CHILD, bare, step_oci_mounts, NEEDS_ROOTFS, {"oci-devices", "oci-masks"},
	 "config.json's, in its order; mount points are made while the root can be written"},
	{"oci-devices", CHILD, bare, step_oci_devices, NEEDS_ROOTFS, {"oci-console", "oci-masks"},
	 "into what is mounted at /dev by now"},
	{"oci-console", CHILD, bare_tty, step_console, NEEDS_ROOTFS, {"stdio"},
	 "from the devpts that config.json names"},
	{"oci-masks", CHILD, bare_masks, step_masks, NEEDS_ROOTFS, {"runtime-hooks", "pivot"},
	 "over the mounts that config.json names"},
	{"user", CHILD, NULL, step_user, NEEDS_ROOTFS, {"notify", "stdio", "identity"},
	 "names are looked up in the image's own files", true},
	{"notify", CHILD, notifies, step_notify, NEEDS_ROOTFS, {"pivot"},
	 "into the fresh /dev, while its folder is at hand; adds to the environment of the row before"},
	{"runtime-hooks", CHILD, runtime_hooks, step_ask_hooks, NEEDS_ROOTFS, {"container-hooks", "pivot"},
	 "the parent runs them: namespaces and mounts are there, and the host's paths still are"},
	{"container-hooks", CHILD, container_hooks, step_container_hooks, NEEDS_ROOTFS, {"readonly-root", "pivot"},
	 "programs of the host inside the container's namespaces"},
	{"readonly-root", CHILD, readonly_root, step_readonly_root, NEEDS_ROOTFS, {"pivot"},
	 "the last thing that happens to the root's mount"},
	{"pivot", CHILD, NULL, step_pivot, NEEDS_ROOTFS, {"cwd"}, "the host's tree is gone from here on"},
	{"root-propagation", CHILD, with_propagation, step_root_propagation, NEEDS_PIVOT, {"exec"},
	 "pivot_root takes no root that is shared"},
	{"cwd", CHILD, NULL, step_cwd, NEEDS_PIVOT, {"find-command"}, "without magic links", true},
	{"join-console", JOINED, with_tty, step_join_console, NEEDS_PIVOT, {"stdio"},
	 "an exec's own, from the container's devpts", false, true},
	{"stdio", CHILD, NULL, step_stdio, NEEDS_PIVOT, {"exec"},
	 "a session of its own; takes the terminal", true, true},
	{"rlimits", CHILD, NULL, step_rlimits, NEEDS_PIVOT, {"exec"}, "late: they bound the payload, not us", true},
	{"priorities", CHILD, bare, step_priorities, NEEDS_PIVOT, {"identity"},
	 "some of them are for root", true},
	{"affinity", JOINED, with_affinity, step_affinity, NEEDS_PIVOT, {"exec"},
	 "an exec's, in the container's control group", true},
	{"find-as-user", CHILD, early, step_find_as_user, NEEDS_PIVOT, {"wait-early"},
	 "create says what is wrong with the command, not start", true},
	{"wait-early", CHILD, waits_early, step_wait_start, NEEDS_PIVOT, {"seccomp-early"},
	 "create stops here when the filter is loaded early: it need not allow what waiting takes"},
	{"start-hooks-early", CHILD, hooks_early, step_start_hooks, NEEDS_PIVOT, {"seccomp-early"},
	 "nor what starting a hook takes"},
	{"starting-early", CHILD, says_early, step_starting, NEEDS_PIVOT, {"seccomp-early"},
	 "nor sendmsg: what is killed before this has not been started"},
	{"seccomp-early", CHILD, filtered_without_nnp, step_seccomp_early, NEEDS_PIVOT, {"identity"},
	 "without no_new_privs it takes the CAP_SYS_ADMIN that the next row gives up", true},
	{"identity", CHILD, NULL, step_identity, NEEDS_PIVOT, {"caps", "no-new-privs"},
	 "groups, gid, uid: in this order, or the first two are not allowed any more", true},
	{"caps", CHILD, NULL, step_caps, NEEDS_PIVOT, {"seccomp"}, "after the uid, which changes them", true},
	{"lsm", CHILD, with_lsm, step_lsm, NEEDS_PIVOT, {"no-new-privs"},
	 "no_new_privs forbids a profile that is not stricter", true},
	{"no-new-privs", CHILD, nnp, step_no_new_privs, NEEDS_PIVOT, {"seccomp"},
	 "lets anybody load a filter", true},
	{"find-command", CHILD, late, step_find_command, NEEDS_PIVOT, {"exec"},
	 "as the payload's user, so that 126 and 127 are told apart", true},
	{"wait-start", CHILD, waits_late, step_wait_start, NEEDS_PIVOT, {"start-hooks", "exec"},
	 "create stops here until start"},
	{"start-hooks", CHILD, hooks_late, step_start_hooks, NEEDS_PIVOT, {"seccomp", "exec"},
	 "right before the payload"},
	{"starting", CHILD, says_late, step_starting, NEEDS_PIVOT, {"seccomp", "exec"},
	 "what is killed before this has not been started; the filter need not allow sendmsg"},
	{"seccomp", CHILD, filtered_nnp, step_seccomp, NEEDS_PIVOT, {"exec"}, "the last wall", true},
	{"exec", CHILD, NULL, step_exec, NEEDS_PIVOT, {NULL}, "sandbox-init, or the payload itself", true, true},
};
/* clang-format on */

const size_t nsteps = ARRAY_SIZE(steps);

static bool on_side(const struct launch *l, const struct step *s, enum side side)
{
	if (side != JOINED && side != JOINING)
		return s->side == side;
	if (s->side != JOINED && !s->joins)
		return false;
	return !l->apart || s->inside == (side == JOINED);
}

/**
 * steps_walk - run the rows of one side that apply
 *
 * Return: 0, or the first failure, with the row's name before its message.
 */
int steps_walk(struct launch *l, enum side side, struct err *e)
{
	for (size_t i = 0; i < nsteps; i++) {
		const struct step *s = &steps[i];
		int r;

		if (!on_side(l, s, side) || (s->when && !s->when(l)))
			continue;
		log_debug("step %s", s->name);
		fault_point(s->name);
		r = s->run(l, e);
		if (r < 0) {
			log_debug("step %s failed", s->name);
			return r;
		}
	}
	return 0;
}

/**
 * launch_explain - the rows that apply to a spec, as `run --explain` prints them
 */
void launch_explain(struct launch *l, struct buf *out)
{
	launch_settle(l);
	for (size_t i = 0; i < nsteps; i++) {
		const struct step *s = &steps[i];

		if (s->side != JOINED && (!s->when || s->when(l)))
			buf_printf(out, "%-7s %-16s %s\n", s->side == CHILD ? "child" : "parent",
				   s->name, s->why);
	}
}
