#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# CVE-2018-15664, -2019-10152, -2019-18466, -2023-0778 and their kin: files copied out of a
# container, or into one, by way of names that it chooses and swaps meanwhile.

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
  make_victim
  cd "$BATS_TEST_TMPDIR" || return 1
  mkdir -p shared dest
  UP=$(printf '../%.0s' $(seq 20))
}
teardown()
{
  touch "$BATS_TEST_TMPDIR/shared/stop"
  wait
  "$SANDBOX" rm hostile >/dev/null 2>&1 || :
  unharmed
}

# hostile SCRIPT: a kept container, named hostile, that has run it.
hostile()
{
  expect 0 run --network none --name hostile busybox sh -c "$1"
}

# live SCRIPT: one that runs until there is shared/stop.
live()
{
  "$SANDBOX" run --network none --name hostile -v "$PWD/shared:/shared" -v "$(tool tool):/tool:ro" \
    busybox sh -c "$1; touch /shared/ready; while [ ! -e /shared/stop ]; do sleep 0.2; done" \
    </dev/null >/dev/null 2>&1 3>&- &
  eventually 20 test -e shared/ready
}

# nothing_of_host WHERE: no contents of the victim's files have come there.
nothing_of_host()
{
  ! grep -rqs -e secret -e inner "$1" || {
    grep -rs -e secret -e inner "$1" >&2
    return 1
  }
}

@test "out: links that lead out are copied as links, and followed inside only" {
  hostile "mkdir /d; ln -s $UP$V /d/up; ln -s $V/file /d/f; ln -s /proc/1/root$V/file /d/p
    ln -s $V /v; mkdir -p /x; ln -s ../../../../..$V/dir /x/dir"
  expect 0 cp hostile:/d dest
  [ -L dest/d/up ] && [ -L dest/d/f ] && [ -L dest/d/p ]
  for p in /d/f /d/up/file /v/file /x/dir/inner /v/dir/../file "/$UP$V/file"; do
    expect 125 cp -L "hostile:$p" dest/got
    [ ! -e dest/got ]
  done
  "$SANDBOX" export hostile >all.tar
  ! tar xOf all.tar 2>/dev/null | grep -aqx secret || false
}

@test "out: the next copy does not write through the links of the last" {
  hostile "mkdir -p /a /b/out /c; ln -s $V/dir /a/out; ln -s $V/file /a/file; echo bad >/b/out/inner
    echo bad >/b/file; ln -s $V/dir /c/out"
  expect 0 cp hostile:/a/. dest
  [ -L dest/out ] && [ -L dest/file ]
  # A folder does not go where a link is; with --overwrite it takes the link's place.
  one_line_error cp hostile:/b/. dest
  unharmed
  expect 0 cp --overwrite hostile:/b/. dest
  [ ! -L dest/out ] && [ "$(cat dest/out/inner)" = bad ]
  [ ! -L dest/file ] && [ "$(cat dest/file)" = bad ]
  rm -r dest/file
  expect 0 cp hostile:/a/file dest/file
  expect 0 cp hostile:/b/file dest/file
  [ ! -L dest/file ]
}

@test "out: nothing on the host is set-id, special, or somebody else's" {
  hostile 'mkdir /d; cp /bin/busybox /d/suid; chmod 6755 /d/suid; mkfifo /d/fifo; chown 0:0 /d
    mkdir /d/closed; echo x >/d/closed/f; chmod 0 /d/closed; chmod 7777 /d; echo x >/d/other
    chown 100:100 /d/other'
  expect 0 cp hostile:/d dest
  [[ $stderr == *'left out 1 '* ]]
  [ -z "$(find dest -perm /7000 -o ! -user "$(id -un)" -o -type p -o -type c -o -type b)" ]
  [ "$(cat dest/d/closed/f)" = x ]
  expect 0 cp hostile:/d/fifo dest/fifo2
  [ ! -e dest/fifo2 ]
}

@test "out: names with line breaks, control characters, blanks and dots" {
  hostile 'mkdir /d; cd /d; touch "a
b" " " "...." "$(printf "\\033[2J")" "$(printf "\\377\\376")" ./-rf "*"; mkdir "$(printf "%0250d" 7)"
    cd "$(printf "%0250d" 7)"; touch "$(printf "%0255d" 8)"'
  expect 0 cp hostile:/d dest
  [ "$(find dest/d -mindepth 1 -printf x | wc -c)" -eq 9 ]
  [ -e $'dest/d/a\nb' ] && [ -e $'dest/d/\e[2J' ] && [ -e $'dest/d/\377\376' ]
}

