#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Attacks from the caller's side: programs found by PATH, libraries put before ours,
# setuid bits, folders in /tmp.

load ../lib/common
load setup

setup_file()
{
  file_setup
  escape_setup
}
teardown_file() { escape_teardown; }
setup()
{
  make_root
  make_victim
  MARK=$BATS_TEST_TMPDIR/mark
}
teardown() { unharmed; }

@test "1.4: helpers are not found by PATH" {
  local evil=$BATS_TEST_TMPDIR/evil p o

  mkdir "$evil"
  for p in newuidmap newgidmap fuse-overlayfs sandbox-init sandbox-net sandbox-unpack sandbox-fetch sh ip mount \
    fusermount3 id getent; do
    printf '#!/bin/sh\n/bin/echo %s >>%s\n' "$p" "$MARK" >"$evil/$p"
    chmod 755 "$evil/$p"
  done
  image_of "$R"
  for o in "" "--storage-driver fuse-overlayfs" "--network slirp"; do
    # shellcheck disable=SC2086 # several options
    PATH=$evil:$PATH sb run --network none $o "$I" /bin/true
    [ ! -e "$MARK" ] || { cat "$MARK" >&2; return 1; }
  done
  (cd "$evil" && PATH=.:$PATH "$SANDBOX" run --network none --rootfs "$R" /bin/true </dev/null)
  [ ! -e "$MARK" ]
}

@test "1.4: what preloads a library into us does not reach helpers or the container" {
  local lib=$BATS_TEST_TMPDIR/evil.so o

  command -v "${CC%% *}" >/dev/null 2>&1 || command -v cc >/dev/null || skip "no compiler"
  cat >"$BATS_TEST_TMPDIR/evil.c" <<X
#include <stdio.h>
#include <unistd.h>
#include <string.h>
static void __attribute__((constructor)) run(void)
{
  char exe[200] = "";
  FILE *f = fopen("$MARK", "a");
  if (readlink("/proc/self/exe", exe, 199) > 0 && f) fprintf(f, "%s\n", exe);
  if (f) fclose(f);
}
X
  # shellcheck disable=SC2086 # may have options
  ${CC:-cc} -shared -fPIC -o "$lib" "$BATS_TEST_TMPDIR/evil.c" 2>/dev/null || skip "no shared libraries here"
  image_of "$R"
  for o in "--network slirp" "--network none --storage-driver fuse-overlayfs"; do
    # shellcheck disable=SC2086 # several options
    LD_PRELOAD=$lib timeout 60 "$SANDBOX" run $o "$I" /bin/true </dev/null >/dev/null 2>&1 || :
  done
  # It is the caller's own right to load it into the front end; nothing else has it.
  [ -s "$MARK" ]
  ! grep -v -e "/sandbox$" -e "/timeout$" -e "/env$" "$MARK" || false
}

@test "CLI 24: runs neither setuid nor setgid" {
  local own=$BATS_TEST_TMPDIR/own gid

  mkdir "$own"
  cp -r "$BUILD/sandbox" "$BUILD"/sandbox-* "$BUILD/share" "$own/"
  # One's own file with the bit changes nothing for its owner: another group is needed.
  gid=$(id -G | tr ' ' '\n' | grep -vx "$(id -g)" | head -n 1)
  if [ -n "$gid" ]; then
    chgrp "$gid" "$own/sandbox" && chmod 2755 "$own/sandbox"
    run "$own/sandbox" version
    [ "$status" -eq 125 ]
    [[ $output == *setuid* ]]
    return
  fi
  # Or the same by a user namespace: uid 0 real, 1 effective.
  command -v setpriv >/dev/null || skip "setpriv is not installed, and this user has one group"
  need_subids
  local range
  range=$(awk -F: -v n="$(id -un)" '$1 == n { print $2; exit }' /etc/subuid)
  chmod 755 "$BATS_TEST_TMPDIR" "$own"
  run unshare -U --map-user=0 --map-users="$range,1,100" --map-group=0 --map-groups="$range,1,100" \
    setpriv --ruid 1 --euid 0 "$own/sandbox" version
  [ "$status" -eq 125 ]
  [[ $output == *setuid* ]]
}

@test "the folder of live state in /tmp must be ours, private, and no symlink" {
  local dir
  dir=/tmp/sandbox-$(id -u)
  [ ! -e "/run/user/$(id -u)" ] || skip "this user has a runtime folder"
  [ ! -e "$dir" ] || skip "$dir is in use"
  ln -s "$V/dir" "$dir"
  XDG_RUNTIME_DIR='' sb run --network none --rootfs "$R" /bin/true
  rm -f "$dir"
  refused
  mkdir -m 777 "$dir"
  XDG_RUNTIME_DIR='' sb run --network none --rootfs "$R" /bin/true
  rmdir "$dir"
  refused
}

@test "the store is closed to other users" {
  sb run --network none busybox true
  ran
  [ "$(stat -c %a "$STORE")" = 700 ]
}

@test "a long path of the store" {
  local root
  root=$BATS_TEST_TMPDIR/$(printf 'l%.0s' {1..200})/$(printf 'm%.0s' {1..100})

  mkdir -p "$root"
  sb --root "$root" --debug run --network none busybox true
  ran
  [[ $stderr != *"overlay does not work"*"Invalid argument"* ]]
  remove_tree "$root"
}
