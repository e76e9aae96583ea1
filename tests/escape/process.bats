#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a payload is: its descriptors, ids, capabilities, and what it can do to PID 1,
# the terminal, the kernel's keys and namespaces.
# shellcheck disable=SC1007,SC2115

load ../lib/common
load setup

setup_file()
{
  file_setup
  escape_setup
}
teardown_file() { escape_teardown; }
setup()
{
  make_root
  make_victim
  T=$(tool tool)
}
teardown() { unharmed; }

@test "no descriptor of the caller, nor of ours, is open inside" {
  local o

  exec 9</ 21<"$V" 22>"$BATS_TEST_TMPDIR/x" 251<"$V/file" 500<"$V/dir"
  for o in "" "--no-init" "--init -i" "--pid=host"; do
    # shellcheck disable=SC2086 # several options
    on_root $o "$R" /tool fds
    ran
    [ "$output" = $'0\n1\n2' ] || { echo "$o: $output" >&2; return 1; }
  done
  on_root -t "$R" /tool fds
  ran
  [ "$(tr -d '\r' <<<"$output")" = $'0\n1\n2' ]
  # The caller's closed ones stay closed.
  output=$("$SANDBOX" run --network none --rootfs "$R" /tool fds <&- 2>/dev/null)
  [ "$output" = $'0\n1\n2' ] || [ "$output" = $'1\n2' ]
  exec 9<&- 21<&- 22>&- 251<&- 500<&-
}

@test "PID 1 cannot be traced, read, or robbed of its descriptors" {
  local o

  for o in "" "-u 1" "--cap-add SYS_ADMIN" "--security-opt seccomp=unconfined"; do
    # shellcheck disable=SC2086 # several options
    on_root $o "$R" /tool pid1
    [ "$status" -eq 0 ] || { echo "$o: $output" >&2; return 1; }
    [[ $output == *"environ 1: EACCES"* || $output == *"environ 1: EPERM"* ]]
  done
}

@test "no signal of a payload ends PID 1" {
  on_root "$R" /bin/sh -c '/tool storm & wait $!; /tool storm; kill -9 1; kill -STOP 1; kill -SEGV 1; sleep 0.1
    [ -d /proc/1 ] && grep -q sandbox-init /proc/1/comm && echo alive; exit 7' 2>/dev/null
  # The storm is passed on to the main process: it may end by it, but never PID 1 alone.
  [ "$status" -eq 7 ] || [ "$status" -gt 128 ]
  on_root "$R" /bin/sh -c 'trap "" 1 2 3 10 12 15 20 21 22; (kill -9 1; kill -19 1) 2>/dev/null; sleep 0.1; echo alive; exit 7'
  [ "$status" -eq 7 ]
  [ "$output" = alive ]
}

@test "1523, 5226: nothing can be typed into the caller's terminal" {
  local t

  command -v script >/dev/null || skip "script is not installed"
  cat >"$BATS_TEST_TMPDIR/in" <<X
#!/bin/bash
stty -echo
"\$@"
read -r -t 1 line && echo "TYPED \$line"
true
X
  chmod 755 "$BATS_TEST_TMPDIR/in"
  # That it would bite: outside it works, if the kernel has it.
  output=$(script -qec "$BATS_TEST_TMPDIR/in $T tty" /dev/null < <(sleep 2) 2>&1) || :
  [[ $output == *"TYPED PWNED"* ]] || skip "the kernel has no TIOCSTI (dev.tty.legacy_tiocsti=0)"
  for t in "-i" "-i -u 1" "-i --no-init" "-i --cap-add=all --security-opt=seccomp=unconfined" "-i --privileged"; do
    output=$(script -qec "$BATS_TEST_TMPDIR/in $SANDBOX run $t --network none --rootfs $R /tool tty" /dev/null \
      < <(sleep 3) 2>&1) || :
    [[ $output == *TIOCSTI* && $output != *TYPED* && $output != *WORKED* ]] ||
      { echo "$t: $output" >&2; return 1; }
  done
  # With a terminal of its own it may talk to that one, if at all.
  output=$(script -qec "$BATS_TEST_TMPDIR/in $SANDBOX run -it --network none --rootfs $R /tool tty" /dev/null \
    < <(sleep 3) 2>&1) || :
  [[ $output != *TYPED* ]]
}

