"""Replays data/verified-cases.json and data/asked-cases.json: byte-level conversations that were seen on Apache ZooKeeper 3.9.5.

A case is a list of steps on named connections. "send" and "expect" are hexadecimal with tokens in braces:
  {any:N}          N bytes of any value
  {set:NAME:N}     N bytes of any value, remembered
  {get:NAME}       the remembered bytes; {get:NAME+K} adds K to them as a big-endian number
A token may name bytes that are set later in the same expectation, so expectations are matched in two passes.
"""

import json
import pathlib
import re
import socket
import time

HOST = "127.0.0.1"
DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
_PIECE = re.compile(r"\{(any|set|get):([^}]*)\}|([0-9a-f]{2})")


class Mismatch(AssertionError):
    """The server answered otherwise than Java's did."""


def load():
    """The document of the verified cases, with the asked ones appended to its cases."""
    document = json.loads((DATA / "verified-cases.json").read_text())
    document["cases"] += json.loads((DATA / "asked-cases.json").read_text())["cases"]
    return document


def opcodes(case):
    """The request types that a case sends, as far as they stand in whole frames."""
    found = set()
    for step in case["steps"]:
        plain = _PIECE.sub(lambda m: m.group(3) or "00" * 8, step.get("send", ""))
        data = bytes.fromhex(plain)
        offset = 0
        while offset + 12 <= len(data):
            size = int.from_bytes(data[offset:offset + 4], "big", signed=True)
            if size < 8:
                break
            found.add(int.from_bytes(data[offset + 8:offset + 12], "big", signed=True))
            offset += 4 + size
    return found


def _pieces(template):
    for match in _PIECE.finditer(template):
        if match.group(3):
            yield "byte", bytes.fromhex(match.group(3)), 0
        elif match.group(1) == "any":
            yield "any", None, int(match.group(2))
        elif match.group(1) == "set":
            name, size = match.group(2).split(":")
            yield "set", name, int(size)
        else:
            name, _, addend = match.group(2).partition("+")
            yield "get", name, int(addend or 0)


def _add(value, addend):
    return ((int.from_bytes(value, "big") + addend) % (1 << (8 * len(value)))).to_bytes(len(value), "big")


def _render(template, names):
    result = b""
    for kind, value, number in _pieces(template):
        result += value if kind == "byte" else _add(names[value], number)
    return result


def _size(template, names):
    total = 0
    for kind, value, number in _pieces(template):
        # A name that is set later in the same expectation is a zxid, a time or a session id: eight bytes.
        total += {"byte": 1, "any": number, "set": number, "get": len(names.get(value, b"\0" * 8))}[kind]
    return total


def _match(template, data, names):
    offset = 0
    for kind, value, number in _pieces(template):
        if kind in ("any", "set"):
            size = number
            if kind == "set":
                names[value] = data[offset:offset + size]
        elif kind == "get" and value not in names:
            size = 8
        else:
            want = value if kind == "byte" else _add(names[value], number)
            size = len(want)
            if data[offset:offset + size] != want:
                raise Mismatch(f"at byte {offset} want {want.hex()}, got {data[offset:offset + size].hex()}\n"
                               f"  want {template}\n  got  {data.hex()}")
        offset += size


class _Connection:
    def __init__(self, port):
        self.socket = socket.create_connection((HOST, port), timeout=10)

    def read(self, size):
        data = b""
        while len(data) < size:
            try:
                chunk = self.socket.recv(size - len(data))
            except socket.timeout:
                raise Mismatch(f"no answer; got {data.hex()} of {size} bytes") from None
            except ConnectionError:
                chunk = b""
            if not chunk:
                raise Mismatch(f"closed; got {data.hex()} of {size} bytes")
            data += chunk
        return data

    def next_byte(self, timeout_s):
        """The next byte, b"" for a closed connection, None for silence."""
        self.socket.settimeout(timeout_s)
        try:
            return self.socket.recv(1)
        except socket.timeout:
            return None
        except ConnectionError:
            return b""
        finally:
            self.socket.settimeout(10)


class Replay:
    """One run of one case against the server on a port."""

    def __init__(self, case, port, handshake):
        self.case = case
        self.port = port
        self.handshake = handshake
        self.names = {}
        self.connections = {}

    def run(self):
        try:
            if self._uses_a():
                self._open("A")
            for number, step in enumerate(self.case["steps"]):
                try:
                    self._step(step)
                except Mismatch as mismatch:
                    raise Mismatch(f"step {number + 1} of {self.case['name']}: {mismatch}") from None
        finally:
            for connection in self.connections.values():
                connection.socket.close()

    def _uses_a(self):
        return any(step.get("conn") == "A" or "{get:A." in step.get("send", "") + step.get("expect", "")
                   for step in self.case["steps"])

    def _open(self, name):
        connection = self.connections[name] = _Connection(self.port)
        connection.socket.sendall(bytes.fromhex(self.handshake["send"]))
        template = self.handshake["expect"].replace("CONN.", f"{name}.")
        _match(template, connection.read(_size(template, self.names)), self.names)

    def _step(self, step):
        if "sleep_ms" in step:
            time.sleep(step["sleep_ms"] / 1000)
            return
        name = step["conn"]
        if step.get("open"):
            self._open(name)
        elif step.get("open_raw"):
            self.connections[name] = _Connection(self.port)
        elif step.get("close"):
            self.connections[name].socket.close()
        else:
            self._converse(self.connections[name], step)

    def _converse(self, connection, step):
        if "send" in step:
            connection.socket.sendall(_render(step["send"], self.names))
        if "expect" in step:
            data = connection.read(_size(step["expect"], self.names))
            _match(step["expect"], data, self.names)
            _match(step["expect"], data, self.names)
        if step.get("expect_close"):
            byte = connection.next_byte(10)
            if byte is None:
                raise Mismatch("the connection should have been closed, but is open and silent")
            if byte:
                raise Mismatch(f"the connection should have been closed, but brought {byte.hex()}")
        if "expect_silence_ms" in step:
            byte = connection.next_byte(step["expect_silence_ms"] / 1000)
            if byte is not None:
                raise Mismatch(f"the connection should have been silent, but brought {byte.hex() or 'its end'}")
