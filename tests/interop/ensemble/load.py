#!/usr/bin/env python3
"""One process of the load: some client sessions that write, read and watch as their seed says, and keep the history.

    load.py --ports 2181,2182,2183 --out history.jsonl [--seed N] [--sessions N] [--pace-ms N] [--first N]

It runs until its standard input ends, then closes its sessions. Each line of the history is one JSON object: an operation (see
Client.record), a change of the connection ("event"), or something that a server must never do ("violation"). Times are
nanoseconds of the system's monotonic clock, so that the histories of several processes can be laid side by side.
"""

import argparse
import json
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from ensemble.session import Expired, Session, stat_of  # noqa: E402
from harness import wire  # noqa: E402

REGISTERS, LOG, PAIR, EPHEMERALS = "/registers", "/log", "/pair", "/ephemerals"
ROOTS = (REGISTERS, LOG, PAIR, EPHEMERALS)
PAIR_NODES = (f"{PAIR}/a", f"{PAIR}/b")
# The registers change every few seconds, so that the check of each looks at some hundred operations.
ERA_S = 4
REGISTERS_AT_A_TIME = 4
# A client deletes its oldest log entries beyond so many: the tree stays small however long the load runs.
KEPT_ENTRIES = 500
EPHEMERAL = 1
NODE_EXISTS, BAD_VERSION = -110, -103


def set_pair(value):
    """A multi that sets both nodes of the pair."""
    body = b""
    for path in PAIR_NODES:
        body += wire.struct.pack(">ibi", wire.SET_DATA, 0, -1) + wire.set_data(path, value)
    return body + wire.struct.pack(">ibi", -1, 1, -1)


