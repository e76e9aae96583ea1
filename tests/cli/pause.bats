#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# pause and unpause

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

@test "nothing in it moves until unpause" {
  local n

  "$SANDBOX" run -d --network none --name p busybox \
    sh -c '(while :; do echo x; sleep 0.05; done) & wait'
  lines() { [ "$("$SANDBOX" logs p | wc -l)" -gt "$1" ]; }
  eventually 10 lines 2
  expect 0 pause p
  [ "$output" = p ]
  [ "$(state p)" = paused ]
  sleep 0.3
  n=$("$SANDBOX" logs p | wc -l)
  sleep 0.5
  [ "$("$SANDBOX" logs p | wc -l)" -eq "$n" ]
  expect 0 pause p
  expect 0 unpause p
  [ "$(state p)" = running ]
  eventually 10 lines "$n"
}

@test "what does not run is refused" {
  "$SANDBOX" create --network none --name c busybox true
  one_line_error pause c
  [[ $stderr == *"is created and cannot be paused"* ]]
  one_line_error unpause c
  "$SANDBOX" start -a c
  one_line_error pause c
}

@test "several, of which one is not there; --all; bad input" {
  "$SANDBOX" run -d --network none --name a busybox sleep 1000
  "$SANDBOX" run -d --network none --name b busybox sleep 1000
  expect 125 pause a nosuch b
  [ "$output" = $'a\nb' ]
  expect 0 unpause --all
  [ "$(state a)$(state b)" = runningrunning ]
  expect 0 pause --all
  [ "$(state a)$(state b)" = pausedpaused ]
  one_line_error pause
  one_line_error pause --all a
  one_line_error unpause nosuch
}
