"""Our epoch files carry a sum in a second line. Java's members read them, go on with them and write their own, which we read
again: members are replaced one by one, in both directions."""

import re
import zlib

import pytest

from harness import server as servers, wire
from harness.wire import Connection

pytestmark = pytest.mark.needs_java

FILES = ("acceptedEpoch", "currentEpoch")


def as_ours(name, epoch):
    """The bytes that the file storage writes (its unit tests pin the same ones)."""
    return f"+{epoch}\nsum {zlib.crc32(f'{name}=+{epoch}'.encode()):08x}\n"


def epoch_of(path):
    return int(path.read_text().split("\n")[0])


@pytest.fixture
def members(make_server, tmp_path, java_class_path):
    ports = [(servers.free_port(), servers.free_port()) for _ in range(3)]
    lines = {f"server.{i}": f"{servers.HOST}:{peer}:{election}" for i, (peer, election) in enumerate(ports, 1)}
    made = []
    for i in (1, 2, 3):
        data = tmp_path / f"member-{i}"
        data.mkdir()
        (data / "myid").write_text(str(i))
        made.append(make_server(f"java-{i}", kind="java", data_dir=data,
                                config={"initLimit": 10, "syncLimit": 5, **lines}))
    return made


def start(members):
    for member in members:
        member.launch()
    for member in members:
        member.wait_ready(60)


def create(member, path):
    with Connection(member.port, timeout_ms=40000) as connection:
        assert connection.call(wire.CREATE, wire.create(path, b"x")).error == 0


def test_java_members_go_on_with_our_epoch_files_and_we_with_theirs(members, make_server):
    start(members)
    create(members[0], "/of-the-first-epoch")
    for member in members:
        member.stop()
    epochs = set()
    for member in members:
        for name in FILES:
            file = member.data_dir / "version-2" / name
            epochs.add(epoch_of(file))
            file.write_text(as_ours(name, epoch_of(file)))
    assert len(epochs) == 1, "the members do not agree before anything was done"
    epoch = epochs.pop()

    # All three with ours: they must elect, which reads both files, and make a later epoch, which writes them.
    start(members)
    create(members[1], "/of-the-second-epoch")
    modes = sorted(re.search(r"Mode: (\w+)", member.word("srvr")).group(1) for member in members)
    assert modes == ["follower", "follower", "leader"]
    # One at a time with ours while the others have Java's, as in a rolling replacement.
    for member in members:
        member.stop()
        for name in FILES:
            file = member.data_dir / "version-2" / name
            assert epoch_of(file) > epoch
            assert not file.read_text().startswith("+"), "Java did not write the file"
            file.write_text(as_ours(name, epoch_of(file)))
        start([member])
    create(members[2], "/of-a-later-epoch")
    for member in members:
        member.stop()
    assert any(epoch_of(member.data_dir / "version-2" / "currentEpoch") > epoch + 1 for member in members)

    # And back: ours takes each directory, with whichever form its files have now.
    for number, member in enumerate(members):
        ours = make_server(f"ours-{number}", data_dir=member.data_dir).start()
        with Connection(ours.port, timeout_ms=40000) as connection:
            for path in ("/of-the-first-epoch", "/of-the-second-epoch", "/of-a-later-epoch"):
                assert connection.call(wire.EXISTS, wire.read(path)).error == 0
        ours.stop()
