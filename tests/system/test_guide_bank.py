"""What ombud-faults(7) says is done where offices are above and below: as test_guide.py."""

import shutil
import signal

import pytest

from bank import Tree, await_state, free_ports, held, link, until
from conftest import BUILD, TEXT
from hands import Hands, doctor, is_well, refused

CODES = ("ho", "north", "vsp-0045")


@pytest.fixture
def bank(make_office):
    tree = Tree(make_office)
    ports = tree.line()
    tree.address = f"tcp://127.0.0.1:{ports[1]}"
    return tree


def agree(bank, *numbers):
    """Nothing waits, nothing is lost, every proof holds."""
    bank.settle(CODES[1:])
    for number in numbers:
        bank.see(number, ("open", "vsp-0045"), *CODES)
    bank.verify(CODES)


def at_branch(bank, title, **words):
    return Hands(title, bank["vsp-0045"],
                 {"at the office above": bank["north"], "at the head office": bank["ho"],
                  "at the other office": bank["north"]},
                 **{"PEER": "north", "ABOVE": "north", "NAME": "vsp-0045",
                    "KEY": bank["ho"].dir / "offline/recovery.key", **words})


def test_the_office_has_not_joined(bank, make_office):
    office = make_office("vsp-0046")
    bank.offices["vsp-0046"] = office
    office.ombud("office", "init", "--code", "vsp-0046", "--name", "Outlet", "--kind", "branch",
                 code=0)
    hands = Hands("The office has not joined", office, {"at the office above": bank["north"]})
    hands.sees(refused(office))
    hands.sees(office.ombud("doctor", code=1).out)
    told = hands.types()
    prints = [words.split("signing key ")[1].split(":")[0].strip() for words in told[:2]]
    assert prints[0] == prints[1]
    office.staff()
    number = office.register()
    bank.see(number, ("open", "vsp-0046"), "north", "ho")


def backed_up(bank, code):
    """A backup, and the recovery key, away from the office."""
    folder = bank[code].top / "backups"
    folder.mkdir()
    key = folder / "recovery.key"
    shutil.copy(bank["ho"].dir / "offline/recovery.key", key)
    folder.chmod(0o700)
    made = bank[code].ombud("backup", "create", "--to", folder, "--json").json()
    return {"FOLDER": folder, "BACKUP": made["path"], "KEY": key}


def test_an_office_is_restored_from_a_backup(bank):
    """While the line is down words wait; once it was heard nothing is withheld."""
    branch, north = bank["vsp-0045"], bank["north"]
    number = branch.register()
    agree(bank, number)
    words = backed_up(bank, "vsp-0045")
    later = branch.register()
    agree(bank, later)
    north.stop()
    hands = at_branch(bank, "An office is restored from a backup", **words)
    hands.types()
    hands.sees(branch.ombud("doctor").out, count=2)
    hands.sees(branch.ombud("case", "show", number, who="handler", code=0).out)
    hands.types(block=1)
    assert branch.show(number)["narrative"] == TEXT
    north.start()
    until("home", lambda: bank.state("vsp-0045", later), ("open", "vsp-0045"))
    agree(bank, number, later, branch.register())


def test_an_older_copy_was_put_back(bank, top):
    branch = bank["vsp-0045"]
    branch.stop()
    shutil.copytree(branch.dir, top / "copy")
    branch.start()
    # Before that its first act would open a life, whose key the copy lacks: "case-keys".
    until("live", lambda: link(branch, "north")["state"], "live")
    lost = branch.register()
    agree(bank, lost)
    at_branch(bank, "An older copy of an office was put back", COPY=top / "copy").types()
    until("home", lambda: bank.state("vsp-0045", lost), ("open", "vsp-0045"))
    agree(bank, lost, branch.register())


def test_the_disk_of_a_branch_is_lost(bank):
    branch, north = bank["vsp-0045"], bank["north"]
    own = branch.register()
    agree(bank, own)
    branch.stop(signal.SIGKILL)
    shutil.rmtree(branch.dir)
    hands = at_branch(bank, "The disk of a branch is lost")
    before = held(north, "vsp-0045")
    branch.dir.mkdir()
    hands.types()
    until("home", lambda: held(branch, "vsp-0045") >= before, True)
    assert doctor(branch, "case-keys")[0][0] == "critical"
    unread = at_branch(bank, "Own cases cannot be read")
    unread.sees(branch.ombud("doctor").out)
    for role in ("teller", "handler", "supervisor"):
        branch.ombud("operator", "rekey", role, code=0)
    unread.sees(branch.ombud("case", "show", own, who="supervisor", code=0).out)
    hands.types(block=1)
    is_well(branch, own)
    agree(bank, own, branch.register())


