#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Names: the virtual resolver of a container against real servers, right and wrong
# ones; rows 120 to 125 of the catalogue of bad inputs.

# shellcheck disable=SC2016 # the scripts are expanded in the outer namespace

load setup

setup()
{
  need_outer
}

@test 'queries by UDP and TCP reach the resolver of the host' {
  run outer 'server dns 203.0.113.7 ok 192.0.2.1
    "$DRIVER" sh -c "for s in 10.0.2.3 fd00::3; do \"\$PEER\" ask udp \$s www.example.test; done
      \"\$PEER\" ask tcp 10.0.2.3 www.example.test; getent ahostsv4 other.example.test"
    cat $log'
  [ "${lines[0]}" = '203.0.113.7 1' ]
  [ "${lines[1]}" = '203.0.113.7 1' ]
  [ "${lines[2]}" = '203.0.113.7 1' ]
  [[ ${lines[3]} == 203.0.113.7* ]]
  [[ $output == *'query tcp www.example.test.'* ]]
  [[ $output == *'query udp other.example.test.'* ]]
}

@test 'a real server: dnsmasq' {
  command -v dnsmasq >/dev/null || skip 'dnsmasq is not installed'
  run outer 'dnsmasq --no-resolv --no-hosts --no-daemon --user=root --group=root --address=/name.test/203.0.113.9 \
      --listen-address=192.0.2.1 --bind-interfaces --pid-file= --conf-file=/dev/null 2>/dev/null &
    d=$!; sleep 0.5
    "$DRIVER" sh -c "getent ahostsv4 a.name.test; \"\$PEER\" ask tcp 10.0.2.3 b.name.test
      \"\$PEER\" ask udp 10.0.2.3 nowhere.example"
    kill $d'
  [[ ${lines[0]} == 203.0.113.9* ]]
  [[ $output == *'203.0.113.9 1'* ]]
  [[ $output == *'rcode 5'* ]]
}

@test 'a resolver on the loopback of the host works, and only as a resolver' {
  run outer 'echo "nameserver 127.0.0.53" >/etc/resolv.conf
    server dns 203.0.113.7 ok 127.0.0.53
    "$DRIVER" sh -c "for k in udp tcp; do \"\$PEER\" ask \$k 10.0.2.3 www.example.test; done
      for k in udp tcp; do \"\$PEER\" \$k 10.0.2.3 7000; done"'
  [ "${lines[0]}" = '203.0.113.7 1' ]
  [ "${lines[1]}" = '203.0.113.7 1' ]
  [ "${lines[2]}" = ECONNREFUSED ]
  [ "${lines[3]}" = ECONNREFUSED ]
}

@test 'a resolver with an IPv6 address serves UDP and TCP' {
  run outer 'echo "nameserver 2001:db8::1" >/etc/resolv.conf
    server dns 203.0.113.7 ok 2001:db8::1
    "$DRIVER" sh -c "for k in udp tcp; do \"\$PEER\" ask \$k 10.0.2.3 www.example.test; done"'
  [ "${lines[0]}" = '203.0.113.7 1' ]
  [ "${lines[1]}" = '203.0.113.7 1' ]
}

@test 'names follow a resolver that changes, written over or renamed in' {
  run outer 'server dns 203.0.113.1 ok 192.0.2.1
    ip addr add 192.0.2.2/32 dev v0
    server dns 203.0.113.2 ok 192.0.2.2
    mkfifo /mnt/go
    exec 7<>/mnt/go 8<>/dev/null
    "$DRIVER" bash -c "\"\$PEER\" ask udp 10.0.2.3 a.test; read -r _ <&7; \"\$PEER\" ask udp 10.0.2.3 a.test
      read -r _ <&7; for k in udp tcp; do \"\$PEER\" ask \$k 10.0.2.3 a.test; done" &
    sleep 0.5; echo "nameserver 192.0.2.2" >/etc/resolv.conf; sleep 0.3; echo >&7
    sleep 0.5; echo "nameserver 192.0.2.1" >/etc/resolv.tmp; mv /etc/resolv.tmp /etc/resolv.conf
    sleep 0.3; echo >&7; wait $!'
  [ "${lines[0]}" = '203.0.113.1 1' ]
  [ "${lines[1]}" = '203.0.113.2 1' ]
  [ "${lines[2]}" = '203.0.113.1 1' ]
  [ "${lines[3]}" = '203.0.113.1 1' ]
}

