"""A client written from proto/README.md alone works with a real office."""

import os
import re

import nacl.bindings
import nacl.pwhash
import pytest
import zmq
import zmq.utils.monitor

import outsider_client as oc
from conftest import ROOT

MATTER = {"channel": "in-person", "product": "cards", "issue": "fees"}
WORDS = {"client": {"name": "Client 17"}, "narrative": "A fee was charged twice"}
RINGS = 100
ROLES = ("teller", "handler", "supervisor", "analyst", "auditor", "admin")
UNKNOWN_FIELD = b"\xf8\x3f\x01"  # number 1023, a varint


# --- the frame -------------------------------------------------------------------------------

@pytest.fixture
def dial():
    """Connects operators by their codes; every connection is closed at the end."""
    opened = []

    def connect(office, code, target=None, kind=zmq.DEALER):
        client = oc.connect(target or office.dir, office.dir / f"operators/{code}.key",
                            office.dir / "keys/transport.pub", kind)
        opened.append(client)
        return client

    yield connect
    for client in opened:
        client.close()


def refusal(client, request):
    """The refusal of a request that must be refused."""
    with pytest.raises(oc.Refusal) as caught:
        client.ask(request)
    return caught.value


def raw_refusal(client, request, data):
    """The refusal of a request whose bytes are `data`: its id comes back whatever is wrong."""
    client.send(data)
    reply = client.receive()
    assert (reply.id, reply.WhichOneof("answer")) == (request.id, None)
    return reply.error


def registration(**words):
    return oc.new_request(act={"facts": {"registered": {"matter": MATTER}},
                               "body": {"registered": {**WORDS, **words}}})


def work_to_closed(handler, number):
    """The acts of a decision, each dated by the client."""
    now = oc.status(handler).now
    oc.act(handler, number, "resolved",
           {"outcome": "founded", "bank_error": "yes", "cause": "process", "at": now},
           {"answer": "The fee was returned"})
    oc.act(handler, number, "answered", {"method": "in-person", "at": now})
    oc.act(handler, number, "closed", {"accepts": "yes", "at": now})


# --- cases -----------------------------------------------------------------------------------

def story_of_a_case(office, dial, target=None, kind=zmq.DEALER):
    teller, handler = (dial(office, code, target, kind) for code in ("teller", "handler"))
    done = oc.register(teller, MATTER, WORDS)
    seen = office.show(done.number)
    assert (seen["number"], seen["product"]) == (done.number, "cards")
    assert seen["narrative"] == WORDS["narrative"]
    work_to_closed(handler, done.number)
    view = oc.show(handler, done.number)
    assert (view.status, view.outcome, view.answer) == (
        "closed", "founded", "The fee was returned")
    assert office.show(done.number)["status"] == "closed"
    listed = oc.list_cases(handler, status=["closed"])
    assert [case.number for case in listed] == [done.number]


def test_a_case_over_ipc(office, dial):
    story_of_a_case(office, dial)


def test_a_case_over_ipc_with_req(office, dial):
    story_of_a_case(office, dial, kind=zmq.REQ)


def test_a_case_over_tcp(make_office, dial):
    office = make_office().init("--client-listen", "tcp://127.0.0.1:0").start().staff()
    listen = oc.status(dial(office, "teller")).listen
    assert re.fullmatch(r"tcp://127\.0\.0\.1:[1-9]\d*", listen)
    story_of_a_case(office, dial, listen)


def test_an_office_that_does_not_listen_says_so(office, dial):
    assert oc.status(dial(office, "teller")).listen == ""


def sealed_key_file(text, passphrase):
    """A key file whose secret is put under a passphrase."""
    above, secret = re.fullmatch(r"(.*)secret: ([0-9a-f]{64})\n", text, re.S).groups()
    salt, nonce = os.urandom(16), os.urandom(24)
    key = nacl.pwhash.argon2id.kdf(32, passphrase.encode(), salt, opslimit=2, memlimit=64 << 20)
    box = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
        bytes.fromhex(secret), above.encode(), nonce, key)
    return f"{above}sealed: {(salt + nonce + box).hex()}\n"


