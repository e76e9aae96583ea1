#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Rows 25 to 60 of the catalogue of bad inputs: archives. The number stands before
# each name. A refused one fails as a whole, with one line, and nothing outside
# the folder changes.

load ../lib/common
load unpack

setup_file() { unpack_file_setup; }
teardown_file() { unpack_file_teardown; }
setup() { fresh_dest; }

@test "24 an honest archive arrives whole" {
  accepted honest
  honest_tree
  [ "$(result entries)" -eq 5 ]
  [ "$(result bytes)" -eq 1800 ]
  [ "$(result digest)" = "sha256:$(sha256sum "$CASES/honest" | cut -d' ' -f1)" ]
}

@test "25 absolute names" {
  refused abs 'absolute'
  [ ! -e /tmp/sandbox-test-abs ]
  refused abs-folder 'absolute'
}

@test "26 .. as a name or its beginning" {
  refused dotdot '"\.\."'
  refused dotdot-only '"\.\."'
  refused dotdot-end '"\.\."'
}

@test "27 .. inside a name, harmless or not" {
  refused dotdot-inside '"\.\."'
  refused dotdot-harmless '"\.\."'
}

@test "28 writing through a symbolic link to a folder" {
  refused through-symlink-abs 'lies in d, which is not a folder'
  refused through-symlink 'lies in d, which is not a folder'
  refused through-symlink-inside 'lies in d, which is not a folder'
  refused through-two-symlinks 'lies in b, which is not a folder'
}

@test "29 a symbolic link, then a file of that name" {
  accepted symlink-then-file
  is l %y%s f6
}

@test "30 hard links that leave the folder" {
  refused hardlink-abs 'hard link is refused: its name is absolute'
  refused hardlink-dotdot 'hard link is refused: its name contains'
  refused hardlink-through-symlink 'lies in d, which is not a folder'
  refused hardlink-root 'hard link to the root folder'
  accepted hardlink-to-symlink
  is l %y l
  is h %y%s f6
}

@test "31 hard links to what is not there, a folder, itself" {
  refused hardlink-absent 'nothing/here'
  refused hardlink-folder 'which is a folder'
  accepted hardlink-self
  accepted hardlink-good
  is d/h %y%n f2
  refused hardlink-data 'damaged'
}

@test "32 device nodes are left out, with a note and a count" {
  accepted devices
  absent c b
  is f %y f
  [ "$(result skipped)" -eq 2 ]
  [[ $stderr = *'left out 2 device nodes'* ]]
  one_line
}

@test "33 a named pipe" {
  accepted fifo
  is p %y p
}

@test "34 set-id and sticky bits stay" {
  accepted setid
  is su %m 6755
  is sg %m 2755
  is t %m 1644
  is sg/f %m 644
}

@test "35 file, folder and symbolic link of one name" {
  accepted file-folder-symlink
  is n '%y %l' 'l ../victim'
  accepted symlink-last-folder
  is d %y l
}

@test "36 a folder replaced by a symbolic link" {
  refused folder-full-symlink 'replace a folder that is not empty'
  refused folder-empty-symlink 'lies in d, which is not a folder'
  refused folder-walked-symlink 'lies in e/f, which is not a folder'
}

@test "37 a symbolic link, then a folder of that name with mode 0777" {
  accepted symlink-then-folder
  is d %y%m d777
}

@test "38 deep names" {
  refused deep-2100 'd/d/d'
  refused deep-257 'd/d/d'
  refused path-4097 'aaa'
  accepted deep-256
}

@test "39 long names and targets" {
  refused component-256 'aaa'
  accepted component-255
  refused link-4096 'longer than 4095'
  accepted link-4095
  refused link-empty 'without a target|to nothing'
}

