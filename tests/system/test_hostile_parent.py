"""A parent that does wrong, above a real branch: is it noticed, shown, and does the branch work on?

One enrolled branch; each story runs a copy of it, under an outsider with the keys of its parent.
"""

import contextlib
import json
import time

import pytest

import outsider_client as oc
import outsider_link as ol
import outsider_zmtp as oz
from bank import Tree, free_ports, held, link, until
from conftest import CLIENT, folder, offices

WINDOW = 2 * 1024 * 1024


class Bank(Tree):
    """The daemons of two branches and their head office are down; outsiders speak in its name."""

    def __init__(self, make_office):
        super().__init__(make_office)
        self.address = f"tcp://127.0.0.1:{free_ports(1)[0]}"
        self.root("ho", self.address.rpartition(":")[2])
        self.add("vsp-0045", "branch", "ho")
        self.add("vsp-0046", "branch", "ho")
        self.settle(("vsp-0045", "vsp-0046"))
        for code in ("vsp-0045", "vsp-0046", "ho"):
            self[code].stop()
        self.parent = ol.Peer(self["ho"], self["ho"].dir)
        self.other = ol.Peer(self["vsp-0046"], self["ho"].dir)


@pytest.fixture(scope="module")
def bank():
    with folder() as top, offices(top) as make:
        yield Bank(make)


@pytest.fixture
def branch(bank, make_office):
    """A copy of the branch, whose parent is at an address of this story. It works to the end."""
    office = make_office("vsp-0045").take_after(bank["vsp-0045"])
    office.address = f"tcp://127.0.0.1:{free_ports(1)[0]}"
    conf = office.dir / "ombud.conf"
    conf.write_text(conf.read_text().replace(bank.address, office.address))
    yield office
    number = office.register()
    assert office.show(number)["client"]["name"] == CLIENT
    assert office.stop() == 0


@pytest.fixture
def line(bank, branch):
    """The branch calls, and nobody said a word yet."""
    bank.parent.begin(2000, bytes(32))
    with bank.parent.await_child(branch.address) as one:
        branch.start()
        yield one


@pytest.fixture
def welcomed(line):
    """The branch was greeted, may send, and said what it may be sent."""
    line.welcome(yours=[])
    line.send(credit={"bytes": WINDOW})
    line.hear("credit")
    return line


def up(office):
    return link(office, "ho")


def sees(office, state, words):
    until("the link up", lambda: (up(office)["state"], words in (up(office)["reason"] or "")),
          (state, True))


def shown(office, *more):
    return office.ombud("link", "show", "ho", *more, "--json").json()


# --- who does not answer ---------------------------------------------------------------------

def test_a_parent_that_is_not_there(branch):
    branch.start()
    until("tried", lambda: "does not answer" in (up(branch)["last_error"] or ""), True)
    told = shown(branch)
    assert told["errors"] > 0 and told["address"] == branch.address
    assert told["link"]["state"] in ("down", "connecting")


def test_a_parent_with_another_key(bank, branch):
    """Somebody else listens at the address: the handshake cannot be made."""
    with bank.other.await_child(branch.address) as line:
        branch.start()
        until("tried", lambda: "handshake" in (up(branch)["last_error"] or ""), True)
        with pytest.raises(ol.Silence):
            line.receive(0)


def test_a_parent_that_is_silent(line, branch):
    line.hear("hello")
    assert up(branch)["state"] == "greeting"
    line.hear("hello")  # it hung up, and calls again
    assert "nothing came for 15 seconds" in up(branch)["last_error"]


@pytest.mark.parametrize("code, words", [
    ("unknown", "it is no office below this one"), ("odd", "because"), ("", "")])
def test_a_parent_that_refuses(line, branch, code, words):
    line.hear("hello")
    line.send(refuse={"code": code, "words": words})
    sees(branch, "blocked", words or "refused without a word")
    assert branch.ombud("link", "check").code == 2
    assert shown(branch)["next_try"]


@pytest.mark.parametrize("said, words", [
    ({"protocol_min": 5, "protocol_max": 9}, "speaks no protocol that this version knows"),
    ({"office": bytes(16)}, "does not say who it is"),
    ({"store_epoch": b"short"}, ""),
    ({"own": [{"office": b"short"}]}, ""),
], ids=["protocol", "office", "epoch", "life"])
def test_a_welcome_that_is_none(line, branch, said, words):
    line.welcome(**said)
    sees(branch, "blocked", words)
    assert up(branch)["last_error"]


@pytest.mark.parametrize("data", [
    ol.noise(2000), b"\x0a",
    ol.link.Frame(ack={"cursor": {"position": 1 << 60, "digest": bytes(32)}}).SerializeToString(),
    ol.link.Frame(records={"first": 9, "last": 8}).SerializeToString(),
    ol.link.Frame(compare={"cases": [{"case_id": {"home": b"x"}}]}).SerializeToString(),
], ids=["noise", "cut", "ack", "no-positions", "compare"])
def test_what_nobody_says_blocks_the_link(welcomed, branch, data):
    welcomed.send_bytes(data)
    until("the link up", lambda: up(branch)["state"], "blocked")
    assert up(branch)["last_error"]


