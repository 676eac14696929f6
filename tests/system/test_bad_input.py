"""Whatever is wrong is refused in words that say what and where, and nothing else happens."""

import contextlib
import socket

import pytest

import outsider_client as oc
from conftest import BUILD, TEXT, folder, offices

NEW = ("case", "new", "--channel", "in-person", "--product", "cards", "--issue", "fees")
CASES = 3
LONG_LINE, LONG_TEXT = "x" * 513, "x" * 65537


def says(words, *expected):
    for word in expected:
        assert word in words, f"{word!r} is not in {words!r}"


# --- requests and lines ----------------------------------------------------------------------

class Counter:
    """An office at work, which nothing that is refused may change."""

    def __init__(self, office):
        self.office = office
        self.number = office.register()
        self.answered = office.register()
        for act in (("resolve", "--outcome", "founded", "--cause", "error", "--answer", TEXT),
                    ("answer", "--method", "phone")):
            office.ombud("case", act[0], self.answered, *act[1:], who="handler", code=0)
        self.held = office.records()

    def refuses(self, *args, who="teller", code=1, words=(), stdin=""):
        done = self.office.ombud(*args, who=who, stdin=stdin)
        assert (done.code, done.out) == (code, ""), f"{args}: {done.code} {done.out} {done.err}"
        says(done.err, *words)
        self.has_not_changed()
        return done.err

    def has_not_changed(self):
        assert self.office.daemon.poll() is None
        assert self.office.records() == self.held


@pytest.fixture(scope="module")
def counter():
    with folder() as top, offices(top) as make:
        office = make().init().start().staff()
        yield Counter(office)
        assert office.stop() == 0


@pytest.mark.parametrize("args, words", [
    (("case", "new", "--isue", "fees"), ["--isue", "did you mean --issue"]),
    (("--jsn", "case", "list"), ["--jsn", "did you mean --json"]),
    (("case", "new", "-x"), ["-x"]),
    (("case", "new", "--channel"), ["--channel takes CODE"]),
    (("case", "new", "--vulnerable=yes"), ["--vulnerable takes no argument"]),
    (("case", "new", "--product", "cards", "--product", "loans"), ["--product is said twice"]),
    (("case", "shwo", "ho-2026-000001-7k"), ["`case shwo`", "did you mean case show"]),
    (("cse", "show"), ["cse", "did you mean case"]),
    (("case", "show"), ["`case show` takes NUMBER"]),
    (("case", "list", "all"), ["`case list`", '"all"']),
    (("case", "list", "--limit", "many"), ["--limit takes a number", '"many"']),
    ((*NEW, "--received-at", "2026-13-01"), ["--received-at", "2026-13-01", "no time"]),
    (("report", "--format", "xml"), ["--format takes table|csv|json", '"xml"']),
])
def test_a_line_that_cannot_be_parsed(counter, args, words):
    counter.refuses(*args, code=2, words=words)


@pytest.mark.parametrize("left, words", [
    ("channel", ["`channel`"]), ("product", ["`product`"]), ("issue", ["`issue`"])])
def test_a_missing_field_is_named(counter, left, words):
    at = NEW.index(f"--{left}")
    counter.refuses(*NEW[:at], *NEW[at + 2:], words=words)


@pytest.mark.parametrize("field, code, nearest", [
    ("channel", "in-prson", "in-person"), ("product", "card", "cards"), ("issue", "fee", "fees"),
    ("severity", "hihg", "high"), ("kind", "complain", "complaint"), ("segment", "vipp", "vip"),
    ("reply-methods", "phon", "phone")])
def test_an_unknown_code_meets_its_nearest(counter, field, code, nearest):
    at = NEW.index(f"--{field}") if f"--{field}" in NEW else len(NEW)
    counter.refuses(*NEW[:at], f"--{field}", code, *NEW[at + 2:],
                    words=[f"`{code}`", f"did you mean {nearest}"])


@pytest.mark.parametrize("data", [b"\xff\xfe\xfd", b"cut \xc3", b"\xed\xa0\x80", b"nul \0 in it"])
def test_text_that_is_not_text(counter, data):
    counter.refuses(*NEW, "--text-file", "-", stdin=data, words=["UTF-8", "(--text-file)"])
    if b"\0" not in data:
        counter.refuses(*NEW, "--text", data, words=["UTF-8", "(--text)"])
        counter.refuses(*NEW, "--client-name", data, words=["UTF-8", "name"])
        counter.refuses("case", "show", data, words=["number"])
        counter.refuses("case", "list", b"--" + data, code=2, words=["there is no option"])


