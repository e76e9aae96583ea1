# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Records of containers as the store has them, for commands that only read them.

# sealed FILE JSON: a file with its checksum.
sealed()
{
  local crc

  crc=$(printf '%s' "$2" | gzip -c | tail -c 8 | head -c 4 | od -An -tx1 | awk '{ print $4 $3 $2 $1 }')
  printf '%s\n{"crc32":"%s"}\n' "$2" "$crc" >"$1"
}

# record DIGITS NAME STATE EXIT_CODE [AGE [MORE]]: a container whose id is those digits again and
# again, created AGE seconds ago (60), started and ended a second later. MORE: members to add.
record()
{
  local id created

  id=$(printf "$1%.0s" {1..64} | cut -c 1-64)
  created=$(($(date +%s) - ${5:-60}))
  mkdir -p "$STORE/containers/$id"
  sealed "$STORE/containers/$id/state.json" '{"version":1,"id":"'"$id"'","name":"'"$2"'",
"image":"busybox","command":["sh","-c","echo something long"],"labels":["tier=web","n'"$2"'"],
"state":"'"$3"'","boot":"none","created":'"$created"'000000000,"started":'$((created + 1))'000000000,
"finished":'$((created + 2))'000000000,"exit_code":'"$4"',"supervisor":0,"pid":0,"pid_start":0,
"remove":false,"restarts":0,"error":null,"health":null'"${6:-}"'}'
  ln -sfn "$id" "$STORE/containers/name-$2"
}
