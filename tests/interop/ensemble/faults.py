"""Faults in an order that a seed gives, done to an ensemble under load, and a look at whether it recovers from each."""

import random
import sys
import time

from .members import KINDS

# A recovered ensemble serves with all members within this time, machine and JVM included.
RECOVERY_S = 60


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


class Faults:
    """Each fault is a method: it does its harm, waits, and undoes it. The caller lets the ensemble recover afterwards."""

    def __init__(self, ensemble, seed, kinds=()):
        """kinds: what a member may be replaced by ('java', 'ours'); with less than two nobody is replaced."""
        self.ensemble = ensemble
        self.random = random.Random(f"faults {seed}")
        self.kinds = sorted(kinds)
        self.done = []
        self.slowest_recovery_s = 0

    def choices(self):
        work = [(self.kill_one, 4), (self.kill_leader, 3), (self.kill_majority, 1), (self.kill_all, 1), (self.restart_one, 2),
                (self.pause_one, 3), (self.pause_leader, 2), (self.isolate_one, 2), (self.isolate_leader, 3),
                (self.partial_partition, 3), (self.one_way_partition, 4), (self.slow_link, 2), (self.drop_connections, 2)]
        if len(self.kinds) > 1:
            work.append((self.replace_one, 5))
        return zip(*work)

    def run(self, seconds):
        """One fault after the other for so long; raises NoLeader when the ensemble does not recover.

        The hard ones come first, so that short runs have them."""
        faults, weights = self.choices()
        first = [self.kill_leader, self.isolate_leader, self.pause_leader, self.one_way_partition, self.kill_majority]
        self.random.shuffle(first)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.calm(0.5, 2)
            fault = first.pop() if first else self.random.choices(faults, weights)[0]
            text = fault()
            begin = time.monotonic()
            self.ensemble.wait_serving(RECOVERY_S)
            took = time.monotonic() - begin
            self.slowest_recovery_s = max(self.slowest_recovery_s, took)
            self.done.append(text)
            say(f"{text}; recovered {took:.1f} s later: {self.ensemble.describe()}")

    def calm(self, shortest_s, longest_s):
        time.sleep(self.random.uniform(shortest_s, longest_s))

    def any_member(self):
        return self.random.choice(list(self.ensemble))

    def leader(self):
        return self.ensemble.leader() or self.any_member()

    def any_kinds(self):
        return self.random.choice([("quorum", "election"), ("quorum",), ("election",)])

    def any_state(self):
        return self.random.choice(["held", "held", "cut"])

    # Processes --------------------------------------------------------------------------------------------------------------

    def _kill(self, members, longest_s=4):
        for member in members:
            member.kill()
        self.calm(0.1, longest_s)
        # Not always in the order in which they went.
        for member in self.random.sample(members, len(members)):
            member.launch()
        return "kill -9 of " + ", ".join(f"{m.number} ({m.kind_name})" for m in members)

    def kill_one(self):
        return self._kill([self.any_member()])

    def kill_leader(self):
        return "leader: " + self._kill([self.leader()])

    def kill_majority(self):
        voters = [member for member in self.ensemble if not member.observes]
        return self._kill(self.random.sample(voters, len(voters) // 2 + 1))

    def kill_all(self):
        return self._kill(list(self.ensemble), 0.5)

    def restart_one(self):
        member = self.any_member()
        member.stop()
        member.launch()
        return f"restart of {member.number} ({member.kind_name})"

    def replace_one(self):
        member = self.any_member()
        kind = self.random.choice([kind for kind in self.kinds if KINDS[kind] != member.kind])
        graceful = self.random.random() < 0.6
        self.ensemble.replace(member.number, kind, graceful)
        return f"{member.number} is now {kind}" + ("" if graceful else ", after kill -9")

    def _pause(self, member):
        member.pause()
        self.calm(0.2, 6)
        member.resume()
        return f"pause of {member.number} ({member.kind_name})"

    def pause_one(self):
        return self._pause(self.any_member())

    def pause_leader(self):
        return "leader: " + self._pause(self.leader())

    # Links ------------------------------------------------------------------------------------------------------------------

    def _partition(self, text, set_state):
        state, kinds = self.any_state(), self.any_kinds()
        set_state(state, kinds)
        self.calm(0.5, 8)
        # What was held arrives late, or never because the connections have ended meanwhile.
        dropped = state == "held" and self.random.random() < 0.5
        if dropped:
            for one in self.ensemble:
                for other in self.ensemble:
                    if one.number < other.number:
                        self.ensemble.links.drop(one.number, other.number)
        self.ensemble.links.heal()
        return f"{text}, {state}{' and lost' if dropped else ''}, ports {'+'.join(kinds)}"

    def isolate_one(self, member=None):
        member = member or self.any_member()
        return self._partition(f"{member.number} alone", lambda state, kinds: self.ensemble.links.isolate(member.number, state, kinds))

    def isolate_leader(self):
        return "leader: " + self.isolate_one(self.leader())

    def two(self):
        return [member.number for member in self.random.sample(list(self.ensemble), 2)]

    def partial_partition(self):
        one, other = self.two()
        return self._partition(f"{one} and {other} apart",
                               lambda state, kinds: self.ensemble.links.between(one, other, state, kinds))

    def one_way_partition(self):
        one, other = self.two()
        return self._partition(f"nothing from {one} to {other}",
                               lambda state, kinds: self.ensemble.links.one_way(one, other, state, kinds))

    def slow_link(self):
        one, other = self.two()
        delay_s = self.random.choice([0.005, 0.05, 0.3])
        self.ensemble.links.between(one, other, "open", delay_s=delay_s)
        self.calm(1, 5)
        self.ensemble.links.heal()
        return f"{delay_s * 1000:.0f} ms between {one} and {other}"

    def drop_connections(self):
        one, other = self.two()
        self.ensemble.links.drop(one, other)
        return f"connections between {one} and {other} reset"
