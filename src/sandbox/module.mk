noinst_LIBRARIES += libsandbox.a
libsandbox_a_SOURCES = src/sandbox/sandbox.h

include src/sandbox/idmap.mk
include src/sandbox/seccomp.mk
libsandbox_a_SOURCES += src/sandbox/doctor.h src/sandbox/doctor.c src/sandbox/doctor_trial.c \
	src/sandbox/doctor_userns.c src/sandbox/doctor_store.c src/sandbox/doctor_host.c
