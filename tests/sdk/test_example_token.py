"""The example scheme, built against an installed tree without the sources, and used through addauth and an ACL.

ZOOKERNEL_STAGE_DIR names the installed tree. Nothing of the repository is given to a compiler but the files of
plugins/auth/example_token, copied elsewhere, as a reader of the SDK's README would have them.
"""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

from harness import server as servers  # noqa: E402

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "plugins" / "auth" / "example_token"
SECRET = "correct horse battery staple"
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-pedantic-errors", "-Werror"]
LINK = ["-fPIC", "-shared", "-fvisibility=hidden", "-Wl,-z,nodelete", "-Wl,-z,now", "-Wl,--version-script=plugin.map"]


def cxx(compiler, standard, *more):
    return [compiler, f"-std={standard}", "-O2", *WARNINGS, *LINK, *more, "token.cc"]


BUILDS = {
    "gxx-c++11": cxx("g++", "c++11"),
    "gxx-c++11-old-strings": cxx("g++", "c++11", "-D_GLIBCXX_USE_CXX11_ABI=0"),
    "gxx-c++20": cxx("g++", "c++20"),
    "gxx-c++20-old-strings": cxx("g++", "c++20", "-D_GLIBCXX_USE_CXX11_ABI=0"),
    "gxx-static-libstdc++": cxx("g++", "c++17", "-static-libstdc++"),
    "clang-c++11-libc++": cxx("clang++", "c++11", "-stdlib=libc++"),
    "clang-c++20-libc++": cxx("clang++", "c++20", "-stdlib=libc++"),
    "gcc-c99": ["gcc", "-std=c99", "-O2", *WARNINGS, *LINK, "token_c.c"],
    "cmake": None,
}


def missing(what):
    """Skips, or fails where the caller promised that everything is installed (as ./dev test does)."""
    if os.environ.get("ZOOKERNEL_REQUIRE_CLIENTS") == "1":
        pytest.fail(f"{what} (and ZOOKERNEL_REQUIRE_CLIENTS=1 says that nothing may be missing)")
    pytest.skip(f"NOT TESTED: {what}")


def run(command, directory, expect=0):
    done = subprocess.run([str(part) for part in command], cwd=directory, capture_output=True, text=True, timeout=300)
    assert done.returncode == expect, f"{command}\nexit code {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def require_libcxx(directory):
    """The headers of libc++ are a package of their own."""
    (directory / "probe.cc").write_text("#include <string>\nstd::string s;\n")
    done = subprocess.run(["clang++", "-stdlib=libc++", "-fsyntax-only", "probe.cc"], cwd=directory, capture_output=True)
    if done.returncode != 0:
        missing("clang++ has no libc++ here (on Debian: apt-get install libc++-dev libc++abi-dev)")


@pytest.fixture(scope="session")
def stage():
    directory = servers.stage_dir()
    if not (directory / "include" / "zookernel" / "auth_scheme.h").exists():
        pytest.fail(f"{directory} is no installed tree: build and install first (./dev build)")
    return directory


@pytest.fixture
def workshop(tmp_path):
    """A directory with the example's files only, and one for what is built."""
    for source in ("token.cc", "token_c.c", "CMakeLists.txt"):
        shutil.copy(EXAMPLE / source, tmp_path / source)
    (tmp_path / "plugin.map").write_text("{ global: zookernel_plugin; local: *; };\n")
    (tmp_path / "plugins").mkdir(mode=0o755)
    os.chmod(tmp_path / "plugins", 0o755)
    return tmp_path


def build(command, workshop, stage):
    """Compiles with the installed headers and answers the plugin's file."""
    output = workshop / "plugins" / "libtoken.so"
    if command is None:
        run(["cmake", "-S", ".", "-B", "out", f"-DCMAKE_PREFIX_PATH={stage}"], workshop)
        run(["cmake", "--build", "out"], workshop)
        shutil.copy(workshop / "out" / "libtoken.so", output)
    else:
        if shutil.which(command[0]) is None:
            missing(f"no {command[0]} on this machine")
        if "-stdlib=libc++" in command:
            require_libcxx(workshop)
        run([*command, f"-I{stage / 'include'}", "-o", output], workshop)
    os.chmod(output, 0o755)
    return output


def server_with(workshop, stage, **config):
    """A server of the installed tree that looks for plugins in the workshop first."""
    if not servers.server_program().exists():
        missing(f"{servers.server_program()} does not exist")
    path = f"{workshop / 'plugins'}:{stage / 'lib' / 'zookernel' / 'plugins'}"
    keys = {"plugin.path": path, "plugin.auth": "token", "token.secret": SECRET, **config}
    return servers.Server(workshop / "server", kind="zookernel", config=keys)


