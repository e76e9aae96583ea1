#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# health checks: --health-*, their states, what follows from them, and healthcheck run

load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() {
  "$SANDBOX" rm -fa >/dev/null
  wait_trash
  check_leaks
}

# start NAME OPTIONS...: it sleeps, and is well while there is /ok
start() {
  local name=$1

  shift
  "$SANDBOX" run -d --network none --name "$name" --health-cmd 'echo asked; test -e /ok' "$@" \
    busybox sleep 1000 >/dev/null
}
status() { "$SANDBOX" ps -a --filter "name=^$1\$" --format '{{.Status}}'; }
health() { "$SANDBOX" inspect --format '{{.State.Health.Status}}' "$1"; }
ended() { [[ $(status "$1") == Exited* ]]; }
again() { [ "$("$SANDBOX" inspect --format '{{.RestartCount}}' "$1")" -ge 2 ]; }
is() { [ "$(health "$1")" = "$2" ]; }
# processes of checks: sandbox itself, not its supervisors, and what runs in containers
checks() { "$SANDBOX" top "$1" args | grep -c "$2"; }

@test "starting, unhealthy, healthy: ps, inspect, filters and events" {
  start h --health-interval 200ms --health-retries 3
  [[ $(status h) == Up*"(starting)" ]]
  eventually 5 is h unhealthy
  [[ $(status h) == Up*"(unhealthy)" ]]
  [ "$("$SANDBOX" ps -q --filter health=unhealthy | wc -l)" -eq 1 ]
  [ -z "$("$SANDBOX" ps -q --filter health=healthy)" ]
  "$SANDBOX" exec h touch /ok
  eventually 5 is h healthy
  [[ $(status h) == Up*"(healthy)" ]]
  [ "$("$SANDBOX" inspect --format '{{.State.Health.FailingStreak}}' h)" = 0 ]
  run "$SANDBOX" events --stream=false --filter container=h --filter event=health_status \
    --format '{{.HealthStatus}}'
  # Two failures leave it as it is, the third does not.
  [ "${lines[0]} ${lines[1]} ${lines[2]}" = 'starting starting unhealthy' ]
  [ "${lines[-1]}" = healthy ]
  one_line_error ps --filter health=fine
}

@test "the last five checks are kept, with what they say" {
  start h --health-interval 50ms
  five() { [ "$("$SANDBOX" inspect --format '{{.State.Health.FailingStreak}}' h)" -gt 6 ]; }
  eventually 10 five
  run "$SANDBOX" inspect --format '{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}{{end}}' h
  [ "${#lines[@]}" -eq 5 ]
  [ "${lines[0]}" = '1 asked' ]
  # They stay when it has ended, and nothing else of the checks does.
  "$SANDBOX" stop -t 0 h
  [[ $(status h) == Exited* && $(status h) != *healthy* ]]
  is h unhealthy
}

@test "much output, and none of a text, is cut and shown" {
  "$SANDBOX" run -d --network none --name h --health-interval 100ms \
    --health-cmd 'head -c 100000 /dev/zero; yes | head -c 3000' busybox sleep 1000
  eventually 5 is h healthy
  "$SANDBOX" rm -f h
  "$SANDBOX" run -d --network none --name h --health-interval 100ms \
    --health-cmd 'yes xyz | head -c 3000; printf "\377\033[1m"' busybox sleep 1000
  eventually 5 is h healthy
  "$SANDBOX" inspect --format '{{range .State.Health.Log}}{{len .Output}} {{end}}' h | grep -q '^500 '
}

@test "the start period forgives failures" {
  start h --health-interval 50ms --health-retries 1 --health-start-period 1h
  sleep 0.5
  is h starting
  [ "$("$SANDBOX" inspect --format '{{.State.Health.FailingStreak}}' h)" = 0 ]
  expect 1 healthcheck run h
  [ "$output" = starting ]
  "$SANDBOX" exec h touch /ok
  eventually 5 is h healthy
}

@test "a check that hangs is killed with what it has started, and blocks nobody" {
  "$SANDBOX" run -d --network none --name h --health-interval 100ms --health-timeout 500ms \
    --health-retries 1 --health-cmd 'sleep 4321 & sleep 4322; true' busybox sleep 1000
  sleep 0.2
  SB_TIMEOUT=2 expect 0 exec h true
  eventually 5 is h unhealthy
  run "$SANDBOX" inspect --format '{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}
{{end}}' h
  [[ ${lines[0]} == "-1 "*timeout* ]]
  # Many have hung by now; at most the one that hangs now is there.
  sleep 1.5
  [ "$(checks h 'sleep 432')" -le 4 ]
  "$SANDBOX" stop -t 0 h
}

