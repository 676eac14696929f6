"""The disk of an office in the middle of its work is full: it says so and ends, those around it see
that it is gone and work on, and with room again nothing that it acknowledged is missing."""

import contextlib
import json

import pytest

from bank import Tree, lag, link, until
from conftest import TEXT
from disk import SmallDisk
from load import Load, dial
from test_durability import numbers_of

CODES = ("ho", "north", "vsp-0045")
LARGE = "x" * 3000


class Bank(Tree):
    """A head office, a region and a branch; one of them on a small disk."""

    def __init__(self, make_office, code, disk):
        super().__init__(lambda code_, program: self.place(make_office(code_, program)))
        self.code, self.disk = code, disk
        self.line()
        self.settle(CODES[1:])

    def place(self, office):
        return self.disk.hold(office) if office.code == self.code else office

    def says_full(self):
        """Journal, start, doctor and exit codes of the office whose disk is full."""
        office = self[self.code]
        assert "<3>the office cannot go on -> stopping error=full" in office.log_text()
        says = office.start_refused()
        assert says.code == 1 and "no space is left" in says.err
        doctor = office.ombud("doctor", "--json")
        assert doctor.code == 1
        found = {one["check"]: one for one in json.loads(doctor.out)["findings"]}
        assert found["disk"]["level"] == "critical"
        assert "no space is left" in found["office"]["words"]

    def fill_up(self, load):
        """Until the office refuses, and ends; what was acknowledged before."""
        load.run(30)
        load.watch()
        self.disk.fill(300)
        load.run(10**6)
        assert self[self.code].wait() == 1
        load.drain()
        assert {error.code for error in load.refused.values()} == {"full"}
        return {answer.number for answer in load.told.values()}

    def goes_on(self, known):
        self.disk.empty()
        office = self[self.code].start()
        assert known <= numbers_of(office)
        self.settle(CODES[1:])
        for code in ("ho", self.code):
            assert known <= numbers_of(self[code])
        for number in (min(known), max(known)):
            self.check_alike(number, *[code for code in CODES
                                       if CODES.index(code) <= CODES.index(self.home(number))])
        self.verify(CODES)
        office.ombud("store", "check", code=0)

    def home(self, number):
        return next(code for code in CODES if number.startswith(code))


@pytest.fixture
def disk(top):
    with contextlib.closing(SmallDisk(top / "disk", 32)) as small:
        yield small


def test_the_disk_of_a_branch_is_full(make_office, disk):
    bank = Bank(make_office, "vsp-0045", disk)
    with Load(lambda: dial(bank["vsp-0045"]), words=LARGE) as load:
        known = bank.fill_up(load)
    bank.says_full()
    until("the region misses it", lambda: link(bank["north"], "vsp-0045")["state"] != "live", True)
    bank.goes_on(known)


def test_the_disk_of_a_hub_is_full(make_office, disk):
    """Its branch registers on, and what waits there goes up later."""
    bank = Bank(make_office, "north", disk)
    branch = bank["vsp-0045"]
    with Load(lambda: dial(branch), clients=8, words=TEXT) as below:
        below.run(20)
        with Load(lambda: dial(bank["north"]), words=LARGE) as load:
            known = bank.fill_up(load)
        bank.says_full()
        below.run(30)
        apart = {answer.number for answer in below.told.values()}
    assert lag(branch) > 0
    until("the branch misses it", lambda: link(branch, "north")["state"] != "live", True)
    until("the head office misses it", lambda: link(bank["ho"], "north")["state"] != "live", True)
    assert link(branch, "north")["last_error"]
    bank.goes_on(known)
    assert apart <= numbers_of(bank["ho"])
