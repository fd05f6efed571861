#!/bin/sh
# The command-line client. Hands everything to the zkCli program beside this script.

unset CDPATH
ZOOBIN=$(dirname "$0")
[ -f "$ZOOBIN/zkEnv.sh" ] || ZOOBIN=$(dirname "$(readlink -f "$0")")
ZOOBINDIR=$(cd "$ZOOBIN" && pwd)
. "$ZOOBINDIR/zkEnv.sh"

if [ -x "$ZOOBINDIR/zkCli" ]; then
  exec "$ZOOBINDIR/zkCli" "$@"
fi
echo "zkCli.sh: this installation has no command-line client ($ZOOBINDIR/zkCli)." >&2
echo "Any ZooKeeper client works with the server, Apache ZooKeeper's own zkCli.sh among them." >&2
exit 1
