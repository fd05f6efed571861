"""The offline scripts with Apache's names: texts and exit codes as recorded from Apache's own, side by side with Java's classes
where Java is there, and what is different on purpose."""

import json
import re
import subprocess

import pytest

from test_data_directories import FIXTURES
from test_offline_tools import UTC, copy_of, fill, newest, run

TXN_HELP = """usage: TxnLogToolkit [-dhrvc] <txn_log_file_name> (-z <zxid>)
 -c,--chop         Chop mode. Chop txn file to a zxid.
 -d,--dump         Dump mode. Dump all entries of the log file with printing the content of a nodepath (default)
 -h,--help         Print help message
 -r,--recover      Recovery mode. Re-calculate CRC for broken entries.
 -v,--verbose      Be verbose in recovery mode: print all entries, not just fixed ones.
 -y,--yes          Non-interactive mode: repair all CRC errors without asking
 -z,--zxid <arg>   Used with chop. Zxid to which to chop.
"""


def java(class_path, name, *arguments):
    return subprocess.run(["java", "-cp", class_path, f"org.apache.zookeeper.server.{name}", *map(str, arguments)],
                          capture_output=True, text=True, timeout=120, env=UTC, errors="replace")


def without_log_lines(text):
    return "".join(line for line in text.splitlines(keepends=True) if not re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d", line))


def bad_log(tmp_path):
    """A log whose third record has a wrong checksum and is whole otherwise."""
    content = newest("rich", "log.").read_bytes()
    at = 16
    for _ in range(2):
        at += 13 + int.from_bytes(content[at + 8:at + 12], "big")
    log = tmp_path / "log.bad"
    log.write_bytes(content[:at + 7] + bytes([content[at + 7] ^ 1]) + content[at + 8:])
    return log, at


# zkTxnLogToolkit.sh ---------------------------------------------------------------------------------------------------------


@pytest.mark.needs_java
@pytest.mark.parametrize("name", ["rich", "made-by-3.4.14", "made-by-3.5.10", "made-by-3.6.4", "log-duplicate-zxid",
                                  "reconfig-member", "ensemble-epochs-s1"])
def test_log_dump_is_javas_line_by_line(name, java_class_path):
    log = newest(name, "log.")
    theirs = without_log_lines(java(java_class_path, "persistence.TxnLogToolkit", log).stdout).splitlines()
    ours = run("zkTxnLogToolkit.sh", log)

    assert ours.returncode == 0, ours.stderr
    readable = [line for line in ours.stdout.splitlines() if " multi " not in line]
    # Java prints the operations of a multi as they are on the disk, over several lines.
    if not any(" multi " in line for line in theirs):
        assert ours.stdout.splitlines() == theirs
    else:
        assert [line for line in readable if line not in theirs and " session 0x" in line] == []
    assert ours.stdout.splitlines()[-1] == theirs[-1]


def test_log_dump_help_and_wrong_usage():
    assert (run("zkTxnLogToolkit.sh", "-h").stdout, run("zkTxnLogToolkit.sh", "-h").returncode) == (TXN_HELP, 0)
    nothing = run("zkTxnLogToolkit.sh")
    assert (nothing.stdout, nothing.returncode) == (TXN_HELP, 1)
    bad = run("zkTxnLogToolkit.sh", "-q", "x")
    assert (bad.stdout, bad.stderr, bad.returncode) == (TXN_HELP, "Unrecognized option: -q\n\n", 1)
    missing = run("zkTxnLogToolkit.sh", "nofile")
    assert (missing.stderr, missing.returncode) == ("File doesn't exist or not readable: nofile\n", 1)
    other = run("zkTxnLogToolkit.sh", newest("rich", "snapshot."))
    assert (other.stderr, other.returncode) == ("Invalid magic number for snapshot.0\n", 2)


def test_log_dump_with_a_wrong_checksum_prints_the_entry_twice_and_fails(tmp_path):
    log, at = bad_log(tmp_path)
    result = run("zkTxnLogToolkit.sh", log)

    lines = result.stdout.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("CRC ERROR - "))
    assert lines[first].removeprefix("CRC ERROR - ") in lines[first + 1:]
    assert lines[-1] == "EOF reached after 90 txns."
    assert f"log.bad: at byte {at}, the checksum does not match" in result.stderr
    assert result.returncode == 1


