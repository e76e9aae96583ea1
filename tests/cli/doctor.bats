#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sandbox doctor: on this host as it is, and on hosts that lack something, which
# unshare(1) makes out of this one.

load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() { check_leaks; }

# row NAME: level and finding of one row of the last output, what to do behind it.
row()
{
  printf '%s\n' "$output" | awk -v name="$1" '
    /^(ok|note|warn|fail) / { mine = index(substr($0, 7), name) == 1 }
    mine'
}

# wants STATUS: of the last run; shows what it printed when it is another.
wants()
{
  [ "$status" -eq "$1" ] || {
    printf 'status %s, wanted %s:\n%s\n' "$status" "$1" "$output" >&2
    return 1
  }
}

# in_host SETUP: runs the doctor where SETUP was done by root of a user namespace.
in_host()
{
  output=$(unshare --user --map-root-user --mount sh -c "$1 && exec \"\$SANDBOX\" doctor" 2>&1) &&
    status=0 || status=$?
}

@test "doctor: a host that runs these tests is healthy" {
  expect 0 doctor
  [[ $(row "user namespaces") == ok* ]]
  [[ $(row seccomp) == ok* ]]
  [[ $(row store) == ok*"$STORE"* ]]
  [[ $output == *"Containers can run here." ]]
  [ -z "$stderr" ]
  [ -z "$(ls -A "$STORE/trash")" ]
}

@test "doctor: --format json says the same" {
  need python3
  expect 0 doctor --format json
  python3 - "$output" <<'END'
import json, sys
d = json.loads(sys.argv[1])
assert d["ok"] is True
names = [r["name"] for r in d["rows"]]
assert len(names) == len(set(names)) and len(names) >= 20, names
for r in d["rows"]:
    assert r["level"] in ("ok", "note", "warn") and r["found"] and r["why"], r
END
}

@test "doctor: misuse is one line" {
  one_line_error doctor --format yaml
  one_line_error doctor word
  one_line_error doctor --no-such-option
}

@test "doctor: no user namespaces: 125, the switch is named" {
  in_host 'echo 0 >/proc/sys/user/max_user_namespaces'
  wants 125
  [[ $(row "user namespaces") == fail*"user.max_user_namespaces=15000"* ]]
  [[ $(row overlay) == note*"not tried"* ]]
  [[ $output == *"No container can run here"* ]]
}

@test "doctor: a namespace kind that is used up is named" {
  in_host 'echo 0 >/proc/sys/user/max_net_namespaces'
  wants 125
  [[ $(row "user namespaces") == fail*"user.max_net_namespaces=15000"* ]]
}

@test "doctor: one id is a warning, not the end" {
  in_host 'true'
  wants 0
  [[ $(row ids) == warn*"one id only"* ]]
}

@test "doctor: no_new_privs around it is named" {
  need_subids
  need setpriv
  output=$(setpriv --no-new-privs "$SANDBOX" doctor)
  [[ $(row ids) == warn*"no_new_privs"* ]]
}

@test "doctor: a masked /proc: 125, the outer container's option is named" {
  # One that is mounted elsewhere, for a chroot, would let a new one be mounted.
  in_host '[ "$(grep -c " proc " /proc/self/mounts)" -eq 1 ] || exit 77; mount -t tmpfs tmpfs /proc/tty'
  [ "$status" -ne 77 ] || skip "this host has a second proc mount"
  wants 125
  [[ $(row proc) == fail*"unmask=ALL"* ]]
}

@test "doctor: no /dev/net/tun" {
  [ -e /dev/net/tun ] || skip "this host has none"
  in_host 'mount --bind /dev/null /dev/net/tun'
  wants 0
  [[ $(row tun) == warn* ]]
  in_host 'mount -t tmpfs tmpfs /dev/net'
  [[ $(row tun) == warn*"modprobe tun"* ]]
}

