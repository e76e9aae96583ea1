#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# generate systemd

load ../lib/common
setup_file()
{
  # Where the user's systemd is reached, before the file gets a folder of its own.
  export SYSTEM_RUNTIME=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
  # The one of this user, which stays.
  [ ! -w "$SYSTEM_RUNTIME" ] || mkdir -p "$SYSTEM_RUNTIME/sandbox"
  file_setup
}
teardown_file() { file_teardown; }
setup()
{
  leaks_before
  W=$BATS_TEST_TMPDIR/units
  mkdir -p "$W"
}
teardown()
{
  "$SANDBOX" rm -fa >/dev/null
  wait_trash
  check_leaks
}

# verified FILE: as systemd reads it
verified()
{
  need systemd-analyze
  run systemd-analyze --user --man=no --recursive-errors=no verify "$1"
  echo "$output"
  [ "$status" -eq 0 ] && [ -z "$output" ]
}

# unit KEY: its values in $output, a line each
values() { sed -n "s/^$1=//p" <<<"$output"; }

@test "a container that is there: started and stopped by its id or name" {
  local id

  id=$("$SANDBOX" create --network none --name web --stop-timeout 7 busybox sleep 1000)
  expect 0 generate systemd web
  [ "$(values Type)" = notify ]
  [ "$(values NotifyAccess)" = all ]
  [ "$(values Restart)" = on-failure ]
  [ "$(values ExecStart)" = "$SANDBOX start --sdnotify conmon $id" ]
  [ "$(values ExecStop)" = "$SANDBOX stop --ignore --time 7 $id" ]
  [ "$(values TimeoutStopSec)" = 67 ]
  [ "$(values WantedBy)" = default.target ]
  [[ $output == '# container-'"$id"'.service'* ]]
  expect 0 generate systemd --name --no-header --restart-policy always --restart-sec 5 -t 3 \
    --after a.service --after b.target --wants c.socket --requires d.mount web
  [[ $output == '[Unit]'* ]]
  [ "$(values ExecStart)" = "$SANDBOX start --sdnotify conmon web" ]
  [ "$(values ExecStop)" = "$SANDBOX stop --ignore --time 3 web" ]
  [ "$(values Restart) $(values RestartSec)" = 'always 5' ]
  [ "$(values After)" = $'a.service\nb.target' ]
  [ "$(values Wants) $(values Requires)" = 'c.socket d.mount' ]
}

@test "--new: the options that made it, but for those of the unit" {
  "$SANDBOX" create --network none --name web -it --rm --restart=always --cidfile "$W/cid" -l a=b \
    --sdnotify ignore --restart on-failure -ie 'X=50% $HOME "q" \n' --label=c=d \
    busybox sh -c 'echo $1; sleep 9 ;' -- -d --rm ''
  expect 0 generate systemd --new --name web
  [ "$(values ExecStartPre)" = "$SANDBOX rm --force --ignore web" ]
  [ "$(values ExecStopPost)" = "$SANDBOX rm --force --ignore web" ]
  [ "$(values WorkingDirectory)" = "$PWD" ]
  [ "$(values ExecStart)" = "$SANDBOX run --detach --rm --name web --sdnotify conmon \
--network none -it -l a=b -ie \"X=50%% \$\$HOME \\\"q\\\" \\\\n\" --label=c=d \
busybox sh -c \"echo \$\$1; sleep 9 ;\" -- -d --rm \"\"" ]
  # What the payload says itself it goes on saying.
  "$SANDBOX" run -d --rm --network none --name n --sdnotify=container busybox sleep 1000
  expect 0 generate systemd --new n
  [[ $(values ExecStart) == *' --sdnotify container --network none busybox sleep 1000' ]]
}

@test "--new: a letter for --detach among others, and words that look like it" {
  "$SANDBOX" run -dt --network none --name a busybox sleep 1000
  expect 0 generate systemd --new a
  [[ $(values ExecStart) == *'conmon -t --network none busybox sleep 1000' ]]
  "$SANDBOX" run -d --network none --name b -e -d --hostname --rm -w /tmp busybox sleep 1000 -d || :
  "$SANDBOX" run -d --network none --name b2 -l -d=1 -w /tmp -- busybox sleep 1000
  expect 0 generate systemd --new b2
  [[ $(values ExecStart) == *'conmon --network none -l -d=1 -w /tmp -- busybox sleep 1000' ]]
}

@test "systemd takes them" {
  need systemd-analyze
  cd "$W"
  "$SANDBOX" create --network none --name web -e 'X=50% $HOME "q" \n;' busybox sh -c 'a; b' ';'
  expect 0 generate systemd --files --name web
  [ "$output" = container-web.service ]
  verified container-web.service
  expect 0 generate systemd --files --new --container-prefix c --separator _ web
  [[ $output == c_*.service ]]
  verified "$output"
}

