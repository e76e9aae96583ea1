include src/base/module.mk
include src/linux/module.mk
include src/config/module.mk
include src/spec/module.mk
include src/image/module.mk
include src/net/module.mk
include src/sandbox/module.mk
include src/container/module.mk
include src/oci/module.mk
include src/cli/module.mk
include src/helpers/module.mk

EXTRA_DIST += src/README

bin_PROGRAMS += sandbox
sandbox_SOURCES = src/main.c
sandbox_LDADD = libcli.a liboci.a libcontainer.a libsandbox.a libimage.a libnet.a libspec.a libconfig.a \
	liblinux.a libbase.a
# Objects come before archives, so the functions of load_remote.c are taken and those of
# libsandbox.a that load libraries are not.
if STATIC_FRONT
sandbox_LDADD += $(JSONC_STATIC_LIBS)
sandbox_SOURCES += src/sandbox/load_remote.c src/sandbox/load.h
sandbox_LDFLAGS = $(STATIC_FRONT_LDFLAGS)
else
sandbox_LDADD += $(JSONC_LIBS)
endif

# The OCI runtime is the same program by another name.
sandbox-oci$(EXEEXT): sandbox$(EXEEXT)
	$(AM_V_GEN)$(LN_S) -f sandbox$(EXEEXT) $@
all-local: sandbox-oci$(EXEEXT)
CLEANFILES += sandbox-oci$(EXEEXT)
install-exec-hook:
	cd "$(DESTDIR)$(bindir)" && $(LN_S) -f sandbox$(EXEEXT) sandbox-oci$(EXEEXT)
uninstall-local:
	rm -f "$(DESTDIR)$(bindir)/sandbox-oci$(EXEEXT)"
