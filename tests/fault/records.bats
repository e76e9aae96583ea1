#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each file that the store keeps of containers, volumes and images, damaged in each way (row 11 of
# the catalogue): the damaged one is reported by name and can be removed, the others are usable, and
# no list is ever empty with success. Records of another boot (rows 5, 23): ended, nobody is signalled.

bats_require_minimum_version 1.5.0
load ../lib/common
load ../lib/records

setup_file()
{
  file_setup
  local name

  for name in victim other; do
    "$SANDBOX" run -d --name $name -v vol-$name:/v --network none busybox \
      sh -c "echo words of $name; echo $name >/v/file" </dev/null >/dev/null
    "$SANDBOX" wait $name
  done
  "$SANDBOX" commit other img-other
  "$SANDBOX" commit victim img-victim
  wait_trash
  "$SANDBOX" unshare cp -a "$STORE" "$BATS_FILE_TMPDIR/whole"
}

teardown_file()
{
  remove_tree "$BATS_FILE_TMPDIR/whole"
  file_teardown
}

setup()
{
  restore
  VICTIM=$(readlink "$STORE/containers/name-victim")
  OTHER=$(readlink "$STORE/containers/name-other")
}

# restore: the store as it was made.
restore()
{
  wait_trash
  rm -rf "$XDG_RUNTIME_DIR/sandbox"
  # shellcheck disable=SC2016 # expanded inside
  "$SANDBOX" unshare sh -c 'rm -rf "$1" && cp -a "$2" "$1"' sh "$STORE" "$BATS_FILE_TMPDIR/whole"
}

damages='cut0 cut50 flip-first flip-middle flip-last gone folder fifo symlink dangling'

# damage HOW FILE SAME: SAME is a file of the same kind, whole, that a symlink can lead to.
damage()
{
  local size at byte

  case $1 in
    cut0) truncate -s 0 "$2" ;;
    cut50) truncate -s 50 "$2" ;;
    flip-*)
      size=$(stat -c %s "$2")
      at=$((size / 2))
      [ "$1" != flip-first ] || at=1
      # The last byte but the end of the line.
      [ "$1" != flip-last ] || at=$((size - 3))
      byte=$(od -An -tu1 -j $at -N 1 "$2")
      # shellcheck disable=SC2059 # the escape is made here
      printf "\\x$(printf %x $((byte ^ 1)))" |
        dd of="$2" bs=1 seek=$at conv=notrunc status=none
      ;;
    gone) rm -rf "$2" ;;
    folder) rm -rf "$2" && mkdir "$2" ;;
    fifo) rm -rf "$2" && mkfifo "$2" ;;
    symlink) rm -rf "$2" && ln -s "$3" "$2" ;;
    dangling) rm -rf "$2" && ln -s /nonexistent "$2" ;;
  esac
}

fault()
{
  printf '%s: %s\nstatus %s\nstdout: %s\nstderr: %s\n' "$what" "$1" "$status" "$output" "$stderr" >&2
  return 1
}

# others_usable: the container that nobody has touched, in all that one does with it.
others_usable()
{
  expect 0 inspect --format '{{.State.Status}} {{.Name}}' other
  [ "$output" = "exited other" ] || fault "inspect other"
  expect 0 logs other
  [ "$output" = "words of other" ] || fault "logs other"
  expect 0 start other
  expect 0 wait other
  [ "$output" = 0 ] || fault "wait other"
  expect 0 cp other:/etc/passwd "$BATS_TEST_TMPDIR/passwd"
}

# listed LINES: ps -a has so many lines, JSON can be read, and other is one of them.
listed()
{
  expect 0 ps -a --no-trunc --format '{{.ID}} {{.State}}'
  [ "$(wc -l <<<"$output")" -eq "$1" ] || fault "ps -a"
  [[ $output == *"$OTHER exited"* ]] || fault "ps -a"
  warned=$stderr
  expect 0 ps -a --format json
  python3 -c 'import json,sys; assert len(json.load(sys.stdin)) == int(sys.argv[1])' "$1" \
    <<<"$output" || fault "ps --format json"
}

@test "records: state.json of a container" {
  need python3
  for how in $damages; do
    what="state.json $how"
    damage "$how" "$STORE/containers/$VICTIM/state.json" "../$OTHER/state.json"
    listed 2
    [[ $warned == *"$VICTIM/state.json is "*"rm --force ${VICTIM:0:12}"* ]] || fault "not named"
    expect 0 ps -a --no-trunc --format '{{.ID}} {{.State}}'
    [[ $output == *"$VICTIM dead"* ]] || fault "state"
    one_line_error start victim
    # What it has written can still be read.
    expect 0 logs "$VICTIM"
    [ "$output" = "words of victim" ] || fault "logs"
    others_usable
    # The name still leads to it, and is free when it is gone.
    expect 0 rm -f victim
    listed 1
    [ -z "$warned" ] || fault "still there"
    [ ! -e "$STORE/containers/$VICTIM" ] || fault "left behind"
    expect 0 create --name victim --network none busybox true
    restore
  done
}

