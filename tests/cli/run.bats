#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run: every option once, in a real container, on the built-in image.

load ../lib/common

setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown() { check_leaks; }

# box ARGS...: run without a network, must succeed.
box()
{
  expect 0 run --network=none "$@"
}

@test "a command runs as container root in namespaces of its own" {
  box busybox sh -c 'id -u; hostname; cat /proc/1/comm; echo $$; echo "$container"'
  [ "${lines[0]:-$(head -n 1 <<<"$output")}" = 0 ]
  [ "$(sed -n 3p <<<"$output")" = sandbox-init ]
  [ "$(sed -n 5p <<<"$output")" = sandbox ]
}

@test "exit codes: the payload's, 128 + signal, 125, 126, 127" {
  expect 7 run --network=none busybox sh -c 'exit 7'
  expect 137 run --network=none busybox sh -c 'kill -9 $$'
  expect 143 run --network=none busybox sh -c 'kill $$'
  expect 127 run --network=none busybox nosuchcommand
  expect 127 run --network=none busybox /no/such/file
  expect 126 run --network=none busybox /etc
  expect 126 run --network=none busybox /etc/passwd
  expect 127 run --network=none busybox ''
  # A folder in PATH that may not be searched, and a file there that may not be executed.
  expect 127 run --network=none --tmpfs /shut:mode=700 -u 1000 -e PATH=/shut:/bin busybox nosuchcommand
  expect 126 run --network=none --tmpfs /shut:mode=700 -u 1000 -e PATH=/shut:/etc busybox passwd
  expect 125 run --nope busybox true
}

@test "capabilities, no_new_privs and seccomp are as documented" {
  box busybox grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status
  [ "$(awk '/CapEff/ { print $2 }' <<<"$output")" = 00000000800405fb ]
  [ "$(awk '/CapBnd/ { print $2 }' <<<"$output")" = 00000000800405fb ]
  [ "$(awk '/CapInh/ { print $2 }' <<<"$output")" = 0000000000000000 ]
  [ "$(awk '/CapAmb/ { print $2 }' <<<"$output")" = 0000000000000000 ]
  [ "$(awk '/NoNewPrivs/ { print $2 }' <<<"$output")" = 1 ]
  [ "$(awk '/Seccomp:/ { print $2 }' <<<"$output")" = 2 ]
  box --cap-drop all busybox grep CapBnd /proc/self/status
  [[ $output == *0000000000000000 ]]
  box --cap-drop all --cap-add chown busybox grep CapEff /proc/self/status
  [[ $output == *0000000000000001 ]]
  box --security-opt no-new-privileges=false busybox grep -E 'NoNewPrivs|Seccomp:' /proc/self/status
  [[ $output == *NoNewPrivs:*0*Seccomp:*2* ]]
  box --security-opt seccomp=unconfined busybox grep Seccomp: /proc/self/status
  [[ $output == *0 ]]
}

@test "another user has no capabilities but what was asked for by name" {
  need_subids
  box -u 1000:100 busybox sh -c 'id; grep CapEff /proc/self/status'
  [[ $output == *uid=1000*gid=100*0000000000000000 ]]
  box -u 1000 --cap-add net_raw busybox grep CapEff /proc/self/status
  [[ $output == *0000000000002000 ]]
  box -u nobody busybox id -un
  [ "$output" = nobody ]
}

@test "id maps: keep-id, nomap, explicit" {
  need_subids
  box --userns keep-id busybox sh -c 'id -u; stat -c %u /'
  [ "$output" = "$(id -u)"$'\n0' ]
  box --userns nomap busybox cat /proc/self/uid_map
  [ "$(awk -v me="$(id -u)" '$2 == me' <<<"$output")" = '' ]
  box --uidmap 0:0:1 --gidmap 0:0:1 busybox cat /proc/self/uid_map
  [ "$(awk '{ print $1, $2, $3 }' <<<"$output")" = "0 $(id -u) 1" ]
}

