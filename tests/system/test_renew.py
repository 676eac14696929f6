"""Two copies of one office ran at once: its log forks, and what lost is written again."""

import json
import shutil
import signal

import pytest

from bank import Tree, link, until
from conftest import CLIENT, TEXT

CODES = ("ho", "north", "vsp-0045")


@pytest.fixture
def bank(make_office):
    tree = Tree(make_office)
    tree.line()
    tree.add("vsp-0046", "branch", "north")
    return tree


def live(office):
    """Its head is confirmed by the region: it goes on in the life that it has."""
    until("the link of " + office.code, lambda: link(office, "north")["state"], "live")


@pytest.fixture
def twin(bank, make_office, tmp_path_factory):
    """A copy of the branch, made while it was down; the branch runs again, its head confirmed."""
    branch = bank["vsp-0045"]
    branch.stop()
    other = make_office("copied")
    shutil.copytree(branch.dir, other.dir, ignore=shutil.ignore_patterns("*.sock"))
    branch.start()
    live(branch)
    return other


def test_two_copies_push_each_other_off_the_line(bank, twin):
    """Nothing forks while nobody writes; the region says what it sees."""
    north = bank["north"]
    twin.start()

    def checked():
        return json.loads(north.ombud("link", "check", "--json").out)

    def words():
        return next(one["words"] for one in checked() if one["peer"] == "vsp-0045") or ""
    until("the region notices", lambda: "does it run twice?" in words(), True)
    assert north.ombud("link", "check").code == 1
    assert north.ombud("log", "forks", "--json").json() == []
    twin.stop()


def fork(bank, twin):
    """The copy writes while the branch hears nothing, and the branch while the region is down."""
    branch, north = bank["vsp-0045"], bank["north"]
    branch.daemon.send_signal(signal.SIGSTOP)
    twin.start()
    live(twin)
    theirs = twin.register()
    bank.see(theirs, ("open", "vsp-0045"), "ho", "north")
    twin.stop()
    north.stop()
    branch.daemon.send_signal(signal.SIGCONT)
    ours = branch.register()
    branch.ombud("case", "note", ours, "--text", TEXT, who="teller", code=0)
    north.start()
    return theirs, ours


def test_what_lost_a_fork_is_written_again(bank, twin):
    branch, north = bank["vsp-0045"], bank["north"]
    theirs, ours = fork(bank, twin)
    until("the forked link", lambda: link(north, "vsp-0045")["state"], "blocked")
    assert "office renew" in link(north, "vsp-0045")["reason"]
    until("the branch is told",
          lambda: "office renew" in (link(branch, "north")["last_error"] or ""), True)
    other = bank["vsp-0046"].register()  # nobody else is held up
    bank.see(other, ("open", "vsp-0046"), "ho", "north")
    forks = north.ombud("log", "forks", "--json").json()
    assert [(one["office"], one["renewed"]) for one in forks] == [("vsp-0045", False)]

    first = branch.ombud("office", "renew", code=0)
    assert "renew once more" in first.out
    live(branch)
    until("the decision came down",
          lambda: len(branch.ombud("log", "forks", "--json").json()), 1)
    until("the region is told", lambda: "was not written again" in
          north.ombud("link", "check").out, True)
    for office in (north, branch):
        (told,) = office.ombud("log", "forks", "--json").json()
        assert (told["renewed"], told["told"]) == (False, True)
    done = branch.ombud("office", "renew", "--json").json()
    assert (done["written"], done["left"]) == (2, [])
    (renewed,) = done["cases"]
    assert renewed["formerly"] == ours
    bank.see(renewed["number"], ("open", "vsp-0045"), *CODES)
    case = branch.show(renewed["number"])
    assert case["client"]["name"] == CLIENT and case["narrative"] == TEXT
    assert [event.get("text") for event in case["events"] if event["type"] == "noted"] == [TEXT]
    assert case["formerly"] == ours
    # One number was given twice: who has the receipt of the other is led on.
    assert ours == theirs and branch.show(theirs)["namesakes"] == [renewed["number"]]
    assert renewed["number"] in branch.ombud("case", "show", ours, who="handler").out
    assert branch.ombud("office", "renew", "--json").json()["written"] == 0
    bank.settle(CODES[1:])
    for number in (theirs, renewed["number"], other):
        bank.check_alike(number, "ho", "north")
    bank.check_alike(renewed["number"], *CODES)
    bank.verify(CODES)
    until("the region is told",
          lambda: [one["renewed"] for one in north.ombud("log", "forks", "--json").json()], [True])
