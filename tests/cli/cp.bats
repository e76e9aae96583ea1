#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

load ../lib/common

setup_file()
{
  file_setup
  "$SANDBOX" run --network none --name src busybox sh -c '
    umask 022
    mkdir -p /d/sub /empty /in
    echo file >/d/f; echo deep >/d/sub/g; ln -s f /d/l; ln -s nowhere /d/dangling
    ln /d/f /d/h; chown 7:8 /d/sub/g; chmod 640 /d/sub/g' </dev/null
}
teardown_file()
{
  "$SANDBOX" rm src >/dev/null
  file_teardown
}
setup()
{
  leaks_before
  cd "$BATS_TEST_TMPDIR" || return 1
}
teardown() { check_leaks; }

# fresh: a container of this test's own, $C, that has ended.
fresh()
{
  C=t$BATS_TEST_NUMBER
  expect 0 run --network none --name "$C" "$@" busybox sh -c 'mkdir -p /in /d; echo old >/in/old'
}

# inside CMD...: what is in $C, looked at through a fresh export.
inside()
{
  "$SANDBOX" export "$C" | tar -tvf - --numeric-owner | awk '{ $4 = $5 = ""; print }' | grep -E -- "$1"
}

@test "a file: to a new name, into a folder, over a file" {
  expect 0 cp src:/d/f new
  [ "$(cat new)" = file ]
  [ "$(stat -c %u new)" -eq "$(id -u)" ]
  mkdir dir
  expect 0 cp src:/d/f dir
  expect 0 cp src:d/f dir/
  [ "$(cat dir/f)" = file ]
  echo longer than before >new
  expect 0 cp src:/d/f "$PWD/new"
  [ "$(cat new)" = file ]
  # On the host it is the caller's, whosoever it was there.
  for archive in true false; do
    expect 0 cp "--archive=$archive" src:/d/sub/g "g.$archive"
    [ "$(stat -c '%u:%g %a' "g.$archive")" = "$(id -u):$(id -g) 640" ]
    expect 0 cp "--archive=$archive" src:/d "d.$archive"
    [ "$(stat -c '%u:%g %a' "d.$archive/sub/g")" = "$(id -u):$(id -g) 640" ]
  done
  one_line_error cp src:/d/f nosuch/
  one_line_error cp src:/d/f nosuch/x
  one_line_error cp src:/d/nosuch x
  [ ! -e x ]
}

@test "a folder: to a new name, into a folder, its contents; never over a file" {
  expect 0 cp src:/d out
  [ "$(cat out/sub/g)" = deep ]
  [ "$(stat -c %a out/sub/g)" = 640 ]
  [ "$(readlink out/l)" = f ]
  [ "$(readlink out/dangling)" = nowhere ]
  [ "$(stat -c %i out/f)" = "$(stat -c %i out/h)" ]
  expect 0 cp src:/d out
  [ -e out/d/sub/g ]
  mkdir flat
  expect 0 cp src:/d/. flat
  [ -e flat/sub/g ] && [ ! -e flat/d ]
  expect 0 cp src:/empty/. made
  [ -d made ] && [ -z "$(ls -A made)" ]
  echo x >file
  one_line_error cp src:/d file
  one_line_error cp src:/d/. file
  one_line_error cp src:/d/f/. x
}

@test "folders and other files change places only with --overwrite" {
  mkdir -p o1/d/f o2
  echo x >o2/d
  one_line_error cp src:/d o1
  [ -d o1/d/f ]
  one_line_error cp src:/d o2
  expect 0 cp --overwrite src:/d o1
  expect 0 cp --overwrite src:/d o2
  [ -f o1/d/f ] && [ -d o2/d ]
}

@test "symbolic links: as they are; -L and a slash follow inside the container" {
  expect 0 cp src:/d/l link
  [ "$(readlink link)" = f ]
  expect 0 cp -L src:/d/l followed
  [ ! -L followed ] && [ "$(cat followed)" = file ]
  one_line_error cp -L src:/d/dangling x
  ln -s "$BATS_TEST_TMPDIR/real" hostlink
  echo host >real
  fresh
  expect 0 cp -L hostlink "$C:/in/l2"
  expect 0 cp "$C:/in/l2" back
  [ "$(cat back)" = host ]
  expect 0 cp hostlink "$C:/in/l3"
  inside 'in/l3 -> '
  expect 0 rm "$C"
}

