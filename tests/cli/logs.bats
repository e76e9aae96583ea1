#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load ../lib/common

setup_file() { file_setup; }
teardown_file() { file_teardown; }

ID=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff

# A container that has ended, by its files: the logs here could not be had from a real one.
ended()
{
  local id=${1:-$ID} text sum

  mkdir -p "$STORE/containers/$id"
  text="{\"version\":1,\"id\":\"$id\",\"image\":\"busybox\",\"command\":[\"true\"],\"state\":\"exited\""
  text="$text,\"created\":1,\"started\":2,\"finished\":3}"
  # The sum is in the trailer of gzip, the lowest byte first.
  sum=$(printf %s "$text" | gzip -c | tail -c 8 | od -An -tx1 -N4 | awk '{ print $4 $3 $2 $1 }')
  printf '%s\n{"crc32":"%s"}\n' "$text" "$sum" >"$STORE/containers/$id/state.json"
  LOG=$STORE/containers/$id/ctr.log
}

setup()
{
  leaks_before
  ended
}

teardown()
{
  "$SANDBOX" rm -f -a >/dev/null 2>&1 || :
  rm -rf "$STORE/containers/$ID" "$STORE/containers/${ID//0/f}"
  check_leaks
}

lines()
{
  local i

  for ((i = $1; i <= $2; i++)); do
    printf '2026-11-23T04:%02d:00.000000000+00:00 stdout F line %d\n' "$i" "$i"
  done
}

