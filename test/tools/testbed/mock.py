"""The mock broker: a Kafka without Java, enough to write to and read from."""
import os
import shutil
import subprocess

from . import IS_ROOT, PG_USER, REPO, TestbedError, run, user_dir
from .postgres import make_env


class MockBroker:
    """Serves until close(); commands inject faults (test/mock)."""

    def __init__(self, *args):
        source = REPO + "/test/mock"
        run(["make", "-s", "-C", source], env=make_env())
        # A root's clone may lie where the server's user cannot look.
        self.home = user_dir("mock")
        program = shutil.copy(source + "/mock_broker", self.home)
        self.process = subprocess.Popen(
            [program] + list(args), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().strip()
        if not self.address:
            raise TestbedError("the mock broker did not start")

    def command(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if answer != "ok":
            raise TestbedError("mock broker: %s: %s" % (line, answer))

    def consume(self, topic, template="%k %s\\n", timeout=120):
        """Everything on a topic, in kcat's format string."""
        return run(["kcat", "-b", self.address, "-C", "-t", topic, "-o",
                    "beginning", "-e", "-q", "-u", "-m", "60", "-f", template,
                    "-X", "fetch.wait.max.ms=10"], timeout=timeout,
                   stderr=subprocess.DEVNULL)

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
