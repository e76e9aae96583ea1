#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Who is who in a container: --userns, --uidmap, -u, --group-add, and what is
# said when subordinate ids or their helpers are missing (rows 109 to 119 of the
# catalogue of bad inputs; all of them as facts in tests/unit, these as a user sees them).

bats_require_minimum_version 1.5.0
load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() { check_leaks; }

# in_host FILE TEXT ARGS...: sandbox ARGS where /etc/FILE holds TEXT, printf's way. The user
# is himself again in a user namespace with that id alone.
in_host()
{
  local file=$1 text=$2

  shift 2
  need unshare
  # shellcheck disable=SC2059 # the text is a format
  printf "$text" >"$BATS_TEST_TMPDIR/$file"
  # shellcheck disable=SC2016 # expanded inside
  output=$(unshare --user --map-root-user --mount sh -c '
    mount --bind "$1" "/etc/$2" && me=$3 && shift 3 &&
      exec unshare --user --map-user="$me" --map-group="$me" "$SANDBOX" "$@"' \
    sh "$BATS_TEST_TMPDIR/$file" "$file" "$(id -u)" "$@" 2>"$BATS_TEST_TMPDIR/err" \
    </dev/null) && status=0 || status=$?
  stderr=$(cat "$BATS_TEST_TMPDIR/err")
}

# one_id FILE TEXT WHY: runs with one id, and the warning says WHY and what the administrator does.
one_id()
{
  in_host "$1" "$2" run busybox id -u
  if [ "$status" -ne 0 ] || [ "$output" != 0 ] || [[ $stderr != *"one id: "*"$3"* ]]; then
    printf '%s "%s": status %s, output %s\n%s\n' "$1" "$2" "$status" "$output" "$stderr" >&2
    return 1
  fi
}

map()
{
  tr -s ' ' | sed 's/^ //'
}

@test "ids: container root is the user, 1 and up are his subordinate ids" {
  need_subids
  expect 0 run busybox cat /proc/self/uid_map
  [ "$(map <<<"${output%%$'\n'*}")" = "0 $(id -u) 1" ]
  [[ $output == *$'\n'*"$(grep -m1 "^$(id -un):" /etc/subuid | cut -d: -f2) "* ]]
  [ -z "$stderr" ]
}

@test "ids: --userns=keep-id keeps uid, gid and the order of the others" {
  need_subids
  expect 0 run --userns=keep-id busybox sh -c 'id -u; id -g; ls -ldn /etc | tr -s " " | cut -d" " -f3'
  [ "$output" = "$(id -u)"$'\n'"$(id -g)"$'\n'0 ]
}

@test "ids: --userns=nomap maps the user nowhere, and the container writes its disk" {
  need_subids
  expect 0 run --userns=nomap busybox sh -c 'touch /x && ls -n /x | tr -s " " | cut -d" " -f3
    cat /proc/self/uid_map'
  [ "${output%%$'\n'*}" = 0 ]
  [[ $(map <<<"$output") != *" $(id -u) 1"* ]]
  expect 0 run --userns=nomap --tmpfs-root busybox touch /x
  # A volume is read through open doors only: he is nobody there.
  mkdir -m 700 "$BATS_TEST_TMPDIR/closed"
  touch "$BATS_TEST_TMPDIR/closed/file"
  expect 1 run --userns=nomap -v "$BATS_TEST_TMPDIR/closed:/v" busybox cat /v/file
}

@test "ids: --uidmap counts as rootless podman does, @ as the user sees it" {
  need_subids
  local first

  first=$(grep -m1 "^$(id -un):" /etc/subuid | cut -d: -f2)
  expect 0 run --uidmap 0:1:100 --uidmap 100:0:1 --uidmap 65534:200:1 --gidmap 0:0:65536 busybox \
    cat /proc/self/uid_map
  [ "$(map <<<"$output")" = "0 $first 100"$'\n'"100 $(id -u) 1"$'\n'"65534 $((first + 199)) 1" ]
  expect 0 run --uidmap "0:@$(id -u)" --uidmap "1:@$first:65000" --gidmap 0:0:65536 busybox \
    cat /proc/self/uid_map
  [ "$(map <<<"$output")" = "0 $(id -u) 1"$'\n'"1 $first 65000" ]
}

@test "ids: maps that are wrong are refused before anything starts" {
  need_subids
  one_line_error run --uidmap 0:0:0 busybox true
  one_line_error run --uidmap 0:0:10 --uidmap 9:20:1 busybox true
  [[ $stderr == *"overlap inside"* ]]
  one_line_error run --uidmap 0:0:10 --uidmap 10:9:1 busybox true
  [[ $stderr == *"overlap outside"* ]]
  one_line_error run --uidmap 0:@0:1 busybox true
  [[ $stderr == *"do not have"* ]]
  one_line_error run --uidmap 0:0:4294967295 busybox true
  [[ $stderr == *"more ids than the "* ]]
  local map bad many=()

  for map in 0 0:0:0:0 a:0:1 0:-1:1 0:0:4294967296 4294967295:0:1 :: '0:@:1' '@0:0:1'; do
    bad=$map
    one_line_error run --uidmap "$bad" busybox true
  done
  for ((i = 0; i < 341; i++)); do
    many+=(--uidmap "$((2 * i)):$((2 * i)):1")
  done
  one_line_error run "${many[@]}" busybox true
  [[ $stderr == *"341 parts, the kernel takes 340"* ]]
}

@test "ids: -u by name and number" {
  need_subids
  local row

  # user | uid gid and all groups
  for row in 'root|0 0 0 10' '0|0 0 0 10' 'daemon|1 1 1' '1|1 1 1' '33:8|33 8 8' \
    'www-data:mail|33 8 8' '4242|4242 0 0' '4242:17|4242 17 17' 'nobody|65534 65534 65534' \
    'root:65000|0 65000 65000' ':5|0 5 5' 'daemon:|1 1 1'; do
    expect 0 run -u "${row%%|*}" busybox sh -c 'echo $(id -u) $(id -g) $(id -G)'
    [ "$output" = "${row#*|}" ] || {
      echo "-u ${row%%|*}: $output" >&2
      return 1
    }
  done
  expect 0 run -u daemon --group-add wheel --group-add 77 busybox id -G
  [ "$output" = "1 10 77" ]
  expect 0 run -u www-data busybox sh -c 'echo $HOME'
  [ "$output" = /var/www ]
  expect 0 run -u 4242 busybox sh -c 'echo $HOME'
  [ "$output" = / ]
}

@test "ids: user strings that are none" {
  local user

  for user in 4294967295 4294967296 18446744073709551616 -1 0x0 '1 ' ' 1' 007 +1 1:2:3 'a b' \
    $'root\n' ../etc root:nogrp root:-1 root:0x0 nosuch Root; do
    one_line_error run --user="$user" busybox true
  done
  one_line_error run --group-add nogrp busybox true
}

@test "ids: an id without a place in the map names the remedy" {
  need_subids
  one_line_error run -u 4294967294 busybox true
  [[ $stderr == *"user id 4294967294 is not mapped"*"usermod --add-subuids"* ]]
  one_line_error run --group-add 3000000000 busybox true
  [[ $stderr == *"group id 3000000000 is not mapped"* ]]
}

@test "ids: an image's passwd cannot make a number somebody else, hang us or fill memory" {
  local root=$BATS_TEST_TMPDIR/root

  # The root file system of the image, as a folder that may be changed.
  mkdir "$root"
  "$SANDBOX" run busybox tar -c -C / bin etc lib usr 2>/dev/null | tar -x -C "$root" --no-same-owner
  printf '1000:x:0:0::/:\n4294967296:x:0:0::/:\n-1:x:0:0::/:\n' >"$root/etc/passwd"
  expect 0 run --rootfs -u 1 "$root" /bin/busybox id -u
  [ "$output" = 1 ]
  one_line_error run --rootfs -u 4294967296 "$root" /bin/busybox true
  one_line_error run --rootfs --user=-1 "$root" /bin/busybox true
  rm "$root/etc/passwd"
  expect 0 run --rootfs -u 7:8 "$root" /bin/busybox id -u
  ln -s /dangling "$root/etc/passwd"
  expect 0 run --rootfs "$root" /bin/busybox id -u
  rm "$root/etc/passwd"
  mkfifo "$root/etc/passwd"
  SB_TIMEOUT=5 one_line_error run --rootfs "$root" /bin/busybox true
  rm "$root/etc/passwd"
  mkdir "$root/etc/passwd"
  one_line_error run --rootfs "$root" /bin/busybox true
  rmdir "$root/etc/passwd"
  ln -s /etc/passwd "$root/etc/passwd"
  one_line_error run --rootfs "$root" /bin/busybox true
  rm "$root/etc/passwd"
  truncate -s 10G "$root/etc/passwd"
  SB_TIMEOUT=5 one_line_error run --rootfs "$root" /bin/busybox true
  [[ $stderr == *"larger than 10 MiB"* ]]
}

@test "ids: 109 to 118, one id and the reason" {
  local me

  me=$(id -un)
  one_id subuid '' "/etc/subuid has no line for $me (uid $(id -u)); as root: usermod --add-subuids "
  one_id subuid "$me:100000\n" "line 1 of /etc/subuid is not NAME:START:COUNT"
  one_id subuid "#\n\n$me:-1:65536\n" "line 3 of /etc/subuid has a start or count that is not"
  one_id subuid "$me:4294967000:65536\n" "line 1 of /etc/subuid runs past the last id"
  one_id subuid "$me:100000:0\n" "count of 0"
  one_id subuid "$me:0100000:65536\n" "octal"
  one_id subuid "$me:100000:65536\r\n" "carriage return"
  one_id subuid "$me:100000:65536 \n" "ends in a blank"
  one_id subuid " $me:100000:65536\n" "blanks around the name"
  one_id subgid 'somebody:100000:65536' "/etc/subgid has no line for $me"
  # Good ones, of any form: what is missing then is only this namespace.
  one_id subuid "x\ny:-1\n$(id -u):100000:65536" "none of them in the ranges of $me"
  one_id subuid "$me:100000:1\n$(id -u):200000:7\n" "none of them in the ranges of $me"
}

@test "ids: 115, a line of 10 MB" {
  head -c 10000000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/line"
  in_host subuid "$(cat "$BATS_TEST_TMPDIR/line")\n$(id -un):100000\n" run busybox true
  [ "$status" -eq 0 ]
  [[ $stderr == *"line 2 of /etc/subuid is not NAME:START:COUNT"* ]]
}

@test "ids: no_new_privs of the caller leaves one id, and every mode that can do with it works" {
  need setpriv
  local nnp=(setpriv --no-new-privs "$SANDBOX" run)

  run --separate-stderr "${nnp[@]}" busybox sh -c 'id -u; id -G'
  [ "$status" -eq 0 ]
  [ "$output" = $'0\n0' ] || [[ $output == $'0\n0 '* ]]
  [[ $stderr == *"one id: this process runs with no_new_privs"* ]]
  run --separate-stderr "${nnp[@]}" --userns=keep-id busybox id -u
  [ "$status" -eq 0 ]
  [ "$output" = "$(id -u)" ]
  run --separate-stderr "${nnp[@]}" --userns=nomap busybox true
  [ "$status" -eq 125 ]
  [[ $stderr == *"nomap needs a range of subordinate ids; this process runs with no_new_privs"* ]]
  run --separate-stderr "${nnp[@]}" -u daemon busybox true
  [ "$status" -eq 125 ]
  [[ $stderr == *"user id 1 is not mapped"*"no_new_privs"* ]]
}

@test "ids: the helpers are not looked up in PATH, and get no environment" {
  need_subids
  mkdir "$BATS_TEST_TMPDIR/evil"
  printf '#!/bin/sh\ntouch %s/called\n' "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/evil/newuidmap"
  chmod +x "$BATS_TEST_TMPDIR/evil/newuidmap"
  cp "$BATS_TEST_TMPDIR/evil/newuidmap" "$BATS_TEST_TMPDIR/evil/newgidmap"
  PATH=$BATS_TEST_TMPDIR/evil:$PATH expect 0 run busybox true
  [ ! -e "$BATS_TEST_TMPDIR/called" ]
}

@test "ids: inside another user namespace, root of it has its ids to give" {
  need_subids
  local range

  need unshare
  range=$(grep -m1 "^$(id -un):" /etc/subuid | cut -d: -f2)
  # Two lines, as podman maps: an extent may not span them.
  run --separate-stderr unshare --user --map-user=0 --map-users="$range,1,65535" --map-group=0 \
    --map-groups="$range,1,65535" "$SANDBOX" --root "$BATS_TEST_TMPDIR/store" run --tmpfs-root \
    busybox sh -c 'cat /proc/self/uid_map; id -G'
  remove_tree "$BATS_TEST_TMPDIR/store"
  [ "$status" -eq 0 ]
  [[ $(map <<<"$output") == "0 0 1"$'\n'"1 1 65535"* ]]
  [ -z "$stderr" ]
}

@test "ids: a caller that ignores SIGCHLD or blocks signals is no trouble, and it is not handed down" {
  # Callers that were started by make ignore 32 and 33 as well, which libc does not let us reset.
  run --separate-stderr env --ignore-signal=CHLD --ignore-signal=PIPE --block-signal=TERM \
    "$SANDBOX" run busybox grep -E 'SigIgn|SigBlk' /proc/self/status
  [ "$status" -eq 0 ]
  [ "$(grep -c '\s0000000000000000$' <<<"$output")" -eq 2 ]
}
