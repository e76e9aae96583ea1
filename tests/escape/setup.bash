# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2015,SC2154
# shellcheck shell=bash
#
# What the escape tests share: hostile root file systems made from the image
# `busybox`, a folder of victims outside, and a program of attacks (tool.c).

# escape_setup: call from setup_file, after file_setup.
escape_setup()
{
  W=$BATS_FILE_TMPDIR/w
  BUILD=${SANDBOX%/*}
  export W BUILD
  mkdir -p "$W"
  chmod 755 "$BATS_FILE_TMPDIR" "$W"
  "$SANDBOX" run --network none busybox cat /bin/busybox >"$W/busybox" </dev/null || return 1
  chmod 755 "$W/busybox"
  # Once a file: looking for leaks takes longer than most of these tests.
  BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR leaks_before
}

# escape_teardown: call from teardown_file; fails when the file's tests left something.
escape_teardown()
{
  local rc=0

  BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR check_leaks 10 || rc=1
  file_teardown
  return $rc
}

# tool NAME: path of a program that the build made for these tests.
tool()
{
  [ -x "$BUILD/escape_$1" ] || skip "escape_$1 is not built: make check does"
  echo "$BUILD/escape_$1"
}

# make_root: a fresh small root file system in $R. /tool is tool.c.
make_root()
{
  local applet

  R=$BATS_TEST_TMPDIR/root
  rm -rf "$R"
  mkdir -p "$R"/{bin,etc,tmp,proc,sys,dev,root,home}
  cp "$W/busybox" "$R/bin/busybox"
  for applet in sh cat ls id echo touch mkdir mount umount sleep stat readlink kill grep true \
    hostname dd ln rm unshare wc head test chmod env tr nc; do
    ln -s busybox "$R/bin/$applet"
  done
  echo 'root:x:0:0:root:/root:/bin/sh' >"$R/etc/passwd"
  echo 'root:x:0:' >"$R/etc/group"
  [ ! -x "$BUILD/escape_tool" ] || cp "$BUILD/escape_tool" "$R/tool"
}

# make_victim: files outside that must not change; unharmed: they have not.
make_victim()
{
  V=$BATS_TEST_TMPDIR/victim
  mkdir -p "$V/dir/sub"
  echo secret >"$V/file"
  echo inner >"$V/dir/inner"
  victim_state >"$BATS_TEST_TMPDIR/victim.before"
}

victim_state()
{
  (cd "$V" && find . -printf '%p %y %m %U %G %s %T@ %C@ %l\n' | sort && cat file dir/inner)
}

unharmed()
{
  victim_state | diff "$BATS_TEST_TMPDIR/victim.before" - >&2
}

# on_root ARGS...: sb run on $R; on_image ARGS...: on a tarball of it.
on_root()
{
  sb run --network none --rootfs "$@"
}

image_of()
{
  I=$BATS_TEST_TMPDIR/image-$RANDOM.tar
  tar -C "$1" --owner=0 --group=0 -cf "$I" .
}

# refused: the last sb ended with 125 and one line.
refused()
{
  [ "$status" -eq 125 ] && [ "$(wc -l <<<"$stderr")" -eq 1 ] && [ -n "$stderr" ] || {
    printf 'not refused: status %s\nstdout: %s\nstderr: %s\n' "$status" "$output" "$stderr" >&2
    return 1
  }
}

# ran: the last sb ended with 0.
ran()
{
  [ "$status" -eq 0 ] || {
    printf 'status %s\nstdout: %s\nstderr: %s\n' "$status" "$output" "$stderr" >&2
    return 1
  }
}
