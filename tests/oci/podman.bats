#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# podman --runtime, as a normal user: what its users do most, through conmon.

load ../lib/common
load setup

# Podman's own folders, an image, and the runtime under a name that podman knows.
setup_file()
{
  command -v podman conmon >/dev/null || return 0
  file_setup
  # Podman takes no more than 50 characters.
  P=$(mktemp -d /tmp/pm.XXXXXX)
  export P
  mkdir -p "$P"/{store,run,tmp,bin}
  ln -s "${SANDBOX%/*}/sandbox-oci" "$P/bin/crun"
  printf '[engine]\ncgroup_manager="cgroupfs"\nevents_logger="file"\n' >"$P/containers.conf"
  export CONTAINERS_CONF=$P/containers.conf
  "$SANDBOX" run --network none busybox tar -c -C / bin sbin usr etc lib >"$P/busybox.tar"
  pm import -q "$P/busybox.tar" busybox >/dev/null
  rm "$P/busybox.tar"
}

teardown_file()
{
  command -v podman conmon >/dev/null || return 0
  pm rm -fa -t 0 >/dev/null
  pm rmi -fa >/dev/null
  # Its pause process outlives it.
  if [ -s "$XDG_RUNTIME_DIR/libpod/tmp/pause.pid" ]; then
    kill "$(cat "$XDG_RUNTIME_DIR/libpod/tmp/pause.pid")" 2>/dev/null || :
  fi
  [ ! -s "$P/tmp/pause.pid" ] || kill "$(cat "$P/tmp/pause.pid")" 2>/dev/null || :
  remove_tree "$P"
  file_teardown
}

pm()
{
  timeout 60 podman --root "$P/store" --runroot "$P/run" --tmpdir "$P/tmp" --storage-driver vfs \
    --cgroup-manager cgroupfs --events-backend file --runtime "$P/bin/crun" "$@" 3>&-
}

setup()
{
  need podman conmon
  need_subids
}

# All states are gone when podman has no container, whatever happened in the test.
teardown()
{
  command -v podman conmon >/dev/null || return 0
  pm pod rm -fa -t 0 >/dev/null
  pm rm -fa -t 0 >/dev/null
  [ -z "$(ls -A "$XDG_RUNTIME_DIR/sandbox/oci" 2>/dev/null)" ]
}

@test "run: output and exit code; what is missing is 127, what cannot be executed 126" {
  run -7 pm run --rm --network none busybox sh -c 'echo out; echo err >&2; exit 7'
  [[ $output == *out*err* ]]
  run -0 sh -c 'echo in | podman --root "$P/store" --runroot "$P/run" --tmpdir "$P/tmp" --storage-driver vfs \
    --cgroup-manager cgroupfs --events-backend file --runtime "$P/bin/crun" run --rm -i --network none busybox cat 3>&-'
  [ "${lines[-1]}" = in ]
  run -127 pm run --rm --network none busybox nosuch
  run -126 pm run --rm --network none busybox /etc/passwd
  run -137 pm run --rm --network none busybox sh -c 'kill -9 $$; sleep 1; exit 137'
}

@test "a container in the background: logs, exec, top, kill, stop, start, rm" {
  run -0 pm run -d --name c --network none busybox \
    sh -c 'echo hello; trap "exit 5" TERM; trap "echo usr" USR1; while :; do sleep 0.1; done'
  says() { pm logs c 2>/dev/null | grep -q "$1"; }
  eventually 10 says hello
  run -3 pm exec c sh -c 'echo inside; exit 3'
  [[ $output == *inside* ]]
  run -127 pm exec c nosuch
  run -0 pm exec -e A=b -w /etc -u 1000 c sh -c 'echo $A $PWD $(id -u)'
  [ "${lines[-1]}" = 'b /etc 1000' ]
  run -0 pm exec -d c sleep 1234
  sleeps() { pm top c args | grep -q '^sleep 1234'; }
  eventually 10 sleeps
  run -0 pm kill -s USR1 c
  eventually 10 says usr
  run -0 pm inspect -f '{{.State.Status}} {{.State.Pid}}' c
  [[ ${lines[-1]} == running\ [1-9]* ]]
  run -0 pm stop -t 5 c
  run -0 pm inspect -f '{{.State.Status}} {{.State.ExitCode}}' c
  [ "${lines[-1]}" = 'exited 5' ]
  run -0 pm start c
  run -0 pm inspect -f '{{.State.Status}}' c
  [ "${lines[-1]}" = running ]
  run -0 pm rm -f -t 0 c
}

