#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# wait: exit codes

load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() {
  "$SANDBOX" rm -fa >/dev/null
  wait_trash
  check_leaks
}

@test "of one that runs, of one that has ended, of one killed by a signal" {
  local id

  id=$("$SANDBOX" run -d --network none --name w busybox sh -c 'sleep 1; exit 4')
  expect 0 wait "${id:0:10}"
  [ "$output" = 4 ]
  expect 0 wait w
  [ "$output" = 4 ]
  "$SANDBOX" run -d --network none --name k busybox sh -c 'kill -USR1 $$'
  expect 0 wait k
  [ "$output" = 138 ]
}

@test "one that was only created is waited for until it was started and has ended" {
  "$SANDBOX" create --network none --name c busybox sh -c 'exit 8'
  "$SANDBOX" wait c >"$BATS_TEST_TMPDIR/code" 3>&- &
  sleep 0.5
  [ ! -s "$BATS_TEST_TMPDIR/code" ]
  expect 0 start c
  wait $!
  [ "$(cat "$BATS_TEST_TMPDIR/code")" = 8 ]
}

@test "one that --rm removes" {
  "$SANDBOX" run -d --rm --network none --name r busybox sh -c 'sleep 1; exit 9'
  expect 0 wait r
  [ "$output" = 9 ]
}

@test "several, of which one is not there; bad input" {
  "$SANDBOX" run -d --network none --name a busybox sh -c 'exit 1'
  "$SANDBOX" run -d --network none --name b busybox sh -c 'exit 2'
  expect 125 wait a nosuch b
  [ "$output" = $'1\n2' ]
  [ "$(wc -l <<<"$stderr")" -eq 1 ]
  expect 0 wait --ignore nosuch
  one_line_error wait
  one_line_error wait nosuch
  one_line_error wait --nope a
}
