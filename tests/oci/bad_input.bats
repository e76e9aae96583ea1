#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Bad bundles and bad calls, by the rows of the catalogue: one line that says what, exit code
# 1, and nothing left in --root.

load ../lib/common
load setup
setup_file() { file_setup; oci_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() { oci_clean; check_leaks; }

# bad TEXT: create of the bundle fails, and the line has TEXT in it.
bad()
{
  oci_fail 1 "$1" create -b "$BUNDLE" bad || {
    "$OCI" --root "$ROOT" delete --force bad
    return 1
  }
  [ -z "$(ls -A "$ROOT")" ] || {
    echo "left: $(ls -A "$ROOT")" >&2
    return 1
  }
}

# config TEXT: a bundle whose config.json is this text.
config()
{
  bundle
  printf '%b' "$1" >"$BUNDLE/config.json"
}

@test "61: no JSON, a BOM, a NUL, any depth" {
  config 'hello'
  bad 'not valid JSON'
  config ''
  bad 'not valid JSON'
  config '{"ociVersion": "1.0.0"'
  bad 'not valid JSON'
  config '\xef\xbb\xbf{}'
  bad 'not valid JSON'
  config '{"ociVersion": "1.0.0"}\0000{}'
  bad 'not valid JSON'
  config '[]'
  bad 'config.json'
  bundle
  python3 -c 'print("[" * 10000 + "]" * 10000)' >"$BUNDLE/config.json"
  bad 'not valid JSON'
  # The last one of two counts, as in every JSON reader of the field.
  bundle "c['hostname'] = 'one'"
  sed -i 's/"hostname": "one"/"hostname": "one", "hostname": "two"/' "$BUNDLE/config.json"
  oci_ok create -b "$BUNDLE" twice
  oci_ok start twice
  oci_ok exec twice hostname
  [ "$output" = two ]
}

# Rows with "| TEXT": what the message has to name.
@test "62 to 79: what config.json may not say, each with its place in the message" {
  local row change text wrong=()

  while IFS= read -r row; do
    change=${row%% | *}
    text=${row##* | }
    bundle "$change"
    bad "$text" || wrong+=("$row")
  done <<'EOF'
del c['root'] | root
del c['process'] | process
del c['ociVersion'] | ociVersion
c['ociVersion'] = '99.0.0' | 99.0.0
c['ociVersion'] = 5 | ociVersion
c['root']['path'] = '/' | root
c['root']['path'] = '' | root.path
c['root']['path'] = '/nonexistent' | /nonexistent
c['root']['path'] = '/etc/passwd' | /etc/passwd
c['root']['path'] = '../../../../../../..' | root
c['process']['args'] = [] | process.args
c['process']['args'] = [''] | process.args
c['process']['args'] = [5] | process.args
c['mounts'] = [{'destination': '/x'}, 5] | mounts
c['mounts'].append({'destination': '', 'type': 'tmpfs', 'source': 'x'}) | destination
c['mounts'].append({'destination': '/../..', 'type': 'nosuch', 'source': 'x'}) | mounts
c['mounts'].append({'destination': '/tmp', 'type': 'nosuch', 'source': 'x'}) | nosuch
c['mounts'].append({'destination': '/tmp', 'type': 'tmpfs', 'source': 'x', 'options': ['size=bogus']}) | size
c['mounts'].append({'destination': '/tmp', 'type': 'bind', 'source': '/nonexistent', 'options': ['rbind']}) | /nonexistent
c['linux']['uidMappings'].append({'containerID': 0, 'hostID': 1, 'size': 1}) | uidMappings
c['linux']['uidMappings'][0]['size'] = 0 | uidMappings
c['linux']['uidMappings'][0]['size'] = 2**32 | uidMappings
c['linux']['uidMappings'] = [{'containerID': i * 2, 'hostID': i * 2, 'size': 1} for i in range(341)] | uidMappings
c['linux']['namespaces'].append({'type': 'network', 'path': '/nonexistent'}) | /nonexistent
c['linux']['namespaces'].append({'type': 'network', 'path': '/etc/passwd'}) | /etc/passwd
c['linux']['namespaces'].append({'type': 'network', 'path': '/proc/self/ns/uts'}) | /proc/self/ns/uts
c['linux']['namespaces'].append({'type': 'mount'}) | namespaces
c['linux']['namespaces'].append({'type': 'nosuch'}) | nosuch
c['hooks'] = {'prestart': [{'path': 'bin/true'}]} | hooks.prestart
c['hooks'] = {'createRuntime': [{'path': '/nonexistent/hook'}]} | /nonexistent/hook
c['hooks'] = {'createRuntime': [{'path': '/bin/sh', 'args': ['sh', '-c', 'echo because >&2; exit 3']}]} | because
c['process']['rlimits'] = [{'type': 'RLIMIT_NOSUCH', 'soft': 1, 'hard': 1}] | RLIMIT_NOSUCH
c['process']['rlimits'] = [{'type': 'RLIMIT_NOFILE', 'soft': 2, 'hard': 1}] | rlimits
c['linux']['sysctl'] = {'kernel.core_pattern': '|/bin/sh'} | kernel.core_pattern
c['linux']['sysctl'] = {'net/../kernel/core_pattern': 'x'} | sysctl
c['linux']['maskedPaths'] = ['relative'] | maskedPaths
c['linux']['maskedPaths'] = [''] | maskedPaths
c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_NOSUCH'} | SCMP_ACT_NOSUCH
c['linux']['seccomp'] = {} | defaultAction
c['linux']['devices'] = [{'path': '/dev/x', 'type': 'z', 'major': 1, 'minor': 3}] | type
c['linux']['devices'] = [{'path': '/dev/x', 'type': 'c', 'major': -1, 'minor': 3}] | major
c['linux']['cgroupsPath'] = '../../x' | cgroupsPath
c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'uts'] | hostname
c['process']['cwd'] = 'relative' | process.cwd
c['process']['cwd'] = '' | process.cwd
c['process']['user'] = {'uid': -1, 'gid': 0} | process.user.uid
c['process']['user'] = {'uid': 2**32, 'gid': 0} | process.user.uid
c['process']['user'] = {'uid': 77777, 'gid': 0} | 77777
EOF
  [ "${#wrong[@]}" -eq 0 ] || {
    printf 'row: %s\n' "${wrong[@]}" >&2
    return 1
  }
}

@test "71: an unknown capability is a warning, as the specification wants" {
  bundle "c['process']['capabilities']['bounding'].append('CAP_NOSUCH')
c['process']['args'] = ['true']"
  oci run --keep -b "$BUNDLE" caps
  [ "$status" -eq 0 ]
}

@test "72, 75: links in the image lead nowhere outside" {
  local image=$BATS_TEST_TMPDIR/image victim=$BATS_TEST_TMPDIR/victim

  echo untouched >"$victim"
  mkdir -p "$image/dev"
  cp -a "$ROOTFS/." "$image/"
  ln -s "$victim" "$image/dev/null" 2>/dev/null || :
  ln -s "$victim" "$image/dev/console" 2>/dev/null || :
  ln -s /../../../../../../../../../../"$victim" "$image/tmp/link"
  bundle "c['root']['path'] = '$image'
c['mounts'] = [m for m in c['mounts'] if not m['destination'].startswith('/dev')]
c['linux']['maskedPaths'] += ['/tmp/link']
c['process']['args'] = ['true']"
  oci run -b "$BUNDLE" linked
  [ "$(cat "$victim")" = untouched ] && [ "$(stat -c %U "$victim")" = "$(id -un)" ]
  # A mount whose place is a link to the host's folders ends up in the image.
  mkdir "$BATS_TEST_TMPDIR/outside"
  ln -s "$BATS_TEST_TMPDIR/outside" "$image/out"
  bundle "c['root'] = {'path': '$image', 'readonly': False}
c['mounts'].append({'destination': '/out/new', 'type': 'tmpfs', 'source': 'x'})
c['process']['args'] = ['touch', '/out/new/file']"
  oci run -b "$BUNDLE" linked
  [ -z "$(ls -A "$BATS_TEST_TMPDIR/outside")" ]
}

@test "79: annotations of any length; unknown members are ignored" {
  bundle "c['annotations'] = {'a': 'x' * (8 << 20)}; c['nosuch'] = {'a': [1]}; c['linux']['nosuch'] = 5"
  oci_ok create -b "$BUNDLE" long
  is long created
  oci_ok start long
  is long running
}

@test "80: create twice, start twice, delete running, unknown ids" {
  bundle
  oci_ok create -b "$BUNDLE" one
  oci_fail 1 'container with id exists' create -b "$BUNDLE" one
  oci_ok start one
  oci_fail 1 'not created' start one
  oci_fail 1 'not stopped' delete one
  is one running
  for cmd in state start delete kill pause resume ps events update; do
    oci_fail 1 'does not exist' "$cmd" nosuch
    oci_fail 1 'id of a container' "$cmd" a/b
    oci_fail 1 'id of a container' "$cmd" "$(printf 'x%.0s' {1..1025})"
    oci_fail 1 'cannot be the id' "$cmd" ..
  done
  oci_fail 1 'id of a container' create -b "$BUNDLE" a/b
  oci_fail 1 'cannot be the id' create -b "$BUNDLE" ..
  oci_fail 125 'does not exist' exec nosuch true
}
