"""A store is put back, made anew or lost with its disk: what any peer or disk holds comes home."""

import base64
import json
import shutil
import signal

import pytest

from bank import Tree, held, lives, until
from conftest import CLIENT, TEXT

CODES = ("ho", "north", "vsp-0045")


class Bank(Tree):
    """A head office, a region, a branch."""

    def __init__(self, make_office):
        super().__init__(make_office)
        self.line()

    def escalate(self, number, to, author="vsp-0045"):
        self[author].ombud("case", "escalate", number, "--to", to, "--ground", "amount",
                           "--reason", "Beyond our limit", who="supervisor", code=0)

    def resolve(self, number, author):
        self[author].ombud("case", "resolve", number, "--outcome", "founded", "--cause", "error",
                           "--answer", "Paid back", who="handler", code=0)

    def holds(self, *numbers):
        """Nothing waits, nothing is lost, all see the same, every proof holds."""
        self.settle(CODES[1:])
        for number in numbers:
            self.check_alike(number, *CODES)
        self.verify(CODES)


@pytest.fixture
def bank(make_office):
    return Bank(make_office)


def copy(office, part="."):
    """Copies what lies there now, as `cp -a` does."""
    where = office.top / f"{office.code}.copy"
    shutil.copytree(office.dir / part, where, ignore=shutil.ignore_patterns("*.sock"))
    return where


def put_back(office, where, part="."):
    shutil.rmtree(office.dir / part)
    shutil.copytree(where, office.dir / part)


# --- stores that were put back ---------------------------------------------------------------

def test_a_branch_is_copied_back_while_its_line_is_down(bank):
    branch, north = bank["vsp-0045"], bank["north"]
    bank.settle(CODES[1:])
    branch.stop()
    before = copy(branch)
    branch.start()
    lost = branch.register()
    bank.escalate(lost, "north")
    bank.see(lost, ("open", "north"), *CODES)
    bank.settle(CODES[1:])
    lived = lives(bank["ho"], "vsp-0045")
    north.stop()
    branch.stop()
    put_back(branch, before)
    branch.start()
    assert bank.state("vsp-0045", lost) is None
    again = branch.register()
    assert again[:-3] == lost[:-3], "one serial for two cases"
    assert again != lost, "told apart by the check characters"
    north.start()
    bank.see(lost, ("open", "north"), *CODES)
    bank.see(again, ("open", "vsp-0045"), *CODES)
    bank.resolve(lost, "north")
    bank.see(lost, ("resolved", "vsp-0045"), *CODES)
    assert lives(bank["ho"], "vsp-0045") == lived + 1
    newest = max(log["incarnation"] for log in bank["ho"].ombud("log", "list", "--json").json()
                 if log["office"] == "vsp-0045")
    assert bank.state("ho", f"{again}/{newest}") == ("open", "vsp-0045"), "named by its life"
    assert bank.state("ho", f"{lost}/{newest}") is None
    bank.holds(lost, again)
    branch.stop()
    branch.ombud("office", "recover", "--recovery-key", bank["ho"].dir / "offline/recovery.key",
                 code=0)
    branch.start()
    for number in (lost, again):
        assert branch.show(number)["client"]["name"] == CLIENT


def test_a_store_is_copied_back_under_a_running_parent(bank):
    """The files of the store alone, as a kill left them."""
    branch = bank["vsp-0045"]
    first = branch.register()
    branch.stop(signal.SIGKILL)
    before = copy(branch, "db")
    branch.start()
    lost = [branch.register() for _ in range(3)]
    bank.see(lost[-1], ("open", "vsp-0045"), *CODES)
    branch.stop(signal.SIGKILL)
    lived = lives(bank["ho"], "vsp-0045")
    put_back(branch, before, "db")
    branch.start()
    later = branch.register()
    for number in (first, *lost, later):
        bank.see(number, ("open", "vsp-0045"), *CODES)
    assert lives(bank["ho"], "vsp-0045") == lived + 1
    bank.holds(first, *lost, later)


