#!/usr/bin/env python3
"""The sender and the worker beside a real Schema Registry and a real broker:
ids in records are what the registry lists, and what a person sees when the
registry is away, is set up anew, or refuses a schema.
"""
import json
import os
import shutil
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tools"))

from testbed import Checks, kafka, log, main, proc, registry, wait_until, work_dir
from testbed.postgres import Cluster, Installation

KEY, VALUE, BOTH = 1, 2, 3
AVRO, JSON, PROTOBUF = 1, 2, 3


def avro(*fields):
    return json.dumps({"type": "record", "name": "Value", "namespace": "t",
                       "fields": list(fields)})


PLAIN = {"name": "id", "type": "int"}
WITH_DEFAULT = {"name": "more", "type": ["null", "string"], "default": None}
WITHOUT = {"name": "must", "type": "string"}


# ---- frames, as the output plugin will write them ----

def text(value):
    value = value.encode()
    return struct.pack("<I", len(value)) + value


def frame(kind, payload):
    return struct.pack("<BcHI", 0x57, kind, 0, len(payload)) + payload


def hello():
    return frame(b"H", struct.pack("<HH", 2, 0) + text("test") + text("c"))


def topic(ident, name):
    return frame(b"T", struct.pack("<II", ident, 0) + text(name)
                 + text("public") + text("t"))


def schema(reference, is_key, kind, topic_name, body, others=()):
    return frame(b"X", (
        struct.pack("<IBBH", reference, is_key, kind, 0) + text(topic_name)
        + text("%s-%s" % (topic_name, "key" if is_key else "value"))
        + text(body) + struct.pack("<H", len(others))
        + b"".join(text(s) for other in others for s in other)))


def framed(reference, data):
    return b"\0" + struct.pack(">I", reference) + data


def record(topic_id, key, value, flags):
    return frame(b"R", struct.pack("<QqIIiiiHcB", 1, 0, topic_id, 0, len(key),
                                   len(value), -1, 0, b"c", flags)
                 + key + value)


def read(broker, topic_name):
    """(id of the key, id of the value) of each record, 0 without a frame."""
    if topic_name not in broker.topics(topic_name):
        return []
    out = subprocess.run(
        ["kcat", "-b", broker.address, "-C", "-t", topic_name, "-o",
         "beginning", "-e", "-q", "-f", "%K %S:%k%s"],
        stdout=subprocess.PIPE, check=True).stdout
    ids, at = [], 0
    while at < len(out):
        end = out.index(b":", at)
        lengths = [max(int(n), 0) for n in out[at:end].split()]
        at = end + 1
        pair = []
        for length in lengths:
            part = out[at:at + length]
            at += length
            pair.append(struct.unpack(">I", part[1:5])[0]
                        if part[:1] == b"\0" else 0)
        ids.append(tuple(pair))
    return ids


# ---- the sender alone ----

def check_alone(checks, sender, broker, reg):
    config = os.path.join(work_dir(), "sender.conf")
    with open(config, "w") as file:
        file.write("bootstrap.servers=%s\nw2k.registry.key.url=%s\n"
                   "w2k.registry.value.url=%s\n"
                   % (broker.address, reg.url, reg.url))
    kinds = {
        "avro": (AVRO, avro(PLAIN), avro(PLAIN, WITH_DEFAULT), ()),
        "json": (JSON, '{"type": "object", "properties": {"a": {"type": '
                 '"integer"}}}', '{"type": "object", "properties": {"a": '
                 '{"type": "integer"}, "b": {"type": "string"}}}', ()),
        "protobuf": (PROTOBUF,
                     'syntax = "proto3"; import "other.proto"; '
                     'message V { Other o = 1; }',
                     'syntax = "proto3"; import "other.proto"; '
                     'message V { Other o = 1; int32 n = 2; }',
                     (("other.proto", "other", 'syntax = "proto3"; '
                       'message Other { int32 id = 1; }'),))}
    stream = hello()
    for i, (name, (kind, first, second, others)) in enumerate(kinds.items()):
        keys = ('"string"' if kind == AVRO else '{"$schema": '
                '"http://json-schema.org/draft-07/schema#", "type": "string"}'
                if kind == JSON else 'syntax = "proto3"; message K { }')
        base = 10 * (i + 1)
        stream += (topic(base, name) + schema(base, 1, kind, name, keys)
                   + schema(base + 1, 0, kind, name, first, others)
                   + record(base, framed(base, b"k"), framed(base + 1, b"1"),
                            BOTH)
                   + schema(base + 2, 0, kind, name, second, others)
                   + record(base, framed(base, b"k"), framed(base + 2, b"2"),
                            BOTH)
                   + record(base, framed(base, b"k"), framed(base + 1, b"3"),
                            BOTH))
    for attempt in ("first", "second"):
        done = subprocess.run([sender, "--config", config], input=stream,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=120)
        checks.ok(done.returncode == 0,
                  "the sender alone, for the %s time" % attempt,
                  done.stderr.decode())
    for name in kinds:
        keys = [v["id"] for v in reg.versions(name + "-key")]
        values = [v["id"] for v in reg.versions(name + "-value")]
        checks.ok(len(keys) == 1 and len(values) == 2,
                  "%s: one version for keys, two for values" % name,
                  "%s %s" % (keys, values))
        expected = [(keys[0], values[n]) for n in (0, 1, 0)] * 2
        got = read(broker, name)
        checks.ok(got == expected, "%s: ids are those of the registry" % name,
                  "%s\n%s" % (got, expected))
    checks.ok(len(reg.versions("other")) == 1,
              "what a schema refers to is registered once")


