"""Local package repositories with signatures, by a key that is made for the test."""

import pathlib
import shutil
import subprocess


class Key:
    def __init__(self, directory):
        self.home = pathlib.Path(directory)
        self.home.mkdir(mode=0o700)
        self.gpg("--quick-generate-key", "zookernel test <test@zookernel.invalid>", "rsa3072", "sign", "never")
        self.public = self.home / "public.asc"
        self.public.write_text(self.gpg("--armor", "--export"))

    def gpg(self, *arguments):
        return subprocess.run(["gpg", "--homedir", self.home, "--batch", "--pinentry-mode", "loopback", "--passphrase", "", *arguments],
                              check=True, capture_output=True, text=True).stdout

    def stop(self):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False)


def apt(directory, debs, key):
    """A flat repository: Packages, Release and its signature."""
    directory.mkdir(parents=True)
    for deb in debs:
        shutil.copy(deb, directory)
    packages = subprocess.run(["apt-ftparchive", "packages", "."], cwd=directory, check=True, capture_output=True, text=True).stdout
    (directory / "Packages").write_text(packages)
    release = subprocess.run(["apt-ftparchive", "release", "."], cwd=directory, check=True, capture_output=True, text=True).stdout
    (directory / "Release").write_text(release)
    key.gpg("--clearsign", "--output", str(directory / "InRelease"), str(directory / "Release"))


def rpm(directory, rpms, key):
    """A repository of RPMs that are signed one by one; of copies, so that the originals stay as they are."""
    directory.mkdir(parents=True)
    for package in rpms:
        shutil.copy(package, directory)
    subprocess.run(["rpmsign", "--define", f"_gpg_path {key.home}", "--define", "_gpg_name zookernel test", "--define", "__gpg /usr/bin/gpg",
                    "--define", "_gpg_digest_algo sha256", "--addsign", *directory.glob("*.rpm")], check=True, capture_output=True)
    subprocess.run(["createrepo_c", "-q", directory], check=True)
