#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What can be said about the sources by reading them: layers, sizes, form. One
# TAP line per rule. A rule whose tool is not installed is skipped and says so.

cd "${top_srcdir:-$(dirname "$0")/../..}" || exit 1
here=tests/check
n=0
bad=0
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT

# rule NAME: passes when $tmp (the violations) is empty.
rule()
{
  n=$((n + 1))
  if [ -s "$tmp" ]; then
    bad=$((bad + 1))
    echo "not ok $n - $1"
    sed 's/^/# /' "$tmp" | head -n 60
  else
    echo "ok $n - $1"
  fi
}

skip()
{
  n=$((n + 1))
  echo "ok $n - $1 # SKIP $2"
}

# Every file that is ours, whether git is there or not.
ours()
{
  find src tests contrib share man bench docs .ci README HACKING NEWS SECURITY Makefile.am \
    configure.ac -type f ! -name '.*.sw?' ! -name '*.o' ! -name '*.a' ! -path '*/.deps/*' \
    ! -path 'tests/fuzz/corpus/*' 2>/dev/null | grep -v -e '\.dirstamp$' | sort
}

c_files()
{
  ours | grep '^src/.*\.[ch]$'
}

all_c_files()
{
  ours | grep '\.[ch]$'
}

shell_files()
{
  ours | while read -r f; do
    case $f in
      *.sh | *.bats | *.bash) echo "$f" ;;
      *.c | *.h | *.awk | *.in) ;;
      *) head -n 1 "$f" | grep -qE '^#! ?/(usr/)?bin/(env )?(ba)?sh' && echo "$f" ;;
    esac
  done
}

# Names of files and commands of the project have no blanks.
# shellcheck disable=SC2046,SC2086
{
  awk -f $here/layers.awk $here/headers.table $(c_files) >"$tmp"
  rule 'each file includes only what its layer may'

  awk -f $here/functions.awk $(c_files) | awk -F '\t' '
    FILENAME != "-" { if ($0 !~ /^#/) allow[$1, $2] = $3; next }
    { split($0, w, " ")
      if (w[1] == "function" && !((w[3], w[4]) in allow))
        print w[3] ": " w[4] "() has " w[2] " lines: split it, or give the reason in sizes.allow"
      if (w[1] == "file" && !((w[3], "-") in allow))
        print w[3] ": " w[2] " lines: split it, or give the reason in sizes.allow" }
  ' $here/sizes.allow - >"$tmp"
  rule 'functions over 80 lines and files over 600 have a reason'

  for f in $(ours); do
    case $f in
      *.c | *.h | *.def | *.sh | *.bash | *.bats | *.awk) ;;
      *) head -n 1 "$f" | grep -q '^#!' || continue ;;
    esac
    head -n 3 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' ||
      echo "$f: no SPDX-License-Identifier in its first lines"
  done >"$tmp"
  rule 'each source file has its SPDX header'

  grep -nE '[[:blank:]]+$' $(ours | grep -vE '\.(gz|xz|zst|bz2|bin|png)$') /dev/null >"$tmp"
  rule 'no blanks at line ends'

  # The words are split here so that this file does not name them.
  grep -nEw "TO""DO|FIX""ME|XX""X|HA""CK" $(ours) /dev/null >"$tmp"
  rule 'no unfinished-work words'

  ours | grep -E '(^|/)utils?\.[ch]$' >"$tmp"
  rule 'no file is called util'

  # Paths inside a container (/root/..., /home/user) are no machine's.
  grep -nE '(^|[^[:alnum:]._$}])/(wo''rk/|home/[a-z]+/)' $(ours | grep -v '^share/') /dev/null |
    grep -vE '/home/(user|alice|tester)/' >"$tmp"
  rule 'no paths of one machine'

  if command -v clang-format-14 >/dev/null || clang-format --version 2>/dev/null | grep -q ' 14\.'; then
    fmt=$(command -v clang-format-14 || echo clang-format)
    "$fmt" --dry-run -Werror $(all_c_files) 2>&1 | sed -n 's/^\([^: ]*\):[0-9].*/\1: clang-format -i \1/p' |
      sort -u >"$tmp"
    rule 'clang-format changes nothing'
  else
    skip 'clang-format changes nothing' 'clang-format 14 is not installed (others format differently)'
  fi

  if command -v shellcheck >/dev/null; then
    shellcheck -x -f gcc $(shell_files | grep -v '\.bats$') >"$tmp" 2>&1
    rule 'shellcheck finds nothing in the scripts'
    bats=$(shell_files | grep '\.bats$')
    : >"$tmp"
    # SC2030/SC2031: each bats test is a subshell, which is the point; SC2154: status and output are
    # bats's; SC2016: `sh -c '$X'` is for the container's shell.
    [ -z "$bats" ] || shellcheck -x -s bats -f gcc -e SC2030,SC2031,SC2154,SC2119,SC2120,SC2016 $bats >"$tmp" 2>&1
    rule 'shellcheck finds nothing in the bats files'
  else
    skip 'shellcheck finds nothing in the scripts' 'shellcheck is not installed'
  fi
}