@test "streams go where they belong; parts of a line are one line" {
  sed 's/|$//' >"$LOG" <<EOF
2026-11-23T04:00:01.5+00:00 stdout F out
2026-11-23T04:00:02.5+00:00 stderr P er
2026-11-23T04:00:03.5+00:00 stdout F
2026-11-23T04:00:03.5+00:00 stderr F r
2026-11-23T04:00:04.5+00:00 stdout F |
EOF
  expect 0 logs "$ID"
  [ "$output" = out ]
  [ "$stderr" = err ]
  expect 0 logs -t 0011
  [ "$output" = "2026-11-23T04:00:01.5+00:00 out
2026-11-23T04:00:04.5+00:00 " ]
  [ "$stderr" = '2026-11-23T04:00:02.5+00:00 err' ]
  expect 0 container logs --latest
  [ "$output" = out ]
}

@test "what the container wrote without an end of line has none" {
  printf '2026-11-23T04:00:01Z stdout P %s\n2026-11-23T04:00:01Z stdout F\n' 'no end' >"$LOG"
  "$SANDBOX" logs "$ID" >"$BATS_TEST_TMPDIR/out"
  printf 'no end' | cmp - "$BATS_TEST_TMPDIR/out"
}

@test "files that were renamed come first, and --tail counts over them" {
  lines 1 3 >"$LOG.2"
  lines 4 6 >"$LOG.1"
  lines 7 9 >"$LOG"
  expect 0 logs "$ID"
  [ "$output" = "$(seq -f 'line %g' 1 9)" ]
  for n in 0 1 3 4 8 9 100; do
    expect 0 logs --tail "$n" "$ID"
    [ "$output" = "$(seq -f 'line %g' 1 9 | tail -n "$n")" ]
  done
  expect 0 logs -n 5 "$ID"
  [ "$output" = "$(seq -f 'line %g' 5 9)" ]
  expect 0 logs --tail all "$ID"
  [ "$(wc -l <<<"$output")" -eq 9 ]
  # As in the moment of a rotation.
  rm "$LOG"
  expect 0 logs "$ID"
  [ "$output" = "$(seq -f 'line %g' 1 6)" ]
}

@test "--since and --until, in every way to say it" {
  lines 1 9 >"$LOG"
  for t in 2026-11-23T04:04:00Z 2026-11-23T05:04:00+01:00 1795406640 1795406640.0; do
    expect 0 logs --since "$t" "$ID"
    [ "$output" = "$(seq -f 'line %g' 4 9)" ]
    expect 0 logs --until "$t" "$ID"
    [ "$output" = "$(seq -f 'line %g' 1 3)" ]
  done
  export TZ=XYZ-2
  expect 0 logs --since '2026-11-23 06:04' --until 2026-11-23T06:06:00 "$ID"
  [ "$output" = "$(seq -f 'line %g' 4 5)" ]
  unset TZ
  expect 0 logs --since 2026-11-24 "$ID"
  [ -z "$output" ]
  printf '%s stdout F now\n' "$(date -u +%FT%T.%NZ)" >"$LOG"
  expect 0 logs --since 10m --until 10m "$ID"
  [ "$output" = now ]
  expect 0 logs --since -10m "$ID"
  [ -z "$output" ]
}

@test "several containers: each line says whose it is" {
  local other=${ID//0/f}

  lines 1 2 >"$LOG"
  ended "$other"
  lines 3 3 >"$LOG"
  expect 0 logs "$ID" "$other"
  [ "$output" = "${ID:0:12} line 1
${ID:0:12} line 2
${other:0:12} line 3" ]
}

@test "a damaged log: what is whole is shown, the rest is counted" {
  {
    head -c 200000 /dev/zero
    echo
    lines 1 1
    echo '2026-11-23T04:0'
    head -c 300000 /dev/urandom | tr '\n' x
    echo
    lines 2 2
    printf '2026-11-23T04:09:00Z stdout F cut'
  } >"$LOG"
  expect 0 logs "$ID"
  [ "$output" = $'line 1\nline 2\ncut' ]
  [[ $stderr == *'3 lines of the log of container 001122334455 are damaged, ignoring' ]]
  expect 0 logs --tail 2 "$ID"
  [ "$output" = $'line 2\ncut' ]
}

@test "terminal escapes and other bytes pass as they are" {
  printf '2026-11-23T04:09:00Z stdout F \033[31mred\r\377\001\n' >"$LOG"
  expect 0 logs "$ID"
  [ "$output" = $'\033[31mred\r\377\001' ]
}

@test "-f of a container that has ended shows everything and ends" {
  lines 1 5 >"$LOG"
  SB_TIMEOUT=10 expect 0 logs -f --tail 2 "$ID"
  [ "$output" = $'line 4\nline 5' ]
}

@test "no log, no container, odd words: 125 and one line" {
  one_line_error logs "$ID"
  [[ $stderr == *log-driver* ]]
  ln -s /etc/passwd "$LOG"
  one_line_error logs "$ID"
  rm "$LOG"
  mkfifo "$LOG"
  SB_TIMEOUT=10 one_line_error logs "$ID"
  rm "$LOG"
  lines 1 1 >"$LOG"
  one_line_error logs
  one_line_error logs nosuch
  one_line_error logs "$ID" nosuch
  one_line_error logs --latest "$ID"
  one_line_error logs ''
  one_line_error logs ../x
  for v in x 1x '' 1.5 -2 99999999999999999999; do
    one_line_error logs --tail "$v" "$ID"
  done
  for v in x '' 2026-13-01 2026-02-30 2026-11-23T25:00 10y 99999999999999999999 1795406640.; do
    one_line_error logs --since "$v" "$ID"
    one_line_error logs "--until=$v" "$ID"
  done
}

@test "output that cannot be written is an error" {
  lines 1 5 >"$LOG"
  status=0
  "$SANDBOX" logs "$ID" >/dev/full 2>"$BATS_TEST_TMPDIR/err" || status=$?
  [ "$status" -eq 125 ]
  [ "$(wc -l <"$BATS_TEST_TMPDIR/err")" -eq 1 ]
}

# ---- real containers ------------------------------------------------------------------------------

detach() { expect 0 run -d --network none "$@"; }

@test "both streams of a container in the background, in order, while it runs and after" {
  detach --name web busybox sh -c 'echo out; sleep 0.3; echo err >&2; sleep 0.3; printf prompt; read x' </dev/null
  has_prompt() { [ "$("$SANDBOX" logs web 2>/dev/null)" = $'out\nprompt' ]; }
  eventually 20 has_prompt
  expect 0 wait web
  expect 0 logs web
  [ "$output" = $'out\nprompt' ]
  [ "$stderr" = err ]
  expect 0 logs -t web
  [[ $output =~ ^20[0-9-]+T[0-9:]+\.[0-9]{9}[+-][0-9:]+\ out ]]
  grep -q ' stderr F err$' "$STORE"/containers/name-web/ctr.log
  [ "$(stat -c %a "$STORE"/containers/name-web/ctr.log)" = 600 ]
}

@test "-f prints lines as they come, and ends with the container" {
  detach --name slow busybox sh -c 'i=0; while [ $i -lt 4 ]; do i=$((i+1)); echo line $i; sleep 0.5; done'
  SB_TIMEOUT=30 expect 0 logs -f slow
  [ "$output" = "$(seq -f 'line %g' 1 4)" ]
}

@test "-f ends when the container is killed, and when its supervisor is" {
  for how in kill supervisor; do
    detach --name "$how" busybox sh -c 'echo here; exec sleep 1000'
    "$SANDBOX" logs -f "$how" >"$BATS_TEST_TMPDIR/$how" &
    pid=$!
    eventually 20 grep -q here "$BATS_TEST_TMPDIR/$how"
    if [ "$how" = kill ]; then
      expect 0 kill kill
    else
      expect 0 inspect --format '{{.State.SupervisorPid}}' supervisor
      kill -KILL "$output"
    fi
    gone() { ! kill -0 "$pid" 2>/dev/null; }
    eventually 10 gone
    wait "$pid"
  done
}

@test "another run of the same container goes on in the same log" {
  detach --name again busybox sh -c 'printf "no end"'
  expect 0 wait again
  expect 0 start again
  expect 0 wait again
  expect 0 logs again
  [ "$output" = $'no end\nno end' ]
}

@test "--log-opt: so many files of that size, and no line is torn" {
  detach --name big --log-opt max-size=64k --log-opt max-file=3 busybox \
    sh -c 'i=0; while [ $i -lt 8000 ]; do i=$((i+1)); echo "line $i of many"; done'
  SB_TIMEOUT=60 expect 0 logs -f big
  [ "$(tail -n 1 <<<"$output")" = 'line 8000 of many' ]
  [ "$(grep -cvE '^line [0-9]+ of many$' <<<"$output")" -eq 0 ]
  dir=$STORE/containers/name-big
  [ -e "$dir/ctr.log.2" ]
  [ ! -e "$dir/ctr.log.3" ]
  for f in "$dir"/ctr.log*; do
    [ "$(stat -c %s "$f")" -le 65536 ]
  done
  expect 0 logs big
  first=$(head -n 1 <<<"$output" | tr -dc 0-9)
  [ "$output" = "$(seq -f 'line %g of many' "$first" 8000)" ]
}

@test "one that is thrown away in the foreground has none, and that is said" {
  local pid

  "$SANDBOX" run --network none busybox sleep 1000 </dev/null >/dev/null 3>&- &
  pid=$!
  eventually 10 sh -c '[ -n "$("$SANDBOX" ps -q)" ]'
  one_line_error logs "$("$SANDBOX" ps -q | head -n 1)"
  [[ $stderr == *"is thrown away when it ends"*"--name or -d" ]]
  kill -9 "$pid"
  wait "$pid" || :
}

@test "--log-driver none keeps nothing" {
  detach --name mute --log-driver none busybox echo hello
  expect 0 wait mute
  one_line_error logs mute
  [[ $stderr == *log-driver* ]]
}

@test "a log that cannot grow does not stop the container" {
  # The image is unpacked without that limit.
  expect 0 run --network none busybox true
  (
    ulimit -f 32
    exec "$SANDBOX" run -d --network none --name full busybox \
      sh -c 'i=0; while [ $i -lt 5000 ]; do i=$((i+1)); echo "line $i"; done; exit 7' >/dev/null
  )
  expect 0 wait full
  [ "$output" = 7 ]
  expect 0 logs full
  n=$(grep -cE '^line [0-9]+$' <<<"$output")
  [ "$n" -gt 100 ]
  [ "$(sed -n "1,${n}p" <<<"$output")" = "$(seq -f 'line %g' 1 "$n")" ]
}
