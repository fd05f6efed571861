"""What is measured: one function a kind of work, each returning rows of the table.

Where both servers take part they run at the same time, in directories next to each other, and are asked in turn (A B A B), so
that what else happens on the machine meets both. The one that is not asked is idle.
"""

import concurrent.futures
import contextlib
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

import table
from servers import EchoServer, Server, Subject, run_load

# The plans of a whole run and of --quick, which only shows that everything works.
FULL = {"rounds": 3, "seconds": 8, "warmup": 2, "heat": 10, "sessions": 5000, "nodes": 1_000_000, "starts": 5,
        "fsyncs": 2000, "tail": 50_000, "watchers": 1000}
QUICK = {"rounds": 1, "seconds": 1, "warmup": 1, "heat": 1, "sessions": 500, "nodes": 20_000, "starts": 1,
         "fsyncs": 200, "tail": 2000, "watchers": 100}

CONNECTIONS = 50
DEPTH = 16
VALUE_BYTES = 1024
NODE_BYTES = 100

FDATASYNC_MARGIN_US = 60
# What a snapshot may add to the p99 of others.
SNAPSHOT_MARGIN_US = 2000
# A target made of a disk's latency means nothing when that latency is not one figure.
NOISY_DISK = 2


class Bench:
    """What the rows need: whom to measure, where, with which plan; and notes for the end of the report."""

    def __init__(self, subjects, directory, load, plan):
        self.subjects = subjects
        self.directory = directory
        self.load = load
        self.plan = plan
        self.notes = []
        self._made = 0

    @property
    def is_full(self):
        return self.plan is FULL

    def say(self, text):
        print(f"  {text}", file=sys.stderr, flush=True)

    def new_directory(self, name):
        self._made += 1
        return self.directory / f"{self._made:02d}-{name}"

    def server(self, subject):
        return Server(subject, self.new_directory(subject.name), self.load)

    @contextlib.contextmanager
    def running(self, subjects=None):
        """A fresh server of each subject, started, by name; removed with their data at the end."""
        with contextlib.ExitStack() as stack:
            servers = {}
            for subject in subjects or self.subjects:
                servers[subject.name] = stack.enter_context(self.server(subject))
                servers[subject.name].start()
            yield servers

    def rounds(self, servers, work, count=None):
        """work(server) for each server in turn, round after round; its results by name. The names are in server order."""
        found = {name: [] for name in servers}
        for number in range(count or self.plan["rounds"]):
            for name, server in servers.items():
                found[name].append(work(server))
                self.say(f"round {number + 1}, {name}: {brief(found[name][-1])}")
        return found


def brief(result):
    if not isinstance(result, dict):
        return str(result)
    wanted = ("per_s", "opened_per_s", "server_cpu_s_per_1m", "p50_us", "p99_us", "max_us")
    return ", ".join(f"{key} {result[key]:.6g}" for key in wanted if key in result)


def pick(results, key):
    return {name: [result[key] for result in found] for name, found in results.items()}


def throughput(bench, mode, work, factor, divisor):
    plan = bench.plan
    settings = {"connections": CONNECTIONS, "depth": DEPTH, "size": VALUE_BYTES}
    with bench.running() as servers:
        # The JVM compiles what is hot; it gets the time to.
        for server in servers.values():
            server.run_load(mode, seconds=plan["heat"], **settings)
        results = bench.rounds(
            servers,
            lambda server: server.run_load(mode, seconds=plan["seconds"], warmup=plan["warmup"], **settings))
    with EchoServer(bench.load, VALUE_BYTES) as echo:
        floor = echo.run_load(mode, seconds=plan["seconds"], warmup=plan["warmup"], **settings)
    bench.notes.append(
        f"{mode}: an echo server with frames of the same sizes reaches {table.in_thousands_per_s(floor['per_s'])} with "
        f"{floor['server_cpu_s_per_1m']:.2f} CPU-s per 1M requests; the generator itself used "
        f"{floor['client_cpu_s'] / floor['requests'] * 1e6:.2f}.")
    return [
        table.Row(f"{work}: throughput", table.in_thousands_per_s, pick(results, "per_s"), table.AtLeast(factor)),
        table.Row(f"{work}: server CPU-s per 1M", table.in_s, pick(results, "server_cpu_s_per_1m"),
                  table.AtMostFraction(divisor)),
    ]


