noinst_LIBRARIES += libconfig.a
libconfig_a_SOURCES = src/config/config.h src/config/helper.c src/config/paths.c \
	src/config/conf.c src/config/settings.c src/config/fuse.c
