"""Files of a store that are flipped, cut, emptied, zeroed or gone: is it refused with the reason
and the way out, and is nothing that was acknowledged missed in silence?"""

import json
import re
import shutil
import signal

import pytest

from bank import Tree, free_ports, until
from conftest import folder, offices
from load import Load, dial
from test_durability import numbers_of

WORDS = "w" * 6000  # so that bodies lie in blob files
LOSS = "--accept-loss"


@pytest.fixture(scope="module")
def model():
    """A killed office with files of every kind, and what its clients were told."""
    with folder() as top, offices(top) as make:
        office = make().init().start().staff()
        told = set()
        for _ in range(2):  # what a start finds in the write-ahead log goes to tables and blobs
            with Load(lambda: dial(office), clients=8, words=WORDS) as load:
                load.run(60)
                load.watch()
                assert office.stop(signal.SIGKILL) == -signal.SIGKILL
                load.drain()
            told |= {answer.number for answer in load.told.values()}
            office.start()
        with Load(lambda: dial(office), clients=8) as load:
            load.run(200)
            load.watch()
            assert office.stop(signal.SIGKILL) == -signal.SIGKILL
            load.drain()
        office.told = told | {answer.number for answer in load.told.values()}
        yield office


@pytest.fixture
def killed(model, make_office):
    office = make_office().take_after(model)
    office.told = model.told
    return office


def files(office, kind):
    found = sorted((office.dir / "db").glob(kind))
    assert found, f"the store has no {kind}"
    return found


def flip(path):
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 2, min(len(data) // 2 + 16, len(data))):
        data[at] ^= 0xff
    path.write_bytes(data)


def flip_end(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 0xff
    path.write_bytes(data)


def cut(path):
    path.write_bytes(path.read_bytes()[:-max(1, path.stat().st_size // 10)])


def empty(path):
    path.write_bytes(b"")


def zeros(path):
    path.write_bytes(bytes(path.stat().st_size))


def remove(path):
    path.unlink()


HARM = (flip, flip_end, cut, empty, zeros, remove)


def refusals(office):
    """What the daemon, `store check` and `doctor` say of a store that is damaged."""
    daemon = office.start_refused()
    assert daemon.code == 1, daemon.err
    check = office.ombud("store", "check", code=1)
    doctor = office.ombud("doctor", "--json")
    assert doctor.code == 1
    found = [one["words"] for one in json.loads(doctor.out)["findings"]
             if one["check"] == "office" and one["level"] == "critical"]
    assert len(found) == 1
    line = next(one for one in daemon.err.splitlines() if "damaged" in one)
    return line, check.err, found[0]


def is_refused(office, *words):
    for said in refusals(office):
        assert "is damaged" in said and "copy the folder away" in said, said
        assert "restore a backup" in said, said
        for word in words:
            assert word in said, f"{word} is not in: {said}"


@pytest.mark.parametrize("kind,harm", [
    (kind, harm) for kind in ("*.log", "MANIFEST-*", "CURRENT") for harm in HARM
    if (kind, harm) != ("*.log", flip_end)  # which a kill may have left unsynced
], ids=lambda one: getattr(one, "__name__", one))
def test_damage_that_a_start_meets_is_refused(killed, kind, harm):
    path = files(killed, kind)[-1]
    harm(path)
    is_refused(killed, {"*.log": ".log", "CURRENT": "CURRENT"}.get(kind, path.name),
               LOSS if kind == "*.log" else "office recover")
    assert path.exists() == (harm is not remove)


@pytest.mark.parametrize("harm", HARM, ids=lambda harm: harm.__name__)
@pytest.mark.parametrize("kind", ["*.sst", "*.blob"])
def test_damage_in_tables_is_refused_or_found_where_it_is_read(killed, kind, harm):
    """Of each kind every file in turn, largest first; the store is never opened as if it were
    whole and smaller."""
    whole = killed.dir / "db"
    aside = killed.dir / "aside"
    shutil.copytree(whole, aside)
    for path in sorted(files(killed, kind), key=lambda one: -one.stat().st_size)[:2]:
        harm(path)
        check = killed.ombud("store", "check")
        assert check.code == 1, f"{path.name} after {harm.__name__}: {check.out}"
        assert re.search(r"damaged|NOT all hold", check.err + check.out)
        assert "restore a backup" in check.err + check.out, check.err + check.out
        if harm in (cut, empty, remove):
            assert killed.start_refused().code == 1
        shutil.rmtree(whole)
        shutil.copytree(aside, whole)
    killed.ombud("store", "check", code=0)
    killed.start()
    assert killed.told <= numbers_of(killed)


@pytest.mark.parametrize("harm", HARM, ids=lambda harm: harm.__name__)
@pytest.mark.parametrize("kind", ["IDENTITY", "OPTIONS-*", "SYNCED", "LOCK"])
def test_files_without_records_are_made_anew(killed, kind, harm):
    if kind == "LOCK" and harm is not remove:
        harm = empty  # it is
    path = files(killed, kind)[-1]
    if path.stat().st_size or harm is remove:
        harm(path)
    killed.start()
    assert killed.told <= numbers_of(killed)
    assert killed.stop() == 0
    killed.ombud("store", "check", code=0)


# --- the way out -----------------------------------------------------------------------------

@pytest.fixture
def bank(make_office):
    tree = Tree(make_office)
    ports = free_ports(1)
    tree.root("ho", ports[0])
    tree.add("vsp-0045", "branch", "ho")
    return tree


def test_a_branch_goes_on_without_the_end_of_its_log(bank):
    """What the office above holds comes home; the rest is given up in so many words, and the
    serial numbers of cases that were given up name no other case."""
    branch = bank["vsp-0045"]
    bank.settle(["vsp-0045"])
    sent = [branch.register() for _ in range(3)]
    bank.settle(["vsp-0045"])
    bank["ho"].stop()
    alone = [branch.register() for _ in range(3)]
    assert branch.stop(signal.SIGKILL) == -signal.SIGKILL
    log = files(branch, "*.log")[-1]
    log.write_bytes(log.read_bytes()[:log.stat().st_size // 2])
    is_refused(branch, log.name, "had been synced", LOSS)
    done = branch.ombud("store", "rebuild", LOSS, code=0)
    assert re.search(r"^given up: the last \d+ writes that had been synced$", done.err, re.M)
    doctor = branch.ombud("doctor", "--json", code=0).json()["findings"]
    assert [one["level"] for one in doctor if one["check"] == "loss"] == ["warning"]
    branch.ombud("store", "check", code=0)
    branch.start()
    again = branch.register()
    assert again not in sent + alone
    bank["ho"].start()
    bank.settle(["vsp-0045"])
    for number in (*sent, again):
        bank.see(number, ("open", "vsp-0045"), "ho", "vsp-0045")
    missing = [number for number in alone if bank.state("vsp-0045", number) is None]
    assert alone[-1] in missing
    until("its life", lambda: len({log["incarnation"] for log in branch.ombud(
        "log", "list", "--json").json() if log["office"] == "vsp-0045"}) >= 2, True)
    bank.verify(["ho", "vsp-0045"])
