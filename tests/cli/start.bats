#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# start: what was created, or has ended

load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() {
  "$SANDBOX" rm -fa >/dev/null
  wait_trash
  check_leaks
}

@test "again and again, with the files as they were left" {
  "$SANDBOX" create --network none --name again busybox sh -c 'echo x >>/file; exec cat /file'
  expect 0 start -a again
  [ "$output" = x ]
  expect 0 start -a again
  [ "$output" = $'x\nx' ]
  expect 0 start again
  [ "$output" = again ]
  expect 0 wait again
  expect 0 logs again
  [ "$(wc -l <<<"$output")" -eq 6 ]
}

@test "-a has the exit code" {
  "$SANDBOX" create --network none --name code busybox sh -c 'exit 7'
  expect 7 start --attach code
}

@test "one that runs: nothing to do" {
  "$SANDBOX" run -d --network none --name runs busybox sleep 1000
  expect 0 start runs
  expect 0 ps -q
  [ "$(wc -l <<<"$output")" -eq 1 ]
}

@test "a command that is not there: 127, and the record says why" {
  "$SANDBOX" create --network none --name bad busybox /nosuch
  expect 127 start bad
  [ "$(wc -l <<<"$stderr")" -eq 1 ]
  [[ $stderr == *nosuch* ]]
  expect 0 ps -a --filter name=bad --format '{{.State}}'
  [ "$output" = created ]
}

@test "several, of which one is not there: the others are started; --all" {
  "$SANDBOX" create --network none --name a busybox sleep 1000
  "$SANDBOX" create --network none --name b busybox sleep 1000
  "$SANDBOX" create --network none --name c busybox sleep 1000
  expect 125 start a nosuch b
  [ "$output" = $'a\nb' ]
  [ "$(wc -l <<<"$stderr")" -eq 1 ]
  [[ $stderr == *'"nosuch"'* ]]
  expect 0 start --all
  expect 0 ps -q
  [ "$(wc -l <<<"$output")" -eq 3 ]
  one_line_error start --all a
  one_line_error start
  one_line_error start --nope a
  one_line_error start ''
}

@test "a logind that kills at logout is told of once" {
  unshare --user --map-root-user true || skip "no user namespaces"
  run unshare --user --map-root-user --mount --fork --pid --kill-child --mount-proc sh -c '
    mount -t tmpfs none /run && mkdir -p /run/systemd/seats /run/systemd/logind.conf.d &&
    printf "[Login]\nKillUserProcesses=yes\nKillExcludeUsers=\n" >/run/systemd/logind.conf.d/x.conf
    mkdir -m 700 "$1" "$1/data" "$1/run"
    export XDG_DATA_HOME=$1/data XDG_RUNTIME_DIR=$1/run
    "$SANDBOX" run --network none busybox true
    "$SANDBOX" create --network none --name c busybox sleep 1000
    "$SANDBOX" start c
    "$SANDBOX" start c
    "$SANDBOX" run -d --network none busybox sleep 1000
    "$SANDBOX" system reset -f >/dev/null' sh "$BATS_TEST_TMPDIR/host"
  echo "$output"
  [ "$(grep -c enable-linger <<<"$output")" -eq 1 ]
}
