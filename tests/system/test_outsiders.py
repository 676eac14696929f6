"""Programs written from proto/README.md alone work with a real office and verify what it wrote."""

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nacl.bindings
import nacl.pwhash
import pytest
import zmq
import zmq.utils.monitor
from nacl.signing import SigningKey

import outsider_client as oc
import outsider_verify as ov
from conftest import ROOT

MATTER = {"channel": "in-person", "product": "cards", "issue": "fees"}
WORDS = {"client": {"name": "Client 17"}, "narrative": "A fee was charged twice"}
VERIFIER = Path(ov.__file__)
RINGS = 100
ANCHOR, ROOT_KEY, OLD_KEY, NEW_KEY = (SigningKey(bytes([seed]) * 32) for seed in range(1, 5))
ROOT_ID = ov.tagged_hash(b"office", b"ho", bytes(ROOT_KEY.verify_key))[:16]
BRANCH_ID = ov.tagged_hash(b"office", b"vsp", bytes(OLD_KEY.verify_key))[:16]
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
    endpoint = re.search(r"listen=(tcp://\S+)", office.log_text())[1]
    story_of_a_case(office, dial, endpoint)


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
    for data in (b"\xff" * 40, b"\x0a", bytes(range(256)), registration().SerializeToString()[:-1]):
        teller.send(data)
        error = teller.receive().error
        assert error.code == "invalid" and error.words
    assert oc.status(teller).operator == "teller"


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


def test_the_role_decides(office, dial):
    analyst = dial(office, "analyst")
    assert refusal(analyst, registration()).code == "forbidden"


# --- pages, changes, the bell ----------------------------------------------------------------

def test_cursors_walk_the_list(office, dial):
    teller = dial(office, "teller")
    numbers = {oc.register(teller, MATTER, WORDS).number for _ in range(7)}
    pages = list(oc.list_pages(teller, limit=2))
    assert all(len(page) <= 2 for page in pages)
    listed = [case.number for page in pages for case in page]
    assert len(listed) == 7 and set(listed) == numbers
    assert oc.list_cases(teller, product=["loans"]) == []


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


# --- the verifier ----------------------------------------------------------------------------

def worked_example():
    """The example of proto/README.md as the lines that an export of it would have."""
    text = (ROOT / "proto/README.md").read_text()
    said = {}
    for block in re.findall(r"```\n(anchor .*?)```", text, re.S):
        for name, value in re.findall(r"^(\S+) +((?:\S+\n +)*\S+)$", block, re.M):
            said[name] = "".join(value.split())
    b64 = {name: base64.b64encode(bytes.fromhex(value)).decode()
           for name, value in said.items() if not name.startswith("index")}
    lines = [{"digest": b64["certificate-digest"], "issuer": b64["issuer"], "office": "ho",
              "signing_key": b64["signing-key"], "certificate": b64["certificate"],
              "signatures": [{"key": b64["anchor"], "signature": b64["certificate-signature"]}]}]
    prev = bytes(32)
    for number in "123":
        lines.append({
            "office": "ho", "seq": int(number), "header": b64[f"header-{number}"],
            "incarnation": base64.b64encode(b"\0\0\0\1" + b"\5" * 8).decode(),
            "digest": b64[f"digest-{number}"], "prev": base64.b64encode(prev).decode(),
            "index": int(said[f"index-{number}"]),
            "path": [value for name, value in b64.items() if name.startswith(f"path-{number}.")],
            "signature": b64["signature"],
            "key": base64.b64encode(bytes.fromhex(said["certificate-digest"])[:16]).decode()})
        prev = bytes.fromhex(said[f"digest-{number}"])
    export = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    return export, bytes.fromhex(said["anchor"])


def every_byte_counts(export, anchor):
    """Changes each byte of an export in two ways: none may be taken for true."""
    data = export.encode()
    for at, byte in enumerate(data):
        for mask in (1, 1 << at % 7):
            changed = bytearray(data)
            changed[at] = byte ^ mask
            with pytest.raises(ov.Problem):
                ov.verify(changed.decode(), anchor)


def test_the_worked_example():
    export, anchor = worked_example()
    summary = ov.verify(export, anchor)
    assert (summary.records, summary.certificates) == (3, 1)
    every_byte_counts(export, anchor)