# --- what it holds ---------------------------------------------------------------------------

def test_a_parent_that_lost_its_store_is_given_all_again(line, branch):
    """It holds nothing under another epoch: the logs are compared, and what lacks is given."""
    line.welcome(yours=[])
    line.send(credit={"bytes": WINDOW})
    own = [life for life in line.hear("compare").logs if life.office != line.peer.id]
    assert up(branch)["state"] == "catching-up"
    line.send(want={"ranges": [{"office": life.office, "incarnation": life.incarnation,
                                "first": 1, "last": life.head} for life in own]})
    while len(line.records) < sum(life.count for life in own):
        line.receive()
    assert len(line.records) >= held(branch, "vsp-0045")


def test_a_parent_that_holds_what_the_branch_lost_makes_it_begin_anew(line, branch):
    number = newest_life(branch)
    hello = line.hear("hello")
    life = (number + 41).to_bytes(4, "big") + bytes(8)
    line.send(welcome=line.peer.hello(yours=[
        {"office": hello.office, "incarnation": life, "head": 3, "digest": bytes(32),
         "count": 3}]))
    line.hear("compare")
    branch.register()
    assert newest_life(branch) == number + 42


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_parent_whose_clock_is_hours_off_is_told(line, branch, hours):
    line.welcome(yours=[], clock=round(time.time() * 1000) + hours * 3600000)
    until("greeted", lambda: up(branch)["state"] in ("catching-up", "live"), True)
    assert abs(up(branch)["clock_offset_ms"] - hours * 3600000) < 600000
    levels = json.loads(branch.ombud("link", "check", "--json").out)
    assert ("ahead" if hours > 0 else "behind") in levels[0]["words"]


def newest_life(office):
    return max(int(log["incarnation"][:8], 16)
               for log in office.ombud("log", "list", "--json").json()
               if log["office"] == office.code)


# --- records and credit ----------------------------------------------------------------------

def test_records_that_are_not_authentic_are_refused(welcomed, branch):
    line, peer, thief = welcomed, welcomed.peer, ol.nacl.signing.SigningKey.generate()
    line.offer(peer.note(), peer.note(signer=thief))
    line.acked()
    until("refused", lambda: up(branch)["refused"], 1)
    assert "signature" in up(branch)["last_error"]
    peer.begin(2001, bytes(32))
    record = peer.note({"body": ol.noise(100)})
    record.body = ol.flip(record.body)
    line.offer(record)
    line.acked()
    until("refused", lambda: up(branch)["refused"], 2)
    assert "body" in shown(branch)["refused"][-1]["why"]
    peer.begin(2002, bytes(32))
    later = oc.records.Facts.FromString(b"\xa2\x3f\x00")  # event 1012, of a later version
    line.offer(peer.note(), peer.note(facts=later))
    line.acked()
    assert up(branch)["refused"] == 2
    made = {log["incarnation"][:8]: log["records"]
            for log in branch.ombud("log", "list", "--json").json() if log["office"] == "ho"}
    assert (made["000007d0"], made["000007d2"], "000007d1" in made) == (1, 2, False)


def test_a_parent_that_never_acks_is_sent_its_credit_and_no_more(line, branch):
    line.welcome(yours=[])
    branch.register()  # which opens a life of the log, and greets with it
    line.welcome(yours=[])
    line.drain()
    assert line.bytes == 0, "nothing without credit"
    line.send(credit={"bytes": 150000})
    late = {branch.ombud("case", "new", "--channel", "phone", "--product", "cards", "--issue",
                         "fees", "--text", "x" * 60000, "--json", who="teller").json()["number"]
            for _ in range(6)}
    line.drain()
    assert 0 < line.bytes < 150000 + 70000
    told = shown(branch, "--waiting")
    assert late <= set(told["waiting"]) and told["credit_bytes"] == 0
    assert told["link"]["lag_records"] >= len(late) and told["link"]["lag_bytes"] > 6 * 60000


def test_a_flood_from_above_is_cut_off_at_the_credit(welcomed, branch):
    peer, sent = welcomed.peer, 0
    assert welcomed.credit == WINDOW
    waits = peer.note({"body": ol.noise(40000)}, key=ol.noise(16))  # for its certificate
    while sent <= WINDOW + 40000:
        welcomed.offer(waits)
        sent += 40000
    sees(branch, "blocked", "more than it was granted")


def test_a_message_that_does_not_end(bank, branch):
    """Its parts lie in the process until the last one: the line is ended before that."""
    with oz.RawServer(branch.address, bank.parent.transport) as line:
        branch.start()
        line.accept()
        part = bytes(1 << 20)
        with contextlib.suppress(ConnectionError):
            while line.sent < 432 << 20:
                line.send(part, more=True)
        assert 32 << 20 <= line.sent < 432 << 20
    until("the log", lambda: "more came over a link than is read -> connection ended" in
          branch.log_text(), True)
