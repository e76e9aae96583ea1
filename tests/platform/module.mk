# Small programs that prove the kernel facts DESIGN.md rests on; exit 77 skips.
PLATFORM_TESTS += platform_before_maps platform_exe_erofs platform_namespaces platform_death \
	platform_filters platform_timens platform_tap_close platform_overlay platform_signal_ids \
	platform_binds platform_nested platform_packet

PLATFORM_LDADD = liblinux.a libbase.a $(JSONC_LIBS)
platform_before_maps_SOURCES = tests/platform/before_maps.c tests/platform/platform.h
platform_before_maps_LDADD = $(PLATFORM_LDADD)
platform_exe_erofs_SOURCES = tests/platform/exe_erofs.c tests/platform/platform.h
platform_exe_erofs_LDADD = $(PLATFORM_LDADD)
platform_namespaces_SOURCES = tests/platform/namespaces.c tests/platform/platform.h
platform_namespaces_LDADD = $(PLATFORM_LDADD)
platform_death_SOURCES = tests/platform/death.c tests/platform/platform.h
platform_death_LDADD = $(PLATFORM_LDADD)
platform_filters_SOURCES = tests/platform/filters.c tests/platform/platform.h
platform_filters_LDADD = $(PLATFORM_LDADD)
platform_timens_SOURCES = tests/platform/timens.c tests/platform/platform.h
platform_timens_LDADD = $(PLATFORM_LDADD)
platform_tap_close_SOURCES = tests/platform/tap_close.c tests/platform/platform.h
platform_tap_close_LDADD = $(PLATFORM_LDADD)
platform_overlay_SOURCES = tests/platform/overlay.c tests/platform/platform.h
platform_overlay_LDADD = $(PLATFORM_LDADD)
platform_signal_ids_SOURCES = tests/platform/signal_ids.c tests/platform/platform.h
platform_signal_ids_LDADD = $(PLATFORM_LDADD)

PLATFORM_TESTS += platform_id_maps platform_idmap_drivers
platform_id_maps_SOURCES = tests/platform/id_maps.c tests/platform/platform.h
platform_id_maps_LDADD = $(PLATFORM_LDADD)
platform_idmap_drivers_SOURCES = tests/platform/idmap_drivers.c tests/platform/platform.h
platform_idmap_drivers_LDADD = libsandbox.a libspec.a libconfig.a $(PLATFORM_LDADD)
platform_binds_SOURCES = tests/platform/binds.c tests/platform/platform.h
platform_binds_LDADD = $(PLATFORM_LDADD)
platform_nested_SOURCES = tests/platform/nested.c tests/platform/platform.h
platform_nested_LDADD = $(PLATFORM_LDADD)
platform_packet_SOURCES = tests/platform/packet.c tests/platform/platform.h
platform_packet_LDADD = $(PLATFORM_LDADD)
