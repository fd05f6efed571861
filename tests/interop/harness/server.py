"""Starts and stops one server under test: zookernel from an installed tree, or Java's ZooKeeper.

Which kind a test talks to is said by ZOOKERNEL_SERVER_KIND (zookernel, the default, or java). The Java server is the
reference: each test that is not about an improvement of ours passes against it too. Ports are chosen at run time,
directories are the caller's, and a process is only ever stopped by the id that it was started with.
"""

import functools
import os
import pathlib
import shlex
import signal
import socket
import subprocess
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
HOST = "127.0.0.1"

# A server that has not answered by then is taken for dead. Java under a loaded machine is the slow case.
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30


class StartFailed(Exception):
    """The server ended, or did not answer in time. Carries the exit code (None if it still ran) and all output."""

    def __init__(self, message, exit_code, output):
        super().__init__(f"{message}\nexit code: {exit_code}\n{output}")
        self.exit_code = exit_code
        self.output = output


def default_kind():
    return os.environ.get("ZOOKERNEL_SERVER_KIND", "zookernel")


def stage_dir():
    """The installed tree under test."""
    return pathlib.Path(os.environ.get("ZOOKERNEL_STAGE_DIR", REPOSITORY / "build" / "stage"))


def server_program():
    return pathlib.Path(os.environ.get("ZOOKERNEL_SERVER", stage_dir() / "sbin" / "zookernel"))


@functools.lru_cache(maxsize=1)
def java_class_path():
    """Class path of the reference server; fetched by Maven on the first call on a machine."""
    script = REPOSITORY / "tests" / "tools" / "fetch_java.sh"
    done = subprocess.run([str(script)], capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise FileNotFoundError(f"{script.name}: {done.stderr.strip()}")
    return done.stdout.strip()


def free_port():
    """A port that nobody listens on now. Another process may take it before the server does; start() then fails."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def four_letter_word(port, word, timeout_s=5, host=HOST):
    """Sends one word and returns all bytes of the answer up to the end of the stream."""
    with socket.create_connection((host, port), timeout=timeout_s) as connection:
        connection.settimeout(timeout_s)
        connection.sendall(word if isinstance(word, bytes) else word.encode())
        answer = b""
        while True:
            try:
                chunk = connection.recv(65536)
            except ConnectionResetError:
                break
            if not chunk:
                break
            answer += chunk
    return answer.decode(errors="replace")


class Server:
    """One server process. Not started by the constructor; stop() or kill() end it, as does leaving a with block."""

    def __init__(self, directory, kind=None, config=None, properties=None, data_dir=None, port=None,
                 raw_config=None, environment=None, command_prefix=(), jvm_flags=()):
        """directory: receives zoo.cfg, the log and (unless data_dir says otherwise) the data.

        config adds to or overrides the keys of zoo.cfg (None removes one); properties are -Dzookeeper.KEY=VALUE;
        raw_config replaces the whole text of zoo.cfg; command_prefix goes before the command (for example prlimit).
        """
        self.kind = kind or default_kind()
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.data_dir = pathlib.Path(data_dir) if data_dir else self.directory / "data"
        self.port = port or free_port()
        self.config_file = self.directory / "zoo.cfg"
        self.log_file = self.directory / "server.log"
        self.extra_config = dict(config or {})
        self.properties = dict(properties or {})
        self.raw_config = raw_config
        self.extra_environment = dict(environment or {})
        self.command_prefix = list(command_prefix)
        self.jvm_flags = list(jvm_flags)
        self.process = None
        self.log_start = 0

    # Where and how --------------------------------------------------------------------------------------------

    @property
    def hosts(self):
        return f"{HOST}:{self.port}"

    def config_text(self):
        if self.raw_config is not None:
            return self.raw_config
        keys = {
            "tickTime": 2000,
            "dataDir": self.data_dir,
            "clientPort": self.port,
            "clientPortAddress": HOST,
            "maxClientCnxns": 0,
            "admin.enableServer": "false",
            "4lw.commands.whitelist": "*",
        }
        # The same tests over another storage plugin.
        if self.kind == "zookernel" and os.environ.get("ZOOKERNEL_STORAGE"):
            keys["plugin.storage"] = os.environ["ZOOKERNEL_STORAGE"]
        keys.update(self.extra_config)
        return "".join(f"{key}={value}\n" for key, value in keys.items() if value is not None)

    def command(self):
        definitions = [f"-Dzookeeper.{key}={value}" for key, value in self.properties.items()] + self.jvm_flags
        if self.kind == "java":
            return self.command_prefix + [
                "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", *definitions, "-cp",
                java_class_path(), "org.apache.zookeeper.server.quorum.QuorumPeerMain", str(self.config_file)]
        return self.command_prefix + [str(server_program()), str(self.config_file)]

    def environment(self):
        environment = dict(os.environ)
        # Flags of the caller's shell must not leak into the server under test.
        for name in ("SERVER_JVMFLAGS", "JVMFLAGS", "ZOOCFGDIR", "ZOOCFG"):
            environment.pop(name, None)
        if self.kind != "java":
            definitions = [f"-Dzookeeper.{key}={value}" for key, value in self.properties.items()] + self.jvm_flags
            if definitions:
                environment["SERVER_JVMFLAGS"] = " ".join(shlex.quote(d) for d in definitions)
        environment.update(self.extra_environment)
        return environment

    # Life -----------------------------------------------------------------------------------------------------

    def launch(self):
        """Starts the process without waiting for it."""
        assert self.process is None or self.process.poll() is not None, "the server is already running"
        self.config_file.write_text(self.config_text())
        with open(self.log_file, "ab") as log:
            self.log_start = log.tell()
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.directory, env=self.environment(), start_new_session=True)
        return self

    def wait_ready(self, timeout_s=START_TIMEOUT_S):
        """Waits until srvr names a mode; raises StartFailed if the process ends or the time is over."""
        deadline = time.monotonic() + timeout_s
        pause_s = 0.01
        while time.monotonic() < deadline:
            exit_code = self.process.poll()
            if exit_code is not None:
                raise StartFailed("the server ended while starting", exit_code, self.log())
            try:
                if "Mode:" in four_letter_word(self.port, "srvr", timeout_s=5):
                    return self
            except OSError:
                pass
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.5, 0.2)
        output = self.log()
        self.kill()
        raise StartFailed(f"no answer on port {self.port} for {timeout_s} s", None, output)

    def start(self, timeout_s=START_TIMEOUT_S):
        self.launch()
        return self.wait_ready(timeout_s)

    def run_to_end(self, timeout_s=START_TIMEOUT_S):
        """For servers that must refuse to start: returns (exit code, output). A server that keeps running fails."""
        self.launch()
        try:
            exit_code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            output = self.log()
            self.kill()
            raise AssertionError(f"the server runs, although it should have refused to start\n{output}")
        return exit_code, self.log()

    def stop(self):
        """SIGTERM, then waits. Returns the exit code. A server that does not end is killed and that is an error."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not end within {STOP_TIMEOUT_S} s of SIGTERM\n{self.log()}")

    def kill(self):
        """SIGKILL: nothing that the process still holds reaches the disk."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()

    def restart(self):
        self.stop()
        return self.start()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()

    # What it said ---------------------------------------------------------------------------------------------

    def log(self):
        """Output since the last launch."""
        try:
            with open(self.log_file, "rb") as log:
                log.seek(self.log_start)
                return log.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def word(self, word, timeout_s=5):
        return four_letter_word(self.port, word, timeout_s)

    def memory_kib(self):
        """Resident memory of the process."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0
