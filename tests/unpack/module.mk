# unpack_driver: what the bats files of this folder drive sandbox-unpack with.
check_PROGRAMS += unpack_driver
unpack_driver_SOURCES = tests/unpack/unpack_driver.c
unpack_driver_LDADD = libimage.a libsandbox.a libspec.a libconfig.a liblinux.a libbase.a \
	$(CAP_LIBS) $(JSONC_LIBS)
EXTRA_DIST += tests/unpack/unpack.bash tests/unpack/hostile.py
EXTRA_DIST += bench/unpack
