noinst_LIBRARIES += libimage.a
libimage_a_SOURCES = src/image/image.h src/image/internal.h src/image/ref.c src/image/version.c

# What talks to servers: only sandbox-fetch, tests and fuzzers link it.
noinst_LIBRARIES += libfetch.a
libfetch_a_SOURCES = src/image/releases.c
libfetch_a_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS) $(CURL_CFLAGS) $(CRYPTO_CFLAGS)
