# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the bats files of this folder share: unpack_driver, the archives of
# hostile.py, and a folder beside the destination that nothing may change.

# The leak check runs once a file, for it looks at every process.
unpack_file_setup()
{
  file_setup
  need python3
  DRIVER=${SANDBOX%/*}/unpack_driver
  [ -x "$DRIVER" ] || skip "unpack_driver is not built: make check builds it"
  BOX=$BATS_FILE_TMPDIR/box
  DEST=$BOX/dest
  VICTIM=$BOX/victim
  CASES=$BATS_FILE_TMPDIR/cases
  USER=$(id -un)
  export DRIVER BOX DEST VICTIM CASES USER
  mkdir -p "$BOX" "$VICTIM" "$CASES"
  echo secret >"$VICTIM/secret"
  chmod 700 "$VICTIM"
  python3 "$BATS_TEST_DIRNAME/hostile.py" --all "$CASES"
  (outside) >"$BATS_FILE_TMPDIR/outside"
  BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR leaks_before
}

unpack_file_teardown()
{
  fresh_dest
  rm -rf "$BOX" "$CASES"
  BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR check_leaks
  file_teardown
}

# outside: the state of what lies beside the destination, for comparison. A change of contents
# shows in the times.
outside()
{
  cd "$BOX" && find . -name dest -prune -o ! -name . \
    -printf '%P %y %m %U %G %s %n %T@ %C@ %l\n'
}

# drive [OPTION...] FILE: unpacks into $DEST; sets status, output, stderr (without debug lines).
drive()
{
  local line

  output=$("$DRIVER" "$@" "$DEST" 2>"$BATS_TEST_TMPDIR/err" </dev/null) && status=0 || status=$?
  stderr=
  while read -r line; do
    [[ $line = 'unpack_driver: debug: '* ]] || stderr+=${stderr:+$'\n'}$line
  done <"$BATS_TEST_TMPDIR/err"
  [ "$(outside)" = "$(<"$BATS_FILE_TMPDIR/outside")" ] || {
    echo "something outside the folder changed" >&2
    return 1
  }
}

show()
{
  printf 'status %s\nstdout: %s\nstderr: %s\n' "$status" "$output" "$stderr" >&2
  return 1
}

# one_line: of standard error, in printable characters.
one_line()
{
  [ -n "$stderr" ] && [[ $stderr != *[[:cntrl:]]* ]]
}

# fresh_dest: an empty folder to unpack into.
fresh_dest()
{
  rm -rf "$DEST" 2>/dev/null || remove_tree "$DEST"
  mkdir "$DEST"
}

# refused CASE PATTERN: 125, one line that matches, nothing outside changes; the caller could
# remove what is there. accepted CASE: the contrary; both with one id.
refused()
{
  fresh_dest
  drive --one-id "$CASES/$1"
  if [ "$status" -ne 125 ] || [ -n "$output" ] || ! one_line; then
    show
  fi
  [[ $stderr =~ $2 ]] || {
    echo "the error does not match: $2" >&2
    show
  }
  [[ $stderr = *"cannot unpack $CASES/$1: "* ]] || show
}

accepted()
{
  fresh_dest
  drive --one-id "$CASES/$1"
  [ "$status" -eq 0 ] || show
}

# is PATH FORMAT TEXT: what find -printf says of a path in the folder.
is()
{
  local got

  got=$(cd "$DEST" && find "$1" -maxdepth 0 -printf "$2")
  [ "$got" = "$3" ] || {
    printf '%s: %s is %s, not %s\n' "$1" "$2" "$got" "$3" >&2
    return 1
  }
}

# absent PATH...: not there, whatever it might be.
absent()
{
  local p

  for p; do
    if [ -e "$DEST/$p" ] || [ -L "$DEST/$p" ]; then
      echo "$p is there" >&2
      return 1
    fi
  done
}

# result KEY: a number that layer_unpack() found out.
result()
{
  [[ $'\n'$output =~ $'\n'$1=([^$'\n']*) ]] && echo "${BASH_REMATCH[1]}"
}

# honest_tree: what the honest archive unpacks to.
honest_tree()
{
  is d %y%m d755
  is d/f %y%m%n f6442
  is h %s 1800
  is l '%y %l' 'l d/f'
  is e '%s %m' '0 644'
  [ "$(sort -u "$DEST/l")" = hello ]
}
