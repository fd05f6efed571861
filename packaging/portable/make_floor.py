#!/usr/bin/env python3
"""Makes the tree that portable programs are linked against: this machine's C library, cut at an older version.

    make_floor.py GLIBC_VERSION OUTPUT_DIRECTORY        make_floor.py 2.12 build/portable/floor

A stand-in is an empty shared object that exports exactly those versioned symbols of the machine's own library which are not newer than the
cut; the newest of them is the default. What is linked against stand-ins cannot name anything newer: the link fails and says which symbol is
missing. The C files beside this script supply what an old C library lacks or used to link statically.
"""

import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SYSTEM = pathlib.Path("/lib/x86_64-linux-gnu")
LIBRARIES = ["libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libresolv.so.2", "libutil.so.1",
             "ld-linux-x86-64.so.2", "libgcc_s.so.1"]
# The compiler of the oldest system with the floor's C library (Enterprise Linux 6).
GCC_RUNTIME = (4, 4)
KINDS = {"OBJECT": "object", "TLS": "tls_object"}
SECTIONS = {"object": ".bss", "tls_object": '.section .tbss,"awT",@nobits', "function": ".text"}


def version_number(text, cut):
    """GLIBC_2.3.4 as (2, 3, 4), or None for one above the cut and for private ones."""
    match = re.fullmatch(r"(GLIBC|GCC)_([0-9.]+)", text)
    if match is None:
        return None
    number = tuple(int(part) for part in match[2].split("."))
    return number if number[:2] <= cut[match[1]] else None


def exported(library, cut):
    """The (name, version, kind, size, binding) of the symbols that an older library would have as well."""
    listing = subprocess.run(["readelf", "-W", "--dyn-syms", SYSTEM / library], check=True, capture_output=True, text=True).stdout
    symbols = set()
    for fields in (line.split() for line in listing.splitlines()):
        if len(fields) < 8 or fields[6] == "UND" or "@" not in fields[7]:
            continue
        name, version = re.split("@+", fields[7])
        if name != version and version_number(version, cut) is not None:
            symbols.add((name, version, KINDS.get(fields[3], "function"), int(fields[2], 0), fields[4]))
    return sorted(symbols)


def compile_stand_in(library, symbols, cut, directory):
    newest = {}
    for name, version, *_ in symbols:
        if name not in newest or version_number(version, cut) > version_number(newest[name], cut):
            newest[name] = version
    lines = []
    for index, (name, version, kind, size, binding) in enumerate(symbols):
        stub = f"stub_{index}"
        lines += [SECTIONS[kind], f".{'weak' if binding == 'WEAK' else 'globl'} {stub}", f".type {stub},@{kind}",
                  f"{stub}: .skip {8 if kind == 'function' else max(size, 1)}", f".size {stub},{size}",
                  f".symver {stub},{name}{'@@' if newest[name] == version else '@'}{version}"]
    lines.append('.section .note.GNU-stack,"",@progbits')
    nodes, previous = [], ""
    for version in sorted({version for _, version, *_ in symbols} or {"GLIBC_2.2.5"}, key=lambda v: version_number(v, cut)):
        nodes.append(f"{version} {{ {'' if previous else 'local: stub_*;'} }} {previous};")
        previous = version
    source, script = directory / f"{library}.s", directory / f"{library}.map"
    source.write_text("\n".join(lines) + "\n")
    script.write_text("\n".join(nodes) + "\n")
    run("gcc", "-shared", "-nostdlib", f"-Wl,-soname,{library}", f"-Wl,--version-script={script}", source, "-o", directory / library)
    source.unlink()
    script.unlink()


def run(*command):
    subprocess.run([str(part) for part in command], check=True)


def main():
    if len(sys.argv) != 3 or not re.fullmatch(r"2\.\d+", sys.argv[1]):
        sys.exit(__doc__)
    cut = {"GLIBC": tuple(int(part) for part in sys.argv[1].split(".")), "GCC": GCC_RUNTIME}
    directory = pathlib.Path(sys.argv[2]).resolve() / "usr" / "lib64"
    directory.mkdir(parents=True, exist_ok=True)
    for library in LIBRARIES:
        compile_stand_in(library, exported(library, cut), cut, directory)
        linker_name = re.sub(r"\.so\..*", ".so", library)
        if linker_name not in ("libc.so", "ld-linux-x86-64.so") and not (directory / linker_name).is_symlink():
            (directory / linker_name).symlink_to(library)
    compiler = ["gcc", "-O2", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror", "-c"]
    run(*compiler, "-fno-asynchronous-unwind-tables", HERE / "start.c", "-o", directory / "Scrt1.o")
    archive = directory / "libc_nonshared.a"
    archive.unlink(missing_ok=True)
    objects = []
    for name in ("nonshared", "missing_functions", "thread_exit"):
        objects.append(directory / f"{name}.o")
        run(*compiler, HERE / f"{name}.c", "-o", objects[-1])
    run("ar", "crsD", archive, *objects)
    for name in ("crti.o", "crtn.o"):
        (directory / name).write_bytes(pathlib.Path(f"/usr/lib/x86_64-linux-gnu/{name}").read_bytes())
    # On this machine libc.so.6 has what an old one has in other libraries: each object must ask for those by name.
    (directory / "libc.so").write_text(
        "GROUP ( libc.so.6 libc_nonshared.a libpthread.so.0 libdl.so.2 librt.so.1 AS_NEEDED ( ld-linux-x86-64.so.2 ) )\n")


if __name__ == "__main__":
    os.umask(0o022)
    main()
