#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Volumes: what may not be covered, races with whoever shares one, options that hold.

bats_require_minimum_version 1.5.0
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
  SRC=$BATS_TEST_TMPDIR/src
  mkdir -p "$SRC/sub"
  echo here >"$SRC/file"
}
teardown() { unharmed; }

@test "19921, 16884: nothing is mounted over proc, sys or dev" {
  local t

  for t in /proc /proc/ /proc/self/attr /proc/sys /./proc//x /x/../proc/self/attr /sys /sys/kernel \
    /dev / //; do
    one_line_error run --network none -v "$SRC:$t" busybox true
    one_line_error run --network none --mount "type=bind,src=$SRC,dst=$t" busybox true
    one_line_error run --network none --tmpfs "$t" busybox true
  done
}

@test "27561: not through a symlink of the image, either" {
  local t

  ln -s /proc/self/attr "$R/a1"
  ln -s /proc/self "$R/a2"
  ln -s /sys "$R/a3"
  ln -s proc/sys/kernel "$R/a4"
  for t in /a1 /a2/attr /a3/kernel /a4; do
    on_root -v "$SRC:$t" "$R" /bin/true
    refused
    on_root --tmpfs "$t" "$R" /bin/true
    refused
  done
  on_root -v "$SRC/file:/a4/core_pattern" "$R" /bin/true
  refused
  image_of "$R"
  sb run --network none -v "$SRC:/a2/attr" "$I" /bin/true
  refused
}

@test "mount targets that are symlinks stay inside" {
  local t

  ln -s "../../../../../../../../..$V/dir" "$R/up"
  ln -s "$V" "$R/abs"
  ln -s /proc/self/root "$R/magic"
  ln -s "$V/new" "$R/dangling"
  for t in /up /up/made /abs/dir /abs/made /magic/made /dangling; do
    on_root -v "$SRC:$t" "$R" /bin/true
    unharmed
    on_root -v "$SRC/file:$t/f" "$R" /bin/true
    unharmed
    [ ! -e "$V/new" ]
  done
  # Ordinary links work: as Debian's /var/run.
  mkdir -p "$R/run" "$R/var"
  ln -s /run "$R/var/run"
  on_root -v "$SRC:/var/run/x" "$R" /bin/cat /run/x/file
  ran
  [ "$output" = here ]
}

@test "30465, 45310: the owner of a shared volume swaps folders for symlinks meanwhile" {
  local vol=$BATS_TEST_TMPDIR/vol racers=() i end good=0 t

  t=$(tool tool)
  mkdir -p "$vol/a/b" "$vol/d"
  ln -s "../../../../../../../../../../..$V/dir" "$vol/link"
  ln -s "$V" "$vol/e"
  "$t" race "$vol/a" "$vol/link" 150 3>&- &
  racers+=($!)
  "$t" race "$vol/d" "$vol/e" 150 3>&- &
  racers+=($!)
  # As many starts as 20 seconds have, at most 300; longer where a slow machine had none through.
  for ((i = 0, end = SECONDS + 20; i < 300 && SECONDS < end + (good ? 0 : 100); i++)); do
    on_root -v "$vol:/vol" -v "$SRC:/vol/a/b/c$((i % 3))" -v "$SRC/file:/vol/d/made$i/f" \
      --tmpfs "/vol/link/t$i" "$R" /bin/true
    [ "$status" -ne 0 ] || good=$((good + 1))
    [ "$status" -eq 0 ] || [ "$status" -eq 125 ]
  done
  kill "${racers[@]}" 2>/dev/null || :
  wait "${racers[@]}" 2>/dev/null || :
  unharmed
  # Without a start that gets through nothing was raced.
  [ "$good" -gt 0 ]
  ! grep -q "$V" /proc/self/mountinfo || false
}

