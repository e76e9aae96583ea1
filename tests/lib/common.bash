# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What bats files share. A file begins with
#
#   load ../lib/common
#   setup_file() { file_setup; }
#   teardown_file() { file_teardown; }
#   setup() { leaks_before; }
#   teardown() { check_leaks; }
#
# and calls "$SANDBOX" or, to look at status and output apart, `sb ARGS...`:
# output, status, and stderr in $stderr. Every file has a store and a runtime
# folder of its own under $BATS_FILE_TMPDIR; images are unpacked once a file.

# file_setup: the surroundings of one bats file. Call from setup_file.
file_setup()
{
  SANDBOX=${SANDBOX:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build/sandbox}
  [ -x "$SANDBOX" ] || {
    echo "no program at $SANDBOX: set SANDBOX" >&2
    return 1
  }
  XDG_DATA_HOME=$BATS_FILE_TMPDIR/data
  XDG_CONFIG_HOME=$BATS_FILE_TMPDIR/config
  XDG_CACHE_HOME=$BATS_FILE_TMPDIR/cache
  # Sockets live here: their path has a limit of 107 bytes, so this one is short.
  XDG_RUNTIME_DIR=$(mktemp -d /tmp/sb-run.XXXXXX)
  mkdir -p "$XDG_DATA_HOME" "$XDG_CONFIG_HOME" "$XDG_CACHE_HOME"
  STORE=$XDG_DATA_HOME/sandbox
  IMAGES=$(images_dir)
  export SANDBOX XDG_DATA_HOME XDG_CONFIG_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR STORE IMAGES
  unset SANDBOX_TEST_STOP_AT
}

# file_teardown: takes away what file_setup made. Files of subordinate ids are the
# store's: they are removed the way a user would, in the user namespace that owns them.
file_teardown()
{
  wait_trash
  rm -rf "$XDG_RUNTIME_DIR"
  rm -rf "$BATS_FILE_TMPDIR"/data "$BATS_FILE_TMPDIR"/config "$BATS_FILE_TMPDIR"/cache \
    2>/dev/null || remove_tree "$BATS_FILE_TMPDIR/data"
}

# images_dir: where minirootfs tarballs are, or nothing.
images_dir()
{
  local d

  for d in "${SANDBOX_TEST_IMAGES:-}" "$BATS_TEST_DIRNAME/../../../shared/images"; do
    if [ -n "$d" ] && [ -d "$d" ]; then
      (cd "$d" && pwd)
      return 0
    fi
  done
}

# alpine_tarball: the path of this machine's Alpine minirootfs; the test is skipped without.
alpine_tarball()
{
  local f

  f=$(find "${IMAGES:-/nonexistent}" -name "alpine-minirootfs-3.20*-$(uname -m).tar.gz" \
    2>/dev/null | sort | tail -n 1)
  [ -n "$f" ] || skip "no alpine-minirootfs tarball: set SANDBOX_TEST_IMAGES to a folder with one"
  echo "$f"
}

# need_alpine: puts the Alpine tarball into the image search path, so that `alpine` is found.
need_alpine()
{
  local f

  f=$(find "${IMAGES:-/nonexistent}" -name "alpine-minirootfs-3.20*-$(uname -m).tar.gz" \
    2>/dev/null | sort | tail -n 1)
  [ -n "$f" ] || skip "no alpine-minirootfs tarball: set SANDBOX_TEST_IMAGES to a folder with one"
  mkdir -p "$STORE/images"
  [ -e "$STORE/images/${f##*/}" ] || ln -s "$f" "$STORE/images/${f##*/}"
}

# need COMMAND...: skips the test when a program is missing.
need()
{
  local c

  for c in "$@"; do
    command -v "$c" >/dev/null || skip "$c is not installed"
  done
}

# need_subids: skips where only one id can be mapped.
need_subids()
{
  grep -qE "^($(id -un)|$(id -u)):" /etc/subuid 2>/dev/null ||
    skip "$(id -un) has no line in /etc/subuid"
  command -v newuidmap >/dev/null || skip "newuidmap is not installed"
}

# need_tun, need_fuse: skip without the device.
need_tun()
{
  if [ ! -r /dev/net/tun ] || [ ! -w /dev/net/tun ]; then
    skip "/dev/net/tun cannot be opened by this user"
  fi
}

need_fuse()
{
  if [ ! -r /dev/fuse ] || [ ! -w /dev/fuse ]; then
    skip "/dev/fuse cannot be opened by this user"
  fi
}

# sb ARGS...: runs sandbox; sets status, output (stdout), stderr. Standard input is empty.
sb()
{
  local err

  err=$(mktemp "$BATS_TEST_TMPDIR/err.XXXXXX")
  output=$(timeout -k 5 "${SB_TIMEOUT:-60}" "$SANDBOX" "$@" 2>"$err" </dev/null) &&
    status=0 || status=$?
  stderr=$(cat "$err")
  rm -f "$err"
}

