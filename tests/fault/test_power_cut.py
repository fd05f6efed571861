"""The power fails, or a disk has less than it promised: real file systems, real caches. What was acknowledged is there.

POWER_ROUNDS says how often the power fails (default 6); POWER_SEED repeats a run's choices.
"""

import os
import random
import re
import time

import pytest

from clients import Writer, assert_kept, assert_writers_kept, write_until_the_end
from disks import LoopDisk, SmallDisk

pytestmark = pytest.mark.zookernel_only

ROUNDS = int(os.environ.get("POWER_ROUNDS", "6"))
SEED = int(os.environ.get("POWER_SEED", str(random.randrange(1 << 30))))


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_power_cut(make_server, tmp_path, storage):
    chance = random.Random(SEED)
    disk = LoopDisk(tmp_path / "disk", tmp_path / "image", 512)
    try:
        config = {"plugin.storage": storage, "preAllocSize": 256, "snapCount": 300}
        server = make_server(data_dir=disk.folder / "data", config=config)
        everybody = []
        for number in range(ROUNDS):
            server.start()
            assert_writers_kept(server.port, everybody)
            writers = [Writer(server.port, f"/r{number}-{i}-") for i in range(4)]
            everybody += writers
            for writer in writers:
                writer.start()
            time.sleep(chance.uniform(0.1, 0.6))

            disk.cut_power()

            for writer in writers:
                writer.join(30)
                assert not writer.is_alive(), server.log()
            assert sum(writer.acknowledged for writer in writers) > 0, server.log()
            # It ends by itself: the disk fails.
            assert server.process.wait(20) > 0, server.log()
            disk.unmount()
            disk.mount()
        server.start()
        assert_writers_kept(server.port, everybody)
        print(f"{storage}: {ROUNDS} power failures, {sum(writer.acknowledged for writer in everybody)} acknowledged writes, "
              f"none lost (POWER_SEED={SEED})")
        server.stop()
    finally:
        server.kill()
        disk.remove()


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_a_disk_with_less_than_it_promised(make_server, tmp_path, storage):
    """Writes fit into the cache and not onto the disk: the sync fails, and the next one would not. The file system says that it has
    room, so that no reserve helps."""
    below = SmallDisk(tmp_path / "below", 14)
    disk = None
    server = None
    try:
        disk = LoopDisk(tmp_path / "disk", below.folder / "image", 512)
        disk.write_pages()
        server = make_server(data_dir=disk.folder / "data", config={"plugin.storage": storage, "preAllocSize": 64}).start()

        acknowledged, error = write_until_the_end(server.port, data=b"x" * 10000)

        assert error is None, f"{acknowledged} written, then {error}\n{server.log()}"
        assert acknowledged > 100
        assert server.process.wait(20) > 0, server.log()
        assert re.search(r"(?i)input/output error|no space|disk i/o|full|read-only", server.log().splitlines()[-1]), server.log()
        disk.cut_power()
        disk.unmount()
        below.resize(200)
        disk.mount()
        server.start()
        assert_kept(server.port, acknowledged)
        server.stop()
    finally:
        if server is not None:
            server.kill()
        if disk is not None:
            disk.remove()
        below.remove()
