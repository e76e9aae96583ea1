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

# on_terminal CODE: python with a terminal: start(words...) gives a pid and the other end, until()
# waits for a text, end() for the exit status
on_terminal()
{
  need python3
  { cat <<'PY'
import os, pty, sys, time, fcntl, termios, struct, select, signal, subprocess
sandbox = sys.argv[1]
def start(*words):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(sandbox, [sandbox, *words])
    return pid, fd
def until(fd, text):
    seen, end = b"", time.time() + 20
    while text not in seen:
        ready, _, _ = select.select([fd], [], [], max(0, end - time.time()))
        if not ready:
            raise SystemError("not seen: %r in %r" % (text, seen))
        try:
            seen += os.read(fd, 4096)
        except OSError:
            raise SystemError("ended: %r in %r" % (text, seen))
    return seen
def end(pid):
    for _ in range(200):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    raise SystemError("it does not end")
def ps(what):
    return subprocess.check_output([sandbox, "ps", "-a", "--format", "{{.%s}}" % what], text=True).strip()
PY
    cat; } >"$BATS_TEST_TMPDIR/code.py"
  timeout 60 python3 "$BATS_TEST_TMPDIR/code.py" "$SANDBOX"
}

@test "run -it --name: ctrl-p ctrl-q leaves it running, and attach comes back" {
  on_terminal <<'PY'
pid, fd = start("run", "-it", "--network", "none", "--name", "t", "busybox", "sh")
until(fd, b"# ")
os.write(fd, b"X=stays; tty; echo $((40+2))\r")
until(fd, b"42")
before = termios.tcgetattr(fd)
os.write(fd, b"\x10\x11")
assert end(pid) == 0
assert ps("State") == "running"
# The terminal is as it was: cooked.
assert termios.tcgetattr(fd)[3] & termios.ICANON
os.close(fd)
pid, fd = start("attach", "t")
os.write(fd, b"echo $X-$((1+1))\r")
until(fd, b"stays-2")
os.write(fd, b"\x10\x11")
assert end(pid) == 0
# It is in the background like any other: restart stays with its supervisor, logs are kept.
out = subprocess.check_output([sandbox, "logs", "t"], text=True)
assert "stays-2" in out
keeper = subprocess.check_output([sandbox, "inspect", "--format", "{{.State.SupervisorPid}}", "t"], text=True)
subprocess.check_call([sandbox, "restart", "-t", "0", "t"])
assert keeper == subprocess.check_output([sandbox, "inspect", "--format", "{{.State.SupervisorPid}}", "t"], text=True)
pid, fd = start("attach", "t")
os.write(fd, b"exit 5\r")
assert end(pid) == 5
# Started in the foreground, it can be left as well.
pid, fd = start("start", "--attach", "t")
until(fd, b"# ")
os.write(fd, b"\x10\x11")
assert end(pid) == 0
assert ps("State") == "running"
PY
}

@test "run -it: other keys, half of them, none, and containers that could not be found again" {
  on_terminal <<'PY'
pid, fd = start("run", "-it", "--network", "none", "--name", "k", "--detach-keys", "a,b", "busybox", "cat")
time.sleep(0.5)
# What is no key goes in: a alone waits for what follows.
os.write(fd, b"aac\r")
until(fd, b"aac\r\naac")
os.write(fd, b"ab")
assert end(pid) == 0
assert ps("State") == "running"
subprocess.check_call([sandbox, "rm", "-f", "k"], stdout=subprocess.DEVNULL)
for words in (["--name", "n", "--detach-keys", ""], []):
    pid, fd = start("run", "-it", "--network", "none", *words, "busybox", "sh", "-c", "stty raw -echo; echo up; dd bs=2 count=1 2>/dev/null | od -An -tx1; exit 3")
    until(fd, b"up")
    os.write(fd, b"\x10\x11")
    until(fd, b"10 11")
    assert end(pid) == 3
subprocess.check_call([sandbox, "rm", "-f", "n"], stdout=subprocess.DEVNULL)
# One that is thrown away can be left when it has a name, and is thrown away later.
pid, fd = start("run", "-it", "--rm", "--network", "none", "--name", "q", "busybox", "sh")
until(fd, b"# ")
os.write(fd, b"\x10\x11")
assert end(pid) == 0
assert ps("State") == "running"
pid, fd = start("attach", "q")
os.write(fd, b"exit\r")
end(pid)
for _ in range(100):
    if not ps("State"):
        break
    time.sleep(0.05)
else:
    sys.exit("it is there still")
PY
  one_line_error run --detach-keys ctrl-p,ctrl-qq busybox true
  one_line_error create --detach-keys , busybox true
}

