"""Three servers that agree, under measurement: what servers.py is for one."""

import concurrent.futures
import contextlib
import pathlib
import re
import socket
import sys
import time

from servers import BenchError, Server, Subject

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

from ensemble import ports  # noqa: E402
from ensemble.links import Links  # noqa: E402

SIZE = 3
HOST = "127.0.0.1"
SERVE_S = 120
STANDALONE_CLASS = "org.apache.zookeeper.server.ZooKeeperServerMain"
# What Apache's zkServer.sh starts a server with, unless told otherwise.
JAVA_HEAP = "-Xmx1000m"


def member_subject(subject, configuration, heap=None):
    """The subject as a member of an ensemble. A JVM gets Apache's default heap, or the one named."""
    command = list(subject.command)
    if STANDALONE_CLASS in command:
        command[command.index(STANDALONE_CLASS)] = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
        command[1] = f"-Xmx{heap}" if heap else JAVA_HEAP
    return Subject(subject.name, command, subject.configuration + configuration)


class Trio:
    """Between start() and the end of the with block three servers of one kind, leader and followers."""

    def __init__(self, subject, directory, load, links=False, heap=None):
        self.name = subject.name
        self._load = load
        listening = {number: {"quorum": ports.free(), "election": ports.free()} for number in range(1, SIZE + 1)}
        self.links = Links(listening) if links else None
        self.members = {}
        for number in listening:
            lines = "".join(f"server.{other}={self._address(number, other, listening)}\n" for other in listening)
            server = self.members[number] = Server(member_subject(subject, lines, heap), directory / str(number), load)
            (server.directory / "data" / "myid").write_text(f"{number}\n")

    def _address(self, reader, other, listening):
        if self.links and other != reader:
            return f"{HOST}:{self.links.port(reader, other, 'quorum')}:{self.links.port(reader, other, 'election')}"
        return f"{HOST}:{listening[other]['quorum']}:{listening[other]['election']}"

    def start(self):
        with concurrent.futures.ThreadPoolExecutor(SIZE) as pool:
            for started in [pool.submit(server.start) for server in self.members.values()]:
                started.result()
        self.leader_number()

    def leader_number(self):
        """Who leads, once one does."""
        give_up = time.monotonic() + SERVE_S
        while time.monotonic() < give_up:
            for number, server in self.members.items():
                if mode_of(server.port) == "leader":
                    return number
            time.sleep(0.05)
        raise BenchError(f"three servers of {self.name} find no leader in {SERVE_S} s\n{self.members[1].log_tail()}")

    @property
    def leader(self):
        return self.members[self.leader_number()]

    @property
    def follower(self):
        leader = self.leader_number()
        return next(server for number, server in self.members.items() if number != leader)

    def number_of(self, server):
        return next(number for number, member in self.members.items() if member is server)

    def run_load(self, mode, connections, **options):
        """The generator once for each server at the same time, each with its part of the connections; their results as one."""
        with concurrent.futures.ThreadPoolExecutor(SIZE) as pool:
            running = [pool.submit(server.run_load, mode, connections=connections // SIZE, root=f"/bench{number}", **options)
                       for number, server in self.members.items()]
            results = [one.result() for one in running]
        total = sum(result["requests"] for result in results)
        return {"requests": total, "per_s": sum(result["per_s"] for result in results),
                "server_cpu_s_per_1m": sum(result["server_cpu_s"] for result in results) / total * 1e6,
                "p50_us": max(result["p50_us"] for result in results), "p99_us": max(result["p99_us"] for result in results),
                "max_us": max(result["max_us"] for result in results)}

    def rss_bytes(self):
        return sum(server.rss_bytes() for server in self.members.values())

    def wait_until_idle(self):
        for server in self.members.values():
            server.wait_until_idle()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.members.values():
            server.remove()
        if self.links:
            self.links.close()


def mode_of(port):
    """leader or follower; None from a server that does not serve."""
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=2) as connection:
        connection.sendall(b"srvr")
        text = b""
        while chunk := connection.recv(65536):
            text += chunk
        mode = re.search(rb"^Mode: (\w+)", text, re.MULTILINE)
        return mode.group(1).decode() if mode else None
    return None
