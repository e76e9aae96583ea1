noinst_LIBRARIES += libspec.a
libspec_a_SOURCES = src/spec/spec.h src/spec/spec.c src/spec/spec_check.c src/spec/spec_image.c src/spec/spec_json.c \
	src/spec/spec_parse.c
libspec_a_SOURCES += src/spec/spec_health.c
libspec_a_SOURCES += src/spec/spec_log.c
libspec_a_SOURCES += src/spec/spec_mounts.c
libspec_a_SOURCES += src/spec/caps.c
libspec_a_SOURCES += src/spec/internal.h src/spec/node.c src/spec/spec_oci.c src/spec/spec_oci_process.c \
	src/spec/spec_oci_mounts.c src/spec/spec_oci_linux.c src/spec/spec_oci_resources.c
