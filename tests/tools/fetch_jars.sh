#!/bin/sh
# Fetches Java programs of other people, and all that they need at run time, through Maven, and prints the class path.
#
#   fetch_jars.sh NAME GROUP:ARTIFACT:VERSION...     they are kept in ${XDG_CACHE_HOME:-~/.cache}/zookernel/NAME
#
# Standard output carries the class path and nothing else. A second call with the same words answers from the directory and
# needs neither Maven nor the network; NAME should therefore carry a version.
# Environment: MVN (program to use), MVN_FLAGS (further arguments).
# Exit codes: 0 fetched or present, 2 wrong usage, 3 Maven is missing, 4 Maven failed (its output is shown).
set -eu

mvn=${MVN:-mvn}

fail() {
  code=$1
  shift
  echo "fetch_jars.sh: $*" >&2
  exit "$code"
}

case ${1:-} in
  -h|--help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
  ''|-*|*/*) fail 2 "usage: fetch_jars.sh NAME GROUP:ARTIFACT:VERSION..." ;;
esac
[ $# -ge 2 ] || fail 2 "no artifact named (usage: fetch_jars.sh NAME GROUP:ARTIFACT:VERSION...)"
[ -n "${XDG_CACHE_HOME:-}${HOME:-}" ] || fail 2 "neither HOME nor XDG_CACHE_HOME is set"
dir=${XDG_CACHE_HOME:-$HOME/.cache}/zookernel/$1
shift
wanted=$*

print_class_path() {
  path=
  for jar in "$dir"/lib/*.jar; do
    path=${path:+$path:}$jar
  done
  printf '%s\n' "$path"
}

if [ "$(cat "$dir/.complete" 2>/dev/null)" = "$wanted" ]; then
  print_class_path
  exit 0
fi
command -v "$mvn" >/dev/null 2>&1 ||
  fail 3 "no Maven found as '$mvn' and $dir is not filled yet (on Debian: apt-get install maven)"

# Two callers may fetch at once. Each works in a directory of its own; the last rename wins, and both are equal.
mkdir -p "$dir/lib" || fail 4 "cannot create $dir"
work=$(mktemp -d "$dir/fetch.XXXXXX") || fail 4 "cannot create a directory below $dir"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
{
  echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
  echo '<groupId>zookernel.tests</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>'
  echo '<dependencies>'
  for artifact in "$@"; do
    rest=${artifact#*:}
    name=${rest%%:*}
    [ "$artifact" != "$rest" ] && [ "$rest" != "$name" ] || fail 2 "'$artifact' is not GROUP:ARTIFACT:VERSION"
    echo "<dependency><groupId>${artifact%%:*}</groupId><artifactId>$name</artifactId><version>${rest#*:}</version></dependency>"
  done
  echo '</dependencies></project>'
} >"$work/pom.xml"
# shellcheck disable=SC2086  # MVN_FLAGS is a list of words.
"$mvn" -B -q ${MVN_FLAGS:-} -f "$work/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
  -DoutputDirectory="$work/lib" >"$work/maven.log" 2>&1 || {
  cat "$work/maven.log" >&2
  fail 4 "Maven could not fetch $wanted (see above; a mirror can be named with MVN_FLAGS='-s settings.xml')"
}
rm -f "$dir"/lib/*.jar
mv -f "$work/lib"/*.jar "$dir/lib/"
echo "$wanted" >"$dir/.complete"
print_class_path
