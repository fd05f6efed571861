"""Containers and TTL znodes end by themselves; clients see an ordinary deletion."""

import time

import pytest

from harness import wire
from harness.wire import Connection

CONTAINER, TTL, TTL_SEQUENTIAL = 4, 5, 6
GONE_WITHIN_S = 20


@pytest.fixture
def quick_server(make_server):
    """Looks for containers every 200 ms: an option that has no zoo.cfg key in Apache's server."""
    return make_server(config={"extendedTypesEnabled": "true"}, jvm_flags=["-Dznode.container.checkIntervalMs=200"]).start()


def exists(connection, path):
    return connection.call(wire.EXISTS, wire.read(path)).error == wire.OK


def wait_until_gone(connection, path):
    deadline = time.monotonic() + GONE_WITHIN_S
    while exists(connection, path):
        assert time.monotonic() < deadline, f"{path} is still there"
        time.sleep(0.05)


def test_a_container_goes_with_its_last_child_and_fires_its_watch(quick_server):
    connection = Connection(quick_server.port)
    assert connection.call(wire.CREATE_CONTAINER, wire.create("/c", flags=CONTAINER)).error == wire.OK
    assert connection.call(wire.CREATE_CONTAINER, wire.create("/unused", flags=CONTAINER)).error == wire.OK
    assert connection.call(wire.CREATE, wire.create("/c/child")).error == wire.OK
    watcher = Connection(quick_server.port)
    assert watcher.call(wire.EXISTS, wire.read("/c", watch=True)).error == wire.OK

    assert connection.call(wire.DELETE, wire.delete("/c/child")).error == wire.OK

    event = watcher.read_reply()
    assert event.xid == -1
    assert event.body.endswith(b"/c")
    assert event.body[:4] == (2).to_bytes(4, "big")  # NodeDeleted
    assert not exists(connection, "/c")
    assert exists(connection, "/unused")


def test_a_ttl_counts_from_the_last_change_of_the_data(quick_server):
    connection = Connection(quick_server.port)
    assert connection.call(wire.CREATE_TTL, wire.create_ttl("/t", b"", TTL, 1500)).error == wire.OK
    assert connection.call(wire.CREATE_TTL, wire.create_ttl("/parent", b"", TTL, 300)).error == wire.OK
    assert connection.call(wire.CREATE, wire.create("/parent/child")).error == wire.OK
    began = time.monotonic()
    time.sleep(0.8)
    assert connection.call(wire.SET_DATA, wire.set_data("/t", b"x")).error == wire.OK

    wait_until_gone(connection, "/t")

    assert time.monotonic() - began > 2.0
    assert exists(connection, "/parent")
    assert connection.call(wire.DELETE, wire.delete("/parent/child")).error == wire.OK
    wait_until_gone(connection, "/parent")


def test_ttl_nodes_survive_a_restart_and_end_afterwards(quick_server):
    connection = Connection(quick_server.port)
    reply = connection.call(wire.CREATE_TTL, wire.create_ttl("/seq-", b"", TTL_SEQUENTIAL, 500))
    assert reply.error == wire.OK
    assert connection.call(wire.CREATE_TTL, wire.create_ttl("/long", b"", TTL, 3600000)).error == wire.OK
    quick_server.stop()
    quick_server.start()

    again = Connection(quick_server.port)
    wait_until_gone(again, "/seq-0000000000")
    assert exists(again, "/long")


def test_unused_containers_go_where_the_operator_wants_it(make_server):
    server = make_server(jvm_flags=["-Dznode.container.checkIntervalMs=100",
                                    "-Dznode.container.maxNeverUsedIntervalMs=300"]).start()
    connection = Connection(server.port)
    assert connection.call(wire.CREATE_CONTAINER, wire.create("/unused", flags=CONTAINER)).error == wire.OK

    wait_until_gone(connection, "/unused")


def test_without_extended_types_ttl_nodes_are_refused(module_server):
    connection = Connection(module_server.port)
    reply = connection.call(wire.CREATE_TTL, wire.create_ttl("/t", b"", TTL, 1000))
    assert reply.error == wire.UNIMPLEMENTED
    assert connection.call(wire.PING, xid=-2).error == wire.OK
