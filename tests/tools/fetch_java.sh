#!/bin/sh
# Fetches Apache ZooKeeper for Java and what it needs at run time, through Maven, and prints the class path.
#
#   fetch_java.sh [DIR]      DIR defaults to ${XDG_CACHE_HOME:-~/.cache}/zookernel/java-VERSION
#
# Standard output carries the class path and nothing else, so that a caller can write
#   java -cp "$(fetch_java.sh)" org.apache.zookeeper.server.ZooKeeperServerMain zoo.cfg
# A second call with the same DIR answers from the directory and needs neither Maven nor the network.
# Environment: ZOOKEEPER_JAVA_VERSION (default 3.9.5), JAVA and MVN (programs to use), MVN_FLAGS (further arguments).
# Exit codes: 0 fetched or present, 2 wrong usage, 3 Java or Maven is missing, 4 Maven failed (its output is shown).
set -eu

version=${ZOOKEEPER_JAVA_VERSION:-3.9.5}
java=${JAVA:-java}
mvn=${MVN:-mvn}

fail() {
  code=$1
  shift
  echo "fetch_java.sh: $*" >&2
  exit "$code"
}

case ${1:-} in
  -h|--help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
  -*) fail 2 "unknown option $1 (usage: fetch_java.sh [DIR])" ;;
esac
[ $# -le 1 ] || fail 2 "too many arguments (usage: fetch_java.sh [DIR])"

if [ $# -eq 1 ]; then
  dir=$1
else
  [ -n "${XDG_CACHE_HOME:-}${HOME:-}" ] || fail 2 "neither HOME nor XDG_CACHE_HOME is set: name a directory"
  dir=${XDG_CACHE_HOME:-$HOME/.cache}/zookernel/java-$version
fi

command -v "$java" >/dev/null 2>&1 ||
  fail 3 "no Java found as '$java' (install a JRE of 8 or later, on Debian: apt-get install default-jre-headless)"

mkdir -p "$dir" || fail 4 "cannot create $dir (choose another directory)"
dir=$(cd "$dir" && pwd)
complete=$dir/.complete-$version

print_class_path() {
  # The server's jar comes first, so that nothing in another jar can shadow its classes.
  path=$dir/conf:$dir/lib/zookeeper-$version.jar
  for jar in "$dir"/lib/*.jar; do
    [ "$jar" = "$dir/lib/zookeeper-$version.jar" ] || path=$path:$jar
  done
  printf '%s\n' "$path"
}

if [ -e "$complete" ] && [ -e "$dir/lib/zookeeper-$version.jar" ]; then
  print_class_path
  exit 0
fi

command -v "$mvn" >/dev/null 2>&1 ||
  fail 3 "no Maven found as '$mvn' and $dir is not filled yet (on Debian: apt-get install maven)"

# Two callers may fetch at once. Each works in a directory of its own; the last rename wins, and both are equal.
work=$(mktemp -d "$dir/fetch.XXXXXX") || fail 4 "cannot create a directory below $dir"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# ZooKeeper marks as "provided" or optional what its own tarball ships beside the jar: a logger; the metrics and snappy
# libraries, without which the server does not start or cannot read a snappy snapshot; jline and commons-cli for the CLI;
# Jetty and Jackson for the HTTP admin server. The versions are those of the 3.9.5 release.
cat >"$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>zookernel.tests</groupId>
  <artifactId>java-reference</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.zookeeper</groupId><artifactId>zookeeper</artifactId><version>$version</version>
    </dependency>
    <dependency>
      <groupId>ch.qos.logback</groupId><artifactId>logback-classic</artifactId><version>1.3.15</version>
    </dependency>
    <dependency>
      <groupId>io.dropwizard.metrics</groupId><artifactId>metrics-core</artifactId><version>4.1.12.1</version>
    </dependency>
    <dependency>
      <groupId>org.xerial.snappy</groupId><artifactId>snappy-java</artifactId><version>1.1.10.5</version>
    </dependency>
    <dependency>
      <groupId>commons-cli</groupId><artifactId>commons-cli</artifactId><version>1.5.0</version>
    </dependency>
    <dependency><groupId>org.jline</groupId><artifactId>jline</artifactId><version>3.25.1</version></dependency>
    <dependency>
      <groupId>org.eclipse.jetty</groupId><artifactId>jetty-server</artifactId><version>9.4.58.v20250814</version>
    </dependency>
    <dependency>
      <groupId>org.eclipse.jetty</groupId><artifactId>jetty-servlet</artifactId><version>9.4.58.v20250814</version>
    </dependency>
    <dependency>
      <groupId>com.fasterxml.jackson.core</groupId><artifactId>jackson-databind</artifactId><version>2.15.2</version>
    </dependency>
  </dependencies>
</project>
POM

# shellcheck disable=SC2086  # MVN_FLAGS is a list of words.
"$mvn" -B -q ${MVN_FLAGS:-} -f "$work/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
  -DoutputDirectory="$work/lib" >"$work/maven.log" 2>&1 || {
  cat "$work/maven.log" >&2
  fail 4 "Maven could not fetch ZooKeeper $version (see above; a mirror can be named with MVN_FLAGS='-s settings.xml')"
}
[ -e "$work/lib/zookeeper-$version.jar" ] || fail 4 "Maven succeeded but brought no zookeeper-$version.jar"

# Without a configuration logback prints each debug line, which costs the server a good part of its speed.
mkdir -p "$dir/conf" "$dir/lib"
cat >"$work/logback.xml" <<'XML'
<configuration>
  <appender name="CONSOLE" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{ISO8601} [myid:%X{myid}] - %-5p [%t:%C{1}@%L] - %m%n</pattern></encoder>
  </appender>
  <root level="${zookeeper.log.level:-INFO}"><appender-ref ref="CONSOLE" /></root>
</configuration>
XML
mv -f "$work/logback.xml" "$dir/conf/logback.xml"
mv -f "$work/lib"/*.jar "$dir/lib/"
: >"$complete"
print_class_path
