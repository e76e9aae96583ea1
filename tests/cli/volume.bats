#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load ../lib/common

setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }

teardown()
{
  "$SANDBOX" volume ls -q | while read -r v; do
    "$SANDBOX" volume rm "$v" >/dev/null 2>&1 || :
  done
  check_leaks
}

run0()
{
  expect 0 run --network none "$@"
}

volumes()
{
  "$SANDBOX" volume ls -q | wc -l
}

@test "create, ls, inspect, exists, rm" {
  expect 0 volume create one
  [ "$output" = one ]
  one_line_error volume create one
  expect 0 volume create --label a=b --label c two
  expect 0 volume create
  [[ $output =~ ^[0-9a-f]{64}$ ]]
  expect 0 volume ls -q --filter label=a
  [ "$output" = two ]
  expect 0 volume ls -q --filter name=on
  [ "$output" = one ]
  expect 0 volume ls
  [[ ${output%%$'\n'*} == 'DRIVER '*'VOLUME NAME' ]]
  [ "$(wc -l <<<"$output")" -eq 4 ]
  expect 0 volume inspect two
  [[ $output == *'"two"'* ]]
  [[ $output =~ \"a\":\ *\"b\" ]]
  expect 0 volume ls --format json
  [[ $output == \[* ]]
  expect 0 volume exists two
  expect 1 volume exists nosuch
  expect 0 volume rm two
  expect 1 volume rm two
  expect 0 volume rm -f two
  expect 0 volume rm --all
  [ "$(volumes)" -eq 0 ]
}

@test "bad names and words: one line" {
  local n

  for n in a/b .. . .hid -x 'a b' '' $'a\nb' "$(printf 'a%.0s' $(seq 200))"; do
    one_line_error volume create -- "$n"
  done
  one_line_error volume nosuch
  one_line_error volume ls x
  one_line_error volume rm
  one_line_error volume create --force x
  one_line_error volume create --driver nfs x
  one_line_error volume ls --filter bogus=1
  one_line_error volume inspect ../containers
  expect 1 volume rm ../containers
}

@test "a named volume is made on first use, shared, and stays" {
  run0 -v data:/d busybox sh -c 'echo hello >/d/f; chown 7:7 /d/f'
  run0 -v data:/x:ro busybox cat /x/f
  [ "$output" = hello ]
  sb run --network none -v data:/x:ro busybox sh -c 'echo no >/x/f'
  [ "$status" -ne 0 ]
  run0 --mount type=volume,src=data,dst=/y busybox cat /y/f
  [ "$output" = hello ]
  expect 0 volume rm data
  [ ! -e "$STORE/volumes/data" ]
}

@test "an empty volume gets what the image has, once; nocopy and ro do not" {
  run0 -v etc:/etc busybox sh -c 'test -e /etc/passwd; echo mine >/etc/passwd'
  run0 -v etc:/etc busybox cat /etc/passwd
  [ "$output" = mine ]
  run0 -v none:/etc:nocopy busybox sh -c 'test ! -e /etc/passwd'
  run0 -v ro:/etc:ro busybox sh -c 'test ! -e /etc/passwd'
  run0 -v tmp:/tmp busybox stat -c %a /tmp
  want=$output
  run0 -v tmp:/tmp busybox stat -c %a /tmp
  [ "$output" = "$want" ]
}

@test "a container without the caller's id writes to its volume" {
  need_subids
  run0 --userns nomap -v nm:/d busybox sh -c 'echo a >/d/f; stat -c %u /d'
  [ "$output" = 0 ]
  expect 0 volume rm nm
}

@test "-v /dir: a volume that goes with --rm, and stays without" {
  run0 -v /d busybox sh -c 'echo a >/d/f'
  [ "$(volumes)" -eq 0 ]
  run0 --name keep -v /d busybox sh -c 'echo a >/d/f'
  [ "$(volumes)" -eq 1 ]
  expect 2 volume rm "$("$SANDBOX" volume ls -q)"
  expect 0 rm keep
  [ "$(volumes)" -eq 1 ]
  expect 0 volume prune -f
  [ "$(volumes)" -eq 0 ]
}

@test "a volume that a container has cannot be removed; prune leaves it" {
  run0 --name user -v used:/d busybox true
  expect 2 volume rm used
  [[ $stderr == *'used by container'* ]]
  expect 0 volume create free
  expect 0 volume prune -f
  [ "$output" = free ]
  expect 0 volume ls -q --filter dangling=false
  [ "$output" = used ]
  expect 0 rm user
  expect 0 volume rm used
}

@test "a container that was killed holds nothing, and its nameless volume is swept" {
  "$SANDBOX" run --network none -v held:/h -v /anon busybox sleep 100 </dev/null 3>&- &
  pid=$!
  eventually 20 sh -c "ls $STORE/volumes/held/users | grep -q ."
  expect 2 volume rm held
  eventually 20 sh -c "pgrep -P $pid >/dev/null"
  kill -KILL "$pid"
  wait "$pid" || true
  touch -d '1 hour ago' "$STORE"/volumes/*/users/*
  find "$STORE/containers" "$XDG_RUNTIME_DIR/sandbox/containers" -maxdepth 1 -mindepth 1 \
    -exec touch -d '1 hour ago' {} +
  sleep 2.1
  run0 busybox true
  run0 busybox true
  [ "$(volumes)" -eq 1 ]
  expect 0 volume rm held
}

@test "eight runs make one volume once" {
  local i

  for i in 1 2 3 4 5 6 7 8; do
    "$SANDBOX" run --network none -v shared:/d busybox touch "/d/$i" </dev/null &
  done
  wait
  [ "$(volumes)" -eq 1 ]
  run0 -v shared:/d busybox ls /d
  [ "$(wc -l <<<"$output")" -eq 8 ]
}
