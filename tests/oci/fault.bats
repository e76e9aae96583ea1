#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# kill -9 at every stage of create, start and delete: no process stays, and the next command
# on the id removes what is left.

load ../lib/common
load setup
setup_file() { file_setup; oci_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; bundle; }
teardown() { oci_clean; check_leaks; }

# stop_at STAGE ARGS...: a command that waits there; its process is $front.
stop_at()
{
  local err=$BATS_TEST_TMPDIR/stop.$1 stage=$1

  shift
  SANDBOX_TEST_STOP_AT=$stage "$OCI" --root "$ROOT" "$@" </dev/null >/dev/null 2>"$err" 3>&- &
  front=$!
  eventually 20 grep -q '^stopped at' "$err" || {
    cat "$err" >&2
    return 1
  }
}

end_front()
{
  kill -9 "$front" 2>/dev/null || :
  wait "$front" 2>/dev/null || :
}

# The rows of the step table that a bundle's launch walks, as --debug tells them.
stages()
{
  "$OCI" --root "$ROOT" --debug create -b "$BUNDLE" explain 2>&1 </dev/null |
    sed -n 's/.*: step \([a-z-]*\)$/\1/p' | sort -u
  "$OCI" --root "$ROOT" delete explain
}

@test "create, killed before its record is written: as if it had never been" {
  local stage

  for stage in oci-mkdir oci-config $(stages) cloned mapped oci-ready; do
    # What runs after the start is another test's.
    case $stage in seccomp | exec | start-hooks) continue ;; esac
    stop_at "$stage" create -b "$BUNDLE" k
    end_front
    no_processes || {
      echo "after $stage" >&2
      return 1
    }
    oci_fail 1 'does not exist' state k || {
      echo "after $stage" >&2
      return 1
    }
    [ -z "$(ls -A "$ROOT")" ] || {
      echo "after $stage: $(ls -A "$ROOT"/*)" >&2
      return 1
    }
  done
}

@test "create, killed before its process lives on alone: stopped, and no process" {
  stop_at oci-recorded create -b "$BUNDLE" k
  end_front
  no_processes
  is k stopped
  oci_ok delete k
}

@test "an id that a killed create has left is free at once" {
  stop_at oci-ready create -b "$BUNDLE" k
  end_front
  oci_ok create -b "$BUNDLE" k
  is k created
}

@test "while it is being created it is creating, and nothing else" {
  stop_at oci-ready create -b "$BUNDLE" k
  is k creating
  oci_fail 1 'with id exists' create -b "$BUNDLE" k
  oci_fail 1 'container not running' kill k
  end_front
}

@test "a start that is killed before it has said so leaves it waiting for the next" {
  oci_ok create -b "$BUNDLE" k
  stop_at oci-connected start k
  end_front
  is k created
  oci_ok start k
  is k running
}

@test "delete, killed at every stage: the next one goes on" {
  local stage

  for stage in oci-killed oci-ended oci-removing; do
    "$OCI" --root "$ROOT" run -d -b "$BUNDLE" k </dev/null >/dev/null 2>&1
    stop_at "$stage" delete --force k
    end_front
    no_processes
    oci delete --force k
    [ "$status" -eq 0 ]
    [ -z "$(ls -A "$ROOT")" ] || {
      echo "after $stage: $(ls -A "$ROOT"/*)" >&2
      return 1
    }
  done
}

@test "run, killed at every stage, takes its container along" {
  local stage

  for stage in oci-mkdir oci-ready oci-recorded exec; do
    stop_at "$stage" run -b "$BUNDLE" k
    end_front
    no_processes || {
      echo "after $stage" >&2
      return 1
    }
    oci_ok delete --force k
  done
}

@test "forty at random moments" {
  local i

  for i in {1..40}; do
    "$OCI" --root "$ROOT" create -b "$BUNDLE" "r$i" </dev/null >/dev/null 2>&1 3>&- &
    front=$!
    sleep "0.0$((RANDOM % 30 + 10))"
    end_front
  done
  for i in {1..40}; do
    oci_ok delete --force "r$i"
  done
  no_processes
  [ -z "$(ls -A "$ROOT")" ]
}

@test "twenty at once, on different ids and on the same one" {
  local i

  for i in {1..20}; do
    ("$OCI" --root "$ROOT" run -d -b "$BUNDLE" "c$i" </dev/null >/dev/null 2>&1 3>&- || echo "c$i" >>"$BATS_TEST_TMPDIR/failed") &
    ("$OCI" --root "$ROOT" create -b "$BUNDLE" same </dev/null >/dev/null 2>&1 3>&- && echo x >>"$BATS_TEST_TMPDIR/won") &
  done
  wait
  [ ! -e "$BATS_TEST_TMPDIR/failed" ]
  [ "$(wc -l <"$BATS_TEST_TMPDIR/won")" -eq 1 ]
  for i in {1..20}; do
    ("$OCI" --root "$ROOT" delete --force "c$i" 3>&-) &
    ("$OCI" --root "$ROOT" delete --force same 3>&-) &
  done
  wait
  [ -z "$(ls -A "$ROOT")" ]
}

@test "few descriptors, few bytes, no working folder: an error, and nothing that stays" {
  local n

  for n in 8 11 12 14 16 20; do
    run -1 bash -c 'ulimit -n "$1"; "$OCI" --root "$ROOT" create -b "$2" x </dev/null 2>&1 3>&-' bash "$n" "$BUNDLE"
    [ -z "$(ls -A "$ROOT" 2>/dev/null)" ] || {
      echo "left with $n descriptors: $output" >&2
      return 1
    }
  done
  # Killed by the signal of a limit, as by any other: the next one takes over.
  (bash -c 'ulimit -f 0; "$OCI" --root "$ROOT" create -b "$1" x </dev/null >/dev/null 2>&1 3>&-' bash "$BUNDLE") 2>/dev/null || :
  oci_ok create -b "$BUNDLE" x
  oci_ok delete x
  mkdir "$BATS_TEST_TMPDIR/gone"
  run -1 sh -c 'cd "$1/gone" && rmdir "$1/gone" && "$OCI" --root relative list' sh "$BATS_TEST_TMPDIR"
  [[ $output == *"--root relative: the working folder is gone"* ]] && [[ $output != *PID* ]]
}

@test "a full disk and a read-only --root" {
  need unshare
  mkdir "$BATS_TEST_TMPDIR/small"
  run -0 unshare -rm sh -c 'mount -t tmpfs -o size=4k,nr_inodes=8 t "$2/small" && : >"$2/small/f" &&
    dd if=/dev/zero of="$2/small/f" bs=4k count=8 2>/dev/null
    "$1" --root "$2/small" create -b "$3" x && exit 9
    ls "$2/small"' sh "$OCI" "$BATS_TEST_TMPDIR" "$BUNDLE"
  [[ $output == *"No space left"* && ${lines[-1]} == f ]]
}
