#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Processes that are stopped, terminals that go away or change all the time, signals without end,
# readers that do not read, and output without end: rows 13, 15, 19 to 21, 31 and 32 of the catalogue.

bats_require_minimum_version 1.5.0
load ../lib/common

setup_file()
{
  file_setup
  "$SANDBOX" run --network none busybox true
  TERMINAL=$BATS_TEST_DIRNAME/terminal.py
  export TERMINAL
}
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown()
{
  "$SANDBOX" rm -f -a >/dev/null
  check_leaks
}

supervisor()
{
  head -n 1 "$STORE/containers/$(readlink "$STORE/containers/name-$1")/state.json" |
    grep -o '"supervisor":[0-9]*' | cut -d: -f2
}

detached()
{
  "$SANDBOX" run -d --name "$1" --network none busybox "${@:2}" </dev/null >/dev/null 3>&-
}

@test "13: a stopped payload is ended by stop, within its time" {
  detached box sh -c 'kill -STOP $$; sleep 1000'
  SECONDS=0
  expect 0 stop -t 1 box
  [ "$SECONDS" -lt 6 ]
  expect 0 inspect --format '{{.State.Status}} {{.State.ExitCode}}' box
  [ "$output" = "exited 137" ]
}

@test "13: a stopped supervisor: stop ends the container all the same" {
  local s

  detached box sh -c 'trap "exit 7" TERM; while :; do sleep 0.1; done'
  s=$(supervisor box)
  kill -STOP "$s"
  # What only reads does not need it.
  expect 0 ps --format '{{.Names}} {{.State}}'
  [ "$output" = "box running" ]
  SECONDS=0
  expect 0 stop -t 1 box
  [ "$SECONDS" -lt 15 ]
  # It went on, and did what it was asked for.
  expect 0 inspect --format '{{.State.Status}} {{.State.ExitCode}}' box
  [ "$output" = "exited 143" ] || [ "$output" = "exited 7" ] || [ "$output" = "exited 137" ]
  [ ! -e "/proc/$s" ] || [[ $(cat "/proc/$s/stat") == *") Z "* ]]
  expect 0 start box
}

@test "13: rm -f of a container with a stopped supervisor" {
  detached box sleep 1000
  kill -STOP "$(supervisor box)"
  SECONDS=0
  expect 0 rm -f box
  [ "$SECONDS" -lt 15 ]
  expect 0 ps -aq
  [ -z "$output" ]
}

@test "13: the command itself is stopped and goes on" {
  local pid status=0

  "$SANDBOX" run --network none busybox sh -c 'for i in 1 2 3 4 5; do echo $i; sleep 0.2; done; exit 6' \
    </dev/null >"$BATS_TEST_TMPDIR/out" 3>&- &
  pid=$!
  eventually 10 grep -q 1 "$BATS_TEST_TMPDIR/out"
  kill -STOP "$pid"
  sleep 0.5
  kill -CONT "$pid"
  wait "$pid" || status=$?
  [ "$status" -eq 6 ]
  [ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -eq 5 ]
}

@test "15: a fork bomb is gone with the command, at once" {
  local pid

  # The user's limit is all that bounds it: this one is the bomb's own.
  "$SANDBOX" run --network none --ulimit nproc=100 busybox sh -c 'f() { f | f & }; f; sleep 1000' \
    </dev/null >/dev/null 2>&1 3>&- &
  pid=$!
  sleep 1
  SECONDS=0
  kill -9 "$pid"
  wait "$pid" || :
  check_leaks 3
}

@test "19: the terminal goes away: the payload gets HUP, and nothing spins" {
  need python3
  run -0 "$TERMINAL" hangup "$SANDBOX" run -it --network none busybox sh -c \
    'echo ready; while :; do sleep 0.1; done'
  # 128 + SIGHUP, or the shell's own idea of it.
  [[ ${lines[-1]} =~ ^(129|-1|0|1|143)\ [0-3]\ 0$ ]] || {
    echo "$output" >&2
    return 1
  }
}