def test_the_disk_of_a_region_is_lost(bank):
    branch, north = bank["vsp-0045"], bank["north"]
    agree(bank, branch.register())
    north.stop(signal.SIGKILL)
    shutil.rmtree(north.dir)
    late = branch.register()
    hands = Hands("The disk of an office with others below it is lost", north,
                  {"at the office above": bank["ho"]}, NAME="north", ENDPOINT=bank.address,
                  KEY=bank["ho"].dir / "offline/recovery.key")
    north.dir.mkdir()
    before = held(bank["ho"], "north")
    hands.types()
    until("home", lambda: held(north, "north") >= before, True)
    hands.types(block=1, failing=("ombud tree check",))
    for role in ("teller", "handler", "supervisor"):
        north.ombud("operator", "rekey", role, code=0)
    agree(bank, late, branch.register())


def test_the_disk_of_the_head_office_is_lost(bank):
    branch, ho = bank["vsp-0045"], bank["ho"]
    bank.settle(CODES[1:])
    words = backed_up(bank, "ho")
    anchor = ho.dir / "offline"
    shutil.copytree(anchor, ho.top / "offline")
    later = branch.register()
    bank.see(later, ("open", "vsp-0045"), *CODES)
    ho.stop(signal.SIGKILL)
    shutil.rmtree(ho.dir)
    Hands("The disk of the head office is lost", ho, **words).types(failing=("ombud tree check",))
    shutil.copytree(ho.top / "offline", anchor)
    agree(bank, later, branch.register())


def test_the_office_above_is_not_reached(bank):
    branch, north = bank["vsp-0045"], bank["north"]
    agree(bank)
    north.stop()
    hands = at_branch(bank, "The office above is not reached")
    await_state(branch, "north", "down", "connecting")
    number = branch.register()
    until("said why", lambda: bool(link(branch, "north")["last_error"]), True)
    hands.sees(branch.ombud("link", "show", "north", code=0).out)
    hands.sees(branch.log_text())
    assert number in branch.ombud("link", "show", "north", "--waiting", code=0).out
    north.start()
    assert bank.address in "".join(hands.types())
    agree(bank, number)


def test_an_office_below_is_silent(bank):
    branch, north = bank["vsp-0045"], bank["north"]
    agree(bank)
    north.stop()
    await_state(bank["ho"], "north", "down")
    hands = Hands("An office below is silent", bank["ho"], PEER="north")
    until("told", lambda: bank["ho"].ombud("tree", "check").code, 3)
    hands.sees(bank["ho"].ombud("tree", "check").out)
    hands.sees(bank["ho"].ombud("link", "check", code=1).out)
    hands.types(failing=("ombud tree check",))
    number = branch.register()
    north.start()
    agree(bank, number)


def test_the_log_forks(bank, make_office):
    branch, north = bank["vsp-0045"], bank["north"]
    branch.stop()
    copy = make_office("copied")
    shutil.copytree(branch.dir, copy.dir, ignore=shutil.ignore_patterns("*.sock"))
    branch.start()
    await_state(branch, "north", "live")
    branch.daemon.send_signal(signal.SIGSTOP)
    copy.start()
    await_state(copy, "north", "live")  # it goes on in the life that it has, and so forks
    theirs = copy.register()
    bank.see(theirs, ("open", "vsp-0045"), "ho", "north")
    copy.stop()
    north.stop()
    branch.daemon.send_signal(signal.SIGCONT)
    ours = branch.register()
    north.start()
    until("blocked", lambda: link(north, "vsp-0045")["state"], "blocked")
    hands = at_branch(bank, "An office ran twice or went back: its log forks")
    hands.sees(north.ombud("link", "list", code=0).out)
    hands.sees(north.ombud("doctor").out, count=2)
    hands.types()
    until("live", lambda: link(north, "vsp-0045")["state"], "live")
    until("told", lambda: len(branch.ombud("log", "forks", "--json").json()), 1)
    told = hands.types(block=1)
    assert "were written again" in told[0] or "was written again" in told[0]
    assert ours in told[0], "the number that it had"
    renewed = branch.show(theirs)["namesakes"][0]
    assert branch.show(renewed)["narrative"] == TEXT
    agree(bank, theirs, renewed)


