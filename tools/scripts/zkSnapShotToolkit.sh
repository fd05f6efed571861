#!/bin/sh
# Prints a snapshot, as Apache ZooKeeper's script of this name.

unset CDPATH
ZOOBIN=$(dirname "$0")
[ -f "$ZOOBIN/zkEnv.sh" ] || ZOOBIN=$(dirname "$(readlink -f "$0")")
ZOOBINDIR=$(cd "$ZOOBIN" && pwd)
. "$ZOOBINDIR/zkEnv.sh"

exec "$ZOOBINDIR/zookernel-db" snapshot-formatter "$@"
