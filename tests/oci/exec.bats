#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# exec: by options and by --process.

load ../lib/common
load setup

setup_file()
{
  file_setup
  oci_setup
}
teardown_file() { file_teardown; }

setup()
{
  leaks_before
  bundle "c['process']['env'].append('FROM=config')
c['mounts'].append({'destination': '/tmp', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['mode=1777']})"
  "$OCI" --root "$ROOT" run -d -b "$BUNDLE" x </dev/null >/dev/null 2>&1
}
teardown() { oci_clean; check_leaks; }

# process [PYTHON]: a file with a process object, changed by statements on p.
process()
{
  PROCESS=$BATS_TEST_TMPDIR/process.json
  python3 - "$BUNDLE/config.json" "$PROCESS" "${1:-}" <<'EOF'
import json, sys
p = json.load(open(sys.argv[1]))['process']
exec(sys.argv[3])
json.dump(p, open(sys.argv[2], 'w'))
EOF
}

@test "output, input, exit code, errors" {
  oci exec x sh -c 'echo out; echo err >&2; exit 9'
  [ "$status" -eq 9 ] && [ "$output" = out ] && [ "$stderr" = err ]
  run -0 sh -c 'echo in | "$OCI" --root "$ROOT" exec x cat'
  [ "$output" = in ]
  oci exec x sh -c 'kill -9 $$'
  [ "$status" -eq 137 ]
  oci_fail 127 'executable file not found in $PATH' exec x nosuch
  oci_fail 126 'Permission denied' exec x /etc/passwd
  oci_fail 125 'wants a command' exec x
  oci_fail 125 'does not exist' exec nosuch true
}

@test "options before and behind the id; the command's own are its own" {
  oci_ok exec --env A=1 x --cwd /bin -e B=2 sh -c 'echo $A $B $FROM $PWD $0' --cwd
  [ "$output" = '1 2 config /bin --cwd' ]
  oci_ok exec x ls -d /
  [ "$output" = / ]
}

@test "user, groups, capabilities, no_new_privs" {
  local caps='grep -E "^(CapEff|NoNewPrivs)" /proc/self/status | tr -d "\t\n"'

  oci_ok exec -u 0:0 x id -u
  [ "$output" = 0 ]
  oci_ok exec x sh -c "$caps"
  [ "$output" = 'CapEff:0000000020000420NoNewPrivs:1' ]
  oci_ok exec --cap CAP_SYS_CHROOT x sh -c "$caps"
  [ "$output" = 'CapEff:0000000020040420NoNewPrivs:1' ]
  oci_fail 125 'CAP_NOSUCH' exec --cap CAP_NOSUCH x true
  oci_fail 125 '12345' exec --user 12345 x true
  oci_fail 125 'no number or pair' exec --user 4294967296:4294967296 x true
}

@test "without no_new_privs, where the filter is loaded before the capabilities are given up" {
  bundle "c['process']['noNewPrivileges'] = False
c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [
  {'names': ['setns', 'unshare', 'accept4', 'recvmsg', 'setfsuid'], 'action': 'SCMP_ACT_ERRNO'}]}"
  oci_ok run -d -b "$BUNDLE" y
  oci exec y sh -c 'grep -E "^(NoNewPrivs|Seccomp):" /proc/self/status | tr -d "\t\n"; exit 6'
  [ "$status" -eq 6 ] && [ "$output" = NoNewPrivs:0Seccomp:2 ]
  oci_fail 127 'not found' exec y nosuch
  # What is odd about the profile is nothing that belongs into the process's standard error.
  bundle "c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [
  {'names': ['setns', 'nosuchcall'], 'action': 'SCMP_ACT_ERRNO'}]}"
  oci_ok run -d -b "$BUNDLE" z
  oci_ok exec z true
  [ -z "$stderr" ]
  oci_ok --log "$BATS_TEST_TMPDIR/log" exec z true
  [ -z "$stderr" ]
}