def test_a_certificate_ends(bank):
    """One that ends soon; the next one is taken while both daemons run."""
    bank.enrol("vsp-0045", "north", ("--days", "20"))
    branch, north = bank["vsp-0045"], bank["north"]
    hands = at_branch(bank, "A certificate ends or has expired")
    hands.sees("\n".join(words for level, words in doctor(branch, "certificate")
                         if level == "warning"), count=2)
    assert north.ombud("link", "check").code == 1
    hands.sees(north.ombud("link", "check").out)
    hands.types()
    assert doctor(branch, "certificate")[0][0] == "ok"
    until("told", lambda: north.ombud("link", "check").code, 0)
    agree(bank, branch.register())


def test_a_certificate_has_expired(bank, monkeypatch):
    """Two days later, on the clock of both: the line ends, the office works on, and the next
    certificate brings up what it wrote."""
    bank.enrol("vsp-0045", "north", ("--days", "1"))
    branch, north = bank["vsp-0045"], bank["north"]
    agree(bank)
    for office in (branch, north):
        assert office.stop() == 0
    monkeypatch.setenv("LD_PRELOAD", str(BUILD / "tests/system/libsystem_clock_ahead.so"))
    monkeypatch.setenv("OMB_CLOCK_AHEAD", str(2 * 86400))
    monkeypatch.setenv("ASAN_OPTIONS", "verify_asan_link_order=0")
    north.start()
    branch.start()
    await_state(north, "vsp-0045", "blocked")
    await_state(branch, "north", "blocked")
    hands = at_branch(bank, "A certificate ends or has expired")
    hands.sees(doctor(branch, "certificate")[0][1])
    for office, peer in ((branch, "north"), (north, "vsp-0045")):
        hands.sees(office.ombud("link", "show", peer, code=0).out)
    done = branch.new_case()
    hands.sees(done.err)
    number = done.json()["number"]
    assert bank.state("north", number) is None
    hands.types()
    agree(bank, number)
    is_well(branch, number)


def refuses_the_stolen_key(bank, hands):
    """A directory into which the old transport key was brought back already."""
    branch = bank["vsp-0045"]
    export = branch.top / "lost.jsonl"
    export.write_text(bank["north"].ombud("log", "export", "vsp-0045", "--certificates",
                                          code=0).out)
    branch.ombud("office", "init", "--code", "vsp-0045", "--name", "O", "--kind", "branch", code=0)
    line = ["office", "recover", "--recovery-key", hands.words["KEY"], "--certificates", export]
    branch.ombud(*line, code=0)
    hands.sees(branch.ombud(*line, "--new-transport", code=1).err)
    shutil.rmtree(branch.dir)
    branch.dir.mkdir()


def test_keys_of_an_office_are_stolen(bank, make_office):
    """The thief is cut off; the office comes back with a new signing key, and what it had not
    sent is written again from the directory that was kept."""
    branch, north = bank["vsp-0045"], bank["north"]
    own = branch.register()
    agree(bank, own)
    hands = at_branch(bank, "Keys of an office are stolen", KIND="branch")
    thief = make_office("thief")
    branch.stop()
    shutil.copytree(branch.dir, thief.dir, ignore=shutil.ignore_patterns("*.sock"))
    branch.start()
    hands.types()
    hands.sees(north.ombud("link", "list", code=0).out)
    branch.stop()
    thief.start()
    until("turned away", lambda: "refused the key" in (link(thief, "north")["last_error"] or ""),
          True)
    hands.sees(link(thief, "north")["last_error"])
    stolen = thief.register()
    asked = thief.ombud("office", "request", code=0).out
    hands.sees(north.ombud("office", "certify", "-", stdin=asked, code=1).err)
    branch.dir.rename(branch.top / "kept")
    branch.dir.mkdir()
    before = held(north, "vsp-0045")
    refuses_the_stolen_key(bank, hands)
    hands.types(block=1)
    until("home", lambda: held(branch, "vsp-0045") >= before, True)
    hands.types(block=2)
    for role in ("teller", "handler", "supervisor"):
        branch.ombud("operator", "rekey", role, code=0)
    is_well(branch, own)
    later = branch.register()
    bank.see(later, ("open", "vsp-0045"), *CODES)
    until("tried again", lambda: thief.ombud("link", "show", "north",
                                             "--json").json()["errors"] > 3, True)
    assert bank.state("north", stolen) is None, "the thief stays out"
    thief.stop()
    agree(bank, own, later)


