"""Ports for servers that are stopped and started again: below the range from which the system takes the local ports of outgoing
connections, so that none of these takes a port while its server is down."""

import os
import random
import socket

HOST = "127.0.0.1"
LOWEST, HIGHEST = 10_000, 32_000

_chance = random.Random(os.urandom(8))
_given = set()


def free():
    """A port that nobody listens on, not given out before by this process."""
    for _ in range(1000):
        port = _chance.randrange(LOWEST, HIGHEST)
        if port in _given:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise RuntimeError(f"no free port from {LOWEST} to {HIGHEST}")
