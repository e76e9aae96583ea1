# The image that is always there, made from the system's static busybox.
pkgdata_DATA += share/busybox.tar.gz
EXTRA_DIST += share/busybox-image.sh
CLEANFILES += share/busybox.tar.gz

share/busybox.tar.gz: share/busybox-image.sh $(BUSYBOX)
	@$(MKDIR_P) share
	$(AM_V_GEN)sh $(srcdir)/share/busybox-image.sh $(BUSYBOX) $@
