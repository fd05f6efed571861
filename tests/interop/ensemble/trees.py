"""Whether all servers of an ensemble hold the same: through their client ports, by their own digests, and in their files."""

import re
import subprocess

from harness import server as servers
from harness import wire

IN_FLIGHT = 200
# Each server has it from its own zoo.cfg as long as nobody reconfigures, and with links each has other ports in it.
CONFIG_NODE = "/zookeeper/config"


def _join(parent, name):
    return f"/{name}" if parent == "/" else f"{parent}/{name}"


def read(port):
    """All znodes that a server shows: path -> {"data", "acl", and the fields of the stat}. Hundreds of reads are under way."""
    nodes = {}
    with wire.Connection(port, timeout_ms=30_000, timeout_s=30) as connection:
        pending = ["/"]
        while pending:
            batch, pending = pending[:IN_FLIGHT], pending[IN_FLIGHT:]
            for path in batch:
                connection.send(wire.GET_DATA, wire.read(path))
                connection.send(wire.GET_ACL, wire.ustring(path))
                connection.send(wire.GET_CHILDREN, wire.read(path))
            for path in batch:
                data, acl, children = (connection.read_reply() for _ in range(3))
                for reply in (data, acl, children):
                    assert reply.error == 0, f"{path} at port {port}: {reply}"
                decoder = wire.Decoder(data.body)
                nodes[path] = {"data": decoder.buffer(), **decoder.stat(), "acl": wire.Decoder(acl.body).acl()}
                pending += [_join(path, name) for name in wire.Decoder(children.body).strings()]
        connection.call(wire.CLOSE_SESSION)
    return nodes


def differences(one, other, limit=10):
    found = []
    for path in sorted((set(one) | set(other)) - {CONFIG_NODE}):
        if one.get(path) != other.get(path):
            found.append(f"{path}: {one.get(path)} and {other.get(path)}")
    return found[:limit]


def of_members(ensemble):
    """The tree, and all differences between the members. Nobody may be writing."""
    first, *others = ensemble
    tree, found = read(first.port), []
    for member in others:
        found += [f"servers {first.number} and {member.number} differ: {text}" for text in differences(tree, read(member.port))]
    return tree, found


def digests(member):
    """Digests of the tree by zxid, as the word hash lists them."""
    text = member.word("hash", timeout_s=10)
    return {int(zxid, 16): digest for zxid, digest in re.findall(r"^([0-9a-f]+): (-?[0-9a-f]+)$", text, re.MULTILINE)}


def digest_differences(ensemble):
    """Servers that had other digests at the same zxid, and mismatches that they counted themselves."""
    found, known = [], {}
    for member in ensemble:
        for zxid, digest in digests(member).items():
            other = known.setdefault(zxid, (member.number, digest))
            if other[1] != digest:
                found.append(f"at zxid {zxid:#x} server {other[0]} has digest {other[1]}, server {member.number} {digest}")
        counted = re.search(r"^zk_digest_mismatches_count\s+(\d+)", member.word("mntr", timeout_s=10), re.MULTILINE)
        if counted and int(counted.group(1)):
            found.append(f"server {member.number} counted {counted.group(1)} mismatches of digests")
    return found


def of_directories(ensemble):
    """Differences between the data directories, after all servers have ended."""
    program = servers.server_program().parent.parent / "bin" / "zookernel-db"
    first, *others = ensemble
    found = []
    for member in others:
        done = subprocess.run([program, "diff", first.data_dir, member.data_dir], capture_output=True, text=True, timeout=300)
        lines = [line for line in done.stdout.splitlines() if not line.startswith(f"both {CONFIG_NODE} ")]
        if done.returncode not in (0, 1) or lines:
            found.append(f"the directories of {first.number} and {member.number} differ:\n" + "\n".join(lines[:20]) + done.stderr)
    return found
