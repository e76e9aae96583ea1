libsandbox_a_SOURCES += src/sandbox/caps.c src/sandbox/seccomp.c src/sandbox/seccomp.h src/sandbox/seccomp_code.h \
	src/sandbox/seccomp_json.c src/sandbox/seccomp_profile.c src/sandbox/seccomp_tree.c

# The default filter is made by a program of the build machine.
seccomp_gen = src/sandbox/seccomp_gen
seccomp_made = src/sandbox/seccomp_bpf.h src/sandbox/seccomp.json src/sandbox/seccomp-nested.json
seccomp_gen_files = src/sandbox/seccomp_gen.c src/sandbox/seccomp_gen_json.c \
	src/sandbox/seccomp_gen.h src/sandbox/seccomp_code.h src/sandbox/seccomp_table.def
EXTRA_DIST += $(seccomp_gen_files)
CLEANFILES += $(seccomp_gen) $(seccomp_made)
BUILT_SOURCES += src/sandbox/seccomp_bpf.h
dist_pkgdata_DATA += share/seccomp.json

$(seccomp_gen): $(seccomp_gen_files)
	@$(MKDIR_P) src/sandbox
	$(AM_V_GEN)$(CC_FOR_BUILD) -std=gnu11 $(CFLAGS_FOR_BUILD) -o $@ \
		$(srcdir)/src/sandbox/seccomp_gen.c $(srcdir)/src/sandbox/seccomp_gen_json.c

src/sandbox/seccomp_bpf.h: $(seccomp_gen)
	$(AM_V_GEN)./$(seccomp_gen) bpf >$@.tmp && mv $@.tmp $@
src/sandbox/seccomp.json: $(seccomp_gen)
	$(AM_V_GEN)./$(seccomp_gen) json >$@.tmp && mv $@.tmp $@
src/sandbox/seccomp-nested.json: $(seccomp_gen)
	$(AM_V_GEN)./$(seccomp_gen) json-nested >$@.tmp && mv $@.tmp $@
src/sandbox/seccomp.$(OBJEXT): src/sandbox/seccomp_bpf.h

# After a change of the table; a unit test compares the two.
update-seccomp-json: src/sandbox/seccomp.json
	cp src/sandbox/seccomp.json $(srcdir)/share/seccomp.json
.PHONY: update-seccomp-json
