#!/bin/sh
# Removes old snapshots and logs of the configured directories, as Apache ZooKeeper's script of this name: zkCleanup.sh -n COUNT
#
# The directories are read by the server's own parser. It may run beside the server: nothing that is removed is needed by it.

unset CDPATH
ZOOBIN=$(dirname "$0")
[ -f "$ZOOBIN/zkEnv.sh" ] || ZOOBIN=$(dirname "$(readlink -f "$0")")
ZOOBINDIR=$(cd "$ZOOBIN" && pwd)
. "$ZOOBINDIR/zkEnv.sh"

data_dir=$("$ZOOKERNEL_SERVER" --print-config dataDir "$ZOOCFG" 2>/dev/null)
log_dir=$("$ZOOKERNEL_SERVER" --print-config dataLogDir "$ZOOCFG" 2>/dev/null)
if [ -z "$data_dir" ]; then
  echo "zkCleanup.sh: dataDir cannot be read from $ZOOCFG" >&2
  "$ZOOKERNEL_SERVER" --check-config "$ZOOCFG" 2>&1 >/dev/null | sed -n '1,10p' >&2
  exit 1
fi
exec "$ZOOBINDIR/zookernel-db" purge-txn-log "${log_dir:-$data_dir}" "$data_dir" "$@"
