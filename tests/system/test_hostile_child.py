"""A child that does wrong, at a real head office: is it refused, shown, and nobody else held up?

One head office with a branch that behaves; the offices that do not are outsiders with the keys of
enrolled offices, one for each story.
"""

import base64
import json
import os
import re
import time

import pytest
import zmq

import outsider_client as oc
import outsider_link as ol
import outsider_verify as ov
from bank import Tree, free_ports, held, lag, link, until
from conftest import folder, offices
from hands import Hands

WINDOW = 2 * 1024 * 1024


class Bank(Tree):
    def __init__(self, make_office):
        super().__init__(make_office)
        port = free_ports(1)[0]
        self.address = f"tcp://127.0.0.1:{port}"
        self.root("ho", port)
        self.add("vsp-0045", "branch", "ho")
        self.count = 0

    def outsider(self, *more):
        """An enrolled office whose daemon never ran."""
        self.count += 1
        code = f"odd-{self.count}"
        office = self.make(code)
        self.offices[code] = office
        office.ombud("office", "init", "--code", code, "--name", code, "--kind", "branch", code=0)
        self.enrol(code, "ho", more)
        return ol.Peer(office, self["ho"].dir)

    def shown(self, peer):
        return self["ho"].ombud("link", "show", peer.office.code, "--json").json()

    def sees(self, peer, state, reason):
        """What the administrator is told of the link."""
        until(f"the link to {peer.office.code}",
              lambda: (self.shown(peer)["link"]["state"], reason in
                       self.shown(peer)["link"]["reason"]), (state, True))

    def refuses(self, peer, count, words):
        """So many records of it were refused, the last one with these words."""
        until("refused records", lambda: link(self["ho"], peer.office.code)["refused"], count)
        shown = self.shown(peer)
        assert words in shown["link"]["last_error"]
        assert words in shown["refused"][-1]["why"]
        return shown["refused"][-1]["office"]

    def goes_on(self):
        """The head office lives, and the branch that does no wrong is served."""
        number = self["vsp-0045"].register()
        self.see(number, ("open", "vsp-0045"), "ho")
        assert link(self["ho"], "vsp-0045")["state"] == "live"


@pytest.fixture(scope="module")
def bank():
    with folder() as top, offices(top) as make:
        yield Bank(make)


def holds(bank, peer):
    return held(bank["ho"], peer.office.code)


@pytest.fixture(autouse=True)
def nobody_else_pays(bank):
    yield
    bank.goes_on()


# --- who is let in ---------------------------------------------------------------------------

def test_a_key_of_no_office_is_refused_at_the_handshake(bank):
    peer = bank.outsider()
    public, secret = zmq.curve_keypair()
    stranger = oc.Key(zmq.utils.z85.decode(public), zmq.utils.z85.decode(secret))
    assert peer.turned_away(bank.address, stranger)
    assert link(bank["ho"], peer.office.code)["state"] == "down"


def test_a_key_says_who_it_is(bank):
    """With its own key an office greets as another: that one's link does not notice."""
    one, other = bank.outsider(), bank.outsider()
    with one.call(bank.address) as line, other.call(bank.address) as real:
        real.greet()
        line.send(hello=one.hello(office=other.id))
        with pytest.raises(ol.Refused, match="^key: "):
            line.hear("welcome")
        assert link(bank["ho"], other.office.code)["state"] in ("catching-up", "live")
        real.offer(other.note())
        real.acked()


def test_protocols_that_do_not_meet(bank):
    peer = bank.outsider()
    with peer.call(bank.address) as line:
        line.send(hello=peer.hello(protocol_min=2, protocol_max=9))
        with pytest.raises(ol.Refused, match="speaks protocol 1, the other 2 to 9"):
            line.hear("welcome")
        bank.sees(peer, "blocked", "the other 2 to 9")
        assert bank["ho"].ombud("link", "check").code == 2
        line.greet()  # after an update it is served
        line.offer(peer.note())
        line.acked()
    assert holds(bank, peer) == 1


def test_a_revoked_office_is_cut_and_stays_out(bank):
    peer = bank.outsider()
    with peer.call(bank.address) as line:
        line.greet()
        line.offer(peer.note(), peer.note())
        line.acked()
        bank["ho"].ombud("office", "revoke", peer.office.code, "--ground", "stolen", code=0)
        with pytest.raises(ol.Refused, match="revoked"):
            line.hear("nothing else")
        line.offer(peer.note())
        line.drain()
    bank.sees(peer, "blocked", "its certificate was revoked")
    assert holds(bank, peer) == 2
    assert peer.turned_away(bank.address)
    assert bank["ho"].ombud("office", "show", peer.office.code, "--json").json()["state"] == \
        "revoked"