def test_log_recover_with_yes_writes_a_good_copy(tmp_path):
    log, _ = bad_log(tmp_path)
    result = run("zkTxnLogToolkit.sh", "-r", "-y", log)

    assert result.returncode == 0, result.stderr
    assert len(re.findall("^CRC FIXED - ", result.stdout, re.M)) == 1
    assert result.stdout.endswith("EOF reached after 90 txns.\n"
                                  "Recovery file log.bad.fixed has been written with 1 fixed CRC error(s)\n")
    good = newest("rich", "log.").read_bytes().rstrip(b"\0")
    assert (tmp_path / "log.bad.fixed").read_bytes() == good
    again = run("zkTxnLogToolkit.sh", "-r", log)
    assert (again.stderr, again.returncode) == ("Recovery file log.bad.fixed already exists or not writable\n", 1)


@pytest.mark.parametrize("answer, code", [("x\ny\n", 0), ("N\n", 1), ("Abort\n", 1), ("", 1)])
def test_log_recover_asks(answer, code, tmp_path):
    log, _ = bad_log(tmp_path)
    result = run("zkTxnLogToolkit.sh", "-r", log, text=answer)

    assert result.stdout.count("Would you like to fix it (Yes/No/Abort) ? ") == (2 if answer[:1] == "x" else 1)
    assert ("Recovery aborted.\n" in result.stderr) == (answer in ("Abort\n", ""))
    assert result.returncode == code


def test_log_chop(tmp_path):
    data = copy_of("rich", tmp_path)
    log = data / "version-2" / "log.1"
    result = run("zkTxnLogToolkit.sh", "-c", "-z", "0x5", log)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ("ZooKeeper Transactional Log File with dbid 0 txnlog format version 2\n"
                             "Chopping at 5 new log has 5 records\n")
    chopped = run("zkTxnLogToolkit.sh", data / "version-2" / "log.1.chopped5")
    assert chopped.stdout.endswith("EOF reached after 5 txns.\n")

    missing = run("zkTxnLogToolkit.sh", "-c", "-z", "0xfffff", log)
    assert missing.stdout.endswith("EOF reached after 90 txns.\nGot exception: Failed to chop log.1\n")
    assert missing.returncode == 1


@pytest.mark.parametrize("name", ["torn-short", "torn-no-eor", "torn-zeros", "corrupt-middle-len0", "corrupt-middle-eor",
                                  "corrupt-middle-len-huge", "corrupt-middle-len-neg", "corrupt-middle-crc"])
def test_no_damaged_log_is_read_in_silence(name):
    result = run("zkTxnLogToolkit.sh", newest(name, "log."))

    assert result.returncode == 1
    assert re.search(r"log\.[0-9a-f]+: at byte \d+, ", result.stderr)


# zkSnapShotToolkit.sh -------------------------------------------------------------------------------------------------------

SNAPSHOTS = ["rich", "multisnap", "fuzzy", "gz", "made-by-3.5.10", "made-by-3.6.4", "snap-format-35",
             "snap-format-36", "ensemble-epochs-s2", "reconfig-member"]


def blocks(text):
    head, *nodes = re.split(r"^----\n", text, flags=re.M)
    return head, sorted(nodes[:-2]), nodes[-2:]


@pytest.mark.needs_java
@pytest.mark.parametrize("name", SNAPSHOTS)
@pytest.mark.parametrize("option", [None, "-d"])
def test_snapshot_dump_is_javas_but_for_the_order(name, option, java_class_path):
    snapshot = newest(name, "snapshot.")
    arguments = [option, snapshot] if option else [snapshot]
    theirs = without_log_lines(java(java_class_path, "SnapshotFormatter", *arguments).stdout)
    ours = run("zkSnapShotToolkit.sh", *arguments)

    assert ours.returncode == 0, ours.stderr
    assert blocks(ours.stdout) == blocks(theirs)


@pytest.mark.needs_java
def test_snapshot_json_has_javas_members(java_class_path):
    def leaves(tree):
        for entry in tree:
            yield from leaves(entry) if isinstance(entry, list) else [entry]

    snapshot = newest("multisnap", "snapshot.")
    theirs = json.loads(without_log_lines(java(java_class_path, "SnapshotFormatter", "-json", snapshot).stdout))
    result = run("zkSnapShotToolkit.sh", "-json", snapshot)
    ours = json.loads(result.stdout)

    assert not result.stdout.endswith("\n")
    assert ours[:2] == theirs[:2] and set(ours[2]) == set(theirs[2])
    assert [leaf["ino"] for leaf in leaves(ours[3:])] == list(range(1001, 1001 + len(list(leaves(theirs[3:])))))
    keep = ("name", "asize", "dsize", "dev")
    assert sorted(tuple(leaf[key] for key in keep) for leaf in leaves(ours[3:])) == \
        sorted(tuple(leaf[key] for key in keep) for leaf in leaves(theirs[3:]))


