"""Hands that type what the guide says: its own commands, at the offices that its places name."""

import json
import os
import re

from conftest import BUILD, CLIENT
from guide import VARIES, Guide

PATHS = os.pathsep.join(str(BUILD / part) for part in ("tools/cli", "node", "hub"))
# Of the system: they look at, or change, the machine itself.
OUTSIDE = {"apt-get", "df", "fuser", "journalctl", "prlimit", "ss", "timedatectl"}


class Hands:
    def __init__(self, title, here, places=None, **words):
        self.entry = Guide()[title]
        self.places = {"here": here, **(places or {})}
        self.words = {"DIR": here.dir, "CODE": here.code, **words}

    def sees(self, text, count=1):
        """So many of the texts that the entry quotes are seen there."""
        text = re.sub(r"\s+", " ", text.replace('\\"', '"'))  # the journal quotes
        found = [one for one in self.entry.quotes()
                 if re.search(re.escape(one).replace(re.escape(VARIES), ".*?"), text)]
        assert len(found) >= count, f"{self.entry.title}: {text}"

    def types(self, block=0, failing=()):
        """Types a block; what it ends with is 0, but for those lines that begin with `failing`.
        Gives what each line printed."""
        told = []
        for place, line in self.entry.blocks[block]:
            office = self.places[place]
            for word, meant in self.words.items():
                line = line.replace(f"<{word}>", str(meant))
            assert not re.search(r"<[A-Z]+>", line), line
            told.append(self.types_line(office, line, failing))
        return told

    def types_line(self, office, line, failing):
        words = line.split()
        if words[0] == "systemctl":
            return self.manages(office, words[1:])
        if words[0] in OUTSIDE:
            return ""
        owner = f"{os.geteuid()}:{os.getegid()}"
        done = office.run(["env", f"--chdir={office.top}", f"PATH={PATHS}:{os.environ['PATH']}",
                           f"OMBUD_DIR={office.dir}", "sh", "-c",
                           line.replace("ombud:ombud", owner)])
        assert done.code == 0 or line.startswith(failing), f"{line}: {done.code}\n{done.err}"
        return done.out + done.err

    def manages(self, office, words):
        """What systemd does with the units of this project."""
        unit = re.fullmatch(r"ombud-(node|hub)@(.*)", words[-1])
        assert unit.group(2) == office.code
        if words[0] in ("stop", "restart", "disable") and office.daemon is not None:
            office.stop()
        if words[0] in ("start", "restart", "enable"):
            kind = unit.group(1) if words[0] == "enable" else office.program.name.split("-")[1]
            office.program = BUILD / kind / f"ombud-{kind}"
            office.start()
        return ""


def is_well(office, number):
    """Nothing is critical, and what was registered can be read."""
    office.ombud("doctor", code=0)
    assert office.show(number)["client"]["name"] == CLIENT


def refused(office):
    """What a daemon that cannot start logs."""
    done = office.start_refused()
    assert done.code == 1 and "<3>the office cannot start -> ending" in done.err
    return done.err


def doctor(office, check):
    """Level and words of each finding of one check."""
    return [(one["level"], one["words"])
            for one in json.loads(office.ombud("doctor", "--json").out)["findings"]
            if one["check"] == check]