def test_the_newest_line_of_a_key_counts(bank):
    peer = bank.outsider()
    with peer.call(bank.address) as first, peer.call(bank.address) as second:
        first.greet()
        second.greet()
        with pytest.raises(ol.Refused, match="replaced: another line"):
            first.hear("nothing else")
        first.offer(peer.note())
        with pytest.raises(ol.Refused, match="greet"):
            first.hear("ack")
        assert holds(bank, peer) == 0
        peer.begin(1001, bytes(32))
        second.offer(peer.note())
        second.acked()
    assert any("another line" in step["reason"] for step in bank.shown(peer)["history"])


def test_a_clock_of_another_year_decides_nothing(bank):
    peer = bank.outsider()
    years = {"time_ms": 2085978496000}  # 2036
    with peer.call(bank.address) as line:
        line.greet(clock=1000)
        line.offer(peer.note(**years), peer.note(**years))
        line.acked()
        assert link(bank["ho"], peer.office.code)["clock_offset_ms"] < -50 * 365 * 86400 * 1000
        levels = json.loads(bank["ho"].ombud("link", "check", "--json").out)
        words = next(one["words"] for one in levels if one["peer"] == peer.office.code)
        assert "its clock is" in words and "behind" in words
    assert holds(bank, peer) == 2


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_clock_some_hours_off_is_told(bank, hours):
    peer = bank.outsider()
    now = round(time.time() * 1000)
    with peer.call(bank.address) as line:
        line.greet(clock=now + hours * 3600000)
        line.offer(peer.note(time_ms=now + hours * 3600000))
        line.acked()
        offset = link(bank["ho"], peer.office.code)["clock_offset_ms"]
        assert abs(offset - hours * 3600000) < 600000
        levels = json.loads(bank["ho"].ombud("link", "check", "--json").out)
        words = next(one["words"] for one in levels if one["peer"] == peer.office.code)
        assert "its clock is" in words and ("ahead" if hours > 0 else "behind") in words
    assert holds(bank, peer) == 1


# --- what is no frame ------------------------------------------------------------------------

@pytest.mark.parametrize("data", [
    ol.noise(2000), b"\x0a", b"\xff" * 64,
    ol.link.Frame(records={"first": 2, "last": 1}).SerializeToString(),
    ol.link.Frame(ack={"cursor": {"position": 1 << 60, "digest": bytes(32)}}).SerializeToString(),
    ol.link.Frame(want={"digests": [os.urandom(32) for _ in range(5000)]}).SerializeToString(),
], ids=["noise", "cut", "ones", "no-positions", "ack", "wants"])
def test_what_nobody_says_blocks_the_link(bank, data):
    peer = bank.outsider()
    with peer.call(bank.address) as line:
        line.greet()
        line.send_bytes(data)
        with pytest.raises(ol.Refused, match="^blocked"):
            line.hear("nothing else")
        assert bank.shown(peer)["link"]["state"] == "blocked"
        line.send(hello=peer.hello())  # let lie for a minute
        line.drain()
        assert line.cursor is None or line.cursor.position == 0
    assert bank.shown(peer)["link"]["last_error"]
    assert holds(bank, peer) == 0


def test_a_frame_beyond_all_limits_ends_the_connection(bank):
    peer = bank.outsider()
    with peer.call(bank.address) as line:
        line.greet()
        monitor = line.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        line.send_bytes(bytes(4 * 1024 * 1024 + 1))
        assert monitor.poll(oc.DEADLINE_MS), "the connection stands"
        line.socket.disable_monitor()


# --- records that are not authentic ----------------------------------------------------------

def test_a_forged_record_is_refused_and_a_new_life_goes_on(bank):
    peer, thief = bank.outsider(), ol.nacl.signing.SigningKey.generate()
    with peer.call(bank.address) as line:
        line.greet()
        good = peer.note()
        before = peer.prev
        line.offer(good, peer.note(signer=thief))
        line.acked()
        bank.refuses(peer, 1, "signature")
        assert line.refused == [peer.prev], "the child is told which one"
        assert "office renew" in bank.shown(peer)["link"]["reason"]
        peer.begin(1001, before)
        line.send(hello=peer.hello())
        line.hear("welcome")
        line.offer(peer.note())
        line.acked()
    assert holds(bank, peer) == 2
    bank["ho"].ombud("log", "verify", peer.office.code, code=0)


