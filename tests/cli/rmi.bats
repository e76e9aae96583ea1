#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load ../lib/common

setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() { check_leaks; }

@test "removes an image; the next run unpacks it again" {
  expect 0 pull busybox
  expect 0 rmi busybox
  expect 0 images -q
  [ -z "$output" ]
  [ -z "$(ls -A "$STORE/layers")" ]
  expect 0 run --network none busybox true
}

@test "an image that a container uses is refused, and the container goes on" {
  mkfifo "$BATS_TEST_TMPDIR/in"
  "$SANDBOX" run -i --network none busybox sh -c 'echo up; read -r x; echo "got $x"' \
    <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" 2>&1 &
  pid=$!
  exec 7>"$BATS_TEST_TMPDIR/in"
  eventually 20 grep -q up "$BATS_TEST_TMPDIR/out"
  one_line_error rmi busybox
  echo word >&7
  exec 7>&-
  wait "$pid"
  grep -q 'got word' "$BATS_TEST_TMPDIR/out"
}

@test "an image that is not there: 125 and one line" {
  one_line_error rmi nosuchimage
  one_line_error rmi ../../etc
  one_line_error rmi
}
