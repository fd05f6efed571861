"""The debs in whole Debian systems of three releases: installed by apt from a signed repository, started, used, upgraded, removed, purged; and
a user's scheme compiled there."""

import shutil

import pytest

import repositories
import roots

RELEASES = ["bullseye", "bookworm", "trixie"]
OLD = roots.PACKAGES.with_name(roots.PACKAGES.name + "-old")
SECRET = "correct-horse-battery-staple"


@pytest.fixture(scope="module", params=RELEASES)
def root(request, tmp_path_factory, key):
    directory = tmp_path_factory.mktemp(request.param)
    root = roots.debian(request.param, directory / "root")
    repositories.apt(root.path("/srv/new"), sorted(roots.PACKAGES.glob("zookernel*.deb")), key)
    repositories.apt(root.path("/srv/old"), sorted(OLD.glob("zookernel*.deb")), key)
    root.path("/usr/share/keyrings").mkdir(parents=True, exist_ok=True)
    shutil.copy(key.public, root.path("/usr/share/keyrings/zookernel.asc"))
    # What the root has already is all that apt may use beside our repository.
    for name in root.path("/etc/apt/sources.list.d").glob("*"):
        name.unlink()
    root.write("/etc/apt/sources.list", "")
    # A root without an init has no runlevel; without this, nothing would be started.
    root.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 0\n", mode=0o755)
    yield root
    roots.remove(root)


def use(root, which):
    root.write("/etc/apt/sources.list", f"deb [signed-by=/usr/share/keyrings/zookernel.asc] file:/srv/{which} ./\n")
    root.run("apt-get -qq update")


@pytest.fixture(scope="module")
def installed(root):
    """The previous version, with a server that was used."""
    use(root, "old")
    said = root.run("""set -e
apt-get -qq -y install --no-install-recommends zookernel >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
service zookernel status
zkCli.sh -server 127.0.0.1:2181 create /kept before
ls -ld /var/lib/zookernel
ps_user=$(stat -c %U /proc/$(cat /var/lib/zookernel/zookeeper_server.pid)); echo "runs as $ps_user"
service zookernel stop
""")
    assert "Created /kept" in said
    assert "runs as zookernel" in said
    assert "drwxr-x--- " in said and "zookernel zookernel" in said
    return root


def test_repository_with_a_wrong_signature_is_refused(root):
    use(root, "new")
    release = root.path("/srv/new/InRelease")
    good = release.read_text()
    try:
        release.write_text(good.replace("SHA256:", "SHA255:"))
        said = root.run("apt-get update", expect=None)
    finally:
        release.write_text(good)
    # apt goes on with what it has, after a warning.
    assert "signature verification" in said and "InRelease" in said


def test_upgrade_keeps_data_and_configuration_and_restarts_what_ran(installed):
    use(installed, "new")
    said = installed.run("""set -e
echo '# mine' >> /etc/zookernel/zoo.cfg
service zookernel start
before=$(cat /var/lib/zookernel/zookeeper_server.pid)
apt-get -qq -y install --no-install-recommends zookernel >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
dpkg-query -W zookernel zookernel-tools
tail -n 1 /etc/zookernel/zoo.cfg
zkCli.sh -server 127.0.0.1:2181 get /kept
zkServer.sh status
after=$(cat /var/lib/zookernel/zookeeper_server.pid)
if [ "$before" != "$after" ]; then echo restarted; else cat /tmp/log; fi
service zookernel stop
""")
    assert "0.1.0-1" in said and "0.0.9" not in said
    assert "# mine" in said and "\nbefore" in said and "Mode: standalone" in said and "restarted" in said


def build_scheme(root):
    """The sample, by the root's own compiler, from the packages alone."""
    return root.run("""set -e
apt-get -qq -y install --no-install-recommends zookernel-dev >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
rm -rf /tmp/token && cp -r /usr/share/zookernel/sample-plugin /tmp/token && cd /tmp/token
g++ --version | head -n 1
cmake -S . -B out >/dev/null && cmake --build out >/dev/null
zookernel-plugin info out/libtoken.so
install -m 755 out/libtoken.so /usr/lib/zookernel/plugins/
""")


CONFIGURATION = f"""dataDir=/var/lib/zookernel
clientPort=2181
plugin.auth=token
token.secret={SECRET}
"""


