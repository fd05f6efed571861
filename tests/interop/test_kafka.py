"""Kafka 3.9 in ZooKeeper mode: a broker registers, elects itself controller, and keeps its topics in us.

The jars come from Maven Central (a hundred of them, once per machine). The broker is the real one, and its tools are those that
ship with it. Of the nightly run (ZOOKERNEL_NIGHTLY=1, ./dev test --nightly): it starts ten JVMs.
"""

import os
import pathlib
import shutil
import subprocess
import time

import pytest

from harness import server as servers

VERSION = "3.9.1"
FETCH = pathlib.Path(__file__).resolve().parents[1] / "tools" / "fetch_jars.sh"
MESSAGES = [f"message {number}" for number in range(200)]


@pytest.fixture(scope="module")
def kafka_class_path():
    from conftest import missing
    if os.environ.get("ZOOKERNEL_NIGHTLY") != "1":
        pytest.skip(f"NOT TESTED: Kafka {VERSION} (set ZOOKERNEL_NIGHTLY=1, or ./dev test --nightly)")
    if shutil.which("java") is None:
        missing("no java on this machine")
    done = subprocess.run([FETCH, f"kafka-{VERSION}", f"org.apache.kafka:kafka_2.13:{VERSION}",
                           f"org.apache.kafka:kafka-tools:{VERSION}"], capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        missing(f"Kafka {VERSION} could not be fetched: {done.stderr.strip()}")
    return done.stdout.strip()


class Broker:
    """One Kafka broker below a chroot of the ZooKeeper server."""

    def __init__(self, directory, hosts, class_path):
        self.directory = directory
        self.class_path = class_path
        self.port = servers.free_port()
        self.address = f"{servers.HOST}:{self.port}"
        self.log_file = directory / "broker.log"
        self.process = None
        directory.mkdir()
        (directory / "log4j.properties").write_text(
            "log4j.rootLogger=INFO, stdout\nlog4j.appender.stdout=org.apache.log4j.ConsoleAppender\n"
            "log4j.appender.stdout.target=System.err\n"
            "log4j.appender.stdout.layout=org.apache.log4j.PatternLayout\n"
            "log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n\n")
        (directory / "server.properties").write_text("".join(f"{key}={value}\n" for key, value in {
            "broker.id": 1, "listeners": f"PLAINTEXT://{self.address}", "log.dirs": directory / "data",
            "zookeeper.connect": f"{hosts}/kafka", "zookeeper.session.timeout.ms": 6000, "num.partitions": 2,
            "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 1,
            "transaction.state.log.replication.factor": 1, "transaction.state.log.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0}.items()))

    def java(self, main, *arguments):
        return ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
                f"-Dlog4j.configuration=file:{self.directory}/log4j.properties", "-cp", self.class_path, main, *arguments]

    def start(self):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(self.java("kafka.Kafka", str(self.directory / "server.properties")),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def log(self):
        return self.log_file.read_text(errors="replace")[-6000:] if self.log_file.exists() else ""

    def stop(self):
        self.process.terminate()
        assert self.process.wait(60) is not None

    def kill(self):
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()

    def tool(self, main, *arguments, text=None):
        done = subprocess.run(self.java(main, "--bootstrap-server", self.address, *arguments), input=text, text=True,
                              stdin=subprocess.DEVNULL if text is None else None, capture_output=True, timeout=120)
        assert done.returncode == 0, f"{main} {arguments}: {done.stdout[-3000:]}{done.stderr[-3000:]}\n{self.log()}"
        return done.stdout

    def topics(self, *arguments):
        return self.tool("org.apache.kafka.tools.TopicCommand", *arguments)

    def produce(self, topic, messages):
        self.tool("kafka.tools.ConsoleProducer", "--topic", topic, text="".join(f"{message}\n" for message in messages))

    def consume(self, topic, count, group):
        output = self.tool("org.apache.kafka.tools.consumer.ConsoleConsumer", "--topic", topic, "--from-beginning", "--group", group,
                           "--max-messages", str(count), "--timeout-ms", "60000")
        return sorted(line for line in output.splitlines() if line.startswith("message "))


def wait_for(condition, what, broker, timeout_s=90):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true\n{broker.log()}"
        assert broker.process.poll() is None, f"the broker ended\n{broker.log()}"
        time.sleep(0.1)


@pytest.fixture
def broker(tmp_path, server, kafka_class_path):
    made = Broker(tmp_path / "broker", server.hosts, kafka_class_path)
    yield made
    made.kill()


@pytest.fixture
def client(server):
    from kazoo.client import KazooClient
    connected = KazooClient(hosts=server.hosts, timeout=10)
    connected.start(timeout=20)
    yield connected
    connected.stop()
    connected.close()


def test_a_broker_lives_on_us(server, broker, client):
    broker.start()
    wait_for(lambda: client.exists("/kafka/brokers/ids/1"), "the registration of the broker", broker)
    wait_for(lambda: client.exists("/kafka/controller"), "the election of a controller", broker)
    assert client.exists("/kafka/brokers/ids/1").owner_session_id != 0

    broker.topics("--create", "--topic", "letters", "--partitions", "3", "--config", "retention.ms=86400000")
    assert sorted(client.get_children("/kafka/brokers/topics/letters/partitions")) == ["0", "1", "2"]
    assert b"retention.ms" in client.get("/kafka/config/topics/letters")[0]
    broker.produce("letters", MESSAGES)
    assert broker.consume("letters", len(MESSAGES), "first") == sorted(MESSAGES)

    # A clean stop takes the ephemeral nodes away; the next start brings them back, and the messages are still there.
    broker.stop()
    assert not client.exists("/kafka/brokers/ids/1")
    broker.start()
    wait_for(lambda: client.exists("/kafka/brokers/ids/1"), "the second registration", broker)
    assert broker.consume("letters", len(MESSAGES), "second") == sorted(MESSAGES)

    # Our own restart: the broker's session goes on, and the controller still makes topics afterwards.
    owner = client.exists("/kafka/brokers/ids/1").owner_session_id
    server.restart()
    wait_for(lambda: client.connected, "the reconnection of the test's client", broker)
    broker.topics("--create", "--topic", "numbers", "--partitions", "1")
    assert client.retry(client.exists, "/kafka/brokers/ids/1").owner_session_id == owner
    broker.produce("numbers", MESSAGES[:10])
    assert broker.consume("numbers", 10, "third") == sorted(MESSAGES[:10])

    broker.topics("--delete", "--topic", "letters")
    wait_for(lambda: not client.exists("/kafka/brokers/topics/letters"), "the deletion of the topic", broker)
    assert broker.topics("--list").split() == ["__consumer_offsets", "numbers"]
    broker.stop()
