"""Backups: made while the daemon works, never half, refused when anything of them is not as it was
signed, restored at every kind of office."""

import contextlib
import json
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

from bank import Tree, await_state, lag, until
from conftest import BUILD, CLIENT, DEADLINE_S, TEXT
from disk import SmallDisk
from load import Load, dial

CODES = ("ho", "north", "vsp-0045")
PASSPHRASE = "seven words that only this test knows"


def create(office, *more, code=0):
    done = office.ombud("backup", "create", "--json", *more, code=code)
    return done.json() if code == 0 else done.err


def listed(office, folder):
    return office.ombud("backup", "list", "--from", folder, "--json").json()


def verify(office, path, *more, code=0):
    done = office.run([BUILD / "tools/cli/ombud", "backup", "verify", path, *more])
    assert done.code == code, f"{done.out}\n{done.err}"
    return done


def restore(office, path, to, *more, code=0):
    done = office.run([BUILD / "tools/cli/ombud", "backup", "restore", path, "--to", to, *more])
    assert done.code == code, f"{done.out}\n{done.err}"
    return done


def put_back(office, made, key):
    """The office's directory goes, and comes again out of the backup."""
    shutil.rmtree(office.dir)
    return restore(office, made["path"], office.dir, "--recovery-key", key)


def configure(office, key, value):
    """Says a key of [backup] in ombud.conf."""
    path = office.dir / "ombud.conf"
    before, head, section = path.read_text().partition("[backup]\n")
    section, count = re.subn(rf"(?m)^#?{key} =.*$", f"{key} = {value}", section, count=1)
    assert count == 1
    path.write_text(before + head + section)


def set_passphrase(office):
    secret = office.dir / "keys/backup.pass"
    secret.write_text(f"{PASSPHRASE}\n")
    secret.chmod(0o600)
    configure(office, "passphrase-file", secret)
    return secret


def left_behind(office, folder):
    """What an interrupted backup left, beside what a backup is."""
    return [one.name for one in [*office.dir.iterdir(), *folder.iterdir()]
            if one.name.startswith("db.") or one.name.startswith(".")]


# --- one office ------------------------------------------------------------------------------

def test_a_backup_is_made_under_load(office, top):
    """What was told before it began is in it, and the daemon goes on answering meanwhile."""
    folder = top / "backups"
    folder.mkdir()
    made = {}
    with Load(lambda: dial(office), clients=16) as load:
        load.run(300)
        before = office.records()
        maker = threading.Thread(target=lambda: made.update(create(office, "--to", folder)))
        maker.start()
        while maker.is_alive():
            load.run(50)
        maker.join()
        load.run(50)
        assert not load.refused
    assert made["records"] >= before
    [one] = listed(office, folder)
    assert one["good"] and one["records"] == made["records"] and one["bytes"] == made["bytes"]
    assert not left_behind(office, folder)
    done = verify(office, made["path"], "--json").json()
    assert done["good"] and done["records"] == made["records"] and not done["problems"]
    office.ombud("log", "verify", code=0)
    office.ombud("store", "check", code=0)


def test_before_the_first_backup_there_is_none(office):
    done = office.ombud("backup", "list", code=0)
    assert "no backup was made yet" in done.err and len(done.out.splitlines()) == 1
    assert office.ombud("backup", "list", "--json", code=0).json() == []
    done = office.ombud("backup", "list", "--from", office.dir / "nowhere", code=1)
    assert "nowhere/ cannot be read" in done.err


