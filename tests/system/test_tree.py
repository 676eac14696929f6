"""Offices one below the other, each a real daemon, over TCP: do they work together and agree?"""

import re
import signal
import socket
import time

import pytest

import outsider_verify as ov
from conftest import CLIENT, DEADLINE_S, TEXT
from load import Load, dial

LEVELS = ("ho", "east", "city", "district", "vsp-0045")


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def until(what, ask, want):
    """Asks again until the answer is the wanted one: lines take their time, but not for ever."""
    end = time.monotonic() + DEADLINE_S
    while True:
        got = ask()
        if got == want:
            return
        assert time.monotonic() < end, f"{what}: {got}, not {want}"


class Tree:
    def __init__(self, make_office):
        self.make, self.offices = make_office, {}

    def __getitem__(self, code):
        return self.offices[code]

    def root(self, code, port):
        office = self.make(code, "hub/ombud-hub")
        office.init("--listen", f"tcp://127.0.0.1:{port}")
        self.offices[code] = office.start().staff()

    def add(self, code, kind, parent, port=None):
        """Made, asked for, certified above, joined, started: nothing of it needs a line."""
        office = self.make(code, "hub/ombud-hub" if port else "node/ombud-node")
        listen = ["--listen", f"tcp://127.0.0.1:{port}"] if port else []
        office.ombud("office", "init", "--code", code, "--name", code, "--kind", kind, *listen,
                     code=0)
        asked = office.ombud("office", "request", code=0)
        issued = self[parent].ombud("office", "certify", "-", stdin=asked.out, code=0)
        prints = [re.findall(r"[0-9a-f]{4}(?: [0-9a-f]{4})+", done.err)[0]
                  for done in (asked, issued)]
        assert prints[0] == prints[1], "what people compare by telephone"
        office.ombud("office", "join", "-", stdin=issued.out, code=0)
        self.offices[code] = office.start().staff()

    def see(self, number, want, *codes):
        """Status and custodian come to be the same at all of these offices."""
        for code in codes:
            until(f"{number} at {code}", lambda code=code: self.state(code, number), want)

    def state(self, code, number):
        done = self[code].ombud("case", "show", number, "--json", who="handler")
        if done.code != 0:
            return None
        case = done.json()
        return case["status"], case["custodian"]

    def settle(self, codes):
        """Everything went up, and the head office holds as much of each log as its own office."""
        for code in codes:
            until(f"what waits at {code}", lambda code=code: lag(self[code]), 0)
        for code in codes:
            until(f"the log of {code} at the top",
                  lambda code=code: held(self["ho"], code), held(self[code], code))

    def verify(self, codes):
        """Every log at every office, by the program and by one written from proto/README.md."""
        anchor = ov.read_anchor_file(self["ho"].dir / "offline/anchor.key")
        for code in codes:
            self[code].ombud("log", "verify", code=0)
            export = self[code].ombud("log", "export", code, "--certificates", code=0).out
            assert ov.verify(export, anchor).records == held(self[code], code)


def lag(office):
    return next(link["lag_records"] for link in office.ombud("link", "list", "--json").json()
                if link["direction"] == "up")


def held(office, code):
    return sum(log["records"] for log in office.ombud("log", "list", "--json").json()
               if log["office"] == code)


def facts_of(office, number):
    """A case as everybody must see it: without what takes a key, operators by their codes alone
    (elsewhere `t1` of vsp-0045 is t1@vsp-0045)."""
    case = office.show(number)
    for name in ("client", "answer", "narrative", "wish_text", "sealed", "reference", "pseudonym"):
        case.pop(name, None)
    for name in ("first_asked", "responsible"):
        case[name] = case[name].partition("@")[0]
    for event in case["events"]:
        event["actor"] = event["actor"].partition("@")[0]
    for one in (*case["events"], *case["promises"], *case["corrected"]):
        one.pop("text", None)
    return case


def check_alike(tree, number):
    """All offices that share a case see the same."""
    told = facts_of(tree[LEVELS[0]], number)
    for code in LEVELS[1:]:
        assert facts_of(tree[code], number) == told, f"{code} sees {number} differently"


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
                     "--answer", "Paid back", who="handler", code=0)
    tree.see(number, ("resolved", "vsp-0045"), *LEVELS)
    assert branch.show(number)["answer"] == "Paid back"
    branch.ombud("case", "answer", number, "--method", "phone", who="handler", code=0)
    tree.see(number, ("answered", "vsp-0045"), *LEVELS)
    tree.settle(LEVELS[1:])
    check_alike(tree, number)
    tree.verify(LEVELS)


def test_every_daemon_is_killed_in_turn_under_load(five_levels):
    tree, known = five_levels, set()
    for code in LEVELS:
        with Load(lambda: dial(tree["vsp-0045"]), clients=8, words=TEXT) as load:
            load.run(20)
            load.watch()
            assert tree[code].stop(signal.SIGKILL) == -signal.SIGKILL
            if code == "vsp-0045":
                load.drain()
            else:
                load.run(40)
            known |= {act.number for act in load.told.values()}
        tree[code].start()
    assert len(known) >= 260
    tree.settle(LEVELS[1:])
    for code in LEVELS:
        listed = tree[code].ombud("case", "list", "--limit", "10000", "--json",
                                  who="handler").json()
        assert known <= {case["number"] for case in listed}, f"{code} lacks what was acknowledged"
    check_alike(tree, min(known))
    tree.verify(LEVELS)