def test_a_key_under_a_passphrase(office):
    key_file, words = office.dir / "operators/teller.key", office.top / "words"
    words.touch(mode=0o600)
    words.write_text("correct horse\n")
    key_file.write_text(sealed_key_file(key_file.read_text(), "correct horse"))
    with oc.connect(office.dir, key_file, office.dir / "keys/transport.pub",
                    passphrase="correct horse") as client:
        assert oc.status(client).operator == "teller"
    assert office.ombud("status", "--passphrase-file", words, "--json",
                        who="teller").json()["operator"] == "teller"


def test_a_dealer_may_put_an_empty_frame_first(office, dial):
    teller = dial(office, "teller")
    request = oc.new_request(status={})
    teller.socket.send_multipart([b"", request.SerializeToString()])
    assert teller.socket.poll(oc.DEADLINE_MS)
    empty, data = teller.socket.recv_multipart()
    assert (empty, oc.messages.Reply.FromString(data).id) == (b"", request.id)


def test_several_requests_under_way(office, dial):
    teller = dial(office, "teller")
    requests = [registration() for _ in range(32)]
    for request in requests:
        teller.send(request.SerializeToString())
    numbers = {teller.reply_to(request.id).act.number for request in requests}
    assert len(numbers) == 32 and "" not in numbers


def test_the_vocabulary_says_what_a_code_may_be(office, dial):
    teller = dial(office, "teller")
    fields = teller.ask(oc.new_request(vocabulary={})).vocabulary.fields
    codes = {one.field: set(one.codes) for one in fields}
    for name, code in MATTER.items():
        assert any(code in codes[field] for field in codes if field.endswith(name))


def test_a_number_ends_in_its_check_characters(office, dial):
    teller = dial(office, "teller")
    home = bytes.fromhex(teller.ask(oc.new_request(office_show={})).office_show.id)
    for _ in range(20):
        number = oc.register(teller, MATTER, WORDS).number
        first = oc.show(teller, number).events[0]
        incarnation = bytes.fromhex(first.incarnation)
        assert oc.check_characters(number, home, incarnation) == number[-2:]
        assert oc.show(teller, number.upper()).number == number


def test_the_anchor_is_told(office, dial):
    view = dial(office, "teller").ask(oc.new_request(office_show={})).office_show
    assert bytes.fromhex(view.anchor) == oc.read_key(office.dir / "keys/anchor.pub").public


# --- writing twice ---------------------------------------------------------------------------

def test_a_repeated_request_has_its_first_result(office, dial):
    teller = dial(office, "teller")
    request = registration()
    first = teller.ask(request).act
    assert teller.ask(request).act == first
    office.stop()
    office.start()
    teller = dial(office, "teller")
    assert teller.ask(request).act == first
    assert len(oc.list_cases(teller)) == 1


def test_the_same_id_with_other_content_is_a_conflict(office, dial):
    teller = dial(office, "teller")
    request = registration()
    teller.ask(request)
    other = registration(narrative="A fee was charged three times")
    other.id = request.id
    assert refusal(teller, other).code == "conflict"
    other.id = os.urandom(16)
    teller.ask(other)


def test_a_refused_request_is_not_remembered(office, dial):
    teller = dial(office, "teller")
    wrong = registration()
    wrong.act.facts.registered.matter.product = "no-such-product"
    refused = refusal(teller, wrong)
    assert refused.code == "unknown-code"
    right = registration()
    right.id = wrong.id
    assert teller.ask(right).act.number


# --- who is let in, and what -----------------------------------------------------------------

def test_an_unknown_key_gets_no_answer(office, dial):
    known = dial(office, "teller")
    public, secret = nacl.bindings.crypto_box_keypair()
    one = oc.curve_socket(zmq.DEALER, oc.Key(public, secret), known.server_public)
    monitor = one.get_monitor_socket(
        zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH
        | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL)
    one.connect(known.endpoint)
    one.send(oc.new_request(status={}).SerializeToString())
    assert monitor.poll(oc.DEADLINE_MS)
    event = zmq.utils.monitor.recv_monitor_message(monitor)["event"]
    one.disable_monitor()
    assert event != zmq.EVENT_HANDSHAKE_SUCCEEDED
    assert not one.poll(0)
    one.close()
    assert oc.status(known).operator == "teller"


