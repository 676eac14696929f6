"""A tree of offices is enrolled by files: without any daemon, and with them running."""

import base64
import json
import re
import subprocess

import pytest

from conftest import BUILD

BEGIN_BUNDLE = "-----BEGIN OMBUD BUNDLE-----"


def init_below(office, kind, *more):
    office.ombud("office", "init", "--code", office.code, "--name", office.code, "--kind", kind,
                 *more, code=0)
    return office


def request(office):
    return office.ombud("office", "request", code=0).out


def certify(parent, text, *more, code=0):
    return parent.ombud("office", "certify", "-", *more, stdin=text, code=code)


def join(office, bundle, code=0):
    return office.ombud("office", "join", "-", stdin=bundle, code=code)


def enrol_below(parent, office, kind):
    init_below(office, kind)
    join(office, certify(parent, request(office)).out)
    return office


def picture(office):
    """Every file of an office's directory but the store's own log lines."""
    return {str(path.relative_to(office.dir)): path.read_bytes()
            for path in sorted(office.dir.rglob("*"))
            if path.is_file() and not path.name.startswith(("LOG", "OPTIONS"))}


def refused_unchanged(office, bundle, *words):
    before = picture(office)
    done = join(office, bundle, code=1)
    for word in words:
        assert word in done.err, done.err
    assert done.out == ""
    assert picture(office) == before
    return done


@pytest.fixture
def ho(make_office):
    return make_office().init("--listen", "tcp://127.0.0.1:7100")


def check_tree(office, codes):
    offices = office.ombud("office", "list", "--json").json()
    assert [one["code"] for one in offices] == codes
    assert [one["depth"] for one in offices] == list(range(len(codes)))
    assert {one["state"] for one in offices} == {"valid"}


def test_three_levels_without_any_daemon(make_office, ho):
    north = make_office("north")
    outlet = make_office("vsp-0045")
    init_below(north, "regional", "--listen", "tcp://127.0.0.1:7101")
    asked = north.ombud("office", "request", code=0)
    fingerprint = asked.err.split("signing key ")[1].strip()
    bundle = certify(ho, asked.out, "--fingerprint", fingerprint)
    assert fingerprint in bundle.err
    assert bundle.out.startswith(BEGIN_BUNDLE)
    joined = join(north, bundle.out).out
    for label in ("signing key", "anchor"):  # compared line by line, so alike
        told = next(line for line in joined.splitlines() if label in line)
        assert told in north.ombud("office", "show", "north", code=0).out.splitlines()
    assert re.fullmatch("[0-9a-f]{64}",
                        north.ombud("office", "show", "north", "--json").json()["anchor"])
    assert not (north.dir / "keys/request.conf").exists()
    assert "parent = tcp://127.0.0.1:7100" in (north.dir / "ombud.conf").read_text()
    for part in ("anchor.pub", "recovery.pub"):
        mine, root = north.dir / "keys" / part, ho.dir / "keys" / part
        assert mine.read_text() == root.read_text()
    enrol_below(north, outlet, "branch")
    check_tree(outlet, ["ho", "north", "vsp-0045"])
    assert "parent = tcp://127.0.0.1:7101" in (outlet.dir / "ombud.conf").read_text()
    for office in (ho, north, outlet):
        office.ombud("log", "verify", code=0)
        office.ombud("store", "check", code=0)


def test_three_levels_with_running_daemons(make_office, ho):
    ho.start()
    north = enrol_below(ho, make_office("north"), "regional").start()
    outlet = enrol_below(north, make_office("vsp-0045"), "branch").start()
    check_tree(outlet, ["ho", "north", "vsp-0045"])
    north_at_ho = ho.ombud("office", "show", "north", "--json").json()
    assert north_at_ho["fingerprint"] == north.ombud("office", "show", "--json",
                                                     "north").json()["fingerprint"]
    outlet.staff()
    number = outlet.register()
    assert outlet.show(number)["home"] == "vsp-0045"
    for office in (outlet, north, ho):
        assert office.stop() == 0
        office.ombud("log", "verify", code=0)


def test_a_running_office_takes_its_next_certificate(make_office, ho):
    north = enrol_below(ho, make_office("north"), "regional").start()
    first = north.ombud("office", "show", "north", "--json").json()
    none = certify(ho, request(north), "--days", "0", code=2)
    assert "a certificate holds at least one day" in none.err
    bundle = certify(ho, request(north), "--days", "100").out
    join(north, bundle)
    second = north.ombud("office", "show", "north", "--json").json()
    assert second["previous"] == first["certificate"]
    assert second["id"] == first["id"]
    assert not second.get("rekeyed")
    refused = join(north, bundle, code=1)
    assert "has joined with this certificate already" in refused.err
    north.enrol("teller", "teller")  # written under the next certificate
    assert north.stop() == 0
    north.ombud("log", "verify", code=0)
    north.start()
    assert north.ombud("office", "show", "north", "--json").json()["certificate"] == \
        second["certificate"]


