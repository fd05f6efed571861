"""What is measured of three servers that agree. As in rows.py both kinds run at the same time, and are asked in turn."""

import contextlib
import statistics

import rows
import table
from servers import BenchError, run_load
from trio import Trio

CONNECTIONS = 30
DEPTH = 20
VALUE_BYTES = 1024
# What a follower misses while it is down: less than the transactions that a leader keeps in memory for a DIFF.
MISSED = 300
FDATASYNC_FACTOR = 2.5


@contextlib.contextmanager
def running(bench, **options):
    with contextlib.ExitStack() as stack:
        trios = {}
        for subject in bench.subjects:
            trios[subject.name] = stack.enter_context(Trio(subject, bench.new_directory(f"three-{subject.name}"), bench.load, **options))
            trios[subject.name].start()
        yield trios


def throughput(bench):
    """Writes, reads, and the memory of the three after that."""
    plan = bench.plan
    settings = {"connections": CONNECTIONS, "depth": DEPTH, "size": VALUE_BYTES}
    found = {}
    with running(bench) as trios:
        for mode in ("set", "get"):
            for trio in trios.values():
                trio.run_load(mode, seconds=plan["heat"], **settings)
            found[mode] = bench.rounds(
                trios, lambda trio: trio.run_load(mode, seconds=plan["seconds"], warmup=plan["warmup"], **settings))
        for trio in trios.values():
            trio.wait_until_idle()
        memory = {name: [trio.rss_bytes()] for name, trio in trios.items()}
    bench.notes.append("three servers: the generator runs three times side by side, a third of the connections at each server. "
                       f"set: {rows.tails(found['set'])} get: {rows.tails(found['get'])}")
    work = f"1 KiB, {CONNECTIONS} x {DEPTH}"
    return [
        table.Row(f"three servers, set {work}: throughput", table.in_thousands_per_s, rows.pick(found["set"], "per_s"), table.AtLeast(3)),
        table.Row("  CPU-s of the three per 1M", table.in_s, rows.pick(found["set"], "server_cpu_s_per_1m"), table.AtMostFraction(6)),
        table.Row(f"three servers, get {work}: throughput", table.in_thousands_per_s, rows.pick(found["get"], "per_s"), table.AtLeast(5)),
        table.Row("  CPU-s of the three per 1M", table.in_s, rows.pick(found["get"], "server_cpu_s_per_1m"), table.AtMostFraction(10)),
        table.Row("three servers: memory after that", table.in_mib, memory, table.AtMostFraction(10)),
    ]


def latency(bench):
    """One client's durable set, at the leader and at a follower."""
    plan = bench.plan
    syncs = []

    def probe(trio):
        syncs.append(run_load(bench.load, "fsync", str(trio.leader.directory), size=VALUE_BYTES, count=plan["fsyncs"]))

    def at_leader(trio):
        probe(trio)
        found = trio.leader.run_load("latency", op="set", seconds=plan["seconds"], warmup=plan["warmup"], size=VALUE_BYTES)
        probe(trio)
        return found

    def at_follower(trio):
        return trio.follower.run_load("latency", op="set", seconds=plan["seconds"], warmup=plan["warmup"], size=VALUE_BYTES)

    with running(bench) as trios:
        for trio in trios.values():
            trio.leader.run_load("latency", op="set", seconds=plan["heat"], size=VALUE_BYTES)
        leader = bench.rounds(trios, at_leader)
        follower = bench.rounds(trios, at_follower)
    appends = [sync["append_p50_us"] for sync in syncs]
    fdatasync = statistics.median(appends)
    bench.notes.append(f"three servers, one client, set: fdatasync after a 1 KiB write takes {table.in_us(fdatasync)} there "
                       f"(median of {len(appends)} p50s from {table.in_us(min(appends))} to {table.in_us(max(appends))}). {rows.tails(leader)}")
    doubt = "noisy" if max(appends) > rows.NOISY_DISK * min(appends) else None
    return [
        table.Row("three servers, one client, set at the leader: p50", table.in_us, rows.pick(leader, "p50_us"),
                  table.AtMost(FDATASYNC_FACTOR * fdatasync), doubt),
        table.Row("  at a follower", table.in_us, rows.pick(follower, "p50_us")),
    ]


def restart(bench):
    """A follower comes back to a large tree: kill -9, some writes without it, start, first read."""
    count = bench.plan["nodes"]
    walls, cpus = {}, {}
    with running(bench, links=True, heap="3g") as trios:
        for name, trio in trios.items():
            filled = trio.leader.run_load("fill", connections=rows.CONNECTIONS, depth=rows.DEPTH, nodes=count, size=rows.NODE_BYTES, root="/fill")
            trio.wait_until_idle()
            bench.say(f"{name}: filled at {filled['per_s']:.0f}/s, {table.in_mib(trio.rss_bytes())}")
        for number in range(bench.plan["rounds"]):
            for name, trio in trios.items():
                wall_s, used_s = restart_follower(trio, count)
                walls.setdefault(name, []).append(wall_s)
                cpus.setdefault(name, []).append(used_s)
                bench.say(f"restart {number + 1}, {name}: {wall_s:.2f} s, {used_s:.2f} s of CPU")
    return [
        table.Row(f"three servers, {count / 1e6:g} M znodes: follower back by DIFF", table.in_s, walls),
        table.Row("  its CPU until the first read", table.in_s, cpus),
    ]


def restart_follower(trio, count):
    follower = trio.follower
    follower.kill()
    trio.leader.run_load("set", connections=1, depth=DEPTH, count=MISSED - 50, warmup=0, size=rows.NODE_BYTES, root="/missed")
    found = follower.start()
    syncs = [sync for sync in trio.links.syncs() if sync["learner"] == trio.number_of(follower)]
    if syncs[-1]["how"] != "DIFF":
        raise BenchError(f"the follower of {trio.name} came back by {syncs[-1]['how']}, not by DIFF")
    # A restart that lost something is not worth measuring.
    follower.run_load("verify", sample=MISSED, nodes=count, size=rows.NODE_BYTES, root="/fill")
    follower.wait_until_idle()
    return found


ROWS = {"ensemble": throughput, "ensemble-latency": latency, "ensemble-restart": restart}
