"""The links between the servers of an ensemble, which tests hold, cut and slow down. Proxies on loopback need neither root nor
a network of their own, and can tell how a learner was synchronised."""

import itertools
import json
import pathlib
import subprocess
import sys

from . import ports

PORT_KINDS = ("quorum", "election")


class Links:
    """A proxy for each ordered pair of servers and each of the two ports between servers."""

    def __init__(self, target_ports):
        """target_ports: by server id, {"quorum": port, "election": port} where it listens."""
        self.ids = sorted(target_ports)
        program = pathlib.Path(__file__).with_name("link_process.py")
        self._process = subprocess.Popen([sys.executable, "-B", str(program)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        self._ports = {}
        for source, target in itertools.permutations(self.ids, 2):
            for kind in PORT_KINDS:
                port = self._ports[source, target, kind] = ports.free()
                self._ask(do="listen", source=source, target=target, kind=kind, port=port,
                          target_port=target_ports[target][kind])

    def _ask(self, **command):
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process of the links has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"links: {answer['error']} (at {command})")
        return answer["ok"]

    def port(self, source, target, kind):
        """Where source dials to reach target."""
        return self._ports[source, target, kind]

    def one_way(self, source, target, state, kinds=PORT_KINDS, delay_s=0):
        """What happens to bytes from source to target: 'open', 'held' (lost without a word) or 'cut' (reset)."""
        for kind in kinds:
            self._ask(do="gate", source=source, target=target, kind=kind, state=state, delay_s=delay_s)

    def between(self, one, other, state, kinds=PORT_KINDS, delay_s=0):
        self.one_way(one, other, state, kinds, delay_s)
        self.one_way(other, one, state, kinds, delay_s)

    def isolate(self, server, state, kinds=PORT_KINDS):
        """Between one server and all others."""
        for other in self.ids:
            if other != server:
                self.between(server, other, state, kinds)

    def drop(self, one, other, kinds=PORT_KINDS):
        """Resets what is open between two servers now; what was held is lost."""
        for kind in kinds:
            self._ask(do="drop", source=one, target=other, kind=kind)

    def heal(self):
        """Everything passes at once, from now on and what was held."""
        for source, target in itertools.permutations(self.ids, 2):
            self.one_way(source, target, "open")

    def syncs(self):
        """How learners were synchronised so far: {"learner", "leader", "how": DIFF, TRUNC or SNAP, "zxid", "time"}, in order."""
        return self._ask(do="syncs")

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
