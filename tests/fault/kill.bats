#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kill -9 at every stage of a launch, and at random moments: nothing stays.

load ../lib/common

setup_file()
{
  file_setup
  "$SANDBOX" run --network=none busybox true
}
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() { check_leaks; }

# The rows of the step table that apply to a container with a network, and the points between.
stages()
{
  "$SANDBOX" run --explain busybox true | awk '{ print $2 }'
  printf '%s\n' state cloned mapped started
}

# stop_at STAGE: a container that waits there; its front end is $front, who waits is $stopped.
stop_at()
{
  local err=$BATS_TEST_TMPDIR/stop.$1

  # Through a pipe, which the first process writes to itself: its supervisor may be asleep.
  SANDBOX_TEST_STOP_AT=$1 "$SANDBOX" run busybox sleep 60 </dev/null >/dev/null 2> >(cat >"$err") 3>&- &
  front=$!
  eventually 20 grep -q '^stopped at' "$err"
  # The helpers that write its maps were there before it.
  stopped=$(pgrep -P "$front" -n || :)
}

end_front()
{
  kill -9 "$front" 2>/dev/null || :
  wait "$front" 2>/dev/null || :
}

# Records of a container whose supervisor was killed are removed by a later command, which
# gives a container that is just being made two seconds.
swept()
{
  local left

  "$SANDBOX" run --network=none busybox true
  left=$(find "$XDG_RUNTIME_DIR/sandbox/containers" "$STORE/containers" "$STORE/trash" \
    -mindepth 1 -maxdepth 1 2>/dev/null)
  [ -z "$left" ] || {
    echo "not swept: $left" >&2
    return 1
  }
}

@test "kill -9 of the front end at every stage ends everything" {
  local stage

  need_tun
  for stage in $(stages); do
    stop_at "$stage"
    end_front
    no_processes || {
      echo "after $stage" >&2
      return 1
    }
  done
  eventually 15 swept
}

@test "kill -9 of the container's first process at every stage is an error that cleans up" {
  local stage status

  need_tun
  for stage in $("$SANDBOX" run --explain busybox true | awk '$1 == "child" { print $2 }'); do
    stop_at "$stage"
    kill -9 "$stopped"
    status=0
    wait "$front" || status=$?
    [ "$status" -eq 125 ] || {
      echo "$stage: status $status" >&2
      cat "$BATS_TEST_TMPDIR/stop.$stage" >&2
      return 1
    }
    no_processes
  done
  eventually 15 swept
}

@test "kill -9 while it goes on in the user namespace of the run before" {
  local err=$BATS_TEST_TMPDIR/stop.rejoin

  SANDBOX_TEST_STOP_AT=rejoin "$SANDBOX" run --name again --restart always --network=none busybox \
    sh -c 'setsid sleep 60 & true' </dev/null >/dev/null 2>"$err" 3>&- &
  front=$!
  eventually 20 grep -q '^stopped at' "$err"
  no_processes_but "$front"
  end_front
  no_processes
  "$SANDBOX" rm again
  eventually 15 swept
}

# no_processes_but PID: nothing of the run before is alive when the next begins
no_processes_but()
{
  local left

  left=$(leak_processes | sort |
    comm -13 <(grep '^process' "$BATS_TEST_TMPDIR/leaks.before") - | grep -v "^process $1 ") || :
  [ -z "$left" ] || {
    echo "$left" >&2
    return 1
  }
}

@test "kill -9 of sandbox-init ends the container with 137" {
  local init status=0

  "$SANDBOX" run --network=none busybox sleep 60 </dev/null 3>&- &
  front=$!
  eventually 10 pgrep -P "$front" -f '^sandbox-init'
  init=$(pgrep -P "$front" -f '^sandbox-init')
  kill -9 "$init"
  wait "$front" || status=$?
  [ "$status" -eq 137 ]
}

@test "kill -9 of the network helper leaves the container running, and is told" {
  local err=$BATS_TEST_TMPDIR/net.err status=0

  need_tun
  "$SANDBOX" run busybox sh -c 'sleep 3; exit 9' </dev/null 2>"$err" 3>&- &
  front=$!
  eventually 10 pgrep -P "$front" -f '^sandbox-init'
  sleep 0.5
  # It runs as a subordinate id, so it is killed in that user namespace.
  need_subids
  kill_helper "$front"
  wait "$front" || status=$?
  [ "$status" -eq 9 ]
  grep -q 'without a network' "$err"
}

# The helper shares the container's user namespace, whose root may signal it.
kill_helper()
{
  local helper

  helper=$(pgrep -P "$1" -x sandbox-net | tail -n 1)
  nsenter --user --target "$(pgrep -P "$1" -f '^sandbox-init')" --preserve-credentials \
    kill -9 "$helper" || skip "this user cannot enter the container's user namespace"
}

@test "kill -9 at 300 random moments" {
  local reaper=("$BATS_TEST_DIRNAME/../lib/reaper")

  command -v python3 >/dev/null || reaper=()
  # shellcheck disable=SC2016 # expanded inside
  "${reaper[@]}" bash -c 'left=$1
    while [ "$((left--))" -gt 0 ]; do
      "$SANDBOX" run busybox sh -c "echo x >/file; sleep 0.02" </dev/null >/dev/null 2>&1 &
      sleep "0.$(printf "%03d" $((RANDOM % 60)))"
      kill -9 $! 2>/dev/null
      wait $! 2>/dev/null
    done
    exit 0' bash "${SANDBOX_TEST_KILLS:-300}" 3>&- 2>/dev/null
  no_processes
  eventually 20 swept
}

@test "kill -9 while a record is written leaves no half of it" {
  local id

  id=$(printf 'ab%.0s' {1..32})
  : >"$XDG_RUNTIME_DIR/sandbox/containers/.$id.state.12345678"
  # One that lives may be about to rename its own.
  "$SANDBOX" run -d --rm --network=none --name lives busybox sleep 60
  id=$("$SANDBOX" inspect --format '{{.Id}}' lives)
  : >"$XDG_RUNTIME_DIR/sandbox/containers/.$id.state.12345678"
  sleep 2.5
  "$SANDBOX" run --network=none busybox true
  [ "$(find "$XDG_RUNTIME_DIR/sandbox/containers" -name '.*.state.*' -printf '%f')" = ".$id.state.12345678" ]
  "$SANDBOX" rm -f lives
  eventually 15 swept
}

@test "kill -9 with --pid=host: the next command ends what is left" {
  local release

  release=$(uname -r)
  [ "$(printf '%s\n' 6.11 "$release" | sort -V | head -n 1)" = 6.11 ] ||
    skip "before Linux 6.11 mount namespaces have no number of their own"
  "$SANDBOX" run --pid=host --network none busybox \
    sh -c 'setsid sleep 98765 & sleep 98765' </dev/null >/dev/null 2>&1 3>&- &
  front=$!
  eventually 10 sh -c '[ "$(pgrep -c -f "^sleep 98765")" -eq 2 ]'
  kill -9 "$front"
  wait "$front" || true
  pgrep -f '^sleep 98765' >/dev/null || skip "the kernel has ended everything already"
  # A record has two seconds of grace.
  eventually 15 sh -c '"$SANDBOX" run --network none busybox true; ! pgrep -f "^sleep 98765"'
}
