"""Does the worked example of proto/README.md hold? Computed without any code of this project."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import nacl.exceptions
import nacl.signing
import pytest

PROTO = Path(__file__).resolve().parents[2] / "proto"


def tagged_hash(tag, *parts):
    return hashlib.blake2b(b"".join((tag.encode(), b"\0", *parts)), digest_size=32).digest()


def check_signature(key, tag, message, signature):
    nacl.signing.VerifyKey(key).verify(tag.encode() + b"\0" + message, signature)


def climb(leaf, index, path):
    assert index >> len(path) == 0
    node = leaf
    for level, sibling in enumerate(path):
        pair = (sibling, node) if index >> level & 1 else (node, sibling)
        node = tagged_hash("ombud/node/1", *pair)
    return node


@pytest.fixture(scope="module")
def example():
    text = (PROTO / "README.md").read_text()
    block = re.search(r"## A worked example.*?```\n(.*?)```", text, re.S).group(1)
    values, name = {}, None
    for line in block.splitlines():
        head, *rest = line.split()
        if line[0] != " ":
            name, head = head, rest[0]
            values[name] = ""
        values[name] += head
    return {name: int(value) if name.startswith("index") else bytes.fromhex(value)
            for name, value in values.items()}


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    out = tmp_path_factory.mktemp("proto")
    subprocess.run(["protoc", f"--proto_path={PROTO}", f"--python_out={out}",
                    *map(str, sorted(PROTO.glob("*.proto")))], check=True)
    sys.path.insert(0, str(out))
    import certificate_pb2
    import record_pb2
    yield certificate_pb2.Certificate, record_pb2.Header
    sys.path.remove(str(out))


def test_the_certificate_leads_to_the_anchor(example, messages):
    certificate = messages[0].FromString(example["certificate"])
    assert tagged_hash("ombud/certificate/1", example["certificate"]) == \
        example["certificate-digest"]
    check_signature(example["anchor"], "ombud/certificate/1", example["certificate"],
                    example["certificate-signature"])
    assert certificate.issuer == example["issuer"] == tagged_hash("ombud/anchor/1",
                                                                  example["anchor"])
    assert certificate.signing_key == example["signing-key"]
    assert certificate.office == example["office"] == tagged_hash(
        "ombud/office/1", certificate.code.encode(), example["signing-key"])[:16]
    assert (certificate.depth, certificate.certify_depth, certificate.parent) == (0, 8, b"")


def test_the_records_are_a_chain(example, messages):
    prev = bytes(32)
    for number in (1, 2, 3):
        header = messages[1].FromString(example[f"header-{number}"])
        assert (header.version, header.seq, header.actor) == (1, number, "t17")
        assert header.office == example["office"]
        assert header.incarnation[:4] == bytes([0, 0, 0, 1]) and len(header.incarnation) == 12
        assert header.key == example["certificate-digest"][:16]
        assert header.prev == prev
        assert header.facts.WhichOneof("event") == "visits_reported"
        prev = tagged_hash("ombud/record/1", example[f"header-{number}"])
        assert prev == example[f"digest-{number}"]


def test_every_record_climbs_to_the_signed_root(example):
    for number in (1, 2, 3):
        path = [value for name, value in example.items() if name.startswith(f"path-{number}.")]
        assert len(path) == (2, 2, 1)[number - 1]
        assert climb(example[f"digest-{number}"], example[f"index-{number}"], path) == \
            example["root"]
    check_signature(example["signing-key"], "ombud/batch/1", example["root"],
                    example["signature"])


def test_a_changed_byte_does_not_verify(example):
    changed = bytearray(example["header-2"])
    changed[-1] ^= 1
    root = climb(tagged_hash("ombud/record/1", bytes(changed)), example["index-2"],
                 [example["path-2.0"], example["path-2.1"]])
    with pytest.raises(nacl.exceptions.BadSignatureError):
        check_signature(example["signing-key"], "ombud/batch/1", root, example["signature"])
