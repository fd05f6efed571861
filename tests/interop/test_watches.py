"""Persistent and recursive watches, and what removes and asks for watches, where the recorded cases do not look."""

import struct

import pytest

from harness import wire

EVENTS = {1: "created", 2: "deleted", 3: "changed", 4: "children"}


class Client:
    """One session whose requests are answered one by one; what it hears before an answer is kept."""

    def __init__(self, port):
        self.connection = wire.Connection(port, timeout_ms=30000)
        self.events = []
        self.zxids = []

    def ask(self, opcode, body, xid=None):
        """The reply's err. events: what came before it."""
        sent = self.connection.send(opcode, body, xid)
        self.events, self.zxids = [], []
        while True:
            reply = self.connection.read_reply()
            if reply.xid == sent:
                return reply.error
            assert reply.xid == wire.XID_NOTIFICATION
            kind, state, size = struct.unpack(">iii", reply.body[:12])
            assert state == 3
            self.events.append(f"{EVENTS[kind]} {reply.body[12:12 + size].decode()}")
            self.zxids.append(reply.zxid)

    def create(self, path, **how):
        return self.ask(wire.CREATE, wire.create(path, **how))

    def set(self, path):
        return self.ask(wire.SET_DATA, wire.set_data(path, b"x"))

    def delete(self, path):
        return self.ask(wire.DELETE, wire.delete(path))

    def add(self, path, mode):
        return self.ask(wire.ADD_WATCH, wire.watches(path, mode))

    def check(self, path, kind):
        return self.ask(wire.CHECK_WATCHES, wire.watches(path, kind))

    def remove(self, path, kind):
        return self.ask(wire.REMOVE_WATCHES, wire.watches(path, kind))

    def heard(self):
        """What has come by now: everything before the answer to a ping."""
        self.ask(wire.PING, b"", xid=-2)
        return self.events


@pytest.fixture
def new_client(module_server):
    clients = []

    def make():
        clients.append(Client(module_server.port))
        return clients[-1]

    yield make
    for client in clients:
        client.connection.call(wire.CLOSE_SESSION)
        client.connection.close()


def test_one_path_watched_in_every_way(new_client):
    client = new_client()
    client.create("/ways")
    client.ask(wire.GET_DATA, wire.read("/ways", watch=True))
    client.ask(wire.GET_CHILDREN, wire.read("/ways", watch=True))
    assert client.add("/ways", wire.PERSISTENT_MODE) == 0
    assert client.add("/ways", wire.RECURSIVE_MODE) == 0

    client.set("/ways")
    assert client.events == ["changed /ways"]
    assert client.check("/ways", wire.DATA_TYPE) == wire.NO_WATCHER
    assert client.check("/ways", wire.CHILDREN_TYPE) == 0
    client.create("/ways/child")
    assert client.events == ["created /ways/child", "children /ways"]
    assert client.check("/ways", wire.CHILDREN_TYPE) == wire.NO_WATCHER
    assert client.remove("/ways", wire.PERSISTENT_TYPE) == 0
    client.delete("/ways/child")
    assert client.events == ["deleted /ways/child"]
    client.delete("/ways")
    assert client.events == ["deleted /ways"]
    assert client.remove("/ways", wire.ANY_TYPE) == 0
    assert client.remove("/ways", wire.ANY_TYPE) == wire.NO_WATCHER


def test_a_persistent_watch_survives_its_znode(new_client):
    client, writer = new_client(), new_client()
    client.add("/comes-and-goes", wire.PERSISTENT_MODE)

    for _ in range(3):
        writer.create("/comes-and-goes")
        writer.create("/another")  # may get what the deleted one had
        writer.set("/another")
        writer.delete("/comes-and-goes")
        writer.delete("/another")

    assert client.heard() == ["created /comes-and-goes", "deleted /comes-and-goes"] * 3


def test_a_recursive_watch_at_the_root_hears_of_everything(new_client):
    client, writer = new_client(), new_client()
    client.add("/", wire.RECURSIVE_MODE)
    client.add("/deep/er", wire.RECURSIVE_MODE)

    for path in ("/deep", "/deep/er", "/deep/er/est"):
        writer.create(path)
    writer.set("/deep/er/est")
    writer.set("/")

    assert client.heard() == ["created /deep", "created /deep/er", "created /deep/er/est", "changed /deep/er/est",
                              "changed /"]
    for path in ("/deep/er/est", "/deep/er", "/deep"):
        writer.delete(path)