def test_a_code_that_is_no_code(counter):
    counter.refuses(*NEW, "--severity", "Very High", words=["a-z, 0-9", "severity"])
    counter.refuses(*NEW, "--severity", b"hi\xffgh", words=["severity"])


def test_control_characters(counter):
    counter.refuses(*NEW, "--client-name", "bell \a", words=["control characters", "name"])
    counter.refuses(*NEW, "--text", "bell \a", words=["control characters", "(--text)"])


def test_a_text_that_is_too_long(counter):
    counter.refuses(*NEW, "--text", LONG_TEXT, words=["too long", "(--text)"])
    counter.refuses(*NEW, "--client-name", LONG_LINE, words=["too long", "name"])
    counter.refuses(*NEW, "--text-file", "-", stdin="x" * 10_000_000, words=["longer than"])


def test_a_file_that_is_not_there(counter):
    counter.refuses(*NEW, "--text-file", "/nowhere/text", words=["/nowhere/text", "No such file"])
    counter.refuses("import", "csv", "/nowhere/cases", words=["/nowhere/cases", "No such file"])


@pytest.mark.parametrize("number, words", [
    ("ho-2026-000001", ["not a case number", "vsp-0045-2026-000123-7k"]),
    ("nonsense", ["not a case number"]),
    ("ho-2026-000999-7k", ["no case 999 of 2026 of ho is here"]),
    ("nowhere-2026-000001-7k", ["no office nowhere is known"]),
])
def test_a_case_that_does_not_exist(counter, number, words):
    counter.refuses("case", "show", number, who="handler", words=words)
    counter.refuses("case", "note", number, "--text", TEXT, words=words)


def test_a_wrong_check_character(counter):
    right = counter.number
    wrong = right[:-1] + ("2" if right[-1] != "2" else "3")
    counter.refuses("case", "show", wrong, who="handler",
                    words=[f"check characters {wrong[-2:]}", "case 1 of 2026 of ho", "mistyped"])


def test_what_the_status_does_not_allow(counter):
    counter.refuses("case", "answer", counter.number, "--method", "phone", who="handler",
                    words=["the case is open", "needs a resolved case", "resolve it first"])
    counter.refuses("case", "close", counter.number, "--accepts", "yes", who="handler",
                    words=["the case is open", "needs an answered case", "resolve and answer it"])
    counter.refuses("case", "rate", counter.number, "--score", "5",
                    words=["the case is open", "answered, closed or withdrawn"])
    counter.refuses("case", "resolve", counter.answered, "--outcome", "unfounded", who="handler",
                    words=["the case is answered", "needs an open case", "reopen it first"])


def test_what_the_role_does_not_allow(counter):
    resolve = ("case", "resolve", counter.number, "--outcome", "unfounded")
    counter.refuses(*resolve, words=["teller may not `resolve`", "handler or supervisor"])
    counter.refuses("case", "escalate", counter.number, "--to", "ho", "--ground", "amount",
                    "--reason", TEXT, who="handler",
                    words=["handler may not `escalate`", "supervisor"])
    counter.refuses(*NEW, who="analyst", words=["teller, handler or supervisor", "analyst"])
    counter.refuses(*resolve, who="auditor", words=["auditor"])
    counter.refuses("operator", "add", "t9", "--name", "T", "--role", "teller", who="supervisor",
                    words=["the role admin", "supervisor has supervisor"])
    assert not (counter.office.dir / "operators/t9.key").exists()


def test_custody(counter):
    counter.refuses("case", "take", counter.number, "--ground", "time", who="supervisor",
                    words=["custody is with this office", "only an office above", "`take`"])
    counter.refuses("case", "escalate", counter.number, "--to", "nowhere", "--ground", "amount",
                    "--reason", TEXT, who="supervisor", words=["no office nowhere is known"])
    counter.refuses("case", "escalate", counter.number, "--to", "ho", "--ground", "amount",
                    "--reason", TEXT, who="supervisor", words=["`escalate`"])


def test_facts_that_cannot_be(counter):
    founded = ("case", "resolve", counter.number, "--outcome", "founded")
    counter.refuses(*founded, who="handler", words=["cause"])
    counter.refuses(*founded, "--cause", "error", "--redress", "1.20", who="handler",
                    words=["currency"])
    counter.refuses("case", "rate", counter.answered, "--score", "11", words=["1 to 10", "score"])
    counter.refuses("case", "promise", counter.number, "--due", "2020-01-01", "--to", "client",
                    words=["future", "due"])
    counter.refuses(*NEW, "--received-at", "2099-01-01", words=["future", "(--received-at)"])


