"""Are the registers of a history linearizable? Asks porcupine, through the small Go program in checker/."""

import functools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

SOURCES = pathlib.Path(__file__).with_name("checker")
# Errors that say what the znode was like. Others (the session is over) only say that nothing was done.
TELLING_ERRORS = (-101, -103, -110)
OPERATIONS = ("create", "set", "cas", "delete", "get")


class NoChecker(Exception):
    """There is no Go compiler, or it cannot fetch porcupine. The text says which."""


@functools.lru_cache(maxsize=1)
def checker():
    """The program, built on the first call."""
    if shutil.which("go") is None:
        raise NoChecker("no Go compiler on this machine")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="zookernel-checker-"))
    try:
        environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
        sources = folder / "sources"
        shutil.copytree(SOURCES, sources)
        built = subprocess.run(["go", "build", "-o", str(folder / "checker"), "."], cwd=sources, env=environment,
                               capture_output=True, text=True, timeout=280)
        if built.returncode != 0:
            raise NoChecker(f"the checker cannot be built: {built.stderr.strip()}")
        return _Program(folder / "checker")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Program:
    """A program held in memory, so that no file of it has to be removed at the end."""

    def __init__(self, path):
        self._file = os.memfd_create("checker")
        with open(self._file, "wb", closefd=False) as out:
            out.write(path.read_bytes())

    def run(self, text, seconds):
        return subprocess.run([f"/proc/self/fd/{self._file}", str(seconds)], input=text, capture_output=True, text=True,
                              pass_fds=[self._file], timeout=seconds + 60)


def lines_for_checker(operations, registers, with_reads=True):
    """operations: lines of a history. registers: at the end, path -> (value, version) of what exists."""
    numbers, lines, paths, last = {}, [], set(), 0
    for line in operations:
        if line["op"] not in OPERATIONS or not line["path"].startswith("/registers/"):
            continue
        paths.add(line["path"])
        last = max(last, line["t1"] or line["t0"])
        unknown = line["r"] == "unknown"
        if line["op"] == "get" and (unknown or not with_reads):
            continue
        if line["r"] == "fail" and line["e"] not in TELLING_ERRORS:
            continue
        client = numbers.setdefault(line["client"], len(numbers))
        lines.append({"client": client, "key": line["path"], "op": line["op"], "value": line.get("got", line.get("value", "")),
                      "expected": line.get("expected", 0), "call": line["t0"], "return": line["t1"] or 0, "unknown": unknown,
                      "error": line.get("e", 0), "version": line.get("version", 0)})
    # The tree at the end is read when everything that was answered is over.
    for path in sorted(paths):
        value, version = registers.get(path, ("", 0))
        lines.append({"client": len(numbers), "key": path, "op": "get", "value": value, "expected": 0, "call": last + 1,
                      "return": last + 2, "unknown": False, "error": 0 if path in registers else -101, "version": version})
    return lines


def judge(lines, seconds=60):
    """The checker's verdict on lines_for_checker's lines: {"result", "operations", "keys", "bad"}."""
    done = checker().run("".join(json.dumps(line) + "\n" for line in lines), seconds)
    if done.returncode not in (0, 1, 3):
        raise RuntimeError(f"the checker ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)
