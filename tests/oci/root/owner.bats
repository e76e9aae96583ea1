#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Root in a folder of states that others use as well, and root with payloads that may trace.

load setup

setup_file()
{
  root_setup python3
  [ -n "$D" ] || return 0
  mkdir -m 1777 "$D/states"
}

teardown_file()
{
  [ -n "${D:-}" ] || return 0
  for states in "$D/states" "$D/rootstates"; do
    "$OCI" --root "$states" delete --force --regex '.*' || :
  done
  rm -rf "$D"
}

setup()
{
  need_root_setup
}

# bundle FOLDER STATEMENTS: busybox in it, and a configuration that the statements change.
bundle()
{
  mkdir -p "$1"/rootfs/{bin,proc,dev,sys,tmp}
  [ -z "${3:-}" ] || chown "$OCI_USER" "$1"
  cp /bin/busybox "$1/rootfs/bin/"
  for i in sh sleep true; do ln -sf busybox "$1/rootfs/bin/$i"; done
  # shellcheck disable=SC2086 # nothing, or an option
  ${3:+as_user} "$OCI" spec ${3:-} --bundle "$1"
  python3 - "$1/config.json" "$2" <<'END'
import json
import sys
c = json.load(open(sys.argv[1]))
c["process"]["terminal"] = False
c["process"]["args"] = ["sleep", "100"]
c["linux"].pop("resources", None)
exec(sys.argv[2])
json.dump(c, open(sys.argv[1], "w"))
END
}

@test "root runs no hooks of another user's container" {
  bundle "$D/b" "c['hooks'] = {'poststop': [{'path': '/bin/sh', 'args': ['sh', '-c', 'id -u >$D/states/hook']}]}" --rootless
  chown -R "$OCI_USER:" "$D/b"
  chmod 755 "$D"
  as_user "$OCI" --root "$D/states" create --bundle "$D/b" evil
  run "$OCI" --root "$D/states" delete --force evil
  [ "$status" -eq 0 ]
  [[ $output == *"are not run by root"* ]]
  [ ! -e "$D/states/hook" ]
}

@test "root believes no record that is not the owner's of the folder" {
  bundle "$D/o" "" --rootless
  chown -R "$OCI_USER:" "$D/o"
  as_user "$OCI" --root "$D/states" create --bundle "$D/o" linked
  run -0 "$OCI" --root "$D/states" list -q
  [ "$output" = linked ]
  # as by a hard link to a file of root's
  chown root "$D/states/linked/state.json"
  run -0 "$OCI" --root "$D/states" list -q
  [ -z "$output" ]
  chown "$OCI_USER" "$D/states/linked/state.json"
  run -0 "$OCI" --root "$D/states" delete --force linked
}

