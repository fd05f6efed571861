#!/bin/sh
# arrange_tree.sh BUILD ROOT INIT_DIRECTORY VARIABLES_FILE: installs a build below ROOT as the packages of a distribution have it.
#
#   INIT_DIRECTORY   where scripts of System V init are, /etc/init.d
#   VARIABLES_FILE   where the variables of services are, /etc/default/zookernel or /etc/sysconfig/zookernel
#
# RPM's spec and Debian's rules both call it, so that a file has one place.
set -eu
umask 022
build=$1 root=$2 init_directory=$3 variables=$4
here=$(cd "$(dirname "$0")" && pwd)

DESTDIR=$root cmake --install "$build" --prefix /usr >/dev/null

# Configuration. The examples are no configuration of this machine.
mkdir -p "$root/etc/zookernel" "$root/usr/share/doc/zookernel/examples" "$root/var/lib/zookernel" "$root/var/log/zookernel"
# The build installs them to /usr/etc or /etc, depending on the prefix's meaning of "sysconfdir".
for samples in "$root/usr/etc/zookernel" "$root/etc/zookernel"; do
  [ -f "$samples/zoo_sample.cfg" ] || continue
  mv "$samples"/zk?.cfg "$samples/zoo_sample.cfg" "$root/usr/share/doc/zookernel/examples/"
done
rm -rf "$root/usr/etc"
install -m 644 "$root/usr/share/doc/zookernel/examples/zoo_sample.cfg" "$root/etc/zookernel/zoo.cfg"

service=$here/service
install -D -m 644 "$service/zookernel.service" "$root/usr/lib/systemd/system/zookernel.service"
install -D -m 644 "$service/zookernel.sysusers" "$root/usr/lib/sysusers.d/zookernel.conf"
install -D -m 644 "$service/zookernel.tmpfiles" "$root/usr/lib/tmpfiles.d/zookernel.conf"
install -D -m 644 "$service/zookernel.logrotate" "$root/etc/logrotate.d/zookernel"
install -D -m 755 "$service/zookernel.init" "$root$init_directory/zookernel"
install -D -m 644 "$service/zookernel.default" "$root$variables"

# What packages of plugins must name to fit this server.
mkdir -p "$root/usr/share/zookernel/sample-plugin"
sed -n 's/.*ZOOKERNEL_ABI_HASH 0x\([0-9a-f]*\).*/\1/p' "$root/usr/include/zookernel/sdk_hash.h" > "$root/usr/share/zookernel/plugin-abi"
cp "$here/../plugins/auth/example_token/token.cc" "$here/../plugins/auth/example_token/token_c.c" \
  "$here/../plugins/auth/example_token/CMakeLists.txt" "$root/usr/share/zookernel/sample-plugin/"
cp "$here/../sdk/README.md" "$root/usr/share/zookernel/sample-plugin/"
chmod 644 "$root"/usr/share/zookernel/sample-plugin/*
