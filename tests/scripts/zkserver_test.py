"""zkServer.sh and zkCli.sh of an installed tree, with the texts and exit codes that Apache's have.

Expected texts are those recorded from Apache ZooKeeper 3.9.5; where ours differ on purpose, the test's name says so.
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from listener import Listener, answering

STAGE = pathlib.Path(os.environ["ZOOKERNEL_STAGE_DIR"])
SCRIPT = STAGE / "bin" / "zkServer.sh"
WAIT_S = 60

# What the person who runs the tests has set must not steer them.
FOREIGN = re.compile(r"ZOO|ZK_|JMX|JVMFLAGS|SERVER_JVM|CLIENT_JVM")


def free_port():
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def word(port, text):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(text.encode())
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer.decode()


def is_alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


class ScriptTest(unittest.TestCase):
    """A directory with a configuration, and the script run on it. Servers that a test leaves behind are stopped."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="zkserver-test-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.addCleanup(self.stop_what_is_left)
        self.conf = self.directory / "conf"
        self.conf.mkdir()
        self.data = self.directory / "data"
        self.logs = self.directory / "logs"
        self.pid_file = self.data / "zookeeper_server.pid"
        self.port = free_port()
        self.config = self.conf / "zoo.cfg"
        self.write_config()

    def write_config(self, text=None, name="zoo.cfg"):
        if text is None:
            text = f"tickTime=2000\ndataDir={self.data}\nclientPort={self.port}\nadmin.enableServer=false\n"
        (self.conf / name).write_text(text)

    def environment(self, **more):
        environment = {key: value for key, value in os.environ.items() if not FOREIGN.search(key)}
        environment.update(ZOOCFGDIR=str(self.conf), ZOO_LOG_DIR=str(self.logs), USER="zk", HOSTNAME="server-host")
        if "ZOOKERNEL_SERVER" in os.environ:
            environment["ZOOKERNEL_SERVER"] = os.environ["ZOOKERNEL_SERVER"]
        environment.update(more)
        return {key: value for key, value in environment.items() if value is not None}

    def run_script(self, *arguments, script=SCRIPT, **environment):
        return subprocess.run([script, *map(str, arguments)], env=self.environment(**environment), cwd=self.directory,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WAIT_S * 3)

    def pid(self):
        return int(self.pid_file.read_text())

    def stop_what_is_left(self):
        for file in self.directory.rglob("*.pid"):
            text = file.read_text().strip()
            if text.isdigit() and is_alive(text) and str(self.directory) in pathlib.Path(
                    f"/proc/{text}/cmdline").read_text():
                os.kill(int(text), signal.SIGKILL)

    def assert_result(self, done, code, stdout):
        self.assertEqual((done.stdout, done.returncode), (stdout, code), done.stderr)

    @property
    def using(self):
        return f"Using config: {self.config}\n"