def get(bench):
    return throughput(bench, "get", "get 1 KiB, 50 connections x 16 deep", 5, 10)


def set_(bench):
    return throughput(bench, "set", "set 1 KiB, 50 x 16, durable", 3, 8)


def get_latency(bench):
    plan = bench.plan
    with bench.running() as servers:
        for server in servers.values():
            server.run_load("latency", op="get", seconds=plan["heat"], size=VALUE_BYTES)
        results = bench.rounds(
            servers, lambda server: server.run_load("latency", op="get", seconds=plan["seconds"], warmup=plan["warmup"],
                                                    size=VALUE_BYTES))
    with EchoServer(bench.load, VALUE_BYTES) as echo:
        floor = echo.run_load("latency", op="get", seconds=plan["seconds"], warmup=plan["warmup"], size=VALUE_BYTES)
    bench.notes.append(f"one client, get: {table.in_us(floor['p50_us'])} from an echo server. "
                       + tails(results))
    return [table.Row("one client, get: p50", table.in_us, pick(results, "p50_us"), table.AtMostFraction(4))]


def set_latency(bench):
    plan = bench.plan
    syncs = []

    def probe(server):
        syncs.append(run_load(bench.load, "fsync", str(server.directory), size=VALUE_BYTES, count=plan["fsyncs"]))

    def work(server):
        # The disk is what is measured here, and its latency drifts: it is asked right before and right after each run.
        probe(server)
        found = server.run_load("latency", op="set", seconds=plan["seconds"], warmup=plan["warmup"], size=VALUE_BYTES)
        probe(server)
        return found

    with bench.running() as servers:
        for server in servers.values():
            server.run_load("latency", op="set", seconds=plan["heat"], size=VALUE_BYTES)
        results = bench.rounds(servers, work)
    appends = [sync["append_p50_us"] for sync in syncs]
    fdatasync = statistics.median(appends)
    overwrite = statistics.median(sync["overwrite_p50_us"] for sync in syncs)
    bench.notes.append(
        f"one client, set: fdatasync after a 1 KiB write in the same directories takes {table.in_us(fdatasync)} "
        f"(median of {len(appends)} p50s from {table.in_us(min(appends))} to {table.in_us(max(appends))}; "
        f"{table.in_us(overwrite)} where the blocks are written already). {tails(results)}")
    doubt = None
    if max(appends) > NOISY_DISK * min(appends):
        doubt = "noisy"
        bench.notes.append(
            f"one client, set: no verdict, because the disk's own latency varied by more than {NOISY_DISK}x while it was "
            "measured. Run it again on an idle machine.")
    return [table.Row("one client, set, durable: p50", table.in_us, pick(results, "p50_us"),
                      table.AtMost(fdatasync + FDATASYNC_MARGIN_US), doubt)]


def tails(results):
    return " ".join(
        f"{name}: p99 {table.in_us(statistics.median(pick(results, 'p99_us')[name]))}, "
        f"max {table.in_us(max(pick(results, 'max_us')[name]))}." for name in results)


def sessions(bench):
    count = bench.plan["sessions"]
    with bench.running() as servers:
        for server in servers.values():
            server.run_load("connect", sessions=count)
        results = bench.rounds(servers, lambda server: server.run_load("connect", sessions=count))
    return [table.Row(f"{count:,} sessions opened", table.in_thousands_per_s, pick(results, "opened_per_s"),
                      table.AtLeast(5))]


def fan_out(bench):
    count = bench.plan["watchers"]
    with bench.running() as servers:
        for server in servers.values():
            server.run_load("fan-out", sessions=count)
        results = bench.rounds(servers, lambda server: server.run_load("fan-out", sessions=count))
    bench.notes.append(f"{count:,} watchers of one znode: {tails(results)}")
    # The disk's sync is part of it.
    target = table.AtMost(5000) if bench.is_full else None
    return [table.Row(f"{count:,} watchers of one znode: last event after the set", table.in_us, pick(results, "p50_us"),
                      target)]


