"""One end of a link between offices, without Ombud: written from proto/ alone.

A Peer has the keys and the certificate of an office whose daemon is down. `call` makes it a child
that greets its parent, `await_child` a parent that a child calls. What it says is up to the test.
"""

import hashlib
import os
import time

import nacl.signing
import zmq
import zmq.utils.z85

import outsider_client as oc
import outsider_verify as ov

(link,) = oc.compile_messages("link")
PARTS = ("body", "grants", "extract")


class Silence(Exception):
    """What was awaited did not come."""


class Refused(Exception):
    def __init__(self, refuse):
        super().__init__(f"{refuse.code}: {refuse.words}")
        self.code, self.words = refuse.code, refuse.words


class Peer:
    """An office that lies on the disk: its identity, and a life of its log of its own making."""

    def __init__(self, office, parent):
        self.office = office
        shown = office.ombud("office", "show", office.code, "--json").json()
        self.id = bytes.fromhex(shown["id"])
        self.above = b""  # the id of its parent
        if shown["parent"]:
            self.above = bytes.fromhex(
                office.ombud("office", "show", shown["parent"], "--json").json()["id"])
        self.certificate = bytes.fromhex(shown["certificate"])
        self.signing = nacl.signing.SigningKey(oc.read_key(office.dir / "keys/signing.key").secret)
        self.transport = oc.read_key(office.dir / "keys/transport.key")
        self.parent = parent  # its data directory
        self.epoch = os.urandom(16)
        self.begin(1000, bytes(32))

    # --- the log -----------------------------------------------------------------------------

    def begin(self, number, prev):
        """Opens a life of the log."""
        self.life = number.to_bytes(4, "big") + os.urandom(8)
        self.seq, self.prev, self.number = 0, prev, number

    def write(self, event, what, parts=None, signer=None, behind=b"", **header):
        """The next record of the log; what `header` says instead is taken as it is, and so are the
        bytes behind it."""
        said = {"version": 1, "office": self.id, "incarnation": self.life, "seq": self.seq + 1,
                "prev": self.prev, "time_ms": int(time.time() * 1000),
                "key": self.certificate[:16], "salt": os.urandom(16), "actor": "system",
                "facts": {event: what}}
        for name, data in (parts or {}).items():
            said[f"{name}_digest"] = ov.tagged_hash(name.encode(), data)
            said[f"{name}_size"] = len(data)
        said.update(header)
        data = oc.records.Header(**said).SerializeToString() + behind
        self.seq, self.prev = said["seq"], ov.tagged_hash(b"record", data)
        signature = (signer or self.signing).sign(b"ombud/batch/1\0" + self.prev).signature
        return oc.records.Record(header=data, proof={"signature": signature}, **(parts or {}))

    def note(self, parts=None, **more):
        """A record that any office may write, and that concerns no case."""
        return self.write("assist_raised", {"reason": "queue"}, parts, **more)

    # --- frames ------------------------------------------------------------------------------

    def hello(self, **more):
        said = {"protocol_min": 1, "protocol_max": 1, "office": self.id,
                "store_epoch": self.epoch, "clock": int(time.time() * 1000),
                "software": "outsider 1.0"}
        if self.seq > 0:
            said["own"] = [{"office": self.id, "incarnation": self.life, "head": self.seq,
                            "digest": self.prev, "count": self.seq}]
        return {**said, **more}

    def caller(self, key=None):
        """A socket that is to be the parent's child."""
        return oc.curve_socket(zmq.DEALER, key or self.transport,
                               oc.read_key(self.parent / "keys/transport.pub").public)

    def call(self, address, key=None):
        """A line to the parent, as its child."""
        one = self.caller(key)
        one.connect(address)
        return Line(self, one)

    def turned_away(self, address, key=None):
        """Whether the parent refuses it at the handshake, before it can greet."""
        with self.caller(key) as one:
            # Watched before it connects: a refused client does not try again.
            monitor = one.get_monitor_socket(zmq.EVENT_HANDSHAKE_FAILED_AUTH)
            one.connect(address)
            refused = monitor.poll(oc.DEADLINE_MS) != 0
            one.disable_monitor()
            return refused

    def await_child(self, address):
        """A listener, as the parent of whoever calls; the line of the first that does."""
        one = zmq.Context.instance().socket(zmq.ROUTER)
        one.linger = 0
        one.curve_server = True
        one.curve_secretkey = zmq.utils.z85.encode(self.transport.secret)
        one.bind(address)
        return Line(self, one)


class Line:
    def __init__(self, peer, one):
        self.peer, self.socket = peer, one
        self.route = None        # of the child, at a ROUTER
        self.position = 0        # of what was sent last
        self.credit = 0          # that the other end granted
        self.records = []        # that came
        self.bytes = 0           # of frames with records
        self.cursor = None       # that the other end acknowledged
        self.refused = []        # digests of own records that the other end refused

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send_bytes(self, data):
        self.socket.send_multipart([self.route, data] if self.route is not None else [data])

    def send(self, **frame):
        self.send_bytes(link.Frame(**frame).SerializeToString())

    def receive(self, wait_ms=oc.DEADLINE_MS):
        """The next frame: its kind and message. A refusal is raised, unless it is of a record."""
        if not self.socket.poll(wait_ms):
            raise Silence("no frame came")
        *route, data = self.socket.recv_multipart()
        if route:
            self.route = route[0]
        frame = link.Frame.FromString(data)
        kind = frame.WhichOneof("message")
        message = getattr(frame, kind)
        if kind == "credit":
            self.credit += message.bytes
        elif kind == "records":
            self.records += message.records
            self.bytes += len(data)
        elif kind == "ack":
            self.cursor = message.cursor
        elif kind == "refuse" and message.code == "record":
            self.refused.append(message.record)
        elif kind == "refuse":
            raise Refused(message)
        elif kind == "ping":
            self.send(pong={"sent": message.sent, "received": message.sent,
                            "number": message.number})
        return kind, message

    def hear(self, wanted):
        """The next frame of this kind."""
        while True:
            kind, message = self.receive()
            if kind == wanted:
                return message

    def drain(self, wait_ms=300):
        """Takes what comes until nothing more does."""
        try:
            while True:
                self.receive(wait_ms)
        except Silence:
            return

    def greet(self, **more):
        self.send(hello=self.peer.hello(**more))
        welcome = self.hear("welcome")
        self.hear("credit")
        return welcome

    def welcome(self, **more):
        """Answers the Hello of a child and grants it credit."""
        hello = self.hear("hello")
        self.send(welcome=self.peer.hello(**more))
        return hello

    def offer(self, *records, at=None, **more):
        """Sends records as rows of the feed."""
        first = at or self.position + 1
        self.position = first + len(records) - 1
        self.send(records={"first": first, "last": self.position, "records": records, **more})

    def acked(self):
        """Awaits that all that was offered is acknowledged."""
        while self.cursor is None or self.cursor.position < self.position:
            self.hear("ack")


def flip(data):
    """The same bytes but for one bit."""
    return data[:len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1:]


def noise(size, seed=b"noise"):
    return hashlib.shake_128(seed).digest(size)
