"""A daemon among others: what it tells the service manager and the log, how it starts and ends."""

import json
import re
import secrets
import signal

import pytest

import outsider_client as oc
from conftest import BUILD, TEXT
from load import dial

TEXT_LINE = re.compile(r'<[3-7]>[^=]+( [a-z_]+=("([^"\\]|\\.)*"|[^\s"]+))*')
LEVELS = {"error", "warning", "notice", "info", "debug"}


def configure(office, section, key, value):
    """Says a key of the configuration, which `office init` wrote as a comment."""
    path = office.dir / "ombud.conf"
    text, count = re.subn(rf"(\[{section}\](?:\n[^\[].*|\n)*?\n)#?{key} =.*",
                          rf"\g<1>{key} = {value}", path.read_text())
    assert count == 1
    path.write_text(text)


def lives(office):
    """The log's incarnations as they came, each with the types of its records."""
    found = {}
    for entry in office.ombud("log", "show", office.code, "--json").json():
        found.setdefault(entry["incarnation"], []).append(entry["type"])
    return found


# --- the service manager ---------------------------------------------------------------------

def test_ready_means_that_operators_are_served(make_office):
    office = make_office().init().spawn()
    notice = office.notices.wait("READY=1", office.daemon)
    assert "STATUS=serving office ho" in notice
    office.ombud("status", code=0)
    for name in ("api.sock", "bell.sock"):
        assert (office.dir / "run" / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_clean_stop(office, how):
    number = office.register()
    office.daemon.send_signal(how)
    office.notices.wait("STOPPING=1", office.daemon)
    assert office.wait() == 0
    assert [path.name for path in (office.dir / "run").iterdir()] == ["last-exit"]
    assert (office.dir / "run/last-exit").read_text() == "clean\n"
    assert office.log_text().splitlines()[-1] == "<5>stopped program=ombud-node"
    office.start()
    assert office.show(number)["narrative"] == TEXT


def test_a_stop_that_is_asked_for_twice(office):
    office.daemon.send_signal(signal.SIGTERM)
    office.daemon.send_signal(signal.SIGINT)
    assert office.wait() == 0


def test_the_watchdog_hears_of_a_daemon_with_nothing_to_do(make_office):
    office = make_office().init().start(env={"WATCHDOG_USEC": "300000"})
    for _ in range(4):
        office.notices.wait("WATCHDOG=1", office.daemon)
    assert office.stop() == 0


def test_too_few_files(make_office):
    office = make_office().init()
    done = office.run(["prlimit", "--nofile=512:512", office.program, "-C", office.dir])
    assert done.code == 1
    assert "may open 512 files, it needs 1024" in done.err


@pytest.mark.parametrize("program, words", [
    ("node/ombud-node", "ombud-node (ombud "), ("hub/ombud-hub", "ombud-hub (ombud "),
    ("tools/cli/ombud", "ombud ")])
def test_every_program_says_its_version(make_office, program, words):
    done = make_office().run([BUILD / program, "--version"])
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(re.escape(words) + r"\d+\.\d+\.\d+\)?\n", done.out)


# --- the log ---------------------------------------------------------------------------------

def json_lines(text):
    def once(pairs):
        assert len(dict(pairs)) == len(pairs), pairs
        return dict(pairs)

    return [json.loads(line, object_pairs_hook=once) for line in text.splitlines()]


def reload(office):
    office.daemon.send_signal(signal.SIGHUP)
    office.notices.wait("RELOADING=1", office.daemon)
    office.notices.wait("READY=1", office.daemon)


def test_the_log_is_read_again(office):
    before = office.log_text()
    assert "batch ->" not in before
    configure(office, "daemon", "log-level", "debug")
    configure(office, "daemon", "log-format", "json")
    reload(office)
    office.register()
    assert office.stop() == 0
    lines = json_lines(office.log_text()[len(before):])
    assert lines[0]["message"].startswith("reload ->") and lines[0]["level"] == "notice"
    assert any(line["message"].startswith("batch ->") and line["level"] == "debug"
               for line in lines)


def test_a_wrong_configuration_changes_nothing_that_runs(office):
    configure(office, "daemon", "log-level", "loud")
    reload(office)
    office.register()
    line = office.log_text().splitlines()[-1]
    assert line.startswith("<3>reload -> refused") and "loud" in line and "ombud.conf:" in line
    configure(office, "daemon", "log-level", "error")
    reload(office)
    assert office.stop() == 0
    assert "stopped" not in office.log_text()


def test_a_format_that_was_said_stays(make_office):
    office = make_office().init().start("--log-format", "json")
    configure(office, "daemon", "log-format", "text")
    reload(office)
    assert office.stop() == 0
    lines = json_lines(office.log_text())
    assert [line["message"].split(" ")[0] for line in lines] == [
        "serving", "reload", "signal", "stopped"]
    assert {line["level"] for line in lines} <= LEVELS
    assert lines[0]["office"] == "ho" and lines[0]["program"] == "ombud-node"
    assert type(lines[0]["start_ms"]) is int


def test_every_line_is_a_decision_with_its_fields(office):
    office.ombud("operator", "revoke", "teller", code=0)
    assert office.ombud("case", "list", who="teller").code == 3
    reload(office)
    assert office.stop() == 0
    lines = office.log_text().splitlines()
    assert len(lines) > 8
    for line in lines:
        assert TEXT_LINE.fullmatch(line), line


# --- what must not be seen -------------------------------------------------------------------

PLACES = ("text", "client-name", "phone", "email", "address", "account", "place", "wish-text")
COUNTABLE = ("pseudonym", "reference")  # sealed from nobody who holds the case (records: extract)
TEXTS = ("note", "reason", "findings", "answer")


def told_in_confidence(office):
    """A case in which every text is a word that is nowhere else; the words by their places."""
    words = {place: secrets.token_hex(24) for place in (*PLACES, *COUNTABLE, *TEXTS)}
    office.words |= set(words.values())
    said = [part for place in (*PLACES, *COUNTABLE) for part in (f"--{place}", words[place])]
    number = office.ombud("case", "new", "--channel", "phone", "--product", "cards", "--issue",
                          "fees", "--json", *said, who="teller").json()["number"]
    for who, *act in (
            ("handler", "note", "--text", words["note"]),
            ("supervisor", "assign", "--responsible", "handler", "--reason", words["reason"]),
            ("handler", "resolve", "--outcome", "founded", "--cause", "error", "--answer",
             words["answer"], "--findings", words["findings"])):
        office.ombud("case", act[0], number, *act[1:], who=who, code=0)
    return number, words


def test_confidences_are_kept(make_office):
    """At the most talkative level, with errors of every kind around them: the frame searches
    what was logged and said. On the disk there is nothing to be read either."""
    office = make_office().init()
    configure(office, "daemon", "log-level", "debug")
    office.start().staff()
    number, words = told_in_confidence(office)
    case = json.dumps(office.show(number))
    assert words["text"] in case and words["client-name"] in case
    hidden = words["text"]
    for line in (("case", "close", number, "--accepts", hidden),
                 ("case", "note", number, "--text", hidden * 2000),
                 ("case", "note", number, "--text", hidden + "\a"),
                 ("case", "resolve", number, "--outcome", "founded", "--answer", hidden),
                 ("case", "amend", number, "--client-name", hidden + "x" * 600)):
        assert office.ombud(*line, who="teller").code == 1
    assert office.stop() == 0
    office.start()
    assert office.stop() == 0
    sealed = {TEXT, *(words[place] for place in (*PLACES, *TEXTS))}
    for path in (office.dir / "db").iterdir():
        data = path.read_bytes()
        for word in sealed:
            assert word.encode() not in data, path.name
        for secret in office.secrets():
            assert bytes.fromhex(secret) not in data, path.name


# --- lives of an office ----------------------------------------------------------------------

def test_a_life_of_the_log_begins_with_the_first_write(make_office):
    office = make_office().init().start()
    assert len(lives(office)) == 1
    assert office.stop() == 0
    office.start().staff()
    known = lives(office)
    assert len(known) == 2
    for count in (3, 4):
        assert office.stop() == 0
        assert lives(office) == known  # nobody runs: the command line reads and writes nothing
        office.start()
        assert lives(office) == known
        office.register()
        office.register()
        newer = lives(office)
        assert len(newer) == count
        assert list(newer.values())[-1].count("registered") == 2
        assert list(newer.items())[:-1] == list(known.items())
        known = newer
    office.ombud("log", "verify", code=0)
    assert [int(name[:8], 16) for name in known] == [1, 2, 3, 4]


def test_a_node_becomes_a_hub_and_a_node_again(office):
    numbers = [office.register()]
    for program in ("hub/ombud-hub", "node/ombud-node"):
        assert office.stop() == 0
        office.program = BUILD / program
        office.start()
        numbers.append(office.register())
        assert [office.show(number)["status"] for number in numbers] == ["open"] * len(numbers)
    assert re.findall(r"serving .*program=(\S+)", office.log_text()) == [
        "ombud-node", "ombud-hub", "ombud-node"]
    office.ombud("log", "verify", code=0)
    office.ombud("store", "check", code=0)


def test_a_socket_left_by_a_kill_is_taken_over(office):
    assert office.stop(signal.SIGKILL) == -signal.SIGKILL
    assert (office.dir / "run/api.sock").exists()
    done = office.ombud("case", "list", who="handler")
    assert (done.code, done.out) == (3, "") and "no daemon answers" in done.err
    assert (office.dir / "run/last-exit").read_text() == "running\n"
    office.start()
    office.register()
    assert re.findall(r"serving .*last_exit=(\S+)", office.log_text()) == ["unknown", "killed"]


def test_a_client_outlives_its_office(office):
    """A connection comes back by itself when the daemon does."""
    with dial(office, "handler") as client:
        assert oc.status(client).operator == "handler"
        assert office.stop() == 0
        office.start()
        assert oc.status(client).operator == "handler"
