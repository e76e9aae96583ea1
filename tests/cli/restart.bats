#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# restart: stop and start

load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() {
  "$SANDBOX" rm -fa >/dev/null
  wait_trash
  check_leaks
}

pid() { "$SANDBOX" ps -a --filter "name=^$1\$" --format '{{.State}} {{.Pid}}'; }

@test "one that runs is another process afterwards, with its files" {
  local before

  "$SANDBOX" run -d --network none --name r busybox sh -c 'echo x >>/file; cat /file; sleep 1000'
  before=$(pid r)
  expect 0 restart -t 0 r
  [ "$output" = r ]
  [[ $(pid r) == running* && $(pid r) != "$before" ]]
  three() { [ "$("$SANDBOX" logs r | wc -l)" -eq 3 ]; }
  eventually 10 three
}

@test "what was created, has ended or is paused is started" {
  "$SANDBOX" create --network none --name c busybox sleep 1000
  expect 0 restart c
  [[ $(pid c) == running* ]]
  "$SANDBOX" kill c
  "$SANDBOX" wait c
  expect 0 restart c
  [[ $(pid c) == running* ]]
  "$SANDBOX" pause c
  expect 0 restart -t 0 c
  [[ $(pid c) == running* ]]
}

@test "several, of which one is not there; --all; what --rm removes; bad input" {
  "$SANDBOX" run -d --network none --name a busybox sleep 1000
  "$SANDBOX" run -d --network none --name b busybox sleep 1000
  expect 125 restart -t 0 a nosuch b
  [ "$output" = $'a\nb' ]
  [ "$(wc -l <<<"$stderr")" -eq 1 ]
  expect 0 restart -t 0 --all
  [ "$(wc -l <<<"$output")" -eq 2 ]
  "$SANDBOX" run -d --rm --network none --name t busybox sleep 1000
  one_line_error restart -t 0 t
  [[ $(pid t) == running* ]]
  one_line_error restart
  one_line_error restart -t x a
}
