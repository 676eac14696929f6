"""What ombud-faults(7) says is done at one office: a fault is caused, its words are seen, the
commands of the page are typed as they stand there, and it is mended."""

import os
import shutil
import signal
import socket

import pytest

from bank import free_ports, until
from conftest import CLIENT, folder, offices
from disk import SmallDisk
from hands import Hands, doctor, is_well, refused
from test_daemon import configure


# --- the daemon and its machine --------------------------------------------------------------

@pytest.fixture(scope="module")
def model():
    """An office with a case, that nobody runs."""
    with folder() as top, offices(top) as make:
        office = make().init().start().staff()
        number = office.register()
        assert office.stop() == 0
        yield office, number


@pytest.fixture
def resting(model, make_office):
    """A copy of its own of that office."""
    return make_office().take_after(model[0])


@pytest.fixture
def number(model):
    return model[1]


def test_the_daemon_does_not_answer(resting, number):
    hands = Hands("The daemon does not answer", resting)
    hands.sees(resting.ombud("case", "list", code=3).err)
    hands.sees(resting.ombud("doctor").out)
    assert "no daemon runs" not in hands.types()[-1]
    is_well(resting, number)


def test_the_daemon_was_killed(resting, number):
    hands = Hands("The daemon was killed, or the power failed", resting.start())
    resting.stop(signal.SIGKILL)
    assert "<5>stopped" not in resting.log_text()
    hands.types()
    assert "last_exit=killed" in resting.log_text().splitlines()[-1]
    is_well(resting, number)


def test_the_disk_is_full(make_office, top):
    disk = SmallDisk(top / "disk")
    try:
        office = disk.hold(make_office()).init().start().staff()
        number = office.register()
        hands = Hands("The disk is full", office)
        hands.sees("\n".join(words for level, words in doctor(office, "disk")
                             if level == "critical"))
        assert office.stop() == 0
        disk.fill(0)
        hands.sees(office.start_refused().err)
        disk.empty()
        hands.types(failing=("ombud doctor",))  # a small disk is critical
        assert office.show(number)["client"]["name"] == CLIENT
    finally:
        disk.close()


def test_the_configuration_is_refused(resting, number):
    hands = Hands("The configuration is refused", resting)
    path = resting.dir / "ombud.conf"
    right = path.read_text()
    path.write_text(right + "[daemon]\nlog-lvel = info\n")
    hands.sees(refused(resting))
    hands.sees("\n".join(words for _, words in doctor(resting, "configuration")))
    path.write_text(right)
    assert "nothing is wrong" in hands.types()[0]
    is_well(resting, number)


def test_an_address_cannot_be_listened_at(resting, number):
    hands = Hands("An address cannot be listened at", resting)
    with socket.create_server(("127.0.0.1", 0)) as other:
        configure(resting, "client", "listen", f"tcp://127.0.0.1:{other.getsockname()[1]}")
        hands.sees(refused(resting))
    hands.types()
    is_well(resting, number)


def test_the_wrong_daemon(resting, number):
    hands = Hands("The wrong daemon, or no address for offices below", resting)
    endpoint = f"tcp://127.0.0.1:{free_ports(1)[0]}"
    configure(resting, "links", "listen", endpoint)
    resting.start()
    hands.sees(resting.log_text())
    hands.types()
    assert f"links={endpoint}" in resting.log_text().splitlines()[-1]
    is_well(resting, number)
    configure(resting, "links", "listen", "")
    resting.stop()
    resting.start()
    hands.sees(resting.log_text(), count=2)
    configure(resting, "links", "listen", endpoint.replace("127.0.0.1", "0.0.0.0"))
    resting.stop()
    resting.start()
    hands.sees(resting.log_text(), count=3)


def without_might(office):
    """Root as well meets the modes of files then."""
    if os.geteuid() == 0:
        office.prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    return office