def line_of(**values):
    """A line of an export; bytes become base64."""
    return json.dumps(values, default=lambda data: base64.b64encode(data).decode()) + "\n"


def certify(signer, key, **said):
    """A certificate's digest and its line."""
    data = oc.certificates.Certificate(
        version=1, name="Office", kind="branch", signing_key=bytes(key.verify_key),
        transport_key=b"t" * 32, sealing_key=b"s" * 32, **said).SerializeToString()
    signature = signer.sign(b"ombud/certificate/1\0" + data).signature
    digest = ov.tagged_hash(b"certificate", data)
    return digest, line_of(
        digest=digest, issuer=said["issuer"], office=said["code"],
        signing_key=bytes(key.verify_key), certificate=data,
        signatures=[{"key": bytes(signer.verify_key), "signature": signature}])


def sign_header(digest, key, data, said):
    return line_of(
        office="vsp", incarnation=said["incarnation"], seq=said["seq"], header=data,
        digest=ov.tagged_hash(b"record", data), prev=said["prev"], index=0, path=[],
        signature=key.sign(b"ombud/batch/1\0" + ov.tagged_hash(b"record", data)).signature,
        key=digest[:16])


def family_export(certificate=None, header=None, behind=b""):
    """A branch below a root, with new keys for its second record; the newest may be bent."""
    issuer = ov.tagged_hash(b"anchor", bytes(ANCHOR.verify_key))
    root, root_line = certify(ANCHOR, ROOT_KEY, office=ROOT_ID, code="ho", issuer=issuer,
                              certify_depth=8)
    branch = {"office": BRANCH_ID, "code": "vsp", "parent": ROOT_ID, "issuer": root, "depth": 1}
    first, first_line = certify(ROOT_KEY, OLD_KEY, **branch)
    later, later_line = certify(ROOT_KEY, NEW_KEY,
                                **{**branch, "previous": first, **(certificate or {})})
    said = {"version": 1, "office": BRANCH_ID, "incarnation": b"\0\0\0\1" + b"i" * 8, "seq": 1,
            "prev": bytes(32), "time_ms": 1000, "key": first[:16], "salt": b"s" * 16,
            "actor": "system", "facts": {"closed": {}}}
    data = oc.records.Header(**said).SerializeToString()
    lines = [root_line, first_line, later_line, sign_header(first, OLD_KEY, data, said)]
    said.update({"seq": 2, "prev": ov.tagged_hash(b"record", data), "key": later[:16],
                 **(header or {})})
    data = oc.records.Header(**said).SerializeToString() + behind
    return "".join([*lines, sign_header(later, NEW_KEY, data, said)])


def test_a_branch_with_new_keys():
    anchor = bytes(ANCHOR.verify_key)
    new_event = oc.records.Facts.FromString(b"\xa2\x3f\x00")
    for header in ({}, {"time_ms": 1001}, {"facts": new_event}):
        assert ov.verify(family_export(header=header), anchor).certificates == 3
    every_byte_counts(family_export(), anchor)


@pytest.mark.parametrize("bent", [
    {"certificate": {"depth": 0}}, {"certificate": {"depth": 2}},
    {"certificate": {"certify_depth": 8}}, {"certificate": {"parent": b""}},
    {"certificate": {"parent": BRANCH_ID}}, {"certificate": {"previous": b""}},
    {"certificate": {"previous": bytes(32)}}, {"certificate": {"issuer": bytes(32)}},
    {"certificate": {"office": ROOT_ID}}, {"certificate": {"code": "Vsp"}},
    {"certificate": {"succeeds": [b"short"]}},
    {"header": {"seq": 3}}, {"header": {"seq": 1}}, {"header": {"prev": bytes(32)}},
    {"header": {"time_ms": 999}}, {"header": {"office": ROOT_ID}}, {"header": {"version": 2}},
    {"header": {"actor": ""}}, {"header": {"salt": b""}}, {"header": {"body_size": 5}},
    {"header": {"body_digest": bytes(32)}}, {"header": {"after": b"short"}},
    {"header": {"facts": {"registered": {}}}},
    {"header": {"facts": {"registered": {}}, "case_id": {"home": ROOT_ID}}},
    {"behind": UNKNOWN_FIELD}, {"behind": b"\x08\x01"}, {"behind": b"\xf8"},
])
def test_what_is_signed_but_wrong(bent):
    with pytest.raises(ov.Problem):
        ov.verify(family_export(**bent), bytes(ANCHOR.verify_key))


