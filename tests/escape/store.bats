#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A bind of a folder that holds the store, the runtime folder or the configuration: container
# root is the user, and could change what the next container runs, or end others.

bats_require_minimum_version 1.5.0
load ../lib/common

# A home as users have it: all three are below it, at their usual depth.
setup_file()
{
  file_setup
  H=$BATS_FILE_TMPDIR/home
  mkdir "$H"
  export H HOME=$H
  unset XDG_DATA_HOME XDG_CONFIG_HOME
  # What file_setup made, for file_teardown to remove.
  export SHORT_RUN=$XDG_RUNTIME_DIR XDG_RUNTIME_DIR=$H/run
  mkdir -m 700 "$XDG_RUNTIME_DIR"
  mkdir -p "$H/.config" "$H/work"
  export STORE=$H/.local/share/sandbox
  "$SANDBOX" run -d --name other --network none busybox sleep 1000 </dev/null >/dev/null
}

teardown_file()
{
  "$SANDBOX" rm -f -a
  wait_trash
  remove_tree "$H"
  XDG_RUNTIME_DIR=$SHORT_RUN
  file_teardown
}

setup() { leaks_before; }
teardown() { check_leaks; }

# inside OPTIONS... -- COMMAND: in busybox, with the given binds; its output.
inside()
{
  expect 0 run --network none "$@"
}

# planted: whether anything of sandbox's on the host is not as it was.
whole()
{
  [ ! -e "$STORE/planted" ] && [ ! -e "$H/.config/sandbox/sandbox.conf" ] &&
    [ -d "$STORE/containers" ] && [ ! -e "$H/.local2" ] && [ ! -e "$H/.config2" ] &&
    "$SANDBOX" exec other true
}

@test "store: the home folder: it is writable, and sandbox's own is not" {
  inside -v "$H:/h" busybox sh -c '
    echo mine >/h/work/file
    echo x >/h/.local/share/sandbox/planted
    rm -rf /h/.local/share/sandbox/containers /h/.local/share/sandbox/refs
    mkdir -p /h/.config/sandbox; echo "network = host" >/h/.config/sandbox/sandbox.conf
    ls -A /h/run/sandbox; echo x >/h/run/sandbox/x
    echo beside >/h/.local/share/beside; mv /h/.local/share/beside /h/work/moved; echo end' 2>&1
  [ "${output##*$'\n'}" = end ]
  # The runtime folder is empty there: no socket to connect to.
  [[ $output != *.sock* && $output != *containers* ]]
  [ "$(cat "$H/work/file")" = mine ]
  [ "$(cat "$H/work/moved")" = beside ]
  whole
}

@test "store: no folder above it can be moved away, removed or replaced" {
  inside -v "$H:/h" busybox sh -c '
    for d in .local .local/share .local/share/sandbox .config .config/sandbox run run/sandbox; do
      mv /h/$d /h/${d}2 && echo "moved $d"
      rmdir /h/$d 2>/dev/null && echo "removed $d"
    done
    true'
  [ -z "$output" ]
  whole
}

@test "store: by another bind of the same folder, a parent, and read-only" {
  # Mount points are of the container, whichever bind one comes through.
  inside -v "$H:/h" -v "$H/.local:/l" busybox sh -c 'mv /l/share /l/share2 && echo moved
    mv /h/.local/share /h/.local/share2 && echo moved; echo x >/l/share/sandbox/planted; true'
  [ -z "$output" ]
  whole
  inside -v "$BATS_FILE_TMPDIR:/t" busybox sh -c "mv /t/home /t/home2 && echo moved
    mv /t/home/.local /t/home/.local2 && echo moved
    echo x >/t/home/.local/share/sandbox/planted; ls -A /t/home/run/sandbox; true"
  [ -z "$output" ]
  whole
  # One connects to a socket through a read-only mount.
  inside -v "$H:/h:ro" busybox ls -A /h/run/sandbox
  [ -z "$output" ]
  # A symbolic link to the home folder is that folder.
  ln -s "$H" "$BATS_TEST_TMPDIR/link"
  inside -v "$BATS_TEST_TMPDIR/link:/h" busybox sh -c 'echo x >/h/.local/share/sandbox/planted; true'
  whole
}

@test "store: recursive binds, and --rootfs of a folder above it" {
  inside --mount "type=bind,source=$H,target=/h,bind-nonrecursive=true" busybox sh -c \
    'echo x >/h/.local/share/sandbox/planted; mv /h/.local /h/.local2; true'
  whole
  mkdir -p "$H/bin"
  cp "$(command -v busybox)" "$H/bin/sh" 2>/dev/null || skip "no static busybox"
  sb run --network none --rootfs "$H" /bin/sh -c 'echo x >/.local/share/sandbox/planted'
  whole
}

@test "store: what is asked for by name is given" {
  inside -v "$STORE:/s" -v "$H/.config/sandbox:/c" busybox sh -c 'touch /s/asked && rm /s/asked &&
    touch /c/asked && rm /c/asked && echo yes'
  [ "$output" = yes ]
  inside -v "$STORE/containers:/s" busybox sh -c 'touch /s/asked && rm /s/asked && echo yes'
  [ "$output" = yes ]
  inside -v "$XDG_RUNTIME_DIR/sandbox:/r" busybox ls /r/containers
  [[ $output == *.sock* ]]
}

@test "store: a bind with a link on the way to it is refused" {
  mv "$H/.local" "$BATS_FILE_TMPDIR/elsewhere"
  ln -s "$BATS_FILE_TMPDIR/elsewhere" "$H/.local"
  one_line_error run --network none -v "$H:/h" busybox true
  [[ $stderr == *"link $H/.local, on the way to $STORE"* ]]
  # Read-only nobody replaces it.
  expect 0 run --network none -v "$H:/h:ro" busybox true
  rm "$H/.local"
  mv "$BATS_FILE_TMPDIR/elsewhere" "$H/.local"
}

@test "store: a container without the caller, and one that keeps his id" {
  need_subids
  chmod 755 "$H"
  expect 0 run --userns nomap --network none -v "$H:/h" busybox sh -c \
    'echo x >/h/.local/share/sandbox/planted; mv /h/.local /h/.local2; true'
  whole
  expect 0 run --userns keep-id --network none -v "$H:/h" busybox sh -c \
    'echo x >/h/.local/share/sandbox/planted; mv /h/.local /h/.local2; true'
  whole
}

@test "store: other binds make and cost nothing" {
  rm -rf "$H/.config/sandbox"
  expect 0 run --network none -v "$H/work:/w" busybox true
  [ ! -e "$H/.config/sandbox" ]
  # Where the configuration's could be made by the container, it is made before.
  expect 0 run --network none -v "$H/.config:/c" busybox sh -c 'mkdir /c/sandbox; touch /c/sandbox/x; true'
  [ -d "$H/.config/sandbox" ]
  [ ! -e "$H/.config/sandbox/x" ]
}