def test_a_backup_holds_no_secret_in_plain(office):
    set_passphrase(office)
    office.daemon.send_signal(signal.SIGHUP)
    until("read again", lambda: "reload ->" in office.log_text(), True)
    number = office.register()
    made = create(office)
    secrets = {PASSPHRASE.encode(), TEXT.encode(), CLIENT.encode()}
    for path in office.dir.rglob("*.key"):
        for secret in re.findall(r"^secret: (\S+)", path.read_text(), re.M):
            secrets |= {secret.encode(), bytes.fromhex(secret)}
    assert len(secrets) == 3 + 2 * len(list(office.dir.rglob("*.key"))), "every key was looked at"
    backup = office.dir / "backups" / made["name"]
    files = [path for path in backup.rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        content = path.read_bytes()
        assert not [one for one in secrets if one in content], f"{path} holds a secret"
    assert (backup.stat().st_mode & 0o077) == 0
    assert office.show(number)["client"]["name"] == CLIENT


@pytest.mark.parametrize("by", ("--recovery-key", "--passphrase-file"))
def test_an_office_is_restored(office, top, by):
    secret = set_passphrase(office)
    shutil.copy(secret, top / "passphrase")
    number = office.register()
    office.stop()
    made = create(office)  # from the store itself
    shutil.move(office.dir / "offline", top / "offline")
    shutil.move(office.dir / "backups", top / "backups")
    path = top / "backups" / made["name"]
    opener = {"--recovery-key": top / "offline/recovery.key",
              "--passphrase-file": top / "passphrase"}[by]
    keys = {one.relative_to(office.dir): one.read_bytes() for one in office.dir.rglob("*.key")}
    lives = office.ombud("log", "list", "--json").json()
    shutil.rmtree(office.dir)
    said = restore(office, path, office.dir, by, opener,
                   "--anchor", top / "offline/anchor.key").out
    assert "start its daemon" in said and "serve-anyway" in said
    assert keys == {one.relative_to(office.dir): one.read_bytes()
                    for one in office.dir.rglob("*.key")}
    (office.dir / "keys").chmod(0o700)
    office.start()
    later = office.register()
    assert office.show(later)["client"]["name"] == CLIENT, "a new case is read at once"
    case = office.show(number)
    assert case["client"] is None and case["narrative"] is None and not case["sealed"]
    assert "no office is beside it" in case["withheld"]
    now = office.ombud("log", "list", "--json").json()
    assert len(now) == len(lives) + 1, "its log has a new life"
    assert "restored" in [entry["type"] for entry in
                          office.ombud("log", "show", "ho", "--json").json()]
    denied = office.ombud("backup", "serve-anyway", who="supervisor", code=1)
    assert "takes the role admin" in denied.err
    office.ombud("backup", "serve-anyway", code=0)
    assert office.show(number)["client"]["name"] == CLIENT
    assert "nothing is withheld" in office.ombud("backup", "serve-anyway", code=1).err
    office.ombud("log", "verify", code=0)
    office.ombud("store", "check", code=0)


def test_what_is_wrong_with_a_restore_is_said(office, top):
    office.register()
    made = create(office)
    key = office.dir / "offline/recovery.key"
    for to, words in ((office.dir, "whose daemon runs: stop it"),
                      (top / "nowhere/ho", "No such file"),
                      (office.dir / "ombud.conf", "is no folder")):
        assert words in restore(office, made["path"], to, "--recovery-key", key, code=1).err
    assert "are sealed" in restore(office, made["path"], top / "new", code=1).err
    wrong = top / "wrong"
    wrong.write_text("another\n")
    wrong.chmod(0o600)
    top.chmod(0o700)
    assert "without a passphrase" in restore(office, made["path"], top / "new",
                                             "--passphrase-file", wrong, code=1).err
    assert "not `recovery`" in restore(office, made["path"], top / "new", "--recovery-key",
                                       office.dir / "offline/anchor.key", code=1).err
    assert "of another bank" in restore(office, made["path"], top / "new", "--recovery-key", key,
                                        "--anchor", "ab" * 32, code=1).err
    office.stop()
    assert "move it away first" in restore(office, made["path"], office.dir, "--recovery-key",
                                           key, code=1).err
    assert not (top / "new").exists()
    assert not [one for one in top.iterdir() if one.name.endswith(".restoring")]
    set_passphrase(office)
    sealed = create(office)
    assert "does not open the keys" in restore(office, sealed["path"], top / "new",
                                               "--passphrase-file", wrong, code=1).err
    restore(office, sealed["path"], top / "new", "--recovery-key", key)


def test_a_damaged_backup_is_refused_and_says_where(office, top):
    for _ in range(3):
        office.register()
    made = create(office)
    office.stop()
    path = office.dir / "backups" / made["name"]
    whole = top / "whole"
    shutil.copytree(path, whole)
    names = sorted(str(one.relative_to(path)) for one in path.rglob("*") if one.is_file())
    assert {"manifest", "keys.sealed", "ombud.conf", "db/CURRENT"} <= set(names)
    kinds = set()
    for name in names:
        content = (whole / name).read_bytes()
        middle = len(content) // 2
        (path / name).write_bytes(content[:middle] + bytes([content[middle] ^ 1])
                                  + content[middle + 1:])
        assert name in verify(office, path, code=1).err
        kind = name if name.count("/") == 0 else name.split(".")[-1].split("-")[0]
        if kind in kinds:  # and of each kind of file one is cut, and is missing
            (path / name).write_bytes(content)
            continue
        kinds.add(kind)
        (path / name).write_bytes(content[:-1])
        assert name in verify(office, path, code=1).err
        (path / name).unlink()
        assert name in verify(office, path, code=1).err
        [one] = listed(office, path.parent)
        assert not one["good"] and name in one["problem"]
        refused = restore(office, path, top / "new", "--recovery-key",
                          office.dir / "offline/recovery.key", code=1)
        assert name in refused.err and "do not restore it" in refused.err
        (path / name).write_bytes(content)
    (path / "db/000999.log").write_bytes(b"")
    assert "db/000999.log: the file is not of this backup" in verify(office, path, code=1).err
    (path / "db/000999.log").unlink()
    verify(office, path)
    assert not (top / "new").exists()


def test_what_a_kill_leaves_is_no_backup(office):
    """The passphrase takes its time, so that a kill meets a backup that is under way."""
    set_passphrase(office)
    office.stop()
    office.start()
    folder = office.dir / "backups"
    good = create(office)
    for victim in ("daemon", "command", "store"):
        if victim == "store":
            office.stop()
        maker = begin_backup(office, victim)
        if victim == "daemon":
            office.stop(signal.SIGKILL)
            assert maker.wait(DEADLINE_S) == 3, "the daemon cannot be reached"
            [cut] = [one for one in listed(office, folder) if not one["good"]]
            assert cut["name"] == ".ho.partial" and "was cut off" in cut["problem"]
            office.start()
        else:
            maker.kill()
            maker.wait()
        if victim == "command":  # the daemon makes it to its end, whoever asked is gone
            until("made all the same",
                  lambda: len([one for one in listed(office, folder) if one["good"]]), 2)
        names = [one["name"] for one in listed(office, folder) if one["good"]]
        assert good["name"] in names and len(names) == (1 if victim == "daemon" else 2)
    office.start()
    (folder / ".ho.partial").mkdir(exist_ok=True)
    (folder / ".ho.partial/of-a-later-version").write_text("it was killed")
    made = create(office)
    assert not (folder / made["name"] / "of-a-later-version").exists()
    assert not left_behind(office, folder)
    office.ombud("log", "verify", code=0)


def begin_backup(office, name):
    """Until files of it are there, others than a backup before may have left."""
    file = office.dir / "backups/.ho.partial/ombud.conf"

    def stamp():
        with contextlib.suppress(FileNotFoundError):
            return file.stat().st_mtime_ns
        return None

    before = stamp()
    maker = subprocess.Popen([BUILD / "tools/cli/ombud", "-C", office.dir, "backup", "create",
                              "--name", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + DEADLINE_S
    while stamp() in (None, before):
        assert time.monotonic() < end, f"{file} does not come"
    return maker


def test_what_a_killed_restore_leaves_is_no_office(office, top):
    number = office.register()
    made = create(office)
    key = office.dir / "offline/recovery.key"
    line = [BUILD / "tools/cli/ombud", "backup", "restore", made["path"], "--to", top / "new",
            "--recovery-key", key]
    maker = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + DEADLINE_S
    while not (top / ".new.restoring/db").exists():
        assert time.monotonic() < end, "the restore does not begin"
    maker.kill()
    maker.wait()
    assert not (top / "new").exists()
    restore(office, made["path"], top / "new", "--recovery-key", key)
    assert not (top / ".new.restoring").exists()
    office.stop()
    office.dir = top / "new"
    office.start()
    assert office.show(number)["withheld"]


def test_older_backups_go(office):
    names = [create(office, "--name", name)["name"] for name in ("a", "b", "c")]
    folder = office.dir / "backups"
    assert names == [one["name"] for one in listed(office, folder)]
    assert "already" in create(office, "--name", "c", code=1)
    for bad in ("../d", ".d", "d/e", "x" * 101, "-d"):
        assert "name" in create(office, f"--name={bad}", code=1)
    (folder / "a/db/CURRENT").unlink()  # one that is not good is not counted, and stays
    made = create(office, "--name", "d", "--keep", "2")
    assert made["removed"] == ["b"]
    assert sorted(one["name"] for one in listed(office, folder)) == ["a", "c", "d"]
    configure(office, "keep", 1)
    office.daemon.send_signal(signal.SIGHUP)
    until("read again", lambda: "reload ->" in office.log_text(), True)
    assert create(office, "--name", "e")["removed"] == ["c", "d"]
    office.stop()
    assert create(office, "--name", "f")["removed"] == ["e"]


def test_a_full_disk_fails_the_backup_alone(make_office, top):
    small = SmallDisk(top / "disk", 8)
    try:
        office = make_office()
        office.prefix = small.enter
        office.init().start().staff()
        office.register()
        folder = top / "disk/backups"
        office.run(["mkdir", folder])
        small.fill(1100)
        assert "no space is left" in create(office, "--to", folder, code=1)
        small.empty()
        office.run(["mount", "-o", "remount,nr_inodes=20", top / "disk"])  # met on the way
        assert "No space left on device" in create(office, "--to", folder, code=1)
        assert office.run(["ls", "-A", folder]).out == ""
        assert not [one for one in office.dir.iterdir() if one.name.startswith("db.")]
        number = office.register()
        assert office.show(number)["client"]["name"] == CLIENT
        doctor = office.ombud("doctor").out
        assert "failed" in doctor and "No space left" in doctor
        office.run(["mount", "-o", "remount,nr_inodes=2000", top / "disk"])
        create(office, "--to", folder)
        doctor = office.ombud("doctor").out
        assert "failed" not in doctor and "the last good one is of" in doctor
    finally:
        small.close()


def test_the_doctor_minds_backups(office):
    def backup_of(done):
        return [one for one in done.json()["findings"] if one["check"] == "backup"]

    [never] = backup_of(office.ombud("doctor", "--json"))
    assert never["level"] == "warning" and "none was ever made" in never["words"]
    for bad in (office.dir / "db", office.dir / "keys"):
        assert "keeps its own" in create(office, "--to", bad, code=1)
    assert "such" in create(office, "--to", office.dir / "nowhere", code=1)
    [failed, never] = backup_of(office.ombud("doctor", "--json"))
    assert failed["level"] == "warning" and "failed" in failed["words"]
    made = create(office)
    [good] = backup_of(office.ombud("doctor", "--json"))
    assert good["level"] == "ok" and made["path"] in good["words"]
    [own] = office.ombud("tree", "--json").json()
    assert own["last_backup"] == made["made_at"]
    assert "takes the role admin" in office.ombud("backup", "create", who="supervisor",
                                                  code=1).err
    office.stop()  # it is known after a start as well
    office.start()
    [good] = backup_of(office.ombud("doctor", "--json"))
    assert made["path"] in good["words"]


# --- a tree of offices -----------------------------------------------------------------------

class Bank(Tree):
    def __init__(self, make_office):
        super().__init__(make_office)
        self.line()
        self.key = self["ho"].top / "recovery.key"
        self["ho"].top.chmod(0o700)
        shutil.copy(self["ho"].dir / "offline/recovery.key", self.key)
        self.folder = self["ho"].top / "backups"
        self.folder.mkdir()
        for code in CODES[1:]:
            await_state(self[code], {"north": "ho", "vsp-0045": "north"}[code], "live")

    def backup(self, code):
        return create(self[code], "--to", self.folder)

    def lose(self, code, made):
        """The disk is gone, and what the backup holds is on another one."""
        if self[code].daemon is not None:
            self[code].stop(signal.SIGKILL)
        offline = self["ho"].dir / "offline"
        if code == "ho":
            shutil.copytree(offline, self["ho"].top / "offline", dirs_exist_ok=True)
        put_back(self[code], made, self.key)
        if code == "ho":
            shutil.copytree(self["ho"].top / "offline", offline)

    def closed_case(self):
        """Registered below, passed up step by step, so that all can read it, and decided at the
        top; answered and closed."""
        branch, ho = self["vsp-0045"], self["ho"]
        number = branch.register()
        for author, to in (("vsp-0045", "north"), ("north", "ho")):
            self[author].ombud("case", "escalate", number, "--to", to, "--ground", "amount",
                               "--reason", "Beyond our limit", who="supervisor", code=0)
            self.see(number, ("open", to), *CODES)
        ho.ombud("case", "resolve", number, "--outcome", "founded", "--cause", "error",
                 "--answer", "Paid back", who="handler", code=0)
        self.see(number, ("resolved", "vsp-0045"), *CODES)
        branch.ombud("case", "answer", number, "--method", "phone", who="handler", code=0)
        branch.ombud("case", "close", number, "--accepts", "yes", who="handler", code=0)
        self.see(number, ("closed", "vsp-0045"), *CODES)
        self.settle(CODES[1:])
        return number

    def erase(self, number):
        self["vsp-0045"].ombud("case", "erase", number, "--ground", "client-asks",
                               who="supervisor", code=0)
        until("asked for above", lambda: [event["type"] for event in
                                          self["ho"].show(number)["events"]][-1], "erased")
        self["ho"].ombud("case", "confirm-erasure", number, "--ground", "client-asks",
                         who="supervisor", code=0)
        for code in CODES:
            until(f"erased at {code}", lambda code=code: self[code].show(number)["erased"], True)
        self.settle(CODES[1:])


@pytest.fixture
def bank(make_office):
    return Bank(make_office)


@pytest.mark.parametrize("code", CODES)
def test_a_restored_office_agrees_with_the_bank(bank, code):
    """What came after the backup comes home; what was erased since is never shown."""
    erased, kept = bank.closed_case(), bank.closed_case()
    made = bank.backup(code)
    bank.erase(erased)
    later = bank["vsp-0045"].register()
    bank.see(later, ("open", "vsp-0045"), *CODES)
    bank.settle(CODES[1:])
    bank.lose(code, made)
    office = bank[code]
    seen = Watcher(office, erased)
    office.start()
    seen.run_until(lambda: office.show(erased)["erased"])
    bank.see(later, ("open", "vsp-0045"), *CODES)
    until("nothing is withheld", lambda: office.show(kept)["withheld"], None)
    assert not [one for one in office.ombud("doctor", "--json").json()["findings"]
                if one["check"] == "restored"]
    assert office.show(kept)["answer"] == "Paid back"
    assert office.show(kept)["client"]["name"] == CLIENT
    new = office.register()
    bank.see(new, ("open", code), "ho")
    bank.settle(CODES[1:])
    for number in (erased, kept, later):
        bank.check_alike(number, *CODES)
    bank.verify(CODES)
    for one in CODES:
        bank[one].ombud("store", "check", code=0)
    [told] = [one["last_backup"] for one in bank["ho"].ombud("tree", "--json").json()
              if one["code"] == code]
    assert told == made["made_at"], "its health says so, all the way up"


class Watcher:
    """Asks again and again for a case that was erased, and fails when a word of it is shown."""

    def __init__(self, office, number):
        self.office, self.number = office, number

    def run_until(self, end):
        deadline = time.monotonic() + DEADLINE_S
        while True:
            case = self.office.show(self.number)
            history = self.office.ombud("case", "history", self.number, "--json",
                                        who="handler").out
            exported = self.office.ombud("export", "events", "--format", "jsonl",
                                         who="supervisor").out
            assert case["client"] is None and case["narrative"] is None, "shown before it was heard"
            assert case["answer"] is None and "Paid back" not in history
            for line in exported.splitlines():
                assert self.number not in line or ("Paid back" not in line and TEXT not in line)
            assert case["erased"] or case["withheld"], "neither erased nor withheld"
            if end():
                return
            assert time.monotonic() < deadline, "what was erased is not heard of"


def test_a_branch_works_while_its_line_is_down(bank):
    """New cases at once; words of old ones by an administrator's act alone, which the log tells."""
    branch, north = bank["vsp-0045"], bank["north"]
    erased, kept = bank.closed_case(), bank.closed_case()
    made = bank.backup("vsp-0045")
    bank.erase(erased)
    north.stop()
    bank.lose("vsp-0045", made)
    branch.start()
    new = branch.register()
    assert branch.show(new)["client"]["name"] == CLIENT
    for number in (erased, kept):
        assert "has not compared it with north yet" in branch.show(number)["withheld"]
        assert branch.show(number)["client"] is None
    branch.ombud("case", "reopen", kept, "--ground", "client-asks", "--reason", "Says more",
                 who="handler", code=0)
    doctor = branch.ombud("doctor").out
    assert "withheld until it has compared with north" in doctor
    served = branch.ombud("backup", "serve-anyway", "--json").json()
    assert served["unheard"] == ["north"]
    assert branch.show(kept)["client"]["name"] == CLIENT
    assert branch.show(erased)["client"]["name"] == CLIENT, "what nobody told is not known"
    north.start()
    until("erased once it is heard of", lambda: branch.show(erased)["erased"], True)
    assert branch.show(erased)["client"] is None
    bank.see(new, ("open", "vsp-0045"), *CODES)
    until("what waits", lambda: lag(branch), 0)
    types = [entry["type"] for entry in
             bank["ho"].ombud("log", "show", "vsp-0045", "--json").json()]
    assert types.count("restored") == 2, "that it was restored, and that it was served"
    bank.settle(CODES[1:])
    bank.verify(CODES)


def test_words_wait_over_a_restart(bank):
    """A daemon that is restarted before it was told goes on withholding."""
    branch, north = bank["vsp-0045"], bank["north"]
    erased = bank.closed_case()
    made = bank.backup("vsp-0045")
    bank.erase(erased)
    north.stop()
    bank.lose("vsp-0045", made)
    for _ in range(2):
        branch.start()
        assert branch.show(erased)["withheld"] and branch.show(erased)["client"] is None
        branch.stop(signal.SIGKILL)
    north.start()
    branch.start()
    Watcher(branch, erased).run_until(lambda: branch.show(erased)["erased"])
    assert json.loads(branch.ombud("case", "show", erased, "--json",
                                   who="handler").out)["withheld"] is None
