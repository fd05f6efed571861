"""Which ensembles the tests build: 'ours' stands for the server under test, so that ZOOKERNEL_SERVER_KIND=java proves the tests
themselves on servers of Java's alone."""

import os

from harness import server as servers

NIGHTLY = os.environ.get("ZOOKERNEL_NIGHTLY") == "1"


def real(kinds):
    return [kind.replace("ours", "java") if servers.default_kind() == "java" else kind for kind in kinds]


def name(kinds):
    return "-".join(kinds)
