UNIT_TESTS += unit_base

unit_base_SOURCES = tests/unit/test_base.c tests/unit/unit.h
unit_base_LDADD = $(UNIT_LDADD)

UNIT_TESTS += unit_init
unit_init_SOURCES = tests/unit/test_init.c tests/unit/unit.h
unit_init_LDADD = $(UNIT_LDADD) -lutil
