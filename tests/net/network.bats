#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The user-mode network, end to end: a real sandbox-net between a container's
# network namespace and an outer one that stands for the host.

# shellcheck disable=SC2016 # the scripts are expanded in the outer namespace

load setup

setup()
{
  need_outer
}

@test 'TCP and UDP reach the host by IPv4 and IPv6, and come from its own address' {
  run outer 'server serve 192.0.2.1 2001:db8::1
    for a in 192.0.2.1 2001:db8::1; do for k in tcp udp; do
      "$DRIVER" "$PEER" $k $a 7000
    done; done'
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = 'hello 192.0.2.1' ]
  [ "${lines[1]}" = 'hello 192.0.2.1' ]
  [ "${lines[2]}" = 'hello 2001:db8::1' ]
  [ "${lines[3]}" = 'hello 2001:db8::1' ]
}

@test 'the host loopback is closed, and says so at once' {
  run outer 'server serve 127.0.0.1 ::1
    "$DRIVER" sh -c "
      for a in 10.0.2.2 fd00::2; do for k in tcp udp; do \"\$PEER\" \$k \$a 7000; done; done
      \"\$PEER\" tcp 127.0.0.1 7000"'
  [ "${#lines[@]}" -eq 5 ]
  for line in "${lines[@]}"; do [ "$line" = ECONNREFUSED ]; done
}

@test 'the host loopback opens by option, through the gateway only' {
  run outer 'server serve 127.0.0.1 ::1
    "$DRIVER" --loopback sh -c "
      for a in 10.0.2.2 fd00::2; do for k in tcp udp; do \"\$PEER\" \$k \$a 7000; done; done
      \"\$PEER\" tcp 127.0.0.1 7000"'
  [ "${lines[0]}" = 'hello 127.0.0.1' ]
  [ "${lines[1]}" = 'hello 127.0.0.1' ]
  [ "${lines[2]}" = 'hello ::1' ]
  [ "${lines[3]}" = 'hello ::1' ]
  [ "${lines[4]}" = ECONNREFUSED ]
}

@test 'a port where nobody listens is refused, not a time-out' {
  run outer '"$DRIVER" "$PEER" tcp 192.0.2.1 7009'
  [ "$output" = ECONNREFUSED ]
}

# What the start took of memory goes after a second without a frame.
@test 'at rest sandbox-net gives memory back, and answers as before' {
  run outer 'server serve 192.0.2.1
    "$DRIVER" sh -c "\"\$PEER\" tcp 192.0.2.1 7000; sleep 6; \"\$PEER\" tcp 192.0.2.1 7000" &
    driver=$!
    rss() { awk "/^RssFile/ { print \$2 }" "/proc/$(helper_pid)/status"; }
    until [ "$(helper_pid)" ] && [ "$(rss)" -gt 800 ]; do sleep 0.05; done
    for i in $(seq 30); do [ "$(rss)" -gt 800 ] || break; sleep 0.1; done
    echo "at rest: $(rss)"
    wait $driver'
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = 'hello 192.0.2.1' ]
  [[ "${lines[1]}" =~ ^at\ rest:\ [0-9]+$ ]]
  [ "${lines[1]#at rest: }" -lt 800 ]
  [ "${lines[2]}" = 'hello 192.0.2.1' ]
}

@test 'ping works inside' {
  command -v ping >/dev/null || skip 'ping is not installed'
  run outer '"$DRIVER" sh -c "ping -c 1 -W 2 10.0.2.2 && ping -c 1 -W 2 fd00::2 && ping -c 1 -W 2 10.0.2.3"'
  [ "$status" -eq 0 ]
}

@test 'ping reaches the host where its ping_group_range allows it' {
  command -v ping >/dev/null || skip 'ping is not installed'
  run outer 'echo 0 65535 >/proc/sys/net/ipv4/ping_group_range
    "$DRIVER" --range 60000 ping -c 1 -W 2 192.0.2.1'
  [ "$status" -eq 0 ]
  run outer 'echo 1 0 >/proc/sys/net/ipv4/ping_group_range
    "$DRIVER" --range 60000 ping -c 1 -W 2 192.0.2.1'
  [ "$status" -ne 0 ]
}

@test 'without IPv6 there is none, and IPv4 works' {
  run outer 'server serve 192.0.2.1 2001:db8::1
    "$DRIVER" --no-ipv6 sh -c "\"\$PEER\" tcp 2001:db8::1 7000; \"\$PEER\" tcp 192.0.2.1 7000"'
  [ "${lines[0]}" = ENETUNREACH ]
  [ "${lines[1]}" = 'hello 192.0.2.1' ]
}

@test 'the metadata address of clouds is blocked by option' {
  run outer 'ip addr add 169.254.169.254/32 dev v0
    server serve 169.254.169.254
    "$DRIVER" "$PEER" tcp 169.254.169.254 7000
    "$DRIVER" --block-metadata "$PEER" tcp 169.254.169.254 7000'
  [ "${lines[0]}" = 'hello 169.254.169.254' ]
  [ "${lines[1]}" = ECONNREFUSED ]
}

