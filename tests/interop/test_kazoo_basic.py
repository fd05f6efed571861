"""kazoo, unchanged: the operations that every application uses."""

import pytest
from kazoo import exceptions as zk
from kazoo.client import KazooState
from kazoo.protocol.states import EventType
from kazoo.security import OPEN_ACL_UNSAFE, READ_ACL_UNSAFE, make_digest_acl


def test_create_get_set_delete(client):
    path = f"{client.root}/node"

    assert client.create(path, b"one") == path
    data, stat = client.get(path)
    assert data == b"one"
    assert (stat.version, stat.dataLength, stat.numChildren, stat.ephemeralOwner) == (0, 3, 0, 0)
    assert stat.czxid == stat.mzxid == stat.pzxid

    changed = client.set(path, b"second")
    assert (changed.version, changed.dataLength) == (1, 6)
    assert changed.mzxid > changed.czxid
    assert client.get(path)[0] == b"second"

    client.delete(path)
    assert client.exists(path) is None


def test_create_with_stat(client):
    path, stat = client.create(f"{client.root}/node", b"x", include_data=True)

    assert path == f"{client.root}/node"
    assert stat.dataLength == 1


def test_errors_have_their_codes(client):
    client.create(f"{client.root}/parent/child", makepath=True)

    with pytest.raises(zk.NodeExistsError):
        client.create(f"{client.root}/parent")
    with pytest.raises(zk.NoNodeError):
        client.create(f"{client.root}/nowhere/child")
    with pytest.raises(zk.NoNodeError):
        client.get(f"{client.root}/nowhere")
    with pytest.raises(zk.NotEmptyError):
        client.delete(f"{client.root}/parent")
    with pytest.raises(zk.BadVersionError):
        client.set(f"{client.root}/parent", b"", version=7)
    with pytest.raises(zk.BadVersionError):
        client.delete(f"{client.root}/parent/child", version=7)
    with pytest.raises(zk.NoChildrenForEphemeralsError):
        client.create(f"{client.root}/ephemeral", ephemeral=True)
        client.create(f"{client.root}/ephemeral/child")


def test_children_and_their_stat(client):
    for name in "abc":
        client.create(f"{client.root}/{name}")

    assert sorted(client.get_children(client.root)) == ["a", "b", "c"]
    children, stat = client.get_children(client.root, include_data=True)
    assert sorted(children) == ["a", "b", "c"]
    assert (stat.numChildren, stat.cversion) == (3, 3)

    client.delete(f"{client.root}/b")
    children, stat = client.get_children(client.root, include_data=True)
    assert sorted(children) == ["a", "c"]
    assert (stat.numChildren, stat.cversion) == (2, 4)


def test_sequential_names_count_up(client):
    made = [client.create(f"{client.root}/job-", sequence=True) for _ in range(12)]

    assert [int(path[-10:]) for path in made] == list(range(12))
    assert made[0] == f"{client.root}/job-0000000000"


def test_ephemeral_nodes_end_with_their_session(client, another_client):
    owner = another_client()
    path = f"{client.root}/ephemeral"
    owner.create(path, b"here", ephemeral=True)
    assert client.get(path)[1].ephemeralOwner == owner.client_id[0]

    owner.stop()

    assert client.exists(path) is None


def test_transaction_applies_as_a_whole(client):
    transaction = client.transaction()
    transaction.create(f"{client.root}/a", b"1")
    transaction.create(f"{client.root}/b", b"2")
    transaction.set_data(f"{client.root}/a", b"3")
    transaction.check(f"{client.root}/a", 1)
    transaction.delete(f"{client.root}/b")
    results = transaction.commit()

    assert results[0] == f"{client.root}/a"
    assert results[2].version == 1
    assert client.get(f"{client.root}/a")[0] == b"3"
    assert client.exists(f"{client.root}/b") is None


def test_failed_transaction_changes_nothing(client):
    transaction = client.transaction()
    transaction.create(f"{client.root}/a", b"1")
    transaction.check(f"{client.root}/nowhere", 3)
    transaction.create(f"{client.root}/b", b"2")
    results = transaction.commit()

    assert [type(result) for result in results] == [zk.RolledBackError, zk.NoNodeError, zk.RuntimeInconsistency]
    assert client.get_children(client.root) == []