def test_files_have_wrong_permissions(resting, number):
    hands = Hands("Files have wrong permissions", without_might(resting))
    for path, mode in (("keys/signing.key", 0o644), ("keys", 0o755), ("run", 0o750),
                       ("ombud.conf", 0o000), ("db", 0o000), ("db", 0o500)):
        (resting.dir / path).chmod(mode)
        hands.sees(resting.run([resting.program, "-C", resting.dir]).err)
        hands.types()
        assert resting.stop() == 0
    manifest = next((resting.dir / "db").glob("MANIFEST-*"))
    manifest.chmod(0o000)
    words = resting.run([resting.program, "-C", resting.dir]).err
    assert "Permission denied" in words
    hands.sees(words)
    hands.types()
    is_well(resting, number)


def test_the_store_of_another_user(resting, number):
    """Root types a command at the office of another user; who is not root meets closed files."""
    hands = Hands("Files have wrong permissions", resting)
    before = {path: path.stat().st_mtime_ns for path in (resting.dir / "db").iterdir()}
    if os.geteuid() == 0:
        os.chown(resting.dir / "db", 65534, 65534)
    else:
        (resting.dir / "db").chmod(0o000)
    words = resting.ombud("doctor", code=1).out
    hands.sees(words)
    assert "damaged" not in words
    (resting.dir / "db").chmod(0o700)
    assert before == {path: path.stat().st_mtime_ns for path in (resting.dir / "db").iterdir()}
    hands.types()
    is_well(resting, number)


def test_the_time_zone_is_not_known(resting, number):
    """On a machine without the package; it is installed by the end of the namespace."""
    hands = Hands("The time zone is not known", resting)
    configure(resting, "office", "time-zone", "Europe/Moscow")
    for names in ("-rm", "-m"):
        done = resting.run(["unshare", names, "sh", "-c",
                            'mount -t tmpfs none /usr/share/zoneinfo && exec "$@"', "sh",
                            resting.program, "-C", resting.dir])
        if "cannot start" in done.err:
            break
    assert done.code == 1
    hands.sees(done.err)
    hands.types()
    is_well(resting, number)


# --- the store -------------------------------------------------------------------------------

def test_another_process_has_the_store(resting, number):
    hands = Hands("Another process has the store", resting.start())
    hands.sees(refused(resting))
    hands.types()
    is_well(resting, number)


def test_the_store_is_damaged(resting, number, top):
    """A file was moved away and is moved back, by the page."""
    hands = Hands("The store is damaged", resting, COPY=top / "copy")
    path = next((resting.dir / "db").glob("*.sst"))
    away = top / path.name
    path.rename(away)
    hands.sees(refused(resting))
    hands.sees("\n".join(words for _, words in doctor(resting, "office")))
    away.rename(path)
    hands.types()
    assert (top / "copy/ombud.conf").exists()
    resting.start()
    is_well(resting, number)


def test_the_last_writes_of_a_store_are_gone(resting, number, top):
    """The end of the write-ahead log is cut off; the office goes on without it, by the page."""
    hands = Hands("The store is damaged", resting, COPY=top / "copy")
    resting.start()
    lost = resting.register()
    resting.stop(signal.SIGKILL)
    log = max((resting.dir / "db").glob("*.log"))
    log.write_bytes(log.read_bytes()[:-400])
    hands.sees(refused(resting))
    hands.types(failing=("ombud store", "ombud log"))
    assert "given up: the last " in "".join(hands.types(block=1))
    hands.sees("\n".join(words for _, words in doctor(resting, "loss")))
    resting.start()
    is_well(resting, number)
    resting.ombud("case", "show", lost, who="handler", code=1)


def test_rows_of_the_store_are_wrong(resting, number):
    hands = Hands("Rows of the store are wrong", resting)
    row = next(line.split() for line in resting.store_rows("dump", "case").splitlines())
    resting.store_rows("delete", "case", row[1])
    assert resting.ombud("store", "check").code == 1
    hands.sees("\n".join(words for _, words in doctor(resting, "counters")))
    hands.types()
    resting.start()
    is_well(resting, number)


def test_keys_and_store_do_not_fit(resting, number, make_office, top):
    hands = Hands("Keys and store do not fit", resting, COPY=top / "copy")
    shutil.copytree(resting.dir, top / "copy")
    other = make_office("other").init()
    shutil.copy(other.dir / "keys/signing.key", resting.dir / "keys/signing.key")
    hands.sees(refused(resting))
    hands.sees("\n".join(words for _, words in doctor(resting, "keys")))
    hands.types()
    is_well(resting, number)


