"""Four-letter words: the shape of each answer equals that of a recorded Java 3.9.5 server.

A shape is a text with numbers, dates, addresses and versions masked, so that it says which lines there are, in which
order, and how they are built.
"""

import pathlib
import re
import socket
import struct

import pytest

from harness import server as servers, wire

RECORDED = pathlib.Path(__file__).resolve().parent / "data" / "4lw"
WORDS = ("ruok", "srvr", "stat", "conf", "cons", "crst", "srst", "dump", "envi", "mntr", "isro", "dirs", "wchs", "wchc",
         "wchp", "gtmk")

MASKS = (
    (r"\d+\.\d+\.\d+-[0-9a-zA-Z._-]+, built on [0-9-]+ [0-9:]+ (UTC|GMT)", "<ver>"),
    (r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d [A-Z0-9+-]+ \d{4}", "<date>"),
    (r"0x[0-9a-f]+", "<hex>"),
    (r"\d+\.\d+\.\d+\.\d+:\d+", "<addr>"),
    (r"-?\d+\.\d+", "<f>"),
    (r"-?\d+", "<n>"),
)


def shape(text):
    for pattern, replacement in MASKS:
        text = re.sub(pattern, replacement, text)
    return text


def recorded(role, word):
    return (RECORDED / role / f"{word}.txt").read_text()


@pytest.fixture
def busy_session(module_server):
    """A session with an ephemeral and watches, as the recorded server had one."""
    with wire.Connection(module_server.port, timeout_ms=30000) as connection:
        connection.call(wire.CREATE, wire.create("/app2"))
        assert connection.call(wire.CREATE, wire.create("/app2/ephemeral", flags=1)).error == 0
        connection.call(wire.GET_DATA, wire.read("/app2", watch=True))
        connection.call(wire.EXISTS, wire.read("/app2/none", watch=True))
        connection.call(wire.GET_DATA, wire.read("/zookeeper", watch=True))
        yield connection
        connection.call(wire.CLOSE_SESSION)


@pytest.mark.parametrize("word", ["ruok", "srvr", "isro", "dirs", "crst", "srst", "gtmk", "wchs"])
def test_shape_of(word, module_server, busy_session):
    assert shape(module_server.word(word)) == shape(recorded("standalone", word))


@pytest.mark.parametrize("word", ["wchc", "wchp"])
def test_watches_are_listed(word, module_server, busy_session):
    answer = module_server.word(word)

    assert shape(answer).count("<hex>") == shape(recorded("standalone", word)).count("<hex>")
    for path in ("/app2", "/app2/none", "/zookeeper"):
        assert path in answer.replace("\t", "").splitlines()
    assert f"0x{busy_session.session_id:x}" in answer
    assert answer.endswith("\n\n")


def test_stat_lists_the_clients(module_server, busy_session):
    lines = module_server.word("stat").splitlines()

    assert shape(lines[0]) == "Zookeeper version: <ver>"
    assert lines[1] == "Clients:"
    clients = lines[2:lines.index("")]
    assert len(clients) == 2
    for client in clients:
        assert re.fullmatch(r" /127\.0\.0\.1:\d+\[\d+\]\(queued=\d+,recved=\d+,sent=\d+\)", client)
    assert [shape(line) for line in lines[lines.index("") + 1:]] == [
        shape(line) for line in recorded("standalone", "srvr").splitlines()[1:]]


def test_cons_lists_sessions(module_server, busy_session):
    answer = module_server.word("cons")

    assert answer.endswith("\n\n")
    with_session = [line for line in answer.splitlines() if "sid=" in line]
    assert shape(with_session[0]) == shape(recorded("standalone", "cons").splitlines()[0]).replace("lop=GETC", "lop=GETD")
    assert f"sid=0x{busy_session.session_id:x}" in with_session[0]
    assert "to=30000" in with_session[0]


def test_conf_names_what_is_in_force(module_server):
    answer = module_server.word("conf")

    def keys(text):
        return [line.split("=", 1)[0] for line in text.splitlines()]

    assert keys(answer) == keys(recorded("standalone", "conf"))
    values = dict(line.split("=", 1) for line in answer.splitlines())
    assert values["clientPort"] == str(module_server.port)
    assert values["dataDir"] == f"{module_server.data_dir}/version-2"
    assert values["tickTime"] == "2000"
    assert (values["minSessionTimeout"], values["maxSessionTimeout"]) == ("4000", "40000")
    assert (values["secureClientPort"], values["serverId"]) == ("-1", "0")


def test_dump_lists_sessions_and_ephemerals(module_server, busy_session):
    answer = module_server.word("dump")
    lines = [shape(line) for line in answer.splitlines() if not line.startswith("0 expire at")]

    assert lines[0] == "SessionTracker dump:"
    assert re.fullmatch(r"Session Sets \(<n>\)/\(<n>\):", lines[1])
    assert "<n> expire at <date>:" in lines
    assert "ephemeral nodes dump:" in lines
    assert "Sessions with Ephemerals (<n>):" in lines
    assert "Connections dump:" in lines
    assert f"0x{busy_session.session_id:x}:\n\t/app2/ephemeral\n" in answer
    assert re.search(r"Connections Sets \(\d+\)/\(\d+\):\n", answer)
    assert re.search(rf"\tip: /127\.0\.0\.1:\d+ sessionId: 0x{busy_session.session_id:x}\n", answer)


def test_envi_has_the_keys(module_server):
    answer = module_server.word("envi")

    def keys(text):
        return [line.split("=", 1)[0] for line in text.splitlines()]

    assert keys(answer) == keys(recorded("standalone", "envi"))
    assert shape(answer.splitlines()[1]) == "zookeeper.version=<ver>"


def test_mntr_is_key_tab_value(module_server, busy_session):
    values = {}
    for line in module_server.word("mntr").splitlines():
        key, value = line.split("\t")
        assert key.startswith("zk_")
        assert key not in values
        values[key] = value

    assert values["zk_server_state"] == "standalone"
    assert shape(values["zk_version"]) == "<ver>"
    assert int(values["zk_znode_count"]) >= 6
    assert int(values["zk_ephemerals_count"]) == 1
    assert int(values["zk_watch_count"]) == 3
    assert int(values["zk_num_alive_connections"]) == 2
    for key in ("zk_avg_latency", "zk_max_latency", "zk_min_latency", "zk_packets_received", "zk_packets_sent",
                "zk_outstanding_requests", "zk_approximate_data_size", "zk_open_file_descriptor_count",
                "zk_max_file_descriptor_count", "zk_uptime", "zk_last_client_response_size"):
        float(values[key])


def test_mntr_has_javas_keys(module_server):
    """Every key that Java's mntr has is there. What has no meaning without a JVM may be missing."""
    ours = {line.split("\t")[0] for line in module_server.word("mntr").splitlines()}
    javas = {line.split("\t")[0] for line in recorded("standalone", "mntr").splitlines()}
    # Metrics named for paths or peers of the recorded ensemble are not everybody's.
    javas = {key for key in javas if "_per_namespace" not in key and not re.match(r"zk_\w+_app\d?_", key)}
    javas = {key for key in javas if not re.search(r"jvm|netty|_gc_", key)}
    javas = {key for key in javas if not re.search(r"zk_(avg|min|max|cnt|sum|p\d+)_.*(read|write)_per_namespace", key)}

    assert sorted(javas - ours) == []


def test_unlisted_words_are_refused_by_default(make_server):
    server = make_server(config={"4lw.commands.whitelist": None}).start()

    for word in WORDS:
        if word == "srvr":
            continue
        assert server.word(word) == recorded("whitelist-default", word), word
    # Without its argument too, from a client that waits for the answer with its side open.
    with socket.create_connection((wire.HOST, server.port), timeout=5) as connection:
        connection.sendall(b"stmk")
        assert connection.recv(256).decode() == recorded("whitelist-default", "stmk")


def test_whitelist_is_a_list_with_blanks(make_server):
    server = make_server(config={"4lw.commands.whitelist": "ruok , conf"}).start()

    assert server.word("ruok") == "imok"
    assert "clientPort=" in server.word("conf")
    assert server.word("stat") == recorded("whitelist-default", "stat")


def test_unknown_word_is_closed_without_an_answer(module_server):
    assert module_server.word("xxxx") == ""


def test_word_split_into_segments(module_server):
    with socket.create_connection((wire.HOST, module_server.port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"ruok":
            connection.sendall(bytes([byte]))
        assert connection.recv(16) == b"imok"
        assert connection.recv(16) == b""


def test_client_may_close_its_side_first(module_server):
    with socket.create_connection((wire.HOST, module_server.port), timeout=10) as connection:
        connection.sendall(b"ruok\n")
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(64):
            answer += chunk
    assert answer == b"imok"


def test_set_trace_mask(module_server):
    mask = struct.pack(">q", 0b111110010)
    assert servers.four_letter_word(module_server.port, b"stmk" + mask) == str(0b111110010)
    assert module_server.word("gtmk") == str(0b111110010)
    assert servers.four_letter_word(module_server.port, b"stmk" + struct.pack(">q", 306)) == "306"


def test_word_after_the_handshake_is_a_frame_length(module_server):
    with wire.Connection(module_server.port) as connection:
        connection.send_raw(b"ruok")
        assert connection.is_closed()
    assert module_server.word("ruok") == "imok"


def test_resets_reset(module_server, busy_session):
    for _ in range(20):
        busy_session.call(wire.EXISTS, wire.read("/app2"))
    module_server.word("srst")

    received = int(re.search(r"Received: (\d+)", module_server.word("srvr")).group(1))
    assert received < 10


def test_counts_follow_what_happens(module_server, busy_session):
    def nodes():
        return int(re.search(r"Node count: (\d+)", module_server.word("srvr")).group(1))

    before = nodes()
    busy_session.call(wire.CREATE, wire.create("/counted"))
    assert nodes() == before + 1
    zxid = busy_session.call(wire.DELETE, wire.delete("/counted")).zxid
    assert nodes() == before
    assert f"Zxid: 0x{zxid:x}\n" in module_server.word("srvr")
