"""The RPMs: what they ask for, and dnf at work with them in stand-ins for Enterprise Linux 6 to 10, signatures checked."""

import subprocess

import pytest

import repositories
import roots
import stand_ins

OLD = roots.PACKAGES.with_name(roots.PACKAGES.name + "-old")
RELEASES = ["el6", "el7", "el8", "el9", "el10"]
ALLOWED = roots.REPOSITORY / "packaging" / "rpm" / "requires.allowed"


def rpms(directory):
    return sorted(p for p in directory.glob("zookernel*.rpm") if "debuginfo" not in p.name)


def query(package, what):
    return subprocess.run(["rpm", "-qp", what, package], check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.fixture(scope="session")
def donor(tmp_path_factory):
    root = roots.debian("bullseye", tmp_path_factory.mktemp("donor") / "root")
    yield root
    roots.remove(root)


@pytest.fixture(scope="session")
def ours(tmp_path_factory, key):
    directory = tmp_path_factory.mktemp("repositories")
    repositories.rpm(directory / "new", rpms(roots.PACKAGES), key)
    repositories.rpm(directory / "old", rpms(OLD), key)
    return directory


@pytest.fixture
def system(tmp_path, key, donor, ours):
    def make(release, which="new"):
        stand_ins.build(release, donor, tmp_path / "base", key, repositories.rpm)
        return stand_ins.StandIn(release, tmp_path, {"base": tmp_path / "base/repo", "zookernel": ours / which}, key)
    return make


def test_every_requirement_is_a_decision():
    allowed = set(ALLOWED.read_text().split("\n"))
    asked = {line for package in rpms(roots.PACKAGES) for line in query(package, "--requires")}
    for line in sorted(asked):
        print(line)
    # Those of our packages on each other carry the version.
    new = {line for line in asked - allowed if not line.startswith(("zookernel-tools(", "config(zookernel)"))}
    assert not new, f"not in {ALLOWED.name}: {sorted(new)}"


def test_third_parties_are_named():
    tools = next(p for p in rpms(roots.PACKAGES) if p.name.startswith("zookernel-tools"))
    provided = "\n".join(query(tools, "--provides"))
    for name in ("openssl", "sqlite", "protobuf", "libstdc++", "zlib", "boost"):
        assert f"bundled({name}) = " in provided


def test_sizes():
    server = [p for p in rpms(roots.PACKAGES) if "devel" not in p.name]
    packed = sum(p.stat().st_size for p in server)
    installed = sum(int(query(p, "--queryformat=%{SIZE}")[0]) for p in server)
    print(f"server with tools: {packed} bytes packed, {installed} bytes installed")
    assert packed < 5_000_000
    assert installed < 15_000_000


@pytest.mark.parametrize("release", RELEASES)
def test_installed_started_used_upgraded_and_removed(release, system):
    root = system(release, "old")
    root.dnf("install", "zookernel")
    said = root.run("""set -e
ls -ld /var/lib/zookernel /var/log/zookernel; grep zookernel /etc/passwd
/etc/rc.d/init.d/zookernel start
zkCli.sh -server 127.0.0.1:2181 create /kept before
zk4lw 127.0.0.1 2181 srvr
stat -c 'runs as %U' /proc/$(cat /var/lib/zookernel/zookeeper_server.pid)
/etc/rc.d/init.d/zookernel stop
/etc/rc.d/init.d/zookernel status || echo "status $?"
echo '# mine' >> /etc/zookernel/zoo.cfg
""")
    assert "Created /kept" in said and "Mode: standalone" in said and "runs as zookernel" in said and "status 3" in said
    assert said.count("drwxr-x---") == 2

    root.repositories["zookernel"] = root.repositories["zookernel"].with_name("new")
    root.dnf("clean", "all")
    root.dnf("upgrade", "zookernel")
    said = root.run("""set -e
tail -n 1 /etc/zookernel/zoo.cfg
/etc/rc.d/init.d/zookernel condrestart; zkServer.sh status || echo "still not running"
/etc/rc.d/init.d/zookernel start
zkCli.sh -server 127.0.0.1:2181 get /kept
before=$(cat /var/lib/zookernel/zookeeper_server.pid)
/etc/rc.d/init.d/zookernel condrestart
[ "$before" = "$(cat /var/lib/zookernel/zookeeper_server.pid)" ] || echo "restarted what ran"
/etc/rc.d/init.d/zookernel stop
""")
    assert "# mine" in said and "still not running" in said and "\nbefore" in said and "restarted what ran" in said
    installed = subprocess.run(["rpm", f"--root={root.directory}", "-q", "zookernel"], capture_output=True, text=True).stdout
    assert installed == "zookernel-0.1.0-1.x86_64\n"

    said = root.dnf("remove", "zookernel")
    assert "the data in /var/lib/zookernel stay" in said
    assert root.path("/var/lib/zookernel/version-2").is_dir()
    assert not root.path("/usr/sbin/zookernel").exists()


def test_glibc_below_the_floor_is_refused_by_name(system):
    said = system("el5").dnf("install", "zookernel", expect=1)
    assert "nothing provides libc.so.6(GLIBC_2.10)(64bit) needed by zookernel" in said


def test_other_architecture_is_refused(system):
    said = system("el9").dnf("--forcearch=aarch64", "install", "zookernel", expect=1)
    assert "zookernel" in said


def test_unsigned_package_is_refused(system, tmp_path):
    root = system("el9")
    unsigned = tmp_path / "unsigned"
    unsigned.mkdir()
    for package in rpms(roots.PACKAGES):
        (unsigned / package.name).write_bytes(package.read_bytes())
    subprocess.run(["createrepo_c", "-q", unsigned], check=True)
    root.repositories["zookernel"] = unsigned
    assert "is not signed" in root.dnf("install", "zookernel", expect=1)


def test_plugin_package_for_another_sdk_is_refused(system, tmp_path, key):
    root = system("el8")
    spec = tmp_path / "plugin.spec"
    spec.write_text("Name: zookernel-token\nVersion: 1\nRelease: 1\nSummary: x\nLicense: none\nBuildArch: noarch\n"
                    "Requires: zookernel-plugin-abi(0000000000000001)\n%description\nx\n%files\n")
    subprocess.run(["rpmbuild", "--quiet", "-bb", "--define", f"_topdir {tmp_path}/plugin", spec], check=True, capture_output=True)
    repositories.rpm(tmp_path / "plugins", list((tmp_path / "plugin/RPMS").rglob("*.rpm")), key)
    root.repositories["plugins"] = tmp_path / "plugins"
    said = root.dnf("install", "zookernel", "zookernel-token", expect=1)
    assert "nothing provides zookernel-plugin-abi(0000000000000001)" in said


def test_package_of_apache_is_a_conflict_and_not_overwritten(system, tmp_path, key):
    root = system("el8")
    spec = tmp_path / "zookeeper.spec"
    spec.write_text("Name: zookeeper\nVersion: 3.9.5\nRelease: 1\nSummary: x\nLicense: none\nBuildArch: noarch\n%description\nx\n"
                    "%install\nmkdir -p %{buildroot}/usr/bin; echo apache > %{buildroot}/usr/bin/zkServer.sh\n%files\n/usr/bin/zkServer.sh\n")
    subprocess.run(["rpmbuild", "--quiet", "-bb", "--define", f"_topdir {tmp_path}/apache", spec], check=True, capture_output=True)
    repositories.rpm(tmp_path / "apache-repo", list((tmp_path / "apache/RPMS").rglob("*.rpm")), key)
    root.repositories["apache"] = tmp_path / "apache-repo"
    root.dnf("install", "zookeeper")
    said = root.dnf("install", "zookernel", expect=1)
    assert "conflicts with zookeeper" in said
    assert root.path("/usr/bin/zkServer.sh").read_text() == "apache\n"
