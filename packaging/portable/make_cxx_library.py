#!/usr/bin/env python3
"""Makes the C++ library of our own programs and plugins: g++'s, linked again at the floor, under a name of its own.

    make_cxx_library.py FLOOR_DIRECTORY OUTPUT_FILE

It must never meet the libstdc++ of the system, which plugins of other people bring into the same process. So its name is another, its versions
are called ZOOKERNEL_GLIBCXX_3.4 and so on, and the file that is shipped (OUTPUT_FILE) has two more marks that the link editor cannot make:
every symbol is hidden from references without a version (those of libc++), and none is STB_GNU_UNIQUE (those are shared by name alone, whatever
the version). Programs are linked against the same library without these marks, FLOOR_DIRECTORY/usr/lib64/libstdc++.so.
"""

import pathlib
import re
import struct
import subprocess
import sys

NAME = "libzookernel-c++.so.6"
SHT_DYNSYM, SHT_GNU_VERSYM = 11, 0x6FFFFFFF
VERSION_HIDDEN = 0x8000
STB_GLOBAL, STB_GNU_UNIQUE = 1, 10


def link(floor, output):
    archive = pathlib.Path(subprocess.run(["g++", "-print-file-name=libstdc++.a"], check=True, capture_output=True,
                                          text=True).stdout.strip())
    version_map = archive.with_name("libstdc++_pic.map")
    if not version_map.exists():
        sys.exit(f"{version_map} is missing: install libstdc++-12-pic")
    script = output.with_suffix(".map")
    script.write_text(re.sub(r"\b(GLIBCXX|CXXABI)_", r"ZOOKERNEL_\1_", version_map.read_text()))
    libraries = floor / "usr" / "lib64"
    # The driver of C adds no C++ library; the unwinder must be the one of the process.
    subprocess.run(["gcc", "-shared", "-shared-libgcc", f"--sysroot={floor}", f"-B{libraries}/", f"-L{libraries}",
                    f"-Wl,-soname,{NAME}", f"-Wl,--version-script={script}", "-Wl,-z,relro,-z,now", "-Wl,-O1",
                    "-Wl,--whole-archive", archive, "-Wl,--no-whole-archive", "-Wl,-z,defs", "-lm", "-o", output], check=True)
    script.unlink()


def sections(image):
    """The section headers as dictionaries; only those of a 64-bit little-endian file."""
    (offset,) = struct.unpack_from("<Q", image, 40)
    size, count = struct.unpack_from("<HH", image, 58)
    for index in range(count):
        fields = struct.unpack_from("<IIQQQQIIQQ", image, offset + index * size)
        yield dict(zip(("name", "type", "flags", "address", "offset", "size", "link", "info", "align", "entry"), fields))


def isolate(image):
    for section in sections(image):
        if section["type"] == SHT_GNU_VERSYM:
            for at in range(section["offset"], section["offset"] + section["size"], 2):
                (version,) = struct.unpack_from("<H", image, at)
                # 0 and 1 are local symbols and those without a version.
                if version & ~VERSION_HIDDEN > 1:
                    struct.pack_into("<H", image, at, version | VERSION_HIDDEN)
        if section["type"] == SHT_DYNSYM:
            for at in range(section["offset"], section["offset"] + section["size"], section["entry"]):
                if image[at + 4] >> 4 == STB_GNU_UNIQUE:
                    image[at + 4] = STB_GLOBAL << 4 | image[at + 4] & 0xF


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    floor, output = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    plain = floor / "usr" / "lib64" / "libstdc++.so"
    link(floor, plain)
    image = bytearray(plain.read_bytes())
    isolate(image)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(image)
    output.chmod(0o755)


if __name__ == "__main__":
    main()
