"""What was acknowledged is there: after a kill, a power cut, a full disk, a stop, a rebuild.

OMB_KILLS is how often the daemon is killed (3), OMB_SEED when.
"""

import os
import random
import signal
import time

import pytest

import outsider_client as oc
from conftest import TEXT, folder, offices
from disk import SmallDisk
from load import Load, dial, repeat
from power import Power

KILLS = int(os.environ.get("OMB_KILLS", "3"))
SEED = int(os.environ.get("OMB_SEED", "1"))
DERIVED = ("digest", "case", "case_log", "index")
STOP_S = 10


def numbers_of(office):
    with dial(office, "handler") as handler:
        return {case.number for case in oc.list_cases(handler)}


def holds(office):
    """Every proof and chain, and every row against the records."""
    office.ombud("log", "verify", code=0)
    office.ombud("store", "check", code=0)


def all_is_there(office, load):
    """After a restart: what was acknowledged, with the same answer again, and whatever else is
    there is what was asked for."""
    told = {answer.number for answer in load.told.values()}
    assert len(told) == len(load.told) and told <= numbers_of(office)
    with dial(office) as teller:
        again = repeat(teller, [load.asked[one] for one in load.told])
        assert again == [answer.number for answer in load.told.values()]
        late = repeat(teller, load.unanswered())
    assert len(set(late)) == len(late) and told.isdisjoint(late)
    return told | set(late)


# --- kills and stops -------------------------------------------------------------------------

@pytest.mark.parametrize("power", [True, False], ids=["killed", "power-cut"])
def test_kills_lose_nothing_that_was_acknowledged(office, power):
    """With the power gone, what the daemon had not synced is gone as well."""
    chance, known, supply = random.Random(SEED), set(), Power(office)
    for _ in range(KILLS):
        if not power:
            assert office.stop() == 0
            supply.on()
            office.start(env=supply.env)
        with Load(lambda: dial(office)) as load:
            load.run(1)
            load.watch()
            load.run(chance.randrange(50, 400))
            assert office.stop(signal.SIGKILL) == -signal.SIGKILL
            load.drain()
            if not power:
                supply.cut()
            office.start()
            known |= all_is_there(office, load)
        assert numbers_of(office) == known
        holds(office)
    with dial(office, "handler") as handler:
        seen = oc.show(handler, min(known))
        assert seen.narrative.startswith(TEXT) and seen.client.name == "Client 17"


def test_a_stop_under_load_is_clean(office):
    with Load(lambda: dial(office)) as load:
        load.run(1)
        load.watch()
        load.run(200)
        began = time.monotonic()
        office.daemon.send_signal(signal.SIGTERM)
        assert office.wait() == 0
        assert time.monotonic() - began < STOP_S
        load.drain()
        assert not load.refused
        office.start()
        known = all_is_there(office, load)
    assert numbers_of(office) == known
    holds(office)


# --- a full disk -----------------------------------------------------------------------------

@pytest.fixture
def disk(top):
    small = SmallDisk(top / "disk")
    yield small
    small.close()


@pytest.fixture
def squeezed(disk, make_office):
    """An office on a small disk."""
    return disk.hold(make_office()).init().start().staff()


def test_a_full_disk_under_load(disk, squeezed):
    office = squeezed
    with Load(lambda: dial(office), words="x" * 3000) as load:
        load.run(100)
        load.watch()
        disk.fill(300)
        load.run(10**6)
        assert office.wait() == 1
        load.drain()
        assert {error.code for error in load.refused.values()} == {"full"}
        assert all("no space is left" in error.words for error in load.refused.values())
        says = office.start_refused()
        assert says.code == 1 and "no space is left" in says.err
        disk.empty()
        office.start()
        there, told = numbers_of(office), {answer.number for answer in load.told.values()}
        assert told <= there, f"{len(told - there)} of {len(told)} are lost"
        assert there <= told, f"{len(there - told)} are there that nobody was told of"
        holds(office)
        all_is_there(office, load)


