#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# rename

load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() {
  "$SANDBOX" rm -fa >/dev/null
  wait_trash
  check_leaks
}

names() { "$SANDBOX" ps -a --sort names --format '{{.Names}}' | tr '\n' ' '; }

@test "one that runs, and one that does not; the old name is free" {
  "$SANDBOX" run -d --network none --name a busybox sleep 1000
  expect 0 rename a b
  [ "$(names)" = "b " ]
  one_line_error stop a
  "$SANDBOX" create --network none --name a busybox true
  expect 0 rename a c
  [ "$(names)" = "b c " ]
  expect 0 stop -t 0 b
  [ "$(names)" = "b c " ]
  expect 0 start b
  [ "$(names)" = "b c " ]
  expect 0 rm -f b c
  [ "$(ls -A "$STORE/containers")" = "" ]
}

@test "a name that is taken, no name, its own name: refused, and all is as before" {
  "$SANDBOX" create --network none --name a busybox true
  "$SANDBOX" create --network none --name b busybox true
  one_line_error rename a b
  [[ $stderr == *'"b" is taken'* ]]
  one_line_error rename a a
  local bad
  for bad in '' 'x/y' '..' '-x' $'a\nb' "$(printf 'x%.0s' {1..300})"; do
    one_line_error rename -- a "$bad"
  done
  [ "$(names)" = "a b " ]
  expect 0 inspect a b
  one_line_error rename nosuch c
  one_line_error rename a
  one_line_error rename
  one_line_error rename a b c
}

@test "many at once to different names: it has one of them, and the rest is free" {
  local i id

  id=$("$SANDBOX" create --network none --name first busybox true)
  for i in 1 2 3 4 5 6 7 8; do
    "$SANDBOX" rename "$id" "n$i" 2>/dev/null 3>&- &
  done
  wait
  [ "$(find "$STORE/containers" -name 'name-*' | wc -l)" -eq 1 ]
  [ -e "$STORE/containers/name-$(names | tr -d ' ')" ]
}
