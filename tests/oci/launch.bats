#!/usr/bin/env bats
bats_require_minimum_version 1.5.0
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Launches by config.json, below the command line: what the kernel is asked for is what the
# configuration says, and hostile roots and configurations get nowhere.

load ../lib/common

DRIVER=${top_builddir:-build}/oci_driver

setup_file()
{
  file_setup
  local tarball

  tarball=$(find "${IMAGES:-/nonexistent}" -name "alpine-minirootfs-3.20*-$(uname -m).tar.gz" |
    sort | tail -n 1)
  if [ -n "$tarball" ]; then
    mkdir -p "$BATS_FILE_TMPDIR/rootfs"
    tar -xzf "$tarball" -C "$BATS_FILE_TMPDIR/rootfs" --no-same-owner
    # Mount points that the tests use: the root is shared by them, and nobody changes it.
    mkdir -p "$BATS_FILE_TMPDIR"/rootfs/m{1,2,3,4}
    touch "$BATS_FILE_TMPDIR/rootfs/file"
  fi
}

teardown_file()
{
  rm -rf "$BATS_FILE_TMPDIR/rootfs"
  file_teardown
}

setup()
{
  leaks_before
  [ -x "$DRIVER" ] || skip "oci_driver is not built: make check-oci"
  alpine_tarball >/dev/null
  need python3
  B=$BATS_TEST_TMPDIR/b
  mkdir -p "$B"
}

teardown()
{
  check_leaks
}

# config STATEMENTS [COMMAND...]: writes $B/config.json: a rootless container, changed by Python
# statements about c (all of it), p (process), l (linux) and m (mounts).
config()
{
  python3 - "$B/config.json" "$BATS_FILE_TMPDIR/rootfs" "$@" <<'EOF'
import json
import sys

out, root, change, args = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
fs = lambda at, kind, *words: {"destination": at, "type": kind, "source": kind, "options": list(words)}
c = {
    "ociVersion": "1.2.0",
    "root": {"path": root, "readonly": True},
    "process": {"args": args or ["true"], "cwd": "/", "env": ["PATH=/bin:/usr/bin:/sbin"],
                "user": {"uid": 0, "gid": 0}, "noNewPrivileges": True},
    "hostname": "box",
    "mounts": [fs("/proc", "proc"), fs("/dev", "tmpfs", "nosuid", "mode=755", "size=65536k"),
               fs("/dev/pts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"),
               fs("/dev/shm", "tmpfs", "nosuid", "noexec", "nodev", "mode=1777"),
               fs("/sys", "sysfs", "nosuid", "noexec", "nodev", "ro")],
    "linux": {"namespaces": [{"type": t} for t in ("user", "mount", "pid", "ipc", "uts", "network")],
              "maskedPaths": ["/proc/kcore", "/sys/firmware"], "readonlyPaths": ["/proc/sys"]},
}
p, l, m = c["process"], c["linux"], c["mounts"]
bind = lambda at, source, *words: m.append({"destination": at, "type": "bind", "source": source,
                                            "options": list(words)})
exec(change)
json.dump(c, open(out, "w"))
EOF
}

# drive STATUS [DRIVER OPTIONS...]: runs it; output and stderr as sb has them.
drive()
{
  local want=$1 err

  shift
  err=$(mktemp "$BATS_TEST_TMPDIR/err.XXXXXX")
  output=$(timeout -k 5 60 "$DRIVER" "$@" "$B" 2>"$err" </dev/null) && status=0 || status=$?
  stderr=$(cat "$err")
  [ "$status" -eq "$want" ] || {
    printf 'status %s, wanted %s\nstdout: %s\nstderr: %s\n' "$status" "$want" "$output" "$stderr" >&2
    return 1
  }
}

# refused TEXT: must fail with 125 and that text in one line.
refused()
{
  drive 125
  if [ "$(wc -l <<<"$stderr")" -ne 1 ] || [[ $stderr != *"$1"* ]]; then
    printf 'wanted: %s\ngot:    %s\n' "$1" "$stderr" >&2
    return 1
  fi
}

@test "the payload is process 1 and its exit code is the container's" {
  # shellcheck disable=SC2016 # expanded inside
  config "" sh -c 'echo $$ $(hostname) $(id -u); exit 7'
  drive 7
  [ "$output" = "1 box 0" ]
  drive 7 -a
  [ "$output" = "1 box 0" ]
}

@test "nothing is mounted that the configuration does not name" {
  config "m[:] = [m[0]]; l['maskedPaths'] = l['readonlyPaths'] = []" cut -d' ' -f5 /proc/self/mountinfo
  drive 0
  # the root, /proc, and the six devices that every container has
  [ "$(grep -cv '^/dev/' <<<"$output")" -eq 2 ]
  grep -qx /dev/null <<<"$output"
}