def test_an_office_comes_under_another_parent(make_office, ho):
    north = enrol_below(ho, make_office("north"), "regional")
    south = enrol_below(ho, make_office("south"), "regional")
    outlet = enrol_below(north, make_office("vsp-0045"), "branch")
    before = outlet.ombud("office", "show", "vsp-0045", "--json").json()
    # north knows of south only by a line; here it lets the office go to the root
    north.ombud("office", "move", "vsp-0045", "--to", "ho", code=0)
    join(outlet, certify(ho, request(outlet)).out)
    after = outlet.ombud("office", "show", "vsp-0045", "--json").json()
    assert (after["id"], after["parent"], after["depth"]) == (before["id"], "ho", 1)
    outlet.ombud("log", "verify", code=0)
    assert certify(south, certify(ho, request(south)).out, code=1).err.count("not the request") == 1


def test_the_office_above_closes_and_revokes(make_office, ho):
    for code in ("north", "south"):
        enrol_below(ho, make_office(code), "regional")
    ho.ombud("office", "close", "north", "--successor", "south", code=0)
    ho.ombud("office", "revoke", "south", "--ground", "stolen", code=0)
    offices = {one["code"]: one for one in ho.ombud("office", "list", "--json").json()}
    assert offices["north"]["state"] == "closed"
    assert offices["south"]["state"] == "revoked"
    assert offices["south"]["succeeds"] == ["north"]
    assert "already" in ho.ombud("office", "revoke", "south", code=1).err
    assert "--to" in ho.ombud("office", "move", "south", code=1).err
    ho.ombud("log", "verify", code=0)


def test_bundles_that_do_not_fit_change_nothing(make_office, top, ho):
    north = init_below(make_office("north"), "regional")
    south = init_below(make_office("south"), "regional")
    asked = request(north)
    good = certify(ho, asked).out
    lines = good.splitlines(keepends=True)

    refused_unchanged(north, certify(ho, request(south)).out, "certificate for another office",
                      "south", "north")
    refused_unchanged(north, asked, "this is a request of an office", "bundle")
    refused_unchanged(north, "hello\n", "does not begin with", BEGIN_BUNDLE)
    refused_unchanged(north, "", "does not begin with")
    refused_unchanged(north, "".join(lines[:-1]), "cut off")
    refused_unchanged(north, "".join([*lines[:3], "!" + lines[3][1:], *lines[4:]]), "no base64")
    refused_unchanged(north, "x" * 300000, "longer than")

    content = bytearray(base64.b64decode("".join(lines[1:-1])))
    at = content.index(b"tcp://127.0.0.1:7100")
    content[at + 6] ^= 1
    text = base64.b64encode(content).decode()
    forged = "\n".join([lines[0].strip(), *(text[i:i + 64] for i in range(0, len(text), 64)),
                        lines[-1]])
    refused_unchanged(north, forged, "signature of the bundle does not hold")

    other = make_office("other")
    other.code = "north"  # the same code, but keys of its own
    init_below(other, "regional")
    refused_unchanged(other, good, "other keys than this office holds")

    (north.dir / "keys/anchor.pub").write_text((ho.dir / "keys/recovery.pub").read_text())
    refused_unchanged(north, good, "another bank", "anchor")
    (north.dir / "keys/anchor.pub").unlink()

    join(north, good)
    refused_unchanged_store(north, good)


def test_a_file_that_cannot_be_read_is_named(make_office, ho):
    north = init_below(make_office("north"), "regional")
    body = base64.b64encode(b"\x0f" * 30).decode()
    for office, verb, kind, what in ((ho, "certify", "OFFICE REQUEST", "request"),
                                     (north, "join", "BUNDLE", "bundle")):
        file = north.dir / f"bad.{what}"
        file.write_text(f"-----BEGIN OMBUD {kind}-----\n{body}\n-----END OMBUD {kind}-----\n")
        said = office.ombud("office", verb, file, code=1).err
        assert f"{file}: the {what} cannot be read: the message: a wire type" in said, said


def refused_unchanged_store(office, bundle):
    """A bundle used twice: the store is there, and stays as it is."""
    before = office.ombud("log", "list", "--json").json()
    conf = (office.dir / "ombud.conf").read_text()
    done = join(office, bundle, code=1)
    assert "has joined with this certificate already" in done.err
    assert office.ombud("log", "list", "--json").json() == before
    assert (office.dir / "ombud.conf").read_text() == conf


