#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sandbox-unpack from outside: what it still may do when the first byte comes, how
# it ends, and what the terminal sees. A named pipe as the archive holds it at the
# first byte as long as a test wants.

load ../lib/common
load unpack

setup_file() { unpack_file_setup; }
teardown_file() { unpack_file_teardown; }
setup()
{
  fresh_dest
  PIPE=$BATS_TEST_TMPDIR/archive
  mkfifo "$PIPE"
}
teardown()
{
  exec 7>&-
  rm -f "$PIPE"
}

# hold [OPTION...]: the driver in the background ($DRIVER_PID), its helper ($HELPER_PID) waiting
# for the first byte, which goes to descriptor 7.
hold()
{
  "$DRIVER" "$@" "$PIPE" "$DEST" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null 3>&- &
  DRIVER_PID=$!
  exec 7>"$PIPE"
  eventually 10 filtered
}

filtered()
{
  HELPER_PID=$(pgrep -P "$DRIVER_PID") && [ "$(field Seccomp)" = 2 ]
}

field()
{
  awk -v f="$1:" '$1 == f { $1 = ""; sub(/^ /, ""); print }' "/proc/$HELPER_PID/status"
}

gone()
{
  [ ! -e "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status"
}

@test "before the first byte: capabilities, filter, threads, namespaces" {
  hold
  # CHOWN, DAC_OVERRIDE, FOWNER, FSETID, SETFCAP
  [ "$(field CapEff)" = 000000008000001b ]
  [ "$(field CapPrm)" = 000000008000001b ]
  [ "$(field CapBnd)" = 0000000000000000 ]
  [ "$(field CapInh)" = 0000000000000000 ]
  [ "$(field CapAmb)" = 0000000000000000 ]
  [ "$(field NoNewPrivs)" = 1 ]
  [ "$(field Threads)" = 2 ]
  [ "$(field NSpid | wc -w)" -eq 2 ]
  [ "$(field NSpid | awk '{ print $2 }')" -eq 1 ]
  for task in "/proc/$HELPER_PID"/task/*; do
    [ "$(awk '$1 == "Seccomp:" { print $2 }' "$task/status")" -eq 2 ]
  done
  cat "$CASES/honest" >&7
  exec 7>&-
  wait "$DRIVER_PID"
  honest_tree
}

@test "before the first byte: one mount, the folder, and limits" {
  local limits

  hold --one-id
  [ "$(wc -l <"/proc/$HELPER_PID/mountinfo")" -eq 1 ]
  for option in nosuid nodev noexec nosymfollow; do
    awk '{ print "," $6 "," }' "/proc/$HELPER_PID/mountinfo" | grep -q ",$option,"
  done
  limits=$(cat "/proc/$HELPER_PID/limits")
  [[ $limits =~ 'Max open files'\ +640\ +640 ]]
  [[ $limits =~ 'Max core file size'\ +0\ +0 ]]
  [[ $limits =~ 'Max file size'\ +21474836480 ]]
  [[ $limits =~ 'Max address space'\ +1073741824 ]] || [[ $limits =~ 'Max address space'\ +unlimited ]]
  cat "$CASES/honest" >&7
  exec 7>&-
  wait "$DRIVER_PID"
}

@test "it dies with its caller, however that dies" {
  local sig

  # INT is ignored by what a shell starts in the background.
  for sig in KILL TERM HUP; do
    hold
    kill -$sig "$DRIVER_PID"
    eventually 5 gone "$HELPER_PID"
    run wait "$DRIVER_PID"
    exec 7>&-
  done
}

@test "killed, it is one line and 125 for the caller" {
  local status=0

  hold
  kill -KILL "$HELPER_PID"
  wait "$DRIVER_PID" || status=$?
  [ "$status" -eq 125 ]
  [ "$(grep -vc ' debug: ' "$BATS_TEST_TMPDIR/err")" -eq 1 ]
  grep -q 'signal 9' "$BATS_TEST_TMPDIR/err"
}

@test "started by hand it refuses" {
  run "${SANDBOX%/*}/sandbox-unpack"
  [ "$status" -eq 125 ]
  [[ $output = *'started by sandbox'* ]]
}

# on_terminal ARG...: the driver on a terminal of its own, fed slowly; what that saw is $output.
on_terminal()
{
  (
    head -c 2000000 "$CASES/files-plain"
    sleep 0.5
    tail -c +2000001 "$CASES/files-plain"
  ) >"$PIPE" &
  output=$(script -qec "$DRIVER $* --one-id $PIPE $DEST" /dev/null </dev/null)
}

@test "progress on a terminal when it takes a while, and no half line left" {
  need script
  python3 "$BATS_TEST_DIRNAME/hostile.py" files-plain "$CASES/files-plain"
  on_terminal
  [[ $output = *'unpacking '* ]]
  # The last that was written of it is the erasing of its line.
  [[ ${output##*unpacking } = *$'\r\033[K'* ]]
  [[ $output = *entries=20000* ]]
  on_terminal --quiet
  [[ $output != *'unpacking '* ]]
  fresh_dest
  drive --one-id "$CASES/files-plain"
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  rm "$CASES/files-plain"
}

@test "sandbox run with a bad archive: 125, one line, the store is clean" {
  local c

  for c in abs through-symlink bomb-zstd tar-no-end random wh-file; do
    cp "$CASES/$c" "$BATS_TEST_TMPDIR/$c.tar"
    one_line_error run --network none "$BATS_TEST_TMPDIR/$c.tar" true
    store_clean
    [ -z "$(find "$STORE/layers" -mindepth 2 2>/dev/null)" ]
  done
}
