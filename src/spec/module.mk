noinst_LIBRARIES += libspec.a
libspec_a_SOURCES = src/spec/spec.h src/spec/spec.c
