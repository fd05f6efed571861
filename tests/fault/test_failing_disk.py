"""The disk fails or is full: the server stops with a clear last line, acknowledges nothing that it could not keep, and serves
everything that it did acknowledge once the disk works again."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import missing
from harness import server as servers, wire
from harness.wire import Connection

pytestmark = pytest.mark.zookernel_only

HERE = pathlib.Path(__file__).resolve().parent


def write_until_the_end(port, data=b"x" * 1000, count=200000):
    """Creates /n0, /n1, ... one after the other; returns how many were acknowledged when the connection ended."""
    acknowledged = 0
    try:
        with Connection(port, timeout_ms=40000, timeout_s=30) as connection:
            for i in range(count):
                reply = connection.call(wire.CREATE, wire.create(f"/n{i}", data))
                if reply.error != 0:
                    return acknowledged
                acknowledged += 1
    except (wire.Closed, OSError):
        pass
    return acknowledged


def assert_kept(port, count):
    with Connection(port, timeout_s=30) as connection:
        for i in range(count):
            assert connection.call(wire.EXISTS, wire.read(f"/n{i}")).error == 0, f"/n{i} of {count} was acknowledged"


def last_line(server):
    lines = [line for line in server.log().splitlines() if line.strip()]
    assert lines, "the server ended without a word"
    return lines[-1]


@pytest.fixture(scope="module")
def preload(tmp_path_factory):
    target = tmp_path_factory.mktemp("preload") / "failing_sync.so"
    built = subprocess.run(["cc", "-shared", "-fPIC", "-O1", HERE / "failing_sync.c", "-o", target, "-ldl"], capture_output=True,
                           text=True)
    assert built.returncode == 0, built.stderr
    return target


@pytest.mark.parametrize("switch, word", [("FAILING_SYNC_SWITCH", "sync"), ("FAILING_WRITE_SWITCH", "write")])
def test_failing_call_stops_the_server(make_server, preload, tmp_path, switch, word):
    trigger = tmp_path / "trigger"
    server = make_server(environment={"LD_PRELOAD": str(preload), switch: str(trigger)}).start()
    with Connection(server.port, timeout_ms=40000) as connection:
        for i in range(50):
            assert connection.call(wire.CREATE, wire.create(f"/n{i}")).error == 0
        trigger.touch()
        try:
            reply = connection.call(wire.CREATE, wire.create("/after"))
            assert reply.error != 0, "a write was acknowledged although it could not be made durable"
        except wire.Closed:
            pass

    exit_code = server.process.wait(20)
    assert exit_code > 0, f"the server should have stopped by itself: {exit_code}\n{server.log()}"
    assert re.search(rf"(?i)log\.[0-9a-f]+.*{word}|{word}.*log\.[0-9a-f]+", last_line(server)) or re.search(
        r"(?i)input/output error|EIO", last_line(server)), server.log()

    trigger.unlink()
    server.start()
    assert_kept(server.port, 50)
    assert write_until_the_end(server.port, count=0) == 0


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 16 MiB that can be made larger; skipped loudly where mounting is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can mount a small file system")
    if shutil.which("mount") is None:
        missing("no mount on this machine")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        # Containers may forbid it even to root; that is no fault of the machine's setup.
        pytest.skip(f"NOT TESTED: mounting a small file system is not permitted here ({mounted.stderr.strip()})")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_full_disk(make_server, small_disk):
    server = make_server(data_dir=small_disk / "data", config={"preAllocSize": 64}).start()

    acknowledged = write_until_the_end(server.port)

    assert acknowledged > 100, server.log()
    exit_code = server.process.wait(20)
    assert exit_code > 0, server.log()
    assert re.search(r"(?i)no space|full", last_line(server)), server.log()
    # Still full. It may refuse to start, or end when the first session wants to be logged; it says why, and serves nothing short.
    try:
        server.start()
        with Connection(server.port) as connection:
            assert connection.call(wire.EXISTS, wire.read(f"/n{acknowledged - 1}")).error == 0
        server.kill()
    except (servers.StartFailed, wire.Closed):
        assert server.process.wait(20) > 0, server.log()
        assert re.search(r"(?i)no space|full", last_line(server)), server.log()

    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    server.start()
    assert_kept(server.port, acknowledged)


def test_disk_that_is_full_from_the_start(make_server, small_disk):
    subprocess.run(["dd", "if=/dev/zero", f"of={small_disk}/filler", "bs=64k"], capture_output=True)
    server = make_server(data_dir=small_disk / "data")

    exit_code, output = server.run_to_end(timeout_s=20)

    assert 0 < exit_code < 128, output
    assert re.search(r"(?i)no space|full", output), output


def test_snapshot_that_finds_no_room(make_server, small_disk):
    """A snapshot is no promise: the server goes on with its log, says so, and loses nothing."""
    server = make_server(data_dir=small_disk / "data", config={"preAllocSize": 64, "snapCount": 2000}).start()
    acknowledged = write_until_the_end(server.port, data=b"x" * 1500, count=4200)
    server.kill()
    subprocess.run(["mount", "-o", "remount,size=96m", small_disk], check=True)

    server.start()

    assert_kept(server.port, acknowledged)
