#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0
load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() { check_leaks; }

@test "unshare: root is the caller, and the subordinate ids are those of containers" {
  need_subids
  expect 0 unshare cat /proc/self/uid_map /proc/self/gid_map
  mine=$output
  [ -z "$stderr" ]
  expect 0 run --network none busybox cat /proc/self/uid_map /proc/self/gid_map
  [ "$output" = "$mine" ]
  expect 0 unshare sh -c 'id -u; id -g'
  [ "$output" = 0$'\n'0 ]
}

@test "unshare: a container's files are seen, changed and removed under their owners there" {
  need_subids
  mkdir "$BATS_TEST_TMPDIR/v"
  expect 0 run --network none -v "$BATS_TEST_TMPDIR/v:/v" busybox sh -c \
    'mkdir -m 700 /v/d && touch /v/d/f && chown -R 33:44 /v/d'
  run ! ls "$BATS_TEST_TMPDIR/v/d"
  expect 0 unshare stat -c %u:%g "$BATS_TEST_TMPDIR/v/d/f"
  [ "$output" = 33:44 ]
  expect 0 unshare chown 0:0 "$BATS_TEST_TMPDIR/v/d/f"
  expect 0 unshare sh -c 'mv "$1"/v/d/f "$1"' sh "$BATS_TEST_TMPDIR"
  [ "$(stat -c %u "$BATS_TEST_TMPDIR/f")" = "$(id -u)" ]
  expect 0 unshare rm -r "$BATS_TEST_TMPDIR/v/d"
  [ ! -e "$BATS_TEST_TMPDIR/v/d" ]
}

@test "unshare: all capabilities, no filter, and nothing else changes" {
  local ns

  need unshare
  all=$(unshare -Ur awk '/^CapEff/ { print $2 }' /proc/self/status)
  expect 0 unshare cat /proc/self/status
  [ "$(awk '/^CapEff/ { print $2 }' <<<"$output")" = "$all" ]
  [ "$(awk '/^Seccomp:/ { print $2 }' <<<"$output")" = "$(awk '/^Seccomp:/ { print $2 }' /proc/self/status)" ]
  for ns in cgroup ipc net pid uts; do
    expect 0 unshare readlink /proc/self/ns/$ns
    [ "$output" = "$(readlink /proc/self/ns/$ns)" ]
  done
  cd "$BATS_TEST_TMPDIR"
  A='b c' expect 0 unshare sh -c 'echo "$A $PWD $#"' sh 1 2
  [ "$output" = "b c $PWD 2" ]
  # The mask is the caller's own, not the one that sandbox works with.
  output=$(umask 0345 && "$SANDBOX" unshare sh -c umask)
  [ "$output" = 0345 ]
  # No descriptor on top: the fourth is that of ls itself.
  expect 0 unshare ls /proc/self/fd
  [ "$(wc -l <<<"$output")" -eq "$(sh -c 'ls /proc/self/fd' </dev/null 2>/dev/null | wc -l)" ]
  # A mount is nobody else's.
  expect 0 unshare sh -c 'mount -t tmpfs none "$1" && touch "$1/x" && ls "$1"' sh "$BATS_TEST_TMPDIR"
  [ "$output" = x ]
  [ ! -e "$BATS_TEST_TMPDIR/x" ]
}

@test "unshare: containers run in it as they do outside" {
  expect 0 unshare "$SANDBOX" run --network none busybox id -u
  [ "$output" = 0 ]
}

@test "unshare: exit codes" {
  expect 3 unshare sh -c 'exit 3'
  expect 127 unshare nosuchcommand-at-all
  [ "$stderr" = "sandbox: nosuchcommand-at-all: command not found" ]
  expect 127 unshare /nonexistent/x
  expect 126 unshare /etc/passwd
  [ "$stderr" = "sandbox: /etc/passwd: cannot be executed: Permission denied" ]
  # A folder in PATH that may not be searched, and a file there that may not be executed.
  PATH=/proc/1/fd:$PATH expect 127 unshare nosuchcommand-at-all
  PATH=$PATH:/proc/1/fd expect 127 unshare nosuchcommand-at-all
  touch "$BATS_TEST_TMPDIR/plain"
  PATH=/proc/1/fd:$PATH:$BATS_TEST_TMPDIR expect 126 unshare plain
  one_line_error unshare --nosuch
  one_line_error unshare --rootless-netns true
  # A shell sees the signal itself: sandbox has become the command.
  run -143 "$SANDBOX" unshare sh -c 'kill -TERM $$'
}

@test "unshare: it becomes the command: the same process, and its signals" {
  "$SANDBOX" unshare sh -c 'trap "exit 9" TERM; echo $$; while :; do sleep 0.05; done' \
    </dev/null >"$BATS_TEST_TMPDIR/pid" 3>&- &
  local pid=$! status=0

  eventually 10 test -s "$BATS_TEST_TMPDIR/pid"
  [ "$(cat "$BATS_TEST_TMPDIR/pid")" = "$pid" ]
  kill -TERM "$pid"
  wait "$pid" || status=$?
  [ "$status" -eq 9 ]
}

@test "unshare: without a command it is the user's shell, and jobs work on a terminal" {
  need script
  output=$(SHELL=/bin/echo "$SANDBOX" unshare)
  [ -z "$output" ]
  # fg and a stopped job need the terminal's foreground group.
  printf '%s\n' 'set -m' 'sleep 1000' >"$BATS_TEST_TMPDIR/in"
  output=$( (
    sleep 0.7
    printf 'sleep 1000\n'
    sleep 0.7
    printf '\032'
    sleep 0.5
    printf 'jobs\nkill %%1; fg\necho "tty $?"\nexit 5\n'
    sleep 0.5
  ) | SHELL=/bin/bash timeout 20 script -qec "$SANDBOX unshare" /dev/null) && status=0 || status=$?
  [ "$status" -eq 5 ]
  [[ $output == *Stopped*sleep\ 1000*Terminated*tty\ 143* ]]
}

@test "unshare: what is missing for more than one id is said" {
  local me

  need unshare
  me=$(id -u)
  printf '' >"$BATS_TEST_TMPDIR/empty"
  # shellcheck disable=SC2016 # expanded inside
  run -0 --separate-stderr unshare --user --map-root-user --mount sh -c '
    mount --bind "$1" /etc/subuid && exec unshare --user --map-user="$2" --map-group="$2" \
      "$SANDBOX" unshare sh -c "id -u; cat /proc/self/uid_map"' sh "$BATS_TEST_TMPDIR/empty" "$me"
  [ "${lines[0]}" = 0 ]
  [ "${#lines[@]}" -eq 2 ]
  [[ $stderr == *"one id is mapped: "*subuid* ]]
}
