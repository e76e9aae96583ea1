# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the bats files of the OCI runtime share, on top of tests/lib/common.

bats_require_minimum_version 1.5.0

# oci_setup: call from setup_file after file_setup. ROOT is the folder of states, BUNDLE a bundle
# with busybox in it, that `bundle` changes.
oci_setup()
{
  OCI=${SANDBOX%/*}/sandbox-oci
  ROOT=$XDG_RUNTIME_DIR/oci
  ROOTFS=$BATS_FILE_TMPDIR/rootfs
  export OCI ROOT ROOTFS
  mkdir -p "$ROOTFS"
  "$SANDBOX" run --network none busybox tar -c -C / bin sbin usr etc lib 2>/dev/null | tar -x -C "$ROOTFS"
  mkdir -p "$ROOTFS"/{proc,dev,sys,tmp,root,run}
}

# oci ARGS...: runs the runtime; sets status, output (stdout) and stderr. By files, for a container in
# the background keeps open what it was given.
oci()
{
  local out=$BATS_TEST_TMPDIR/out.$BASHPID.$RANDOM

  timeout -k 5 "${SB_TIMEOUT:-60}" "$OCI" --root "$ROOT" "$@" >"$out" 2>"$out.err" </dev/null 3>&- &&
    status=0 || status=$?
  output=$(cat "$out")
  stderr=$(cat "$out.err")
  rm -f "$out" "$out.err"
}

# oci_ok ARGS...: demands success. oci_fail STATUS TEXT ARGS...: that status, nothing on stdout, and
# one line on standard error with TEXT in it.
oci_ok()
{
  oci "$@"
  [ "$status" -eq 0 ] || {
    printf 'sandbox-oci %s: status %s\nstdout: %s\nstderr: %s\n' "$*" "$status" "$output" "$stderr" >&2
    return 1
  }
}

oci_fail()
{
  local want=$1 text=$2

  shift 2
  oci "$@"
  if [ "$status" -ne "$want" ] || [ -n "$output" ] || [[ $stderr != *"$text"* ]] ||
    [ "$(wc -l <<<"$stderr")" -ne 1 ]; then
    printf 'sandbox-oci %s: status %s, wanted %s and "%s"\nstdout: %s\nstderr: %s\n' "$*" "$status" \
      "$want" "$text" "$output" "$stderr" >&2
    return 1
  fi
}

# bundle [PYTHON]: a bundle for this user, changed by statements on c, the configuration.
bundle()
{
  BUNDLE=$(mktemp -d "$BATS_TEST_TMPDIR/bundle.XXXXXX")
  "$OCI" spec --rootless --bundle "$BUNDLE"
  ROOTFS=$ROOTFS python3 - "$BUNDLE/config.json" "${1:-}" <<'EOF'
import json, os, sys
c = json.load(open(sys.argv[1]))
c['root']['path'] = os.environ['ROOTFS']
c['process']['terminal'] = False
c['process']['args'] = ['sleep', '1000']
exec(sys.argv[2])
json.dump(c, open(sys.argv[1], 'w'))
EOF
}

# status_of ID, pid_of ID: fields of its state.
status_of() { "$OCI" --root "$ROOT" state "$1" | python3 -c 'import json,sys; print(json.load(sys.stdin)["status"])'; }
pid_of() { "$OCI" --root "$ROOT" state "$1" | python3 -c 'import json,sys; print(json.load(sys.stdin)["pid"])'; }
is() { [ "$(status_of "$1")" = "$2" ]; }

# oci_clean: deletes all containers; nothing may be left in ROOT.
oci_clean()
{
  local id left

  for id in $("$OCI" --root "$ROOT" list -q); do
    "$OCI" --root "$ROOT" delete --force "$id"
  done
  left=$(ls -A "$ROOT" 2>/dev/null || :)
  [ -z "$left" ] || {
    printf 'left in --root: %s\n' "$left" >&2
    return 1
  }
}
