#!/bin/sh
# Starts, stops and asks after the server, with the sub-commands, texts, variables and exit codes of Apache ZooKeeper's zkServer.sh.
#
#   zkServer.sh [--config DIRECTORY] {start|start-foreground|stop|restart|status|version|print-cmd|upgrade} [FILE]
#
# FILE without a directory is looked for in the configuration directory, then in the working directory.
# Settings are read by the server's own parser (zookernel --print-config), so that both always agree.
#
# Exit codes: 0 done; 1 failed, or not running (status); 2 wrong usage; 3 running, but not serving for want of a quorum (status).
# start-foreground has the server's own.
#
# Variables, besides Apache's: ZOO_START_TIMEOUT and ZOO_STOP_TIMEOUT, seconds that start and stop wait for the server (120 and 60).

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

USER=${USER:-$(id -un)}
HOSTNAME=${HOSTNAME:-$(uname -n)}
out_file=$ZOO_LOG_DIR/zookeeper-$USER-server-$HOSTNAME.out

case $2 in
  '') ;;
  */*) ZOOCFG=$2 ;;
  *) if [ -e "$ZOOCFGDIR/$2" ] || [ ! -e "$2" ]; then ZOOCFG=$ZOOCFGDIR/$2; else ZOOCFG=$2; fi ;;
esac

# What Apache's variables mean here --------------------------------------------------------------------------------------

if [ -n "$ZOO_DATADIR_AUTOCREATE_DISABLE" ]; then
  SERVER_JVMFLAGS="$SERVER_JVMFLAGS -Dzookeeper.datadir.autocreate=false"
fi
if [ -n "$ZOO_LOG4J_PROP" ]; then
  SERVER_JVMFLAGS="-Dzookeeper.root.logger=$ZOO_LOG4J_PROP $SERVER_JVMFLAGS"
fi

# Names on standard error what was set for a Java virtual machine and cannot have an effect.
note_ignored() {
  ignored=
  for name in JMXPORT JMXLOCALONLY JMXAUTH JMXSSL JMXLOG4J JMXHOSTNAME ZK_SERVER_HEAP; do
    eval "value=\$$name"
    [ -z "$value" ] || ignored="$ignored $name"
  done
  set -f
  for flag in $SERVER_JVMFLAGS $JVMFLAGS; do
    case $flag in
      -D*) ;;
      *) ignored="$ignored $flag" ;;
    esac
  done
  set +f
  [ -z "$ignored" ] || echo "Note: without effect, as no Java virtual machine is involved:$ignored" >&2
}

# Settings ---------------------------------------------------------------------------------------------------------------

# The effective value of a key; empty when it has none or the file cannot be read.
setting() { "$ZOOKERNEL_SERVER" --print-config "$1" "$ZOOCFG" 2>/dev/null; }

# Says on standard error what is wrong with the file, if anything.
explain_settings() { "$ZOOKERNEL_SERVER" --check-config "$ZOOCFG" 2>&1 >/dev/null | sed -n '1,10p' >&2; }

need_program() {
  [ -x "$ZOOKERNEL_SERVER" ] && return
  echo "zkServer.sh: $ZOOKERNEL_SERVER is not an executable file (ZOOKERNEL_SERVER may name another)" >&2
  exit 1
}

# Sets ZOOPIDFILE. Fails when neither it nor dataDir is known.
find_pid_file() {
  [ -z "$ZOOPIDFILE" ] || return 0
  data_dir=$(setting dataDir)
  [ -n "$data_dir" ] || return 1
  ZOOPIDFILE=$data_dir/zookeeper_server.pid
}

# Sets client_port, client_address and client_ssl. Fails when there is no port of either kind.
find_client_port() {
  client_ssl=false
  client_port=$(setting clientPort)
  client_address=$(setting clientPortAddress)
  if [ -z "$client_port" ] || [ "$client_port" = 0 ]; then
    client_ssl=true
    client_port=$(setting secureClientPort)
    client_address=$(setting secureClientPortAddress)
  fi
  case $client_address in
    '' | 0.0.0.0 | :: | '[::]' | 0:0:0:0:0:0:0:0) client_address=localhost ;;
  esac
  [ -n "$client_port" ] && [ "$client_port" != 0 ]
}

# Processes --------------------------------------------------------------------------------------------------------------

# The number in the pid file; nothing when there is none.
read_pid() {
  pid=
  [ -f "$ZOOPIDFILE" ] || return 1
  read -r pid < "$ZOOPIDFILE" 2>/dev/null
  case $pid in
    '' | *[!0-9]*) pid=; return 1 ;;
  esac
}

# Has the process $1 ended, so that its port and its files are free? One that only waits to be reaped has, unless other threads of it are
# still on their way out.
ended() {
  state='' threads=1
  { while read -r key value rest; do
      case $key in
        State:) state=$value ;;
        Threads:) threads=$value ;;
      esac
    done < "/proc/$1/status"; } 2>/dev/null || return 0
  case $state in
    Z | X) [ "$threads" -le 1 ] ;;
    *) return 1 ;;
  esac
}

# Is the process $1 a server, or about to become one? The number in an old pid file may by now be that of any other program. Java is a
# server, too: one that this one may be about to replace.
running() {
  ended "$1" && return 1
  case $(tr '\0' ' ' < "/proc/$1/cmdline" 2>/dev/null) in
    *zookernel* | *zookeeper* | *"$ZOOKERNEL_SERVER"*) return 0 ;;
  esac
  return 1
}

now() { date +%s; }
pause() { sleep 0.1 2>/dev/null || sleep 1; }

remove_pid_file_of() {
  if read_pid && [ "$pid" = "$1" ]; then rm -f "$ZOOPIDFILE"; fi
}

# Takes the file of a server that is gone out of the way. It is moved first and then looked at: another start may just have written it.
remove_stale_pid_file() {
  [ -e "$ZOOPIDFILE" ] || return 0
  aside=$ZOOPIDFILE.$$
  mv "$ZOOPIDFILE" "$aside" 2>/dev/null || return 0
  read -r held < "$aside" 2>/dev/null
  case $held in
    '' | *[!0-9]*) ;;
    *) if running "$held"; then ln "$aside" "$ZOOPIDFILE" 2>/dev/null; fi ;;
  esac
  rm -f "$aside"
}

# Does anything listen on the client port?
listening() {
  "$ZOOBINDIR/zk4lw" --timeout 2 "$client_address" "$client_port" srvr >/dev/null 2>&1
  case $? in
    0 | 3) return 0 ;;
  esac
  return 1
}

# What the server says of itself, in `said`. Fails when it does not answer.
ask() { said=$("$ZOOBINDIR/zk4lw" --timeout 5 "$client_address" "$client_port" srvr 2>/dev/null); }

# Is the server ready to talk to clients? Over TLS only that it listens can be seen.
ready() {
  if [ "$client_ssl" = true ]; then
    listening
    return
  fi
  ask || return
  case $said in
    *'not currently serving'*) return 1 ;;
  esac
}

# Does it run, as one of an ensemble that has no quorum?
without_quorum() {
  [ "$client_ssl" = false ] && ask || return
  case $said in
    *'not currently serving'*) return 0 ;;
  esac
  return 1
}

# Sub-commands -----------------------------------------------------------------------------------------------------------

# With ZOO_DATADIR_AUTOCREATE_DISABLE a server only starts on directories that somebody has prepared.
check_directories() {
  [ -n "$ZOO_DATADIR_AUTOCREATE_DISABLE" ] || return 0
  data_dir=$(setting dataDir)
  log_dir=$(setting dataLogDir)
  if [ -n "$data_dir" ] && [ ! -d "$data_dir/version-2" ]; then
    echo "ZooKeeper data directory is missing at $data_dir fix the path or run initialize"
    exit 1
  fi
  if [ -n "$log_dir" ] && [ ! -d "$log_dir/version-2" ]; then
    echo "ZooKeeper txnlog directory is missing at $log_dir fix the path or run initialize"
    exit 1
  fi
}

# Ends the line that start began, with its reasons on standard error.
failed() {
  printf '%s\n' "$1"
  shift
  for reason; do
    [ -z "$reason" ] || printf '%s\n' "$reason" >&2
  done
  exit 1
}

# Waits until the process $started serves clients. Fails when it ends. When it takes too long, it is left alone: reading a large database is
# no failure. Nor is it one that the other servers of the ensemble are not there yet.
await_ready() {
  deadline=$(($(now) + ${ZOO_START_TIMEOUT:-120}))
  alone_until=$(($(now) + 5))
  if [ -z "$client_port" ]; then
    # Nothing to ask. A server that cannot start is gone soon.
    sleep 1
  else
    until ready; do
      ended "$started" && return 1
      if [ "$(now)" -ge "$deadline" ]; then
        late="Note: process $started has not answered on $client_address:$client_port yet; it may be reading its data (see $out_file)."
        return 0
      fi
      if [ "$(now)" -ge "$alone_until" ] && without_quorum; then
        late="Note: process $started runs, and waits for a quorum of its ensemble."
        return 0
      fi
      pause
    done
  fi
  ! ended "$started"
}

# What becomes the server: claims the pid file with its own number, which stays the same, and begins a new .out file. When there is a pid file
# another start was quicker.
# shellcheck disable=SC2016
launcher='set -C
echo "$$" > "$1" || exit 1
set +C
out=$2
shift 2
exec "$@" > "$out" 2>&1'

start() {
  late=
  printf 'Starting zookeeper ... '
  find_pid_file || failed 'FAILED TO START' "$(explain_settings 2>&1)"
  if read_pid && running "$pid"; then
    failed "already running as process $pid."
  fi
  find_client_port || client_port=
  # Else the answer of a stranger would be taken for the new server's.
  if [ -n "$client_port" ] && listening; then
    failed 'FAILED TO START' "$client_address:$client_port is in use by another process."
  fi
  mkdir -p "$ZOO_LOG_DIR" 2>/dev/null
  (: >> "$out_file") 2>/dev/null || failed 'FAILED TO START' "$out_file cannot be written: set ZOO_LOG_DIR to a directory that can."
  [ -n "$ZOO_DATADIR_AUTOCREATE_DISABLE" ] || mkdir -p "$(dirname "$ZOOPIDFILE")" 2>/dev/null
  remove_stale_pid_file

  nohup sh -c "$launcher" zkServer.sh "$ZOOPIDFILE" "$out_file" "$ZOOKERNEL_SERVER" "$ZOOCFG" > /dev/null 2>&1 < /dev/null &
  started=$!
  until read_pid && [ "$pid" = "$started" ]; do
    if ended "$started"; then
      if read_pid && running "$pid"; then failed "already running as process $pid."; fi
      [ -e "$ZOOPIDFILE" ] || failed 'FAILED TO WRITE PID' "$ZOOPIDFILE cannot be written."
      failed 'FAILED TO START' "Another start was under way and has failed."
    fi
    pause
  done
  if ! await_ready; then
    remove_pid_file_of "$started"
    failed 'FAILED TO START' "$(sed '/^[[:space:]]*$/d' "$out_file" | tail -n 1)" "(all of it in $out_file)"
  fi
  echo STARTED
  [ -z "$late" ] || printf '%s\n' "$late" >&2
}

start_foreground() {
  if [ -z "$ZOO_NOEXEC" ]; then
    exec "$ZOOKERNEL_SERVER" "$ZOOCFG"
  fi
  "$ZOOKERNEL_SERVER" "$ZOOCFG" &
  child=$!
  # Whoever wants the server to end tells this process.
  trap 'kill -TERM "$child" 2>/dev/null' TERM INT HUP
  wait "$child"
  code=$?
  # A signal ends the wait before the server has ended.
  while kill -0 "$child" 2>/dev/null; do
    wait "$child"
    code=$?
  done
  exit "$code"
}

stop() {
  printf 'Stopping zookeeper ... '
  find_pid_file || failed 'FAILED TO STOP' "$(explain_settings 2>&1)"
  if [ ! -f "$ZOOPIDFILE" ]; then
    echo "no zookeeper to stop (could not find file $ZOOPIDFILE)"
    return 0
  fi
  read_pid || failed 'FAILED TO STOP' "$ZOOPIDFILE does not hold a process id: find the process, stop it, and remove the file."
  if ! running "$pid"; then
    rm -f "$ZOOPIDFILE"
    echo "no zookeeper to stop (process $pid of $ZOOPIDFILE has ended)"
    return 0
  fi
  complaint=$(kill -TERM "$pid" 2>&1) || failed 'FAILED TO STOP' "$complaint"
  deadline=$(($(now) + ${ZOO_STOP_TIMEOUT:-60}))
  stopping=$pid
  until ended "$stopping"; do
    if [ "$(now)" -ge "$deadline" ]; then
      failed 'FAILED TO STOP' "Process $stopping was told to end but has not yet."
    fi
    pause
  done
  remove_pid_file_of "$stopping"
  echo STOPPED
}

# Apache's advice for a server that only listens for TLS; the lines of one blank are Apache's, too.
tls_note() {
  cat <<TEXT
 
Note: We used secureClientPort ($client_port) to establish connection, but we failed. The 'status'
  command establishes a client connection to the server to execute diagnostic commands. Please make sure you
  provided all the Client SSL connection related parameters in the CLIENT_JVMFLAGS environment variable! E.g.:
  CLIENT_JVMFLAGS="-Dzookeeper.clientCnxnSocket=org.apache.zookeeper.ClientCnxnSocketNetty
  -Dzookeeper.ssl.trustStore.location=/tmp/clienttrust.jks -Dzookeeper.ssl.trustStore.password=password
  -Dzookeeper.ssl.keyStore.location=/tmp/client.jks -Dzookeeper.ssl.keyStore.password=password
  -Dzookeeper.client.secure=true" ./zkServer.sh status
 
TEXT
}

status() {
  if ! find_client_port; then
    explain_settings
    echo 'Client port not found. Looking for secureClientPort in the static config.'
    echo 'Unable to find either secure or unsecure client port in any configs. Terminating.'
    return 1
  fi
  [ "$client_ssl" = false ] || echo 'Client port not found. Looking for secureClientPort in the static config.'
  echo "Client port found: $client_port. Client address: $client_address. Client SSL: $client_ssl."
  answer=$("$ZOOBINDIR/zk4lw" "$client_address" "$client_port" srvr 2>/dev/null)
  mode=$(printf '%s\n' "$answer" | sed -n '/^Mode: /{p;q;}')
  if [ -n "$mode" ]; then
    printf '%s\n' "$mode"
    return 0
  fi
  case $answer in
    *'not currently serving requests'*)
      echo 'The server is running, but it does not serve requests: it has no quorum.'
      return 3
      ;;
  esac
  [ "$client_ssl" = false ] || tls_note
  echo 'Error contacting service. It is probably not running.'
  return 1
}

# A word as a shell reads it back.
quoted() { printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"$`]/\\&/g')"; }

print_command() {
  for name in SERVER_JVMFLAGS JVMFLAGS; do
    eval "value=\$$name"
    [ -z "$value" ] || printf '%s=%s ' "$name" "$(quoted "$value")"
  done
  printf '%s %s > %s 2>&1 < /dev/null\n' "$(quoted "$ZOOKERNEL_SERVER")" "$(quoted "$ZOOCFG")" "$(quoted "$out_file")"
}

# Apache's line, which says for whom we can stand in, after our own name and number.
version() {
  text=$("$ZOOKERNEL_SERVER" --version) || return
  printf '%s\n' "$text" |
    sed 's/^\(zookernel [^ ]*\) (.* of \([0-9.]*\)[^,]*, built on \(.*\))$/\1, compatible with Apache ZooKeeper, version \2 \3/'
}

upgrade() {
  cat <<TEXT
Nothing to do: there is no separate upgrade of the data.
Stop the old server and start this one with the same zoo.cfg. It reads the transaction logs and snapshots that
Apache ZooKeeper 3.4 to 3.9 has written where they are, and writes the same format, so Apache ZooKeeper 3.9 can
take them back. Keep a copy of dataDir and dataLogDir until you are content.
TEXT
}

usage() {
  echo "Usage: $0 [--config <conf-dir>] {start|start-foreground|stop|version|restart|status|print-cmd|upgrade}" >&2
  exit 2
}

[ -z "$JMXDISABLE" ] || [ "$JMXDISABLE" = false ] || echo 'JMX disabled by user request' >&2
printf 'Using config: %s\n' "$ZOOCFG" >&2

case $1 in
  start)
    need_program
    note_ignored
    check_directories
    start
    ;;
  start-foreground)
    need_program
    note_ignored
    check_directories
    start_foreground
    ;;
  stop)
    need_program
    stop
    ;;
  restart)
    need_program
    note_ignored
    check_directories
    stop
    start
    ;;
  status)
    need_program
    status
    ;;
  version)
    need_program
    version
    ;;
  print-cmd)
    note_ignored
    print_command
    ;;
  upgrade) upgrade ;;
  *) usage ;;
esac