@test 'host.containers.internal is the outward address of the host' {
  run outer 'server serve 192.0.2.1
    "$DRIVER" sh -c "cat /etc/hosts; getent hosts host.containers.internal; getent hosts guest"'
  [ "$status" -eq 0 ]
  [[ $output == *$'192.0.2.1\thost.containers.internal'* ]]
  [[ ${lines[-1]} == 10.0.2.100* ]]
}

@test 'frames that come before the helper listens are not lost' {
  run outer 'server serve 192.0.2.1
    "$DRIVER" --late 300 "$PEER" tcp 192.0.2.1 7000'
  [ "$output" = 'hello 192.0.2.1' ]
}

@test '16 MiB come back as they went' {
  run outer 'server serve 192.0.2.1
    "$DRIVER" bash -c "exec 3<>/dev/tcp/192.0.2.1/7000; read -r _ <&3
      head -c 16777216 /dev/urandom >/mnt/blob
      (cat /mnt/blob >&3) & head -c 16777216 <&3 | cmp - /mnt/blob && echo same"'
  [ "$output" = same ]
}

@test 'without /dev/net/tun a veth pair does it' {
  run outer 'mount -t tmpfs none /dev/net || exit 77
    server serve 192.0.2.1 2001:db8::1; server dns 203.0.113.7 ok 192.0.2.1
    "$DRIVER" bash -c "
      for a in 192.0.2.1 2001:db8::1; do for k in tcp udp; do \"\$PEER\" \$k \$a 7000; done; done
      \"\$PEER\" ask udp 10.0.2.3 a.test; \"\$PEER\" tcp 10.0.2.2 7000
      exec 3<>/dev/tcp/192.0.2.1/7000; read -r _ <&3; head -c 4194304 /dev/urandom >/mnt/blob
      (cat /mnt/blob >&3) & head -c 4194304 <&3 | cmp - /mnt/blob && echo same"'
  [[ ${lines[0]} == *'/dev/net/tun'*'falling back to a veth pair'* ]]
  [ "${lines[1]}" = 'hello 192.0.2.1' ]
  [ "${lines[2]}" = 'hello 192.0.2.1' ]
  [ "${lines[3]}" = 'hello 2001:db8::1' ]
  [ "${lines[4]}" = 'hello 2001:db8::1' ]
  [ "${lines[5]}" = '203.0.113.7 1' ]
  [ "${lines[6]}" = ECONNREFUSED ]
  [ "${lines[7]}" = same ]
}

@test 'the end of the helper is told once, and the container goes on' {
  run outer '"$DRIVER" sh -c "sleep 0.3; kill -KILL \$(pgrep -x -r S sandbox-net); sleep 0.3; echo going on"'
  [ "$status" -eq 0 ]
  [[ $output == *'killed by signal 9'* ]]
  [[ $output == *'going on'* ]]
  [ "${#lines[@]}" -eq 2 ]
}

@test 'the helper is not the container root, sees no file and keeps nothing' {
  # Its status is all that a process of the same user may read: it is not dumpable.
  run outer '"$DRIVER" --range 60000 sh -c "sleep 0.3
    p=\$(pgrep -x -r S sandbox-net); cat /proc/\$p/status; ls /proc/\$p/root /proc/\$p/fd; stat -c owner=%u /proc/\$p/environ" 2>&1'
  [[ $output == *$'Uid:\t59999\t59999\t59999\t59999'* ]]
  [[ $output == *$'Gid:\t59999\t59999\t59999\t59999'* ]]
  [[ $output == *$'Groups:\t \n'* ]]
  [[ $output == *$'NoNewPrivs:\t1'* ]]
  [[ $output == *$'Seccomp:\t2'* ]]
  for set in CapInh CapPrm CapEff CapBnd CapAmb; do
    [[ $output == *"$set"$':\t0000000000000000'* ]]
  done
  [[ $output =~ NSpid:.[0-9]+.1 ]]
  [[ $output == *"cannot access '/proc/"*"/root'"* || $output == *'Permission denied'* ]]
  [[ $output != *owner=59999* ]]
}

@test 'nothing of a run is left' {
  run outer '"$DRIVER" true; sleep 0.2; pgrep -x -r S sandbox-net
    ip -o link | sed "s/^[0-9]*: \([a-z0-9]*\).*/\1/" | sort'
  [ "${#lines[@]}" -eq 3 ]
  [ "${lines[*]}" = 'lo v0 v1' ]
}

@test 'the end of the driver ends the helper' {
  run outer '"$DRIVER" sleep 60 & sleep 0.4; pgrep -c -x -r S sandbox-net; kill -9 $!; wait 2>/dev/null
    sleep 0.2; pgrep -c -x -r S sandbox-net'
  [ "${lines[0]}" = 1 ]
  [ "${lines[-1]}" = 0 ]
}
