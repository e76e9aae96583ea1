# Tests by kind. `make check` runs all that this build can; check-KIND one kind.
# Unit tests are cmocka programs, the rest bats files (run one file at a time as
# a normal user, by tests/lib/run-bats) and a script that checks the sources.

UNIT_TESTS =
PLATFORM_TESTS =
FUZZ_TESTS =
SOURCE_TESTS = tests/check/source.sh
# BATS_TESTS: every tests/*/*.bats, so that a new one cannot be forgotten (configure.ac).

TEST_EXTENSIONS = .bats .sh
BATS_LOG_COMPILER = $(srcdir)/tests/lib/run-bats
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	SANDBOX=$${SANDBOX:-'$(abs_top_builddir)/sandbox'}; export SANDBOX; \
	CC='$(CC)'; export CC;

if HAVE_CMOCKA
TESTS += $(UNIT_TESTS)
check_PROGRAMS += $(UNIT_TESTS)
endif
TESTS += $(PLATFORM_TESTS)
check_PROGRAMS += $(PLATFORM_TESTS)
TESTS += $(SOURCE_TESTS) $(BATS_TESTS)

UNIT_LDADD = libcli.a liboci.a libcontainer.a libsandbox.a libimage.a libnet.a libspec.a libconfig.a \
	liblinux.a libbase.a $(JSONC_LIBS) $(CMOCKA_LIBS)

EXTRA_DIST += $(BATS_TESTS) $(SOURCE_TESTS) tests/fault/README tests/fault/terminal.py tests/lib/reaper tests/lib/run-bats tests/lib/common.bash tests/lib/leaks tests/lib/count.awk \
	tests/check/layers.awk tests/check/headers.table tests/check/functions.awk \
	tests/check/sizes.allow tests/vm/README tests/vm/run tests/vm/pack tests/vm/build-image \
	tests/vm/guest-user tests/vm/guest-user.service tests/vm/guest-end tests/vm/guest-end.service

check-unit:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(UNIT_TESTS)'
check-platform:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(PLATFORM_TESTS)'
check-source:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(SOURCE_TESTS)'
check-bats:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(BATS_TESTS)'
check-cli check-oci check-escape check-fault check-image check-net check-unpack:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(filter tests/$(@:check-%=%)/%,$(BATS_TESTS))'
check-fuzz:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(FUZZ_TESTS)'

check-vm:
	VM_TARGETS='$(VM_TARGETS)' $(srcdir)/tests/vm/run

# What a kind consists of; contrib/check asks before it runs one.
print-check-platform:
	@echo $(PLATFORM_TESTS)
print-check-bats:
	@echo $(BATS_TESTS)
print-check-fuzz:
	@echo $(wildcard $(srcdir)/tests/fuzz/fuzz_*.c)

.PHONY: check-unit check-platform check-source check-bats check-cli check-oci check-escape \
	check-fault check-image check-net check-unpack check-fuzz check-vm print-check-platform print-check-bats print-check-fuzz

include tests/unit/module.mk
include tests/platform/module.mk
include tests/escape/module.mk
include tests/fault/module.mk
include tests/fuzz/module.mk
include tests/unpack/module.mk
include tests/net/module.mk
include tests/image/module.mk
include tests/oci/module.mk