def test_a_region_is_copied_back_between_its_children_and_the_top(bank):
    branch, north, ho = (bank[code] for code in reversed(CODES))
    bank.settle(CODES[1:])
    north.stop()
    before = copy(north)
    north.start()
    decided, taken = branch.register(), branch.register()
    bank.escalate(decided, "north")
    bank.see(decided, ("open", "north"), *CODES)
    bank.resolve(decided, "north")
    north.ombud("case", "take", taken, "--ground", "time", who="supervisor", code=0)
    bank.see(decided, ("resolved", "vsp-0045"), *CODES)
    bank.see(taken, ("open", "north"), *CODES)
    bank.settle(CODES[1:])
    ho.stop()  # what comes now only the region and its children hold
    unseen = branch.register()
    bank.see(unseen, ("open", "vsp-0045"), "north")
    bank.settle(("vsp-0045",), top="north")
    north.stop()
    put_back(north, before)
    north.start()
    bank.see(unseen, ("open", "vsp-0045"), "north")
    bank.see(taken, ("open", "north"), "north")
    ho.start()
    bank.see(unseen, ("open", "vsp-0045"), *CODES)
    until("its client at the region", lambda: (north.show(taken)["client"] or {}).get("name"),
          CLIENT)
    bank.resolve(taken, "north")
    bank.see(taken, ("resolved", "vsp-0045"), *CODES)
    bank.holds(decided, taken, unseen)


def test_the_head_office_is_copied_back(bank):
    branch, ho = bank["vsp-0045"], bank["ho"]
    bank.settle(CODES[1:])
    ho.stop()
    before = copy(ho)
    ho.start()
    decided = branch.register()
    bank.escalate(decided, "ho")
    bank.see(decided, ("open", "ho"), *CODES)
    bank.resolve(decided, "ho")
    bank.see(decided, ("resolved", "vsp-0045"), *CODES)
    ho.stop()
    put_back(ho, before)
    ho.start()
    later = branch.register()
    bank.see(decided, ("resolved", "vsp-0045"), *CODES)
    bank.see(later, ("open", "vsp-0045"), *CODES)
    bank.escalate(later, "ho")
    bank.see(later, ("open", "ho"), *CODES)
    bank.resolve(later, "ho")
    bank.see(later, ("resolved", "vsp-0045"), *CODES)
    bank.holds(decided, later)


# --- stores that are gone --------------------------------------------------------------------

def lose_disk(bank, code, port=None):
    """The machine burned: an office of this code is made anew on another one."""
    office = bank[code]
    kind = "regional" if port else "branch"
    office.stop(signal.SIGKILL)
    listen = ["--listen", port] if port else []
    shutil.rmtree(office.dir)
    office.ombud("office", "init", "--code", code, "--name", code, "--kind", kind, *listen, code=0)


def refuse_foreign(office, code, key, export):
    """Keys of a certificate that does not lead to the bank's anchor are not taken."""
    line = ["office", "recover", "--recovery-key", key, "--certificates"]
    before = (office.dir / "keys/sealing.key").read_bytes()
    said = office.ombud(*line, export, "--anchor", "5a" * 32, code=1)
    assert "do not lead to the bank's anchor" in said.err
    forged = office.top / f"{code}-forged.jsonl"
    entries = [json.loads(entry) for entry in export.read_text().splitlines()]
    for entry in entries:
        if entry.get("office") == code and "certificate" in entry:
            entry["signatures"][0]["signature"] = base64.b64encode(bytes(64)).decode()
    forged.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    assert "is not signed by" in office.ombud(*line, forged, code=1).err
    assert (office.dir / "keys/sealing.key").read_bytes() == before


def recover(bank, code, parent):
    """As README and man page say it: keys, certificate, log, and then what it can read."""
    office, key = bank[code], bank["ho"].dir / "offline/recovery.key"
    export = office.top / f"{code}.jsonl"
    export.write_text(bank[parent].ombud("log", "export", code, "--certificates", code=0).out)
    said = office.ombud("office", "recover", "--recovery-key", key, code=1)
    assert "--certificates" in said.err
    refuse_foreign(office, code, key, export)
    done = office.ombud("office", "recover", "--recovery-key", key, "--certificates", export,
                        "--json").json()
    assert done["anchor_known"], "it lies beside the recovery key"
    bank.enrol(code, parent)
    before = held(bank[parent], code)
    office.start()
    until(f"the log of {code} is home", lambda: held(office, code) >= before, True)
    assert "stop it first" in office.ombud("office", "recover", "--recovery-key", key, code=1).err
    office.stop()
    done = office.ombud("office", "recover", "--recovery-key", key, "--json").json()
    office.start()
    for role in ("teller", "handler", "supervisor"):  # their keys burned, too
        office.ombud("operator", "rekey", role, code=0)
    return done