@test "a command that is not there, cannot be executed, or kills itself" {
  "$SANDBOX" run -d --network none --name h --health-interval 100ms --health-retries 1 \
    --health-cmd '["/nosuch", "x"]' busybox sleep 1000
  eventually 5 is h unhealthy
  run "$SANDBOX" inspect --format '{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}{{end}}' h
  [[ ${lines[0]} == '127 '*nosuch*'not found'* ]]
  "$SANDBOX" rm -f h
  "$SANDBOX" run -d --network none --name h --health-interval 100ms --health-retries 1 \
    --health-cmd 'kill -9 $$' busybox sleep 1000
  eventually 5 is h unhealthy
  "$SANDBOX" inspect --format '{{range .State.Health.Log}}{{.ExitCode}} {{end}}' h | grep -q '^137 '
}

@test "healthcheck run: now, by exit status" {
  start h --health-interval disable --health-retries 2
  sleep 0.3
  [ "$("$SANDBOX" inspect --format '{{len .State.Health.Log}}' h)" = 0 ]
  expect 1 healthcheck run h
  [ "$output" = unhealthy ]
  # One of two is not enough for the container.
  is h starting
  expect 1 healthcheck run h
  is h unhealthy
  "$SANDBOX" exec h touch /ok
  expect 0 healthcheck run h
  [ -z "$output" ]
  is h healthy
  [[ $(status h) == *"(healthy)" ]]
  # Ten at once: each gets an answer.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    "$SANDBOX" healthcheck run h &
  done
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    wait -n
  done
}

@test "healthcheck run of what has none, does not run or ends meanwhile" {
  "$SANDBOX" run -d --network none --name n busybox sleep 1000
  one_line_error healthcheck run n
  [[ $stderr == *'no health check'* ]]
  one_line_error healthcheck run nosuch
  one_line_error healthcheck run
  start h --health-interval disable
  "$SANDBOX" pause h
  one_line_error healthcheck run h
  "$SANDBOX" stop -t 0 h
  one_line_error healthcheck run h
  "$SANDBOX" run -d --network none --name s --health-interval disable --health-cmd 'sleep 1000' \
    busybox sleep 1000
  "$SANDBOX" healthcheck run s >"$BATS_TEST_TMPDIR/out" 2>&1 &
  sleep 0.5
  "$SANDBOX" stop -t 0 s
  wait $! && status=0 || status=$?
  [ "$status" -eq 125 ]
  [ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -eq 1 ]
}

@test "a pause is no failure" {
  local slow=${SANDBOX_TEST_SLOW:-1}

  "$SANDBOX" run -d --network none --name h --health-interval 10ms \
    --health-timeout $((300 * slow))ms --health-retries 1 --health-cmd 'sleep 0.2' busybox sleep 1000
  eventually 5 is h healthy
  "$SANDBOX" pause h
  sleep "$slow"
  "$SANDBOX" unpause h
  sleep 0.7
  run "$SANDBOX" inspect --format '{{range .State.Health.Log}}{{.ExitCode}} {{end}}' h
  [[ $output == '0 '* && $output != *-1* ]]
  is h healthy
}

@test "--health-on-failure kill: the restart policy decides" {
  start k --health-interval 100ms --health-retries 1 --health-on-failure kill
  eventually 5 ended k
  [[ $(status k) == 'Exited (137)'* ]]
  start a --health-interval 100ms --health-retries 1 --health-on-failure kill --restart always
  eventually 10 again a
  "$SANDBOX" stop -t 0 a
  ended a
}

@test "--health-on-failure stop, restart" {
  start s --health-interval 100ms --health-retries 1 --health-on-failure stop --restart always \
    --stop-timeout 0
  eventually 5 ended s
  sleep 0.5
  ended s
  start r --health-interval 100ms --health-retries 2 --health-on-failure restart --stop-timeout 0
  eventually 10 again r
  # A stop is stronger than that.
  "$SANDBOX" stop -t 0 r
  sleep 0.5
  [[ $(status r) == Exited* ]]
}

@test "in the foreground and thrown away, without a pid namespace, as another user" {
  "$SANDBOX" run --network none --label x=1 --health-cmd true --health-interval 100ms busybox \
    sleep 2 >"$BATS_TEST_TMPDIR/out" 2>&1 &
  up() { "$SANDBOX" ps --filter label=x=1 --format '{{.Status}}' | grep -q '(healthy)'; }
  eventually 5 up
  "$SANDBOX" inspect "$("$SANDBOX" ps -q --filter label=x=1)" | grep -q '"ExitCode": *0'
  wait $!
  [ ! -s "$BATS_TEST_TMPDIR/out" ]
  "$SANDBOX" run -d --network none --pid host --name h --health-interval 100ms --user 5:5 \
    --health-timeout 300ms --health-cmd 'id -u; sleep 5432' busybox sleep 1000
  sleep 0.6
  "$SANDBOX" stop -t 0 h
  run pgrep -f 'sleep 5432'
  [ "$status" -eq 1 ]
  run "$SANDBOX" inspect --format '{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}{{end}}' h
  [[ $output == '-1 '* ]]
}

