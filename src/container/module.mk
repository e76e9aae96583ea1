noinst_LIBRARIES += libcontainer.a
libcontainer_a_SOURCES =