def test_a_store_is_made_anew_from_the_bundle(bank):
    """The keys are there, the store is gone, the office takes its bundle once more."""
    branch = bank["vsp-0045"]
    bundle = bank["north"].ombud("office", "certify", "-", code=0, stdin=branch.ombud(
        "office", "request", code=0).out).out
    branch.ombud("office", "join", "-", stdin=bundle, code=0)
    lost = branch.register()
    bank.escalate(lost, "north")
    bank.see(lost, ("open", "north"), *CODES)
    bank.settle(CODES[1:])
    branch.stop()
    lived = lives(bank["ho"], "vsp-0045")
    shutil.rmtree(branch.dir / "db")
    branch.ombud("office", "join", "-", stdin=bundle, code=0)
    branch.start()
    bank.see(lost, ("open", "north"), *CODES)
    later = branch.register()
    bank.see(later, ("open", "vsp-0045"), *CODES)
    assert lives(bank["ho"], "vsp-0045") > lived
    bank.resolve(lost, "north")
    bank.see(lost, ("resolved", "vsp-0045"), *CODES)
    bank.holds(lost, later)
    assert branch.show(later)["client"]["name"] == CLIENT


def test_a_branch_is_rebuilt_from_its_parent(bank):
    branch = bank["vsp-0045"]
    own, decided = branch.register(), branch.register()
    bank.escalate(decided, "north")
    bank.see(decided, ("open", "north"), *CODES)
    bank.settle(CODES[1:])
    lose_disk(bank, "vsp-0045")
    done = recover(bank, "vsp-0045", "north")
    assert done["case_keys"] == 2 and done["escrow_keys"] >= 1 and not done["without_key"]
    assert branch.show(own)["client"]["name"] == CLIENT
    assert branch.show(own)["narrative"] == TEXT
    bank.resolve(decided, "north")
    bank.see(decided, ("resolved", "vsp-0045"), *CODES)
    assert branch.show(decided)["answer"] == "Paid back"
    later = branch.register()
    bank.see(later, ("open", "vsp-0045"), *CODES)
    bank.holds(own, decided, later)


def test_an_erased_case_is_no_registration_that_lacks_its_key(office):
    office.enrol("second", "supervisor")
    erased, kept = office.register(), office.register()
    office.ombud("case", "withdraw", erased, "--method", "phone", who="teller", code=0)
    office.ombud("case", "erase", erased, "--ground", "client-asks", who="supervisor", code=0)
    office.ombud("case", "confirm-erasure", erased, "--ground", "client-asks", who="second", code=0)
    office.stop()
    line = ("office", "recover", "--recovery-key", office.dir / "offline/recovery.key")
    told = office.ombud(*line, code=0).out
    assert ("2 escrow keys and 1 case key taken again; 1 case erased; 0 registrations without a "
            "key") in told
    done = office.ombud(*line, "--json").json()
    assert (done["case_keys"], done["erased"], done["without_key"]) == (1, 1, 0)
    office.start()
    assert office.show(kept)["client"]["name"] == CLIENT and office.show(erased)["erased"]


def test_a_region_is_rebuilt_and_keeps_its_children(bank):
    branch, north = bank["vsp-0045"], bank["north"]
    listen = next(line for line in (north.dir / "ombud.conf").read_text().splitlines()
                  if line.startswith("listen")).partition("= ")[2]
    decided = branch.register()
    bank.escalate(decided, "north")
    bank.see(decided, ("open", "north"), *CODES)
    own = north.register()
    bank.settle(CODES[1:])
    lose_disk(bank, "north", listen)
    late = branch.register()  # while nobody answers it
    recover(bank, "north", "ho")
    bank.see(late, ("open", "vsp-0045"), *CODES)
    # The branch has the region's next certificate, or it would believe no witness of it.
    fresh = branch.register()
    until("witnesses", lambda: set(branch.ombud("case", "trace", fresh, "--json", who="handler")
                                   .json()["events"][0]["held_by"]), set(CODES))
    assert north.show(own)["client"]["name"] == CLIENT
    assert north.show(decided)["client"]["name"] == CLIENT, "by the grant that the branch gave"
    bank.resolve(decided, "north")
    bank.see(decided, ("resolved", "vsp-0045"), *CODES)
    bank.check_alike(own, "ho", "north")
    bank.holds(decided, late)
