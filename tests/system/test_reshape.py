"""Live lines while an office moves or is closed, and while a case is erased at all of them."""

import pytest

from bank import Tree, await_state, free_ports, until
from conftest import CLIENT, TEXT


@pytest.fixture
def tree(make_office):
    bank = Tree(make_office)
    bank.line()
    return bank


def escalate(office, number, to):
    office.ombud("case", "escalate", number, "--to", to, "--ground", "amount", "--reason",
                 "Beyond our limit", who="supervisor", code=0)


def test_a_branch_moves_below_another_office(tree):
    branch, north = tree["vsp-0045"], tree["north"]
    old = branch.register()
    tree.see(old, ("open", "vsp-0045"), "north", "ho")
    done = north.ombud("office", "move", "vsp-0045", "--to", "ho", code=0)
    assert "`office certify` at ho" in done.out
    tree.enrol("vsp-0045", "ho")
    assert branch.stop() == 0
    branch.start()
    await_state(branch, "ho", "live")
    shown = tree["ho"].ombud("office", "show", "vsp-0045", "--json").json()
    assert (shown["parent"], shown["depth"], shown["rekeyed"]) == ("ho", 1, False)
    number = branch.register()
    escalate(branch, number, "ho")
    tree.see(number, ("open", "ho"), "vsp-0045", "ho")
    assert tree["ho"].show(number)["client"]["name"] == CLIENT
    assert tree.state("north", number) is None, "it is above it no more"
    tree.settle(("vsp-0045",))
    tree.check_alike(old, "ho", "vsp-0045")
    tree.verify(("ho", "north", "vsp-0045"))


def drawn(office):
    """Its tree as it stands now: code and depth, and the level of each."""
    offices = office.ombud("tree", "--json").json()
    return ([(one["code"], one["depth"]) for one in offices],
            sorted({one["level"] for one in offices}))


def test_offices_below_a_region_come_along(make_office):
    bank, ports = Tree(make_office), free_ports(5)
    bank.root("ho", ports[0])
    bank.add("north", "regional", "ho", ports[1])
    bank.add("south", "regional", "ho", ports[2])
    bank.add("osb", "regional", "north", ports[3])
    bank.add("br", "regional", "osb", ports[4])
    bank.add("vsp-0045", "branch", "br")
    ho, br, branch = bank["ho"], bank["br"], bank["vsp-0045"]
    old = branch.register()
    bank.see(old, ("open", "vsp-0045"), "br", "osb", "north", "ho")
    ho.ombud("office", "move", "br", "--to", "south", code=0)
    until("south knows it", lambda: "br" in bank["south"].ombud("office", "list", code=0).out, True)
    bank.enrol("br", "south")
    assert br.stop() == 0
    br.start()
    await_state(br, "south", "live")
    until("it goes on under the next", lambda: branch.ombud(
        "office", "show", "vsp-0045", "--json").json()["depth"], 3)
    until("the tree is well", lambda: drawn(ho), (
        [("ho", 0), ("north", 1), ("osb", 2), ("south", 1), ("br", 2), ("vsp-0045", 3)], ["ok"]))
    until("at the region, too", lambda: drawn(br), ([("br", 2), ("vsp-0045", 3)], ["ok"]))
    assert ho.ombud("tree", "check").code == 0
    new = branch.register()
    for number in (old, new):
        escalate(branch, number, "south")
        bank.see(number, ("open", "south"), "vsp-0045", "br", "south", "ho")
        assert bank["south"].show(number)["client"]["name"] == CLIENT
    assert bank.state("osb", new) is None, "it is above it no more"
    bank.verify(("ho", "north", "south", "osb", "br", "vsp-0045"))


