#!/usr/bin/env python3
"""Checks that a pure library imports nothing from the outside world: no threads, clocks, files, sockets, chance.

    symbols.py ARCHIVE...

What #include cannot show (a clock behind a harmless header) shows in the imported symbols.
"""

import re
import subprocess
import sys

FORBIDDEN = re.compile(
    r"^(pthread_\w+|thrd_\w+|socket|accept4?|connect|send|recv|sendmsg|recvmsg|bind|listen|poll|ppoll|select|epoll_\w+"
    r"|open(at)?(64)?|fopen(64)?|creat(64)?|read|pread(64)?|write|pwrite(64)?|fsync|fdatasync|rename|unlink|mmap(64)?"
    r"|clock_gettime|gettimeofday|time|clock|nanosleep|usleep|sleep"
    r"|getrandom|getentropy|rand|srand|random|arc4random|getenv"
    r"|_ZNSt6chrono3_V2\d+(steady|system|high_resolution)_clock3nowEv"
    r"|_ZNSt13random_device\w+|_ZNSt6thread\w+|_ZNSt5mutex\w+|_ZNSt18condition_variable\w+"
    r"|_ZNSt13basic_filebuf\w+|_ZNSt14basic_[io]fstream\w+)$")


def imports(archive):
    """(object, symbol) of each strong undefined symbol."""
    output = subprocess.run(["nm", "--undefined-only", "--print-file-name", archive], capture_output=True, text=True,
                            check=True).stdout
    for line in output.splitlines():
        match = re.match(r"^(?:.*:)?([^:]+\.o):\s*U\s+(\S+)$", line)
        if match:
            yield match.group(1), match.group(2).split("@")[0]


def main():
    found, seen = [], 0
    for archive in sys.argv[1:]:
        for member, symbol in imports(archive):
            seen += 1
            if FORBIDDEN.match(symbol):
                found.append(f"{archive}: {member} imports {symbol}")
    print("\n".join(sorted(set(found))))
    print(f"{seen} imported symbols, {len(found)} of them not allowed in a pure library")
    return 1 if found or seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
