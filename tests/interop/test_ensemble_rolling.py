"""An ensemble of Java's is replaced by ours one server at a time, under load, and ours by Java's again. Clients notice no more
than when Java's servers are restarted one at a time, which is counted in the same run."""

import time

import pytest

from conftest import missing
from ensemble import linearizable, verdict
from ensemble.faults import say
from ensemble.kinds import NIGHTLY, real
from ensemble.members import Ensemble
from ensemble.workload import Workload

ROUNDS = 5 if NIGHTLY else 1
PROCESSES, SESSIONS = 3, 3


def roll(ensemble, kind):
    """Replaces all members, the leader last, as the manual says. Returns the stretch of time that it took."""
    begin = time.monotonic_ns()
    leader = ensemble.wait_serving()
    for member in [*(m for m in ensemble if m is not leader), leader]:
        ensemble.replace(member.number, kind)
        ensemble.wait_serving()
        time.sleep(0.5)
    return begin, time.monotonic_ns()


def figures(history, stretch):
    part = history.between(*stretch)
    counts = part.counts()
    return {"failed": counts["failures"], "expired": counts["expired"], "without an answer": counts["unknown"],
            "reconnects": counts["lost"], "done": counts["ok"], "longest gap s": round(history.longest_gap_s(*stretch), 2)}


@pytest.mark.timeout(1500 if NIGHTLY else 250)
def test_clients_do_not_notice_more_than_with_javas_rolling_restart(request, tmp_path, java_class_path):
    try:
        linearizable.checker()
    except linearizable.NoChecker as error:
        missing(str(error))
    ours, = real(["ours"])
    found = {}
    with Ensemble(tmp_path, ["java"] * 3) as ensemble:
        request.node.started_servers = list(ensemble)
        load = Workload(ensemble.client_ports, tmp_path / "load", processes=PROCESSES, sessions=SESSIONS, pace_ms=20)
        stretches = []
        with load:
            time.sleep(1)
            for _ in range(ROUNDS):
                stretches.append(("java -> java", roll(ensemble, "java")))
                stretches.append(("java -> ours", roll(ensemble, ours)))
                stretches.append(("ours -> java", roll(ensemble, "java")))
            time.sleep(1)
        history = load.history()
        for name, stretch in stretches:
            found.setdefault(name, []).append(figures(history, stretch))
            say(f"{name}: {found[name][-1]}")
        judged = verdict.judge(ensemble, history)
        say(judged.text())
    assert not judged.problems, judged.text()

    clients = PROCESSES * SESSIONS
    for name in ("java -> ours", "ours -> java"):
        for ours_now, java_then in zip(found[name], found["java -> java"]):
            assert ours_now["failed"] == ours_now["expired"] == 0, f"{name}: {ours_now}"
            # Which clients sit where, and how many requests are under way when one loses its server, is chance.
            assert ours_now["reconnects"] <= java_then["reconnects"] + clients, f"{name}: {ours_now}, java: {java_then}"
            assert ours_now["without an answer"] <= 2 * java_then["without an answer"] + 3 * clients, f"{name}: {ours_now}, java: {java_then}"
