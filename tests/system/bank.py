"""Offices one below the other, each a real daemon, over TCP: made, awaited, compared."""

import json
import re
import socket
import subprocess
import time

import outsider_verify as ov
from conftest import COMMAND, DEADLINE_S
from proxy import Proxy


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
        self.make, self.offices, self.lines = make_office, {}, {}

    def __getitem__(self, code):
        return self.offices[code]

    def root(self, code, port):
        office = self.make(code, "hub/ombud-hub")
        office.init("--listen", f"tcp://127.0.0.1:{port}")
        self.offices[code] = office.start().staff()

    def add(self, code, kind, parent, port=None, more=()):
        """Made, asked for, certified above, joined, started: nothing of it needs a line."""
        office = self.make(code, "hub/ombud-hub" if port else "node/ombud-node")
        self.offices[code] = office
        listen = ["--listen", f"tcp://127.0.0.1:{port}"] if port else []
        office.ombud("office", "init", "--code", code, "--name", code, "--kind", kind, *listen,
                     code=0)
        self.enrol(code, parent, more)
        office.start().staff()

    def add_behind(self, code, kind, parent, parent_port, closing, port=None):
        """As add; its line goes through a proxy, named after the child."""
        self.lines[code] = Proxy(parent_port)
        closing.callback(self.lines[code].close)
        self.add(code, kind, parent, port, more=("--address", self.lines[code].address))

    def line(self):
        """A head office, a region, a branch; the ports on which the two above listen."""
        ports = free_ports(2)
        self.root("ho", ports[0])
        self.add("north", "regional", "ho", ports[1])
        self.add("vsp-0045", "branch", "north")
        return ports

    def enrol(self, code, parent, more=()):
        """Asked for, certified above, joined; `more` is said where it is certified."""
        office = self[code]
        asked = office.ombud("office", "request", code=0)
        issued = self[parent].ombud("office", "certify", "-", *more, stdin=asked.out, code=0)
        prints = [re.findall(r"[0-9a-f]{4}(?: [0-9a-f]{4})+", done.err)[0]
                  for done in (asked, issued)]
        assert prints[0] == prints[1], "what people compare by telephone"
        office.ombud("office", "join", "-", stdin=issued.out, code=0)

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

    def settle(self, codes, top="ho"):
        """Everything went up, and the head office holds as much of each log as its own office."""
        for code in codes:
            until(f"what waits at {code}", lambda code=code: lag(self[code]), 0)
        for code in codes:
            until(f"the log of {code} at the top",
                  lambda code=code: held(self[top], code), held(self[code], code))

    def verify(self, codes):
        """Every log at every office, by the program; its own, and at the head office all of
        theirs, by one written from proto/README.md as well."""
        anchor = ov.read_anchor_file(self["ho"].dir / "offline/anchor.key")
        for code in codes:
            self[code].ombud("log", "verify", code=0)
            for one in codes if code == "ho" else (code,):
                export = self[code].ombud("log", "export", one, "--certificates", code=0).out
                assert ov.verify(export, anchor).records == held(self[code], one)

    def check_alike(self, number, *codes):
        """All offices that share a case see the same."""
        told = facts_of(self[codes[0]], number)
        for code in codes[1:]:
            seen = facts_of(self[code], number)
            differ = {name: (told[name], seen.get(name)) for name in told
                      if seen.get(name) != told[name]}
            assert seen == told, f"{codes[0]} and {code} see {number} differently: {differ}"
        pages = {page for code in codes if (page := page_of(self[code], number))}
        assert len(pages) <= 1, f"those who can read {number} print it differently"


def link(office, peer):
    """One link as `link list` tells it."""
    return next(one for one in office.ombud("link", "list", "--json").json()
                if one["peer"] == peer)


def await_state(office, peer, *states):
    """Until the link is in one of these states, as the office itself shows it again and again."""
    watcher = subprocess.Popen(
        [COMMAND, "-C", office.dir, "link", "show", peer, "--watch", "--json-lines"],
        stdout=subprocess.PIPE, text=True)
    try:
        assert any(json.loads(line)["link"]["state"] in states for line in watcher.stdout)
    finally:
        watcher.kill()
        watcher.wait()
        watcher.stdout.close()


def lag(office):
    return next(one["lag_records"] for one in office.ombud("link", "list", "--json").json()
                if one["direction"] == "up")


def held(office, code):
    return sum(log["records"] for log in office.ombud("log", "list", "--json").json()
               if log["office"] == code)


def lives(office, code):
    return len({log["incarnation"] for log in office.ombud("log", "list", "--json").json()
                if log["office"] == code})


def page_of(office, number):
    """What `case show` prints where the case can be read, operators by their codes alone."""
    page = office.ombud("case", "show", number, who="handler", code=0).out
    return None if "\n  sealed" in page else re.sub(r"@[a-z0-9-]+", "", page)


def facts_of(office, number):
    """A case as everybody must see it: without what takes a key, operators by their codes alone
    (elsewhere `t1` of vsp-0045 is t1@vsp-0045)."""
    case = office.show(number)
    for name in ("client", "answer", "narrative", "wish_text", "sealed", "key_lost", "reference",
                 "pseudonym"):
        case.pop(name, None)
    for name in ("first_asked", "responsible"):
        case[name] = case[name].partition("@")[0]
    for event in case["events"]:
        event["actor"] = event["actor"].partition("@")[0]
    for one in (*case["events"], *case["promises"], *case["corrected"]):
        one.pop("text", None)
    return case
