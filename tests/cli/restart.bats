#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# restart: stop and start

load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() {
  "$SANDBOX" rm -fa >/dev/null
  wait_trash
  check_leaks
}

pid() { "$SANDBOX" ps -a --filter "name=^$1\$" --format '{{.State}} {{.Pid}}'; }

@test "one that runs is another process afterwards, with its files" {
  local before

  "$SANDBOX" run -d --network none --name r busybox sh -c 'echo x >>/file; cat /file; sleep 1000'
  before=$(pid r)
  expect 0 restart -t 0 r
  [ "$output" = r ]
  [[ $(pid r) == running* && $(pid r) != "$before" ]]
  three() { [ "$("$SANDBOX" logs r | wc -l)" -eq 3 ]; }
  eventually 10 three
}

@test "what was created, has ended or is paused is started" {
  "$SANDBOX" create --network none --name c busybox sleep 1000
  expect 0 restart c
  [[ $(pid c) == running* ]]
  "$SANDBOX" kill c
  "$SANDBOX" wait c
  expect 0 restart c
  [[ $(pid c) == running* ]]
  "$SANDBOX" pause c
  expect 0 restart -t 0 c
  [[ $(pid c) == running* ]]
}

@test "several, of which one is not there; --all; what --rm removes; bad input" {
  "$SANDBOX" run -d --network none --name a busybox sleep 1000
  "$SANDBOX" run -d --network none --name b busybox sleep 1000
  expect 125 restart -t 0 a nosuch b
  [ "$output" = $'a\nb' ]
  [ "$(wc -l <<<"$stderr")" -eq 1 ]
  expect 0 restart -t 0 --all
  [ "$(wc -l <<<"$output")" -eq 2 ]
  "$SANDBOX" run -d --rm --network none --name t busybox sleep 1000
  one_line_error restart -t 0 t
  [[ $(pid t) == running* ]]
  one_line_error restart
  one_line_error restart -t x a
}

# namespaces NAME: kind and number, a line each, of the first process
namespaces()
{
  local pid kind

  pid=$("$SANDBOX" inspect --format '{{.State.Pid}}' "$1")
  for kind in user mnt pid net ipc uts cgroup; do
    echo "$kind $(stat -L -c %i "/proc/$pid/ns/$kind")"
  done
}

# hold NAME COMMAND...: runs it while the namespaces of a container are held, so that no new one
# gets the number of an old one
hold()
{
  local pid

  pid=$("$SANDBOX" inspect --format '{{.State.Pid}}' "$1")
  shift
  "$@" 11<"/proc/$pid/ns/mnt" 12<"/proc/$pid/ns/pid" 13<"/proc/$pid/ns/net" \
    14<"/proc/$pid/ns/ipc" 15<"/proc/$pid/ns/uts" 16<"/proc/$pid/ns/cgroup" \
    17<"/proc/$pid/ns/user"
}

# another PID: r runs, and that is not its first process
another()
{
  local pid

  pid=$("$SANDBOX" inspect --format '{{.State.Pid}}' r)
  [ "$pid" -gt 0 ] && [ "$pid" != "$1" ]
}

supervisor() { "$SANDBOX" inspect --format '{{.State.SupervisorPid}}' "$1"; }

