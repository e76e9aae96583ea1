#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# kill: signals

load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() {
  "$SANDBOX" rm -fa >/dev/null
  wait_trash
  check_leaks
}

code() { "$SANDBOX" ps -a --filter "name=^$1\$" --format '{{.State}} {{.ExitCode}}'; }

@test "KILL, by name and as a number, with and without SIG" {
  local s

  for s in '' KILL SIGKILL 9; do
    "$SANDBOX" run -d --network none --name k busybox sleep 1000
    expect 0 kill ${s:+-s "$s"} k
    [ "$output" = k ]
    expect 0 wait k
    [ "$output" = 137 ]
    "$SANDBOX" rm k
  done
}

@test "another signal is the payload's business" {
  "$SANDBOX" run -d --network none --name usr busybox \
    sh -c 'trap "echo got" USR1; echo ready; while :; do sleep 0.1; done'
  said() { [ "$("$SANDBOX" logs usr | tail -n 1)" = "$1" ]; }
  eventually 10 said ready
  expect 0 kill -s USR1 usr
  eventually 10 said got
  [ "$(code usr)" = "running 0" ]
}

@test "what does not run is refused; a restart policy does not revive what was killed" {
  "$SANDBOX" create --network none --name k busybox sleep 1000
  one_line_error kill k
  [[ $stderr == *"is created and cannot be killed"* ]]
  "$SANDBOX" run -d --network none --restart always --name r busybox sleep 1000
  expect 0 kill r
  expect 0 wait r
  one_line_error kill r
  [[ $stderr == *"is exited"* ]]
  sleep 1
  [ "$(code r)" = "exited 137" ]
}

@test "several, of which one is not there; --all; bad signals" {
  "$SANDBOX" run -d --network none --name a busybox sleep 1000
  "$SANDBOX" run -d --network none --name b busybox sleep 1000
  one_line_error kill -s 99 a
  one_line_error kill -s SIGFOO a
  one_line_error kill -s '' a
  one_line_error kill -s -1 a
  expect 125 kill a nosuch
  [ "$output" = a ]
  expect 0 wait a
  expect 0 kill --all
  expect 0 wait b
  one_line_error kill
  one_line_error kill --all a
}
