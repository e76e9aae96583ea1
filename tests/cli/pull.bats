#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load ../lib/common

setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() { check_leaks; }

@test "busybox: its name on standard output, twice the same" {
  expect 0 pull busybox
  [ "$output" = busybox ]
  expect 0 pull busybox
  [ "$output" = busybox ]
  store_clean
}

@test "eight at once unpack once, and all succeed" {
  need_alpine
  for i in $(seq 8); do
    "$SANDBOX" pull alpine >"$BATS_TEST_TMPDIR/out.$i" 2>&1 </dev/null &
    pids+=($!)
  done
  for p in "${pids[@]}"; do
    wait "$p"
  done
  [ "$(sort -u "$BATS_TEST_TMPDIR"/out.* | wc -l)" -eq 1 ]
  [ "$("$SANDBOX" images -q | sort -u | wc -l)" -eq "$("$SANDBOX" images -q | wc -l)" ]
  store_clean
}

@test "an image that is not there: 125, one line, nothing in the store" {
  one_line_error pull nosuchimage
  [[ $stderr == *nosuchimage* ]]
  store_clean
}

@test "alpine without tarball and mirror says where it looked" {
  one_line_error --root "$BATS_TEST_TMPDIR/store" pull --pull never alpine:1.0
  [[ $stderr == *images* ]]
  # With nobody listening there: the same, after the attempt.
  one_line_error --root "$BATS_TEST_TMPDIR/store" pull --mirror http://127.0.0.1:1 alpine:1.0
}

@test "an archive by path; a broken one leaves nothing" {
  mkdir -p "$BATS_TEST_TMPDIR/root/bin"
  echo hello >"$BATS_TEST_TMPDIR/root/file"
  tar -C "$BATS_TEST_TMPDIR/root" -czf "$BATS_TEST_TMPDIR/good.tar.gz" .
  expect 0 pull "$BATS_TEST_TMPDIR/good.tar.gz"
  head -c 100 "$BATS_TEST_TMPDIR/good.tar.gz" >"$BATS_TEST_TMPDIR/bad.tar.gz"
  one_line_error pull "$BATS_TEST_TMPDIR/bad.tar.gz"
  store_clean
}

@test "no image: 125" {
  one_line_error pull
}
