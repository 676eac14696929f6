"""Real daemons for the system stories: an office is made, started, awaited, stopped by its id."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("OMB_BUILD", ROOT / "build" / "asan"))
DEADLINE_S = 60


class Done:
    """What a command line printed and how it ended."""

    def __init__(self, args, process):
        self.args, self.code = args, process.returncode
        self.out, self.err = process.stdout, process.stderr

    def json(self):
        assert self.code == 0, f"ombud {' '.join(map(str, self.args))}: {self.err}"
        return json.loads(self.out)


class Office:
    def __init__(self, top, code="ho", program="node/ombud-node"):
        self.top, self.code = top, code
        self.dir = top / code
        self.program = BUILD / program
        self.daemon = None
        self.log = b""

    def ombud(self, *args, stdin="", who=None, code=None, env=None):
        """Runs the command line on this office; `code` is the exit code expected."""
        line = [BUILD / "tools/cli/ombud", "-C", self.dir]
        if who:
            line += ["--as", who]
        done = Done(args, subprocess.run(
            [*map(str, line), *map(str, args)], input=stdin, capture_output=True, text=True,
            timeout=DEADLINE_S * 5, env={**os.environ, **(env or {})}))
        if code is not None:
            assert done.code == code, f"{args}: exit {done.code}\n{done.out}\n{done.err}"
        return done

    def init(self, *more):
        self.ombud("office", "init", "--root", "--code", self.code, "--name", "Head Office", *more,
                   code=0)
        return self

    def start(self, *args, env=None):
        """Starts the daemon and awaits its READY=1."""
        path = self.top / f"{self.code}.notify"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(str(path))
            ready.settimeout(DEADLINE_S)
            self.stderr = open(self.top / f"{self.code}.log", "ab")
            self.daemon = subprocess.Popen(
                [str(self.program), "-C", str(self.dir), *args], stderr=self.stderr,
                env={**os.environ, **(env or {}), "NOTIFY_SOCKET": str(path)})
            while b"READY=1" not in ready.recv(4096):
                pass
        return self

    def stop(self, how=signal.SIGTERM):
        """Ends the daemon and gives its exit code."""
        self.daemon.send_signal(how)
        code = self.daemon.wait(timeout=DEADLINE_S)
        self.daemon = None
        self.stderr.close()
        return code

    def log_text(self):
        return (self.top / f"{self.code}.log").read_text()

    def enrol(self, code, *roles):
        self.ombud("operator", "add", code, "--name", f"Operator {code}", "--role",
                   ",".join(roles), code=0)

    def staff(self):
        """One operator of each role, named after it."""
        for role in ("teller", "handler", "supervisor", "analyst", "auditor"):
            self.enrol(role, role)
        return self

    def register(self, *more, who="teller"):
        return self.ombud(
            "case", "new", "--channel", "in-person", "--product", "cards", "--issue", "fees",
            "--text", "A fee was charged twice", "--client-name", "Client 17", "--json", *more,
            who=who).json()["number"]

    def show(self, number, who="handler"):
        return self.ombud("case", "show", number, "--json", who=who).json()

    def close(self):
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait()
            self.stderr.close()


@pytest.fixture
def top():
    path = Path(tempfile.mkdtemp(prefix="ombud-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def make_office(top):
    """Makes offices that are closed at the end, whatever happened."""
    made = []

    def make(code="ho", program="node/ombud-node"):
        office = Office(top, code, program)
        made.append(office)
        return office

    yield make
    for office in made:
        office.close()


@pytest.fixture
def office(make_office):
    """A running root office with one operator of each role."""
    return make_office().init().start().staff()
