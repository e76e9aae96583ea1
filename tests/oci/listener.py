#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A seccomp listener: prints what it is told first, then answers each call: mkdir fails with
EXDEV, anything else goes on. Ends when the filter has no processes any more.

    listener.py SOCKET
"""
import array
import errno
import fcntl
import os
import select
import socket
import struct
import sys

RECV, SEND = 0xC0502100, 0xC0182101
MKDIR, MKDIRAT = 83, 258

server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(1)
conn = server.accept()[0]
data, anc, _, _ = conn.recvmsg(1 << 16, socket.CMSG_LEN(4 * 4))
fds = array.array("i")
for level, kind, part in anc:
    if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
        fds.frombytes(part)
print(data.decode(), flush=True)
print("fds", len(fds), flush=True)
poll = select.poll()
poll.register(fds[0], select.POLLIN)
while True:
    events = poll.poll(10000)
    if not events or events[0][1] & select.POLLHUP:
        break
    buf = bytearray(80)
    try:
        fcntl.ioctl(fds[0], RECV, buf)
    except OSError as e:
        if e.errno in (errno.ENOENT, errno.EINTR):
            continue
        raise
    ident, pid, flags, nr = struct.unpack_from("<QIIi", buf)
    if nr in (MKDIR, MKDIRAT):
        answer = struct.pack("<QqiI", ident, 0, -errno.EXDEV, 0)
        print("mkdir", flush=True)
    else:
        answer = struct.pack("<QqiI", ident, 0, 0, 1)
    try:
        fcntl.ioctl(fds[0], SEND, bytearray(answer))
    except OSError:
        pass
os._exit(0)
