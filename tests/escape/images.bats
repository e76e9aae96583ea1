#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Images that lay traps for whoever prepares their root: symlinks, special files and
# huge ones at the names that a launch touches.
# shellcheck disable=SC2010,SC2115

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
}
teardown() { unharmed; }

# both ARGS...: the root as a folder and as an image; each must be refused.
both_refused()
{
  on_root "$R" /bin/true
  refused
  image_of "$R"
  sb run --network none "$I" /bin/true
  refused
}

@test "16884, 19921, 27561: /proc or /sys of the image is a symlink" {
  local name target

  for name in proc sys; do
    for target in tmp . /tmp etc "../../..$V/dir" "$V/dir" proc/self /dev/shm; do
      rm -rf "${R:?}/$name"
      ln -s "$target" "$R/$name"
      both_refused
      [[ $stderr == *"/$name "* ]]
    done
    rm "$R/$name"
    mkdir "$R/$name"
  done
}

@test "16884: /proc of the image is a file" {
  rmdir "$R/proc"
  echo fake >"$R/proc"
  both_refused
}

@test "41579, 47766: /dev of the image is a symlink" {
  local target

  for target in "$V/dir" "../../../../../../..$V/dir" /tmp .. /proc/self/root; do
    rm -rf "$R/dev"
    ln -s "$target" "$R/dev"
    both_refused
  done
}

@test "88264, 31133: what the image has in /dev is not used" {
  echo evil >"$R/dev/zero"
  ln -s /proc/sys/kernel/core_pattern "$R/dev/null"
  ln -s "$V/file" "$R/dev/console"
  ln -s "$V/file" "$R/dev/ptmx"
  ln -s "$V/dir" "$R/dev/pts"
  ln -s "$V/dir" "$R/dev/shm"
  image_of "$R"
  sb run --network none "$I" /bin/sh -c '
    [ "$(stat -c %t:%T /dev/null)" = 1:3 ] && [ "$(stat -c %t:%T /dev/zero)" = 1:5 ] &&
    [ -d /dev/pts ] && [ ! -L /dev/pts ] && [ ! -e /dev/console ] &&
    [ "$(readlink /dev/ptmx)" = pts/ptmx ] && echo good'
  ran
  [ "$output" = good ]
}

@test "31133: masks read empty and kernel settings cannot be written" {
  sb run --network none busybox sh -c '
    for f in /proc/kcore /proc/keys /proc/timer_list /proc/interrupts /proc/sched_debug; do
      [ ! -e $f ] || [ -z "$(head -c1 $f)" ] || echo readable $f
    done
    for d in /proc/acpi /proc/scsi /sys/firmware /sys/dev/block; do
      [ ! -d $d ] || [ -z "$(ls -A $d)" ] || echo full $d
    done
    for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/sys/kernel/hostname \
      /proc/sys/vm/drop_caches /proc/sys/net/ipv4/ip_forward; do
      [ ! -e $f ] || ! { echo "|/x" >$f; } 2>/dev/null || echo written $f
    done
    for d in /proc/sys /proc/bus /proc/fs /proc/irq; do
      ! grep -q " $d proc rw" /proc/mounts || echo rw $d
    done'
  ran
  [ -z "$output" ]
}

@test "24965: hosts, resolv.conf and hostname are symlinks to a victim" {
  local name target

  for name in hosts resolv.conf hostname; do
    for target in "$V/file" "../../../../../../../../..$V/file" /nowhere /proc/self/environ \
      /proc/sys/kernel/hostname; do
      rm -f "$R/etc"/{hosts,resolv.conf,hostname}
      ln -s "$target" "$R/etc/$name"
      image_of "$R"
      sb run "$I" /bin/sh -c "[ -f /etc/$name ] && cat /etc/$name"
      # Either it is refused, or the container has ours over the link itself.
      [ "$status" -eq 125 ] || { ran && [[ $output != *secret* ]]; }
      unharmed
    done
  done
}

@test "24965: /etc is a symlink out of the root" {
  rm -rf "$R/etc"
  ln -s "../../../../../../../..$V/dir" "$R/etc"
  on_root "$R" /bin/true
  unharmed
  ln -sfn /proc/self "$R/etc"
  on_root "$R" /bin/true
  unharmed
  ln -sfn /proc/sys/kernel "$R/etc"
  on_root "$R" /bin/sh -c 'grep -c " /proc/sys/kernel/" /proc/mounts'
  [ "$status" -eq 125 ] || [ "$output" = 0 ]
}

