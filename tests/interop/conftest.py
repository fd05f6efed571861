"""Fixtures of the interop tests: a server for a module, more servers on demand, kazoo clients, and loud skips."""

import os
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness import server as servers  # noqa: E402


def pytest_report_header(config):
    kind = servers.default_kind()
    program = servers.server_program() if kind == "zookernel" else "Java, from tests/tools/fetch_java.sh"
    return f"server under test: {kind} ({program})"


def pytest_collection_modifyitems(config, items):
    if servers.default_kind() != "java":
        return
    # What Java does worse is not asked of it: these tests state promises of ours.
    ours_only = pytest.mark.skip(reason="a promise of zookernel, not of Java's server")
    for item in items:
        if "zookernel_only" in item.keywords:
            item.add_marker(ours_only)


def pytest_configure(config):
    config.addinivalue_line("markers", "zookernel_only: a promise that Java's server does not make")
    config.addinivalue_line("markers", "needs_java: starts the reference server or its CLI")


def missing(what):
    """Skips the test, or fails it where the caller promised that everything is installed (as ./dev test does)."""
    if os.environ.get("ZOOKERNEL_REQUIRE_CLIENTS") == "1":
        pytest.fail(f"{what} (and ZOOKERNEL_REQUIRE_CLIENTS=1 says that nothing may be missing)")
    pytest.skip(f"NOT TESTED: {what}")


@pytest.fixture(scope="session")
def java_class_path():
    if shutil.which("java") is None:
        missing("no java on this machine")
    try:
        return servers.java_class_path()
    except FileNotFoundError as error:
        missing(str(error))


@pytest.fixture(scope="session", autouse=True)
def server_exists():
    if servers.default_kind() == "java":
        return
    program = servers.server_program()
    if not program.exists():
        pytest.fail(f"{program} does not exist: build and install first (./dev build), or name it in ZOOKERNEL_SERVER")



@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    setattr(item, f"rep_{report.when}", report)
    if report.when == "call" and report.failed:
        for name in ("server", "module_server"):
            server = item.funcargs.get(name)
            if isinstance(server, servers.Server):
                report.sections.append((f"log of {name}", server.log()[-6000:]))
        for server in getattr(item, "started_servers", []):
            report.sections.append((f"log of the server in {server.directory}", server.log()[-6000:]))


@pytest.fixture(scope="module")
def module_server(tmp_path_factory):
    """One running server for all tests of a file. Tests keep out of each other's way by using their own znodes."""
    server = servers.Server(tmp_path_factory.mktemp("server"))
    with server:
        yield server
        assert server.alive(), f"the server ended during the tests\n{server.log()}"


@pytest.fixture
def make_server(request, tmp_path):
    """Makes servers for one test; those that still run afterwards are killed."""
    made = []
    request.node.started_servers = made

    def make(name="server", **options):
        directory = tmp_path / name
        server = servers.Server(directory, **options)
        made.append(server)
        return server

    yield make
    for server in made:
        server.kill()


@pytest.fixture
def server(make_server):
    """A fresh running server for one test."""
    return make_server().start()


@pytest.fixture
def client(request, module_server):
    """A connected kazoo client of the module's server, and a znode of its own to work below: client.root."""
    kazoo = pytest.importorskip("kazoo.client")
    connected = kazoo.KazooClient(hosts=module_server.hosts, timeout=10)
    connected.start(timeout=20)
    name = request.node.name.replace("/", "_").replace("[", "_").replace("]", "")
    connected.root = f"/test-{name}"
    connected.ensure_path(connected.root)
    yield connected
    connected.stop()
    connected.close()


@pytest.fixture
def another_client(module_server):
    """Makes further kazoo clients of the module's server."""
    from kazoo.client import KazooClient
    made = []

    def make(**options):
        options.setdefault("timeout", 10)
        connected = KazooClient(hosts=module_server.hosts, **options)
        made.append(connected)
        connected.start(timeout=20)
        return connected

    yield make
    for connected in made:
        connected.stop()
        connected.close()
