#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# port

load ../lib/common
load ../lib/records
setup_file() { file_setup; }
teardown_file() { file_teardown; }

@test "port: nothing is published, and one port that is not is an error" {
  record a1 apple exited 0
  expect 0 port apple
  [ -z "$output" ]
  expect 0 port -a
  one_line_error port apple 80
  [[ $stderr == *"publishes no port 80"* ]]
  one_line_error port apple 80/sctp
  [[ $stderr == *"is no port such as"* ]]
  one_line_error port nothere
  one_line_error port
}
