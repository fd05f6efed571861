"""Servers under measurement: starting, watching and ending the processes that run.py compares."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

CONFIGURATION = """\
tickTime=2000
initLimit=10
syncLimit=5
dataDir={data}
clientPort={port}
clientPortAddress=127.0.0.1
clientPortListenBacklog=4096
maxClientCnxns=0
admin.enableServer=false
4lw.commands.whitelist=*
"""


class BenchError(Exception):
    """Something without which there is nothing to measure; its text says what to do."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def rss_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE).group(1)) * 1024


def cpu_s(pid):
    """User and system time of all threads of a process, as /proc/PID/stat tells it."""
    # The name in parentheses may hold spaces; utime and stime are the 14th and 15th field of the line.
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def family(pid):
    """A process and its descendants."""
    members = [pid]
    for member in members:
        for task in pathlib.Path(f"/proc/{member}/task").glob("*/children"):
            members += [int(child) for child in task.read_text().split()]
    return members


def listening_pid(pid, port):
    """Which of a process and its descendants listens on a port; a --server may be a script that starts another program."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(table):
            for line in pathlib.Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    for member in family(pid):
        for entry in pathlib.Path(f"/proc/{member}/fd").glob("*"):
            try:
                if os.readlink(entry) in inodes:
                    return member
            except FileNotFoundError:
                pass
    raise BenchError(f"process {pid} answers on port {port} but neither it nor a child of it listens there")


def file_system_of(path):
    """The type of the file system that a directory lies on."""
    best = ("", "unknown")
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, mount, kind = line.split()[:3]
        mount = mount.replace("\\040", " ")
        if os.path.commonpath([path, mount]) == mount and len(mount) >= len(best[0]):
            best = (mount, kind)
    return best[1]


class Subject:
    """A kind of server: its name in the table, its command, to which the configuration file is appended, and lines of that."""

    def __init__(self, name, command, configuration=""):
        self.name = name
        self.command = command
        self.configuration = configuration


def java_subject(repository, heap):
    script = repository / "tests" / "tools" / "fetch_java.sh"
    fetched = subprocess.run([str(script)], stdout=subprocess.PIPE, text=True, check=False)
    if fetched.returncode != 0:
        raise BenchError("the Java server is not to be had (see above; --no-java measures without it)")
    java = os.environ.get("JAVA", "java")
    main_class = "org.apache.zookeeper.server.ZooKeeperServerMain"
    return Subject("Java", [java, f"-Xmx{heap}", "-cp", fetched.stdout.strip(), main_class])


class Server:
    """One data directory and, between start() and end() or kill(), the process that serves it."""

    def __init__(self, subject, directory, load):
        self.subject = subject
        self.directory = directory
        self.load = load
        self.port = free_port()
        self.pid = None  # of the process that listens
        self._process = None
        directory.mkdir(parents=True)
        self._configuration = directory / "zoo.cfg"
        self._configuration.write_text(CONFIGURATION.format(data=directory / "data", port=self.port)
                                      + subject.configuration)
        (directory / "data").mkdir()

    def configure(self, lines):
        """Adds lines to zoo.cfg, for the next start."""
        with open(self._configuration, "a", encoding="utf-8") as file:
            file.write(lines)

    def start(self):
        """Starts the process; returns (seconds from exec to the first answered read, its processor time then)."""
        # The reader waits for the process id, so that its own start is not measured.
        reader = subprocess.Popen(
            [self.load, "first-read", "--port", str(self.port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(0.05)
        with open(self.directory / "server.log", "ab") as log:
            begin_ns = time.monotonic_ns()
            self._process = subprocess.Popen(
                [*self.subject.command, str(self._configuration)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory, start_new_session=True)
        out, err = reader.communicate(f"{self._process.pid}\n")
        if reader.returncode != 0:
            raise BenchError(f"{self.subject.name} does not serve: {err.strip()}\n{self.log_tail()}")
        found = json.loads(out)
        self.pid = listening_pid(self._process.pid, self.port)
        used_s = found["server_cpu_s"] if self.pid == self._process.pid else cpu_s(self.pid)
        return (found["monotonic_ns"] - begin_ns) / 1e9, used_s

    def run_load(self, mode, **options):
        """One run of the generator against this server; what it prints."""
        return run_load(self.load, mode, port=self.port, server_pid=self.pid, **options)

    def wait_until_idle(self, limit_s=120):
        """Waits until what runs behind the requests, such as a snapshot, has ended."""
        quiet = 0
        before = cpu_s(self.pid)
        give_up = time.monotonic() + limit_s
        while quiet < 2 and time.monotonic() < give_up:
            time.sleep(1)
            now = cpu_s(self.pid)
            quiet = quiet + 1 if now - before < 0.05 else 0
            before = now

    def rss_bytes(self):
        return rss_bytes(self.pid)

    def kill(self):
        """kill -9, of everything that start() started."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._process = self.pid = None

    def end(self):
        """Asks the server to end and waits; does nothing when it does not run."""
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            pass
        self.kill()

    def remove(self):
        self.end()
        shutil.rmtree(self.directory, ignore_errors=True)

    def log_tail(self):
        lines = (self.directory / "server.log").read_text(errors="replace").splitlines()
        return "\n".join(["its output ends with:", *lines[-15:]])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def _signal(self, number):
        # The server is the leader of a process group of its own, made by start().
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            pass


def run_load(load, mode, *arguments, **options):
    command = [load, mode, *arguments]
    for name, value in options.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{done.stderr.strip()}\n  (command: {' '.join(command)})")
    return json.loads(done.stdout)


class EchoServer:
    """The generator's own echo server: the floor."""

    def __init__(self, load, size):
        self._process = subprocess.Popen([load, "echo", "--size", str(size)], stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        if not line:
            raise BenchError("the echo server does not start")
        self.load = load
        self.port = json.loads(line)["port"]

    def run_load(self, mode, **options):
        return run_load(self.load, mode, port=self.port, server_pid=self._process.pid, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()