@test "a command that is not there is found out by create; one that vanishes, by start" {
  config "" no-such-command
  drive 127 -n
  [[ $stderr == *"no-such-command: command not found in the container"* ]]
  # the same where the filter is loaded before the change of user
  config "p['noNewPrivileges'] = False; l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW'}" no-such-command
  drive 127 -n
}

@test "a container that is created holds no descriptor of its creator's" {
  config "" sleep 30
  mkfifo "$BATS_TEST_TMPDIR/fifo"
  cat "$BATS_TEST_TMPDIR/fifo" >/dev/null 3>&- &
  local reader=$! pid
  "$DRIVER" -n "$B" >"$BATS_TEST_TMPDIR/pid" 2>&1 </dev/null 3>&- 9>"$BATS_TEST_TMPDIR/fifo"
  pid=$(cat "$BATS_TEST_TMPDIR/pid")
  eventually 5 bash -c "! kill -0 $reader 2>/dev/null"
  kill -0 "$pid"
  "$DRIVER" -s "$pid" "$B" 3>&-
  eventually 5 grep -q sleep "/proc/$pid/cmdline"
  kill -9 "$pid"
}

@test "a creator that is killed takes what it was creating with it" {
  config "" sleep 30
  local stage creator child
  for stage in oci-sources pivot wait-start; do
    SANDBOX_TEST_STOP_AT=$stage "$DRIVER" -n "$B" >/dev/null 2>"$BATS_TEST_TMPDIR/err" 3>&- &
    creator=$!
    if ! eventually 5 grep -q "stopped at $stage" "$BATS_TEST_TMPDIR/err"; then
      kill -9 "$creator" || true
      skip "built without fault points"
    fi
    child=$(pgrep -P "$creator")
    kill -9 "$creator"
    eventually 5 bash -c "! kill -0 $child 2>/dev/null"
  done
}

@test "descriptors from 3 on are the payload's when that is asked for, and no others" {
  config "" sh -c 'cat <&3; ls /proc/self/fd | wc -l'
  echo kept >"$BATS_TEST_TMPDIR/in"
  drive 0 -k 1 3<"$BATS_TEST_TMPDIR/in" 5</dev/null
  # 0 to 3, and the folder that ls reads
  [ "$output" = "kept
5" ]
}

@test "namespaces are entered by path, the user namespace first" {
  need unshare
  # shellcheck disable=SC2016 # expanded inside
  config "" true
  unshare -Urnpiu --fork --kill-child sleep 30 3>&- &
  local holder inner t wanted=""
  holder=$!
  eventually 5 pgrep -P "$holder" >/dev/null
  eventually 5 pgrep -P "$(pgrep -P "$holder" | head -n1)" -x sleep >/dev/null ||
    eventually 5 pgrep -P "$holder" -x sleep >/dev/null
  inner=$(pgrep -P "$holder" -x sleep || pgrep -P "$(pgrep -P "$holder")" -x sleep)
  # shellcheck disable=SC2016 # expanded inside
  config "l['namespaces'] = [{'type': 'mount'}] + [{'type': t, 'path': '/proc/$inner/ns/' + k} for t, k in
(('network', 'net'), ('ipc', 'ipc'), ('uts', 'uts'), ('pid', 'pid'), ('user', 'user'))]" \
    sh -c 'for i in user net ipc uts pid; do readlink /proc/self/ns/$i; done'
  for t in user net ipc uts pid; do
    wanted+="$(readlink "/proc/$inner/ns/$t")"$'\n'
  done
  drive 0
  kill -9 "$inner"
  [ "$output" = "${wanted%$'\n'}" ]
}

@test "a path that is no namespace, or one of another type, is refused" {
  config "l['namespaces'][3] = {'type': 'ipc', 'path': '/etc/passwd'}"
  refused "/etc/passwd is not a namespace"
  config "l['namespaces'][3] = {'type': 'ipc', 'path': '/proc/self/ns/net'}"
  refused "/proc/self/ns/net is not a ipc namespace"
  config "l['namespaces'][3] = {'type': 'ipc', 'path': '/nonexistent'}"
  refused "cannot open the ipc namespace /nonexistent"
}

