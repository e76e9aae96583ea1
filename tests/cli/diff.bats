#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0
load ../lib/common

setup_file() { file_setup; }
teardown_file() { file_teardown; }
setup() { leaks_before; }
teardown()
{
  "$SANDBOX" rm c >/dev/null 2>&1 || :
  check_leaks
}

# changes CMD: what diff says of a container that ran it
changes()
{
  expect 0 run --network none --name c busybox sh -c "$1"
  expect 0 diff c
  list=$output
  expect 0 rm c
}

@test "nothing changed: nothing said" {
  changes true
  [ -z "$list" ]
}

@test "deletions first, then the rest by name" {
  changes 'echo x >>/etc/group; rm /etc/passwd; mkdir /a; echo x >/a/x; rm -r /bin/cat'
  [ "$list" = "$(printf '%s\n' 'D /bin/cat' 'D /etc/passwd' 'A /a' 'A /a/x' 'C /bin' 'C /etc' \
    'C /etc/group')" ]
}

@test "mode, owner, time and attributes are changes" {
  changes 'chmod 600 /etc/group; touch -d 2001-01-01 /etc/passwd'
  [ "$list" = "$(printf '%s\n' 'C /etc' 'C /etc/group' 'C /etc/passwd')" ]
}

@test "a folder that was deleted and made again, renamed ones, other kinds" {
  changes 'rm -r /etc; mkdir /etc; echo new >/etc/group'
  [[ $list == *'D /etc/passwd'* ]]
  [[ $list == *'C /etc/group'* ]]
  changes 'mv /root /cfg; mv /etc/group /etc/crew'
  [[ $list == 'D /etc/group'$'\nD /root\n'* ]]
  [[ $list == *'A /cfg'$'\n'* ]]
  [[ $list == *'A /etc/crew'* ]]
  changes 'rm /etc/group; mkdir /etc/group; touch /etc/group/x; rm -r /home; ln -s /etc /home'
  [[ $list == *'C /etc/group'$'\n'*'A /etc/group/x'* ]]
  [[ $list == *'/home'* ]]
}

@test "file names that do not print cannot draw on the terminal" {
  changes 'touch "/x
y" "$(printf "/\\033[2J")"'
  [[ $list == *'A /x\x0ay'* ]]
  [[ $list == *'A /\x1b[2J'* ]]
}

