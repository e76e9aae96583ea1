# Completions from the same tables as the manual pages, and the AppArmor profile.

bashcompdir = $(datadir)/bash-completion/completions
zshcompdir = $(datadir)/zsh/site-functions
fishcompdir = $(datadir)/fish/vendor_completions.d
nodist_bashcomp_DATA = share/completions/sandbox
nodist_zshcomp_DATA = share/completions/_sandbox
nodist_fishcomp_DATA = share/completions/sandbox.fish
COMPLETIONS = $(nodist_bashcomp_DATA) $(nodist_zshcomp_DATA) $(nodist_fishcomp_DATA)
EXTRA_DIST += share/completions/completions.awk share/apparmor/sandbox.in
CLEANFILES += $(COMPLETIONS) share/apparmor/sandbox

$(COMPLETIONS): share/tables.tsv share/completions/completions.awk
	@$(MKDIR_P) share/completions
	$(AM_V_GEN)case $@ in */_*) s=zsh ;; *.fish) s=fish ;; *) s=bash ;; esac; \
	LC_ALL=C $(AWK) -v shell=$$s -f $(srcdir)/share/completions/completions.awk \
		share/tables.tsv >$@.new && mv $@.new $@

# A copy beside the program of a build tree (src/helpers/module.mk), the file itself in-tree.
clean-local:
	-test "$(srcdir)" = . || rm -f share/distros.conf

# AppArmor reads one folder whatever our prefix is. --with-apparmor=DIR installs the
# profile there; by default it goes to share, and `make install` as root, without
# DESTDIR, on a system where AppArmor restricts user namespaces, puts it in force.
if APPARMOR_DIR
apparmordir = @APPARMOR_DIR@
else
apparmordir = $(pkgdatadir)/apparmor
endif
nodist_apparmor_DATA = share/apparmor/sandbox

share/apparmor/sandbox: share/apparmor/sandbox.in Makefile
	@$(MKDIR_P) share/apparmor
	$(AM_V_GEN)sed 's|@BINARY[@]|$(bindir)/sandbox|' $(srcdir)/share/apparmor/sandbox.in >$@.new && \
		mv $@.new $@

if APPARMOR_AUTO
install-data-hook:
	@if [ -z "$(DESTDIR)" ] && [ "`id -u`" = 0 ] && [ -d /etc/apparmor.d ] && \
	    [ "`cat /proc/sys/kernel/apparmor_restrict_unprivileged_userns 2>/dev/null`" = 1 ]; then \
		echo "AppArmor restricts user namespaces here: loading /etc/apparmor.d/sandbox"; \
		$(INSTALL_DATA) share/apparmor/sandbox /etc/apparmor.d/sandbox && \
		apparmor_parser -r /etc/apparmor.d/sandbox; \
	fi

uninstall-hook:
	@if [ -z "$(DESTDIR)" ] && [ "`id -u`" = 0 ] && [ -f /etc/apparmor.d/sandbox ]; then \
		apparmor_parser -R /etc/apparmor.d/sandbox; rm -f /etc/apparmor.d/sandbox; \
	fi
endif
