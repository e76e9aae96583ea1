noinst_LIBRARIES += libcontainer.a
libcontainer_a_SOURCES = src/container/container.h src/container/internal.h \
	src/container/relay.c src/container/state.c src/container/supervise.c
