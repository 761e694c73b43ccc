"""A real Kafka broker, Kafka Connect with the real Debezium, and a reader.

They come from Maven into the cache, once; where Maven is out of reach
fetch() returns False and the caller says that it skipped.
"""
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

from . import (CACHE, IN_CI, REPO, TestbedError, cache_lock, free_port, log, proc,
               run, wait_until, work_dir)

KAFKA = "4.3.1"
DEBEZIUM = "3.7.0.Final"
_LIBS = os.path.join(CACHE, "kafka-" + KAFKA)
SINK = "3.6.0.Final"
_DBZ = os.path.join(CACHE, "debezium-" + DEBEZIUM)
_SINK = os.path.join(CACHE, "debezium-jdbc-" + SINK)
_CLUSTER_ID = "AAAAAAAAAAAAAAAAAAAAAQ"
_groups = itertools.count()


def fetch(with_sink=False):
    """Get the jars; False where Maven is out of reach (CI: an error)."""
    try:
        with cache_lock():
            _fetch_kafka()
            _fetch_debezium("postgres", DEBEZIUM, _DBZ)
            if with_sink:
                _fetch_debezium("jdbc", SINK, _SINK)
        return True
    except TestbedError as err:
        if IN_CI:
            raise
        log("SKIP   everything that needs a real Kafka: Maven failed:\n%s"
            % "\n".join(str(err).splitlines()[-5:]))
        return False


def _fetch_kafka():
    if os.path.exists(_LIBS + "/.complete"):
        return
    os.makedirs(_LIBS, exist_ok=True)
    log("fetching Kafka %s through Maven" % KAFKA)
    shutil.copy(os.path.join(os.path.dirname(__file__), "pom.xml"), _LIBS)
    run(["mvn", "-q", "-B", "dependency:copy-dependencies",
         "-DoutputDirectory=" + _LIBS], cwd=_LIBS, timeout=900)
    open(_LIBS + "/.complete", "w").close()


def _fetch_debezium(what, version, home):
    if os.path.exists(home + "/.complete"):
        return
    os.makedirs(home, exist_ok=True)
    log("fetching Debezium's %s connector %s through Maven" % (what, version))
    run(["mvn", "-q", "-B", "dependency:copy", "-Dartifact=io.debezium:"
         "debezium-connector-%s:%s:tar.gz:plugin" % (what, version),
         "-DoutputDirectory=" + home], cwd=home, timeout=900)
    run(["tar", "-xzf", "%s/debezium-connector-%s-%s-plugin.tar.gz"
         % (home, what, version), "-C", home])
    open(home + "/.complete", "w").close()


