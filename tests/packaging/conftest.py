"""What ./dev package made, and the tools to try it; a loud skip, or a failure under ./dev test --nightly, where something is missing."""

import os
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import repositories  # noqa: E402
import roots  # noqa: E402


def missing(what):
    if os.environ.get("ZOOKERNEL_REQUIRE_PACKAGES") == "1":
        pytest.fail(what)
    pytest.skip(f"NOT TESTED: {what}")


@pytest.fixture(scope="session", autouse=True)
def needed():
    if os.geteuid() != 0:
        missing("the tests of packages enter other roots, which needs root")
    for tool in ("unshare", "ip", "mmdebstrap", "dnf", "createrepo_c", "rpmbuild", "rpmsign", "apt-ftparchive", "busybox", "lintian", "rpmlint"):
        if shutil.which(tool) is None:
            missing(f"{tool} is not installed (./dev package installs it)")
    if not list(roots.PACKAGES.glob("zookernel-*.rpm")):
        missing(f"{roots.PACKAGES} has no packages: ./dev package makes them")


@pytest.fixture(scope="session")
def key(tmp_path_factory):
    key = repositories.Key(tmp_path_factory.mktemp("gpg") / "home")
    yield key
    key.stop()
