#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packs the image that is always there: a static busybox with a link for every
# applet, and the few files that programs expect. The same input gives the same
# bytes: names are sorted, owners and times fixed.
# Usage: busybox-image.sh BUSYBOX OUTPUT.tar.gz
set -eu
busybox=$1
output=$2

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
umask 022

cd "$root"
mkdir -p bin sbin usr/bin usr/sbin usr/lib lib dev proc sys run etc root home var/log var/tmp \
  var/spool mnt opt tmp srv etc/profile.d
chmod 0755 .
chmod 0700 root
chmod 1777 tmp var/tmp
cp "$busybox" bin/busybox
chmod 0755 bin/busybox
"$busybox" --list-full | while read -r applet; do
  case $applet in
    bin/busybox | linuxrc) continue ;;
    bin/* | sbin/* | usr/bin/* | usr/sbin/*) ln bin/busybox "$applet" ;;
    *) ln bin/busybox "bin/${applet##*/}" 2>/dev/null || true ;;
  esac
done

cat >etc/passwd <<'EOF'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
mail:x:8:8:mail:/var/mail:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
operator:x:37:37:operator:/var:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
EOF
cat >etc/group <<'EOF'
root:x:0:
daemon:x:1:
bin:x:2:
adm:x:4:
tty:x:5:
disk:x:6:
mail:x:8:
wheel:x:10:root
audio:x:29:
www-data:x:33:
users:x:100:
nogroup:x:65534:
EOF
cat >etc/profile <<'EOF'
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PS1='\h:\w\$ '
umask 022
for script in /etc/profile.d/*.sh; do
  [ -r "$script" ] && . "$script"
done
unset script
EOF
cat >etc/os-release <<'EOF'
NAME="sandbox busybox"
ID=busybox
PRETTY_NAME="busybox, the image built into sandbox"
EOF
cat >etc/nsswitch.conf <<'EOF'
hosts: files dns
EOF
# Mount points of the files that each container gets its own of.
: >etc/hosts
: >etc/hostname
: >etc/resolv.conf

cd "$OLDPWD"
tar --create --format=posix --pax-option=delete=atime,delete=ctime --sort=name --mtime=@0 \
  --owner=0 --group=0 --numeric-owner --directory "$root" . | gzip -9n >"$output.tmp"
mv "$output.tmp" "$output"
