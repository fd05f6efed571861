"""What stands in for Enterprise Linux, whose packages cannot be had here: a repository with a package `glibc` that provides exactly the
versions that the release's own provides, libgcc, shadow-utils, bash; and, so that the server can be started after dnf has installed it, real
files: the C library of Debian 11 and busybox.

What this shows: resolution, scriptlets, files, users, upgrade and removal as dnf and rpm do them. What it does not: the release's own C
library and kernel, SELinux, yum 3 and RPM 4.8.
"""

import subprocess

from roots import Root

# The newest symbol version of each release's C library.
GLIBC = {"el5": "2.5", "el6": "2.12", "el7": "2.17", "el8": "2.28", "el9": "2.34", "el10": "2.39"}
VERSIONS = ("2.2.5 2.2.6 2.3 2.3.2 2.3.3 2.3.4 2.4 2.5 2.6 2.7 2.8 2.9 2.10 2.11 2.12 2.13 2.14 2.15 2.16 2.17 2.18 2.22 2.23 2.24 2.25 "
            "2.26 2.27 2.28 2.29 2.30 2.31 2.32 2.33 2.34 2.35 2.36 2.38 2.39").split()
LIBRARIES = ["ld-linux-x86-64.so.2", "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2",
             "libnss_files.so.2", "libgcc_s.so.1"]
APPLETS = ("sh cat cp cut chmod chown date dirname basename echo env false true grep head hostname id install kill ln ls mkdir mktemp mv "
           "ps readlink rm rmdir sed sleep sort stat su tail test tr uname [ awk find which expr wc touch printf").split()

GETENT = """#!/bin/sh
grep "^$2:" "/etc/$1"
"""
GROUPADD = """#!/bin/sh
for name; do :; done
echo "$name:x:990:" >> /etc/group
"""
USERADD = """#!/bin/sh
for name; do :; done
echo "$name:x:990:990::/var/lib/$name:/sbin/nologin" >> /etc/passwd
"""


def version_key(text):
    return tuple(map(int, text.split(".")))


def provides(release):
    """What rpm's generator would write for the C library and libgcc of the release."""
    known = [v for v in VERSIONS if version_key(v) <= version_key(GLIBC[release])]
    names = ["/bin/sh", "rtld(GNU_HASH)", "shadow-utils", "bash"]
    for library in LIBRARIES:
        names.append(f"{library}()(64bit)")
    for library in ("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "ld-linux-x86-64.so.2"):
        names += [f"{library}(GLIBC_{version})(64bit)" for version in known]
    names += [f"libgcc_s.so.1(GCC_{version})(64bit)" for version in ("3.0", "3.3", "3.4", "4.2.0", "4.3.0")]
    return names


def build(release, donor, directory, key, sign):
    """Makes directory/repo, with one signed package `base` of the release. `donor` is a root of Debian, whose libraries are taken."""
    tree = directory / "tree"
    for folder in ("usr/bin", "usr/sbin", "usr/lib64", "etc", "tmp", "proc", "dev", "var/lib", "var/log", "usr/lib", "root"):
        (tree / folder).mkdir(parents=True)
    for link in ("bin", "sbin", "lib64", "lib"):
        (tree / link).symlink_to(f"usr/{link}")
    # Where the loader of the donor looks.
    (tree / "usr/lib/x86_64-linux-gnu").symlink_to("../lib64")
    for library in LIBRARIES:
        source = next(p for p in (donor.path("/lib/x86_64-linux-gnu") / library, donor.path("/usr/lib/x86_64-linux-gnu") / library) if p.exists())
        (tree / "usr/lib64" / library).write_bytes(source.read_bytes())
        (tree / "usr/lib64" / library).chmod(0o755)
    (tree / "usr/bin/busybox").write_bytes(open("/bin/busybox", "rb").read())
    (tree / "usr/bin/busybox").chmod(0o755)
    # Which busybox does not have here.
    (tree / "usr/bin/nohup").write_bytes(donor.path("/usr/bin/nohup").read_bytes())
    (tree / "usr/bin/nohup").chmod(0o755)
    for applet in APPLETS:
        (tree / "usr/bin" / applet).symlink_to("busybox")
    for name, text in (("usr/bin/getent", GETENT), ("usr/sbin/groupadd", GROUPADD), ("usr/sbin/useradd", USERADD)):
        (tree / name).write_text(text)
        (tree / name).chmod(0o755)
    (tree / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (tree / "etc/group").write_text("root:x:0:\n")
    (tree / "etc/hosts").write_text("127.0.0.1 localhost\n")
    (tree / "etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files\n")

    spec = directory / "base.spec"
    spec.write_text("\n".join([
        "Name: base", "Version: 1", "Release: 1", "Summary: stand-in", "License: none", "AutoReqProv: no",
        *(f"Provides: {name}" for name in provides(release)), "%description", "stand-in", "%install", f"cp -a {tree}/. %{{buildroot}}/",
        "%files", "/*", ""]))
    subprocess.run(["rpmbuild", "--quiet", "-bb", "--define", f"_topdir {directory}/rpmbuild", "--define", "__os_install_post %{nil}",
                    "--define", "_build_id_links none", "--define", "_binary_payload w0.gzdio", spec], check=True, capture_output=True)
    sign(directory / "repo", list((directory / "rpmbuild/RPMS").rglob("*.rpm")), key)


class StandIn(Root):
    def __init__(self, release, directory, repositories, key):
        super().__init__(directory / "root")
        self.directory.mkdir(parents=True)
        self.release, self.repositories, self.cache, self.key = release, repositories, directory / "cache", key

    def dnf(self, *arguments, expect=0):
        """dnf of this machine at work in the root, with the repositories given and every signature checked."""
        command = ["dnf", "-y", f"--installroot={self.directory}", "--releasever=1", "--setopt=reposdir=/dev/null",
                   f"--setopt=cachedir={self.cache}", "--setopt=install_weak_deps=0", "--setopt=gpgcheck=1"]
        for name, path in self.repositories.items():
            command += [f"--repofrompath={name},{path}", f"--setopt={name}.gpgkey=file://{self.key.public}", f"--setopt={name}.gpgcheck=1"]
        done = subprocess.run([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        assert expect is None or done.returncode == expect, f"dnf {arguments}: {done.returncode}\n{done.stdout}"
        return done.stdout
