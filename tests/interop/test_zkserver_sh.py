"""bin/zkServer.sh of the installed tree: Apache's sub-commands, printed lines and exit codes."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from harness import server as servers

pytestmark = pytest.mark.zookernel_only


def is_running(pid):
    """False as well for a process that has ended but that nobody has waited for, as in containers without an init."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Script:
    """zkServer.sh with a configuration and a log directory of its own."""

    def __init__(self, directory, environment=None):
        self.directory = directory
        self.port = servers.free_port()
        self.data = directory / "data"
        self.logs = directory / "logs"
        self.conf = directory / "conf"
        self.conf.mkdir()
        self.config = self.conf / "zoo.cfg"
        self.config.write_text(f"tickTime=2000\ndataDir={self.data}\nclientPort={self.port}\n"
                               "clientPortAddress=127.0.0.1\nadmin.enableServer=false\n4lw.commands.whitelist=*\n")
        self.path = servers.stage_dir() / "bin" / "zkServer.sh"
        self.pid_file = self.data / "zookeeper_server.pid"

    def environment(self, **extra):
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("ZOO", "JMX", "JVM", "SERVER_"))
                       or key.startswith("ZOOKERNEL")}
        environment.update({"ZOO_LOG_DIR": str(self.logs), "USER": "tester", **extra})
        return environment

    def run(self, *arguments, timeout_s=60, **environment):
        # Output goes to files: a server that was started in the background must not keep a pipe open.
        out, err = self.directory / "out", self.directory / "err"
        with open(out, "wb") as stdout, open(err, "wb") as stderr:
            code = subprocess.run([self.path, *arguments], stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                                  timeout=timeout_s, env=self.environment(**environment), cwd=self.directory).returncode
        return code, out.read_text(), err.read_text()

    def with_config(self, command, **environment):
        return self.run("--config", str(self.conf), command, **environment)

    def running_pid(self):
        return int(self.pid_file.read_text()) if self.pid_file.exists() else None

    def kill_leftovers(self):
        pid = self.running_pid()
        if pid is not None:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


@pytest.fixture
def script(tmp_path):
    script = Script(tmp_path)
    if not script.path.exists():
        pytest.fail(f"{script.path} is not installed")
    yield script
    script.kill_leftovers()


def test_start_status_stop(script):
    code, out, err = script.with_config("start")
    assert (code, out.splitlines()[-1]) == (0, "Starting zookeeper ... STARTED"), err
    assert f"Using config: {script.config}" in err.splitlines()
    pid = script.running_pid()
    os.kill(pid, 0)
    assert "Mode: standalone" in servers.four_letter_word(script.port, "srvr")

    code, out, err = script.with_config("status")
    assert code == 0, out + err
    assert out.splitlines()[-2:] == [f"Client port found: {script.port}. Client address: 127.0.0.1. Client SSL: false.",
                                     "Mode: standalone"]

    code, out, err = script.with_config("stop")
    assert (code, out.splitlines()[-1]) == (0, "Stopping zookeeper ... STOPPED"), err
    assert not script.pid_file.exists()
    # Unlike Apache's, the script waits for the end.
    assert not is_running(pid)


def test_start_twice(script):
    assert script.with_config("start")[0] == 0
    pid = script.running_pid()

    code, out, _ = script.with_config("start")

    assert code == 1
    assert out.splitlines()[-1] == f"Starting zookeeper ... already running as process {pid}."
    assert script.running_pid() == pid
    assert script.with_config("stop")[0] == 0


def test_stop_without_a_server(script):
    code, out, _ = script.with_config("stop")

    assert code == 0
    assert out.splitlines()[-1] == ("Stopping zookeeper ... no zookeeper to stop (could not find file "
                                    f"{script.pid_file})")


def test_restart(script):
    assert script.with_config("start")[0] == 0
    first = script.running_pid()

    code, out, err = script.with_config("restart")

    assert code == 0, out + err
    assert [line for line in out.splitlines() if "zookeeper ..." in line] == ["Stopping zookeeper ... STOPPED",
                                                                            "Starting zookeeper ... STARTED"]
    assert script.running_pid() != first
    assert "Mode: standalone" in servers.four_letter_word(script.port, "srvr")
    assert script.with_config("stop")[0] == 0


def test_status_without_a_server(script):
    script.data.mkdir()
    code, out, _ = script.with_config("status")

    assert code == 1
    assert out.splitlines()[-1] == "Error contacting service. It is probably not running."