@pytest.fixture
def connect():
    kazoo_client = pytest.importorskip("kazoo.client")
    open_clients = []

    def make(server, *auth):
        client = kazoo_client.KazooClient(hosts=server.hosts, timeout=10, auth_data=list(auth))
        client.start(timeout=30)
        open_clients.append(client)
        return client

    yield make
    for client in open_clients:
        client.stop()
        client.close()


def test_readme_shows_the_example_as_it_is():
    readme = (EXAMPLE.parents[2] / "sdk" / "README.md").read_text()
    comment, source = (EXAMPLE / "token.cc").read_text().split("\n", 1)
    assert comment.startswith("//")
    assert f"```cpp\n{source}```" in readme
    assert f"```cmake\n{(EXAMPLE / 'CMakeLists.txt').read_text()}```" in readme
    assert source.count("\n") < 40


@pytest.mark.parametrize("name", BUILDS)
def test_scheme_is_built_against_the_installed_tree_and_used(name, workshop, stage, connect):
    from kazoo.exceptions import NoAuthError
    from kazoo.security import make_acl

    plugin = build(BUILDS[name], workshop, stage)
    tool = stage / "bin" / "zookernel-plugin"
    said = run([tool, "info", plugin], workshop)
    assert "org.example.token" in said
    assert "token.secret" in said

    with server_with(workshop, stage) as server:
        red = connect(server, ("token", f"red:{SECRET}"))
        blue = connect(server, ("token", f"blue:{SECRET}"))
        nobody = connect(server)

        red.create("/team", b"plans", acl=[make_acl("token", "red", all=True)])
        assert red.get("/team")[0] == b"plans"
        for other in (blue, nobody):
            with pytest.raises(NoAuthError):
                other.get("/team")
            with pytest.raises(NoAuthError):
                other.set("/team", b"stolen")

        # auth:: stands for the creator's ids of our scheme, as it does for digest.
        red.create("/mine", b"", acl=[make_acl("auth", "", all=True)])
        entries = red.get_acls("/mine")[0]
        assert [(entry.id.scheme, entry.id.id) for entry in entries] == [("token", "red")]
        with pytest.raises(NoAuthError):
            blue.get("/mine")


def test_wrong_secret_is_refused(workshop, stage, connect):
    from kazoo.exceptions import AuthFailedError

    build(BUILDS["gxx-c++20"], workshop, stage)
    with server_with(workshop, stage) as server:
        stranger = connect(server)
        with pytest.raises(AuthFailedError):
            stranger.add_auth("token", "red:not the secret at all")
        # Only that connection was refused.
        assert connect(server, ("token", f"red:{SECRET}")).exists("/") is not None


def test_auth_provider_key_loads_a_plugin_too(workshop, stage, connect):
    build(BUILDS["gxx-c++20"], workshop, stage)
    config = {"plugin.auth": None, "authProvider.token": "token"}
    with server_with(workshop, stage, **config) as server:
        assert connect(server, ("token", f"red:{SECRET}")).exists("/") is not None


def start_refused(server):
    """The server's words; it must end by itself, and not by a signal."""
    exit_code, output = server.run_to_end()
    assert exit_code > 0, f"exit code {exit_code}\n{output}"
    return output


def test_wrong_setting_stops_the_start_with_file_key_and_reason(workshop, stage):
    plugin = build(BUILDS["gxx-c++20"], workshop, stage)
    output = start_refused(server_with(workshop, stage, **{"token.secret": "short"}))
    assert f"plugin {plugin}: auth scheme token: configure: token.secret: shorter than 16 bytes" in output


def test_plugin_of_another_sdk_is_refused_by_name(workshop, stage):
    other = workshop / "other-sdk"
    shutil.copytree(stage / "include", other)
    (other / "zookernel" / "sdk_hash.h").write_text("#define ZOOKERNEL_ABI_HASH 0x1ull\n#define ZOOKERNEL_SDK_HASH 0x1ull\n")
    plugin = workshop / "plugins" / "libtoken.so"
    run([*BUILDS["gxx-c++20"], f"-I{other}", "-o", plugin], workshop)
    os.chmod(plugin, 0o755)

    output = start_refused(server_with(workshop, stage))
    assert f"plugin {plugin}: sdk abi hash: kernel " in output
    assert "plugin 0000000000000001" in output


def test_plugin_with_a_sanitizer_is_refused_before_it_can_end_the_server(workshop, stage):
    plugin = workshop / "plugins" / "libtoken.so"
    run([*BUILDS["gxx-c++20"], "-fsanitize=address", f"-I{stage / 'include'}", "-o", plugin], workshop)
    os.chmod(plugin, 0o755)

    output = start_refused(server_with(workshop, stage))
    assert f"plugin {plugin}: built with AddressSanitizer" in output


def test_world_writable_plugin_is_refused(workshop, stage):
    plugin = build(BUILDS["gxx-c++20"], workshop, stage)
    os.chmod(plugin, 0o777)

    output = start_refused(server_with(workshop, stage))
    assert f"plugin {plugin}: anybody may write to it" in output