def garbled_proof(peer):
    record = peer.note()
    record.proof.path.append(bytes(32))
    return record


def long_proof(peer):
    record = peer.note()
    record.proof.path.extend([bytes(32)] * 17)
    return record


def garbled_part(peer):
    record = peer.note({"body": ol.noise(200)})
    record.body = ol.flip(record.body)
    return record


def unnamed_part(peer):
    record = peer.note()
    record.body = b"a part that the header does not name"
    return record


@pytest.mark.parametrize("make, words", [
    (garbled_proof, "signature is not of the signing key"),
    (long_proof, "at most 16 levels"),
    (garbled_part, "body"),
    (unnamed_part, "names no body"),
    (lambda peer: peer.note({"body": bytes(524289)}), "at most 524288"),
    (lambda peer: peer.note(behind=bytes(262144)), "262144"),
    (lambda peer: peer.note(behind=b"\xf8\x01\x01"), "is not known"),
    (lambda peer: peer.note(time_ms=1), "dated before the record that it follows"),
    (lambda peer: peer.note(office=peer.above), "certificate is of another office"),
], ids=["proof", "levels", "part", "unnamed", "long-part", "long", "field", "time",
        "office"])
def test_what_is_not_authentic_is_refused(bank, make, words):
    peer = bank.outsider()
    with peer.call(bank.address) as line:
        line.greet()
        line.offer(peer.note(), make(peer))
        line.acked()
        place = bank.refuses(peer, 1, words)
        assert place is None or re.fullmatch(f"{peer.office.code}|ho", place.split("/")[0])
    assert holds(bank, peer) == 1


def test_a_record_that_goes_on_from_another_one_is_refused_when_that_is_not_there(bank):
    """It may be a fork: the other one is asked for first."""
    peer, other = bank.outsider(), bytes(range(32))
    with peer.call(bank.address) as line:
        line.greet()
        line.offer(peer.note(), peer.note(prev=other))
        want = line.hear("want")
        assert list(want.digests) == [other]
        line.send(records={})
        line.acked()
        bank.refuses(peer, 1, "names another record before it")


def test_a_record_of_an_office_beside_it_is_out_of_scope(bank):
    one, other = bank.outsider(), bank.outsider()
    with one.call(bank.address) as line:
        line.greet()
        line.offer(other.note())
        line.acked()
        until("refused", lambda: link(bank["ho"], one.office.code)["refused"], 1)
        assert "out of scope" in bank.shown(one)["refused"][-1]["why"]
        line.offer(one.note())
        line.acked()
    assert holds(bank, other) == 0 and holds(bank, one) == 1


# --- records that are authentic --------------------------------------------------------------

def test_what_came_before_is_a_duplicate(bank):
    peer = bank.outsider()
    with peer.call(bank.address) as line:
        line.greet()
        records = [peer.note() for _ in range(3)]
        line.offer(*records)
        line.acked()
        line.offer(*records, at=1)      # the very same frame
        line.hear("ack")
        line.offer(*records, at=4)      # the same records further on
        line.acked()
        shown = bank.shown(peer)["link"]
    assert holds(bank, peer) == 3
    assert shown["refused"] == 0 and shown["state"] in ("catching-up", "live")


def test_a_gap_is_wanted_and_waited_for(bank):
    peer = bank.outsider()
    with peer.call(bank.address) as line:
        line.greet()
        first, second, third, fourth = (peer.note() for _ in range(4))
        line.offer(first)
        line.acked()
        line.offer(fourth)
        wanted = line.hear("want").ranges[0]
        assert (wanted.first, wanted.last) == (2, 3)
        assert wanted.office == peer.id and wanted.incarnation == peer.life
        assert "waits for records 2-3" in bank.shown(peer)["link"]["reason"]
        hands = Hands("A link waits for a record or a certificate", bank["ho"],
                      PEER=peer.office.code)
        hands.sees(hands.types()[-1])
        assert holds(bank, peer) == 1
        line.send(records={"records": [second, third]})
        line.acked()
        assert not bank.shown(peer)["link"]["reason"]
    assert holds(bank, peer) == 4


