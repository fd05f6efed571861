"""Sessions over real connections: re-attach, expiry, loss of the connection, restart of the server."""

import socket
import struct
import threading
import time

import pytest
from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import NoNodeError

from harness import wire
from harness.wire import Connection


def test_session_is_re_attached_with_its_password(module_server):
    first = Connection(module_server.port)
    created = first.call(wire.CREATE, wire.create("/reattach", b"x", flags=1))
    assert created.error == 0
    first.close()

    second = Connection(module_server.port, handshake=False)
    second.connect(session_id=first.session_id, password=first.password)

    assert second.timeout_ms > 0
    assert second.session_id == first.session_id
    assert second.call(wire.EXISTS, wire.read("/reattach")).error == 0
    assert second.call(wire.CLOSE_SESSION).error == 0


def test_wrong_password_is_told_that_the_session_expired(module_server):
    first = Connection(module_server.port)
    second = Connection(module_server.port, handshake=False)

    assert second.connect(session_id=first.session_id, password=b"x" * 16) == 0

    assert second.is_closed()
    first.close()


def test_unknown_session_is_told_that_it_expired(module_server):
    connection = Connection(module_server.port, handshake=False)

    assert connection.connect(session_id=0x1234567890, password=b"x" * 16) == 0
    assert connection.is_closed()


def test_silent_session_expires_and_takes_its_ephemerals(module_server):
    watcher = Connection(module_server.port, timeout_ms=30000)
    silent = Connection(module_server.port, timeout_ms=4000)
    assert silent.call(wire.CREATE, wire.create("/expires", b"", flags=1)).error == 0
    assert watcher.call(wire.EXISTS, wire.read("/expires", watch=True)).error == 0

    started = time.monotonic()
    watcher.socket.settimeout(20)
    event = watcher.read_reply()

    assert event.xid == -1
    decoder = wire.Decoder(event.body)
    assert (decoder.integer(), decoder.integer(), decoder.ustring()) == (2, 3, "/expires")
    assert time.monotonic() - started >= 3.9, "a session must not end before its timeout"
    assert silent.is_closed()
    watcher.close()


def test_pings_keep_a_session(module_server):
    connection = Connection(module_server.port, timeout_ms=4000)
    assert connection.call(wire.CREATE, wire.create("/pinged", b"", flags=1)).error == 0
    deadline = time.monotonic() + 9
    while time.monotonic() < deadline:
        assert connection.call(wire.PING, xid=-2).xid == -2
        time.sleep(1)

    assert connection.call(wire.EXISTS, wire.read("/pinged")).error == 0
    connection.call(wire.CLOSE_SESSION)
    connection.close()


def test_kazoo_reconnects_after_its_socket_breaks(module_server):
    states = []
    client = KazooClient(hosts=module_server.hosts, timeout=10)
    client.start(timeout=20)
    client.create("/socket-breaks", b"x", ephemeral=True)
    session = client.client_id[0]
    reconnected = threading.Event()

    def on_state(state):
        states.append(state)
        if state == KazooState.CONNECTED:
            reconnected.set()

    client.add_listener(on_state)
    try:
        client._connection._socket.shutdown(socket.SHUT_RDWR)
        assert reconnected.wait(20)
        assert client.client_id[0] == session
        assert client.get("/socket-breaks")[0] == b"x"
        assert KazooState.LOST not in states
    finally:
        client.stop()
        client.close()


def test_set_watches_registers_and_catches_up(module_server):
    writer = Connection(module_server.port)
    for path in ("/replay-old", "/replay-new"):
        assert writer.call(wire.CREATE, wire.create(path, b"1")).error == 0
    seen = writer.call(wire.GET_DATA, wire.read("/replay-old")).zxid
    assert writer.call(wire.SET_DATA, wire.set_data("/replay-new", b"2")).error == 0

    paths = struct.pack(">i", 2) + wire.ustring("/replay-old") + wire.ustring("/replay-new")
    none = struct.pack(">i", 0)
    back = Connection(module_server.port)
    back.send(wire.SET_WATCHES, struct.pack(">q", seen) + paths + none + none, xid=-8)
    first, second = back.read_reply(), back.read_reply()
    assert (first.xid, wire.Decoder(first.body[8:]).ustring()) == (-1, "/replay-new")
    assert second.xid == -8 and second.error == 0

    assert writer.call(wire.SET_DATA, wire.set_data("/replay-old", b"2")).error == 0
    event = back.read_reply()
    assert (event.xid, wire.Decoder(event.body[8:]).ustring()) == (-1, "/replay-old")
    back.close()
    writer.close()


def test_session_survives_a_restart_of_the_server(make_server):
    server = make_server().start()
    client = KazooClient(hosts=server.hosts, timeout=30)
    client.start(timeout=20)
    session = client.client_id[0]
    client.create("/survives", b"x", ephemeral=True)
    client.create("/goes", b"", ephemeral=True)
    client.delete("/goes")
    back = threading.Event()
    client.add_listener(lambda state: back.set() if state == KazooState.CONNECTED else None)

    server.restart()

    try:
        assert back.wait(30)
        assert client.client_id[0] == session
        assert client.get("/survives")[1].ephemeralOwner == session
        with pytest.raises(NoNodeError):
            client.get("/goes")
    finally:
        client.stop()
        client.close()


def test_timeout_is_negotiated_between_the_limits(module_server):
    for asked, granted in ((1, 4000), (10000, 10000), (10**6, 40000), (-5, 4000)):
        connection = Connection(module_server.port, timeout_ms=asked)
        assert connection.timeout_ms == granted
        connection.call(wire.CLOSE_SESSION)
        connection.close()


def test_client_that_saw_more_than_we_have_is_turned_away(module_server):
    connection = Connection(module_server.port, handshake=False)
    connection.send_frame(wire.connect_request(last_zxid=1 << 60))

    assert connection.is_closed()
