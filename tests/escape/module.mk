# Programs that the escape tests run inside containers: static, because the images
# have another libc or none.
check_PROGRAMS += escape_seccomp_probe escape_tool escape_ld
escape_seccomp_probe_SOURCES = tests/escape/seccomp_probe.c
escape_seccomp_probe_CFLAGS = -std=gnu11 $(WARN_CFLAGS)
escape_seccomp_probe_LDFLAGS = $(STATIC_LDFLAGS)
escape_tool_SOURCES = tests/escape/tool.c
escape_tool_CFLAGS = -std=gnu11 $(WARN_CFLAGS)
escape_tool_LDFLAGS = $(STATIC_LDFLAGS)

# Plays the dynamic loader: without libc, as sandbox-init.
escape_ld_SOURCES = src/base/raw_sys.h
escape_ld_LDADD = tests/escape/ld.$(OBJEXT)
escape_ld_LINK = $(CC) $(pid1_link_flags) -o $@
EXTRA_DIST += tests/escape/ld.c tests/escape/setup.bash
CLEANFILES += tests/escape/ld.$(OBJEXT)
tests/escape/ld.$(OBJEXT): tests/escape/ld.c src/base/raw_sys.h
	@$(MKDIR_P) tests/escape
	$(AM_V_CC)$(CC) $(pid1_cc_flags) -I$(srcdir)/src -c -o $@ $(srcdir)/tests/escape/ld.c
