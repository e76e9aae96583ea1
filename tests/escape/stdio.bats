#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The caller's descriptors 0 to 2 are not a way to what stands behind them: /proc/self/fd/N
# opens a file, terminal or folder anew, for whatever its owner may do.

bats_require_minimum_version 1.5.0
load ../lib/common
setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup()
{
  leaks_before
  cd "$BATS_TEST_TMPDIR" || return 1
  printf '%s\n' one two three >in
}
teardown()
{
  "$SANDBOX" rm -ft0 c >/dev/null 2>&1 || :
  check_leaks
}

box() { "$SANDBOX" run --network none "$@"; }

@test "a file that was opened for reading is not written" {
  box -i busybox sh -c 'echo X >/proc/self/fd/0; echo X >/dev/stdin; cat' <in >out
  [ "$(cat in)" = "$(printf '%s\n' one two three)" ]
  "$SANDBOX" run -d --network none --name c busybox sleep 60
  "$SANDBOX" exec -i c sh -c 'echo X >/proc/self/fd/0; cat' <in >out
  [ "$(cat in)" = "$(printf '%s\n' one two three)" ]
}

@test "a file that was opened for appending is not rewritten, one for writing not read" {
  box busybox sh -c 'echo X 1<>/proc/self/fd/1 >&1' >>in
  [ "$(head -n 1 in)" = one ]
  [ "$(tail -n 1 in)" = X ]
  "$SANDBOX" run -d --network none --name c busybox sleep 60
  "$SANDBOX" exec c sh -c 'echo Y 1<>/proc/self/fd/1 >&1' >>in
  [ "$(head -n 1 in)" = one ]
  box busybox sh -c 'timeout 1 cat </proc/self/fd/2; exit 0' 2>>in >out
  run ! grep one out
}

@test "a folder is refused" {
  run -125 --separate-stderr sh -c '"$SANDBOX" run -i --network none busybox true <.'
  [ "$stderr" = "sandbox: standard input is a folder, which leads out of the container; give it a file, or bind the folder with -v" ]
  "$SANDBOX" run -d --network none --name c busybox sleep 60
  run -125 --separate-stderr "$SANDBOX" exec -i c true <.
  [[ $stderr == *"standard input is a folder"* ]]
}

@test "a terminal that was meant for output is none inside" {
  need script
  script -qec "$SANDBOX run --network none busybox sh -c \
    '[ -t 2 ] || echo none; [ -t 0 ] || echo none' >out" /dev/null </dev/null >/dev/null
  [ "$(cat out)" = "$(printf '%s\n' none none)" ]
}

@test "files as standard input, output and error work as ever" {
  head -c 5000000 /dev/urandom >big
  box -i busybox cat <big >copy
  cmp big copy
  box busybox sh -c 'for i in 1 2 3 4 5; do echo o$i; echo e$i >&2; done' >both 2>&1
  [ "$(tr '\n' ' ' <both)" = 'o1 e1 o2 e2 o3 e3 o4 e4 o5 e5 ' ]
  # What is not read is the next one's.
  run -0 sh -c '"$SANDBOX" run -i --network none busybox sh -c "read a; echo got \$a" && cat' <in
  [ "$output" = "$(printf '%s\n' 'got one' two three)" ]
  run -0 box -i busybox head -c 5 <big
  box -i busybox sh -c 'exec <&-; sleep 0.2' <big
  # As -d has it, and a kept one.
  "$SANDBOX" run --network none --name c busybox sh -c 'echo o; echo e >&2' >both 2>&1
  [ "$(sort both | tr '\n' ' ')" = 'e o ' ]
  [ "$("$SANDBOX" logs c 2>/dev/null)" = o ]
}
