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

@test "--force: one that runs, was created, has ended, was never there" {
  "$SANDBOX" run -d --network none --name a busybox sh -c 'trap "" TERM; sleep 1000'
  "$SANDBOX" run -d --rm --network none --name t busybox sleep 1000
  "$SANDBOX" create --network none --name b busybox true
  "$SANDBOX" create --rm --network none --name c busybox true
  one_line_error rm a
  [[ $stderr == *"is running and cannot be removed; stop it first, or use --force"* ]]
  expect 0 rm -f a b c t nosuch
  [ "$output" = $'a\nb\nc\nt' ]
  [ -z "$(ls -A "$STORE/containers")" ]
  expect 0 rm --ignore nosuch
}

@test "--force when the supervisor of one with --rm was killed: it is gone at once" {
  local id

  id=$("$SANDBOX" run -d --rm --network none --name dead busybox sleep 1000)
  kill -9 "$("$SANDBOX" inspect -f '{{.State.SupervisorPid}}' dead)"
  expect 0 rm -f "$id"
  expect 0 ps -aq
  [ -z "$output" ]
}

@test "several, of which one runs: the others are removed; --all" {
  "$SANDBOX" run -d --network none --name a busybox sleep 1000
  "$SANDBOX" create --network none --name b busybox true
  expect 125 rm a b
  [ "$output" = b ]
  [ "$(wc -l <<<"$stderr")" -eq 1 ]
  one_line_error rm --all a
  expect 0 rm -f --all
  expect 0 ps -aq
  [ -z "$output" ]
}
