#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# unpause: what is refused, and the end of a paused container; the rest is in pause.bats

load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() {
  "$SANDBOX" rm -fa >/dev/null
  wait_trash
  check_leaks
}

@test "one that runs: nothing to do; a paused one can be killed" {
  "$SANDBOX" run -d --network none --name u busybox sleep 1000
  expect 0 unpause u
  "$SANDBOX" pause u
  expect 0 kill u
  expect 0 wait u
  [ "$output" = 137 ]
  one_line_error unpause u
  [[ $stderr == *"is exited and cannot be unpaused"* ]]
  one_line_error unpause
}