@test "40 sizes that overflow, and other bad extended headers" {
  refused pax-size-overflow '.'
  refused pax-size-negative '.'
  refused pax-size-long '.'
  refused size-negative '.'
  refused pax-length 'malformed'
  refused pax-no-newline 'malformed'
  refused pax-huge 'too large|larger than'
  refused pax-many 'larger than 1024 KiB'
  accepted pax-global
}

@test "41 names with a NUL byte" {
  refused pax-nul 'NUL byte'
  refused pax-nul-link 'NUL byte'
  refused gnu-nul 'NUL byte'
  absent good
}

@test "42 impossible times" {
  refused mtime-low 'time of modification'
  refused mtime-high 'time of modification'
  accepted mtime-1960
  is f %TY 1959
  # Not numbers: libarchive reads as far as there are digits.
  accepted mtime-inf
  is f %T@ 0.0000000000
  accepted mtime-1e309
  is f %T@ 1.0000000000
}

@test "42 times to the nanosecond, of folders too" {
  accepted mtime-ns
  is d %T@ 1700000000.1234567890
  is d/f %T@ 1600000000.9876543210
}

@test "43 owners that are none" {
  refused uid-minus-1 'uid -1'
  refused gid-minus-1 'gid -1'
  refused uid-2-32 'uid 4294967296'
}

@test "43 owners that the map does not reach: the error names subuid" {
  need_subids
  for c in uid-2-31 uid-2-32-2; do
    fresh_dest
    drive "$CASES/$c"
    [ "$status" -eq 125 ] || show
    [[ $stderr = */etc/subuid* ]] || show
  done
}

@test "43 with one id everything belongs to it" {
  accepted uid-2-31
  is f %U "$(id -u)"
  accepted owners
  is d '%U %m' "$(id -u) 2770"
  is d/f '%U %m' "$(id -u) 6755"
  is d/root %G "$(id -g)"
}

@test "43 with ranges owners are as in the archive" {
  local u g

  need_subids
  u=$(awk -F: -v n="$USER" '$1 == n { print $2 - 1; exit }' /etc/subuid)
  g=$(awk -F: -v n="$USER" '$1 == n { print $2 - 1; exit }' /etc/subgid)
  drive "$CASES/owners"
  [ "$status" -eq 0 ] || show
  is d '%y %U %G %m' "d $((u + 1000)) $((g + 100)) 2770"
  is user '%U %G' "$((u + 1000)) $(id -g)"
  is group '%U %G' "$(id -u) $((g + 1000))"
  # What lies in a folder of another owner: looked at from inside its user namespace.
  unshare -U --map-user=0 --map-users="$((u + 1)),1,65535" --map-group=0 \
    --map-groups="$((g + 1)),1,65535" \
    find "$DEST/d" -mindepth 1 -printf '%P %y %U %G %m\n' | sort >"$BATS_TEST_TMPDIR/list"
  diff - "$BATS_TEST_TMPDIR/list" <<EOF
f f 33 34 6755
l l 7 8 777
p p 9 9 644
root f 0 0 644
EOF
}

@test "44 extended attributes: the image's own stay, the rest goes" {
  accepted xattrs
  python3 - "$DEST" <<'EOF'
import os, sys
f, d = sys.argv[1] + "/f", sys.argv[1] + "/d"
assert os.getxattr(f, "user.good") == b"va\0lue"
assert os.listxattr(d) == ["user.good"], os.listxattr(d)
names = set(os.listxattr(f)) - {"security.selinux"}
assert names == {"user.good", "security.capability"}, names
cap = os.getxattr(f, "security.capability")
assert len(cap) in (20, 24) and cap[4:8] == (1 << 10).to_bytes(4, "little"), cap
EOF
  [ "$(result stripped)" -eq 8 ]
  accepted xattr-libarchive
  [ "$(result stripped)" -eq 2 ]
  refused xattr-big 'larger than 64 KiB'
}

@test "44 file capabilities that are not sound go" {
  accepted xattr-caps-bad
  [ "$(result stripped)" -eq 6 ]
  accepted xattr-caps-root
  [ "$(result stripped)" -eq 0 ]
}