def test_keys_of_a_region_are_stolen(bank):
    """It comes back with another transport key, by which the branch below must know it."""
    branch, north, ho = bank["vsp-0045"], bank["north"], bank["ho"]
    number = branch.register()
    agree(bank, number)
    hands = Hands("Keys of an office are stolen", north,
                  {"at the office above": ho, "at the office below": branch}, NAME="north",
                  BELOW="vsp-0045", KIND=f"regional --listen {bank.address}",
                  KEY=ho.dir / "offline/recovery.key")
    hands.types()
    assert north.stop() == 0
    north.dir.rename(north.top / "kept")
    north.dir.mkdir()
    before = held(ho, "north")
    hands.types(block=1)
    until("home", lambda: held(north, "north") >= before, True)
    hands.types(block=2)
    late = branch.register()
    hands.types(block=3)
    for role in ("teller", "handler", "supervisor"):
        north.ombud("operator", "rekey", role, code=0)
    agree(bank, number, late)


def test_the_office_above_refuses_this_office(bank):
    """A blocked link is dialled again after a minute or more; at once when the daemon starts."""
    branch, north = bank["vsp-0045"], bank["north"]
    agree(bank)
    north.ombud("office", "revoke", "vsp-0045", "--ground", "other", code=0)
    hands = at_branch(bank, "The office above refuses this office")
    until("blocked", lambda: link(branch, "north")["state"], "blocked")
    branch.stop()
    branch.start()
    until("told", lambda: "belongs to no office below it" in
          (link(branch, "north")["last_error"] or ""), True)
    hands.sees(branch.ombud("link", "show", "north", code=0).out)
    told = branch.ombud("case", "new", "--channel", "book", "--product", "cards", "--issue", "fees",
                        "--text", "Charged twice", who="teller", code=0)
    assert "takes nothing of this one: it refused the key" in told.err
    assert "revoked" in "".join(hands.types())
    assert north.stop() == 0
    north.start()
    assert "no link to vsp-0045: it was revoked" in north.ombud("link", "show", "vsp-0045",
                                                                code=1).err


def test_a_subscription_after_a_copy_was_put_back(bank, top):
    branch, north = bank["vsp-0045"], bank["north"]

    def escalate():
        number = branch.register()
        branch.ombud("case", "escalate", number, "--to", "north", "--ground", "amount", "--reason",
                     "Beyond our limit", who="supervisor", code=0)
        bank.see(number, ("open", "north"), "north")
        return number

    watch = ("watch", "escalations", "--name", "crm", "--no-wait", "--json")
    bank.settle(CODES[1:])
    north.stop()
    shutil.copytree(north.dir, top / "copy")
    north.start()
    first = escalate()
    told = north.ombud(*watch, who="handler", code=0).out
    assert first in told
    branch.stop()
    north.stop()
    shutil.rmtree(north.dir)
    shutil.copytree(top / "copy", north.dir)
    north.start()
    branch.start()
    bank.see(first, ("open", "north"), "north")
    assert first in north.ombud(*watch, who="handler", code=0).out, "once more"
    hands = Hands("A subscription is behind or refused", north, ANOTHER="crm-2", HANDLER="handler")
    hands.sees(north.ombud("watch", "cases", "--name", "crm", "--no-wait", who="handler",
                           code=1).err)
    assert first in hands.types()[0]
    later = escalate()
    told = hands.types()[0]
    assert later in told and first not in told


