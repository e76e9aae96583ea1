#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A host that lacks something, or is odd: descriptors, processes, room, inodes, a store that is
# read-only or has no attributes, a runtime folder that is emptied, clocks, limits of files, and
# what else a caller can hand down. Rows 6 to 8, 17, 18, 22, 24, 35 and 38 to 40 of the catalogue.

bats_require_minimum_version 1.5.0
load ../lib/common
load ../lib/records

setup_file()
{
  file_setup
  "$SANDBOX" run -d --name kept --network none busybox echo words </dev/null >/dev/null
  "$SANDBOX" wait kept
}
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() { check_leaks; }

# limited OPTION VALUE ARGS...: sandbox ARGS under ulimit, by exec: not even a shell could fork.
limited()
{
  local option=$1 value=$2

  shift 2
  status=0
  (
    exec </dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&-
    ulimit "$option" "$value" && exec "$SANDBOX" "$@"
  ) || status=$?
  output=$(cat "$BATS_TEST_TMPDIR/out")
  stderr=$(cat "$BATS_TEST_TMPDIR/err")
}

# only_kept: those in the background, with --rm, are gone a moment after their end.
only_kept()
{
  [ "$("$SANDBOX" ps -a --format '{{.Names}}' 2>/dev/null)" = kept ]
}

fine_or_one_line()
{
  if [ "$status" -ne 0 ] && { [ "$status" -ne 125 ] || [ "$(wc -l <<<"$stderr")" -ne 1 ]; }; then
    printf '%s: status %s\n%s\n%s\n' "$1" "$status" "$output" "$stderr" >&2
    return 1
  fi
}

@test "17: descriptors: 4, 8, 16 and all in between are enough, or one line says what is not" {
  local n c

  for n in $(seq 4 24) 32 40; do
    for c in "run --network none busybox true" "run -d --rm --network none busybox true" \
      "images -q" "volume ls -q" "inspect kept" "unshare true"; do
      # shellcheck disable=SC2086 # words
      limited -n "$n" $c
      fine_or_one_line "$n: $c"
    done
    limited -n "$n" ps -aq
    fine_or_one_line "$n: ps"
    # A list that is shown is whole, and what cannot be opened is not called damaged.
    [ "$status" -ne 0 ] || [ -n "$output" ]
    [[ $stderr != *"rm --force"* ]]
  done
  limited -n 8 run --network none busybox true
  [[ $stderr == *"Too many open files; raise the limit (ulimit -n)"* ]]
  limited -n 64 run --network none busybox true
  [ "$status" -eq 0 ]
  eventually 10 only_kept
}

@test "18: processes: one line, and nothing half made" {
  local n c

  for n in 0 1 2 3 4 5 6 8; do
    for c in "run --network none busybox true" "run -d --rm --network none busybox true" \
      "unshare true" "start kept"; do
      # shellcheck disable=SC2086 # words
      limited -u "$n" $c
      fine_or_one_line "$n: $c"
    done
    limited -u "$n" ps -aq
    [ "$status" -eq 0 ]
  done
  limited -u 1 run --network none busybox true
  [ "$status" -eq 125 ]
  [[ $stderr == *"Resource temporarily unavailable"* ]]
  eventually 10 only_kept
}

@test "38: a limit of file sizes is an error, not the end by SIGXFSZ" {
  limited -f 0 create --network none busybox true
  [ "$status" -eq 125 ]
  # Not even its words fit then; the status says it.
  (
    ulimit -f 0
    exec "$SANDBOX" run -d --name big --network none busybox true </dev/null 2>&1 3>&-
  ) | cat >"$BATS_TEST_TMPDIR/out"
  grep -q 'File too large' "$BATS_TEST_TMPDIR/out"
  only_kept
  # The payload has the limit as it was, and the signal too.
  status=0
  (
    ulimit -f 100
    exec "$SANDBOX" run --network none busybox sh -c 'head -c 1000000 /dev/zero >/x' </dev/null 2>&1 3>&-
  ) | cat >"$BATS_TEST_TMPDIR/out"
  run -153 bash -c 'ulimit -f 100; exec "$SANDBOX" run --network none busybox sh -c "exec head -c 1000000 /dev/zero >/x"'
}