@test "a terminal: run -it and exec -it" {
  need script
  run -4 script -qec "podman --root '$P/store' --runroot '$P/run' --tmpdir '$P/tmp' --storage-driver vfs \
    --cgroup-manager cgroupfs --events-backend file --runtime '$P/bin/crun' run --rm -it --network none \
    --log-driver k8s-file --log-opt 'path=$BATS_TEST_TMPDIR/log' busybox sh -c 'tty; exit 4'" /dev/null </dev/null 3>&-
  # Of a container that ends at once podman loses the last words now and then, with runc as well
  # (podman 4.3.1, conmon 2.1.6); the log of conmon, who has the terminal, has them.
  grep -q /dev/pts/0 "$BATS_TEST_TMPDIR/log"
  # exec has no log, so its process stays for a moment.
  run -0 pm run -d --name t --network none busybox sleep 1000
  run -6 script -qec "podman --root '$P/store' --runroot '$P/run' --tmpdir '$P/tmp' --storage-driver vfs \
    --cgroup-manager cgroupfs --events-backend file --runtime '$P/bin/crun' exec -it t sh -c 'tty; sleep 0.5; exit 6'" /dev/null </dev/null 3>&-
  [[ $output == */dev/pts/* ]]
}

@test "volumes, read-only roots, tmpfs, users, limits, capabilities, keep-id" {
  mkdir "$BATS_TEST_TMPDIR/v"
  run -0 pm run --rm --network none -v "$BATS_TEST_TMPDIR/v:/v" busybox sh -c 'echo x >/v/file'
  [ "$(cat "$BATS_TEST_TMPDIR/v/file")" = x ]
  run -1 pm run --rm --network none -v "$BATS_TEST_TMPDIR/v:/v:ro" busybox sh -c 'echo y >/v/file'
  [[ $output == *"Read-only"* ]]
  run -0 pm run --rm --network none -v vol:/v busybox touch /v/kept
  run -0 pm run --rm --network none -v vol:/v busybox ls /v
  [ "${lines[-1]}" = kept ]
  run -1 pm run --rm --network none --read-only --tmpfs /t busybox sh -c 'touch /t/x && touch /x'
  run -0 pm run --rm --network none -u 33:33 busybox id -u
  [ "${lines[-1]}" = 33 ]
  run -0 pm run --rm --network none --ulimit nofile=100:100 --hostname foo busybox sh -c 'ulimit -n; hostname'
  [[ $output == *100*foo* ]]
  run -0 pm run --rm --network none --cap-drop all busybox grep CapBnd /proc/self/status
  [[ ${lines[-1]} == *0000000000000000 ]]
  run -0 pm run --rm --network none --security-opt no-new-privileges busybox grep NoNewPrivs /proc/self/status
  [[ ${lines[-1]} == *1 ]]
  run -0 pm run --rm --network none --userns=keep-id busybox id -u
  [ "${lines[-1]}" = "$(id -u)" ]
  run -0 pm run --rm --network none --cgroups=disabled busybox true
  run -0 pm run --rm --network none --init busybox sh -c 'echo $$'
  [ "${lines[-1]}" != 1 ]
}

@test "ports, and pods that share a network" {
  need slirp4netns python3
  need_tun
  port=$((20000 + RANDOM % 10000))
  run -0 pm run -d --name web -p "127.0.0.1:$port:80" busybox httpd -f -p 80 -h /etc
  get() { python3 -c 'import sys, urllib.request; print(urllib.request.urlopen("http://127.0.0.1:" + sys.argv[1] + "/passwd", timeout=3).read().decode())' "$1" 2>/dev/null | grep -q root; }
  eventually 15 get "$port"
  run -0 pm rm -f -t 0 web
  [ -x /usr/libexec/podman/catatonit ] || command -v catatonit >/dev/null || skip "podman has no infra container: catatonit is not installed"
  run -0 pm pod create --name p -p "127.0.0.1:$port:80"
  run -0 pm run -d --pod p --name server busybox httpd -f -p 80 -h /etc
  eventually 15 get "$port"
  run -0 pm run --rm --pod p busybox wget -q -O - http://127.0.0.1/passwd
  [[ $output == *root* ]]
  run -0 pm pod stop -t 0 p
  run -0 pm pod rm -f -t 0 p
}

@test "podman shows why the runtime has failed" {
  run -127 pm --runtime-flag=root=/proc/x run --rm --network none busybox true
  [[ $output == *"cannot make /proc/x"* ]]
}