class Life(ScriptTest):
    def test_a_server_is_started_asked_and_stopped(self):
        done = self.run_script("start")
        self.assert_result(done, 0, "Starting zookeeper ... STARTED\n")
        self.assertEqual(done.stderr, self.using)
        # Ready when start returns, not some time later.
        self.assertIn("Mode: standalone\n", word(self.port, "srvr"))
        pid = self.pid()
        self.assertTrue(is_alive(pid))
        self.assertTrue((self.logs / "zookeeper-zk-server-server-host.out").is_file())

        done = self.run_script("status")
        self.assert_result(
            done, 0,
            f"Client port found: {self.port}. Client address: localhost. Client SSL: false.\nMode: standalone\n")
        self.assertEqual(done.stderr, self.using)

        done = self.run_script("start")
        self.assert_result(done, 1, f"Starting zookeeper ... already running as process {pid}.\n")
        self.assertEqual(self.pid(), pid)

        done = self.run_script("stop")
        self.assert_result(done, 0, "Stopping zookeeper ... STOPPED\n")
        # Gone when stop returns.
        self.assertFalse(is_alive(pid))
        self.assertFalse(self.pid_file.exists())

        done = self.run_script("stop")
        self.assert_result(
            done, 0, f"Stopping zookeeper ... no zookeeper to stop (could not find file {self.pid_file})\n")

        done = self.run_script("status")
        self.assert_result(
            done, 1, f"Client port found: {self.port}. Client address: localhost. Client SSL: false.\n"
            "Error contacting service. It is probably not running.\n")

    def test_restart_replaces_the_process(self):
        self.run_script("start")
        before = self.pid()

        done = self.run_script("restart")

        self.assert_result(done, 0, "Stopping zookeeper ... STOPPED\nStarting zookeeper ... STARTED\n")
        self.assertFalse(is_alive(before))
        self.assertTrue(is_alive(self.pid()))
        self.assertIn("Mode: standalone\n", word(self.port, "srvr"))
        self.run_script("stop")

    def test_restart_starts_what_was_not_running(self):
        done = self.run_script("restart")

        self.assert_result(
            done, 0, f"Stopping zookeeper ... no zookeeper to stop (could not find file {self.pid_file})\n"
            "Starting zookeeper ... STARTED\n")
        self.run_script("stop")

    def test_a_killed_server_leaves_nothing_in_the_way(self):
        self.run_script("start")
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        while is_alive(pid):
            time.sleep(0.01)

        self.assert_result(self.run_script("start"), 0, "Starting zookeeper ... STARTED\n")
        self.assertNotEqual(self.pid(), pid)
        self.run_script("stop")

    def test_variables_move_the_pid_file_and_the_configuration(self):
        self.write_config(name="other.cfg")
        pid_file = self.directory / "run" / "my.pid"
        variables = {"ZOOCFG": "other.cfg", "ZOOPIDFILE": str(pid_file)}

        done = self.run_script("start", **variables)
        self.assert_result(done, 0, "Starting zookeeper ... STARTED\n")
        self.assertEqual(done.stderr, f"Using config: {self.conf}/other.cfg\n")
        self.assertTrue(is_alive(int(pid_file.read_text())))
        self.assertFalse(self.pid_file.exists())

        self.assert_result(self.run_script("stop", **variables), 0, "Stopping zookeeper ... STOPPED\n")

    def test_flags_and_environment_files_are_passed_on(self):
        (self.conf / "zookeeper-env.sh").write_text(f"ZOO_LOG_DIR={self.directory}/elsewhere\n")
        (self.conf / "java.env").write_text('SERVER_JVMFLAGS="-Xmx64m -Dzookeeper.4lw.commands.whitelist=ruok"\n')

        done = self.run_script("start")

        self.assert_result(done, 0, "Starting zookeeper ... STARTED\n")
        self.assertIn("Note: without effect, as no Java virtual machine is involved: -Xmx64m\n", done.stderr)
        self.assertEqual(word(self.port, "ruok"), "imok")
        self.assertTrue((self.directory / "elsewhere" / "zookeeper-zk-server-server-host.out").is_file())
        self.run_script("stop")

    def test_a_symbolic_link_to_the_script_will_do(self):
        link = self.directory / "zkServer.sh"
        link.symlink_to(SCRIPT)

        self.assert_result(self.run_script("start", script=link), 0, "Starting zookeeper ... STARTED\n")
        self.assert_result(self.run_script("stop", script=link), 0, "Stopping zookeeper ... STOPPED\n")

    def test_the_port_may_be_in_a_spelling_that_only_the_server_knows(self):
        """Apache's script reads lines of the form key=value only."""
        self.write_config(f"tickTime : 2000\ndataDir {self.data}\nclientPort: {self.port}\n")

        self.assert_result(self.run_script("start"), 0, "Starting zookeeper ... STARTED\n")
        self.assertIn("Mode: standalone\n", self.run_script("status").stdout)
        self.assert_result(self.run_script("stop"), 0, "Stopping zookeeper ... STOPPED\n")


