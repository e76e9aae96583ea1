#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Control groups with controllers: limits, freezing, ends, numbers. Needs a group above our own that
# is ours and hands them down, as in a service with Delegate=yes whose processes are in a group below
# (tests/vm has one) and in most desktop sessions.

load ../lib/common
load setup

setup_file()
{
  file_setup
  oci_setup
  ABOVE=$(delegated)
  export ABOVE G=/sys/fs/cgroup$ABOVE/sandbox-box
}
teardown_file() { file_teardown; }

setup()
{
  leaks_before
  [ -n "$ABOVE" ] || skip "no control group that hands memory, pids and cpu down is delegated to us"
}

teardown()
{
  oci_clean
  [ -z "$ABOVE" ] || [ ! -e "$G" ]
  check_leaks
}

# delegated: the path of the nearest group above ours that we may use.
delegated()
{
  local group c

  group=$(sed -n 's/^0:://p' /proc/self/cgroup)
  while group=${group%/*} && [ -n "$group" ]; do
    [ -w "/sys/fs/cgroup$group/cgroup.procs" ] || continue
    for c in memory pids cpu; do
      grep -qw "$c" "/sys/fs/cgroup$group/cgroup.subtree_control" || continue 2
    done
    echo "$group"
    return
  done
}

# grouped RESOURCES [COMMAND [PYTHON]]: a bundle with a group, and a shell that runs COMMAND.
grouped()
{
  COMMAND=${2:-exec sleep 1000} bundle "c['linux']['cgroupsPath'] = '$ABOVE/sandbox-box'
c['linux']['resources'] = $1
c['process']['args'] = ['sh', '-c', os.environ['COMMAND']]
c['mounts'].append({'destination': '/tmp', 'type': 'bind', 'source': '$BATS_TEST_TMPDIR', 'options': ['bind']})
${3:-}"
}

detached()
{
  "$OCI" --root "$ROOT" run -d -b "$BUNDLE" "$1" </dev/null >/dev/null 2>&1 3>&-
}

# says FILE TEXT: what a file of the group has.
says()
{
  [ "$(cat "$G/$1")" = "$2" ] || {
    printf '%s: "%s", wanted "%s"\n' "$1" "$(cat "$G/$1")" "$2" >&2
    return 1
  }
}

# fact FILE NAME: the number of that line.
fact() { sed -n "s/^$2 //p" "$G/$1"; }
members() { [ "$(wc -l <"$G/cgroup.procs")" -eq "$1" ]; }

@test "limits are in the kernel's files before the process runs, update changes them" {
  grouped "{'memory': {'limit': 67108864, 'swap': 100663296, 'reservation': 16777216},
'cpu': {'shares': 2048, 'quota': 50000, 'period': 100000}, 'pids': {'limit': 20},
'unified': {'memory.high': '50331648', 'memory.oom.group': '1'}}"
  oci_ok create -b "$BUNDLE" a
  members 1
  says memory.max 67108864
  says memory.swap.max 33554432
  says memory.low 16777216
  says memory.high 50331648
  says cpu.weight 79
  says cpu.max "50000 100000"
  says pids.max 20
  says memory.oom.group 1
  oci_ok start a
  oci_ok update --memory 96m --memory-swap 128m --pids-limit 30 --cpu-quota 20000 --cpu-share 1024 a
  says memory.max 100663296
  says memory.swap.max 33554432
  says pids.max 30
  says cpu.max "20000 100000"
  says cpu.weight 39
  says memory.high 50331648
  run -0 sh -c 'echo "{\"unified\": {\"memory.high\": \"max\"}, \"pids\": {\"limit\": -1}}" | "$OCI" --root "$ROOT" update -r - a'
  says memory.high max
  says pids.max max
  oci_fail 1 'cannot write "5 100000" to cpu.max: Invalid argument' update --cpu-quota 5 a
  says cpu.max "20000 100000"
  oci_ok delete --force a
  [ ! -e "$G" ]
}

@test "a limit that the kernel does not take, or has not, fails create and leaves nothing" {
  grouped "{'unified': {'memory.max': 'plenty'}}"
  oci_fail 1 'cannot write "plenty" to memory.max: Invalid argument' create -b "$BUNDLE" a
  [ ! -e "$G" ]
  grouped "{'unified': {'no.such': '1'}}"
  oci_fail 1 'the control group has no no.such' create -b "$BUNDLE" a
  [ ! -e "$G" ]
}

@test "below a group with processes there are no limits, and that group stays as it is" {
  local own

  own=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
  grouped "{}" true "c['linux']['cgroupsPath'] = 'sandbox-box'"
  oci_ok run -b "$BUNDLE" a
  for limit in "'pids': {'limit': 20}" "'memory': {'limit': 67108864}"; do
    grouped "{$limit}" true "c['linux']['cgroupsPath'] = 'sandbox-box'"
    oci_fail 125 'its controller is not handed down to us' run -b "$BUNDLE" a
  done
  [ "$(cat "$own/cgroup.type")" = domain ]
  [ -z "$(cat "$own/cgroup.subtree_control")" ]
  [ ! -e "$own/sandbox-box" ]
}

@test "what takes more memory is killed, what makes more processes is refused, what computes more waits" {
  grouped "{'memory': {'limit': 33554432, 'swap': 33554432}}" \
    'dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null; echo $?; sed -n "s/^oom_kill //p" /sys/fs/cgroup/memory.events' \
    "c['mounts'].append({'destination': '/sys/fs/cgroup', 'type': 'cgroup', 'source': 'cgroup', 'options': ['ro', 'nosuid', 'noexec', 'nodev']})"
  oci_ok run -b "$BUNDLE" a
  [ "$output" = $'137\n1' ]

  grouped "{'pids': {'limit': 5}}" 'for i in 1 2 3 4 5 6 7 8; do sleep 1000 & done; echo all'
  oci run -b "$BUNDLE" a
  [ "$status" -ne 0 ] && [ -z "$output" ] && [[ $stderr == *"can't fork"* ]]

  grouped "{'cpu': {'quota': 10000, 'period': 100000}}" 'while :; do :; done'
  detached a
  throttled() { [ "$(fact cpu.stat nr_throttled)" -gt 3 ]; }
  eventually 10 throttled
  oci_ok events --stats a
  run -0 python3 - "$output" <<'EOP'
import json, sys
cpu = json.loads(sys.argv[1])['data']['cpu']
assert cpu['throttling']['throttledPeriods'] > 3 and cpu['throttling']['throttledTime'] > 10**8, cpu
EOP
}

@test "the container sees its own group and no other, and the limits in it" {
  grouped "{'memory': {'limit': 67108864}}" \
    'cat /proc/self/cgroup /sys/fs/cgroup/memory.max; ls /sys/fs/cgroup | grep -c "\.service\|\.slice"; echo max >/sys/fs/cgroup/memory.max' \
    "c['mounts'].append({'destination': '/sys/fs/cgroup', 'type': 'cgroup', 'source': 'cgroup', 'options': ['ro', 'nosuid', 'noexec', 'nodev']})"
  oci run -b "$BUNDLE" a
  [ "$status" -eq 1 ] && [ "$output" = $'0::/\n67108864\n0' ] && [[ $stderr == *"Read-only file system"* ]]
}

@test "pause freezes the group, resume thaws it, and what is frozen can be killed" {
  local n

  grouped "{}" 'sleep 1001 & while :; do echo . >>/tmp/ticks; sleep 0.02; done'
  detached p
  eventually 5 test -s "$BATS_TEST_TMPDIR/ticks"
  oci_ok pause p
  is p paused
  [ "$(fact cgroup.events frozen)" = 1 ]
  # Not by signals: those are for what has no group.
  [ "$(awk '{ print $3 }' "/proc/$(pid_of p)/stat")" != T ]
  n=$(stat -c %s "$BATS_TEST_TMPDIR/ticks")
  sleep 0.3
  [ "$(stat -c %s "$BATS_TEST_TMPDIR/ticks")" = "$n" ]
  oci_fail 1 'it is paused' pause p
  oci_ok resume p
  is p running
  [ "$(fact cgroup.events frozen)" = 0 ]
  more() { [ "$(stat -c %s "$BATS_TEST_TMPDIR/ticks")" -gt "$n" ]; }
  eventually 5 more
  oci_ok pause p
  oci_ok kill p KILL
  eventually 5 is p stopped
  oci_ok delete p
  detached p
  oci_ok pause p
  oci_ok delete --force p
}

@test "what forks without end, in the host's process numbers and sessions of its own, ends at once" {
  grouped "{'pids': {'limit': 60}}" \
    'f() { while :; do setsid sleep 4323 & sleep 0.01; done; }; f & f & f & while :; do sleep 1; done 2>/dev/null' \
    "c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'pid']
c['mounts'] = [m for m in c['mounts'] if m['destination'] != '/proc'] + [{'destination': '/proc', 'type': 'bind', 'source': '/proc', 'options': ['rbind']}]"
  detached b
  many() { [ "$(wc -l <"$G/cgroup.procs")" -gt 10 ]; }
  eventually 5 many
  oci_ok kill --all b KILL
  eventually 5 is b stopped
  eventually 5 members 0
  oci_ok delete b
  detached b
  eventually 5 many
  oci_ok delete --force b
  run ! pgrep -u "$(id -u)" -f '^sleep 4323$'
}

@test "events --stats: the group's own numbers" {
  grouped "{'memory': {'limit': 67108864}, 'pids': {'limit': 20}}" 'sleep 1001 & sleep 1002 & wait'
  detached e
  eventually 5 members 3
  oci_ok events --stats e
  run -0 python3 - "$output" "$(fact cpu.stat usage_usec)" <<'EOP'
import json, sys
d = json.loads(sys.argv[1])['data']
assert d['pids'] == {'current': 3, 'limit': 20}, d
m = d['memory']
assert m['usage']['limit'] == 67108864 and 65536 < m['usage']['usage'] < 67108864, m
assert m['raw']['anon'] > 0 and 'inactive_file' in m['raw'] and 'usage' in m['swap'], m
assert 0 < d['cpu']['usage']['total'] <= int(sys.argv[2]) * 1000, d
EOP
}

@test "exec is in the group, and in one below it that --cgroup names; delete takes those along" {
  grouped "{'pids': {'limit': 20}}"
  detached x
  eventually 5 members 1
  oci_ok exec --detach x sleep 1003
  members 2
  mkdir "$G/below"
  oci_ok exec --detach --cgroup below x sleep 1004
  members 2
  [ "$(wc -l <"$G/below/cgroup.procs")" -eq 1 ]
  oci_fail 125 'cgroup nosuch' exec --cgroup nosuch x true
  oci_ok ps -f json x
  [ "$(tr -cd , <<<"$output" | wc -c)" -eq 2 ]
  oci_ok delete --force x
}
