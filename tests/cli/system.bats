#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# system df, prune and reset

load ../lib/common
load ../lib/records
setup_file() { file_setup; }
teardown_file() { file_teardown; }

@test "df counts images, containers and volumes" {
  expect 0 pull busybox
  expect 0 volume create data
  record a1 apple exited 0
  dd if=/dev/zero of="$(echo "$STORE"/containers/a1a1*)/file" bs=64k count=16 2>/dev/null
  expect 0 system df
  [ "$(sed -n 1p <<<"$output" | tr -s ' ')" = "TYPE TOTAL ACTIVE SIZE RECLAIMABLE" ]
  [[ $(sed -n 2p <<<"$output" | tr -s ' ') == "Images 1 0 "* ]]
  [[ $(sed -n 3p <<<"$output" | tr -s ' ') == "Containers 1 0 1"*"(100%)" ]]
  [[ $(sed -n 4p <<<"$output" | tr -s ' ') == "Local Volumes 1 0 "* ]]
  expect 0 system df --format '{{.Type}} {{.RawSize}}'
  [ "$(awk '$1 == "Containers" { print ($2 >= 1048576 && $2 < 1200000) }' <<<"$output")" = 1 ]
  expect 0 system df -v
  [[ $output == *busybox* && $output == *apple* && $output == *data* ]]
  expect 0 system df --format json
  [[ $output == *'"Total": 1'* ]]
  one_line_error system df extra
}

@test "prune removes containers, then images without a name; -a and --volumes the others" {
  expect 0 system prune -f
  [[ $output == "Deleted Containers"$'\n'a1a1*"Total reclaimed space: 1"* ]]
  expect 0 images -q
  [ -n "$output" ]
  expect 0 system prune -af --volumes
  [[ $output == *"Deleted Images"$'\n'busybox*"Deleted Volumes"$'\n'data* ]]
  expect 0 volume ls -q
  [ -z "$output" ]
}

@test "reset asks, keeps what is the user's, and leaves nothing else" {
  expect 0 pull busybox
  expect 0 volume create data
  record a1 apple exited 0
  mkdir -p "$STORE/images"
  echo mine >"$STORE/images/my.tar"
  one_line_error system reset </dev/null || [[ $stderr == *"nobody answers"* ]]
  expect 0 ps -aq
  [ -n "$output" ]
  expect 0 system reset -f
  [ "$(ls "$STORE")" = images ]
  rm -r "$STORE/images"
  expect 0 system reset --force
  expect 0 ps -a
  expect 0 run --network none busybox true
}