@test "52565: /dev/console is the container's own terminal" {
  rm -rf "$R/dev"
  mkdir -p "$R/dev/pts"
  ln -s "$V/file" "$R/dev/console"
  ln -s "$V/file" "$R/dev/pts/0"
  on_root -t "$R" /bin/sh -c 'stat -c "%F %t" /dev/console /dev/pts/0; [ "$(stat -c %t:%T /dev/console)" = "$(stat -c %t:%T /dev/pts/0)" ] && echo same'
  ran
  [[ $output == *"character special file 88"*"character special file 88"*same* ]]
}

@test "30892, 40635, 46680: user strings" {
  local s

  need_subids
  # All digits is a number, whatever the image's passwd says.
  {
    echo 'root:x:0:0::/:/bin/sh'
    echo '1:x:0:0::/:/bin/sh'
    echo '1000:x:0:0::/:/bin/sh'
    echo '4294967296:x:0:0::/:/bin/sh'
    echo '-1:x:0:0::/:/bin/sh'
    echo 'ok:x:1001:1002::/:/bin/sh'
    echo 'wrap:x:4294967296:4294967296::/:/bin/sh'
    echo 'neg:x:-1:-1::/:/bin/sh'
  } >"$R/etc/passwd"
  on_root -u 1 "$R" /bin/sh -c 'grep -E "^(Uid|Gid|Groups|CapEff|CapPrm)" /proc/self/status | tr -s "\t " " "'
  ran
  [ "$output" = $'Uid: 1 1 1 1\nGid: 0 0 0 0\nGroups: 0 \nCapPrm: 0000000000000000\nCapEff: 0000000000000000' ]
  on_root -u 1000:7 "$R" /bin/id
  [[ $output == *uid=1000* && $output == *gid=7* ]]
  on_root -u ok "$R" /bin/id
  [[ $output == *uid=1001* && $output == *gid=1002* ]]
  for s in 4294967295 4294967296 2147483648 18446744073709551616 -1 0x0 '1 ' ' 1' 007 00 +1 1:2:3 1: :1x '' ' ' wrap neg \
    root:nogrp nobody ok:4294967295 $'root\n' 'root:' "$(printf 'x%.0s' {1..300})"; do
    on_root -u "$s" "$R" /bin/id -u
    case $s in
      # Nothing given is the image's user; a colon without a group is none.
      '' | 1: | root:) [ "$status" -eq 0 ] || refused ;;
      *) refused || { echo "user '$s': $output" >&2; return 1; } ;;
    esac
  done
}

@test "29162, 24769: inheritable and ambient capabilities are empty for every user" {
  local u

  need_subids
  for u in 0 1 1000:1000; do
    on_root -u "$u" "$R" /bin/sh -c 'grep -E "^(CapInh|CapAmb):" /proc/self/status | tr -s "\t" " "'
    ran
    [ "$output" = $'CapInh: 0000000000000000\nCapAmb: 0000000000000000' ]
  done
  on_root "$R" /bin/sh -c 'grep -E "^Cap(Bnd|Eff|Prm):" /proc/self/status | tr -s "\t" " "'
  [ "$output" = $'CapPrm: 00000000800405fb\nCapEff: 00000000800405fb\nCapBnd: 00000000800405fb' ]
  on_root -u 1 --cap-drop all "$R" /bin/sh -c 'grep "^CapBnd:" /proc/self/status | tr -s "\t" " "'
  [ "$output" = "CapBnd: 0000000000000000" ]
}