@test "binds: read-write, read-only, one file, made mount points, working folder" {
  local dir=$BATS_TEST_TMPDIR/vol

  mkdir "$dir"
  echo hello >"$dir/file"
  box -v "$dir:/new/place" -w /new/place busybox sh -c 'pwd; cat file; echo back >out'
  [ "$output" = /new/place$'\nhello' ]
  [ "$(cat "$dir/out")" = back ]
  [ "$(stat -c %u "$dir/out")" = "$(id -u)" ]
  expect 1 run --network=none -v "$dir:/v:ro" busybox touch /v/x
  [ ! -e "$dir/x" ]
  box -v "$dir/file:/etc/one:ro" busybox cat /etc/one
  [ "$output" = hello ]
  cd "$dir"
  box -v .:/w --mount "type=bind,src=$dir,dst=/m,ro" busybox cat /w/file /m/file
  [ "$output" = hello$'\nhello' ]
}

@test "tmpfs, read-only root, shm size" {
  box --tmpfs /t:size=1m,mode=700 busybox sh -c 'df -k /t | tail -n 1; stat -c %a /t'
  [[ $output == *" 1024 "*700 ]]
  expect 1 run --network=none --read-only busybox touch /x
  box --read-only busybox touch /dev/shm/x
  box --shm-size 2m busybox sh -c 'df -k /dev/shm | tail -n 1'
  [[ $output == *" 2048 "* ]]
}

@test "storage drivers: overlay, fuse-overlayfs, copy, memory" {
  local driver

  for driver in overlay copy; do
    box --storage-driver "$driver" busybox sh -c 'echo x >/bin/new; cat /bin/new; rm /bin/ls'
    [ "$output" = x ]
    box --storage-driver "$driver" busybox ls /bin/ls
  done
  box --tmpfs-root busybox sh -c 'touch /x; ls /x'
  box --tmpfs-root=4m busybox sh -c 'dd if=/dev/zero of=/x bs=1M count=8 2>/dev/null; stat -c %s /x'
  [ "$output" -lt 5000000 ]
  need fuse-overlayfs
  need_fuse
  box --storage-driver fuse-overlayfs busybox sh -c 'echo x >/new; cat /new; grep -c fuse /proc/mounts'
  [ "$output" = x$'\n1' ]
}

@test "environment: default, option, file, from the caller, entrypoint" {
  printf '# comment\nA=1\nB=x y\n' >"$BATS_TEST_TMPDIR/env"
  C=caller box --env-file "$BATS_TEST_TMPDIR/env" -e A=2 -e C busybox sh -c 'echo "$A|$B|$C|$HOME"'
  [ "$output" = '2|x y|caller|/root' ]
  box --entrypoint '["/bin/echo", "a b"]' busybox c
  [ "$output" = 'a b c' ]
  box --entrypoint echo busybox d
  [ "$output" = d ]
  expect 0 run --network none --env-file <(echo A=piped) busybox sh -c 'echo "$A"'
  [ "$output" = piped ]
}

@test "namespaces shared with the host, and a time namespace" {
  box --uts host busybox hostname
  [ "$output" = "$(uname -n)" ]
  box --pid host --ipc host busybox sh -c 'readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc'
  [ "$output" = "$(readlink /proc/self/ns/pid)"$'\n'"$(readlink /proc/self/ns/ipc)" ]
  expect 0 run --network host busybox readlink /proc/self/ns/net
  [ "$output" = "$(readlink /proc/self/ns/net)" ]
  box --time-offset boottime=10h busybox cut -d. -f1 /proc/uptime
  [ "$output" -ge 36000 ]
}

@test "hostname, hosts, limits, sysctl, umask, device" {
  box --hostname foo --add-host db:10.0.0.9 busybox sh -c 'hostname; cat /etc/hostname; grep db /etc/hosts'
  [[ $output == foo$'\n'foo$'\n'*10.0.0.9*db* ]]
  box --ulimit nofile=100:200 busybox sh -c 'ulimit -n; ulimit -Hn'
  [ "$output" = 100$'\n200' ]
  box --sysctl net.ipv4.ip_forward=1 busybox cat /proc/sys/net/ipv4/ip_forward
  [ "$output" = 1 ]
  box --umask 077 busybox sh -c 'umask'
  [ "$output" = 0077 ]
  box --device /dev/null:/dev/other busybox sh -c 'echo x >/dev/other; ls -l /dev/other'
  [[ $output == c* ]]
}

