"""ZooKeeperMain of the 3.9.5 jar, unchanged: commands one at a time, and piped into one session."""

import base64
import hashlib
import re
import subprocess

import pytest

pytestmark = pytest.mark.needs_java


@pytest.fixture
def cli(module_server, java_class_path):
    """Runs the CLI; returns standard output. Its log goes to standard error or is filtered by the caller."""

    def run(*arguments, stdin=None, expect=0):
        done = subprocess.run(
            ["java", "-XX:TieredStopAtLevel=1", "-Dzookeeper.log.level=ERROR", "-cp", java_class_path,
             "org.apache.zookeeper.ZooKeeperMain", "-server", module_server.hosts, *arguments],
            input=stdin, stdin=subprocess.DEVNULL if stdin is None else None, capture_output=True, text=True, timeout=60)
        assert expect is None or done.returncode == expect, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    return run


def test_one_command_each(cli):
    assert "Created /cli" in cli("create", "/cli", "hello")
    assert "hello" in cli("get", "/cli")
    assert "[cli" in cli("ls", "/")
    stat = cli("stat", "/cli")
    assert "dataLength = 5" in stat and "numChildren = 0" in stat
    assert "dataVersion = 1" in cli("set", "-s", "/cli", "world!")
    assert "world!" in cli("get", "-s", "/cli")
    cli("delete", "/cli")
    assert "Node does not exist: /cli" in cli("get", "/cli", expect=None)


def test_session_of_many_commands(cli):
    output = cli(stdin="\n".join([
        "create /piped root",
        "create -s /piped/seq- data",
        "create -e /piped/ephemeral here",
        "create -e -s /piped/both- x",
        "ls -s /piped",
        "ls -R /piped",
        "getAcl /piped",
        "set /piped changed",
        "set -v 0 /piped stale",
        "setAcl -s /piped world:anyone:cdrwa",
        "stat -w /piped",
        "set /piped again",
        "sync /piped",
        "ls /piped",
        "delete /piped",
        "deleteall /piped",
        "ls /piped",
        "quit",
    ]) + "\n", expect=None)

    assert "Created /piped\n" in output
    assert "Created /piped/seq-0000000000" in output
    assert "Created /piped/ephemeral" in output
    assert "Created /piped/both-0000000002" in output
    assert re.search(r"numChildren = 3", output)
    assert "'world,'anyone\n: cdrwa" in output
    assert "version No is not valid : /piped" in output
    assert "aclVersion = 1" in output
    assert "type:NodeDataChanged path:/piped" in output
    assert "Sync is OK" in output
    assert "Node not empty: /piped" in output
    assert "Node does not exist: /piped" in output


def test_watches_that_stay(cli):
    output = cli(stdin="\n".join([
        "addWatch -m PERSISTENT_RECURSIVE /kept",
        "addWatch -m PERSISTENT /kept",
        "create /kept one",
        "create /kept/below two",
        "set /kept/below three",
        "delete /kept/below",
        "delete /kept",
        "removewatches /kept",
        "create /kept unseen",
        "delete /kept",
        "quit",
    ]) + "\n", expect=None)

    events = re.findall(r"type:(\w+) path:(\S+)", output)
    assert [event for event in events if event[0].startswith("Node")] == [
        ("NodeCreated", "/kept"), ("NodeCreated", "/kept/below"), ("NodeChildrenChanged", "/kept"),
        ("NodeDataChanged", "/kept/below"), ("NodeDeleted", "/kept/below"), ("NodeChildrenChanged", "/kept"),
        ("NodeDeleted", "/kept")]


def test_acls_and_authentication(cli):
    digest = base64.b64encode(hashlib.sha1(b"alice:secret").digest()).decode()
    output = cli(stdin="\n".join([
        f"create /guarded secret-data digest:alice:{digest}:cdrwa",
        "get /guarded",
        "addauth digest alice:secret",
        "get /guarded",
        "getAcl /guarded",
        "whoami",
        "setAcl /guarded auth::r",
        "set /guarded refused",
        "getAcl /guarded",
        "quit",
    ]) + "\n")

    assert "Insufficient permission : /guarded" in output
    assert "secret-data" in output
    assert f"'digest,'alice:{digest}" in output
    assert re.search(r"digest\s*:\s*alice", output)
    assert ": r" in output


def test_version_and_closed_connection(cli):
    output = cli(stdin="version\nclose\nls /\nquit\n", expect=None)

    assert "3.9.5" in output


def test_mass_creation_through_one_session(cli):
    commands = ["create /mass", *(f"create /mass/{i} v{i}" for i in range(300)), "ls /mass", "deleteall /mass", "quit"]
    output = cli(stdin="\n".join(commands) + "\n")

    assert output.count("Created /mass/") == 300
    assert "299" in output
