"""Our zkCli against a server: exit codes, streams, sessions, and a person at a terminal."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from harness import cli

pytestmark = pytest.mark.zookernel_only

CONNECTED = "\nWATCHER::\n\nWatchedEvent state:SyncConnected type:None path:null zxid: -1\n"


@pytest.fixture
def run(module_server):
    def run(*words, **options):
        return cli.run("zookernel", "-server", module_server.hosts, *words, **options)
    return run


@pytest.fixture
def root(run, request):
    path = "/" + re.sub(r"\W", "-", request.node.name)
    assert run("create", path, "root").returncode == 0
    yield path
    run("deleteall", path)


# One command ----------------------------------------------------------------------------------------------------------


def test_results_are_on_standard_output_and_reasons_on_standard_error(run, root, module_server):
    made = run("create", f"{root}/a", "hello")
    got = run("get", f"{root}/a")
    missing = run("get", f"{root}/nope")

    greeting = f"Connecting to {module_server.hosts}\n"
    assert (made.returncode, made.stdout, made.stderr) == (0, f"{greeting}{CONNECTED}Created {root}/a\n", "")
    assert (got.returncode, got.stdout, got.stderr) == (0, f"{greeting}{CONNECTED}hello\n", "")
    assert (missing.returncode, missing.stdout) == (1, greeting + CONNECTED)
    assert missing.stderr == f"Node does not exist: {root}/nope\n"


def test_quiet_prints_results_only(run, root):
    assert run("--quiet", "get", root).stdout == "root\n"
    assert run("-quiet", stdin=f"get {root}\nls {root}\n").stdout == "root\n[]\n"


@pytest.mark.parametrize("words,code", [
    (["nosuch"], 127), (["help"], 0), (["version"], 0), (["create"], 1), (["redo"], 1), (["redo", "5"], 1),
    (["listquota", "/zookeeper"], 1), (["delquota", "/zookeeper"], 1), (["setquota", "-n", "0", "/zookeeper"], 1),
    (["addauth", "nosuch", "x"], 1), (["addauth", "digest", "u:p"], 0), (["sync", "/"], 0), (["whoami"], 0), (["quit"], 0),
    (["close"], 0), (["history"], 0), (["printwatches", "off"], 0), (["connect"], 0),
])
def test_exit_codes(run, words, code):
    done = run(*words)
    assert done.returncode == code, done.stdout + done.stderr


def test_null_data_can_be_told_from_the_word(run, root):
    run("create", f"{root}/null")
    run("create", f"{root}/word", "null")

    assert run("--quiet", "get", f"{root}/null").stdout == "null\n"
    silent = run("--quiet", "get", "-n", f"{root}/null")
    assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", f"The data of {root}/null is null\n")
    assert run("--quiet", "get", "-n", f"{root}/word").stdout == "null\n"


def test_bytes_that_are_no_text_go_through_a_pipe_as_they_are(run, root, module_server):
    run("set", root, "-b", "AP/+GwE=")
    done = subprocess.run([*cli.command("zookernel"), "--quiet", "-server", module_server.hosts, "get", root],
                          capture_output=True, env=cli.environment(), timeout=30)
    assert done.stdout == b"\x00\xff\xfe\x1b\x01\n"


def test_the_session_of_one_command_ends_with_it(run, root):
    assert f"Created {root}/e" in run("create", "-e", f"{root}/e").stdout
    assert run("--quiet", "ls", root).stdout == "[]\n"


def test_a_chroot_is_put_before_every_path(run, root, module_server):
    server = f"{module_server.hosts}{root}"
    done = cli.run("zookernel", "-server", server, merged=True, stdin="\n".join([
        "create /a d", "create -s /a/s- d", "ls -R /", "get -w /a", "set /a e", "deleteall /a", "ls /", "quit"]) + "\n")
    blocks = cli.session_blocks(done.stdout)

    assert done.returncode == 0
    assert blocks[1:] == ["Created /a\n", "Created /a/s-0000000000\n", "/\n/a\n/a/s-0000000000\n", "d\n", "", "", "[]\n", ""]
    assert cli.events(done.stdout) == ["WatchedEvent state:SyncConnected type:NodeDataChanged path:/a zxid: <n>"]
    missing = cli.run("zookernel", "-server", f"{server}/nope", "create", "/x/y")
    assert missing.stderr == "Node does not exist: /x/y\n"


def test_a_dead_server_in_the_list_does_not_matter(module_server):
    for _ in range(5):
        done = cli.run("zookernel", "-server", f"127.0.0.1:1,{module_server.hosts}", "ls", "/")
        assert done.returncode == 0, done.stderr


def test_a_server_that_is_not_there(module_server):
    done = cli.run("zookernel", "-server", "127.0.0.1:1", "ls", "/")
    assert done.returncode == 1
    assert done.stderr.startswith("KeeperErrorCode = ConnectionLoss for /\nzkCli: connect to 127.0.0.1:1: ")

    waited = cli.run("zookernel", "-server", "127.0.0.1:1", "-timeout", "300", "-waitforconnection", "ls", "/")
    assert waited.returncode == 1
    assert "no connection to 127.0.0.1:1 within 300 ms" in waited.stderr
    assert cli.run("zookernel", "-server", module_server.hosts, "-waitforconnection", "ls", "/").returncode == 0


def test_wrong_arguments_of_the_program(run, tmp_path):
    assert "names no host" in cli.run("zookernel", "-server", ":1", "ls", "/").stderr
    assert run("-timeout", "x", "ls", "/").returncode == 1
    missing = run("-client-configuration", "/nonexistent.cfg", "ls", "/")
    assert (missing.returncode, missing.stderr) == (
        2, "zkCli: Error while processing /nonexistent.cfg: No such file or directory\n")
    secure = tmp_path / "client.cfg"
    secure.write_text("zookeeper.client.secure=true\n")
    assert run("-client-configuration", str(secure), "ls", "/").returncode == 2
    no_value = run("-timeout")
    assert no_value.returncode == 0
    assert no_value.stderr == "Error: no argument found for option -timeout\n"


def test_an_answer_above_the_limit_is_refused_with_a_reason(run, root):
    run("set", root, "x" * 3000)
    done = run("get", root, CLIENT_JVMFLAGS="-Xmx1g -Djute.maxbuffer=2000")
    assert done.returncode == 1
    assert "jute.maxbuffer" in done.stderr


def test_what_cannot_be_read_is_named_and_the_rest_listed(run, root):
    for name in ("a", "b", "c"):
        run("create", f"{root}/{name}")
        run("create", f"{root}/{name}/x")
    run("setAcl", f"{root}/b", "world:anyone:ca")

    listed = run("--quiet", "ls", "-R", root)
    assert listed.returncode == 1
    assert listed.stdout.split() == [root, f"{root}/a", f"{root}/b", f"{root}/c", f"{root}/a/x", f"{root}/c/x"]
    assert listed.stderr == f"Insufficient permission : {root}/b\n"

    run("setAcl", f"{root}/a/x", "world:anyone:r")
    changed = run("setAcl", "-R", root, "world:anyone:cdrwa")
    assert changed.returncode == 1
    assert f"Insufficient permission : {root}/a/x\n" in changed.stderr
    assert run("--quiet", "getAcl", f"{root}/c/x").stdout == "'world,'anyone\n: cdrwa\n"


def test_a_large_subtree_is_deleted_in_batches(run, root):
    lines = [f"create {root}/{i} x" for i in range(250)]
    assert run("--quiet", stdin="\n".join(lines) + "\n").returncode == 0

    assert run("deleteall", root, "-b", "7").returncode == 0
    assert run("get", root).returncode == 1
    run("create", root, "root")


def test_the_script_hands_everything_on(module_server):
    script = cli.program().parent / "zkCli.sh"
    done = subprocess.run([script, "--config", "/nonexistent", "-server", module_server.hosts, "ls", "/"], text=True,
                          capture_output=True, env=cli.environment(CLIENT_JVMFLAGS="-Xmx256m -Dfoo=bar"), timeout=30)
    assert done.returncode == 0, done.stderr
    assert "zookeeper]" in done.stdout


# Many commands --------------------------------------------------------------------------------------------------------


def take_terminal():
    # Or Ctrl-C would be a letter like any other.
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Session:
    """A client whose input stays open."""

    def __init__(self, *arguments, terminal=False, typed_ahead="", **extra):
        self.output = ""
        if terminal:
            self.reading, theirs = pty.openpty()
            os.write(self.reading, typed_ahead.encode())
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
            self.writing = self.reading
            self.process = subprocess.Popen([*cli.command("zookernel"), *arguments], stdin=theirs, stdout=theirs, stderr=theirs,
                                            env=cli.environment(TERM="vt100", **extra), start_new_session=True,
                                            preexec_fn=take_terminal)
            os.close(theirs)
        else:
            self.process = subprocess.Popen([*cli.command("zookernel"), *arguments], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=cli.environment(**extra))
            self.reading, self.writing = self.process.stdout.fileno(), self.process.stdin.fileno()

    def type(self, text):
        os.write(self.writing, text.encode())

    def expect(self, pattern, timeout_s=30):
        """Reads until the pattern appears; drops everything up to its end and returns the match."""
        deadline = time.monotonic() + timeout_s
        while True:
            found = re.search(pattern, self.output)
            if found:
                self.output = self.output[found.end():]
                return found
            ready, _, _ = select.select([self.reading], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"no {pattern!r} in {self.output!r}"
            try:
                block = os.read(self.reading, 65536)
            except OSError:
                block = b""
            assert block, f"it ended before {pattern!r}: {self.output!r}"
            self.output += block.decode(errors="replace")

    def wait(self, timeout_s=30):
        """The exit code. A terminal is read meanwhile: whoever changes its modes may wait for its output to be taken."""
        deadline = time.monotonic() + timeout_s
        while self.process.poll() is None and time.monotonic() < deadline:
            ready, _, _ = select.select([self.reading], [], [], 1)
            try:
                if ready and not os.read(self.reading, 65536):
                    break
            except OSError:
                break
        return self.process.wait(max(1, deadline - time.monotonic()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
            self.process.stdout.close()
        else:
            os.close(self.reading)


def test_watches_and_identities_survive_a_restart_of_the_server(make_server):
    server = make_server().start()
    with Session("-server", server.hosts) as session:
        session.type("create /w 1\naddauth digest u:p\ncreate /mine x auth::cdrwa\nget -w /w\nls -w /w\n")
        session.expect(r"\(CONNECTED\) 5\] ")
        server.restart()
        session.expect("state:Disconnected type:None")
        session.expect("state:SyncConnected type:None")
        session.type("get /mine\n")
        session.expect("x\n")

        assert cli.run("zookernel", "-server", server.hosts, "set", "/w", "2").returncode == 0
        session.expect(r"type:NodeDataChanged path:/w zxid: \d+")
        assert cli.run("zookernel", "-server", server.hosts, "create", "/w/c").returncode == 0
        session.expect(r"type:NodeChildrenChanged path:/w zxid: \d+")
        session.type("quit\n")
        assert session.wait() == 0


def test_a_session_is_kept_alive_while_nobody_types(make_server):
    server = make_server(config={"tickTime": 500}).start()
    with Session("-server", server.hosts, "-timeout", "1000") as kept, \
            Session("-server", server.hosts, "-timeout", "3000") as killed:
        killed.type("create -e /victim x\n")
        killed.expect("Created /victim")
        kept.type("create -e /kept mine\nstat -w /victim\n")
        kept.expect(r"\) 2\] ")
        # The end of the longer session is what tells that the shorter one would be over.
        killed.process.kill()
        kept.expect("type:NodeDeleted path:/victim")
        kept.type("get /kept\nquit\n")
        kept.expect("mine\n")
        assert kept.wait() == 0


def test_control_c_ends_a_script(module_server):
    with Session("-server", module_server.hosts) as session:
        session.expect(r"\(CONNECTED\) 0\] ")
        session.process.send_signal(signal.SIGINT)
        assert session.wait() == 130


# A person at a terminal -----------------------------------------------------------------------------------------------


@pytest.fixture
def terminal(module_server):
    sessions = []

    def start(**extra):
        session = Session("-server", module_server.hosts, terminal=True, **extra)
        sessions.append(session)
        session.expect(r"\(CONNECTED\) 0\] ")
        return session

    yield start
    for session in sessions:
        session.__exit__()


def test_tabulator_completes_commands_and_paths(terminal, root, run):
    run("create", f"{root}/one")
    run("create", f"{root}/other")
    session = terminal()

    session.type(f"getAc\t{root[:-2]}\t\r")
    session.expect("'world,'anyone\r\n: cdrwa\r\n")
    session.type(f"ls {root}/o\t")
    session.expect(f"{root}/one\r\n{root}/other\r\n")
    session.type("n\t\r")
    session.expect(r"\[\]\r\n")


def test_cursor_keys_bring_lines_back_also_in_the_next_session(terminal, tmp_path):
    history = str(tmp_path / "history")
    session = terminal(ZOOKERNEL_CLI_HISTORY=history)
    session.type("version\r")
    session.expect("CLI version")
    session.type("addauth digest u:secret\r")
    session.expect(r"\) 2\] ")
    session.type("\x1b[A\x1b[A\r")
    session.expect("CLI version")
    session.type("quit\r")
    assert session.wait() == 0
    assert "secret" not in open(history).read()

    session = terminal(ZOOKERNEL_CLI_HISTORY=history)
    session.type("\x1b[A\x1b[A\r")
    session.expect("CLI version")


def test_control_c_drops_the_line_and_control_d_ends(terminal):
    session = terminal()
    session.type("create /never")
    session.expect("/never")
    session.type("\x03")
    session.expect(r"\) 0\] ")
    session.type("version\r")
    session.expect("CLI version")
    session.expect(r"\) 1\] ")
    session.type("\x04")
    assert session.wait() == 0


def test_control_d_that_was_typed_before_the_prompt_ends_too(module_server):
    # The terminal has its own line mode then, in which Linux keeps Ctrl-D as a mark and not as the byte 4.
    with Session("-server", module_server.hosts, terminal=True, typed_ahead="version\r\x04") as session:
        session.expect("CLI version")
        assert session.wait() == 0


def test_control_space_does_not_end(terminal):
    session = terminal()
    session.type("\x00version\r")
    session.expect("CLI version")
    session.expect(r"\) 1\] ")


def test_an_event_is_printed_above_the_line_that_is_typed(terminal, root, run):
    session = terminal()
    session.type(f"get -w {root}\r")
    session.expect(r"\) 1\] ")
    session.type("vers")
    session.expect("vers")
    run("set", root, "changed")
    session.expect(f"WATCHER::\r\n\r\nWatchedEvent state:SyncConnected type:NodeDataChanged path:{root} zxid: \\d+\r\n")
    session.expect(r"\) 1\] vers")
    session.type("ion\r")
    session.expect("CLI version")


def test_data_cannot_move_the_cursor(terminal, root, run):
    run("set", root, "-b", "YRtbMkpi")  # a ESC [2J b
    session = terminal()
    session.type(f"get {root}\r")
    session.expect("a\ufffd\\[2Jb")
