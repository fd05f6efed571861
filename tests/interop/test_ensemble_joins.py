"""How a server comes (back) into an ensemble: by DIFF, SNAP and TRUNC, each kind of server behind a leader of each kind."""

import subprocess
import time

import pytest

from ensemble import trees
from ensemble.kinds import real
from ensemble.members import Ensemble
from harness import server as servers
from harness import wire

JOINER = 3


def create(port, paths, wait=True):
    """Creates znodes in one session of a server. Without wait nobody looks at the answers, and the session stays open."""
    connection = wire.Connection(port, timeout_ms=10_000)
    for path in paths:
        connection.send(wire.CREATE, wire.create(path, b"x" * 100))
    if not wait:
        return connection
    for path in paths:
        reply = connection.read_reply()
        assert reply.error == 0, f"create {path}: {reply}"
    connection.call(wire.CLOSE_SESSION)
    connection.close()
    return None


def holds(member, path):
    """Whether a member's log or snapshots name a path, committed or not."""
    program = servers.server_program().parent.parent / "bin" / "zookernel-db"
    for file in (member.data_dir / "version-2").glob("log.*"):
        done = subprocess.run([program, "dump", "--json", file], capture_output=True, text=True, timeout=60)
        if f'"{path}"' in done.stdout:
            return True
    return False


def make_lead(ensemble, number):
    """Restarts leaders until a member leads. Among equals the highest id wins."""
    for _ in range(10):
        leader = ensemble.wait_serving()
        if leader.number == number:
            return leader
        ensemble.wait_equal_zxid()
        leader.restart()
    raise AssertionError(f"server {number} does not come to lead: {ensemble.describe()}")



def assert_joined(ensemble, how, count):
    """All serve, the joiner was synchronised once more, in the way named, and holds what the others hold."""
    leader = ensemble.wait_serving()
    assert leader.number != JOINER
    syncs = [sync for sync in ensemble.links.syncs() if sync["learner"] == JOINER]
    assert len(syncs) == count + 1, f"one synchronisation was expected: {syncs[count:]}"
    assert (syncs[-1]["how"], syncs[-1]["leader"]) == (how, leader.number), syncs[-1]
    ensemble.wait_equal_zxid()
    tree, different = trees.of_members(ensemble)
    assert not different, "\n".join(different)
    return tree


def sync_count(ensemble):
    return len([sync for sync in ensemble.links.syncs() if sync["learner"] == JOINER])


@pytest.mark.parametrize("leader, joiner", [("java", "ours"), ("ours", "java"), ("ours", "ours")],
                         ids=["ours-behind-java", "java-behind-ours", "ours-behind-ours"])
def test_a_server_joins_by_trunc_diff_and_snap(request, tmp_path, leader, joiner):
    kinds = real([leader, leader, joiner])
    if "java" in kinds:
        request.getfixturevalue("java_class_path")
    with Ensemble(tmp_path, kinds) as ensemble:
        request.node.started_servers = list(ensemble)
        create(make_lead(ensemble, JOINER).port, [f"/before{n}" for n in range(20)])
        ensemble.wait_equal_zxid()

        joins_by_trunc(ensemble)
        joins_by_diff(ensemble)
        joins_by_snap(ensemble)

        ensemble.wait_equal_zxid()
        ensemble.stop()
        different = trees.of_directories(ensemble)
        assert not different, "\n".join(different)


def joins_by_trunc(ensemble):
    """The joiner leads, and logs what nobody else gets. It dies; the others go on without that."""
    joiner = ensemble[JOINER]
    # Its clients' session is one that the others know, or its creation would be the tail.
    session = wire.Connection(joiner.port, timeout_ms=10_000)
    ensemble.wait_equal_zxid()
    for other in ensemble:
        if other is not joiner:
            ensemble.links.one_way(JOINER, other.number, "held")
    for n in range(3):
        session.send(wire.CREATE, wire.create(f"/tail{n}"))
    give_up = time.monotonic() + 10
    while not holds(joiner, "/tail2"):
        assert time.monotonic() < give_up, "the leader does not log what it proposes"
        time.sleep(0.05)
    joiner.kill()
    session.close()
    for other in ensemble:
        if other is not joiner:
            ensemble.links.drop(JOINER, other.number)
    ensemble.links.heal()
    ensemble.wait_serving(count=2)
    before = sync_count(ensemble)

    joiner.launch()

    tree = assert_joined(ensemble, "TRUNC", before)
    assert "/before19" in tree and not [path for path in tree if path.startswith("/tail")]
    assert not holds(joiner, "/tail2"), "the log still holds what was rolled back"


def joins_by_diff(ensemble):
    before = sync_count(ensemble)
    ensemble[JOINER].stop()
    create(ensemble.wait_serving(count=2).port, [f"/diff{n}" for n in range(50)])

    ensemble[JOINER].launch()

    assert "/diff49" in assert_joined(ensemble, "DIFF", before)


def joins_by_snap(ensemble):
    before = sync_count(ensemble)
    ensemble[JOINER].stop()
    ensemble[JOINER].wipe()
    # More than a leader keeps in memory (commitLogCount): one of ours may send a short history as transactions.
    create(ensemble.wait_serving(count=2).port, ["/snap", *(f"/snap{n}" for n in range(520))])

    ensemble[JOINER].launch()

    tree = assert_joined(ensemble, "SNAP", before)
    assert {"/snap", "/diff49", "/before0"} <= set(tree)
