"""What a client has of an ensemble of ours: sessions, ephemerals, watches and sync across servers, and members that come and go."""

import threading
import time

import pytest
from kazoo.client import KazooClient
from kazoo.exceptions import ConnectionLoss, NoNodeError, SessionExpiredError
from kazoo.retry import KazooRetry

from ensemble.members import Ensemble

CONFIG = {"tickTime": 500, "initLimit": 10, "syncLimit": 5, "minSessionTimeout": 1000}


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory):
    with Ensemble(tmp_path_factory.mktemp("three"), ["ours", "ours", "ours", "ours:observer"], CONFIG, links=False) as members:
        yield members


@pytest.fixture
def client_of(ensemble):
    """Connects a client to one member, or to several."""
    clients = []

    def connect(*members, timeout=4.0, **options):
        hosts = ",".join(f"127.0.0.1:{member.port}" for member in members)
        client = KazooClient(hosts=hosts, timeout=timeout, randomize_hosts=False, **options)
        client.start(timeout=15)
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.stop()
        client.close()


def retrying(call, *arguments, **options):
    retry = KazooRetry(max_tries=-1, delay=0.05, max_delay=0.2, max_jitter=0, deadline=15, ignore_expire=False)
    return retry(call, *arguments, **options)


def wait_until(what, holds, timeout_s=10):
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s} s"
        time.sleep(0.02)


def follower_of(ensemble):
    ensemble.wait_serving()
    return ensemble.followers()[0]


def observer_of(ensemble):
    return next(member for member in ensemble if member.observes)


def test_one_leads_two_follow_one_observes(ensemble):
    ensemble.wait_serving()
    assert sorted(ensemble.modes().values()) == ["follower", "follower", "leader", "observer"]


def test_a_write_through_any_member_is_read_on_all(ensemble, client_of):
    ensemble.wait_serving()
    clients = [client_of(member) for member in ensemble]
    for number, writer in enumerate(clients):
        writer.create(f"/through-{number}", str(number).encode())
        for reader in clients:
            reader.sync("/")
            assert reader.get(f"/through-{number}")[0] == str(number).encode()


def test_a_watch_on_a_follower_fires_for_a_write_of_the_leader(ensemble, client_of):
    leader = ensemble.wait_serving()
    watcher, writer = client_of(follower_of(ensemble)), client_of(leader)
    writer.create("/watched", b"old")
    watcher.sync("/")
    fired = threading.Event()
    assert watcher.get("/watched", watch=lambda event: fired.set())[0] == b"old"
    writer.set("/watched", b"new")
    assert fired.wait(5)
    assert watcher.get("/watched")[0] == b"new"


def test_sequence_numbers_are_one_for_all_members(ensemble, client_of):
    clients = [client_of(member) for member in ensemble]
    clients[0].create("/sequence")
    names = [client.create("/sequence/n", sequence=True) for _ in range(3) for client in clients]
    assert [int(name[-10:]) for name in names] == list(range(12))


def test_an_ephemeral_of_one_member_goes_everywhere_with_its_session(ensemble, client_of):
    owner = client_of(follower_of(ensemble))
    others = [client_of(member) for member in ensemble]
    owner.create("/ephemeral-closed", ephemeral=True)
    for other in others:
        other.sync("/")
        assert other.exists("/ephemeral-closed").owner_session_id == owner.client_id[0]
    owner.stop()
    for other in others:
        other.sync("/")
        assert other.exists("/ephemeral-closed") is None


def test_a_session_of_a_follower_expires_when_its_client_is_silent(ensemble, client_of):
    from harness import wire

    silent = wire.Connection(follower_of(ensemble).port, timeout_ms=1500)
    silent.call(wire.CREATE, wire.create("/ephemeral-expired", flags=1))
    other = client_of(ensemble.wait_serving())
    assert other.exists("/ephemeral-expired")
    wait_until("expiry", lambda: other.exists("/ephemeral-expired") is None)
    silent.close()


def test_a_session_that_is_busy_on_a_follower_lives(ensemble, client_of):
    busy = client_of(observer_of(ensemble), timeout=1.5)
    busy.create("/ephemeral-busy", ephemeral=True)
    session = busy.client_id[0]
    time.sleep(4)
    assert busy.client_id[0] == session
    assert client_of(ensemble.wait_serving()).exists("/ephemeral-busy")


def test_a_session_moves_to_another_member(ensemble, client_of):
    first, second = ensemble.followers()
    client = client_of(first, second)
    client.create("/moves", ephemeral=True)
    session = client.client_id[0]
    first.kill()
    try:
        assert retrying(client.get, "/moves")[1].owner_session_id == session
        retrying(client.create, "/moved", b"", ephemeral=True)
        assert client.client_id[0] == session
        assert second.word("cons").count(f"sid={session:#x}") == 1
    finally:
        first.launch()
        ensemble.wait_serving()


def test_a_killed_leader_costs_neither_sessions_nor_acknowledged_writes(ensemble, client_of):
    leader = ensemble.wait_serving()
    others = [member for member in ensemble if member is not leader and not member.observes]
    client = client_of(*others)
    client.create("/survives", ephemeral=True)
    client.create("/kept")
    session = client.client_id[0]
    acknowledged = []
    leader.kill()
    try:
        for number in range(20):
            retrying(client.ensure_path, f"/kept/{number}")
            acknowledged.append(str(number))
        assert client.client_id[0] == session
        assert client.exists("/survives")
    finally:
        leader.launch()
        ensemble.wait_serving()
    back = client_of(leader)
    back.sync("/")
    assert set(acknowledged) <= set(back.get_children("/kept"))


def test_without_a_quorum_nobody_serves(ensemble, client_of):
    voters = [member for member in ensemble if not member.observes]
    for member in voters[:2]:
        member.kill()
    try:
        wait_until("the last voter gives up", lambda: not voters[2].facts())
        assert "not currently serving" in voters[2].word("srvr")
        with pytest.raises(Exception):
            client_of(voters[2])
    finally:
        for member in voters[:2]:
            member.launch()
        ensemble.wait_serving()
