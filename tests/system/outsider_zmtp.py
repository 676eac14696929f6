"""A CURVE connection by hand (ZMTP 3.0 and CurveZMQ, RFC 23 and 26), for what libzmq never sends:
messages that do not end, handshakes that stop half-way. Every byte is the test's own.
"""

import os
import socket
import struct

from nacl import bindings as box

MORE, COMMAND = 0x01, 0x02


def connect(address, patience=60):
    """A bare TCP connection to "tcp://host:port"."""
    host, port = address.removeprefix("tcp://").rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=patience)


def greeting(as_server=False):
    return (b"\xff" + bytes(7) + b"\x01\x7f" + b"\x03\x00" + b"CURVE".ljust(20, b"\0") +
            bytes([as_server]) + bytes(31))


def command(body):
    return (b"\x04" + bytes([len(body)]) if len(body) < 256
            else b"\x06" + len(body).to_bytes(8, "big")) + body


def sealed_part(one, data, flags, prefix):
    """One part of a message or a command, as bytes."""
    short = one.nonce()
    sealed = box.crypto_box_afternm(bytes([flags]) + data, prefix + short, one.shared)
    body = b"\x07MESSAGE" + short + sealed
    head = bytes([0, len(body)]) if len(body) < 256 else b"\x02" + len(body).to_bytes(8, "big")
    return head + body


def reset(line):
    """Ends a connection at once, as a process does that is killed with bytes unread."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


class Raw:
    """The client of a listener, with the key of an enrolled office or operator."""

    def __init__(self, address, key, server_public):
        self.key, self.server = key, server_public
        self.short_public, self.short_secret = box.crypto_box_keypair()
        self.count = 0
        self.sent = 0
        self.line = connect(address)
        try:
            self.shake_hands()
        except BaseException:
            self.line.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.line.close()

    def take(self, size):
        data = b""
        while len(data) < size:
            more = self.line.recv(size - len(data))
            if not more:
                raise ConnectionError("the listener hung up")
            data += more
        return data

    def take_command(self):
        flags, size = self.take(2)
        if flags & 0x02:
            size = int.from_bytes(bytes([size]) + self.take(7), "big")
        return self.take(size)

    def nonce(self):
        self.count += 1
        return self.count.to_bytes(8, "big")

    def shake_hands(self):
        self.line.sendall(greeting())
        self.take(64)
        short = self.nonce()
        sealed = box.crypto_box(bytes(64), b"CurveZMQHELLO---" + short, self.server,
                                self.short_secret)
        self.line.sendall(command(b"\x05HELLO\x01\x00" + bytes(72) + self.short_public + short +
                                  sealed))
        welcome = self.take_command()
        assert welcome[:8] == b"\x07WELCOME"
        opened = box.crypto_box_open(welcome[24:], b"WELCOME-" + welcome[8:24], self.server,
                                     self.short_secret)
        server_short, cookie = opened[:32], opened[32:]
        vouch_nonce = os.urandom(16)
        vouch = box.crypto_box(self.short_public + self.server, b"VOUCH---" + vouch_nonce,
                               server_short, self.key.secret)
        metadata = b"\x0bSocket-Type\x00\x00\x00\x06DEALER\x08Identity\x00\x00\x00\x00"
        self.shared = box.crypto_box_beforenm(server_short, self.short_secret)
        short = self.nonce()
        sealed = box.crypto_box_afternm(self.key.public + vouch_nonce + vouch + metadata,
                                        b"CurveZMQINITIATE" + short, self.shared)
        self.line.sendall(command(b"\x08INITIATE" + cookie + short + sealed))
        assert self.take_command()[:6] == b"\x05READY"

    def part(self, data, flags=0):
        return sealed_part(self, data, flags, b"CurveZMQMESSAGEC")

    def send(self, data, more=False):
        frame = self.part(data, MORE if more else 0)
        self.line.sendall(frame)
        self.sent += len(frame)


def small_and_pings(one, pairs):
    """Messages that the other side reads one by one, a heartbeat between any two."""
    ping = b"\x04PING" + bytes(2)  # of a time to live that sets no timer
    return b"".join(one.part(b"x") + one.part(ping, COMMAND) for _ in range(pairs))


class RawServer:
    """The listener of a parent, for the first child that calls."""

    def __init__(self, address, key):
        host, port = address.removeprefix("tcp://").rsplit(":", 1)
        self.key, self.count, self.sent = key, 0, 0
        self.socket = socket.create_server((host, int(port)))
        self.line = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        if self.line:
            self.line.close()

    take, take_command, nonce, send = Raw.take, Raw.take_command, Raw.nonce, Raw.send

    def accept(self, patience=60):
        self.socket.settimeout(patience)
        self.line, _ = self.socket.accept()
        self.line.settimeout(60)
        self.line.sendall(greeting(as_server=True))
        self.take(64)
        hello = self.take_command()
        assert hello[:6] == b"\x05HELLO"
        short_of_child = hello[80:112]
        public, secret = box.crypto_box_keypair()
        nonce = os.urandom(16)
        sealed = box.crypto_box(public + os.urandom(96), b"WELCOME-" + nonce, short_of_child,
                                self.key.secret)
        self.line.sendall(command(b"\x07WELCOME" + nonce + sealed))
        assert self.take_command()[:9] == b"\x08INITIATE"
        self.shared = box.crypto_box_beforenm(short_of_child, secret)
        short = self.nonce()
        metadata = b"\x0bSocket-Type\x00\x00\x00\x06ROUTER\x08Identity\x00\x00\x00\x00"
        self.line.sendall(command(b"\x05READY" + short + box.crypto_box_afternm(
            metadata, b"CurveZMQREADY---" + short, self.shared)))

    def part(self, data, flags=0):
        return sealed_part(self, data, flags, b"CurveZMQMESSAGES")
