"""A verifier written from proto/README.md alone holds what an office wrote to be true."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from nacl.signing import SigningKey

import outsider_client as oc
import outsider_verify as ov
from conftest import ROOT

VERIFIER = Path(ov.__file__)
ANCHOR, ROOT_KEY, OLD_KEY, NEW_KEY = (SigningKey(bytes([seed]) * 32) for seed in range(1, 5))
ROOT_ID = ov.tagged_hash(b"office", b"ho", bytes(ROOT_KEY.verify_key))[:16]
BRANCH_ID = ov.tagged_hash(b"office", b"vsp", bytes(OLD_KEY.verify_key))[:16]
UNKNOWN_FIELD = b"\xf8\x3f\x01"  # number 1023, a varint


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
    anchor = ov.read_anchor_file(office.dir / "keys/anchor.pub").hex()
    assert office.ombud("office", "show", office.code, "--json").json()["anchor"] == anchor


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
