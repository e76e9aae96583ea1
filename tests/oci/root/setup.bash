# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Engines whose daemons only root can start, as their real packages. `make check` runs as a
# normal user and leaves these out; contrib/check runs them when it was started as root.
#
#   OCI_USER=NAME    who jobs are run as: a user with subordinate ids, who can run $SANDBOX

bats_require_minimum_version 1.5.0
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# root_setup PROGRAM...: call from setup_file; D is a folder that everybody can enter, or empty
# where the file has to be skipped.
root_setup()
{
  local p

  export D='' WHY=''
  [ "$(id -u)" -eq 0 ] || WHY='only root can start these daemons'
  id -u "${OCI_USER:-nobody}" >/dev/null 2>&1 && grep -q "^${OCI_USER:-nobody}:" /etc/subuid ||
    WHY=${WHY:-'OCI_USER is no user with subordinate ids'}
  for p in "$@"; do
    command -v "$p" >/dev/null || WHY=${WHY:-"$p is not installed"}
  done
  [ -z "$WHY" ] || return 0
  D=$(mktemp -d /tmp/sb-root.XXXXXX)
  chmod 755 "$D"
  OCI=${SANDBOX%/*}/sandbox-oci
  export OCI
}

# need_root_setup: call from setup.
need_root_setup() { [ -n "$D" ] || skip "$WHY"; }

# as_user CMD...
as_user()
{
  (cd / && runuser -u "$OCI_USER" -- env -i HOME="$(getent passwd "$OCI_USER" | cut -d: -f6)" \
    USER="$OCI_USER" PATH="$PATH" SANDBOX="$SANDBOX" OCI="$OCI" D="$D" ${SLURM_CONF:+SLURM_CONF="$SLURM_CONF"} "$@")
}

# rootfs DIR: a root file system with busybox in it, the user's own.
rootfs()
{
  # shellcheck disable=SC2016 # expanded by the user's shell
  as_user sh -c 'mkdir -p "$1" && "$SANDBOX" run --network none busybox tar -c -C / bin sbin usr etc lib |
    tar -x -C "$1" && cd "$1" && mkdir -p proc dev sys tmp root run' sh "$1"
}

# eventually SECONDS CMD...: until CMD succeeds, at most so long.
eventually()
{
  local end=$((SECONDS + $1))

  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || {
      echo "not within the time: $*" >&2
      return 1
    }
    sleep 0.1
  done
}