def test_the_same_id_with_other_content(counter):
    office, again = counter.office, ("--request-id", "00ff" * 8)
    first = office.ombud(*NEW, "--json", *again, who="teller", code=0)
    counter.held += 1
    assert office.ombud(*NEW, "--json", *again, who="teller", code=0).out == first.out
    counter.refuses(*NEW, "--severity", "high", "--json", *again, words=["had this id"])
    counter.refuses(*NEW, "--request-id", "abc", code=2, words=["--request-id takes", "hex"])


# --- who may come in, and where --------------------------------------------------------------

def remote(counter, *more, endpoint, server_key="keys/transport.pub", key="operators/teller.key"):
    office = counter.office
    done = office.run([BUILD / "tools/cli/ombud", "--connect", endpoint,
                       "--server-key", office.dir / server_key, "--key", office.dir / key,
                       *(more or ("status",))])
    counter.has_not_changed()
    return done


def test_an_operator_who_is_none(counter):
    counter.refuses("case", "list", who="nobody", words=["no operator nobody", "nobody.key"])
    counter.refuses("case", "list", who="No Body", code=2, words=['"No Body"'])


def test_an_endpoint_where_nobody_is(counter):
    with socket.socket() as held:  # bound and not listening, so that nobody else can be there
        held.bind(("127.0.0.1", 0))
        endpoint = f"tcp://127.0.0.1:{held.getsockname()[1]}"
        done = remote(counter, endpoint=endpoint)
    assert (done.code, done.out) == (3, "")
    says(done.err, "nobody answers", endpoint)


def test_a_wrong_server_key(counter):
    endpoint = f"ipc://{counter.office.dir}/run/api.sock"
    assert remote(counter, endpoint=endpoint).code == 0
    done = remote(counter, endpoint=endpoint, server_key="operators/handler.key")
    assert (done.code, done.out) == (3, "")
    says(done.err, endpoint, "server key")


def test_a_key_of_nobody(counter):
    with folder() as top, offices(top) as make:
        other = make("other").init()
        done = remote(counter, endpoint=f"ipc://{counter.office.dir}/run/api.sock",
                      key=other.dir / "operators/admin.key")
    assert done.code == 3 and "refused the key" in done.err


def test_a_revoked_operator(counter):
    office = counter.office
    office.enrol("gone", "teller")
    with oc.connect(office.dir, office.dir / "operators/gone.key",
                    office.dir / "keys/transport.pub") as running:
        assert oc.status(running).operator == "gone"
        office.ombud("operator", "revoke", "gone", code=0)
        counter.held = office.records()
        with pytest.raises(oc.Refusal) as refused:
            oc.register(running, {"channel": "phone", "product": "cards", "issue": "fees"}, {})
        assert refused.value.code == "forbidden"
    counter.has_not_changed()
    done = office.ombud(*NEW, who="gone")
    assert (done.code, done.out) == (3, "")
    says(done.err, "refused the key")
    counter.has_not_changed()


def test_another_daemon_has_the_directory(counter):
    done = counter.office.start_refused()
    assert done.code == 1
    says(done.err, "in use by another process", str(counter.office.dir))
    counter.has_not_changed()


def test_an_office_where_something_is(counter):
    counter.refuses("office", "init", "--root", "--code", "ho", "--name", "Again", who=None,
                    words=[str(counter.office.dir), "not empty"])


# --- an office at rest, with something broken ------------------------------------------------

@pytest.fixture(scope="module")
def model():
    """An office with cases in table files and in the log, that nobody runs."""
    with folder() as top, offices(top) as make:
        office = make().init().start().staff()
        for _ in range(CASES - 1):
            office.register()
            assert office.stop() == 0
            office.start()
        office.register()
        assert office.stop() == 0
        yield office


@pytest.fixture
def resting(model, make_office):
    """A copy of its own of that office."""
    return make_office().take_after(model)


def store_of(office):
    """What the store's files hold, but for RocksDB's own chat."""
    return {path.name: path.read_bytes() for path in (office.dir / "db").iterdir()
            if not path.name.startswith("LOG")}


