#!/bin/sh
# make_protobuf.sh DIRECTORY: protobuf's small library as position independent code, DIRECTORY/libprotobuf-lite.a. Debian's archive holds
# thread-local variables as only programs may have them; this one, from the source package of the same release, can be part of a plugin.
set -eu

directory=$1
mkdir -p "$directory/lists/partial" "$directory/source"
directory=$(cd "$directory" && pwd)
version=$(dpkg-query -W -f '${source:Version}' libprotobuf-dev)
. /etc/os-release

cat > "$directory/debian.sources" <<TEXT
Types: deb-src
URIs: http://deb.debian.org/debian
Suites: $VERSION_CODENAME $VERSION_CODENAME-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb-src
URIs: http://deb.debian.org/debian-security
Suites: $VERSION_CODENAME-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
TEXT
get() {
  apt-get -q -o Dir::Etc::SourceParts=/dev/null -o "Dir::Etc::SourceList=$directory/debian.sources" \
    -o "Dir::State::Lists=$directory/lists" -o APT::Sandbox::User=root "$@"
}
cd "$directory/source"
ls protobuf_*.dsc >/dev/null 2>&1 || { get update; get source --download-only "protobuf=$version"; }
[ -d tree ] || dpkg-source -x protobuf_*.dsc tree

# The prefix map keeps the place of this build out of what is built.
cmake -S tree -B ../build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_POSITION_INDEPENDENT_CODE=ON -Dprotobuf_BUILD_TESTS=OFF \
  -Dprotobuf_BUILD_PROTOC_BINARIES=OFF -Dprotobuf_WITH_ZLIB=OFF -DCMAKE_CXX_FLAGS="-O2 -ffunction-sections -fvisibility=hidden \
-fstack-protector-strong -D_FORTIFY_SOURCE=2 -ffile-prefix-map=$directory=/usr/src/protobuf"
cmake --build ../build --target libprotobuf-lite -j "${ZOOKERNEL_JOBS:-2}"
cp ../build/libprotobuf-lite.a "$directory/libprotobuf-lite.a"
