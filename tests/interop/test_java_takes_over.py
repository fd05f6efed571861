"""A data directory is nobody's property: what one server wrote the other serves, to the last field of each stat."""

import re
import struct

import pytest

from harness import server as servers, tree, wire
from harness.wire import Connection

pytestmark = pytest.mark.needs_java

SUPER_CONFIG = {"DigestAuthenticationProvider.superDigest": "super:xQJmxLMiHGwaqBvst5y6rkB6HQs="}
SUPER = [("digest", b"super:admin")]
ALICE = [(31, "digest", "alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E=")]


def multi(*operations):
    body = b"".join(struct.pack(">ibi", opcode, 0, -1) + record for opcode, record in operations)
    return body + struct.pack(">ibi", -1, 1, -1)


def write_everything(port, prefix, rounds=3):
    """Leaves every kind of znode and transaction behind, and returns a live session that owns ephemerals."""
    connection = Connection(port, timeout_ms=40000)

    def ok(opcode, body):
        reply = connection.call(opcode, body)
        assert reply.error == 0, reply
        return reply

    ok(wire.CREATE, wire.create(prefix, b"root"))
    for i in range(rounds):
        base = f"{prefix}/{i}"
        ok(wire.CREATE, wire.create(base, None))
        ok(wire.CREATE, wire.create(f"{base}/empty", b""))
        ok(wire.CREATE2, wire.create(f"{base}/binary", bytes(range(256))))
        ok(wire.CREATE, wire.create(f"{base}/grüße-日本", "ä".encode()))
        for _ in range(12):
            ok(wire.CREATE, wire.create(f"{base}/sequence-", b"s", flags=2))
        ok(wire.CREATE, wire.create(f"{base}/ephemeral", b"e", flags=1))
        ok(wire.CREATE, wire.create(f"{base}/ephemeral-", b"e", flags=3))
        ok(wire.CREATE, wire.create(f"{base}/private", b"p", ALICE))
        ok(wire.CREATE, wire.create(f"{base}/acl", b"a"))
        ok(wire.SET_ACL, wire.ustring(f"{base}/acl") + wire.acl_vector([(1, "world", "anyone"), *ALICE]) +
           struct.pack(">i", -1))
        for value in (b"1", b"22", None):
            ok(wire.SET_DATA, wire.set_data(f"{base}/empty", value))
        ok(wire.CREATE, wire.create(f"{base}/gone"))
        ok(wire.DELETE, wire.delete(f"{base}/gone"))
        ok(wire.MULTI, multi((wire.CREATE, wire.create(f"{base}/m1", b"1")),
                             (wire.CREATE, wire.create(f"{base}/m2", b"2", flags=2)),
                             (wire.SET_DATA, wire.set_data(f"{base}/m1", b"3")),
                             (wire.CHECK, wire.delete(f"{base}/m1", 1)),
                             (wire.CREATE, wire.create(f"{base}/m3")),
                             (wire.DELETE, wire.delete(f"{base}/m3"))))
        # Failures take a zxid, too.
        assert connection.call(wire.CREATE, wire.create(base)).error == -110
        connection.call(wire.MULTI, multi((wire.CREATE, wire.create(f"{base}/never")),
                                          (wire.CHECK, wire.delete("/nowhere", 1))))
    with Connection(port) as passing:
        passing.call(wire.CREATE, wire.create(f"{prefix}/passing", flags=1))
        passing.call(wire.CLOSE_SESSION)
    return connection


def zxid_of(server):
    return int(re.search(r"Zxid: (0x[0-9a-f]+)", server.word("srvr")).group(1), 16)


def assert_same(expected, server):
    found = tree.differences(expected, tree.read_tree(server.port, SUPER))
    assert not found, "\n".join(found)


@pytest.fixture
def pair(make_server, tmp_path, java_class_path):
    """Two servers over one directory, of which one runs at a time: (writer, reader) by kind."""

    def make(writer_kind, reader_kind, **config):
        return [make_server(f"{role}-{kind}", kind=kind, data_dir=tmp_path / "shared",
                            config={**SUPER_CONFIG, **config})
                for role, kind in (("writer", writer_kind), ("reader", reader_kind))]

    return make


