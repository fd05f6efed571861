"""kill -9 under write load, round after round over one directory: every acknowledged write is there after the restart.

KILL_ROUNDS says how often (default 20; 200 is the figure to show). KILL_SEED repeats a run's choices; the moment of the kill
is as random as the machine.
"""

import os
import random
import re
import struct
import threading
import time

import pytest

from harness import wire
from harness.wire import Connection

ROUNDS = int(os.environ.get("KILL_ROUNDS", "20"))
SEED = int(os.environ.get("KILL_SEED", str(random.randrange(1 << 30))))
WRITERS = 4
DEPTH = 16


class Writer(threading.Thread):
    """Writes with DEPTH requests in flight, and remembers what was acknowledged.

    Each writer owns a subtree: plain nodes that it creates, overwrites and deletes, and a queue of sequential nodes. What is
    in flight when the server dies may have happened or not: both are right, but nothing else is.
    """

    def __init__(self, port, number, round_number, seed):
        super().__init__(daemon=True)
        self.port = port
        self.root = f"/w{number}"
        self.round = round_number
        self.random = random.Random(seed)
        self.acknowledged = {}      # path -> data, as of the last acknowledged operation on it
        self.uncertain = {}         # path -> set of further possible states (data, or None for absent)
        self.sequence = []          # names of the queue that were acknowledged, in order
        self.last_zxid = 0
        self.acknowledged_count = 0
        self.error = None
        self.connection = None

    def load_from(self, earlier):
        self.acknowledged = dict(earlier.acknowledged)
        self.sequence = list(earlier.sequence)

    def next_operation(self):
        choice = self.random.random()
        if choice < 0.15:
            return "sequence", f"{self.root}/queue/n-", b""
        path = f"{self.root}/n{self.random.randrange(400)}"
        data = f"{self.round}-{self.random.randrange(1 << 30)}".encode() * self.random.randrange(1, 20)
        if choice < 0.25:
            return "delete", path, None
        return "write", path, data

    def run(self):
        try:
            self.connection = Connection(self.port, timeout_ms=40000, timeout_s=60)
            self.work()
        except (wire.Closed, ConnectionError, OSError, struct.error):
            pass
        except Exception as error:  # Shown by the test; a thread's own would be lost.
            self.error = error

    def work(self):
        in_flight = []
        try:
            while True:
                while len(in_flight) < DEPTH:
                    kind, path, data = self.next_operation()
                    if any(path == other for _, other, _ in in_flight) and kind != "sequence":
                        break
                    # Before it is sent: what cannot be sent whole may have happened as well.
                    in_flight.append((kind, path, data))
                    if kind == "sequence":
                        self.connection.send(wire.CREATE, wire.create(path, b"", flags=2))
                    elif kind == "delete":
                        self.connection.send(wire.DELETE, wire.delete(path))
                    elif path in self.acknowledged:
                        self.connection.send(wire.SET_DATA, wire.set_data(path, data))
                    else:
                        self.connection.send(wire.CREATE, wire.create(path, data))
                reply = self.connection.read_reply()
                self.take(in_flight.pop(0), reply)
        finally:
            for kind, path, data in in_flight:
                if kind != "sequence":
                    self.uncertain.setdefault(path, []).append(data)

    def take(self, operation, reply):
        kind, path, data = operation
        assert reply.zxid > self.last_zxid, f"zxids go backwards: {reply.zxid:#x} after {self.last_zxid:#x}"
        self.last_zxid = reply.zxid
        if kind == "sequence":
            assert reply.error == 0, reply
            name = wire.Decoder(reply.body).ustring().rsplit("/", 1)[1]
            assert not self.sequence or name > self.sequence[-1], f"{name} after {self.sequence[-1]}"
            self.sequence.append(name)
        elif kind == "delete":
            assert reply.error in (0, wire.NO_NODE), reply
            self.acknowledged.pop(path, None)
        else:
            assert reply.error == 0, (path, reply)
            self.acknowledged[path] = data
        self.acknowledged_count += 1


def read_all(connection, parent):
    """Data by path of the children of a znode."""
    reply = connection.call(wire.GET_CHILDREN, wire.read(parent))
    assert reply.error == 0, (parent, reply)
    names = wire.Decoder(reply.body).strings()
    found = {}
    for start in range(0, len(names), 200):
        part = names[start:start + 200]
        for name in part:
            connection.send(wire.GET_DATA, wire.read(f"{parent}/{name}"))
        for name in part:
            data_reply = connection.read_reply()
            assert data_reply.error == 0, (name, data_reply)
            found[f"{parent}/{name}"] = wire.Decoder(data_reply.body).buffer()
    return found