def test_watches_fire_once(client, another_client):
    writer = another_client()
    events = []
    handler = client.handler
    arrived = handler.event_object()

    def on_event(event):
        events.append((event.type, event.path))
        arrived.set()

    path = f"{client.root}/watched"
    assert client.exists(path, watch=on_event) is None
    writer.create(path, b"1")
    arrived.wait(10)
    assert events == [(EventType.CREATED, path)]

    arrived.clear()
    client.get(path, watch=on_event)
    writer.set(path, b"2")
    writer.set(path, b"3")
    arrived.wait(10)
    client.sync(path)
    assert events[1:] == [(EventType.CHANGED, path)]

    arrived.clear()
    client.get_children(client.root, watch=on_event)
    writer.create(f"{client.root}/another")
    arrived.wait(10)
    assert events[2:] == [(EventType.CHILD, client.root)]

    arrived.clear()
    client.exists(path, watch=on_event)
    writer.delete(path)
    arrived.wait(10)
    assert events[3:] == [(EventType.DELETED, path)]


def test_large_data_comes_back_equal(client):
    data = bytes(range(256)) * 3900
    client.create(f"{client.root}/large", data)

    assert client.get(f"{client.root}/large")[0] == data


def test_sync_answers_the_path(client):
    assert client.sync(client.root) == client.root


def test_unicode_paths(client):
    path = f"{client.root}/käse-日本"
    client.create(path, "grüße".encode())

    assert client.get_children(client.root) == ["käse-日本"]
    assert client.get(path)[0].decode() == "grüße"


def test_many_requests_in_flight_keep_their_order(client):
    pending = [client.create_async(f"{client.root}/n{i}", str(i).encode()) for i in range(500)]
    assert [p.get(30) for p in pending] == [f"{client.root}/n{i}" for i in range(500)]

    reads = [client.get_async(f"{client.root}/n{i}") for i in range(500)]
    assert [int(r.get(30)[0]) for r in reads] == list(range(500))


def test_acls_restrict_and_are_listed(client, another_client):
    path = f"{client.root}/private"
    acl = [make_digest_acl("alice", "secret", all=True)]
    client.create(path, b"x", acl=acl)

    with pytest.raises(zk.NoAuthError):
        client.get(path)
    with pytest.raises(zk.NoAuthError):
        client.set(path, b"y")

    alice = another_client(auth_data=[("digest", "alice:secret")])
    assert alice.get(path)[0] == b"x"
    assert alice.get_acls(path)[0] == acl

    stat = alice.set_acls(path, READ_ACL_UNSAFE)
    assert stat.aversion == 1
    assert client.get(path)[0] == b"x"
    with pytest.raises(zk.NoAuthError):
        client.set(path, b"y")


def test_add_auth_on_a_live_connection(client):
    path = f"{client.root}/private"
    client.create(path, b"x", acl=[make_digest_acl("bob", "hunter2", read=True)])
    with pytest.raises(zk.NoAuthError):
        client.get(path)

    client.add_auth("digest", "bob:hunter2")

    assert client.get(path)[0] == b"x"


def test_bad_acls_are_refused(client):
    from kazoo.security import ACL, Id
    with pytest.raises(zk.InvalidACLError):
        client.create(f"{client.root}/bad", acl=[ACL(31, Id("no-such-scheme", "x"))])
    with pytest.raises(zk.InvalidACLError):
        client.create(f"{client.root}/bad", acl=[ACL(31, Id("digest", "no-colon"))])
    assert client.get_acls(client.root)[0] == OPEN_ACL_UNSAFE


def test_delete_recursive(client):
    client.ensure_path(f"{client.root}/a/b/c/d")
    client.delete(f"{client.root}/a", recursive=True)

    assert client.get_children(client.root) == []


def test_chroot(module_server, client):
    from kazoo.client import KazooClient
    inside = KazooClient(hosts=module_server.hosts + client.root)
    inside.start(timeout=20)
    try:
        inside.create("/inner", b"x")
        assert client.get(f"{client.root}/inner")[0] == b"x"
    finally:
        inside.stop()
        inside.close()


def test_server_version_and_state(client):
    assert client.state == KazooState.CONNECTED
    assert client.server_version()[0] >= 3
    assert "Mode: standalone" in client.command(b"srvr")