@test 'a symbolic link is watched where it leads' {
  run outer 'mkdir /mnt/run; echo "nameserver 192.0.2.1" >/mnt/run/resolv.conf
    rm /etc/resolv.conf; ln -s /mnt/run/resolv.conf /etc/resolv.conf
    ip addr add 192.0.2.2/32 dev v0
    server dns 203.0.113.2 ok 192.0.2.2
    (sleep 0.6; echo "nameserver 192.0.2.2" >/mnt/run/new.resolv.conf
      mv /mnt/run/new.resolv.conf /mnt/run/resolv.conf) &
    "$DRIVER" sh -c "sleep 1; \"\$PEER\" ask udp 10.0.2.3 a.test"; wait $!'
  [ "${lines[-1]}" = '203.0.113.2 1' ]
}

@test 'the next server is asked when one refuses or is silent, and nobody waits for ever' {
  run outer 'printf "nameserver 192.0.2.77\nnameserver 127.0.0.9\nnameserver 192.0.2.1\n" >/etc/resolv.conf
    ip addr add 192.0.2.77/32 dev v0
    server dns 203.0.113.1 silent 192.0.2.77
    server dns 203.0.113.7 ok 192.0.2.1
    "$DRIVER" sh -c "\"\$PEER\" ask udp 10.0.2.3 a.test; s=\$(date +%s%N)
      \"\$PEER\" ask udp 10.0.2.3 a.test; echo \$(( (\$(date +%s%N) - s) / 1000000000 ))"'
  [ "${lines[0]}" = '203.0.113.7 1' ]
  [ "${lines[1]}" = '203.0.113.7 1' ]
  [ "${lines[2]}" = 0 ] # the one that answered is asked first now
  run outer 'server dns 203.0.113.1 silent 192.0.2.1
    "$DRIVER" "$PEER" ask udp 10.0.2.3 a.test'
  [ "$output" = 'rcode 2' ]
  run outer '"$DRIVER" "$PEER" ask udp 10.0.2.3 a.test' # nobody listens: at once
  [ "$output" = 'rcode 2' ]
}

@test 'row 124: forged answers are not taken' {
  run outer 'server dns 203.0.113.7 forged 192.0.2.1
    "$DRIVER" "$PEER" ask udp 10.0.2.3 www.example.test'
  [ "$output" = '203.0.113.7 1' ]
}

@test 'an answer that is too short is not taken' {
  run outer 'server dns 203.0.113.7 broken 192.0.2.1
    "$DRIVER" "$PEER" ask udp 10.0.2.3 www.example.test'
  [ "$output" = 'rcode 2' ]
}

@test 'big answers fit' {
  run outer 'server dns 203.0.113.7 big 192.0.2.1
    "$DRIVER" sh -c "for k in udp tcp; do \"\$PEER\" ask \$k 10.0.2.3 www.example.test; done"'
  [ "${lines[0]}" = '203.0.113.7 60' ]
  [ "${lines[1]}" = '203.0.113.7 60' ]
}

@test 'queries before the resolvers are known wait and are not lost' {
  run outer 'server dns 203.0.113.7 ok 192.0.2.1
    "$DRIVER" --mute "$PEER" ask udp 10.0.2.3 www.example.test; cat $log'
  [ "$output" = 'rcode 2' ]
}

