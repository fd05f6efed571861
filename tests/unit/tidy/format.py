#!/usr/bin/env python3
"""Checks the sources against .clang-format.

    format.py SOURCE_DIR [--fail]

Prints the files that differ. It fails only with --fail, since another release of clang-format may see things otherwise;
exit code 77 (skipped) says that there is no clang-format.
"""

import pathlib
import shutil
import subprocess
import sys


def main():
    root = pathlib.Path(sys.argv[1])
    program = shutil.which("clang-format") or shutil.which("clang-format-14")
    if program is None:
        print("NOT CHECKED: no clang-format on this machine")
        return 77
    files = sorted(str(file) for top in ("sdk", "kernel", "plugins", "tools", "tests")
                   for suffix in ("*.h", "*.cc") for file in (root / top).rglob(suffix))
    different = []
    for start in range(0, len(files), 50):
        done = subprocess.run([program, "--dry-run", "--Werror", "--ferror-limit=1", *files[start:start + 50]],
                              capture_output=True, text=True)
        different += sorted({line.split(":")[0] for line in done.stderr.splitlines() if " error: " in line})
    for file in different:
        print(pathlib.Path(file).relative_to(root))
    print(f"{len(files)} files, {len(different)} not as clang-format has them (./dev format mends that)")
    return 1 if different and "--fail" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
