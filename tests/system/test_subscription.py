"""A named subscription at a region: is every escalation told, through kills of hub and client?"""

import contextlib
import json
import signal
import subprocess
import threading

import pytest

from bank import Tree
from conftest import BUILD, DEADLINE_S

WATCH = ("watch", "escalations", "--name", "crm", "--json-lines")


class Bank(Tree):
    def __init__(self, make_office):
        super().__init__(make_office)
        self.line()

    def escalate(self, count):
        """So many more cases of the branch, which the region decides; their numbers."""
        numbers = [self["vsp-0045"].register() for _ in range(count)]
        for number in numbers:
            self["vsp-0045"].ombud("case", "escalate", number, "--to", "north", "--ground",
                                   "amount", "--reason", "Beyond our limit", who="supervisor",
                                   code=0)
        return numbers


@pytest.fixture
def bank(make_office):
    return Bank(make_office)


class Subscriber:
    """What a system downstream makes of it: it keeps the positions of what it dealt with."""

    def __init__(self, office):
        self.office, self.told = office, []

    @contextlib.contextmanager
    def running(self):
        """A client that is killed at the end."""
        client = subprocess.Popen(
            [BUILD / "tools/cli/ombud", "-C", self.office.dir, "--as", "handler", *WATCH],
            stdout=subprocess.PIPE, text=True)
        self.again = 0
        late = threading.Timer(DEADLINE_S, client.kill)
        late.start()
        try:
            yield client
            client.kill()
            for line in client.stdout:  # what it said before its end
                self.note(json.loads(line))
        finally:
            late.cancel()
            client.kill()
            client.wait()
            client.stdout.close()

    def take(self, client, count):
        """Until so many were told."""
        while len(self.told) < count:
            line = client.stdout.readline()
            assert line, "the client ended"
            self.note(json.loads(line))

    def note(self, change):
        """Only what was told last may come again, in the same order at the same positions."""
        position, number = change["position"], change["number"]
        known = [one for one, _ in self.told]
        if position in known:
            at = known.index(position)
            assert self.told[at] == (position, number)
            assert not self.again or at == self.last + 1, "what comes again is in order"
            self.again, self.last = self.again + 1, at
            return
        assert not self.again or self.last == len(self.told) - 1, "what was not confirmed"
        self.again = 0
        self.told.append((position, number))

    def rest(self):
        """What there is now, confirmed."""
        done = self.office.ombud(*WATCH, "--no-wait", who="handler", code=0)
        self.again = 0
        for line in done.out.splitlines():
            self.note(json.loads(line))


def test_nothing_is_lost_through_kills_of_hub_and_client(bank):
    north, wanted = bank["north"], []
    crm = Subscriber(north)
    wanted += bank.escalate(3)
    with crm.running() as client:
        crm.take(client, 2)               # and it dies before it has all
    wanted += bank.escalate(3)
    with crm.running() as client:
        crm.take(client, 6)
        assert north.stop(signal.SIGKILL) == -signal.SIGKILL
        assert client.wait(DEADLINE_S) == 3  # no daemon answers
    wanted += bank.escalate(2)            # that wait at the branch
    with crm.running() as client:
        assert client.wait(DEADLINE_S) == 3
    north.start()
    with crm.running() as client:
        crm.take(client, 8)
    north.stop()
    north.start()
    wanted += bank.escalate(1)
    bank.see(wanted[-1], ("open", "north"), "north")
    crm.rest()
    assert sorted(number for _, number in crm.told) == sorted(wanted)
    crm.again = 0
    done = north.ombud(*WATCH, "--no-wait", who="handler", code=0)
    assert done.out == "", "all was confirmed"


def test_what_was_confirmed_does_not_come_again(bank):
    north, wanted = bank["north"], bank.escalate(4)
    bank.see(wanted[-1], ("open", "north"), "north")
    told = []
    for _ in range(4):
        line = north.ombud(*WATCH, "--count", "1", who="handler", code=0).out
        told.append(json.loads(line)["number"])
        assert north.stop(signal.SIGKILL) == -signal.SIGKILL
        north.start()
    assert sorted(told) == sorted(wanted)
    assert north.ombud(*WATCH, "--no-wait", who="handler", code=0).out == ""
    refused = north.ombud("watch", "cases", "--name", "crm", "--no-wait", who="handler", code=1)
    assert "crm" in refused.err or "topics" in refused.err
