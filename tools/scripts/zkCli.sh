#!/bin/sh
# The command-line client. Hands everything to the zkCli program beside this script.
#
#   zkCli.sh [--config DIRECTORY] [-server HOST:PORT[,HOST:PORT...][/CHROOT]] [OPTION...] [COMMAND [ARGUMENT...]]
#
# Of CLIENT_JVMFLAGS and JVMFLAGS the program looks at -Djute.maxbuffer and -Dzookeeper.client.secure. Everything else in them, and
# ZK_CLIENT_HEAP, is for a Java virtual machine, and there is none.

unset CDPATH
ZOOBIN=$(dirname "$0")
if [ ! -f "$ZOOBIN/zkEnv.sh" ] && [ ! -f "$ZOOBIN/../libexec/zkEnv.sh" ]; then
  ZOOBIN=$(dirname "$(readlink -f "$0")")
fi
ZOOBINDIR=$(cd "$ZOOBIN" && pwd)
if [ -f "$ZOOBINDIR/../libexec/zkEnv.sh" ]; then
  . "$ZOOBINDIR/../libexec/zkEnv.sh"
else
  . "$ZOOBINDIR/zkEnv.sh"
fi

if [ -x "$ZOOBINDIR/zkCli" ]; then
  exec "$ZOOBINDIR/zkCli" "$@"
fi
echo "zkCli.sh: this installation has no command-line client ($ZOOBINDIR/zkCli)." >&2
echo "Any ZooKeeper client works with the server, Apache ZooKeeper's own zkCli.sh among them." >&2
exit 1
