#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ps, pause, resume, events, update.

load ../lib/common
load setup
setup_file() { file_setup; oci_setup; }
teardown_file() { file_teardown; }

setup()
{
  leaks_before
  bundle "c['process']['args'] = ['sh', '-c', 'sleep 1001 & while :; do echo . >>/tmp/ticks; sleep 0.02; done']
c['mounts'].append({'destination': '/tmp', 'type': 'bind', 'source': '$BATS_TEST_TMPDIR', 'options': ['bind']})"
  "$OCI" --root "$ROOT" run -d -b "$BUNDLE" p </dev/null >/dev/null 2>&1
  eventually 5 test -s "$BATS_TEST_TMPDIR/ticks"
}
teardown() { oci_clean; check_leaks; }

@test "ps: numbers as JSON, and the lines of ps(1)" {
  oci_ok ps --format json p
  run -0 python3 -c 'import json,sys; n = json.loads(sys.argv[1]); assert int(sys.argv[2]) in n and len(n) >= 2, n' "$output" "$(pid_of p)"
  need ps
  oci_ok ps p
  [[ ${output%%$'\n'*} == *PID* ]] && [[ $output == *"sleep 1001"* ]] && [[ $output != *bats* ]]
  oci_ok ps p -o pid,comm
  [[ $output == *sleep* ]]
  oci_fail 1 'ps has failed' ps p --nosuch 2>/dev/null || [ "$status" -eq 1 ]
  oci_ok kill p KILL
  eventually 5 is p stopped
  oci_ok ps -f json p
  [ "$(tr -d ' ' <<<"$output")" = '[]' ]
}

@test "pause stops all of it, resume lets it go on" {
  local n

  oci_ok pause p
  is p paused
  n=$(stat -c %s "$BATS_TEST_TMPDIR/ticks")
  sleep 0.3
  [ "$(stat -c %s "$BATS_TEST_TMPDIR/ticks")" = "$n" ]
  oci_fail 1 'it is paused' pause p
  oci_ok resume p
  is p running
  more() { [ "$(stat -c %s "$BATS_TEST_TMPDIR/ticks")" -gt "$n" ]; }
  eventually 5 more
  oci_fail 1 'it is running' resume p
  oci_ok create -b "$BUNDLE" made
  oci_fail 1 'it is created' pause made
  oci_ok delete made
  oci_ok pause p
  oci_ok delete --force p
  oci_fail 1 'does not exist' pause p
}

@test "events --stats: one object" {
  oci_ok events --stats p
  run -0 python3 - "$output" <<'EOF'
import json, sys
e = json.loads(sys.argv[1])
assert e['type'] == 'stats' and e['id'] == 'p'
assert e['data']['pids']['current'] >= 2 and e['data']['memory']['usage']['usage'] > 4096, e
EOF
  run -0 timeout 10 sh -c '"$OCI" --root "$ROOT" events --interval 50ms p 2>/dev/null | head -n 3 | wc -l'
  [ "$output" -eq 3 ]
  oci_fail 1 'takes a time' events --interval x p
  "$OCI" --root "$ROOT" events --interval 50ms p >/dev/null 3>&- &
  oci_ok kill p KILL
  wait $!
  oci_fail 1 'container not running' events --stats p
}

@test "update: what is wrong is told, and what cannot be limited" {
  oci_fail 1 'takes a number' update --memory lots p
  oci_fail 1 'cannot read' update --resources /nonexistent p
  run -1 sh -c 'echo "[]" | "$OCI" --root "$ROOT" update --resources - p'
  [[ $output == *"begins with {"* ]]
  run -1 sh -c 'echo "{\"pids\": {\"limit\": \"many\"}}" | "$OCI" --root "$ROOT" update -r - p'
  [[ $output == *pids.limit* ]]
  # Ours hands nothing down, for we are in it (see groups.bats).
  oci update --pids-limit 20 p
  [ "$status" -eq 1 ] && [[ $stderr == *"no control group"* || $stderr == *"control group has no pids.max"* ]]
  oci_ok update p
}