@test 'rows 120 to 123: queries that are none never reach a server' {
  run outer 'server dns 203.0.113.7 ok 192.0.2.1
    for hex in 12 1234 123401 1234010000010000000000 \
      123401000001000000000000c00c00010001 123401000001000000000000c00000010001 \
      1234010000ff00000000000001610000010001 12340100ffff00000000000001610000010001 \
      12340100000100000000000040 1234010000010000000000007f61616100 \
      12340100000100000000000001610000 \
      12348180000100000000000001610000010001 12342800000100000000000001610000010001 \
      12340100000100010000000001610000010001 123401000001000000000000016100000100010000; do
      "$DRIVER" "$PEER" raw 10.0.2.3 $hex
    done
    long=123401000001000000000000
    for i in 1 2 3 4 5; do long=${long}3f$(printf "61%.0s" $(seq 63)); done
    "$DRIVER" "$PEER" raw 10.0.2.3 ${long}0000010001
    cat $log; "$DRIVER" "$PEER" raw 10.0.2.3 12340100000100000000000001610000010001'
  [ "${#lines[@]}" -eq 17 ]
  for i in {0..15}; do [ "${lines[i]}" = nothing ]; done
  [ "${lines[16]}" = '35 bytes' ]
}

@test 'row 125: half a query by TCP harms nobody' {
  run outer 'server dns 203.0.113.7 ok 192.0.2.1
    "$DRIVER" bash -c "exec 3<>/dev/tcp/10.0.2.3/53; printf \"\\377\\377ab\" >&3; exec 3>&-
      \"\$PEER\" ask tcp 10.0.2.3 a.test"'
  [ "$output" = '203.0.113.7 1' ]
}

# One query by TCP: its length, id 1234, recursion desired, "a.", type A, class IN.
query=001312340100000100000000000001610000010001

@test 'by TCP, too, only queries reach a server' {
  # two updates, an answer, another operation, two questions, a prerequisite, no question, a
  # pointer as the name, one byte more than the question; then lengths: none, too short for
  # a query, too long for one, with and without what they promise
  run outer 'server dns 203.0.113.7 ok 192.0.2.1
    for hex in 0019123428000001000000000000076578616d706c650000060001 001312342800000100000000000001610000010001 \
      001312348180000100000000000001610000010001 001312341000000100000000000001610000010001 \
      001312340100000200000000000001610000010001 00131234010000010001000000000161000001000100 \
      000c12340100000000000000000000 0012123401000001000000000000c00c00010001 \
      00141234010000010000000000000161000001000100 \
      0000 000b1234010000010000000000 04d1 ffff ffff1234 474554202f20485454502f312e310d0a0d0a; do
      "$DRIVER" "$PEER" stream 10.0.2.3 $hex
    done; cat $log; "$DRIVER" "$PEER" stream 10.0.2.3 '"$query"' half; cat $log'
  [ "${#lines[@]}" -eq 18 ]
  for i in {0..14}; do [ "${lines[i]}" = closed ]; done
  [ "${lines[15]}" = 'answer 0' ]
  [ "${lines[16]}" = closed ]
  [ "${lines[17]}" = 'query tcp a.' ]
}

@test 'zones and keys are not given away, by neither way' {
  run outer 'server dns 203.0.113.7 ok 192.0.2.1
    for type in fc fb fa f9; do
      "$DRIVER" "$PEER" stream 10.0.2.3 001312340100000100000000000001610000${type}0001
      "$DRIVER" "$PEER" raw 10.0.2.3 12340100000100000000000001610000${type}0001
    done; cat $log
    "$DRIVER" "$PEER" raw 10.0.2.3 12340100000100000000000001610000ff0001'
  [ "$output" = "$(printf 'closed\nnothing\n%.0s' 1 2 3 4; echo 35 bytes)" ]
}