# From here on the program itself is asked.
commands()
{
  awk -F '\t' '$1 == "command" { print $2 }' "$tables"
}
tables=${top_builddir:-.}/share/tables.tsv
if [ -s "$tables" ]; then
  # help and version are told about in sandbox.1.
  for c in $(commands | grep -vE '^(help|version)$' | tr ' ' -); do
    [ -f "man/sandbox-$c.1.in" ] || echo "man/sandbox-$c.1.in is missing (prose only; see HACKING)"
    grep -q "man/sandbox-$c\.1" man/module.mk || echo "man/module.mk: does not list man/sandbox-$c.1"
  done >"$tmp"
  for f in man/sandbox-*.1.in; do
    c=${f#man/sandbox-}
    c=${c%.1.in}
    commands | tr ' ' - | grep -qx -e "$c" ||
      echo "$f: there is no such command"
  done >>"$tmp"
  rule 'each command has its manual page, and each page its command'

  commands | while read -r c; do
    for s in sandbox _sandbox sandbox.fish; do
      grep -qw -e "${c#* }" "${top_builddir:-.}/share/completions/$s" || echo "$s does not complete $c"
    done
  done >"$tmp"
  rule 'each command is completed by the three shells'

  # Commands of two words share the file of their group; oci has a folder.
  for c in $(commands | cut -d ' ' -f 1); do
    [ -f "tests/cli/$c.bats" ] || [ -f "tests/$c/$c.bats" ] || echo "tests/cli/$c.bats is missing"
  done >"$tmp"
  rule 'each command has its tests'

  awk -F '\t' '
    $1 == "option" && ($7 == "" || $7 ~ /\.$/) { print $2 " " $3 ": help is empty or ends in a dot" }
    $1 == "option" && $6 !~ /^(none|file|dir|image|container|volume|enum:.+)$/ { print $2 " " $3 ": kind " $6 }
    $1 == "option" && seen[$2, $3]++ { print $2 " " $3 ": twice" }
    $1 == "option" && $4 != "" && letter[$2, $4]++ { print $2 " " $4 ": twice" }
    $1 == "command" && ($5 == "" || $5 ~ /\.$/) { print $2 ": help is empty or ends in a dot" }
  ' "$tables" >"$tmp"
  rule 'the option tables are in form'

  if command -v man >/dev/null; then
    for f in "${top_builddir:-.}"/man/*.1; do
      LC_ALL=C.UTF-8 man -l --warnings "$f" 2>&1 >/dev/null | sed "s|^|${f##*/}: |"
    done >"$tmp"
    rule 'man formats each page without a warning'
  else
    skip 'man formats each page without a warning' 'man is not installed'
  fi
else
  skip 'commands, pages and completions agree' "no $tables: build first"
fi

echo "1..$n"
[ "$bad" -eq 0 ]
