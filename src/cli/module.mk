noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = src/cli/cli.h src/cli/internal.h src/cli/commands.def src/cli/groups.def
libcli_a_SOURCES += src/cli/cli.c src/cli/complete.c src/cli/help.c src/cli/opts.c src/cli/opts_spec.c
libcli_a_SOURCES += src/cli/output.c src/cli/output.h src/cli/filter.c src/cli/container_filter.c src/cli/human.c
libcli_a_SOURCES += src/cli/template.c src/cli/template.h src/cli/template_func.c src/cli/template_run.c
# One line a command, so that branches that add some merge.
libcli_a_SOURCES += src/cli/cmd_doctor.c
libcli_a_SOURCES += src/cli/cmd_images.c
libcli_a_SOURCES += src/cli/cmd_ps.c
libcli_a_SOURCES += src/cli/cmd_pull.c
libcli_a_SOURCES += src/cli/cmd_rm.c
libcli_a_SOURCES += src/cli/cmd_run.c
libcli_a_SOURCES = src/cli/cli.h src/cli/internal.h src/cli/commands.def src/cli/groups.def src/cli/cli.c \
	src/cli/cmd_doctor.c src/cli/cmd_images.c src/cli/cmd_pull.c src/cli/cmd_rm.c src/cli/cmd_run.c src/cli/cmd_attach.c src/cli/cmd_create.c src/cli/cmd_kill.c src/cli/cmd_pause.c src/cli/cmd_rename.c src/cli/cmd_restart.c src/cli/cmd_start.c src/cli/cmd_stop.c src/cli/cmd_update.c src/cli/cmd_wait.c src/cli/containers.c src/cli/help.c src/cli/opts.c src/cli/opts_spec.c
libcli_a_SOURCES += src/cli/cmd_volume.c
libcli_a_SOURCES += src/cli/cmd_logs.c
libcli_a_SOURCES += src/cli/cmd_inspect.c
libcli_a_SOURCES += src/cli/inspect.h src/cli/inspect_container.c
libcli_a_SOURCES += src/cli/cmd_events.c
