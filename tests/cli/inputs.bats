#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rows 1 to 19 of the catalogue of bad inputs, as far as they concern run

load ../lib/common

setup_file() { file_setup; "$SANDBOX" pull -q busybox >/dev/null; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() { check_leaks; }

@test "rows 1 to 4: no image, unknown option, empty image, a path that is none" {
  one_line_error run
  one_line_error run --nope busybox
  one_line_error run ''
  one_line_error run ../../etc
}

@test "rows 5 and 6: names" {
  for n in "$(printf 'a%.0s' $(seq 300))" a/b .. -x $'a\e[1m' ''; do
    one_line_error run --network none --name="$n" busybox true
  done
  expect 0 run --network none --name twice busybox true
  one_line_error run --network none --name twice busybox true
  expect 0 rm twice
}

@test "rows 7 to 9: volumes" {
  for v in :/x a /a:b /nonexistent/a:/x /etc:/x:zz; do
    one_line_error run --network none -v "$v" busybox true
  done
  one_line_error run --network none -v /tmp:/proc busybox true
  expect 0 run --network none -v /:/host:ro busybox test -d /host/etc
}

@test "rows 13 to 15: variables, users, folders" {
  one_line_error run --network none -e =x busybox true
  for u in 4294967296 -1 root:nogrp 1:2:3 nosuchuser; do
    one_line_error run --network none --user="$u" busybox true
  done
  one_line_error run --network none -w rel busybox true
  sb run --network none -w /proc/self/fd/7 busybox true
  [ "$status" -ne 0 ]
}

@test "rows 16 to 19: host names, capabilities, profiles, commands" {
  for h in "$(printf 'a%.0s' $(seq 70))" 'a b' '$(id)'; do
    one_line_error run --network none --hostname "$h" busybox true
  done
  one_line_error run --network none --cap-add FOO busybox true
  expect 0 run --network none --cap-add cap_sys_admin --cap-drop ALL busybox true
  one_line_error run --network none --security-opt seccomp=/nonexistent.json busybox true
  expect 127 run --network none busybox ''
}
