"""The container image's root, entered by chroot as a container engine would: with the variables of the official image, as root and as its user."""

import os
import shutil

import pytest

import roots

DEFAULTS = {line.split("=")[0].split()[-1]: line.split("=")[1].split()[0]
            for line in (roots.REPOSITORY / "packaging/image/Containerfile").read_text().splitlines() if "=" in line and line[:4] in ("ENV ", "    ")}


@pytest.fixture
def image(tmp_path):
    source = roots.PACKAGES / "image" / "root"
    if not source.exists():
        pytest.fail(f"{source} is not there: ./dev package makes it")
    shutil.copytree(source, tmp_path / "root", symlinks=True)
    for name in ("conf", "data", "datalog", "logs"):
        os.chown(tmp_path / "root" / name, 1000, 1000)
    root = roots.Root(tmp_path / "root")
    root.write("/etc/hosts", "127.0.0.1 localhost\n")
    return root


def variables(**more):
    return "".join(f"export {name}='{value}'\n" for name, value in {**DEFAULTS, **more}.items())


def serve(image, **more):
    return image.run(variables(**more) + """
/docker-entrypoint.sh zkServer.sh start-foreground > /tmp/log 2>&1 & server=$!
i=0; until zk4lw 127.0.0.1 2181 srvr >/tmp/srvr 2>/dev/null; do i=$((i+1)); [ $i -lt 100 ] || break; sleep 0.1; done
cat /tmp/srvr; cat /conf/zoo.cfg; echo "myid $(cat /data/myid)"
grep '^Uid' /proc/$server/status; readlink /proc/$server/exe
zkCli.sh -server 127.0.0.1:2181 create /x hello
kill $server; wait $server; echo "ended with $?"; cat /tmp/log
""")


def test_size():
    size = sum(p.lstat().st_size for p in (roots.PACKAGES / "image" / "root").rglob("*") if not p.is_dir())
    print(f"{size} bytes")
    assert size < 25_000_000


def test_defaults_make_a_standalone_server_of_the_images_user(image):
    said = serve(image)
    assert DEFAULTS["ZOO_TICK_TIME"] == "2000"
    assert "Mode: standalone" in said and "dataLogDir=/datalog" in said and "syncLimit=2" in said and "myid 1" in said
    # The process that was started became the server, under the image's user.
    assert "Uid:\t1000" in said and "/opt/zookernel/bin/zookernel" in said
    assert "Created /x" in said and "ended with 0" in said


def test_variables_reach_the_configuration(image):
    said = serve(image, ZOO_MY_ID=3, ZOO_TICK_TIME=3000, ZOO_4LW_COMMANDS_WHITELIST="srvr, ruok", ZOO_CFG_EXTRA="minSessionTimeout=4000 forceSync=no")
    for line in ("tickTime=3000", "4lw.commands.whitelist=srvr, ruok", "minSessionTimeout=4000", "forceSync=no", "myid 3"):
        assert line in said
    assert "Mode: standalone" in said


def test_one_line_of_servers_is_a_standalone_server(image):
    assert "Mode: standalone" in serve(image, ZOO_SERVERS="server.1=localhost:2888:3888;2181")


def test_servers_become_lines(image):
    said = image.run(variables(ZOO_SERVERS="server.1=zoo1:2888:3888;2181 server.2=zoo2:2888:3888;2181", ZOO_MY_ID=2) +
                     "/docker-entrypoint.sh cat /conf/zoo.cfg /data/myid")
    assert "\nserver.1=zoo1:2888:3888;2181\nserver.2=zoo2:2888:3888;2181\n" in said and said.endswith("2\n")


def test_mounted_configuration_is_left_alone(image):
    image.write("/conf/zoo.cfg", "dataDir=/data\nclientPort=2181\n# mounted\n")
    said = serve(image)
    assert "# mounted" in said and "Mode: standalone" in said and "dataLogDir" not in said
