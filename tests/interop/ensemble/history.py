"""What the processes of a load wrote down, and what must hold of it."""

import collections
import json

from harness import wire

from .load import EPHEMERALS, LOG, PAIR, PAIR_NODES, REGISTERS

WRITES = ("create", "set", "cas", "delete", "multi", "ephemeral")
# Answers that a correct server may give; anything else is a failed operation.
EXPECTED_ERRORS = {"set": (wire.NO_NODE,), "cas": (wire.NO_NODE, -103), "delete": (wire.NO_NODE, -103), "create": (-110,),
                   "get": (wire.NO_NODE,), "stale-get": (wire.NO_NODE,), "multi": (), "ephemeral": ()}


class History:
    """Operations in the order of their calls, events of connections, and violations that the clients saw at once."""

    def __init__(self, lines):
        lines = sorted(lines, key=lambda line: line["t0"])
        self.operations = [line for line in lines if "op" in line]
        self.events = [line for line in lines if "event" in line]
        self.violations = [f"{line['client']}: {line['violation']}" for line in lines if "violation" in line]

    @classmethod
    def read(cls, files):
        lines = []
        for file in files:
            with open(file, encoding="utf-8") as text:
                lines += [json.loads(line) for line in text]
        return cls(lines)

    def between(self, begin_ns, end_ns):
        """The part that began in a stretch of time."""
        part = History([])
        part.operations = [line for line in self.operations if begin_ns <= line["t0"] < end_ns]
        part.events = [line for line in self.events if begin_ns <= line["t0"] < end_ns]
        return part

    # Figures ----------------------------------------------------------------------------------------------------------------

    def failures(self):
        """Operations that a server answered with an error that the work does not bring with it."""
        return [line for line in self.operations if line["r"] == "fail" and line["e"] not in expected_errors(line)]

    def counts(self):
        """Operations by outcome, and events by kind."""
        counts = collections.Counter(line["r"] for line in self.operations)
        counts.update(event["event"] for event in self.events)
        counts["failures"] = len(self.failures())
        # Not answered with an error, but not done either.
        counts["ok"] += counts.pop("fail", 0) - counts["failures"]
        return counts

    def longest_gap_s(self, begin_ns, end_ns):
        """The longest time in which no write was answered."""
        times = sorted(line["t1"] for line in self.operations if line["op"] in WRITES and line["t1"] and line["r"] == "ok")
        times = [begin_ns, *(time for time in times if begin_ns <= time <= end_ns), end_ns]
        return max(later - earlier for earlier, later in zip(times, times[1:])) / 1e9

    def first_write_after_s(self, moment_ns):
        """Until the first answer to a write that was sent after a moment; None without one."""
        times = [line["t1"] for line in self.operations
                 if line["op"] in WRITES and line["r"] == "ok" and line["t0"] >= moment_ns]
        return (min(times) - moment_ns) / 1e9 if times else None

    # What must hold -----------------------------------------------------------------------------------------------------------

    def problems(self, tree):
        """Everything wrong, given the tree at the end (path -> znode); the sessions of the load are closed by then."""
        found = list(self.violations)
        found += [f"{line['client']}: {line['op']} {line['path']} failed with {line['e']}" for line in self.failures()]
        found += self.lost_or_undead(tree) + self.holes_in_connections(tree) + torn_pair(tree)
        found += [f"{path} is there although its session is closed" for path in tree if path.startswith(f"{EPHEMERALS}/")]
        return found

    def entries(self):
        """The log entries' operations, by path."""
        by_path = collections.defaultdict(dict)
        for line in self.operations:
            if line["path"].startswith(f"{LOG}/"):
                by_path[line["path"]][line["op"]] = line
        return by_path

    def lost_or_undead(self, tree):
        """Acknowledged creates and deletes that the tree does not show, and what nobody created."""
        found = []
        entries = self.entries()
        for path, done in entries.items():
            created, deleted = done["create"]["r"], done.get("delete", {}).get("r")
            if created == "ok" and deleted is None and path not in tree:
                found.append(f"LOST: {path} was acknowledged (zxid {done['create']['z']:#x}) and is not there")
            if deleted == "ok" and path in tree:
                found.append(f"LOST: the acknowledged delete of {path} (zxid {done['delete']['z']:#x})")
        found += [f"{path} is there and nobody created it" for path in tree
                  if path.startswith(f"{LOG}/") and path not in entries]
        return found

    def holes_in_connections(self, tree):
        """A connection's requests are done in order: behind one that was not done nothing may be done."""
        by_connection = collections.defaultdict(list)
        for line in self.operations:
            if line["op"] == "create" and line["path"].startswith(f"{LOG}/"):
                by_connection[line["client"], line["n"]].append(line)
        deleted = {line["path"] for line in self.operations if line["op"] == "delete"}
        found = []
        for (client, number), lines in by_connection.items():
            missing = None
            for line in lines:
                if line["r"] != "ok" and line["path"] not in tree and line["path"] not in deleted:
                    missing = missing or line["path"]
                elif missing:
                    found.append(f"{client}, connection {number}: {line['path']} was done, {missing} before it was not")
        return found


def expected_errors(line):
    # The entries of the log belong to one client each: no answer but success is right.
    return () if line["path"].startswith(f"{LOG}/") else EXPECTED_ERRORS[line["op"]]


def torn_pair(tree):
    """A multi sets both nodes of the pair or none."""
    one, other = (tree.get(path) for path in PAIR_NODES)
    if one is None or other is None:
        return [f"{PAIR} is incomplete"]
    if (one["data"], one["mzxid"], one["version"]) != (other["data"], other["mzxid"], other["version"]):
        return [f"a multi was done by half: {one} and {other}"]
    return []


def registers_in(tree):
    """What lines_for_checker wants to know of the tree at the end."""
    return {path: (node["data"].decode(), node["version"]) for path, node in tree.items() if path.startswith(f"{REGISTERS}/")}
