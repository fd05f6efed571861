"""The disk fills up. With a reserve the server refuses writes in time and goes on; without one it stops with a clear last line.
Either way nothing that was acknowledged is lost, and nothing is torn."""

import re
import time

import pytest

from clients import assert_kept, write_until_the_end
from disks import SmallDisk
from harness import server as servers, wire
from harness.wire import Connection

pytestmark = pytest.mark.zookernel_only

STORAGES = ["file", "sqlite"]
NOT_READ_ONLY = -119
RESERVE_KIB = 8192


@pytest.fixture
def small_disk(tmp_path):
    disk = SmallDisk(tmp_path / "disk", 40)
    yield disk
    disk.remove()


def last_line(server):
    lines = [line for line in server.log().splitlines() if line.strip()]
    assert lines, "the server ended without a word"
    return lines[-1]


def number_in_mntr(server, name):
    return int(re.search(rf"(?m)^zk_{name}\t(\d+)$", server.word("mntr")).group(1))


def wait_until_written(port, path):
    """Writes come back by themselves: how long it took, in seconds."""
    begin = time.monotonic()
    while time.monotonic() < begin + 15:
        with Connection(port) as connection:
            if connection.call(wire.CREATE, wire.create(path)).error == 0:
                return time.monotonic() - begin
        time.sleep(0.1)
    raise AssertionError("no write is taken although there is room")


@pytest.mark.parametrize("storage", STORAGES)
def test_writes_are_refused_at_the_reserve_and_come_back(make_server, small_disk, storage):
    config = {"plugin.storage": storage, "preAllocSize": 64, "diskReserveInKb": RESERVE_KIB}
    server = make_server(data_dir=small_disk.folder / "data", config=config).start()
    session = Connection(server.port, timeout_ms=40000, timeout_s=30)
    assert session.call(wire.CREATE, wire.create("/ephemeral", flags=1)).error == 0

    acknowledged, error = write_until_the_end(server.port, data=b"x" * 20000)

    assert error == NOT_READ_ONLY, f"{acknowledged} written, then {error}\n{server.log()}"
    assert acknowledged > 300
    # It goes on: reads, old and new sessions, on a disk that is not full.
    assert session.call(wire.EXISTS, wire.read("/ephemeral")).error == 0
    assert session.call(wire.SET_DATA, wire.set_data("/ephemeral", b"1")).error == NOT_READ_ONLY
    assert_kept(server.port, acknowledged)
    assert session.call(wire.CLOSE_SESSION).error == 0
    with Connection(server.port) as other:
        assert other.call(wire.EXISTS, wire.read("/ephemeral")).error == wire.NO_NODE
    assert number_in_mntr(server, "disk_reserve_reached") == 1
    assert number_in_mntr(server, "disk_reserve_refusals") == 2
    assert len(re.findall("nearly full", server.log())) == 1, server.log()
    assert server.process.poll() is None

    # The same after a restart, and after a crash. (A database gives back the room of its write-ahead log when it is opened.)
    expected = {"file": (NOT_READ_ONLY,), "sqlite": (NOT_READ_ONLY, 0)}[storage]
    for end in (servers.Server.stop, servers.Server.kill):
        end(server)
        server.start()
        assert_kept(server.port, acknowledged)
        with Connection(server.port) as connection:
            assert connection.call(wire.CREATE, wire.create(f"/after-{end.__name__}")).error in expected

    small_disk.resize(80)
    wait_until_written(server.port, "/again")
    assert number_in_mntr(server, "disk_reserve_reached") == 0
    if storage == "file":
        assert "room on the disk again" in server.log()
    server.kill()
    server.start()
    assert_kept(server.port, acknowledged)


@pytest.mark.parametrize("storage", STORAGES)
def test_somebody_else_fills_the_disk(make_server, small_disk, storage):
    config = {"plugin.storage": storage, "preAllocSize": 64, "diskReserveInKb": RESERVE_KIB}
    server = make_server(data_dir=small_disk.folder / "data", config=config).start()
    acknowledged, _ = write_until_the_end(server.port, count=20)
    small_disk.fill(leave_bytes=2 << 20)
    deadline = time.monotonic() + 15
    error = 0
    while error == 0 and time.monotonic() < deadline:
        more, error = write_until_the_end(server.port, first=acknowledged, count=1)
        acknowledged += more
        time.sleep(0.02)
    assert error == NOT_READ_ONLY, server.log()

    small_disk.empty()
    wait_until_written(server.port, "/again")
    assert_kept(server.port, acknowledged)


@pytest.mark.parametrize("storage", STORAGES)
def test_without_a_reserve_the_server_stops(make_server, small_disk, storage):
    config = {"plugin.storage": storage, "preAllocSize": 64, "diskReserveInKb": 0}
    server = make_server(data_dir=small_disk.folder / "data", config=config).start()

    acknowledged, error = write_until_the_end(server.port, data=b"x" * 5000)

    assert error is None, f"{acknowledged} written, then {error}"
    assert acknowledged > 100, server.log()
    assert server.process.wait(20) > 0, server.log()
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

    small_disk.resize(120)
    server.start()
    assert_kept(server.port, acknowledged)


@pytest.mark.parametrize("storage", STORAGES)
def test_disk_that_is_full_from_the_start(make_server, small_disk, storage):
    small_disk.fill()
    server = make_server(data_dir=small_disk.folder / "data", config={"plugin.storage": storage})

    exit_code, output = server.run_to_end(timeout_s=20)

    assert 0 < exit_code < 128, output
    assert re.search(r"(?i)no space|full", output), output


@pytest.mark.parametrize("reserve_kib", [0, RESERVE_KIB])
def test_snapshot_that_finds_no_room(make_server, small_disk, reserve_kib):
    """A snapshot is no promise: the server goes on with its log, says so, and loses nothing."""
    config = {"preAllocSize": 64, "snapCount": 2000, "diskReserveInKb": reserve_kib}
    server = make_server(data_dir=small_disk.folder / "data", config=config).start()
    acknowledged, _ = write_until_the_end(server.port, count=900, data=b"x" * 9000)
    small_disk.fill(leave_bytes=(12 << 20))
    more, error = write_until_the_end(server.port, first=acknowledged, count=1500, data=b"y" * 100)
    acknowledged += more

    assert error == 0, server.log()
    deadline = time.monotonic() + 20
    while "snapshot given up" not in server.log() and time.monotonic() < deadline:
        more, error = write_until_the_end(server.port, first=acknowledged, count=50, data=b"y" * 100)
        acknowledged += more
    assert "snapshot given up" in server.log(), server.log()
    server.kill()
    small_disk.empty()
    server.start()
    assert_kept(server.port, acknowledged)