@test "root ends the containers of several owners at once, each as its own" {
  local i

  bundle "$D/e1" "" --rootless
  chown -R "$OCI_USER:" "$D/e1"
  bundle "$D/e2" ""
  for i in 1 2 3; do
    as_user "$OCI" --root "$D/states" create --bundle "$D/e1" "r-his$i"
    "$OCI" --root "$D/states" --cgroup-manager=disabled create --bundle "$D/e2" "r-mine$i"
    as_user "$OCI" --root "$D/states" start "r-his$i"
    "$OCI" --root "$D/states" start "r-mine$i"
  done
  # One that cannot be deleted does not keep the others.
  run "$OCI" --root "$D/states" delete --regex 'r-his.*'
  [ "$status" -eq 1 ]
  [[ $output == *"that is not stopped"* ]]
  [ "$("$OCI" --root "$D/states" list -q | wc -l)" -eq 6 ]
  run -0 "$OCI" --root "$D/states" kill --regex 'r-.*[12]' KILL
  eventually 5 bash -c '[ "$("$OCI" --root "$D/states" list | grep -c stopped)" -eq 4 ]'
  run "$OCI" --root "$D/states" delete --regex 'r-.*'
  [ "$status" -eq 1 ]
  [ "$("$OCI" --root "$D/states" list -q | sort)" = "r-his3
r-mine3" ]
  run -0 "$OCI" --root "$D/states" delete --force --regex 'r-.*'
  [ -z "$output" ]
  [ -z "$("$OCI" --root "$D/states" list -q)" ]
}

@test "exec by root into a container that could trace it: no more than a process of its own is seen" {
  local caps="c['process']['capabilities']" runtime child stage

  bundle "$D/r" "[${caps}[k].append('CAP_SYS_PTRACE') for k in ('bounding', 'effective', 'permitted')]
c['process']['noNewPrivileges'] = False
c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [
{'names': ['clone3'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 38}, {'names': ['unshare', 'setns', 'recvmsg'], 'action': 'SCMP_ACT_ERRNO'}]}"
  "$OCI" --root "$D/rootstates" create --bundle "$D/r" tracer
  "$OCI" --root "$D/rootstates" start tracer
  run -7 --separate-stderr "$OCI" --root "$D/rootstates" exec --user 5:6 tracer busybox sh -c 'busybox grep -E "^(Uid|Seccomp):" /proc/self/status; exit 7'
  [ "$output" = "Uid:	5	5	5	5
Seccomp:	2" ]
  run -0 script -qec "'$OCI' --root '$D/rootstates' exec --tty tracer busybox tty" /dev/null
  [[ $output == */dev/pts/* ]]
  run -127 "$OCI" --root "$D/rootstates" exec tracer nosuch
  # Neither its rights nor its program before that are there to be taken.
  for stage in seccomp-early identity exec; do
    SANDBOX_TEST_STOP_AT=$stage "$OCI" --root "$D/rootstates" exec tracer true 2>"$D/err" 3>&- &
    runtime=$!
    eventually 5 grep -q "stopped at $stage" "$D/err" || skip "built without fault points"
    child=$(pgrep -P "$runtime")
    read -ra seen < <(grep ^NSpid: "/proc/$child/status")
    [ "$stage" = exec ] || [ "${#seen[@]}" -eq 2 ]
    [ "$stage" != exec ] || {
      [ "${#seen[@]}" -eq 3 ]
      [ "$(grep ^CapPrm "/proc/$child/status")" = "$(grep ^CapPrm "/proc/$("$OCI" --root "$D/rootstates" state tracer | grep -o '"pid": *[0-9]*' | tr -dc 0-9)/status")" ]
      run sh -c ": >/proc/$child/exe"
      [[ $output == *"Read-only file system"* ]]
    }
    kill -9 "$runtime"
  done
  "$OCI" --root "$D/rootstates" delete --force tracer
}

@test "exec by root is refused where a listener would have to be told of it, and it could be traced" {
  python3 "$BATS_TEST_DIRNAME/../listener.py" "$D/l" >/dev/null 3>&- &
  eventually 5 test -S "$D/l"
  bundle "$D/w" "[c['process']['capabilities'][k].append('CAP_SYS_PTRACE') for k in ('bounding', 'effective', 'permitted')]
c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '$D/l', 'syscalls': [{'names': ['mkdir'], 'action': 'SCMP_ACT_NOTIFY'}]}"
  "$OCI" --root "$D/rootstates" create --bundle "$D/w" watched
  "$OCI" --root "$D/rootstates" start watched
  run "$OCI" --root "$D/rootstates" exec watched true
  "$OCI" --root "$D/rootstates" delete --force watched
  wait
  [ "$status" -eq 125 ]
  [[ $output == *CAP_SYS_PTRACE*listener* ]]
}

@test "a container of root's without a control group: create says that devices are not bounded" {
  bundle "$D/u" ""
  run -0 "$OCI" --root "$D/rootstates" --cgroup-manager=disabled create --bundle "$D/u" free
  "$OCI" --root "$D/rootstates" delete free
  [[ $output == *"nothing bounds which devices"* ]]
  python3 - "$D/u/config.json" <<'END'
import json, sys
c = json.load(open(sys.argv[1]))
c["linux"]["namespaces"].append({"type": "user"})
c["linux"]["uidMappings"] = c["linux"]["gidMappings"] = [{"containerID": 0, "hostID": 200000, "size": 65536}]
json.dump(c, open(sys.argv[1], "w"))
END
  run -0 "$OCI" --root "$D/rootstates" --cgroup-manager=disabled create --bundle "$D/u" mapped
  "$OCI" --root "$D/rootstates" delete mapped
  [ -z "$output" ]
}

@test "run by root keeps no folder of the container's open" {
  local runtime fd

  mkdir -p "$D/data"
  bundle "$D/f" "c['linux']['namespaces'].append({'type': 'user'})
c['linux']['uidMappings'] = c['linux']['gidMappings'] = [{'containerID': 0, 'hostID': 200000, 'size': 65536}]
c['mounts'].append({'destination': '/tmp', 'type': 'bind', 'source': '$D/data', 'options': ['bind']})"
  "$OCI" --root "$D/rootstates" --cgroup-manager=disabled run --bundle "$D/f" kept 3>&- &
  runtime=$!
  eventually 5 bash -c '"$OCI" --root "$D/rootstates" state kept 2>&1 | grep -q running'
  for fd in /proc/"$runtime"/fd/*; do
    [ "$(stat -L -c %i "$fd")" != "$(stat -c %i "$D/data")" ]
  done
  "$OCI" --root "$D/rootstates" delete --force kept
}

@test "exec by root is refused when the control group has been taken away" {
  local group pid

  bundle "$D/g" "c['linux']['cgroupsPath'] = '/sandbox-owner/g'"
  "$OCI" --root "$D/rootstates" create --bundle "$D/g" grouped
  "$OCI" --root "$D/rootstates" start grouped
  group=$(find /sys/fs/cgroup /sys/fs/cgroup/unified -maxdepth 2 -path '*/sandbox-owner/g' 2>/dev/null)
  run -0 "$OCI" --root "$D/rootstates" exec grouped true
  pid=$(cat "$group/cgroup.procs")
  echo "$pid" >"${group%/sandbox-owner/g}/cgroup.procs"
  rmdir "$group"
  run "$OCI" --root "$D/rootstates" exec grouped true
  "$OCI" --root "$D/rootstates" delete --force grouped
  rmdir "${group%/g}"
  [ "$status" -eq 125 ]
  [[ $output == *"the control group /sandbox-owner/g of container grouped is gone"* ]]
}

@test "--no-pivot as root: a user namespace inside gets no /proc and /sys without the masks" {
  local t

  for t in proc sysfs; do
    bundle "$D/m$t" "c['process']['args'] = ['sh', '-c', 'busybox ls -d /proc/self/exe /sys/kernel; exec busybox unshare -Urmpnf busybox mount -t $t $t /tmp']
c['mounts'].append({'destination': '/tmp', 'type': 'tmpfs', 'source': 'tmpfs'})
[c['process']['capabilities'][k].append('CAP_SETFCAP') for k in ('bounding', 'effective', 'permitted')]"
    run --separate-stderr "$OCI" --root "$D/rootstates" --cgroup-manager=disabled run --no-pivot --bundle "$D/m$t" moved
    [ "$status" -ne 0 ]
    [ "$output" = "/proc/self/exe
/sys/kernel" ]
    # shellcheck disable=SC2154 # run sets it
    [[ $stderr == *"mount: "*"ermission denied"* || $stderr == *"mount: "*"not permitted"* ]]
  done
  # the host has its own still
  [ -e /proc/self/exe ] && [ -d /sys/kernel ]
}