@test "2989, 36109: groups are exactly those of the image's user" {
  need_subids
  {
    echo 'root:x:0:'
    echo 'a:x:10:u,root'
    echo 'b:x:20:u'
    echo 'c:x:30:v'
  } >"$R/etc/group"
  echo 'u:x:1000:50::/:/bin/sh' >>"$R/etc/passwd"
  on_root -u u "$R" /bin/sh -c 'grep ^Groups /proc/self/status | tr -s "\t " " "'
  [ "$output" = "Groups: 10 20 50 " ]
  on_root -u u:30 "$R" /bin/sh -c 'grep ^Groups /proc/self/status | tr -s "\t " " "'
  [ "$output" = "Groups: 30 " ]
  on_root -u 1000:1000 --group-add 77 "$R" /bin/sh -c 'grep ^Groups /proc/self/status | tr -s "\t " " "'
  [ "$output" = "Groups: 77 1000 " ]
  on_root -u 4242 "$R" /bin/sh -c 'grep ^Groups /proc/self/status | tr -s "\t " " "'
  [ "$output" = "Groups: 0 " ]
  [[ $output != *65534* ]]
}

@test "52881: a sysctl lands in the container's own namespace, and nowhere else" {
  local before

  before=$(cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/msgmax)
  on_root --sysctl net.ipv4.ip_default_ttl=77 --sysctl kernel.msgmax=12345 "$R" \
    /bin/cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/msgmax
  ran
  [ "$output" = $'77\n12345' ]
  [ "$before" = "$(cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/msgmax)" ]
  for s in kernel.core_pattern=x net/../kernel/core_pattern=x net..kernel.core_pattern=x kernel.hostname=x vm.swappiness=1 \
    net.ipv4.ip_default_ttl /etc/passwd=x ../../etc/passwd=x net.=x kernel.shmmax/../core_pattern=x fs.mqueue./../x=y; do
    on_root --sysctl "$s" "$R" /bin/true
    refused
  done
}

@test "25809: the cgroup file system is read-only, and starts at our own" {
  on_root "$R" /bin/sh -c 'grep cgroup /proc/mounts; cat /proc/self/cgroup; mkdir /sys/fs/cgroup/x; echo $$ >/sys/fs/cgroup/cgroup.procs; echo $$ >/sys/fs/cgroup/../cgroup.procs' 2>/dev/null
  [ "$status" -ne 0 ]
  [[ $output != *cgroup*rw* && $output != *".."* ]]
}

@test "nested user namespaces are closed by count, without a filter too" {
  on_root --security-opt seccomp=unconfined "$R" /tool userns
  ran
  [[ $output == *"unshare self: ENOSPC"* && $output == *"clone self: ENOSPC"* && $output == *"clone3 self: ENOSPC"* ]]
  on_root "$R" /tool userns
  ran
  on_root --nested "$R" /tool userns
  [[ $output == *"unshare self: WORKED"* && $output == *"clone self: WORKED"* ]]
}

@test "the caller's kernel keys are not the container's" {
  output=$("$T" key run "$T" key find) || :
  [[ $output == *"search key: WORKED"* ]] || skip "no kernel keys here: $output"
  output=$("$T" key run "$SANDBOX" run --network none --security-opt seccomp=unconfined --rootfs "$R" /tool key find \
    2>&1 </dev/null)
  [[ $output == *"search key: E"* && $output == *"request key: E"* && $output != *WORKED* ]]
}

@test "15257: abstract sockets and loopback of the host are closed" {
  local name=escape-$BASHPID-$RANDOM n pid

  "$T" abstract listen "$name" >"$BATS_TEST_TMPDIR/l" 3>&- &
  pid=$!
  eventually 5 grep -q listening "$BATS_TEST_TMPDIR/l"
  "$T" abstract connect "$name" | grep -q WORKED
  for n in none slirp; do
    sb run --network "$n" --rootfs "$R" /tool abstract connect "$name"
    [[ $output == *ECONNREFUSED* ]]
  done
  kill "$pid"
  ! grep -q "@.*sandbox" /proc/net/unix || false
}

