noinst_LIBRARIES += libimage.a
libimage_a_SOURCES = src/image/image.h src/image/internal.h src/image/ref.c src/image/version.c \
	src/image/layer.c \
	src/image/record.c src/image/store.c src/image/alpine.c src/image/resolve.c src/image/image.c \
	src/image/list.c src/image/fetch.c src/image/progress.c

# What talks to servers: only sandbox-fetch, tests and fuzzers link it.
noinst_LIBRARIES += libfetch.a
libfetch_a_SOURCES = src/image/http.h src/image/http.c src/image/mirror.c src/image/releases.c \
	src/image/fetch_confine.c src/image/version.c
libfetch_a_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS) $(CURL_CFLAGS) $(CRYPTO_CFLAGS)

# Linked into sandbox-unpack alone: the front end never loads libarchive and its like.
noinst_LIBRARIES += libunpack.a
libunpack_a_SOURCES = src/image/unpack.h src/image/policy.h src/image/policy.c \
	src/image/source.c src/image/inflate.c src/image/archive.c src/image/tree.c \
	src/image/confine.c src/image/unpack.c
libunpack_a_CPPFLAGS = $(AM_CPPFLAGS) $(ARCHIVE_CFLAGS) $(ISAL_CFLAGS) $(ZSTD_CFLAGS) \
	$(CRYPTO_CFLAGS)
libunpack_a_SOURCES += src/image/view.c src/image/tarout.c src/image/pack.c src/image/compare.c
libimage_a_SOURCES += src/image/commit.c
