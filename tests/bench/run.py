#!/usr/bin/env python3
"""Measures our server and the Java one on the same work in one run, and prints both with their ratio. See README.md.

Exit codes: 0 everything was measured (whether or not the targets are met), 1 something could not be, 2 wrong usage.
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import resource
import shlex
import shutil
import signal
import sys
import tempfile

import ensemble_rows
import rows
import table
from servers import BenchError, Subject, file_system_of, java_subject

ROWS = {**rows.ROWS, **ensemble_rows.ROWS}
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def parse_arguments():
    parser = argparse.ArgumentParser(description="Compare our server with the Java one, on this machine, in one run.")
    parser.add_argument("--quick", action="store_true", help="small numbers: shows that it works, measures nothing")
    parser.add_argument("--only", metavar="ROWS", help="comma-separated, of " + ", ".join(ROWS))
    parser.add_argument("--no-java", action="store_true", help="measure our server only")
    parser.add_argument("--no-ours", action="store_true", help="measure the Java server only")
    parser.add_argument("--server", metavar="CMD", default=str(REPOSITORY / "build/stage/sbin/zookernel"),
                        help="our server; a configuration file is appended (default: %(default)s)")
    parser.add_argument("--load", metavar="FILE", help="zookernel-load (default: the newest below build/)")
    parser.add_argument("--dir", metavar="DIR", default=str(REPOSITORY / "build/bench-data"),
                        help="where the data go, on a real disk; removed afterwards (default: %(default)s)")
    parser.add_argument("--heap", default="4g", help="the JVM's -Xmx (default: %(default)s)")
    parser.add_argument("--json", metavar="FILE", help="also write all samples to this file")
    arguments = parser.parse_args()
    if arguments.no_java and arguments.no_ours:
        parser.error("--no-java and --no-ours leave nothing to measure")
    arguments.rows = arguments.only.split(",") if arguments.only else list(ROWS)
    for name in arguments.rows:
        if name not in ROWS:
            parser.error(f"--only {name}: not one of {', '.join(ROWS)}")
    return arguments


def find_load(named):
    if named:
        found = shutil.which(named)
        if not found:
            raise BenchError(f"--load {named}: not a program")
        return os.path.abspath(found)
    built = [*REPOSITORY.glob("build/tests/bench/zookernel-load"), *REPOSITORY.glob("build/*/tests/bench/zookernel-load")]
    if not built:
        raise BenchError("no zookernel-load below build/ (build the target zookernel-load, or name it with --load)")
    return str(max(built, key=lambda path: path.stat().st_mtime))


def our_subject(command):
    words = shlex.split(command)
    program = shutil.which(words[0]) if words else None
    if not program:
        raise BenchError(f"--server {command}: not a program (build it first, or name another with --server)")
    # The server runs in a directory of its own.
    return Subject("ours", [os.path.abspath(program), *words[1:]])


def find_subjects(arguments):
    subjects = []
    if not arguments.no_java:
        subjects.append(java_subject(REPOSITORY, arguments.heap))
    if not arguments.no_ours:
        subjects.append(our_subject(arguments.server))
    return subjects


def make_directory(parent):
    os.makedirs(parent, exist_ok=True)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=parent)).resolve()
    kind = file_system_of(str(directory))
    if kind in ("tmpfs", "ramfs"):
        directory.rmdir()
        raise BenchError(f"{parent} lies on {kind}, where fdatasync costs nothing (name a directory on a disk with --dir)")
    return directory, kind


def describe_machine(file_system):
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return (f"{len(os.sched_getaffinity(0))} processors ({model}), Linux {platform.release()}, data on {file_system}, "
            f"load {os.getloadavg()[0]:.1f} at the start")


def print_report(found, bench, machine):
    print(table.render(found))
    print(f"\n{machine}.")
    if not bench.is_full:
        print("--quick: these figures show that the bench works, and nothing about the servers.")
    for note in bench.notes:
        print(note)
    spreads = [text for text in map(table.spread, found) if text]
    if spreads:
        print("\nMedians above are of:")
        for text in spreads:
            print(f"  {text.strip()}")


def write_json(path, found, bench, machine):
    document = {"machine": machine, "full": bench.is_full, "rows": [row.as_dict() for row in found], "notes": bench.notes}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
        file.write("\n")


def measure(arguments):
    load = find_load(arguments.load)
    subjects = find_subjects(arguments)
    directory, file_system = make_directory(arguments.dir)
    machine = describe_machine(file_system)
    bench = rows.Bench(subjects, directory, load, rows.QUICK if arguments.quick else rows.FULL)
    found = []
    try:
        for name in arguments.rows:
            print(f"{name}:", file=sys.stderr, flush=True)
            found += ROWS[name](bench)
            if not bench.is_full:
                for row in found:
                    row.doubt = "quick"
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        with contextlib.suppress(OSError):
            directory.parent.rmdir()  # Only when it is empty.
        # What the measurements so far have found is not lost with the rest.
        if found:
            print_report(found, bench, machine)
            if arguments.json:
                write_json(arguments.json, found, bench, machine)


def main():
    arguments = parse_arguments()
    # Thousands of sessions are thousands of descriptors, for the servers and for the generator.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # So that servers are ended and directories removed as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        measure(arguments)
    except BenchError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
