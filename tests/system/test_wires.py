"""Offices on machines of their own (network namespaces): packets are lost, late and few, or go one
way only. Does a link say what is so, and do all agree when the wire is mended?"""

import contextlib

import pytest

from bank import Tree, free_ports, lag, link, until
from conftest import TEXT
from load import Load, dial
from test_durability import numbers_of
from wire import Wires

CODES = ("ho", "vsp-0045", "vsp-0046")
SILENT = "nothing came for 15 seconds"


class Bank(Tree):
    """Two branches below a head office, each on a wire of its own."""

    def __init__(self, make_office, wires):
        super().__init__(lambda code, program: self.place(make_office(code, program)))
        self.wires, self.port = wires, free_ports(1)[0]
        self.root("ho", self.port)
        for wire, code in enumerate(CODES[1:], 1):
            self.add(code, "branch", "ho", more=(
                "--address", f"tcp://{wires.address(wire, True)}:{self.port}"))
        self.settle(CODES[1:])

    def root(self, code, port):
        office = self.make(code, "hub/ombud-hub")
        office.init("--listen", f"tcp://0.0.0.0:{port}", "--advertise",
                    f"tcp://{self.wires.address(1, True)}:{port}")
        self.offices[code] = office.start().staff()

    def place(self, office):
        office.prefix = self.wires.enter(CODES.index(office.code))
        return office

    def escalate(self, number):
        self[number[:8]].ombud("case", "escalate", number, "--to", "ho", "--ground", "amount",
                               "--reason", "Beyond our limit", who="supervisor", code=0)

    def resolve(self, number):
        self["ho"].ombud("case", "resolve", number, "--outcome", "founded", "--cause", "error",
                         "--answer", "Paid back", who="handler", code=0)

    def agree(self, *numbers):
        self.settle(CODES[1:])
        for number in numbers:
            self.check_alike(number, "ho", number[:8])
        self.verify(CODES)
        for code in CODES:
            assert all(one["refused"] == 0 for one in
                       self[code].ombud("link", "list", "--json").json())

    def live(self):
        for code in CODES[1:]:
            until(f"the link of {code}", lambda code=code: link(self[code], "ho")["state"], "live")
            until(f"the link to {code}", lambda code=code: link(self["ho"], code)["state"], "live")


@pytest.fixture
def bank(make_office):
    with contextlib.closing(Wires(2)) as wires:
        yield Bank(make_office, wires)


def test_packets_are_lost_and_late(bank):
    """One in ten, and the others out of their order."""
    for wire in (1, 2):
        bank.wires.both(wire, loss=0.1, delay_ms=20, jitter_ms=40)
    known = set()
    for code in CODES[1:]:
        with Load(lambda code=code: dial(bank[code]), clients=8, words=TEXT) as load:
            load.run(60)
            known |= {answer.number for answer in load.told.values()}
    moved = [min(one for one in known if one.startswith(code)) for code in CODES[1:]]
    for number in moved:
        bank.escalate(number)
        bank.see(number, ("open", "ho"), "ho")
        bank.resolve(number)
        bank.see(number, ("resolved", number[:8]), number[:8], "ho")
    bank.agree(*moved)
    assert known <= numbers_of(bank["ho"])


def test_one_way_is_cut(bank):
    """Of one branch nothing arrives above, at the other nothing arrives: all four ends notice,
    though half of them can still send, and go on alone. What did arrive and could not be
    acknowledged is not told as acknowledged."""
    moved = [bank[code].register() for code in CODES[1:]]
    for number in moved:
        bank.see(number, ("open", number[:8]), "ho")
    bank.live()
    bank.wires.set(1, "up", cut=True)
    bank.wires.set(2, "down", cut=True)
    for number in moved:
        bank.escalate(number)
    bank.see(moved[1], ("open", "ho"), "ho")
    assert bank.state("ho", moved[0]) == ("open", "vsp-0045")
    for code in CODES[1:]:
        until(f"{code} misses the office above",
              lambda code=code: link(bank[code], "ho")["state"] != "live", True)
        until(f"the office above misses {code}",
              lambda code=code: link(bank["ho"], code)["state"] != "live", True)
        assert lag(bank[code]) > 0
        assert link(bank["ho"], code)["last_error"] == SILENT
        said = link(bank[code], "ho")["last_error"]
        assert said == SILENT or said.endswith("did not finish the handshake in time"), said
    apart = [bank[code].register() for code in CODES[1:]]
    bank["ho"].ombud("case", "take", moved[0], "--ground", "time", who="supervisor", code=0)
    bank.resolve(moved[1])
    for wire in (1, 2):
        bank.wires.both(wire)
    bank.live()
    bank.see(moved[0], ("open", "ho"), "vsp-0045", "ho")
    bank.see(moved[1], ("resolved", "vsp-0046"), "vsp-0046", "ho")
    for number in apart:
        bank.see(number, ("open", number[:8]), number[:8], "ho")
    bank.agree(*moved, *apart)


def test_a_slow_wire_is_slow_and_not_down(bank):
    """Records wait for their turn, and pings get through between them."""
    bank.live()
    steps = len(bank["vsp-0045"].ombud("link", "show", "ho", "--json").json()["history"])
    bank.wires.both(1, bytes_s=32768, delay_ms=50)
    with Load(lambda: dial(bank["vsp-0045"]), clients=8, words="w" * 6000) as load:
        load.run(80)
        known = {answer.number for answer in load.told.values()}
    assert lag(bank["vsp-0045"]) > 0
    quick = bank["vsp-0046"].register()
    bank.see(quick, ("open", "vsp-0046"), "ho")
    bank.settle(CODES[1:])
    history = bank["vsp-0045"].ombud("link", "show", "ho", "--json").json()["history"]
    assert not [step for step in history[steps:] if step["state"] == "down"], history
    assert known <= numbers_of(bank["ho"])
    bank.agree(quick)
