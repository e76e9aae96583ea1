#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# attach: the terminal of a container in the background

load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() {
  "$SANDBOX" rm -fa >/dev/null
  wait_trash
  check_leaks
}

@test "input goes in, output comes out by its stream, the exit code is the container's" {
  "$SANDBOX" run -di --network none --name a busybox \
    sh -c 'read x; echo "out $x"; echo "err $x" >&2; exit 6'
  local err=$BATS_TEST_TMPDIR/err
  output=$(echo word | timeout 20 "$SANDBOX" attach a 2>"$err") && status=0 || status=$?
  [ "$status" -eq 6 ]
  [ "$output" = "out word" ]
  [ "$(cat "$err")" = "err word" ]
}

@test "the end of input is the end of the container's" {
  "$SANDBOX" run -di --network none --name cat busybox cat
  output=$(printf 'a\nb\n' | timeout 20 "$SANDBOX" attach cat)
  [ "$output" = $'a\nb' ]
  expect 0 wait cat
  [ "$output" = 0 ]
}

@test "a megabyte both ways arrives whole" {
  head -c 1000000 /dev/urandom >"$BATS_TEST_TMPDIR/in"
  "$SANDBOX" run -di --network none --log-driver none --name big busybox cat
  timeout 60 "$SANDBOX" attach big <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
  cmp "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/out"
}

@test "--no-stdin looks only; who leaves leaves it running" {
  "$SANDBOX" run -d --network none --name l busybox sh -c 'while :; do echo x; sleep 0.1; done'
  timeout 20 "$SANDBOX" attach --no-stdin l 2>/dev/null </dev/null | head -n 3 >"$BATS_TEST_TMPDIR/out" || :
  [ "$(cat "$BATS_TEST_TMPDIR/out")" = $'x\nx\nx' ]
  expect 0 ps -q
  [ -n "$output" ]
}

@test "with a terminal: the detach keys leave it running, others end it" {
  need python3
  "$SANDBOX" run -dit --network none --name t busybox sh
  timeout 40 python3 - "$SANDBOX" <<'PY'
import os, pty, sys, time, fcntl, termios, struct, select

def attach(*args):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(sys.argv[1], [sys.argv[1], "attach", *args, "t"])
    return pid, fd

def until(fd, text):
    got = b""
    while text not in got:
        if not select.select([fd], [], [], 15)[0]:
            sys.exit("wanted %r, got %r" % (text, got))
        got += os.read(fd, 4096)

def end(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

pid, fd = attach()
os.write(fd, b"echo $((40+2))\n")
until(fd, b"42")
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
time.sleep(0.3)
os.write(fd, b"stty size\n")
until(fd, b"33 77")
os.write(fd, b"\x10\x11")
assert end(pid) == 0, "detached"
os.close(fd)
pid, fd = attach("--detach-keys", "x,y")
os.write(fd, b"echo $((50+2))\n")
until(fd, b"52")
os.write(fd, b"xy")
assert end(pid) == 0, "detached by xy"
os.close(fd)
pid, fd = attach("--detach-keys", "")
os.write(fd, b"exit 5\n")
assert end(pid) == 5, "ended"
PY
}

@test "what does not run is refused, and bad input" {
  "$SANDBOX" create --network none --name c busybox true
  one_line_error attach c
  [[ $stderr == *"is created and cannot be attached to"* ]]
  one_line_error attach nosuch
  one_line_error attach
  "$SANDBOX" run -d --network none --name d busybox sleep 1000
  one_line_error attach --detach-keys ctrl-7 d
  one_line_error attach --detach-keys abc d
}
