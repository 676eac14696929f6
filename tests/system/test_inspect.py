"""Does an administrator see why? Links, the tree, traces and reports while offices are away."""

import json
import os
import pty
import re
import signal
import subprocess

import pytest

from bank import Tree, await_state, free_ports, lag, link, until
from conftest import BUILD, folder, offices

CODES = ("ho", "north", "vsp-0045")
OK, WARNING, CRITICAL, UNKNOWN = range(4)


@pytest.fixture(scope="module")
def bank():
    with folder() as top, offices(top) as make:
        tree = Tree(make)
        tree.line()
        yield tree


@pytest.fixture(scope="module")
def away(bank):
    """The region is down: the stories with it come behind those without."""
    bank.settle(CODES[1:])
    assert bank["north"].stop() == 0
    await_state(bank["ho"], "north", "down")
    return bank


def levels(office, *words):
    """The exit code of a check, and the level and words of each that it tells."""
    done = office.ombud(*words, "--json")
    return done.code, {one.get("peer") or one["code"]: (one["level"], one["words"])
                       for one in json.loads(done.out)}


def tree_of(office):
    return {one["code"]: one for one in office.ombud("tree", "--json").json()}


# --- links -----------------------------------------------------------------------------------

def test_a_link_is_told_from_both_ends(bank):
    number = bank["vsp-0045"].register()
    bank.see(number, ("open", "vsp-0045"), *CODES)
    bank.settle(CODES[1:])
    north = {one["peer"]: one for one in bank["north"].ombud("link", "list", "--json").json()}
    assert {(peer, one["direction"], one["state"]) for peer, one in north.items()} == \
        {("ho", "up", "live"), ("vsp-0045", "down", "live")}
    up = link(bank["vsp-0045"], "north")
    assert up["head"] == up["sent"] == up["acked"] > 0 and not up["last_error"]
    down = north["vsp-0045"]
    assert down["head"] == down["sent"] == down["acked"]
    assert up["lag_records"] == up["lag_bytes"] == up["oldest_unacked_seconds"] == 0
    shown = bank["vsp-0045"].ombud("link", "show", "north", "--waiting", "--json").json()
    assert shown["waiting"] == [] and shown["disagreements"] == []
    assert {one["witness"] for one in shown["witnesses"]} == {"ho", "north"}
    assert shown["software"] and shown["certificate_until"] and shown["latency_ms_p99"] >= 0
    assert shown["fingerprint"] == \
        bank["north"].ombud("office", "show", "north", "--json").json()["transport"]
    assert "live" in bank["north"].ombud("link", "list", code=0).out
    assert "witness" in bank["vsp-0045"].ombud("link", "show", "north", code=0).out
    assert "ho" in bank["vsp-0045"].ombud("link", "show", "ho", code=1).err


def test_everything_is_compared_on_request(bank):
    done = bank["north"].ombud("link", "resync", "vsp-0045", "--json").json()
    assert done == {"peer": "vsp-0045"}
    until("compared", lambda: link(bank["north"], "vsp-0045")["state"], "live")
    bank["vsp-0045"].ombud("link", "resync", "north", code=0)
    until("compared", lambda: link(bank["vsp-0045"], "north")["state"], "live")
    assert "nowhere" in bank["north"].ombud("link", "resync", "nowhere", code=1).err
    assert link(bank["north"], "vsp-0045")["refused"] == 0


def test_checks_exit_by_the_worst_that_they_find(make_office):
    """0 when all is well; 1 for a certificate that ends soon; 3 for an office that never came; 2
    at one that was cut; 0 once those ended; and 3 when nobody answers."""
    tree = Tree(make_office)
    port = free_ports(1)[0]
    tree.root("ho", port)
    ho = tree["ho"]
    assert levels(ho, "link", "check") == (OK, {})
    tree.add("well", "branch", "ho")
    until("well", lambda: levels(ho, "link", "check"), (OK, {"well": ("ok", None)}))
    until("well", lambda: levels(ho, "tree", "check")[0], OK)
    tree.add("ends", "branch", "ho", more=("--days", "20"))
    until("ends", lambda: levels(ho, "link", "check")[0], WARNING)
    level, words = levels(ho, "link", "check")[1]["ends"]
    assert level == "warning" and "certificate ends" in words
    assert levels(ho, "tree", "check")[0] == WARNING
    assert ho.ombud("tree", "check").code == WARNING
    never = make_office("never")
    tree.offices["never"] = never
    never.ombud("office", "init", "--code", "never", "--name", "N", "--kind", "branch", code=0)
    tree.enrol("never", "ho")
    assert levels(ho, "link", "check")[1]["never"] == ("unknown", "never heard")
    assert levels(ho, "link", "check")[0] == levels(ho, "tree", "check")[0] == UNKNOWN
    until("its health", lambda: tree_of(ho)["well"]["backlog"], 0)
    told = tree_of(ho)
    unknown = ("as_of", "backlog", "cases", "clock_offset_ms", "disk_free_bytes", "disk_days_left")
    assert [told["never"][name] for name in unknown] == [None] * len(unknown)
    assert told["well"]["disk_free_bytes"] > 0 and told["well"]["backlog"] == 0
    assert told["well"]["store_stalls"] is not None
    until("its own room", lambda: tree_of(ho)["ho"]["disk_free_bytes"] is not None, True)
    row = next(line for line in ho.ombud("tree", code=0).out.splitlines() if " never " in line)
    assert row.split()[1:] == ["never", "branch", "down", "unknown", "never", "heard"]
    ho.ombud("office", "revoke", "ends", "--ground", "lost", code=0)
    ends = tree["ends"]
    until("cut", lambda: levels(ends, "link", "check")[0], CRITICAL)
    assert "blocked: " in levels(ends, "link", "check")[1]["ho"][1]
    assert ends.ombud("link", "check").code == CRITICAL
    # Above it was meant, as it is of one that never came and is closed.
    assert levels(ho, "link", "check")[1]["ends"] == ("ok", "revoked")
    assert levels(ho, "link", "check")[0] == levels(ho, "tree", "check")[0] == UNKNOWN
    ho.ombud("office", "close", "never", "--successor", "well", code=0)
    until("closed", lambda: levels(ho, "link", "check")[1]["never"], ("ok", "closed"))
    ho.stop()
    ho.start()
    until("well", lambda: levels(ho, "link", "check")[0], OK)
    ho.stop()
    assert ho.ombud("link", "check").code == ho.ombud("tree", "check").code == UNKNOWN


