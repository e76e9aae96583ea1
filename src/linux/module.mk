noinst_LIBRARIES += liblinux.a
liblinux_a_SOURCES = src/linux/sys.h src/linux/sys.c