def test_a_closed_branch_leaves_its_cases_to_another(tree):
    branch, north = tree["vsp-0045"], tree["north"]
    tree.add("vsp-0046", "branch", "north")
    other = tree["vsp-0046"]
    number, decided = branch.register(), branch.register()
    escalate(branch, decided, "north")
    tree.see(decided, ("open", "north"), "vsp-0045", "north", "ho")
    done = north.ombud("office", "close", "vsp-0045", "--successor", "vsp-0046", code=0)
    assert "gives the keys of its cases" in done.out
    until("it takes nothing new", lambda: "vsp-0046 stands in for it" in branch.ombud(
        "case", "new", "--channel", "phone", "--product", "cards", "--issue", "fees", "--text",
        TEXT, who="teller").err, True)
    tree.see(number, ("open", "vsp-0045"), "vsp-0046")
    until("the words are there", lambda: other.show(number)["narrative"], TEXT)
    tree.settle(("vsp-0045",))
    assert branch.stop() == 0
    north.ombud("office", "revoke", "vsp-0045", code=0)
    north.ombud("case", "resolve", decided, "--outcome", "founded", "--cause", "error",
                "--answer", "Paid back", who="handler", code=0)
    tree.see(decided, ("resolved", "vsp-0045"), "vsp-0046", "ho")
    assert other.show(decided)["answer"] == "Paid back"
    other.ombud("case", "resolve", number, "--outcome", "founded", "--cause", "error", "--answer",
                "Paid back, too", who="handler", code=0)
    for one in (number, decided):
        other.ombud("case", "answer", one, "--method", "phone", who="handler", code=0)
        tree.see(one, ("answered", "vsp-0045"), "vsp-0046", "north", "ho")
    tree.verify(("ho", "north", "vsp-0046"))


# --- erasure ---------------------------------------------------------------------------------

def parts(office):
    """The rows of sealed parts in a store whose daemon is down."""
    return set(office.store_rows("dump", "part").splitlines())


def test_an_erasure_drops_the_words_at_every_level(tree):
    codes = ("vsp-0045", "north", "ho")
    branch, north = tree["vsp-0045"], tree["north"]
    tree.settle(codes[:2])
    before = {}
    for code in codes:
        tree[code].stop()
        before[code] = parts(tree[code])
        tree[code].start()
    number = branch.register()
    escalate(branch, number, "ho")
    tree.see(number, ("open", "ho"), *codes)
    assert tree["ho"].show(number)["narrative"] == TEXT
    tree["ho"].ombud("case", "resolve", number, "--outcome", "founded", "--cause", "error",
                     "--answer", "Paid back", who="handler", code=0)
    tree.see(number, ("resolved", "vsp-0045"), *codes)
    tree.settle(codes[:2])
    branch.ombud("case", "answer", number, "--method", "phone", who="handler", code=0)
    branch.ombud("case", "close", number, "--accepts", "yes", who="handler", code=0)
    tree.see(number, ("closed", "vsp-0045"), *codes)
    tree.settle(codes[:2])
    north.stop()                       # it hears of the erasure late
    branch.ombud("case", "erase", number, "--ground", "client-asks", who="supervisor", code=0)
    assert branch.show(number)["erased"] is False
    north.start()
    until("known above", lambda: [event["type"] for event in
                                  tree["ho"].show(number)["events"]][-1], "erased")
    tree["ho"].ombud("case", "confirm-erasure", number, "--ground", "client-asks",
                     who="supervisor", code=0)
    for code in codes:
        until(f"erased at {code}", lambda code=code: tree[code].show(number)["erased"], True)
        case = tree[code].show(number)
        assert case["client"] is None and case["narrative"] is None and case["answer"] is None
        assert [event["type"] for event in case["events"]][:2] == ["registered", "escalated"]
    late = branch.ombud("case", "note", number, "--text", TEXT, who="handler", code=1)
    assert "erased" in late.err
    tree.settle(codes[:2])
    tree.check_alike(number, *codes)
    tree.verify(codes)
    for code in codes:
        assert tree[code].stop() == 0
        left = parts(tree[code]) - before[code]
        assert not left, f"{code} holds {len(left)} parts of an erased case"
