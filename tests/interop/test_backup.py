"""Backups of a running server, over both storages: the word snap, and zookernel-db backup."""

import os
import socket
import subprocess
import threading
import time

import pytest

from harness import server as servers, tree, wire

pytestmark = pytest.mark.zookernel_only

BIN = servers.server_program().parent.parent / "bin"
SUPER = "super:DyNYQEQvajljsxlhf5uS4PJ9R28="  # user super, password admin
STORAGES = ("file", "sqlite")


def server_on(directory, storage, data_dir=None, **more):
    return servers.Server(directory, data_dir=data_dir, properties={"DigestAuthenticationProvider.superDigest": SUPER},
                          config={"plugin.storage": storage, "4lw.commands.whitelist": "*,snap", "snapCount": 1000, **more})


def db(*arguments, timeout=120):
    return subprocess.run([BIN / "zookernel-db", *map(str, arguments)], capture_output=True, text=True, timeout=timeout)


def whole_tree(port):
    return tree.read_tree(port, auth=[("digest", b"super:admin")])


class Writer(threading.Thread):
    """Creates /w/N one after the other until it is told to stop; done is the last that was acknowledged."""

    def __init__(self, port):
        super().__init__()
        self.connection = wire.Connection(port, timeout_ms=30000)
        assert self.connection.call(wire.CREATE, wire.create("/w", b"")).error == 0
        self.done = -1
        self.ending = threading.Event()

    def run(self):
        number = 0
        while not self.ending.is_set():
            assert self.connection.call(wire.CREATE, wire.create(f"/w/{number:08}", b"x" * 200)).error == 0
            self.done = number
            number += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.ending.set()
        self.join()


def wait_until(condition, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.005)


@pytest.mark.parametrize("storage", STORAGES)
def test_backups_under_load_are_whole_and_served(tmp_path, storage):
    with server_on(tmp_path / "a", storage, tmp_path / "one") as server:
        with Writer(server.port) as writer:
            kept = []
            for number, form in enumerate(("archive", "file", "sqlite", "archive")):
                wait_until(lambda: writer.done > 400 * (number + 1))
                before = writer.done
                target = tmp_path / f"backup-{number}"
                done = db("backup", "--to", form, server.hosts, target)
                assert done.returncode == 0, done.stderr
                kept.append((form, target, before, writer.done))
        assert server.process.poll() is None

    for number, (form, target, before, after) in enumerate(kept):
        if form == "archive":
            restored = db("import", target, tmp_path / f"restored-{number}")
            assert restored.returncode == 0, restored.stderr
            target, form = tmp_path / f"restored-{number}", "file"
        verdict = db("verify", target)
        assert verdict.returncode == 0, verdict.stdout
        with server_on(tmp_path / f"b{number}", form, target) as server:
            nodes = whole_tree(server.port)
            written = sorted(int(path.split("/")[2]) for path in nodes if path.startswith("/w/"))
            # All that was acknowledged before it began, and a beginning of what came after.
            assert written == list(range(len(written)))
            assert before <= written[-1] <= after + 1
            assert wire.Connection(server.port).call(wire.CREATE, wire.create("/goes-on", b"")).error == 0


@pytest.mark.parametrize("storage", STORAGES)
def test_a_slow_reader_does_not_hold_up_the_server(tmp_path, storage):
    with server_on(tmp_path / "a", storage, **{"autopurge.purgeInterval": 1, "autopurge.snapRetainCount": 3}) as server:
        owner = wire.Connection(server.port, timeout_ms=30000)
        for number in range(400):
            assert owner.call(wire.CREATE, wire.create(f"/big{number:04}", os.urandom(60_000))).error == 0
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            slow.settimeout(60)
            slow.connect((servers.HOST, server.port))
            slow.sendall(b"snap")
            received = slow.recv(100)
            assert received.startswith(b"ZKBACKUP")
            # It sends far less than the whole, and the server goes on; a second one is told to wait.
            began = time.monotonic()
            for number in range(300):
                assert owner.call(wire.CREATE, wire.create(f"/more{number}", b"x")).error == 0
            assert time.monotonic() - began < 30
            other = db("backup", server.hosts, tmp_path / "other.zka")
            assert other.returncode == 2 and "Another backup is under way" in other.stderr
            assert not (tmp_path / "other.zka").exists()
            assert "imok" in servers.four_letter_word(server.port, "ruok")
        # It is gone: the next one may come.
        wait_until(lambda: db("backup", server.hosts, tmp_path / "next.zka").returncode == 0)
        resident = int(next(line for line in open(f"/proc/{server.process.pid}/status") if line.startswith("VmRSS")).split()[1])
        assert resident < 256 * 1024


def test_it_has_to_be_allowed_by_name(tmp_path):
    for whitelist in ("*", "srvr,ruok", None):
        with servers.Server(tmp_path / f"a{whitelist}".replace("*", "all"),
                            config={"4lw.commands.whitelist": whitelist}) as server:
            refused = db("backup", server.hosts, tmp_path / "no.zka")
            assert refused.returncode == 2
            assert "snap is not executed because it is not in the whitelist" in refused.stderr
            assert not (tmp_path / "no.zka").exists() and not (tmp_path / "no.zka.tmp").exists()


def test_what_it_needs_is_told(tmp_path):
    assert "HOST:PORT is expected" in db("backup", "localhost", tmp_path / "a.zka").stderr
    nobody = servers.free_port()
    refused = db("backup", f"127.0.0.1:{nobody}", tmp_path / "a.zka")
    assert refused.returncode == 2 and "Connection refused" in refused.stderr
    (tmp_path / "there.zka").write_bytes(b"mine")
    with server_on(tmp_path / "a", "file") as server:
        assert "exists" in db("backup", server.hosts, tmp_path / "there.zka").stderr
        assert (tmp_path / "there.zka").read_bytes() == b"mine"
        assert db("backup", server.hosts, tmp_path / "first.zka").returncode == 0
