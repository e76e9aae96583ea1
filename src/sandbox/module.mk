noinst_LIBRARIES += libsandbox.a
libsandbox_a_SOURCES = src/sandbox/sandbox.h

include src/sandbox/idmap.mk
include src/sandbox/seccomp.mk