@test "records: config.json of a container" {
  for how in $damages; do
    what="config.json $how"
    damage "$how" "$STORE/containers/$VICTIM/config.json" "../$OTHER/config.json"
    listed 2
    # A link to another container's has that one's id in it.
    one_line_error start victim
    [[ $stderr == *"${VICTIM:0:12}"* ]] || fault "not named"
    others_usable
    expect 0 rm -f "${VICTIM:0:12}"
    listed 1
    restore
  done
}

@test "records: the folder of a container" {
  for how in folder fifo symlink dangling; do
    what="folder $how"
    damage "$how" "$STORE/containers/$VICTIM" "$OTHER"
    # An empty folder is that of a container in the making: it is swept.
    if [ "$how" = folder ]; then
      listed 1
    else
      listed 2
      [[ $warned == *"$VICTIM"* ]] || fault "not named"
      expect 0 rm -f "$VICTIM"
      [ ! -e "$STORE/containers/$VICTIM" ] && [ ! -L "$STORE/containers/$VICTIM" ] || fault "left"
      listed 1
    fi
    others_usable
    restore
  done
}

# A reboot, or the end of the user's last session.
@test "records: what lost its record with the runtime folder is removed, and looked for once" {
  local id
  id=$(printf 'cd%.0s' {1..32})

  # What is younger is looked at again.
  sleep 2.1
  expect 0 run --network none busybox true
  mkdir -p "$STORE/containers/$id/upper"
  sleep 2
  expect 0 run --network none busybox true
  [ -e "$STORE/containers/$id" ] || fault "looked for again"
  rm -r "$XDG_RUNTIME_DIR/sandbox"
  expect 0 run --network none busybox true
  [ ! -e "$STORE/containers/$id" ] || fault "not removed"
  others_usable
}

in_store() { find "$STORE/containers" -mindepth 1 -maxdepth 1 | wc -l; }
a_fifth() { [ "$(in_store)" -gt 4 ]; }
four_again() { "$SANDBOX" run --network none busybox true && [ "$(in_store)" -eq 4 ]; }

@test "records: a container that lost its record is removed when it has ended after all" {
  local front

  "$SANDBOX" run --rm --network none busybox sleep 1000 </dev/null 3>&- &
  front=$!
  eventually 10 a_fifth
  sleep 2.1
  rm -r "$XDG_RUNTIME_DIR/sandbox"
  expect 0 run --network none busybox true
  a_fifth || fault "removed alive"
  kill -KILL "$front"
  wait "$front" || :
  eventually 10 four_again
  others_usable
}

@test "records: container prune removes damaged ones" {
  for how in $damages; do
    what="prune $how"
    damage "$how" "$STORE/containers/$VICTIM/state.json" "../$OTHER/state.json"
    expect 0 container prune -f
    [[ $output == *"$VICTIM"* ]] || fault "not removed"
    expect 0 ps -aq
    [ -z "$output$stderr" ] || fault "still there"
    restore
  done
}

@test "records: the name of a container" {
  for how in cut0 gone folder fifo symlink dangling; do
    what="name $how"
    # cut0: an empty file in its place
    damage gone "$STORE/containers/name-victim"
    [ "$how" = gone ] || : >"$STORE/containers/name-victim"
    damage "$how" "$STORE/containers/name-victim" "$OTHER"
    listed 2
    # What leads to another container must not be taken for it.
    expect 0 inspect --format '{{.ID}}' victim
    [ "$output" = "$VICTIM" ] || fault "another one"
    expect 0 rm victim
    listed 1
    # One that is seconds old may belong to a rename that is under way.
    [ ! -L "$STORE/containers/name-victim" ] || touch -h -d '1 minute ago' "$STORE/containers/name-victim"
    expect 0 create --name victim --network none busybox true
    expect 0 rm victim
    restore
  done
}

