#!/usr/bin/env python3
"""Keeps an ensemble under load and faults for a while, and judges what came of it.

    run.py java,ours,ours --minutes 10 --seed 7

Exit codes: 0 nothing wrong, 1 something is (it is printed, and the directory with logs and histories stays), 2 wrong usage.
"""

import argparse
import pathlib
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from ensemble import verdict  # noqa: E402
from ensemble.faults import Faults, say  # noqa: E402
from ensemble.members import KINDS, Ensemble, NoLeader  # noqa: E402
from ensemble.workload import Workload  # noqa: E402

CONFIG = {"snapCount": 2000, "maxSessionTimeout": 20_000}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kinds", help="of the servers: java or ours, java:observer or ours:observer, separated by commas")
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", default=str(random.randrange(1_000_000)), help="of load and faults (default: by chance)")
    parser.add_argument("--replace", action="store_true", help="members change their kind, too")
    parser.add_argument("--processes", type=int, default=3, help="of the load")
    parser.add_argument("--sessions", type=int, default=3, help="a process")
    parser.add_argument("--pace-ms", type=float, default=30, help="between two steps of a session")
    parser.add_argument("--dir", help="where data, logs and histories go (default: a new directory in /tmp)")
    parser.add_argument("--keep", action="store_true", help="keep them in any case")
    arguments = parser.parse_args()
    arguments.kinds = arguments.kinds.split(",")
    for kind in arguments.kinds:
        if kind.removesuffix(":observer") not in KINDS:
            parser.error(f"{kind}: not one of {', '.join(KINDS)}")
    return arguments


def chaos(directory, kinds, seed, seconds, replace=False, processes=3, sessions=3, pace_ms=30, check_seconds=120):
    """Load and faults for so many seconds; returns (Verdict, Faults). The verdict's problems hold what went wrong."""
    with Ensemble(directory, kinds, CONFIG) as ensemble:
        say(f"seed {seed}: {ensemble.describe()}")
        faults = Faults(ensemble, seed, {"java", "ours"} if replace else ())
        load = Workload(ensemble.client_ports, pathlib.Path(directory) / "load", seed, processes, sessions, pace_ms)
        try:
            with load:
                faults.run(seconds)
                time.sleep(2)
            found = verdict.judge(ensemble, load.history(), check_seconds)
        except NoLeader as error:
            found = verdict.Verdict()
            found.problems.append(str(error))
        if found.problems:
            found.problems.append(ensemble.logs())
        found.lines.append(f"{len(faults.done)} faults, slowest recovery {faults.slowest_recovery_s:.1f} s")
        return found, faults


def main():
    arguments = parse_arguments()
    directory = arguments.dir or tempfile.mkdtemp(prefix="zookernel-ensemble-")
    found, _ = chaos(directory, arguments.kinds, arguments.seed, arguments.minutes * 60, arguments.replace, arguments.processes,
                     arguments.sessions, arguments.pace_ms, check_seconds=600)
    print(found.text())
    for path in found.stale_reads:
        print(f"reads behind a sync of {path} are not linearizable")
    if found.problems or arguments.keep:
        print(f"seed {arguments.seed}; everything is in {directory}")
    else:
        shutil.rmtree(directory)
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main())
