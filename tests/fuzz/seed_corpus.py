#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets, corpus/NAME/, from real bytes.

    seed_corpus.py [--streams DIR]

Sources: the conversations of tests/interop/data/verified-cases.json, the directories of tests/fixtures/data, conf/, and, if
given, recorded streams between servers (DIR/SCENARIO/{quorum,election}-*.bin). A seed is named by a hash of its content, so
that running this again changes nothing. Inputs that a fuzzer found are added by hand; nothing is ever removed here.
"""

import argparse
import gzip
import hashlib
import json
import pathlib
import re
import struct

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent
SIZE_MAX = 6 * 1024
SEEDS_MAX = 60  # of one kind in one target

# First byte of an input of wire_requests.cc, by operation.
REQUEST_SELECTORS = {1: 2, 15: 2, 19: 2, 21: 3, 2: 4, 3: 5, 4: 5, 8: 5, 12: 5, 5: 6, 6: 7, 9: 7, 104: 7, 7: 8, 13: 9, 17: 10,
                     18: 10, 106: 11, 16: 12, 100: 13, 102: 14, 101: 15, 105: 16, 14: 17, 22: 17, 103: 26}
# First byte of an input of wire_records.cc, by type of transaction.
TXN_SELECTORS = {1: 1, 15: 1, 19: 3, 21: 4, 2: 5, 20: 5, 5: 6, 16: 6, 7: 7, 13: 8, -11: 9, 14: 10}


class Corpus:
    def __init__(self):
        self.kinds = {}

    def add(self, target, data, selector=None):
        # Seeds of a target that does not exist would only lie about.
        if len(data) > SIZE_MAX or not (HERE / f"{target}.cc").exists():
            return
        whole = data if selector is None else bytes([selector]) + data
        kind = (target, selector)
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if self.kinds[kind] > SEEDS_MAX:
            return
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha1(whole).hexdigest()[:16]).write_bytes(whole)


# Index of an opcode in kOpcodes of core_server.cc.
OPCODES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 100, 101, 102, 103, 104, 105, 106, 107,
           -10, -11, 99]
PARSED = {
    0: ["/", "/a/b", "/a//b", "/a/../b", "/a/", "", "/\u00a0", "/\uf900", "/\U0001f600", "/\x00", "/\x1f", "/...", "/a."],
    1: ["count=3,bytes=120", "count=-1,bytes=-1=;byteHardLimit=20;countHardLimit=4", "count=,bytes=", ",;,", "count=x", "count",
        "count=9223372036854775808", "countHardLimit=1;countHardLimit=2"],
    2: ["/a/b/c", "/zookeeper/quota/a/zookeeper_limits", "/zookeeper/quota", "/zookeeper/quotas/a", "a", "//a"],
    3: ["anyone", "127.0.0.1/24", "::1/64", "fe80::1%eth0", "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=", "a:b:", ":b", "", "1.2.3.4/33"],
}


def parsers(corpus):
    for selector, texts in PARSED.items():
        for text in texts:
            corpus.add("core_parsers", text.encode("utf-8", "surrogatepass"), selector)


def server_input(case):
    """The conversation of a case as an input of core_server.cc: its frames as requests of one client."""
    whole = b""
    for step in case["steps"]:
        if step.get("open") or step.get("open_raw") or "send" not in step:
            continue
        data = bytes.fromhex(re.sub(r"\{[^}]*\}", "0123456789abcdef", step["send"]))
        while len(data) >= 12:
            size = int.from_bytes(data[:4], "big", signed=True)
            frame, data = data[4:4 + max(size, 0)], data[4 + max(size, 0):]
            opcode = int.from_bytes(frame[4:8], "big", signed=True)
            if len(frame) < 8 or opcode not in OPCODES or len(frame) - 7 > 255:
                continue
            body = bytes([OPCODES.index(opcode)]) + frame[8:]
            whole += bytes([8, len(body)]) + body
    return whole


def conversations(corpus):
    document = json.loads((TESTS / "interop" / "data" / "verified-cases.json").read_text())
    handshake = bytes.fromhex(document["default_handshake"]["send"])
    corpus.add("wire_requests", handshake[4:], 0)
    for case in document["cases"]:
        corpus.add("core_server", server_input(case), 3)
        stream = handshake
        for step in case["steps"]:
            if "send" not in step:
                continue
            data = bytes.fromhex(re.sub(r"\{[^}]*\}", "0123456789abcdef", step["send"]))
            stream += data
            corpus.add("wire_frame", data, 1)
            for opcode, body in requests(data):
                if opcode in REQUEST_SELECTORS:
                    corpus.add("wire_requests", body, REQUEST_SELECTORS[opcode])
        corpus.add("wire_frame", stream, 0)
    for word in (b"ruok", b"stmk\0\0\0\0\0\0\1\x32", b"srvr\n", b"GET / HTTP/1.1\r\n\r\n", bytes.fromhex("16030100")):
        corpus.add("wire_frame", word, 0)


def requests(data):
    offset = 0
    while offset + 12 <= len(data):
        size, _, opcode = struct.unpack_from(">iii", data, offset)
        if size < 8 or offset + 4 + size > len(data):
            return
        yield opcode, data[offset + 12:offset + 4 + size]
        offset += 4 + size


def directories(corpus):
    for folder in sorted((TESTS / "fixtures" / "data").iterdir()):
        for file in sorted((folder / "dataDir" / "version-2").iterdir()):
            data = file.read_bytes()
            if file.name.startswith("log."):
                corpus.add("storage_log", data.rstrip(b"\0") + b"\0" * 32)
                transactions(corpus, data)
            elif file.name.startswith("snapshot."):
                corpus.add("storage_snapshot", data)
                if data[:2] == b"\x1f\x8b":
                    data = gzip.decompress(data)
                if data[:4] == b"ZKSN":
                    corpus.add("snapshot_stream", data)
                corpus.add("wire_records", data[:16], 14)


def transactions(corpus, log):
    """Records of a log: checksum long, length int, bytes, end byte."""
    corpus.add("wire_records", log[:16], 14)
    offset = 16
    seen = {}
    while offset + 12 <= len(log):
        size, = struct.unpack_from(">i", log, offset + 8)
        body = log[offset + 12:offset + 12 + max(size, 0)]
        if size < 36 or len(body) < size:
            return
        txn_type, = struct.unpack_from(">i", body, 28)
        offset += 12 + size + 1
        seen[txn_type] = seen.get(txn_type, 0) + 1
        if seen[txn_type] > 2:
            continue
        corpus.add("wire_records", body, 0)
        corpus.add("txn_messages", body)
        if txn_type in TXN_SELECTORS:
            corpus.add("wire_records", body[32:], TXN_SELECTORS[txn_type])


def streams(corpus, folder):
    for file in sorted(folder.glob("*/*.bin")):
        data = file.read_bytes()[:1500]
        if file.name.startswith("quorum"):
            corpus.add("wire_frame", data, 3)
            corpus.add("wire_records", data[:200], 19)
        else:
            corpus.add("wire_frame", data, 6)
            # Behind the greeting: frames of votes.
            for match in re.finditer(rb"\x00\x00\x00[\x28-\x60]", data):
                size, = struct.unpack(">i", match.group())
                corpus.add("wire_records", data[match.end():match.end() + size], 23)
                break


def configurations(corpus):
    for file in sorted((HERE.parents[1] / "conf").glob("*.cfg")):
        corpus.add("config_properties", file.read_bytes())
        corpus.add("config_zoo", file.read_bytes())
    for text in (b"a=b\n", b"a:b\\\n c\n", b"key\\ with\\ blanks = value\n", b"u=\\u00e4\\t\\n\n", b"! comment\n# comment\n", b"=\n",
                 b"server.1=h:1:2:participant;3\nserver.2=[::1]:4:5:observer;[::1]:6\n", b"server.1=a:1:2|b:3:4\n",
                 b"group.1=1:2:3\nweight.1=0\n", b"dataDir=/x\nclientPort=99999\n", b"\\u12", b"a\\", b"\xff\xfe=\x00\n"):
        corpus.add("config_properties", text)
        corpus.add("config_zoo", text)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--streams", type=pathlib.Path)
    given = arguments.parse_args()
    corpus = Corpus()
    conversations(corpus)
    parsers(corpus)
    directories(corpus)
    configurations(corpus)
    if given.streams:
        streams(corpus, given.streams)
    for folder in sorted((HERE / "corpus").iterdir()):
        files = list(folder.iterdir())
        print(f"{folder.name}: {len(files)} seeds, {sum(f.stat().st_size for f in files)} bytes")


if __name__ == "__main__":
    main()
