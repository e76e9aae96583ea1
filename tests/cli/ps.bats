#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ps: columns, formats, filters and order, over records and over a real container

load ../lib/common
load ../lib/records
setup_file() { file_setup; }
teardown_file() { file_teardown; }

setup() {
  rm -rf "$STORE/containers"
}

three() {
  record a1 apple exited 0 7200
  record b2 berry exited 3 600
  record c3 cherry created 0 60
}

@test "nothing there: a heading, an empty list" {
  expect 0 ps -a
  [ "$output" = "CONTAINER ID  IMAGE  COMMAND  CREATED  STATUS  PORTS  NAMES" ]
  expect 0 ps -aq
  [ -z "$output" ]
  expect 0 ps -a --format json
  [ "$output" = "[]" ]
}

@test "columns, aligned; the newest first; only -a shows those that do not run" {
  three
  expect 0 ps -a
  [ "$(wc -l <<<"$output")" -eq 4 ]
  # Every line has its columns where the heading has them.
  local heading=${output%%$'\n'*} before
  before=${heading%%STATUS*}
  while read -r line; do
    [[ ${line:${#before}} == Created* || ${line:${#before}} == Exited* ]]
    [ "${line:${#before}-2:2}" = "  " ]
  done < <(tail -n +2 <<<"$output")
  [[ $(sed -n 2p <<<"$output") == "c3c3c3c3c3c3  busybox  sh -c echo someth...  About a minute ago "*Created*" cherry" ]]
  [[ $(sed -n 3p <<<"$output") == *"10 minutes ago"*"Exited (3) 9 minutes ago"*"berry" ]]
  [[ $(sed -n 4p <<<"$output") == *"2 hours ago"*"Exited (0) 2 hours ago"*"apple" ]]
  expect 0 ps
  [ "$(wc -l <<<"$output")" -eq 1 ]
  expect 0 container ls -aq
  [ "$output" = $'c3c3c3c3c3c3\nb2b2b2b2b2b2\na1a1a1a1a1a1' ]
  expect 0 ps -a --noheading --no-trunc
  [[ $output != CONTAINER* && $output == *"sh -c echo something long"* ]]
  [ "$(grep -c 'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 ' <<<"$output")" -eq 1 ]
}

@test "-l, -n and --sort" {
  three
  expect 0 ps -lq
  [ "$output" = c3c3c3c3c3c3 ]
  expect 0 ps -n 2 -q
  [ "$output" = $'c3c3c3c3c3c3\nb2b2b2b2b2b2' ]
  expect 0 ps -aq --sort names
  [ "$output" = $'a1a1a1a1a1a1\nb2b2b2b2b2b2\nc3c3c3c3c3c3' ]
  one_line_error ps --sort colour
  one_line_error ps -n many
  one_line_error ps -l -n 1
}

@test "filters: of one key one is enough, of several all" {
  three
  expect 0 ps -q --filter status=exited --sort names
  [ "$output" = $'a1a1a1a1a1a1\nb2b2b2b2b2b2' ]
  expect 0 ps -q --filter exited=3
  [ "$output" = b2b2b2b2b2b2 ]
  expect 0 ps -aq --filter name=apple --filter name='^che' --sort names
  [ "$output" = $'a1a1a1a1a1a1\nc3c3c3c3c3c3' ]
  expect 0 ps -aq --filter name=apple --filter status=created
  [ -z "$output" ]
  expect 0 ps -aq --filter id=b2b2
  [ "$output" = b2b2b2b2b2b2 ]
  expect 0 ps -aq --filter label=tier=web --filter label=nberry
  [ "$output" = b2b2b2b2b2b2 ]
  expect 0 ps -aq --filter label!=nberry --sort names
  [ "$output" = $'a1a1a1a1a1a1\nc3c3c3c3c3c3' ]
  expect 0 ps -aq --filter ancestor=busybox --filter before=berry
  [ "$output" = a1a1a1a1a1a1 ]
  expect 0 ps -aq --filter since=b2
  [ "$output" = c3c3c3c3c3c3 ]
  expect 0 ps -aq --filter until=30m
  [ "$output" = a1a1a1a1a1a1 ]
  one_line_error ps --filter colour=red
  [[ $stderr == *"there are ancestor before exited"* ]]
  one_line_error ps --filter status=melted
  one_line_error ps --filter exited=many
  one_line_error ps --filter name='['
  one_line_error ps --filter name
}

@test "templates and json" {
  three
  expect 0 ps -a --sort names --format '{{.ID}} {{.Names}} {{.State}} {{.ExitCode}} {{.Labels.tier}}'
  [ "${output%%$'\n'*}" = "a1a1a1a1a1a1 apple exited 0 web" ]
  expect 0 ps -a --sort names --format 'table {{.Names}}\t{{.ID}}'
  [ "$(head -n 2 <<<"$output")" = $'NAMES   CONTAINER ID\napple   a1a1a1a1a1a1' ]
  expect 0 ps -a --noheading --sort names --format 'table {{.Names}}\t{{.ID}}'
  [ "${output%%$'\n'*}" = "apple   a1a1a1a1a1a1" ]
  expect 0 ps -l --format json
  [[ $output == *'"Names": ['*'"cherry"'*'"State": "created"'* ]]
  expect 0 ps -l --format '{{json .Names}}'
  [ "$output" = '"cherry"' ]
  one_line_error ps -a --format '{{.Nope}}'
  [[ $stderr == *"no field .Nope"* ]]
  one_line_error ps -a --format '{{nope .ID}}'
  one_line_error ps -a --format nothing
  one_line_error ps -q --format json
}

@test "a record that is damaged is told by name and spoils no other" {
  local f

  three
  f=$(echo "$STORE"/containers/b2b2*/state.json)
  for damage in 'truncate -s 0' 'truncate -s 50' 'sed -i s/busybox/buzybox/'; do
    cp "$f" "$BATS_TEST_TMPDIR/good"
    $damage "$f"
    expect 0 ps -a
    [[ $output == *apple* && $output == *"b2b2b2b2b2b2"*Dead* && $output == *cherry* ]]
    [[ $stderr == *"b2b2"*"state.json is damaged"* ]]
    expect 0 ps -q
    [ "$output" = b2b2b2b2b2b2 ]
    cp "$BATS_TEST_TMPDIR/good" "$f"
  done
}

@test "real containers: each once, with a name of its own" {
  local names

  for _ in 1 2 3; do
    expect 0 run -d --network none busybox sleep 1000
  done
  "$SANDBOX" run --rm --network none busybox sleep 1000 3>&- &
  eventually 10 sh -c "[ \"\$('$SANDBOX' ps -q | wc -l)\" -eq 4 ]"
  expect 0 ps --format '{{.ID}} {{.Names}} {{.State}}'
  [ "$(sort -u <<<"$output" | wc -l)" -eq 4 ]
  [ "$(grep -cE '^[0-9a-f]{12} [a-z]+_[a-z]+[0-9]* running$' <<<"$output")" -eq 4 ]
  names=$("$SANDBOX" ps --format '{{.Names}}')
  # shellcheck disable=SC2086 # the names
  expect 0 rm -f $names
  wait $! || :
  expect 0 ps -aq
  [ -z "$output" ]
}

@test "strangers' bytes stay in their cell" {
  record d4 durian exited 0 60 ',"image":"\u001b[31mred\tand\nmore"'
  expect 0 ps -a
  [ "$(wc -l <<<"$output")" -eq 2 ]
  [[ $output != *$'\e'* ]]
}

@test "a terminal gets no control characters, also not those above 0x7f" {
  need script
  expect 0 create --name c --label "x=$(printf 'a\302\233\033[2Jb')" busybox true
  run script -qec "$SANDBOX ps -a --format '{{.Labels}}'" /dev/null
  [[ $output == *"x:a"*"b]"* ]]
  [[ $output != *$'\302\233'* && $output != *$'\033'* ]]
  expect 0 rm c
}