# expect STATUS ARGS...: sb ARGS... and demands that exit status.
expect()
{
  local want=$1

  shift
  sb "$@"
  [ "$status" -eq "$want" ] || {
    printf 'sandbox %s: status %s, wanted %s\nstdout: %s\nstderr: %s\n' "$*" "$status" "$want" \
      "$output" "$stderr" >&2
    return 1
  }
}

# one_line_error ARGS...: must fail with 125, one line on stderr, nothing on stdout.
one_line_error()
{
  expect 125 "$@"
  [ -z "$output" ] || {
    echo "wrote to stdout: $output" >&2
    return 1
  }
  if [ -z "$stderr" ] || [ "$(wc -l <<<"$stderr")" -ne 1 ]; then
    printf 'wanted one line on stderr, got:\n%s\n' "$stderr" >&2
    return 1
  fi
}

# eventually SECONDS CMD...: until CMD succeeds, at most so long.
eventually()
{
  # Under translation (tests/vm) everything takes five times as long, and more.
  local end=$((SECONDS + $1 * ${SANDBOX_TEST_SLOW:-1}))

  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || {
      echo "not within the time: $*" >&2
      return 1
    }
    sleep 0.05
  done
}

# mount_ns_number PID: of its mount namespace. Source: linux/nsfs.h, NS_GET_MNTNS_ID, Linux 6.11
mount_ns_number()
{
  python3 -c 'import fcntl, struct, sys
f = open("/proc/%s/ns/mnt" % sys.argv[1])
print(struct.unpack("Q", fcntl.ioctl(f, 0x8008b705, bytes(8)))[0])' "$1" 2>/dev/null
}

# ---- nothing left behind ------------------------------------------------------------------------

# A snapshot (the script leaks) is a set of lines; no new one may be there after a test.

# leak_snapshot, leak_processes: see the script.
leak_snapshot()
{
  "$BATS_TEST_DIRNAME/../lib/leaks"
}

leak_processes()
{
  "$BATS_TEST_DIRNAME/../lib/leaks" processes
}

# leaks_before: remembers what is there. Call from setup.
leaks_before()
{
  leak_snapshot >"$BATS_TEST_TMPDIR/leaks.before"
}

# check_leaks [SECONDS]: fails, listing what is new, when within that time (5) the world does
# not become what it was at leaks_before. Call from teardown, or in a test after a kill.
check_leaks()
{
  local end=$((SECONDS + ${1:-5})) new

  while :; do
    new=$(leak_snapshot | comm -13 "$BATS_TEST_TMPDIR/leaks.before" -)
    [ -n "$new" ] || return 0
    [ "$SECONDS" -lt "$end" ] || break
    sleep 0.1
  done
  printf 'left behind:\n%s\n' "$new" >&2
  return 1
}

# no_processes: within five seconds no process is there that was not at leaks_before.
no_processes()
{
  local end=$((SECONDS + 5))

  while [ -n "$(leak_processes | sort | comm -13 <(grep '^process' "$BATS_TEST_TMPDIR/leaks.before") -)" ]; do
    [ "$SECONDS" -lt "$end" ] || {
      leak_processes >&2
      return 1
    }
    sleep 0.05
  done
}

# store_clean: no unfinished work in the store once the sweeper of the next command has run.
store_clean()
{
  local left

  left=$(find "$STORE/tmp" "$STORE/trash" -mindepth 1 -maxdepth 1 ! -name '*lock*' 2>/dev/null || :)
  [ -z "$left" ] || {
    printf 'in the store: %s\n' "$left" >&2
    return 1
  }
}

# wait_trash: containers' files are removed by a cleaner that nobody waits for; this does.
wait_trash()
{
  local end=$((SECONDS + 10))

  while [ -n "$(ls -A "$STORE/trash" 2>/dev/null)" ] && [ "$SECONDS" -lt "$end" ]; do
    sleep 0.05
  done
}

# remove_tree DIR: also what belongs to subordinate ids.
remove_tree()
{
  local range

  [ -e "$1" ] || return 0
  chmod -R u+rwX "$1" 2>/dev/null || :
  rm -rf "$1" 2>/dev/null && return 0
  range=$(awk -F: -v n="$(id -un)" '$1 == n { print $2; exit }' /etc/subuid)
  # shellcheck disable=SC2016 # expanded inside
  unshare -U --map-user=0 --map-users="$range,1,65535" --map-group=0 \
    --map-groups="$range,1,65535" sh -c 'chmod -R u+rwX "$1"; rm -rf "$1"' sh "$1"
}
