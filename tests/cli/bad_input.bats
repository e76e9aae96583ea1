#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Rows 1 to 24 of the catalogue of bad inputs, as far as there is a command for them:
# exit code 125 (126, 127 where it is the payload's command or folder), one line on
# standard error, nothing on standard output, and nothing new on disk.
# shellcheck disable=SC2015

load ../lib/common

setup_file()
{
  file_setup
  BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR leaks_before
  "$SANDBOX" run --network none busybox true </dev/null
}
teardown_file()
{
  local rc=0

  BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR check_leaks 10 || rc=1
  file_teardown
  return $rc
}
setup() { disk >"$BATS_TEST_TMPDIR/disk"; }
teardown() { disk | diff "$BATS_TEST_TMPDIR/disk" - >&2; }

# disk: every name below the store, and where these tests are.
disk()
{
  find "$STORE" "$XDG_RUNTIME_DIR" "$BATS_FILE_TMPDIR/config" 2>/dev/null | grep -v -e lock -e /trash/ -e /events.log -e /swept. |
    sort
}

# bad ARGS...: 125 and one line. bad_command CODE ARGS...: another code.
bad() { one_line_error "$@"; }
bad_command()
{
  expect "$@"
  [ -z "$output" ] && [ -n "$stderr" ] && [ "$(wc -l <<<"$stderr")" -eq 1 ] || {
    printf 'stdout: %s\nstderr: %s\n' "$output" "$stderr" >&2
    return 1
  }
}
# run_bad OPTION...: bad in front of an image and a command that would work.
run_bad() { bad run --network none "$@" busybox true; }

@test "1-4: no image, unknown option, odd images" {
  bad run
  bad run --
  bad run --nope busybox
  bad run -Z busybox
  bad run ''
  bad run ../../etc true
  bad run / true
  bad run /etc/passwd true
  bad run /dev/null true
  bad run ./nowhere.tar true
  bad run 'A/B' true
  bad run 'busybox:' true
  bad run 'busybox@sha256:' true
  bad run "$(printf 'x%.0s' {1..5000})" true
  bad run $'busy\nbox' true
  bad run --pull never nosuchimage true
  bad run --rootfs / true
  bad run --rootfs /etc/passwd true
  bad run --rootfs '' true
  bad nosuchcommand
  bad --root
}

@test "5: names of containers" {
  local n

  for n in "$(printf 'x%.0s' {1..300})" a/b .. . -x $'a\e[31m' 'a b' '' "a'b" 'a;b' é ../x; do
    run_bad "--name=$n"
  done
}

@test "6: a name that is taken" {
  expect 0 run --network none --name taken busybox true
  bad run --network none --name taken busybox true
  [ -e "$STORE"/containers/name-taken ]
  find "$STORE/containers" -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} + 2>/dev/null || :
  rm -rf "$STORE"/containers/name-taken
  remove_tree "$STORE/containers"
  mkdir -m 700 "$STORE/containers"
}

@test "7-9: volumes" {
  local v

  for v in :/x a /a:b /nonexist:/x /tmp:/x:zz /tmp:/ // '' : :: /tmp: /tmp:/x:ro:rw /tmp:/proc \
    /tmp:/proc/self /tmp:/sys /tmp:/dev a/b:/x 'a b:/x' /tmp:/x:ro,,bogus /tmp:x /tmp:../x; do
    run_bad -v "$v"
  done
  run_bad -v /tmp:/x -v /tmp:/x
  run_bad -v /tmp:/x -v /tmp:/y/../x
  run_bad -v /etc/passwd:/tmp
  run_bad -v /tmp:/etc/passwd
  for v in '' type=bind type=nope,dst=/x type=bind,src=/tmp type=bind,dst=/x type=bind,src=,dst=/x \
    type=bind,src=/tmp,dst=x type=bind,src=/tmp,src=/etc,dst=/x type=bind,src=/tmp,dst=/x,bogus=1 type=volume,src=../x,dst=/x \
    type=bind,src=/tmp,dst=/x,bind-propagation=shared type=tmpfs,dst=/x,size=zz; do
    run_bad --mount "$v"
  done
  for v in '' x /x:bogus /x:size=-1 /x:mode /proc /; do
    run_bad --tmpfs "$v"
  done
}

@test "10-11: published ports wait for a later version" {
  local p

  for p in 99999:80 0 80:80:80:80 80:80 8080:80; do
    run_bad -p "$p"
  done
}

@test "12: sizes, times, limits" {
  local v

  for v in -1 1.5.5g 99999999999999999999 x '' 1kk; do
    run_bad "--shm-size=$v"
    run_bad "--tmpfs-root=$v"
  done
  for v in -1 x '' 1y 99999999999999999999; do
    run_bad "--timeout=$v"
  done
  for v in nofile nofile= nofile=x nofile=5:4 nope=1 nofile=1:2:3 =1 nofile=-2 nofile=99999999999999999999; do
    run_bad --ulimit "$v"
  done
  for v in 8 9x 01000 -1 '' rwx; do
    run_bad "--umask=$v"
  done
  for v in 99 SIGFOO 0 '' -9; do
    run_bad "--stop-signal=$v"
  done
  for v in max-size max-size= max-size=x max-size=10 max-size=-2 max-file= max-file=0 max-file=-1 \
    max-file=1001 max-file=99999999999 path=/x '' =; do
    run_bad --log-opt "$v"
  done
  run_bad --log-driver journald
}

