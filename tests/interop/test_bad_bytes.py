"""Bytes that no client should send: each costs its sender the connection at most, and the server nothing."""

import os
import random
import socket
import struct
import time

import pytest

from harness import wire
from harness.wire import Connection

MAX_BUFFER = 0xfffff


@pytest.fixture
def bystander(module_server):
    """A well-behaved client that must not notice anything."""
    with Connection(module_server.port, timeout_ms=30000) as connection:
        yield connection
        assert connection.call(wire.EXISTS, wire.read("/")).error == 0
        assert connection.call(wire.CREATE, wire.create("/bystander-", flags=2)).error == 0
        connection.call(wire.CLOSE_SESSION)
    assert module_server.alive(), module_server.log()


@pytest.mark.parametrize("length", [-1, -2**31, MAX_BUFFER + 1, 2**31 - 1, 0x47455420])
def test_frame_length_out_of_range_closes(module_server, bystander, length):
    for handshake in (True, False):
        with Connection(module_server.port, handshake=handshake) as connection:
            connection.send_raw(struct.pack(">i", length) + b"x" * 100)
            assert connection.is_closed()


def test_largest_frame_is_served_and_one_more_is_not(module_server, bystander):
    room = MAX_BUFFER - len(struct.pack(">ii", 0, 0) + wire.set_data("/largest", b""))
    with Connection(module_server.port) as connection:
        assert connection.call(wire.CREATE, wire.create("/largest")).error == 0
        assert connection.call(wire.SET_DATA, wire.set_data("/largest", b"x" * room)).error == 0
        assert len(wire.Decoder(connection.call(wire.GET_DATA, wire.read("/largest")).body).buffer()) == room
        try:
            connection.send(wire.SET_DATA, wire.set_data("/largest", b"x" * (room + 1)))
        except ConnectionError:
            pass
        assert connection.is_closed()


def test_zero_length_frame_closes(module_server, bystander):
    with Connection(module_server.port) as connection:
        connection.send_raw(struct.pack(">i", 0))
        assert connection.is_closed()


@pytest.mark.parametrize("size", range(0, 8))
def test_frame_without_a_whole_header_closes(module_server, bystander, size):
    with Connection(module_server.port) as connection:
        connection.send_frame(b"\x00" * size)
        assert connection.is_closed()


@pytest.mark.parametrize("opcode", [0, 10, 13, 23, 99, 1000, -1, 2**31 - 1, -2**31, 108, -12])
def test_unknown_operation_is_answered_and_closed(module_server, bystander, opcode):
    with Connection(module_server.port) as connection:
        reply = connection.call(opcode)
        assert (reply.error, reply.zxid) == (wire.UNIMPLEMENTED, -1)
        assert connection.is_closed()


BAD_PATHS = ["", "a", "//", "/.", "/..", "/a\x00b", "/\x01", "/\x1f", "/\x7f", "/\u009f", "/\ufff0", "/\ue000", "/\uf8ff"]
# The parent is looked for before the path is judged.
BAD_PATHS_WITHOUT_A_PARENT = ["no-slash/x", "/nowhere//b", "/nowhere/", "/nowhere/./b", "/nowhere/../b"]


@pytest.mark.parametrize("path, error", [(path, wire.BAD_ARGUMENTS) for path in BAD_PATHS] +
                         [(path, wire.NO_NODE) for path in BAD_PATHS_WITHOUT_A_PARENT], ids=repr)
def test_bad_path_is_refused(module_server, bystander, path, error):
    with Connection(module_server.port) as connection:
        reply = connection.call(wire.CREATE, wire.create(path))
        assert reply.error == error, reply
        # The connection goes on.
        assert connection.call(wire.EXISTS, wire.read("/")).error == 0


def test_path_of_invalid_utf8(module_server, bystander):
    with Connection(module_server.port) as connection:
        reply = connection.call(wire.CREATE, wire.create(b"/\xff\xfe"))
        assert reply.error in (wire.OK, wire.BAD_ARGUMENTS)
        assert connection.call(wire.EXISTS, wire.read("/")).error == 0


def test_deep_path(module_server, bystander):
    """Depth must not cost stack: a path as deep as a frame allows, missing and present."""
    with Connection(module_server.port) as connection:
        assert connection.call(wire.EXISTS, wire.read("/d" * 200000)).error == wire.NO_NODE
        path = ""
        for _ in range(300):
            path += "/d"
            assert connection.call(wire.CREATE, wire.create(path)).error == 0
        assert connection.call(wire.EXISTS, wire.read(path)).error == 0


READS_AND_WRITES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15]


@pytest.mark.parametrize("opcode", READS_AND_WRITES)
def test_every_cut_of_a_body_is_an_error_and_no_more(module_server, bystander, opcode):
    whole = wire.create("/cut", b"data") + b"\x00" * 8
    with Connection(module_server.port) as connection:
        # Eight bytes hold the path, which is all that sync wants.
        for cut in range(0, 8):
            reply = connection.call(opcode, whole[:cut])
            assert reply.error == wire.MARSHALLING, (cut, reply)


@pytest.mark.parametrize("count", [-2, 2**31 - 1, 1000000])
def test_vector_counts_that_promise_too_much(module_server, bystander, count):
    body = wire.ustring("/vector") + wire.buffer(b"") + struct.pack(">i", count)
    with Connection(module_server.port) as connection:
        assert connection.call(wire.CREATE, body).error < 0
        paths = struct.pack(">qi", 0, count)
        connection.send(wire.SET_WATCHES, paths, xid=-8)
        reply = connection.read_reply()
        assert reply.error in (0, wire.MARSHALLING)


