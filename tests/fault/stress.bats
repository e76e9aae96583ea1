#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Many commands at once, on the same and on different names, for SANDBOX_STRESS_SECONDS: no
# lost update, no deadlock, and nothing left.

bats_require_minimum_version 1.5.0
load ../lib/common

setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() { check_leaks; }

# worker NUMBER END: containers of its own, and trouble for those that all share.
worker()
{
  local own="own$1" n=0 id

  while [ "$SECONDS" -lt "$2" ]; do
    n=$((n + 1))
    id=$("$SANDBOX" run -d --name "$own" --network none busybox sleep 1000) || return 1
    [ "${#id}" -eq 64 ] || return 1
    # The name is taken by exactly one of all who want it.
    "$SANDBOX" run -d --name shared --network none busybox sleep 1000 >/dev/null 2>&1 &&
      echo taken >>"$BATS_TEST_TMPDIR/taken"
    "$SANDBOX" ps -a --format '{{.ID}} {{.Names}} {{.State}}' >"$BATS_TEST_TMPDIR/ps.$1" || return 1
    grep -q "^${id:0:12} $own running$" "$BATS_TEST_TMPDIR/ps.$1" || {
      echo "ps does not show $own: $(cat "$BATS_TEST_TMPDIR/ps.$1")" >&2
      return 1
    }
    case $((n % 3)) in
    0) "$SANDBOX" stop -t 0 "$own" >/dev/null && "$SANDBOX" rm "$own" >/dev/null ;;
    1) "$SANDBOX" rm -f "$own" >/dev/null ;;
    2) "$SANDBOX" kill "$own" >/dev/null && "$SANDBOX" rm -f "$own" >/dev/null ;;
    esac || return 1
    # Of all who remove the shared one, nobody fails.
    "$SANDBOX" rm -f shared >/dev/null || return 1
  done </dev/null 3>&-
  echo "$n" >"$BATS_TEST_TMPDIR/rounds.$1"
}

@test "run -d, ps, stop, kill and rm -f at once, on the same and on different names" {
  local end=$((SECONDS + ${SANDBOX_STRESS_SECONDS:-60})) pids=() failed=0

  for i in 1 2 3 4 5 6 7 8; do
    worker "$i" "$end" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || failed=$((failed + 1))
  done
  [ "$failed" -eq 0 ]
  "$SANDBOX" rm -f shared
  expect 0 ps -aq
  [ -z "$output" ]
  [ -s "$BATS_TEST_TMPDIR/taken" ]
  echo "# rounds: $(cat "$BATS_TEST_TMPDIR"/rounds.* | paste -sd+ | bc 2>/dev/null || :)" >&3
  [ -z "$(find "$STORE/containers" -mindepth 1 -name 'name-*')" ]
}

@test "a hundred in the background at once, and all of them gone again" {
  local pids=() failed=0

  for i in $(seq 100); do
    "$SANDBOX" run -d --name "many$i" --network none busybox sleep 1000 </dev/null >/dev/null 3>&- &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || failed=$((failed + 1))
  done
  [ "$failed" -eq 0 ]
  expect 0 ps -q
  [ "$(wc -l <<<"$output")" -eq 100 ]
  expect 0 rm -f -a
  expect 0 ps -aq
  [ -z "$output" ]
}
