UNIT_TESTS += unit_base

unit_base_SOURCES = tests/unit/test_base.c tests/unit/unit.h
unit_base_LDADD = $(UNIT_LDADD)

UNIT_TESTS += unit_init
unit_init_SOURCES = tests/unit/test_init.c tests/unit/unit.h
unit_init_LDADD = $(UNIT_LDADD) -lutil

UNIT_TESTS += unit_doctor
unit_doctor_SOURCES = tests/unit/test_doctor.c tests/unit/unit.h
unit_doctor_LDADD = $(UNIT_LDADD)

UNIT_TESTS += unit_settings
unit_settings_SOURCES = tests/unit/test_settings.c
unit_settings_LDADD = $(UNIT_LDADD)

UNIT_TESTS += unit_ref
unit_ref_SOURCES = tests/unit/test_ref.c
unit_ref_LDADD = $(UNIT_LDADD)

UNIT_TESTS += unit_releases
unit_releases_SOURCES = tests/unit/test_releases.c
unit_releases_LDADD = libfetch.a $(UNIT_LDADD) $(YAML_LIBS)

UNIT_TESTS += unit_user
unit_user_SOURCES = tests/unit/test_user.c tests/unit/unit.h
unit_user_LDADD = $(UNIT_LDADD)

UNIT_TESTS += unit_seccomp
unit_seccomp_SOURCES = tests/unit/test_seccomp.c tests/unit/bpf.h
unit_seccomp_LDADD = $(UNIT_LDADD) $(SECCOMP_LIBS)
EXTRA_unit_seccomp_DEPENDENCIES = src/sandbox/seccomp.json src/sandbox/seccomp-nested.json

UNIT_TESTS += unit_seccomp_profile
unit_seccomp_profile_SOURCES = tests/unit/test_seccomp_profile.c tests/unit/bpf.h
unit_seccomp_profile_LDADD = $(UNIT_LDADD)

UNIT_TESTS += unit_seccomp_tree
unit_seccomp_tree_SOURCES = tests/unit/test_seccomp_tree.c tests/unit/bpf.h
unit_seccomp_tree_LDADD = $(UNIT_LDADD)

UNIT_TESTS += unit_caps
unit_caps_SOURCES = tests/unit/test_caps.c
unit_caps_LDADD = $(UNIT_LDADD)
UNIT_TESTS += unit_subid unit_idmap
unit_subid_SOURCES = tests/unit/test_subid.c tests/unit/unit.h
unit_subid_LDADD = $(UNIT_LDADD)
unit_idmap_SOURCES = tests/unit/test_idmap.c tests/unit/unit.h
unit_idmap_LDADD = $(UNIT_LDADD)
UNIT_TESTS += unit_spec unit_steps
unit_spec_SOURCES = tests/unit/test_spec.c tests/unit/unit.h
unit_spec_LDADD = $(UNIT_LDADD)
unit_steps_SOURCES = tests/unit/test_steps.c tests/unit/unit.h
unit_steps_LDADD = $(UNIT_LDADD)

UNIT_TESTS += unit_policy
unit_policy_SOURCES = tests/unit/test_policy.c tests/unit/unit.h
unit_policy_LDADD = libunpack.a $(UNIT_LDADD)
UNIT_TESTS += unit_confine
unit_confine_SOURCES = tests/unit/test_confine.c tests/unit/unit.h
unit_confine_LDADD = libunpack.a $(UNIT_LDADD)
UNIT_TESTS += unit_record
unit_record_SOURCES = tests/unit/test_record.c
unit_record_LDADD = $(UNIT_LDADD)

UNIT_TESTS += unit_net unit_dns_stream
unit_net_SOURCES = tests/unit/test_net.c tests/unit/unit.h
unit_net_LDADD = libnethelper.a $(UNIT_LDADD)
unit_dns_stream_SOURCES = tests/unit/test_dns_stream.c tests/unit/unit.h
unit_dns_stream_LDADD = libnethelper.a $(UNIT_LDADD)
UNIT_TESTS += unit_launch
unit_launch_SOURCES = tests/unit/test_launch.c tests/unit/unit.h
unit_launch_LDADD = $(UNIT_LDADD)
UNIT_TESTS += unit_container
unit_container_SOURCES = tests/unit/test_container.c tests/unit/unit.h
unit_container_LDADD = $(UNIT_LDADD)
UNIT_TESTS += unit_when
unit_when_SOURCES = tests/unit/test_when.c tests/unit/unit.h
unit_when_LDADD = $(UNIT_LDADD)
UNIT_TESTS += unit_logfile
unit_logfile_SOURCES = tests/unit/test_logfile.c tests/unit/unit.h
unit_logfile_LDADD = $(UNIT_LDADD)
UNIT_TESTS += unit_template
unit_template_SOURCES = tests/unit/test_template.c tests/unit/unit.h
unit_template_LDADD = $(UNIT_LDADD)
UNIT_TESTS += unit_logread
unit_logread_SOURCES = tests/unit/test_logread.c tests/unit/unit.h
unit_logread_LDADD = $(UNIT_LDADD)
UNIT_TESTS += unit_names
unit_names_SOURCES = tests/unit/test_names.c tests/unit/unit.h
unit_names_LDADD = $(UNIT_LDADD)
UNIT_TESTS += unit_logind
unit_logind_SOURCES = tests/unit/test_logind.c tests/unit/unit.h
unit_logind_LDADD = $(UNIT_LDADD)
UNIT_TESTS += unit_events
unit_events_SOURCES = tests/unit/test_events.c tests/unit/unit.h
unit_events_LDADD = $(UNIT_LDADD)

UNIT_TESTS += unit_load
unit_load_SOURCES = tests/unit/test_load.c tests/unit/unit.h src/sandbox/load_remote.c
unit_load_LDADD = $(UNIT_LDADD)
UNIT_TESTS += unit_spec_oci
unit_spec_oci_SOURCES = tests/unit/test_spec_oci.c tests/unit/unit.h
unit_spec_oci_LDADD = $(UNIT_LDADD)
