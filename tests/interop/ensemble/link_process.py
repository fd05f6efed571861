"""The process behind links.Links: TCP proxies between the servers of an ensemble, one for each ordered pair and each of the two
ports. Commands are JSON lines on standard input, answers JSON lines on standard output; it ends with its standard input.

A byte from a to b passes the gate of (a, b), whoever has dialled. A gate is open, held (bytes and ends of streams wait, as if the
packets were lost: nobody is told) or cut (connections are reset, new ones too).
"""

import asyncio
import json
import socket
import struct
import sys
import time

HOST = "127.0.0.1"
OPEN, HELD, CUT = "open", "held", "cut"
LINGER_RESET = struct.pack("ii", 1, 0)
# The first long of an election connection: versions of the initial message that carry the dialler's address.
ADDRESS_VERSIONS = (-65536, -65535)
# LEADERINFO is 24 bytes; behind it stand type and zxid of the packet that says how the learner is synchronised.
LEADERINFO_SIZE = 24
DIAL_AGAIN_S = 1
SYNC_NAMES = {13: "DIFF", 14: "TRUNC", 15: "SNAP"}


class Gate:
    """What happens to the bytes from one server to another on one port."""

    def __init__(self):
        self.state = OPEN
        self.delay_s = 0
        self.changed = asyncio.Event()
        self.bytes = 0

    def set(self, state, delay_s=0):
        self.state, self.delay_s = state, delay_s
        self.changed.set()
        self.changed = asyncio.Event()

    async def passed(self):
        while self.state == HELD:
            await self.changed.wait()
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        return self.state == OPEN


def reset(writer):
    """Ends a connection with a reset, as a host does that knows nothing of it."""
    raw = writer.get_extra_info("socket")
    if raw is not None and writer.transport is not None and not writer.transport.is_closing():
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
    writer.transport.abort()


class Proxies:
    def __init__(self):
        self.gates = {}
        self.ports = {}
        self.targets = {}
        self.open = {}
        self.syncs = []
        self.servers = []

    def gate(self, source, target, kind):
        return self.gates.setdefault((source, target, kind), Gate())

    async def listen(self, source, target, kind, port, target_port):
        self.targets[source, target, kind] = target_port
        self.ports[source, target, kind] = port

        async def accepted(reader, writer):
            await self.carry(source, target, kind, reader, writer)

        self.servers.append(await asyncio.start_server(accepted, HOST, port))

    # One connection ----------------------------------------------------------------------------------------------------

    async def carry(self, source, target, kind, reader, writer):
        there, back = self.gate(source, target, kind), self.gate(target, source, kind)
        mine = {writer}
        self.open.setdefault((source, target, kind), []).append(mine)
        try:
            # A handshake needs both ways. And the target is dialled only when there is something to say to it: an election
            # port of Java's that is dialled by somebody silent takes no other connection meanwhile.
            first = await self.first_bytes(kind, source, target, reader)
            if not first or not await there.passed() or not await back.passed():
                return
            other_reader, other_writer = await self.dial(source, target, kind)
            mine.add(other_writer)
            for end in (writer, other_writer):
                end.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            there.bytes += len(first)
            other_writer.write(first)
            await asyncio.gather(self.pump(there, reader, other_writer, None),
                                 self.pump(back, other_reader, writer, (source, target) if kind == "quorum" else None))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for end in mine:
                reset(end)
            self.open[source, target, kind].remove(mine)

    async def dial(self, source, target, kind):
        # A leader opens its quorum port only when it is elected. Who dials too early is refused and tries again at once; a
        # proxy cannot refuse (it has accepted), and a reset would send a learner of Java's back into an election.
        give_up = time.monotonic() + (DIAL_AGAIN_S if kind == "quorum" else 0)
        while True:
            try:
                return await asyncio.open_connection(HOST, self.targets[source, target, kind])
            except ConnectionRefusedError:
                if time.monotonic() > give_up:
                    raise
                await asyncio.sleep(0.02)

    async def pump(self, gate, reader, writer, pair):
        head = b""
        while True:
            try:
                data = await reader.read(65536)
            except OSError:
                data = b""
            if not await gate.passed():
                reset(writer)
                return
            if not data:
                # Both sides close whole connections; what the other one has still to say nobody reads.
                writer.close()
                return
            gate.bytes += len(data)
            if pair and len(head) < LEADERINFO_SIZE + 12:
                head = self.note_sync(pair, head + data[:64])
            try:
                writer.write(data)
                await writer.drain()
            except OSError:
                return

    def note_sync(self, pair, head):
        if len(head) >= LEADERINFO_SIZE + 12:
            kind, zxid = struct.unpack_from(">iq", head, LEADERINFO_SIZE)
            if kind in SYNC_NAMES and struct.unpack_from(">i", head)[0] == 17:
                self.syncs.append({"learner": pair[0], "leader": pair[1], "how": SYNC_NAMES[kind], "zxid": zxid,
                                   "time": time.monotonic()})
        return head

    async def first_bytes(self, kind, source, target, reader):
        if kind != "election":
            return await reader.read(65536)
        version = await reader.readexactly(8)
        if struct.unpack(">q", version)[0] not in ADDRESS_VERSIONS:
            return version
        rest = await reader.readexactly(12)
        sid, size = struct.unpack(">qi", rest)
        if not 0 < size <= 2048:
            return version + rest
        await reader.readexactly(size)
        # The message names the address to dial back at: here, too, the way leads through the proxy.
        text = f"{HOST}:{self.ports[target, source, 'election']}".encode()
        return version + struct.pack(">qi", sid, len(text)) + text

    # Commands ----------------------------------------------------------------------------------------------------------

    def set_gate(self, source, target, kind, state, delay_s):
        self.gate(source, target, kind).set(state, delay_s)
        if state == CUT:
            self.drop(source, target, kind)

    def drop(self, source, target, kind):
        """Resets what is open between two servers, whoever dialled; bytes that were held are lost."""
        for pair in ((source, target, kind), (target, source, kind)):
            for ends in self.open.get(pair, []):
                for end in list(ends):
                    reset(end)

    async def command(self, words):
        name = words.pop("do")
        if name == "listen":
            await self.listen(**words)
        elif name == "gate":
            self.set_gate(**words)
        elif name == "drop":
            self.drop(**words)
        elif name == "syncs":
            return self.syncs
        elif name == "bytes":
            return [[*key, gate.bytes] for key, gate in self.gates.items()]
        else:
            raise ValueError(f"no command {name}")
        return None


async def main():
    proxies = Proxies()
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while True:
        line = await commands.readline()
        if not line:
            return
        try:
            answer = {"ok": await proxies.command(json.loads(line))}
        except (OSError, ValueError, TypeError) as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