@test "out: deeper than anything, and a file that is nearly all holes" {
  hostile 'i=0; mkdir /deep; cd /deep; while [ $i -lt 400 ]; do mkdir d; cd d; i=$((i+1)); done
    dd if=/dev/zero of=/sparse bs=1 count=1 seek=64G 2>/dev/null; :'
  expect 125 cp hostile:/deep dest
  [[ $stderr == *'folders deep'* ]]
  expect 125 cp hostile:/sparse dest
  rm -rf dest/*
}

@test "out: a container that swaps folders and links meanwhile" {
  local i good=0 end

  live "mkdir -p /r/a/sub /r/d; echo own >/r/a/inner; echo own >/r/a/sub/file; ln -s $UP$V/dir /r/l
    ln -s $V /r/e; echo own >/r/file; ln -s $V/file /r/fl; (/tool race /r/a /r/l 60 &)
    (/tool race /r/d /r/e 60 &) ; (/tool race /r/file /r/fl 60 &)"
  for ((i = 0, end = SECONDS + 20; i < 60 && SECONDS < end; i++)); do
    for p in /r /r/a/inner /r/d /r/file; do
      sb cp --overwrite -L "hostile:$p" "dest/x$((i % 4))"
      [ "$status" -ne 0 ] || good=$((good + 1))
      [ "$status" -eq 0 ] || [ "$status" -eq 125 ]
    done
    nothing_of_host dest
    "$SANDBOX" export hostile 2>/dev/null | { tar xOf - 2>/dev/null || :; } >out
    ! grep -aqx secret out || false
  done
  # Without a copy that gets through nothing was raced.
  [ "$good" -gt 0 ]
}

@test "in: a container that swaps the destination for a link out of it" {
  local i good=0 end

  live "mkdir -p /r/a /r/b; ln -s $UP$V/dir /r/l; ln -s /proc/1/root /r/m; (/tool race /r/a /r/l 60 &)
    (/tool race /r/b /r/m 60 &)"
  mkdir -p in/dir
  echo new >in/inner
  echo new >in/file
  for ((i = 0, end = SECONDS + 15; i < 60 && SECONDS < end; i++)); do
    for p in /r/a /r/b /r/a/inner "/r/b$V/file"; do
      sb cp --overwrite in/. "hostile:$p"
      [ "$status" -ne 0 ] || good=$((good + 1))
      [ "$status" -eq 0 ] || [ "$status" -eq 125 ]
    done
    unharmed
  done
  [ "$good" -gt 0 ]
}

@test "in: an archive on standard input keeps to the rules of an image" {
  need tar
  hostile 'mkdir /in'
  mkdir t
  echo x >t/x
  # Absolute names, "..", links that lead out and files behind them, a long name, a bomb.
  tar -C t -cPf abs.tar --transform 's,^,/../../,' x
  tar -C t -cf dots.tar --transform 's,^,../../,' x
  ln -s "$V/dir" t/l
  tar -C t -cf link.tar l
  rm t/l
  mkdir t/l
  echo bad >t/l/inner
  tar -C t -rf link.tar l/inner
  for a in abs dots link; do
    run "$SANDBOX" cp - hostile:/in <$a.tar
    [ "$status" -eq 125 ]
  done
  head -c 100000 /dev/urandom >noise
  run "$SANDBOX" cp - hostile:/in <noise
  [ "$status" -eq 125 ]
  head -c 2M /dev/zero | gzip -9 >zeros.gz
  run "$SANDBOX" cp - hostile:/in <zeros.gz
  [ "$status" -eq 0 ] || [ "$status" -eq 125 ]
  truncate -s 30G big
  tar -S -cf sparse.tar big
  run "$SANDBOX" cp - hostile:/in <sparse.tar
  [ "$status" -eq 125 ]
  "$SANDBOX" cp hostile:/in - | tar t >list
  ! grep -q -e big -e noise list || false
}

@test "in: links in the container's root do not lead the copy out" {
  hostile "ln -s $UP$V /v; ln -s $V/file /f; ln -s /proc/1/root$V/dir /p; mkdir /in; ln -s $V/dir /in/d"
  mkdir -p d
  echo bad >d/inner
  echo bad >file
  sb cp file hostile:/v/file
  sb cp file hostile:/f
  sb cp d hostile:/p
  sb cp d hostile:/in
  one_line_error cp d hostile:/in
  expect 0 cp --overwrite d hostile:/in
  unharmed
}

@test "nothing of the container is run or loaded by what copies it" {
  hostile 'mkdir -p /lib /lib64 /usr/lib/x86_64-linux-gnu/gconv /etc
    for f in /lib/ld-linux-x86-64.so.2 /lib64/ld-linux-x86-64.so.2 /lib/libc.so.6 /etc/ld.so.preload; do
      echo junk >$f; done
    echo junk >/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache; touch "/$(printf "\\303\\244")"'
  expect 0 cp hostile:/etc dest
  "$SANDBOX" export hostile | tar t >list
  expect 0 cp dest hostile:/in
  expect 0 diff hostile
}
