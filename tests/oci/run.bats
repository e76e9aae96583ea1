#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# run: in the foreground and behind.

load ../lib/common
load setup
setup_file() { file_setup; oci_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() { oci_clean; check_leaks; }

@test "run has the output and the exit code of its process, and leaves nothing" {
  bundle "c['process']['args'] = ['sh', '-c', 'echo out; echo err >&2; exit 7']"
  oci run r -b "$BUNDLE"
  [ "$status" -eq 7 ] && [ "$output" = out ] && [ "$stderr" = err ]
  [ -z "$(ls -A "$ROOT")" ]
  bundle "c['process']['args'] = ['sh', '-c', 'kill -9 \$\$; sleep 1; kill -s SEGV 1']"
  bundle "c['process']['args'] = ['cat']"
  run -0 sh -c 'echo input | "$OCI" --root "$ROOT" run -b "$1" r' sh "$BUNDLE"
  [ "$output" = input ]
}

@test "what cannot be executed: 126, what is not there: 127, all else: 125" {
  bundle "c['process']['args'] = ['nosuch']"
  oci_fail 127 'executable file not found in $PATH' run -b "$BUNDLE" r
  bundle "c['process']['args'] = ['/etc/passwd']"
  oci_fail 126 'Permission denied' run -b "$BUNDLE" r
  bundle "c['root']['path'] = '/nonexistent'"
  oci_fail 125 '/nonexistent' run -b "$BUNDLE" r
  [ -z "$(ls -A "$ROOT")" ]
}

@test "signals are passed on; the state says running meanwhile" {
  bundle "c['process']['args'] = ['sh', '-c', 'trap \"echo got; exit 3\" TERM; echo ready; while :; do sleep 0.05; done']"
  "$OCI" --root "$ROOT" run -b "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" s >"$BATS_TEST_TMPDIR/out" 3>&- &
  eventually 10 grep -q ready "$BATS_TEST_TMPDIR/out"
  is s running
  [ "$(pid_of s)" = "$(cat "$BATS_TEST_TMPDIR/pid")" ]
  oci_ok exec s true
  kill -TERM $!
  wait $! && code=0 || code=$?
  [ "$code" -eq 3 ]
  grep -q got "$BATS_TEST_TMPDIR/out"
}

@test "killed, it takes the container with it; deleted by another, it ends" {
  bundle
  "$OCI" --root "$ROOT" run -b "$BUNDLE" k >/dev/null 3>&- &
  eventually 10 is k running
  kill -9 $!
  wait $! || :
  eventually 5 is k stopped
  oci_ok delete k
  "$OCI" --root "$ROOT" run -b "$BUNDLE" k >/dev/null 3>&- &
  eventually 10 is k running
  oci_ok delete --force k
  wait $! && code=0 || code=$?
  [ "$code" -eq 137 ]
}

@test "--detach returns when it runs; --keep keeps it" {
  bundle
  oci_ok run -d -b "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" d
  is d running
  [ "$(pid_of d)" = "$(cat "$BATS_TEST_TMPDIR/pid")" ]
  oci_ok kill d 9
  eventually 5 is d stopped
  oci_ok delete d
  bundle "c['process']['args'] = ['true']"
  oci_ok run --keep -b "$BUNDLE" kept
  is kept stopped
  oci_ok delete kept
}

@test "a terminal is relayed" {
  need script
  bundle "c['process']['terminal'] = True
c['process']['args'] = ['sh', '-c', 'test -t 0 && echo a tty; exit 5']"
  run -5 script -qec "'$OCI' --root '$ROOT' run -b '$BUNDLE' t" /dev/null </dev/null
  [[ $output == *"a tty"* ]]
}

@test "without a terminal of the caller's a pseudo terminal works as well" {
  bundle "c['process']['terminal'] = True
c['process']['args'] = ['sh', '-c', 'test -t 1 && echo yes']"
  oci_ok run -b "$BUNDLE" t
  [[ $output == yes* ]]
}

@test "--no-pivot: a nested user namespace gets no /proc and /sys without the masks" {
  local t

  for t in proc sysfs; do
    bundle "c['process']['args'] = ['sh', '-c', 'ls -d /proc/self/exe /sys/kernel; exec unshare -Urmpn --fork mount -t $t $t /tmp']
c['mounts'].append({'destination': '/tmp', 'type': 'tmpfs', 'source': 'tmpfs'})
[c['process']['capabilities'][k].append('CAP_SETFCAP') for k in ('bounding', 'effective', 'permitted')]
assert '/proc/keys' in c['linux']['maskedPaths'] and '/sys/firmware' in c['linux']['maskedPaths']"
    oci run --no-pivot -b "$BUNDLE" moved
    [ "$status" -ne 0 ]
    [ "$output" = "/proc/self/exe
/sys/kernel" ]
    [[ $stderr == *"mount: "*"ermission denied"* || $stderr == *"mount: "*"not permitted"* ]]
  done
}