@test "19: a payload that ignores HUP does not make the supervisor spin" {
  local cpu

  need python3
  run -0 "$TERMINAL" hangup "$SANDBOX" run -it --network none --timeout 3s busybox sh -c \
    'trap "" HUP; echo ready; sleep 1000'
  cpu=${lines[-1]##* }
  [ "$cpu" -eq 0 ] || {
    echo "$output" >&2
    return 1
  }
  [[ ${lines[-1]} != never* ]]
}

@test "20: sizes that change without end arrive, the last one as it is" {
  need python3
  run -0 "$TERMINAL" resize "$SANDBOX" run -it --network none busybox sh -c \
    'echo ready; read -r x; stty size; echo do""ne'
  [[ $output == *"43 157"* ]]
  [[ $output == *"exit 0" ]]
}

@test "21: signals without end do not disturb a start" {
  need python3
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    run -7 "$TERMINAL" storm "$SANDBOX" run --network none busybox sh -c 'echo through; exit 7'
    [ "$output" = through ]
  done
  run -0 "$TERMINAL" storm "$SANDBOX" run -d --name box --network none busybox sleep 1000
  run -3 "$TERMINAL" storm "$SANDBOX" exec box sh -c 'exit 3'
  run -0 "$TERMINAL" storm "$SANDBOX" ps
  run -0 "$TERMINAL" storm "$SANDBOX" stop -t 0 box
  run -0 "$TERMINAL" storm "$SANDBOX" unshare true
}

# peak PID: the most memory that it has had, in KiB.
peak()
{
  awk '/^VmHWM/ { print $2 }' "/proc/$1/status"
}

@test "21: a signal that comes when the payload runs, and its supervisor does not know yet, gets there" {
  local pid status=0

  need strace
  # sandbox-init says that it runs, half a second late. Who is traced gets no rights by newuidmap: one id.
  strace -D -f -qq -o /dev/null -e trace=sendto -e inject=sendto:delay_enter=500000 "$SANDBOX" run \
    --rm --network none --uidmap 0:0:1 --gidmap 0:0:1 busybox sh -c \
    'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done' \
    </dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
  pid=$!
  eventually 10 grep -q ready "$BATS_TEST_TMPDIR/out"
  kill -TERM "$pid"
  wait "$pid" || status=$?
  [ "$status" -eq 9 ]
}

# child_stopped PID: a child of it, $child, stands still.
child_stopped()
{
  child=$(cut -d' ' -f1 "/proc/$1/task/$1/children")
  grep -qsE '^State:.[Tt]' "/proc/$child/status"
}

# continued_away: $child has ended, when it is not kept still.
continued_away()
{
  sleep 0.3
  ! kill -CONT "$child" 2>/dev/null
}

@test "21: a signal that comes while an exec joins gets to its process" {
  local pid child status=0

  need strace
  detached box sleep 1000
  strace -D -f -qq -o /dev/null -e trace=capset -e inject=capset:signal=STOP:when=1 \
    "$SANDBOX" exec box sleep 1000 </dev/null 3>&- &
  pid=$!
  eventually 10 child_stopped "$pid"
  kill -TERM "$pid"
  # Not once: strace stops it as well, before it gets that far.
  eventually 20 continued_away
  wait "$pid" || status=$?
  # Not 137: it was not killed instead.
  [ "$status" -eq 143 ]
}

@test "21: a start that hangs is ended by a signal" {
  local pid status=0

  # With a folder of the user's, which is what may hang: the supervisor is awake.
  SANDBOX_TEST_STOP_AT="exec" "$SANDBOX" run --rm --network none -v "$BATS_TEST_TMPDIR:/mnt" busybox true \
    </dev/null 2>"$BATS_TEST_TMPDIR/err" 3>&- &
  pid=$!
  eventually 10 grep -q 'stopped at' "$BATS_TEST_TMPDIR/err"
  SECONDS=0
  kill -TERM "$pid"
  wait "$pid" || status=$?
  [ "$status" -eq 125 ] && [ "$SECONDS" -lt 5 ]
}

# One id: newuidmap has no privileges under strace.
one() { strace -f -qq -o /dev/null "$@" run --uidmap 0:0:1 --gidmap 0:0:1 --network none busybox echo ran; }

# begun_again: the first launch gave up, the second did not, and the payload ran once.
begun_again()
{
  [ "$output" = ran ]
  # shellcheck disable=SC2154 # by --separate-stderr
  [ "$(grep -c 'step own-maps' <<<"$stderr")" -eq 1 ]
  [ "$(grep -c 'step start-maps' <<<"$stderr")" -eq 1 ]
}

# The first process has its supervisor's memory, who sleeps (sandbox/borrow.c): it gives up, and the
# launch goes on with both awake.
@test "21: a start that has to wait begins once more, and the payload runs once" {
  run -0 --separate-stderr one -e trace=keyctl -e inject=keyctl:error=EDQUOT:when=1..3 \
    "$SANDBOX" --debug 3>&-
  begun_again
  grep -q 'root file system: overlay$' <<<"$stderr"
}

@test "21: where the overlay is refused, the next driver is tried with a supervisor that is awake" {
  [ -w /dev/fuse ] || skip "no /dev/fuse"
  # The fifth of a launch, after proc, sysfs, mqueue and cgroup2.
  run -0 --separate-stderr one -e trace=fsopen -e inject=fsopen:error=ENODEV:when=5 \
    "$SANDBOX" --debug 3>&-
  begun_again
  grep -q 'root file system: fuse-overlayfs$' <<<"$stderr"
}

@test "31: output without end needs no memory, on a pipe and in a log" {
  local pid

  "$SANDBOX" run --network none busybox sh -c 'head -c 300000000 /dev/zero; sleep 1000' \
    </dev/null 3>&- > >(head -c 300000000 | wc -c >"$BATS_TEST_TMPDIR/n") &
  pid=$!
  eventually 60 test -s "$BATS_TEST_TMPDIR/n"
  [ "$(cat "$BATS_TEST_TMPDIR/n")" -eq 300000000 ]
  [ "$(peak "$pid")" -lt 16384 ]
  kill "$pid"
  wait "$pid" || :
  detached box sh -c 'yes 0123456789012345678901234567890123456789 | head -c 100000000; echo end; sleep 1000'
  "$SANDBOX" rm -f box >/dev/null
  "$SANDBOX" run -d --name box --log-opt max-size=1m --network none busybox \
    sh -c 'yes 0123456789012345678901234567890123456789 | head -c 100000000; echo end; sleep 1000' >/dev/null
  log_ends()
  {
    "$SANDBOX" logs --tail 1 box | grep -q end
  }
  eventually 60 log_ends
  [ "$(peak "$(supervisor box)")" -lt 16384 ]
  [ "$(du -sk "$STORE/containers/$(readlink "$STORE/containers/name-box")" 2>/dev/null | cut -f1)" -lt 8192 ]
}

@test "32: who reads slowly, or not at all, makes the payload wait and nothing grow" {
  local pid

  mkfifo "$BATS_TEST_TMPDIR/fifo"
  exec 8<>"$BATS_TEST_TMPDIR/fifo"
  "$SANDBOX" run --network none busybox yes </dev/null >&8 3>&- &
  pid=$!
  sleep 1
  [ "$(peak "$pid")" -lt 16384 ]
  # With a terminal all bytes pass through the supervisor.
  kill -9 "$pid"
  wait "$pid" || :
  "$SANDBOX" run -t --network none busybox yes </dev/null >&8 3>&- &
  pid=$!
  sleep 1
  [ "$(peak "$pid")" -lt 16384 ]
  kill -TERM "$pid"
  # It is deaf to nothing meanwhile.
  eventually 10 sh -c "! kill -0 $pid 2>/dev/null || grep -q 'State:.Z' /proc/$pid/status"
  wait "$pid" || :
  exec 8>&-
}

@test "32: an attached command that does not read does not hold the container up" {
  local pid

  detached box sh -c 'while :; do echo 0123456789012345678901234567890123456789; done'
  mkfifo "$BATS_TEST_TMPDIR/fifo"
  exec 8<>"$BATS_TEST_TMPDIR/fifo"
  "$SANDBOX" attach --no-stdin box </dev/null >&8 3>&- &
  pid=$!
  sleep 1
  [ "$(peak "$(supervisor box)")" -lt 16384 ]
  expect 0 exec box true
  SECONDS=0
  expect 0 stop -t 0 box
  [ "$SECONDS" -lt 15 ]
  exec 8>&-
  # It writes to a pipe that it has open for reading itself.
  kill -9 "$pid" 2>/dev/null || :
  wait "$pid" || :
}
