"""A real Schema Registry: Apicurio, in memory, with Confluent's API.

It comes from Maven into the cache, once; where Maven is out of reach fetch()
returns False and the caller says that it skipped.
"""
import json
import os
import urllib.error
import urllib.request

from . import CACHE, IN_CI, TestbedError, free_port, log, run, wait_until
from .kafka import _Java

APICURIO = "3.0.9"
_HOME = os.path.join(CACHE, "apicurio-" + APICURIO)
_JSON = "application/vnd.schemaregistry.v1+json"


def fetch():
    """Get the jars; False where Maven is out of reach (CI: an error)."""
    try:
        _fetch_apicurio()
        return True
    except TestbedError as err:
        if IN_CI:
            raise
        log("SKIP   everything that needs a Schema Registry: Maven failed:\n%s"
            % "\n".join(str(err).splitlines()[-5:]))
        return False


def _fetch_apicurio():
    if os.path.exists(_HOME + "/.complete"):
        return
    os.makedirs(_HOME, exist_ok=True)
    name = "apicurio-registry-app-%s-all.tar.gz" % APICURIO
    if not os.path.exists(os.path.join(_HOME, name)):
        log("fetching Apicurio %s through Maven" % APICURIO)
        run(["mvn", "-q", "-B", "dependency:copy",
             "-Dartifact=io.apicurio:apicurio-registry-app:%s:tar.gz:all"
             % APICURIO, "-DoutputDirectory=" + _HOME],
            cwd=_HOME, timeout=900)
    run(["tar", "-xzf", os.path.join(_HOME, name), "-C", _HOME])
    open(_HOME + "/.complete", "w").close()


class Registry(_Java):
    def __init__(self, name="registry", heap=400):
        super().__init__(name, heap)
        self.port = free_port()
        self.url = "http://127.0.0.1:%d/apis/ccompat/v7" % self.port

    def start(self, timeout=90):
        self._spawn(["java", "-Xmx%dm" % self.heap, "-XX:+UseSerialGC",
                     "-XX:TieredStopAtLevel=%d" % self.tier,
                     "-Dquarkus.http.host=127.0.0.1",
                     "-Dquarkus.http.port=%d" % self.port, "-jar",
                     os.path.join(_HOME, "apicurio-registry-app-%s-runner.jar"
                                  % APICURIO)])
        wait_until("the registry answers", self._is_ready, timeout, 0.2)
        return self

    def _is_ready(self):
        if not self.is_running():
            raise TestbedError("the registry ended:\n" + self.log_tail())
        try:
            return self.call("GET", "/subjects")[0] == 200
        except OSError:
            return False

    def call(self, method, path, body=None):
        """The HTTP status, and the answer as JSON or else as text."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, method=method,
                                         data=data,
                                         headers={"Content-Type": _JSON})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as err:
            status, text = err.code, err.read()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text.decode(errors="replace")
