"""An ensemble of servers, each of either kind: started, stopped, killed, paused, replaced, and asked who leads."""

import pathlib
import re
import signal
import time

from harness import server as servers

from . import ports
from .links import Links

KINDS = {"java": "java", "ours": "zookernel", "zookernel": "zookernel"}
# With these an election and a synchronisation are over in a second or two, and a silent peer is given up after 2.5 s.
DEFAULT_CONFIG = {"tickTime": 500, "initLimit": 10, "syncLimit": 5}
JVM_FLAGS = ["-Xmx512m"]


class NoLeader(AssertionError):
    """The ensemble did not come to serve in time. Carries what each member said last."""


def tail(log, lines=25):
    told = [line for line in log.splitlines() if "plugin loaded" not in line and "snapshot written" not in line]
    return "\n".join(told[-lines:])


class Member(servers.Server):
    """One server of an ensemble. Its kind may be changed while it is down; the data directory stays."""

    def __init__(self, number, directory, kind, observes=False, **options):
        super().__init__(directory, kind=KINDS[kind], port=ports.free(), jvm_flags=JVM_FLAGS if kind == "java" else (), **options)
        self.number = number
        self.observes = observes
        self.quorum_port = ports.free()
        self.election_port = ports.free()
        self.paused = False

    def become(self, kind):
        assert not self.alive(), "a running server cannot become another"
        self.kind = KINDS[kind]
        self.jvm_flags = list(JVM_FLAGS) if self.kind == "java" else []

    @property
    def kind_name(self):
        return "java" if self.kind == "java" else "ours"

    def launch(self):
        self.data_dir.mkdir(parents=True, exist_ok=True)
        (self.data_dir / "myid").write_text(f"{self.number}\n")
        self.paused = False
        return super().launch()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)
        self.paused = True

    def resume(self):
        if self.alive():
            self.process.send_signal(signal.SIGCONT)
        self.paused = False

    def stop(self):
        if self.paused:
            self.resume()
        return super().stop()

    def wipe(self):
        """Removes all data, as on a new disk; myid is written again by the next launch."""
        assert not self.alive(), "a running server's data stay"
        for path in sorted(self.data_dir.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()

    def facts(self, timeout_s=2):
        """What srvr says as {"mode", "zxid"}, or {} when it does not serve."""
        if not self.alive() or self.paused:
            return {}
        try:
            text = self.word("srvr", timeout_s)
        except OSError:
            return {}
        mode = re.search(r"^Mode: (.+)$", text, re.MULTILINE)
        zxid = re.search(r"^Zxid: (0x[0-9a-f]+)$", text, re.MULTILINE)
        return {"mode": mode.group(1), "zxid": int(zxid.group(1), 16)} if mode and zxid else {}

    def log_so_far(self):
        """Output of all launches."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""


class Ensemble:
    """kinds: for each server 'java' or 'ours', with ':observer' behind it one that does not vote; ids are 1, 2, ...
    A with block launches all and ends all.

    links=False connects the servers without proxies, for measurements and for what a proxy cannot carry (reconfig)."""

    def __init__(self, directory, kinds, config=None, links=True, properties=None):
        directory = pathlib.Path(directory)
        self.members = {}
        for number, kind in enumerate(kinds, 1):
            name, _, role = kind.partition(":")
            assert role in ("", "observer"), f"{kind}: no such role"
            self.members[number] = Member(number, directory / f"server{number}", name, role == "observer", properties=properties)
        self.links = None
        if links:
            self.links = Links({m.number: {"quorum": m.quorum_port, "election": m.election_port} for m in self})
        for member in self:
            role = {"peerType": "observer"} if member.observes else {}
            member.extra_config = {**DEFAULT_CONFIG, **(config or {}), **role, **self._server_lines(member.number)}

    def _server_lines(self, reader):
        lines = {}
        for member in self:
            quorum, election = member.quorum_port, member.election_port
            if self.links and member.number != reader:
                quorum = self.links.port(reader, member.number, "quorum")
                election = self.links.port(reader, member.number, "election")
            lines[f"server.{member.number}"] = f"{servers.HOST}:{quorum}:{election}" + (":observer" if member.observes else "")
        return lines

    def __iter__(self):
        return iter(self.members.values())

    def __getitem__(self, number):
        return self.members[number]

    def __len__(self):
        return len(self.members)

    @property
    def client_ports(self):
        return [member.port for member in self]

    def launch(self):
        for member in self:
            if not member.alive():
                member.launch()
        return self

    def start(self, timeout_s=60):
        self.launch()
        self.wait_serving(timeout_s)
        return self

    # Who leads ----------------------------------------------------------------------------------------------------------

    def modes(self):
        return {member.number: member.facts().get("mode") for member in self}

    def leader(self):
        """The member that says it leads, or None."""
        return next((member for member in self if member.facts().get("mode") == "leader"), None)

    def followers(self):
        return [member for member in self if member.facts().get("mode") == "follower"]

    def wait_serving(self, timeout_s=60, count=None):
        """Waits until so many members serve (all, unless count says otherwise), one of them as leader. Returns the leader."""
        count = len(self) if count is None else count
        deadline = time.monotonic() + timeout_s
        while True:
            modes = [mode for mode in self.modes().values() if mode]
            if len(modes) >= count and modes.count("leader") == 1:
                return self.leader()
            dead = [m for m in self if m.process is not None and not m.alive()]
            if time.monotonic() > deadline:
                raise NoLeader(f"after {timeout_s} s {self.describe()}" + "".join(
                    f"\n--- {m.number} has ended, exit code {m.process.returncode}:\n{tail(m.log())}" for m in dead))
            time.sleep(0.05)

    def wait_equal_zxid(self, timeout_s=30):
        """Waits until all members have applied the same last transaction; nobody may be writing. Returns its zxid."""
        deadline = time.monotonic() + timeout_s
        while True:
            zxids = [member.facts().get("zxid") for member in self]
            if None not in zxids:
                # A leader that has not proposed anything yet tells the beginning of its epoch, which no transaction has.
                applied = {zxid for zxid in zxids if zxid & 0xffffffff} or {0}
                begins = [zxid for zxid in zxids if not zxid & 0xffffffff and zxid]
                if len(applied) == 1 and (len(begins) <= 1 or applied == {0}):
                    return applied.pop()
            if time.monotonic() > deadline:
                raise NoLeader(f"the members do not come to the same zxid in {timeout_s} s: {self.describe()}")
            time.sleep(0.05)

    def describe(self):
        parts = []
        for member in self:
            facts = member.facts()
            state = f"{facts['mode']} at {facts['zxid']:#x}" if facts else (
                "paused" if member.paused else "up, not serving" if member.alive() else "down")
            parts.append(f"{member.number} ({member.kind_name}) {state}")
        return "; ".join(parts)

    # Faults and ends ------------------------------------------------------------------------------------------------------

    def replace(self, number, kind, graceful=True):
        """Ends a member and launches one of the given kind on its data directory."""
        member = self[number]
        if graceful:
            member.stop()
        else:
            member.kill()
        member.become(kind)
        return member.launch()

    def stop(self):
        for member in self:
            member.stop()

    def kill(self):
        for member in self:
            member.kill()

    def close(self):
        self.kill()
        if self.links:
            self.links.close()
            self.links = None

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()

    def logs(self):
        """The end of what each member said."""
        return "\n".join(f"--- server {m.number} ({m.kind_name})\n{tail(m.log_so_far())}" for m in self)
