#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# info

load ../lib/common
load ../lib/records
setup_file() { file_setup; }
teardown_file() { file_teardown; }

@test "info: host, store and version, for people, programs and templates" {
  record a1 apple exited 0
  expect 0 info
  [[ $output == host:*"  kernel: $(uname -r)"*"  security:"*store:*"graphRoot: $STORE"*version:* ]] ||
    [[ $output == *"kernel: $(uname -r)"*"graphRoot: $STORE"* ]]
  expect 0 info --format json
  [[ $output == *'"graphRoot": "'"$STORE"'"'* ]]
  expect 0 system info -f '{{.store.containerStore.number}} {{.Store.ContainerStore.Running}} {{.host.security.rootless}}'
  [ "$output" = "1 0 true" ]
  one_line_error info extra
  one_line_error info -f '{{.nothing}}'
}