def test_snapshot_dump_errors(tmp_path):
    usage = run("zkSnapShotToolkit.sh")
    assert usage.returncode == 2
    assert usage.stderr.splitlines()[0] == "USAGE: SnapshotFormatter [-d|-json] snapshot_file"
    both = run("zkSnapShotToolkit.sh", "-d", "-json", "x")
    assert (both.stderr, both.returncode) == ("Cannot specify both data dump (-d) and json mode (-json) in same call\n", 2)
    gone = run("zkSnapShotToolkit.sh", tmp_path / "nofile")
    assert (gone.stderr, gone.returncode) == (f"File '{tmp_path}/nofile' does not exist.\n", 2)
    folder = run("zkSnapShotToolkit.sh", tmp_path)
    assert (folder.stderr, folder.returncode) == (f"'{tmp_path}' is a directory. it must be a file.\n", 2)


@pytest.mark.parametrize("script, more", [("zkSnapShotToolkit.sh", ()), ("zkSnapshotRecursiveSummaryToolkit.sh", ("/", "0"))])
@pytest.mark.parametrize("name", ["snap-newest-badcrc", "snap-newest-truncated", "snap-newest-empty"])
def test_no_damaged_snapshot_is_read_in_silence(name, script, more):
    result = run(script, newest(name, "snapshot."), *more)

    assert (result.returncode, result.stdout) == (1, "")
    assert re.search(r"snapshot\.[0-9a-f]+: at byte \d+, ", result.stderr)


# zkSnapshotComparer.sh ------------------------------------------------------------------------------------------------------


def compared(text):
    return re.sub(r"\d+\.\d{6} seconds", "<f> seconds", without_log_lines(text))


@pytest.mark.needs_java
@pytest.mark.parametrize("more", [(), ("-d",)])
@pytest.mark.parametrize("left, right", [("empty", "rich"), ("rollover", "multisnap"), ("multisnap", "gz")])
def test_comparison_is_javas(left, right, more, java_class_path):
    arguments = ["-l", newest(left, "snapshot."), "-r", newest(right, "snapshot."), "-b", 2, "-n", 1, *more]
    theirs = java(java_class_path, "SnapshotComparer", *arguments)
    ours = run("zkSnapshotComparer.sh", *arguments)

    assert ours.returncode == theirs.returncode == 0, ours.stderr
    assert compared(ours.stdout) == compared(theirs.stdout)


def test_comparison_asks_for_what_is_missing():
    result = run("zkSnapshotComparer.sh")

    assert (result.stderr, result.returncode) == ("Missing required options: l, r, b, n\n", 2)
    assert result.stdout.startswith("usage: java -cp <classpath> org.apache.zookeeper.server.SnapshotComparer\n")


def test_comparison_interactively():
    snapshots = sorted((FIXTURES / "multisnap" / "dataDir" / "version-2").glob("snapshot.*"))
    result = run("zkSnapshotComparer.sh", "-l", snapshots[-2], "-r", snapshots[-1], "-b", 2, "-n", 1, "-i",
                 text="\n99\n/nowhere\nwhat\n/\n")

    assert result.returncode == 0
    assert result.stdout.count("Current depth is 0\n") == 1
    assert re.search(r"^Depth must be in range \[0, \d+\]$", result.stdout, re.M)
    assert "Path /nowhere is neither found in left tree nor right tree.\n" in result.stdout
    assert "Input what is not valid. Depth must be in range [0, " in result.stdout
    assert "Analysis for node /\n" in result.stdout


# zkSnapshotRecursiveSummaryToolkit.sh ---------------------------------------------------------------------------------------


@pytest.mark.needs_java
@pytest.mark.parametrize("top, depth", [("/", 0), ("/", 1), ("/zookeeper", 2)])
def test_summary_is_javas_but_for_the_order(top, depth, java_class_path):
    def parts(text):
        return sorted(re.findall(r"^-* /.*\n-* +children: \d+\n-* +data: \d+$", text, re.M)), text.endswith("\n\n")

    snapshot = newest("multisnap", "snapshot.")
    theirs = without_log_lines(java(java_class_path, "SnapshotRecursiveSummary", snapshot, top, depth).stdout)
    ours = run("zkSnapshotRecursiveSummaryToolkit.sh", snapshot, top, depth)

    assert ours.returncode == 0, ours.stderr
    assert parts(ours.stdout) == parts(theirs)


def test_summary_errors():
    usage = run("zkSnapshotRecursiveSummaryToolkit.sh")
    assert usage.returncode == 2 and usage.stderr.startswith("USAGE:\n")
    nowhere = run("zkSnapshotRecursiveSummaryToolkit.sh", newest("multisnap", "snapshot."), "/nope", 0)
    assert nowhere.returncode == 1 and "/nope" in nowhere.stderr


