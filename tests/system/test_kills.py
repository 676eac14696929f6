"""Every kind of office is killed, or loses its power, while all of them work and talk.

After each: what was acknowledged to a client or to another office is there, nothing was done twice.
At the end nothing waits and all agree. OMB_KILLS is how often an office is killed (4, each kind
once), OMB_CUTS how often the power of a hub or of a branch is cut (2), OMB_SEED when.
"""

import contextlib
import os
import random
import signal
import subprocess

import pytest

from bank import Tree, until
from conftest import BUILD
from load import Load, dial, repeat
from power import Power
from test_durability import numbers_of

KILLS = int(os.environ.get("OMB_KILLS", "4"))
CUTS = int(os.environ.get("OMB_CUTS", "2"))
SEED = int(os.environ.get("OMB_SEED", "1"))
CODES = ("ho", "north", "vsp-0045", "cards")
ABOVE = {"north": "ho", "vsp-0045": "north", "cards": "ho"}


class Bank(Tree):
    """A head office and a region, which are hubs, a branch, and a service office."""

    def __init__(self, make_office, chance):
        super().__init__(make_office)
        self.chance, self.known, self.moved, self.round = chance, {}, {}, 0
        self.line()
        self.add("cards", "branch", "ho", more=("--service",))
        for code in CODES:
            self.known[code] = set()

    # --- work ------------------------------------------------------------------------------

    def escalate(self, number, name):
        """Starts to move a case up; the name of the request is fixed."""
        return subprocess.Popen(
            [BUILD / "tools/cli/ombud", "-C", self["vsp-0045"].dir, "--as", "supervisor",
             "--request-id", name, "case", "escalate", number, "--to", "north", "--ground",
             "amount", "--reason", "Beyond our limit"], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)

    def work_through(self, victim, harm):
        """Everybody registers and the branch escalates while the victim is harmed; the others go
        on without it."""
        branch = self["vsp-0045"]
        with contextlib.ExitStack() as closing:
            loads = {code: closing.enter_context(Load(
                lambda code=code: dial(self[code]), clients=8, words=f"{code} {self.round}"))
                for code in CODES}
            for load in loads.values():
                load.run(1)
            loads[victim].watch()
            moved = min(answer.number for answer in loads["vsp-0045"].told.values())
            name = f"{self.round:08x}"
            acting = self.escalate(moved, name)
            loads[victim].run(self.chance.randrange(5, 60))
            acked = self.acknowledged_by(victim)
            assert self[victim].stop(signal.SIGKILL) == -signal.SIGKILL
            loads[victim].drain()
            acting.communicate()
            for code, load in loads.items():
                if code != victim:
                    load.run(10)
            harm(victim, acked)
            for code, load in loads.items():
                self.all_is_there(code, load)
        done = branch.ombud("case", "escalate", moved, "--to", "north", "--ground", "amount",
                            "--reason", "Beyond our limit", "--request-id", name,
                            who="supervisor")
        assert done.code == 0, done.err
        self.moved[moved] = self.round
        self.round += 1

    def all_is_there(self, code, load):
        """The same answers again; what was asked and not answered is done now, once."""
        with dial(self[code]) as teller:
            again = repeat(teller, [load.asked[one] for one in load.told])
            assert again == [answer.number for answer in load.told.values()]
            late = repeat(teller, load.unanswered())
        assert not set(late) & set(again) and len(set(late)) == len(late)
        self.known[code] |= {*again, *late}

    # --- what others were told ---------------------------------------------------------------

    def acknowledged_by(self, victim):
        """Of each log of another office, up to where the victim said that it has it."""
        told = {}
        for code, above in ABOVE.items():
            if above != victim:
                continue
            shown = self[code].ombud("link", "show", victim, "--json").json()
            for one in shown["witnesses"]:
                if one["witness"] == victim:
                    place = (one["office"], one["incarnation"])
                    told[place] = max(told.get(place, 0), one["seq"])
        return told

    @contextlib.contextmanager
    def alone(self, victim):
        """Nobody else says a word meanwhile, so that nothing comes home from others."""
        others = [self[code].daemon for code in CODES if code != victim]
        for one in others:
            one.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for one in others:
                one.send_signal(signal.SIGCONT)

    def holds_what_it_acknowledged(self, victim, acked):
        logs = self[victim].ombud("log", "list", "--json").json()
        heads = {(log["office"], log["incarnation"]): log["head"] for log in logs}
        for place, seq in acked.items():
            assert heads.get(place, 0) >= seq, f"{victim} told {place} up to {seq}: {heads}"

    # --- the end -------------------------------------------------------------------------------

    def agree(self):
        self.settle(CODES[1:])
        for code in CODES:
            assert numbers_of(self[code]) >= self.known[code]
        every = set().union(*self.known.values())
        assert numbers_of(self["ho"]) == every, "what nobody asked for is there"
        for number in self.moved:
            self.see(number, ("open", "north"), "vsp-0045", "north", "ho")
            events = [event["type"] for event in self["vsp-0045"].show(number)["events"]]
            assert events.count("escalated") == 1, f"{number}: {events}"
        for number in (min(self.moved), max(self.moved)):
            self.check_alike(number, "vsp-0045", "north", "ho")
        self.verify(CODES)
        for code in CODES:
            self[code].ombud("store", "check", code=0)
            for one in self[code].ombud("link", "list", "--json").json():
                assert one["refused"] == 0


@pytest.fixture
def bank(make_office):
    return Bank(make_office, random.Random(SEED))


def test_every_kind_of_office_is_killed_under_load(bank):
    def restart(victim, acked):
        with bank.alone(victim):
            bank[victim].start()
            bank.holds_what_it_acknowledged(victim, acked)
        bank[victim].ombud("log", "verify", code=0)

    for turn in range(KILLS):
        bank.work_through(CODES[turn % len(CODES)], restart)
    bank.agree()


def test_the_power_of_a_hub_and_of_a_branch_is_cut_under_load(bank):
    """A written page that was not synced is gone, a name that was not is as it was."""
    supplies = {code: Power(bank[code]) for code in ("north", "vsp-0045")}

    def power_up(code):
        supplies[code].on()
        bank[code].start(env=supplies[code].env)

    def restore(victim, acked):
        supplies[victim].cut()
        with bank.alone(victim):
            power_up(victim)
            bank.holds_what_it_acknowledged(victim, acked)
        bank[victim].ombud("log", "verify", code=0)

    for code in supplies:
        assert bank[code].stop() == 0
        power_up(code)
    for turn in range(CUTS):
        bank.work_through(tuple(supplies)[turn % len(supplies)], restore)
    bank.agree()
