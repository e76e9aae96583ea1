#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# run --sdnotify: what a service manager hears

load ../lib/common

setup_file()
{
  file_setup
  BUILD=${SANDBOX%/*}
  export BUILD
}
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown()
{
  [ -z "${manager:-}" ] || kill "$manager" 2>/dev/null || :
  rm -f "$XDG_RUNTIME_DIR/manager"
  "$SANDBOX" rm -fa >/dev/null
  wait_trash
  check_leaks
}

# manage [NAME]: listens like a service manager, in the background; what it hears is in $heard, a
# line each, and "fd" for a descriptor that came along, which it closes.
manage()
{
  need python3
  heard=$BATS_TEST_TMPDIR/heard
  NOTIFY_SOCKET=${1:-$XDG_RUNTIME_DIR/manager}
  python3 - "$NOTIFY_SOCKET" "$heard" 3>&- <<'PY' &
import os, socket, sys
name, out = sys.argv[1:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\0" + name[1:] if name[0] == "@" else name)
with open(out, "w", buffering=1) as f:
    f.write("listening\n")
    while True:
        text, control, _, _ = s.recvmsg(65536, socket.CMSG_SPACE(4 * 16))
        for _, _, fds in control:
            f.write("fd\n")
            for i in range(0, len(fds), 4):
                os.close(int.from_bytes(fds[i:i + 4], sys.byteorder))
        f.write(text.decode("utf-8", "replace").rstrip("\n") + "\n")
PY
  manager=$!
  eventually 10 test -s "$heard"
  export NOTIFY_SOCKET
}

has() { grep -qx -e "$1" "$heard"; }

# notifier: a folder with the program that notifies; skipped when it is not built
notifier()
{
  [ -x "$BUILD/escape_tool" ] || skip "escape_tool is not built: make check does"
  echo "$BUILD/escape_tool:/tool:ro"
}

@test "conmon: the supervisor says READY and which process is the main one" {
  local id

  manage
  id=$("$SANDBOX" run -d --network none --sdnotify conmon busybox sh -c \
    'test -z "$NOTIFY_SOCKET" -a ! -e /dev/sandbox-notify || exit 1; sleep 1000')
  # It had been read when the command ended.
  has "MAINPID=$("$SANDBOX" inspect --format '{{.State.SupervisorPid}}' "$id")"
  has READY=1
  has BARRIER=1
  sleep 0.3
  [ "$("$SANDBOX" ps -q | wc -l)" -eq 1 ]
}

@test "a payload that could not be started is never ready" {
  manage
  expect 127 run -d --network none --sdnotify conmon busybox /nosuch
  sleep 0.2
  [ "$(cat "$heard")" = listening ]
}

@test "container: the payload says it, through a socket of its own" {
  local tool

  tool=$(notifier)
  manage
  "$SANDBOX" run -d --network none --name c -v "$tool" busybox sh -c \
    'echo "$NOTIFY_SOCKET"; sleep 1; /tool notify READY=1; sleep 1000'
  has "MAINPID=$("$SANDBOX" inspect --format '{{.State.SupervisorPid}}' c)"
  run has READY=1
  [ "$status" -ne 0 ]
  eventually 5 has READY=1
  [ "$("$SANDBOX" logs c)" = /dev/sandbox-notify ]
  # Only the payload has it, not an exec.
  expect 0 exec c sh -c 'echo "[$NOTIFY_SOCKET]"'
  [ "$output" = '[]' ]
}

@test "container: as another user, read-only, in the foreground, by an abstract name" {
  local tool

  tool=$(notifier)
  manage "@sandbox-test-$$"
  expect 0 run --network none --user 7:7 --read-only -v "$tool" busybox /tool notify READY=1
  eventually 5 has READY=1
  # The foreground is the main process itself.
  run has BARRIER=1
  [ "$status" -ne 0 ]
}

@test "container: it speaks of itself only, and no descriptor passes" {
  local tool

  tool=$(notifier)
  manage
  expect 0 run --network none -v "$tool" busybox sh -c '
    /tool notify "MAINPID=1
FDSTORE=1
STATUS=fine
NOTIFYACCESS=all
BARRIER=1
XREADY=1"
    /tool notify "STATUS=$(printf "a\033[1mb")"
    /tool notify "STATUS=$(yes x | head -c 10000 | tr -d "\n")"
    /tool notify BARRIER=1
    /tool notify STOPPING=1'
  eventually 5 has STOPPING=1
  has STATUS=fine
  [ "$(grep -c '^MAINPID=' "$heard")" -eq 1 ]
  run grep -E '^(FDSTORE|NOTIFYACCESS|BARRIER|XREADY|fd|MAINPID=1$|STATUS=(a|x))' "$heard"
  [ "$status" -ne 0 ]
}

@test "healthy: the first check that succeeds" {
  manage
  "$SANDBOX" run -d --network none --name h --sdnotify healthy --health-interval 100ms \
    --health-cmd 'test -e /ok' busybox sleep 1000
  sleep 0.5
  run has READY=1
  [ "$status" -ne 0 ]
  "$SANDBOX" exec h touch /ok
  eventually 5 has READY=1
  one_line_error run --sdnotify healthy busybox true
}

@test "ignore, and start of a container that was created" {
  manage
  "$SANDBOX" run -d --network none --sdnotify ignore busybox sh -c \
    'test -z "$NOTIFY_SOCKET" || exit 1; sleep 1000'
  sleep 0.2
  [ "$(cat "$heard")" = listening ]
  "$SANDBOX" create --network none --name c --sdnotify conmon busybox sleep 1000
  [ "$(cat "$heard")" = listening ]
  expect 0 start c
  has READY=1
}

@test "a manager that hangs or is gone stops nobody; bad input" {
  manage
  kill -STOP "$manager"
  SB_TIMEOUT=20 expect 0 run -d --network none --sdnotify conmon --name a busybox sleep 1000
  kill -CONT "$manager"
  eventually 5 has READY=1
  kill "$manager"
  wait "$manager" || :
  expect 0 run --network none busybox true
  [[ $stderr == *NOTIFY_SOCKET*ignoring* ]]
  NOTIFY_SOCKET=relative expect 0 run --network none busybox true
  NOTIFY_SOCKET=/$(printf 'x%.0s' {1..200}) expect 0 run --network none busybox true
  NOTIFY_SOCKET='' expect 0 run --network none busybox true
  [ -z "$stderr" ]
  one_line_error run --sdnotify nobody busybox true
}
