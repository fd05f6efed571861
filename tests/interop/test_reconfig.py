"""The members of an ensemble change while it serves: a server is added, and the leader is taken out."""

import pytest
from kazoo.client import KazooClient
from kazoo.exceptions import BadArgumentsError, BadVersionError, NewConfigNoQuorumError

from ensemble.members import Ensemble
from test_ensemble_sessions import retrying, wait_until

CONFIG = {"tickTime": 500, "initLimit": 10, "syncLimit": 5, "reconfigEnabled": "true", "skipACL": "yes"}


def line(member, role="participant"):
    return f"server.{member.number}=127.0.0.1:{member.quorum_port}:{member.election_port}:{role};127.0.0.1:{member.port}"


def member_numbers(text):
    return sorted(int(each.split("=")[0].removeprefix("server.")) for each in text.splitlines() if each.startswith("server."))


@pytest.mark.parametrize("kinds", [["ours", "ours", "ours", "ours"], ["java", "ours", "ours", "java"], ["java", "java", "ours", "ours"]],
                         ids=["ours", "two-of-each", "java-majority"])
def test_a_server_joins_and_the_leader_leaves(tmp_path, kinds):
    with Ensemble(tmp_path, kinds, CONFIG, links=False) as members:
        first, newcomer = [members[number] for number in (1, 2, 3)], members[4]
        newcomer.stop()
        for member in first:
            member.stop()
            del member.extra_config["server.4"]
        for member in first:
            member.launch()
        newcomer.extra_config["server.4"] += ":observer"

        def serving(of):
            modes = [member.facts().get("mode") for member in of]
            return None not in modes and modes.count("leader") == 1

        wait_until("three serve", lambda: serving(first), 30)
        newcomer.launch()
        wait_until("the newcomer follows", lambda: newcomer.facts().get("mode") in ("follower", "observer"), 30)
        client = KazooClient(",".join(f"127.0.0.1:{member.port}" for member in members), timeout=10)
        client.start(timeout=20)
        try:
            begun = client.get("/zookeeper/config")[0].decode()
            assert member_numbers(begun) == [1, 2, 3]
            assert int(begun.rpartition("version=")[2], 16) >= 1 << 32, "an established ensemble has a version"

            with pytest.raises(BadVersionError):
                client.reconfig(joining=line(newcomer), leaving=None, new_members=None, from_config=7)
            with pytest.raises(BadArgumentsError):
                client.reconfig(joining="server.4=127.0.0.1:1:2", leaving=None, new_members=None)
            with pytest.raises(NewConfigNoQuorumError):
                client.reconfig(joining="server.8=127.0.0.1:1:2;3,server.9=127.0.0.1:4:5;6", leaving="1,2", new_members=None)

            # With all that is known of a participant: its role changes only now.
            joined = client.reconfig(joining=line(newcomer), leaving=None, new_members=None)[0].decode()
            assert member_numbers(joined) == [1, 2, 3, 4]
            wait_until("four serve", lambda: serving(members), 30)
            retrying(client.create, "/while-four", b"")

            leader = members.leader()
            rest = [member for member in members if member is not leader]
            # The connection may go with the leader before the answer comes.
            left = retrying(client.reconfig, joining=None, leaving=str(leader.number), new_members=None)[0].decode()
            assert member_numbers(left) == sorted(member.number for member in rest)
            wait_until("three serve without the old leader", lambda: serving(rest), 30)
            retrying(client.create, "/while-three", b"")
        finally:
            client.stop()
            client.close()
        for member in rest:
            with_all = KazooClient(f"127.0.0.1:{member.port}")
            with_all.start(timeout=20)
            try:
                with_all.sync("/")
                assert with_all.exists("/while-three")
                assert with_all.get("/zookeeper/config")[0].decode() == left
            finally:
                with_all.stop()
                with_all.close()
            if member.kind_name == "ours":
                config = next(member.directory.glob("*.cfg"))
                version = left.rpartition("version=")[2]
                assert f"dynamicConfigFile={config}.dynamic.{version}" in config.read_text()
                assert not list(member.directory.glob("*.next"))
