#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""hostile.py CASE FILE, or hostile.py --all FOLDER: writes bad (or odd) archives, one or all.
Some name a file outside, below $VICTIM. The tests know what each must lead to.

Archives are put together block by block, since tar libraries refuse to write most of them."""

import base64
import bz2
import io
import lzma
import os
import struct
import sys
import zipfile
import zlib

BLOCK = 512
END = bytes(2 * BLOCK)


def octal(value, width):
    return ("%0*o" % (width - 1, value)).encode() + b"\0"


def base256(value, width):
    """GNU's form for what does not fit: the top bit, then the number in two's complement."""
    raw = (value & ((1 << (8 * width)) - 1)).to_bytes(width, "big")
    return bytes([raw[0] | 0x80]) + raw[1:]


def number(value, width):
    if 0 <= value < 8 ** (width - 1):
        return octal(value, width)
    return base256(value, width)


def header(name, kind="0", size=0, mode=0o644, uid=0, gid=0, mtime=1700000000, link=b"",
           gnu=False, body=b"", tail=None):
    """One 512-byte header; tail replaces everything from offset 345 on."""
    name = name.encode() if isinstance(name, str) else name
    link = link.encode() if isinstance(link, str) else link
    h = name[:100].ljust(100, b"\0")
    h += number(mode, 8) + number(uid, 8) + number(gid, 8)
    h += number(size, 12) + number(mtime, 12)
    h += b" " * 8 + kind.encode() + link[:100].ljust(100, b"\0")
    h += b"ustar  \0" if gnu else b"ustar\x0000"
    h += bytes(32 + 32) + octal(1, 8) + octal(3, 8)
    h += (tail or b"").ljust(167, b"\0")
    checksum = b"%06o\0 " % sum(h)
    h = h[:148] + checksum + h[156:]
    assert len(h) == BLOCK
    return h


def pad(data):
    return data + bytes(-len(data) % BLOCK)


def entry(name, data=b"", **kw):
    kw.setdefault("size", len(data))
    return header(name, **kw) + pad(data)


def folder(name, **kw):
    kw.setdefault("mode", 0o755)
    return header(name, "5", **kw)


def symlink(name, target, **kw):
    return header(name, "2", mode=0o777, link=target, **kw)


def hardlink(name, target, **kw):
    return header(name, "1", link=target, **kw)


def record(key, value):
    """One pax record; its length counts itself."""
    key = key.encode() if isinstance(key, str) else key
    value = value.encode() if isinstance(value, str) else value
    rest = b" " + key + b"=" + value + b"\n"
    n = len(rest) + 1
    while len(str(n)) + len(rest) != n:
        n = len(str(n)) + len(rest)
    return str(n).encode() + rest


def pax(*records, kind="x"):
    body = b"".join(record(k, v) for k, v in records)
    return entry("PaxHeaders/0", body, kind=kind)


def long_name(name, kind="L"):
    return entry("././@LongLink", name + b"\0", kind=kind, gnu=True)


def gz(data, level=6):
    c = zlib.compressobj(level, zlib.DEFLATED, 31)
    return c.compress(data) + c.flush()


def gz_repeat(first, chunk, times):
    """A gzip member of `first` and `times` times `chunk`, made quickly. Its checksum is right,
    unless it is so large that nobody may get that far."""
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = c.compress(first) + c.flush(zlib.Z_FULL_FLUSH)
    piece = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = piece.compress(chunk) + piece.flush(zlib.Z_FULL_FLUSH)
    crc = zlib.crc32(first)
    for _ in range(times if len(chunk) * times < 2 << 30 else 0):
        crc = zlib.crc32(chunk, crc)
    size = (len(first) + len(chunk) * times) & 0xFFFFFFFF
    return (b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + head + body * times + b"\x03\0" +
            struct.pack("<II", crc, size))


def zstd_frame(blocks, window=b"\x38"):
    """A zstd frame of raw and RLE blocks, without checksum; `window` is its descriptor."""
    out = b"\x28\xb5\x2f\xfd\x00" + window
    for i, (rle, data, size) in enumerate(blocks):
        last = i == len(blocks) - 1
        out += struct.pack("<I", size << 3 | rle << 1 | last)[:3] + data
    return out


def zstd_store(data):
    step = 128 << 10
    return zstd_frame([(0, data[i:i + step], len(data[i:i + step]))
                       for i in range(0, len(data), step)] or [(0, b"", 0)])


# A small honest archive, the base of the damaged ones.
def honest():
    return (folder("d") + entry("d/f", b"hello\n" * 300) + symlink("l", "d/f") +
            hardlink("h", "d/f") + entry("e", b""))


SECRET = b"pwned\n"
CAP = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)


def xattr(name, value):
    return ("SCHILY.xattr." + name, value)


def gnu_sparse(realsize, maps, data):
    tail = b"".join(number(o, 12) + number(n, 12) for o, n in maps)
    tail = bytes(12 * 3 + 4 + 1) + tail.ljust(96, b"\0") + b"\0" + number(realsize, 12)
    return header("sparse", "S", size=len(data), gnu=True, tail=tail) + pad(data)


def pax_sparse01(realsize, text, data):
    return pax(("GNU.sparse.name", "sparse"), ("GNU.sparse.size", str(realsize)),
               ("GNU.sparse.numblocks", str(len(text.split(",")) // 2)),
               ("GNU.sparse.map", text)) + entry("GNUSparseFile.0/sparse", data)


def pax_sparse00(realsize, maps, data):
    recs = [("GNU.sparse.size", str(realsize)), ("GNU.sparse.numblocks", str(len(maps)))]
    for o, n in maps:
        recs += [("GNU.sparse.offset", str(o)), ("GNU.sparse.numbytes", str(n))]
    return pax(*recs) + entry("sparse", data)


def pax_sparse10(realsize, maps, data):
    text = "%d\n" % len(maps) + "".join("%d\n%d\n" % m for m in maps)
    body = pad(text.encode()) + data
    return pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"),
               ("GNU.sparse.name", "sparse"),
               ("GNU.sparse.realsize", str(realsize))) + entry("GNUSparseFile.0/sparse", body)


HUGE = (1 << 63) - 1


def many_files():
    return b"".join(entry("d%d/f%d" % (i % 100, i)) for i in range(20000)) + END


def deep(n):
    return "/".join(["d"] * n)


CASES = {
    "honest": lambda: honest() + END,
    # 25 to 28: names that leave the folder
    "abs": lambda: entry("/tmp/sandbox-test-abs", SECRET) + END,
    "abs-folder": lambda: folder("/") + END,
    "dotdot": lambda: entry("../victim/pwned", SECRET) + END,
    "dotdot-only": lambda: folder("..") + END,
    "dotdot-inside": lambda: folder("a") + entry("a/../../victim/pwned", SECRET) + END,
    "dotdot-end": lambda: folder("a") + folder("a/..", mode=0o777) + END,
    "dotdot-harmless": lambda: folder("a") + entry("a/../f", SECRET) + END,
    "through-symlink-abs": lambda v: symlink("d", v) + entry("d/pwned", SECRET) + END,
    "through-symlink": lambda: symlink("d", "../victim") + entry("d/pwned", SECRET) + END,
    "through-symlink-inside": lambda: folder("x") + symlink("d", "x") +
        entry("d/f", SECRET) + END,
    "through-two-symlinks": lambda: symlink("a", "..") + symlink("b", "a/victim") +
        entry("b/pwned", SECRET) + END,
    # 29 to 31: links
    "symlink-then-file": lambda: symlink("l", "../victim/secret") + entry("l", SECRET) + END,
    "hardlink-abs": lambda v: hardlink("h", v + "/secret") + END,
    "hardlink-dotdot": lambda: hardlink("h", "../victim/secret") + END,
    "hardlink-through-symlink": lambda: symlink("d", "../victim") +
        hardlink("h", "d/secret") + END,
    "hardlink-to-symlink": lambda: symlink("l", "../victim/secret") + hardlink("h", "l") +
        entry("h", SECRET) + END,
    "hardlink-absent": lambda: hardlink("h", "nothing/here") + END,
    "hardlink-folder": lambda: folder("d") + hardlink("h", "d") + END,
    "hardlink-root": lambda: hardlink("h", "./") + END,
    "hardlink-self": lambda: entry("f", b"x") + hardlink("f", "f") + END,
    "hardlink-good": lambda: entry("f", b"x") + hardlink("d/h", "./f") + END,
    "hardlink-data": lambda: entry("f", b"x") + hardlink("h", "f", size=6) + pad(SECRET) +
        entry("after", b"y") + END,
    # 32 to 37: kinds of files
    "devices": lambda: header("c", "3", mode=0o666) + header("b", "4", mode=0o666) +
        entry("f", b"x") + END,
    "fifo": lambda: header("p", "6", mode=0o4711) + END,
    "setid": lambda: entry("su", b"x", mode=0o6755) + folder("sg", mode=0o2755) +
        entry("sg/f", b"x", gid=0) + entry("t", b"", mode=0o1644) + END,
    "file-folder-symlink": lambda: entry("n", SECRET) + folder("n") +
        symlink("n", "../victim") + END,
    "folder-full-symlink": lambda: folder("d") + entry("d/f", b"x") +
        symlink("d", "../victim") + entry("d/pwned", SECRET) + END,
    "folder-empty-symlink": lambda: folder("d") + symlink("d", "../victim") +
        entry("d/pwned", SECRET) + END,
    "folder-walked-symlink": lambda: entry("a/b/f", b"x") + hardlink("g", "a/b/f") +
        folder("e/f") + symlink("e/f", "../../victim") + hardlink("h", "e/f/secret") + END,
    "symlink-then-folder": lambda: symlink("d", "../victim") + folder("d", mode=0o777) + END,
    "symlink-last-folder": lambda: folder("d", mode=0o777) + symlink("d", "../victim") + END,
    "unknown-kind": lambda: header("f", "Q", size=len(SECRET)) + pad(SECRET) + END,
    # 38 to 42: headers
    "deep-2100": lambda: pax(("path", deep(2100))) + entry("x", SECRET) + END,
    "deep-257": lambda: pax(("path", deep(257))) + entry("x", SECRET) + END,
    "deep-256": lambda: pax(("path", deep(256))) + entry("x", SECRET) + END,
    "path-4097": lambda: pax(("path", ("a" * 240 + "/") * 17)) + entry("x", SECRET) + END,
    "component-256": lambda: pax(("path", "a" * 256)) + entry("x", SECRET) + END,
    "component-255": lambda: pax(("path", "a" * 255)) + entry("x", SECRET) + END,
    "link-4096": lambda: pax(("linkpath", "a" * 4096)) + symlink("l", "x") + END,
    "link-4095": lambda: pax(("linkpath", "a" * 4095)) + symlink("l", "x") + END,
    "link-empty": lambda: symlink("l", "") + END,
    "pax-size-overflow": lambda: pax(("size", "99999999999999999999")) + entry("f", SECRET) + END,
    "pax-size-negative": lambda: pax(("size", "-1")) + entry("f", SECRET) + END,
    "pax-size-long": lambda: pax(("size", str(HUGE))) + entry("f", SECRET) + END,
    "size-negative": lambda: header("f", size=-5) + END,
    "pax-nul": lambda: pax(("path", b"good\0/../../victim/pwned")) + entry("x", SECRET) + END,
    "pax-nul-link": lambda: pax(("linkpath", b"good\0bad")) + symlink("l", "x") + END,
    "gnu-nul": lambda: long_name(b"good\0bad") + entry("x", SECRET, gnu=True) + END,
    "pax-length": lambda: entry("PaxHeaders/0", b"99 path=f\n", kind="x") +
        entry("f", SECRET) + END,
    "pax-no-newline": lambda: entry("PaxHeaders/0", b"10 path=fx", kind="x") +
        entry("f", SECRET) + END,
    "pax-huge": lambda: pax(("comment", "a" * (1 << 20))) + entry("f", SECRET) + END,
    "pax-many": lambda: pax(("comment", "a" * 60000)) * 30 + entry("f", SECRET) + END,
    "pax-global": lambda: pax(("comment", "made by git"), kind="g") + entry("f", SECRET) + END,
    "mtime-inf": lambda: pax(("mtime", "inf")) + entry("f", SECRET) + END,
    "mtime-1e309": lambda: pax(("mtime", "1e309")) + entry("f", SECRET) + END,
    "mtime-low": lambda: pax(("mtime", "-1000000000000000000")) + entry("f", SECRET) + END,
    "mtime-high": lambda: pax(("mtime", "99999999999999999999999")) + entry("f", SECRET) + END,
    "mtime-1960": lambda: pax(("mtime", "-315619201")) + entry("f", SECRET) + END,
    "mtime-ns": lambda: pax(("mtime", "1700000000.123456789")) + folder("d") +
        pax(("mtime", "1600000000.987654321")) + entry("d/f", SECRET) + END,
    # 43, 44: owners and attributes
    "uid-minus-1": lambda: entry("f", SECRET, uid=-1) + END,
    "gid-minus-1": lambda: entry("f", SECRET, gid=-1) + END,
    "uid-2-31": lambda: entry("f", SECRET, uid=1 << 31) + END,
    "uid-2-32-2": lambda: entry("f", SECRET, uid=(1 << 32) - 2) + END,
    "uid-2-32": lambda: pax(("uid", str(1 << 32))) + entry("f", SECRET) + END,
    "owners": lambda: folder("d", uid=1000, gid=100, mode=0o2770) +
        entry("d/f", b"x", uid=33, gid=34, mode=0o6755) + entry("d/root", b"x") +
        symlink("d/l", "f", uid=7, gid=8) + header("d/p", "6", uid=9, gid=9) +
        entry("user", b"x", uid=1000) + entry("group", b"x", gid=1000) + END,
    "xattrs": lambda: pax(xattr("user.overlay.redirect", "/etc"),
                          xattr("user.overlay.opaque", "y"),
                          xattr("user.fuseoverlayfs.opaque", "y"),
                          xattr("user.containers.override_stat", "0:0:0755"),
                          xattr("trusted.overlay.opaque", "y"),
                          xattr("security.selinux", "system_u:object_r:etc_t:s0"),
                          xattr("system.posix_acl_access", b"\2\0\0\0"),
                          xattr("user.good", b"va\0lue"),
                          xattr("security.capability", CAP)) + entry("f", SECRET) +
        pax(xattr("user.overlay.opaque", "y"), xattr("user.good", "d")) + folder("d") + END,
    "xattr-libarchive": lambda: pax(("LIBARCHIVE.xattr.user.overlay.opaque",
                                     base64.b64encode(b"y")),
                                    ("LIBARCHIVE.xattr.user%2Eoverlay%2Eorigin",
                                     base64.b64encode(b"y"))) + entry("f", SECRET) + END,
    "xattr-caps-bad": lambda: b"".join(
        pax(xattr("security.capability", v)) + entry("f%d" % i, SECRET)
        for i, v in enumerate([CAP[:19], CAP + b"\0", struct.pack("<III", 0x01000001, 1, 0),
                               struct.pack("<IIIIII", 0x03000001, 1, 0, 0, 0, 5),
                               struct.pack("<IIIII", 0x0200ff01, 1, 0, 0, 0), b""])) + END,
    "xattr-caps-root": lambda: pax(xattr("security.capability",
                                         struct.pack("<IIIIII", 0x03000001, 1 << 10, 0, 0, 0,
                                                     0))) + entry("f", SECRET) + END,
    "xattr-caps-owner": lambda: pax(xattr("security.capability", CAP)) +
        entry("f", SECRET, uid=5, gid=6, mode=0o4755) + END,
    "xattr-big": lambda: pax(xattr("user.a", b"a" * 40000), xattr("user.b", b"b" * 40000)) +
        entry("f", SECRET) + END,
    # 45 to 48: names
    "wh-file": lambda: entry("victim", b"x") + entry(".wh.victim") + END,
    "wh-dot": lambda: entry(".wh..") + END,
    "wh-dotdot": lambda: folder("a") + entry("a/.wh...") + END,
    "wh-opaque": lambda: entry(".wh..wh..opq") + END,
    "wh-child": lambda: entry(".wh.a/b", SECRET) + END,
    "wh-empty": lambda: entry(".wh.") + END,
    "wh-symlink": lambda: symlink("d", "../victim") + entry("d/.wh.secret") + END,
    "wh-both": lambda: entry("f", b"x") + entry(".wh.f") + entry("f", SECRET) + END,
    "wh-link": lambda: symlink(".wh.f", "x") + END,
    "root-mode-0": lambda: folder("./", mode=0) + entry("./f", SECRET) + END,
    "root-symlink": lambda: symlink(".", "../victim") + entry("pwned", SECRET) + END,
    "root-file": lambda: entry("./", SECRET) + END,
    "root-hardlink": lambda: entry("f", b"x") + hardlink(".", "f") + END,
    "name-empty": lambda: entry("", SECRET) + END,
    "name-slash-file": lambda: entry("d/", b"") + END,
    "names-odd": lambda: entry(b"a\x1b[31mb", b"1") + entry(b"new\nline", b"2") +
        entry(b"bad\xff\xfeutf", b"3") + pax(("path", b"pax\xff\xfename")) + entry("x", b"4") +
        pax(("path", "p\u00e4x\u202e")) + entry("x", b"5") + END,
    "name-odd-refused": lambda: entry(b"../a\x1b[31mb\n\xff", SECRET) + END,
    # 49, 50: links without end, sparse files
    "hardlinks-70000": lambda: gz(entry("f", b"x") +
                                  b"".join(hardlink("h%d" % i, "f") for i in range(70000)) +
                                  END, 1),
    "sparse-8e-pax10": lambda: pax_sparse10(HUGE, [(0, 512)], bytes(512)) + END,
    "sparse-8e-pax01": lambda: pax_sparse01(HUGE, "0,512", bytes(512)) + END,
    "sparse-8e-gnu": lambda: gnu_sparse(HUGE, [(0, 512)], bytes(512)) + END,
    "sparse-overlap": lambda: pax_sparse10(4096, [(0, 1024), (512, 1024)], b"a" * 2048) + END,
    "sparse-backwards": lambda: pax_sparse01(8192, "4096,512,0,512", b"a" * 1024) + END,
    "sparse-negative": lambda: pax_sparse01(8192, "-4096,512", b"a" * 512) + END,
    "sparse-gnu-negative": lambda: gnu_sparse(8192, [(-4096, 512)], b"a" * 512) + END,
    "sparse-past-end": lambda: pax_sparse10(1024, [(0, 512), (4096, 512)], b"a" * 1024) + END,
    "sparse-map-huge": lambda: pax_sparse10(4096, [(0, HUGE)], b"a" * 512) + END,
    "sparse-map-wrap": lambda: pax_sparse10(4096, [(HUGE - 100, 512)], b"a" * 512) + END,
    "sparse-count": lambda: pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"),
                                ("GNU.sparse.name", "sparse"),
                                ("GNU.sparse.realsize", "4096")) +
        entry("GNUSparseFile.0/sparse", pad(b"99999999999999999999\n0\n1\n")) + END,
    "sparse-name": lambda: pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"),
                               ("GNU.sparse.name", "../victim/pwned"),
                               ("GNU.sparse.realsize", "512")) +
        entry("GNUSparseFile.0/sparse", pad(b"1\n0\n512\n") + b"a" * 512) + END,
    "sparse-good": lambda: pax_sparse10(1 << 30, [(0, 512), (1 << 20, 512), (1 << 30, 0)],
                                        b"a" * 512 + b"b" * 512) + END,
    "sparse-good-gnu": lambda: gnu_sparse(1 << 30, [(0, 512), (1 << 20, 512), (1 << 30, 0)],
                                          b"a" * 512 + b"b" * 512) + END,
    "sparse-good-00": lambda: pax_sparse00(1 << 30, [(0, 512), (1 << 20, 512), (1 << 30, 0)],
                                           b"a" * 512 + b"b" * 512) + END,
    "sparse-good-01": lambda: pax_sparse01(1 << 30, "0,512,1048576,512,1073741824,0",
                                           b"a" * 512 + b"b" * 512) + END,
    "sparse-30g": lambda: b"".join(
        pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"),
            ("GNU.sparse.name", "s%d" % i), ("GNU.sparse.realsize", str(10 << 30))) +
        entry("x", pad(b"1\n0\n512\n") + b"a" * 512) for i in range(3)) + END,
    # 51: bombs
    "bomb-gz": lambda: gz_repeat(entry("f", SECRET) + END, bytes(1 << 20), 4096),
    "bomb-gz-file": lambda: gz_repeat(header("f", size=4 << 30), bytes(1 << 20), 4096),
    "bomb-zstd": lambda: zstd_frame([(0, entry("f", SECRET) + END, 2 * BLOCK + len(END))] +
                                    [(1, b"\0", 128 << 10)] * 32768),
    "zstd-window-2g": lambda: zstd_frame([(0, entry("f", SECRET) + END, 2 * BLOCK + len(END))],
                                         bytes([21 << 3])),
    "gz-nested": lambda: gz(gz(honest() + END)),
    "gz-xz": lambda: gz(lzma.compress(honest() + END)),
    # 53, 54: not an archive
    "empty": lambda: b"",
    "zeros": lambda: bytes(10240),
    "gz-empty": lambda: gz(b""),
    "gz-zeros": lambda: gz(bytes(10240)),
    "random": lambda: bytes((i * 7919 + (i * i >> 3)) & 0xFF for i in range(20000)),
    "short": lambda: b"hello\n",
    "zip": lambda: zip_file(),
    "rar": lambda: b"Rar!\x1a\x07\x00\xcf\x90\x73\x00\x00\x0d" + bytes(2000),
    "rar5": lambda: b"Rar!\x1a\x07\x01\x00" + bytes(2000),
    "iso": lambda: bytes(32768) + b"\x01CD001\x01\0" + bytes(2040 + 2048) ,
    "7z": lambda: b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(2000),
    "cpio": lambda: b"070701" + b"00000000" * 13 + b"x\0" + bytes(1000),
    "ar": lambda: b"!<arch>\n" + b"f/              0           0     0     644     2         `\nx\n",
    "mtree": lambda: b"#mtree\n./f type=file mode=0644 contents=/etc/passwd\n" + b" " * 600,
    "shar": lambda: b"#!/bin/sh\ntouch /tmp/sandbox-test-shar\n",
    # 55: more than one, and garbage
    "gz-garbage": lambda: gz(honest() + END) + b"garbage",
    "gz-garbage-1f": lambda: gz(honest() + END) + b"\x1f\x8bgarbage",
    "gz-padded": lambda: gz(honest() + END) + bytes(4096),
    "gz-members": lambda: b"".join(gz((honest() + END)[i:i + 700])
                                   for i in range(0, len(honest() + END), 700)),
    "gz-member-empty": lambda: gz(b"") + gz(honest() + END) + gz(b""),
    "gz-crc": lambda: flip(gz(honest() + END), -6),
    "gz-length": lambda: flip(gz(honest() + END), -1),
    "gz-data": lambda: flip(gz(honest() + END), 40),
    "tar-garbage": lambda: honest() + END + b"garbage",
    "tar-padded": lambda: honest() + END + bytes(300000),
    "tar-twice": lambda: honest() + END + entry("second", SECRET) + END,
    "tar-twice-late": lambda: honest() + END + bytes(400000) + entry("second", SECRET) + END,
    "tar-no-end": lambda: honest(),
    "tar-one-zero-block": lambda: honest() + bytes(BLOCK),
    "zstd-good": lambda: zstd_store(honest() + END),
    "zstd-frames": lambda: zstd_store(honest()) + zstd_store(END),
    "zstd-skippable": lambda: b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + zstd_store(honest() + END),
    "zstd-padded": lambda: zstd_store(honest() + END) + bytes(1000),
    "zstd-garbage": lambda: zstd_store(honest() + END) + b"garbage",
    "zstd-cut": lambda: zstd_store(honest() + END)[:-600],
    "xz-good": lambda: lzma.compress(honest() + END),
    "xz-two": lambda: lzma.compress(honest()) + lzma.compress(END),
    "xz-garbage": lambda: lzma.compress(honest() + END) + b"garbage",
    "xz-cut": lambda: lzma.compress(honest() + END)[:-20],
    "xz-damaged": lambda: flip(lzma.compress(honest() + END), 60),
    "xz-big-dictionary": lambda: lzma.compress(honest() + END, filters=[
        {"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1536 << 20}]),
    "bz2-good": lambda: bz2.compress(honest() + END),
    "bz2-two": lambda: bz2.compress(honest()) + bz2.compress(END),
    "bz2-garbage": lambda: bz2.compress(honest() + END) + b"garbage",
    "bz2-cut": lambda: bz2.compress(honest() + END)[:-20],
    "bz2-damaged": lambda: flip(bz2.compress(honest() + END), 60),
    # 56 to 60
    "checksum-first": lambda: flip(honest() + END, 5),
    "checksum-second": lambda: flip(honest() + END, BLOCK + 5),
    "case": lambda: entry("readme", b"1") + entry("README", b"2") + entry("ReadMe", b"3") + END,
    "longname-4g": lambda: header("././@LongLink", "L", size=4 << 30, gnu=True) +
        pad(b"a" * 2000) + entry("f", SECRET, gnu=True) + END,
    "longname-0": lambda: header("././@LongLink", "L", size=0, gnu=True) +
        entry("f", SECRET, gnu=True) + END,
    "longname-good": lambda: long_name(b"d/" + b"n" * 200) + entry("n", SECRET, gnu=True) + END,
    "longname-many": lambda: long_name(b"x" * 200) * 100 + entry("f", SECRET, gnu=True) + END,
    "parent-file": lambda: entry("f", b"x") + entry("f/g", SECRET) + END,
    "parent-fifo": lambda: header("p", "6") + entry("p/g", SECRET) + END,
    "entries-too-many": lambda: gz_repeat(b"", folder("./") * 2000, 1001),
    "files-20000": lambda: gz(many_files(), 1),
    "files-plain": lambda: many_files(),
    "duplicates": lambda: entry("f", b"first and longer", mode=0o600) +
        hardlink("h", "f") + entry("f", b"second", mode=0o644) + folder("d", mode=0o700) +
        entry("d/x", b"x") + folder("d", mode=0o755, mtime=1500000000) + END,
}


def flip(data, at):
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:]


def zip_file():
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w") as z:
        z.writestr("f", SECRET)
    return b.getvalue()


def write(case, out):
    make = CASES[case]
    data = make(os.environ["VICTIM"]) if make.__code__.co_argcount else make()
    with open(out, "wb") as f:
        f.write(data)


def main():
    if sys.argv[1] == "--all":
        for case in CASES.keys() - {"files-plain"}:
            write(case, os.path.join(sys.argv[2], case))
    else:
        write(sys.argv[1], sys.argv[2])


main()
