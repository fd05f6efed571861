"""Debian's C client (libzookeeper_mt), unchanged, against the server."""

import pathlib
import shutil
import subprocess

import pytest

from conftest import missing

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    if shutil.which("cc") is None:
        missing("no C compiler")
    if not pathlib.Path("/usr/include/zookeeper/zookeeper.h").exists():
        if shutil.which("apt-get") is None:
            pytest.skip("NOT TESTED: this system has no package of the C client")
        missing("no C client on this machine (on Debian: apt-get install libzookeeper-mt-dev)")
    target = tmp_path_factory.mktemp("c") / "c_client_check"
    built = subprocess.run(["cc", "-std=gnu11", "-DTHREADED", "-Wall", HERE / "c_client_check.c", "-o", target, "-lzookeeper_mt",
                            "-lpthread"], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return target


def test_c_client_does_its_basic_work(module_server, program):
    done = subprocess.run([program, module_server.hosts], capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok  ") > 30
