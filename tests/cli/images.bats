#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# pull, images and rmi, the settings they read, and images named by run.

load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { rm -f "$XDG_CONFIG_HOME/sandbox/sandbox.conf"; }

@test "pull prints what the name is; images lists it; rmi takes it away" {
  expect 0 pull busybox
  [ "$output" = busybox ]
  [ -z "$stderr" ]
  expect 0 images
  [[ $output == NAME*"busybox "* ]]
  expect 0 images -q
  [[ $output =~ ^[0-9a-f]{12}$ ]]
  local id=$output
  expect 0 images --format json
  [[ $output == *'"Name": "busybox"'* ]]
  expect 0 images --format '{{.ID}} {{.Repository}}:{{.Tag}}'
  [ "$output" = "$id busybox:latest" ]
  expect 0 images --format 'table {{.Repository}}\t{{.ID}}'
  [ "$(tr -s ' ' <<<"$output")" = "REPOSITORY ID"$'\n'"busybox $id" ]
  one_line_error images --format '{{.Colour}}'
  expect 0 rmi "$id"
  [ "$output" = busybox ]
  expect 0 images -q
  [ -z "$output" ]
  [ -z "$(find "$STORE/refs" "$STORE/layers" -mindepth 1)" ]
  store_clean
}

@test "an image that runs is not removed" {
  mkfifo "$BATS_TEST_TMPDIR/in"
  "$SANDBOX" run -i --network none busybox sh -c 'echo up; read x' \
    <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" 3>&- &
  local pid=$!
  exec 8>"$BATS_TEST_TMPDIR/in"
  eventually 20 grep -q up "$BATS_TEST_TMPDIR/out"
  one_line_error rmi busybox
  [[ $stderr == *"is used by a "*container* ]]
  echo >&8
  exec 8>&-
  wait "$pid" || true
  expect 0 rmi busybox
}

@test "run takes a tarball by its path" {
  local d=$BATS_TEST_TMPDIR/tree

  expect 0 pull busybox
  cp "$(dirname "$SANDBOX")/share/busybox.tar.gz" "$BATS_TEST_TMPDIR/my.tar.gz"
  cd "$BATS_TEST_TMPDIR"
  expect 0 run --network none ./my.tar.gz echo from a tarball
  [ "$output" = "from a tarball" ]
  one_line_error run --network none ./none.tar.gz true
  mkdir -p "$d"
  one_line_error run --network none ./tree true
  [[ $stderr == *"--rootfs"* ]]
}

@test "alpine from the search path, and one line when it is not there" {
  one_line_error pull --pull=never alpine:3.20
  [[ $stderr == *"is not in $STORE/images, /usr/local/share/sandbox/images, /usr/share/sandbox/images"* ]]
  [[ $stderr == *"into $STORE/images, or let it be fetched"* ]]
  need_alpine
  expect 0 run --network none alpine:3.20 cat /etc/alpine-release
  [[ $output == 3.20.* ]]
  expect 0 run --network none docker.io/library/alpine:3.20 true
}

@test "bad image names: 125 and one line" {
  local name

  for name in "" A/B x: x@sha256: "[::1]:99999/x" ../../etc "$(printf 'a%.0s' {1..5120})" $'\e[31m'; do
    one_line_error run --network none "$name" true
    [[ $stderr != *$'\e'* ]]
  done
}

@test "an architecture that cannot run here is told before it is fetched" {
  local other=s390x

  [ "$(uname -m)" != s390x ] || other=riscv64
  [ ! -e /proc/sys/fs/binfmt_misc/qemu-$other ] || skip "$other runs here"
  one_line_error run --arch "$other" --network none alpine true
  [[ $stderr == *"cannot run on this machine"*"qemu-$other"* ]]
  one_line_error run --arch vax --network none alpine true
}

@test "odd surroundings: any umask, no HOME, a current folder that is gone" {
  (umask 0777 && "$SANDBOX" --root "$BATS_TEST_TMPDIR/store" pull -q busybox)
  run env -i "$SANDBOX" --root "$BATS_TEST_TMPDIR/store" images -q
  [ "$status" -eq 0 ] && [ "${#output}" -eq 12 ]
  run env -i "$SANDBOX" images
  [ "$status" -eq 125 ] && [[ $output == *"set HOME or XDG_DATA_HOME"* ]]
  mkdir "$BATS_TEST_TMPDIR/gone"
  cd "$BATS_TEST_TMPDIR/gone"
  rmdir "$BATS_TEST_TMPDIR/gone"
  one_line_error pull ./x.tar
  expect 0 pull busybox
  remove_tree "$BATS_TEST_TMPDIR/store"
}

@test "settings: the file, the environment above it, and errors with file and line" {
  local conf=$XDG_CONFIG_HOME/sandbox/sandbox.conf

  mkdir -p "${conf%/*}"
  printf '# mine\nmirror = https://localhost:1/from-file\npull_timeout = 5s\n' >"$conf"
  one_line_error pull alpine:3.1
  [[ $stderr == *"https://localhost:1/from-file/v3.1/"* ]]
  SANDBOX_MIRROR=https://localhost:1/from-env one_line_error pull alpine:3.1
  [[ $stderr == *"https://localhost:1/from-env/v3.1/"* ]]
  SANDBOX_MIRROR=https://localhost:1/from-env one_line_error pull --mirror https://localhost:1/from-option alpine:3.1
  [[ $stderr == *"https://localhost:1/from-option/v3.1/"* ]]
  printf 'keep = true\nkeeep = true\n' >"$conf"
  one_line_error images
  [[ $stderr == *"$conf:2: there is no setting keeep; there are "* ]]
  printf 'keep = perhaps\n' >"$conf"
  one_line_error run busybox true
  [[ $stderr == *"$conf:1: keep \"perhaps\""* ]]
  rm "$conf"
  SANDBOX_PULL=sometimes one_line_error images
  [[ $stderr == *"SANDBOX_PULL"* ]]
}

@test "a damaged record is named once and made again" {
  expect 0 pull busybox
  head -c 40 "$STORE/refs/busybox" >"$BATS_TEST_TMPDIR/half"
  cp "$BATS_TEST_TMPDIR/half" "$STORE/refs/busybox"
  expect 0 images
  [[ $stderr == *"refs/busybox) is damaged"* ]]
  expect 0 run --network none busybox true
  [[ $stderr == *"the record of image busybox ($STORE/refs/busybox) is damaged"* ]]
  expect 0 run --network none busybox true
  [ -z "$stderr" ]
}
