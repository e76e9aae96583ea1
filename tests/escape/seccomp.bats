#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every system call number in every ABI, inside real containers.

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
  P=$(tool seccomp_probe)
  cp "$P" "$R/probe"
}
teardown() { unharmed; }

@test "the default filter, beside a container without one" {
  SB_TIMEOUT=120 on_root --security-opt seccomp=unconfined "$R" /probe --list
  ran
  echo "$output" >"$R/list"
  SB_TIMEOUT=120 on_root "$R" /probe --baseline /list
  [ "$status" -eq 0 ] || { echo "$output" >&2; return 1; }
  [[ $output == *"# 0 violations"* ]]
}

@test "the probe finds what a missing filter lets through" {
  SB_TIMEOUT=120 on_root --security-opt seccomp=unconfined "$R" /probe
  [ "$status" -eq 1 ]
}

@test "the filter of a payload that is PID 1, of another user, with capabilities and nested" {
  SB_TIMEOUT=120 on_root --no-init "$R" /probe
  ran
  SB_TIMEOUT=120 on_root --nested "$R" /probe --nested
  ran
  SB_TIMEOUT=120 on_root --cap-drop all "$R" /probe
  ran
}

@test "a profile that is no profile never means none" {
  local f=$BATS_TEST_TMPDIR/p.json text

  for text in '' '{' '[]' '{}' '{"defaultAction":"SCMP_ACT_ALOW"}' '{"syscalls":[]}' 'null'; do
    printf '%s' "$text" >"$f"
    on_root --security-opt "seccomp=$f" "$R" /bin/true
    refused
  done
  on_root --security-opt seccomp=/nonexistent.json "$R" /bin/true
  refused
  on_root --security-opt seccomp=/dev/zero "$R" /bin/true
  refused
}

@test "a payload that can write its profile does not choose the next filter" {
  local d=$BATS_TEST_TMPDIR/p

  mkdir "$d"
  echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"SCMP_ACT_ERRNO",
    "names":["chmod","fchmod","fchmodat","fchmodat2"]}]}' >"$d/p.json"
  # By a relative name, and in the background.
  cd "$d" || return 1
  "$SANDBOX" run -d --network none --name prof --security-opt seccomp=p.json -v "$d:/s" \
    busybox sh -c 'echo "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}" >/s/p.json; sleep 60' 2>/dev/null
  eventually 10 grep -q '"SCMP_ACT_ALLOW"}' p.json
  run "$SANDBOX" exec prof chmod 700 /root
  "$SANDBOX" rm -ft0 prof
  [ "$status" -ne 0 ]
}
