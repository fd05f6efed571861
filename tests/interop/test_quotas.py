"""Quotas: set by Java's command-line client or by hand, counted always, enforced with enforceQuota."""

import re
import subprocess

import pytest

from harness import server as servers

QUOTA_EXCEEDED = -125


@pytest.fixture
def enforcing(make_server):
    return make_server(config={"enforceQuota": "true"}).start()


@pytest.fixture
def client(enforcing):
    from kazoo.client import KazooClient
    connected = KazooClient(hosts=enforcing.hosts, timeout=10)
    connected.start(timeout=20)
    yield connected
    connected.stop()
    connected.close()


def set_quota(client, path, limits):
    client.ensure_path("/zookeeper/quota" + path)
    client.create(f"/zookeeper/quota{path}/zookeeper_limits", limits.encode())
    client.create(f"/zookeeper/quota{path}/zookeeper_stats", b"count=0,bytes=0")


def usage(client, path):
    return client.get(f"/zookeeper/quota{path}/zookeeper_stats")[0].decode()


def exceeded(action):
    with pytest.raises(Exception) as caught:
        action()
    # kazoo knows the error by its number only in some of its releases.
    code = getattr(caught.value, "code", None)
    return code == QUOTA_EXCEEDED or "125" in str(caught.value) or "Quota" in type(caught.value).__name__


def test_usage_follows_the_subtree(client):
    client.create("/u", b"1234")
    client.create("/u/a", b"12")
    set_quota(client, "/u", "count=100,bytes=1000")

    assert usage(client, "/u") == "count=2,bytes=6"
    client.create("/u/e", b"123", ephemeral=True)
    client.set("/u/a", b"")
    assert usage(client, "/u") == "count=3,bytes=7"
    client.delete("/u/e")
    assert usage(client, "/u") == "count=2,bytes=4"


def test_hard_limits_of_all_kinds(client):
    client.create("/h", b"12345")
    set_quota(client, "/h", "count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=3")

    client.create("/h/a", b"")
    assert exceeded(lambda: client.create("/h/b", b"123456"))
    assert exceeded(lambda: client.set("/h", b"12345678901"))
    client.create("/h/b", b"12345")
    assert exceeded(lambda: client.create("/h/c", b""))
    assert usage(client, "/h") == "count=3,bytes=10"


def test_a_multi_over_the_limit_does_nothing(client):
    client.create("/m", b"")
    set_quota(client, "/m", "count=-1,bytes=-1=;byteHardLimit=4;countHardLimit=-1")

    transaction = client.transaction()
    transaction.create("/m/a", b"")
    transaction.create("/m/b", b"12345")
    results = transaction.commit()

    assert isinstance(results[1], Exception)
    assert client.get_children("/m") == []
    assert usage(client, "/m") == "count=1,bytes=0"


def test_soft_limits_are_a_line_in_the_log(client, enforcing):
    client.create("/s", b"")
    set_quota(client, "/s", "count=1,bytes=-1")

    client.create("/s/a", b"")

    assert "Quota exceeded: /s" in enforcing.log()


def test_quotas_count_on_after_a_restart(client, enforcing):
    client.create("/r", b"")
    set_quota(client, "/r", "count=-1,bytes=-1=;countHardLimit=2")
    client.create("/r/a", b"1")
    enforcing.stop()
    enforcing.start()

    client.retry(client.get, "/r")
    assert usage(client, "/r") == "count=2,bytes=1"
    assert exceeded(lambda: client.create("/r/b", b""))


def test_the_quotas_show_in_mntr(client, enforcing):
    client.create("/q", b"123")
    set_quota(client, "/q", "count=-1,bytes=50=;countHardLimit=1")
    assert exceeded(lambda: client.create("/q/a", b""))

    text = servers.four_letter_word(enforcing.port, "mntr")

    assert re.search(r"^zk_q_quota_count_limit_per_namespace\t1(\.0)?$", text, re.M)
    assert re.search(r"^zk_q_quota_bytes_limit_per_namespace\t50(\.0)?$", text, re.M)
    assert re.search(r"^zk_q_quota_count_usage_per_namespace\t1(\.0)?$", text, re.M)
    assert re.search(r"^zk_q_quota_bytes_usage_per_namespace\t3(\.0)?$", text, re.M)
    assert re.search(r"^zk_q_quota_exceeded_error_per_namespace\t1(\.0)?$", text, re.M)


def test_javas_command_line_client_sets_lists_and_removes(enforcing, java_class_path):
    commands = ["create /cli data", "setquota -n 5 /cli", "setquota -b 100 /cli", "setquota -N 10 /cli", "setquota -B 200 /cli",
                "listquota /cli", "create /cli/a xyz", "listquota /cli",
                "delquota -N /cli", "listquota /cli", "delquota /cli", "listquota /cli", "quit"]
    done = subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", "-Dzookeeper.log.level=ERROR", "-cp", java_class_path,
         "org.apache.zookeeper.ZooKeeperMain", "-server", enforcing.hosts],
        input="\n".join(commands) + "\n", capture_output=True, text=True, timeout=60)
    output = done.stdout + done.stderr

    assert re.search(r"Output quota for /cli count=5,bytes=100=;byteHardLimit=200;countHardLimit=10", output), output
    assert re.search(r"Output stat for /cli count=1,bytes=4", output), output
    assert re.search(r"Output stat for /cli count=2,bytes=7", output), output
    assert re.search(r"Output quota for /cli count=5,bytes=100=;byteHardLimit=200;countHardLimit=-1", output), output
    assert "quota for /cli does not exist." in output, output
