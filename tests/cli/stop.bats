#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# stop: a signal, some time, SIGKILL

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

ready() { [ "$("$SANDBOX" logs "$1")" = ready ]; }

@test "the stop signal first: it may end as it likes" {
  "$SANDBOX" run -d --network none --name nice busybox \
    sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done'
  eventually 10 ready nice
  expect 0 stop nice
  [ "$output" = nice ]
  [ "$(code nice)" = "exited 5" ]
}

@test "--stop-signal" {
  "$SANDBOX" run -d --network none --name usr --stop-signal USR1 busybox \
    sh -c 'trap "exit 6" USR1; echo ready; while :; do sleep 0.1; done'
  eventually 10 ready usr
  expect 0 stop usr
  [ "$(code usr)" = "exited 6" ]
}

@test "who ignores it is killed when the time is over, also when it is stopped or paused" {
  local began

  "$SANDBOX" run -d --network none --name deaf busybox \
    sh -c 'trap "" TERM; kill -STOP $$; sleep 1000'
  began=$SECONDS
  expect 0 stop -t 1 deaf
  [ $((SECONDS - began)) -lt 8 ]
  [ "$(code deaf)" = "exited 137" ]
  "$SANDBOX" run -d --network none --name paused busybox sh -c 'trap "" TERM; sleep 1000'
  "$SANDBOX" pause paused
  expect 0 stop -t 0 paused
  [ "$(code paused)" = "exited 137" ]
}

@test "one that has ended, or was only created: nothing to do" {
  "$SANDBOX" create --network none --name never busybox true
  expect 0 stop never
  expect 0 start -a never
  expect 0 stop never
}

@test "--restart=always: stop stops it, also while it waits for its next try" {
  "$SANDBOX" run -d --network none --name loop --restart always busybox false
  waits() { [[ $("$SANDBOX" ps -a --format '{{.State}} {{.Restarts}}') =~ exited\ [3-9] ]]; }
  eventually 20 waits
  expect 0 stop loop
  sleep 2
  [[ $(code loop) == "exited 1" ]]
  [ -z "$("$BATS_TEST_DIRNAME/../lib/leaks" processes)" ]
  "$SANDBOX" start loop
  eventually 20 waits
  expect 0 rm -f loop
  expect 0 ps -aq
  [ -z "$output" ]
}

@test "several, of which one is not there; --all; --ignore; bad input" {
  "$SANDBOX" run -d --network none --name a busybox sleep 1000
  "$SANDBOX" run -d --network none --name b busybox sleep 1000
  "$SANDBOX" run -d --network none --name c busybox sleep 1000
  expect 125 stop -t 0 a nosuch b
  [ "$output" = $'a\nb' ]
  [ "$(wc -l <<<"$stderr")" -eq 1 ]
  expect 0 stop -t 0 --all
  expect 0 ps -q
  [ -z "$output" ]
  expect 0 stop --ignore nosuch
  one_line_error stop nosuch
  one_line_error stop
  one_line_error stop --all a
  "$SANDBOX" start a
  one_line_error stop -t x a
  one_line_error stop -t -2 a
  one_line_error stop -t 99999999999999999999 a
}
