"""The whole tree as a client sees it, in the shape of tests/fixtures/data/*/expected.json."""

import base64

from . import wire


def _join(parent, name):
    return f"/{name}" if parent == "/" else f"{parent}/{name}"


def read_tree(port, auth=()):
    """All znodes with data, stat and ACL, as a dict by path.

    The session that reads is opened for it. Pass the super user's credentials as auth where ACLs would hide nodes:
    auth is a list of (scheme, bytes).
    """
    nodes = {}
    with wire.Connection(port, timeout_ms=30000) as connection:
        for scheme, credentials in auth:
            reply = connection.call(wire.AUTH, wire.auth(scheme, credentials), xid=-4)
            assert reply.error == 0, f"addauth {scheme}: {reply}"
        pending = ["/"]
        while pending:
            path = pending.pop()
            data_reply = connection.call(wire.GET_DATA, wire.read(path))
            assert data_reply.error == 0, f"getData {path}: {data_reply}"
            decoder = wire.Decoder(data_reply.body)
            data = decoder.buffer()
            stat = decoder.stat()
            acl_reply = connection.call(wire.GET_ACL, wire.ustring(path))
            assert acl_reply.error == 0, f"getACL {path}: {acl_reply}"
            children_reply = connection.call(wire.GET_CHILDREN, wire.read(path))
            assert children_reply.error == 0, f"getChildren {path}: {children_reply}"
            nodes[path] = {
                "data": None if data is None else base64.b64encode(data).decode(),
                "acl": wire.Decoder(acl_reply.body).acl(),
                **stat,
            }
            pending.extend(_join(path, name) for name in wire.Decoder(children_reply.body).strings())
        connection.call(wire.CLOSE_SESSION)
    return nodes


def normalise_expected(node):
    """An entry of expected.json with its numbers as numbers and without what clients do not see."""
    result = {key: value for key, value in node.items() if key not in ("path", "rawEphemeralOwner")}
    for key in ("czxid", "mzxid", "pzxid", "ephemeralOwner"):
        value = int(result[key], 16)
        result[key] = value - (1 << 64) if value >= 1 << 63 else value
    return result


def differences(expected, actual, limit=20):
    """Human-readable differences between two trees (dicts by path), at most limit of them."""
    found = []
    for path in sorted(set(expected) | set(actual)):
        if path not in actual:
            found.append(f"missing: {path}")
        elif path not in expected:
            found.append(f"should not exist: {path}")
        elif expected[path] != actual[path]:
            fields = [f"{key}: expected {expected[path].get(key)!r}, got {actual[path].get(key)!r}"
                      for key in sorted(expected[path]) if expected[path].get(key) != actual[path].get(key)]
            found.append(f"{path}: " + "; ".join(fields))
    return found[:limit]
