#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line as such: names, options, logs, and the commands that need no container.

load ../lib/common
load setup
setup_file() { file_setup; oci_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() { oci_clean; check_leaks; }

@test "by its own name, as a command of sandbox, and by a link that podman knows" {
  oci_ok --version
  [[ $output == "sandbox-oci version "*$'\n'"spec: 1."* ]]
  expect 0 oci -v
  [[ $output == "sandbox-oci version "* ]]
  ln -s "$OCI" "$BATS_TEST_TMPDIR/crun"
  run -0 "$BATS_TEST_TMPDIR/crun" --version
  [[ $output == "sandbox-oci version "* ]]
  one_line_error --root /nowhere oci list
  [[ $stderr == *'stands behind "oci"'* ]]
}

@test "options before and behind, in one word and in two; mistakes are told" {
  oci_ok --log-level=debug --rootless=true --cgroup-manager cgroupfs list -f json
  [ "$(tr -d ' \n' <<<"$output")" = '[]' ]
  oci_ok --rootless --systemd-cgroup list --format=json
  oci_fail 1 'no option --frob' --frob list
  oci_fail 1 'no option --frob' list --frob
  oci_fail 1 'no command "frob"' frob
  oci_fail 1 'one of true, false, auto' --rootless=maybe list
  oci_fail 1 'one of text, json' --log-format xml list
  oci_fail 1 'one of cgroupfs, systemd, disabled' --cgroup-manager none list
  oci_fail 1 'wants the id' state
  oci_fail 1 'takes no "b"' state a b
  oci_fail 1 'table or json' list --format yaml
  oci
  [ "$status" -eq 1 ]
  oci_ok --help
  [[ $output == *checkpoint*version* ]]
  oci_ok state --help
  [[ $output == "Usage: sandbox-oci state ID"* ]]
}

@test "without HOME, XDG_* and PATH" {
  run -0 env -i "$OCI" --root "$ROOT" list -q
  run -1 env -i "$OCI" --root "$ROOT" state nosuch
  [[ $output == *"does not exist"* ]]
}

@test "ids: long ones, dots and signs; no slash, no blank, not .." {
  local id

  for id in nosuch node1.alice.42.4294967291.0 ..a 'a+b:c@d~e' "$(printf 'x%.0s' {1..1024})"; do
    oci_fail 1 'does not exist' state "$id"
  done
  for id in '' . .. a/b ../x / 'a b' $'a\nb' "$(printf 'x%.0s' {1..1025})"; do
    oci_fail 1 'the id of a container\|cannot be the id' state "$id" ||
      [[ $stderr == *"id of a container"* ]]
  done
}

@test "a log as runc's: an object a line, the error on standard error as well" {
  local log=$BATS_TEST_TMPDIR/log.json

  oci_fail 1 'does not exist' --log "$log" --log-format json state nosuch
  oci_fail 1 'does not exist' --log "$log" --log-format=json state nosuch
  run -0 python3 - "$log" <<'EOF'
import datetime, json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
assert len(lines) == 2, lines
for l in lines:
    assert set(l) == {'level', 'msg', 'time'}, l
    assert l['level'] == 'error' and 'does not exist' in l['msg']
    datetime.datetime.fromisoformat(l['time'][:26])
EOF
  oci_fail 1 '"level":"error"' --log-format json state nosuch
  # A mistake in the options themselves is told there, too.
  oci_fail 1 'no option' --log "$log" --log-format json state --frob x
  [ "$(wc -l <"$log")" -eq 3 ]
  oci_fail 1 'cannot open the log' --log /nonexistent/log state nosuch
}

@test "features: JSON and nothing else, with what engines look for" {
  oci_ok features
  [ -z "$stderr" ]
  run -0 python3 - "$output" <<'EOF'
import json, sys
f = json.loads(sys.argv[1])
assert f['ociVersionMin'] == '1.0.0' and f['ociVersionMax'].startswith('1.')
assert 'poststop' in f['hooks'] and len(f['hooks']) == 6
assert {'rro', 'ro', 'rbind', 'bind', 'tmpcopyup', 'nosymfollow'} <= set(f['mountOptions'])
l = f['linux']
assert {'user', 'mount', 'time', 'network'} <= set(l['namespaces'])
assert 'CAP_CHOWN' in l['capabilities'] and l['seccomp']['enabled']
assert 'SCMP_ACT_NOTIFY' in l['seccomp']['actions']
assert l['cgroup']['v2'] and not l['cgroup']['v1']
assert l['mountExtensions']['idmap']['enabled']
EOF
}

@test "spec writes a config.json that begins with what runc's has; never over another" {
  local dir=$BATS_TEST_TMPDIR/spec

  mkdir "$dir"
  oci_ok spec --bundle "$dir"
  oci_fail 1 'there already' spec -b "$dir"
  mv "$dir/config.json" "$dir/root.json"
  (cd "$dir" && "$OCI" spec --rootless)
  run -0 python3 - "$dir" <<'EOF'
import json, os, sys
r = json.load(open(sys.argv[1] + '/root.json'))
u = json.load(open(sys.argv[1] + '/config.json'))
kinds = lambda c: {n['type'] for n in c['linux']['namespaces']}
assert kinds(r) == {'pid', 'network', 'ipc', 'uts', 'mount', 'cgroup'}
assert kinds(u) == {'pid', 'ipc', 'uts', 'mount', 'cgroup', 'user'}
assert u['linux']['uidMappings'] == [{'containerID': 0, 'hostID': os.getuid(), 'size': 1}]
assert 'gid=5' not in str(u['mounts']) and 'gid=5' in str(r['mounts'])
for c in r, u:
    assert c['root'] == {'path': 'rootfs', 'readonly': True}
    assert c['process']['args'] == ['sh'] and c['process']['terminal']
EOF
  oci_fail 1 'cannot make' spec --bundle /nonexistent
}

@test "checkpoint and restore say that they are not there" {
  oci_fail 1 'not supported' checkpoint --image-path x nosuch
  oci_fail 1 'not supported' restore -d --bundle . nosuch
}

@test "what is in a shared --root and not ours is neither listed nor touched" {
  local shared=$BATS_TEST_TMPDIR/shared

  mkdir -p "$shared/mine/sub" "$shared/empty"
  ln -s /etc "$shared/link"
  echo data >"$shared/file"
  echo data >"$shared/mine/config.txt"
  run -0 "$OCI" --root "$shared" list -q
  [ -z "$output" ]
  for id in mine link file; do
    run -1 "$OCI" --root "$shared" state "$id"
  done
  [ -f "$shared/mine/config.txt" ] && [ -d "$shared/mine/sub" ] && [ -L "$shared/link" ] && [ -f "$shared/file" ]
}

@test "links in a shared --root, and records of others, are not read" {
  bundle "c['annotations'] = {'secret': 'x'}"
  oci_ok create -b "$BUNDLE" real
  # a record of its own name, but elsewhere; another's record; another's configuration
  mkdir "$BATS_TEST_TMPDIR/away" "$ROOT"/{link,alias,config}
  sed 's/"id":"real"/"id":"link"/' "$ROOT/real/state.json" >"$BATS_TEST_TMPDIR/away/state.json"
  ln -s "$BATS_TEST_TMPDIR/away/state.json" "$ROOT/link/state.json"
  cp "$ROOT/real/state.json" "$ROOT/alias/state.json"
  sed 's/"id":"real"/"id":"config"/' "$ROOT/real/state.json" >"$ROOT/config/state.json"
  ln -s ../real/config.json "$ROOT/config/config.json"
  oci list -q
  [ "$(sort <<<"$output")" = "config
real" ]
  oci list --format json
  [ "$(grep -c '"secret"' <<<"$output")" -eq 1 ]
  oci_fail 1 'alias/state.json is damaged' state alias
  oci_fail 1 'link/state.json is damaged' state link
  rm -r "$ROOT"/{link,alias,config}
  oci_ok delete real
}

@test "half an answer is an error" {
  [ -w /dev/full ] || skip "there is no /dev/full"
  run -1 sh -c '"$OCI" features 2>&1 >/dev/full'
  [[ $output == *"cannot write"* ]]
}
