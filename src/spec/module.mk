noinst_LIBRARIES += libspec.a
libspec_a_SOURCES = src/spec/spec.h src/spec/spec.c src/spec/spec_check.c src/spec/spec_image.c src/spec/spec_json.c \
	src/spec/spec_parse.c
libspec_a_SOURCES += src/spec/spec_health.c
libspec_a_SOURCES += src/spec/spec_log.c
libspec_a_SOURCES += src/spec/spec_mounts.c
libspec_a_SOURCES += src/spec/caps.c
