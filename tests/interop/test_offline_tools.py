"""zookernel-db and the scripts with Apache's names, over directories that Java servers wrote, good and damaged, and over one
that ours writes. Nothing is read past damage in silence."""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from harness import server as servers, wire
from test_data_directories import DAMAGED, FIXTURES, GOOD, MAY_BE_SERVED_AS, NAMES, expectation

BIN = servers.server_program().parent.parent / "bin"
REFUSED = [name for name in DAMAGED if name not in MAY_BE_SERVED_AS]
UTC = {**{key: value for key, value in os.environ.items() if not key.startswith("ZOO")}, "TZ": "UTC"}
NEEDS_A_BACKUP = ("snap-all-badcrc",)


def run(program, *arguments, text="", **more):
    return subprocess.run([BIN / program, *map(str, arguments)], input=text, capture_output=True, text=True, timeout=60,
                          env={**UTC, **more})


def db(*arguments):
    return run("zookernel-db", *arguments)


def lines_of(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def data_of(name):
    return FIXTURES / name / "dataDir"


def source_of(name, tmp_path):
    """A copy for commands that take the server's lock, which leaves a file."""
    return shutil.copytree(data_of(name), tmp_path / f"source-{name}", dirs_exist_ok=True)


def copy_of(name, tmp_path):
    shutil.copytree(data_of(name), tmp_path / "data")
    return tmp_path / "data"


def files_of(data):
    return {path.name: path.read_bytes() for path in (data / "version-2").iterdir() if path.name != ".zookernel.lock"}


def newest(name, prefix):
    files = [path for path in (data_of(name) / "version-2").iterdir() if path.name.startswith(prefix)]
    return max(files, key=lambda path: int(path.name.split(".")[1], 16))


# verify ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_verify_accounts_for_every_byte_and_judges_as_the_server_does(name):
    before = files_of(data_of(name))
    result = db("verify", "--json", data_of(name))

    *stretches, verdict = lines_of(result)
    if name in GOOD:
        assert result.returncode in (0, 1), result.stdout
        assert verdict["result"] in ("good", "findings")
        assert verdict["lastZxid"] == expectation(name)["lastZxid"]
    elif name in REFUSED:
        assert result.returncode == 3, result.stdout
        assert verdict["result"] == "refused"
    for file, content in before.items():
        mine = [stretch for stretch in stretches if pathlib.Path(stretch["file"]).name == file]
        assert mine, f"{file} is not in the report"
        if file.endswith((".gz", ".snappy")):
            continue  # offsets are those of the uncompressed stream
        end = 0
        for stretch in mine:
            # A second look at the whole of a file may add to what was said of its parts.
            assert stretch["begin"] <= end, f"{file}: nothing is said of bytes {end} to {stretch['begin']}"
            end = max(end, stretch["end"])
        assert end == len(content), f"{file}: nothing is said of what follows byte {end}"
    assert files_of(data_of(name)) == before, "verify has changed something"


def test_verify_says_the_same_in_text():
    result = db("verify", data_of("corrupt-middle-payload"))

    assert result.returncode == 3
    assert re.search(r"^  \d+-\d+ +- +damaged the record is damaged: its checksum does not match", result.stdout, re.M)
    assert re.search(r"^refused: .*log\.1: at byte \d+", result.stdout, re.M)


def test_verify_finds_flipped_bytes_anywhere(tmp_path):
    data = copy_of("multisnap", tmp_path)
    assert db("verify", data).returncode == 0
    for file in sorted((data / "version-2").iterdir()):
        content = file.read_bytes()
        used = len(content.rstrip(b"\0"))
        for at in {0, 3, 5, 9, 17, used // 3, used // 2, used - 2, used - 1}:
            file.write_bytes(content[:at] + bytes([content[at] ^ 0x40]) + content[at + 1:])
            result = db("verify", data)
            assert result.returncode in (1, 3), f"{file.name}, byte {at}: {result.stdout}"
        file.write_bytes(content)
    assert db("verify", data).returncode == 0


# dump -----------------------------------------------------------------------------------------------------------------------


def letters(perms):
    return "".join(letter for bit, letter in ((4, "c"), (8, "d"), (1, "r"), (2, "w"), (16, "a")) if perms & bit)


def dumped_nodes(result):
    return {line["path"]: line for line in lines_of(result) if "path" in line}


@pytest.mark.parametrize("name", GOOD)
def test_dump_of_a_directory_is_the_tree_that_is_served(name):
    result = db("dump", "--json", data_of(name))

    assert result.returncode == 0, result.stderr
    found = dumped_nodes(result)
    expected = {node["path"]: node for node in expectation(name)["nodes"]}
    assert list(found) == sorted(found, key=lambda path: path.encode().split(b"/") if path != "/" else [])
    assert set(found) == set(expected)
    for path, node in expected.items():
        line = found[path]
        data = base64.b64decode(line["data64"]) if "data64" in line else line["data"]
        data = data.encode() if isinstance(data, str) else data
        if not path.endswith("/zookeeper_stats"):
            assert data == (None if node["data"] is None else base64.b64decode(node["data"])), path
        assert [(entry["perms"], entry["scheme"], entry["id"]) for entry in line["acl"]] == \
            [(letters(entry["perms"]), entry["scheme"], entry["id"]) for entry in node["acl"]], path
        for key in ("czxid", "mzxid", "pzxid", "version"):
            assert line[key] == node[key], (path, key)
    sessions = {line["session"]: line["timeout"] for line in lines_of(result) if "timeout" in line}
    assert sessions == {session["id"]: session["timeout"] for session in expectation(name)["sessions"]}


@pytest.mark.parametrize("name", REFUSED)
def test_dump_of_a_refused_directory_prints_nothing_but_why(name):
    result = db("dump", data_of(name))

    assert result.returncode == 3
    assert result.stdout == ""
    assert result.stderr.strip()


def test_dump_of_a_damaged_log_names_the_damage_in_its_place_and_goes_on():
    log = newest("corrupt-middle-payload", "log.")
    result = db("dump", "--json", log)

    assert result.returncode == 1
    lines = lines_of(result)
    at = next(i for i, line in enumerate(lines) if "damage" in line)
    assert int(lines[at + 1]["zxid"], 16) == int(lines[at - 1]["zxid"], 16) + 2
    assert f"at byte {lines[at]['begin']}" in result.stderr


def test_dump_in_text_has_a_line_for_each_transaction():
    result = db("dump", newest("rich", "log."))

    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 0x5a
    assert re.match(r"0x1 2026-11-23T01:23:\d\d\.\d{3}Z 0x100001909de0000 0 createSession timeout=600000", lines[0])


def test_dump_of_a_snapshot_has_what_the_directory_has():
    snapshot = data_of("snappy") / "version-2" / "snapshot.0.snappy"
    result = db("dump", "--json", snapshot)

    assert result.returncode == 0, result.stderr
    assert "/zookeeper/quota" in dumped_nodes(result)


# repair ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REFUSED)
def test_repair_says_first_then_does_and_keeps_the_originals(name, tmp_path):
    data = copy_of(name, tmp_path)
    before = files_of(data)

    told = db("repair", data)
    assert told.returncode == 3
    assert files_of(data) == before
    done = db("repair", "--yes", data)
    if name in NEEDS_A_BACKUP:
        assert done.returncode == 3
        assert files_of(data) == before
        return
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nwould " in told.stdout and "\nwould " not in done.stdout
    assert db("verify", data).returncode in (0, 1)
    kept = {path.name: path.read_bytes() for path in (data / "repair.1").iterdir()}
    after = files_of(data)
    changed = {file: content for file, content in before.items() if after.get(file) != content}
    assert kept == changed


def test_a_repaired_directory_is_served_up_to_where_repair_said(make_server, tmp_path):
    data = copy_of("corrupt-middle-payload", tmp_path)
    done = db("repair", "--yes", data)
    last = re.search(r"up to transaction (0x[0-9a-f]+)", done.stdout).group(1)

    server = make_server("repaired", data_dir=data, config={"extendedTypesEnabled": "true"}).start()

    assert f"Zxid: {last}\n" in server.word("srvr")


# diff, purge ----------------------------------------------------------------------------------------------------------------


def test_diff_of_equal_and_of_different_directories():
    assert db("diff", data_of("rich"), data_of("torn-short")).returncode in (0, 1)
    same = db("diff", data_of("gz"), data_of("gz"))
    assert (same.returncode, same.stdout) == (0, "")

    result = db("diff", "--json", data_of("empty"), data_of("rich"))
    assert result.returncode == 1
    only_right = {line["path"] for line in lines_of(result) if line["in"] == "right" and "path" in line}
    assert only_right == {node["path"] for node in expectation("rich")["nodes"]} - \
        {node["path"] for node in expectation("empty")["nodes"]}
    assert db("diff", data_of("empty"), data_of("snap-all-badcrc")).returncode == 2


def fill(data, zxids):
    folder = data / "version-2"
    folder.mkdir(parents=True)
    snapshot = newest("multisnap", "snapshot.").read_bytes()
    for zxid in zxids:
        (folder / f"snapshot.{zxid:x}").write_bytes(snapshot)
        (folder / f"log.{zxid:x}").write_bytes(b"")
    return folder


def test_purge_names_first_and_removes_with_yes(tmp_path):
    folder = fill(tmp_path, (0x10, 0x20, 0x30, 0x40))
    told = db("purge", "--keep", 2, tmp_path)
    assert told.returncode == 0
    assert len(list(folder.iterdir())) == 8

    assert db("purge", "--keep", 2, "--yes", tmp_path).stdout == told.stdout.replace("would remove", "removed")
    assert sorted(path.name for path in folder.iterdir()) == ["log.30", "log.40", "snapshot.30", "snapshot.40"]
    assert db("purge", "--keep", 0, tmp_path).returncode == 2


def test_purge_never_counts_a_damaged_snapshot(tmp_path):
    folder = fill(tmp_path, (0x10, 0x20, 0x30))
    for zxid in ("20", "30"):
        content = (folder / f"snapshot.{zxid}").read_bytes()
        (folder / f"snapshot.{zxid}").write_bytes(content[:40] + b"\xff" + content[41:])
    db("purge", "--keep", 1, "--yes", tmp_path)
    assert (folder / "snapshot.10").exists()


@pytest.mark.parametrize("arguments", [(), ("nothing",), ("verify",), ("verify", "/nowhere"), ("verify", "--what", "x"),
                                       ("dump",), ("dump", "/nowhere"), ("diff", "/nowhere"), ("purge", "--keep")])
def test_wrong_usage_is_exit_2_with_a_reason(arguments):
    result = db(*arguments)
    assert result.returncode == 2
    assert result.stderr.strip() and not result.stdout


# export, import -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOOD)
def test_an_archive_brings_everything_back(name, tmp_path):
    archive, copy = tmp_path / "data.zka", tmp_path / "copy"
    exported = db("export", source_of(name, tmp_path), archive)
    assert exported.returncode == 0, exported.stderr
    imported = db("import", archive, copy)
    assert imported.returncode == 0, imported.stderr

    compared = db("diff", data_of(name), copy)
    assert (compared.returncode, compared.stdout) == (0, "")
    assert db("export", copy, tmp_path / "again.zka").returncode == 0
    assert (tmp_path / "again.zka").read_bytes() == archive.read_bytes()


def test_a_copy_from_an_archive_is_served_by_java(make_server, java_class_path, tmp_path):
    assert db("export", source_of("rich", tmp_path), tmp_path / "data.zka").returncode == 0
    assert db("import", tmp_path / "data.zka", tmp_path / "copy").returncode == 0

    server = make_server("java", kind="java", data_dir=tmp_path / "copy", config={"extendedTypesEnabled": "true"}).start()

    assert f"Zxid: {expectation('rich')['lastZxid']}\n" in server.word("srvr")


def test_export_and_import_refuse_what_they_must(tmp_path):
    archive = tmp_path / "data.zka"
    assert db("export", source_of("corrupt-middle-payload", tmp_path), archive).returncode == 3
    assert not archive.exists()
    assert db("export", source_of("multisnap", tmp_path), archive).returncode == 0
    assert db("export", source_of("multisnap", tmp_path), archive).returncode == 2
    data = copy_of("multisnap", tmp_path)
    assert db("import", archive, data).returncode == 2
    content = archive.read_bytes()
    archive.write_bytes(content[:-1])
    assert db("import", archive, tmp_path / "copy").returncode == 2


# a directory of ours --------------------------------------------------------------------------------------------------------


def test_a_directory_that_our_server_wrote(make_server, tmp_path):
    server = make_server("ours", config={"snapshot.compression.method": "gz", "snapCount": "30"}).start()
    with wire.Connection(server.port, timeout_ms=30000) as connection:
        for i in range(100):
            reply = connection.call(wire.CREATE, wire.create(f"/node-{i:03}", b"x" * i))
            assert reply.error == 0
        connection.call(wire.CLOSE_SESSION)
    server.kill()

    verified = db("verify", "--json", server.data_dir)
    assert verified.returncode in (0, 1), verified.stdout
    found = dumped_nodes(db("dump", "--json", server.data_dir))
    assert {f"/node-{i:03}" for i in range(100)} <= set(found)
    assert found["/node-007"]["data"] == "x" * 7