@test "13: variables" {
  run_bad -e =x
  run_bad -e ''
  run_bad --env-file /nonexistent
  run_bad --env-file /tmp
  head -c 2000 /dev/zero >"$BATS_TEST_TMPDIR/zeros"
  run_bad --env-file "$BATS_TEST_TMPDIR/zeros"
  echo '=x' >"$BATS_TEST_TMPDIR/env"
  run_bad --env-file "$BATS_TEST_TMPDIR/env"
  expect 0 run --network none -e $'A\nB=1' -e $'C=x\ny' busybox sh -c 'echo "$C"'
  [ "$output" = $'x\ny' ]
}

@test "13: more variables than the kernel takes" {
  local big args=() i

  big=$(head -c 100000 /dev/zero | tr '\0' x)
  for ((i = 0; i < 19; i++)); do args+=("-e" "V$i=$big"); done
  printf '%s\n' "W1=$big$big" >"$BATS_TEST_TMPDIR/env"
  sb run --network none --env-file "$BATS_TEST_TMPDIR/env" busybox true
  [ "$status" -ge 125 ] && [ "$status" -le 127 ]
  [ "$(wc -l <<<"$stderr")" -eq 1 ] && [ -n "$stderr" ]
}

@test "14: users" {
  local u

  for u in 4294967296 4294967295 -1 root:nogrp 1:2:3 unknown 007 0x0 '1 ' ' ' root:-1 99999999999999999999; do
    run_bad "--user=$u"
  done
  for u in nosuchgroup -1 4294967296 0x1 'a b'; do
    run_bad "--group-add=$u"
  done
  for u in x 0:0 0:0:0 0:x:1 -1:0:1 0:0:4294967296 1:2:3:4; do
    [ "$u" = 0:0 ] || run_bad "--uidmap=$u"
  done
  run_bad --userns nope
  run_bad --userns keep-id --uidmap 0:0:1
  run_bad --group-add keep-groups --group-add 5
}

@test "15: working folders" {
  run_bad -w rel
  run_bad -w ''
  bad_command 126 run --network none -w /etc/passwd busybox true
  bad_command 127 run --network none -w /missing/folder busybox true
  sb run --network none -w /proc/self/fd/7 busybox true
  [ "$status" -eq 126 ] || [ "$status" -eq 127 ]
}

@test "16: host names and addresses" {
  local h

  # shellcheck disable=SC2016 # not to be expanded
  for h in "$(printf 'h%.0s' {1..65})" 'a b' '$(id)' '' -x $'a\nb' 'a;b' 'a/b' é; do
    run_bad "--hostname=$h"
  done
  for h in x x: :1.2.3.4 a:300.1.1.1 'a b:1.2.3.4' $'a\nb:1.2.3.4' a:1.2.3.4:5; do
    run_bad --add-host "$h"
  done
  for h in x 1.2.3 $'1.1.1.1\nnameserver 6.6.6.6' ''; do
    bad run "--dns=$h" busybox true
  done
  bad run --dns-search $'a\nnameserver 6.6.6.6' busybox true
  bad run --dns-option $'ndots:1\nnameserver 6.6.6.6' busybox true
  run_bad --network nope
  run_bad --network ''
}

@test "17: capabilities" {
  run_bad --cap-add FOO
  run_bad --cap-drop FOO
  run_bad --cap-add ''
  run_bad --cap-add CAP_
  run_bad --cap-add 99
  expect 0 run --network none --cap-add cap_sys_admin --cap-drop Chown busybox true
  expect 0 run --network none --cap-add ALL busybox true
}

@test "18: seccomp profiles and security options" {
  run_bad --security-opt seccomp=/missing.json
  run_bad --security-opt seccomp=/tmp
  run_bad --security-opt seccomp=
  run_bad --security-opt no-new-privileges=maybe
  run_bad --security-opt nope
  run_bad --security-opt ''
}

@test "19: commands" {
  bad_command 127 run --network none busybox ''
  bad_command 126 run --network none busybox /etc
  bad_command 126 run --network none busybox /etc/passwd
  bad_command 127 run --network none busybox nosuchcommand
  bad_command 127 run --network none busybox ./nosuch/command
  bad_command 127 run --network none --no-init busybox /nosuch
  bad run --network none --entrypoint '["a"' busybox
  bad run --network none --entrypoint '[1]' busybox
}

@test "other files" {
  echo there >"$BATS_TEST_TMPDIR/cid"
  run_bad --cidfile "$BATS_TEST_TMPDIR/cid"
  [ "$(cat "$BATS_TEST_TMPDIR/cid")" = there ]
  run_bad --cidfile /nonexistent/cid
  run_bad --device /nonexistent
  run_bad --device /tmp
  run_bad --device null
  run_bad --device /dev/null:x:y:z
  run_bad --device /dev/null:/dev/x:q
  run_bad --storage-driver nope
  run_bad --time-offset x
  run_bad --time-offset monotonic=x
  bad pull
  bad rmi
  bad rmi nosuchimage
  bad pull ../../etc
}