@test "24965: hosts is a FIFO, a folder, a device's name" {
  mkfifo "$R/etc/hosts"
  SB_TIMEOUT=10 both_refused
  rm "$R/etc/hosts"
  mkdir "$R/etc/hosts"
  both_refused
}

@test "passwd and group: FIFO, folder, symlink to a device, sparse 10 GiB, endless lines" {
  local name

  for name in passwd group; do
    rm -f "$R/etc/$name"
    mkfifo "$R/etc/$name"
    SB_TIMEOUT=5 on_root -u root:root "$R" /bin/true
    refused
    rm -f "$R/etc/$name"
    mkdir "$R/etc/$name"
    SB_TIMEOUT=5 on_root -u root:root "$R" /bin/true
    refused
    rmdir "$R/etc/$name"
    ln -s /dev/zero "$R/etc/$name"
    SB_TIMEOUT=5 on_root -u root:root "$R" /bin/true
    refused
    rm "$R/etc/$name"
    truncate -s 10G "$R/etc/$name"
    SB_TIMEOUT=5 on_root -u root:root "$R" /bin/true
    refused
    rm "$R/etc/$name"
    ln -s "$V/file" "$R/etc/$name"
    SB_TIMEOUT=5 on_root -u root:root "$R" /bin/true
    [[ $output$stderr != *secret* ]]
    rm "$R/etc/$name"
    echo 'root:x:0:0::/:/bin/sh' >"$R/etc/$name"
  done
}

@test "21626: --workdir through a descriptor of ours or of the caller" {
  local n

  exec 9</
  exec 24<"$V"
  for n in 3 4 5 7 9 12 24; do
    on_root --workdir "/proc/self/fd/$n" "$R" /bin/sh -c 'pwd; ls'
    [ "$status" -eq 126 ] || [ "$status" -eq 127 ]
    [ -z "$output" ]
    on_root --no-init --workdir "/proc/1/fd/$n/../.." "$R" /bin/sh -c 'pwd; ls'
    [ "$status" -eq 126 ] || [ "$status" -eq 127 ]
  done
  for n in /proc/self/cwd /proc/self/root /proc/1/root /proc/1/cwd; do
    on_root --workdir "$n" "$R" /bin/sh -c 'pwd; ls'
    [ "$status" -eq 126 ] || [ "$status" -eq 127 ]
  done
  exec 9<&- 24<&-
}

@test "21626, 55686: --workdir with symlinks stays inside" {
  ln -s "../../../../../../../../..$V" "$R/up"
  ln -s "$V" "$R/abs"
  ln -s /proc/self/fd/9 "$R/magic"
  exec 9</
  for n in /up/dir /abs/dir /abs/new /up/new/er /magic; do
    on_root --workdir "$n" "$R" /bin/sh -c pwd
    [ "$status" -eq 126 ] || [ "$status" -eq 127 ]
  done
  exec 9<&-
  # Ordinary links work.
  mkdir -p "$R/a/b"
  ln -s a "$R/l"
  on_root --workdir /l/b "$R" /bin/sh -c 'pwd -P'
  ran
  [ "$output" = /a/b ]
}

@test "5736: a script whose interpreter is /proc/self/exe, with and without init" {
  local interp mode before

  mkdir "$BATS_TEST_TMPDIR/own"
  cp -r "$BUILD/sandbox" "$BUILD"/sandbox-* "$BUILD/share" "$BATS_TEST_TMPDIR/own/"
  interp=$(grep -aom1 '/lib[^ ]*/ld-[a-zA-Z0-9_.-]*' "$BUILD/sandbox" | head -n 1)
  [ -n "$interp" ] || skip "the program has no loader"
  mkdir -p "$R${interp%/*}"
  cp "$(tool ld)" "$R$interp"
  printf '#!/proc/self/exe\n' >"$R/bin/evil"
  ln -s /proc/self/exe "$R/bin/evil2"
  printf '#!/bin/evil2\n' >"$R/bin/evil3"
  chmod 755 "$R/bin/evil" "$R/bin/evil3"
  before=$(cd "$BATS_TEST_TMPDIR/own" && stat -c '%n %a %s %Y %Z' sandbox*; sha256sum "$BATS_TEST_TMPDIR"/own/sandbox*)
  for mode in --init --no-init; do
    for evil in evil evil2 evil3; do
      output=$("$BATS_TEST_TMPDIR/own/sandbox" run "$mode" --network none --rootfs "$R" "/bin/$evil" \
        2>&1 </dev/null) || :
      [[ $output != *"loader runs"* && $output != *changed* ]] || {
        echo "$mode $evil: $output" >&2
        return 1
      }
    done
  done
  [ "$before" = "$(cd "$BATS_TEST_TMPDIR/own" && stat -c '%n %a %s %Y %Z' sandbox*; sha256sum "$BATS_TEST_TMPDIR"/own/sandbox*)" ]
}

