"""The archive, and what its programs need: the floor, system calls of old kernels, lint of the packages, a scheme by clang with libc++."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

import roots

TOOLS = roots.REPOSITORY / "packaging"
HERE = pathlib.Path(__file__).resolve().parent


def run(*command, expect=0, **options):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, **options)
    assert expect is None or done.returncode == expect, f"{command}: {done.returncode}\n{done.stdout}"
    return done.stdout


def archive():
    return next(p for p in roots.PACKAGES.glob("zookernel-*-linux-x86_64.tar.gz"))


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    directory = tmp_path_factory.mktemp("archive")
    run("tar", "-xzf", archive(), "-C", directory)
    return next(directory.iterdir())


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def configure(tree, directory, *more):
    port = free_port()
    text = (tree / "conf/zoo_sample.cfg").read_text()
    text = re.sub(r"(?m)^dataDir=.*", f"dataDir={directory / 'data'}", text)
    text = re.sub(r"(?m)^clientPort=.*", f"clientPort={port}", text)
    file = directory / "zoo.cfg"
    file.write_text(text + "\n" + "\n".join(more) + "\n")
    return file, port


class Server:
    """A server in the foreground, under whatever runs it."""

    def __init__(self, tree, file, port, wrapper=()):
        self.tree, self.port = tree, port
        self.process = subprocess.Popen([*map(str, wrapper), str(tree / "bin/zookernel"), str(file)], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)

    def __enter__(self):
        deadline = time.monotonic() + 30
        while subprocess.run([self.tree / "bin/zk4lw", "127.0.0.1", str(self.port), "srvr"], capture_output=True).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                pytest.fail(f"no answer: {self.process.communicate()[0]}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.output = self.process.communicate(timeout=30)[0]

    def cli(self, *words):
        return run(self.tree / "bin/zkCli.sh", "-server", f"127.0.0.1:{self.port}", *words)


def test_nothing_needs_more_than_the_floor(tree):
    said = run(sys.executable, TOOLS / "portable/check_floor.py", "2.12", tree)
    print(said)
    assert "files need nothing but glibc 2.12 and libgcc_s" in said


def test_the_check_of_the_floor_can_fail(tree):
    assert "NEEDS GLIBC_2.10" in run(sys.executable, TOOLS / "portable/check_floor.py", "2.5", tree, expect=1)
    assert "file" in run(sys.executable, TOOLS / "portable/check_floor.py", "2.12", "/bin/bash", expect=1)


def test_the_private_library_is_hidden_from_others(tree):
    symbols = run("readelf", "-W", "--dyn-syms", tree / "lib/zookernel/libzookernel-c++.so.6")
    defined = [line for line in symbols.splitlines() if "ZOOKERNEL_GLIBCXX" in line]
    assert len(defined) > 3000
    assert not [line for line in defined if "@@" in line]
    assert "UNIQUE" not in symbols and "@GLIBCXX" not in symbols


def test_unpacked_and_answering_within_two_seconds(tmp_path):
    began = time.monotonic()
    run("tar", "-xzf", archive(), "-C", tmp_path)
    tree = next(tmp_path.iterdir())
    file, port = configure(tree, tmp_path)
    with Server(tree, file, port) as server:
        server.cli("create", "/x", "hello")
        took = time.monotonic() - began
        assert "hello" in server.cli("get", "/x")
    print(f"{took:.2f} s from the archive to the first answer")
    assert took < 2


def test_scripts_of_the_archive_find_everything(tree, tmp_path):
    file, port = configure(tree, tmp_path)
    environment = {**os.environ, "ZOO_LOG_DIR": str(tmp_path)}
    assert "STARTED" in run(tree / "bin/zkServer.sh", "start", file, env=environment)
    assert "Mode: standalone" in run(tree / "bin/zkServer.sh", "status", file, env=environment)
    assert "STOPPED" in run(tree / "bin/zkServer.sh", "stop", file, env=environment)


@pytest.mark.parametrize("kernel, highest", [("Linux 2.6.32", 298), ("Linux 3.10", 313)])
def test_system_calls_of_old_kernels_are_enough(kernel, highest, tree, tmp_path):
    program = tmp_path / "old_kernel"
    run("gcc", "-O2", "-Wall", "-Werror", HERE / "old_kernel.c", "-o", program)
    file, port = configure(tree, tmp_path)
    with Server(tree, file, port, (program, highest)) as server:
        assert "Created /x" in server.cli("create", "/x", "hello")
    assert "stopped" in server.output


def test_scheme_by_clang_and_libcxx_is_used(tree, tmp_path):
    if shutil.which("clang++") is None or not pathlib.Path("/usr/lib/llvm-14/include/c++").exists():
        pytest.skip("NOT TESTED: no clang++ with libc++ here")
    plugins = tmp_path / "plugins"
    plugins.mkdir(mode=0o755)
    (tmp_path / "plugin.map").write_text("{ global: zookernel_plugin; local: *; };\n")
    run("clang++", "-stdlib=libc++", "-std=c++17", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-Wl,-z,nodelete", "-Wl,-z,now",
        f"-Wl,--version-script={tmp_path}/plugin.map", f"-I{tree}/include", roots.REPOSITORY / "plugins/auth/example_token/token.cc",
        "-o", plugins / "libtoken.so")
    secret = "correct-horse-battery-staple"
    file, port = configure(tree, tmp_path, "plugin.auth=token", f"token.secret={secret}",
                           f"plugin.path={plugins}:{tree}/lib/zookernel/plugins")
    with Server(tree, file, port) as server:
        said = run(tree / "bin/zkCli.sh", "-server", f"127.0.0.1:{port}",
                   input=f"addauth token red:{secret}\ncreate /team plans auth::cdrwa\ngetAcl /team\nquit\n")
        assert "'token,'red" in said
        maps = pathlib.Path(f"/proc/{server.process.pid}/maps").read_text()
        assert "libc++.so" in maps and "libzookernel-c++.so" in maps


def test_equal_builds_are_equal_archives(tmp_path):
    build = roots.REPOSITORY / "build" / "portable"
    if not build.exists():
        pytest.skip("NOT TESTED: the build is not here any more")
    run(sys.executable, TOOLS / "archive/make_archive.py", build, tmp_path)
    assert (tmp_path / archive().name).read_bytes() == archive().read_bytes()


def test_lint_of_rpms_finds_nothing_unexplained():
    packages = [p for p in roots.PACKAGES.glob("*.rpm") if "debuginfo" not in p.name]
    said = run("rpmlint", "-c", TOOLS / "rpm/rpmlint.toml", *packages, TOOLS / "rpm/zookernel.spec", expect=None)
    assert " 0 errors, 0 warnings" in said, said


def test_lint_of_debs_finds_nothing_unexplained():
    run("lintian", "--fail-on", "warning", "--tag-display-limit", "0", *roots.PACKAGES.glob("*.changes"))