# --- shown again -----------------------------------------------------------------------------

WATCHED = (("link", "list"), ("link", "show", "north"), ("tree",))


@pytest.mark.parametrize("verb", WATCHED, ids=" ".join)
def test_it_is_shown_again_and_again(bank, verb):
    once = bank["ho"].ombud(*verb, "--json").json()
    twice = bank["ho"].ombud(*verb, "--watch", "--count", "2", "--json-lines", code=0).out
    assert len(twice.splitlines()) == 2 * (len(once) if isinstance(once, list) else 1)
    assert all(json.loads(line) for line in twice.splitlines())
    assert "--watch" in bank["ho"].ombud(*verb, "--count", "2", code=2).err


def test_on_a_terminal_it_is_shown_in_place(bank):
    ours, theirs = pty.openpty()
    # Who starts the tests behind a shell has them ignore it, and this with them.
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    watcher = subprocess.Popen([BUILD / "tools/cli/ombud", "-C", bank["ho"].dir, "tree", "--watch"],
                               stdout=theirs)
    signal.signal(signal.SIGINT, before)
    os.close(theirs)
    try:
        told = b""
        while told.count(b"\x1b[H\x1b[2J") < 2:
            told += os.read(ours, 4096)
        assert told.startswith(b"\x1b[H\x1b[2J") and b"north" in told
        watcher.send_signal(signal.SIGINT)
        assert watcher.wait() == -signal.SIGINT
    finally:
        watcher.kill()
        watcher.wait()
        os.close(ours)


# --- while the region is away -----------------------------------------------------------------

def test_what_waits_is_told_and_goes_when_the_link_is_back(away):
    branch = away["vsp-0045"]
    until("its link", lambda: link(branch, "north")["state"] != "live", True)
    number = branch.register()
    assert lag(branch) > 0
    shown = branch.ombud("link", "show", "north", "--waiting", "--json").json()
    assert shown["waiting"] == [number]
    assert shown["link"]["lag_bytes"] > 0 and shown["link"]["last_error"]
    told = branch.ombud("link", "show", "north", "--waiting", code=0).out
    assert number in told
    assert re.search(r"lag +\d+ records?, \d+ bytes, the oldest written \d+ s ago", told)
    until("the next try", lambda: bool(
        branch.ombud("link", "show", "north", "--json").json()["next_try"]), True)


def test_the_tree_is_told_with_the_age_of_what_is_known(away):
    tree = away["ho"].ombud("tree", "--json").json()
    assert [(one["code"], one["parent"], one["depth"]) for one in tree] == \
        [("ho", None, 0), ("north", "ho", 1), ("vsp-0045", "north", 2)]
    assert [one["self"] for one in tree] == [True, False, False]
    assert all(one["as_of"] and one["software"] and one["started_at"] for one in tree)
    assert tree[0]["state"] == "live" or tree[0]["self"]
    assert tree[1]["state"] == "down"
    told = away["ho"].ombud("tree", code=0).out
    assert [code for code in CODES if code in told] == list(CODES)


def test_a_report_says_whom_it_is_behind_on(away):
    report = away["ho"].ombud("report", "--by", "office", "--measure", "registered", "--json",
                              who="analyst").json()
    stale = {one["office"]: one["since"] for one in report["stale"]}
    assert "vsp-0045" in stale and stale["vsp-0045"]
    line = ("report", "--by", "office", "--measure", "registered")
    assert "stale: " in away["ho"].ombud(*line, who="analyst", code=0).out
    rows = away["ho"].ombud(*line, "--format", "csv", who="analyst", code=0)
    assert "stale: " in rows.err and "stale" not in rows.out


def test_a_trace_says_what_each_copy_waits_for(away):
    branch = away["vsp-0045"]
    number = branch.register()
    event = branch.ombud("case", "trace", number, "--json").json()["events"][0]
    assert event["held_by"] == ["vsp-0045"]
    assert {wait["office"] for wait in event["waits"]} == {"north", "ho"}
    waits = {wait["office"]: wait["on"] for wait in event["waits"]}
    assert "the link to north is" in waits["north"]
    assert waits["ho"] == "no witness of it has come"
    told = branch.ombud("case", "trace", number, code=0).out
    assert "held by vsp-0045" in told and "waits: north" in told
    away["north"].start()
    until("the trace", lambda: [
        (sorted(one["held_by"]), one["waits"])
        for one in branch.ombud("case", "trace", number, "--json").json()["events"]],
        [(sorted(CODES), [])])
    assert away["north"].stop() == 0


def test_a_check_that_is_shown_again_ends_with_the_last(away):
    ill = away["ho"].ombud("tree", "check").code
    assert away["ho"].ombud("tree", "check", "--watch", "--count", "2").code == ill
    assert away["ho"].stop() == 0
    assert away["ho"].ombud("tree", "check", "--watch").code == UNKNOWN
