# libFuzzer harnesses, one a parser of hostile input, built with clang and
# --enable-fuzzers. To add one called X: fuzz_X.c here, seeds in corpus/X/, if it
# helps a dictionary X.dict, and below
#	FUZZ_TESTS += fuzz_X
#	fuzz_X_SOURCES = tests/fuzz/fuzz_X.c
#	fuzz_X_LDADD = $(FUZZ_LIBS)
#	fuzz_X_LDFLAGS = $(FUZZ_LINK)

FUZZ_LIBS = libcli.a libcontainer.a libsandbox.a libimage.a libnet.a libspec.a libconfig.a \
	liblinux.a libbase.a $(JSONC_LIBS)
FUZZ_LINK = $(AM_LDFLAGS) -fsanitize=fuzzer
FUZZ_DIST = $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/tests/fuzz/*.dict \
	$(srcdir)/tests/fuzz/*.c $(srcdir)/tests/fuzz/corpus/*/*))

# They stand in TESTS because automake makes rules for nothing else.
if FUZZERS
check_PROGRAMS += $(FUZZ_TESTS)
TESTS += $(FUZZ_TESTS)
LOG_COMPILER = $(srcdir)/tests/fuzz/run-fuzz
endif
EXTRA_DIST += $(FUZZ_DIST) tests/fuzz/run-fuzz

FUZZ_TESTS += fuzz_subid fuzz_user
fuzz_subid_SOURCES = tests/fuzz/fuzz_subid.c
fuzz_subid_LDADD = $(FUZZ_LIBS)
fuzz_subid_LDFLAGS = $(FUZZ_LINK)
fuzz_user_SOURCES = tests/fuzz/fuzz_user.c
fuzz_user_LDADD = $(FUZZ_LIBS)
fuzz_user_LDFLAGS = $(FUZZ_LINK)
FUZZ_TESTS += fuzz_seccomp_json
fuzz_seccomp_json_SOURCES = tests/fuzz/fuzz_seccomp_json.c
fuzz_seccomp_json_LDADD = $(FUZZ_LIBS)
fuzz_seccomp_json_LDFLAGS = $(FUZZ_LINK)

FUZZ_TESTS += fuzz_tarpath
fuzz_tarpath_SOURCES = tests/fuzz/fuzz_tarpath.c
fuzz_tarpath_LDADD = libunpack.a $(FUZZ_LIBS)
fuzz_tarpath_LDFLAGS = $(FUZZ_LINK)
FUZZ_TESTS += fuzz_ref fuzz_record fuzz_releases
fuzz_ref_SOURCES = tests/fuzz/fuzz_ref.c
fuzz_ref_LDADD = $(FUZZ_LIBS)
fuzz_ref_LDFLAGS = $(FUZZ_LINK)
fuzz_record_SOURCES = tests/fuzz/fuzz_record.c
fuzz_record_LDADD = $(FUZZ_LIBS)
fuzz_record_LDFLAGS = $(FUZZ_LINK)
fuzz_releases_SOURCES = tests/fuzz/fuzz_releases.c
fuzz_releases_LDADD = libfetch.a $(FUZZ_LIBS) $(YAML_LIBS)
fuzz_releases_LDFLAGS = $(FUZZ_LINK)

FUZZ_TESTS += fuzz_frame fuzz_dns fuzz_dns_stream
fuzz_frame_SOURCES = tests/fuzz/fuzz_frame.c
fuzz_frame_LDADD = libnethelper.a $(FUZZ_LIBS)
fuzz_frame_LDFLAGS = $(FUZZ_LINK)
fuzz_dns_SOURCES = tests/fuzz/fuzz_dns.c
fuzz_dns_LDADD = libnethelper.a $(FUZZ_LIBS)
fuzz_dns_LDFLAGS = $(FUZZ_LINK)
fuzz_dns_stream_SOURCES = tests/fuzz/fuzz_dns_stream.c
fuzz_dns_stream_LDADD = libnethelper.a $(FUZZ_LIBS)
fuzz_dns_stream_LDFLAGS = $(FUZZ_LINK)

FUZZ_TESTS += fuzz_slirp
fuzz_slirp_SOURCES = tests/fuzz/fuzz_slirp.c src/net/slirp.c
fuzz_slirp_CPPFLAGS = $(AM_CPPFLAGS) $(SLIRP_CFLAGS)
fuzz_slirp_LDADD = libnethelper.a $(FUZZ_LIBS) $(SLIRP_LIBS)
fuzz_slirp_LDFLAGS = $(FUZZ_LINK)

FUZZ_TESTS += fuzz_template
fuzz_template_SOURCES = tests/fuzz/fuzz_template.c
fuzz_template_LDADD = $(FUZZ_LIBS)
fuzz_template_LDFLAGS = $(FUZZ_LINK)

FUZZ_TESTS += fuzz_log
fuzz_log_SOURCES = tests/fuzz/fuzz_log.c
fuzz_log_LDADD = $(FUZZ_LIBS)
fuzz_log_LDFLAGS = $(FUZZ_LINK)

FUZZ_TESTS += fuzz_oci
fuzz_oci_SOURCES = tests/fuzz/fuzz_oci.c
fuzz_oci_LDADD = $(FUZZ_LIBS)
fuzz_oci_LDFLAGS = $(FUZZ_LINK)