@test "44 a file capability outlives the change of owner" {
  need_subids
  drive "$CASES/xattr-caps-owner"
  [ "$status" -eq 0 ] || show
  [ "$(result stripped)" -eq 0 ]
  python3 -c 'import os, sys; assert len(os.getxattr(sys.argv[1], "security.capability")) == 24' \
    "$DEST/f"
  is f %m 4755
}

@test "45 whiteouts" {
  for c in wh-file wh-dot wh-dotdot wh-opaque wh-child wh-empty wh-symlink wh-link; do
    refused $c 'whiteout'
  done
}

@test "46 a whiteout and a file of one name" {
  refused wh-both 'whiteout'
}

@test "47 the root folder" {
  accepted root-mode-0
  is . %m 700
  is f %y f
  refused root-symlink 'root folder'
  refused root-hardlink 'root folder'
  refused root-file '.'
  refused name-empty 'name is empty'
}

@test "48 odd names stay as they are, and are escaped when printed" {
  accepted names-odd
  is $'a\033[31mb' %s 1
  is $'new\nline' %s 1
  is $'bad\xff\xfeutf' %s 1
  is $'pax\xff\xfename' %s 1
  is $'p\xc3\xa4x\xe2\x80\xae' %s 1
  refused name-odd-refused '\\x1b\[31mb\\x0a\\xff'
}

@test "49 70000 hard links" {
  case $(stat -f -c %T "$BATS_TEST_TMPDIR") in
  ext*) refused hardlinks-70000 'hard link to f more than the file system takes' ;;
  tmpfs)
    accepted hardlinks-70000
    is f %n 70001
    ;;
  *) skip "how many links this file system takes is not known" ;;
  esac
}

@test "50 sparse files that are honest keep their holes" {
  local c

  for c in sparse-good sparse-good-gnu sparse-good-00 sparse-good-01; do
    accepted $c
    is sparse %s 1073741824
    [ "$(stat -c %b "$DEST/sparse")" -lt 100 ]
    [ "$(head -c 1 "$DEST/sparse")" = a ]
    [ "$(tail -c +1048577 "$DEST/sparse" | head -c 1)" = b ]
  done
}

@test "50 sparse files of 8 EiB, and with maps that make no sense" {
  refused sparse-8e-pax10 '20 GiB'
  refused sparse-8e-pax01 '20 GiB'
  refused sparse-8e-gnu '20 GiB'
  refused sparse-30g '20 GiB'
  refused sparse-overlap 'overlap'
  refused sparse-backwards 'overlap'
  refused sparse-negative '.'
  refused sparse-gnu-negative '.'
  refused sparse-past-end '.'
  refused sparse-map-wrap '.'
  refused sparse-count '.'
  refused sparse-name '"\.\."'
  accepted sparse-map-huge
  is sparse %s 4096
}

@test "51 bombs" {
  refused bomb-gz 'bomb'
  refused bomb-zstd 'bomb'
  refused zstd-window-2g 'too much memory'
  refused xz-big-dictionary 'memory'
  refused gz-nested 'not a tar archive'
  refused gz-xz 'not a tar archive'
}

@test "52 cut at each 512" {
  local at size f=$BATS_TEST_TMPDIR/cut

  size=$(stat -c %s "$CASES/honest")
  for ((at = 512; at < size - 512; at += 512)); do
    fresh_dest
    head -c $at "$CASES/honest" >"$f"
    drive --one-id "$f"
    if [ "$status" -ne 125 ] || ! one_line; then
      show
    fi
    [[ $stderr =~ 'damaged'|'cut short' ]] || show
  done
}

