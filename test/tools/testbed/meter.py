"""What a connector's processes take while they work."""
import time

from . import proc


class Meter:
    """CPU seconds and memory of the workers, their senders and the readers of
    snapshots, which come and go; for a server with one connector."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.conn = cluster.connect()
        self.cpu = {}
        self.memory = 0
        self.parts = []
        self.next = 0

    def sample(self):
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + 0.2
        workers = [int(pid) for (pid,) in self.conn.query(
            "SELECT pid FROM pg_stat_activity WHERE backend_type LIKE "
            "'wal2kafka%' AND backend_type <> 'wal2kafka launcher'")]
        memory = {}
        for pid in workers + [below[0] for worker in workers
                              for below in proc.descendants(worker)]:
            try:
                self.cpu[pid] = proc.cpu_seconds(pid)
                memory[pid] = proc.anon_mb(pid) if pid in workers \
                    else proc.rss_mb(pid)
            except (OSError, ValueError):
                pass
        if sum(memory.values()) > self.memory:
            self.memory = sum(memory.values())
            self.parts = sorted(memory.values(), reverse=True)
