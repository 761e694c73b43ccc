"""librdkafka through ctypes: the two things kcat is too slow for, asking for
a partition's end many times a second and reading with exact arrival times.
"""
import ctypes
import time

from . import TestbedError

_lib = ctypes.CDLL("librdkafka.so.1")
_CONSUMER = 1
_OFFSET_END, _OFFSET_BEGINNING = -1, -2
# Errors of a topic that is not there, or not with all that belongs to it.
_NOT_THERE = (-190, -188, 3, 5)


class _Message(ctypes.Structure):
    _fields_ = [("err", ctypes.c_int), ("rkt", ctypes.c_void_p),
                ("partition", ctypes.c_int32), ("payload", ctypes.c_void_p),
                ("len", ctypes.c_size_t), ("key", ctypes.c_void_p),
                ("key_len", ctypes.c_size_t), ("offset", ctypes.c_int64),
                ("private", ctypes.c_void_p)]


_lib.rd_kafka_conf_new.restype = ctypes.c_void_p
_lib.rd_kafka_conf_set.argtypes = [ctypes.c_void_p, ctypes.c_char_p,
                                   ctypes.c_char_p, ctypes.c_char_p,
                                   ctypes.c_size_t]
_lib.rd_kafka_new.restype = ctypes.c_void_p
_lib.rd_kafka_new.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p,
                              ctypes.c_size_t]
_lib.rd_kafka_destroy.argtypes = [ctypes.c_void_p]
_lib.rd_kafka_query_watermark_offsets.argtypes = [
    ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32,
    ctypes.POINTER(ctypes.c_int64), ctypes.POINTER(ctypes.c_int64),
    ctypes.c_int]
_lib.rd_kafka_metadata.argtypes = [
    ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_void_p), ctypes.c_int]
_lib.rd_kafka_metadata_destroy.argtypes = [ctypes.c_void_p]
_lib.rd_kafka_topic_new.restype = ctypes.c_void_p
_lib.rd_kafka_topic_new.argtypes = [ctypes.c_void_p, ctypes.c_char_p,
                                    ctypes.c_void_p]
_lib.rd_kafka_topic_destroy.argtypes = [ctypes.c_void_p]
_lib.rd_kafka_consume_start.argtypes = [ctypes.c_void_p, ctypes.c_int32,
                                        ctypes.c_int64]
_lib.rd_kafka_consume_stop.argtypes = [ctypes.c_void_p, ctypes.c_int32]
_lib.rd_kafka_consume.restype = ctypes.POINTER(_Message)
_lib.rd_kafka_consume.argtypes = [ctypes.c_void_p, ctypes.c_int32,
                                  ctypes.c_int]
_lib.rd_kafka_message_destroy.argtypes = [ctypes.POINTER(_Message)]


class Client:
    def __init__(self, address, **config):
        conf = _lib.rd_kafka_conf_new()
        error = ctypes.create_string_buffer(512)
        config = dict({"bootstrap.servers": address, "fetch.wait.max.ms":
                       "100", "fetch.error.backoff.ms": "1",
                       "log_level": "2"}, **config)
        for name, value in config.items():
            if _lib.rd_kafka_conf_set(conf, name.encode(), value.encode(),
                                      error, 512) != 0:
                raise ValueError(error.value.decode())
        self._rk = _lib.rd_kafka_new(_CONSUMER, conf, error, 512)
        if not self._rk:
            raise OSError(error.value.decode())

    def end_offset(self, topic, partition=0, timeout_ms=60000):
        """0 for a topic that does not exist yet."""
        low, high = ctypes.c_int64(), ctypes.c_int64()
        end = time.monotonic() + timeout_ms / 1000
        while True:
            err = _lib.rd_kafka_query_watermark_offsets(
                self._rk, topic.encode(), partition, ctypes.byref(low),
                ctypes.byref(high), 5000)
            if err == 0:
                return high.value
            # It remembers that a topic was unknown: make it look again.
            metadata = ctypes.c_void_p()
            if _lib.rd_kafka_metadata(self._rk, 1, None,
                                      ctypes.byref(metadata), 5000) == 0:
                _lib.rd_kafka_metadata_destroy(metadata)
            if err in _NOT_THERE:
                return 0
            if time.monotonic() > end:
                raise TestbedError("could not ask for the end of %s: error %d"
                                   % (topic, err))

    def consume(self, topic, stopping, partition=0, from_end=True):
        """Yields (arrival time, value) until stopping() says so."""
        rkt = _lib.rd_kafka_topic_new(self._rk, topic.encode(), None)
        _lib.rd_kafka_consume_start(
            rkt, partition, _OFFSET_END if from_end else _OFFSET_BEGINNING)
        try:
            while not stopping():
                got = _lib.rd_kafka_consume(rkt, partition, 100)
                if not got:
                    continue
                now = time.time()
                message = got.contents
                if message.err == 0:
                    yield now, ctypes.string_at(message.payload, message.len) \
                        if message.payload else None
                _lib.rd_kafka_message_destroy(got)
        finally:
            _lib.rd_kafka_consume_stop(rkt, partition)
            _lib.rd_kafka_topic_destroy(rkt)

    def close(self):
        _lib.rd_kafka_destroy(self._rk)
