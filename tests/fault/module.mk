# jumpy: sandbox with a clock under it that jumps. No library can be put under a static program.
check_PROGRAMS += jumpy
jumpy_SOURCES = tests/fault/jumpy.c $(sandbox_SOURCES)
jumpy_LDADD = $(sandbox_LDADD)
jumpy_LDFLAGS = -Wl,--wrap=clock_gettime -Wl,--wrap=time
if STATIC_FRONT
jumpy_LDFLAGS += $(STATIC_FRONT_LDFLAGS)
else
jumpy_LDFLAGS += $(AM_LDFLAGS)
endif
