"""Offices one below the other, each a real daemon, over TCP: do they work together and agree?"""

import signal

import pytest

from bank import Tree, free_ports, lag
from conftest import CLIENT, TEXT
from load import Load, dial

LEVELS = ("ho", "east", "city", "district", "vsp-0045")


@pytest.fixture
def five_levels(make_office):
    tree = Tree(make_office)
    ports = free_ports(4)
    tree.root("ho", ports[0])
    for at, code in enumerate(LEVELS[1:-1], 1):
        tree.add(code, "regional", LEVELS[at - 1], ports[at])
    tree.add(LEVELS[-1], "branch", LEVELS[-2])
    return tree


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
        assert f"prevention     training, {owner} sees to it by 2099-01-01" in page
    assert branch.show(number)["answer"] == "Paid back"
    branch.ombud("case", "answer", number, "--method", "phone", who="handler", code=0)
    tree.see(number, ("answered", "vsp-0045"), *LEVELS)
    tree.settle(LEVELS[1:])
    tree.check_alike(number, *LEVELS)
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
