"""One damage after the other to the directory of a server that was killed: it serves every acknowledged znode, says what is
lost, or refuses with the cause.

Run with ZOOKERNEL_SERVER_KIND=java it does the same to Java's server and only counts: a loss that no ERROR line tells of is a
silent one. The last line is the figure to compare: "silent losses: java M of N".
"""

import re
import shutil
import struct

from conftest import missing  # noqa: F401  (loads the harness)
from harness import server as servers, wire
from harness.wire import Connection

COUNT = 200
HEADER = 16


def records(log):
    """(begin, end of the body) of each record."""
    found, at = [], HEADER
    while at + 12 <= len(log):
        length = struct.unpack(">i", log[at + 8:at + 12])[0]
        if length <= 0:
            return found
        found.append((at, at + 12 + length))
        at += 13 + length
    return found


def flip(at, bit=0):
    return lambda content: content[:at] + bytes([content[at] ^ (1 << bit)]) + content[at + 1:]


def zero(at):
    return lambda content: content[:at] + bytes(len(content[at:at + 512])) + content[at + 512:]


def cut(at):
    return lambda content: content[:at]


def cases(version_2):
    """(name, file, what is done to its content)"""
    log = max((path for path in version_2.iterdir() if path.name.startswith("log.")), key=lambda path: int(path.name[4:], 16))
    snapshot = max(path for path in version_2.iterdir() if path.name.startswith("snapshot."))
    found = records(log.read_bytes())
    assert len(found) >= COUNT, "the log does not hold what was written"
    for where, (begin, end) in (("first", found[0]), ("middle", found[len(found) // 2]), ("last", found[-1])):
        yield f"{where} checksum: bit flip", log.name, flip(begin + 5)
        yield f"{where} length: low bit flip", log.name, flip(begin + 11, 1)
        yield f"{where} length: high bit flip", log.name, flip(begin + 8, 6)
        yield f"{where} length: 65536 more", log.name, flip(begin + 9)
        yield f"{where} body: bit flip", log.name, flip((begin + end) // 2)
        yield f"{where} end byte: bit flip", log.name, flip(end)
        yield f"{where} record: zeroed block", log.name, zero(begin)
        yield f"{where} record: truncation before it", log.name, cut(begin)
        yield f"{where} record: truncation in it", log.name, cut((begin + end) // 2)
    yield "padding: bit flip", log.name, flip(found[-1][1] + 200)
    yield "log header: magic, bit flip", log.name, flip(2)
    yield "log header: version, bit flip", log.name, flip(7)
    yield "log header: zeroed block", log.name, zero(0)
    yield "log header: truncation in it", log.name, cut(9)
    yield "log: emptied", log.name, cut(0)
    size = snapshot.stat().st_size
    for part, at in (("head", 6), ("body", size // 2), ("tail", size - 3)):
        yield f"snapshot {part}: bit flip", snapshot.name, flip(at)
        yield f"snapshot {part}: truncation", snapshot.name, cut(at)
    yield "snapshot: zeroed block", snapshot.name, zero(0)


def served_names(port):
    with Connection(port, timeout_ms=40000, timeout_s=30) as connection:
        return set(wire.Decoder(connection.call(wire.GET_CHILDREN, wire.read("/")).body).strings())


def test_no_damage_loses_anything_in_silence(make_server, tmp_path):
    kind = servers.default_kind()
    writer = make_server("writer", config={"preAllocSize": 64}).start()
    acknowledged = set()
    connection = Connection(writer.port, timeout_ms=40000, timeout_s=30)
    for i in range(COUNT):
        assert connection.call(wire.CREATE, wire.create(f"/n{i}", b"x" * 40)).error == 0
        acknowledged.add(f"n{i}")
    writer.kill()

    outcomes = {"whole": [], "refused": [], "reported": [], "silent": []}
    for number, (name, file, damage) in enumerate(cases(writer.data_dir / "version-2")):
        data = tmp_path / f"case-{number}"
        shutil.copytree(writer.data_dir, data)
        target = data / "version-2" / file
        before = target.read_bytes()
        target.write_bytes(damage(before))
        assert target.read_bytes() != before, f"{name} changes nothing"
        server = make_server(f"case-{number}", data_dir=data, config={"preAllocSize": 64})
        try:
            server.start()
            lost = acknowledged - served_names(server.port)
            server.kill()
        except servers.StartFailed as refused:
            outcomes["refused"].append(name)
            if kind == "zookernel":
                assert refused.exit_code and 0 < refused.exit_code < 128, f"{name}: {refused}"
                assert target.name in refused.output, f"{name}: the refusal does not name the file\n{refused.output}"
            continue
        if not lost:
            outcomes["whole"].append(name)
        else:
            told = re.search(r"\bERROR\b", server.log())
            outcomes["reported" if told else "silent"].append(f"{name} ({len(lost)} of {COUNT} lost)")
        shutil.rmtree(data, ignore_errors=True)

    total = sum(len(names) for names in outcomes.values())
    for outcome in ("whole", "refused", "reported", "silent"):
        print(f"{outcome}: {len(outcomes[outcome])}")
        if outcome in ("reported", "silent"):
            for name in outcomes[outcome]:
                print(f"  {name}")
    print(f"silent losses: {kind} {len(outcomes['silent'])} of {total}")
    assert total >= 40
    if kind == "zookernel":
        assert not outcomes["silent"]
