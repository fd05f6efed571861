"""A small raw client of the client port: it sends exactly the bytes that a test wants, well-formed or not.

Only what the tests need of jute is here. Requests are built by the functions below, each of which returns the body
after the request header; Connection adds header and frame.
"""

import socket
import struct

HOST = "127.0.0.1"

CREATE, DELETE, EXISTS, GET_DATA, SET_DATA, GET_ACL, SET_ACL, GET_CHILDREN, SYNC = 1, 2, 3, 4, 5, 6, 7, 8, 9
PING, GET_CHILDREN2, CHECK, MULTI, CREATE2, CREATE_CONTAINER, DELETE_CONTAINER, CREATE_TTL = 11, 12, 13, 14, 15, 19, 20, 21
AUTH, SET_WATCHES, SASL, CREATE_SESSION, CLOSE_SESSION = 100, 101, 102, -10, -11
CHECK_WATCHES, REMOVE_WATCHES, SET_WATCHES2, ADD_WATCH = 17, 18, 105, 106

OK, MARSHALLING, UNIMPLEMENTED, BAD_ARGUMENTS, NO_NODE, NO_AUTH = 0, -5, -6, -8, -101, -102
AUTH_FAILED, NO_WATCHER = -115, -121

XID_NOTIFICATION, XID_SET_WATCHES = -1, -8
PERSISTENT_MODE, RECURSIVE_MODE = 0, 1
CHILDREN_TYPE, DATA_TYPE, ANY_TYPE, PERSISTENT_TYPE, RECURSIVE_TYPE = 1, 2, 3, 4, 5

ANYONE_ALL = [(31, "world", "anyone")]


class Closed(Exception):
    """The server closed the connection; holds what had arrived of the frame."""


def ustring(text):
    if text is None:
        return struct.pack(">i", -1)
    data = text if isinstance(text, bytes) else text.encode()
    return struct.pack(">i", len(data)) + data


buffer = ustring


def acl_vector(entries):
    if entries is None:
        return struct.pack(">i", -1)
    return struct.pack(">i", len(entries)) + b"".join(
        struct.pack(">i", perms) + ustring(scheme) + ustring(identity) for perms, scheme, identity in entries)


def create(path, data=b"", acl=ANYONE_ALL, flags=0):
    return ustring(path) + buffer(data) + acl_vector(acl) + struct.pack(">i", flags)


def create_ttl(path, data, flags, ttl_ms, acl=ANYONE_ALL):
    return create(path, data, acl, flags) + struct.pack(">q", ttl_ms)


def delete(path, version=-1):
    return ustring(path) + struct.pack(">i", version)


def set_data(path, data, version=-1):
    return ustring(path) + buffer(data) + struct.pack(">i", version)


def read(path, watch=False):
    return ustring(path) + (b"\x01" if watch else b"\x00")


def watches(path, number):
    """addWatch (number: the mode), checkWatches and removeWatches (the type)."""
    return ustring(path) + struct.pack(">i", number)


def set_watches(relative_zxid, *lists):
    """setWatches has three lists of paths, setWatches2 five; None is a null list."""
    body = struct.pack(">q", relative_zxid)
    for paths in lists:
        body += struct.pack(">i", -1) if paths is None else struct.pack(">i", len(paths)) + b"".join(map(ustring, paths))
    return body


def auth(scheme, data):
    return struct.pack(">i", 0) + ustring(scheme) + buffer(data)


def connect_request(timeout_ms=6000, session_id=0, password=b"\0" * 16, last_zxid=0, read_only=b"\x00"):
    return struct.pack(">iqiq", 0, last_zxid, timeout_ms, session_id) + buffer(password) + read_only


class Reply:
    """One frame after the handshake: header fields and the rest."""

    def __init__(self, frame):
        self.xid, self.zxid, self.error = struct.unpack(">iqi", frame[:16])
        self.body = frame[16:]

    def __repr__(self):
        return f"Reply(xid={self.xid}, zxid={self.zxid:#x}, error={self.error}, body={self.body.hex()})"


class Connection:
    """One TCP connection. With handshake=True (the default) it opens a session first."""

    def __init__(self, port, handshake=True, timeout_s=10, **connect):
        self.socket = socket.create_connection((HOST, port), timeout=timeout_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.xid = 0
        if handshake:
            self.connect(**connect)

    def connect(self, **connect):
        """Returns the negotiated timeout; 0 means that the session was refused."""
        self.send_frame(connect_request(**connect))
        frame = self.read_frame()
        _, self.timeout_ms, self.session_id = struct.unpack(">iiq", frame[:16])
        self.password = frame[20:36]
        return self.timeout_ms

    def send_raw(self, data):
        self.socket.sendall(data)

    def send_frame(self, payload):
        self.socket.sendall(struct.pack(">i", len(payload)) + payload)

    def send(self, opcode, body=b"", xid=None):
        if xid is None:
            self.xid += 1
            xid = self.xid
        self.send_frame(struct.pack(">ii", xid, opcode) + body)
        return xid

    def read_exactly(self, size):
        data = b""
        while len(data) < size:
            try:
                chunk = self.socket.recv(size - len(data))
            except ConnectionError:
                chunk = b""
            if not chunk:
                raise Closed(data.hex())
            data += chunk
        return data

    def read_frame(self):
        return self.read_exactly(struct.unpack(">i", self.read_exactly(4))[0])

    def read_reply(self):
        return Reply(self.read_frame())

    def call(self, opcode, body=b"", xid=None):
        self.send(opcode, body, xid)
        return self.read_reply()

    def is_closed(self):
        """True if the next thing on the connection is its end; a byte instead is False."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class StatReply:
    """The 68 bytes of a Stat."""

    FIELDS = ("czxid", "mzxid", "ctime", "mtime", "version", "cversion", "aversion", "ephemeralOwner", "dataLength",
              "numChildren", "pzxid")
    FORMAT = ">qqqqiiiqiiq"
    SIZE = struct.calcsize(FORMAT)

    @classmethod
    def decode(cls, data):
        return dict(zip(cls.FIELDS, struct.unpack(cls.FORMAT, data[:cls.SIZE])))


class Decoder:
    """Reads jute values one after the other."""

    def __init__(self, data):
        self.data = data
        self.offset = 0

    def integer(self):
        value, = struct.unpack_from(">i", self.data, self.offset)
        self.offset += 4
        return value

    def buffer(self):
        size = self.integer()
        if size < 0:
            return None
        value = self.data[self.offset:self.offset + size]
        self.offset += size
        return value

    def ustring(self):
        value = self.buffer()
        return None if value is None else value.decode()

    def strings(self):
        return [self.ustring() for _ in range(max(0, self.integer()))]

    def acl(self):
        return [{"perms": self.integer(), "scheme": self.ustring(), "id": self.ustring()}
                for _ in range(max(0, self.integer()))]

    def stat(self):
        value = StatReply.decode(self.data[self.offset:])
        self.offset += StatReply.SIZE
        return value