@test "52 compressed, cut anywhere" {
  local at size kind f=$BATS_TEST_TMPDIR/cut

  for kind in gzip zstd xz bzip2; do
    command -v $kind >/dev/null || continue
    $kind -c "$CASES/honest" >"$f.whole"
    size=$(stat -c %s "$f.whole")
    for ((at = 5; at < size; at += size / 6)); do
      fresh_dest
      head -c $at "$f.whole" >"$f"
      drive --one-id "$f"
      if [ "$status" -ne 125 ] || ! one_line; then
        show
      fi
    done
    fresh_dest
    drive --one-id "$f.whole"
    [ "$status" -eq 0 ] || show
    honest_tree
  done
}

@test "53 nothing at all, or only zeros" {
  refused empty 'empty'
  refused gz-empty 'not a tar archive'
  refused zeros 'no files'
  refused gz-zeros 'no files'
}

@test "54 other things" {
  local c

  for c in random short zip rar rar5 cpio ar mtree shar; do
    refused $c 'not a tar archive'
  done
  refused iso 'no files'
  refused 7z '.'
  [ ! -e /tmp/sandbox-test-shar ]
}

@test "55 garbage at the end" {
  refused gz-garbage 'something else follows'
  refused gz-garbage-1f '.'
  refused zstd-garbage '.'
  refused xz-garbage '.'
  refused bz2-garbage 'something else follows'
  refused tar-garbage 'something else follows'
  refused tar-twice 'something else follows'
  refused tar-twice-late 'something else follows'
  refused tar-no-end 'mark of its end'
}

@test "55 what is not garbage: members, frames, streams and zeros" {
  local c

  for c in gz-padded gz-members gz-member-empty zstd-good zstd-frames zstd-skippable zstd-padded \
    xz-good xz-two bz2-good bz2-two tar-padded tar-one-zero-block; do
    accepted $c
    honest_tree
  done
}

@test "56 damaged headers and data" {
  refused checksum-first 'not a tar archive'
  refused checksum-second 'damaged'
  refused gz-crc 'checksum'
  refused gz-length 'checksum'
  refused gz-data 'damaged|checksum'
  refused xz-damaged 'damaged'
  refused bz2-damaged 'damaged'
  refused xz-cut '.'
  refused bz2-cut '.'
  refused zstd-cut 'cut short'
}

@test "57 names that differ in case" {
  accepted case
  is readme %s 1
  [ "$(cat "$DEST/readme" "$DEST/README" "$DEST/ReadMe")" = 123 ]
}

@test "58 GNU long names" {
  refused longname-4g '.'
  refused longname-0 'name is empty'
  refused longname-many '.'
  accepted longname-good
  is "d/$(printf 'n%.0s' {1..200})" %s 6
}

@test "59 a parent that is no folder" {
  refused parent-file 'lies in f, which is not a folder'
  refused parent-fifo 'lies in p, which is not a folder'
}

@test "60 entries without end" {
  refused entries-too-many 'more than 2000000 entries'
  accepted files-20000
  [ "$(find "$DEST" -type f | wc -l)" -eq 20000 ]
}

@test "a later entry of the same name wins, without writing through the first" {
  accepted duplicates
  [ "$(cat "$DEST/f")" = second ]
  [ "$(cat "$DEST/h")" = "first and longer" ]
  is f %n 1
  is d '%m %T@' '755 1500000000.0000000000'
}

@test "the Alpine minirootfs is the same as tar makes it" {
  local f want=$BATS_TEST_TMPDIR/tar

  alpine_tarball >/dev/null # where there is none this skips the test, a subshell would not
  f=$(alpine_tarball)
  need tar
  mkdir "$want"
  tar -xpzf "$f" -C "$want"
  drive --one-id "$f"
  [ "$status" -eq 0 ] || show
  diff -r --no-dereference "$want" "$DEST"
  for d in "$want" "$DEST"; do
    (cd "$d" && find . -mindepth 1 -printf '%p %y %m %T@ %l %n\n' | sort)
  done | sort | uniq -c | awk '$1 != 2 { print; bad = 1 } END { exit bad }'
  rm -rf "$want"
}
