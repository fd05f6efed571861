"""zoo.cfg, data directory, myid and port gone wrong: each is one clear line, an exit code, and nothing lost."""

import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess

import pytest

from harness import server as servers, wire
from harness.wire import Connection

pytestmark = pytest.mark.zookernel_only


def refused(server, *needed):
    """The server refuses to start: a small exit code, and one line with all that is needed to mend it."""
    exit_code, output = server.run_to_end(timeout_s=20)
    assert 0 < exit_code < 128, f"exit code {exit_code}\n{output}"
    lines = [line for line in output.splitlines() if all(re.search(pattern, line) for pattern in needed)]
    assert lines, f"no line holds {needed}\n{output}"
    return lines[0]


# Text of zoo.cfg ----------------------------------------------------------------------------------------------------------

# (name, lines, the key that must be named, number of the line it stands on)
BAD_LINES = [
    ("clientPort-word", ["clientPort=abc"], "clientPort", 1),
    ("clientPort-hexadecimal", ["clientPort=0x10"], "clientPort", 1),
    ("clientPort-too-large", ["clientPort=70000"], "clientPort", 1),
    ("clientPort-negative", ["clientPort=-5"], "clientPort", 1),
    ("clientPort-empty", ["clientPort="], "clientPort", 1),
    ("tickTime-word", ["clientPort=PORT", "tickTime=fast"], "tickTime", 2),
    ("tickTime-zero", ["clientPort=PORT", "tickTime=0"], "tickTime", 2),
    ("tickTime-negative", ["clientPort=PORT", "", "# a comment", "tickTime=-2000"], "tickTime", 4),
    ("tickTime-too-large", ["clientPort=PORT", "tickTime=99999999999"], "tickTime", 2),
    ("maxClientCnxns-word", ["clientPort=PORT", "maxClientCnxns=many"], "maxClientCnxns", 2),
    ("snapRetainCount-word", ["clientPort=PORT", "autopurge.snapRetainCount=x"], "autopurge.snapRetainCount", 2),
    ("minSessionTimeout-word", ["clientPort=PORT", "minSessionTimeout=1s"], "minSessionTimeout", 2),
    ("boolean-word", ["clientPort=PORT", "standaloneEnabled=perhaps"], "standaloneEnabled", 2),
]


@pytest.mark.parametrize("lines, key, number", [case[1:] for case in BAD_LINES], ids=[case[0] for case in BAD_LINES])
def test_bad_value_is_named_with_file_and_line(make_server, tmp_path, lines, key, number):
    port = servers.free_port()
    text = "\n".join(line.replace("PORT", str(port)) for line in lines) + f"\ndataDir={tmp_path}/data\n"
    server = make_server(raw_config=text)

    refused(server, re.escape(key), rf"zoo\.cfg(:| line |, line ){number}\b")
    assert not (tmp_path / "data" / "version-2").exists(), "nothing may be created by a refused configuration"


def test_bad_value_of_a_plugin_is_named_with_file_and_line(make_server, tmp_path):
    lines = [f"clientPort={servers.free_port()}", f"dataDir={tmp_path}/data", "snapshot.compression.method=zip"]
    server = make_server(raw_config="\n".join(lines) + "\n")

    refused(server, r"zoo\.cfg:3\b", r"snapshot\.compression\.method=zip", "gz")


def test_missing_data_dir(make_server):
    refused(make_server(raw_config="clientPort=0\n"), "dataDir")


def test_min_above_max_session_timeout(make_server):
    server = make_server(config={"minSessionTimeout": 9000, "maxSessionTimeout": 8000})
    refused(server, "minSessionTimeout", "maxSessionTimeout")


def test_config_file_that_does_not_exist(make_server, tmp_path):
    done = subprocess.run([servers.server_program(), tmp_path / "none.cfg"], capture_output=True, text=True, timeout=20)

    assert 0 < done.returncode < 128
    assert "none.cfg" in done.stdout + done.stderr


def test_config_file_that_is_a_directory(tmp_path):
    done = subprocess.run([servers.server_program(), tmp_path], capture_output=True, text=True, timeout=20)

    assert 0 < done.returncode < 128
    assert str(tmp_path) in done.stdout + done.stderr


def test_no_argument_prints_usage(tmp_path):
    done = subprocess.run([servers.server_program()], capture_output=True, text=True, timeout=20)

    assert done.returncode == 2
    assert "usage" in (done.stdout + done.stderr).lower()


@pytest.mark.parametrize("content", [b"\x00\x01\x02\xff" * 100, b"\\u12", b"=\n=\n", b"\\", b"a" * 2_000_000,
                                     b"<?xml version='1.0'?><x/>"], ids=["binary", "escape", "no-key", "backslash", "long", "xml"])
def test_garbage_is_refused_without_a_crash(tmp_path, content):
    file = tmp_path / "zoo.cfg"
    file.write_bytes(content)
    done = subprocess.run([servers.server_program(), file], cwd=tmp_path, capture_output=True, timeout=20)

    assert 0 < done.returncode < 128, done
    assert b"zoo.cfg" in done.stdout + done.stderr


def test_unknown_key_is_reported_and_ignored(make_server):
    """Apache makes it a property that nobody reads; a typing error should at least be seen."""
    server = make_server(config={"tickTimes": "2000"}).start()

    assert any("tickTimes" in line for line in server.log().splitlines())


def test_unknown_plugin_is_named(make_server):
    server = make_server(config={"plugin.storage": "no-such-storage"})

    refused(server, "no-such-storage")


# Data directory -----------------------------------------------------------------------------------------------------------