def test_a_part_that_lacks_is_told_until_it_comes(bank):
    """A record without the half that it names; the half is wanted, and comes with the next line."""
    peer = bank.outsider()
    parts = {"body": b"sealed words"}

    def lacking():
        done = bank["ho"].ombud("doctor", "--json")
        return [one["level"] for one in json.loads(done.out)["findings"]
                if one["check"] == "parts"], "lack a part" in done.out

    whole = peer.note(parts)
    bare = oc.records.Record.FromString(whole.SerializeToString())
    bare.ClearField("body")
    with peer.call(bank.address) as line:
        line.greet()
        line.offer(bare)
        line.acked()
        assert bank.shown(peer)["missing_parts"] == 1
        assert lacking() == (["warning"], True)
        Hands("Parts of records are missing", bank["ho"]).sees(bank["ho"].ombud("doctor").out)
    with peer.call(bank.address) as line:
        line.send(hello=peer.hello())
        assert len(line.hear("want").parts) == 1
        line.send(records={"records": [whole]})
        until("the part", lambda: bank.shown(peer)["missing_parts"], 0)
        hands = Hands("Parts of records are missing", bank["ho"], PEER=peer.office.code)
        hands.types(failing=("ombud doctor",))  # the links of liars are critical
    assert lacking() == (["ok"], False)


def test_where_both_ends_disagree_is_marked(bank):
    """What the other side says of the link, of its log and of its clock, against what is seen."""
    peer = bank.outsider()
    with peer.call(bank.address) as line:
        line.greet()
        line.offer(peer.note(), peer.note())
        line.acked()
        line.send(health={
            "office": peer.id, "at": int(time.time() * 1000) + 60000, "clock_offset_ms": 600000,
            "links": [{"peer": peer.above, "state": "down", "reason": "no line"}],
            "own": [{"office": peer.id, "incarnation": peer.life, "head": 1, "digest": bytes(32),
                     "count": 1}]})
        until("told", lambda: len(bank.shown(peer)["disagreements"]), 3)
        state, log, clock = bank.shown(peer)["disagreements"]
        hands = Hands("The two ends of a link disagree", bank["ho"], PEER=peer.office.code)
        hands.sees(hands.types()[0], count=3)
    assert state in ("state: here live, there down: no line",
                     "state: here catching-up, there down: no line")
    assert log == "log: here up to record 2, there it ends at 1"
    assert clock.startswith("clock: here it is ") and "600000 ms ahead" in clock
    told = bank["ho"].ombud("link", "show", peer.office.code, code=0).out
    assert told.count("DISAGREES") == 3


def newest_registered(office, code):
    """The digest and the header of the registration that came last."""
    rows = office.ombud("log", "export", code, code=0).out.splitlines()
    for row in reversed([json.loads(row) for row in rows]):
        header = oc.records.Header.FromString(base64.b64decode(row["header"]))
        if header.facts.HasField("registered"):
            return base64.b64decode(row["digest"]), header
    raise AssertionError(f"{code} registered nothing")


def test_an_act_without_right_is_kept_without_effect(bank):
    number = bank["vsp-0045"].register()
    bank.see(number, ("open", "vsp-0045"), "ho")
    digest, registered = newest_registered(bank["ho"], "vsp-0045")
    peer = bank.outsider()
    with peer.call(bank.address) as line:
        line.greet()
        line.offer(peer.write(
            "resolved", {"outcome": "unfounded", "cause": "error", "at": registered.time_ms},
            actor="h1", case_id=registered.case_id, after=digest))
        line.acked()
    bank.see(number, ("open", "vsp-0045"), "ho", "vsp-0045")
    case = bank["ho"].show(number)
    late = [event for event in case["events"] if event["type"] == "resolved"]
    assert [event["effect"] for event in late] == [False] and late[0]["why"]
    listed = bank["ho"].ombud("log", "quarantine", "--json").json()
    assert [(one["office"], one["type"]) for one in listed if one["number"] == number] == \
        [(peer.office.code, "resolved")]
    assert link(bank["ho"], peer.office.code)["quarantined"] == 1
    assert link(bank["ho"], peer.office.code)["refused"] == 0
    explained = bank["ho"].ombud("explain", late[0]["digest"][:16], "--json").json()
    assert not explained["effect"]
    hands = Hands("Records are kept without effect", bank["ho"], RECORD=late[0]["digest"][:16])
    hands.sees(bank["ho"].ombud("doctor").out)
    assert number in hands.types()[0]


