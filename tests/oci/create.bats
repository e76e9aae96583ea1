#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# create, start, state, delete: a container's life in the hands of an engine.

load ../lib/common
load setup
setup_file() { file_setup; oci_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() { oci_clean; check_leaks; }

@test "create waits, start runs, kill ends, delete removes" {
  local pid

  bundle "c['process']['args'] = ['sh', '-c', 'echo here >/tmp/ran; exec sleep 1000']
c['mounts'].append({'destination': '/tmp', 'type': 'tmpfs', 'source': 'tmpfs'})
c['annotations'] = {'org.example.a': 'b'}"
  oci_ok create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" a.b-1
  [ -z "$output$stderr" ]
  oci_ok state a.b-1
  [ -z "$stderr" ]
  run -0 python3 - "$output" "$BUNDLE" "$ROOTFS" "$(cat "$BATS_TEST_TMPDIR/pid")" <<'EOF'
import datetime, json, os, sys
s = json.loads(sys.argv[1])
assert s['ociVersion'].startswith('1.') and s['id'] == 'a.b-1' and s['status'] == 'created', s
assert s['bundle'] == sys.argv[2] and s['rootfs'] == sys.argv[3], s
assert s['annotations'] == {'org.example.a': 'b'}, s
assert str(s['pid']) == sys.argv[4], s
os.kill(s['pid'], 0)
datetime.datetime.fromisoformat(s['created'][:26])
EOF
  pid=$(pid_of a.b-1)
  oci_fail 1 'cannot exec' exec a.b-1 true || [ "$status" -eq 125 ]
  oci_ok start a.b-1
  is a.b-1 running
  [ "$(pid_of a.b-1)" = "$pid" ]
  eventually 5 oci_ok exec a.b-1 test -f /tmp/ran
  oci_fail 1 'it is running, not created' start a.b-1
  oci_fail 1 'not stopped' delete a.b-1
  oci_ok list -q
  [ "$output" = a.b-1 ]
  oci_ok kill a.b-1 KILL
  eventually 5 is a.b-1 stopped
  [ "$(pid_of a.b-1)" = 0 ]
  oci_fail 1 'container not running' kill a.b-1
  oci_fail 1 'it is stopped, not created' start a.b-1
  oci_ok delete a.b-1
  oci_fail 1 'does not exist' state a.b-1
  oci_fail 1 'does not exist' delete a.b-1
  oci_ok delete --force a.b-1
}

@test "the bundle may be gone, and the state be asked from elsewhere" {
  bundle
  oci_ok create -b "$BUNDLE" gone
  rm -r "$BUNDLE"
  cd /
  is gone created
  oci_ok start gone
  is gone running
  oci_ok exec gone true
  oci_ok delete -f gone
}

@test "a created container is deleted without force; an id is taken once" {
  bundle
  oci_ok create twice --bundle "$BUNDLE"
  oci_fail 1 'container with id exists' create twice -b "$BUNDLE"
  is twice created
  oci_ok delete twice
  (cd "$BUNDLE" && "$OCI" --root "$ROOT" create twice)
  oci_ok delete twice
}

@test "ids of any length have a state of their own" {
  local long

  long=$(printf 'x%.0s' {1..1023})

  bundle
  for id in "${long}a" "${long}b" node1.alice.42.4294967291.0; do
    oci_ok create -b "$BUNDLE" "$id"
  done
  for id in "${long}a" "${long}b" node1.alice.42.4294967291.0; do
    is "$id" created
    oci_ok delete "$id"
    oci_fail 1 'does not exist' state "$id"
  done
}

@test "a command that is missing or cannot be executed fails create, with an engine's words" {
  bundle "c['process']['args'] = ['nosuch']"
  oci_fail 1 'executable file not found in $PATH' create -b "$BUNDLE" x
  bundle "c['process']['args'] = ['/etc/passwd']"
  oci_fail 1 'Permission denied' create -b "$BUNDLE" x
  bundle "c['process']['cwd'] = '/nosuch'"
  oci_fail 1 'working folder /nosuch' create -b "$BUNDLE" x
  bundle "c['process']['args'] = ['/bin/bad']"
  printf '#!/nosuch\n' >"$ROOTFS/bin/bad"
  chmod 755 "$ROOTFS/bin/bad"
  # That its interpreter is missing is known only when it is executed.
  oci_ok create -b "$BUNDLE" x
  oci_fail 1 'interpreter' start x
  eventually 5 is x stopped
  rm "$ROOTFS/bin/bad"
  oci_ok delete x
}

@test "nothing is left of a create that failed" {
  local change

  while IFS= read -r change; do
    bundle "$change"
    oci create -b "$BUNDLE" bad
    [ "$status" -eq 1 ] && [ -n "$stderr" ] && [ "$(wc -l <<<"$stderr")" -eq 1 ] || {
      printf '%s: status %s: %s\n' "$change" "$status" "$stderr" >&2
      return 1
    }
    [ -z "$(ls -A "$ROOT" 2>/dev/null)" ]
  done <<'EOF'
c['root']['path'] = '/nonexistent'
c['root']['path'] = '/'
del c['root']
del c['process']['args']
c['process']['args'] = []
c['process']['cwd'] = 'relative'
c['process']['terminal'] = True
c['ociVersion'] = '99.0.0'
c['mounts'].append({'destination': '/x', 'type': 'nosuchfs', 'source': 'x'})
c['mounts'].append({'destination': '/x', 'type': 'bind', 'source': '/nonexistent', 'options': ['bind']})
c['mounts'].append({'destination': 'x/../..', 'type': 'tmpfs', 'source': 'x'})
c['linux']['namespaces'].append({'type': 'network', 'path': '/nonexistent'})
c['linux']['namespaces'].append({'type': 'network', 'path': '/etc/passwd'})
c['linux']['namespaces'].append({'type': 'mount'})
c['linux']['uidMappings'][0]['size'] = 0
c['process']['rlimits'] = [{'type': 'RLIMIT_NOSUCH', 'soft': 1, 'hard': 1}]
c['process']['rlimits'] = [{'type': 'RLIMIT_NOFILE', 'soft': 2, 'hard': 1}]
c['linux']['sysctl'] = {'kernel.core_pattern': '|/bin/sh'}
c['hooks'] = {'createRuntime': [{'path': '/bin/false'}]}
c['hooks'] = {'prestart': [{'path': 'relative'}]}
c['hooks'] = {'createContainer': [{'path': '/nonexistent'}]}
c['hooks'] = {'prestart': [{'path': '/bin/sleep', 'args': ['sleep', '60'], 'timeout': 1}]}
c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_NOSUCH'}
EOF
  oci_fail 1 'cannot read' create -b /etc bad
  oci_fail 1 'No such file' create -b /nonexistent bad
  printf 'no json' >"$BUNDLE/config.json"
  oci_fail 1 'not valid JSON' create -b "$BUNDLE" bad
  truncate -s 20M "$BUNDLE/config.json"
  oci_fail 1 'larger than 16 MiB' create -b "$BUNDLE" bad
  bundle
  oci_fail 1 '--pid-file' create -b "$BUNDLE" --pid-file /nonexistent/pid bad
  oci_fail 1 'console socket' create -b "$BUNDLE" --console-socket /nonexistent bad
  oci_fail 1 'pidfd-socket' create -b "$BUNDLE" --pidfd-socket /nonexistent bad
  oci_fail 1 'descriptor' create -b "$BUNDLE" --preserve-fds 1000 bad
  oci_fail 1 'takes a number' create -b "$BUNDLE" --preserve-fds x bad
  [ -z "$(ls -A "$ROOT")" ]
}

@test "a reader of create's output reaches its end, as Slurm's does" {
  bundle "c['process']['args'] = ['sh', '-c', 'while :; do echo x; sleep 0.1; done']"
  # stdin /dev/null, stdout and stderr one pipe.
  run -0 timeout 20 python3 - "$OCI" "$ROOT" "$BUNDLE" <<'EOF'
import subprocess, sys
oci, root, bundle = sys.argv[1:]
r = subprocess.run([oci, '--root', root, 'create', 's', '-b', bundle], stdin=subprocess.DEVNULL,
                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
assert r.returncode == 0 and r.stdout == b'', r
r = subprocess.run([oci, '--root', root, 'start', 's'], stdin=subprocess.DEVNULL,
                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
assert r.returncode == 0 and r.stdout == b'', r
EOF
  is s running
  oci_ok delete --force s
}

@test "no descriptor of the caller's stays open but the process's own" {
  bundle
  run -0 timeout 20 python3 - "$OCI" "$ROOT" "$BUNDLE" <<'EOF'
import os, subprocess, sys
oci, root, bundle = sys.argv[1:]
r, w = os.pipe()
os.dup2(w, 57)
subprocess.run([oci, '--root', root, 'create', '-b', bundle, 'fds'], pass_fds=(w, 57), check=True,
               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
os.close(w)
os.close(57)
assert os.read(r, 1) == b''
EOF
  is fds created
}

@test "descriptors from 3 on are handed down, and those of socket activation before them" {
  bundle "c['process']['args'] = ['sh', '-c', 'cat <&3; cat <&4; echo \$LISTEN_FDS \$LISTEN_PID; ls /proc/self/fd']"
  echo three >"$BATS_TEST_TMPDIR/3"
  echo four >"$BATS_TEST_TMPDIR/4"
  run -0 "$OCI" --root "$ROOT" run --preserve-fds 2 -b "$BUNDLE" p 3<"$BATS_TEST_TMPDIR/3" 4<"$BATS_TEST_TMPDIR/4" 5</etc/passwd
  # ls has 0, 1, 2, the two, and the folder itself.
  [ "$(tr '\n' ' ' <<<"$output")" = 'three four  0 1 2 3 4 5 ' ]
  run -0 bash -c 'exec env LISTEN_FDS=1 LISTEN_PID=$$ "$OCI" --root "$ROOT" run --preserve-fds=1 -b "$1" p \
    3<"$2/3" 4<"$2/4"' bash "$BUNDLE" "$BATS_TEST_TMPDIR"
  [ "${lines[2]}" = '1 1' ]
  # Meant for somebody else.
  run -0 bash -c 'exec env LISTEN_FDS=1 LISTEN_PID=1 "$OCI" --root "$ROOT" run --preserve-fds=2 -b "$1" p \
    3<"$2/3" 4<"$2/4"' bash "$BUNDLE" "$BATS_TEST_TMPDIR"
  [ "${lines[2]}" != '1 1' ]
}

@test "hooks get the state; what poststart and poststop do wrong is a warning" {
  bundle "
h = lambda n: [{'path': '/bin/sh', 'args': ['sh', '-c', 'cat >>$BATS_TEST_TMPDIR/' + n + '; echo >>$BATS_TEST_TMPDIR/' + n]}]
c['hooks'] = {n: h(n) for n in ['prestart', 'createRuntime', 'poststart', 'poststop']}
c['hooks']['poststart'].append({'path': '/bin/false'})
c['annotations'] = {'k': 'v'}"
  oci_ok create -b "$BUNDLE" hooked
  [ -s "$BATS_TEST_TMPDIR/createRuntime" ] && [ ! -e "$BATS_TEST_TMPDIR/poststart" ]
  oci_ok start hooked
  [[ $stderr == *warning*ignoring* ]]
  [ ! -e "$BATS_TEST_TMPDIR/poststop" ]
  oci_ok delete --force hooked
  run -0 python3 - "$BATS_TEST_TMPDIR" <<'EOF'
import json, sys
for name, status in ('prestart', 'creat'), ('createRuntime', 'creat'), ('poststart', 'running'), ('poststop', 'stopped'):
    s = json.loads(open(sys.argv[1] + '/' + name).read().splitlines()[0])
    assert s['id'] == 'hooked' and s['status'].startswith(status), (name, s)
    assert (s.get('pid', 0) > 0) == (name != 'poststop'), (name, s)
    assert s['annotations'] == {'k': 'v'}, s
EOF
}

@test "a terminal is sent to the console socket, in the size that the configuration says" {
  bundle "c['process']['terminal'] = True
c['process']['consoleSize'] = {'height': 33, 'width': 77}
c['process']['args'] = ['sh', '-c', 'stty size; test -t 0 && test -t 1 && test -t 2 && echo tty; read line; echo got \$line']"
  run -0 timeout 20 python3 - "$OCI" "$ROOT" "$BUNDLE" "$BATS_TEST_TMPDIR/socket" <<'EOF'
import array, os, socket, subprocess, sys
oci, root, bundle, path = sys.argv[1:]
s = socket.socket(socket.AF_UNIX)
s.bind(path)
s.listen()
subprocess.run([oci, '--root', root, 'create', '-b', bundle, '--console-socket', path, 't'], check=True)
c, _ = s.accept()
data, fds, _, _ = socket.recv_fds(c, 4096, 4)
assert len(fds) == 1 and os.isatty(fds[0]) and data, (data, fds)
subprocess.run([oci, '--root', root, 'start', 't'], check=True)
os.write(fds[0], b'hello\n')
out = b''
try:
    while True:
        out += os.read(fds[0], 4096)
except OSError:
    pass
assert b'33 77' in out and b'tty' in out and b'got hello' in out, out
EOF
  eventually 5 is t stopped
  oci_ok delete t
  oci_fail 1 'without setting console socket' create -b "$BUNDLE" t
  bundle
  oci_fail 1 'will not allocate tty' create -b "$BUNDLE" --console-socket "$BATS_TEST_TMPDIR/socket" t
}

@test "a pidfd is sent to the pidfd socket" {
  bundle
  run -0 timeout 20 python3 - "$OCI" "$ROOT" "$BUNDLE" "$BATS_TEST_TMPDIR/socket" <<'EOF'
import json, re, socket, subprocess, sys
oci, root, bundle, path = sys.argv[1:]
s = socket.socket(socket.AF_UNIX)
s.bind(path)
s.listen()
subprocess.run([oci, '--root', root, 'create', '-b', bundle, '--pidfd-socket', path, 'p'], check=True,
               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
c, _ = s.accept()
_, fds, _, _ = socket.recv_fds(c, 4096, 4)
pid = int(re.search(r'^Pid:\s*(\d+)', open('/proc/self/fdinfo/%d' % fds[0]).read(), re.M)[1])
state = json.loads(subprocess.run([oci, '--root', root, 'state', 'p'], check=True, stdout=subprocess.PIPE).stdout)
assert state['pid'] == pid
EOF
}

@test "READY=1 of the process is passed to the caller's NOTIFY_SOCKET, and nothing else" {
  bundle "c['process']['args'] = ['sh', '-c', 'exec sleep 1000']
c['root']['readonly'] = False"
  run -0 timeout 30 python3 - "$OCI" "$ROOT" "$BUNDLE" "$BATS_TEST_TMPDIR/host.sock" <<'EOF'
import json, os, socket, subprocess, sys, threading
oci, root, bundle, path = sys.argv[1:]
host = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
host.bind(path)
host.settimeout(10)
env = dict(os.environ, NOTIFY_SOCKET=path)
quiet = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
subprocess.run([oci, '--root', root, 'create', '-b', bundle, 'n'], env=env, check=True, **quiet)
start = subprocess.Popen([oci, '--root', root, 'start', 'n'], env=env, **quiet)
def state(): return json.loads(subprocess.run([oci, '--root', root, 'state', 'n'], stdout=subprocess.PIPE).stdout)
while state()['status'] != 'running':
    pass
assert start.poll() is None
inside = '/proc/%d/root/run/notify/notify.sock' % state()['pid']
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(b'STATUS=not yet\nREADY=10\n', inside)
try:
    start.wait(0.3)
    raise SystemExit('start did not wait')
except subprocess.TimeoutExpired:
    pass
s.sendto(b'STATUS=x\nREADY=1\nMAINPID=1\n', inside)
assert start.wait(10) == 0
assert host.recv(4096) == b'READY=1\nMAINPID=%d\n' % state()['pid']
EOF
  oci_ok exec n sh -c 'test -S /run/notify/notify.sock && tr "\0" "\n" </proc/1/environ'
  [[ $output == *NOTIFY_SOCKET=/run/notify/notify.sock* ]]
  # The folder is one of the host's: nothing else is put there.
  oci_fail 1 'Read-only file system' exec n touch /run/notify/x
  oci_ok delete --force n
  [ -z "$(ls -A "$ROOT")" ]
  # One that ends without a word does not hold start up; one that is deleted neither.
  bundle "c['process']['args'] = ['true']"
  NOTIFY_SOCKET=$BATS_TEST_TMPDIR/host.sock oci_ok create -b "$BUNDLE" n
  NOTIFY_SOCKET=$BATS_TEST_TMPDIR/host.sock SB_TIMEOUT=10 oci_ok start n
  oci_ok delete n
  NOTIFY_SOCKET=$BATS_TEST_TMPDIR/host.sock oci_ok run -b "$BUNDLE" n
}

@test "systemd's groups: what has no limits runs, what wants some is told, or asks to go without" {
  # limited JSON ARGS...: a run with these resources.
  limited() {
    bundle "c['process']['args'] = ['true']
c['linux']['cgroupsPath'] = 'user.slice:libpod:x'
c['linux']['resources'] = $1"
    shift
    oci "$@" run -b "$BUNDLE" x
  }
  limited '{}' --systemd-cgroup
  [ "$status" -eq 0 ] && [ -z "$stderr" ]
  # Podman asks for this of itself.
  limited "{'pids': {'limit': 2048}}" --log "$BATS_TEST_TMPDIR/log" --systemd-cgroup
  [ "$status" -eq 0 ] && grep -q 'there will be no limits' "$BATS_TEST_TMPDIR/log"
  limited "{'memory': {'limit': 1048576}}" --cgroup-manager systemd
  [ "$status" -eq 125 ] && [[ $stderr == *"not supported yet; give --cgroup-manager=cgroupfs"* ]]
  limited "{'memory': {'limit': 1048576}}"
  [ "$status" -eq 125 ]
  limited "{'memory': {'limit': 1048576}}" --systemd-cgroup --rootless=true
  [ "$status" -eq 0 ]
  limited "{'memory': {'limit': 1048576}}" --systemd-cgroup --cgroup-manager=disabled
  [ "$status" -eq 0 ]
  [ -z "$(ls -A "$ROOT")" ]
}
