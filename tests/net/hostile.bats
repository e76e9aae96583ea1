#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A container that sends what no container should: rows 126 to 133 of the
# catalogue of bad inputs. The helper must live on and the network work afterwards.

# shellcheck disable=SC2016 # the scripts are expanded in the outer namespace

load setup

setup()
{
  need_outer
}

@test 'frames with a foreign source address are dropped' {
  run outer 'server serve 192.0.2.1 2001:db8::1
    "$DRIVER" sh -c "
      \"\$PEER\" spoof 10.0.2.99 192.0.2.1; \"\$PEER\" spoof 192.0.2.1 192.0.2.1
      \"\$PEER\" spoof fd00::200 2001:db8::1; \"\$PEER\" spoof fe80::1 2001:db8::1
      sleep 0.3; echo between
      \"\$PEER\" spoof 10.0.2.100 192.0.2.1; \"\$PEER\" spoof fd00::100 2001:db8::1; sleep 0.3"
    cat $log'
  [ "${lines[0]}" = between ]
  [ "${lines[1]}" = 'udp from 192.0.2.1' ]
  [ "${lines[2]}" = 'udp from 2001:db8::1' ]
  [ "${#lines[@]}" -eq 3 ]
}

@test 'frames to addresses of the host alone are dropped' {
  run outer 'server serve 127.0.0.1 ::1
    "$DRIVER" sh -c "for d in 127.0.0.1 127.1.2.3 0.0.0.0 10.0.2.2 10.0.2.50 255.255.255.255; do
        \"\$PEER\" spoof 10.0.2.100 \$d; done
      for d in ::1 :: ::ffff:127.0.0.1 ::127.0.0.1 fd00::2 fd00::7 ff02::1; do
        \"\$PEER\" spoof fd00::100 \$d; done; sleep 0.3"
    cat $log; echo end'
  [ "$output" = end ]
}

@test 'rows 126 to 132: garbage of all sorts, and the network works on' {
  run outer 'server serve 192.0.2.1; server dns 203.0.113.7 ok 192.0.2.1
    "$DRIVER" sh -c "for seed in 1 2 3 4; do \"\$PEER\" evil 5000 \$seed; done
      \"\$PEER\" tcp 192.0.2.1 7000; \"\$PEER\" ask udp 10.0.2.3 a.test"'
  [ "$status" -eq 0 ]
  [[ ${lines[0]} =~ ^[0-9]{4}\ sent ]]
  [ "${lines[4]}" = 'hello 192.0.2.1' ]
  [ "${lines[5]}" = '203.0.113.7 1' ]
}

@test 'the same with a small MTU and the loopback open' {
  run outer 'server serve 192.0.2.1
    "$DRIVER" --mtu 1500 --loopback sh -c "for seed in 5 6 7 8; do \"\$PEER\" evil 5000 \$seed; done
      \"\$PEER\" tcp 192.0.2.1 7000"'
  [ "$status" -eq 0 ]
  [ "${lines[4]}" = 'hello 192.0.2.1' ]
}

@test 'row 130: a flood of connections leaves the helper within its bounds' {
  run outer 'server serve 192.0.2.1
    "$DRIVER" sh -c "\"\$PEER\" flood 192.0.2.1 10000; \"\$PEER\" flood 192.0.2.55 10000; sleep 1
      p=\$(pgrep -x -r S,R sandbox-net); ls /proc/\$p/fd | wc -l; awk \"/VmRSS/ {print \\\$2}\" /proc/\$p/status
      \"\$PEER\" udp 10.0.2.2 7000; \"\$PEER\" udp 192.0.2.1 7009"
      "$DRIVER" "$PEER" tcp 192.0.2.1 7000'
  [ "${lines[0]}" -le 2048 ]
  [ "${lines[1]}" -le 65536 ]
  [ "${lines[2]}" = ECONNREFUSED ]
  [ "${lines[-1]}" = 'hello 192.0.2.1' ]
}