@test "init reaps; without it the payload is process 1" {
  box busybox sh -c 'for i in 1 2 3; do (sleep 0.1 & ); done; sleep 0.6; ps -o comm | grep -c sleep || true'
  [ "$output" = 0 ]
  box --no-init busybox sh -c 'echo $$'
  [ "$output" = 1 ]
}

@test "standard input only with -i; a closed one is its end; pipes and their breaking" {
  local out

  out=$(echo data | "$SANDBOX" run --network=none busybox cat)
  [ -z "$out" ]
  out=$(echo data | "$SANDBOX" run -i --network=none busybox cat)
  [ "$out" = data ]
  timeout 20 "$SANDBOX" run -i --network=none busybox cat <&-
  "$SANDBOX" run --network=none busybox yes | head -n 1 >/dev/null
  [ "${PIPESTATUS[0]}" = 141 ]
  out=$("$SANDBOX" run --network=none busybox head -c 3000000 /dev/zero | wc -c)
  [ "$out" = 3000000 ]
}

@test "a closed standard output is closed for the payload, and no file of ours takes its place" {
  local status=0

  "$SANDBOX" run --network=none busybox echo hi >&- 2>"$BATS_TEST_TMPDIR/err" || status=$?
  [ "$status" = 1 ]
  grep -q 'Bad file descriptor' "$BATS_TEST_TMPDIR/err"
}

@test "signals are passed on; a trap's exit code comes back" {
  local status=0 pid

  "$SANDBOX" run --network=none busybox sh -c 'trap "exit 9" TERM; echo up; while :; do sleep 0.05; done' \
    >"$BATS_TEST_TMPDIR/out" </dev/null 3>&- &
  pid=$!
  eventually 20 grep -q up "$BATS_TEST_TMPDIR/out"
  kill -TERM "$pid"
  wait "$pid" || status=$?
  [ "$status" = 9 ]
}

@test "--timeout ends it with 137" {
  expect 137 run --network=none --timeout 1s busybox sleep 60
  [[ $stderr == *"time limit"* ]]
}

@test "a terminal: its size, its name, raw mode given back" {
  need script
  local out

  out=$(script -qec "stty rows 33 cols 77; '$SANDBOX' run --network=none busybox sh -c 'tty; stty size'; stty -a" /dev/null)
  [[ $out == */dev/pts/0* ]]
  [[ $out == *"33 77"* ]]
  [[ $out == *" icanon"* ]]
}

@test "a terminal has its size before the payload runs" {
  need script strace
  local out slow='strace -f -qq -o /dev/null -e trace=recvmsg -e inject=recvmsg:delay_enter=500000'

  out=$(script -qec "stty rows 33 cols 77; $slow '$SANDBOX' run --uidmap 0:0:1 --gidmap 0:0:1 --network none busybox stty size" /dev/null)
  [[ $out == *"33 77"* ]]
  "$SANDBOX" run -d --rm --name sized --network none busybox sleep 1000 </dev/null >/dev/null 3>&-
  out=$(script -qec "stty rows 33 cols 77; $slow '$SANDBOX' exec -it sized stty size" /dev/null)
  [[ $out == *"33 77"* ]]
  expect 0 rm -f sized
}

