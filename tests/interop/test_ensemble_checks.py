"""The checks that the ensemble tests stand on find what they are for: each is shown a history with one fault in it, and the same
history without."""

import copy

import pytest

from conftest import missing
from ensemble import linearizable
from ensemble.history import History
from ensemble.session import Session
from harness import wire

MS = 1_000_000


def line(client, op, path, begin, end, result="ok", connection=1, **more):
    return {"client": client, "n": connection, "op": op, "path": path, "t0": begin * MS, "t1": None if end is None else end * MS,
            "server": 0, "r": result, "z": begin, **more}


def node(data=b"", mzxid=1, version=0):
    return {"data": data, "mzxid": mzxid, "version": version}


PAIR = {"/pair/a": node(b"v", 9, 3), "/pair/b": node(b"v", 9, 3)}
GOOD = [
    line("a", "create", "/log/a.1", 0, 1),
    line("a", "create", "/log/a.2", 2, 3),
    line("a", "create", "/log/a.3", 4, None, "unknown"),
    line("a", "create", "/log/a.4", 4, None, "unknown"),
    line("a", "delete", "/log/a.1", 5, 6, connection=2),
]
GOOD_TREE = {**PAIR, "/log/a.2": node(), "/log/a.3": node()}


def test_a_good_history_has_no_problems():
    assert History(GOOD).problems(GOOD_TREE) == []


@pytest.mark.parametrize("path", ["/log/a.3", "/log/a.4"])
def test_an_unanswered_create_may_be_missing(path):
    tree = {key: value for key, value in GOOD_TREE.items() if key != path}
    assert History(GOOD).problems(tree) == []


def changed(history=None, **tree_changes):
    tree = dict(GOOD_TREE)
    for path, value in tree_changes.get("tree", {}).items():
        if value is None:
            del tree[path]
        else:
            tree[path] = value
    return History(copy.deepcopy(GOOD) + (history or [])).problems(tree)


@pytest.mark.parametrize("problems, word", [
    (changed(tree={"/log/a.2": None}), "LOST: /log/a.2"),
    (changed(tree={"/log/a.1": node()}), "LOST: the acknowledged delete of /log/a.1"),
    (changed(tree={"/log/a.3": None, "/log/a.4": node()}), "/log/a.4 was done, /log/a.3 before it was not"),
    (changed(tree={"/log/x.1": node()}), "/log/x.1 is there and nobody created it"),
    (changed(tree={"/pair/b": node(b"w", 10, 4)}), "a multi was done by half"),
    (changed(tree={"/ephemerals/a.9": node()}), "/ephemerals/a.9 is there although its session is closed"),
    (changed([line("a", "create", "/log/a.2", 7, 8, "fail", 2, e=-110)]), "failed with -110"),
    (changed([{"client": "a", "violation": "zxid goes back", "t0": 1}]), "a: zxid goes back"),
])
def test_each_fault_is_found(problems, word):
    assert any(word in problem for problem in problems), problems


# Figures -------------------------------------------------------------------------------------------------------------------


def test_gaps_and_first_writes():
    history = History([line("a", "set", "/registers/1-1", at, at + 1, version=1) for at in (0, 10, 50)])

    assert history.longest_gap_s(0, 60 * MS) == pytest.approx(0.040)
    assert history.first_write_after_s(5 * MS) == pytest.approx(0.006)
    assert history.first_write_after_s(51 * MS) is None


def test_counts_know_an_expected_error_from_a_failure():
    history = History([line("a", "cas", "/registers/1-1", 0, 1, "fail", e=-103, expected=4),
                       line("a", "cas", "/registers/1-1", 2, 3, "fail", e=-112, expected=4),
                       {"client": "a", "event": "lost", "t0": 5}])
    counts = history.counts()
    assert (counts["ok"], counts["failures"], counts["lost"]) == (1, 1, 1)


# Sessions ------------------------------------------------------------------------------------------------------------------