def does_not_start(office, *words, touched=False):
    """What is found before the store is open leaves its files as they are."""
    before = store_of(office)
    done = office.start_refused()
    assert done.code == 1, done.err
    says(done.err, "<3>the office cannot start", *words)
    assert touched or store_of(office) == before


def starts(office):
    assert office.start().stop() == 0


@contextlib.contextmanager
def changed(path, data):
    """A file with other bytes, for a while."""
    was = path.read_bytes()
    path.write_bytes(data)
    yield was
    path.write_bytes(was)


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:]


@pytest.mark.parametrize("name", ["signing", "transport"])
def test_every_line_of_a_key_file_counts(resting, name):
    path = resting.dir / f"keys/{name}.key"
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) == 5
    for number in range(1, 6):
        damaged = lines[:number - 1] + [b"nothing\n"] + lines[number:]
        with changed(path, b"".join(damaged)):
            does_not_start(resting, str(path), f"line {number} ")
    with changed(path, b"".join([*lines[:4], lines[4][:-2] + b"\n"])):
        does_not_start(resting, str(path), "line 5 ", "64 hex digits")
    other = lines[3][:-2] + (b"1" if lines[3][-2:] == b"0\n" else b"0") + b"\n"
    with changed(path, b"".join([*lines[:3], other, lines[4]])):
        does_not_start(resting, str(path), "line 4 ", "does not belong to the secret")
    with changed(path, b"".join([*lines, b"more\n"])):
        does_not_start(resting, str(path), "line 6 ", "one too many")
    with changed(path, b"".join(lines[:4])):
        does_not_start(resting, str(path), "no secret")
    starts(resting)


def test_keys_of_another_office(resting, make_office):
    other = make_office("other").init()
    path = resting.dir / "keys/signing.key"
    with changed(path, (other.dir / "keys/signing.key").read_bytes()):
        does_not_start(resting, str(path), "a key of other", "ho")
    with changed(path, (resting.dir / "keys/sealing.key").read_bytes()):
        does_not_start(resting, str(path), "a key for sealing, not for signing")
    path.rename(path.with_suffix(".away"))
    does_not_start(resting, str(path), "No such file")


@pytest.mark.parametrize("part, mode, right", [
    ("keys/signing.key", 0o644, "0600"), ("keys/sealing.key", 0o640, "0600"),
    ("keys", 0o755, "0700"), ("run", 0o755, "0700")])
def test_modes_that_are_too_wide(resting, part, mode, right):
    path = resting.dir / part
    narrow = path.stat().st_mode & 0o777
    path.chmod(mode)
    does_not_start(resting, f"mode 0{mode:o}", f"chmod {right} {path}", touched=part == "run")
    path.chmod(narrow)
    starts(resting)


def test_an_operators_key_that_others_can_read(office):
    path = office.dir / "operators/teller.key"
    path.chmod(0o644)
    held = office.records()
    done = office.ombud(*NEW, who="teller", code=1)
    says(done.err, str(path), "mode 0644", "chmod 0600")
    path.chmod(0o600)
    path.parent.chmod(0o755)
    says(office.ombud(*NEW, who="teller", code=1).err, str(path.parent), "chmod 0700")
    path.parent.chmod(0o700)
    assert office.records() == held
    office.register()


@pytest.mark.parametrize("line, words", [
    ("[daemon]\nlog-lvel = info", ["log-lvel", "log-level"]),
    ("[daemon]\nlog-level = loud", ["loud", "is not error, warning, notice"]),
    ("[deamon]\nlog-level = info", ["[deamon]", "daemon"]),
    ("[keys]\nlog-level = info", ["stands in [daemon]"]),
    ("[client]\nlisten = 127.0.0.1", ["127.0.0.1", "endpoint"]),
    ("[daemon]\nbatch-inputs = 0", ["is not a number from 1 to 4096"]),
    ("[daemon]\nnonsense", ["not [section]"]),
    ("[office]\ncode = again", ["code", "second time"]),
])
def test_a_wrong_line_of_the_configuration(resting, line, words):
    path = resting.dir / "ombud.conf"
    number = path.read_text().count("\n") + 2
    with path.open("a") as conf:
        conf.write(line + "\n")
    where = f"{path}:{number}: "
    does_not_start(resting, where, *words)
    checked = resting.start_refused("--check-config")
    assert (checked.code, checked.out) == (1, "")
    says(checked.err, "ombud-node: ", where, *words)


def test_a_configuration_that_is_right(resting):
    done = resting.start_refused("--check-config")
    assert (done.code, done.out, done.err) == (
        0, f"{resting.dir}/ombud.conf: nothing is wrong\n", "")