def test_paths_that_no_znode_can_have(new_client):
    client = new_client()
    for path in (None, "", "/odd/", "odd", b"/\xff"):
        assert client.check(path, wire.ANY_TYPE) == wire.NO_WATCHER
        assert client.add(path, wire.PERSISTENT_MODE) == 0
        assert client.add(path, wire.RECURSIVE_MODE) == 0
        assert client.check(path, wire.PERSISTENT_TYPE) == 0

    client.create("/odd")
    assert client.events == []
    client.set("/")
    assert client.events == []
    assert client.check(b"/\xef\xbf\xbd", wire.RECURSIVE_TYPE) == 0
    for path in (None, "", "/odd/", "odd", b"/\xfe"):
        assert client.remove(path, wire.ANY_TYPE) == 0
        assert client.remove(path, wire.ANY_TYPE) == wire.NO_WATCHER
    client.delete("/odd")


@pytest.mark.parametrize("opcode, number", [
    (wire.ADD_WATCH, -1), (wire.ADD_WATCH, 2), (wire.CHECK_WATCHES, 0), (wire.CHECK_WATCHES, 6), (wire.REMOVE_WATCHES, -1)])
def test_unknown_modes_and_types(new_client, opcode, number):
    assert new_client().ask(opcode, wire.watches("/", number)) == wire.MARSHALLING


@pytest.mark.parametrize("opcode", [wire.ADD_WATCH, wire.CHECK_WATCHES, wire.REMOVE_WATCHES])
def test_requests_without_their_end(new_client, opcode):
    assert new_client().ask(opcode, wire.ustring("/")) == wire.MARSHALLING


def test_set_watches2_stops_at_a_null(new_client):
    client = new_client()
    lists = [["/gone"], ["/later"], ["/gone"], ["/stays"], ["/sees"]]

    def registered():
        return [(path, kind) for path, kind in (("/later", wire.DATA_TYPE), ("/stays", wire.PERSISTENT_TYPE),
                                                ("/sees", wire.RECURSIVE_TYPE)) if client.remove(path, kind) == 0]

    expected = [([], []), (["deleted /gone"], []), (["deleted /gone"], [("/later", wire.DATA_TYPE)]),
                (["deleted /gone"] * 2, [("/later", wire.DATA_TYPE)]),
                (["deleted /gone"] * 2, [("/later", wire.DATA_TYPE), ("/stays", wire.PERSISTENT_TYPE)])]
    for null, (events, left) in enumerate(expected):
        sent = [None if number == null else paths for number, paths in enumerate(lists)]
        assert client.ask(wire.SET_WATCHES2, wire.set_watches(0, *sent), wire.XID_SET_WATCHES) == wire.MARSHALLING
        assert (client.events, client.zxids) == (events, [-1] * len(events))
        assert registered() == left


def test_a_null_path_ends_the_one_shot_lists_and_is_watched_in_the_others(new_client):
    client = new_client()

    assert client.ask(wire.SET_WATCHES2, wire.set_watches(0, [], ["/later", None, "/never"], [], [], []),
                      wire.XID_SET_WATCHES) == wire.MARSHALLING
    assert client.remove("/later", wire.DATA_TYPE) == 0
    assert client.check("/never", wire.DATA_TYPE) == wire.NO_WATCHER
    assert client.ask(wire.SET_WATCHES2, wire.set_watches(0, [], [], [], [None], ["/sees", None]),
                      wire.XID_SET_WATCHES) == 0
    for kind in (wire.PERSISTENT_TYPE, wire.RECURSIVE_TYPE):
        assert client.remove(None, kind) == 0


def test_events_are_for_those_who_may_read(new_client):
    client, writer = new_client(), new_client()
    client.add("/", wire.RECURSIVE_MODE)

    writer.create("/hidden", acl=[(30, "world", "anyone")])
    writer.create("/seen")
    writer.set("/hidden")
    writer.delete("/hidden")
    writer.delete("/seen")

    assert client.heard() == ["created /seen", "deleted /seen"]


def test_words_count_a_path_once(module_server, new_client):
    client = new_client()
    before = module_server.word("wchs")
    client.create("/counted")
    client.ask(wire.GET_DATA, wire.read("/counted", watch=True))
    client.add("/counted", wire.PERSISTENT_MODE)
    client.add("/counted", wire.RECURSIVE_MODE)
    client.add("/counted/missing", wire.RECURSIVE_MODE)

    assert before.endswith("Total watches:0\n")
    assert module_server.word("wchs") == "1 connections watching 2 paths\nTotal watches:2\n"
    session = f"0x{client.connection.session_id:x}"
    blocks = {f"{path}\n\t{session}\n" for path in ("/counted", "/counted/missing")}
    assert module_server.word("wchp") in {"".join(order) + "\n" for order in (sorted(blocks), sorted(blocks)[::-1])}
    assert sorted(module_server.word("wchc").split()) == sorted([session, "/counted", "/counted/missing"])
    assert "zk_watch_count\t3\n" in module_server.word("mntr")
    client.delete("/counted")
