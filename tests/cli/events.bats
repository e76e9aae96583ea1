#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load ../lib/common

setup_file() { file_setup; }
teardown_file() { file_teardown; }

setup()
{
  leaks_before
  mkdir -p "$XDG_RUNTIME_DIR/sandbox"
  LOG=$XDG_RUNTIME_DIR/sandbox/events.log
}

teardown()
{
  "$SANDBOX" rm -f -a >/dev/null 2>&1 || :
  rm -f "$LOG" "$LOG.1"
  check_leaks
}

# event SECONDS STATUS NAME [MORE]: as sandbox writes them
event()
{
  printf '{"timeNano":%d500000000,"time":%d,"Type":"container","Status":"%s","ID":"%s","Name":"%s","Image":"busybox"%s}\n' \
    "$1" "$1" "$2" "00$3" "$3" "${4:-}"
}

@test "what has happened, for people" {
  export TZ=UTC
  {
    event 1795409496 create web
    event 1795409497 died web ',"ContainerExitCode":3'
    echo '{"timeNano":1795409498000000000,"time":1795409498,"Type":"volume","Status":"create","Name":"data"}'
    echo '{"timeNano":1795409499120000000,"time":1795409499,"Type":"image","Status":"pull","ID":"abc","Name":"alpine"}'
  } >"$LOG"
  expect 0 events --stream=false
  [ "$output" = '2026-11-23 04:51:36.5 +0000 UTC container create 00web (image=busybox, name=web)
2026-11-23 04:51:37.5 +0000 UTC container died 00web (image=busybox, name=web, exit_code=3)
2026-11-23 04:51:38 +0000 UTC volume create data
2026-11-23 04:51:39.12 +0000 UTC image pull abc alpine' ]
  [ -z "$stderr" ]
}

@test "--format: podman's JSON, and templates" {
  event 1795409496 died web ',"ContainerExitCode":3' >"$LOG"
  expect 0 events --no-stream --format json
  [ "$output" = '{"ContainerExitCode":3,"ID":"00web","Image":"busybox","Name":"web","Status":"died","time":1795409496,"timeNano":1795409496500000000,"Type":"container","Attributes":null}' ]
  expect 0 events --no-stream --format '{{.Time}} {{.Status}} {{.Name}} {{.ID}} {{.Image}} {{.Type}} {{.ContainerExitCode}}'
  [ "$output" = '1795409496 died web 00web busybox container 3' ]
  one_line_error events --no-stream --format '{{.Nope'
}

@test "filters: either of one key, and all of several" {
  {
    event 1795409496 start one
    event 1795409497 start two
    event 1795409498 died one
    event 1795409499 died two
  } >"$LOG"
  show() { expect 0 events --stream=false --format '{{.Status}} {{.Name}}' "$@"; }
  show --filter container=one
  [ "$output" = $'start one\ndied one' ]
  show --filter container=00tw
  [ "$output" = $'start two\ndied two' ]
  show --filter container=one --filter container=two
  [ "$(wc -l <<<"$output")" -eq 4 ]
  show --filter container=one --filter event=die
  [ "$output" = 'died one' ]
  show -f type=container -f image=busybox -f event=start
  [ "$output" = $'start one\nstart two' ]
  show --filter type=volume
  [ -z "$output" ]
  show --filter container=
  [ -z "$output" ]
}

@test "--since and --until, over both files" {
  event 1795409496 start a >"$LOG.1"
  event 1795409497 start b >>"$LOG.1"
  event 1795409498 start c >"$LOG"
  expect 0 events --stream=false --format '{{.Name}}'
  [ "$output" = $'a\nb\nc' ]
  expect 0 events --since 1795409497 --until 2026-11-23T04:51:38Z --format '{{.Name}}'
  [ "$output" = b ]
}

@test "a damaged file: what is whole is shown" {
  {
    head -c 100000 /dev/urandom
    echo
    event 1795409496 start a
    event 1795409497 start b | head -c 60
    event 1795409498 start c
    printf '\0\n{}\n[]\n'
    event 1795409499 start d | head -c 30
  } >"$LOG"
  expect 0 events --stream=false --format '{{.Name}}'
  [ "$output" = $'a\nc' ]
}

@test "follows, over a change of files, up to --until" {
  event 1795409496 start old >"$LOG"
  "$SANDBOX" events --format '{{.Name}}' >"$BATS_TEST_TMPDIR/out" &
  pid=$!
  # It listens once it shows what is new.
  listens()
  {
    event "$(date +%s)" start "probe" >>"$LOG"
    grep -q probe "$BATS_TEST_TMPDIR/out"
  }
  eventually 20 listens
  event "$(date +%s)" start before >>"$LOG"
  mv "$LOG" "$LOG.1"
  event "$(date +%s)" start after >>"$LOG"
  eventually 20 grep -q after "$BATS_TEST_TMPDIR/out"
  kill "$pid"
  wait "$pid" || true
  [ "$(sort -u "$BATS_TEST_TMPDIR/out")" = $'after\nbefore\nprobe' ]
  SB_TIMEOUT=20 expect 0 events --until 1s --filter container=old --format '{{.Name}}'
  [ "$output" = old ]
}

@test "odd words: 125 and one line" {
  one_line_error events x
  for v in x '' x=y container label=a =; do
    one_line_error events --stream=false --filter "$v"
  done
  for v in x '' 2026-13-01 10y; do
    one_line_error events --stream=false --since "$v"
    one_line_error events --stream=false --until "$v"
  done
}

@test "the life of a container" {
  expect 0 run -d --network none --name one busybox sleep 1000
  expect 0 pause one
  expect 0 unpause one
  expect 0 rename one two
  expect 0 kill two
  expect 0 wait two
  expect 0 start two
  expect 0 stop -t 0 two
  expect 0 rm two
  expect 0 events --stream=false --filter type=container --format '{{.Status}} {{.Name}} {{.Image}}'
  words=" $(awk '{ printf "%s:%s ", $1, $2 }' <<<"$output")"
  [[ $words == ' create:one start:one pause:one unpause:one rename:two kill:two died:two start:two stop:two died:two remove:two ' ]] || {
    echo "got:$words" >&2
    return 1
  }
  expect 0 events --stream=false --filter event=died --format '{{.ContainerExitCode}}'
  # stop asks first, and sleep may still hear it.
  [[ $output =~ ^137.(137|143)$ ]]
}

@test "a container that is thrown away in the foreground makes no events" {
  expect 0 run --network none busybox true
  [ ! -e "$LOG" ]
}

@test "volumes and images" {
  expect 0 volume create data
  expect 0 volume rm data
  expect 0 run --network none -v made:/x busybox true
  expect 0 pull busybox
  expect 0 events --stream=false --format '{{.Type}} {{.Status}} {{.Name}}'
  [ "$(head -n 3 <<<"$output")" = $'volume create data\nvolume remove data\nvolume create made' ]
  [[ $(tail -n 1 <<<"$output") == 'image pull '*busybox* ]]
  expect 0 volume rm made
}
