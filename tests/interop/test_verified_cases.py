"""The byte-level cases that were recorded on Apache ZooKeeper 3.9.5 hold here as well."""

import pytest

from harness import cases, server as servers

DOCUMENT = cases.load()

# What Java does here is a defect; test_defects.py says what happens instead.
DEFECTS = {"connect_wrong_password_drops_owner", "deleteContainer_from_client"}

SUPER_DIGEST = "super:xQJmxLMiHGwaqBvst5y6rkB6HQs="
PROFILES = {
    "standalone": ({}, []),
    "default": ({}, []),
    "ext": ({"extendedTypesEnabled": "true", "enforceQuota": "true", "reconfigEnabled": "true",
             "DigestAuthenticationProvider.superDigest": SUPER_DIGEST}, ["-Dznode.container.checkIntervalMs=1000"]),
    # The asked cases have a server of their own, since quotas and nodes of one case could meet those of another.
    "asked": ({"extendedTypesEnabled": "true", "enforceQuota": "true", "reconfigEnabled": "true"}, []),
    "enforce_auth": ({"enforce.auth.enabled": "true", "enforce.auth.schemes": "digest"}, []),
}


@pytest.fixture(scope="module")
def profile_server(tmp_path_factory):
    """A running server for a profile, started on first use."""
    running = {}

    def get(profile):
        if profile not in running:
            config, flags = PROFILES[profile]
            server = servers.Server(tmp_path_factory.mktemp(profile), config=config, jvm_flags=flags)
            running[profile] = server.start()
        return running[profile]

    yield get
    for server in running.values():
        alive = server.alive()
        server.kill()
        assert alive, f"the server of {server.directory} ended during the tests\n{server.log()}"


def parameters():
    # Cases that look at an untouched tree come first: they share their server with the others.
    chosen = [case for case in DOCUMENT["cases"] if case["profile"] in PROFILES]
    for case in sorted(chosen, key=lambda case: not case.get("fresh_server")):
        marks = []
        if servers.default_kind() == "zookernel":
            if case["name"] in DEFECTS:
                marks.append(pytest.mark.skip(reason="a defect of Java's server that is not copied: test_defects.py"))
        yield pytest.param(case, id=case["name"], marks=marks)


@pytest.mark.parametrize("case", list(parameters()))
def test_case(case, profile_server):
    server = profile_server(case["profile"])

    cases.Replay(case, server.port, DOCUMENT["default_handshake"]).run()

    assert server.alive(), f"the server ended\n{server.log()}"