def start(bench):
    """Also the memory of an empty server, which is the same measurement held a little longer."""
    walls = {subject.name: [] for subject in bench.subjects}
    sizes = {subject.name: [] for subject in bench.subjects}
    for number in range(bench.plan["starts"]):
        for subject in bench.subjects:
            with bench.server(subject) as server:
                wall_s, _ = server.start()
                server.wait_until_idle()
                walls[subject.name].append(wall_s)
                sizes[subject.name].append(server.rss_bytes())
            bench.say(f"start {number + 1}, {subject.name}: {table.in_ms(wall_s)}, "
                      f"{table.in_mib(sizes[subject.name][-1])}")
    return [
        table.Row("start, empty: exec to first read", table.in_ms, walls, table.AtMost(0.030)),
        table.Row("memory, empty", table.in_mib, sizes, table.AtMost(12 * 2**20)),
    ]


def nodes(bench):
    """Fill, memory with nodes, and restarts: one data set for three rows."""
    count = bench.plan["nodes"]
    name_of_set = f"{count / 1e6:g} M znodes of {NODE_BYTES} B"
    tree = {"nodes": count, "size": NODE_BYTES, "root": "/fill"}
    with bench.running() as servers:
        empty, full, a_node = {}, {}, {}
        for name, server in servers.items():
            server.wait_until_idle()
            empty[name] = server.rss_bytes()
            filled = server.run_load("fill", connections=CONNECTIONS, depth=DEPTH, **tree)
            server.wait_until_idle()
            full[name] = [server.rss_bytes()]
            a_node[name] = [(full[name][0] - empty[name]) / count]
            bench.say(f"{name}: filled at {filled['per_s']:.0f}/s, {table.in_mib(full[name][0])}")
            live = live_heap_bytes(server) if name == "Java" else None
            if live:
                bench.notes.append(f"memory: of Java's heap {live / count:.0f} B a znode are live, after a collection.")
        walls = {name: [] for name in servers}
        cpus = {name: [] for name in servers}
        for number in range(bench.plan["rounds"]):
            for name, server in servers.items():
                wall_s, used_s = kill_and_restart(bench, server, tree)
                walls[name].append(wall_s)
                cpus[name].append(used_s)
                bench.say(f"restart {number + 1}, {name}: {used_s:.2f} s of CPU, {wall_s:.2f} s")
    # The targets are for the whole number of nodes.
    memory_target = table.AtMost(350 * 2**20) if bench.is_full else None
    restart_target = table.AtMost(1.2) if bench.is_full else None
    work = f"restart with {count / 1e6:g} M znodes after kill -9"
    return [
        table.Row(f"memory, with {name_of_set}", table.in_mib, full, memory_target),
        table.Row("  bytes a znode (RSS above empty)", table.in_bytes, a_node),
        table.Row(f"{work}: CPU", table.in_s, cpus, restart_target),
        table.Row("  exec to first read", table.in_s, walls),
    ]


def kill_and_restart(bench, server, tree):
    # Every round has as many transactions behind the last snapshot, or ahead of it, as the others.
    server.run_load("set", count=bench.plan["tail"], warmup=0, size=NODE_BYTES, root="/tail")
    server.kill()
    found = server.start()
    # A restart that lost something is not worth measuring.
    server.run_load("verify", sample=bench.plan["tail"], **tree)
    server.wait_until_idle()
    return found


