#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load ../lib/common

setup_file() { file_setup; }
teardown_file() { file_teardown; }

@test "a container with a name is kept; rm removes it and what it wrote" {
  expect 0 run --network none --name kept busybox sh -c 'mkdir -m 0 /closed; echo hi >/file'
  [ -e "$STORE/containers/name-kept" ]
  expect 0 rm kept
  [ "$output" = kept ]
  wait_trash
  [ -z "$(ls -A "$STORE/containers")" ]
  store_clean
}

@test "a container that runs is refused" {
  "$SANDBOX" run --network none --name busy busybox sleep 100 </dev/null &
  pid=$!
  eventually 20 test -e "$STORE/containers/name-busy"
  one_line_error rm busy
  kill -TERM "$pid"
  wait "$pid" || true
  expect 0 rm busy
}

@test "one that is not there, and no name at all: 125 and one line" {
  one_line_error rm nosuch
  one_line_error rm ../containers
  one_line_error rm ''
  one_line_error rm
}
