# Programs that the escape tests run inside containers: static, because the images
# have another libc or none.
check_PROGRAMS += escape_seccomp_probe
escape_seccomp_probe_SOURCES = tests/escape/seccomp_probe.c
escape_seccomp_probe_CFLAGS = -std=gnu11 $(WARN_CFLAGS)
escape_seccomp_probe_LDFLAGS = $(STATIC_LDFLAGS)