@test "into a container that has ended: owners, modes, names" {
  mkdir -p tree/sub
  echo one >tree/a
  echo two >tree/sub/b
  chmod 4711 tree/a
  fresh
  expect 0 cp tree "$C:/in"
  inside '^-rws--x--x 0/0 .* in/tree/a$'
  inside ' in/tree/sub/b$'
  expect 0 cp tree/. "$C:/new"
  inside ' new/sub/b$'
  expect 0 cp tree/a "$C:/in/old"
  one_line_error cp tree "$C:/in/old"
  one_line_error cp tree/a "$C:/nosuch/x"
  one_line_error cp nosuch "$C:/in"
  expect 0 diff "$C"
  [[ $output == *'A /in/tree/sub/b'* ]]
  expect 0 rm "$C"
}

@test "files belong to the container's user, or to whom they did" {
  need_subids
  C=owned
  expect 0 run --network none --name "$C" -u 5:6 -w / busybox true
  echo x >x
  expect 0 cp x "$C:/x"
  inside ' 5/6 .* x$'
  expect 0 cp --archive=false x "$C:/y"
  inside ' 0/0 .* y$'
  expect 0 cp src:/d/sub/g "$C:/z"
  expect 0 cp --archive=false src:/d/sub/g "$C:/z2"
  inside ' 7/8 .* z2$'
  expect 0 rm "$C"
}

@test "- is a tar stream, in both directions, also compressed" {
  "$SANDBOX" cp src:/d - >d.tar
  [ "$(tar tf d.tar | sort | head -n 1)" = d/ ]
  tar xOf d.tar d/sub/g | grep -qx deep
  fresh
  "$SANDBOX" cp - "$C:/in" <d.tar
  inside ' 7/8 .* in/d/sub/g$'
  gzip -c d.tar | "$SANDBOX" cp - "$C:/d"
  inside ' d/d/sub/g$'
  "$SANDBOX" cp src:/d - | "$SANDBOX" cp - "$C:/etc"
  inside ' etc/d/sub/g$'
  # Only into a folder that is there.
  run "$SANDBOX" cp - "$C:/in/old" <d.tar
  [ "$status" -eq 125 ]
  run "$SANDBOX" cp - "$C:/nosuch" <d.tar
  [ "$status" -eq 125 ]
  expect 0 rm "$C"
}

@test "a terminal gets no archive and gives none" {
  need script
  run script -qec "$SANDBOX cp src:/d -" /dev/null
  [ "$status" -eq 125 ]
  [[ $output == *terminal* ]]
}

@test "a running container: out of it, into it, and its volumes" {
  "$SANDBOX" run --network none --name live -v "$BATS_TEST_TMPDIR:/host" --tmpfs /t busybox sh -c '
    echo mem >/t/m; echo live >/f; touch /host/ready; while [ ! -e /in ]; do sleep 0.1; done
    cat /in >/host/seen' </dev/null 3>&- &
  eventually 20 test -e ready
  expect 0 cp live:/f f
  expect 0 cp live:/t/m m
  expect 0 cp live:/host/ready r2
  [ "$(cat f)$(cat m)" = livemem ]
  [ -e r2 ]
  echo in >in
  one_line_error cp in live:/proc/x
  one_line_error cp live:/proc/version x
  expect 0 cp in live:/in
  wait $!
  [ "$(cat seen)" = in ]
  expect 0 rm live
}

@test "a container that is thrown away can be copied from while it runs" {
  "$SANDBOX" run --network none --cidfile id -v "$BATS_TEST_TMPDIR:/host" busybox sh -c '
    echo here >/f; touch /host/ready; while [ -e /host/ready ]; do sleep 0.1; done' \
    </dev/null 3>&- &
  eventually 20 test -e ready
  expect 0 cp "$(cat id):/f" f
  [ "$(cat f)" = here ]
  rm ready
  wait $!
}

@test "from one container to another" {
  fresh
  expect 0 cp src:/d "$C:/in"
  inside ' in/d/sub/g$'
  expect 0 rm "$C"
}

@test "what is no copy: one line" {
  one_line_error cp
  one_line_error cp a
  one_line_error cp a b
  one_line_error cp - -
  one_line_error cp src: x
  one_line_error cp src:/d ''
  one_line_error cp nosuch:/x y
  one_line_error cp ./src:/x y
  one_line_error cp src:/d a b
}