@test "5736: /proc/PID/exe of the tool's processes cannot be changed" {
  local own=$BATS_TEST_TMPDIR/own mode before

  tool tool
  mkdir "$own"
  cp -r "$BUILD/sandbox" "$BUILD"/sandbox-* "$BUILD/share" "$own/"
  before=$(sha256sum "$own"/sandbox*; stat -c '%n %a %Y %Z' "$own"/sandbox*)
  touch "$R/tmp/exe"
  for mode in "" "--cap-add=SYS_PTRACE" "--privileged" "--privileged --tmpfs /t" \
    "--cap-add=all --security-opt=seccomp=unconfined" "-u 1"; do
    # shellcheck disable=SC2086 # several options
    output=$("$own/sandbox" run $mode --network none --rootfs "$R" /tool exe 1 2>&1 </dev/null) ||
      { echo "$mode: $output" >&2; return 1; }
    if [ "$mode" = --privileged ]; then
      [[ $output == *"chmod /proc/1/exe: EROFS"* && $output == *"setxattr /proc/1/exe: EROFS"* &&
        $output == *"truncate /proc/1/exe: EROFS"* && $output == *"open-w /proc/1/exe: E"* ]]
    fi
  done
  # All that it can see of the host's processes.
  output=$("$own/sandbox" run --pid=host --network none --rootfs "$R" /tool exe 2>&1 </dev/null) ||
    { echo "pid=host: $output" >&2; return 1; }
  [ "$before" = "$(sha256sum "$own"/sandbox*; stat -c '%n %a %Y %Z' "$own"/sandbox*)" ]
}

@test "a setuid program of the image is inert" {
  mkdir "$R/suid"
  cp "$R/bin/busybox" "$R/suid/busybox"
  chmod 6755 "$R/suid/busybox"
  need_subids
  image_of "$R"
  # id would say euid=0.
  sb run --network none -u 1000:1000 "$I" /suid/busybox id
  ran
  [[ $output != *euid=0* && $output == uid=1000* ]]
  sb run --network none -u 1000:1000 "$I" /bin/sh -c 'grep -E "NoNewPrivs|CapEff" /proc/self/status'
  [[ $output == *"NoNewPrivs:"*1* && $output == *0000000000000000* ]]
}

@test "more folders in each other than there can be descriptors are removed" {
  tool tool
  image_of "$R"
  sb run --network none "$I" /bin/sh -c 'cd /tmp && /tool deep 3000'
  ran
  eventually 30 test -z "$(ls -A "$STORE/trash" "$STORE/containers" 2>/dev/null | grep -v :)" || {
    wait_trash
    eventually 20 store_clean
  }
}

@test "names with escapes in errors are escaped" {
  local esc=$'\e]0;pwned\a\e[31m\x9b'

  sb run --network none --rootfs "$R" "$esc"
  [ "$status" -eq 127 ]
  ! LC_ALL=C grep -q $'[\e\a\x9b]' <<<"$stderr" || false
  sb run "$esc" true
  refused
  ! LC_ALL=C grep -q $'[\e\a\x9b]' <<<"$stderr" || false
  sb run --name "$esc" busybox true
  refused
  ! LC_ALL=C grep -q $'[\e\a\x9b]' <<<"$stderr" || false
  sb run -v "/tmp:$esc" busybox true
  refused
  ! LC_ALL=C grep -q $'[\e\a\x9b]' <<<"$stderr" || false
  sb "$esc"
  refused
  ! LC_ALL=C grep -q $'[\e\a\x9b]' <<<"$stderr" || false
  sb run "--$esc" busybox
  refused
  ! LC_ALL=C grep -q $'[\e\a\x9b]' <<<"$stderr" || false
}