class _Java:
    """A Java process with its log file."""

    def __init__(self, name, heap):
        self.name = name
        self.home = os.path.join(work_dir(), name)
        os.makedirs(self.home, exist_ok=True)
        self.logfile = os.path.join(self.home, "log")
        self.heap = heap
        self.process = None

    def _java(self, classpath, *args):
        return ["java", "-Xmx%dm" % self.heap, "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=%d" % self.tier,
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp", classpath] + list(args)

    tier = 1

    def _spawn(self, argv):
        with open(self.logfile, "a") as out:
            self.process = subprocess.Popen(argv, cwd=self.home, stdout=out,
                                            stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL)

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def log_tail(self, lines=25):
        try:
            with open(self.logfile, errors="replace") as file:
                return "".join(file.readlines()[-lines:])
        except OSError:
            return ""

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        if self.is_running():
            self.process.kill()
            self.process.wait()

    def stop(self, timeout=30):
        if not self.is_running():
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()


class Broker(_Java):
    """One KRaft node, broker and controller in one."""

    def __init__(self, name="kafka", partitions=1, settings=(), heap=400):
        super().__init__(name, heap)
        self.port = free_port()
        self.address = "127.0.0.1:%d" % self.port
        self.controller_port = free_port()
        self.config = os.path.join(self.home, "server.properties")
        with open(self.config, "w") as file:
            file.write("""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:%(controller)d
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAIN
listeners=PLAIN://127.0.0.1:%(port)d,CONTROLLER://127.0.0.1:%(controller)d
advertised.listeners=PLAIN://127.0.0.1:%(port)d
listener.security.protocol.map=PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=%(home)s/data
num.partitions=%(partitions)d
message.max.bytes=20000000
replica.fetch.max.bytes=20000000
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.hours=-1
""" % {"port": self.port, "controller": self.controller_port,
                "home": self.home, "partitions": partitions})
            for line in settings:
                file.write(line + "\n")

    def start(self, timeout=180):
        if not os.path.isdir(os.path.join(self.home, "data")):
            run(self._java(_LIBS + "/*", "kafka.tools.StorageTool", "format",
                           "-t", _CLUSTER_ID, "-c", self.config))
        self._spawn(self._java(_LIBS + "/*", "kafka.Kafka", self.config))
        self.wait_ready(timeout)
        return self

    def wait_ready(self, timeout=180):
        def probe():
            if not self.is_running():
                raise TestbedError("the broker ended\n" + self.log_tail())
            return self.metadata(2) is not None
        wait_until("the broker answers", probe, timeout, 0.2)

    def metadata(self, timeout=5):
        done = subprocess.run(
            ["kcat", "-b", self.address, "-L", "-J", "-m", str(timeout)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if done.returncode != 0 or not done.stdout:
            return None
        return json.loads(done.stdout)

    def topics(self, prefix=""):
        """Names and partition counts."""
        data = wait_until("the broker tells its topics",
                          lambda: self.metadata(60))
        return {t["topic"]: len(t["partitions"]) for t in data["topics"]
                if t["topic"].startswith(prefix)}

    def topic_tool(self, *args):
        """kafka-topics, for what kcat cannot do."""
        return run(self._java(_LIBS + "/*",
                              "org.apache.kafka.tools.TopicCommand",
                              "--bootstrap-server", self.address, *args))

    def create_topic(self, topic, partitions=1, **config):
        args = ["--create", "--topic", topic, "--partitions",
                str(partitions), "--replication-factor", "1"]
        for name, value in config.items():
            args += ["--config", "%s=%s" % (name.replace("_", "."), value)]
        self.topic_tool(*args)

    def end_offsets(self, topic):
        """The number behind the last record of each partition."""
        parts = self.topics(topic).get(topic, 0)
        if parts == 0:
            return {}
        argv = ["kcat", "-b", self.address, "-Q"]
        for part in range(parts):
            argv += ["-t", "%s:%d:-1" % (topic, part)]

        def probe():
            # a partition that is new has no leader for a moment
            done = subprocess.run(argv, stdout=subprocess.PIPE, text=True,
                                  stderr=subprocess.DEVNULL)
            return done.returncode == 0 and done.stdout
        ends = {}
        for line in wait_until("topic %s has an end" % topic,
                               probe).splitlines():
            # topic [0] offset 17
            words = line.split()
            ends[int(words[1].strip("[]"))] = int(words[3])
        return ends

    def read(self, topic, timeout=120):
        """Every record of a topic, oldest first in each partition."""
        return list(self.iterate(topic, timeout))

    def iterate(self, topic, timeout=120, offset="beginning"):
        reader = subprocess.Popen(
            ["kcat", "-b", self.address, "-C", "-t", topic, "-o", offset,
             "-e", "-q", "-J", "-u", "-m", "60",
             "-X", "fetch.message.max.bytes=20000000",
             "-X", "fetch.wait.max.ms=10"],
            stdout=subprocess.PIPE)
        end = time.monotonic() + timeout
        try:
            for line in reader.stdout:
                yield Record(json.loads(line))
                if time.monotonic() > end:
                    raise TestbedError("reading topic %s takes too long"
                                       % topic)
            if reader.wait() != 0 and topic in self.topics(topic):
                raise TestbedError("could not read topic %s to its end"
                                   % topic)
        finally:
            reader.kill()
            reader.wait()

    def read_all(self, prefix, timeout=300):
        """Every record of all topics whose names begin with a prefix, by one
        reader, which is what many small topics need."""
        argv = ["kcat", "-b", self.address, "-G",
                "read-all-%d-%d" % (os.getpid(), next(_groups)),
                "^%s.*" % re.escape(prefix), "-e", "-q", "-J", "-u",
                "-X", "auto.offset.reset=earliest",
                "-X", "enable.auto.commit=false",
                "-X", "fetch.message.max.bytes=20000000",
                "-X", "fetch.wait.max.ms=10"]
        done = subprocess.run(argv, stdout=subprocess.PIPE, timeout=timeout,
                              stderr=subprocess.DEVNULL)
        return [Record(json.loads(line)) for line in done.stdout.splitlines()]


class Record:
    """A record as a consumer sees it."""

    __slots__ = ("topic", "partition", "offset", "key", "value", "headers",
                 "ts")

    def __init__(self, data):
        self.topic = data["topic"]
        self.partition = data["partition"]
        self.offset = data["offset"]
        self.ts = data.get("ts")
        self.key = data.get("key")
        self.value = data.get("payload")
        flat = data.get("headers", [])
        self.headers = list(zip(flat[0::2], flat[1::2]))

    def __repr__(self):
        return "%s[%d]@%d %s => %s %s" % (self.topic, self.partition,
                                          self.offset, self.key, self.value,
                                          self.headers)


class Connect(_Java):
    """Kafka Connect, standalone, with Debezium on its class path.

    It runs as people run it: with the full compiler.
    """
    tier = 4

    def __init__(self, broker, name="connect", heap=1024, with_sink=False):
        super().__init__(name, heap)
        self.broker = broker
        self.port = free_port()
        self.config = os.path.join(self.home, "worker.properties")
        with open(self.config, "w") as file:
            file.write("""bootstrap.servers=%(broker)s
key.converter=org.apache.kafka.connect.json.JsonConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
key.converter.schemas.enable=false
value.converter.schemas.enable=false
offset.storage.file.filename=%(home)s/offsets
offset.flush.interval.ms=500
listeners=http://127.0.0.1:%(port)d
plugin.discovery=service_load
plugin.path=%(plugins)s
producer.max.request.size=20000000
""" % {"broker": broker.address, "home": self.home, "port": self.port,
                "plugins": _DBZ + ("," + _SINK if with_sink else "")})

    def start(self, timeout=180):
        self._spawn(self._java(_LIBS + "/*",
                               "org.apache.kafka.connect.cli."
                               "ConnectStandalone", self.config))
        wait_until("Connect answers", self._is_ready, timeout, 0.2)
        return self

    def _is_ready(self):
        if not self.is_running():
            raise TestbedError("Connect ended\n" + self.log_tail())
        try:
            self.call("GET", "/connectors")
            return True
        except (OSError, TestbedError):
            return False

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            "http://127.0.0.1:%d%s" % (self.port, path), method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as err:
            raise TestbedError("Connect: %s %s: %s" % (
                method, path, err.read().decode())) from None

    def create(self, name, config, timeout=180):
        self.call("POST", "/connectors", {"name": name, "config": config})
        self.wait_running(name, timeout)

    def check(self, name):
        """Does it run?  A failed task raises."""
        try:
            status = self.call("GET", "/connectors/%s/status" % name)
        except TestbedError:
            return False
        tasks = status.get("tasks", [])
        for task in tasks:
            if task["state"] == "FAILED":
                raise TestbedError("Debezium failed: " + "\n".join(
                    line for line in task.get("trace", "").splitlines()
                    if "\tat " not in line))
        return tasks and all(t["state"] == "RUNNING" for t in tasks)

    def wait_running(self, name, timeout=180):
        wait_until("connector %s runs" % name, lambda: self.check(name),
                   timeout, 0.2)

    def delete(self, name):
        self.call("DELETE", "/connectors/" + name)


class Program(_Java):
    """A test's own Java program, compiled against Kafka's jars."""

    def __init__(self, source, name, heap=256):
        super().__init__(name, heap)
        self.main = os.path.splitext(os.path.basename(source))[0]
        run(["javac", "-Xlint:all", "-Werror", "-cp", _LIBS + "/*", "-d",
             self.home, source])

    def start(self, *args):
        self._spawn(self._java(self.home + ":" + _LIBS + "/*",
                               "-Djava.io.tmpdir=" + self.home, self.main,
                               *args))
        return self


def debezium_config(cluster, prefix, database="postgres", **more):
    """The properties both sides are given, in Debezium's names."""
    config = {
        "connector.class":
            "io.debezium.connector.postgresql.PostgresConnector",
        "tasks.max": "1",
        "database.hostname": "127.0.0.1",
        "database.port": str(cluster.port),
        "database.user": "postgres",
        "database.password": "none",
        "database.dbname": database,
        "plugin.name": "pgoutput",
        "slot.name": prefix.replace("-", "_").replace(".", "_"),
        "topic.prefix": prefix,
        "snapshot.mode": "no_data",
        "poll.interval.ms": "10",
        "key.converter": "org.apache.kafka.connect.json.JsonConverter",
        "key.converter.schemas.enable": "false",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter.schemas.enable": "false",
    }
    for name, value in more.items():
        name = name.replace("_", ".")
        if value is None:
            config.pop(name, None)
        else:
            config[name] = value
    return config