@test "records: the log of a container" {
  for how in $damages; do
    what="log $how"
    damage "$how" "$STORE/containers/$VICTIM/ctr.log" "../$OTHER/ctr.log"
    sb logs victim
    # A line that cannot be read is left out, or the file is named; it does not wait for a FIFO.
    [ "$status" -eq 0 ] || [ "$status" -eq 125 ] || fault "logs"
    [ "$how" = dangling ] || [[ $output != *"words of other"* ]] || fault "another one's log"
    listed 2
    others_usable
    case $how in
      folder | fifo | symlink | dangling)
        one_line_error start victim
        [[ $stderr == *"ctr.log in the container's folder"*"remove what stands there" ]] || fault start
        ;;
      *)
        expect 0 start victim
        expect 0 wait victim
        ;;
    esac
    expect 0 rm -f victim
    restore
  done
}

@test "records: the folder of containers is never taken for an empty one" {
  for how in cut0 fifo symlink; do
    what="containers $how"
    rm -rf "$STORE/containers"
    : >"$STORE/containers"
    damage "$how" "$STORE/containers" /etc/passwd
    touch -d '1 minute ago' "$STORE"/volumes/*/users/*
    for c in "ps -a" "ps -aq" "rm -f --all" "container prune -f" "rmi img-victim" "stop victim" \
      "rm -f victim"; do
      what="containers $how: $c"
      # shellcheck disable=SC2086 # words
      sb $c
      [ "$status" -eq 125 ] || fault "status"
    done
    sb volume prune -f
    [ -e "$STORE/volumes/vol-victim/data/file" ] || fault "a volume is gone"
    restore
  done
}

@test "records: not enough descriptors, memory or rights to read is no empty list" {
  chmod 0 "$STORE/containers"
  one_line_error ps -a
  [[ $stderr == *"containers: Permission denied"* ]]
  chmod 700 "$STORE/containers"
  chmod 0 "$STORE/refs"
  one_line_error images
  chmod 700 "$STORE/refs"
  chmod 0 "$STORE/volumes"
  one_line_error volume ls
  chmod 700 "$STORE/volumes"
}

@test "records: volumes" {
  for how in $damages; do
    what="volume.json $how"
    damage "$how" "$STORE/volumes/vol-victim/volume.json" ../../../state.json
    expect 0 volume ls -q
    [ "$output" = vol-other$'\n'vol-victim ] || fault "ls"
    [[ $stderr == *"vol-victim/volume.json"*damaged* ]] || fault "not named"
    # The data is what counts.
    expect 0 run --network none -v vol-victim:/v busybox cat /v/file
    [ "$output" = victim ] || fault "data"
    # It is in use, and goes when it is not.
    expect 2 volume rm vol-victim
    expect 0 rm victim
    expect 0 volume rm vol-victim
    expect 0 volume ls -q
    [ "$output" = vol-other ] && [ -z "$stderr" ] || fault "still there"
    restore
  done
}

@test "records: a volume whose list of users is damaged is still in use" {
  for how in cut0 gone fifo symlink dangling; do
    what="users $how"
    rm -rf "$STORE/volumes/vol-victim/users"
    [ "$how" = gone ] || : >"$STORE/volumes/vol-victim/users"
    damage "$how" "$STORE/volumes/vol-victim/users" ../vol-other/file
    expect 2 volume rm vol-victim
    [[ $stderr == *"used by container ${VICTIM:0:12}"* ]] || fault "user"
    expect 0 volume prune -f
    [ "$(cat "$STORE/volumes/vol-victim/data/file")" = victim ] || fault "removed"
    # The next who takes it makes the list anew, with those who have it.
    expect 0 run --network none -v vol-victim:/v busybox cat /v/file
    [[ $stderr == *vol-victim*anew* ]] || fault "not said"
    [ -e "$STORE/volumes/vol-victim/users/$VICTIM" ] || fault "not listed"
    restore
  done
}

@test "records: what stands in a volume's place" {
  for how in cut0 fifo symlink dangling; do
    what="volume $how"
    expect 0 rm victim
    rm -rf "$STORE/volumes/vol-victim"
    : >"$STORE/volumes/vol-victim"
    damage "$how" "$STORE/volumes/vol-victim" vol-other
    expect 0 volume ls -q
    [ "$output" = vol-other$'\n'vol-victim ] || fault "ls"
    [[ $stderr == *vol-victim*damaged* ]] || fault "not named"
    one_line_error run --network none -v vol-victim:/v busybox true
    expect 0 volume rm vol-victim
    [ "$(cat "$STORE/volumes/vol-other/data/file")" = other ] || fault "another one's data"
    restore
  done
}

@test "records: of images" {
  local ref

  for how in $damages; do
    what="image $how"
    ref=$(cd "$STORE/refs" && echo img-victim*)
    damage "$how" "$STORE/refs/$ref" "$(cd "$STORE/refs" && echo img-other*)"
    expect 0 images --format '{{.Name}}'
    [[ $output == *img-other* ]] || fault "others"
    # A link to another whole record is that image under its own name.
    if [ "$how" != gone ] && [ "$how" != symlink ]; then
      [[ $output == *"$ref"* && $stderr == *"refs/$ref) is damaged"* ]] || fault "not named"
      expect 125 inspect --type image "$ref"
      expect 0 images -q
      [[ $output == *"$ref"* ]] || fault "-q"
      expect 0 rmi "$ref"
    fi
    expect 0 run --network none img-other true
    expect 0 images
    [ "$how" = symlink ] || [ -z "$stderr" ] || fault "still there"
    restore
  done
}

@test "records: image prune removes damaged ones" {
  local ref

  ref=$(cd "$STORE/refs" && echo img-victim*)
  : >"$STORE/refs/$ref"
  expect 0 image prune -f
  expect 0 images --format '{{.Name}}'
  [[ $output == *img-other* && $output != *img-victim* ]]
  [ -z "$stderr" ]
  expect 0 run --network none img-other true
}

# another_boot ID PID START: its record says that it runs, in another boot, with that supervisor.
another_boot()
{
  local file="$STORE/containers/$1/state.json" text

  text=$(head -n 1 "$file" | python3 -c '
import json, sys
r = json.load(sys.stdin)
r.update(state="running", boot="00000000-0000-0000-0000-000000000000", finished=0,
         supervisor=int(sys.argv[1]), supervisor_start=int(sys.argv[2]),
         pid=int(sys.argv[1]), pid_start=int(sys.argv[2]))
print(json.dumps(r))' "$2" "$3")
  sealed "$file" "$text"
}

@test "records: after a reboot everything has ended, and nobody is signalled" {
  local bystander start c

  need python3
  sleep 1000 3>&- &
  bystander=$!
  start=$(awk '{ print $22 }' "/proc/$bystander/stat")
  for c in "ps -a" "stop -t 0 victim" "kill victim" "restart -t 0 victim" "rm -f victim" \
    "exec victim true" "pause victim" "top victim" "container prune -f" "system reset -f"; do
    # The numbers are taken anew: by a process of the user that has nothing to do with it.
    another_boot "$VICTIM" "$bystander" "$start"
    rm -rf "$XDG_RUNTIME_DIR/sandbox"
    expect 0 ps -a --format '{{.Names}} {{.State}} {{.ExitCode}}'
    [[ $output == *"victim exited 137"* ]]
    expect 0 inspect --format '{{.State.Error}}' victim
    [ "$output" = "the host was restarted while it ran" ]
    # shellcheck disable=SC2086 # words
    sb $c
    [ "$(awk '{ print $3 }' "/proc/$bystander/stat")" = S ] || {
      echo "$c signalled a stranger" >&2
      return 1
    }
    wait_trash
    restore
  done
  kill "$bystander"
}

@test "records: kill -9 between the record and the configuration leaves nothing" {
  local err="$BATS_TEST_TMPDIR/err" front

  SANDBOX_TEST_STOP_AT=record "$SANDBOX" create --name half --network none busybox true \
    </dev/null >/dev/null 2>"$err" 3>&- &
  front=$!
  eventually 10 grep -q '^stopped at' "$err"
  kill -9 "$front"
  wait "$front" || :
  half_is_gone()
  {
    "$SANDBOX" run --network none busybox true
    [ ! -L "$STORE/containers/name-half" ] && [ "$("$SANDBOX" ps -aq | wc -l)" -eq 2 ]
  }
  eventually 15 half_is_gone
  expect 0 create --name half --network none busybox true
}

@test "records: a mount namespace of another boot is nobody's to kill" {
  local live=$XDG_RUNTIME_DIR/sandbox/containers boot id
  id=$(printf 'ab%.0s' {1..32})

  need unshare
  unshare -rm sleep 60 3>&- &
  bystander=$!
  eventually 10 test "$(readlink /proc/self/ns/mnt)" != "$(readlink "/proc/$bystander/ns/mnt")"
  number=$(mount_ns_number "$bystander") ||
    { kill "$bystander"; skip 'the kernel numbers no mount namespaces'; }
  mkdir -p "$live"
  for boot in 00000000-0000-0000-0000-000000000000 "$(cat /proc/sys/kernel/random/boot_id)"; do
    printf '%s\n%s\n%s\n' "$STORE" "$number" "$boot" >"$live/$id.json"
    touch -d '1 minute ago' "$live/$id.json"
    kill -0 "$bystander"
    expect 0 run --network none busybox true
    [ ! -e "$live/$id.json" ]
  done
  # The second record was of this boot: that one is taken for ours.
  run ! kill -0 "$bystander"
}
