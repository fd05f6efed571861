"""Clients that remember what was acknowledged to them."""

import threading

from harness import wire
from harness.wire import Connection


def write_until_the_end(port, first=0, count=200000, data=b"x" * 1000):
    """Creates /nFIRST, ... one after the other until one is refused or the connection ends: (how many were acknowledged, the
    error of the one that was not; None when the connection ended)."""
    acknowledged = 0
    try:
        with Connection(port, timeout_ms=40000, timeout_s=30) as connection:
            for i in range(first, first + count):
                reply = connection.call(wire.CREATE, wire.create(f"/n{i}", data))
                if reply.error != 0:
                    return acknowledged, reply.error
                acknowledged += 1
            return acknowledged, 0
    except (wire.Closed, OSError):
        return acknowledged, None


def assert_kept(port, count):
    with Connection(port, timeout_s=30) as connection:
        for i in range(count):
            assert connection.call(wire.EXISTS, wire.read(f"/n{i}")).error == 0, f"/n{i} of {count} was acknowledged"


class Writer(threading.Thread):
    """Creates PREFIX0, PREFIX1, ... in a thread, several in flight, until the connection ends."""

    DEPTH = 8

    def __init__(self, port, prefix):
        super().__init__(daemon=True)
        self.port, self.prefix, self.acknowledged = port, prefix, 0

    def run(self):
        try:
            with Connection(self.port, timeout_ms=40000, timeout_s=30) as connection:
                sent = 0
                while True:
                    while sent < self.acknowledged + self.DEPTH:
                        connection.send(wire.CREATE, wire.create(f"{self.prefix}{sent}", b"x" * 300))
                        sent += 1
                    if connection.read_reply().error != 0:
                        return
                    self.acknowledged += 1
        except (wire.Closed, OSError):
            pass


def assert_writers_kept(port, writers):
    with Connection(port, timeout_s=30) as connection:
        for writer in writers:
            for i in range(writer.acknowledged):
                path = f"{writer.prefix}{i}"
                assert connection.call(wire.EXISTS, wire.read(path)).error == 0, \
                    f"{path} of {writer.acknowledged} was acknowledged"
