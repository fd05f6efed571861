#!/bin/sh
# Sourced by the other scripts, with their arguments: finds the configuration and the programs.
#
# In:  ZOOBINDIR, and any of the variables below from the environment, zookeeper-env.sh or java.env.
# Out: ZOOKEEPER_PREFIX   the directory above bin
#      ZOOCFGDIR, ZOOCFG  the configuration directory, and the file in it with its directory
#      ZOO_LOG_DIR        where the .out file goes
#      ZOOKERNEL_SERVER   the server program
# A leading "--config DIRECTORY" is taken off the arguments.

ZOOBINDIR=${ZOOBINDIR:-/usr/bin}
ZOOKEEPER_PREFIX=$(cd "$ZOOBINDIR/.." && pwd)
[ "$ZOOKEEPER_PREFIX" != / ] || ZOOKEEPER_PREFIX=

if [ $# -gt 1 ] && [ "$1" = --config ]; then
  ZOOCFGDIR=$2
  shift 2
fi

if [ -z "$ZOOCFGDIR" ]; then
  if [ -e "$ZOOKEEPER_PREFIX/conf" ]; then
    ZOOCFGDIR=$ZOOKEEPER_PREFIX/conf
  elif [ "$ZOOKEEPER_PREFIX" = /usr ]; then
    # A machine that had Apache's package finds its configuration.
    ZOOCFGDIR=/etc/zookernel
    for candidate in /etc/zookeeper/conf /etc/zookeeper; do
      if [ -f "$candidate/${ZOOCFG:-zoo.cfg}" ]; then
        ZOOCFGDIR=$candidate
        break
      fi
    done
  else
    ZOOCFGDIR=$ZOOKEEPER_PREFIX/etc/zookeeper
  fi
fi

# Both may set any variable. java.env also carries flags of a Java virtual machine: their -Dzookeeper.x=y are settings.
if [ -f "$ZOOCFGDIR/zookeeper-env.sh" ]; then
  . "$ZOOCFGDIR/zookeeper-env.sh"
fi
if [ -f "$ZOOCFGDIR/java.env" ]; then
  . "$ZOOCFGDIR/java.env"
fi

ZOOCFG=$ZOOCFGDIR/${ZOOCFG:-zoo.cfg}

if [ -z "$ZOO_LOG_DIR" ]; then
  if [ "$ZOOKEEPER_PREFIX" = /usr ]; then
    ZOO_LOG_DIR=/var/log/zookernel
  else
    ZOO_LOG_DIR=$ZOOKEEPER_PREFIX/logs
  fi
fi

if [ -z "$ZOOKERNEL_SERVER" ]; then
  ZOOKERNEL_SERVER=$ZOOKEEPER_PREFIX/sbin/zookernel
  # An archive with Apache's layout has no sbin.
  [ -x "$ZOOKERNEL_SERVER" ] || [ ! -x "$ZOOBINDIR/zookernel" ] || ZOOKERNEL_SERVER=$ZOOBINDIR/zookernel
fi

export SERVER_JVMFLAGS CLIENT_JVMFLAGS JVMFLAGS ZOO_LOG_DIR
