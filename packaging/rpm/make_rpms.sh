#!/bin/sh
# make_rpms.sh portable|plain BUILD OUTPUT [ARGUMENT...]: the RPMs of a build that is there already. OUTPUT gets zookernel-*.rpm.
#
# The arguments go to rpmbuild, for example --define 'package_release 2'.
# With ZOOKERNEL_RPM_KEY, the id of a key in gpg's ring, they are signed.
set -eu
kind=$1 build=$(cd "$2" && pwd)
mkdir -p "$3"
output=$(cd "$3" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
shift 3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$source" log -1 --format=%ct)}
export SOURCE_DATE_EPOCH

set -- "$@" --define "_topdir $work" --define "_dbpath $work/rpmdb" --define "zookernel_build $build" --define "zookernel_source $source" \
  --define "plugin_abi $(sed -n 's/.*ZOOKERNEL_ABI_HASH 0x\([0-9a-f]*\).*/\1/p' "$build/sdk/include/zookernel/sdk_hash.h")"
if [ "$kind" = portable ]; then
  python3 "$source/packaging/portable/third_parties.py" provides "$build" |
    sed 's/\(.*\) \(.*\)/Provides: bundled(\1) = \2/' > "$work/bundled"
  set -- "$@" --with portable --define "bundled_provides $work/bundled" --define 'dist %{nil}'
fi
# Libraries of Debian have other names than those of the systems that the package is for.
rpmbuild --quiet --load="$here/portable.macros" -bb --nodeps "$@" "$here/zookernel.spec" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
[ -z "${ZOOKERNEL_RPM_KEY:-}" ] ||
  rpmsign --load="$here/portable.macros" --define "_gpg_name $ZOOKERNEL_RPM_KEY" --define '_gpg_digest_algo sha256' --addsign "$work"/RPMS/*/*.rpm >/dev/null
cp "$work"/RPMS/*/*.rpm "$output/"
