"""Real daemons for the system stories: an office is made, started, awaited, stopped by its id."""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("OMB_BUILD", ROOT / "build" / "asan"))
SANITIZED = BUILD / "tools/cli/ombud"
# What asks a daemon, in a story that is about daemons: it need not be sanitized as they are.
COMMAND = Path(os.environ.get("OMB_COMMAND", SANITIZED))
# What test_enrol.py is about, sanitized: elsewhere it only makes the offices of a story.
ENROLS = {("office", "init"), ("office", "request"), ("office", "join")}
DEADLINE_S = 60
TEXT = "A fee was charged twice"
CLIENT = "Client 17"


class Done:
    """What a program printed and how it ended."""

    def __init__(self, args, process):
        self.args, self.code = args, process.returncode
        self.out = process.stdout.decode()
        self.err = process.stderr.decode(errors="backslashreplace")  # it quotes what it was given

    def json(self):
        assert self.code == 0, f"{' '.join(map(str, self.args))}: {self.err}"
        return json.loads(self.out)


class Notices:
    """What a daemon tells the service manager, a datagram at a time."""

    def __init__(self, path):
        self.path = path
        self.path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))

    def wait(self, word, process):
        """Awaits a notice with this word; a process that ends instead will not send it."""
        ended = os.pidfd_open(process.pid)
        try:
            while True:
                ready, _, _ = select.select([self.socket, ended], [], [], DEADLINE_S)
                assert ready, f"no notice {word} came"
                if self.socket not in ready:
                    raise AssertionError(f"the daemon ended before it told {word}")
                notice = self.socket.recv(4096).decode()
                if word in notice:
                    return notice
        finally:
            os.close(ended)

    def close(self):
        self.socket.close()


class Office:
    def __init__(self, top, code="ho", program="node/ombud-node"):
        self.top, self.code = top, code
        self.dir = top / code
        self.program = BUILD / program
        self.prefix = []  # what the programs are run through
        self.root = ""  # where this process sees their root directory
        self.words = {TEXT, CLIENT}  # never to be seen in logs and errors
        self.daemon = self.notices = self.stderr = None
        self.errors = []

    @property
    def seen(self):
        """The office's directory as this process sees it."""
        return Path(f"{self.root}{self.dir}")

    def run(self, line, stdin="", env=None):
        """Runs a program to its end."""
        line = [*self.prefix, *(one if isinstance(one, bytes) else str(one) for one in line)]
        done = Done(line, subprocess.run(
            line, input=stdin.encode() if isinstance(stdin, str) else stdin, capture_output=True,
            timeout=DEADLINE_S * 5, env={**os.environ, **(env or {})}))
        self.errors.append(done.err)
        return done

    def ombud(self, *args, stdin="", who=None, code=None, env=None):
        """Runs the command line on this office; `code` is the exit code expected."""
        # Without a daemon the command is the office itself.
        asks = self.daemon or args[:2] in ENROLS
        line = [COMMAND if asks else SANITIZED, "-C", self.dir]
        if who:
            line += ["--as", who]
        done = self.run([*line, *args], stdin, env)
        if code is not None:
            assert done.code == code, f"{args}: exit {done.code}\n{done.out}\n{done.err}"
        return done

    def init(self, *more):
        self.ombud("office", "init", "--root", "--code", self.code, "--name", "Head Office", *more,
                   code=0)
        return self

    def take_after(self, other):
        """Copies the directory of an office that nobody runs."""
        shutil.copytree(other.dir, self.dir, ignore=shutil.ignore_patterns("*.sock"))
        return self

    def daemon_line(self, *args):
        return [*self.prefix, str(self.program), "-C", str(self.dir), *args]

    def spawn(self, *args, env=None, stderr=None):
        """Starts the daemon and awaits nothing; stderr is a file's descriptor, else the log."""
        self.notices = Notices(self.top / f"{self.code}.notify")
        self.stderr = open(self.top / f"{self.code}.log", "ab")
        self.daemon = subprocess.Popen(
            self.daemon_line(*args), stderr=stderr or self.stderr,
            env={**os.environ, **(env or {}), "NOTIFY_SOCKET": str(self.notices.path)})
        return self

    def start(self, *args, env=None, stderr=None):
        """Starts the daemon and awaits its READY=1."""
        self.spawn(*args, env=env, stderr=stderr)
        self.notices.wait("READY=1", self.daemon)
        return self

    def start_refused(self, *args):
        """Runs a daemon that cannot start to its end; what it logged is its error."""
        return self.run([str(self.program), "-C", str(self.dir), *args])

    def wait(self):
        """Awaits the end of the daemon and gives its exit code."""
        code = self.daemon.wait(timeout=DEADLINE_S)
        self.forget()
        return code

    def stop(self, how=signal.SIGTERM):
        """Ends the daemon and gives its exit code."""
        self.daemon.send_signal(how)
        return self.wait()

    def forget(self):
        self.daemon = None
        self.notices.close()
        self.stderr.close()

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
        return self.new_case(*more, who=who).json()["number"]

    def new_case(self, *more, who="teller"):
        return self.ombud(
            "case", "new", "--channel", "in-person", "--product", "cards", "--issue", "fees",
            "--text", TEXT, "--client-name", CLIENT, "--json", *more, who=who)

    def show(self, number, who="handler"):
        return self.ombud("case", "show", number, "--json", who=who).json()

    def records(self):
        """How many records the logs here hold."""
        return sum(log["records"] for log in self.ombud("log", "list", "--json").json())

    def store_rows(self, *args):
        """Reads or changes rows of the store while no daemon runs (store_rows.c)."""
        done = self.run([BUILD / "tests/system/system_store_rows", self.dir, *args])
        assert done.code == 0, done.err
        return done.out

    def close(self):
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait()
            self.forget()

    def secrets(self):
        """The secret lines of all key files of the office."""
        found = set()
        for path in self.seen.rglob("*.key"):
            found |= set(re.findall(r"^(?:secret|sealed): (\S+)", path.read_text(errors="replace"),
                                    re.M))
        return found

    def check_discretion(self):
        """No log line and no error may hold a client's name or words, or a key."""
        log = self.top / f"{self.code}.log"
        told = "\n".join([*self.errors, log.read_text() if log.exists() else ""])
        for word in self.words | self.secrets():
            assert word not in told, f"a log line or an error holds {word!r}"


@contextlib.contextmanager
def folder():
    path = Path(tempfile.mkdtemp(prefix="ombud-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def offices(top):
    """Makes offices that are closed at the end, whatever happened."""
    made = []

    def make(code="ho", program="node/ombud-node"):
        office = Office(top, code, program)
        made.append(office)
        return office

    try:
        yield make
    finally:
        for office in made:
            office.close()
    for office in made:
        office.check_discretion()


@pytest.fixture
def top():
    with folder() as path:
        yield path


@pytest.fixture
def make_office(top):
    with offices(top) as make:
        yield make


@pytest.fixture
def office(make_office):
    """A running root office with one operator of each role."""
    return make_office().init().start().staff()
