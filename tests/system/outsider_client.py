"""A client of an office without Ombud: written from proto/README.md alone.

    with connect("/srv/ho", "t17.key", "transport.pub") as client:
        done = register(client, {"channel": "in-person", "product": "cards", "issue": "fees"},
                        {"narrative": "A fee was charged twice"})
        view = show(client, done.number)
"""

import hashlib
import importlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nacl.bindings
import nacl.pwhash
import zmq
import zmq.utils.z85

PROTO = Path(__file__).resolve().parents[2] / "proto"
DEADLINE_MS = 20000
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def compile_messages(*names):
    """The messages of .proto files, made by protoc in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="outsider-") as folder:
        subprocess.run(["protoc", f"--proto_path={PROTO}", f"--python_out={folder}",
                        *(f"{name}.proto" for name in names)], check=True)
        sys.path.insert(0, folder)
        try:
            return [importlib.import_module(f"{name}_pb2") for name in names]
        finally:
            sys.path.remove(folder)


records, certificates, _, messages = compile_messages("record", "certificate", "tree", "control")


class Refusal(Exception):
    """The office refused the request and did nothing of it."""

    def __init__(self, error):
        super().__init__(f"{error.code}: {error.words} ({error.field})")
        self.code, self.words, self.field = error.code, error.words, error.field


class NoAnswer(Exception):
    """Nothing came in time. A write may have been done or not: repeat the very same bytes."""


# --- keys ------------------------------------------------------------------------------------

@dataclass
class Key:
    public: bytes
    secret: bytes = b""


def unseal(sealed, above, passphrase):
    """Opens salt(16) || nonce(24) || box(48) of a key file; `above` are the lines before it."""
    salt, nonce, box = sealed[:16], sealed[16:40], sealed[40:]
    key = nacl.pwhash.argon2id.kdf(32, passphrase.encode(), salt, opslimit=2, memlimit=64 << 20)
    return nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(box, above, nonce, key)


def read_key(path, passphrase=None):
    """The key of a key file; only what ends in .pub lacks the secret."""
    key, above = Key(b""), b""
    for line in Path(path).read_bytes().splitlines(keepends=True):
        name, _, value = line.decode().strip().partition(": ")
        if name == "public":
            key.public = bytes.fromhex(value)
        elif name == "secret":
            key.secret = bytes.fromhex(value)
        elif name == "sealed":
            if passphrase is None:
                raise ValueError(f"{path} is sealed: its passphrase is needed")
            key.secret = unseal(bytes.fromhex(value), above, passphrase)
        above += line
    return key


# --- the connection --------------------------------------------------------------------------

def curve_socket(kind, key, server_public):
    """A socket that will speak CURVE with the office; not yet connected."""
    one = zmq.Context.instance().socket(kind)
    one.linger = 0
    one.curve_serverkey = zmq.utils.z85.encode(server_public)
    one.curve_publickey = zmq.utils.z85.encode(key.public)
    one.curve_secretkey = zmq.utils.z85.encode(key.secret)
    return one


def new_request(**ask):
    """A request with a fresh id: new_request(case_show={"number": "ho-2026-000001-7k"})."""
    return messages.Request(protocol=1, id=os.urandom(16), **ask)


class Client:
    """One operator's connection to one office."""

    def __init__(self, endpoint, key, server_public, kind=zmq.DEALER):
        self.endpoint, self.key, self.server_public = endpoint, key, server_public
        self.socket = curve_socket(kind, key, server_public)
        self.socket.connect(endpoint)
        self.early = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.send(data)

    def receive(self):
        """The next reply, whosever it is."""
        if not self.socket.poll(DEADLINE_MS):
            raise NoAnswer(self.endpoint)
        return messages.Reply.FromString(self.socket.recv())

    def reply_to(self, request_id):
        """The reply with this id; others that come before it are kept for their askers."""
        while request_id not in self.early:
            reply = self.receive()
            self.early[reply.id] = reply
        return self.early.pop(request_id)

    def ask(self, request):
        """Sends a request and gives the reply to it; a refusal is raised."""
        self.send(request.SerializeToString())
        reply = self.reply_to(request.id)
        if reply.HasField("error"):
            raise Refusal(reply.error)
        assert reply.WhichOneof("answer") == request.WhichOneof("ask")
        return reply


def endpoint_of(target):
    """The endpoint of an office's data directory, or the endpoint itself."""
    return str(target) if "://" in str(target) else f"ipc://{target}/run/api.sock"


def connect(target, key_file, server_key_file, kind=zmq.DEALER, passphrase=None):
    """Connects the operator of a key file to an office: its data directory or an endpoint."""
    return Client(endpoint_of(target), read_key(key_file, passphrase),
                  read_key(server_key_file).public, kind)


# --- what one asks ---------------------------------------------------------------------------

def act(client, number, event, facts=None, words=None, **more):
    """Writes one event on a case; facts and words as dictionaries, `more` the rest of an Act."""
    if words is not None:
        more["body"] = {event: words}
    request = new_request(act={"number": number, "facts": {event: facts or {}}, **more})
    return client.ask(request).act


def register(client, matter, words, **more):
    return act(client, "", "registered", {"matter": matter}, words, **more)


def status(client):
    return client.ask(new_request(status={})).status


def show(client, number):
    return client.ask(new_request(case_show={"number": number})).case_show


def list_pages(client, limit=0, **wanted):
    """The pages of the list of cases: the summaries of each, however few it holds."""
    cursor = ""
    while True:
        page = client.ask(new_request(case_list={
            "filter": wanted, "cursor": cursor, "limit": limit})).case_list
        yield list(page.cases)
        cursor = page.cursor
        if not cursor:
            return


def list_cases(client, limit=0, **wanted):
    return [case for page in list_pages(client, limit, **wanted) for case in page]


def changes(client, since="", topics=(), limit=0):
    """What happened behind a position, and the position to go on from."""
    seen = []
    while True:
        answer = client.ask(new_request(changes={
            "since": since, "topics": topics, "limit": limit})).changes
        seen += answer.changes
        if answer.next == since:
            return seen, since
        since = answer.next


class Bell:
    """Rings when something happened. It may be lost: what happened is asked by `changes`."""

    def __init__(self, client, *topics):
        self.socket = curve_socket(zmq.SUB, client.key, client.server_public)
        for topic in topics or ("",):
            self.socket.subscribe(topic)
        self.socket.connect(bell_endpoint(status(client).bell, client.endpoint))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def hear(self, wait_ms=DEADLINE_MS):
        """The topic that rang and the position of its newest change; None: it did not ring."""
        if not self.socket.poll(wait_ms):
            return None
        topic, position = self.socket.recv_multipart()
        return topic.decode(), position.decode()


def check_characters(number, home, incarnation):
    """The two characters that a case's number must end in; `home` is the office's id."""
    total = 0
    for byte in number.lower().rpartition("-")[0].encode():
        total = (10 * total + byte) % 1021
    life = hashlib.blake2b(b"ombud/number/1\0" + home + incarnation, digest_size=32).digest()
    check = (total + int.from_bytes(life[:8], "big")) % 1021
    return DIGITS[check // 32] + DIGITS[check % 32]


def bell_endpoint(bell, asked_at):
    """The bell's endpoint with the host that the office was reached at, where it names none."""
    host, _, port = bell.removeprefix("tcp://").rpartition(":")
    if bell.startswith("tcp://") and host in ("0.0.0.0", "*", "[::]"):
        return f"{asked_at.rpartition(':')[0]}:{port}"
    return bell
