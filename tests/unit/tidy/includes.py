#!/usr/bin/env python3
"""Checks that each #include goes in an allowed direction, by the table below. Fails with file, line and rule.

    includes.py SOURCE_DIR

The table is the directions of dependency of ARCHITECTURE.md. The first row whose folder holds the file applies. Includes in
angle brackets without a folder or suffix (<vector>) are the standard library's, <sys/...> and the like the system's.
"""

import pathlib
import re
import sys

SOURCES = {".h", ".hpp", ".hh", ".cc", ".cpp", ".c"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')

# What no part may touch that must be pure: threads, clocks, files, sources of chance, the network.
IMPURE = {"thread", "mutex", "shared_mutex", "condition_variable", "future", "stop_token", "semaphore", "latch", "barrier",
          "chrono", "ctime", "fstream", "iostream", "filesystem", "random", "csignal", "coroutine"}

# System headers are C headers with a suffix; no pure part needs one.
C_LIBRARY = {"stdint.h", "stddef.h", "string.h", "stdbool.h", "limits.h"}


class Row:
    """folder: which files. own: prefixes of project includes that are allowed. third: prefixes of angle-bracket includes
    beyond the standard library. pure: no threads, clocks, files. system: POSIX headers are allowed."""

    def __init__(self, folder, own=(), third=(), pure=False, system=False):
        self.folder, self.own, self.third, self.pure, self.system = folder, own, third, pure, system


ANY_THIRD = ("",)
TABLE = [
    Row("sdk/include/zookernel/wire/", own=("zookernel/",), pure=True),
    Row("sdk/include/zookernel/proto/", own=("zookernel/",), third=("txn.pb.h",), pure=True),
    Row("sdk/include/zookernel/testing/", own=("zookernel/",)),
    Row("sdk/include/", own=("zookernel/",), pure=True),
    Row("sdk/src/wire/", own=("zookernel/", "sdk/src/"), third=("boost/pfr",), pure=True),
    Row("sdk/src/proto/", own=("zookernel/",), third=("txn.pb.h",), pure=True),
    Row("sdk/src/", own=("zookernel/", "sdk/src/")),
    Row("kernel/core/", own=("zookernel/", "kernel/core/"), third=("libdeflate.h", "xxhash.h"), pure=True),
    Row("kernel/shell/", own=("zookernel/", "kernel/core/", "kernel/shell/"),
        third=("boost/", "spdlog/", "fmt/", "libdeflate.h", "xxhash.h"), system=True),
    Row("kernel/", own=("zookernel/", "kernel/shell/"), third=("boost/",), system=True),
    Row("plugins/consensus/zab/machine/", own=("zookernel/", "plugins/consensus/zab/machine/"), pure=True),
    Row("plugins/consensus/", own=("zookernel/", "plugins/consensus/"), pure=True),
    Row("plugins/auth/", own=("zookernel/", "plugins/auth/"), third=("openssl/",), system=True),
    Row("plugins/storage/", own=("zookernel/", "plugins/storage/"), third=ANY_THIRD, system=True),
    Row("plugins/", own=("zookernel/", "plugins/"), third=ANY_THIRD, system=True),
    # The plugin tool looks at files with the eyes of the plugin host, so that both judge alike.
    Row("tools/plugin/", own=("zookernel/", "tools/", "kernel/shell/"), third=ANY_THIRD, system=True),
    # The database tool reads files with the storage plugin's eyes and builds trees with the core's, so that it judges as the
    # server does.
    Row("tools/db/", own=("zookernel/", "tools/db/", "kernel/core/", "kernel/shell/posix_file_system.h", "kernel/shell/backup_stream.h",
                          "plugins/storage/"),
        third=ANY_THIRD, system=True),
    Row("tools/", own=("zookernel/", "tools/"), third=ANY_THIRD, system=True),
    Row("tests/", own=("",), third=ANY_THIRD, system=True),
    Row("packaging/", own=("",), third=ANY_THIRD, system=True),
]


def row_for(path):
    return next((row for row in TABLE if path.startswith(row.folder)), None)


def plugin_folder(path):
    """plugins/KIND/NAME/ of a file, or None: a plugin includes its own folder and no other plugin's."""
    parts = path.split("/")
    return "/".join(parts[:3]) + "/" if len(parts) > 3 and parts[0] == "plugins" else None


def judge(path, quoted, target, row, exists):
    """None if the include is allowed, else why it is not. exists says whether a path of the repository is a file."""
    if target.startswith("zookernel/"):
        # The public headers of the SDK may not know the wire format, which is for our own plugins only.
        if row.folder == "sdk/include/" and target.startswith("zookernel/wire/"):
            return "the SDK's interfaces do not know the wire format"
        return None if any(target.startswith(own) for own in row.own) else f"{row.folder} may not use the SDK"
    if quoted:
        beside = (pathlib.PurePosixPath(path).parent / target).as_posix()
        resolved = target if exists(target) else beside if exists(beside) else target
        if not any(resolved.startswith(own) for own in row.own):
            return f"{row.folder} may include {', '.join(own or 'anything' for own in row.own)} only"
        folder = plugin_folder(path)
        if folder and resolved.startswith("plugins/") and not resolved.startswith(folder):
            return f"a plugin includes no other plugin (own folder: {folder})"
        return None
    if "/" not in target and not target.endswith((".h", ".hpp")):
        if row.pure and target in IMPURE:
            return f"{row.folder} is pure: no threads, clocks, files, chance (<{target}>)"
        return None
    if any(target.startswith(third) for third in row.third) or target in C_LIBRARY:
        return None
    if row.system and not target.startswith(("boost/", "openssl/", "google/")):
        return None
    return f"{row.folder} may not use <{target}>"


def check(root):
    """All violations below root as text lines, and the number of includes that were looked at."""
    root = pathlib.Path(root)
    found, seen = [], 0
    exists_cache = {}

    def exists(relative):
        if relative not in exists_cache:
            exists_cache[relative] = (root / relative).is_file()
        return exists_cache[relative]

    for top in ("sdk", "kernel", "plugins", "tools", "tests", "packaging"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in SOURCES or not file.is_file():
                continue
            path = file.relative_to(root).as_posix()
            row = row_for(path)
            for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                seen += 1
                if row is None:
                    found.append(f"{path}:{number}: no row of the table covers this folder")
                    break
                trouble = judge(path, match.group(1) == '"', match.group(2), row, exists)
                if trouble:
                    found.append(f"{path}:{number}: {match.group(2)}: {trouble}")
    return found, seen


def main():
    found, seen = check(sys.argv[1])
    print("\n".join(found))
    print(f"{seen} includes, {len(found)} in a direction that is not allowed")
    if seen == 0:
        print("nothing was looked at: is the path right?")
    return 1 if found or seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