def test_a_full_disk_meets_the_command_line(disk, squeezed):
    office, known = squeezed, set()
    assert office.stop() == 0
    for room in (0, 50, 100, 200, 700):
        disk.fill(room)
        says = office.start_refused()
        assert says.code == 1 and "no space is left" in says.err
        assert "no space is left" in office.ombud("store", "check", code=1).err
        disk.empty()
    disk.fill(1700)
    office.start()
    while (done := office.ombud("case", "new", "--channel", "phone", "--product", "cards",
                                "--issue", "fees", "--text-file", "-", "--json", who="teller",
                                stdin="x" * 60000)).code == 0:
        known.add(done.json()["number"])
    assert done.out == "" and done.code == 1 and "no space is left" in done.err
    assert office.wait() == 1
    assert "<3>the office cannot go on -> stopping error=full" in office.log_text()
    disk.empty()
    office.start()
    there = numbers_of(office)
    assert known and known == there
    holds(office)


def test_no_office_is_left_half_made_on_a_full_disk(disk, make_office):
    office = disk.hold(make_office())
    for room in (4, 16, 64, 256, 1000):
        disk.fill(room)
        done = office.ombud("office", "init", "--root", "--code", "ho", "--name", "Head Office")
        assert (done.code, done.out) == (1, ""), room
        assert "No space left" in done.err or "no space is left" in done.err
        assert not office.seen.exists(), room
        disk.empty()
    office.init().start().staff().register()


# --- rows made again from the records --------------------------------------------------------

def exported(office):
    return office.ombud("export", "cases", "--format", "jsonl", who="supervisor", code=0).out


@pytest.fixture(scope="module")
def model():
    """An office with cases in every status, that nobody runs."""
    with folder() as top, offices(top) as make:
        office = make().init().start().staff()
        with Load(lambda: dial(office), clients=8) as load:
            load.run(40)
        numbers = sorted(answer.number for answer in load.told.values())
        for act, count in ((("resolve", "--outcome", "founded", "--cause", "error"), 9),
                           (("answer", "--method", "phone"), 6), (("close", "--accepts", "no"), 3),
                           (("reopen", "--ground", "client-asks", "--reason", TEXT), 1)):
            for number in numbers[:count]:
                office.ombud("case", act[0], number, *act[1:], who="handler", code=0)
        office.ombud("case", "withdraw", numbers[-1], "--method", "phone", who="teller", code=0)
        assert office.stop() == 0
        yield office


@pytest.fixture
def worked(model, make_office):
    """A copy of its own of that office, at work."""
    return make_office().take_after(model).start()


def test_a_rebuild_of_what_is_right_changes_nothing(worked):
    seen = exported(worked)
    assert worked.ombud("store", "rebuild", "--json").json()["changed"] == 0
    assert exported(worked) == seen
    assert worked.stop() == 0
    rows = worked.store_rows("dump", *DERIVED)
    assert worked.ombud("store", "rebuild", "--json").json()["changed"] == 0
    assert worked.store_rows("dump", *DERIVED) == rows


@pytest.mark.parametrize("family", DERIVED)
def test_a_rebuild_gives_the_same_bytes(worked, family):
    seen = exported(worked)
    assert worked.stop() == 0
    rows = worked.store_rows("dump", *DERIVED)
    table = [line.split(" ") for line in rows.splitlines()]
    lost = {key: value for name, key, value in table if name == family}
    if family == "digest":  # by those of its own records, and of the newest, the office opens
        of_cases = {key[-24:] for name, key, _ in table if name == "case_log"}
        of_cases.discard(max(lost.values()))
        lost = {key: place for key, place in lost.items() if place in of_cases}
    worked.store_rows("delete", family, *lost)
    assert worked.ombud("store", "check").code == 1
    assert worked.ombud("store", "rebuild", "--json").json()["changed"] == len(lost) > 9
    assert worked.store_rows("dump", *DERIVED) == rows
    worked.ombud("store", "check", code=0)
    worked.start()
    assert exported(worked) == seen


def test_a_rebuild_mends_what_is_wrong_while_the_daemon_runs(worked):
    seen = exported(worked)
    assert worked.stop() == 0
    rows = worked.store_rows("dump", *DERIVED)
    key = next(line.split()[1] for line in rows.splitlines() if line.startswith("case "))
    worked.store_rows("clear", "index")
    worked.store_rows("put", "case", key, "00")
    worked.store_rows("put", "case_log", "ff" * 48, "")
    worked.start()
    assert worked.ombud("store", "check").code == 1
    assert worked.ombud("store", "rebuild", "--json").json()["changed"] > 0
    worked.ombud("store", "check", code=0)
    assert exported(worked) == seen
    assert worked.stop() == 0
    assert worked.store_rows("dump", *DERIVED) == rows
