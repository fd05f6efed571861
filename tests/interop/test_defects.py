"""Defects of Apache ZooKeeper 3.9.5 that a client can reach, one test each: ours must not have them.

Most of them end the Java server and leave a log that it cannot start from again, so each test here ends with a restart:
the server must come back and serve.
"""

import struct

import pytest

from harness import server as servers, wire
from harness.wire import Connection

pytestmark = pytest.mark.zookernel_only


@pytest.fixture
def survivor(make_server):
    """A server that must still serve, and serve again after a restart, when the test is over."""
    server = make_server(config={"extendedTypesEnabled": "true"}).start()
    yield server
    assert server.alive(), f"the server ended\n{server.log()}"
    server.restart()
    with Connection(server.port) as connection:
        assert connection.call(wire.CREATE, wire.create("/still-serving")).error == 0


@pytest.mark.parametrize("flags", [0, 1, 2, 3, 4])
def test_create_ttl_with_plain_flags_and_a_negative_ttl(survivor, flags):
    with Connection(survivor.port) as connection:
        reply = connection.call(wire.CREATE_TTL, wire.create_ttl("/ttl", b"", flags, -1))

        assert reply.error in (wire.BAD_ARGUMENTS, wire.UNIMPLEMENTED), reply


def test_create_ttl_with_plain_flags_while_extended_types_are_off(make_server):
    server = make_server().start()
    try:
        connection = Connection(server.port)
        reply = connection.call(wire.CREATE_TTL, wire.create_ttl("/ttl", b"", 0, -1))
        assert reply.error in (wire.BAD_ARGUMENTS, wire.UNIMPLEMENTED), reply
    except wire.Closed:
        # An operation that is not served yet is answered with -6 and an end of the connection.
        pass
    server.restart()


def test_limits_node_directly_below_quota(survivor):
    with Connection(survivor.port) as connection:
        reply = connection.call(wire.CREATE, wire.create("/zookeeper/quota/zookeeper_limits", b"count=1,bytes=1"))
        assert reply.error in (wire.OK, wire.BAD_ARGUMENTS), reply
        assert connection.call(wire.CREATE, wire.create("/after")).error == 0


def test_deleting_a_limits_node_outside_the_quota_tree(survivor):
    with Connection(survivor.port) as connection:
        assert connection.call(wire.CREATE, wire.create("/zookeeper/zookeeper_limits")).error == 0
        assert connection.call(wire.DELETE, wire.delete("/zookeeper/zookeeper_limits")).error == 0
        assert connection.call(wire.CREATE, wire.create("/after")).error == 0


@pytest.mark.parametrize("content", [b"rubbish", b"", None, b"count=,bytes=", b"count=1", b"\xff\xfe"])
def test_unreadable_quota_statistics(survivor, content):
    with Connection(survivor.port) as connection:
        for path, data in (("/watched", b""), ("/zookeeper/quota/watched", b""),
                           ("/zookeeper/quota/watched/zookeeper_limits", b"count=100,bytes=-1"),
                           ("/zookeeper/quota/watched/zookeeper_stats", b"count=0,bytes=0")):
            assert connection.call(wire.CREATE, wire.create(path, data)).error == 0, path
        stats = "/zookeeper/quota/watched/zookeeper_stats"
        assert connection.call(wire.SET_DATA, wire.set_data(stats, content)).error == 0

        assert connection.call(wire.CREATE, wire.create("/watched/child", b"x")).error == 0
        assert connection.call(wire.SET_DATA, wire.set_data("/watched/child", b"yy")).error == 0
        assert connection.call(wire.DELETE, wire.delete("/watched/child")).error == 0


def test_unreadable_quota_limits(survivor):
    with Connection(survivor.port) as connection:
        for path, data in (("/watched", b""), ("/zookeeper/quota/watched", b""),
                           ("/zookeeper/quota/watched/zookeeper_limits", b"rubbish"),
                           ("/zookeeper/quota/watched/zookeeper_stats", b"count=0,bytes=0")):
            assert connection.call(wire.CREATE, wire.create(path, data)).error == 0, path

        assert connection.call(wire.CREATE, wire.create("/watched/child", b"x")).error == 0


@pytest.mark.parametrize("opcode", [wire.CREATE, wire.DELETE, wire.SET_DATA, wire.SET_ACL, wire.CREATE2, wire.MULTI])
def test_write_with_an_unreadable_body_stalls_nobody(survivor, opcode):
    with Connection(survivor.port) as connection, Connection(survivor.port) as other:
        assert connection.call(opcode, b"\x00\x00\x00\x09/abc").error == wire.MARSHALLING

        assert connection.call(wire.CREATE, wire.create("/after")).error == 0
        assert other.call(wire.CREATE, wire.create("/after-too")).error == 0


def test_delete_container_from_a_client_is_refused(survivor):
    with Connection(survivor.port) as owner, Connection(survivor.port) as stranger:
        nobody_else = [(31, "digest", "alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E=")]
        assert owner.call(wire.CREATE, wire.create("/protected", b"", nobody_else)).error == 0

        reply = stranger.call(wire.DELETE_CONTAINER, wire.ustring("/protected"))

        assert (reply.error, reply.zxid) == (wire.UNIMPLEMENTED, -1)
        assert stranger.is_closed()
        assert owner.call(wire.EXISTS, wire.read("/protected")).error == wire.NO_AUTH, "the node must still be there"


def test_create_session_as_a_request_is_refused(survivor):
    with Connection(survivor.port) as connection:
        reply = connection.call(wire.CREATE_SESSION, struct.pack(">i", 10**9))

        assert (reply.error, reply.zxid) == (wire.UNIMPLEMENTED, -1)
        assert connection.is_closed()


def test_wrong_password_does_not_disturb_the_owner(survivor):
    with Connection(survivor.port) as owner:
        with Connection(survivor.port, handshake=False) as thief:
            assert thief.connect(session_id=owner.session_id, password=b"guess" + b"\0" * 11) == 0
            assert thief.is_closed()

        assert owner.call(wire.EXISTS, wire.read("/")).error == 0


def test_digest_with_null_data(survivor):
    with Connection(survivor.port) as connection:
        assert connection.call(wire.AUTH, wire.auth("digest", None), xid=-4).error == wire.AUTH_FAILED
        assert connection.is_closed()


def test_sasl_with_null_token(survivor):
    with Connection(survivor.port) as connection:
        connection.send(wire.SASL, wire.buffer(None))
        assert connection.is_closed()


def test_read_only_mode_without_local_sessions(survivor):
    """The defect needs an ensemble; standalone, a client that accepts read-only gets an ordinary session."""
    with Connection(survivor.port, handshake=False) as connection:
        connection.connect(read_only=b"\x01")
        assert connection.timeout_ms > 0
        assert connection.call(wire.CREATE, wire.create("/read-only-client")).error == 0