@test "43784: long arguments, many variables, many mounts" {
  local args big

  big=$(head -c 70000 /dev/zero | tr '\0' x)
  on_root "$R" /bin/sh -c 'echo ${#1}' sh "$big"
  ran
  [ "$output" = 70000 ]
  on_root -w "/$big" "$R" /bin/true
  [ "$status" -ge 125 ]
  on_root -v "$V:/$big" "$R" /bin/true
  refused
  on_root --hostname "$big" "$R" /bin/true
  refused
  on_root -u "$big" "$R" /bin/true
  refused
  mapfile -t args < <(seq -f "--env=V%g=${big:0:400}" 2000)
  on_root "${args[@]}" "$R" /bin/sh -c 'env | wc -c; id -u'
  ran
  mapfile -t args < <(seq -f "--volume=$V/dir:/m/%g" 300)
  on_root "${args[@]}" "$R" /bin/sh -c 'ls /m | wc -l'
  ran
  [ "$output" = 300 ]
  # In one variable: the kernel says no, to the shell that starts us or to us.
  on_root -e "X=$big$big" "$R" /bin/true
  [ "$status" -ge 125 ] && [ -n "$stderr" ]
}

@test "what the caller's environment has does not get in" {
  output=$(SECRET=1 LD_PRELOAD= BASH_ENV=/x "$SANDBOX" run --network none --rootfs "$R" /bin/env </dev/null)
  [[ $output != *SECRET* && $output != *BASH_ENV* && $output != *XDG_* && $output != *LD_* ]]
}

@test "with --pid=host a payload cannot harm the tool, and leaves nothing" {
  on_root --pid=host "$R" /bin/sh -c '(while :; do sleep 1.598; done) & kill -9 $PPID; sleep 60'
  [ "$status" -eq 137 ] || [ "$status" -eq 125 ]
  ! grep -sqz '^1.598$' /proc/[0-9]*/cmdline || false
  on_root --pid=host --no-init "$R" /bin/sh -c '(while :; do sleep 1.598; done) & exit 3'
  [ "$status" -eq 3 ]
  ! grep -sqz '^1.598$' /proc/[0-9]*/cmdline || false
}

@test "a payload that stops itself cannot evade the time limit" {
  SB_TIMEOUT=20 on_root --timeout 1s "$R" /bin/sh -c 'sleep 100 & kill -STOP $$; sleep 100'
  [ "$status" -eq 137 ]
  [[ $stderr == *"time limit"* ]]
}

@test "who takes the socket of a joining process cannot keep exec waiting" {
  "$SANDBOX" run -d --network none --name grab --cap-add SYS_PTRACE --rootfs "$R" /tool grab 20 >/dev/null
  for _ in 1 2 3 4 5 6 7 8; do
    # 125 where the forged word came before exec, and no 124.
    timeout 10 "$SANDBOX" exec grab /tool deep 0 </dev/null >/dev/null 2>&1 || [ $? -eq 125 ]
  done
  run "$SANDBOX" logs grab
  "$SANDBOX" rm -ft0 grab
  [[ $output == *caught* ]] || skip "no joining process was caught"
}

# It could keep sandbox-init from saying so, and speak in its name to a supervisor that still launches.
@test "a payload that may trace process 1 is announced at once, any other when it lasts" {
  local o init flags

  for o in "" "--cap-add=SYS_PTRACE" "--privileged"; do
    # shellcheck disable=SC2086 # none or one
    "$SANDBOX" run --network none $o busybox sleep 60 </dev/null 3>&- &
    eventually 10 pgrep -P $! -f '^sandbox-init'
    init=$(pgrep -P $! -f '^sandbox-init')
    flags=$(tr '\0' '\n' <"/proc/$init/cmdline" | sed -n 2p)
    kill $!
    wait $! || :
    [ "$flags" = "$([ -n "$o" ] || echo q)" ] || { echo "$o: $flags" >&2; return 1; }
  done
}
