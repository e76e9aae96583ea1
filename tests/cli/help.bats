#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# help, the tables behind it, and what is made from them: pages and completions

load ../lib/common
load ../lib/records

setup_file() { file_setup; }
teardown_file() { file_teardown; }

# A container and a volume to complete.
sealed_name() {
  record a1 "$1" exited 0
  expect 0 volume create data
}

build_dir() {
  dirname "$SANDBOX"
}

@test "help lists every command, and each command tells about itself" {
  expect 0 help
  list=$output
  while read -r c; do
    grep -qE "^  $c +[a-z]" <<<"$list"
    # shellcheck disable=SC2086 # one word or two
    expect 0 help $c
    [[ $output == "Usage: sandbox $c"* ]]
  done < <("$SANDBOX" __tables | awk -F '\t' '$1 == "command" { print $2 }')
}

@test "help of a command that is not there: 125 and one line" {
  one_line_error help nosuchcommand
  [[ $stderr == *nosuchcommand* ]]
}

@test "groups: the long forms run the same commands" {
  expect 0 image ls --format json
  [[ $output == \[* ]]
  expect 0 help image
  [[ $output == "Usage: sandbox image COMMAND"*"  ls  "* ]]
  expect 0 image --help
  expect 0 help image rm
  [[ $output == "Usage: sandbox rmi "* ]]
  expect 125 image
  [[ $output == "Usage: sandbox image COMMAND"* ]]
  one_line_error image nosuch
  [[ $stderr == *'"image nosuch"; `sandbox help image` lists them'* ]]
  one_line_error image doctor
  one_line_error "image ls"
  one_line_error help image nosuch
}

@test "--help of a command prints its options" {
  expect 0 run --help
  [[ $output == *--volume* ]]
  [ -z "$stderr" ]
}

@test "no command: the overview, and 125" {
  sb
  [ "$status" -eq 125 ]
}

@test "bash completes commands, options, values and images" {
  [ -f "$(build_dir)/share/completions/sandbox" ] || skip "not a build tree"
  # shellcheck source=/dev/null
  . "$(build_dir)/share/completions/sandbox"
  try() {
    # shellcheck disable=SC2034 # the completion reads them
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    PATH="$(build_dir):$PATH" _sandbox
    echo "${COMPREPLY[*]}"
  }
  [ "$(try sandbox pul)" = pull ]
  [ "$(try sandbox --root / images)" = images ]
  [ "$(try sandbox imag)" = "images image" ]
  [ "$(try sandbox image pul)" = pull ]
  [ "$(try sandbox --debug image ls --form)" = --format ]
  [ "$(try sandbox image pull --mir)" = --mirror ]
  [ "$(try sandbox oci chec)" = checkpoint ]
  [ "$(try sandbox oci --cgroup-manager sys)" = systemd ]
  [ "$(try sandbox run --tmpfs-r)" = --tmpfs-root ]
  [ "$(try sandbox run --network h)" = host ]
  [ "$(try sandbox run --network = no)" = none ]
  [[ "$(try sandbox run --read-only busy)" == *busybox* ]]
  sealed_name web
  [ "$(try sandbox rm w)" = web ]
  [ "$(try sandbox container rm x w)" = web ]
  [ "$(try sandbox volume rm da)" = data ]
  # Behind the image options are the command's.
  [ -z "$(try sandbox run busybox --netw)" ]
}

@test "fish completes the same" {
  need fish
  [ -f "$(build_dir)/share/completions/sandbox.fish" ] || skip "not a build tree"
  complete_fish() {
    HOME=$BATS_TEST_TMPDIR PATH="$(build_dir):$PATH" fish --no-config -c \
      "source $(build_dir)/share/completions/sandbox.fish; complete -C '$1'" | cut -f 1
  }
  [ "$(complete_fish 'sandbox pul')" = pull ]
  [ "$(complete_fish 'sandbox run --network h')" = host ]
  [ "$(complete_fish 'sandbox image pul')" = pull ]
  [ "$(complete_fish 'sandbox image ls --form')" = --format ]
  complete_fish 'sandbox run busy' | grep -qx busybox
}

@test "zsh takes its completion" {
  need zsh
  [ -f "$(build_dir)/share/completions/_sandbox" ] || skip "not a build tree"
  zsh -n "$(build_dir)/share/completions/_sandbox"
  # Define the functions as autoload would, without a line editor to complete for.
  HOME=$BATS_TEST_TMPDIR zsh -f -c "sed '\$d' $(build_dir)/share/completions/_sandbox >$BATS_TEST_TMPDIR/z
    . $BATS_TEST_TMPDIR/z && whence -w _sandbox_cmd_run"
}

@test "pages name every option of run" {
  [ -f "$(build_dir)/man/sandbox-run.1" ] || skip "not a build tree"
  for o in $("$SANDBOX" __tables | awk -F '\t' '$1 == "option" && $2 == "run" { print $3 }'); do
    grep -qF -e "${o//-/\\-}" "$(build_dir)/man/sandbox-run.1"
  done
}