@test "doctor: no /dev/fuse" {
  [ -e /dev/fuse ] || skip "this host has none"
  in_host 'mount --bind /dev/null /dev/fuse'
  wants 0
  [[ $(row fuse-overlayfs) == note* || $(row fuse-overlayfs) == warn* ]]
}

@test "doctor: an empty resolv.conf" {
  [ -f /etc/resolv.conf ] || skip "this host has none"
  in_host 'mount --bind /dev/null /etc/resolv.conf'
  [[ $(row resolver) == warn*"--dns"* ]]
}

@test "doctor: a store that cannot be written: 125" {
  mkdir -m 555 "$BATS_TEST_TMPDIR/ro"
  expect 125 --root "$BATS_TEST_TMPDIR/ro" doctor
  [[ $(row store) == fail*"--root DIR"* ]]
  expect 125 --root /dev/null/x doctor
  [[ $(row store) == fail* ]]
}

@test "doctor: a store that overlay cannot use is told, and containers run" {
  # An overlay does not take another overlay with a user's xattrs as its upper layer.
  mkdir -p "$BATS_TEST_TMPDIR"/{lower,store} "$STORE"
  in_host "mount -t tmpfs -o size=8g t '$BATS_TEST_TMPDIR/lower' && cd '$BATS_TEST_TMPDIR/lower' &&
    mkdir l u w && mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w,userxattr '$STORE' && cd /"
  wants 0
  [[ $(row store) == ok*"on overlay"* ]]
  [[ $(row overlay) == warn*"fuse-overlayfs"* ]]
  # What is installed already is not to be installed.
  if [ -x /usr/bin/fuse-overlayfs ]; then
    [[ $output != *"install fuse-overlayfs"* ]]
  fi
}

@test "doctor: a helper that is missing, or that does not start, is named" {
  local dir=$BATS_TEST_TMPDIR/bin

  mkdir "$dir"
  cp "$(dirname "$SANDBOX")"/sandbox* "$dir/" 2>/dev/null || true
  [ -x "$dir/sandbox-net" ] || skip "the helpers are not beside the program"
  printf '#!/bin/sh\necho no such library >&2; exit 127\n' >"$dir/sandbox-fetch"
  SANDBOX=$dir/sandbox expect 0 doctor
  [[ $(row program) == warn*"sandbox-fetch does not start: no such library"* ]]
  rm "$dir/sandbox-fetch" "$dir/sandbox-init"
  SANDBOX=$dir/sandbox sb doctor
  # Another one may be installed on this host.
  [[ $status -eq 0 || $(row program) == fail*"sandbox-init is missing"* ]]
}

@test "doctor: a runtime folder with too long a path: 125" {
  local long=$BATS_TEST_TMPDIR/0123456789012345678901234567890123456789012345678901234567890123456789

  mkdir -m 700 "$long"
  XDG_RUNTIME_DIR=$long expect 125 doctor
  [[ $(row "runtime folder") == fail*"too long"* ]]
}

@test "doctor: killed, it leaves nothing behind but what the next command sweeps" {
  for ms in 20 60 100; do
    timeout -s KILL "0.0$ms" "$SANDBOX" doctor >/dev/null 2>&1 || true
  done
  expect 0 doctor
}

@test "doctor: a logind that kills at logout, and a user who lingers" {
  local host='mount -t tmpfs none /run && mkdir -p /run/systemd/seats /run/systemd/logind.conf.d'

  in_host "$host"
  [[ $(row logout) == note*'runtime folder'*enable-linger* ]]
  host+=' && printf "[Login]\\nKillUserProcesses=yes\\nKillExcludeUsers=\\n" >/run/systemd/logind.conf.d/x.conf'
  in_host "$host"
  [[ $(row logout) == warn*KillUserProcesses*enable-linger* ]]
  in_host "$host && mount -t tmpfs none /var/lib && mkdir -p /var/lib/systemd/linger && touch /var/lib/systemd/linger/root"
  [[ $(row logout) == ok*linger* ]]
}
