libsandbox_a_SOURCES += src/sandbox/idmap_internal.h src/sandbox/idrange.c src/sandbox/passwd.c \
	src/sandbox/subid.c src/sandbox/subid_lib.c src/sandbox/subid_audit.c src/sandbox/idmap.c src/sandbox/idmap_why.c \
	src/sandbox/idmap_helper.c src/sandbox/user.c
