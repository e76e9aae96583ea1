noinst_LIBRARIES += libcontainer.a
libcontainer_a_SOURCES =
# One file a line, so that branches that add some merge.
libcontainer_a_SOURCES += src/container/attach.c
libcontainer_a_SOURCES += src/container/client.c
libcontainer_a_SOURCES += src/container/container.h
libcontainer_a_SOURCES += src/container/control.c
libcontainer_a_SOURCES += src/container/control.h
libcontainer_a_SOURCES += src/container/daemon.c
libcontainer_a_SOURCES += src/container/info.c
libcontainer_a_SOURCES += src/container/internal.h
libcontainer_a_SOURCES += src/container/lifecycle.c
libcontainer_a_SOURCES += src/container/logfile.c
libcontainer_a_SOURCES += src/container/logread.c
libcontainer_a_SOURCES += src/container/logs.c
libcontainer_a_SOURCES += src/container/logtail.c
libcontainer_a_SOURCES += src/container/names.c
libcontainer_a_SOURCES += src/container/events.c
	src/container/control.h src/container/supervise.h src/container/attach.c \
	src/container/client.c src/container/control.c src/container/daemon.c src/container/info.c \
	src/container/lifecycle.c src/container/logfile.c src/container/relay.c \
	src/container/requests.c src/container/state.c src/container/streams.c \
	src/container/supervise.c src/container/verbs.c src/container/volume.c
libcontainer_a_SOURCES += src/container/relay.c
libcontainer_a_SOURCES += src/container/requests.c
libcontainer_a_SOURCES += src/container/state.c
libcontainer_a_SOURCES += src/container/streams.c
libcontainer_a_SOURCES += src/container/supervise.c
libcontainer_a_SOURCES += src/container/supervise.h
libcontainer_a_SOURCES += src/container/verbs.c
libcontainer_a_SOURCES += src/container/volume.c
