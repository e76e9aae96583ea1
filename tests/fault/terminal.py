#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Troubles of terminals and signals, for signals.bats: terminal.py WHAT COMMAND [ARGUMENT...]

hangup   the terminal goes away; prints how the command ended and the seconds it took, and
         the CPU seconds that it and its children needed
resize   the terminal's size changes as fast as it can; the command's output is printed
storm    without a terminal: SIGWINCH and SIGURG all the time, from before the exec on
"""
import fcntl
import os
import pty
import resource
import select
import signal
import struct
import sys
import termios
import time


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def on_terminal(argv):
    pid, master = pty.fork()
    if pid == 0:
        os.execvp(argv[0], argv)
    return pid, master


def read_until(master, word, seconds):
    text, end = b"", time.monotonic() + seconds
    while word not in text and time.monotonic() < end:
        if select.select([master], [], [], 0.1)[0]:
            try:
                more = os.read(master, 65536)
            except OSError:
                break
            if not more:
                break
            text += more
    return text


def reap(pid, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got, status = os.waitpid(pid, os.WNOHANG)
        if got:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return "never"


def hangup(argv):
    pid, master = on_terminal(argv)
    text = read_until(master, b"ready", 20)
    if b"ready" not in text:
        print(text)
    start = time.monotonic()
    os.close(master)
    code = reap(pid, 10)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(code, int(time.monotonic() - start), int(used.ru_utime + used.ru_stime))


def resize(argv):
    pid, master = on_terminal(argv)
    read_until(master, b"ready", 20)
    for i in range(2000):
        set_size(master, 10 + i % 50, 20 + i % 100)
    set_size(master, 43, 157)
    time.sleep(0.3)
    os.write(master, b"\n")
    sys.stdout.write(read_until(master, b"done", 10).decode(errors="replace"))
    print("exit", reap(pid, 10))


def storm(argv):
    pid = os.fork()
    if pid == 0:
        os.execvp(argv[0], argv)
    n = 0
    while True:
        got, status = os.waitpid(pid, os.WNOHANG)
        if got:
            sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
        for sig in (signal.SIGWINCH, signal.SIGURG):
            os.kill(pid, sig)
        n += 1
        time.sleep(0.0002)


{"hangup": hangup, "resize": resize, "storm": storm}[sys.argv[1]](sys.argv[2:])
