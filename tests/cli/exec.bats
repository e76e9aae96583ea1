#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0
load ../lib/common

setup_file()
{
  file_setup
  "$SANDBOX" run -d --name box --network none busybox sleep 1000 </dev/null >/dev/null
}

teardown_file()
{
  "$SANDBOX" rm -f box
  file_teardown
}

status_of()
{
  awk -v key="$1:" '$1 == key { print $2 }' <<<"$output"
}

@test "exec: a command beside the payload, with its output, input and exit code" {
  expect 7 exec box sh -c 'echo out; exit 7'
  [ "$output" = out ]
  [ "$(echo typed | "$SANDBOX" exec -i box cat)" = typed ]
  # Without -i there is no input.
  [ -z "$(echo typed | "$SANDBOX" exec box cat)" ]
  expect 137 exec box sh -c 'kill -9 $$'
}

@test "exec: the same namespaces, capabilities, filter and limits as the payload" {
  local payload

  # shellcheck disable=SC2016 # expanded inside
  expect 0 exec box sh -c 'for n in cgroup ipc mnt net pid user uts; do
    [ "$(readlink /proc/self/ns/$n)" = "$(readlink /proc/2/ns/$n)" ] || echo "another $n"; done'
  [ -z "$output" ]
  expect 0 exec box cat /proc/2/status
  payload=$output
  expect 0 exec box cat /proc/self/status
  for key in CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Seccomp_filters; do
    [ "$(status_of $key)" = "$(output=$payload status_of $key)" ]
  done
  expect 0 exec box sh -c 'ulimit -a; umask'
  [[ $output == *0022 ]]
}

@test "exec: no descriptor but 0, 1 and 2" {
  # The fourth is that of ls itself.
  expect 0 exec box ls /proc/self/fd
  [ "$(wc -l <<<"$output")" -eq 4 ]
}

@test "exec: user, folder and environment" {
  expect 0 exec -u daemon -w /etc -e A=b box sh -c 'id -u; pwd; echo $A'
  [ "$output" = 1$'\n'/etc$'\n'b ]
  expect 0 exec -u 12:34 box sh -c 'id -u; id -g'
  [ "$output" = 12$'\n'34 ]
  # Capabilities are root's.
  expect 0 exec -u daemon box cat /proc/self/status
  [ "$(status_of CapEff)" = 0000000000000000 ]
  # shellcheck disable=SC2016 # expanded inside
  X=from-here expect 0 exec -e X box sh -c 'echo "$X"'
  [ "$output" = from-here ]
}

@test "exec: what cannot be run" {
  expect 127 exec box nosuch
  expect 126 exec box /etc
  one_line_error exec nosuch true
  one_line_error exec box
  one_line_error exec -u nosuch box true
  one_line_error exec -w relative box true
}

@test "exec: detached it stays, and is reaped by the container's init" {
  expect 0 exec -d box sh -c 'sleep 0.3; touch /done'
  eventually 10 "$SANDBOX" exec box test -e /done
  eventually 10 sh -c '! "$SANDBOX" exec box ps | grep -q "\[sh\]"'
}

@test "exec: it ends with the command that made it" {
  "$SANDBOX" exec box sleep 4321 </dev/null &
  local pid=$!

  eventually 10 sh -c '"$SANDBOX" exec box ps | grep -q "sleep [4]321"'
  kill -9 "$pid"
  wait "$pid" || true
  eventually 10 sh -c '! "$SANDBOX" exec box ps | grep -q "sleep [4]321"'
}

@test "exec: signals are passed on" {
  "$SANDBOX" exec box sh -c 'trap "exit 42" TERM; echo ready; while :; do sleep 0.1; done' \
    </dev/null >"$BATS_TEST_TMPDIR/out" &
  local pid=$! code=0

  eventually 10 grep -q ready "$BATS_TEST_TMPDIR/out"
  kill -TERM "$pid"
  wait "$pid" || code=$?
  [ "$code" -eq 42 ]
}

@test "exec: a terminal" {
  need script
  run script -qec "$SANDBOX exec -it box sh -c 'test -t 0 && tty; stty -echo; exit 3'" /dev/null </dev/null
  [ "$status" -eq 3 ]
  [[ $output == *"/dev/pts/0"* ]]
}

@test "exec: --privileged has all capabilities, and no more than the user namespace" {
  expect 0 exec --privileged box cat /proc/self/status
  [ "$(status_of Seccomp)" = 0 ]
  [ "$(status_of CapEff)" = "$(status_of CapBnd)" ]
  # sys_admin is one of them
  [ $((0x$(status_of CapEff) >> 21 & 1)) -eq 1 ]
  expect 1 exec --privileged box sh -c 'echo 1 2>/dev/null >/proc/sys/kernel/panic'
}

@test "exec: neither paused nor ended containers, and those without a record are joined too" {
  expect 0 pause box
  one_line_error exec box true
  expect 0 unpause box
  expect 0 run --name ended --network none busybox true
  one_line_error exec ended true
  expect 0 rm ended
  "$SANDBOX" run --network none --hostname thrown busybox sleep 1000 </dev/null &
  local pid=$! id

  eventually 10 sh -c '"$SANDBOX" ps -q --no-trunc | grep -qv "$("$SANDBOX" ps -q --no-trunc --filter name=box)"'
  id=$("$SANDBOX" ps -q --no-trunc | grep -v "$("$SANDBOX" ps -q --no-trunc --filter name=box)")
  expect 0 exec "$id" hostname
  [ "$output" = thrown ]
  kill -TERM "$pid"
  wait "$pid" || true
}

@test "exec: a silent supervisor does not keep us out" {
  local pid

  pid=$("$SANDBOX" ps --filter name=box --format json | sed -n 's/.*"Supervisor": *\([0-9]*\).*/\1/p')
  [ -n "$pid" ] || skip "ps does not tell the supervisor"
  kill -STOP "$pid"
  expect 0 exec box echo joined
  kill -CONT "$pid"
  [ "$output" = joined ]
}
