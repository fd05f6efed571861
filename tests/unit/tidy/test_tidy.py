#!/usr/bin/env python3
"""The checks can fail: each rule catches the kind of violation that it is there for."""

import pathlib
import subprocess
import tempfile
import unittest

import includes
import symbols


def trouble_in(path, line):
    """The violations of a tree that holds one file with one line."""
    with tempfile.TemporaryDirectory() as root:
        for file in ("kernel/core/server.h", "kernel/shell/process.h", "plugins/storage/file/layout.h"):
            (pathlib.Path(root) / file).parent.mkdir(parents=True, exist_ok=True)
            (pathlib.Path(root) / file).write_text("")
        file = pathlib.Path(root) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(line + "\n")
        return includes.check(root)[0]


class IncludeDirections(unittest.TestCase):
    def test_what_is_allowed_passes(self):
        for path, line in (("kernel/core/tree.cc", '#include "kernel/core/server.h"'),
                           ("kernel/core/tree.cc", "#include <zookernel/ids.h>"),
                           ("kernel/core/tree.cc", "#include <vector>"),
                           ("kernel/shell/loop.cc", '#include "kernel/core/server.h"'),
                           ("kernel/shell/loop.cc", "#include <thread>"),
                           ("kernel/shell/loop.cc", "#include <sys/eventfd.h>"),
                           ("plugins/storage/file/log.cc", '#include "plugins/storage/file/layout.h"'),
                           ("plugins/storage/file/log.cc", '#include "layout.h"'),
                           ("tests/unit/core/tree_test.cc", '#include "kernel/core/server.h"')):
            self.assertEqual(trouble_in(path, line), [], f"{path}: {line}")

    def test_what_is_not_allowed_is_named(self):
        for path, line in (("kernel/core/tree.cc", "#include <thread>"),
                           ("kernel/core/tree.cc", "#include <chrono>"),
                           ("kernel/core/tree.cc", "#include <sys/socket.h>"),
                           ("kernel/core/tree.cc", '#include "kernel/shell/process.h"'),
                           ("kernel/core/tree.cc", "#include <boost/asio.hpp>"),
                           ("kernel/shell/loop.cc", '#include "plugins/storage/file/layout.h"'),
                           ("plugins/auth/ip/plugin.cc", '#include "kernel/core/server.h"'),
                           ("plugins/auth/ip/plugin.cc", '#include "plugins/storage/file/layout.h"'),
                           ("plugins/consensus/standalone/machine.cc", "#include <mutex>"),
                           ("sdk/include/zookernel/plugin.h", "#include <boost/asio.hpp>"),
                           ("sdk/include/zookernel/plugin.h", "#include <zookernel/wire/jute.h>"),
                           ("sdk/include/zookernel/plugin.h", '#include "kernel/core/server.h"'),
                           ("tools/cli/main.cc", '#include "kernel/core/server.h"')):
            self.assertEqual(len(trouble_in(path, line)), 1, f"{path}: {line}")


class PureSymbols(unittest.TestCase):
    def test_forbidden_names(self):
        for name in ("pthread_create", "socket", "open64", "clock_gettime", "getrandom",
                     "_ZNSt6chrono3_V212steady_clock3nowEv"):
            self.assertTrue(symbols.FORBIDDEN.match(name), name)
        for name in ("memcpy", "_Znwm", "openness", "reads", "timeout"):
            self.assertFalse(symbols.FORBIDDEN.match(name), name)

    def test_imports_of_an_archive_are_found(self):
        with tempfile.TemporaryDirectory() as root:
            source = pathlib.Path(root) / "clock.c"
            source.write_text("#include <time.h>\nlong f(void){struct timespec t;clock_gettime(CLOCK_MONOTONIC,&t);"
                              "return t.tv_sec;}\n")
            subprocess.run(["cc", "-c", source, "-o", f"{root}/clock.o"], check=True)
            subprocess.run(["ar", "rc", f"{root}/libclock.a", f"{root}/clock.o"], check=True)

            self.assertIn(("clock.o", "clock_gettime"), set(symbols.imports(f"{root}/libclock.a")))


if __name__ == "__main__":
    unittest.main()
