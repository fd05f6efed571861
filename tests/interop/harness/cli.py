"""Runs a command-line client, ours or Java's, and takes its output apart."""

import os
import pathlib
import re
import subprocess

from . import server as servers


def program():
    """Our client in the installed tree."""
    return pathlib.Path(os.environ.get("ZOOKERNEL_CLI", servers.stage_dir() / "bin" / "zkCli"))


def command(kind):
    if kind == "zookernel":
        return [str(program())]
    return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dzookeeper.log.level=OFF", "-cp",
            servers.java_class_path(), "org.apache.zookeeper.ZooKeeperMain"]


def environment(**extra):
    made = dict(os.environ, TZ="UTC", ZOOKERNEL_CLI_HISTORY="", LC_ALL="C.UTF-8")
    for name in ("JVMFLAGS", "CLIENT_JVMFLAGS"):
        made.pop(name, None)
    made.update(extra)
    return made


def run(kind, *arguments, stdin=None, merged=False, timeout_s=120, **extra):
    """Runs the client to its end. With merged, standard error is in standard output, in the order of writing."""
    return subprocess.run([*command(kind), *arguments], input=stdin,
                          stdin=subprocess.DEVNULL if stdin is None else None, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT if merged else subprocess.PIPE, text=True, timeout=timeout_s,
                          env=environment(**extra))


# Java's client prints an event in two parts, between which another line may come.
EVENT = re.compile(r"\nWATCHER::\n|\nWatchedEvent [^\n]*\n")
EVENT_LINE = re.compile(r"^WatchedEvent [^\n]*", re.MULTILINE)
PROMPT = re.compile(r"\[zk: [^\]\n]*\((\w+)\) (\d+)\] ")
# What JLine says when it is not at a terminal.
JLINE = re.compile(r"^\w{3} \d+, \d{4}.*org\.jline\.utils\.Log logr\nWARNING: .*\n", re.MULTILINE)
# What our client adds on standard error to say why.
REASON = re.compile(r"^zkCli: .*\n", re.MULTILINE)

MASKS = [
    (re.compile(r"3\.9\.5-[0-9a-f]{40}, built on [0-9-]+ [0-9:]+ UTC"), "<ver>"),
    (re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} \d\d \d\d:\d\d:\d\d [A-Z]+ \d{4}"), "<date>"),
    (re.compile(r"0x[0-9a-f]+"), "<hex>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "<addr>"),
    (re.compile(r"zxid: [1-9]\d*"), "zxid: <n>"),
]


def masked(text):
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    return text


def events(text):
    """The events of watches that were printed, in order. Those of the session are left out."""
    return [masked(e) for e in EVENT_LINE.findall(text) if "type:None" not in e]


def session_blocks(text):
    """What a session of piped commands printed: [before the first prompt, after command 0, after command 1, ...].

    Events are asynchronous: they are taken out (see events)."""
    text = REASON.sub("", JLINE.sub("", EVENT.sub("", text)))
    # A number may come twice, after a line that does not count; what follows it belongs together.
    parts = PROMPT.split(text)
    blocks = [parts[0]]
    for number, block in zip(parts[2::3], parts[3::3]):
        at = int(number) + 1
        if at < len(blocks):
            blocks[at] += block
        else:
            blocks.append(block)
    return [masked(block) for block in blocks]
