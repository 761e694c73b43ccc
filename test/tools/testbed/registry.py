"""A real Schema Registry: Apicurio's, which has Confluent's API.

It comes from Maven into the cache, once, and keeps what it is given in memory:
started again it knows nothing.
"""
import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from . import (CACHE, IN_CI, TestbedError, free_port, log, run, wait_until)
from .kafka import _Java

APICURIO = "3.0.9"
_HOME = os.path.join(CACHE, "apicurio-" + APICURIO)


def fetch():
    """Get the registry; False where Maven is out of reach (CI: an error)."""
    if os.path.exists(_HOME + "/.complete"):
        return True
    try:
        os.makedirs(_HOME, exist_ok=True)
        log("fetching Apicurio Registry %s through Maven" % APICURIO)
        run(["mvn", "-q", "-B", "dependency:copy",
             "-Dartifact=io.apicurio:apicurio-registry-app:%s:tar.gz:all"
             % APICURIO, "-DoutputDirectory=" + _HOME], cwd=_HOME,
            timeout=900)
        archive = "%s/apicurio-registry-app-%s-all.tar.gz" % (_HOME, APICURIO)
        run(["tar", "-xzf", archive, "-C", _HOME])
        os.unlink(archive)
        open(_HOME + "/.complete", "w").close()
        return True
    except (TestbedError, OSError, subprocess.SubprocessError) as err:
        if IN_CI:
            raise
        log("SKIP   everything that needs a real registry: Maven failed:\n%s"
            % "\n".join(str(err).splitlines()[-5:]))
        return False


class Registry(_Java):
    """One process on a loopback port, which stays the same."""

    def __init__(self, name="registry", heap=400):
        super().__init__(name, heap)
        self.port = free_port()
        self.url = "http://127.0.0.1:%d/apis/ccompat/v7" % self.port

    def start(self, timeout=180):
        self._spawn(["java", "-Xmx%dm" % self.heap, "-XX:+UseSerialGC",
                     "-XX:TieredStopAtLevel=1",
                     "-Dquarkus.http.host=127.0.0.1",
                     "-Dquarkus.http.port=%d" % self.port, "-jar",
                     "%s/apicurio-registry-app-%s-runner.jar"
                     % (_HOME, APICURIO)])
        wait_until("the registry answers", self._is_ready, timeout, 0.2)
        return self

    def _is_ready(self):
        if not self.is_running():
            raise TestbedError("the registry ended\n" + self.log_tail())
        try:
            self.subjects()
            return True
        except (OSError, TestbedError):
            return False

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as err:
            raise TestbedError("registry: %s %s: %s" % (
                method, path, err.read().decode())) from None

    def subjects(self):
        return self.call("GET", "/subjects")

    def versions(self, subject):
        """[{subject, version, id, schema}], oldest first."""
        path = "/subjects/%s/versions" % urllib.parse.quote(subject, safe="")
        return [self.call("GET", "%s/%d" % (path, version))
                for version in sorted(self.call("GET", path))]

    def set_compatibility(self, subject, level):
        self.call("PUT", "/config/" + urllib.parse.quote(subject, safe=""),
                  {"compatibility": level})
