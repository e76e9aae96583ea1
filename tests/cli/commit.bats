#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load ../lib/common

setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown()
{
  "$SANDBOX" rm -f c >/dev/null 2>&1 || :
  for i in $("$SANDBOX" images | awk 'NR > 1 && /^(mine|other)/ { print $1 }'); do
    "$SANDBOX" rmi "$i" >/dev/null 2>&1 || :
  done
  check_leaks
}

# made CMD: a container c that has run it
made()
{
  expect 0 run --network none --name c "${@:2}" busybox sh -c "$1"
}

@test "a commit is an image: it runs, is listed and removed" {
  made 'echo hello >/f; rm /etc/passwd; mkdir -m 700 /closed'
  expect 0 commit -q c mine
  [[ $output =~ ^[0-9a-f]{64}$ ]]
  id=$output
  expect 0 rm c
  expect 0 run --network none mine sh -c 'cat /f; test ! -e /etc/passwd && stat -c %a /closed'
  [ "$output" = $'hello\n700' ]
  expect 0 run --network none mine:latest cat /f
  expect 0 run --network none localhost/mine cat /f
  expect 0 images
  [[ $output == *mine:latest*${id:0:12}* ]]
  expect 0 rmi mine
  one_line_error run --network none mine true
  store_clean
}

@test "the command, variables, user and folder of the container, and --change" {
  made 'true' -e A=1 -w /etc
  expect 0 commit -q -c 'CMD ["sh","-c","echo $A $B $(pwd)"]' -c 'ENV B=two words' c mine:a
  expect 0 run --network none mine:a
  [ "$output" = '1 two words /etc' ]
  expect 0 commit -q --change 'ENTRYPOINT ["echo","in"]' --change WORKDIR=/tmp --change 'USER 0:0' c mine:b
  expect 0 run --network none mine:b more
  [ "$output" = 'in more' ]
  expect 0 run --network none --entrypoint pwd mine:b
  [ "$output" = /tmp ]
  expect 0 commit -q --change 'CMD echo $((1+1))' c other:1.0
  expect 0 run --network none other:1.0
  [ "$output" = 2 ]
}

@test "a commit of a commit; a name that is there goes over" {
  made 'echo 1 >/f'
  expect 0 commit -q c mine
  expect 0 rm c
  expect 0 run --network none --name c mine sh -c 'echo 2 >>/f'
  expect 0 commit -q c mine
  expect 0 rm c
  expect 0 run --network none mine cat /f
  [ "$output" = $'1\n2' ]
  expect 0 images
  [ "$(grep -c ^mine <<<"$output")" -eq 1 ]
}

@test "rmi refuses an image that a kept container stands on" {
  made 'true'
  expect 0 commit -q c mine
  expect 0 rm c
  expect 0 run --network none --name c mine true
  one_line_error rmi mine
  [[ $stderr == *'used by a container'* ]]
  expect 0 rm c
  expect 0 rmi mine
}

@test "for another id map it is unpacked again" {
  need_subids
  made 'echo hello >/f; chown 5:5 /f'
  expect 0 commit -q c mine
  expect 0 run --network none --userns nomap mine sh -c 'cat /f; stat -c %u /f'
  [ "$output" = $'hello\n5' ]
}

@test "a running container, paused or not" {
  expect 0 run -d --network none --name c busybox sh -c 'echo live >/f; sleep 100'
  eventually 10 sh -c "'$SANDBOX' cp c:/f - | grep -aq live"
  expect 0 commit -q c mine
  expect 0 commit -q -p --iidfile "$BATS_TEST_TMPDIR/iid" c mine:2
  grep -q '^sha256:' "$BATS_TEST_TMPDIR/iid"
  expect 0 run --network none mine:2 cat /f
  [ "$output" = live ]
  expect 0 cp c:/f "$BATS_TEST_TMPDIR/f"
  expect 0 rm -f c
}

@test "bad names and instructions: one line, and nothing is made" {
  made 'true'
  for n in busybox alpine alpine:3.20 ./x /x X 'a b' 'a@b' '' a: ../x; do
    one_line_error commit -q c "$n"
  done
  one_line_error commit -q nosuch mine
  one_line_error commit -q c
  one_line_error commit -q --change 'RUN x' c mine
  one_line_error commit -q --change 'CMD' c mine
  one_line_error commit -q --change 'CMD [1]' c mine
  one_line_error commit -q --change 'ENV x' c mine
  one_line_error commit -q --change 'WORKDIR x' c mine
  expect 0 images
  [[ $output != *mine* ]]
  store_clean
}
