#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# create: a container that waits for start

load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() {
  "$SANDBOX" rm -fa >/dev/null
  wait_trash
  check_leaks
}

state() { "$SANDBOX" ps -a --filter "name=^$1\$" --format '{{.State}}'; }

@test "it is there, does not run, and is started by its id, a prefix of it or its name" {
  expect 0 create --network none --name one busybox sh -c 'echo hi >>/file; exit 3'
  [[ $output =~ ^[0-9a-f]{64}$ ]]
  local id=$output
  [ "$(state one)" = created ]
  [ -z "$(leak_processes | grep "$id" || :)" ]
  expect 0 start "${id:0:8}"
  expect 0 wait one
  [ "$output" = 3 ]
  expect 0 start "$id"
  expect 0 wait one
  [ "$(state one)" = exited ]
}

@test "without a name it is kept as well, and rm -f removes it" {
  expect 0 create --network none busybox true
  local id=$output
  expect 0 start -a "$id"
  expect 0 ps -aq --filter id="$id"
  [ -n "$output" ]
  expect 0 create --network none busybox true
  expect 0 rm -f "$output" "$id"
  expect 0 ps -aq
  [ -z "$output" ]
}

@test "with --rm its end removes it" {
  expect 0 create --rm --network none --name gone busybox true
  expect 0 start gone
  gone() { [ -z "$(state gone)" ]; }
  eventually 10 gone
}

@test "--cidfile, and the caller's errors" {
  expect 0 create --network none --cidfile "$BATS_TEST_TMPDIR/cid" --name c busybox true
  [ "$(cat "$BATS_TEST_TMPDIR/cid")" = "$output" ]
  one_line_error create
  one_line_error create --name c busybox true
  [[ $stderr == *'"c" is taken'* ]]
  one_line_error create --name 'a/b' busybox true
  one_line_error create --nope busybox
  one_line_error create nosuchimage:1 true
  one_line_error create --cidfile "$BATS_TEST_TMPDIR/cid" busybox true
  expect 0 ps -aq
  [ "$(wc -l <<<"$output")" -eq 1 ]
}
