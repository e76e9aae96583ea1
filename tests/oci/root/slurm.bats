#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Slurm on one machine with contrib/slurm/oci.conf: steps, batch jobs, cancel, clean-up.

load setup

setup_file()
{
  root_setup slurmctld slurmd munged srun sbatch scancel
  [ -n "$D" ] || return 0
  HOST=$(hostname -s)
  mkdir "$D/state" "$D/spool" "$D/log" "$D/states"
  chmod 1777 "$D/states"
  mkdir "$D/user" && chown "$OCI_USER:" "$D/user"
  dd if=/dev/urandom of="$D/key" bs=128 count=1 2>/dev/null
  chmod 600 "$D/key"
  munged --force --key-file="$D/key" --socket="$D/munge" --pid-file="$D/munge.pid" \
    --log-file="$D/log/munge" --seed-file="$D/seed"
  export SLURM_CONF=$D/slurm.conf
  sed -e "s|\"sandbox-oci|\"$OCI|" -e "s|--root=/tmp/|--root=$D/states|" \
    "$BATS_TEST_DIRNAME/../../../contrib/slurm/oci.conf" >"$D/oci.conf"
  cat >"$SLURM_CONF" <<EOF
ClusterName=test
SlurmctldHost=$HOST(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=$D/munge
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
SlurmctldPort=16917
SlurmdPort=16918
StateSaveLocation=$D/state
SlurmdSpoolDir=$D/spool
SlurmctldPidFile=$D/slurmctld.pid
SlurmdPidFile=$D/slurmd.pid
SlurmctldLogFile=$D/log/slurmctld
SlurmdLogFile=$D/log/slurmd
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
KillWait=3
ReturnToService=2
NodeName=$HOST NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=$HOST Default=YES MaxTime=INFINITE State=UP
EOF
  slurmctld 3>&-
  slurmd 3>&-
  rootfs "$D/user/bundle/rootfs"
  as_user "$OCI" spec --rootless --bundle "$D/user/bundle"
  eventually 20 sh -c 'sinfo -h -o %T 2>/dev/null | grep -q idle'
}

teardown_file()
{
  local f

  [ -n "$D" ] || return 0
  for f in slurmd slurmctld munge; do
    [ ! -s "$D/$f.pid" ] || kill "$(cat "$D/$f.pid")" 2>/dev/null || :
  done
  sleep 1
  rm -rf "$D"
}

setup() { need_root_setup; }

# Everything that a job had is gone, and the job user has no process.
clean()
{
  [ -z "$(ls -A "$D/states")" ] && ! pgrep -u "$OCI_USER" -f "$D/user/bundle|sandbox-oci" >/dev/null
}
teardown()
{
  [ -z "$D" ] || eventually 20 clean || {
    ls -lA "$D/states" >&2
    tail -n 20 "$D/log/slurmd" >&2
    return 1
  }
}

@test "srun --container: inside the bundle, with the job's environment, output and exit code" {
  run -0 as_user timeout 60 srun --container="$D/user/bundle" sh -c 'cat /etc/passwd | head -n 1; id -u; echo job $SLURM_JOB_ID'
  [[ $output == *root:*0*"job "[0-9]* ]]
  run -7 as_user timeout 60 srun --container="$D/user/bundle" sh -c 'exit 7'
  run -127 as_user timeout 60 srun --container="$D/user/bundle" nosuch
  run -0 as_user sh -c 'echo input | timeout 60 srun --container="$D/user/bundle" cat'
  [[ $output == *input* ]]
}

@test "sbatch --container: the script runs inside, by the mounts that Slurm adds" {
  as_user sh -c 'printf "#!/bin/sh\nhead -n 1 /etc/passwd; hostname; echo done\n" >"$D/user/job.sh"'
  run -0 as_user timeout 60 sbatch --wait --container="$D/user/bundle" -o "$D/user/job.out" "$D/user/job.sh"
  run -0 cat "$D/user/job.out"
  [[ $output == *root:*sandbox*done* ]]
  as_user sh -c 'printf "#!/bin/sh\nexit 9\n" >"$D/user/job.sh"'
  run -9 as_user timeout 60 sbatch --wait --container="$D/user/bundle" -o "$D/user/job.out" "$D/user/job.sh"
}

@test "scancel ends a job whose process ignores TERM" {
  local id

  as_user sh -c 'printf "#!/bin/sh\ntrap : TERM\necho up\nwhile :; do sleep 0.2; done\n" >"$D/user/job.sh"'
  rm -f "$D/user/job.out"
  id=$(as_user sbatch --parsable --container="$D/user/bundle" -o "$D/user/job.out" "$D/user/job.sh")
  up() { grep -q up "$D/user/job.out" 2>/dev/null; }
  eventually 20 up
  [ -n "$(ls -A "$D/states")" ]
  run -0 as_user scancel "$id"
  gone() { ! squeue -h -j "$id" 2>/dev/null | grep -q .; }
  eventually 40 gone
}

@test "create and start in place of run: no output and no code, as Slurm has it, but it works and ends" {
  cp "$D/oci.conf" "$D/oci.conf.run"
  as_user sh -c 'rm -f "$D/user/bundle/rootfs/root/ran"'
  python3 - "$D/oci.conf.run" "$D/oci.conf" <<'EOF'
import sys
out = []
for line in open(sys.argv[1]):
    if line.startswith('RunTimeRun'):
        out.append(line.replace('RunTimeRun', 'RunTimeCreate').replace(' run ', ' create '))
        out.append(line.replace('RunTimeRun', 'RunTimeStart').replace(' run ', ' start ').replace(' -b %b', ''))
    else:
        out.append(line)
open(sys.argv[2], 'w').writelines(out)
EOF
  run -0 as_user timeout 60 srun --container="$D/user/bundle" sh -c 'sleep 0.3; echo lost'
  [[ $output != *lost* ]]
  cp "$D/oci.conf.run" "$D/oci.conf"
}
