#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# From a name to unpacked layers without a network: names, the search path, the
# store and what can happen to it.

bats_require_minimum_version 1.5.0
load ../lib/common
load image
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { new_store; }
teardown() { drop_store; }

inode() { stat -c %i "$(layer_of)"; }

@test "alpine is the newest release in the search path; partial and whole versions choose" {
  mini 3.19.4
  mini 3.20.3
  mini 3.20.10
  mini 3.21.0_rc1
  img_ok ready alpine
  [[ $output == "ref alpine:3.20.10"* ]]
  [ "$(cat "$(layer_of)/etc/release")" = 3.20.10 ]
  img_ok ready alpine:3.19
  [[ $output == "ref alpine:3.19.4"* ]]
  img_ok ready docker.io/library/alpine@3.20.3
  [[ $output == "ref alpine:3.20.3"* ]]
  img_ok ready alpine:3.21.0_rc1
  [[ $output == "ref alpine:3.21.0_rc1"* ]]
}

@test "a newer tarball that is dropped into the folder is found, one that goes is not" {
  mini 3.20.2
  img_ok ready alpine
  [[ $output == "ref alpine:3.20.2"* ]]
  mini 3.20.3
  img_ok ready alpine
  [[ $output == "ref alpine:3.20.3"* ]]
  rm "$IMGDIR"/*3.20.3*
  img_ok ready alpine
  [[ $output == "ref alpine:3.20.2"* ]]
}

@test "an image is unpacked once for all its names, and once more for another map" {
  need_subids
  mini 3.20.3
  img_ok ready alpine
  local first
  first=$(inode)
  img_ok ready alpine:3.20
  [ "$(inode)" = "$first" ]
  img_ok map=sub ready alpine
  [ "$(inode)" != "$first" ]
  img_ok list
  [[ $output == *"alpine alpine:3.20.3"*" 2"* ]]
}

@test "a tarball that changes under its name is unpacked anew" {
  tarball "$BATS_TEST_TMPDIR/x.tar.gz" one
  img_ok ready "$BATS_TEST_TMPDIR/x.tar.gz"
  [ "$(cat "$(layer_of)/etc/release")" = one ]
  tarball "$BATS_TEST_TMPDIR/x.tar.gz" two
  img_ok ready "$BATS_TEST_TMPDIR/x.tar.gz"
  [ "$(cat "$(layer_of)/etc/release")" = two ]
  cd "$BATS_TEST_TMPDIR"
  img_ok ready ./x.tar.gz
  [ "$(cat "$(layer_of)/etc/release")" = two ]
}

@test "a change right after the unpacking, within one tick of the clock, is seen" {
  local i t=$BATS_TEST_TMPDIR/x.tar

  for i in 1 2 3 4 5 6; do
    tarball "$BATS_TEST_TMPDIR/t$i.tar.gz" "$i"
    gzip -dc "$BATS_TEST_TMPDIR/t$i.tar.gz" >"$BATS_TEST_TMPDIR/t$i.tar"
  done
  cp "$BATS_TEST_TMPDIR/t1.tar" "$t"
  for i in 1 2 3 4 5 6; do
    cat "$BATS_TEST_TMPDIR/t$i.tar" >"$t"
    img_ok ready "$t"
    [ "$(cat "$(layer_of)/etc/release")" = "$i" ]
  done
}

@test "other compressions and plain tar" {
  local t=$BATS_TEST_TMPDIR/x z

  tarball "$t.tar.gz" packed
  gzip -dk "$t.tar.gz"
  for z in xz zstd bzip2; do
    command -v $z >/dev/null || continue
    case $z in
      xz) xz -k "$t.tar" ;;
      zstd) zstd -q "$t.tar" -o "$t.tar.zst" ;;
      bzip2) bzip2 -k "$t.tar" ;;
    esac
  done
  for f in "$t".tar*; do
    img_ok ready "$f"
    [ "$(cat "$(layer_of)/etc/release")" = packed ]
  done
}

@test "the real minirootfs" {
  local f

  alpine_tarball >/dev/null # where there is none this skips the test, a subshell would not
  f=$(alpine_tarball)
  img_ok "path=${f%/*}" ready alpine:3.20
  [ -L "$(layer_of)/bin/sh" ]
  [ "$(cat "$(layer_of)/etc/alpine-release")" = "$(sed -n 's/.*:\([0-9.]*\)$/\1/p' <<<"${output%%$'\n'*}")" ]
}

@test "bad names are refused with one line" {
  img_fails "is empty" ready ""
  img_fails "lower case" ready A/B
  img_fails "not a tag" ready x:
  img_fails "not a digest" ready x@sha256:
  img_fails "not a host name" ready "[::1]:99999/x"
  img_fails "longer than" ready "$(printf 'a%.0s' {1..5120})"
  img_fails "there is no image" ready ubuntu
  img_fails "No such file" ready ./nothing.tar
  cd /usr/bin
  img_fails "--rootfs" ready ../../etc
  img_fails "not a regular file" ready /dev/null
  mkfifo "$BATS_TEST_TMPDIR/fifo.tar"
  img_fails "not a regular file" ready "$BATS_TEST_TMPDIR/fifo.tar"
  img_fails "there is no architecture" arch=vax ready alpine
}

@test "not found and not fetched: one line with the places and the two ways" {
  img_fails "alpine:3.20 for $ARCH is not in $IMGDIR" pull=never ready alpine:3.20
  [[ $stderr == *"put alpine-minirootfs-3.20.N-$ARCH.tar.gz into $IMGDIR, or let it be fetched"* ]]
  img_fails "cannot be fetched: " mirror=https://localhost:1/alpine ready alpine
  [[ $stderr == *"--mirror URL"* ]]
}

@test "what is not a tarball fails and leaves nothing" {
  head -c 100000 /dev/urandom >"$IMGDIR/alpine-minirootfs-3.20.3-$ARCH.tar.gz"
  img_fails "cannot unpack alpine:3.20.3" ready alpine
  store_clean
  [ -z "$(find "$STORE/refs" "$STORE/layers" -mindepth 1)" ]
  tarball "$BATS_TEST_TMPDIR/x.tar.gz"
  head -c 300 "$BATS_TEST_TMPDIR/x.tar.gz" >"$BATS_TEST_TMPDIR/cut.tar.gz"
  img_fails "cannot unpack" ready "$BATS_TEST_TMPDIR/cut.tar.gz"
  store_clean
}

@test "eight at once unpack once" {
  local i pids=() inodes

  mini 3.20.3
  for i in 1 2 3 4 5 6 7 8; do
    "$DRIVER" "store=$STORE" "path=$IMGDIR" ready alpine \
      >"$BATS_TEST_TMPDIR/out.$i" 2>"$BATS_TEST_TMPDIR/err.$i" 3>&- &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i"; done
  inodes=$(sed -n 's/^layer //p' "$BATS_TEST_TMPDIR"/out.? | xargs stat -c %i | sort -u | wc -l)
  [ "$inodes" = 1 ]
  [ "$(cat "$BATS_TEST_TMPDIR"/out.? | sort -u | wc -l)" = 3 ]
  store_clean
}

# stop_at STAGE ARGS...: starts the driver and waits until it stops at that stage; sets pid.
stop_at()
{
  local stage=$1 err=$BATS_TEST_TMPDIR/stopped

  shift
  : >"$err"
  SANDBOX_TEST_STOP_AT=$stage "$DRIVER" "store=$STORE" "path=$IMGDIR" "$@" >/dev/null 2>"$err" 3>&- &
  pid=$!
  eventually 20 grep -q "^stopped at $stage, pid $pid" "$err"
}

@test "kill -9 at each stage: the next command works and the store is clean" {
  leaks_before
  local stage

  mini 3.20.3
  for stage in image-locked image-unpacking image-unpacked image-synced image-committed; do
    stop_at "$stage" map=sub ready alpine
    kill -9 "$pid"
    wait "$pid" || true
    img_ok map=sub ready alpine
    store_clean
    img_ok map=sub remove alpine
    store_clean
    [ -z "$(ls "$STORE/layers")" ]
  done
  check_leaks
}

@test "kill -9 in the middle of unpacking, at random moments" {
  leaks_before
  local i real

  need_subids
  real=$(find "${IMAGES:-/nonexistent}" -name "alpine-minirootfs-3.20*-$ARCH.tar.gz" | head -n 1)
  [ -n "$real" ] || skip "no alpine-minirootfs tarball"
  cp "$real" "$IMGDIR"
  for i in 1 2 3 4 5 6 7 8 9 10; do
    "$DRIVER" "store=$STORE" "path=$IMGDIR" map=sub sync=false ready alpine >/dev/null 2>&1 3>&- &
    pid=$!
    sleep "0.0$((RANDOM % 10))"
    kill -9 "$pid" || true
    wait "$pid" || true
  done
  eventually 5 eval "! pgrep -u \$(id -u) -f '[s]andbox-unpack'"
  img_ok map=sub ready alpine
  store_clean
  check_leaks
}

@test "a live unpacking is not swept by another command" {
  mini 3.20.3
  mini 3.19.4
  stop_at image-unpacked ready alpine:3.20
  img_ok ready alpine:3.19
  [ "$(find "$STORE/tmp" -mindepth 1 -maxdepth 1 | wc -l)" = 1 ]
  kill -9 "$pid"
  wait "$pid" || true
  img_ok ready alpine:3.19
  store_clean
}

@test "a damaged record is named and made again" {
  local n

  mini 3.20.3
  img_ok ready alpine
  cp "$STORE/refs/alpine" "$BATS_TEST_TMPDIR/ref"
  for n in 0 50 200; do
    head -c "$n" "$BATS_TEST_TMPDIR/ref" >"$STORE/refs/alpine"
    img_ok ready alpine
    [[ $stderr == *"the record of image alpine ($STORE/refs/alpine) is damaged"* ]]
    img_ok ready alpine
    [ -z "$stderr" ]
  done
  for n in 5 30 90 150 260; do
    cp "$BATS_TEST_TMPDIR/ref" "$STORE/refs/alpine"
    printf '\377' | dd of="$STORE/refs/alpine" bs=1 seek="$n" conv=notrunc status=none
    img_ok ready alpine
    [[ $stderr == *"is damaged"* ]]
  done
  mini 3.19.4
  img_ok ready alpine:3.19
  printf 'x' >"$STORE/refs/alpine"
  img_ok list
  [[ $stderr == *"refs/alpine) is damaged"* ]]
  [[ $output == *"alpine:3.19 "* ]]
  rm "$STORE/refs/alpine"
  mkdir "$STORE/refs/alpine"
  img ready alpine
  [ "$status" -eq 125 ]
  [[ $stderr == *"cannot write the record of image alpine"* ]]
}

@test "a record that is sound but wrong about its layer is made again" {
  mini 3.20.3
  img_ok ready alpine
  rm -rf "$STORE/layers"
  img_ok ready alpine
  [ -e "$(layer_of)/etc/release" ]
  echo damaged >"$(dirname "$(layer_of)")/info"
  rm "$STORE/refs/alpine"
  img_ok ready alpine
  [ "$(cat "$(layer_of)/etc/release")" = 3.20.3 ]
  store_clean
}

@test "what was not synced is not believed after the next boot" {
  mini 3.20.3
  img_ok sync=false ready alpine
  grep -q "^boot $(cat /proc/sys/kernel/random/boot_id)" "$STORE/refs/alpine"
  local first
  first=$(inode)
  img_ok ready alpine
  [ "$(inode)" = "$first" ]
  # Another boot: the same records with another id and a right sum.
  python3 - "$STORE/refs/alpine" "$(dirname "$(layer_of)")/info" <<'END' || skip "no python3"
import re, sys
for path in sys.argv[1:]:
    text = open(path, "rb").read()
    text = re.sub(rb"boot \S+", b"boot 00000000-0000-0000-0000-000000000000", text)
    text = text[: text.index(b"sum ")]
    h = 0xCBF29CE484222325
    for c in text:
        h = ((h ^ c) * 0x100000001B3) % 2**64
    open(path, "wb").write(text + b"sum %016x\n" % h)
END
  img_ok ready alpine
  [ -z "$stderr" ]
  [ "$(inode)" != "$first" ]
  run ! grep -q ^boot "$STORE/refs/alpine"
}

@test "a read-only store: what is ready runs, what is not says why" {
  need bwrap
  mini 3.20.3
  img_ok ready alpine
  output=$(bwrap --ro-bind / / --dev /dev --proc /proc "$DRIVER" "store=$STORE" "path=$IMGDIR" ready alpine)
  [[ $output == "ref alpine:3.20.3"* ]]
  output=$(bwrap --ro-bind / / --dev /dev --proc /proc "$DRIVER" "store=$STORE" "path=$IMGDIR" list)
  [[ $output == "alpine alpine:3.20.3"* ]]
  run bwrap --ro-bind / / --dev /dev --proc /proc "$DRIVER" "store=$STORE" "path=$IMGDIR" ready alpine:3.20
  [ "$status" -eq 125 ]
  [[ $output == *"is read-only"* || $output == *"Read-only file system"* ]]
  [ "${#lines[@]}" -eq 1 ]
}

# in_small_fs OPTIONS COMMAND...: with a small tmpfs at $STORE.
in_small_fs()
{
  local opts=$1

  shift
  # shellcheck disable=SC2016 # expanded inside
  unshare -Urm sh -c 'mount -t tmpfs -o "$0" none "$STORE" && exec "$@"' "$opts" "$@"
}

@test "no space and no inodes: one line says which, and nothing is left" {
  local f

  mini 3.20.3
  f=$BATS_TEST_TMPDIR/big.tar.gz
  mkdir "$BATS_TEST_TMPDIR/big"
  head -c 6000000 /dev/urandom >"$BATS_TEST_TMPDIR/big/file"
  for i in $(seq 300); do : >"$BATS_TEST_TMPDIR/big/$i"; done
  tar -C "$BATS_TEST_TMPDIR/big" -czf "$f" .
  # shellcheck disable=SC2016
  run in_small_fs size=4m sh -c '"$DRIVER" "store=$STORE" sync=false ready "$0"; rc=$?
    find "$STORE/tmp" "$STORE/layers" -mindepth 1; exit $rc' "$f"
  [ "$status" -eq 125 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == *"no space left on the file system of $STORE"*"--root DIR"* ]]
  # shellcheck disable=SC2016
  run in_small_fs size=40m,nr_inodes=200 sh -c '"$DRIVER" "store=$STORE" sync=false ready "$0"; rc=$?
    find "$STORE/tmp" "$STORE/layers" -mindepth 1; exit $rc' "$f"
  [ "$status" -eq 125 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == *"no inodes left on the file system of $STORE (it can hold 200 files)"* ]]
}

@test "remove and prune: refused while in use, whole afterwards" {
  local pid fifo=$BATS_TEST_TMPDIR/fifo layer

  mini 3.20.3
  mini 3.19.4
  img_ok ready alpine
  img_ok ready alpine:3.20
  img_ok ready alpine:3.19
  mkfifo "$fifo"
  "$DRIVER" "store=$STORE" "path=$IMGDIR" hold alpine <"$fifo" >"$BATS_TEST_TMPDIR/held" 3>&- &
  pid=$!
  exec 8>"$fifo"
  eventually 5 test -s "$BATS_TEST_TMPDIR/held"
  layer=$(sed -n 's/^layer //p' "$BATS_TEST_TMPDIR/held")
  img_ok remove alpine:3.20
  [ -e "$layer/etc/release" ]
  img_fails "is used by a running container" remove alpine
  [ -e "$layer/etc/release" ]
  img_ok prune-all
  [[ $output == "names 1 layers 1 "* ]]
  [ -e "$layer/etc/release" ]
  exec 8>&-
  wait "$pid"
  img_fails "there is no image nope" remove nope
  img_ok remove "$(sed -n 's/^digest sha256:\(.\{12\}\).*/\1/p' "$BATS_TEST_TMPDIR/held")"
  [ ! -e "$layer" ]
  img_ok list
  [ -z "$output" ]
  [ -z "$(find "$STORE/refs" "$STORE/layers" -mindepth 1)" ]
  store_clean
}