@test "who shares the process numbers cannot look into what is being created" {
  need unshare setpriv
  # The owner of the user namespace that the container gets, without any capability, is its master all the same.
  config "l['namespaces'] = [{'type': t} for t in ('user', 'mount', 'uts')] + [{'type': 'pid', 'path': '/proc/self/ns/pid'}]
l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 0, 'size': 1}]; del m[0]" sleep 30
  # shellcheck disable=SC2016 # expanded there
  run unshare -Urpm --fork --kill-child --mount-proc bash -c '
    look() { setpriv --bounding-set=-all --inh-caps=-all readlink "/proc/$1/root"; }
    unshare -U sleep 20 & sleep 0.3; [ "$(look $!)" = / ] || exit 1
    for stage in oci-sources rootfs wait-start; do
      SANDBOX_TEST_STOP_AT=$stage "$1" -n "$2" >/dev/null 2>"$3" &
      creator=$!
      for i in $(seq 50); do ! grep -q "stopped at $stage" "$3" || break; sleep 0.1; done
      kill -0 "$creator" || exit 77
      child=$(pgrep -P "$creator")
      [ -n "$child" ] || { cat "$3"; exit 3; }
      ! look "$child" || exit 2
      kill -9 "$creator"
    done
    "$1" -n "$2" >"$3" || exit 4
    ! look "$(cat "$3")" || exit 5
  ' bash "$DRIVER" "$B" "$BATS_TEST_TMPDIR/err"
  [ "$status" -ne 77 ] || skip "built without fault points"
  [ "$status" -eq 0 ] || {
    echo "$status: $output"
    return 1
  }
}

@test "what is set in a namespace is not set in the host's own, by whatever path" {
  need unshare
  # own KIND FILE STATEMENTS: root of namespaces of our own runs a container that enters one of them.
  own() {
    config "del l['namespaces'][0]; del c['hostname']
l['namespaces'] = [n for n in l['namespaces'] if n['type'] != '$1'] + [{'type': '$1', 'path': '/proc/self/ns/$2'}]
$3" true
    unshare -Urnimu "$DRIVER" "$B" 2>&1
  }
  local want="would be set on the host, whose own"

  run own uts uts "c['hostname'] = 'box'"
  [ "$status" -eq 125 ]
  [[ $output == *"oci_driver: hostname: $want uts namespace"* ]]
  run own uts uts "c['domainname'] = 'dom'"
  [[ $output == *" domainname: $want uts namespace"* ]]
  run own uts uts "l['sysctl'] = {'kernel.domainname': 'dom'}"
  [[ $output == *" linux.sysctl.kernel.domainname: $want uts namespace"* ]]
  run own network net "l['sysctl'] = {'net/ipv4/ip_forward': '1'}"
  [[ $output == *" linux.sysctl.net/ipv4/ip_forward: $want network namespace"* ]]
  run own ipc ipc "l['sysctl'] = {'kernel.msgmax': '1'}"
  [[ $output == *" linux.sysctl.kernel.msgmax: $want ipc namespace"* ]]
  run own network net "l['netDevices'] = {'lo': {'name': 'x'}}"
  [[ $output == *" linux.netDevices: $want network namespace"* ]]
  # What is set in others, and entering without setting anything, is fine.
  run -0 own network net "c['hostname'] = 'box'; l['sysctl'] = {'kernel.msgmax': '1'}"
}

@test "without a user namespace it takes root, also one inside a user namespace" {
  config "del l['namespaces'][0]" cat /proc/self/uid_map
  [ "$(id -u)" -ne 0 ] || skip "we are root"
  refused "without a user namespace a container takes root"
  need unshare
  output=$(unshare -Urm "$DRIVER" "$B")
  [ "$(wc -l <<<"$output")" -eq 1 ]
  [[ $output =~ ^\ *0\ *$(id -u)\ *1$ ]]
}