def test_another_recovery_key(resting, make_office):
    other = make_office("other").init()
    key = other.dir / "offline/recovery.key"
    hands = Hands("The recovery key is lost or another one", resting, KEY=key)
    hands.sees(resting.ombud("office", "recover", "--recovery-key", key, code=1).err)
    hands.sees(resting.ombud("office", "recover", "--recovery-key",
                             resting.dir / "offline/anchor.key", code=1).err)
    lines = hands.types()[0].split()
    assert len({word for word in lines if len(word) == 64}) == 2, "two keys"
    hands.words["KEY"] = resting.dir / "offline/recovery.key"
    lines = hands.types()[0].split()
    assert len({word for word in lines if len(word) == 64}) == 1, "one key"
    resting.ombud("office", "recover", "--recovery-key", hands.words["KEY"], code=0)


# --- backups ---------------------------------------------------------------------------------

def test_the_last_backup_is_old(office, top):
    hands = Hands("The last backup is old, or failed", office, FOLDER=top / "backups")
    hands.sees(office.ombud("doctor").out)
    office.ombud("backup", "create", "--to", top / "backups", code=1)  # there is no such folder
    (top / "full").mkdir()
    (top / "full").chmod(0o500)
    configure(office, "backup", "to", office.dir / "keys")
    office.daemon.send_signal(signal.SIGHUP)
    until("read again", lambda: "reload ->" in office.log_text(), True)
    office.ombud("backup", "create", code=1)
    until("failed", lambda: "backup -> failed" in office.log_text(), True)
    hands.sees(office.log_text())
    hands.sees(office.ombud("doctor").out, count=2)
    (top / "backups").mkdir()
    hands.types()
    assert [level for level, _ in doctor(office, "backup")] == ["ok"]


def test_a_backup_is_damaged(office, top):
    number = office.register()
    folder = top / "backups"
    folder.mkdir()
    paths = [office.ombud("backup", "create", "--to", folder, "--name", name,
                          "--json").json()["path"] for name in ("one", "two")]
    hands = Hands("A backup is damaged, or cannot be opened", office, FOLDER=folder,
                  BACKUP=paths[1])
    (folder / "two/db/CURRENT").unlink()
    hands.sees(hands.types(failing=("ombud backup verify",))[1])
    hands.words["BACKUP"] = paths[0]
    hands.types()
    is_well(office, number)


# --- people ----------------------------------------------------------------------------------

def test_a_stranger_knocks(office):
    office.ombud("operator", "revoke", "teller", code=0)
    assert office.ombud("case", "list", who="teller").code == 3
    hands = Hands("A stranger knocks", office)
    until("told", lambda: "refused at the handshake" in office.log_text(), True)
    hands.sees(office.log_text())
    assert "teller" in "".join(hands.types())


def test_the_key_of_an_operator(office):
    kept = (office.dir / "operators/teller.key").read_bytes()
    hands = Hands("The key of an operator is lost, stolen or refused", office, OPERATOR="teller")
    (office.dir / "operators/teller.key").unlink()
    hands.sees(office.ombud("case", "list", who="teller", code=1).err)
    hands.types()
    number = office.register()
    new = (office.dir / "operators/teller.key").read_bytes()
    (office.dir / "operators/teller.key").write_bytes(kept)
    hands.sees(office.ombud("case", "list", who="teller", code=3).err)
    (office.dir / "operators/teller.key").write_bytes(new)
    hands.types(block=1)
    assert office.ombud("case", "list", who="teller").code == 3
    assert office.show(number)["client"]["name"] == CLIENT


def test_an_operator_is_missing(make_office):
    office = make_office().init().start()
    hands = Hands("An operator is missing", office, OPERATOR="s01", NAME="Lobby 1")
    hands.sees(office.ombud("doctor", code=0).out, count=3)
    hands.types()
    assert [level for level, _ in doctor(office, "operators")] == ["ok"]