def live_heap_bytes(server):
    """What a full collection leaves in a JVM's heap; None where the JDK's tools are missing."""
    if not shutil.which("jcmd"):
        return None
    done = subprocess.run(["jcmd", str(server.pid), "GC.class_histogram"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    total = re.search(r"^Total\s+\d+\s+(\d+)", done.stdout, re.MULTILINE)
    return int(total.group(1)) if total else None


def storage(bench):
    """Our two storages side by side: group-committed writes, in Java's column those of storage/file."""
    ours = next((subject for subject in bench.subjects if subject.name == "ours"), None)
    if ours is None:
        return []
    plan = bench.plan
    pair = [Subject("file", ours.command), Subject("ours", ours.command, "plugin.storage=sqlite\n")]
    settings = {"connections": CONNECTIONS, "depth": DEPTH, "size": VALUE_BYTES}
    with bench.running(pair) as servers:
        results = bench.rounds(
            servers, lambda server: server.run_load("set", seconds=plan["seconds"], warmup=plan["warmup"], **settings))
    bench.notes.append(f"storage: the row compares storage/sqlite with storage/file. {tails(results)}")
    return [table.Row("set 1 KiB, 50 x 16: sqlite (file)", table.in_thousands_per_s, pick(results, "per_s"),
                      table.AtLeast(0.5), reference="file")]


def log(bench):
    """The log without a server, beside the disk's own rate, in one run."""
    program = pathlib.Path(bench.load).with_name("zookernel-log-groups")
    if not program.exists():
        bench.notes.append(f"log: not measured, {program} is not built.")
        return []
    done = subprocess.run([program, bench.directory, str(3 * bench.plan["rounds"])], stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout)
    bench.notes.append("log: the row compares storage/file's log, without a server, with bare writes of the same bytes and fdatasync.")
    return [table.Row("log, groups of 64 x 1 KiB (fdatasync)", table.in_thousands_per_s,
                      {"machine": found["machine_per_s"], "ours": found["log_per_s"]}, table.AtLeast(0.7), reference="machine")]


def snapshot(bench):
    """What writing snapshots costs those who are served meanwhile: one reads, one writes, with and without snapshots."""
    ours = next((subject for subject in bench.subjects if subject.name == "ours"), None)
    if ours is None:
        return []
    plan = bench.plan
    count = plan["nodes"]
    found = []
    for storage_name in ("file", "sqlite"):
        subject = Subject("ours", ours.command, f"plugin.storage={storage_name}\n")
        with bench.server(subject) as server:
            server.configure("snapCount=100000000\n")
            server.start()
            server.run_load("fill", connections=CONNECTIONS, depth=DEPTH, nodes=count, size=NODE_BYTES, root="/fill")
            without = [read_and_write(bench, server) for _ in range(plan["rounds"])]
            server.end()
            # One snapshot after the other.
            server.configure("snapCount=100\n")
            server.start()
            during = [read_and_write(bench, server) for _ in range(plan["rounds"])]
            written = (server.directory / "server.log").read_text(errors="replace").count("snapshot written")
            bench.notes.append(f"snapshot, {storage_name}: {written} were written; {tails({'get': [d['get'] for d in during]})} "
                               f"Writing: {tails({'set': [d['set'] for d in during]})}")
        for kind in ("get", "set"):
            quiet = [each[kind]["p99_us"] for each in without]
            busy = [each[kind]["p99_us"] for each in during]
            # A sync of the disk is part of a set, and its latency while something else is written is the disk's.
            target = table.AtMost(statistics.median(quiet) + SNAPSHOT_MARGIN_US) if bench.is_full and kind == "get" else None
            found.append(table.Row(f"{kind}: p99 while {count / 1e6:g} M znodes are written ({storage_name}; without)",
                                   table.in_us, {"without": quiet, "ours": busy}, target, reference="without"))
    return found


def read_and_write(bench, server):
    """One client that reads and one that writes at the same time."""
    plan = bench.plan
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = {kind: pool.submit(server.run_load, "latency", op=kind, seconds=plan["seconds"], size=NODE_BYTES,
                                  root=f"/{kind}") for kind in ("get", "set")}
        result = {kind: run.result() for kind, run in runs.items()}
    bench.say("; ".join(f"{kind}: {brief(each)}" for kind, each in result.items()))
    return result


# By the names that --only takes, in the order of the table.
ROWS = {"get": get, "set": set_, "get-latency": get_latency, "set-latency": set_latency, "sessions": sessions,
        "fan-out": fan_out, "start": start, "nodes": nodes, "storage": storage, "log": log, "snapshot": snapshot}
