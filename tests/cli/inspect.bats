#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# inspect of containers and images: what there is, templates, what is not there or damaged

load ../lib/common
load ../lib/records
setup_file() { file_setup; }
teardown_file() { file_teardown; }

@test "a container: podman's names" {
  need python3
  record a1 apple exited 3
  expect 0 inspect apple
  python3 -c '
import json, sys
c, = json.load(sys.stdin)
assert c["Id"].startswith("a1a1") and len(c["Id"]) == 64
assert c["Name"] == "apple" and c["ImageName"] == "busybox"
assert c["Path"] == "sh" and c["Args"] == ["-c", "echo something long"]
s = c["State"]
assert s["Status"] == "exited" and s["ExitCode"] == 3 and not s["Running"] and s["Pid"] == 0
assert s["StartedAt"].startswith("20") and s["FinishedAt"] > s["StartedAt"]
assert c["Config"]["Labels"]["tier"] == "web"
assert c["Config"]["Cmd"][0] == "sh" and c["NetworkSettings"]["Ports"] == {}
' <<<"$output"
}

@test "templates" {
  record a1 apple exited 3
  record b2 berry created 0
  expect 0 inspect -f '{{.Name}} {{.State.Status}} {{.State.ExitCode}}' apple b2b2
  [ "$output" = $'apple exited 3\nberry created 0' ]
  expect 0 inspect --format '{{json .State.Running}}{{range .Args}}<{{.}}>{{end}}' apple
  [ "$output" = 'false<-c><echo something long>' ]
  expect 0 inspect --format '{{index .Config.Labels "tier"}}' apple
  [ "$output" = web ]
  one_line_error inspect -f '{{.Stat.Status}}' apple
  [[ $stderr == *"no field .Stat; there are .Id .Created"* ]]
  one_line_error inspect -f '{{shout .Name}}' apple
  one_line_error inspect -f '{{.Name' apple
}

@test "images, by name and by id; --type and the long forms" {
  local id

  expect 0 pull busybox
  expect 0 image inspect --format '{{.Id}} {{join .RepoTags ","}} {{.Os}}' busybox
  [[ $output =~ ^[0-9a-f]{64}\ busybox\ linux$ ]]
  id=${output%% *}
  expect 0 inspect --type image -f '{{.Digest}}' "${id:0:12}"
  [ "$output" = "sha256:$id" ]
  record a1 busybox exited 0
  expect 0 inspect -f '{{.Name}}' busybox
  [ "$output" = busybox ]
  expect 0 inspect --type image -f '{{.Os}}' busybox
  one_line_error container inspect "$id"
  one_line_error image inspect a1a1a1
  one_line_error inspect --type pod busybox
}

@test "what is not there: told behind what is" {
  record a1 apple exited 3
  one_line_error inspect nothere
  [[ $stderr == *'neither a container nor an image "nothere"'* ]]
  expect 125 inspect -f '{{.Name}}' nothere apple
  [ "$output" = apple ]
  [[ $stderr == *nothere* ]]
  one_line_error inspect
  expect 0 inspect -l -f '{{.Name}}'
}

@test "damaged records are named" {
  record a1 apple exited 3
  truncate -s 50 "$STORE"/containers/a1a1*/state.json
  one_line_error inspect a1a1
  [[ $stderr == *"state.json is damaged"* ]]
  record a1 apple exited 3
  echo x >"$(echo "$STORE"/containers/a1a1*)/config.json"
  one_line_error inspect apple
  [[ $stderr == *"config.json is damaged"* ]]
}
