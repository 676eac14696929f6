"""Lines that are held up, cut in the middle of a record, and mended: does everybody agree then?"""

import contextlib
import random

import pytest

import outsider_client as oc
from bank import Tree, free_ports, lag, link, until
from conftest import DEADLINE_S, TEXT
from load import Load, dial
from proxy import Proxy

CODES = ("ho", "north", "vsp-0045")


class Bank(Tree):
    """Each line goes through a proxy, named after the child."""

    def __init__(self, make_office, closing):
        super().__init__(make_office)
        ports = free_ports(2)
        self.root("ho", ports[0])
        self.add_behind("north", "regional", "ho", ports[0], closing, ports[1])
        self.add_behind("vsp-0045", "branch", "north", ports[1], closing)

    def agree(self, *numbers):
        self.settle(CODES[1:])
        for number in numbers:
            self.check_alike(number, *CODES)
        self.verify(CODES)


@pytest.fixture
def bank(make_office):
    with contextlib.ExitStack() as closing:
        yield Bank(make_office, closing)


def escalate(office, number, to):
    office.ombud("case", "escalate", number, "--to", to, "--ground", "amount", "--reason",
                 "Beyond our limit", who="supervisor", code=0)


def test_a_line_that_hangs_is_given_up_and_dialled_again(bank):
    branch, line = bank["vsp-0045"], bank.lines["vsp-0045"]
    bank.settle(CODES[1:])
    line.hold()
    number = branch.register()
    escalate(branch, number, "north")
    assert lag(branch) > 0 and bank.state("north", number) is None
    line.await_call(DEADLINE_S)  # it heard nothing, and tries again
    assert "nothing came for 15 seconds" in link(branch, "north")["last_error"]
    line.release()
    bank.see(number, ("open", "north"), *CODES)
    bank.agree(number)


def test_lines_are_cut_and_work_goes_on_at_both_ends(bank):
    branch, north = bank["vsp-0045"], bank["north"]
    number = branch.register()
    bank.see(number, ("open", "vsp-0045"), *CODES)
    for line in bank.lines.values():
        line.cut()
    until("the line of vsp-0045", lambda: link(branch, "north")["state"] != "live", True)
    escalate(branch, number, "north")
    north.ombud("case", "take", number, "--ground", "time", who="supervisor", code=0)
    apart = branch.register()
    assert bank.state("vsp-0045", number) == bank.state("north", number) == ("open", "north")
    assert bank.state("north", apart) is None
    for line in bank.lines.values():
        line.mend()
    bank.see(apart, ("open", "vsp-0045"), *CODES)
    bank.agree(number, apart)
    effects = {(event["type"], event["effect"]) for event in bank["ho"].show(number)["events"]}
    assert ("taken-over", True) in effects and ("escalated", False) in effects


def test_cuts_in_the_middle_of_records_lose_nothing(bank):
    """Connections break at any byte, again and again, while the branch registers."""
    chance, branch = random.Random(7), bank["vsp-0045"]
    with Load(lambda: dial(branch), clients=8, words=TEXT) as load:
        for _ in range(6):
            bank.lines["vsp-0045"].cut_behind(chance.randrange(1, 40000))
            bank.lines["north"].cut_behind(chance.randrange(1, 40000))
            load.run(30)
        known = {act.number for act in load.told.values()}
    assert len(known) >= 180
    bank.settle(CODES[1:])
    for code in CODES:
        with dial(bank[code], "handler") as handler:
            assert known <= {case.number for case in oc.list_cases(handler)}, code
    bank.agree(min(known), max(known))
    for code in CODES:
        assert all(one["refused"] == 0 for one in bank[code].ombud("link", "list", "--json").json())


def test_of_several_addresses_one_that_answers_is_found(bank):
    """The first is dead from the start; the second dies; the third was the way all the time."""
    north = bank["north"]
    port = int((north.dir / "ombud.conf").read_text().partition("listen = tcp://127.0.0.1:")[2]
               .split()[0])
    second, third = Proxy(port), Proxy(port)
    dead = f"tcp://127.0.0.1:{free_ports(1)[0]}"
    with contextlib.closing(second), contextlib.closing(third):
        bank.add("vsp-0046", "branch", "north",
                 more=("--address", f"{dead},{second.address},{third.address}"))
        branch = bank["vsp-0046"]
        number = branch.register()
        bank.see(number, ("open", "vsp-0046"), "ho", "north", "vsp-0046")
        shown = branch.ombud("link", "show", "north", "--json").json()
        assert shown["address"] in (second.address, third.address)
        first, other = (second, third) if shown["address"] == second.address else (third, second)
        first.cut()
        late = branch.register()
        bank.see(late, ("open", "vsp-0046"), "ho", "north", "vsp-0046")
        assert branch.ombud("link", "show", "north", "--json").json()["address"] == other.address