@test 'by TCP several queries share a connection, in whatever pieces they come' {
  run outer 'server dns 203.0.113.7 ok 192.0.2.1
    q='"$query"'
    "$DRIVER" sh -c "\"\$PEER\" stream 10.0.2.3 $q$q$q half
      \"\$PEER\" stream 10.0.2.3 $q $q
      \"\$PEER\" stream 10.0.2.3 slow $q$q half
      \"\$PEER\" stream 10.0.2.3 ${q:0:2} ${q:2:10} ${q:12}${q:0:6} ${q:6} half"'
  [ "$output" = "$(printf 'answer 0\nanswer 0\nanswer 0\nclosed\nanswer 0\nanswer 0\nopen
answer 0\nanswer 0\nclosed\nanswer 0\nanswer 0\nclosed')" ]
}

@test 'by TCP nothing that follows a refused query reaches the server' {
  run outer 'server dns 203.0.113.7 ok 192.0.2.1
    q='"$query"'
    update=001322342800000100000000000001620000060001
    "$DRIVER" sh -c "\"\$PEER\" stream 10.0.2.3 $q $update $q
      \"\$PEER\" stream 10.0.2.3 slow $update$q
      \"\$PEER\" stream 10.0.2.3 ${q:0:8} urgent ${q:8} $q
      \"\$PEER\" stream 10.0.2.3 ${q:0:8} half; \"\$PEER\" stream 10.0.2.3 ${q:0:2} half"
    cat $log'
  [ "$output" = "$(printf 'answer 0\nclosed\nclosed\nclosed\nclosed\nclosed\nquery tcp a.')" ]
}

@test 'by TCP a server that is slow to read gets every query once, and in order' {
  run outer 'server dns 203.0.113.7 lazy 192.0.2.1
    "$DRIVER" --mtu 1500 "$PEER" pipe 10.0.2.3 30000; grep -c "query tcp www.example.test." $log
    grep -c cut $log'
  [ "${lines[0]}" = '30000 answers' ]
  [ "${lines[1]}" = 30000 ]
  [ "${lines[2]}" = 0 ]
}

@test 'connections to the resolver are counted, and given back' {
  run outer 'server dns 203.0.113.7 ok 192.0.2.1
    server serve 192.0.2.1
    "$DRIVER" sh -c "\"\$PEER\" hold 10.0.2.3 300; \"\$PEER\" hold 10.0.2.3 300
      p=\$(pgrep -x -r S,R sandbox-net); awk \"/VmRSS/ {print \\\$2}\" /proc/\$p/status
      \"\$PEER\" ask tcp 10.0.2.3 a.test; \"\$PEER\" tcp 192.0.2.1 7000"; cat $log'
  [ "${lines[0]}" = '256 connections' ]
  [ "${lines[1]}" = '256 connections' ]
  [ "${lines[2]}" -le 131072 ] # 256 KiB of libslirp for each
  [ "${lines[3]}" = '203.0.113.7 1' ]
  [ "${lines[4]}" = 'hello 192.0.2.1' ]
  [[ $output != *cut* ]]
}

@test 'TCP before the resolvers are known comes through later' {
  run outer 'server dns 203.0.113.7 ok 192.0.2.1
    "$DRIVER" --slow 300 "$PEER" ask tcp 10.0.2.3 a.test'
  [ "$output" = '203.0.113.7 1' ]
}

@test 'many queries at once by UDP and TCP, each gets its own answer' {
  run outer 'server dns 203.0.113.7 ok 192.0.2.1
    "$DRIVER" sh -c "for i in \$(seq 20); do
        \"\$PEER\" ask udp 10.0.2.3 a\$i.test & \"\$PEER\" ask tcp 10.0.2.3 b\$i.test &
      done; wait" | sort | uniq -c; grep -c "query tcp" $log; sed "s/.* //" $log | sort -u | wc -l'
  [[ ${lines[0]} == *'40 203.0.113.7 1' ]]
  [ "${lines[1]}" = 20 ]
  [ "${lines[2]}" = 40 ]
}

@test 'servers given by the user are written as they are and asked directly' {
  run outer 'ip addr add 192.0.2.9/32 dev v0
    server dns 203.0.113.9 ok 192.0.2.9
    "$DRIVER" --dns 192.0.2.9 sh -c "cat /etc/resolv.conf; getent ahostsv4 a.test"'
  [ "${lines[0]}" = 'nameserver 192.0.2.9' ]
  [[ ${lines[1]} == 203.0.113.9* ]]
}
