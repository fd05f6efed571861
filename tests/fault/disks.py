"""File systems of a test's own: small ones, ones whose power can be cut, ones that promise more than they have. Where the machine
does not let us make one, the test is skipped and says so."""

import fcntl
import os
import shutil
import struct
import subprocess

import pytest

# Of linux/fs.h and ext4's own header: _IOR('X', 125, __u32) with "without flushing the journal".
EXT4_SHUTDOWN, WITHOUT_FLUSHING = 0x8004587D, 2


def need_root(*programs):
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can mount file systems")
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"NOT TESTED: there is no {program} on this machine")


def run(*command):
    """Containers may forbid it even to root; that is no fault of the machine's setup."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"NOT TESTED: {' '.join(map(str, command))} is not possible here ({done.stderr.strip()})")


class SmallDisk:
    """In memory, with a size that can be changed."""

    def __init__(self, folder, mib):
        need_root("mount")
        self.folder = folder
        folder.mkdir()
        run("mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", folder)

    def resize(self, mib):
        subprocess.run(["mount", "-o", f"remount,size={mib}m", self.folder], check=True)

    def fill(self, leave_bytes=0):
        """A file of somebody else takes the room."""
        status = os.statvfs(self.folder)
        count = status.f_bavail * status.f_frsize - leave_bytes
        with open(self.folder / "filler", "wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, count)

    def empty(self):
        (self.folder / "filler").unlink()

    def remove(self):
        subprocess.run(["umount", "-l", self.folder], check=True)


class LoopDisk:
    """ext4 in a file."""

    def __init__(self, folder, image, mib, reuse=False):
        need_root("mount", "losetup", "mkfs.ext4")
        self.folder, self.image = folder, image
        folder.mkdir(exist_ok=True)
        if not reuse:
            with open(image, "wb") as file:
                file.truncate(mib << 20)
            run("mkfs.ext4", "-q", "-F", "-N", "512", "-J", "size=4", "-m", "0", image)
        self.mounted = False
        self.mount()

    def mount(self):
        run("mount", "-o", "loop", self.image, self.folder)
        self.mounted = True

    def unmount(self):
        subprocess.run(["umount", self.folder], check=True)
        self.mounted = False

    def write_pages(self):
        """One page at a time reaches the file. The loop driver takes a write of several pages that finds room for some of them for
        a good one; no server can be blamed for that."""
        found = subprocess.run(["losetup", "-n", "-O", "NAME", "-j", self.image], capture_output=True, text=True, check=True)
        device = found.stdout.strip().rsplit("/", 1)[-1]
        try:
            with open(f"/sys/block/{device}/queue/max_sectors_kb", "w") as limit:
                limit.write("4")
        except OSError as error:
            pytest.skip(f"NOT TESTED: the size of a loop device's writes cannot be limited here ({error})")

    def cut_power(self):
        """From here on nothing more reaches the file: what was not synced is lost."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, EXT4_SHUTDOWN, struct.pack("I", WITHOUT_FLUSHING))
        except OSError as error:
            pytest.skip(f"NOT TESTED: the file system cannot be shut down here ({error})")
        finally:
            os.close(descriptor)

    def remove(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.folder], check=True)
