"""A client session that keeps an eye on what a server promises it: replies in the order of requests, zxids that never go back,
a watch's event before the change that it tells of, also across reconnects to other servers. Violations are collected as text.

Requests go out many at a time; the caller gets each outcome: a Reply, or None when the connection ended first.
"""

import select
import socket
import struct
import time

from harness import wire

NOT_CONNECTED = None
CREATED, DELETED, CHANGED = 1, 2, 3


class Expired(Exception):
    """The session is over. A new one has to be made."""


class Session:
    """Not thread-safe. ports are those of the servers; first is the index of the one to begin with."""

    def __init__(self, ports, first=0, timeout_ms=10_000):
        self.ports = ports
        self.server = first % len(ports)
        self.timeout_ms = timeout_ms
        self.socket = None
        self.violations = []
        self.connections = 0
        self.forget()

    def forget(self):
        """Begins anew as a client without a session."""
        self.disconnect()
        self.session_id = 0
        self.password = b"\0" * 16
        self.last_zxid = 0
        self.xid = 0
        self.watched = {}  # path -> mzxid when the watch was set
        self.seen = {}  # path -> highest mzxid

    # Connection -----------------------------------------------------------------------------------------------------------

    def disconnect(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def connect(self, give_up):
        """Tries one server after the other until one takes the session. give_up() ends it; returns whether connected."""
        pause_s = 0.01
        while not give_up():
            try:
                self._connect_once()
                return True
            except (OSError, wire.Closed):
                self.disconnect()
                self.server = (self.server + 1) % len(self.ports)
                if self.server == 0:
                    pause_s = min(pause_s * 2, 0.1)
                time.sleep(pause_s)
        return False

    def _connect_once(self):
        # A server that is just starting may take a connection and never answer.
        self.socket = socket.create_connection((wire.HOST, self.ports[self.server]), timeout=2)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self._send(wire.connect_request(self.timeout_ms, self.session_id, self.password, self.last_zxid))
        frame = self._next_frame(time.monotonic() + 2)
        _, negotiated, session_id = struct.unpack(">iiq", frame[:16])
        if negotiated == 0:
            raise Expired(f"session {self.session_id:#x}")
        self.patience_s = negotiated / 1000 * 2 / 3
        self.session_id, self.password = session_id, frame[20:36]
        self.connections += 1
        if self.watched:
            body = wire.set_watches(self.last_zxid, list(self.watched), [], [])
            self._send(struct.pack(">ii", wire.XID_SET_WATCHES, wire.SET_WATCHES) + body)
            self._read_until(wire.XID_SET_WATCHES, time.monotonic() + self.patience_s)

    def _send(self, payload):
        self.socket.sendall(struct.pack(">i", len(payload)) + payload)

    def _next_frame(self, deadline):
        while True:
            if len(self.received) >= 4:
                size = struct.unpack_from(">i", self.received)[0]
                if len(self.received) >= 4 + size:
                    frame, self.received = self.received[4:4 + size], self.received[4 + size:]
                    return frame
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                raise wire.Closed("silence")
            chunk = self.socket.recv(262144)
            if not chunk:
                raise wire.Closed("end")
            self.received += chunk

    # Requests -------------------------------------------------------------------------------------------------------------

    def batch(self, requests):
        """Sends (opcode, body, path) triples at once. Returns for each (Reply or None, time of the reply in ns or None)."""
        results = [(None, None)] * len(requests)
        try:
            first = self.xid + 1
            data = b""
            for opcode, body, _ in requests:
                self.xid += 1
                payload = struct.pack(">ii", self.xid, opcode) + body
                data += struct.pack(">i", len(payload)) + payload
            self.socket.sendall(data)
            for number, (opcode, _, path) in enumerate(requests):
                reply = self._read_until(first + number, time.monotonic() + self.patience_s)
                results[number] = (reply, time.monotonic_ns())
                self._look_at(reply, opcode, path)
        except (OSError, wire.Closed):
            self.disconnect()
        return results

    def ping(self):
        self.batch([(wire.EXISTS, wire.read("/"), None)])

    def close(self, give_up=lambda: False):
        """Ends the session at the server, connecting for it if need be."""
        try:
            if self.socket is None and not (self.session_id and self.connect(give_up)):
                return
            self._send(struct.pack(">ii", self.xid + 1, wire.CLOSE_SESSION))
            self._read_until(self.xid + 1, time.monotonic() + 5)
        except (OSError, wire.Closed, Expired):
            pass
        self.disconnect()

    def _read_until(self, xid, deadline):
        while True:
            reply = wire.Reply(self._next_frame(deadline))
            if reply.xid == wire.XID_NOTIFICATION:
                self._event(reply)
            elif reply.xid == xid:
                if reply.zxid > 0:
                    if reply.zxid < self.last_zxid:
                        self._violation(f"zxid goes back from {self.last_zxid:#x} to {reply.zxid:#x} (xid {xid})")
                    self.last_zxid = max(self.last_zxid, reply.zxid)
                return reply
            else:
                self._violation(f"a reply to xid {reply.xid} came where {xid} was due")
                raise wire.Closed("out of order")

    # What is promised -------------------------------------------------------------------------------------------------------

    def _violation(self, text):
        self.violations.append(f"session {self.session_id & (1 << 64) - 1:#x} at port {self.ports[self.server]}: {text}")

    def _event(self, reply):
        decoder = wire.Decoder(reply.body)
        kind, _, path = decoder.integer(), decoder.integer(), decoder.ustring()
        if kind in (DELETED, CHANGED) and self.watched.pop(path, None) is None:
            self._violation(f"an event of type {kind} for {path}, which was not watched")

    def _look_at(self, reply, opcode, path):
        """Checks what a reply tells of a znode against what the session knows of it."""
        if path is None:
            return
        if reply.error == wire.NO_NODE:
            if path in self.watched:
                self._violation(f"{path} is seen to be deleted before its watch fires")
            return
        stat = stat_of(reply, opcode)
        if stat is None:
            return
        if stat["mzxid"] < self.seen.get(path, 0):
            self._violation(f"{path} goes back from mzxid {self.seen[path]:#x} to {stat['mzxid']:#x}")
        self.seen[path] = stat["mzxid"]
        if stat["mzxid"] > self.watched.get(path, stat["mzxid"]):
            self._violation(f"{path} is seen at mzxid {stat['mzxid']:#x} before the watch set at {self.watched[path]:#x} fires")

    def watch(self, path, mzxid):
        """To be called when a getData with a watch was answered, before the next request."""
        self.watched[path] = mzxid


def stat_of(reply, opcode):
    """The stat in a reply to getData, setData or exists; None in an error or another reply."""
    if reply.error != 0:
        return None
    decoder = wire.Decoder(reply.body)
    if opcode == wire.GET_DATA:
        decoder.buffer()
    elif opcode not in (wire.SET_DATA, wire.EXISTS):
        return None
    return decoder.stat()
