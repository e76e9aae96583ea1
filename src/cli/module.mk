noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = src/cli/cli.h src/cli/internal.h src/cli/commands.def src/cli/groups.def src/cli/cli.c \
	src/cli/cmd_doctor.c src/cli/cmd_images.c src/cli/cmd_pull.c src/cli/cmd_rm.c src/cli/cmd_run.c src/cli/help.c src/cli/opts.c src/cli/opts_spec.c
libcli_a_SOURCES += src/cli/cmd_volume.c
	src/cli/cmd_doctor.c src/cli/cmd_images.c src/cli/cmd_pull.c src/cli/cmd_rm.c src/cli/cmd_run.c src/cli/help.c src/cli/opts.c src/cli/opts_spec.c src/cli/template.c src/cli/template.h \
	src/cli/template_func.c src/cli/template_run.c