@test "the race without a defence bites" {
  local vol=$BATS_TEST_TMPDIR/vol i t racer

  t=$(tool tool)
  mkdir -p "$vol/a/sub"
  ln -s "$V/dir" "$vol/link"
  "$t" race "$vol/a" "$vol/link" 20 3>&- &
  racer=$!
  # What a launcher by path would do: look, then use.
  for ((i = 0; i < 5000; i++)); do
    if [ ! -L "$vol/a" ] && [ -e "$vol/a/inner" ]; then
      kill "$racer"
      return 0
    fi
  done
  kill "$racer"
  skip "this machine does not win the race in $i rounds"
}

@test "binds are nosuid and nodev; ro holds for what is mounted below, too" {
  sb run --network none -v "$SRC:/v" -v "$SRC/sub:/r:ro" busybox sh -c '
    grep " /v " /proc/mounts; grep " /r " /proc/mounts; touch /v/new; touch /r/new 2>&1; :'
  ran
  [[ $(grep " /v " <<<"$output") == *rw,nosuid,nodev* ]]
  [[ $(grep " /r " <<<"$output") == *ro,nosuid,nodev* ]]
  [ -e "$SRC/new" ] && [ ! -e "$SRC/sub/new" ]
}

@test "ro is recursive: a mount below the source" {
  # A host with another mount below the volume, as an outer user namespace.
  unshare -Urm true 2>/dev/null || skip "no outer user namespace here"
  mkdir -p "$SRC/m"
  # shellcheck disable=SC2016 # expanded inside
  output=$(unshare -Urm sh -c '
    mount -t tmpfs none "$1/m" && echo deep >"$1/m/f" && chmod 755 "$1/m" || exit 9
    "$2" run --network none -v "$1:/v:ro" busybox sh -c "
      cat /v/m/f; touch /v/m/new && echo WRITTEN; touch /v/new && echo WRITTEN; true"
    ls "$1/m"' sh "$SRC" "$SANDBOX" 2>&1 </dev/null)
  [[ $output == *deep* ]] || skip "no container in a user namespace here: $output"
  [[ $output != *WRITTEN* && $output != *new$'\n'* ]]
}

@test "a read-only root is read-only, and so are the files in /etc that we make" {
  sb run --network none --read-only --hostname abc busybox sh -c '
    for f in /x /etc/x /root/x /usr/x /proc/x; do ! touch $f 2>/dev/null || echo made $f; done
    for f in /etc/hosts /etc/hostname /etc/resolv.conf; do
      ! { echo x >>$f; } 2>/dev/null || echo written $f
    done
    mount -o remount,rw / 2>/dev/null && echo remounted
    cat /etc/hostname'
  ran
  [ "$output" = abc ]
}

@test "a mount that the host makes later does not appear inside" {
  # In a mount namespace where everything is shared, as systemd has it.
  unshare -Urm true 2>/dev/null || skip "no outer user namespace here"
  # shellcheck disable=SC2016 # expanded inside
  output=$(unshare -Urm --propagation shared sh -c '
    "$2" run --network none -i -v "$1:/v" busybox sh -c "echo ready; read x; ls /v/sub; echo end" 2>&1 < <(
      sleep 1; mount -t tmpfs none "$1/sub" && touch "$1/sub/LATER"; echo go) || :
    ' bash "$SRC" "$SANDBOX" 2>&1 </dev/null) || :
  [[ $output == *end* ]] || output=$(unshare -Urm --propagation shared bash -c '
    "$2" run --network none -i -v "$1:/v" busybox sh -c "echo ready; read x; ls /v/sub; echo end" 2>&1 < <(
      sleep 1; mount -t tmpfs none "$1/sub" && touch "$1/sub/LATER"; echo go) || :
    ' bash "$SRC" "$SANDBOX" 2>&1 </dev/null)
  [[ $output == *end* ]] || skip "no container in a user namespace here: $output"
  [[ $output != *LATER* ]]
}

@test "the host's mounts cannot be reached by unmounting" {
  local caps

  for caps in "" "--cap-add SYS_ADMIN" "--privileged"; do
    # shellcheck disable=SC2086 # several options
    sb run --network none $caps busybox sh -c '
      i=0
      while [ $i -lt 40 ] && umount -l / 2>/dev/null; do i=$((i+1)); done
      umount -l /etc/hosts 2>/dev/null; umount -l /proc/sys 2>/dev/null; umount -l /dev/null 2>/dev/null
      umount -l /proc/keys 2>/dev/null; umount -l /sys 2>/dev/null
      cd /; for i in 1 2 3 4 5 6 7 8; do cd ..; done
      ls -d home/* .././../'"$V"' 2>/dev/null
      mkdir -p /tmp/r && chroot /tmp/r / 2>/dev/null
      { echo x >/proc/sys/kernel/core_pattern; } 2>/dev/null && echo WRITTEN
      true'
    [[ $output != *WRITTEN* && $output != *victim* ]]
  done
  [ "$(cat /proc/sys/kernel/core_pattern)" != x ]
  # Without the capability not even a mask goes.
  sb run --network none busybox sh -c 'umount -l /proc/keys 2>&1; umount -l /proc/sys 2>&1; unshare -m true 2>&1; grep -c " /proc/keys \| /proc/sys " /proc/mounts'
  [ "$(tail -n 1 <<<"$output")" = 2 ]
}

@test "privileged stays within what the user can do" {
  [ ! -r /etc/shadow ] || skip "this user may read /etc/shadow"
  sb run --network none --privileged -v /etc:/h busybox sh -c '
    cat /h/shadow; echo x >>/h/passwd; chmod 777 /h/shadow; chown 0 /h/shadow; mount -o remount,suid,dev /h' 2>&1
  [ "$status" -ne 0 ]
  [[ -z $output ]]
  [ "$(stat -c %u:%a /etc/shadow)" != 0:777 ]
}

@test "tmpfs options are words, not a mount command line" {
  local o

  for o in 'size=1m,size=foo' 'uid=0,context=x' 'mode=755,source=/etc' $'size=1m\nmode=777' 'size=1m, dev' \
    'lowerdir=/' 'mpol=bind:0' 'size' '=1' 'size=-1' 'inode64'; do
    one_line_error run --network none --tmpfs "/t:$o" busybox true
  done
  sb run --network none --tmpfs /t:size=1m,mode=700 busybox sh -c 'stat -c %a /t; grep " /t " /proc/mounts'
  ran
  [[ $output == 700* && $output == *nosuid,nodev* && $output == *size=1024k* ]]
}

@test "a volume in /dev/shm is the host's, /dev/shm inside is not" {
  local d

  d=$(mktemp -d /dev/shm/escape.XXXXXX) || skip "no /dev/shm"
  echo shm >"$d/f"
  sb run --network none -v "$d:/dev/shm/x" busybox sh -c 'cat /dev/shm/x/f; ls -A /dev/shm'
  rm -rf "$d"
  ran
  [ "$output" = $'shm\nx' ]
}

@test "a source that a payload has replaced by a symbolic link is not followed at the next start" {
  local w=$BATS_TEST_TMPDIR/w

  mkdir -p "$w/work/data" "$w/victim"
  echo secret >"$w/victim/secret"
  ln -s work/data "$w/link"
  # Links that the caller has are followed, once.
  "$SANDBOX" run -d --network none --name swap -v "$w/work:/w" -v "$w/link:/data" busybox sh -c '
    touch /data/mine; [ -e /w/data/mine ] && rm /w/data/mine && rmdir /w/data && ln -s ../victim /w/data
    sleep 60'
  eventually 10 test -h "$w/work/data"
  "$SANDBOX" stop -t 0 swap
  run ! "$SANDBOX" start swap
  [[ $output == *"has become a symbolic link"* ]]
  "$SANDBOX" rm -f swap
  # And a root.
  mkdir -p "$w/work/root" && cp -r "$R/." "$w/work/root/"
  "$SANDBOX" create --network none --name swap --rootfs "$w/work/root" /tool deep 0
  rm -r "$w/work/root" && ln -s ../victim "$w/work/root"
  run ! "$SANDBOX" start -a swap
  "$SANDBOX" rm -f swap
}
