#!/bin/sh
# make_debs.sh portable|plain BUILD OUTPUT [VERSION]: the .deb files of a build that is there already. OUTPUT gets zookernel*.deb.
#
# dpkg wants the folder debian at the top of a source tree, which this one is not: it is put together elsewhere, with what debian/rules needs.
set -eu
kind=$1 build=$(cd "$2" && pwd)
mkdir -p "$3"
output=$(cd "$3" && pwd) version=${4:-}
source=$(cd "$(dirname "$0")/../.." && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$source" log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
mkdir "$work/tree"
cp -r "$source/packaging" "$work/tree/packaging"
cp -r "$source/packaging/debian" "$work/tree/debian"
mkdir -p "$work/tree/plugins/auth" "$work/tree/sdk"
cp -r "$source/plugins/auth/example_token" "$work/tree/plugins/auth/"
cp "$source/sdk/README.md" "$work/tree/sdk/"
cd "$work/tree"
[ -z "$version" ] || sed -i "1s/(.*)/($version)/" debian/changelog
[ "$kind" = plain ] || { ZOOKERNEL_PORTABLE=1; export ZOOKERNEL_PORTABLE; echo usr/lib/zookernel/libzookernel-c++.so.6 >> debian/zookernel-tools.install; }
ZOOKERNEL_BUILD=$build dpkg-buildpackage -b -d -us -uc > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
cp "$work"/*.deb "$work"/*.changes "$work"/*.buildinfo "$output/"