@test "--process FILE" {
  process "p['args'] = ['sh', '-c', 'echo \$N \$FROM \$PWD; exit 4']; p['env'] = ['N=1', 'N=2', 'PATH=/bin']; p['cwd'] = '/bin'"
  oci exec --process "$PROCESS" x
  [ "$status" -eq 4 ] && [ "$output" = '2 /bin' ]
  oci_fail 125 'take away' exec --process "$PROCESS" x true
  oci_fail 125 'cannot read --process' exec -p /nonexistent x
  process "p['args'] = 5"
  oci_fail 125 'process.args' exec -p "$PROCESS" x
  process "del p['args']"
  oci_fail 125 'args' exec -p "$PROCESS" x
  echo nonsense >"$PROCESS"
  oci_fail 125 'not valid JSON' exec -p "$PROCESS" x
}

@test "--detach with --pid-file, as conmon calls it" {
  local pid=$BATS_TEST_TMPDIR/pid

  process "p['args'] = ['sh', '-c', 'echo \$\$ >/tmp/inside; exec sleep 100']"
  oci_ok exec --pid-file "$pid" --process "$PROCESS" --detach x
  [ -z "$output$stderr" ]
  grep -qa sleep "/proc/$(cat "$pid")/cmdline" || eventually 5 grep -qa sleep "/proc/$(cat "$pid")/cmdline"
  oci_ok ps --format json x
  [[ $output == *"$(cat "$pid")"* ]]
  oci_fail 127 'not found' exec -d --pid-file "$pid.2" x nosuch
  [ ! -e "$pid.2" ]
}

@test "a terminal: relayed, or sent to a socket" {
  need script
  run -3 script -qec "'$OCI' --root '$ROOT' exec -t x sh -c 'test -t 0 && echo a tty; exit 3'" /dev/null </dev/null
  [[ $output == *"a tty"* ]]
  oci_fail 125 'without setting console socket' exec -t -d x true
  oci_fail 125 'will not allocate tty' exec --console-socket /nonexistent x true
  process "p['terminal'] = True; p['args'] = ['sh', '-c', 'tty; stty size']; p['consoleSize'] = {'height': 11, 'width': 22}"
  run -0 timeout 20 python3 - "$OCI" "$ROOT" "$PROCESS" "$BATS_TEST_TMPDIR/socket" <<'EOF'
import os, socket, subprocess, sys
oci, root, process, path = sys.argv[1:]
s = socket.socket(socket.AF_UNIX)
s.bind(path)
s.listen()
subprocess.run([oci, '--root', root, 'exec', '-d', '--console-socket', path, '-p', process, 'x'], check=True)
c, _ = s.accept()
_, fds, _, _ = socket.recv_fds(c, 4096, 4)
out = b''
try:
    while True:
        out += os.read(fds[0], 4096)
except OSError:
    pass
assert b'/dev/pts/' in out and b'11 22' in out, out
EOF
}

@test "descriptors are handed down" {
  echo three >"$BATS_TEST_TMPDIR/3"
  run -0 "$OCI" --root "$ROOT" exec --preserve-fds 1 x cat /proc/self/fd/3 3<"$BATS_TEST_TMPDIR/3"
  [ "$output" = three ]
}

@test "what does not run, and what is paused" {
  bundle
  oci_ok create -b "$BUNDLE" y
  oci_fail 125 'container not running' exec y true
  oci_ok pause x
  oci_fail 125 'paused' exec x true
  # In a frozen group it begins frozen, too, and goes on with the others.
  "$OCI" --root "$ROOT" exec --ignore-paused x true </dev/null >/dev/null 2>&1 3>&- &
  sleep 0.5
  oci_ok resume x
  wait $!
  oci_ok exec x true
  oci_ok kill x KILL
  eventually 5 is x stopped
  oci_fail 125 'container not running' exec x true
}