# in_fs OPTIONS COMMAND...: with a tmpfs of those options as the store, in namespaces of the test's own.
in_fs()
{
  need unshare
  # shellcheck disable=SC2016 # expanded inside
  run --separate-stderr unshare -Urm sh -c 'mount -t tmpfs -o "$0" none "$STORE" && exec "$@"' "$@"
}

@test "6, 7: no room and no inodes for a container: one line that says which, and nothing left" {
  # shellcheck disable=SC2016
  in_fs size=3m,nr_inodes=1000 sh -c '"$SANDBOX" run --network none busybox true
    head -c 100m /dev/zero >"$STORE/filler" 2>/dev/null
    "$SANDBOX" run -d --name full --network none busybox true; echo "rc $?"
    rm "$STORE/filler"; "$SANDBOX" ps -a --format "{{.Names}}"; ls "$STORE/containers"'
  [[ $output == "rc 125" ]] || {
    echo "$output $stderr" >&2
    return 1
  }
  [[ $stderr == *"No space left on device"* || $stderr == *"no space left"* ]]
  # shellcheck disable=SC2016
  in_fs size=30m,nr_inodes=700 sh -c '"$SANDBOX" run --network none busybox true
    i=0; while touch "$STORE/f$i" 2>/dev/null; do i=$((i + 1)); done
    "$SANDBOX" run -d --name full --network none busybox true; echo "rc $?"
    rm "$STORE"/f*; "$SANDBOX" ps -a --format "{{.Names}}"; ls "$STORE/containers"'
  [[ $output == "rc 125" ]] || {
    echo "$output $stderr" >&2
    return 1
  }
  [[ $stderr == *inodes* ]]
}

@test "8: a read-only store: what only reads works, the rest says why" {
  local c

  need unshare
  for c in "ps -a" images "logs kept" "inspect kept" "volume ls" "info"; do
    # shellcheck disable=SC2016,SC2086 # expanded inside; words
    run -0 unshare -Urm sh -c 'mount --bind "$STORE" "$STORE" && mount -o remount,bind,ro "$STORE" &&
      exec "$SANDBOX" "$@"' sh $c
  done
  for c in "run -d --name new --network none busybox true" "rm kept" "start kept" "volume create new"; do
    # shellcheck disable=SC2016,SC2086 # expanded inside; words
    run -125 unshare -Urm sh -c 'mount --bind "$STORE" "$STORE" && mount -o remount,bind,ro "$STORE" &&
      exec "$SANDBOX" "$@"' sh $c
    [[ $output == *"ead-only"* ]]
    [ "${#lines[@]}" -eq 1 ]
  done
}

@test "22: clocks that jump by ten years: times are monotonic, and lists can be read" {
  local SANDBOX=${top_builddir:-build}/jumpy

  [ -x "$SANDBOX" ] || skip "jumpy is not built: make check-fault"
  SECONDS=0
  expect 137 run --network none --timeout 1s busybox sleep 1000
  [ "$SECONDS" -lt 10 ]
  for i in 1 2; do
    expect 0 run -d --name "jump$i" --network none busybox sleep 1000
    expect 0 ps -a --format '{{.Names}} {{.State}} {{.Status}} {{.RunningFor}}'
    [[ $output == *"jump$i running"* ]]
    expect 0 inspect --format '{{.Created}}' "jump$i"
    [[ $output != "$(date +%Y)"* ]]
    SECONDS=0
    expect 0 stop -t 1 "jump$i"
    [ "$SECONDS" -lt 10 ]
    expect 0 rm "jump$i"
  done
}

