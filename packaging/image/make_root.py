#!/usr/bin/env python3
"""Puts together the context of packaging/image/Containerfile: OUTPUT/root and OUTPUT/Containerfile.

    make_root.py ARCHIVE.tar.gz OUTPUT

ARCHIVE is what packaging/archive/make_archive.py made. The C library, its resolver and busybox are this machine's, which is Debian 12.
"""

import pathlib
import shutil
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
# The programs need these of the system; libresolv and the nss modules are for names of hosts.
LIBRARIES = ["libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2", "libnss_dns.so.2",
             "libnss_files.so.2", "libgcc_s.so.1"]
LOADER = "/lib64/ld-linux-x86-64.so.2"
APPLETS = ["sh", "cat", "chown", "cut", "date", "dirname", "basename", "echo", "env", "false", "grep", "head", "id", "kill", "ln", "ls", "mkdir",
           "mv", "nc", "ps", "readlink", "rm", "sed", "sleep", "su", "tail", "test", "tr", "true", "uname", "vi"]
# The official image's numbers.
USER, GROUP = 1000, 1000
# Documents and what compilers need stay outside; whoever builds plugins uses a package.
LEFT_OUT = ("include", "lib/cmake", "man", "docs/manual", "bin/zookernel-plugin", "lib/zookernel/libzookernel_sdk.so")


def unpack(archive, root):
    target = root / "opt"
    target.mkdir(parents=True)
    with tarfile.open(archive) as tar:
        top = tar.getnames()[0].split("/")[0]
        tar.extractall(target, filter="fully_trusted")
    (target / top).rename(target / "zookernel")
    for name in LEFT_OUT:
        path = target / "zookernel" / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def system(root):
    for folder in ("bin", "lib64", "lib/x86_64-linux-gnu", "usr/bin", "etc", "tmp", "conf", "data", "datalog", "logs", "proc", "dev", "sys", "root"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    for name in LIBRARIES:
        shutil.copy(pathlib.Path("/lib/x86_64-linux-gnu") / name, root / "lib/x86_64-linux-gnu" / name)
    shutil.copy(LOADER, root / LOADER.lstrip("/"))
    shutil.copy("/bin/busybox", root / "bin/busybox")
    for applet in APPLETS:
        (root / "bin" / applet).symlink_to("busybox")
    (root / "etc/passwd").write_text(f"root:x:0:0:root:/root:/bin/sh\nzookeeper:x:{USER}:{GROUP}:zookeeper:/opt/zookernel:/bin/sh\n")
    (root / "etc/group").write_text(f"root:x:0:\nzookeeper:x:{GROUP}:\n")
    (root / "etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
    for folder in ("conf", "data", "datalog", "logs"):
        shutil.chown(root / folder, USER, GROUP)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    output = pathlib.Path(sys.argv[2])
    root = output / "root"
    if root.exists():
        shutil.rmtree(root)
    root.mkdir(parents=True)
    unpack(sys.argv[1], root)
    system(root)
    for name, target in (("docker-entrypoint.sh", root / "docker-entrypoint.sh"), ("Containerfile", output / "Containerfile")):
        shutil.copy(HERE / name, target)
    (root / "docker-entrypoint.sh").chmod(0o755)
    size = sum(p.lstat().st_size for p in root.rglob("*") if not p.is_dir())
    print(f"{root}: {size} bytes")


if __name__ == "__main__":
    main()