# ---- beside a worker ----

class Worker:
    """A connector whose sender is behind registry_proxy.py."""

    def __init__(self, inst, broker, reg):
        self.broker = broker
        inst = inst.twin("pg-registry")
        self.path = inst.pkglibdir + "/wal2kafka-sender"
        self.known_file = os.path.join(work_dir(), "known")
        self.url = reg.url
        os.rename(self.path, self.path + ".real")
        shutil.copy(HERE + "/registry_proxy.py", self.path)
        os.chmod(self.path, 0o755)
        open(self.known_file, "w").close()
        os.chmod(self.known_file, 0o666)
        self.set_schema(avro(PLAIN))
        self.cluster = Cluster(inst, "registry")
        self.cluster.init().start()
        self.cluster.script("CREATE EXTENSION wal2kafka;"
                            "CREATE TABLE t (id int PRIMARY KEY);")
        self.cluster.create_connector("reg", {
            "bootstrap.servers": broker.address, "topic.prefix": "reg",
            "table.include.list": "public.t", "snapshot.mode": "no_data"})
        self.cluster.wait_connector("reg")
        self.count = 0

    def set_schema(self, body):
        settings = {"w2k.registry.%s.%s" % (side, name): value
                    for side in ("key", "value")
                    for name, value in (("url", self.url),
                                        ("backoff.ms", "100"),
                                        ("backoff.max.ms", "300"))}
        with open(self.path + ".json.new", "w") as file:
            json.dump({"schema": body, "known": self.known_file,
                       "settings": settings}, file)
        os.rename(self.path + ".json.new", self.path + ".json")

    def insert(self):
        self.count += 1
        self.cluster.query("INSERT INTO t VALUES (%d)" % self.count)

    def wait_delivered(self, what):
        wait_until(what, lambda: len(read(self.broker, "reg.public.t"))
                   >= self.count, interval=0.2)

    def wait_state(self, state, pattern):
        return wait_until(
            "the connector is %s" % state, lambda: self.cluster.value(
                "SELECT waits_for FROM wal2kafka.stat_registry JOIN "
                "wal2kafka.connectors USING (name) WHERE state = '%s' AND "
                "waits_for ~ '%s'" % (state, pattern)), interval=0.1)

    def rows(self):
        return self.cluster.query(
            "SELECT is_key, subject, type, version, schema_id FROM "
            "wal2kafka.registered_schemas WHERE name = 'reg' ORDER BY "
            "confirmed_time, is_key")


