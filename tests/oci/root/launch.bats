#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What only root may have of a configuration: nodes, bounded devices, mapped mounts, a control group.

load setup

DRIVER=${SANDBOX%/*}/oci_driver

setup_file()
{
  root_setup python3
  [ -n "$D" ] || return 0
  chmod 700 "$D"
  rootfs_of_root "$D/rootfs"
}

# rootfs_of_root DIR: the busybox of this machine, which has to be static.
rootfs_of_root()
{
  mkdir -p "$1"/{bin,proc,dev,sys,tmp,m}
  if ! cp /bin/busybox "$1/bin/" 2>/dev/null || ldd /bin/busybox >/dev/null 2>&1; then
    rm -rf "$D"
    export D='' WHY='no static /bin/busybox'
    return 0
  fi
  for i in sh cat stat head touch true sleep sed; do
    ln -s busybox "$1/bin/$i"
  done
}

teardown_file()
{
  [ -n "$D" ] || return 0
  unload
  rm -rf "$D"
  find /sys/fs/cgroup /sys/fs/cgroup/unified -maxdepth 1 -name sandbox-launch -exec rmdir {} + 2>/dev/null || :
}

setup()
{
  need_root_setup
  [ -x "$DRIVER" ] || skip "oci_driver is not built: make check-oci"
}

# drive STATUS STATEMENTS COMMAND...: a container without a user namespace, by the driver; statements
# change c (all), l (linux) and m (mounts).
drive()
{
  local want=$1

  shift
  python3 - "$D/config.json" "$@" <<'EOF'
import json
import sys

out, change, args = sys.argv[1], sys.argv[2], sys.argv[3:]
c = {"ociVersion": "1.2.0", "root": {"path": "rootfs"},
     "process": {"args": args, "cwd": "/", "env": ["PATH=/bin"],
                 "capabilities": {"bounding": ["CAP_MKNOD"], "permitted": ["CAP_MKNOD"],
                                  "effective": ["CAP_MKNOD"]}},
     "mounts": [{"destination": "/proc", "type": "proc"},
                {"destination": "/dev", "type": "tmpfs", "options": ["mode=755"]}],
     "linux": {"namespaces": [{"type": t} for t in ("mount", "pid", "ipc", "uts")],
               "cgroupsPath": "/sandbox-launch/test",
               "resources": {"devices": [{"allow": False}]}}}
l, m = c["linux"], c["mounts"]
exec(change)
json.dump(c, open(out, "w"))
EOF
  output=$(timeout 60 "$DRIVER" -c "$D" 2>"$D/err" </dev/null) && status=0 || status=$?
  [ "$status" -eq "$want" ] || {
    printf 'status %s, wanted %s: %s\n%s\n' "$status" "$want" "$output" "$(cat "$D/err")" >&2
    return 1
  }
}

@test "nodes are made, with owner and mode" {
  drive 0 "l['devices'] = [{'path': '/dev/x/full', 'type': 'c', 'major': 1, 'minor': 7, 'fileMode': 0o640, 'uid': 5, 'gid': 6},
{'path': '/dev/pipe', 'type': 'p', 'fileMode': 0o600}]" \
    stat -c '%n %F %a %u %g %t:%T' /dev/x/full /dev/pipe /dev/null
  [ "$output" = "/dev/x/full character special file 640 5 6 1:7
/dev/pipe fifo 600 0 0 0:0
/dev/null character special file 666 0 0 1:3" ]
}

@test "devices are bounded by the rules, the last one that fits" {
  # 1:11 is the kernel's log, which everybody can open to write
  local node="l['devices'] = [{'path': '/dev/log0', 'type': 'c', 'major': 1, 'minor': 11, 'fileMode': 0o666}]"
  drive 1 "$node" sh -c 'echo x >/dev/null && head -c 1 /dev/zero >/dev/null && true >/dev/log0'
  grep -q "Operation not permitted" "$D/err"
  drive 0 "$node; l['resources']['devices'].append({'allow': True, 'type': 'c', 'major': 1, 'minor': 11, 'access': 'w'})" \
    sh -c 'true >/dev/log0 && ! cat </dev/log0'
  drive 1 "$node; l['resources']['devices'] += [{'allow': True, 'type': 'c', 'major': 1, 'minor': 11},
{'allow': False, 'type': 'c', 'major': 1}]" sh -c 'true >/dev/log0'
  # without rules there are the devices of every container, and no others
  drive 0 "$node; l['resources'] = {}" sh -c 'echo x >/dev/null && head -c 1 /dev/zero >/dev/null && ! true >/dev/log0'
  drive 0 "$node; l['resources']['devices'] = [{'allow': True, 'access': 'rwm'}]" sh -c 'true >/dev/log0'
  # What is denied in part is not had by asking for more.
  drive 0 "$node; l['resources']['devices'] += [{'allow': True, 'type': 'c', 'major': 1, 'minor': 11},
{'allow': False, 'type': 'c', 'major': 1, 'minor': 11, 'access': 'w'}]" \
    sh -c '! true >/dev/log0 && ! true <>/dev/log0'
}

@test "the control group has every process, and goes with all of them" {
  # shellcheck disable=SC2016 # expanded inside
  drive 0 "" sh -c 'sleep 12345 & sed -n s/^0:://p /proc/self/cgroup'
  [ "$output" = /sandbox-launch/test ]
  [ -z "$(find /sys/fs/cgroup /sys/fs/cgroup/unified -maxdepth 2 -path '*sandbox-launch/test' 2>/dev/null)" ]
  run ! pgrep -f "^sleep 12345"
}

@test "a mount shows the ids that its mappings say" {
  mkdir -p "$D/data"
  cp -a "$D/rootfs" "$D/mapped"
  chown -R 200000:200000 "$D/mapped"
  drive 0 "ids = [{'containerID': 0, 'hostID': 200000, 'size': 65536}]
l['namespaces'].append({'type': 'user'}); l['uidMappings'] = l['gidMappings'] = ids; c['root']['path'] = 'mapped'
m.append({'destination': '/m', 'type': 'bind', 'source': '$D/data', 'options': ['bind', 'idmap'],
'uidMappings': ids, 'gidMappings': ids})" \
    sh -c 'touch /m/f && stat -c %u /m/f' || {
    grep -q "cannot show mapped ids" "$D/err" || return 1
    skip "the file system of $D cannot show mapped ids"
  }
  [ "$output" = 0 ]
  [ "$(stat -c %u "$D/data/f")" -eq 0 ]
}

# unload: takes the test's profile out of the kernel.
unload()
{
  ! grep -q "^sandbox-test-launch " /sys/kernel/security/apparmor/profiles 2>/dev/null ||
    apparmor_parser -R <<<'profile sandbox-test-launch { }'
}

@test "an AppArmor profile confines the process; one that is not loaded is an error" {
  command -v apparmor_parser >/dev/null && [ -r /sys/kernel/security/apparmor/profiles ] ||
    skip "AppArmor is not here"
  apparmor_parser -r <<'EOP'
profile sandbox-test-launch flags=(attach_disconnected) {
  file,
  deny /m/secret r,
}
EOP
  echo text >"$D/rootfs/m/secret"
  for nnp in False True; do
    drive 1 "c['process'].update(apparmorProfile='sandbox-test-launch', noNewPrivileges=$nnp)" \
      sh -c 'cat /proc/self/attr/current /m/secret'
    [ "$output" = "sandbox-test-launch (enforce)" ]
    grep -q "/m/secret.*Permission denied" "$D/err"
  done
  drive 0 "" cat /proc/self/attr/current /m/secret
  [ "$output" = $'unconfined\ntext' ]
  unload
  drive 125 "c['process']['apparmorProfile'] = 'sandbox-test-launch'" true
  grep -q 'process.apparmorProfile: no profile "sandbox-test-launch" is loaded' "$D/err"
}
