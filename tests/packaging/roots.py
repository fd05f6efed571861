"""Roots of other systems, entered by chroot in namespaces of their own: what runs there sees only its own processes and network, and is gone
when the command ends. Needs root on Linux.

A root of Debian is a whole minimal system, made by mmdebstrap once and kept as an archive. What stands in for Enterprise Linux is in
stand_ins.py.
"""

import os
import pathlib
import shutil
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = pathlib.Path(os.environ.get("ZOOKERNEL_PACKAGES", REPOSITORY / "build" / "packages"))
CACHE = pathlib.Path(os.environ.get("ZOOKERNEL_ROOTS", REPOSITORY / "build" / "roots"))
# What a user's compiler needs, and what package scripts may expect of any Debian.
DEBIAN_PACKAGES = "g++,cmake,make,adduser,init-system-helpers,ca-certificates"


class Root:
    """A directory that is somebody's /."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def path(self, name):
        return self.directory / name.lstrip("/")

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def run(self, script, expect=0, timeout=300, wrapper="", shell="/bin/sh"):
        """Runs a shell script inside and answers all that it said. Processes that it leaves behind end with it."""
        self.write("/run-me.sh", script)
        prepare = (f'mount -t proc proc "{self.directory}/proc" && ip link set lo up && '
                   f'mount --bind /dev "{self.directory}/dev" && exec chroot "{self.directory}" {wrapper} {shell} /run-me.sh')
        done = subprocess.run(
            ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "sh", "-c", prepare],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", "HOME": "/root"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=timeout)
        assert expect is None or done.returncode == expect, f"exit code {done.returncode}, not {expect}\n{script}\n{done.stdout}"
        return done.stdout


def debian(release, directory):
    archive = CACHE / f"{release}.tar"
    if not archive.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = CACHE / f"{release}.unfinished.tar"
        subprocess.run(["mmdebstrap", "--variant=minbase", f"--include={DEBIAN_PACKAGES}", release, unfinished,
                        "http://deb.debian.org/debian"], check=True, timeout=1200)
        unfinished.rename(archive)
    directory.mkdir(parents=True)
    subprocess.run(["tar", "-xf", archive, "-C", directory, "--exclude=./dev/*"], check=True)
    root = Root(directory)
    root.write("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")
    return root


def remove(root):
    shutil.rmtree(root.directory, ignore_errors=True)
