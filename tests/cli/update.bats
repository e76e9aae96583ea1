#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# update: the restart policy

load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() {
  "$SANDBOX" rm -fa >/dev/null
  wait_trash
  check_leaks
}

restarts() { "$SANDBOX" ps -a --filter "name=^$1\$" --format '{{.Restarts}}'; }

ended() {
  [ "$("$SANDBOX" ps -a --format '{{.State}}')" = exited ] && [ -z "$(leak_processes)" ]
}

@test "of one that runs, at once: it is restarted, then not" {
  "$SANDBOX" run -d --network none --name u busybox sh -c 'sleep 0.3; exit 1'
  expect 0 update --restart always u
  [ "$output" = u ]
  more() { [ "$(restarts u)" -ge 2 ]; }
  eventually 20 more
  expect 0 update --restart no u
  eventually 20 ended
}

@test "of one that does not run: it counts from the next start on" {
  "$SANDBOX" create --network none --name u busybox sh -c 'exit 1'
  expect 0 update --restart on-failure:2 u
  expect 0 start u
  eventually 20 ended
  [ "$(restarts u)" = 2 ]
}

@test "bad input" {
  "$SANDBOX" create --network none --name u busybox true
  one_line_error update u
  one_line_error update
  one_line_error update --restart sometimes u
  one_line_error update --restart on-failure:x u
  one_line_error update --restart always nosuch
}
