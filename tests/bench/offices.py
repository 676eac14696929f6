"""Offices for the benches: made, enrolled, started, stopped, and what they cost."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def run(*line, check=True):
    done = subprocess.run([str(one) for one in line], capture_output=True, text=True)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, line))}: {done.stdout} {done.stderr}")
    return done


class Office:
    """An office in a directory of its own below `top`, and its daemon."""

    def __init__(self, build, top, code, port=None):
        self.build, self.top, self.code, self.port = Path(build).resolve(), Path(top), code, port
        self.dir = self.top / code
        self.daemon = None

    def ombud(self, *args, check=True, stdin=None):
        line = [self.build / "tools/cli/ombud", "-C", self.dir, *args]
        done = subprocess.run(line, capture_output=True, text=True, input=stdin)
        if check and done.returncode != 0:
            raise RuntimeError(f"ombud {' '.join(args)}: {done.stderr.strip()}")
        return done

    def init(self, *args):
        listen = ["--listen", f"tcp://127.0.0.1:{self.port}"] if self.port else []
        self.ombud("office", "init", "--code", self.code, "--name", f"Office {self.code}", *args,
                   *listen)

    def join(self, parent, kind):
        """Made, asked for, certified by the parent, joined."""
        self.init("--kind", kind)
        asked = self.ombud("office", "request").stdout
        self.ombud("office", "join", "-",
                   stdin=parent.ombud("office", "certify", "-", stdin=asked).stdout)

    def start(self):
        """Seconds from the start of the process to READY=1."""
        path = self.top / f"{self.code}.notify"
        path.unlink(missing_ok=True)
        program = "hub/ombud-hub" if self.port else "node/ombud-node"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(str(path))
            ready.settimeout(60)
            began = time.monotonic()
            self.daemon = subprocess.Popen(
                [self.build / program, "-C", self.dir],
                env={**os.environ, "NOTIFY_SOCKET": str(path)}, stderr=subprocess.DEVNULL)
            while b"READY=1" not in ready.recv(4096):
                pass
            return time.monotonic() - began

    def stop(self):
        if self.daemon is not None:
            self.daemon.terminate()
            if self.daemon.wait(timeout=30) != 0:
                raise RuntimeError("the daemon did not stop cleanly")
            self.daemon = None

    def kill(self):
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait()
            self.daemon = None

    def enrol(self):
        self.ombud("operator", "add", "bench", "--name", "Bench 1", "--role", "supervisor")

    def bench(self, program, *args):
        """What a program of this folder measured; its first argument is the office's directory."""
        return json.loads(run(self.build / "tests/bench" / program, self.dir, *args).stdout)

    def register(self, clients, count, *offices):
        return self.bench("bench_register", "bench", clients, count, *offices)

    def resident_kib(self):
        status = Path(f"/proc/{self.daemon.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.split("\n")
                    if line.startswith("VmRSS"))

    def loop_cpu_s(self):
        """Seconds that the daemon's loop ran so far; what the store does beside it is not in it."""
        pid = self.daemon.pid
        return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9

    def cpu_s(self):
        """Seconds that the daemon's threads ran so far."""
        tasks = Path(f"/proc/{self.daemon.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


class Bank:
    """Offices in a temporary directory that is gone at the end, whatever happened."""

    def __init__(self, build):
        self.build = build
        self.top = Path(tempfile.mkdtemp(prefix="ombud-bench-"))
        self.offices = []

    def root(self, code="ho", port=None):
        office = Office(self.build, self.top, code, port)
        self.offices.append(office)
        office.init("--root")
        return office

    def below(self, parent, code, kind, port=None):
        office = Office(self.build, self.top, code, port)
        self.offices.append(office)
        office.join(parent, kind)
        return office

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for office in self.offices:
            office.kill()
        shutil.rmtree(self.top)


def baseline(build, smoke):
    """What this machine can do just now: synced appends, signatures and verifications a second."""
    counts = ("20", "50") if smoke else ("2000", "20000")
    return json.loads(run(Path(build) / "tests/bench/bench_baseline", tempfile.gettempdir(),
                          *counts).stdout)