@test "the supervisor goes on in its user namespace, and all other namespaces are new" {
  local before keeper first

  # The left one would be there still, were it not for the new pid namespace.
  "$SANDBOX" run -d --network none --name r --tmpfs /t busybox \
    sh -c 'ls /t | wc -l; touch /t/x; hostname; setsid sleep 1234 & sleep 1000'
  "$SANDBOX" exec r true
  before=$(namespaces r)
  keeper=$(supervisor r)
  hold r "$SANDBOX" restart -t 0 r
  [ "$(supervisor r)" = "$keeper" ]
  run comm -12 <(sort <<<"$before") <(namespaces r | sort)
  [[ ${#lines[@]} -eq 1 && ${lines[0]} == user* ]]
  [ "$(pgrep -f '^sleep 1234' | wc -l)" -eq 1 ]
  [ "$("$SANDBOX" logs r | sort | uniq -c | awk '{ print $1, $2 }' | head -n 1)" = '2 0' ]
  # The policy does the same.
  "$SANDBOX" update --restart always r
  before=$(namespaces r)
  first=$("$SANDBOX" inspect --format '{{.State.Pid}}' r)
  # It may kill itself as well.
  hold r "$SANDBOX" exec r sh -c 'kill -9 -1' || :
  eventually 10 another "$first"
  [ "$(supervisor r)" = "$keeper" ]
  [ "$(grep ^user <<<"$before")" = "$(namespaces r | grep ^user)" ]
}

@test "identities, network and limits are the same in the kept user namespace" {
  local option

  for option in '--user 5:6' '--userns nomap' '--userns keep-id' '--pid host' '--no-init' \
    '--privileged' '--network slirp' '-t' '--read-only --cap-drop all'; do
    case $option in
      *slirp*) [ -w /dev/net/tun ] || continue ;;
    esac
    # shellcheck disable=SC2086 # words
    "$SANDBOX" run -d --network none --name r $option busybox sh -c '
      id; cat /proc/self/uid_map /proc/self/gid_map
      grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status
      cat /proc/sys/user/max_user_namespaces; ls /sys/class/net; umask; echo END; sleep 1000'
    ended() { [ "$("$SANDBOX" logs r | grep -c END)" -eq "$1" ]; }
    eventually 10 ended 1
    "$SANDBOX" logs r >"$BATS_TEST_TMPDIR/first"
    expect 0 restart -t 0 r
    eventually 10 ended 2
    "$SANDBOX" logs r | tail -n +"$(($(wc -l <"$BATS_TEST_TMPDIR/first") + 1))" |
      diff "$BATS_TEST_TMPDIR/first" - || {
      echo "$option" >&2
      return 1
    }
    "$SANDBOX" rm -f r
  done
}

@test "who waits and who is attached is told of the end" {
  "$SANDBOX" run -d --network none --name r busybox sh -c 'trap "exit 7" TERM; sleep 1000 & wait'
  "$SANDBOX" wait r >"$BATS_TEST_TMPDIR/code" &
  local waits=$!
  "$SANDBOX" attach --no-stdin r &
  local attached=$!
  sleep 0.3
  expect 0 restart r
  wait "$waits"
  [ "$(cat "$BATS_TEST_TMPDIR/code")" = 7 ]
  wait "$attached" && status=0 || status=$?
  [ "$status" -eq 7 ]
  [ "$("$SANDBOX" inspect --format '{{.RestartCount}} {{.State.Status}}' r)" = '0 running' ]
}

@test "a start that fails is told, and the container has ended" {
  mkdir "$BATS_TEST_TMPDIR/gone"
  "$SANDBOX" run -d --network none --name r -v "$BATS_TEST_TMPDIR/gone:/x" busybox sleep 1000
  rmdir "$BATS_TEST_TMPDIR/gone"
  one_line_error restart -t 0 r
  [[ $stderr == *gone* ]]
  [[ $(pid r) == exited* ]]
  mkdir "$BATS_TEST_TMPDIR/gone"
  expect 0 restart r
  [[ $(pid r) == running* ]]
}

@test "in the foreground, in a pause between two tries, stopped meanwhile, many at once" {
  "$SANDBOX" run --network none --name f busybox sleep 1000 &
  up() { [[ $(pid f) == running* ]]; }
  eventually 5 up
  expect 0 restart -t 0 f
  wait $! || :
  [[ $(pid f) == running* ]]
  mkdir "$BATS_TEST_TMPDIR/flags"
  "$SANDBOX" run -d --network none --name b --restart always -v "$BATS_TEST_TMPDIR/flags:/flags" \
    busybox sh -c 'test -e /flags/go && sleep 1000; sleep 0.1'
  sleep 2
  : >"$BATS_TEST_TMPDIR/flags/go"
  SB_TIMEOUT=10 expect 0 restart b
  [[ $(pid b) == running* ]]
  "$SANDBOX" run -d --network none --name s busybox sh -c 'trap "" TERM; sleep 1000 & wait; wait'
  "$SANDBOX" restart -t 60 s >/dev/null 2>"$BATS_TEST_TMPDIR/err" &
  sleep 0.3
  "$SANDBOX" stop -t 0 s
  wait $! && status=0 || status=$?
  [ "$status" -eq 125 ]
  grep -q 'stopped meanwhile' "$BATS_TEST_TMPDIR/err"
  [[ $(pid s) == exited* ]]
  for _ in 1 2 3 4 5; do
    "$SANDBOX" restart -t 0 f >/dev/null 2>&1 &
  done
  wait
  [[ $(pid f) == running* ]]
}
