"""A wire between two machines of a test's own: network namespaces, and packets that this program
carries between them, late, slowly, not all of them, or in one direction only.

Run as a program inside a new namespace (class Wires does) it makes a namespace for the machine in
the middle and one for each of the others, with a tun device at both ends of each wire; commands
come on standard input, a JSON array a line. Every packet passes through here, so the kernel needs
no queueing discipline of its own for this.
"""

import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
PACKET = 65536
FINE = {"loss": 0, "delay_ms": 0, "jitter_ms": 0, "bytes_s": 0, "cut": False}
QUEUE_S = 2  # what waits for a slow wire; the rest is dropped, as a router does


class Wires:
    """For the test: machine 0 is wired to machines 1 to count."""

    def __init__(self, count):
        for flags in ("-rn", "-n"):  # where root may not make a user namespace it needs none
            self.process = subprocess.Popen(
                ["unshare", flags, sys.executable, __file__, str(count)], text=True, bufsize=1,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            told = self.process.stdout.readline()
            if told:
                break
            self.close()
        assert told, "no network namespace could be made"
        self.pids, self.user = json.loads(told), "r" in flags

    @staticmethod
    def address(wire, at_middle):
        return f"10.77.{wire}.{1 if at_middle else 2}"

    def enter(self, machine):
        """What a program is run through to be on that machine."""
        line = ["nsenter", "-t", str(self.pids[machine]), "-n"]
        return line + ["-U", "--preserve-credentials"] if self.user else line

    def set(self, wire, way, **what):
        """From now on packets of that wire that go `up`, to the middle, or `down` are treated so;
        what is not named is as on a good wire."""
        self.process.stdin.write(json.dumps([wire, way, {**FINE, **what}]) + "\n")
        assert self.process.stdout.readline() == "done\n"

    def both(self, wire, **what):
        self.set(wire, "up", **what)
        self.set(wire, "down", **what)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


# --- inside ------------------------------------------------------------------------------------

def new_machine(others):
    """A child in a namespace of its own, and our end of a socket to it; it ends with that."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid:
        theirs.close()
        return pid, ours
    try:
        for _, end in (*others, (pid, ours)):
            end.close()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        while order := theirs.recv(4096):
            name, address, peer = json.loads(order)
            tun = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
            subprocess.run(["ip", "addr", "add", address, "peer", peer, "dev", name], check=True)
            subprocess.run(["ip", "link", "set", name, "up"], check=True)
            socket.send_fds(theirs, [b"tun"], [tun])
            os.close(tun)
    finally:
        os._exit(0)


def new_end(machine, wire, at_middle):
    machine[1].send(json.dumps([f"wire{wire}", Wires.address(wire, at_middle),
                                Wires.address(wire, not at_middle)]).encode())
    _, fds, _, _ = socket.recv_fds(machine[1], 16, 1)
    return fds[0]


class Way:
    """One direction of a wire."""

    def __init__(self, source, sink):
        self.source, self.sink, self.treated, self.free_at = source, sink, dict(FINE), 0

    def due(self, size, now, chance):
        """When a packet arrives; None: never."""
        how = self.treated
        if how["cut"] or chance.random() < how["loss"]:
            return None
        at = now
        if how["bytes_s"]:
            at = max(now, self.free_at) + size / how["bytes_s"]
            if at - now > QUEUE_S:
                return None
            self.free_at = at
        return at + (how["delay_ms"] + chance.random() * how["jitter_ms"]) / 1000


def carry(ways, chance):
    """Until standard input ends."""
    by_source = {way.source: way for way in ways.values()}
    late, count = [], 0
    while True:
        rest = max(0, late[0][0] - time.monotonic()) if late else None
        ready, _, _ = select.select([sys.stdin, *by_source], [], [], rest)
        now = time.monotonic()
        for one in ready:
            if one is sys.stdin:
                line = sys.stdin.readline()
                if not line:
                    return
                wire, way, treated = json.loads(line)
                ways[wire, way].treated = treated
                print("done", flush=True)
                continue
            packet = os.read(one, PACKET)
            at = by_source[one].due(len(packet), now, chance)
            if at is not None:
                count += 1
                heapq.heappush(late, (at, count, by_source[one].sink, packet))
        while late and late[0][0] <= time.monotonic():
            _, _, sink, packet = heapq.heappop(late)
            try:
                os.write(sink, packet)
            except OSError:
                pass  # the machine's end is full: one packet more is lost


def main():
    count = int(sys.argv[1])
    machines = []
    for _ in range(count + 1):
        machines.append(new_machine(machines))
    ways = {}
    for wire in range(1, count + 1):
        middle, far = new_end(machines[0], wire, True), new_end(machines[wire], wire, False)
        ways[wire, "up"], ways[wire, "down"] = Way(far, middle), Way(middle, far)
    print(json.dumps([pid for pid, _ in machines]), flush=True)
    try:
        carry(ways, random.Random(1))
    finally:
        for pid, end in machines:
            end.close()
            os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