def unreadable(data, by=registration):
    """A registration whose narrative has other bytes, of the same length, in its place."""
    placeholder = "?" * len(data)
    request = by(narrative=placeholder)
    return request, request.SerializeToString().replace(placeholder.encode(), data)


def test_bytes_that_are_no_request(office, dial):
    teller = dial(office, "teller")
    for data in (b"\xff" * 40, b"\x0a", bytes(range(256))):
        teller.send(data)
        reply = teller.receive()
        assert (reply.id, reply.error.code) == (b"", "invalid") and reply.error.words
    assert oc.status(teller).operator == "teller"


def test_a_request_that_is_cut_off(office, dial):
    teller = dial(office, "teller")
    request = registration()
    error = raw_refusal(teller, request, request.SerializeToString()[:-1])
    assert error.code == "invalid"
    assert oc.list_cases(teller) == []


@pytest.mark.parametrize("size", [0, 33])
def test_an_id_of_another_length_does_not_come_back(office, dial, size):
    teller = dial(office, "teller")
    request = oc.new_request(status={})
    request.id = b"i" * size
    teller.send(request.SerializeToString())
    reply = teller.receive()
    assert (reply.id, reply.error.code, reply.error.field) == (b"", "invalid", "id")


def test_a_later_protocol(office, dial):
    request = oc.new_request(status={})
    request.protocol = 2
    assert refusal(dial(office, "teller"), request).code == "later"


def test_a_request_that_is_too_large_ends_the_connection(office, dial):
    teller = dial(office, "teller")
    oc.status(teller)
    monitor = teller.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    teller.send(bytes((4 << 20) + 1))
    assert monitor.poll(oc.DEADLINE_MS)
    teller.socket.disable_monitor()
    request = oc.new_request(status={})
    teller.send(request.SerializeToString())
    assert teller.receive().id == request.id


def test_messages_of_other_forms_are_dropped(office, dial):
    teller = dial(office, "teller")
    data = oc.new_request(status={}).SerializeToString()
    for frames in ([b"a", data], [data, data], [b"", data, data], [b"", b"", data], [b""]):
        teller.socket.send_multipart(frames)
    request = oc.new_request(status={})
    teller.send(request.SerializeToString())
    assert teller.receive().id == request.id


def test_an_unknown_field_outside(office, dial):
    teller = dial(office, "teller")
    request = registration()
    error = raw_refusal(teller, request, request.SerializeToString() + UNKNOWN_FIELD)
    assert error.code == "invalid"
    assert oc.list_cases(teller) == []


def test_an_unknown_field_inside(office, dial):
    teller = dial(office, "teller")
    request = registration()
    request.act.facts.registered.matter.MergeFromString(UNKNOWN_FIELD)
    error = raw_refusal(teller, request, request.SerializeToString())
    assert (error.code, error.field) == ("invalid", "act.facts.registered.matter")
    assert oc.list_cases(teller) == []


def test_a_text_that_is_too_long(office, dial):
    teller = dial(office, "teller")
    for words, field in (({"narrative": "x" * 65537}, "narrative"),
                         ({"client": {"name": "x" * 513}}, "client.name")):
        request = registration(**words)
        error = raw_refusal(teller, request, request.SerializeToString())
        assert (error.code, error.field) == ("limit", f"act.body.registered.{field}")
    assert teller.ask(registration(narrative="x" * 65536)).act.number


@pytest.mark.parametrize("data", [b"\xff\xfe\xfd", b"cut \xc3", b"\xed\xa0\x80", b"bell \x07"])
def test_a_broken_text(office, dial, data):
    teller = dial(office, "teller")
    request, broken = unreadable(data)
    error = raw_refusal(teller, request, broken)
    assert (error.code, error.field) == ("invalid", "act.body.registered.narrative")
    assert teller.ask(request).act.number


def test_the_field_of_a_refusal_is_its_path(office, dial):
    teller = dial(office, "teller")
    wrong = [registration() for _ in range(4)]
    wrong[0].act.facts.registered.matter.product = "no-such-product"
    wrong[1].act.facts.registered.matter.ClearField("channel")
    wrong[2].act.facts.registered.profile = "bank-standard"
    wrong[3].act.number = "ho-2026-000001-7k"
    refused = [refusal(teller, request) for request in wrong]
    assert [(one.code, one.field) for one in refused] == [
        ("unknown-code", "act.facts.registered.matter.product"),
        ("missing", "act.facts.registered.matter.channel"),
        ("invalid", "act.facts.registered.profile"),
        ("invalid", "act.number")]


