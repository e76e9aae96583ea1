#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# containerd with `ctr run --runc-binary`: real root's containers, without a user namespace.

load setup

setup_file()
{
  root_setup containerd ctr python3
  [ -n "$D" ] || return 0
  cat >"$D/config.toml" <<EOF
version = 2
root = "$D/root"
state = "$D/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$D/sock"
EOF
  containerd -c "$D/config.toml" -l error >"$D/log" 2>&1 3>&- &
  echo $! >"$D/pid"
  mkdir "$D/user" && chown "$OCI_USER:" "$D/user"
  rootfs "$D/user/rootfs"
  ctr oci spec >"$D/default.json"
  eventually 20 sh -c 'ctr -a "$D/sock" version >/dev/null 2>&1'
}

teardown_file()
{
  [ -n "$D" ] || return 0
  kill "$(cat "$D/pid")"
  sleep 1
  rm -rf "$D"
  find /sys/fs/cgroup /sys/fs/cgroup/unified -maxdepth 1 -name sandbox-test -exec rmdir {} + 2>/dev/null || :
}

c() { timeout 60 ctr -a "$D/sock" "$@" 3>&-; }

setup() { need_root_setup; }

teardown()
{
  [ -n "$D" ] || return 0
  for id in $(c tasks ls -q); do
    c tasks kill -s KILL "$id" || :
    c tasks delete -f "$id" || :
  done
  for id in $(c containers ls -q); do
    c containers rm "$id" || :
  done
  [ -z "$(find "$D/state" /run/containerd/runc -mindepth 2 -maxdepth 3 -name state.json 2>/dev/null)" ]
  ! pgrep -f "^sleep 54321" >/dev/null
}

# config ID [PYTHON]: a config.json as containerd makes it, changed by statements on c.
config()
{
  python3 - "$D/default.json" "$D/$1.json" "$D/user/rootfs" "$1" "${2:-}" <<'EOF'
import json, sys
source, target, rootfs, name, change = sys.argv[1:]
c = json.load(open(source))
c['root'] = {'path': rootfs}
c['linux']['cgroupsPath'] = '/sandbox-test/' + name
# No limits: controllers may be version 1's here.
c['linux']['resources'] = {'devices': c['linux']['resources']['devices']}
c['process']['args'] = ['sleep', '54321']
exec(change)
json.dump(c, open(target, 'w'))
EOF
}

@test "run: output, exit code, capabilities and devices as configured" {
  config r "c['process']['args'] = ['sh', '-c', 'id -u; grep CapEff /proc/self/status; cat /proc/self/cgroup; echo x >/dev/null && ls /dev; exit 4']"
  run -4 c run --rm --config "$D/r.json" --runc-binary "$OCI" r
  [ "${lines[0]}" = 0 ]
  [[ $output == *00000000a80425fb*0::/sandbox-test/r*null*urandom* ]]
  config r "c['process']['args'] = ['nosuch']"
  run -1 c run --rm --config "$D/r.json" --runc-binary "$OCI" r
  [[ $output == *"executable file not found in \$PATH"* ]]
}

@test "a device that the configuration does not allow cannot be used" {
  config d "c['process']['args'] = ['sh', '-c', 'mknod /run/m c 1 1 && cat /run/m']; c['mounts'] = [m for m in c['mounts'] if m['destination'] != '/run']"
  run -1 c run --rm --config "$D/d.json" --runc-binary "$OCI" d
  rm -f "$D/user/rootfs/run/m"
  [[ $output == *"not permitted"* ]]
}

@test "in the background: exec, ps, pause, resume, kill, delete" {
  config b
  run -0 c run -d --config "$D/b.json" --runc-binary "$OCI" b
  run -3 c tasks exec --exec-id e b sh -c 'echo inside; exit 3'
  [[ $output == *inside* ]]
  run -0 c tasks ps b
  [ "${#lines[@]}" -ge 2 ]
  run -0 c tasks pause b
  run -0 c tasks ls
  [[ $output == *b*PAUSED* ]]
  run -0 c tasks resume b
  run -0 c tasks ls
  [[ $output == *b*RUNNING* ]]
  run -0 c tasks kill -s KILL b
  stopped() { c tasks ls | grep -q STOPPED; }
  eventually 10 stopped
  run -0 c tasks delete b
  run -0 c containers rm b
}

@test "a user namespace in the configuration" {
  config u "c['linux']['namespaces'].append({'type': 'user'})
c['linux']['uidMappings'] = c['linux']['gidMappings'] = [{'containerID': 0, 'hostID': 700000, 'size': 65536}]
c['process']['args'] = ['sh', '-c', 'cat /proc/self/uid_map']"
  run -0 c run --rm --config "$D/u.json" --runc-binary "$OCI" u
  [[ $output == *0*700000*65536* ]]
}

@test "a terminal" {
  command -v script >/dev/null || skip 'script is not installed'
  config t "c['process']['terminal'] = True
c['process']['args'] = ['sh', '-c', 'tty; exit 5']"
  run -5 script -qec "ctr -a '$D/sock' run --rm -t --config '$D/t.json' --runc-binary '$OCI' t" /dev/null </dev/null 3>&-
  [[ $output == */dev/pts/0* ]]
}
