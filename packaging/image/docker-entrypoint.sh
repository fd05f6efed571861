#!/bin/sh
# Entry point with the variables of the official image of Apache ZooKeeper. A zoo.cfg that is mounted into ZOO_CONF_DIR is left alone, and so is
# a myid.
set -e

# Root gives up its rights, and hands the directories to the user of the service first.
if [ "$1" = zkServer.sh ] && [ "$(id -u)" = 0 ]; then
  chown -R zookeeper:zookeeper "$ZOO_DATA_DIR" "$ZOO_DATA_LOG_DIR" "$ZOO_LOG_DIR" "$ZOO_CONF_DIR"
  exec su -m -s /bin/sh zookeeper "$0" "$@"
fi

if [ ! -f "$ZOO_CONF_DIR/zoo.cfg" ]; then
  {
    echo "dataDir=$ZOO_DATA_DIR"
    echo "dataLogDir=$ZOO_DATA_LOG_DIR"
    echo "tickTime=$ZOO_TICK_TIME"
    echo "initLimit=$ZOO_INIT_LIMIT"
    echo "syncLimit=$ZOO_SYNC_LIMIT"
    echo "autopurge.snapRetainCount=$ZOO_AUTOPURGE_SNAPRETAINCOUNT"
    echo "autopurge.purgeInterval=$ZOO_AUTOPURGE_PURGEINTERVAL"
    echo "maxClientCnxns=$ZOO_MAX_CLIENT_CNXNS"
    echo "standaloneEnabled=$ZOO_STANDALONE_ENABLED"
    echo "admin.enableServer=$ZOO_ADMINSERVER_ENABLED"
    if [ -n "$ZOO_SERVERS" ]; then
      # Separated by blanks, or by ';' as in old releases of the official image, where no port of clients follows it.
      case $ZOO_SERVERS in
        *\;*' '* | *\;[0-9]*) servers=$ZOO_SERVERS ;;
        *) servers=$(echo "$ZOO_SERVERS" | tr ';' ' ') ;;
      esac
      for server in $servers; do echo "$server"; done
      # A server alone is told its port in words of its own as well.
      case $servers in
        *' '*\;[0-9]*) ;;
        *\;[0-9]*) echo "clientPort=${servers##*[;:]}" ;;
        *) echo "clientPort=2181" ;;
      esac
    else
      echo "clientPort=2181"
    fi
    [ -z "$ZOO_4LW_COMMANDS_WHITELIST" ] || echo "4lw.commands.whitelist=$ZOO_4LW_COMMANDS_WHITELIST"
    for line in $ZOO_CFG_EXTRA; do echo "$line"; done
  } > "$ZOO_CONF_DIR/zoo.cfg"
fi

[ -f "$ZOO_DATA_DIR/myid" ] || echo "${ZOO_MY_ID:-1}" > "$ZOO_DATA_DIR/myid"

exec "$@"
