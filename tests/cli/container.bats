#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# container prune

load ../lib/common
load ../lib/records
setup_file() { file_setup; }
teardown_file() { file_teardown; }

@test "prune asks, and removes what does not run" {
  record a1 apple exited 0
  record b2 berry created 0
  one_line_error container prune </dev/null || [[ $stderr == *"nobody answers"* ]]
  expect 0 ps -aq
  [ "$(wc -l <<<"$output")" -eq 2 ]
  output=$(echo n | "$SANDBOX" container prune 2>/dev/null)
  [ -z "$output" ]
  expect 0 container prune -f --filter label=nberry
  [[ $output == b2b2* ]]
  expect 0 ps -aq
  [ "$output" = a1a1a1a1a1a1 ]
  output=$(echo y | "$SANDBOX" container prune 2>/dev/null)
  [[ $output == a1a1* ]]
  expect 0 ps -aq
  [ -z "$output" ]
  expect 0 container prune -f
  one_line_error container prune -f --filter colour=red
  one_line_error container prune extra
}