@test "remove against run, both in loops: never half an image" {
  local i end=$((SECONDS + 4)) layer

  mini 3.20.3
  (while [ "$SECONDS" -lt "$end" ]; do
    "$DRIVER" "store=$STORE" "path=$IMGDIR" sync=false remove alpine
  done) >/dev/null 2>&1 3>&- &
  i=0
  while [ "$SECONDS" -lt "$end" ]; do
    img sync=false ready alpine
    [ "$status" -eq 0 ] || [[ $stderr == *"is being removed"* ]]
    i=$((i + 1))
  done
  wait
  [ "$i" -gt 5 ]
  img_ok ready alpine
  [ "$(wc -l <"$(layer_of)/bin/sh")" = 1000 ]
  store_clean
}

@test "another architecture is chosen by name and kept apart" {
  local other=aarch64

  [ "$ARCH" != aarch64 ] || other=x86_64
  mini 3.20.3
  tarball "$IMGDIR/alpine-minirootfs-3.20.3-$other.tar.gz" foreign
  img_ok arch=$other ready alpine
  [[ $output == "ref alpine:3.20.3+$other"* ]]
  [ "$(cat "$(layer_of)/etc/release")" = foreign ]
  img_ok ready alpine
  [ "$(cat "$(layer_of)/etc/release")" = 3.20.3 ]
  img_ok arch=$other ready alpine
  [ "$(cat "$(layer_of)/etc/release")" = foreign ]
}

@test "an image that is ready costs no helper and writes nothing" {
  need strace
  mini 3.20.3
  img_ok ready alpine
  # LeakSanitizer cannot work under strace.
  ASAN_OPTIONS=detect_leaks=0 strace -f -o "$BATS_TEST_TMPDIR/trace" "$DRIVER" "store=$STORE" "path=$IMGDIR" ready alpine
  run ! grep -E '^[0-9]+ +(clone|fork|vfork)|execve\("[^"]*/sandbox-(unpack|fetch)"' "$BATS_TEST_TMPDIR/trace"
  run ! grep -E 'O_CREAT|mkdir|rename|unlink' "$BATS_TEST_TMPDIR/trace"
}