def test_facts_of_a_later_version_are_kept(bank):
    peer = bank.outsider()
    with peer.call(bank.address) as line:
        line.greet()
        later = oc.records.Facts.FromString(b"\xa2\x3f\x00")  # event 1012
        line.offer(peer.note(facts=later), peer.note())
        line.acked()
    assert holds(bank, peer) == 2
    assert link(bank["ho"], peer.office.code)["refused"] == 0


def test_a_fork_blocks_the_link_of_its_office_until_a_new_life(bank):
    peer = bank.outsider()
    with peer.call(bank.address) as line:
        first = peer.note()
        line.greet()
        one = peer.note()
        peer.seq, peer.prev = 1, ov.tagged_hash(b"record", first.header)
        other = peer.note()
        line.offer(first, one)
        line.acked()
        line.offer(other)
        with pytest.raises(ol.Refused, match="^fork: two records stand at 2"):
            line.hear("nothing else")
        bank.sees(peer, "blocked", "two records stand at 2 of the newest life of its log")
        fork = bank["ho"].ombud("log", "forks", "--json").json()[-1]
        digests = [ov.tagged_hash(b"record", record.header).hex() for record in (one, other)]
        assert (fork["office"], fork["seq"]) == (peer.office.code, 2)
        assert [fork["stands"], fork["other"]] == digests and fork["found_by"] == "ho"
        assert (fork["renewed"], fork["told"]) == (False, False)  # it says nothing of itself
        assert digests[1][:16] in bank["ho"].ombud("log", "forks", code=0).out
    forked = peer.life
    peer.begin(1001, bytes.fromhex(digests[0]))
    last = peer.note()

    def told():
        fork = bank["ho"].ombud("log", "forks", "--json").json()[-1]
        return fork["renewed"], fork["told"]

    with peer.call(bank.address) as line:
        line.greet()
        line.offer(last, at=4)
        line.acked()
        assert told() == (False, False), "a life alone renews nothing"
        for renewed in (False, True):
            line.send(health={"office": peer.id, "at": int(time.time() * 1000), "forks": [
                {"incarnation": forked, "seq": 2, "renewed": renewed}]})
            until("told", told, (renewed, True))
    assert link(bank["ho"], peer.office.code)["forks"] == 1


# --- too much, and never ---------------------------------------------------------------------

def test_a_flood_is_cut_off_at_the_credit(bank):
    peer = bank.outsider()
    with peer.call(bank.address) as line:
        line.greet()
        assert line.credit == WINDOW
        line.offer(peer.note())
        line.acked()
        peer.note()  # never sent: all behind it wait, and nothing of them is given back
        waits = peer.note({"body": ol.noise(40000)})
        sent = 0
        with pytest.raises(ol.Refused, match="more than it was granted"):
            while sent <= WINDOW + 40000:  # the last frame within may go beyond
                line.offer(waits)
                sent += 40000
            line.hear("nothing else")
        bank.sees(peer, "blocked", "more than it was granted")
        for _ in range(200):
            line.offer(waits)  # let lie
        line.drain()
    assert holds(bank, peer) == 1
    assert bank.shown(peer)["held"] == 1


def test_a_child_that_never_acks_is_sent_its_credit_and_no_more(bank):
    ho, peer = bank["ho"], bank.outsider()
    texts = [ho.ombud("case", "new", "--channel", "phone", "--product", "cards", "--issue", "fees",
                      "--custodian", peer.office.code, "--text", "x" * 60000, "--json",
                      who="teller").json()["number"] for _ in range(6)]
    with peer.call(bank.address) as line:
        line.greet()
        line.drain()
        assert line.bytes == 0, "nothing without credit"
        line.send(credit={"bytes": 150000})
        line.drain()
        assert 0 < line.bytes < 150000 + 70000
        shown = bank.shown(peer)
        assert shown["credit_bytes"] == 0
        assert shown["link"]["acked"] == 0 and shown["link"]["lag_records"] >= len(texts)
        assert shown["link"]["lag_bytes"] > 6 * 60000
        waiting = ho.ombud("link", "show", peer.office.code, "--waiting", "--json").json()
        assert set(texts) <= set(waiting["waiting"])
        assert lag(bank["vsp-0045"]) == 0