def fields_of(row, place=()):
    """The places of all values in an exported object: ("path", 0), ("signatures", 0, "key")."""
    for key in row if isinstance(row, dict) else range(len(row)):
        if isinstance(row[key], (dict, list)):
            yield from fields_of(row[key], (*place, key))
        else:
            yield (*place, key)


def changed_values(value):
    """A value of an exported field with each of its bytes changed, or a number with each bit."""
    if isinstance(value, int):
        return [value ^ 1 << bit for bit in range(20)]
    try:
        data = base64.b64decode(value, validate=True)
    except ValueError:
        data = b""
    if base64.b64encode(data).decode() != value:
        data = value.encode()
        return [(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]).decode()
                for at in range(len(data))]
    return [base64.b64encode(data[:at] + bytes([data[at] ^ 0x80]) + data[at + 1:]).decode()
            for at in range(len(data))]


def every_field_counts(export, anchor):
    """Changes each byte of each field's value in each line."""
    rows = [json.loads(line) for line in export.splitlines()]
    for row in rows:
        for *way, last in fields_of(row):
            holder = row
            for key in way:
                holder = holder[key]
            true = holder[last]
            for value in changed_values(true):
                holder[last] = value
                with pytest.raises(ov.Problem):
                    ov.verify("".join(json.dumps(one) + "\n" for one in rows), anchor)
            holder[last] = true


def place_in_chain(line):
    row = json.loads(line)
    return base64.b64decode(row["incarnation"]), row["seq"]


def every_record_counts(export, anchor):
    """Leaves out, doubles and mixes lines: only their order and the newest may change."""
    lines = export.splitlines(keepends=True)
    ov.verify("".join(reversed(lines)), anchor)
    newest = max((line for line in lines if '"seq"' in line), key=place_in_chain)
    for at, line in enumerate(lines):
        with pytest.raises(ov.Problem):
            ov.verify(export + line, anchor)
        if line is not newest:
            with pytest.raises(ov.Problem):
                ov.verify("".join(lines[:at] + lines[at + 1:]), anchor)


def exported(office):
    return office.ombud("log", "export", office.code, "--certificates", code=0).out


def test_the_export_of_two_incarnations(make_office):
    office = make_office().init().start()
    anchor = ov.read_anchor_file(office.dir / "keys/anchor.pub")
    office.enrol("teller", "teller")
    before = ov.verify(exported(office), anchor)
    office.stop()
    office.start()
    office.register()
    export = exported(office)
    after = ov.verify(export, anchor)
    assert len(after.incarnations) == len(before.incarnations) + 1 >= 2
    every_byte_counts(export, anchor)
    every_field_counts(export, anchor)
    every_record_counts(export, anchor)
    with pytest.raises(ov.Problem):
        ov.verify(export, bytes([anchor[0] ^ 1]) + anchor[1:])


def test_the_anchor_is_shown(office):
    anchor = ov.read_anchor_file(office.dir / "keys/anchor.pub")
    assert anchor.hex() in office.ombud("office", "show", office.code, code=0).out


def test_the_verifier_as_a_program(office, top):
    export = exported(office)
    anchor_file = office.dir / "keys/anchor.pub"
    path = top / "export"
    path.write_text(export)
    anchor = ov.read_anchor_file(anchor_file).hex()
    for args, text in ((["--anchor", anchor, path], ""), (["--anchor-file", anchor_file], export)):
        done = subprocess.run([sys.executable, VERIFIER, *args], input=text, text=True,
                              capture_output=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "") and "certificates hold" in done.stdout
    done = subprocess.run([sys.executable, VERIFIER, "--anchor", anchor],
                          input=export.replace('"seq":1', '"seq":9', 1), text=True,
                          capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "") and "seq" in done.stderr
