"""Five hundred offices below one hub, which all come back at once: is any of them lost?

OMB_CHILDREN is how many there are (500). The hub and the connections are real; the children are
real cores in one process, with their rows in memory (tests/bench/branch.h)."""

import collections
import contextlib
import json
import os
import signal
import subprocess

import pytest

from bank import free_ports, until
from conftest import BUILD

CHILDREN = int(os.environ.get("OMB_CHILDREN", "500"))
# The sanitizer keeps what was freed; as much of it as that is not the hub's memory.
FREED = {"ASAN_OPTIONS": "quarantine_size_mb=1"}


class Crowd:
    def __init__(self, office):
        self.process = subprocess.Popen(
            [BUILD / "tests/bench/bench_branches", office.dir, "admin", str(CHILDREN)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def wait(self, event):
        for line in self.process.stdout:
            if json.loads(line)["event"] == event:
                return
        raise AssertionError(f"the children ended before {event}")

    def go(self):
        self.process.stdin.write("go\n")

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def hub(make_office):
    office = make_office("ho", "hub/ombud-hub")
    office.init("--listen", f"tcp://127.0.0.1:{free_ports(1)[0]}")
    return office.start(env=FREED)


@pytest.fixture
def crowd(hub):
    with contextlib.closing(Crowd(hub)) as children:
        children.wait("certified")
        yield children


def states(hub):
    return collections.Counter(
        one["state"] for one in hub.ombud("link", "list", "--json").json())


def all_are_live(hub):
    until("the links", lambda: states(hub), {"live": CHILDREN})


def records(hub):
    """Of each office's log what the hub holds."""
    return {log["office"]: log["records"] for log in
            hub.ombud("log", "list", "--json").json() if log["office"] != "ho"}


def resident_kib(office):
    status = open(f"/proc/{office.daemon.pid}/status", encoding="ascii").read()
    return int(status.partition("VmRSS:")[2].split()[0])


def test_all_children_come_back_at_once(hub, crowd):
    """After the hub was killed, and after an outage in which it stayed up and gave all of them up:
    as many links, all records, and no more memory the second time."""
    crowd.go()
    crowd.wait("live")
    all_are_live(hub)
    first = records(hub)
    assert len(first) == CHILDREN and all(first.values())
    assert hub.stop(signal.SIGKILL) == -signal.SIGKILL
    crowd.wait("down")
    hub.start(env=FREED)
    crowd.wait("live")
    all_are_live(hub)
    assert records(hub) == first
    used = []
    for _ in range(2):
        crowd.process.send_signal(signal.SIGSTOP)
        until("links that are silent", lambda: states(hub)["live"], 0)
        crowd.process.send_signal(signal.SIGCONT)
        all_are_live(hub)
        assert records(hub) == first
        used.append(resident_kib(hub))
    assert used[1] < used[0] * 1.25, f"{used} KiB"
    for one in hub.ombud("link", "list", "--json").json():
        assert (one["lag_records"], one["refused"]) == (0, 0)
    hub.ombud("log", "verify", code=0)