@test "a terminal: the last words of a payload that ends at once" {
  local heard=1 i

  need python3
  "$SANDBOX" run -d --rm --name last --network=none busybox sleep 1000 </dev/null >/dev/null 3>&-
  timeout 60 python3 - "$SANDBOX" <<'END' || heard=0
import os, pty, subprocess, sys

run = [sys.argv[1], "run", "--rm", "--network=none", "-it"]
payload = ["sh", "-c", "seq 2000; echo end"]
for start in (run + ["busybox"], run + ["--no-init", "busybox"], run + ["--name", "short", "busybox"],
              [sys.argv[1], "exec", "-it", "last"]):
    for _ in range(20):
        master, slave = pty.openpty()
        p = subprocess.Popen(start + payload, stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        text = b""
        try:
            while True:
                text += os.read(master, 65536)
        except OSError:
            pass
        os.close(master)
        assert p.wait() == 0 and text.endswith(b"\r\n2000\r\nend\r\n"), (start, text[-100:])
END
  expect 0 rm -f last
  [ "$heard" -eq 1 ]
  for i in 1 2 3 4 5; do
    expect 0 run -d -t --name "logged$i" --network=none busybox sh -c 'seq 2000; echo end'
    expect 0 wait "logged$i"
    expect 0 logs "logged$i"
    [[ $output == *2000*end* ]]
    expect 0 rm "logged$i"
  done
}

@test "named containers are kept, once; --rm and cidfile" {
  box --name keep busybox true
  one_line_error run --network=none --name keep busybox true
  [[ $stderr == *'"keep" is taken'* ]]
  expect 0 rm keep
  box --rm --name gone --cidfile "$BATS_TEST_TMPDIR/cid" busybox true
  [ "$(wc -c <"$BATS_TEST_TMPDIR/cid")" = 64 ]
  one_line_error run --network=none --cidfile "$BATS_TEST_TMPDIR/cid" busybox true
  one_line_error rm gone
  rm -f "$BATS_TEST_TMPDIR/cid"
}

@test "what a container writes is gone when it ends" {
  box busybox sh -c 'mkdir /d && echo x >/d/f && chmod 000 /d'
  wait_trash
  [ -z "$(ls -A "$STORE/containers")" ]
  box busybox sh -c '[ ! -e /d ]'
}

@test "--rootfs and archives" {
  local dir=$BATS_TEST_TMPDIR/root tar

  tar=$(find "${SANDBOX%/*}" -name 'busybox.tar.gz' | head -n 1)
  [ -n "$tar" ] || skip "not a build tree"
  mkdir "$dir"
  tar -xzf "$tar" -C "$dir"
  box --rootfs "$dir" sh -c 'echo in >/made; id -u'
  [ "$output" = 0 ]
  [ "$(cat "$dir/made")" = in ]
  cp "$tar" "$BATS_TEST_TMPDIR/my.tar.gz"
  box "$BATS_TEST_TMPDIR/my.tar.gz" cat /etc/os-release
  [[ $output == *ID=busybox* ]]
  gzip -dc "$tar" | xz -0 >"$BATS_TEST_TMPDIR/my.tar.xz"
  box "$BATS_TEST_TMPDIR/my.tar.xz" true
}

@test "alpine from the search path, also once the path is no longer named" {
  local dir=$BATS_TEST_TMPDIR/path

  alpine_tarball >/dev/null
  mkdir "$dir"
  cp "$(alpine_tarball)" "$dir"
  box --image-path "$dir" alpine cat /etc/alpine-release
  [[ $output == 3.20.* ]]
  box alpine:3.20 --help 2>/dev/null || true
  rm -r "$dir"
  box alpine cat /etc/alpine-release
  [[ $output == 3.20.* ]]
}

@test "--explain prints the steps and runs nothing" {
  box --explain busybox touch /never
  [[ $output == *pivot*seccomp*exec* ]]
  box --explain --read-only -t busybox sh
  [[ $output == *console*readonly-root* ]]
}

@test "slirp: an address, a resolver, the host's loopback closed" {
  need_tun
  # Debian's busybox pings by a raw socket only.
  expect 0 run --cap-add net_raw busybox \
    sh -c 'ip -4 addr show tap0; cat /etc/resolv.conf; ping -c 1 -W 5 10.0.2.2'
  [[ $output == *10.0.2.100*nameserver*"1 packets received"* ]]
  expect 1 run busybox nc -w 2 10.0.2.2 22
}

@test "what is not there yet is refused in one line" {
  one_line_error run -p 80:80 busybox true
}

@test "a container in a container, whose masked folders are masked still" {
  local in=$BATS_TEST_TMPDIR/in.sh

  file -L "$SANDBOX" | grep -q 'static' || skip "sandbox is linked with libraries that busybox has not"
  cat >"$in" <<'END'
mkdir -p /r/bin /r/proc /r/sys /r/dev /r/etc /r/tmp
cp /bin/busybox /r/bin/
for a in sh ls wc; do ln -s busybox /r/bin/$a; done
HOME=/root /sb/sandbox run --nested --pid=host --network=host --rootfs /r sh -c 'echo inner; ls -A /sys/firmware | wc -l'
END
  box --nested --network=host -v "$(dirname "$SANDBOX"):/sb:ro" -v "$in:/in.sh:ro" --tmpfs /root --tmpfs /r \
    busybox sh /in.sh
  [ "$output" = $'inner\n0' ]
}