@test "another store, and a folder with blanks" {
  mkdir "$W/a b%c"
  cd "$W/a b%c"
  "$SANDBOX" --root "$STORE" create --network none --name r busybox true
  expect 0 --root "$STORE" generate systemd --new r
  [ "$(values RequiresMountsFor)" = "$STORE" ]
  [ "$(values WorkingDirectory)" = "$W/a b%%c" ]
  [[ $(values ExecStart) == "$SANDBOX --root $STORE run "* ]]
}

@test "the supervisor ends as the payload did, and with 0 when it was asked" {
  need python3
  # Its parent is who has made it when that has said so (PR_SET_CHILD_SUBREAPER).
  cat >"$W/reap" <<'PY'
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
sandbox, stop, *words = sys.argv[1:]
id = subprocess.check_output([sandbox, "run", "-d", "--network", "none"] + words, text=True).strip()
if stop == "stop":
    subprocess.check_call([sandbox, "stop", "-t", "1", id], stdout=subprocess.DEVNULL)
print(os.waitstatus_to_exitcode(os.waitpid(-1, 0)[1]))
PY
  [ "$(python3 "$W/reap" "$SANDBOX" wait busybox sh -c 'exit 3')" = 3 ]
  [ "$(python3 "$W/reap" "$SANDBOX" wait busybox sh -c 'kill -9 $$')" = 137 ]
  [ "$(python3 "$W/reap" "$SANDBOX" stop busybox sleep 1000)" = 0 ]
  [ "$(python3 "$W/reap" "$SANDBOX" stop --restart always busybox sleep 0.1)" = 0 ]
}

# manager ARGS...: systemctl of the user, who has another runtime folder than this file's
manager() { XDG_RUNTIME_DIR=$SYSTEM_RUNTIME systemctl --user "$@"; }
# box ARGS...: sandbox as units know it, with that runtime folder and this store
box() { XDG_RUNTIME_DIR=$SYSTEM_RUNTIME "$SANDBOX" --root "$STORE" "$@"; }

@test "systemd starts them, follows them and stops them" {
  local id

  manager show-environment >/dev/null 2>&1 || skip "there is no systemd of this user"
  cd "$W"
  id=$(box create --network none --name one busybox sleep 1000)
  box create --network none --name two -e 'X=50% $HOME "q" \n;' busybox \
    sh -c 'printf "[%s]\n" "$X" "$@"; sleep 1000' sh 'a;' ';' '' '$X' '%n'
  box generate systemd --files --name one
  box generate systemd --files --new --name two
  manager --runtime link "$W/container-one.service" "$W/container-two.service"
  manager start container-one container-two
  [ "$(manager show -P MainPID container-one)" = \
    "$(box inspect --format '{{.State.SupervisorPid}}' one)" ]
  # The words of the other have come through as they were typed.
  run box logs two
  [ "$output" = $'[50% $HOME "q" \\n;]\n[a;]\n[;]\n[]\n[$X]\n[%n]' ]
  manager stop container-one container-two
  [ "$(manager show -P Result container-one)" = success ]
  [ "$(box ps -aq --no-trunc)" = "$id" ]
  # Killed by somebody else it has failed, and is started again.
  manager start container-one
  box kill one
  again() { [ "$(manager show -P NRestarts container-one)" = 1 ]; }
  eventually 10 again
  manager stop container-one
  manager --runtime disable container-one container-two
  box rm one
}

@test "bad input leaves no file" {
  cd "$W"
  "$SANDBOX" create --network none --name web busybox true
  one_line_error generate systemd
  one_line_error generate systemd nosuch
  one_line_error generate systemd web web
  one_line_error generate systemd -f --restart-policy maybe web
  one_line_error generate systemd -f --restart-sec x web
  one_line_error generate systemd -f --time -1 web
  one_line_error generate systemd -f --container-prefix a/b web
  one_line_error generate systemd -f --separator ' ' web
  one_line_error generate systemd -f --after $'a\nExecStart=/bin/false' web
  one_line_error generate systemd -f --wants '' web
  "$SANDBOX" run -d --rm --network none --name t busybox sleep 1000
  one_line_error generate systemd -f t
  [[ $stderr == *--new* ]]
  one_line_error start --sdnotify nobody web
  one_line_error start --sdnotify healthy web
  chmod a-w "$W"
  one_line_error generate systemd -f --name web
  chmod u+w "$W"
  [ -z "$(ls -A "$W")" ]
}