@test "kill -9 of the check's process, and of the supervisor while one runs" {
  local supervisor

  "$SANDBOX" run -d --network none --name h --health-interval 100ms --health-retries 1 \
    --health-cmd 'sleep 6543' busybox sleep 1000
  supervisor=$("$SANDBOX" inspect --format '{{.State.SupervisorPid}}' h)
  runs() { pgrep -P "$supervisor" -f 'sandbox run' >/dev/null; }
  eventually 5 runs
  pkill -9 -P "$supervisor" -f 'sandbox run'
  eventually 5 is h unhealthy
  [[ $(status h) == Up* ]]
  eventually 5 runs
  "$SANDBOX" rm -f h
  # Without a pid namespace nothing but the death of its parent ends it.
  "$SANDBOX" run -d --network none --pid host --name h --health-interval 100ms \
    --health-cmd 'sleep 6543' busybox sleep 7654
  supervisor=$("$SANDBOX" inspect --format '{{.State.SupervisorPid}}' h)
  eventually 5 pgrep -f '^sleep 6543'
  kill -9 "$supervisor"
  gone() { ! pgrep -f '^sleep 6543' >/dev/null; }
  eventually 5 gone
  [[ $(status h) == Exited* ]]
  # The payload is the next command's to find.
  mount_ns_number $$ || { pkill -9 -f '^sleep 7654' && return; }
  swept() { "$SANDBOX" run --network none busybox true && ! pgrep -f '^sleep 7654' >/dev/null; }
  eventually 10 swept
}

@test "a check's process that hangs itself is given up" {
  SANDBOX_TEST_STOP_AT=health-check "$SANDBOX" run -d --network none --name h --health-retries 1 \
    --health-timeout 100ms --health-cmd true busybox sleep 1000
  eventually 8 is h unhealthy
  run "$SANDBOX" inspect --format '{{range .State.Health.Log}}{{.Output}}{{end}}' h
  [[ $output == *'could not be carried out'* ]]
  "$SANDBOX" healthcheck run h >/dev/null &
  sleep 0.3
  kill -9 "$("$SANDBOX" inspect --format '{{.State.SupervisorPid}}' h)"
  wait $! && status=0 || status=$?
  [ "$status" -eq 125 ]
}

@test "the forms of --health-cmd, and what inspect says of them" {
  local form

  test_of() {
    "$SANDBOX" create --network none --name "f$1" --health-cmd "$2" busybox true >/dev/null
    "$SANDBOX" inspect --format '{{json .Config.Healthcheck.Test}}' "f$1"
  }
  [ "$(test_of 1 'curl -f http://x | true')" = '["CMD-SHELL","curl -f http://x | true"]' ]
  [ "$(test_of 2 'CMD  a   b')" = '["CMD","a","b"]' ]
  [ "$(test_of 3 'CMD-SHELL a  b')" = '["CMD-SHELL","a  b"]' ]
  [ "$(test_of 4 '["a","b c"]')" = '["CMD","a","b c"]' ]
  [ "$(test_of 5 '["CMD","a","b c"]')" = '["CMD","a","b c"]' ]
  [ "$(test_of 6 '["CMD-SHELL","a  b"]')" = '["CMD-SHELL","a  b"]' ]
  [ "$(test_of 7 none)" = '["NONE"]' ]
  for form in '' ' ' '[]' CMD CMD-SHELL '["CMD"]' '["CMD-SHELL",""]' '[1]' '["a"'; do
    one_line_error run --health-cmd "$form" busybox true
  done
  "$SANDBOX" create --network none --name n --no-healthcheck busybox true
  [ "$("$SANDBOX" inspect --format '{{json .Config.Healthcheck.Test}}' n)" = '["NONE"]' ]
}

@test "bad input" {
  one_line_error run --health-cmd true --health-interval x busybox true
  one_line_error run --health-cmd true --health-interval -1 busybox true
  one_line_error run --health-cmd true --health-timeout 0 busybox true
  one_line_error run --health-cmd true --health-start-period -1s busybox true
  one_line_error run --health-cmd true --health-retries 0 busybox true
  one_line_error run --health-cmd true --health-retries -3 busybox true
  one_line_error run --health-cmd true --health-on-failure explode busybox true
  one_line_error run --health-on-failure kill busybox true
  one_line_error run --no-healthcheck --health-on-failure kill busybox true
  one_line_error run --health-interval 5s busybox true
  one_line_error run --health-cmd true --no-healthcheck busybox true
}
