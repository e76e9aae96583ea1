# sandbox-init has no libc and no use for the flags of the others: whatever
# CFLAGS and --enable-sanitizers say, it is compiled with these alone. One page of
# text, no writable segment. Build rules of its own, because automake always appends
# CFLAGS.
pid1_cc_flags = -std=gnu11 $(WARN_CFLAGS) -Os -g -ffreestanding -fno-pie -fno-pic -fno-stack-protector \
	-fno-sanitize=all -fno-lto -fcf-protection=none -fomit-frame-pointer \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-strict-aliasing \
	-U_FORTIFY_SOURCE
pid1_link_flags = -nostdlib -static -Wl,-z,noseparate-code -Wl,-z,norelro -Wl,-z,noexecstack \
	-Wl,--build-id=none -Wl,--gc-sections -Wl,--fatal-warnings
pid1_objects = src/helpers/init.$(OBJEXT) src/helpers/init_arch.$(OBJEXT)
pid1_includes = src/helpers/init_proto.h src/base/raw_sys.h

pkglibexec_PROGRAMS += sandbox-init
sandbox_init_SOURCES = $(pid1_includes)
sandbox_init_LDADD = $(pid1_objects)
sandbox_init_LINK = $(CC) $(pid1_link_flags) -o $@
EXTRA_DIST += src/helpers/init.c src/helpers/init_arch.S
CLEANFILES += $(pid1_objects)

src/helpers/init.$(OBJEXT): src/helpers/init.c $(pid1_includes)
	@$(MKDIR_P) src/helpers
	$(AM_V_CC)$(CC) $(pid1_cc_flags) -I$(srcdir)/src -c -o $@ $(srcdir)/src/helpers/init.c

src/helpers/init_arch.$(OBJEXT): src/helpers/init_arch.S
	@$(MKDIR_P) src/helpers
	$(AM_V_CC)$(CC) $(pid1_cc_flags) -c -o $@ $(srcdir)/src/helpers/init_arch.S

pkglibexec_PROGRAMS += sandbox-unpack
sandbox_unpack_SOURCES = src/helpers/unpack_main.c
sandbox_unpack_LDADD = libunpack.a libconfig.a liblinux.a libbase.a $(ARCHIVE_LIBS) $(ISAL_LIBS) \
	$(ZSTD_LIBS) $(SHA_LIBS) $(JSONC_LIBS) -lpthread

pkglibexec_PROGRAMS += sandbox-fetch
sandbox_fetch_SOURCES = src/helpers/fetch_main.c
sandbox_fetch_LDADD = libfetch.a libconfig.a liblinux.a libbase.a $(CURL_LIBS) $(YAML_LIBS) \
	$(CRYPTO_LIBS) $(JSONC_LIBS)

# A build tree finds its data below share/ beside the program, also when the sources are elsewhere.
dist_pkgdata_DATA += share/distros.conf

pkglibexec_PROGRAMS += sandbox-net
sandbox_net_SOURCES = src/helpers/net_main.c src/net/slirp.c src/net/guard.c src/net/confine.c
sandbox_net_CPPFLAGS = $(AM_CPPFLAGS) $(SLIRP_CFLAGS)
sandbox_net_LDADD = libnethelper.a libnet.a libconfig.a liblinux.a libbase.a $(SLIRP_LIBS) \
	$(JSONC_LIBS)
BUILT_SOURCES += share/distros.stamp
CLEANFILES += share/distros.stamp
share/distros.stamp: $(srcdir)/share/distros.conf
	$(AM_V_GEN)$(MKDIR_P) share
	@cmp -s $(srcdir)/share/distros.conf share/distros.conf || \
		cp $(srcdir)/share/distros.conf share/distros.conf
	@echo >$@

pkglibexec_PROGRAMS += sandbox-load
sandbox_load_SOURCES = src/helpers/load_main.c
sandbox_load_LDADD = libsandbox.a libspec.a libconfig.a liblinux.a libbase.a $(JSONC_LIBS)
