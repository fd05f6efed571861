"""Directories that Java servers wrote: the good ones are served exactly as Java serves them, the damaged ones are refused
with a line that names the file and the place, or served whole. None is ever served short in silence."""

import json
import pathlib
import re
import shutil

import pytest

from harness import server as servers, tree

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "data"
SUPER_CONFIG = {"extendedTypesEnabled": "true",
                "DigestAuthenticationProvider.superDigest": "super:xQJmxLMiHGwaqBvst5y6rkB6HQs="}
SUPER = [("digest", b"super:admin")]

# Java serves these two without the rest of the file. Ours must notice that valid records follow the damaged one.
SERVED_SHORT_BY_JAVA = {"corrupt-middle-eor", "corrupt-middle-len0"}

# Java refuses these although nothing that was acknowledged is missing from them. Ours may serve them, then whole: as the
# named directory is served.
MAY_BE_SERVED_AS = {
    "log-short-header-tail": ("rich", "expected.json"),
    # Their logs begin with the first transaction that there can be: they are the whole history.
    "no-snapshot": ("no-snapshot", "expected-trust-empty.json"),
    "made-by-3.4.14": ("made-by-3.4.14", "expected-trust-empty.json"),
}


def expectation(name, file="expected.json"):
    return json.loads((FIXTURES / name / file).read_text())


def expected_nodes(name, file="expected.json"):
    return {node["path"]: tree.normalise_expected(node) for node in expectation(name, file)["nodes"]}


NAMES = sorted(path.name for path in FIXTURES.iterdir() if (path / "expected.json").exists())
GOOD = [name for name in NAMES if expectation(name)["recovers"] and name not in SERVED_SHORT_BY_JAVA]
DAMAGED = [name for name in NAMES if name not in GOOD]
TRUST_EMPTY = [name for name in NAMES if (FIXTURES / name / "expected-trust-empty.json").exists()]


@pytest.fixture
def server_on(make_server, tmp_path):
    """A server, not started, over a private copy of a fixture."""

    def make(name, **extra_config):
        data = tmp_path / f"data-{name}"
        shutil.copytree(FIXTURES / name / "dataDir", data)
        return make_server(name, data_dir=data, config={**SUPER_CONFIG, **extra_config})

    return make


def assert_serves(server, expected):
    found = tree.differences(expected, tree.read_tree(server.port, SUPER))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", GOOD)
def test_good_directory_is_served_as_java_does(name, server_on):
    server = server_on(name).start()

    zxid = re.search(r"Zxid: (0x[0-9a-f]+)", server.word("srvr")).group(1)
    assert zxid == expectation(name)["lastZxid"]
    ephemerals = {session: paths for session, paths in expectation(name)["ephemerals"].items()}
    dump = server.word("dump")
    for session, paths in ephemerals.items():
        block = dump[dump.index(f"\n{session}:\n"):]
        for path in paths:
            assert f"\t{path}\n" in block
    assert_serves(server, expected_nodes(name))


@pytest.mark.parametrize("name", GOOD)
def test_good_directory_is_served_again_after_a_restart(name, server_on):
    """What the first start wrote (a snapshot, sessions of the reader) must not change the tree."""
    server = server_on(name).start()
    server.kill()
    server.start()

    assert_serves(server, expected_nodes(name))
    assert server.stop() in (0, 143)
    server.start()
    assert_serves(server, expected_nodes(name))


@pytest.mark.zookernel_only
@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_directory_is_refused_by_name_or_served_whole(name, server_on):
    server = server_on(name)
    before = {path.name: path.read_bytes() for path in (server.data_dir / "version-2").iterdir()}
    try:
        server.start()
    except servers.StartFailed as refused:
        assert refused.exit_code is not None, f"neither served nor refused\n{refused}"
        assert 0 < refused.exit_code < 128, f"refused by a crash\n{refused}"
        last = [line for line in refused.output.splitlines() if line.strip()]
        assert last, "refused without a word"
        naming = [line for line in last if names_the_trouble(name, line)]
        assert naming, f"no line names the file and the place\n{refused.output}"
        after = {path.name: path.read_bytes() for path in (server.data_dir / "version-2").iterdir()}
        for file, content in before.items():
            assert after.get(file) == content, f"{file} was changed although the server refused the directory"
        return

    assert name in MAY_BE_SERVED_AS, f"{name} must be refused: acknowledged transactions are missing\n{server.log()}"
    assert_serves(server, expected_nodes(*MAY_BE_SERVED_AS[name]))


def names_the_trouble(name, line):
    if name == "snap-all-badcrc":
        return re.search(r"snapshot\.[0-9a-f]+", line) or ("snapshot" in line and "version-2" in line)
    named = re.search(r"log\.[0-9a-f]+", line)
    if name in ("log-empty-middle", "log-short-header-tail"):
        return named
    return named and re.search(r"(offset|byte|position|at) \(?(0x[0-9a-f]+|\d+)", line)


@pytest.mark.parametrize("name", TRUST_EMPTY)
def test_logs_without_a_snapshot_are_served_when_told_so(name, server_on):
    server = server_on(name, **{"snapshot.trust.empty": "true"}).start()

    assert_serves(server, expected_nodes(name, "expected-trust-empty.json"))
