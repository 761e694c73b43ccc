"""What the kernel says of processes: CPU seconds, memory, descendants."""
import ctypes
import os
import signal

_TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    with open("/proc/%d/stat" % pid) as file:
        text = file.read()
    name, rest = text[text.index("(") + 1:].rsplit(")", 1)
    return name, rest.split()


def exists(pid):
    """Is there such a process, not counting zombies?"""
    try:
        return _stat(pid)[1][0] != "Z"
    except (OSError, ValueError):
        return False


def adopt_orphans():
    """Become the parent of descendants that lose theirs.

    A killed postmaster stays a zombie until its parent reaps it, and looks
    alive to the next one until then; PID 1 of a container may never do it.
    """
    pr_set_child_subreaper = 36
    ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def reap(pids):
    """Reap those of them that have become ours."""
    for pid in pids:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass


def state(pid):
    try:
        return _stat(pid)[1][0]
    except (OSError, ValueError):
        return None


def parent(pid):
    return int(_stat(pid)[1][1])


def pid_inside(pid):
    """What a process is called in its innermost pid namespace; None when it
    is gone."""
    try:
        with open("/proc/%d/status" % pid) as lines:
            for line in lines:
                if line.startswith("NSpid:"):
                    return int(line.split()[-1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return None


def pin(pid, processors):
    """All threads of a process, and what they start from now on; one that
    is gone is no error."""
    try:
        for tid in os.listdir("/proc/%d/task" % pid):
            os.sched_setaffinity(int(tid), processors)
    except (FileNotFoundError, ProcessLookupError):
        pass


def cpu_seconds(pid):
    """User and system time of a process and its reaped children."""
    fields = _stat(pid)[1]
    return sum(int(fields[i]) for i in (11, 12, 13, 14)) / _TICK


def _kb(pid, file, key):
    with open("/proc/%d/%s" % (pid, file)) as lines:
        for line in lines:
            if line.startswith(key + ":"):
                return int(line.split()[1])
    return 0


def rss_mb(pid):
    return _kb(pid, "status", "VmRSS") / 1024


def anon_mb(pid):
    """Memory of its own: shared_buffers do not count."""
    return _kb(pid, "status", "RssAnon") / 1024


def peak_mb(pid):
    return _kb(pid, "status", "VmHWM") / 1024


def pss_mb(pid):
    return _kb(pid, "smaps_rollup", "Pss") / 1024


def everyone():
    """(pid, parent, state, name) of each process."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                name, fields = _stat(int(entry))
            except (OSError, ValueError):
                continue
            found.append((int(entry), int(fields[1]), fields[0], name))
    return found


def descendants(pid):
    """(pid, parent, state, name) of everything below a process."""
    all_of_them = everyone()
    below, found = {pid}, []
    while True:
        more = [p for p in all_of_them if p[1] in below and p[0] not in below]
        if not more:
            return found
        found += more
        below.update(p[0] for p in more)


def cmdline(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def maps(pid):
    """Files that a process maps; none when it is gone."""
    try:
        with open("/proc/%d/maps" % pid) as lines:
            return {line.split(None, 5)[5].strip() for line in lines
                    if len(line.split(None, 5)) == 6}
    except (FileNotFoundError, ProcessLookupError):
        return set()


def send(pid, sig):
    """A signal; a process that is gone already is no error."""
    if pid <= 1:
        raise ValueError("process %d is not a test's" % pid)
    try:
        os.kill(pid, sig)
        return True
    except ProcessLookupError:
        return False


def end(pid):
    send(pid, signal.SIGKILL)
