#!/usr/bin/python3
"""Verifies an exported log without Ombud. Written from proto/README.md alone.

    ombud log export OFFICE --certificates | outsider_verify.py --anchor-file keys/anchor.pub

Exit code 0 and a summary when everything holds, 1 and the first problem in words when not.
"""

import argparse
import base64
import binascii
import contextlib
import functools
import hashlib
import json
import re
import sys
from dataclasses import dataclass, field

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

HEADER_MAX = 262144
PART_MAX = 524288
PATH_MAX = 16
LIST_MAX = 65536
LINE_MAX = 512
ROOT_CERTIFY_DEPTH = 8
ZERO = bytes(32)
CODE = re.compile(r"[a-z0-9-]{1,96}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
INSTANT_MIN, INSTANT_MAX = -62135596800000, 253402300799999  # the years 1 to 9999

RECORD_FIELDS = {"office", "incarnation", "seq", "header", "digest", "prev", "index", "path",
                 "signature", "key"}
CERTIFICATE_FIELDS = {"digest", "issuer", "office", "signing_key", "certificate", "signatures"}

# name, kind and, of bytes, the lengths that are allowed
HEADER = {
    1: ("version", "uint32"), 2: ("office", "bytes", 16), 3: ("incarnation", "bytes", 12),
    4: ("seq", "uint64"), 5: ("prev", "bytes", 32), 6: ("time_ms", "instant"),
    7: ("key", "bytes", 16), 8: ("salt", "bytes", 16), 9: ("actor", "code"),
    10: ("case_id", "message"), 11: ("after", "bytes", 0, 32),
    12: ("body_digest", "bytes", 0, 32), 13: ("body_size", "uint32"),
    14: ("grants_digest", "bytes", 0, 32), 15: ("grants_size", "uint32"),
    16: ("extract_digest", "bytes", 0, 32), 17: ("extract_size", "uint32"),
    18: ("facts", "message"),
}
CASE_ID = {
    1: ("home", "bytes", 16), 2: ("incarnation", "bytes", 12), 3: ("year", "uint32"),
    4: ("serial", "uint64"),
}
CERTIFICATE = {
    1: ("version", "uint32"), 2: ("office", "bytes", 16), 3: ("code", "code"),
    4: ("name", "text"), 5: ("kind", "code"), 6: ("parent", "bytes", 0, 16),
    7: ("signing_key", "bytes", 32), 8: ("transport_key", "bytes", 32),
    9: ("sealing_key", "bytes", 32), 10: ("not_before", "instant"),
    11: ("not_after", "instant"), 12: ("issuer", "bytes", 32), 13: ("depth", "uint32"),
    14: ("certify_depth", "uint32"), 15: ("service", "bool"), 16: ("previous", "bytes", 0, 32),
    17: ("succeeds", "list", 16),
}
WIRE_TYPE = {"uint32": 0, "uint64": 0, "instant": 0, "bool": 0}
FACTS_REGISTERED = 1


class Problem(Exception):
    """Something that does not hold, in words."""


def need(condition, words):
    if not condition:
        raise Problem(words)


# --- bytes -----------------------------------------------------------------------------------

def tagged_hash(tag, *parts):
    return hashlib.blake2b(b"ombud/%s/1\0" % tag + b"".join(parts), digest_size=32).digest()


@functools.lru_cache(maxsize=4096)
def signature_holds(key, signature, message):
    try:
        VerifyKey(key).verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


def read_varint(data, at):
    """One varint in its shortest form; gives the value and the place behind it."""
    value = 0
    for count in range(10):
        need(at < len(data), "a varint is cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << (7 * count)
        if byte < 0x80:
            need(byte != 0 or count == 0, "a varint is longer than it needs")
            need(value < 1 << 64, "a varint is beyond 64 bits")
            return value, at
    raise Problem("a varint is longer than 10 bytes")


def wire_items(data):
    """The fields of an encoded message as they follow: number, wire type, value."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        number, wire_type = tag >> 3, tag & 7
        need(0 < number < 1 << 29, "a field has no proper number")
        if wire_type == 0:
            value, at = read_varint(data, at)
        else:
            need(wire_type in (1, 2, 5), f"field {number} has wire type {wire_type}")
            size = {1: 8, 5: 4}.get(wire_type)
            if wire_type == 2:
                size, at = read_varint(data, at)
            need(size <= len(data) - at, f"field {number} is cut off")
            value, at = data[at:at + size], at + size
        yield number, wire_type, value


def read_text(value):
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem("is not UTF-8") from None
    need(not CONTROL.search(text), "holds a control character")
    return text


def read_value(kind, lengths, value):
    """A wire value as what its field says; the problem's words lack the field's name."""
    if kind in ("bytes", "list"):
        need(len(value) in lengths, f"has {len(value)} bytes")
    elif kind == "code":
        value = read_text(value)
        need(CODE.fullmatch(value), "is no code")
    elif kind == "text":
        need(len(value) <= LINE_MAX, "is too long")
        value = read_text(value)
    elif kind == "uint32":
        need(value < 1 << 32, "is beyond 32 bits")
    elif kind == "bool":
        need(value < 2, "is neither true nor false")
    elif kind == "instant":
        value -= (value >> 63) << 64
        need(INSTANT_MIN <= value <= INSTANT_MAX, "is outside the years 1 to 9999")
    return value


def read_message(data, fields):
    """Decodes strictly by a table of fields. Fields that are not said are absent."""
    said, newest = {}, 0
    for number, wire_type, value in wire_items(data):
        need(number in fields, f"unknown field {number}")
        name, kind, *lengths = fields[number]
        need(number > newest or (number == newest and kind == "list"),
             f"{name} is out of order or there twice")
        newest = number
        need(wire_type == WIRE_TYPE.get(kind, 2), f"{name} has the wrong wire type")
        try:
            value = read_value(kind, lengths, value)
        except Problem as problem:
            raise Problem(f"{name} {problem}") from None
        if kind == "list":
            said.setdefault(name, []).append(value)
            need(len(said[name]) <= LIST_MAX, f"{name} has too many items")
        else:
            said[name] = value
    return said


# --- JSON ------------------------------------------------------------------------------------

def no_field_twice(pairs):
    result = dict(pairs)
    need(len(result) == len(pairs), "a JSON field is there twice")
    return result


def exact_fields(value, names, what):
    need(isinstance(value, dict), f"{what} is not an object")
    strange = set(value) ^ names
    need(not strange, f"{what}: fields missing or unknown: {', '.join(sorted(strange))}")


def number_of(value, name):
    need(type(value) is int and 0 <= value < 1 << 64, f"{name} is not a number")
    return value


def bytes_of(value, name):
    """Standard base64 with padding, in its one canonical form."""
    need(isinstance(value, str), f"{name} is not a text")
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Problem(f"{name} is not base64") from None
    need(base64.b64encode(data).decode() == value, f"{name} is not canonical base64")
    return data


def list_of(value, name):
    need(isinstance(value, list), f"{name} is not a list")
    return value


def same(exported, true, name):
    need(exported == true, f"{name} is not what the signed bytes say")


# --- certificates ----------------------------------------------------------------------------

class Certificate:
    """An exported certificate; its own bytes are checked, its issuer is not yet."""

    def __init__(self, row):
        exact_fields(row, CERTIFICATE_FIELDS, "certificate")
        data = bytes_of(row["certificate"], "certificate")
        self.signed = b"ombud/certificate/1\0" + data
        self.digest = tagged_hash(b"certificate", data)
        same(bytes_of(row["digest"], "digest"), self.digest, "digest")
        said = read_message(data, CERTIFICATE)
        need(said.get("version") == 1, "version is not 1")
        for name in ("office", "code", "signing_key", "transport_key", "sealing_key", "issuer"):
            need(name in said, f"{name} is absent")
        self.office, self.code = said["office"], said["code"]
        self.signing_key, self.issuer = said["signing_key"], said["issuer"]
        self.parent = said.get("parent", b"")
        self.previous = said.get("previous", b"")
        self.depth = said.get("depth", 0)
        self.certify_depth = said.get("certify_depth", 0)
        same(bytes_of(row["issuer"], "issuer"), self.issuer, "issuer")
        same(bytes_of(row["signing_key"], "signing_key"), self.signing_key, "signing_key")
        same(row["office"], self.code, "office")
        self.signatures = []
        for one in list_of(row["signatures"], "signatures"):
            exact_fields(one, {"key", "signature"}, "signature")
            self.signatures.append((bytes_of(one["key"], "key"),
                                    bytes_of(one["signature"], "signature")))
        need(self.signatures, "there is no signature")


def check_certificate(certificate, known, anchor, trusted):
    """Checks one step up, and all above it first; `trusted` collects those that hold."""
    if certificate.digest in trusted:
        return
    if certificate.issuer == tagged_hash(b"anchor", anchor):
        key, parent, depth = anchor, b"", 0
        need(certificate.certify_depth == ROOT_CERTIFY_DEPTH, "certify_depth is not the root's")
    else:
        issuer = known.get(certificate.issuer)
        need(issuer, "its issuer is neither here nor the anchor")
        check_certificate(issuer, known, anchor, trusted)
        key, parent, depth = issuer.signing_key, issuer.office, issuer.depth + 1
        need(certificate.certify_depth < issuer.certify_depth, "certify_depth is too great")
    need(certificate.signatures[0][0] == key, "the first signature names another key")
    for signer, signature in certificate.signatures:
        need(signature_holds(signer, signature, certificate.signed), "a signature is false")
    need(certificate.parent == parent, "parent is not the issuer's office")
    need(certificate.depth == depth, "depth is not the issuer's + 1")
    if certificate.previous:
        previous = known.get(certificate.previous)
        need(previous, "the certificate before it is not here")
        check_certificate(previous, known, anchor, trusted)
        need(previous.office == certificate.office, "the one before is of another office")
    else:
        made = tagged_hash(b"office", certificate.code.encode(), certificate.signing_key)[:16]
        need(certificate.office == made, "the office id is not made from code and key")
    trusted[certificate.digest] = certificate


# --- records ---------------------------------------------------------------------------------

@dataclass
class Record:
    line: int
    digest: bytes
    said: dict

    def place(self):
        return self.said["incarnation"], self.said["seq"]


def read_header(data):
    need(len(data) <= HEADER_MAX, "the header is too long")
    said = read_message(data, HEADER)
    need(said.get("version") == 1, "version is not 1")
    for name in ("office", "incarnation", "seq", "prev", "key", "salt", "actor", "facts"):
        need(name in said, f"{name} is absent")
    need(said["seq"] > 0, "seq is 0")
    for part in ("body", "grants", "extract"):
        size, digest = said.get(f"{part}_size", 0), said.get(f"{part}_digest", b"")
        need(bool(size) == bool(digest), f"{part}: digest and size disagree")
        need(size <= PART_MAX, f"{part} is too long")
    case_id = None
    if "case_id" in said:
        case_id = read_message(said["case_id"], CASE_ID)
    if any(number == FACTS_REGISTERED for number, _, _ in wire_items(said["facts"])):
        need(case_id, "a registration names no case")
        need(case_id.get("home") == said["office"], "the case has another home")
        need(case_id.get("incarnation") == said["incarnation"], "the case is of another life")
    return said


def climb(digest, index, path):
    need(len(path) <= PATH_MAX, "the path is too long")
    need(index >> len(path) == 0, "index has bits beyond the path")
    node = digest
    for level, sibling in enumerate(path):
        need(len(sibling) == 32, "a sibling has not 32 bytes")
        pair = (sibling, node) if index >> level & 1 else (node, sibling)
        node = tagged_hash(b"node", *pair)
    return node


def check_record(row, line, by_key):
    exact_fields(row, RECORD_FIELDS, "record")
    header = bytes_of(row["header"], "header")
    digest = tagged_hash(b"record", header)
    same(bytes_of(row["digest"], "digest"), digest, "digest")
    said = read_header(header)
    for name in ("incarnation", "prev", "key"):
        same(bytes_of(row[name], name), said[name], name)
    same(number_of(row["seq"], "seq"), said["seq"], "seq")
    certificate = by_key.get(said["key"])
    need(certificate, "no verified certificate has this key")
    need(said["office"] == certificate.office, "its key is another office's")
    same(row["office"], certificate.code, "office")
    path = [bytes_of(one, "path") for one in list_of(row["path"], "path")]
    root = climb(digest, number_of(row["index"], "index"), path)
    need(signature_holds(certificate.signing_key, bytes_of(row["signature"], "signature"),
                         b"ombud/batch/1\0" + root), "the signature is false")
    return Record(line, digest, said)


def check_chain(records):
    """The records of one office: linked, without gaps, through all incarnations."""
    earlier, incarnation, before = set(), None, None
    digests = set()
    for record in sorted(records, key=Record.place):
        said = record.said
        where = f"line {record.line}"
        if said["incarnation"] != incarnation:
            earlier |= digests
            need(said["seq"] == 1, f"{where}: an incarnation does not begin with seq 1")
            need(said["prev"] in earlier or said["prev"] == ZERO,
                 f"{where}: the incarnation does not follow on an earlier one")
            incarnation = said["incarnation"]
        else:
            need(said["seq"] == before.said["seq"] + 1, f"{where}: a gap before this seq")
            need(said["prev"] == before.digest, f"{where}: prev is not the record before")
            need(said.get("time_ms", 0) >= before.said.get("time_ms", 0),
                 f"{where}: the time falls")
        digests.add(record.digest)
        before = record


# --- the whole -------------------------------------------------------------------------------

@dataclass
class Summary:
    records: int = 0
    certificates: int = 0
    incarnations: set = field(default_factory=set)

    def __str__(self):
        return (f"{self.records} records of {len(self.incarnations)} incarnations and "
                f"{self.certificates} certificates hold")


@contextlib.contextmanager
def at_line(line):
    """Puts the number of the line before a problem's words."""
    try:
        yield
    except Problem as problem:
        raise Problem(f"line {line}: {problem}") from None


def read_rows(text):
    """The lines as (line number, object), certificates and records apart."""
    certificates, records = [], []
    *lines, rest = text.split("\n")
    need(not rest, "the last line is cut off")
    for line, one in enumerate(lines, 1):
        with at_line(line):
            try:
                row = json.loads(one, object_pairs_hook=no_field_twice)
            except (ValueError, RecursionError):
                raise Problem("not JSON") from None
            need(isinstance(row, dict), "not an object")
        (records if "header" in row else certificates).append((line, row))
    return certificates, records


def verify(text, anchor):
    """Verifies an export up to the anchor's public key; a Summary, or a Problem is raised."""
    certificate_rows, record_rows = read_rows(text)
    known, lines, trusted = {}, {}, {}
    for line, row in certificate_rows:
        with at_line(line):
            certificate = Certificate(row)
            need(certificate.digest not in known, "this certificate came before")
            known[certificate.digest] = certificate
            lines[certificate.digest] = line
    for certificate in known.values():
        with at_line(lines[certificate.digest]):
            check_certificate(certificate, known, anchor, trusted)
    by_key = {digest[:16]: certificate for digest, certificate in trusted.items()}
    logs = {}
    summary = Summary(certificates=len(trusted))
    for line, row in record_rows:
        with at_line(line):
            record = check_record(row, line, by_key)
        logs.setdefault(record.said["office"], []).append(record)
        summary.incarnations.add((record.said["office"], record.said["incarnation"]))
        summary.records += 1
    need(summary.records, "there are no records")
    for records in logs.values():
        check_chain(records)
    return summary


def read_anchor_file(path):
    """The public key of a key file."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    need(lines[:1] == ["ombud-key 1"], f"{path} is no key file")
    said = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    need("public" in said, f"{path} holds no public key")
    return read_anchor(said["public"])


def read_anchor(text):
    need(re.fullmatch(r"[0-9a-fA-F]{64}", text), "the anchor is not 64 hex digits")
    return bytes.fromhex(text)


def read_export(data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem("the export is not UTF-8") from None


def main():
    parser = argparse.ArgumentParser(description="Verifies an exported log.")
    anchor = parser.add_mutually_exclusive_group(required=True)
    anchor.add_argument("--anchor", metavar="HEX", help="the anchor's public key")
    anchor.add_argument("--anchor-file", metavar="FILE", help="the key file that holds it")
    parser.add_argument("export", nargs="?", help="the exported lines; standard input if absent")
    args = parser.parse_args()
    try:
        key = read_anchor(args.anchor) if args.anchor else read_anchor_file(args.anchor_file)
        if args.export:
            with open(args.export, "rb") as file:
                data = file.read()
        else:
            data = sys.stdin.buffer.read()
        print(verify(read_export(data), key))
    except (Problem, OSError, RecursionError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
