"""Starts and stops the processes of a load on an ensemble."""

import pathlib
import subprocess
import sys
import time

from harness import wire

from .history import History
from .load import PAIR_NODES, ROOTS

PROGRAM = pathlib.Path(__file__).with_name("load.py")


def make_roots(ports, timeout_s=30):
    """The znodes below which the load works."""
    deadline = time.monotonic() + timeout_s
    for path in (*ROOTS, *PAIR_NODES):
        while True:
            try:
                with wire.Connection(ports[0], timeout_s=5) as connection:
                    error = connection.call(wire.CREATE, wire.create(path)).error
                    connection.call(wire.CLOSE_SESSION)
                if error in (0, -110):
                    break
                raise OSError(f"create {path}: error {error}")
            except (OSError, wire.Closed):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


class Workload:
    """processes x sessions clients, spread over the servers. A with block starts and ends them; then history() can be read."""

    def __init__(self, ports, directory, seed=1, processes=3, sessions=3, pace_ms=20, timeout_ms=10_000):
        self.files = []
        self._commands = []
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        self._ports = ports
        for number in range(processes):
            self.files.append(directory / f"history-{number}.jsonl")
            self._commands.append([
                sys.executable, "-B", str(PROGRAM), "--ports", ",".join(map(str, ports)), "--out", str(self.files[-1]),
                "--name", f"p{number}c", "--seed", str(seed), "--sessions", str(sessions), "--pace-ms", str(pace_ms),
                "--timeout-ms", str(timeout_ms)])
        self._processes = []

    def __enter__(self):
        make_roots(self._ports)
        for command in self._commands:
            self._processes.append(subprocess.Popen(command, stdin=subprocess.PIPE))
        return self

    def __exit__(self, *_):
        for process in self._processes:
            process.stdin.close()
        for process in self._processes:
            try:
                code = process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise AssertionError("a process of the load did not end within 60 s") from None
            assert code == 0, f"a process of the load ended with {code}"

    def history(self):
        return History.read(self.files)
