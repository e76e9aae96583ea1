noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = src/base/base.h src/base/raw_sys.h src/base/err.c src/base/cleanup.c src/base/log.c \
	src/base/mem.c src/base/str.c src/base/num.c src/base/when.c src/base/fdio.c src/base/path.c \
	src/base/proc.c src/base/lock.c src/base/json.c src/base/fault.c src/base/opts.h src/base/opts.c
