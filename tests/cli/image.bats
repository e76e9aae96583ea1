#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# image prune

load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }

@test "prune leaves names alone, unless all are asked for" {
  expect 0 pull busybox
  expect 0 image prune -f
  expect 0 images -q
  [ -n "$output" ]
  expect 0 image prune -af
  [ "$output" = busybox ]
  expect 0 image ls -q
  [ -z "$output" ]
}
