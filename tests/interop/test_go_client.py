"""go-zookeeper, unchanged, against the server."""

import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import missing

SOURCES = pathlib.Path(__file__).resolve().parent / "go_client"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    if shutil.which("go") is None:
        missing("no Go compiler on this machine")
    folder = tmp_path_factory.mktemp("go") / "client"
    shutil.copytree(SOURCES, folder)
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    built = subprocess.run(["go", "build", "-o", "goclient", "."], cwd=folder, env=environment, capture_output=True, text=True,
                           timeout=280)
    assert built.returncode == 0, built.stderr
    return folder / "goclient"


def test_go_client_does_its_basic_work(module_server, program):
    done = subprocess.run([program, module_server.hosts], capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok  ") > 20
