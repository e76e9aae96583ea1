#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load ../lib/common

setup_file()
{
  file_setup
  "$SANDBOX" run --network none --name src -v /vol --tmpfs /t busybox sh -c '
    echo hello >/f; rm /etc/passwd; touch /vol/v /t/m' </dev/null
}
teardown_file()
{
  "$SANDBOX" rm src >/dev/null
  "$SANDBOX" volume rm -a >/dev/null
  file_teardown
}
setup()
{
  leaks_before
  cd "$BATS_TEST_TMPDIR" || return 1
}
teardown() { check_leaks; }

@test "the root file system, without what is mounted in it" {
  "$SANDBOX" export src >a.tar
  [ "$(tar xOf a.tar f)" = hello ]
  tar tf a.tar >list
  ! grep -qx etc/passwd list || false
  grep -qx vol/ list
  ! grep -q -e '^vol/v' -e '^t/m' -e '^proc/.' list || false
  expect 0 export -o b.tar src
  cmp a.tar b.tar
}

@test "an export runs" {
  expect 0 export -o root.tar src
  expect 0 run --network none ./root.tar cat /f
  [ "$output" = hello ]
}

@test "not to a terminal; a failure leaves no file" {
  need script
  run script -qec "$SANDBOX export src" /dev/null
  [ "$status" -eq 125 ]
  one_line_error export -o x.tar nosuch
  [ ! -e x.tar ]
  one_line_error export -o nosuch/x.tar src
  one_line_error export
  one_line_error export nosuch
}

@test "a reader that goes away, a disk that is full: 125" {
  run bash -o pipefail -c "$SANDBOX export src | head -c 10 >/dev/null"
  [ "$status" -eq 125 ]
  if [ -w /dev/full ]; then
    run "$SANDBOX" export src -o /dev/full
    [ "$status" -eq 125 ]
    [[ $output == *"No space left"* ]]
  fi
}