def test_scheme_of_the_users_compiler_is_loaded_and_used(installed):
    use(installed, "new")
    assert "org.example.token" in build_scheme(installed)
    installed.write("/etc/zookernel/token.cfg", CONFIGURATION)
    said = installed.run(f"""set -e
su -s /bin/sh zookernel -c 'zkServer.sh start /etc/zookernel/token.cfg'
c='zkCli.sh -server 127.0.0.1:2181'
printf '%s\\n' 'addauth token red:{SECRET}' 'create /team plans auth::cdrwa' 'getAcl /team' quit | $c
printf '%s\\n' 'addauth token red:{SECRET}' 'get /team' quit | $c
printf '%s\\n' 'get /team' quit | $c 2>&1 || :
grep -o '[^ ]*libstdc++[^ ]*\\|[^ ]*libzookernel-c++[^ ]*' /proc/$(cat /var/lib/zookernel/zookeeper_server.pid)/maps | sort -u
su -s /bin/sh zookernel -c 'zkServer.sh stop /etc/zookernel/token.cfg'
""")
    assert "'token,'red" in said and "plans" in said
    assert "Insufficient permission : /team" in said or "NoAuth" in said
    # Both C++ libraries were in the process.
    assert "libstdc++.so.6" in said and "libzookernel-c++.so.6" in said


WRONG = {
    "another SDK": ("cp -r /usr/include/zookernel other && sed -i 's/ABI_HASH 0x[0-9a-f]*/ABI_HASH 0x1/' other/sdk_hash.h && mkdir -p inc && "
                    "mv other inc/zookernel && g++ $F -Iinc token.cc -o libtoken.so", "sdk abi hash: kernel "),
    "a sanitizer": ("g++ $F -fsanitize=address token.cc -o libtoken.so", "built with AddressSanitizer"),
    "no symbol": ("echo 'int x;' > x.c && gcc -fPIC -shared x.c -o libtoken.so", "does not define zookernel_plugin"),
    "not ELF": ("echo hello > libtoken.so", "not an ELF"),
    "world-writable": ("g++ $F token.cc -o libtoken.so && chmod 777 libtoken.so", "anybody may write to it"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_plugin_is_refused_by_name(installed, wrong):
    use(installed, "new")
    build_scheme(installed)
    commands, reason = WRONG[wrong]
    installed.write("/etc/zookernel/wrong.cfg", CONFIGURATION + "plugin.path=/opt/wrong:/usr/lib/zookernel/plugins\n")
    said = installed.run(f"""
rm -rf /opt/wrong; cp -r /usr/share/zookernel/sample-plugin /opt/wrong; cd /opt/wrong
echo '{{ global: zookernel_plugin; local: *; }};' > plugin.map
F='-std=c++11 -O2 -fPIC -shared -fvisibility=hidden -Wl,-z,nodelete -Wl,-z,now -Wl,--version-script=plugin.map'
({commands}) || exit 99
su -s /bin/sh zookernel -c 'zookernel /etc/zookernel/wrong.cfg'
""", expect=None)
    assert f"plugin /opt/wrong/libtoken.so: " in said and reason in said, said


def test_plugin_package_for_another_sdk_is_refused_at_install(installed):
    use(installed, "new")
    said = installed.run("""set -e
mkdir -p /tmp/p/DEBIAN; printf '%s\\n' 'Package: zookernel-token' 'Version: 1' 'Architecture: all' 'Maintainer: x <x@x.invalid>' \\
  'Depends: zookernel-plugin-abi-0000000000000001' 'Description: x' > /tmp/p/DEBIAN/control
dpkg-deb -b /tmp/p /tmp/p.deb >/dev/null
apt-get -y install /tmp/p.deb || echo refused
""")
    assert "refused" in said and "zookernel-plugin-abi-0000000000000001" in said


def test_removal_keeps_data_and_purge_says_what_it_removes(installed):
    said = installed.run("""set -e
apt-get -y remove zookernel
test -d /var/lib/zookernel/version-2 && test -f /etc/zookernel/zoo.cfg && test ! -e /usr/sbin/zookernel
echo kept
rm -f /etc/zookernel/*token* /etc/zookernel/wrong.cfg
apt-get -y purge zookernel
test ! -e /var/lib/zookernel && test ! -e /etc/zookernel/zoo.cfg && echo gone
""")
    assert "the data in /var/lib/zookernel stay" in said and "kept" in said
    assert "removing /var/lib/zookernel" in said and "removing /var/log/zookernel" in said and "gone" in said