class Client(threading.Thread):
    """One session and its random work."""

    def __init__(self, name, options, stopping, write):
        super().__init__(name=name)
        self.options = options
        self.stopping = stopping
        self.write = write
        self.random = random.Random(f"{options.seed} {name}")
        self.session = Session(options.ports, first=self.random.randrange(len(options.ports)) if options.first is None else options.first,
                               timeout_ms=options.timeout_ms)
        self.count = 0
        self.entries = []
        self.versions = {}
        self.reported = 0

    # The history ------------------------------------------------------------------------------------------------------------

    def record(self, op, path, begin, outcome, **more):
        """outcome: of Session.batch. "r" is ok, fail (not done, the error is "e") or unknown (no answer, "t1" is null)."""
        reply, end = outcome
        line = {"client": self.name, "n": self.connection, "op": op, "path": path, "t0": begin, "t1": end,
                "server": self.session.server, **more}
        if reply is None:
            line["r"] = "unknown"
        else:
            line.update(r="ok" if reply.error == 0 else "fail", z=reply.zxid)
            if reply.error:
                line["e"] = reply.error
        self.write(line)

    def note(self, event):
        self.write({"client": self.name, "event": event, "t0": time.monotonic_ns(), "server": self.session.server})

    def report_violations(self):
        for text in self.session.violations[self.reported:]:
            self.write({"client": self.name, "violation": text, "t0": time.monotonic_ns()})
        self.reported = len(self.session.violations)

    # Life -------------------------------------------------------------------------------------------------------------------

    def run(self):
        session = self.session
        while not self.stopping.is_set():
            if session.socket is None:
                self.connect()
                continue
            self.random.choices((self.append, self.change_register, self.read_register, self.watch_register, self.change_pair,
                                 self.use_ephemeral), (4, 6, 4, 3, 1, 1))[0]()
            self.report_violations()
            if session.socket is None:
                self.note("lost")
            self.stopping.wait(self.options.pace_ms / 1000 * self.random.uniform(0.5, 1.5))
        session.close(lambda: time.monotonic() > self.options.end + 10)
        self.report_violations()

    def connect(self):
        try:
            if self.session.connect(self.stopping.is_set):
                self.connection = self.session.connections
                self.note("connected")
        except Expired:
            self.note("expired")
            self.session.forget()
        self.report_violations()

    def next_value(self):
        self.count += 1
        return f"{self.name}.{self.count}"

    # Work -------------------------------------------------------------------------------------------------------------------

    def append(self):
        """Several creates under way at once; deletes of the oldest."""
        work = []
        for _ in range(self.random.randint(1, 5)):
            path = f"{LOG}/{self.next_value()}"
            work.append(("create", path, wire.CREATE, wire.create(path, path.encode())))
        while len(self.entries) > KEPT_ENTRIES:
            path = self.entries.pop(0)
            work.append(("delete", path, wire.DELETE, wire.delete(path)))
        begin = time.monotonic_ns()
        for (op, path, _, _), outcome in zip(work, self.session.batch([(code, body, None) for _, _, code, body in work])):
            self.record(op, path, begin, outcome)
            if op == "create" and outcome[0] is not None and outcome[0].error == 0:
                self.entries.append(path)

    def register(self):
        era = (time.monotonic_ns() // 1_000_000_000) // ERA_S
        return f"{REGISTERS}/{era}-{self.random.randrange(REGISTERS_AT_A_TIME)}"

    def change_register(self):
        path, value, begin = self.register(), self.next_value(), time.monotonic_ns()
        op = self.random.choices(("set", "cas", "create", "delete"), (4, 4, 2, 1))[0]
        known = self.versions.get(path, 0)
        code, body = {
            "set": (wire.SET_DATA, wire.set_data(path, value)),
            "cas": (wire.SET_DATA, wire.set_data(path, value, known)),
            "create": (wire.CREATE, wire.create(path, value.encode())),
            "delete": (wire.DELETE, wire.delete(path, known)),
        }[op]
        # A create does not say what is there, and a failed one is no news of the znode's absence.
        outcome, = self.session.batch([(code, body, path if code == wire.SET_DATA else None)])
        more = {"value": value}
        if op in ("cas", "delete"):
            more["expected"] = known
        stat = stat_of(outcome[0], code) if outcome[0] is not None else None
        if stat:
            more["version"] = self.versions[path] = stat["version"]
        self.record(op, path, begin, outcome, **more)

    def read_register(self):
        """sync and getData: the newest value, where the leader's sync promises it."""
        path, begin = self.register(), time.monotonic_ns()
        synced, outcome = self.session.batch([(wire.SYNC, wire.ustring(path), None), (wire.GET_DATA, wire.read(path), path)])
        if synced[0] is not None and synced[0].error not in (0, wire.NO_NODE):
            outcome = (None, None)
        self.record("get", path, begin, outcome, **self.found(path, outcome[0]))

    def watch_register(self):
        path, begin = self.register(), time.monotonic_ns()
        outcome, = self.session.batch([(wire.GET_DATA, wire.read(path, watch=True), path)])
        stat = stat_of(outcome[0], wire.GET_DATA) if outcome[0] is not None else None
        if stat:
            self.session.watch(path, stat["mzxid"])
        self.record("stale-get", path, begin, outcome, **self.found(path, outcome[0]))

    def found(self, path, reply):
        if reply is None or reply.error != 0:
            return {}
        decoder = wire.Decoder(reply.body)
        value, stat = decoder.buffer(), decoder.stat()
        self.versions[path] = stat["version"]
        return {"got": value.decode(), "version": stat["version"]}

    def change_pair(self):
        value, begin = self.next_value(), time.monotonic_ns()
        outcome, = self.session.batch([(wire.MULTI, set_pair(value), None)])
        # A multi that failed says so in its first result, not in the header.
        if outcome[0] is not None and outcome[0].body[:4] == b"\xff\xff\xff\xff":
            outcome[0].error = wire.struct.unpack_from(">i", outcome[0].body, 9)[0] or -1
        self.record("multi", PAIR, begin, outcome, value=value)

    def use_ephemeral(self):
        path, begin = f"{EPHEMERALS}/{self.next_value()}", time.monotonic_ns()
        outcome, = self.session.batch([(wire.CREATE, wire.create(path, b"", flags=EPHEMERAL), None)])
        self.record("ephemeral", path, begin, outcome)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ports", required=True, type=lambda text: [int(port) for port in text.split(",")])
    parser.add_argument("--out", required=True)
    parser.add_argument("--name", default="p", help="begins the names of the clients")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--sessions", type=int, default=3)
    parser.add_argument("--pace-ms", type=float, default=20, help="between two steps of a session, on average")
    parser.add_argument("--timeout-ms", type=int, default=10_000, help="of the sessions")
    parser.add_argument("--first", type=int, help="index of the server to begin with (default: as the seed says)")
    return parser.parse_args()


def main():
    options = parse_arguments()
    options.end = float("inf")
    stopping = threading.Event()
    lock = threading.Lock()
    with open(options.out, "w", encoding="utf-8") as out:
        def write(line):
            with lock:
                out.write(json.dumps(line) + "\n")

        clients = [Client(f"{options.name}{number}", options, stopping, write) for number in range(options.sessions)]
        for client in clients:
            client.start()
        sys.stdin.read()
        options.end = time.monotonic()
        stopping.set()
        for client in clients:
            client.join()


if __name__ == "__main__":
    main()
