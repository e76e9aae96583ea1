noinst_LIBRARIES += liboci.a
liboci_a_SOURCES =
# One file a line, so that branches that add some merge.
liboci_a_SOURCES += src/oci/commands.def
liboci_a_SOURCES += src/oci/features.c
liboci_a_SOURCES += src/oci/group.c
liboci_a_SOURCES += src/oci/internal.h
liboci_a_SOURCES += src/oci/oci.c
liboci_a_SOURCES += src/oci/oci.h
liboci_a_SOURCES += src/oci/options.c
liboci_a_SOURCES += src/oci/root.c
liboci_a_SOURCES += src/oci/show.c
liboci_a_SOURCES += src/oci/spec.c
liboci_a_SOURCES += src/oci/start.c
liboci_a_SOURCES += src/oci/state.c
