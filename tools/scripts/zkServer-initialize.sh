#!/bin/sh
# Makes the data directories of a new server, as Apache ZooKeeper's script of this name: version-2 in dataDir and dataLogDir, myid, and
# the file initialize, which tells the server that an empty database is meant.
#
# Exit codes: 0 done, or help; 1 anything else. --force deletes an existing database: on a terminal it asks first.

unset CDPATH
ZOOBIN=$(dirname "$0")
[ -f "$ZOOBIN/zkEnv.sh" ] || ZOOBIN=$(dirname "$(readlink -f "$0")")
ZOOBINDIR=$(cd "$ZOOBIN" && pwd)
. "$ZOOBINDIR/zkEnv.sh"

usage() {
  cat <<TEXT
usage: $0 <parameters>
  Optional parameters:
     -h                                                    Display this message
     --help                                                Display this message
     --configfile=$ZOOCFG         ZooKeeper config file
     --myid=#                                              Set the myid to be used, if any (1-255)
     --force                                               Force creation of the data/txnlog dirs
TEXT
}

fail() {
  echo "$*"
  exit 1
}

force= myid=
while [ $# -gt 0 ]; do
  case $1 in
    --configfile=*) ZOOCFG=${1#*=} ;;
    --myid=*) myid=${1#*=} ;;
    --configfile | --myid)
      [ $# -gt 1 ] || { echo "Missing value of $1"; usage; exit 1; }
      if [ "$1" = --myid ]; then myid=$2; else ZOOCFG=$2; fi
      shift
      ;;
    --force) force=1 ;;
    -h | --help) usage; exit 0 ;;
    *) echo "Unknown option: $1"; usage; exit 1 ;;
  esac
  shift
done

case $myid in
  *[!0-9]* | ????*) fail "Not a valid myid (1-255): $myid" ;;
  '') ;;
  *) [ "$myid" -ge 1 ] && [ "$myid" -le 255 ] || fail "Not a valid myid (1-255): $myid" ;;
esac

[ -f "$ZOOCFG" ] || fail "Unable to find config file at $ZOOCFG"
data_dir=$("$ZOOKERNEL_SERVER" --print-config dataDir "$ZOOCFG" 2>/dev/null)
log_dir=$("$ZOOKERNEL_SERVER" --print-config dataLogDir "$ZOOCFG" 2>/dev/null)
[ -n "$data_dir" ] || fail "Unable to determine dataDir from $ZOOCFG"
log_dir=${log_dir:-$data_dir}

# Does a server hold its lock on the directory $1?
in_use() {
  [ -f "$1/version-2/.zookernel.lock" ] && command -v flock >/dev/null 2>&1 || return 1
  ! flock -n "$1/version-2/.zookernel.lock" true
}

confirm() {
  [ -t 0 ] || return 0
  printf 'This deletes the database in %s. Go on (yes/no)? ' "$data_dir"
  read -r answer
  case $answer in
    [Yy]*) return 0 ;;
  esac
  return 1
}

if [ -n "$force" ]; then
  for directory in "$data_dir" "$log_dir"; do
    ! in_use "$directory" || fail "A server uses $directory: stop it first"
  done
  if [ -d "$data_dir/version-2" ] || [ -d "$log_dir/version-2" ]; then
    confirm || fail "Nothing was changed"
  fi
  echo "Force enabled, data/txnlog directories will be re-initialized"
  rm -rf "$data_dir/myid" "$data_dir/version-2" "$log_dir/version-2" || exit 1
else
  [ ! -d "$data_dir/version-2" ] ||
    fail "ZooKeeper data directory already exists at $data_dir (or use --force to force re-initialization)"
  [ ! -d "$log_dir/version-2" ] ||
    fail "ZooKeeper txnlog directory already exists at $log_dir (or use --force to force re-initialization)"
fi

mkdir -p "$data_dir/version-2" "$log_dir/version-2" || exit 1
if [ -n "$myid" ]; then
  echo "Using myid of $myid"
  echo "$myid" > "$data_dir/myid" || exit 1
else
  echo "No myid provided, be sure to specify it in $data_dir/myid if using non-standalone"
fi
# A server of Apache's looks for it beside the logs, its script puts it into dataDir.
: > "$data_dir/initialize" || exit 1
: > "$log_dir/initialize" || exit 1
