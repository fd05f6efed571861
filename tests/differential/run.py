#!/usr/bin/env python3
"""Starts Java's server and ours, and lets zookernel-differential compare them. See README.md in this folder.

  run.py compare [--seconds S] [--seed N | --fresh-seed] [--save DIR] [--without N,N,...] [--only NAME]
  run.py nightly               ten minutes of fresh seeds, skipped unless ZOOKERNEL_NIGHTLY=1
  run.py replay [FILE...]      the recorded cases against our server (ZOOKERNEL_SERVER_KIND=java: against Java's)
  run.py record FILE...        what Java's server does, written into the files

Exit codes: 0 all alike, 1 a difference, 2 something is broken, 77 skipped: not asked for, or no Java or
Maven (an error where ZOOKERNEL_REQUIRE_CLIENTS=1).
"""

import argparse
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "interop"))

from harness import server as servers  # noqa: E402

SKIPPED = 77
# Servers are started anew now and then: their logs and the zxids they count stay small, and recovery of both is met.
SECONDS_PER_START = 150

COMMON = {
    # Sessions must not expire while a script runs, and the bounds must be met by what clients ask for.
    "minSessionTimeout": 60000,
    "maxSessionTimeout": 150000,
    # Nothing here is about durability, and the disk would be all that is measured.
    "forceSync": "no",
    # super:admin, the login of the tool itself.
    "DigestAuthenticationProvider.superDigest": "super:xQJmxLMiHGwaqBvst5y6rkB6HQs=",
}
# When containers are removed depends on time, so they are not.
JVM_FLAGS = ["-Dznode.container.checkIntervalMs=2147483647"]

# Name: further keys of zoo.cfg, arguments of the program, and the share of the time.
PROFILES = {
    "default": ({}, [], 0.7),
    "enforced": ({"enforceQuota": "true", "reconfigEnabled": "true"}, ["--quotas-enforced"], 0.3),
}


def program():
    default = servers.REPOSITORY / "build" / "release" / "tests" / "differential" / "zookernel-differential"
    return os.environ.get("ZOOKERNEL_DIFFERENTIAL", str(default))


def need_java():
    """Skips loudly, or fails where the caller promised that everything is installed (as ./dev test does)."""
    reason = None
    if shutil.which("java") is None:
        reason = "no java on this machine"
    else:
        try:
            servers.java_class_path()
        except FileNotFoundError as error:
            reason = str(error)
    if reason is None:
        return
    if os.environ.get("ZOOKERNEL_REQUIRE_CLIENTS") == "1":
        sys.exit(f"run.py: {reason} (and ZOOKERNEL_REQUIRE_CLIENTS=1 says that nothing may be missing)")
    print(f"NOT TESTED: {reason}")
    sys.exit(SKIPPED)


class Pair:
    """Both servers, or one, on empty directories that go with them."""

    def __init__(self, config, kinds):
        self.directory = tempfile.mkdtemp(prefix="zookernel-differential.")
        self.servers = {}
        for kind in kinds:
            # Java logs each bad request with a stack trace, which is most of its time.
            properties = {"log.level": "ERROR"} if kind == "java" else {}
            self.servers[kind] = servers.Server(pathlib.Path(self.directory) / kind, kind=kind, config=COMMON | config,
                                                properties=properties, jvm_flags=JVM_FLAGS)

    def __enter__(self):
        try:
            for server in self.servers.values():
                server.launch()
            for server in self.servers.values():
                server.wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for server in self.servers.values():
            server.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def port(self, kind):
        return str(self.servers[kind].port)

    def print_logs(self):
        for kind, server in self.servers.items():
            if not server.alive():
                print(f"the server {kind} ended, exit code {server.process.returncode}; its last lines:")
                print(server.log()[-4000:])


def compare(arguments):
    need_java()
    seed = random.SystemRandom().randrange(1 << 48) if arguments.fresh_seed else arguments.seed
    deadline = time.monotonic() + arguments.seconds
    worst = 0
    while worst == 0 and time.monotonic() < deadline:
        # At least one start of each profile; a long run alternates.
        period = min(SECONDS_PER_START, arguments.seconds)
        for name, (config, flags, share) in PROFILES.items():
            if arguments.only not in (None, name):
                continue
            seconds = period if arguments.only else period * share
            with Pair(config, ("java", "zookernel")) as pair:
                command = [program(), "run", "--java", pair.port("java"), "--ours", pair.port("zookernel"),
                           "--seed", str(seed), "--seconds", f"{seconds:.0f}", *flags]
                if arguments.without:
                    command += ["--without", arguments.without]
                if arguments.save:
                    pathlib.Path(arguments.save, name).mkdir(parents=True, exist_ok=True)
                    command += ["--save", str(pathlib.Path(arguments.save, name)),
                                "--differences", str(arguments.differences)]
                print(f"{name}:", " ".join(command[1:]), flush=True)
                code = subprocess.run(command).returncode
                if code != 0:
                    pair.print_logs()
                worst = max(worst, code)
        # Far beyond what one start gets through.
        seed += 1_000_000
    return worst


def case_files(given, profile):
    if given:
        return [file for file in given if pathlib.Path(file).resolve().parent.name == profile]
    return sorted(str(file) for file in (HERE / "cases" / profile).glob("*.txt"))


def with_cases(command, kind, files):
    if kind == "java":
        need_java()
    worst = 0
    for profile, (config, _, _) in PROFILES.items():
        chosen = case_files(files, profile)
        if not chosen:
            continue
        with Pair(config, (kind,)) as pair:
            code = subprocess.run([program(), command, "--port", pair.port(kind), *chosen]).returncode
            if code != 0:
                pair.print_logs()
            worst = max(worst, code)
        print(f"{profile}: {len(chosen)} cases, exit code {code}")
    return worst


def main():
    # So that the servers go with a run that is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("run.py: told to end"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    comparing = commands.add_parser("compare")
    comparing.add_argument("--seconds", type=float, default=60)
    comparing.add_argument("--seed", type=int, default=1)
    comparing.add_argument("--fresh-seed", action="store_true")
    comparing.add_argument("--save")
    comparing.add_argument("--without")
    comparing.add_argument("--only", choices=PROFILES)
    comparing.add_argument("--differences", type=int, default=1)
    commands.add_parser("nightly")
    for name in ("replay", "record"):
        commands.add_parser(name).add_argument("files", nargs="*")
    arguments = parser.parse_args()
    if arguments.command == "nightly":
        if os.environ.get("ZOOKERNEL_NIGHTLY") != "1":
            print("NOT TESTED: ten minutes of fresh seeds (set ZOOKERNEL_NIGHTLY=1, or ./dev test --nightly)")
            return SKIPPED
        arguments = parser.parse_args(["compare", "--seconds", "600", "--fresh-seed"])
    if arguments.command == "compare":
        return compare(arguments)
    if arguments.command == "replay":
        return with_cases("replay", servers.default_kind(), arguments.files)
    return with_cases("record", "java", arguments.files)


if __name__ == "__main__":
    sys.exit(main())
