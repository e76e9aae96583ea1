# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the bats files of this folder share: the driver, small tarballs, a mirror.

DRIVER=${top_builddir:-$(cd "$BATS_TEST_DIRNAME/../../build" && pwd)}/image_driver
ARCH=$(uname -m)
case $ARCH in
  i?86) ARCH=x86 ;;
  armv7l) ARCH=armv7 ;;
esac
export DRIVER ARCH

# img ARGS...: runs the driver on this test's store; sets status, output, stderr.
img()
{
  local err=$BATS_TEST_TMPDIR/img.err

  output=$(timeout -k 5 "${IMG_TIMEOUT:-60}" "$DRIVER" "store=$STORE" "path=$IMGDIR" "$@" \
    2>"$err" </dev/null) && status=0 || status=$?
  stderr=$(cat "$err")
}

# img_ok ARGS..., img_fails TEXT ARGS...: demands success, or 125 and one line that has TEXT.
img_ok()
{
  img "$@"
  [ "$status" -eq 0 ] || {
    printf 'image_driver %s: status %s\n%s\n' "$*" "$status" "$stderr" >&2
    return 1
  }
}

img_fails()
{
  local text=$1

  shift
  img "$@"
  if [ "$status" -ne 125 ] || [ "$(wc -l <<<"$stderr")" -ne 1 ] || [[ $stderr != *"$text"* ]]; then
    printf 'image_driver %s: status %s, wanted 125 and a line with "%s"\n%s\n' "$*" "$status" \
      "$text" "$stderr" >&2
    return 1
  fi
}

# layer_of: the folder that the last img printed.
layer_of()
{
  sed -n 's/^layer //p' <<<"$output"
}

# new_store: an empty store and image folder for one test.
new_store()
{
  STORE=$BATS_TEST_TMPDIR/store
  IMGDIR=$BATS_TEST_TMPDIR/images
  mkdir -p "$STORE" "$IMGDIR"
  export STORE IMGDIR
}

# tarball FILE [TEXT]: a small root file system.
tarball()
{
  local d=$BATS_TEST_TMPDIR/tree

  mkdir -p "$d/etc" "$d/bin"
  echo "${2:-none}" >"$d/etc/release"
  seq 1000 >"$d/bin/sh"
  head -c 30000 /dev/urandom >"$d/etc/random"
  tar -C "$d" -czf "$1" .
  rm -rf "$d"
}

# mini VERSION [TEXT]: a minirootfs in the search path.
mini()
{
  tarball "$IMGDIR/alpine-minirootfs-$1-$ARCH.tar.gz" "${2:-$1}"
}

# drop_store: whatever belongs to subordinate ids as well.
drop_store()
{
  remove_tree "$STORE"
}

# mirror_tree DIR BRANCH VERSION...: what a mirror has; the last version is in the list.
mirror_tree()
{
  local dir=$1/$2/releases/$ARCH v f sum sum5

  mkdir -p "$dir"
  shift 2
  for v; do
    f=alpine-minirootfs-$v-$ARCH.tar.gz
    tarball "$dir/$f" "mirror $v"
    (cd "$dir" && sha256sum "$f" >"$f.sha256")
  done
  sum=$(cut -c1-64 "$dir/$f.sha256")
  sum5=$(sha512sum "$dir/$f" | cut -c1-128)
  cat >"$dir/latest-releases.yaml" <<END
---
-
  title: "Standard"
  branch: v0
  arch: $ARCH
  version: $v
  flavor: alpine-standard
  file: alpine-standard-$v-$ARCH.iso
  size: 1
  sha256: 0000000000000000000000000000000000000000000000000000000000000000
-
  title: "Mini root filesystem"
  desc: |
    Minimal root filesystem.
  branch: v0
  arch: $ARCH
  version: $v
  flavor: alpine-minirootfs
  file: $f
  size: $(stat -c %s "$dir/$f")
  sha256: $sum
  sha512: $sum5
END
}