def test_a_port_in_use(resting):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        endpoint = f"tcp://127.0.0.1:{held.getsockname()[1]}"
        with (resting.dir / "ombud.conf").open("a") as conf:
            conf.write(f"[client]\nlisten = {endpoint}\n")
        done = resting.start_refused()
    assert done.code == 1
    says(done.err, endpoint, "in use")
    assert not (resting.dir / "run/api.sock").exists()
    starts(resting)


def test_a_directory_that_is_no_office(resting, top):
    (top / "empty").mkdir()
    for path, words in ((top / "empty", "ombud.conf"), (top / "nowhere", "No such file")):
        done = resting.run([resting.program, "-C", path])
        assert done.code == 1
        says(done.err, str(path), words)
        done = resting.run([BUILD / "tools/cli/ombud", "-C", path, "case", "list"])
        assert done.code == 1
        says(done.err, str(path))
    done = resting.run([resting.program])
    assert done.code == 2 and "-C DIR" in done.err
    assert list((top / "empty").iterdir()) == []


def test_a_path_too_long_for_a_socket(resting, top):
    deep = top / ("d" * (107 - len(f"{top}//run/api.sock") + 1))
    done = resting.run([BUILD / "tools/cli/ombud", "-C", deep, "office", "init", "--root",
                        "--code", "ho", "--name", "Deep"])
    assert done.code == 1
    says(done.err, "socket", "107", "shorter")
    assert not deep.exists()
    resting.dir = resting.dir.rename(deep)
    does_not_start(resting, "socket", "107", "shorter")
    done = resting.ombud("case", "list")
    assert done.code == 1
    says(done.err, "socket", "107", "shorter")


# --- a store that is not what it was ---------------------------------------------------------

def test_a_store_of_a_later_schema(resting):
    resting.store_rows("put", "meta", b"schema".hex(), "00000002")
    for done in (resting.start_refused(), resting.ombud("store", "check"),
                 resting.start_refused()):
        assert done.code == 1
        says(done.err, "schema 2", "later version", "up to 1")


def newest(office, pattern):
    return max((office.dir / "db").glob(pattern), key=lambda path: path.name)


def test_a_log_damaged_in_the_middle(resting):
    path = newest(resting, "*.log")
    data = path.read_bytes()
    with changed(path, flip(data, len(data) // 2)):
        does_not_start(resting, "damaged", path.name, "nothing was changed")
        done = resting.ombud("store", "check", code=1)
        says(done.err, "damaged", "nothing was changed")
    is_whole(resting)


def is_whole(office):
    """Nothing that was acknowledged is missing."""
    office.start()
    assert len(office.ombud("case", "list", "--json", who="handler").json()) == CASES
    office.ombud("log", "verify", code=0)
    assert office.stop() == 0
    office.ombud("store", "check", code=0)


def test_a_table_damaged_where_it_says_what_it_holds(resting):
    path = newest(resting, "*.sst")
    data = path.read_bytes()
    half = len(data) // 2
    with changed(path, data[:half] + bytes(byte ^ 0x55 for byte in data[half:])):
        does_not_start(resting, "damaged", touched=True)
        assert path.read_bytes() != data
    is_whole(resting)


def test_rows_damaged_in_any_table(resting):
    """A check finds every one and names the file; with that as it was, all is there again."""
    for path in sorted((resting.dir / "db").glob("*.sst")):
        with changed(path, flip(path.read_bytes(), 5)) as data:
            done = resting.ombud("store", "check", code=1)
            says(done.err, "damaged", path.name)
            assert path.read_bytes() == flip(data, 5)
    is_whole(resting)


def test_rows_that_the_start_needs(resting):
    """Unreadable is never taken for absent: the file is named, and READY is not told."""
    path = next(path for path in sorted((resting.dir / "db").glob("*.sst"))
                if b"Head Office" in path.read_bytes())
    with changed(path, flip(path.read_bytes(), 5)):
        does_not_start(resting, "damaged", path.name, touched=True)
    is_whole(resting)


@pytest.mark.parametrize("pattern", ["MANIFEST-*", "CURRENT", "*.log", "*.sst"])
def test_a_missing_file(resting, pattern):
    path = newest(resting, pattern)
    data = path.read_bytes()
    path.unlink()
    does_not_start(resting, "damaged", "nothing was changed")
    path.write_bytes(data)
    path.chmod(0o600)
    starts(resting)