def write_something(server):
    with Connection(server.port) as connection:
        assert connection.call(wire.CREATE, wire.create("/kept", b"x" * 100)).error == 0


def assert_kept(server):
    with Connection(server.port) as connection:
        assert connection.call(wire.EXISTS, wire.read("/kept")).error == 0


def as_nobody(server):
    """Runs the server as a user without rights; needs root, as CI has it."""
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can start the server as another user")
    nobody = pwd.getpwnam("nobody")
    # The temporary directories of the tests are closed to others.
    for path in [server.directory, *server.directory.parents]:
        if path == pathlib.Path("/") or path == pathlib.Path("/tmp"):
            break
        os.chmod(path, os.stat(path).st_mode | 0o055)
    server.command_prefix = [shutil.which("setpriv"), f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    return server


def test_data_dir_that_cannot_be_written(make_server):
    server = make_server()
    # Root may write anywhere.
    if os.geteuid() == 0:
        as_nobody(server)
    server.data_dir.mkdir()
    os.chmod(server.data_dir, 0o555)

    refused(server, re.escape(str(server.data_dir)), r"(?i)permission|not writable|cannot write|belongs")


def test_data_dir_of_another_user(make_server):
    first = make_server("first", data_dir=None).start()
    write_something(first)
    first.stop()
    for path in [first.data_dir, first.data_dir / "version-2", *(first.data_dir / "version-2").iterdir()]:
        os.chmod(path, 0o700 if path.is_dir() else 0o600)
    before = sorted((path.name, path.read_bytes()) for path in (first.data_dir / "version-2").iterdir())

    stranger = as_nobody(make_server("stranger", data_dir=first.data_dir))
    refused(stranger, re.escape(str(first.data_dir)), r"(?i)permission|belongs|owner|owns")

    assert sorted((path.name, path.read_bytes()) for path in (first.data_dir / "version-2").iterdir()) == before
    first.start()
    assert_kept(first)


def test_data_dir_that_is_a_file(make_server):
    server = make_server()
    server.data_dir.write_text("not a directory")

    refused(server, re.escape(str(server.data_dir)))


def test_second_server_on_the_same_data(make_server):
    first = make_server("first").start()
    write_something(first)

    second = make_server("second", data_dir=first.data_dir)
    refused(second, re.escape(str(first.data_dir)), r"(?i)another|in use|lock|already")

    assert_kept(first)
    first.kill()
    # A lock of a server that was killed must not keep its successor out.
    first.start()
    assert_kept(first)


def test_second_server_on_the_same_port(make_server):
    first = make_server("first").start()
    write_something(first)

    second = make_server("second", port=first.port)
    refused(second, str(first.port), r"(?i)in use")

    assert_kept(first)


@pytest.mark.parametrize("address", ["192.0.2.1", "no.such.host.invalid"])
def test_address_that_is_not_ours(make_server, address):
    server = make_server(config={"clientPortAddress": address})

    refused(server, re.escape(address), "listen")


@pytest.mark.parametrize("content", ["", "abc", "1 2", "0x1", "99999999999999999999"])
def test_bad_myid_of_an_ensemble(make_server, content):
    members = {f"server.{i}": f"127.0.0.1:{servers.free_port()}:{servers.free_port()}" for i in (1, 2, 3)}
    server = make_server(config={"initLimit": 5, "syncLimit": 2, **members})
    server.data_dir.mkdir()
    (server.data_dir / "myid").write_text(content)

    refused(server, "myid")


def test_missing_myid_of_an_ensemble(make_server):
    members = {f"server.{i}": f"127.0.0.1:{servers.free_port()}:{servers.free_port()}" for i in (1, 2, 3)}
    refused(make_server(config={"initLimit": 5, "syncLimit": 2, **members}), "myid")


@pytest.mark.parametrize("content", [b"1", b"1\n", b" 1 \r\n"])
def test_myid_is_accepted_standalone(make_server, content):
    server = make_server()
    server.data_dir.mkdir()
    (server.data_dir / "myid").write_bytes(content)

    server.start()

    assert (server.data_dir / "myid").read_bytes() == content


def test_bad_myid_standalone(make_server):
    server = make_server()
    server.data_dir.mkdir()
    (server.data_dir / "myid").write_text("rubbish")

    refused(server, re.escape(str(server.data_dir / "myid")), "rubbish")


# Termination --------------------------------------------------------------------------------------------------------------


def test_sigterm_ends_in_order(make_server):
    server = make_server().start()
    write_something(server)

    assert server.stop() == 0
    server.start()
    assert_kept(server)


# The runtime of the undefined-behaviour sanitizer opens a pipe to look at an object's vtable, and reports a bad object when it gets none.
@pytest.mark.skipif("undefined" in os.environ.get("ZOOKERNEL_SANITIZE", ""), reason="the sanitizer itself needs descriptors")
def test_descriptors_run_out(make_server):
    """Accepting stops while there are no descriptors; nothing ends, and those who are in are served."""
    server = make_server()
    server.command_prefix = [shutil.which("prlimit"), "--nofile=64:64"]
    server.start()
    inside = Connection(server.port, timeout_ms=30000)
    crowd = []
    try:
        for _ in range(100):
            crowd.append(socket.create_connection((wire.HOST, server.port), timeout=2))
    except OSError:
        pass
    assert inside.call(wire.CREATE, wire.create("/inside")).error == 0
    for connection in crowd:
        connection.close()

    with Connection(server.port, timeout_s=20) as late:
        assert late.call(wire.EXISTS, wire.read("/inside")).error == 0
    assert server.alive(), server.log()
    inside.close()
