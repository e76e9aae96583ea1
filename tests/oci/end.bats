#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# kill, delete, and stale or damaged states.

load ../lib/common
load setup
setup_file() { file_setup; oci_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() { oci_clean; check_leaks; }

# detached ID [GLOBAL OPTIONS...]
detached()
{
  "$OCI" --root "$ROOT" "${@:2}" run -d -b "$BUNDLE" "$1" </dev/null >/dev/null 2>&1
}

@test "signals: numbers, names, SIGnames; TERM when none is named" {
  local sig

  bundle "c['process']['args'] = ['sh', '-c', 'trap \"echo USR1 >>/tmp/got\" USR1; trap \"echo TERM >>/tmp/got\" TERM; echo up >/tmp/got; while :; do sleep 0.02; done']
c['mounts'].append({'destination': '/tmp', 'type': 'bind', 'source': '$BATS_TEST_TMPDIR', 'options': ['bind']})"
  detached s
  eventually 5 grep -q up "$BATS_TEST_TMPDIR/got"
  got() { [ "$(grep -c "$1" "$BATS_TEST_TMPDIR/got")" = "$2" ]; }
  oci_ok kill s USR1
  eventually 5 got USR1 1
  oci_ok kill s SIGUSR1
  eventually 5 got USR1 2
  oci_ok kill s 10
  eventually 5 got USR1 3
  oci_ok kill s
  eventually 5 got TERM 1
  oci_ok kill --all s
  eventually 5 got TERM 2
  oci_ok kill s 0
  for sig in NOSUCH 99 -1 ''; do
    oci kill -- s "$sig"
    [ "$status" -eq 1 ]
  done
  oci_ok kill s KILL
  eventually 5 is s stopped
  oci_fail 1 'container not running' kill s KILL
  oci_ok kill -a s
  oci_ok kill --all s KILL
  [ -z "$stderr" ]
  oci_fail 1 'does not exist' kill nosuch
}

@test "--all reaches every process" {
  bundle "c['process']['args'] = ['sh', '-c', 'sleep 999 & sleep 998 & exec sleep 997']"
  detached all
  n() { oci_ok ps -f json all && [ "$(tr -cd , <<<"$output" | wc -c)" -eq "$1" ]; }
  eventually 5 n 2
  oci_ok kill --all all TERM
  # Process 1 ignores what it does not handle.
  eventually 5 n 0
  is all running
}

@test "delete --force kills, waits and takes the rest along" {
  bundle "c['process']['args'] = ['sh', '-c', 'trap \"\" TERM INT HUP; sleep 1000 & wait; wait']"
  detached f
  pid=$(pid_of f)
  oci_ok delete --force f
  [ ! -e "/proc/$pid" ] || grep -q '^State:.*Z' "/proc/$pid/status"
  oci_fail 1 'does not exist' state f
  oci_ok delete --force f
}

@test "what shares the host's process numbers ends as well" {
  bundle "c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'pid']
c['mounts'] = [m for m in c['mounts'] if m['destination'] != '/proc'] + [{'destination': '/proc', 'type': 'bind', 'source': '/proc', 'options': ['rbind']}]
c['process']['args'] = ['sh', '-c', 'sleep 4321 & sleep 4322 & wait']"
  detached h
  count() { [ "$(pgrep -u "$(id -u)" -fc "^sleep 432[12]$")" -eq "$1" ]; }
  eventually 5 count 2
  oci_ok delete --force h
  eventually 5 count 0
}

@test "--regex means whole ids" {
  bundle
  for id in ra rb xra; do
    detached $id
  done
  oci_ok kill --regex 'r.' KILL
  eventually 5 is ra stopped
  eventually 5 is rb stopped
  is xra running
  oci_ok delete --regex 'r[ab]'
  oci_ok list -q
  [ "$output" = xra ]
  oci_fail 1 'not a regular expression' delete --regex '('
}

@test "a record of another boot or of a reused number is stopped, and nothing is signalled by it" {
  local pid

  bundle
  for change in 'boot=00000000-0000-0000-0000-000000000000' 'start=1' "pid=$$"; do
    # By a group what is the container's would be found all the same.
    detached stale --cgroup-manager=disabled
    pid=$(pid_of stale)
    cp "$ROOT/stale/state.json" "$BATS_TEST_TMPDIR/good"
    python3 - "$ROOT/stale/state.json" "$change" <<'EOF'
import json, sys
s = json.load(open(sys.argv[1]))
key, value = sys.argv[2].split('=')
assert key in s
s[key] = value if key == 'boot' else int(value)
json.dump(s, open(sys.argv[1], 'w'))
EOF
    is stale stopped
    oci_fail 1 'container not running' kill stale KILL
    oci_ok kill --all stale KILL
    kill -0 "$pid"
    kill -0 $$
    cp "$BATS_TEST_TMPDIR/good" "$ROOT/stale/state.json"
    is stale running
    oci_ok delete --force stale
  done
}

@test "a damaged record is told by name, spoils no other, and goes by delete --force" {
  bundle
  oci_ok create -b "$BUNDLE" good
  oci_ok create -b "$BUNDLE" bad
  pid=$(pid_of bad)
  for text in '' '{' '[]' '{"version":1}' '{"version":99}' '{"version":1,"id":"../x","bundle":"/","rootfs":"/"}'; do
    printf '%s' "$text" >"$ROOT/bad/state.json"
    oci_fail 1 'bad/state.json is damaged' state bad
    oci_fail 1 'damaged' start bad
    oci_fail 1 'damaged' delete bad
    oci list -q
    [ "$status" -eq 0 ] && [ "$output" = good ]
  done
  oci delete --force bad
  [ "$status" -eq 0 ] && [[ $stderr == *damaged*ignoring* ]]
  kill -9 "$pid"
  oci_ok delete good
}

@test "what is in a shared --root and not ours is not touched" {
  local shared=$BATS_TEST_TMPDIR/shared

  mkdir -p "$shared/mine/sub"
  ln -s /etc "$shared/link"
  echo data >"$shared/file"
  echo data >"$shared/mine/config.txt"
  bundle
  for id in mine link file; do
    run -1 "$OCI" --root "$shared" delete "$id"
    run -0 "$OCI" --root "$shared" delete --force "$id"
    run -1 "$OCI" --root "$shared" create -b "$BUNDLE" "$id"
    [[ $output == *"with id exists"* ]]
  done
  [ -f "$shared/mine/config.txt" ] && [ -d "$shared/mine/sub" ] && [ -L "$shared/link" ] && [ -f "$shared/file" ]
}

# as_root_in_userns CMD: container root of a namespace with this user's range.
@test "another user is refused; root acts as the owner" {
  local range shared=$BATS_TEST_TMPDIR/shared

  need_subids
  range=$(awk -F: -v n="$(id -un)" '$1 == n { print $2; exit }' /etc/subuid)
  inside() { unshare -U --map-user=0 --map-users="$range,1,65535" --map-group=0 --map-groups="$range,1,65535" "$@"; }
  mkdir -p "$shared"
  chmod 1777 "$shared" "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR" 2>/dev/null || :
  bundle
  run -0 "$OCI" --root "$shared" create -b "$BUNDLE" other </dev/null
  run -0 "$OCI" --root "$shared" delete other
  # A state that belongs to user 1000 of the namespace.
  inside sh -c 'mkdir -m 700 "$1/theirs" && printf "{\"version\":1,\"id\":\"theirs\",\"bundle\":\"/\",\"rootfs\":\"/\",\"created\":0,\"ready\":true,\"boot\":\"x\",\"pid\":1,\"start\":1,\"mount_ns\":0,\"own\":0}" >"$1/theirs/state.json" && chown -R 1000:1000 "$1/theirs"' sh "$shared"
  run -1 "$OCI" --root "$shared" state theirs
  [[ $output == *"ermission denied"* || $output == *"not permitted"* ]]
  run -0 inside "$OCI" --root "$shared" --debug state theirs
  [[ $output == *'acting as user 1000'* && $output == *'"status": "stopped"'* ]]
  [ "$(inside stat -c %u "$shared/theirs/state.json")" = 1000 ]
  run -0 inside "$OCI" --root "$shared" delete --force theirs
  [ ! -e "$shared/theirs" ]
}
