/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The launch does much of its work while newuidmap and newgidmap run: what the
 * kernel allows in a user namespace whose maps are not written, and what not.
 */
#include <net/if.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <linux/keyctl.h>
#include <sys/ioctl.h>

#include "platform.h"

static const char *scratch;

/* A detached mount of a file system type without options. */
static int mount_detached(const char *type)
{
	cleanup_close int fs = sys_fsopen(type, FSOPEN_CLOEXEC);
	int r;

	if (fs < 0)
		return fs;
	r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
}

static long loopback_up(void)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return ret(ioctl(fd, SIOCSIFFLAGS, &ifr));
}

static long tap_create(void)
{
	struct ifreq ifr = {.ifr_name = "tap0", .ifr_flags = IFF_TAP | IFF_NO_PI};
	cleanup_close int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return 0; /* not a fact about maps */
	if (ioctl(fd, TUNSETIFF, &ifr) < 0 || ioctl(fd, TUNSETPERSIST, 1) < 0)
		return -errno;
	return 0;
}

static long mount_overlay(void)
{
	cleanup_free char *options =
		xasprintf("lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work,userxattr", scratch,
			  scratch, scratch);
	cleanup_free char *at = path_join(scratch, "merged");
	long r = ret(mount("overlay", at, "overlay", 0, options));

	if (!r)
		umount2(at, MNT_DETACH);
	return r;
}

static long create_in_tmpfs(void)
{
	cleanup_close int m = mount_detached("tmpfs");
	cleanup_close int fd = -1;

	if (m < 0)
		return m;
	fd = openat(m, "x", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	return ret(fd);
}

static long mount_devpts_gid5(void)
{
	cleanup_free char *at = path_join(scratch, "merged");
	long r = ret(mount("devpts", at, "devpts", 0, "newinstance,ptmxmode=0666,mode=620,gid=5"));

	if (!r)
		umount2(at, MNT_DETACH);
	return r;
}

static void before(void)
{
	int proc;

	works(ret(unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			  CLONE_NEWCGROUP)),
	      "before the maps: unshare of the other namespaces works");
	works(ret(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)), "before: propagation");
	proc = mount_detached("proc");
	if (proc == -EPERM)
		skip("/proc of this host is masked: no proc can be mounted here");
	works(proc, "before: a proc mount, detached");
	works(mount_detached("sysfs"), "before: a sysfs mount, detached");
	works(mount_detached("mqueue"), "before: an mqueue mount, detached");
	works(mount_detached("cgroup2"), "before: a cgroup2 mount, detached");
	works(sys_open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC),
	      "before: open_tree of a device");
	works(loopback_up(), "before: lo up");
	works(tap_create(), "before: a tap, made persistent");
	works(ret(sethostname("x", 1)), "before: sethostname");
	works(put("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0"),
	      "before: ip_unprivileged_port_start");
	works(put("/proc/sys/user/max_user_namespaces", "0"), "before: max_user_namespaces");
	works(sys_join_session_keyring(NULL), "before: a session keyring");
	works(ret(prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT, 0, 0, 0)), "before: bounding set");

	refused(mount_overlay(), EACCES, "before: overlay with an upper layer is EACCES");
	refused(create_in_tmpfs(), EOVERFLOW, "before: creating in a fresh tmpfs is EOVERFLOW");
	refused(mount_devpts_gid5(), EINVAL, "before: devpts gid=5 is EINVAL");
	refused(put("/proc/sys/net/ipv4/ping_group_range", "0 0"), EINVAL,
		"before: ping_group_range is EINVAL");
}

static void after_full(void)
{
	works(mount_overlay(), "after the maps: overlay with an upper layer works");
	works(create_in_tmpfs(), "after: creating in a fresh tmpfs works");
	works(mount_devpts_gid5(), "after: devpts gid=5 works");
	works(put("/proc/sys/net/ipv4/ping_group_range", "0 1000"),
	      "after: ping_group_range works");
}

static void after_one(void)
{
	works(create_in_tmpfs(), "one id: creating in a fresh tmpfs works");
	refused(mount_devpts_gid5(), EINVAL, "one id: devpts gid=5 is EINVAL for ever");
	refused(put("/proc/sys/net/ipv4/ping_group_range", "0 1000"), EINVAL,
		"one id: ping_group_range of ids that are not mapped is EINVAL");
	works(put("/proc/sys/net/ipv4/ping_group_range", "0 0"), "one id: its own group works");
}

int main(void)
{
	static const char *const folders[] = {"lower", "upper", "work", "merged"};

	become_user();
	scratch = scratch_make();
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		cleanup_free char *path = path_join(scratch, folders[i]);

		mkdir(path, 0755);
	}
	in_userns(CLONE_NEWPID, MAPS_FULL, before, after_full);
	in_userns(CLONE_NEWNS | CLONE_NEWNET, MAPS_ONE, NULL, after_one);
	return facts_end();
}