def reply_with(zxid, mzxid, error=0):
    stat = wire.struct.pack(wire.StatReply.FORMAT, 1, mzxid, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    return wire.Reply(wire.struct.pack(">iqi", 1, zxid, error) + (b"" if error else wire.buffer(b"v") + stat))


def look(session, *replies):
    for reply in replies:
        session._look_at(reply, wire.GET_DATA, "/x")
    return session.violations


def test_a_session_notices_time_going_back():
    assert not look(Session([1]), reply_with(5, 3), reply_with(6, 4), reply_with(6, 4))
    assert "goes back from mzxid 0x4 to 0x3" in look(Session([1]), reply_with(6, 4), reply_with(7, 3))[0]


@pytest.mark.parametrize("later", [reply_with(7, 5), reply_with(7, 0, wire.NO_NODE)])
def test_a_session_notices_news_before_the_event(later):
    session = Session([1])
    assert not look(session, reply_with(5, 3))
    session.watch("/x", 3)
    assert not look(session, reply_with(6, 3))
    assert "fires" in look(session, later)[0]

    told = Session([1])
    told.watch("/x", 3)
    kind = 2 if later.error else 3
    told._event(wire.Reply(wire.struct.pack(">iqi", -1, -1, 0) + wire.struct.pack(">ii", kind, 3) + wire.ustring("/x")))
    assert not look(told, later)


def test_a_session_notices_an_event_that_it_did_not_ask_for():
    session = Session([1])
    session._event(wire.Reply(wire.struct.pack(">iqi", -1, -1, 0) + wire.struct.pack(">ii", 3, 3) + wire.ustring("/x")))
    assert "not watched" in session.violations[0]


# Registers -----------------------------------------------------------------------------------------------------------------

KEY = "/registers/7-0"
REGISTER = [
    line("a", "create", KEY, 0, 10, value="1"),
    line("b", "get", KEY, 2, 5, "fail", e=-101),
    line("b", "set", KEY, 12, 20, value="2", version=1),
    line("a", "get", KEY, 13, 19, got="1", version=0),
    line("c", "cas", KEY, 14, 30, value="3", expected=1, version=2),
    line("a", "cas", KEY, 21, 31, "fail", value="4", expected=0, e=-103),
    line("b", "set", KEY, 32, None, "unknown", value="5"),
    line("a", "get", KEY, 40, 41, got="3", version=2),
    line("a", "get", KEY, 50, 51, got="5", version=3),
]
END = {KEY: ("5", 3)}


@pytest.fixture(scope="module")
def judge():
    try:
        linearizable.checker()
    except linearizable.NoChecker as error:
        missing(str(error))
    return lambda history, end=None, **more: linearizable.judge(
        linearizable.lines_for_checker(history, END if end is None else end, **more))["result"]


def with_line(number, **changes):
    return [{**old, **changes} if at == number else old for at, old in enumerate(REGISTER)]


def test_a_linearizable_register_is_found_so(judge):
    assert judge(REGISTER) == "linearizable"
    # The write without an answer may also never have happened.
    assert judge(REGISTER[:-1], {KEY: ("3", 2)}) == "linearizable"


@pytest.mark.parametrize("history, end", [
    (with_line(7, got="2", version=1), END),  # a stale read
    (with_line(8, got="3", version=3), END),  # a value under another's version
    (with_line(4, version=1), END),  # two writes with one version
    (with_line(5, r="ok", e=0, version=3), END),  # a cas that should have failed
    (with_line(1, t0=11 * MS, t1=12 * MS), END),  # not there after the create was answered
    (REGISTER, {KEY: ("3", 2)}),  # lost at the end although it was read
    (REGISTER, {}),
])
def test_a_register_that_is_not_linearizable_is_found(judge, history, end):
    assert judge(history, end) == "not linearizable"


def test_without_reads_a_stale_one_does_not_count_but_a_lost_write_does(judge):
    assert judge(with_line(7, got="2", version=1), with_reads=False) == "linearizable"
    assert judge(with_line(4, version=1), with_reads=False) == "not linearizable"
