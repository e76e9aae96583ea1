# Unit tests: one cmocka program a source file, no privileges needed.
if HAVE_CMOCKA
TESTS += $(UNIT_TESTS)
check_PROGRAMS += $(UNIT_TESTS)
endif

UNIT_LDADD = libcli.a libcontainer.a libsandbox.a libimage.a libnet.a libspec.a libconfig.a \
	liblinux.a libbase.a $(CAP_LIBS) $(JSONC_LIBS) $(CMOCKA_LIBS)

include tests/unit/module.mk