def table_of_roles(title):
    """A table of proto/README.md: which roles may, by name of request or event."""
    text = (ROOT / "proto/README.md").read_text()
    rows = re.search(rf"\| {title} \| roles \|\n\|---\|---\|\n((?:\|.*\n)+)", text)[1]
    may = {}
    for names, roles in re.findall(r"\| (.*) \| (.*) \|", rows):
        for name in names.split(", "):
            assert name not in may
            may[name] = set(ROLES if roles == "all" else roles.split(", "))
    return may


def is_forbidden(client, request):
    client.send(request.SerializeToString())
    return client.reply_to(request.id).error.code == "forbidden"


def test_roles_decide_who_may_ask_what(office, dial):
    may = table_of_roles("request")
    asks = [field.name for field in oc.messages.Request.DESCRIPTOR.oneofs[0].fields]
    assert set(may) == set(asks)
    for role in ROLES:
        client = dial(office, role)
        for ask in asks:
            assert is_forbidden(client, oc.new_request(**{ask: {}})) == (role not in may[ask]), (
                role, ask)


def test_roles_decide_who_may_write_what(office, dial):
    may = table_of_roles("event of an act")
    events = [field.name for field in oc.records.Facts.DESCRIPTOR.oneofs[0].fields
              if field.number < oc.records.Facts.POLICY_PUBLISHED_FIELD_NUMBER]
    assert set(may) == set(events)
    for role in ROLES:
        client = dial(office, role)
        for event in events:
            request = oc.new_request(act={"facts": {event: {}}})
            assert is_forbidden(client, request) == (role not in may[event]), (role, event)


# --- pages, changes, the bell ----------------------------------------------------------------

def test_cursors_walk_the_list(office, dial):
    teller = dial(office, "teller")
    numbers = {oc.register(teller, MATTER, WORDS).number for _ in range(7)}
    pages = list(oc.list_pages(teller, limit=2))
    assert all(len(page) <= 2 for page in pages)
    listed = [case.number for page in pages for case in page]
    assert len(listed) == 7 and set(listed) == numbers
    assert oc.list_cases(teller, product=["loans"]) == []
    assert len(oc.list_cases(teller, limit=0xffffffff)) == 7


def ring(teller, bell):
    """Registers until the bell rings, which a subscription on its way may miss."""
    for _ in range(RINGS):
        done = oc.register(teller, MATTER, WORDS)
        heard = bell.hear(200)
        if heard:
            return done, heard
    raise AssertionError("the bell never rang")


def test_the_bell_rings_and_changes_tell(office, dial):
    teller, handler = dial(office, "teller"), dial(office, "handler")
    before, position = oc.changes(handler, topics=["cases"])
    assert before == []
    with oc.Bell(handler, "cases") as bell:
        done, (topic, _) = ring(teller, bell)
    assert topic == "cases"
    new, position = oc.changes(handler, position, ["cases"])
    assert (new[-1].type, new[-1].number, new[-1].actor) == ("registered", done.number, "teller")
    assert (new[-1].record, new[-1].position) == (done.record, done.position)
    office.stop()
    office.start()
    teller, handler = dial(office, "teller"), dial(office, "handler")
    assert oc.changes(handler, position, ["cases"])[0] == []
    later = oc.register(teller, MATTER, WORDS)
    again, _ = oc.changes(handler, position, ["cases"])
    assert [change.number for change in again] == [later.number]


def test_changes_come_once_in_pages_of_one(office, dial):
    teller, handler = dial(office, "teller"), dial(office, "handler")
    number = oc.register(teller, MATTER, WORDS).number
    work_to_closed(handler, number)
    seen, _ = oc.changes(handler, topics=["cases"], limit=1)
    assert [change.type for change in seen] == ["registered", "resolved", "answered", "closed"]
    positions = [change.position for change in seen]
    assert len(set(positions)) == len(positions)
