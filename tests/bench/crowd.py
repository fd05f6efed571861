#!/usr/bin/env python3
"""What many watches, children and idle sessions cost, measured at a server that runs already.

    tests/bench/crowd.py idle --port 2181 --pid PID [--sessions 10000] [--seconds 20]
    tests/bench/crowd.py watches --port 2181 [--count 1000000]
    tests/bench/crowd.py children --port 2181 [--count 1000000]

idle      sessions that only ping, at a third of a timeout of 30 s: the server's memory and processor time for each
watches   one client's getData alone, then beside `wchp` over all watches in a loop
children  creating the first and the last thousand children of one znode; one client's getData alone, then beside getChildren of them
          in a loop

The server needs maxClientCnxns=0, 4lw.commands.whitelist=* and forceSync=no (for filling it in a reasonable time)."""

import argparse
import os
import selectors
import socket
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PING = struct.pack(">iii", 8, -2, 11)


def begin_session(args):
    peer = socket.create_connection((args.host, args.port))
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = struct.pack(">iqiqi16s?", 0, 0, 30000, 0, 16, b"", False)
    peer.sendall(struct.pack(">i", len(body)) + body)
    return peer


def connect(args):
    return end_handshake(begin_session(args))


def end_handshake(peer):
    if len(read_frame(peer)) != 37:
        sys.exit("the server opens no session")
    return peer


def read_exactly(peer, count):
    parts = bytearray(count)
    view = memoryview(parts)
    while view:
        got = peer.recv_into(view)
        if got == 0:
            sys.exit("the server closed the connection")
        view = view[got:]
    return parts


def read_frame(peer):
    return read_exactly(peer, struct.unpack(">i", read_exactly(peer, 4))[0])


def request(xid, opcode, body):
    return struct.pack(">iii", 8 + len(body), xid, opcode) + body


def text(value):
    data = value.encode()
    return struct.pack(">i", len(data)) + data


def create(xid, path):
    acl = struct.pack(">ii", 1, 31) + text("world") + text("anyone")
    return request(xid, 1, text(path) + struct.pack(">i", 0) + acl + struct.pack(">i", 0))


def pipeline(peer, frames, depth=500):
    """Sends all, `depth` at a time, and checks that no reply is an error."""
    batch = []
    for frame in frames:
        batch.append(frame)
        if len(batch) == depth:
            exchange(peer, batch)
            batch = []
    exchange(peer, batch)


def exchange(peer, batch):
    peer.sendall(b"".join(batch))
    for _ in batch:
        err = struct.unpack(">i", read_frame(peer)[12:16])[0]
        if err not in (0, -101, -110):
            sys.exit(f"the server answers err {err}")


def latency(args, seconds=8):
    out = subprocess.run([args.load, "latency", "--op", "get", "--host", args.host, "--port", str(args.port), "--size", "100",
                          "--seconds", str(seconds), "--warmup", "1"], check=True, capture_output=True, text=True)
    return out.stdout.strip()


def beside(args, name, work):
    """The latency of a client while another process repeats `work`."""
    began = time.monotonic()
    size = work()
    print(f"{name}: {size} bytes in {time.monotonic() - began:.2f} s")
    print("alone:", latency(args))
    child = os.fork()
    if child == 0:
        os.nice(5)
        while True:
            work()
    try:
        time.sleep(0.5)
        print(f"beside {name}:", latency(args))
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def wchp(args):
    with socket.create_connection((args.host, args.port)) as peer:
        peer.sendall(b"wchp")
        size = 0
        while got := peer.recv(1 << 20):
            size += len(got)
        return size


def watches(args):
    peer = connect(args)
    began = time.monotonic()
    # On znodes that are not there as well as on those that are: a watch is a watch.
    pipeline(peer, (request(i + 1, 3, text(f"/crowd-{i:07d}") + b"\1") for i in range(args.count)))
    print(f"{args.count} watches in {time.monotonic() - began:.1f} s")
    beside(args, "wchp", lambda: wchp(args))


def children(args):
    peer = connect(args)
    pipeline(peer, [create(1, "/crowd")])

    def some(first, count):
        began = time.monotonic()
        pipeline(peer, (create(i + 1, f"/crowd/child-{i:020d}") for i in range(first, first + count)))
        return (time.monotonic() - began) / count * 1e6

    print(f"the first 1,000: {some(0, 1000):.1f} us each")
    print(f"those between: {some(1000, args.count - 2000):.1f} us each")
    print(f"the last 1,000: {some(args.count - 1000, 1000):.1f} us each")

    def listing():
        peer.sendall(request(1, 8, text("/crowd") + b"\0"))
        return len(read_frame(peer))

    beside(args, "getChildren", listing)


def memory_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(next(line.split()[1] for line in status if line.startswith("VmRSS")))


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle(args):
    before = memory_kib(args.pid)
    peers = [end_handshake(peer) for peer in [begin_session(args) for _ in range(args.sessions)]]
    ready = selectors.EpollSelector()
    for peer in peers:
        ready.register(peer, selectors.EVENT_READ)
    spacing = 10 / len(peers)

    def ping_for(seconds):
        began = time.monotonic()
        sent = 0
        while (now := time.monotonic()) < began + seconds:
            while sent * spacing <= now - began:
                peers[sent % len(peers)].sendall(PING)
                sent += 1
            # Not waited for: waking a reader on the same machine would be charged to the server.
            time.sleep(spacing / 2)
            for key, _ in ready.select(0):
                key.fileobj.recv(4096)

    ping_for(12)
    after = memory_kib(args.pid)
    cpu = cpu_s(args.pid)
    ping_for(args.seconds)
    print(f"{(after - before) * 1024 / len(peers):.0f} bytes a session ({before} KiB before, {after} KiB with them)")
    print(f"{(cpu_s(args.pid) - cpu) / args.seconds * 100:.2f} % of a processor for {len(peers)} sessions")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["idle", "watches", "children"])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, help="of the server (idle)")
    parser.add_argument("--sessions", type=int, default=10000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--count", type=int, default=1000000)
    parser.add_argument("--load", default=os.path.join(HERE, "../../build/release/tests/bench/zookernel-load"))
    args = parser.parse_args()
    if args.mode == "idle" and args.pid is None:
        parser.error("idle needs --pid")
    {"idle": idle, "watches": watches, "children": children}[args.mode](args)


if __name__ == "__main__":
    main()