@test "names without end are refused before they fill our memory" {
  expect 0 run --network none --name c busybox true
  python3 - "$STORE"/containers/*/upper <<'END'
import os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
for _ in range(230):
    os.mkdir("n" * 250, dir_fd=fd)
    fd = os.open("n" * 250, os.O_RDONLY, dir_fd=fd)
for i in range(1300):
    os.mknod(str(i), dir_fd=fd)
END
  one_line_error diff c
  [[ $stderr == *"take more than 64 MiB"* ]]
  expect 0 rm c
}

@test "--format json" {
  expect 0 run --network none --name c busybox sh -c 'rm /etc/passwd; touch /new'
  expect 0 diff --format json c
  [[ $(tr -d ' \n' <<<"$output") == '{"changed":["/etc"],"added":["/new"],"deleted":["/etc/passwd"]}' ]]
}

@test "a running container; one of a copied root" {
  "$SANDBOX" run --network none --name live -v "$BATS_TEST_TMPDIR:/host" busybox sh -c '
    rm /etc/passwd; touch /new /host/ready; while [ -e /host/ready ]; do sleep 0.1; done' \
    </dev/null 3>&- &
  eventually 20 test -e "$BATS_TEST_TMPDIR/ready"
  expect 0 diff live
  rm "$BATS_TEST_TMPDIR/ready"
  wait $!
  [[ $output == "$(printf '%s\n' 'D /etc/passwd' 'C /etc' 'A /host' 'A /new')" ]]
  expect 0 rm live
  expect 0 run --network none --name copied --storage-driver copy busybox sh -c \
    'rm /etc/passwd; echo x >>/etc/group; touch /new'
  expect 0 diff copied
  [[ $output == 'D /etc/passwd'* ]]
  [[ $output == *'A /new'* ]]
  [[ $output == *'C /etc/group'* ]]
  [[ $output != *busybox* ]]
  expect 0 rm copied
}

@test "what is no container: one line" {
  one_line_error diff
  one_line_error diff nosuch
  one_line_error diff a b
}

# fuse-overlayfs marks folders that hide the image's in its own way, and has files for it.
@test "fuse-overlayfs: diff, export, cp and commit of one that has ended are as with overlay" {
  local driver

  need fuse-overlayfs
  need_fuse
  need_subids
  expect 0 run --name base --network none busybox sh -c \
    'mkdir -p /d/sub /e; echo secret >/d/old; echo secret >/d/sub/old; echo e >/e/file'
  expect 0 commit base img-base
  expect 0 rm base
  for driver in overlay fuse-overlayfs; do
    expect 0 run --name "of-$driver" --storage-driver "$driver" --network none img-base sh -c '
      rm -r /d && mkdir -p /d/sub && echo only >/d/only; rm /e/file; mkdir /tmp/own; chown 33:44 /tmp/own
      echo x >/tmp/own/file; chmod 700 /tmp'
    expect 0 diff "of-$driver"
    sort <<<"$output" >"$BATS_TEST_TMPDIR/diff.$driver"
    expect 0 commit "of-$driver" "img-$driver"
    expect 0 run --network none "img-$driver" sh -c 'ls -AR /d /e; stat -c %u:%g /tmp/own'
    echo "$output" >"$BATS_TEST_TMPDIR/seen.$driver"
    expect 0 cp "of-$driver:/d" "$BATS_TEST_TMPDIR/d.$driver"
    (cd "$BATS_TEST_TMPDIR/d.$driver" && ls -AR) >>"$BATS_TEST_TMPDIR/seen.$driver"
    "$SANDBOX" export "of-$driver" | tar t | sort >>"$BATS_TEST_TMPDIR/seen.$driver"
    # It goes on from there.
    expect 0 start "of-$driver"
    expect 0 wait "of-$driver"
    expect 0 rm "of-$driver"
    expect 0 rmi "img-$driver"
  done
  diff "$BATS_TEST_TMPDIR"/diff.overlay "$BATS_TEST_TMPDIR"/diff.fuse-overlayfs
  diff "$BATS_TEST_TMPDIR"/seen.overlay "$BATS_TEST_TMPDIR"/seen.fuse-overlayfs
  grep -q '^D /d/old' "$BATS_TEST_TMPDIR"/diff.fuse-overlayfs
  # What was deleted does not come back.
  if grep -e /old -e '^old' -e '\.wh\.' "$BATS_TEST_TMPDIR"/seen.fuse-overlayfs; then return 1; fi
  expect 0 rmi img-base
}

# On a host whose kernel does not take the store for an overlay: it is one itself.
@test "a driver found by trial is recorded: diff, export, cp, commit and start go on with it" {
  local driver

  need fuse-overlayfs
  need_fuse
  need_subids
  mkdir -p "$BATS_TEST_TMPDIR/below" "$STORE"
  for driver in fuse-overlayfs copy; do
    # shellcheck disable=SC2016 # expanded inside
    unshare --user --map-root-user --map-auto --mount sh -ec '
      mount -t tmpfs t "$1"
      mkdir "$1/l" "$1/u" "$1/w"
      mount -t overlay -o "lowerdir=$1/l,upperdir=$1/u,workdir=$1/w,userxattr" o "$STORE"
      [ "$2" = fuse-overlayfs ] || mount --bind /dev/null /dev/fuse
      "$SANDBOX" run --name c --network none busybox sh -c "
        if [ -e /new ]; then echo again; else rm /etc/passwd; echo x >>/etc/group; touch /new; fi
        ls -d /etc/passwd /new /into 2>/dev/null; tail -n 1 /etc/group; grep -c \" / fuse\" /proc/mounts || :"
      "$SANDBOX" diff c
      "$SANDBOX" export c | tar t | grep -x -e etc/passwd -e new
      "$SANDBOX" cp c:/etc - | tar t | grep -e passwd -e group
      "$SANDBOX" cp /etc/hostname c:/into
      "$SANDBOX" commit c img >/dev/null
      "$SANDBOX" run --rm --network none img ls -d /etc/passwd /new /into 2>/dev/null || :
      "$SANDBOX" start -a c
      # It is not another one that is taken later on.
      if [ "$2" = fuse-overlayfs ]; then
        mount --bind /dev/null /dev/fuse
        if "$SANDBOX" start -a c; then exit 1; fi
      fi
    ' sh "$BATS_TEST_TMPDIR/below" "$driver" >"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null 3>&- || {
      cat "$BATS_TEST_TMPDIR/out"
      return 1
    }
    grep -v '^sandbox: storage driver fuse-overlayfs: cannot mount fuse' "$BATS_TEST_TMPDIR/out" |
      diff - <(
        by=$([ "$driver" = copy ] && echo 0 || echo 1)
        printf '%s\n' /new x "$by" 'D /etc/passwd' 'C /etc' 'C /etc/group' 'A /new' new etc/group \
          /into /new again /into /new x "$by"
      )
  done
}
