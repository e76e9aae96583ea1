noinst_LIBRARIES += libsandbox.a
libsandbox_a_SOURCES = src/sandbox/sandbox.h src/sandbox/internal.h src/sandbox/cover.c src/sandbox/dev.c \
	src/sandbox/kernfs.c src/sandbox/join.c src/sandbox/launch.c src/sandbox/mapped_env.c src/sandbox/mounts.c src/sandbox/move_root.c \
	src/sandbox/ns.c src/sandbox/process.c src/sandbox/procs.c src/sandbox/rootfs.c src/sandbox/rootfs_copy.c \
	src/sandbox/rejoin.c src/sandbox/logind.c src/sandbox/notify.c src/sandbox/rootfs_fuse.c src/sandbox/steps.c src/sandbox/sync.c src/sandbox/tty.c src/sandbox/unshare.c

include src/sandbox/idmap.mk
include src/sandbox/seccomp.mk
libsandbox_a_SOURCES += src/sandbox/doctor.h src/sandbox/doctor.c src/sandbox/doctor_trial.c \
	src/sandbox/doctor_userns.c src/sandbox/doctor_store.c src/sandbox/doctor_host.c
libsandbox_a_SOURCES += src/sandbox/cgroup.c src/sandbox/cgroup_dev.c \
	src/sandbox/cgroup_stat.c src/sandbox/borrow.c src/sandbox/clone.c src/sandbox/hooks.c src/sandbox/listener.c src/sandbox/netdev.c \
	src/sandbox/oci_dev.c src/sandbox/oci_mounts.c \
	src/sandbox/oci_process.c src/sandbox/oci_root.c \
	src/sandbox/unattended.c