def killed_joining(office, bundle):
    """Joins, and is killed as soon as the first file of a store is there."""
    before = set(office.dir.iterdir())
    process = subprocess.Popen([BUILD / "tools/cli/ombud", "-C", office.dir, "office", "join", "-"],
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    process.stdin.write(bundle.encode())
    process.stdin.close()
    while process.poll() is None:
        made = [path for path in office.dir.iterdir() if path not in before and path.is_dir()]
        if any(path.is_file() for folder in made for path in folder.rglob("*")):
            break
    process.kill()
    process.wait()


def test_a_join_that_was_killed_is_said_again(make_office, ho):
    north = init_below(make_office("north", program="hub/ombud-hub"), "regional")
    bundle = certify(ho, request(north)).out
    killed_joining(north, bundle)
    again = north.ombud("office", "join", "-", stdin=bundle)
    assert again.code == 0 or "joined with this certificate already" in again.err, again.err
    check_tree(north, ["ho", "north"])
    assert sorted(path.name for path in north.dir.iterdir()) == [
        "db", "keys", "ombud.conf", "operators", "run"]
    north.start().stop()


def test_requests_that_do_not_fit_are_refused(make_office, ho):
    north = init_below(make_office("north"), "regional")
    asked = request(north)
    records = ho.records()
    assert "not the one that was said" in certify(ho, asked, "--fingerprint", "abcd", code=1).err
    assert "cut off" in certify(ho, asked[:200], code=1).err
    assert "does not begin with" in certify(ho, "", code=1).err
    assert "does not begin with" in ho.ombud("office", "certify", ho.dir / "ombud.conf",
                                             code=1).err
    assert ho.ombud("office", "certify", "/nowhere/north.req", code=1).err.count("/nowhere") == 1
    assert "nobody can connect" in certify(ho, asked, "--address", "tcp://*:7100", code=2).err
    outlet = enrol_below(ho, make_office("vsp-0045"), "branch")
    assert "a branch and certifies nobody" in certify(outlet, asked, code=1).err
    assert ho.records() == records + 1
    assert "nobody above" in ho.ombud("office", "request", code=1).err


def test_programs_read_what_enrolment_says(make_office, ho):
    north = init_below(make_office("north"), "regional")
    asked = north.ombud("office", "request", "--json", code=0).json()
    issued = certify(ho, asked["request"], "--json").json()
    assert (asked["code"], issued["code"]) == ("north", "north")
    assert asked["fingerprint"] == issued["fingerprint"]
    joined = json.loads(north.ombud("office", "join", "-", "--json", stdin=issued["bundle"],
                                    code=0).out)
    assert (joined["parent"], joined["fingerprint"]) == ("ho", asked["fingerprint"])


@pytest.mark.parametrize("everywhere", ("tcp://0.0.0.0:7100", "tcp://[::]:7100", "tcp://*:7100"))
def test_a_wildcard_needs_an_address_to_advertise(make_office, everywhere):
    """Offices below would be told none: refused before anything is made, and where it is written
    into ombud.conf, before the office is one."""
    office = make_office()
    line = ("office", "init", "--root", "--code", "ho", "--name", "Head Office", "--listen",
            everywhere)
    refused = office.ombud(*line, code=1).err
    assert everywhere in refused and "--advertise ENDPOINT" in refused
    assert not office.dir.exists()
    ho = make_office().init("--listen", everywhere, "--advertise", "tcp://ho.example:7100")
    north = init_below(make_office("north"), "regional")
    bundle = certify(ho, request(north))
    assert "no address" not in bundle.err
    conf = north.dir / "ombud.conf"
    good = conf.read_text()
    said = good.replace("[links]\n", f"[links]\nlisten = {everywhere}\n")
    assert said != good
    conf.write_text(said)
    refused = north.ombud("office", "request", code=1)
    assert "--advertise" in refused.err and everywhere in refused.err and refused.out == ""
    refused_unchanged(north, bundle.out, "--advertise", everywhere)
    conf.write_text(said.replace("[links]\n", "[links]\nadvertise = tcp://north.example:7100\n"))
    join(north, bundle.out)
    assert "parent = tcp://ho.example:7100" in conf.read_text()
    outlet = init_below(make_office("vsp-0045"), "branch")
    join(outlet, certify(north, request(outlet)).out)
    assert "parent = tcp://north.example:7100" in (outlet.dir / "ombud.conf").read_text()


def test_a_bundle_without_an_address_says_what_lacks(make_office, ho):
    """What is written into ombud.conf later is told where it begins to matter."""
    conf = ho.dir / "ombud.conf"
    conf.write_text(conf.read_text().replace("127.0.0.1:7100", "0.0.0.0:7100"))
    north = init_below(make_office("north"), "regional")
    told = certify(ho, request(north)).err
    assert "--address" in told and "advertise" in told and "names one host and port" in told
