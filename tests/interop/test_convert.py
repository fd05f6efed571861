"""zookernel-db convert between the storages: a server goes on with what another one left, in the other form."""

import subprocess

import pytest

from harness import server as servers, tree, wire

pytestmark = pytest.mark.zookernel_only

BIN = servers.server_program().parent.parent / "bin"
SUPER = "super:DyNYQEQvajljsxlhf5uS4PJ9R28="  # user super, password admin
FORMS = ("file", "sqlite")


def convert(form, source, target):
    return subprocess.run([BIN / "zookernel-db", "convert", "--to", form, source, target], capture_output=True, text=True,
                          timeout=60)


def server_on(directory, storage, data_dir):
    return servers.Server(directory, data_dir=data_dir, config={"plugin.storage": storage},
                          properties={"DigestAuthenticationProvider.superDigest": SUPER})


def whole_tree(port):
    return tree.read_tree(port, auth=[("digest", b"super:admin")])


def fill(connection):
    for i in range(300):
        assert connection.call(wire.CREATE, wire.create(f"/n{i}", b"d" * i)).error == 0
    assert connection.call(wire.CREATE, wire.create("/mine", b"here", flags=1)).error == 0
    assert connection.call(wire.CREATE, wire.create("/n0/child-", None, flags=2)).error == 0
    for i in range(50):
        assert connection.call(wire.SET_DATA, wire.set_data(f"/n{i}", b"changed")).error == 0
        assert connection.call(wire.DELETE, wire.delete(f"/n{i + 100}")).error == 0


@pytest.mark.parametrize("first, second", [FORMS, FORMS[::-1]])
def test_a_server_of_the_other_storage_goes_on(tmp_path, first, second):
    with server_on(tmp_path / "a", first, tmp_path / "one") as server:
        owner = wire.Connection(server.port, timeout_ms=40000)
        fill(owner)
        before = whole_tree(server.port)
        refused = convert(second, tmp_path / "one", tmp_path / "two")
        assert refused.returncode == 2 and "another server" in refused.stderr
        server.kill()

    done = convert(second, tmp_path / "one", tmp_path / "two")
    assert done.returncode == 0, done.stderr
    again = convert(second, tmp_path / "one", tmp_path / "two")
    assert again.returncode == 2 and "is there already" in again.stderr

    with server_on(tmp_path / "b", second, tmp_path / "two") as server:
        assert whole_tree(server.port) == before
        # The session goes on, its znode is its own, and the next transaction is the next.
        back = wire.Connection(server.port, handshake=False)
        assert back.connect(session_id=owner.session_id, password=owner.password) > 0
        reply = back.call(wire.CREATE, wire.create("/next", b""))
        assert reply.error == 0
        assert reply.zxid > max(node["czxid"] for node in before.values())
        assert back.call(wire.CLOSE_SESSION).error == 0
        after = whole_tree(server.port)
        assert "/mine" in before and "/mine" not in after
        assert "/next" in after
        assert server.stop() == 0


def test_the_way_round_changes_nothing(tmp_path):
    with server_on(tmp_path / "a", "file", tmp_path / "one") as server:
        fill(wire.Connection(server.port))
        server.kill()
    for form, source, target in (("archive", "one", "one.zka"), ("sqlite", "one.zka", "two"), ("file", "two", "three"),
                                 ("archive", "three", "three.zka")):
        done = convert(form, tmp_path / source, tmp_path / target)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "one.zka").read_bytes() == (tmp_path / "three.zka").read_bytes()
    same = subprocess.run([BIN / "zookernel-db", "diff", tmp_path / "one", tmp_path / "three"], capture_output=True, timeout=60)
    assert (same.returncode, same.stdout) == (0, b"")