def test_an_erasure_waits(bank):
    branch = bank["vsp-0045"]
    number = branch.register()
    for who, *act in (("handler", "resolve", "--outcome", "founded", "--cause", "error", "--answer",
                       "Paid back"), ("handler", "answer", "--method", "phone"),
                      ("handler", "close", "--accepts", "yes"),
                      ("supervisor", "erase", "--ground", "client-asks")):
        branch.ombud("case", act[0], number, *act[1:], who=who, code=0)
    assert branch.show(number)["narrative"] == TEXT
    until("known above", lambda: [event["type"] for event in bank["north"].show(number)["events"]]
          [-1:], ["erased"])
    at_branch(bank, "An erasure waits for its confirmation", NUMBER=number,
              SUPERVISOR="supervisor").types()
    until("erased", lambda: branch.show(number)["erased"], True)
    assert branch.show(number)["narrative"] is None


def test_a_case_is_sealed(bank):
    """Nobody gave its key upward until a supervisor does."""
    branch, north = bank["vsp-0045"], bank["north"]
    number = branch.register()
    bank.see(number, ("open", "vsp-0045"), "north")
    hands = Hands("A case is sealed", north, {"at the office that reads it": branch},
                  NUMBER=number, SUPERVISOR="supervisor", CODE="north")
    hands.sees(north.ombud("case", "show", number, who="handler", code=0).out)
    hands.types()
    until("read", lambda: north.show(number)["narrative"], TEXT)


def test_a_case_that_was_taken_over_is_sealed(bank):
    """Until the branch that was silent is there again."""
    branch, north = bank["vsp-0045"], bank["north"]
    number = branch.register()
    bank.see(number, ("open", "vsp-0045"), "north")
    branch.stop(signal.SIGKILL)
    north.ombud("case", "take", number, "--ground", "time", who="supervisor", code=0)
    page = north.ombud("case", "show", number, who="handler", code=0).out
    assert "sealed, key asked of vsp-0045 since " in page
    Hands("A case is sealed", north, {}).sees(page)
    branch.start()
    until("read", lambda: north.show(number)["narrative"], TEXT)


def test_the_backlog_grows(bank):
    branch, north = bank["vsp-0045"], bank["north"]
    agree(bank)
    north.stop()
    number = branch.register()
    hands = at_branch(bank, "The backlog grows")
    told = hands.types(failing=("ombud link check",))
    assert number in told[0]
    north.start()
    until("live", lambda: link(branch, "north")["state"], "live")
    hands.types(block=1)
    agree(bank, number)


@pytest.fixture
def two_regions(bank):
    port = free_ports(1)[0]
    bank.add("south", "regional", "ho", port)
    return bank


def test_an_office_was_moved(two_regions):
    bank = two_regions
    branch, ho = bank["vsp-0045"], bank["ho"]
    number = branch.register()
    agree(bank, number)
    bank["north"].ombud("office", "move", "vsp-0045", "--to", "ho", code=0)
    hands = Hands("An office was moved", branch, {"at the new office above": ho})
    hands.types()
    until("live", lambda: link(branch, "ho")["state"], "live")
    until("gone", lambda: "vsp-0045" in bank["north"].ombud("link", "list", code=0).out, False)
    later = branch.register()
    bank.see(later, ("open", "vsp-0045"), "vsp-0045", "ho")


def test_an_office_was_closed(two_regions):
    bank = two_regions
    bank.add("vsp-0046", "branch", "north")
    branch, other, north = bank["vsp-0045"], bank["vsp-0046"], bank["north"]
    number = branch.register()
    agree(bank, number)
    north.ombud("office", "close", "vsp-0045", "--successor", "vsp-0046", code=0)
    hands = at_branch(bank, "An office was closed", NUMBER=number, OPERATOR="handler",
                      SUPERVISOR="supervisor")
    new = ("case", "new", "--channel", "phone", "--product", "cards", "--issue", "fees", "--text",
           TEXT)
    until("closed", lambda: branch.ombud(*new, who="teller").code, 1)
    hands.sees(branch.ombud(*new, who="teller", code=1).err)
    until("its words at the successor",
          lambda: bank.state("vsp-0046", number) and other.show(number)["narrative"], TEXT)
    bank.settle(("vsp-0045",), top="north")
    hands.types()
    until("cut", lambda: link(branch, "north")["state"] != "live", True)
