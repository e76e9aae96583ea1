# The OCI runtime's command line: each command, and engines of Debian that call it.
EXTRA_DIST += tests/oci/setup.bash tests/oci/root/setup.bash tests/oci/root/slurm.bats tests/oci/root/containerd.bats \
	tests/oci/root/launch.bats tests/oci/root/owner.bats

# oci_driver: what launch.bats drives a launch by config.json with, below the command line.
check_PROGRAMS += oci_driver
oci_driver_SOURCES = tests/oci/oci_driver.c
oci_driver_LDADD = libsandbox.a libspec.a libconfig.a liblinux.a libbase.a $(JSONC_LIBS)
EXTRA_DIST += tests/oci/listener.py