def test_status_without_a_client_port(script):
    script.data.mkdir()
    script.config.write_text(f"dataDir={script.data}\n")
    code, out, _ = script.with_config("status")

    assert code == 1
    assert "Unable to find either secure or unsecure client port in any configs. Terminating." in out


def test_start_of_a_bad_configuration_fails(script):
    """Apache says STARTED and exit code 0 here although the server is dead a moment later."""
    script.config.write_text(f"dataDir={script.data}\nclientPort=abc\n")
    code, out, err = script.with_config("start")

    assert code == 1
    assert "FAILED TO START" in out
    assert "STARTED" not in out
    log = "".join(path.read_text() for path in script.logs.glob("*.out"))
    assert "clientPort" in out + err + log


def test_start_foreground_is_the_server_itself(script):
    process = subprocess.Popen([script.path, "--config", str(script.conf), "start-foreground"], env=script.environment(),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        answer = ""
        while time.monotonic() < deadline and "Mode" not in answer:
            try:
                answer = servers.four_letter_word(script.port, "srvr")
            except OSError:
                time.sleep(0.05)
        assert "Mode: standalone" in answer
        assert "zookernel" in pathlib.Path(f"/proc/{process.pid}/cmdline").read_text()
        process.terminate()
        assert process.wait(30) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_configuration_by_file_name(script):
    code, out, err = script.run("start", str(script.config))
    assert code == 0, out + err
    assert script.run("status", str(script.config))[1].endswith("Mode: standalone\n")
    assert script.run("stop", str(script.config))[0] == 0


def test_version(script):
    code, out, _ = script.with_config("version")

    assert code == 0
    assert re.search(r"version \d+\.\d+\.\d+", out.splitlines()[-1])


def test_print_cmd(script):
    code, out, _ = script.with_config("print-cmd")

    assert code == 0
    assert "zookernel" in out
    assert str(script.config) in out
    assert not script.pid_file.exists()


@pytest.mark.parametrize("arguments", [(), ("foo",)])
def test_usage(script, arguments):
    code, out, err = script.run("--config", str(script.conf), *arguments)

    assert code == 2
    usage = [line for line in (out + err).splitlines() if line.startswith("Usage: ")]
    assert usage
    for command in ("start", "start-foreground", "stop", "version", "restart", "status", "print-cmd"):
        assert command in usage[0]


def test_upgrade_is_accepted(script):
    """Once a sub-command of Apache's; scripts of old still call it."""
    code, out, err = script.with_config("upgrade")

    assert code in (0, 1)
    assert out + err


def test_settings_of_the_jvm_become_settings(script):
    code, out, err = script.with_config("start", SERVER_JVMFLAGS="-Xmx512m -Dzookeeper.maxCnxns=5",
                                        JVMFLAGS="-Dzookeeper.4lw.commands.whitelist=ruok")
    assert code == 0, out + err
    try:
        # A property of the command line wins over nothing; the file's own line wins over it, as in Java.
        assert servers.four_letter_word(script.port, "srvr")
    finally:
        assert script.with_config("stop")[0] == 0


def test_jmx_switched_off(script):
    assert "JMX disabled by user request" in script.with_config("version", JMXDISABLE="true")[2]


def test_autocreate_switched_off(script):
    script.data.mkdir()
    code, out, err = script.with_config("start", ZOO_DATADIR_AUTOCREATE_DISABLE="1")

    assert code == 1
    assert f"ZooKeeper data directory is missing at {script.data} fix the path or run initialize" in out + err


def test_tree_can_be_moved(script, tmp_path):
    """The installed tree finds its parts relative to itself."""
    moved = tmp_path / "elsewhere"
    shutil.copytree(servers.stage_dir(), moved, symlinks=True)
    script.path = moved / "bin" / "zkServer.sh"

    assert script.with_config("start")[0] == 0
    maps = pathlib.Path(f"/proc/{script.running_pid()}/maps").read_text()
    assert str(moved) in maps
    assert str(servers.stage_dir()) not in maps.replace(str(moved), "")
    assert script.with_config("stop")[0] == 0


def test_script_by_a_link(script, tmp_path):
    link = tmp_path / "zkServer.sh"
    link.symlink_to(script.path)
    script.path = link

    assert script.with_config("start")[0] == 0
    assert script.with_config("stop")[0] == 0
