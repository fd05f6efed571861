#!/usr/bin/env python3
"""Says what each ELF file of a tree needs from the system it runs on, and fails when that is too much.

    check_floor.py GLIBC_VERSION DIRECTORY_OR_FILE...

Each file must be position independent, without an executable stack, text relocations and writable code, must name no glibc symbol newer than the
version and none that is glibc's private, and need no library but glibc's, libgcc_s and those of the tree itself. A library of the tree must be
found from where the file lies.
"""

import os
import pathlib
import re
import subprocess
import sys

SYSTEM = {"libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "libresolv.so.2", "libgcc_s.so.1", "ld-linux-x86-64.so.2"}
GCC_FLOOR = (4, 4)


def readelf(option, path):
    return subprocess.run(["readelf", "-W", option, path], check=True, capture_output=True, text=True).stdout


def elf_files(arguments):
    for argument in map(pathlib.Path, arguments):
        candidates = [argument] if argument.is_file() else sorted(p for p in argument.rglob("*") if p.is_file() and not p.is_symlink())
        for path in candidates:
            with path.open("rb") as file:
                # Object files and archives are not run.
                if file.read(4) == b"\x7fELF" and path.suffix not in (".o", ".debug"):
                    yield path


def number(text):
    return tuple(int(part) for part in text.split("."))


def findings(path, floor):
    dynamic = readelf("-d", path)
    needs = re.findall(r"Version needs section.*?(?=Version definition|\Z)", readelf("-V", path), re.S)
    versions = re.findall(r"Name: (\S+)", needs[0]) if needs else []
    for version in versions:
        if version.startswith("GLIBC_"):
            if not re.fullmatch(r"GLIBC_[0-9.]+", version):
                yield f"uses {version}"
            elif number(version[6:]) > floor:
                yield f"needs {version}"
        elif version.startswith("GCC_") and number(version[4:]) > GCC_FLOOR + (99,):
            yield f"needs {version} of libgcc_s"
        elif re.match(r"(GLIBCXX|CXXABI)_", version):
            yield f"needs {version} of the system's C++ library"
    run_path = re.findall(r"R(?:UN)?PATH.*\[(.*)\]", dynamic)
    for library in re.findall(r"NEEDED.*\[(.*)\]", dynamic):
        if library in SYSTEM:
            continue
        places = [place.replace("$ORIGIN", str(path.parent)) for place in (run_path[0].split(":") if run_path else [])]
        if not any(os.path.exists(os.path.join(place, library)) for place in places):
            yield f"needs {library}"
    for place in run_path:
        if not all(part.startswith("$ORIGIN") for part in place.split(":")):
            yield f"looks for libraries in {place}"
    segments = readelf("-l", path)
    if "GNU_STACK" not in segments or re.search(r"GNU_STACK.*RWE", segments):
        yield "executable stack"
    if re.search(r"LOAD.*RWE", segments):
        yield "writable code"
    if "Type:" not in readelf("-h", path) or not re.search(r"Type:\s+DYN", readelf("-h", path)):
        yield "not position independent"
    if "TEXTREL" in dynamic:
        yield "text relocations"


def highest(path, prefix):
    found = [number(v) for v in re.findall(prefix + r"_([0-9.]+)", readelf("-V", path))]
    return ".".join(map(str, max(found))) if found else "-"


def main():
    if len(sys.argv) < 3 or not re.fullmatch(r"2\.\d+", sys.argv[1]):
        sys.exit(__doc__)
    floor, bad, seen = number(sys.argv[1]), 0, 0
    for path in elf_files(sys.argv[2:]):
        seen += 1
        wrong = list(findings(path, floor))
        print(f"{path}: GLIBC_{highest(path, 'GLIBC')}, GCC_{highest(path, 'GCC')}{''.join('; ' + w.upper() for w in wrong)}")
        bad += bool(wrong)
    if seen == 0:
        sys.exit("no ELF file there")
    if bad:
        sys.exit(f"{bad} of {seen} files need more than glibc {sys.argv[1]} and libgcc_s, or are built wrongly")
    print(f"{seen} files need nothing but glibc {sys.argv[1]} and libgcc_s")


if __name__ == "__main__":
    main()