@test "35: the runtime folder is emptied under containers that run" {
  local c s

  "$SANDBOX" run -d --name box --network none busybox sleep 1000 </dev/null >/dev/null 3>&-
  expect 0 inspect --format '{{.State.Pid}}' box
  s=$output
  rm -rf "$XDG_RUNTIME_DIR/sandbox"
  expect 0 ps --format '{{.Names}} {{.State}}'
  [ "$output" = "box running" ]
  # It is neither started again nor removed beside the one that runs.
  one_line_error rm box
  expect 0 stop -t 1 box
  [ ! -e "/proc/$s" ]
  expect 0 ps -a --format '{{.Names}} {{.State}}'
  [[ $output == *"box exited"* ]]
  expect 0 start box
  rm -rf "$XDG_RUNTIME_DIR/sandbox"
  expect 0 rm -f box
}

@test "39: a record of a later version is not called damaged" {
  record b2 later exited 0
  local file
  file=$(echo "$STORE"/containers/b2b2*/state.json)
  sealed "$file" "$(head -n -1 "$file" | sed 's/"version":1/"version":2/')"
  expect 0 ps -a --format '{{.Names}} {{.State}}'
  [[ $stderr == *"b2b2"*"later version of sandbox"* && $stderr != *"rm --force"* ]]
  [[ $output == *"kept exited"* ]]
  expect 0 rm -f "${file:${#STORE}+12:64}"
}

@test "40: an empty environment, no folder, no mask, no name" {
  local d

  run -0 env -i XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" "$SANDBOX" --root "$STORE" run --network none busybox true
  run -125 env -i "$SANDBOX" run --network none busybox true
  [[ $output == *"set HOME or XDG_DATA_HOME"* ]]
  run -0 env LC_ALL=xx_YY.UTF-99 TZ=:/nonexistent HOME= "$SANDBOX" ps -a
  # A folder that is gone.
  mkdir "$BATS_TEST_TMPDIR/gone"
  # shellcheck disable=SC2016 # expanded inside
  run -0 sh -c 'cd "$1" && rmdir "$1" && "$SANDBOX" run --network none busybox pwd' sh "$BATS_TEST_TMPDIR/gone"
  [ "${lines[-1]}" = / ]
  mkdir "$BATS_TEST_TMPDIR/gone"
  # shellcheck disable=SC2016 # expanded inside
  run -125 sh -c 'cd "$1" && rmdir "$1" && "$SANDBOX" run --network none -v .:/v busybox true' sh "$BATS_TEST_TMPDIR/gone"
  # A mask that forbids everything, also to ourselves.
  d=$BATS_TEST_TMPDIR/masked
  # shellcheck disable=SC2016 # expanded inside
  run -0 sh -c 'umask 0777; "$SANDBOX" --root "$1" run -d --name x --network none busybox touch /file &&
    "$SANDBOX" --root "$1" wait x && "$SANDBOX" --root "$1" diff x && "$SANDBOX" --root "$1" rm x' sh "$d"
  [[ $output == *"A /file"* ]]
  remove_tree "$d"
  need python3
  run python3 -c 'import ctypes, os
libc = ctypes.CDLL(None)
libc.execve(os.environ["SANDBOX"].encode(), (ctypes.c_char_p * 1)(None), (ctypes.c_char_p * 1)(None))'
  [ "$status" -eq 125 ]
}

# Of the 200 keys that a user has each container takes one, and those of the dead count for a while.
@test "a quota of keys that is used up is waited for, and then named" {
  need strace
  # One id: newuidmap has no privileges under strace.
  local one=(run --uidmap 0:0:1 --gidmap 0:0:1 --network none busybox echo hi)
  run -0 strace -f -qq -o /dev/null -e inject=keyctl:error=EDQUOT:when=1..5 "$SANDBOX" "${one[@]}"
  [ "$output" = hi ]
  run -125 strace -f -qq -o /dev/null -e inject=keyctl:error=EDQUOT "$SANDBOX" "${one[@]}"
  [[ "$output" == *"the quota of kernel keyrings is used up; raise kernel.keys.maxkeys"* ]]
}