@pytest.mark.parametrize("size", [-2, 2**31 - 1, 2**20, 100])
def test_string_lengths_that_promise_too_much(module_server, bystander, size):
    with Connection(module_server.port) as connection:
        assert connection.call(wire.GET_DATA, struct.pack(">i", size) + b"/").error == wire.MARSHALLING
        assert connection.call(wire.CREATE, wire.ustring("/x") + struct.pack(">i", size)).error == wire.MARSHALLING


HTTP = b"GET /commands/ruok HTTP/1.1\r\nHost: localhost\r\n\r\n"
TLS = bytes.fromhex("16030102000100 01fc0303".replace(" ", "")) + b"\x5a" * 500


@pytest.mark.zookernel_only
@pytest.mark.parametrize("name, data", [("HTTP", HTTP), ("HTTP", b"POST / HTTP/1.0\r\n\r\n"), ("TLS", TLS)])
def test_other_protocols_are_named_in_the_log(server, name, data):
    """On a server of its own: lines about bad bytes are limited in number, lest a port scan fill the disk."""
    with Connection(server.port, handshake=False) as connection:
        connection.send_raw(data)
        assert connection.is_closed()

    # The log is a file that another thread feeds.
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and name not in server.log():
        time.sleep(0.02)
    lines = [line for line in server.log().splitlines() if name in line]
    assert lines, f"no line of the log names {name}:\n{server.log()}"
    assert "127.0.0.1" in lines[0]


def test_half_open_clients_are_given_up(module_server, bystander):
    """Connections that send nothing, or half a handshake, cost a descriptor each and nothing else."""
    silent = [Connection(module_server.port, handshake=False) for _ in range(50)]
    half = [Connection(module_server.port, handshake=False) for _ in range(50)]
    for connection in half:
        connection.send_raw(struct.pack(">i", 45) + b"\x00" * 20)
    assert bystander.call(wire.EXISTS, wire.read("/")).error == 0
    for connection in silent + half:
        connection.close()


def test_half_open_client_is_closed_in_the_end(module_server, bystander):
    """Without a session a connection lives ten to twenty seconds (nio.sessionlessCnxnTimeout)."""
    connection = Connection(module_server.port, handshake=False)
    connection.socket.settimeout(1)
    deadline = time.monotonic() + 30
    closed = False
    while not closed and time.monotonic() < deadline:
        bystander.call(wire.PING, xid=-2)
        try:
            closed = connection.is_closed()
        except socket.timeout:
            pass
    assert closed


def test_client_that_never_reads(module_server, bystander):
    """Replies that nobody takes must not fill the memory or hold up others."""
    with Connection(module_server.port) as connection:
        assert connection.call(wire.CREATE, wire.create("/unread", b"x" * 100000)).error == 0
        connection.socket.settimeout(0.5)
        request = struct.pack(">ii", 7, wire.GET_DATA) + wire.read("/unread")
        frame = struct.pack(">i", len(request)) + request
        sent = 0
        try:
            for _ in range(20000):
                sent += connection.socket.send(frame)
        except (socket.timeout, ConnectionError):
            pass
        started = time.monotonic()
        assert bystander.call(wire.EXISTS, wire.read("/")).error == 0
        assert time.monotonic() - started < 5


def test_reset_in_the_middle_of_a_frame(module_server, bystander):
    for _ in range(50):
        connection = Connection(module_server.port)
        connection.send_raw(struct.pack(">i", 1000) + b"\x00" * 10)
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


def test_random_bytes(module_server, bystander):
    seed = int(os.environ.get("ZOOKERNEL_TEST_SEED", "20240901"))
    generator = random.Random(seed)
    for _ in range(200):
        with Connection(module_server.port, handshake=generator.random() < 0.5) as connection:
            try:
                connection.send_raw(generator.randbytes(generator.randrange(1, 400)))
                connection.socket.shutdown(socket.SHUT_WR)
                while connection.socket.recv(65536):
                    pass
            except TimeoutError:
                raise
            except OSError:
                pass  # Reset, or closed before our half-close.


def test_random_bodies_behind_good_headers(module_server, bystander):
    seed = int(os.environ.get("ZOOKERNEL_TEST_SEED", "20240902"))
    generator = random.Random(seed)
    opcodes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 16, 17, 18, 19, 21, 22, 100, 101, 103, 104, 105, 106, 107]
    for _ in range(60):
        with Connection(module_server.port) as connection:
            connection.socket.settimeout(10)
            try:
                for _ in range(20):
                    connection.call(generator.choice(opcodes), generator.randbytes(generator.randrange(0, 60)))
            except (wire.Closed, ConnectionError):
                pass


def test_handshake_cut_at_each_byte(module_server, bystander):
    whole = wire.connect_request()
    for cut in range(0, 28):
        with Connection(module_server.port, handshake=False) as connection:
            connection.send_frame(whole[:cut])
            assert connection.is_closed(), cut


def test_bytes_one_at_a_time(module_server, bystander):
    with Connection(module_server.port, handshake=False) as connection:
        payload = wire.connect_request()
        for byte in struct.pack(">i", len(payload)) + payload:
            connection.send_raw(bytes([byte]))
        frame = connection.read_frame()
        assert len(frame) == 37
        request = struct.pack(">ii", 1, wire.EXISTS) + wire.read("/")
        for byte in struct.pack(">i", len(request)) + request:
            connection.send_raw(bytes([byte]))
        assert connection.read_reply().error == 0
