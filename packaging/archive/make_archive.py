#!/usr/bin/env python3
"""Makes zookernel-VERSION-linux-x86_64.tar.gz from a portable build: Apache's layout (bin, conf, lib), to be unpacked anywhere.

    make_archive.py BUILD_DIRECTORY OUTPUT_DIRECTORY

Equal programs give an equal archive, bit for bit: names are sorted, owners and times fixed (SOURCE_DATE_EPOCH, else the last commit). What was
stripped is in zookernel-VERSION-linux-x86_64-debuginfo.tar.gz; a debugger finds it by build id below lib/debug.
"""

import gzip
import io
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def project_version():
    return re.search(r"project\(zookernel VERSION ([0-9.]+)", (REPOSITORY / "CMakeLists.txt").read_text())[1]


def source_date():
    return int(os.environ.get("SOURCE_DATE_EPOCH") or run("git", "-C", REPOSITORY, "log", "-1", "--format=%ct"))


def arrange(tree):
    """From the layout of a system (sbin, etc, share/doc) to Apache's."""
    (tree / "sbin" / "zookernel").rename(tree / "bin" / "zookernel")
    (tree / "sbin").rmdir()
    (tree / "etc" / "zookernel").rename(tree / "conf")
    (tree / "etc").rmdir()
    (tree / "share" / "doc" / "zookernel").rename(tree / "docs")
    for name in ("LICENSE", "README.md", "CHANGELOG.md"):
        (tree / "docs" / name).rename(tree / name)
    (tree / "share" / "man").rename(tree / "man")
    shutil.rmtree(tree / "share")
    sample = tree / "conf" / "zoo_sample.cfg"
    # Nobody but root may write to /var/lib; Apache's sample uses /tmp as well.
    sample.write_text(sample.read_text().replace("dataDir=/var/lib/zookernel", "dataDir=/tmp/zookeeper"))


def strip(tree, debug):
    for path in sorted(p for p in tree.rglob("*") if p.is_file() and not p.is_symlink()):
        with path.open("rb") as file:
            if file.read(4) != b"\x7fELF":
                continue
        build_id = re.search(r"Build ID: ([0-9a-f]+)", run("readelf", "-n", path))
        if build_id:
            target = debug / "lib" / "debug" / ".build-id" / build_id[1][:2] / f"{build_id[1][2:]}.debug"
            target.parent.mkdir(parents=True, exist_ok=True)
            run("objcopy", "--only-keep-debug", "--compress-debug-sections", path, target)
        run("strip", "--strip-unneeded", "--remove-section=.comment", path)


def pack(tree, top, output, date):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in [tree, *sorted(tree.rglob("*"))]:
            info = archive.gettarinfo(path, str(pathlib.PurePosixPath(top) / path.relative_to(tree)))
            info.uid = info.gid = 0
            info.uname = info.gname = "root"
            info.mtime = date
            info.mode = 0o755 if info.isdir() or info.mode & 0o100 else 0o644
            if info.isfile():
                with path.open("rb") as file:
                    archive.addfile(info, file)
            else:
                archive.addfile(info)
    with output.open("wb") as file, gzip.GzipFile("", "wb", 9, file, date) as packed:
        packed.write(raw.getvalue())


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    build, output = map(pathlib.Path, sys.argv[1:])
    output.mkdir(parents=True, exist_ok=True)
    name = f"zookernel-{project_version()}-linux-x86_64"
    with tempfile.TemporaryDirectory() as work:
        tree, debug = pathlib.Path(work) / "tree", pathlib.Path(work) / "debug"
        run("cmake", "--install", build, "--prefix", tree)
        strip(tree, debug)
        arrange(tree)
        pack(tree, name, output / f"{name}.tar.gz", source_date())
        pack(debug, f"{name}-debuginfo", output / f"{name}-debuginfo.tar.gz", source_date())
    print(output / f"{name}.tar.gz")


if __name__ == "__main__":
    os.umask(0o022)
    main()
