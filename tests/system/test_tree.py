"""Offices one below the other, each a real daemon, over TCP: do they work together and agree?"""

import contextlib
import signal

import pytest

from bank import Tree, free_ports, lag, link, until
from conftest import CLIENT, TEXT
from load import Load, dial

LEVELS = ("ho", "east", "city", "district", "vsp-0045")


@pytest.fixture
def five_levels(make_office):
    """Each line can be cut."""
    with contextlib.ExitStack() as closing:
        tree = Tree(make_office)
        ports = [*free_ports(4), None]
        tree.root("ho", ports[0])
        for at, code in enumerate(LEVELS[1:], 1):
            kind = "regional" if ports[at] else "branch"
            tree.add_behind(code, kind, LEVELS[at - 1], ports[at - 1], closing, ports[at])
        yield tree


def test_a_complaint_crosses_five_levels(five_levels):
    tree, branch = five_levels, five_levels["vsp-0045"]
    assert tree["district"].stop() == 0
    number = branch.register()
    assert lag(branch) > 0
    tree["district"].start()
    tree.see(number, ("open", "vsp-0045"), *LEVELS)
    assert tree["ho"].show(number)["sealed"] and tree["ho"].show(number)["client"] is None
    branch.ombud("case", "escalate", number, "--to", "district", "--ground", "amount", "--reason",
                 "Beyond our limit", who="supervisor", code=0)
    tree.see(number, ("open", "district"), *LEVELS)
    tree["district"].ombud("case", "escalate", number, "--to", "ho", "--ground", "authority",
                           "--reason", "A matter of policy", who="supervisor", code=0)
    tree.see(number, ("open", "ho"), *LEVELS)
    case = tree["ho"].show(number)
    assert case["client"]["name"] == CLIENT and not case["sealed"]
    assert tree["city"].show(number)["sealed"]
    tree["ho"].ombud("case", "resolve", number, "--outcome", "founded", "--cause", "error",
                     "--answer", "Paid back", "--prevent", "training", "--owner", "handler",
                     "--due", "2099-01-01", who="handler", code=0)
    tree.see(number, ("resolved", "vsp-0045"), *LEVELS)
    for code, owner in (("ho", "handler"), ("vsp-0045", "handler@ho")):
        page = tree[code].ombud("case", "show", number, who="handler", code=0).out
        assert "supervisor@district  on the ground authority" in page
        assert f"prevention     training, {owner} sees to it by 2099-01-01" in page
    assert branch.show(number)["answer"] == "Paid back"
    branch.ombud("case", "answer", number, "--method", "phone", who="handler", code=0)
    tree.see(number, ("answered", "vsp-0045"), *LEVELS)
    tree.settle(LEVELS[1:])
    tree.check_alike(number, *LEVELS)
    tree.verify(LEVELS)


def test_lines_of_five_levels_are_cut_and_restored(five_levels):
    """Those on both sides of each cut act on one case; the take-over of the highest stands."""
    tree, branch = five_levels, five_levels["vsp-0045"]
    number = branch.register()
    tree.see(number, ("open", "vsp-0045"), *LEVELS)
    for code, above in (("district", "city"), ("east", "ho")):
        tree.lines[code].cut()
        until(f"the line of {code}", lambda: link(tree[code], above)["state"] != "live", True)
    branch.ombud("case", "escalate", number, "--to", "district", "--ground", "amount",
                 "--reason", "Beyond our limit", who="supervisor", code=0)
    tree["city"].ombud("case", "take", number, "--ground", "time", who="supervisor", code=0)
    tree["ho"].ombud("case", "take", number, "--ground", "authority", who="supervisor", code=0)
    apart = branch.register()
    tree.see(number, ("open", "district"), "vsp-0045", "district")
    tree.see(number, ("open", "city"), "city", "east")
    assert tree.state("city", apart) is None
    for code in ("district", "east"):
        tree.lines[code].mend()
    tree.see(number, ("open", "ho"), *LEVELS)
    tree.see(apart, ("open", "vsp-0045"), *LEVELS)
    until("the key", lambda: tree["ho"].show(number)["narrative"], TEXT)
    tree.settle(LEVELS[1:])
    tree.check_alike(number, *LEVELS)
    tree.check_alike(apart, *LEVELS)
    tree.verify(LEVELS)


def test_every_daemon_is_killed_in_turn_under_load(five_levels):
    """Complaints come in and go up to the city meanwhile."""
    tree, known, moved = five_levels, set(), []
    for code in LEVELS:
        with Load(lambda: dial(tree["vsp-0045"]), clients=8, words=TEXT) as load:
            load.run(20)
            load.watch()
            assert tree[code].stop(signal.SIGKILL) == -signal.SIGKILL
            if code == "vsp-0045":
                load.drain()
            else:
                moved.append(max(act.number for act in load.told.values()))
                tree["vsp-0045"].ombud("case", "escalate", moved[-1], "--to", "city", "--ground",
                                       "amount", "--reason", "Beyond our limit",
                                       who="supervisor", code=0)
                load.run(40)
            known |= {act.number for act in load.told.values()}
        tree[code].start()
    assert len(known) >= 260
    tree.settle(LEVELS[1:])
    for code in LEVELS:
        listed = tree[code].ombud("case", "list", "--limit", "10000", "--json",
                                  who="handler").json()
        assert known <= {case["number"] for case in listed}, f"{code} lacks what was acknowledged"
    for number in moved:
        tree.see(number, ("open", "city"), *LEVELS)
    for number in {*moved, *sorted(known)[::40]}:
        tree.check_alike(number, *LEVELS)
    tree.verify(LEVELS)