ENDS = {"stopped": servers.Server.stop, "killed": servers.Server.kill}
OURS = servers.default_kind()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("writer_kind, reader_kind", [(OURS, "java"), ("java", OURS), (OURS, OURS)])
@pytest.mark.parametrize("snap_count", [100000, 40])
def test_directory_moves_from_one_to_the_other(pair, writer_kind, reader_kind, end, snap_count):
    writer, reader = pair(writer_kind, reader_kind, snapCount=snap_count)
    writer.start()
    session = write_everything(writer.port, "/moves")
    expected = tree.read_tree(writer.port, SUPER)
    zxid = zxid_of(writer)
    ENDS[end](writer)

    reader.start()

    assert zxid_of(reader) == zxid
    assert_same(expected, reader)
    # The session with its ephemerals moved as well, and its password is still good.
    again = Connection(reader.port, handshake=False)
    again.connect(session_id=session.session_id, password=session.password, timeout_ms=40000)
    assert again.timeout_ms > 0
    assert again.call(wire.EXISTS, wire.read("/moves/0/ephemeral")).error == 0
    assert again.call(wire.CLOSE_SESSION).error == 0
    with Connection(reader.port) as connection:
        assert connection.call(wire.EXISTS, wire.read("/moves/0/ephemeral")).error == wire.NO_NODE


def test_directory_moves_to_and_fro(pair):
    """Each server takes up the other's sequence numbers, versions and zxids, several times over."""
    ours, java = pair(OURS, "java", snapCount=60)
    sessions = []
    expected = None
    for turn in range(6):
        server = (ours, java)[turn % 2]
        server.start()
        if expected is not None:
            assert_same(expected, server)
        before = zxid_of(server)
        sessions.append(write_everything(server.port, f"/turn-{turn}", rounds=1))
        with Connection(server.port) as connection:
            if turn == 0:
                assert connection.call(wire.CREATE, wire.create("/queue")).error == 0
            made = connection.call(wire.CREATE, wire.create("/queue/n-", flags=2))
            assert wire.Decoder(made.body).ustring() == f"/queue/n-{turn:010d}"
            connection.call(wire.CLOSE_SESSION)
        expected = tree.read_tree(server.port, SUPER)
        assert zxid_of(server) > before
        if turn % 3 == 2:
            server.kill()
        else:
            server.stop()


def test_java_continues_a_log_after_many_writes(pair):
    """More than one log file, a snapshot taken under load, and an unclean end."""
    writer, reader = pair(OURS, "java", snapCount=500)
    writer.start()
    with Connection(writer.port, timeout_ms=40000) as connection:
        connection.call(wire.CREATE, wire.create("/load"))
        for start in range(0, 3000, 500):
            for i in range(start, start + 500):
                connection.send(wire.CREATE, wire.create(f"/load/{i}", b"x" * (i % 300)))
            for i in range(start, start + 500):
                assert connection.read_reply().error == 0
        expected = tree.read_tree(writer.port, SUPER)
        writer.kill()

    reader.start()

    assert_same(expected, reader)


@pytest.mark.parametrize("writer_kind, reader_kind", [(OURS, "java"), ("java", OURS)])
@pytest.mark.parametrize("method, suffix", [("snappy", ".snappy"), ("gz", ".gz")])
def test_compressed_snapshot_is_read_by_the_other(pair, writer_kind, reader_kind, method, suffix):
    writer, reader = pair(writer_kind, reader_kind, snapCount=40, **{"snapshot.compression.method": method})
    writer.start()
    write_everything(writer.port, "/compressed")
    expected = tree.read_tree(writer.port, SUPER)
    writer.stop()

    # The newest alone has to do: a server that cannot read it finds none, and refuses to start.
    snapshots = sorted((writer.data_dir / "version-2").glob("snapshot.*"),
                       key=lambda path: int(path.name.split(".")[1], 16))
    assert len(snapshots) > 1
    assert snapshots[-1].name.endswith(suffix)
    assert int(snapshots[-1].name.split(".")[1], 16) > 0
    for older in snapshots[:-1]:
        older.unlink()
    reader.start()

    assert_same(expected, reader)