class Foreground(ScriptTest):
    def start_foreground(self, *arguments, **environment):
        process = subprocess.Popen([SCRIPT, "start-foreground", *arguments], env=self.environment(**environment),
                                   cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        deadline = time.monotonic() + WAIT_S
        while True:
            try:
                return process, word(self.port, "srvr")
            except ConnectionRefusedError:
                self.assertIsNone(process.poll(), "the server ended")
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)

    def end(self, process):
        process.terminate()
        output, _ = process.communicate(timeout=WAIT_S)
        with self.assertRaises(ConnectionRefusedError):
            word(self.port, "ruok")
        return process.returncode, output

    def test_the_server_takes_the_place_of_the_script(self):
        process, answer = self.start_foreground()
        self.assertIn("Mode: standalone\n", answer)
        self.assertNotIn("zkServer.sh", pathlib.Path(f"/proc/{process.pid}/cmdline").read_text())

        _, output = self.end(process)
        self.assertIn(self.using, output)

    def test_as_a_child_it_ends_with_the_script_and_with_the_same_code(self):
        process, _ = self.start_foreground()
        code, _ = self.end(process)

        process, _ = self.start_foreground(ZOO_NOEXEC="1")
        self.assertIn("zkServer.sh", pathlib.Path(f"/proc/{process.pid}/cmdline").read_text())
        code_of_child, _ = self.end(process)

        # A process that a signal ended is 128 + the signal's number to a shell.
        self.assertEqual(code_of_child, code if code >= 0 else 128 - code)

    def test_a_file_in_the_working_directory_will_do(self):
        (self.directory / "here.cfg").write_text(self.config.read_text())
        process, _ = self.start_foreground("here.cfg")

        _, output = self.end(process)
        self.assertIn("Using config: here.cfg\n", output)

    def test_the_exit_code_is_the_servers(self):
        self.write_config(f"clientPort=x\ndataDir={self.data}\n")

        self.assertEqual(self.run_script("start-foreground").returncode, 2)
        self.assertEqual(self.run_script("start-foreground", ZOO_NOEXEC="1").returncode, 2)


class RefusedStarts(ScriptTest):
    """Apache says STARTED and exits with 0 in most of these cases."""

    def assert_refused(self, done, reason):
        self.assert_result(done, 1, "Starting zookeeper ... FAILED TO START\n")
        self.assertIn(reason, done.stderr)
        self.assertFalse(self.pid_file.exists())

    def test_a_wrong_value(self):
        self.write_config(f"clientPort=x\ndataDir={self.data}\n")

        self.assert_refused(self.run_script("start"), "clientPort")

    def test_a_missing_file_even_directly_below_the_root(self):
        done = self.run_script("start", "/nonexistent.cfg")

        self.assert_refused(done, "/nonexistent.cfg")
        self.assertTrue(done.stderr.startswith("Using config: /nonexistent.cfg\n"))
        self.assertFalse(pathlib.Path("/zookeeper_server.pid").exists())

    def test_a_port_that_is_taken(self):
        with Listener(answering("imok")) as other:
            self.port = other.port
            self.write_config()
            self.assert_refused(self.run_script("start"), f"localhost:{other.port} is in use by another process.")

    def test_a_data_directory_that_is_a_file(self):
        """The reason is the last line of the server, wherever the pid file is."""
        self.data.write_text("")

        done = self.run_script("start", ZOOPIDFILE=str(self.directory / "server.pid"))

        self.assert_refused(done, str(self.data))
        self.assertFalse((self.directory / "server.pid").exists())

    def test_a_pid_file_that_cannot_be_written(self):
        (self.directory / "file").write_text("")

        done = self.run_script("start", ZOOPIDFILE=str(self.directory / "file" / "server.pid"))

        self.assert_result(done, 1, "Starting zookeeper ... FAILED TO WRITE PID\n")
        with self.assertRaises(ConnectionRefusedError):
            word(self.port, "ruok")

    def test_a_log_directory_that_cannot_be_written(self):
        (self.directory / "file").write_text("")

        done = self.run_script("start", ZOO_LOG_DIR=str(self.directory / "file" / "logs"))

        self.assert_refused(done, "set ZOO_LOG_DIR")

    def test_directories_that_nobody_prepared(self):
        done = self.run_script("start", ZOO_DATADIR_AUTOCREATE_DISABLE="1")
        self.assert_result(
            done, 1, f"ZooKeeper data directory is missing at {self.data} fix the path or run initialize\n")
        self.assertFalse(self.data.exists())

        (self.data / "version-2").mkdir(parents=True)
        logs = self.directory / "txnlog"
        self.write_config(self.config.read_text() + f"dataLogDir={logs}\n")
        done = self.run_script("start", ZOO_DATADIR_AUTOCREATE_DISABLE="1")
        self.assert_result(done, 1, f"ZooKeeper txnlog directory is missing at {logs} fix the path or run initialize\n")

    def test_no_program(self):
        done = self.run_script("start", ZOOKERNEL_SERVER="/nonexistent/zookernel")

        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("/nonexistent/zookernel is not an executable file", done.stderr)


