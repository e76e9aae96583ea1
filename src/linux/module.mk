noinst_LIBRARIES += liblinux.a
liblinux_a_SOURCES = src/linux/sys.h src/linux/allow_list.h src/linux/sys.c src/linux/lend.c
