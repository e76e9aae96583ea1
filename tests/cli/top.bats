#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# top

load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() {
  "$SANDBOX" rm -f watched >/dev/null 2>&1 || :
  check_leaks
}

@test "top lists the processes inside, by their pids there" {
  expect 0 run -d --name watched --network none busybox sh -c 'sleep 1000 & sleep 2000'
  eventually 10 sh -c "'$SANDBOX' top watched | grep -q 'sleep 1000'"
  expect 0 top watched
  [ "$(sed -n 1p <<<"$output" | tr -s ' ')" = "USER PID PPID %CPU ELAPSED TTY TIME COMMAND" ]
  grep -qE '^root +[0-9]+ +[0-9]+ .* sleep 2000$' <<<"$output"
  expect 0 top watched pid,comm hpid
  [ "$(sed -n 1p <<<"$output" | tr -s ' ')" = "PID COMMAND HPID" ]
  local host
  host=$(awk '$2 == "sleep" { print $3; exit }' <<<"$output")
  [ "$(cat "/proc/$host/comm")" = sleep ]
  # Processes of the host are not among them.
  [ "$(awk -v me=$$ '$3 == me' <<<"$output" | wc -l)" -eq 0 ]
  expect 0 top -l comm
  [[ $output == *sleep* ]]
  one_line_error top watched colour
  [[ $stderr == *"no column \"colour\""* ]]
  one_line_error top nothere
  one_line_error top
}

@test "what stands in a command line stays in its cell" {
  expect 0 run -d --name watched --network none busybox sh -c 'sleep 1000; :' $'\e[31mred\nline'
  eventually 10 sh -c "'$SANDBOX' ps | grep -q Up"
  expect 0 top watched comm args
  [[ $output != *$'\e'* && $output == *red* ]]
}

@test "one that does not run has none" {
  expect 0 run -d --name watched --network none busybox true
  expect 0 wait watched
  one_line_error top watched
}