@test "run -it --name: exit code, signals and death pass through the command that waits" {
  on_terminal <<'PY'
pid, fd = start("run", "-it", "--network", "none", "--name", "e", "busybox", "sh", "-c", "exit 9")
assert end(pid) == 9
pid, fd = start("run", "-it", "--network", "none", "--name", "f", "busybox", "/nosuch")
until(fd, b"not found")
assert end(pid) == 127
pid, fd = start("run", "-it", "--network", "none", "--name", "s", "busybox", "sh", "-c", "trap 'exit 4' USR1; echo up; while :; do sleep 0.1; done")
until(fd, b"up")
os.kill(pid, signal.SIGUSR1)
assert end(pid) == 4
# kill -9 of the command ends the container, as without a name.
pid, fd = start("run", "-it", "--network", "none", "--name", "d", "busybox", "sh", "-c", "echo up; sleep 1000")
until(fd, b"up")
os.kill(pid, signal.SIGKILL)
assert end(pid) == -9
for _ in range(100):
    if "running" not in ps("State"):
        break
    time.sleep(0.05)
else:
    sys.exit("it runs still")
# kill -9 of the supervisor gives the terminal back.
pid, fd = start("run", "-it", "--network", "none", "--name", "v", "busybox", "sh", "-c", "echo up; sleep 1000")
until(fd, b"up")
assert not termios.tcgetattr(fd)[3] & termios.ICANON
os.kill(int(subprocess.check_output([sandbox, "inspect", "--format", "{{.State.SupervisorPid}}", "v"])), signal.SIGKILL)
assert end(pid) == 137
assert termios.tcgetattr(fd)[3] & termios.ICANON
# Hanging up ends it, too.
pid, fd = start("run", "-it", "--network", "none", "--name", "h", "busybox", "sh", "-c", "echo up; sleep 1000")
until(fd, b"up")
os.close(fd)
end(pid)
for _ in range(100):
    if "running" not in ps("State"):
        break
    time.sleep(0.05)
else:
    sys.exit("it runs after the hang-up")
PY
}

@test "run -it --name: Ctrl-Z stops the command for its shell, and fg goes on" {
  on_terminal <<'PY'
# A shell with job control is what makes this worth anything.
pid, fd = pty.fork()
if pid == 0:
    os.environ["PS1"] = "host> "
    os.execvp("bash", ["bash", "--norc", "-i"])
until(fd, b"host> ")
os.write(fd, sandbox.encode() + b" run -it --network none --name z busybox cat\r")
time.sleep(1)
os.write(fd, b"one\r")
until(fd, b"one\r\none")
os.write(fd, b"\x1a")
until(fd, b"Stopped")
os.write(fd, b"fg\r")
time.sleep(0.5)
os.write(fd, b"two\r")
until(fd, b"two\r\ntwo")
os.write(fd, b"\x10\x11")
until(fd, b"host> ")
os.write(fd, b"echo code $?\r")
until(fd, b"code 0")
assert ps("State") == "running"
os.write(fd, b"exit\r")
end(pid)
assert ps("State") == "running"
PY
}
