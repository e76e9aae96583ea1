#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""nasty.py ROOT PORTFILE LOG: a web server on loopback that behaves badly on request.

The first part of a path says how, the rest is a file below ROOT; the tarball alone is
treated badly where TARBALL is said, the list of releases is served well then.

  cut      TARBALL: closes after half of it; continues by Range
  cut200   the same, but answers a Range with the whole file
  cut206   the same, but answers a Range with another part
  once/N   answers N with Retry-After: 1 the first time, for each file
  always/N answers N
  hang     takes the request and says nothing
  stall    TARBALL: half of it, then nothing
  endless  the list never ends
  more     TARBALL: goes on behind its end, without a length
  header   a header that never ends
  redir/N  redirects N times
"""
import http.server
import os
import sys
import threading
import time

root, portfile, log = sys.argv[1:4]
seen = set()
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def body(self, data, status=200, length=None, headers=()):
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        for k, v in headers:
            self.send_header(k, v)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        start = self.headers.get("Range", "")
        with lock, open(log, "a") as f:
            f.write(f"{self.path} {start}\n")
        try:
            self.answer(start)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def answer(self, start):
        how, _, rest = self.path.lstrip("/").partition("/")
        arg = ""
        if how in ("once", "always", "redir"):
            arg, _, rest = rest.partition("/")
        if how == "always":
            return self.body(b"no\n", int(arg))
        if how == "once":
            with lock:
                first = rest not in seen
                seen.add(rest)
            if first:
                return self.body(b"later\n", int(arg), headers=[("Retry-After", "1")])
        if how == "redir" and int(arg) > 0:
            self.send_response(302)
            self.send_header("Location", f"/redir/{int(arg) - 1}/{rest}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if how == "hang":
            return time.sleep(60)
        if how == "header":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                self.wfile.write(b"X-A: " + b"a" * 1000 + b"\r\n")
        try:
            with open(os.path.join(root, rest), "rb") as f:
                data = f.read()
        except OSError:
            return self.body(b"none\n", 404)
        tarball = rest.endswith(".tar.gz")
        if how == "endless" and not tarball:
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(b"- {a: b}\n" * 1000)
        if how == "more" and tarball:
            self.close_connection = True
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            return self.wfile.write(data + b"more")
        if how == "stall" and tarball:
            self.body(data[: len(data) // 2], length=len(data))
            self.wfile.flush()
            return time.sleep(60)
        if how.startswith("cut") and tarball:
            if not start:
                self.close_connection = True
                return self.body(data[: len(data) // 2], length=len(data))
            at = int(start.split("=")[1].split("-")[0])
            if how == "cut206":
                at += 1
            if how != "cut200":
                span = f"bytes {at}-{len(data) - 1}/{len(data)}"
                return self.body(data[at:], 206, headers=[("Content-Range", span)])
        return self.body(data)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(portfile + ".new", "w") as f:
    f.write(str(server.server_port))
os.rename(portfile + ".new", portfile)
server.serve_forever()
