# SPDX-License-Identifier: GPL-2.0-or-later
#
# For tests/net/*.bats: `outer SCRIPT` runs SCRIPT as the root of a user, network
# and mount namespace that stands for the host: it has the addresses 192.0.2.1
# and 2001:db8::1 and an /etc of its own. Nothing leaves the machine.

DRIVER=${top_builddir:-build}/net_driver
PEER=${top_builddir:-build}/net_peer
export DRIVER PEER
export PATH=$PATH:/usr/sbin:/sbin

# Runs inside the outer namespaces, before each script.
# shellcheck disable=SC2016 # expanded there
outer_setup='
set -e
ip link set lo up
ip link add v0 type veth peer name v1
ip addr add 192.0.2.1/24 dev v0
ip addr add 2001:db8::1/64 dev v0 nodad
ip link set v0 up
ip link set v1 up
ip route add default via 192.0.2.254 dev v0
mount -t tmpfs none /mnt
mkdir /mnt/etc
cp -r /etc/passwd /etc/group /etc/nsswitch.conf /etc/protocols /etc/services /etc/ld.so.cache \
  /etc/alternatives /etc/host.conf /mnt/etc 2>/dev/null || true
mount --bind /mnt/etc /etc
echo "nameserver 192.0.2.1" >/etc/resolv.conf
: >/etc/hosts
set +e

# server ARG...: starts net_peer ARG... and waits until it listens; its stderr goes to $log
log=/mnt/log
server() {
  local out
  out=$(mktemp -u /mnt/fifo.XXXXXX)
  mkfifo "$out"
  "$PEER" "$@" >"$out" 2>>"$log" &
  server_pid=$!
  read -r _ <"$out"
}

# helper_pid: of the sandbox-net that this namespace is served by
helper_pid() {
  local p
  for p in /proc/[0-9]*; do
    [ "$(readlink "$p/ns/user" 2>/dev/null)" ] || continue
    [ "$(cat "$p/comm" 2>/dev/null)" = sandbox-net ] && grep -q "^State:.[^Z]" "$p/status" &&
      echo "${p#/proc/}"
  done
}
'

# outer SCRIPT [unshare option...]
outer()
{
  local script=$1
  shift
  unshare --user --map-root-user --map-auto --net --mount --pid --fork --kill-child --mount-proc \
    "$@" bash -c "$outer_setup$script"
}

need_outer()
{
  command -v ip >/dev/null || skip 'iproute2 is not installed'
  [ -c /dev/net/tun ] || skip '/dev/net/tun is not there'
  unshare --user --map-root-user --map-auto --net --mount true 2>/dev/null ||
    skip 'no subordinate ids for this user, or user namespaces are off'
}
