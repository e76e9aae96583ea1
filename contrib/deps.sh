# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What building, running and testing need from Debian or Ubuntu, and how the
# scripts of this folder get root and an ordinary user. Sourced, never run.

# deps_build: to build from a checkout.
deps_build()
{
  echo autoconf automake make gcc libc6-dev pkg-config xz-utils busybox-static \
    libjson-c-dev libseccomp-dev libarchive-dev libisal-dev libzstd-dev \
    libssl-dev libcurl4-openssl-dev libyaml-dev libslirp-dev libglib2.0-dev \
    libsubid-dev
}

# deps_run: what the built program uses when it is there (it says so when not).
deps_run()
{
  echo uidmap fuse-overlayfs ca-certificates
}

# deps_test: what contrib/check needs on top.
deps_test()
{
  echo git bats libcmocka-dev clang clang-format shellcheck procps util-linux iproute2 \
    iputils-ping python3 openssl nginx-light bzip2 zstd xz-utils attr strace socat file man-db \
    podman slirp4netns catatonit
}

# deps_test_root: engines whose daemons only root can start; only where contrib/check is root's.
deps_test_root()
{
  echo slurm-wlm munge containerd
}

say()
{
  printf '==> %s\n' "$*"
}

# as_root CMD...: runs it as root, by sudo when the caller is not root.
as_root()
{
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    echo "root is needed for: $* (and there is no sudo): run that as root, then this again" >&2
    return 1
  fi
}

# installed PACKAGE: whether dpkg has it.
installed()
{
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# deps_install PACKAGE...: installs those that are missing; asks nothing, and
# needs neither root nor the mirror when nothing is missing.
deps_install()
{
  local missing=() p

  command -v apt-get >/dev/null 2>&1 || {
    echo "no apt-get here: install by your own package manager: $*" >&2
    return 1
  }
  for p in "$@"; do
    installed "$p" || missing+=("$p")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "installing ${missing[*]}"
  as_root apt-get -qq update &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
      --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" >/dev/null
}

# deps_install_clang_rt: the sanitizers' run-time library has clang's version in its name.
deps_install_clang_rt()
{
  local v

  v=$(clang -dumpversion | cut -d. -f1)
  if apt-cache show "libclang-rt-$v-dev" >/dev/null 2>&1; then
    deps_install "libclang-rt-$v-dev"
  fi
}

# host_ready: what a user's container needs of this host and only root can give.
# Device modes are those that udev sets where it runs.
host_ready()
{
  local dev

  for dev in /dev/fuse /dev/net/tun; do
    [ -e "$dev" ] || {
      say "$dev is missing: the tests that need it will be skipped"
      continue
    }
    if [ "$(stat -c %a "$dev")" != 666 ]; then
      say "$dev has mode $(stat -c %a "$dev"): setting 666, as udev does on an installed system"
      as_root chmod 666 "$dev"
    fi
  done
}

# subid_range FILE NAME: adds a free range of 65536 ids for NAME when it has none.
subid_range()
{
  local file=$1 name=$2 start

  touch "$file"
  if grep -q "^$name:" "$file"; then
    return 0
  fi
  start=$(awk -F: 'BEGIN { max = 100000 }
    NF >= 3 && $2 + $3 > max { max = $2 + $3 } END { print max }' "$file")
  echo "$name:$start:65536" >>"$file"
}

# user_ready NAME: makes the unprivileged user with a home and subordinate ids (root only).
user_ready()
{
  local name=$1

  if ! id "$name" >/dev/null 2>&1; then
    say "making the unprivileged user $name"
    useradd -m -s /bin/bash "$name" || return 1
  fi
  subid_range /etc/subuid "$name" && subid_range /etc/subgid "$name"
}

# run_as NAME CMD...: as that user with a clean environment (root only).
run_as()
{
  local name=$1 home

  shift
  home=$(getent passwd "$name" | cut -d: -f6)
  (cd / && runuser -u "$name" -- env -i HOME="$home" USER="$name" LOGNAME="$name" \
    SHELL=/bin/bash LANG="${LANG:-C.UTF-8}" TERM="${TERM:-dumb}" CI="${CI:-}" \
    PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin "$@")
}

# copy_tree FROM TO: the sources without git's folder and without anything built;
# files of TO that are the same keep their times, so that a second build is short.
copy_tree()
{
  local from=$1 to=$2 list

  list=$(mktemp)
  if ! git -C "$from" -c safe.directory='*' ls-files -z -co --exclude-standard \
    >"$list" 2>/dev/null; then
    (cd "$from" && find . -path ./.git -prune -o -path './build*' -prune -o \
      \( -type f -o -type l \) ! -name '*.o' ! -name '*.a' ! -name config.status \
      ! -path ./Makefile ! -path ./config.h -print0) >"$list"
  fi
  rm -rf "$to"
  mkdir -p "$to"
  # A name that git lists but that was deleted from the work tree is no error.
  tar -C "$from" --null --no-recursion --ignore-failed-read -T "$list" -cf - 2>/dev/null |
    tar -C "$to" --no-same-owner -xf -
  rm -f "$list"
}
