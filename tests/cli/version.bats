#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load ../lib/common

setup_file() { file_setup; }
teardown_file() { file_teardown; }

@test "version and --version say the same, on standard output" {
  expect 0 version
  [[ $output =~ ^sandbox\ [0-9]+\.[0-9]+ ]]
  said=$output
  expect 0 --version
  [ "$output" = "$said" ]
  [ -z "$stderr" ]
}

@test "neither HOME nor a store is needed to say so" {
  run env -i "$SANDBOX" version
  [ "$status" -eq 0 ]
}
