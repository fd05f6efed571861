"""zk4lw: one word, its answer, and exit codes that scripts can tell apart."""

import os
import pathlib
import socket
import struct
import subprocess
import unittest

from listener import Listener, answering

ZK4LW = pathlib.Path(os.environ["ZOOKERNEL_STAGE_DIR"]) / "bin" / "zk4lw"


def zk4lw(*arguments):
    return subprocess.run([ZK4LW, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL)


class Answers(unittest.TestCase):
    def test_the_answer_is_printed_byte_for_byte(self):
        with Listener(answering("imok")) as server:
            done = zk4lw("127.0.0.1", server.port, "ruok")

        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "imok", ""))

    def test_the_word_is_sent_and_nothing_else(self):
        received = []

        def handle(connection):
            received.append(connection.recv(64))
            connection.sendall(b"x")

        with Listener(handle) as server:
            zk4lw("127.0.0.1", server.port, "mntr")
            zk4lw("127.0.0.1", server.port, "stmk", "-2")

        self.assertEqual(received, [b"mntr", b"stmk" + struct.pack(">q", -2)])

    def test_a_long_answer_in_pieces(self):
        text = "0123456789\n" * 100000
        with Listener(answering(text)) as server:
            done = zk4lw("127.0.0.1", server.port, "dump")

        self.assertEqual(done.stdout, text)

    def test_all_addresses_of_a_name_are_tried(self):
        with Listener(answering("imok")) as server:
            self.assertEqual(zk4lw("localhost", server.port, "ruok").stdout, "imok")

    def test_addresses_of_version_6_with_and_without_brackets(self):
        try:
            server = Listener(answering("imok"), socket.AF_INET6, "::1")
        except OSError:
            self.skipTest("this machine has no ::1")
        with server:
            self.assertEqual(zk4lw("[::1]", server.port, "ruok").stdout, "imok")
            self.assertEqual(zk4lw("::1", server.port, "ruok").stdout, "imok")


class Failures(unittest.TestCase):
    def test_nobody_listens(self):
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))  # not listening: refused, and nobody else gets the port
            port = bound.getsockname()[1]
            done = zk4lw("127.0.0.1", port, "ruok")

        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr, f"zk4lw: 127.0.0.1:{port}: cannot connect: Connection refused\n")

    def test_an_unknown_host(self):
        done = zk4lw("no.such.host.invalid", 2181, "ruok")

        self.assertEqual(done.returncode, 1)
        self.assertIn("no.such.host.invalid:2181: cannot be resolved", done.stderr)

    def test_closed_without_an_answer(self):
        with Listener(lambda connection: connection.recv(64)) as server:
            done = zk4lw("127.0.0.1", server.port, "xxxx")

        self.assertEqual(done.returncode, 3)
        self.assertIn("closed the connection without an answer", done.stderr)

    def test_a_server_that_says_nothing(self):
        with Listener(lambda connection: [connection.recv(64), connection.recv(64)]) as server:
            done = zk4lw("--timeout", 1, "127.0.0.1", server.port, "ruok")

        self.assertEqual(done.returncode, 3)
        self.assertIn("timed out", done.stderr)

    def test_standard_output_that_is_full(self):
        with Listener(answering("imok")) as server, open("/dev/full", "w") as full:
            done = subprocess.run([ZK4LW, "127.0.0.1", str(server.port), "ruok"], stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60)

        self.assertEqual(done.returncode, 3)
        self.assertIn("No space left", done.stderr)

    def test_wrong_arguments(self):
        for arguments in ((), ("localhost",), ("localhost", "2181"), ("localhost", "0", "ruok"),
                          ("localhost", "65536", "ruok"), ("localhost", "2181x", "ruok"), ("", "2181", "ruok"),
                          ("localhost", "2181", "ruo"), ("localhost", "2181", "ruok", "1"),
                          ("localhost", "2181", "stmk"), ("localhost", "2181", "stmk", "0x1"),
                          ("--timeout", "0", "localhost", "2181", "ruok")):
            with self.subTest(arguments):
                done = zk4lw(*arguments)
                self.assertEqual(done.returncode, 2)
                self.assertTrue(done.stderr.startswith("usage: zk4lw "))


if __name__ == "__main__":
    unittest.main()