def check_worker(checks, inst, broker, reg):
    worker = Worker(inst, broker, reg)
    cluster = worker.cluster
    try:
        worker.insert()
        worker.wait_delivered("the first record is there")
        rows = wait_until("its schemas are kept",
                          lambda: len(worker.rows()) == 2 and worker.rows())
        key_id = reg.versions("reg.public.t-key")[0]["id"]
        value_id = reg.versions("reg.public.t-value")[0]["id"]
        checks.ok(sorted(map(tuple, rows)) == sorted([
            ("t", "reg.public.t-key", "AVRO", "1", str(key_id)),
            ("f", "reg.public.t-value", "AVRO", "1", str(value_id))]),
            "connector_schema has what the registry lists", str(rows))
        checks.ok(read(broker, "reg.public.t") == [(key_id, value_id)],
                  "and so have the records")
        stat = cluster.query("SELECT schemas, subjects, total_requests, "
                             "total_errors, waits_for FROM "
                             "wal2kafka.stat_registry")
        checks.ok(list(map(str, stat[0][:2])) == ["2", "2"]
                  and int(stat[0][2]) == 6 and int(stat[0][3]) == 2
                  and not stat[0][4], "stat_registry counts", str(stat))

        # Away, with a new schema: it waits, and says for what.
        reg.stop()
        worker.set_schema(avro(PLAIN, WITH_DEFAULT))
        worker.insert()
        text = worker.wait_state("retrying", "^schema registry: ")
        checks.ok(reg.url in text and "REGISTRY_UNREACHABLE" in text,
                  "a registry that is away is named in the view", text)
        checks.ok(len(read(broker, "reg.public.t")) == 1, "nothing overtakes")

        # A sender that starts meanwhile is told what is known.
        cluster.query("SELECT wal2kafka.restart_connector('reg')")
        worker.set_schema(avro(PLAIN))
        wait_until("known ids let records through", lambda: len(read(
            broker, "reg.public.t")) == 2, interval=0.2)
        checks.ok(read(broker, "reg.public.t")[1] == (key_id, value_id),
                  "with the ids that the registry gave before")
        with open(worker.known_file) as file:
            known = file.read().split()
        checks.ok({str(key_id), str(value_id)} <= set(known),
                  "as KNOWN frames told", str(known))
        checks.ok("which the registry gave the schema before"
                  in cluster.log_text(), "which is logged")
        stat = cluster.query("SELECT assumed_schemas FROM "
                             "wal2kafka.stat_registry")
        checks.ok(str(stat[0][0]) == "2", "and shown", str(stat))

        # Set up anew, it has the last word.
        reg.start()
        for n in range(3):
            reg.call("POST", "/subjects/x%d/versions" % n,
                     {"schema": avro({"name": "x%d" % n, "type": "int"})})
        wait_until("its ids are asked for again", lambda: (
            worker.insert() or time.sleep(0.3) or
            "reg.public.t-value" in reg.subjects()), interval=0.1)
        worker.insert()
        worker.wait_delivered("records go on")
        value_id = reg.versions("reg.public.t-value")[0]["id"]
        checks.ok(value_id > 3 and read(broker, "reg.public.t")[-1][1]
                  == value_id, "a registry that was set up anew is obeyed")
        wait_until("and no id is assumed any more", lambda: str(
            cluster.query("SELECT assumed_schemas FROM "
                          "wal2kafka.stat_registry")[0][0]) == "0", 10)
        wait_until("and that is kept", lambda: any(
            row[4] == str(value_id) for row in worker.rows()))

        # Refused: a state that the view explains, and a way out.
        reg.set_compatibility("reg.public.t-value", "BACKWARD")
        worker.set_schema(avro(PLAIN, WITHOUT))
        worker.insert()
        text = worker.wait_state("failed", "REGISTRY_INCOMPATIBLE")
        checks.ok("reg.public.t-value" in text and "ncompatible" in text
                  and "compatibility level" in text,
                  "409: failed, with what the registry said", text)
        log(text)
        checks.ok(worker.count - 1 == len(read(broker, "reg.public.t")),
                  "409: what came before was sent")
        reg.set_compatibility("reg.public.t-value", "NONE")
        cluster.query("SELECT wal2kafka.restart_connector('reg')")
        worker.wait_delivered("the record goes out")
        checks.ok(reg.versions("reg.public.t-value")[-1]["version"] == 2
                  and read(broker, "reg.public.t")[-1][1]
                  == reg.versions("reg.public.t-value")[-1]["id"],
                  "409: after the level was lowered it goes on")
        worker.set_schema("{\"type\": \"no such type\"}")
        worker.insert()
        text = worker.wait_state("failed", "REGISTRY_INVALID")
        checks.ok("422" not in text and "schema" in text,
                  "422: failed, in words", text)
        log(text)
        worker.set_schema(avro(PLAIN))
        cluster.query("SELECT wal2kafka.restart_connector('reg')")
        worker.wait_delivered("the record goes out")

        # The end.
        sender = cluster.worker_pids("reg")[1]
        maps = {os.path.basename(lib) for pid, *_ in
                proc.descendants(cluster.postmaster_pid())
                if "wal2kafka-sender" not in proc.cmdline(pid)
                for lib in proc.maps(pid)}
        checks.ok(not any("curl" in lib or "jansson" in lib for lib in maps),
                  "no server process maps libcurl (sender %d)" % sender,
                  str(sorted(maps)))
        cluster.query("SELECT wal2kafka.drop_connector('reg')")
        wait_until("the connector is gone", lambda: cluster.value(
            "SELECT count(*) FROM wal2kafka.connectors") == "0")
        checks.ok(cluster.value("SELECT count(*) FROM "
                                "wal2kafka.connector_schema") == "0",
                  "its schemas go with a connector")
    finally:
        cluster.destroy()


def run_suite():
    checks = Checks("registry")
    if not (kafka.fetch() and registry.fetch()):
        checks.skip("registry", "Maven is out of reach")
        return checks.finish()
    inst = Installation.private()
    if not os.environ.get("W2K_INSTALLED"):
        inst.install_extension()
    broker = kafka.Broker("registry-kafka")
    reg = registry.Registry()
    try:
        broker.start()
        reg.start()
        check_alone(checks, inst.pkglibdir + "/wal2kafka-sender", broker, reg)
        check_worker(checks, inst, broker, reg)
    finally:
        reg.stop()
        broker.stop()
    return checks.finish()


main(run_suite)
