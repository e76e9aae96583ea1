#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Fetching from a mirror: a real nginx, with TLS by a private authority, and a server
# that behaves badly on request. All on loopback.

bats_require_minimum_version 1.5.0
load ../lib/common
load image

# free_port: one that nobody listens on now.
free_port()
{
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

make_authority()
{
  cd "$1" || return
  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 \
    -subj /CN=authority 2>/dev/null
  openssl req -newkey rsa:2048 -nodes -keyout key.pem -out req.pem -subj /CN=localhost 2>/dev/null
  printf 'subjectAltName=DNS:localhost\n' >ext
  openssl x509 -req -in req.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext \
    -out cert.pem 2>/dev/null
}

start_nginx()
{
  local d=$1

  HTTP=$(free_port)
  HTTPS=$(free_port)
  cat >"$d/nginx.conf" <<END
pid $d/nginx.pid;
error_log $d/error.log;
worker_processes 1;
events { worker_connections 64; }
http {
  access_log $d/access.log;
  client_body_temp_path $d/t; proxy_temp_path $d/t; fastcgi_temp_path $d/t;
  uwsgi_temp_path $d/t; scgi_temp_path $d/t;
  limit_req_zone \$uri zone=one:1m rate=1r/s;
  server {
    listen 127.0.0.1:$HTTP;
    root $d/www;
    location /e500/ { return 500; }
  }
  server {
    listen 127.0.0.1:$HTTPS ssl;
    ssl_certificate $d/cert.pem;
    ssl_certificate_key $d/key.pem;
    root $d/www;
    location /down/ { return 302 http://127.0.0.1:$HTTP/alpine/; }
    location /side/ { rewrite ^/side/(.*) https://localhost:$HTTPS/alpine/\$1 redirect; }
  }
}
END
  nginx -e "$d/error.log" -p "$d" -c "$d/nginx.conf" 3>&-
}

setup_file()
{
  file_setup
  local c d=$BATS_FILE_TMPDIR/web

  for c in nginx openssl python3; do
    command -v "$c" >/dev/null || return 0
  done
  mkdir -p "$d/www" "$d/tmp"
  BATS_TEST_TMPDIR=$d/tmp mirror_tree "$d/www/alpine" v3.20 3.20.2 3.20.3
  cp -r "$d/www/alpine/v3.20" "$d/www/alpine/latest-stable"
  (make_authority "$d")
  start_nginx "$d"
  python3 "$BATS_TEST_DIRNAME/nasty.py" "$d/www" "$d/port" "$d/requests" 3>&- &
  echo $! >"$d/nasty.pid"
  eventually 10 test -e "$d/port"
  NASTY=http://127.0.0.1:$(cat "$d/port")
  export WEB=$d HTTP HTTPS NASTY
  export SSL_CERT_FILE=$d/ca.pem
}

teardown_file()
{
  [ -z "${WEB:-}" ] || {
    kill "$(cat "$WEB/nasty.pid")" || true
    kill "$(cat "$WEB/nginx.pid")" || true
    eventually 5 test ! -e "$WEB/nginx.pid"
  }
  file_teardown
}

setup()
{
  need nginx openssl python3
  new_store
  : >"$WEB/access.log"
  : >"$WEB/requests"
}
teardown() { drop_store; }

good() { [ "$(cat "$(layer_of)/etc/release")" = "mirror $1" ]; }
served() { grep -c "GET .*$1" "$WEB/access.log" || true; }
asked() { grep -c "$1" "$WEB/requests" || true; }
# empty_store: nothing of a failed download is there.
empty_store()
{
  store_clean
  [ -z "$(find "$STORE/layers" "$STORE/blobs" "$STORE/refs" -type f)" ]
}

@test "https with a private authority: newest, a branch, a version, and no second download" {
  img_ok "mirror=https://localhost:$HTTPS/alpine/" ready alpine
  [[ $output == "ref alpine:3.20.3"* ]]
  good 3.20.3
  img_ok "mirror=https://localhost:$HTTPS/alpine" ready alpine
  [ "$(served latest-releases)" = 1 ]
  img_ok "mirror=https://localhost:$HTTPS/alpine" ready alpine:3.20
  img_ok "mirror=https://localhost:$HTTPS/alpine" ready alpine:3.20.3
  good 3.20.3
}

@test "a version that is not in the list any more: its sha256 file beside it" {
  img_ok "mirror=https://localhost:$HTTPS/alpine" ready alpine:3.20.2
  [[ $output == "ref alpine:3.20.2"* ]]
  good 3.20.2
  [ "$(served '3.20.2.*sha256')" = 1 ]
  img_fails "no such file (404)" "mirror=https://localhost:$HTTPS/alpine" ready alpine:3.20.9
}

@test "a certificate of an unknown authority, or for another name, is refused" {
  SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt img_fails "SSL_CERT_FILE" \
    "mirror=https://localhost:$HTTPS/alpine" ready alpine
  img_fails "127.0.0.1'" "mirror=https://127.0.0.1:$HTTPS/alpine" ready alpine
  empty_store
}

@test "plain http only by name; a redirect never leaves https" {
  img_ok "mirror=http://127.0.0.1:$HTTP/alpine" ready alpine
  good 3.20.3
  [ -z "$stderr" ]
  img_fails "redirected away from https" "mirror=https://localhost:$HTTPS/down" ready alpine:3.20
  img_ok "mirror=https://localhost:$HTTPS/side" ready alpine:3.20
  good 3.20.3
}

@test "mirrors that cannot be addresses are refused" {
  img_fails "is not an address" mirror=ftp://x/ ready alpine
  img_fails "is not an address" mirror=file:///etc ready alpine
  img_fails "not a plain address" mirror=https://user:secret@host/x ready alpine
  img_fails "not a plain address" "mirror=https://host/x?y" ready alpine
  img_fails "has no host" mirror=https:///x ready alpine
}

@test "several mirrors are tried in order" {
  img_ok "mirror=https://localhost:1/a $NASTY/always/404 https://localhost:$HTTPS/alpine" ready alpine
  good 3.20.3
  [ "$(asked always)" = 1 ]
}

@test "the downloaded tarball is kept: another map needs no network" {
  need_subids
  img_ok "mirror=https://localhost:$HTTPS/alpine" ready alpine
  img_ok mirror=https://localhost:1/nowhere map=sub ready alpine
  [ "$(sed -n 's/^digest sha256://p' <<<"$output")" = "$(ls "$STORE/blobs/sha256")" ]
  echo damaged >"$STORE/blobs/sha256/$(ls "$STORE/blobs/sha256")"
  remove_tree "$STORE/layers"
  img_fails "cannot unpack alpine:3.20.3" map=sub ready alpine
  tarball "$STORE/blobs/sha256/$(ls "$STORE/blobs/sha256")" another
  img_fails "was damaged in the store and is removed" map=sub ready alpine
  [ -z "$(ls "$STORE/blobs/sha256")" ]
  store_clean
}

@test "pull always, newer and never" {
  local tree=$WEB/www/pull
  mirror_tree "$tree" latest-stable 3.20.3
  img_fails "leave --pull=never out" pull=never "mirror=https://localhost:$HTTPS/pull" ready alpine
  img_ok pull=newer "mirror=https://localhost:$HTTPS/pull" ready alpine
  img_ok pull=always "mirror=https://localhost:$HTTPS/pull" ready alpine
  [ "$(served 'tar.gz ')" = 1 ]
  mirror_tree "$tree" latest-stable 3.21.0
  img_ok "mirror=https://localhost:$HTTPS/pull" ready alpine
  [[ $output == "ref alpine:3.20.3"* ]]
  img_ok pull=newer "mirror=https://localhost:$HTTPS/pull" ready alpine
  [[ $output == "ref alpine:3.21.0"* ]]
  img_ok pull=newer mirror=https://localhost:1/x ready alpine
  [[ $output == "ref alpine:3.21.0"* ]]
  [[ $stderr == *"falling back to what is here"* ]]
  img pull=always mirror=https://localhost:1/x ready alpine
  [ "$status" = 125 ]
  mini 3.22.0
  img_ok pull=newer "mirror=https://localhost:$HTTPS/pull" ready alpine
  [[ $output == "ref alpine:3.22.0"* ]]
}

@test "bytes that are not what the list says: sha256, sha512, size" {
  local f tree=$WEB/www/bad list

  mirror_tree "$tree" latest-stable 3.20.3
  list=$tree/latest-stable/releases/$ARCH/latest-releases.yaml
  cp "$list" "$list.good"
  f=$(ls "$tree/latest-stable/releases/$ARCH/"*.tar.gz)
  printf x | dd of="$f" bs=1 seek=100 conv=notrunc status=none
  img_fails "has the sha256" "mirror=https://localhost:$HTTPS/bad" ready alpine
  empty_store
  mirror_tree "$tree" latest-stable 3.20.3
  sed -i 's/sha512: ../sha512: 00/' "$list"
  img_fails "sha512" "mirror=https://localhost:$HTTPS/bad" ready alpine
  empty_store
  mirror_tree "$tree" latest-stable 3.20.3
  truncate -s -100 "$f"
  img_fails "bytes where the mirror's list says" "mirror=https://localhost:$HTTPS/bad" ready alpine
  mirror_tree "$tree" latest-stable 3.20.3
  echo more >>"$f"
  img_fails "there should be" "mirror=https://localhost:$HTTPS/bad" ready alpine
  empty_store
}

@test "lists that lack something, or are none" {
  local tree=$WEB/www/list list key

  for key in version file sha256; do
    mirror_tree "$tree" latest-stable 3.20.3
    list=$tree/latest-stable/releases/$ARCH/latest-releases.yaml
    sed -i "/^  $key: /d" "$list"
    img_fails "lacks the $key" "mirror=https://localhost:$HTTPS/list" ready alpine
  done
  mirror_tree "$tree" latest-stable 3.20.3
  sed -i 's|^  file: .*|  file: ../../../../etc/passwd|' "$list"
  img_fails "names the file" "mirror=https://localhost:$HTTPS/list" ready alpine
  echo '<html>' >"$list"
  img_fails "is not a list" "mirror=https://localhost:$HTTPS/list" ready alpine
  : >"$list"
  img_fails "lists no minirootfs" "mirror=https://localhost:$HTTPS/list" ready alpine
  rm "$list"
  img_fails "no such file (404)" "mirror=https://localhost:$HTTPS/list" ready alpine
  empty_store
}

@test "what passes is tried again: 429, 500, 503, a cut body is continued" {
  local code

  for code in 429 500 503; do
    STORE=$BATS_TEST_TMPDIR/store.$code img_ok "mirror=$NASTY/once/$code/alpine" ready alpine
    good 3.20.3
    remove_tree "$BATS_TEST_TMPDIR/store.$code"
  done
  img_ok "mirror=$NASTY/cut/alpine" ready alpine
  good 3.20.3
  grep -q 'tar.gz bytes=[1-9]' "$WEB/requests"
}

@test "a server that cannot continue sends all of it, or is found out" {
  img_ok "mirror=$NASTY/cut200/alpine" ready alpine
  good 3.20.3
  img_fails "another part than asked for" "mirror=$NASTY/cut206/alpine" ready alpine:3.20
}

@test "what does not pass ends at once; five tries at most" {
  img_fails "status 403" "mirror=$NASTY/always/403" ready alpine
  [ "$(asked always)" = 1 ]
  : >"$WEB/requests"
  IMG_TIMEOUT=90 img_fails "tried 5 times" "mirror=$NASTY/always/500" ready alpine
  [ "$(asked always)" = 5 ]
}

@test "a server that says nothing, stalls, or never ends" {
  local start=$SECONDS

  img_fails "too slow" timeout=4s "mirror=$NASTY/hang/alpine" ready alpine
  img_fails "too slow" timeout=4s "mirror=$NASTY/stall/alpine" ready alpine
  [ $((SECONDS - start)) -lt 20 ]
  img_fails "there should be" "mirror=$NASTY/endless/alpine" ready alpine
  img_fails "there should be" "mirror=$NASTY/more/alpine" ready alpine
  img_fails "cannot be fetched" timeout=10s "mirror=$NASTY/header/alpine" ready alpine
  empty_store
}

@test "redirects: five are followed, six are not" {
  img_ok "mirror=$NASTY/redir/5/alpine" ready alpine
  img_fails "redirected more than 5 times" "mirror=$NASTY/redir/6/alpine" ready alpine:3.20
}

@test "eight at once download once" {
  local i pids=()

  for i in 1 2 3 4 5 6 7 8; do
    "$DRIVER" "store=$STORE" "path=$IMGDIR" "mirror=https://localhost:$HTTPS/alpine" ready alpine \
      >"$BATS_TEST_TMPDIR/out.$i" 2>"$BATS_TEST_TMPDIR/err.$i" 3>&- &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i"; done
  [ "$(served 'tar.gz ')" = 1 ]
  [ "$(cat "$BATS_TEST_TMPDIR"/out.? | sort -u | wc -l)" = 3 ]
  store_clean
}

@test "kill -9 in the middle of a download: the helper dies, the next command sweeps" {
  local pid

  leaks_before
  "$DRIVER" "store=$STORE" "path=$IMGDIR" "mirror=$NASTY/stall/alpine" ready alpine \
    >/dev/null 2>&1 3>&- &
  pid=$!
  eventually 10 grep -q 'tar.gz' "$WEB/requests"
  eventually 10 test -n "$(ls "$STORE/tmp")"
  kill -9 "$pid"
  wait "$pid" || true
  check_leaks_of_fetch
  img_ok "mirror=https://localhost:$HTTPS/alpine" ready alpine
  good 3.20.3
  store_clean
  check_leaks
}

check_leaks_of_fetch() { eventually 5 eval "! pgrep -u \$(id -u) -x sandbox-fetch"; }

@test "progress is shown on a terminal when it takes long, and taken away" {
  need script
  # shellcheck disable=SC2016 # expanded inside
  run script -qec 'stty cols 60; "$DRIVER" store="$STORE" timeout=4s mirror="$NASTY/stall/alpine" ready alpine' /dev/null
  [ "$status" -eq 125 ]
  [[ $output == *"fetching alpine: "*" of "*" %"* ]]
  [[ $output == *$'\r\e[K'*"image_driver: alpine for"* ]]
}

@test "no space for the download: one line, nothing left" {
  # shellcheck disable=SC2016
  run unshare -Urm sh -c 'mount -t tmpfs -o size=64k none "$STORE" &&
    mkdir "$STORE/x" && head -c 40000 /dev/zero >"$STORE/x/fill"
    "$DRIVER" "store=$STORE" "path=$IMGDIR" "mirror=$0" sync=false ready alpine; rc=$?
    find "$STORE/tmp" "$STORE/layers" "$STORE/blobs/sha256" -mindepth 1; exit $rc' \
    "https://localhost:$HTTPS/alpine"
  [ "$status" -eq 125 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == *"no space left on the file system of $STORE"* ]]
}

@test "a proxy from the environment is used, and no_proxy" {
  https_proxy=http://127.0.0.1:1 no_proxy='' NO_PROXY='' img_fails "127.0.0.1 port 1" \
    "mirror=https://localhost:$HTTPS/alpine" ready alpine
  https_proxy=http://127.0.0.1:1 no_proxy=localhost img_ok \
    "mirror=https://localhost:$HTTPS/alpine" ready alpine
}

@test "sandbox-fetch is confined before it talks, and started by hand it refuses" {
  need strace
  local t=$BATS_TEST_TMPDIR/trace

  # LeakSanitizer cannot work under strace.
  ASAN_OPTIONS=detect_leaks=0 strace -f -o "$t" "$DRIVER" "store=$STORE" "path=$IMGDIR" \
    "mirror=https://localhost:$HTTPS/alpine" ready alpine
  # No connection of any kind before the filter, and some after it.
  awk '/execve\(.*sandbox-fetch|execveat\(.*sandbox-fetch/ { fetch = 1 }
    !fetch { next }
    /seccomp\(SECCOMP_SET_MODE_FILTER/ { filter = 1 }
    /connect\(/ { if (filter) late++; else early++ }
    END { exit !(late > 0 && !early) }' "$t"
  run "${DRIVER%/*}/sandbox-fetch" arch=x86_64 </dev/null
  [ "$status" -eq 125 ]
}