# zkCleanup.sh ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def configured(tmp_path):
    """A configuration directory and the dataDir that it names."""
    conf, data = tmp_path / "conf", tmp_path / "data"
    conf.mkdir()
    (conf / "zoo.cfg").write_text(f"tickTime=2000\ndataDir = {data}\nclientPort=2181\n")
    return conf, data


def test_cleanup_removes_and_says_so(configured):
    conf, data = configured
    folder = fill(data, (0x10, 0x20, 0x30, 0x40, 0x50))
    (folder / "log.5").write_bytes(b"")
    result = run("zkCleanup.sh", "--config", conf, "-n", 3)

    assert result.returncode == 0, result.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["log.30", "log.40", "log.50", "snapshot.30", "snapshot.40",
                                                              "snapshot.50"]
    lines = result.stdout.splitlines()
    assert len(lines) == 5
    for line in lines:
        assert re.fullmatch(rf"Removing file: [A-Z][a-z]{{2}} \d+, \d{{4}}, \d+:\d\d:\d\d [AP]M\t{folder}/\S+", line)
    assert run("zkCleanup.sh", "--config", conf, "-n", 3).stdout == ""


@pytest.mark.parametrize("arguments, message", [((), ""), (("-n", "2"), "count should be greater than or equal to 3\n"),
                                                (("-n", "x"), "'x' can not be parsed to integer.\n")])
def test_cleanup_errors(arguments, message, configured):
    conf, data = configured
    data.mkdir()
    result = run("zkCleanup.sh", "--config", conf, *arguments)

    assert (result.stderr, result.returncode) == (message, 1)
    assert result.stdout.startswith("Usage:\nPurgeTxnLog dataLogDir [snapDir] -n count\n\tdataLogDir -- ")


def test_cleanup_names_a_missing_directory(configured):
    conf, data = configured
    result = run("zkCleanup.sh", "--config", conf, "-n", 3)
    assert (result.stderr, result.returncode) == (f"Path '{data}' does not exist. \n", 1)


# zkServer-initialize.sh -----------------------------------------------------------------------------------------------------


def test_initialize(configured):
    conf, data = configured
    result = run("zkServer-initialize.sh", "--config", conf, "--myid=7")
    assert (result.stdout, result.returncode) == ("Using myid of 7\n", 0)
    assert (data / "myid").read_text() == "7\n"
    assert sorted(path.name for path in data.iterdir()) == ["initialize", "myid", "version-2"]

    again = run("zkServer-initialize.sh", "--config", conf, "--myid=7")
    assert again.returncode == 1
    assert again.stdout == \
        f"ZooKeeper data directory already exists at {data} (or use --force to force re-initialization)\n"

    (data / "version-2" / "log.1").write_bytes(b"")
    forced = run("zkServer-initialize.sh", "--config", conf, "--force")
    assert (forced.stdout, forced.returncode) == (
        "Force enabled, data/txnlog directories will be re-initialized\n"
        f"No myid provided, be sure to specify it in {data}/myid if using non-standalone\n", 0)
    assert sorted(path.name for path in data.iterdir()) == ["initialize", "version-2"]
    assert not list((data / "version-2").iterdir())


def test_initialize_with_two_directories_and_a_file(configured, tmp_path):
    conf, data = configured
    other = tmp_path / "other.cfg"
    other.write_text((conf / "zoo.cfg").read_text() + f"dataLogDir={tmp_path / 'logs'}\n")
    result = run("zkServer-initialize.sh", "--configfile", other, "--myid", "12")

    assert result.returncode == 0, result.stdout
    assert (data / "version-2").is_dir() and (tmp_path / "logs" / "version-2").is_dir()


def test_initialize_errors(configured):
    conf, _ = configured
    bad = run("zkServer-initialize.sh", "--config", conf, "--foo")
    assert bad.returncode == 1 and bad.stdout.startswith("Unknown option: --foo\nusage: ")
    nowhere = run("zkServer-initialize.sh", "--configfile=/nope.cfg")
    assert (nowhere.stdout, nowhere.returncode) == ("Unable to find config file at /nope.cfg\n", 1)
    for myid in ("0", "256", "x", "-1", "1000"):
        refused = run("zkServer-initialize.sh", "--config", conf, f"--myid={myid}")
        assert refused.returncode == 1 and myid in refused.stdout
    assert run("zkServer-initialize.sh", "--config", conf, "--help").returncode == 0


def test_initialize_force_leaves_a_running_server_its_data(make_server):
    server = make_server("running").start()
    config = server.data_dir.parent / "force.cfg"
    config.write_text(f"dataDir={server.data_dir}\nclientPort=2181\n")
    result = run("zkServer-initialize.sh", f"--configfile={config}", "--force")

    assert result.returncode == 1
    assert "stop it first" in result.stdout
    assert server.word("ruok") == "imok"
