#!/usr/bin/env python3
"""Stands where a worker looks for its sender, and gives what the output plugin
writes schemas: frames SCHEMA before the first record of a topic, references
and flags in records.  So the worker, the sender and a registry meet without a
format.  What the worker says in KNOWN frames is written to a file.

Beside it are the real program, with ".real" behind its name, and a file of
JSON with ".json": {"settings": {..}, "schema": "..", "known": "path"}; a
schema that has changed is a new version from the next record on.
"""
import json
import os
import struct
import subprocess
import sys
import threading

PROGRAM = os.path.realpath(sys.argv[0])
HEADER = struct.Struct("<BcHI")
FIXED = struct.Struct("<QqIIiiiHcB")


def text(value):
    value = value.encode()
    return struct.pack("<I", len(value)) + value


def frame(kind, payload):
    return HEADER.pack(0x57, kind, 0, len(payload)) + payload


class Proxy:
    def __init__(self, down):
        self.down = down
        self.topics = {}
        self.references = {}

    def settings(self):
        with open(PROGRAM + ".json") as file:
            return json.load(file)

    def config(self, payload):
        settings = self.settings()["settings"]
        count, = struct.unpack_from("<I", payload)
        return (struct.pack("<I", count + len(settings)) + payload[4:]
                + b"".join(text(n) + text(v) for n, v in settings.items()))

    def topic(self, payload):
        ident, _, length = struct.unpack_from("<III", payload)
        self.topics[ident] = payload[12:12 + length].decode()

    def reference(self, topic, is_key, schema):
        """Of a schema of this topic, defined when it is the first time."""
        known = self.references.get((topic, is_key, schema))
        if known is None:
            known = len(self.references) + 1
            self.references[topic, is_key, schema] = known
            self.down.write(frame(b"X", (
                struct.pack("<IBBH", known, is_key, 1, 0) + text(topic)
                + text("%s-%s" % (topic, "key" if is_key else "value"))
                + text(schema) + struct.pack("<H", 0))))
        return known

    def record(self, payload):
        fields = list(FIXED.unpack_from(payload))
        topic = self.topics[fields[2]]
        key_len, value_len = fields[4:6]
        at = FIXED.size
        parts = []
        for is_key, length in ((1, key_len), (0, value_len)):
            part = payload[at:at + max(length, 0)]
            at += max(length, 0)
            if length >= 0:
                schema = ("\"string\"" if is_key
                          else self.settings()["schema"])
                part = (b"\0" + struct.pack(
                    ">I", self.reference(topic, is_key, schema)) + part)
                fields[4 if is_key else 5] = len(part)
                fields[9] |= 1 if is_key else 2
            parts.append(part)
        return FIXED.pack(*fields) + b"".join(parts) + payload[at:]

    def known(self, payload):
        with open(self.settings()["known"], "a") as file:
            file.write("%d\n" % struct.unpack_from("<I", payload[-4:]))

    def take(self, kind, payload):
        if kind == b"C":
            payload = self.config(payload)
        elif kind == b"T":
            self.topic(payload)
        elif kind == b"R":
            payload = self.record(payload)
        elif kind == b"N":
            self.known(payload)
        self.down.write(frame(kind, payload))


def copy_up(source):
    while True:
        data = os.read(source.fileno(), 65536)
        if not data:
            os._exit(1)
        os.write(1, data)


def main():
    real = subprocess.Popen([PROGRAM + ".real"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, close_fds=False)
    threading.Thread(target=copy_up, args=(real.stdout,), daemon=True).start()
    proxy = Proxy(real.stdin)
    held = b""
    try:
        while True:
            data = os.read(0, 1 << 20)
            if not data:
                break
            held += data
            while len(held) >= HEADER.size:
                _, kind, _, length = HEADER.unpack_from(held)
                if len(held) < HEADER.size + length:
                    break
                proxy.take(kind, held[HEADER.size:HEADER.size + length])
                held = held[HEADER.size + length:]
            real.stdin.flush()
    finally:
        real.kill()
        os._exit(0)


main()