@test "root reaches what container root cannot, in new and in entered user namespaces" {
  need_subids
  need unshare
  mkdir -p "$B/secret"
  echo text >"$B/secret/f"
  chmod 700 "$B/secret"
  touch "$B/ns"
  local ns
  for ns in "{'type': 'user'}" "{'type': 'user', 'path': '$B/ns'}"; do
    config "l['namespaces'][0] = $ns; bind('/file', '$B/secret/f', 'bind', 'ro')
'path' in l['namespaces'][0] or l.update(uidMappings=[{'containerID': 0, 'hostID': 1, 'size': 100}],
                                         gidMappings=[{'containerID': 0, 'hostID': 1, 'size': 100}])" \
      sh -c 'cat /file; tr -s " " </proc/self/uid_map'
    # shellcheck disable=SC2016 # expanded there
    output=$(DRIVER=$DRIVER B=$B unshare -Urm --map-auto bash -c '
      unshare -U sleep 20 & h=$!
      until [ "$(readlink /proc/$h/ns/user)" != "$(readlink /proc/self/ns/user)" ]; do sleep 0.05; done
      echo "0 1 100" >/proc/$h/uid_map && echo "0 1 100" >/proc/$h/gid_map
      chown -R 500:500 "$B/secret" # an id that is not in there
      mount --bind /proc/$h/ns/user "$B/ns" && "$DRIVER" "$B"
      kill $h
      chown -R 0:0 "$B/secret"')
    [ "$output" = "text
 0 1 100" ]
  done
}

@test "mappings are those of the configuration" {
  need_subids
  config "l['uidMappings'] = l['gidMappings'] = [{'containerID': 5, 'hostID': $(id -u), 'size': 1}]
p['user'] = {'uid': 5, 'gid': 5}" cat /proc/self/uid_map
  [ "$(id -u)" = "$(id -g)" ] || skip "the primary group has another number"
  drive 0
  [[ $output =~ ^\ *5\ *$(id -u)\ *1$ ]]
  config "l['uidMappings'] = l['gidMappings'] = [{'containerID': 0, 'hostID': 1, 'size': 1}]"
  refused "linux.uidMappings 0:@1:1 asks for ids that you do not have"
}

@test "binds: recursive read-only, remounts, a file, a source that is not there" {
  mkdir "$B/src"
  echo text >"$B/src/f"
  config "bind('/m1', 'src', 'rbind', 'rro', 'rnosuid'); bind('/m2', 'src', 'bind')
m.append({'destination': '/m2', 'options': ['remount', 'ro', 'nodev']})
m.append({'destination': '/file', 'type': 'none', 'source': '$B/src/f', 'options': ['bind', 'ro']})" \
    sh -c 'cat /m1/f /file; echo x >/m1/f; echo x >/m2/f; echo x >/file; grep -E " /m[12] " /proc/mounts'
  drive 0
  [ "$(cat "$B/src/f")" = text ]
  [ "$(grep -c '^text$' <<<"$output")" -eq 2 ]
  grep -q '/m1 [^ ]* ro,nosuid' <<<"$output"
  grep -q '/m2 [^ ]* ro,nodev' <<<"$output"
  config "bind('/m1', '/nonexistent', 'bind')"
  refused "mounts[5]: cannot bind /nonexistent: No such file or directory"
}

@test "mount points that a root lacks are made, over one that cannot be written in memory" {
  need unshare
  mkdir -p "$B/src" "$B/root"
  echo text >"$B/src/f"
  cp -a "$BATS_FILE_TMPDIR"/rootfs/{bin,lib,proc,dev,sys,etc} "$B/root/"
  for readonly in True False; do
    config "del l['namespaces'][0]; c['root'] = {'path': 'root', 'readonly': $readonly}
bind('/a/b', '$B/src', 'bind', 'ro'); bind('/tmp/slurm/startup', '$B/src/f', 'bind', 'ro')" \
      sh -c 'cat /a/b/f /tmp/slurm/startup; touch /written 2>/dev/null && echo written || echo read-only'
    # shellcheck disable=SC2016 # expanded there
    output=$(DRIVER=$DRIVER B=$B unshare -Urm bash -c '
      mount --bind "$B/root" "$B/root" && mount -o remount,bind,ro "$B/root" && "$DRIVER" "$B"')
    if [ "$readonly" = True ]; then
      [ "$output" = $'text\ntext\nread-only' ]
    else
      [ "$output" = $'text\ntext\nwritten' ]
    fi
    [ "$(find "$B/root" -maxdepth 1 | wc -l)" -eq 7 ]
  done
}

@test "a tmpfs has the mode of what it covers, and with tmpcopyup its files" {
  config "m.append({'destination': '/etc', 'type': 'tmpfs', 'options': ['tmpcopyup']})
m.append({'destination': '/root', 'type': 'tmpfs', 'options': ['ro']})" \
    sh -c 'cat /etc/alpine-release; touch /etc/x && echo writable; stat -c %a /root; touch /root/x'
  drive 1
  grep -q '^3\.' <<<"$output"
  grep -q writable <<<"$output"
  [ "$(tail -n1 <<<"$output")" = 700 ]
}

@test "mounts of the host arrive in an rslave bind, and in no other" {
  need unshare
  mkdir -p "$B/src/sub"
  config "del l['namespaces'][0]; bind('/m1', 'src', 'rbind', 'rslave'); bind('/m2', 'src', 'rbind')" \
    sh -c 'echo ready >/m1/ready; for i in 1 2 3 4 5 6 7 8 9 10; do [ -e /m1/sub/late ] || sleep 0.2; done
ls /m1/sub /m2/sub'
  # shellcheck disable=SC2016 # expanded there
  output=$(DRIVER=$DRIVER B=$B unshare -Urm --propagation shared bash -c '
    mount --bind "$B/src" "$B/src" && mount --make-shared "$B/src"
    (until [ -e "$B/src/ready" ]; do sleep 0.05; done
     mount -t tmpfs t "$B/src/sub"; touch "$B/src/sub/late") &
    "$DRIVER" "$B"')
  [ "$output" = "/m1/sub:
late

/m2/sub:" ]
}

@test "options and types that are none" {
  config "m.append({'destination': '/m1', 'type': 'nofs'})"
  refused 'mounts[5]: /m1: the kernel has no file system "nofs"'
  config "m.append({'destination': '/m1', 'type': 'tmpfs', 'options': ['bogus']})"
  refused 'mounts[5]: /m1: a tmpfs has no option "bogus"'
  config "bind('/m1', '$B', 'bind', 'idmap')"
  [ "$(id -u)" -eq 0 ] || refused "/m1: a mount with mapped ids takes root"
}

@test "nothing is mounted over files of the kernel but what lxcfs fakes" {
  echo fake >"$B/f"
  config "m.append({'destination': '/proc/sys/kernel', 'type': 'tmpfs'})"
  refused "nothing is mounted over them"
  config "bind('/proc/version', '$B/f', 'bind')"
  refused "nothing is mounted over them"
  # by a symlink of the root
  mkdir -p "$B/root"
  cp -a "$BATS_FILE_TMPDIR/rootfs/." "$B/root"
  ln -s /proc/sys "$B/root/link"
  config "c['root']['path'] = 'root'; m.append({'destination': '/link/kernel', 'type': 'tmpfs'})"
  refused "nothing is mounted over them"
  config "bind('/proc/meminfo', '$B/f', 'bind')" cat /proc/meminfo
  drive 0
  [ "$output" = fake ]
}

@test "a root whose /proc, /dev or devices are symlinks is refused" {
  mkdir -p "$B/root/bin"
  cp -a "$BATS_FILE_TMPDIR"/rootfs/{bin,lib} "$B/root/"
  mkdir "$B/root"/{sys,tmp}
  ln -s /tmp "$B/root/proc"
  config "c['root']['path'] = 'root'"
  refused "mounts[0]: /proc of the root file system is not a plain folder"
  rm "$B/root/proc"
  mkdir "$B/root/proc"
  rm -rf "$B/root/dev" # a mount point of the first try
  ln -s /tmp "$B/root/dev"
  config "c['root']['path'] = 'root'; m[:] = [m[0]]"
  refused "/dev of the root file system is not a plain folder"
  rm "$B/root/dev"
  mkdir "$B/root/dev"
  ln -s /tmp/x "$B/root/dev/null"
  refused "/dev/null of the root file system is a symlink"
  [ -z "$(ls "$B/root/tmp")" ]
}

@test "a terminal is one of a devpts, and its /dev/console no link" {
  local root=$BATS_TEST_TMPDIR/root

  # terminal [STATEMENTS]: a container whose /dev is the root's own
  terminal() {
    mkdir -p "$root"/{dev,proc,sys,bin,lib}
    cp -a "$BATS_FILE_TMPDIR"/rootfs/{bin,lib} "$root"
    config "c['root'] = {'path': '$root'}; p['terminal'] = True; m[:] = [m[0]]; l['maskedPaths'] = []; ${1:-}" \
      true
  }
  local pts="m.append(fs('/dev/pts', 'devpts', 'newinstance', 'ptmxmode=0666'))"

  terminal
  ln -s /dev/pts "$root/dev/pts"
  refused "/dev/pts of the container is no devpts"
  rm -r "$root"
  terminal
  mkdir "$root/dev/pts"
  ln -s /dev/ptmx "$root/dev/pts/ptmx"
  refused "/dev/pts of the container is no devpts"
  rm -r "$root"
  # what the root has at /dev/console is covered when it is a file
  terminal "$pts"
  touch "$root/dev/console"
  drive 0 -n
  kill -9 "$output"
  ln -sf /dev/null "$root/dev/console"
  refused "/dev/console of the root file system is a symlink"
}

@test "a root that is no folder, or the host's" {
  config "c['root']['path'] = '/nonexistent'"
  refused "cannot use /nonexistent as root file system: No such file or directory"
  config "c['root']['path'] = 'config.json'"
  refused "it is no folder"
  ln -s / "$B/r"
  config "c['root']['path'] = 'r'"
  refused "leads to the host's own root"
}

@test "devices: the default ones, those by number, and none that the host's is not" {
  config "l['devices'] = [{'path': '/dev/zero', 'type': 'c', 'major': 1, 'minor': 5},
{'path': '/dev/pipe', 'type': 'p', 'fileMode': 0o600}]" \
    sh -c 'echo x >/dev/null; head -c 3 /dev/zero | wc -c; head -c 2 /dev/urandom | wc -c; stat -c %F:%a /dev/pipe
readlink /dev/ptmx; readlink /dev/stdin'
  drive 0
  [ "$output" = "3
2
fifo:600
pts/ptmx
/proc/self/fd/0" ]
  [ "$(id -u)" -ne 0 ] || skip "we are root, who makes any node"
  config "l['devices'] = [{'path': '/dev/full', 'type': 'c', 'major': 1, 'minor': 1}]"
  refused "linux.devices[0]: device /dev/full: only root makes nodes, and the host's is not the device 1:1"
  config "l['devices'] = [{'path': '/dev/nothing', 'type': 'c', 'major': 1, 'minor': 1}]"
  refused "the host has none there to bind"
}

@test "masked and read-only paths, through symlinks of the root as well" {
  config "l['maskedPaths'] = ['/etc/passwd', '/etc/apk', '/nonexistent', '/proc/keys']
l['readonlyPaths'] = ['/dev/shm']" \
    sh -c 'cat /etc/passwd; ls /etc/apk; wc -c </proc/keys; touch /dev/shm/x'
  drive 1
  [ "$output" = 0 ]
  [[ $stderr == *"/dev/shm/x: Read-only file system"* ]]
}

@test "paths are masked in what the container sees at /proc and /sys, whatever is below" {
  local masked="l['maskedPaths'] = ['/proc/cmdline', '/sys/kernel']; l['readonlyPaths'] = ['/proc/sys']"

  # shellcheck disable=SC2016 # expanded inside
  set -- sh -c 'ls -d /proc/$$ && stat -c %F /proc/cmdline && ls /sys/kernel && grep -c " /proc/sys ro," /proc/self/mountinfo'
  config "$masked; l['namespaces'] = [n for n in l['namespaces'] if n['type'] != 'pid']
m[0]['options'] = []; bind('/proc', '/proc', 'rbind'); bind('/sys', '/sys', 'rbind', 'ro')" "$@"
  drive 0
  [ "$(tail -n +2 <<<"$output")" = "character special file
1" ]
  # and where there is nothing below
  config "$masked; l['namespaces'] = [n for n in l['namespaces'] if n['type'] != 'pid']
del m[0]; bind('/proc', '/proc', 'rbind')" "$@"
  drive 0
  [ "$(tail -n +2 <<<"$output")" = "character special file
1" ]
  config "m.append(fs('/sys', 'tmpfs'))"
  refused "/sys of the container is not what was mounted there"
}

@test "settings of namespaces, host and domain name, time" {
  config "l['sysctl'] = {'net.ipv4.ip_forward': '1', 'kernel.msgmax': '1234'}; c['domainname'] = 'dom'
l['namespaces'].append({'type': 'time'}); l['timeOffsets'] = {'boottime': {'secs': 100000000}}" \
    sh -c 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/kernel/domainname
ip -o link show up; cut -d. -f1 /proc/uptime'
  drive 0
  [ "$(head -n3 <<<"$output")" = "1
1234
dom" ]
  grep -q 'lo: .*LOOPBACK,UP' <<<"$output"
  [ "$(tail -n1 <<<"$output")" -ge 100000000 ]
}

@test "interfaces of the host move in, with their addresses, under other names" {
  need unshare ip
  config "del l['namespaces'][0]; l['netDevices'] = {'v0': {'name': 'lan0'}}" ip addr show dev lan0
  # shellcheck disable=SC2016 # expanded there
  output=$(DRIVER=$DRIVER B=$B unshare -Urnm bash -c '
    ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up &&
    ip addr add 192.0.2.7/24 dev v0 && ip addr add 2001:db8::7/64 dev v0 nodad && "$DRIVER" "$B"')
  grep -q 'lan0@.*[<,]UP[,>]' <<<"$output"
  grep -q 'inet 192.0.2.7/24' <<<"$output"
  grep -q 'inet6 2001:db8::7/64' <<<"$output"
  config "l['netDevices'] = {'lo': {'name': 'lan0'}}"
  [ "$(id -u)" -eq 0 ] || refused "linux.netDevices.lo: only root of the host's network may give it away"
  config "l['netDevices'] = {'nonexistent': {}}"
  refused "linux.netDevices.nonexistent: the host has no interface of that name"
}

@test "identity: numbers, groups, the five sets, umask, HOME" {
  need_subids
  # shellcheck disable=SC2016 # expanded inside
  config "k = ['CAP_NET_RAW', 'CAP_KILL']
p['user'] = {'uid': 1000, 'gid': 1001, 'additionalGids': [5, 6], 'umask': 0o77}
p['capabilities'] = {s: k for s in ('bounding', 'permitted', 'effective', 'inheritable')}
p['capabilities']['ambient'] = ['CAP_KILL']" \
    sh -c 'id; umask; echo $HOME; grep Cap /proc/self/status | tr -d "\t"'
  drive 0
  [ "$output" = "uid=1000 gid=1001 groups=5(tty),6(disk),1001
0077
/
CapInh:0000000000002020
CapPrm:0000000000000020
CapEff:0000000000000020
CapBnd:0000000000002020
CapAmb:0000000000000020" ]
  config "p['user'] = {'uid': 4000000000, 'gid': 0}"
  refused "process.user: user id 4000000000 is not mapped"
}

@test "limits, priorities and the memory killer" {
  config "p['oomScoreAdj'] = 500; p['ioPriority'] = {'class': 'IOPRIO_CLASS_IDLE'}
p['scheduler'] = {'policy': 'SCHED_BATCH', 'nice': 5}; l['personality'] = {'domain': 'LINUX'}
p['rlimits'] = [{'type': 'RLIMIT_CORE', 'soft': 512, 'hard': 1024}, {'type': 'RLIMIT_NOFILE', 'soft': 77, 'hard': 99}]" \
    sh -c 'cat /proc/self/oom_score_adj; cut -d" " -f19,41 /proc/self/stat; ionice; ulimit -n; ulimit -Hc'
  drive 0
  [ "$output" = "500
5 3
idle
77
2" ]
  [ "$(id -u)" -eq 0 ] || {
    config "p['scheduler'] = {'policy': 'SCHED_FIFO', 'priority': 5}"
    refused "process.scheduler: a user may not have that policy"
  }
}

@test "profiles of security modules that are not there" {
  [ ! -e /sys/module/apparmor/parameters/enabled ] || skip "AppArmor is here"
  config "p['apparmorProfile'] = 'x'"
  refused "process.apparmorProfile: this kernel has no AppArmor"
  [ ! -e /sys/fs/selinux/enforce ] || skip "SELinux is here"
  config "p['selinuxLabel'] = 'x'"
  refused "process.selinuxLabel: SELinux is not enabled here"
}

@test "hooks run where they should, with the state" {
  local out=$BATS_TEST_TMPDIR/hooks
  config "w = lambda n: [{'path': '/bin/sh', 'args': ['sh', '-c',
'echo ' + n + ' \$(readlink /proc/self/ns/uts) \$(cat) \$PATH >>$out']}]
c['hooks'] = {k: w(k) for k in ('prestart', 'createRuntime', 'createContainer')}
c['hooks']['startContainer'] = [{'path': '/bin/sh', 'args': ['sh', '-c', 'cat >/dev/shm/state']}]
c['annotations'] = {'a': 'b'}" sh -c 'cat /dev/shm/state; echo; readlink /proc/self/ns/uts'
  drive 0
  local inside
  inside=$(tail -n1 <<<"$output")
  [ "$(cut -d' ' -f1 "$out" | tr '\n' ' ')" = "prestart createRuntime createContainer " ]
  [ "$(sed -n 's/^createRuntime \([^ ]*\) .*/\1/p' "$out")" = "$(readlink /proc/self/ns/uts)" ]
  [ "$(sed -n 's/^createContainer \([^ ]*\) .*/\1/p' "$out")" = "$inside" ]
  grep -q '"status":"creating","pid":1,.*"annotations":{"a":"b"}' "$out"
  [[ $(head -n1 <<<"$output") == '{"ociVersion":"1.2.0","id":"driven","status":"created","pid":1,'* ]]
  # no environment but what the hook has
  run ! grep -q "$HOME" "$out"
}

@test "what is killed between start and its command was not started" {
  local nnp pid starter

  for nnp in True False; do
    config "p['noNewPrivileges'] = $nnp
c['hooks'] = {'startContainer': [{'path': '/bin/sh', 'args': ['sh', '-c', 'sleep 60; true']}]}" true
    "$DRIVER" -n "$B" >"$BATS_TEST_TMPDIR/pid" </dev/null 3>&-
    pid=$(cat "$BATS_TEST_TMPDIR/pid")
    "$DRIVER" -s "$pid" "$B" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
    starter=$!
    eventually 5 pgrep -P "$pid" -f 'sleep 60'
    kill -9 "$pid"
    wait "$starter" && status=0 || status=$?
    [ "$status" -eq 125 ]
    grep -q "was killed before it ran the command" "$BATS_TEST_TMPDIR/err"
  done
}

@test "a hook that fails, hangs or is not there ends the container" {
  config "c['hooks'] = {'createRuntime': [{'path': '/bin/sh', 'args': ['sh', '-c', 'echo because; exit 3']}]}"
  refused "hooks.createRuntime[0]: /bin/sh failed with exit code 3: because"
  config "c['hooks'] = {'createContainer': [{'path': '/bin/sh', 'args': ['sh', '-c', 'sleep 60 & sleep 60'], 'timeout': 1}]}"
  refused "hooks.createContainer[0]: /bin/sh did not finish in 1 s, so it was killed"
  config "c['hooks'] = {'startContainer': [{'path': '/nonexistent'}]}"
  refused "hooks.startContainer[0]: /nonexistent failed with exit code 127: No such file or directory"
  # what it leaves running does not keep us
  config "c['hooks'] = {'prestart': [{'path': '/bin/sh', 'args': ['sh', '-c', 'sleep 3 & echo x']}]}"
  SECONDS=0
  drive 0
  [ "$SECONDS" -lt 3 ]
  sleep 3
}

@test "filters of any strictness: waiting and starting need nothing of them" {
  for nnp in True False; do
    config "p['noNewPrivileges'] = $nnp
l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [
{'names': ['accept4', 'accept', 'recvmsg', 'socket', 'clone3'], 'action': 'SCMP_ACT_KILL_PROCESS'},
{'names': ['mkdir', 'mkdirat'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 18}]}" \
      sh -c 'mkdir /dev/shm/x; grep Seccomp: /proc/self/status'
    drive 0
    [ "$output" = "Seccomp:	2" ]
    [[ $stderr == *"Cross-device link"* ]]
  done
}

@test "a listener gets the calls, be it those of handing it over" {
  local nnp names
  for nnp in True False; do
    for names in "'mkdir', 'mkdirat'" "'mkdir', 'mkdirat', 'sendmsg', 'wait4', 'execve', 'execveat', 'close'"; do
      python3 "$BATS_TEST_DIRNAME/listener.py" "$BATS_TEST_TMPDIR/l" >"$BATS_TEST_TMPDIR/said" 3>&- &
      eventually 5 test -S "$BATS_TEST_TMPDIR/l"
      config "p['noNewPrivileges'] = $nnp
l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '$BATS_TEST_TMPDIR/l', 'listenerMetadata': 'meta',
'syscalls': [{'names': [$names], 'action': 'SCMP_ACT_NOTIFY'}]}" sh -c 'mkdir /dev/shm/x; true'
      drive 0
      wait
      rm "$BATS_TEST_TMPDIR/l"
      [[ $stderr == *"Cross-device link"* ]]
      grep -q '"fds":\["seccompFd"\],"pid":[0-9]*,"metadata":"meta","state":{' "$BATS_TEST_TMPDIR/said"
      grep -qx mkdir "$BATS_TEST_TMPDIR/said"
    done
  done
  config "l['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '/nonexistent',
'syscalls': [{'names': ['mkdir'], 'action': 'SCMP_ACT_NOTIFY'}]}"
  refused "linux.seccomp.listenerPath: cannot connect to /nonexistent"
}

@test "a control group: in it from the first moment, limits before, nothing after" {
  local mount=/sys/fs/cgroup own
  [ "$(stat -fc %T "$mount")" = cgroup2fs ] || mount=/sys/fs/cgroup/unified
  own=$mount$(sed -n 's/^0:://p' /proc/self/cgroup)
  if [ ! -w "$own" ] || [ ! -w "$own/cgroup.procs" ]; then
    config "l['resources'] = {'devices': [{'allow': False}]}"
    drive 0 -c
    config "l['resources'] = {'pids': {'limit': 5}}"
    drive 125 -c
    [[ $stderr == *"cannot make the control group"* || $stderr == *"no control groups of version 2"* ]]
    skip "nothing is delegated to us: the refusal was tested"
  fi
  config "l['cgroupsPath'] = 'launch-test'" sh -c 'sleep 100 & sed -n s/^0:://p /proc/self/cgroup'
  drive 0 -c
  [[ $output == */launch-test ]]
  [ ! -e "$own/launch-test" ]
  config "l['cgroupsPath'] = '../x'"
  drive 125 -c
  [[ $stderr == *'linux.cgroupsPath: "../x" has ".." or "." in it'* ]]
  config "l['cgroupsPath'] = 'launch-test'; l['resources'] = {'unified': {'no.such': '1'}}"
  drive 125 -c
  [[ $stderr == *"the control group has no no.such"* ]]
  [ ! -e "$own/launch-test" ]
}