class PidFiles(ScriptTest):
    def test_a_process_of_another_program_is_left_alone(self):
        """Its number is all that a pid file has; the system gives it to somebody else in the end."""
        stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        self.data.mkdir()
        self.pid_file.write_text(f"{stranger.pid}\n")

        done = self.run_script("stop")

        self.assert_result(
            done, 0,
            f"Stopping zookeeper ... no zookeeper to stop (process {stranger.pid} of {self.pid_file} has ended)\n")
        self.assertIsNone(stranger.poll())
        self.assertFalse(self.pid_file.exists())

    def test_a_pid_file_of_garbage_is_an_error_to_stop_and_replaced_by_start(self):
        self.data.mkdir()
        self.pid_file.write_text("-1\n")

        done = self.run_script("stop")
        self.assert_result(done, 1, "Stopping zookeeper ... FAILED TO STOP\n")
        self.assertIn(str(self.pid_file), done.stderr)

        self.assert_result(self.run_script("start"), 0, "Starting zookeeper ... STARTED\n")
        self.assert_result(self.run_script("stop"), 0, "Stopping zookeeper ... STOPPED\n")

    def test_of_two_starts_at_once_one_wins(self):
        starts = [subprocess.Popen([SCRIPT, "start"], env=self.environment(), cwd=self.directory, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                  for _ in range(2)]
        results = [(*start.communicate(timeout=WAIT_S * 3), start.returncode) for start in starts]

        self.assertEqual(sorted(code for _, _, code in results), [0, 1], results)
        self.assertIn("Mode: standalone\n", word(self.port, "srvr"))
        self.assertTrue(is_alive(self.pid()))
        self.assert_result(self.run_script("stop"), 0, "Stopping zookeeper ... STOPPED\n")
        with self.assertRaises(ConnectionRefusedError):
            word(self.port, "ruok")


class Status(ScriptTest):
    def assert_status(self, config, code, stdout):
        self.write_config(config)
        done = self.run_script("status")
        self.assert_result(done, code, stdout)
        return done

    def test_running_without_a_quorum_has_its_own_exit_code(self):
        with Listener(answering("This ZooKeeper instance is not currently serving requests\n")) as server:
            self.assert_status(
                f"dataDir={self.data}\nclientPort={server.port}\n", 3,
                f"Client port found: {server.port}. Client address: localhost. Client SSL: false.\n"
                "The server is running, but it does not serve requests: it has no quorum.\n")

    def test_any_mode_is_printed(self):
        with Listener(answering("Zookeeper version: 3.9.5\nMode: observer\nNode count: 5\n")) as server:
            self.assert_status(
                f"dataDir={self.data}\nclientPort={server.port}\n", 0,
                f"Client port found: {server.port}. Client address: localhost. Client SSL: false.\nMode: observer\n")

    def test_the_address_of_the_configuration_is_asked(self):
        with Listener(answering("Mode: standalone\n")) as server:
            self.assert_status(
                f"dataDir={self.data}\nclientPort={server.port}\nclientPortAddress=127.0.0.1\n", 0,
                f"Client port found: {server.port}. Client address: 127.0.0.1. Client SSL: false.\n"
                "Mode: standalone\n")

    def test_no_directory_is_made(self):
        """Apache's script makes the data directory for the pid file, even here."""
        self.run_script("status")
        self.run_script("stop")

        self.assertFalse(self.data.exists())
        self.assertFalse(self.logs.exists())

    def test_a_file_and_a_directory_may_be_given(self):
        with Listener(answering("Mode: standalone\n")) as server:
            text = f"dataDir={self.data}\nclientPort={server.port}\n"
            self.write_config(text, "a.cfg")
            self.write_config(text)
            found = (f"Client port found: {server.port}. Client address: localhost. Client SSL: false.\n"
                     "Mode: standalone\n")
            for arguments, config in ((("status", "a.cfg"), f"{self.conf}/a.cfg"),
                                      (("status", "conf/a.cfg"), "conf/a.cfg"),
                                      (("--config", self.conf, "status"), f"{self.conf}/zoo.cfg"),
                                      (("--config", self.conf, "status", "a.cfg"), f"{self.conf}/a.cfg")):
                with self.subTest(arguments):
                    done = self.run_script(*arguments, ZOOCFGDIR=None)if arguments[0] == "--config" else \
                        self.run_script(*arguments)
                    self.assert_result(done, 0, found)
                    self.assertEqual(done.stderr, f"Using config: {config}\n")

    def test_without_any_port(self):
        self.assert_status(
            f"dataDir={self.data}\n", 1, "Client port not found. Looking for secureClientPort in the static config.\n"
            "Unable to find either secure or unsecure client port in any configs. Terminating.\n")


class Others(ScriptTest):
    def test_wrong_usage_is_told_on_standard_error_with_exit_code_2(self):
        usage = (f"Usage: {SCRIPT} [--config <conf-dir>] "
                 "{start|start-foreground|stop|version|restart|status|print-cmd|upgrade}\n")
        for arguments in ((), ("foo",), ("START",)):
            with self.subTest(arguments):
                done = self.run_script(*arguments)
                self.assert_result(done, 2, "")
                self.assertEqual(done.stderr, self.using + usage)

    def test_version(self):
        done = self.run_script("version")

        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^zookernel \S+, compatible with Apache ZooKeeper, version 3\.9\.5 "
                         r"\d{4}-\d\d-\d\d \d\d:\d\d UTC\n$")

    def test_the_printed_command_is_what_start_runs(self):
        done = self.run_script("print-cmd", SERVER_JVMFLAGS='-Dzookeeper.a="b c"', ZOOKERNEL_SERVER="/bin/echo")

        self.assertEqual(done.returncode, 0)
        self.assertEqual(
            done.stdout, 'SERVER_JVMFLAGS="-Dzookeeper.a=\\"b c\\"" "/bin/echo" '
            f'"{self.config}" > "{self.logs}/zookeeper-zk-server-server-host.out" 2>&1 < /dev/null\n')
        self.logs.mkdir()
        subprocess.run(["sh", "-c", done.stdout], check=True)
        self.assertEqual((self.logs / "zookeeper-zk-server-server-host.out").read_text(), f"{self.config}\n")

    def test_upgrade_explains_that_there_is_nothing_to_do(self):
        done = self.run_script("upgrade")

        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout.startswith("Nothing to do"))

    def test_settings_of_a_java_virtual_machine_are_named(self):
        done = self.run_script("print-cmd", JMXPORT="9999", ZK_SERVER_HEAP="500", JVMFLAGS="-XX:+UseG1GC -Da=b")

        self.assertEqual(
            done.stderr, self.using +
            "Note: without effect, as no Java virtual machine is involved: JMXPORT ZK_SERVER_HEAP -XX:+UseG1GC\n")

    def test_jmx_disabled_by_the_user(self):
        done = self.run_script("upgrade", JMXDISABLE="true")

        self.assertEqual(done.stderr, "JMX disabled by user request\n" + self.using)

    def test_zkcli_hands_over_or_says_what_is_missing(self):
        directory = self.directory / "bin"
        directory.mkdir()
        for name in ("zkCli.sh", "zkEnv.sh"):
            shutil.copy(STAGE / "bin" / name, directory)

        done = self.run_script("ls", "/", script=directory / "zkCli.sh")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(f"no command-line client ({directory}/zkCli)", done.stderr)

        (directory / "zkCli").write_text('#!/bin/sh\necho "$@"\nexit 7\n')
        (directory / "zkCli").chmod(0o755)
        self.assert_result(self.run_script("ls", "/", script=directory / "zkCli.sh"), 7, "ls /\n")


if __name__ == "__main__":
    unittest.main()