def check(connection, writer):
    """Everything that was acknowledged is there; everything that is there was acknowledged or in flight."""
    found = read_all(connection, writer.root)
    found.pop(f"{writer.root}/queue")
    wrong = []
    for path in sorted(set(found) | set(writer.acknowledged) | set(writer.uncertain)):
        possible = [writer.acknowledged.get(path), *writer.uncertain.get(path, [])]
        if found.get(path) not in possible:
            wrong.append(f"{path}: is {found.get(path)!r:.60}, acknowledged {writer.acknowledged.get(path)!r:.60}, "
                         f"in flight {len(writer.uncertain.get(path, []))}")
    assert not wrong, f"{len(wrong)} wrong of {len(found)}:\n" + "\n".join(wrong[:20])
    writer.acknowledged = found
    writer.uncertain = {}

    queue = sorted(wire.Decoder(connection.call(wire.GET_CHILDREN, wire.read(f"{writer.root}/queue")).body).strings())
    lost = sorted(set(writer.sequence) - set(queue))
    assert not lost, f"acknowledged sequential nodes are gone: {lost[:10]}"
    writer.sequence = queue


def test_every_acknowledged_write_survives(make_server):
    print(f"KILL_SEED={SEED} KILL_ROUNDS={ROUNDS}")
    choices = random.Random(SEED)
    # Small snapshots and logs, so that the kill also hits while files are being made.
    server = make_server(config={"snapCount": 1000, "autopurge.snapRetainCount": 3}).start()
    with Connection(server.port) as connection:
        for number in range(WRITERS):
            assert connection.call(wire.CREATE, wire.create(f"/w{number}")).error == 0
            assert connection.call(wire.CREATE, wire.create(f"/w{number}/queue")).error == 0
        connection.call(wire.CLOSE_SESSION)

    earlier = None
    total = 0
    for round_number in range(ROUNDS):
        writers = [Writer(server.port, number, round_number, choices.randrange(1 << 30)) for number in range(WRITERS)]
        for number, writer in enumerate(writers):
            if earlier is not None:
                writer.load_from(earlier[number])
        # A session that outlives the server, and one that was closed before it.
        owner = Connection(server.port, timeout_ms=40000)
        assert owner.call(wire.CREATE, wire.create(f"/ephemeral-{round_number}", b"", flags=1)).error == 0
        with Connection(server.port) as leaving:
            assert leaving.call(wire.CREATE, wire.create(f"/left-{round_number}", b"", flags=1)).error == 0
            assert leaving.call(wire.CLOSE_SESSION).error == 0
        for writer in writers:
            writer.start()

        time.sleep(choices.uniform(0.05, 0.6))
        server.kill()
        for writer in writers:
            writer.join(60)
            assert not writer.is_alive()
            assert writer.error is None, f"KILL_SEED={SEED} round {round_number}: {writer.error!r}"
        server.start()

        last = max(writer.last_zxid for writer in writers)
        now = int(re.search(r"Zxid: (0x[0-9a-f]+)", server.word("srvr")).group(1), 16)
        assert now >= last, f"acknowledged up to {last:#x}, but the server is at {now:#x}"
        with Connection(server.port, timeout_s=60) as connection:
            for writer in writers:
                check(connection, writer)
            assert connection.call(wire.EXISTS, wire.read(f"/ephemeral-{round_number}")).error == 0
            assert connection.call(wire.EXISTS, wire.read(f"/left-{round_number}")).error == wire.NO_NODE
            connection.call(wire.CLOSE_SESSION)
        again = Connection(server.port, handshake=False)
        again.connect(session_id=owner.session_id, password=owner.password, timeout_ms=40000)
        assert again.timeout_ms > 0, "the session was lost"
        assert again.call(wire.CLOSE_SESSION).error == 0
        with Connection(server.port) as connection:
            assert connection.call(wire.EXISTS, wire.read(f"/ephemeral-{round_number}")).error == wire.NO_NODE
            connection.call(wire.CLOSE_SESSION)
        total += sum(writer.acknowledged_count for writer in writers)
        earlier = writers

    print(f"{ROUNDS} rounds, {total} acknowledged writes, none lost")
    assert total > ROUNDS * 10, "the load was too small to show anything"
