#!/usr/bin/env python3
"""Says which third parties are part of a portable build, from what its programs were really linked with.

    third_parties.py provides BUILD_DIRECTORY              lines "NAME VERSION", for bundled() of an RPM
    third_parties.py licences BUILD_DIRECTORY DIRECTORY    DIRECTORY/NAME.txt, Debian's notes on copyright, and DIRECTORY/README.md
"""

import gzip
import pathlib
import re
import subprocess
import sys

# What is compiled in from headers leaves no trace in the commands of the linker.
HEADER_PACKAGES = {"boost": "libboost1.81-dev", "spdlog": "libspdlog-dev", "fmt": "libfmt-dev", "xxhash": "libxxhash-dev",
                   "nlohmann-json": "nlohmann-json3-dev"}
# Names of Fedora's packages, which bundled() goes by, where Debian's source packages are called otherwise.
NAMES = {"sqlite3": "sqlite", "libzstd": "zstd", "zlib": "zlib", "boost1.81": "boost", "gcc-12": "libstdc++", "snappy": "snappy",
         "nlohmann-json3": "nlohmann-json"}


def ask_dpkg(package, field):
    return subprocess.run(["dpkg-query", "-W", "-f", "${" + field + "}", package], check=True, capture_output=True, text=True).stdout


def package_of(path):
    owner = subprocess.run(["dpkg-query", "-S", path], check=True, capture_output=True, text=True).stdout
    return owner.split(":")[0]


def archives(build):
    """The static archives from outside that the build names to the linker."""
    found = set()
    for line in (build / "build.ninja").read_text().splitlines():
        if line.strip().startswith("LINK_LIBRARIES = "):
            found.update(re.findall(r"(/usr/lib/\S+\.a)\b", line))
            for name in re.findall(r"(?<=\s)-l(\S+)", line):
                link = build / "floor" / "usr" / "lib64" / f"lib{name}.a"
                if link.is_symlink():
                    found.add(str(link.resolve()))
            if "libprotobuf-lite.a" in line:
                # Our own build of the same release.
                found.add("/usr/lib/x86_64-linux-gnu/libprotobuf-lite.a")
    return sorted(found)


def parties(build):
    """name -> Debian package"""
    packages = dict(HEADER_PACKAGES)
    packages["libstdc++"] = "libstdc++-12-dev"
    for archive in archives(build):
        package = package_of(archive)
        source = ask_dpkg(package, "source:Package")
        packages[NAMES.get(source, source)] = package
    return dict(sorted(packages.items()))


def version_of(package):
    # "3.40.1-2+deb12u2" is 3.40.1; marks of repacking are Debian's own, and RPM allows no dash.
    return re.sub(r"[+.](dfsg|ds)\d*$", "", ask_dpkg(package, "source:Upstream-Version")).replace("-", ".")


def write_licences(build, directory):
    directory.mkdir(parents=True, exist_ok=True)
    lines = ["# Third parties in these programs", "",
             "They are linked statically, as Debian builds them; the file beside this one that bears the name tells the licence.", "",
             "| name | version | Debian's |", "|---|---|---|"]
    for name, package in parties(build).items():
        lines.append(f"| {name} | {version_of(package)} | {ask_dpkg(package, 'Version')} |")
        text = pathlib.Path("/usr/share/doc", package, "copyright").read_text(errors="replace")
        if len(text) < 65536:
            (directory / f"{name}.txt").write_text(text)
        else:
            (directory / f"{name}.txt.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    (directory / "README.md").write_text("\n".join(lines) + "\n")


def main():
    match sys.argv[1:]:
        case ["provides", build]:
            for name, package in parties(pathlib.Path(build)).items():
                print(name, version_of(package))
        case ["licences", build, directory]:
            write_licences(pathlib.Path(build), pathlib.Path(directory))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
