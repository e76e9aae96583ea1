# Manual pages: prose in man/*.in, everything about commands and options from the
# program's own tables (`sandbox __tables`). A cross build cannot run the program:
# it takes the tables that the tarball carries.

MAN_PAGES = man/sandbox.1 man/sandbox-run.1 man/sandbox-pull.1 man/sandbox-images.1 \
	man/sandbox-rmi.1 man/sandbox-doctor.1 man/sandbox-rm.1
MAN_PAGES += man/sandbox-commit.1
MAN_PAGES += man/sandbox-cp.1 man/sandbox-diff.1 man/sandbox-export.1
MAN_PAGES += man/sandbox-volume-create.1 man/sandbox-volume-exists.1 man/sandbox-volume-inspect.1 \
	man/sandbox-volume-ls.1 man/sandbox-volume-prune.1 man/sandbox-volume-rm.1
MAN_PAGES += man/sandbox-logs.1 man/sandbox-events.1
MAN_PAGES += man/sandbox-ps.1
MAN_PAGES += man/sandbox-inspect.1
MAN_PAGES += man/sandbox-container-prune.1
MAN_PAGES += man/sandbox-image-prune.1
MAN_PAGES += man/sandbox-system-prune.1
MAN_PAGES += man/sandbox-system-reset.1
MAN_PAGES += man/sandbox-system-df.1
MAN_PAGES += man/sandbox-info.1
MAN_PAGES += man/sandbox-top.1
MAN_PAGES += man/sandbox-port.1
MAN_PAGES += man/sandbox-exec.1
MAN_PAGES += man/sandbox-attach.1
MAN_PAGES += man/sandbox-create.1
MAN_PAGES += man/sandbox-generate-systemd.1
MAN_PAGES += man/sandbox-healthcheck-run.1
MAN_PAGES += man/sandbox-kill.1
MAN_PAGES += man/sandbox-oci.1
MAN_PAGES += man/sandbox-pause.1
MAN_PAGES += man/sandbox-rename.1
MAN_PAGES += man/sandbox-restart.1
MAN_PAGES += man/sandbox-start.1
MAN_PAGES += man/sandbox-stop.1
MAN_PAGES += man/sandbox-unpause.1
MAN_PAGES += man/sandbox-unshare.1
MAN_PAGES += man/sandbox-update.1
MAN_PAGES += man/sandbox-wait.1
man1_MANS = $(MAN_PAGES)
EXTRA_DIST += $(MAN_PAGES:=.in) man/man.awk share/tables.tsv
CLEANFILES += $(MAN_PAGES) share/tables.tsv share/tables.stamp

# Behind a stamp, so that the pages are made again only when the tables changed.
share/tables.stamp: sandbox$(EXEEXT)
	@$(MKDIR_P) share
if CROSS_COMPILING
	$(AM_V_GEN)cp $(srcdir)/share/tables.tsv $@.new
else
	$(AM_V_GEN)LC_ALL=C ./sandbox$(EXEEXT) __tables >$@.new
endif
	@cmp -s $@.new share/tables.tsv && rm -f $@.new || mv $@.new share/tables.tsv
	@touch $@
share/tables.tsv: share/tables.stamp
	@test -f $@ || { rm -f share/tables.stamp; $(MAKE) $(AM_MAKEFLAGS) share/tables.stamp; }

$(MAN_PAGES): share/tables.tsv man/man.awk
man/sandbox.1: man/sandbox.1.in
man/sandbox-run.1: man/sandbox-run.1.in
man/sandbox-ps.1: man/sandbox-ps.1.in
man/sandbox-inspect.1: man/sandbox-inspect.1.in
man/sandbox-container-prune.1: man/sandbox-container-prune.1.in
man/sandbox-image-prune.1: man/sandbox-image-prune.1.in
man/sandbox-system-prune.1: man/sandbox-system-prune.1.in
man/sandbox-system-reset.1: man/sandbox-system-reset.1.in
man/sandbox-system-df.1: man/sandbox-system-df.1.in
man/sandbox-info.1: man/sandbox-info.1.in
man/sandbox-top.1: man/sandbox-top.1.in
man/sandbox-port.1: man/sandbox-port.1.in
man/sandbox-pull.1: man/sandbox-pull.1.in
man/sandbox-images.1: man/sandbox-images.1.in
man/sandbox-rm.1: man/sandbox-rm.1.in
man/sandbox-rmi.1: man/sandbox-rmi.1.in
man/sandbox-doctor.1: man/sandbox-doctor.1.in
man/sandbox-commit.1: man/sandbox-commit.1.in
man/sandbox-cp.1: man/sandbox-cp.1.in
man/sandbox-diff.1: man/sandbox-diff.1.in
man/sandbox-export.1: man/sandbox-export.1.in
man/sandbox-volume-create.1: man/sandbox-volume-create.1.in
man/sandbox-volume-exists.1: man/sandbox-volume-exists.1.in
man/sandbox-volume-inspect.1: man/sandbox-volume-inspect.1.in
man/sandbox-volume-ls.1: man/sandbox-volume-ls.1.in
man/sandbox-volume-prune.1: man/sandbox-volume-prune.1.in
man/sandbox-volume-rm.1: man/sandbox-volume-rm.1.in
man/sandbox-logs.1: man/sandbox-logs.1.in
man/sandbox-events.1: man/sandbox-events.1.in
man/sandbox-attach.1: man/sandbox-attach.1.in
man/sandbox-create.1: man/sandbox-create.1.in
man/sandbox-generate-systemd.1: man/sandbox-generate-systemd.1.in
man/sandbox-healthcheck-run.1: man/sandbox-healthcheck-run.1.in
man/sandbox-kill.1: man/sandbox-kill.1.in
man/sandbox-oci.1: man/sandbox-oci.1.in
man/sandbox-pause.1: man/sandbox-pause.1.in
man/sandbox-rename.1: man/sandbox-rename.1.in
man/sandbox-restart.1: man/sandbox-restart.1.in
man/sandbox-start.1: man/sandbox-start.1.in
man/sandbox-stop.1: man/sandbox-stop.1.in
man/sandbox-unpause.1: man/sandbox-unpause.1.in
man/sandbox-unshare.1: man/sandbox-unshare.1.in
man/sandbox-update.1: man/sandbox-update.1.in
man/sandbox-wait.1: man/sandbox-wait.1.in
$(MAN_PAGES):
	@$(MKDIR_P) man
	$(AM_V_GEN)c=$(@F); c=$${c%.1}; c=$${c#sandbox-}; \
	LC_ALL=C $(AWK) -v cmd=$$c -v version=$(VERSION) -f $(srcdir)/man/man.awk \
		share/tables.tsv $(srcdir)/man/$(@F).in >$@.new && mv $@.new $@
