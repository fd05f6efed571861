"""The end of a run: all checks of a history and of the servers that it was made with."""

import time

from . import linearizable, trees
from .history import registers_in


class Verdict:
    """problems: what a correct ensemble never shows. stale_reads: registers that are linearizable only without the reads behind a
    sync; whether that is a problem depends on who led (a leader of Java's answers its own clients' sync without asking anybody)."""

    def __init__(self):
        self.problems = []
        self.stale_reads = []
        self.lines = []

    def text(self):
        return "\n".join([*self.lines, *self.problems[:40]])


def judge(ensemble, history, check_seconds=60, stop=True):
    """Looks at everything. The load has ended; all members run. With stop they are ended, and their directories compared."""
    verdict = Verdict()
    ensemble.wait_serving()
    zxid = ensemble.wait_equal_zxid()
    tree, different = trees.of_members(ensemble)
    verdict.problems += different
    verdict.problems += trees.digest_differences(ensemble)
    verdict.problems += history.problems(tree)
    counts = history.counts()
    verdict.lines.append(f"{len(history.operations)} operations, last zxid {zxid:#x}, {len(tree)} znodes: "
                         + ", ".join(f"{key} {counts[key]}" for key in sorted(counts)))
    judge_registers(verdict, history, tree, check_seconds)
    if stop:
        ensemble.wait_equal_zxid()
        ensemble.stop()
        verdict.problems += trees.of_directories(ensemble)
    return verdict


def judge_registers(verdict, history, tree, seconds):
    registers = registers_in(tree)
    begin = time.monotonic()
    found = linearizable.judge(linearizable.lines_for_checker(history.operations, registers), seconds)
    verdict.lines.append(f"{found['keys']} registers with {found['operations']} operations: {found['result']}, "
                         f"in {time.monotonic() - begin:.1f} s")
    if found["result"] == "undecided":
        verdict.problems.append(f"porcupine did not decide within {seconds} s")
    if not found["bad"]:
        return
    # Is it the writes, or only what was read behind a sync?
    writes = linearizable.judge(linearizable.lines_for_checker(history.operations, registers, with_reads=False), seconds)
    verdict.problems += [f"the writes of {path} are not linearizable" for path in writes["bad"]]
    verdict.stale_reads = sorted(set(found["bad"]) - set(writes["bad"]))
