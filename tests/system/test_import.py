"""Files of complaints come in whole, once, and what is wrong with a row is said."""

import json

import pytest

from conftest import ROOT

CFPB = ROOT.parent / "shared" / "data" / "cfpb" / "complaints.csv"
SAMPLE = ROOT / "tests" / "data" / "cfpb-sample.csv"
HEADER = SAMPLE.read_text().split("\n", 1)[0]


def row(number, received="2019-05-06", product="Mortgage", response="Closed with explanation",
        narrative="", sent="2019-05-07"):
    return (f'{received},{product},,Late fee,,{narrative},,"BANK 1, N.A.",NY,10001,,N/A,Web,{sent},'
            f'{response},Yes,No,{number}')


def import_cfpb(office, path, *more, code=0):
    done = office.ombud("import", "cfpb", path, "--json", *more, who="supervisor", code=code)
    return json.loads(done.out), done


@pytest.fixture
def write(top):
    def write_rows(*rows, newline="\n", before=""):
        path = top / "rows.csv"
        path.write_bytes((before + newline.join([HEADER, *rows]) + newline).encode())
        return path
    return write_rows


def test_the_published_file_comes_in_whole_and_once(office):
    source = CFPB if CFPB.is_file() else SAMPLE
    rows = 16261 if CFPB.is_file() else 60
    first, _ = import_cfpb(office, source)
    assert (first["rows"], first["imported"], first["rejected"]) == (rows, rows, [])
    again, _ = import_cfpb(office, source)
    assert (again["imported"], again["already_there"]) == (0, rows)
    totals = office.ombud("report", "--by", "status", "--measure", "registered", "--json",
                          who="analyst").json()["totals"]
    assert totals["registered"] == rows
    office.ombud("log", "verify", code=0)


def test_a_dry_run_changes_nothing(office, write):
    path = write(row(1), row(2))
    before = office.ombud("log", "list", "--json").json()
    summary, _ = import_cfpb(office, path, "--dry-run")
    assert summary["rows"] == 2
    assert office.ombud("case", "list", "--json", who="handler").json() == []
    after = office.ombud("log", "list", "--json").json()
    assert [log["head"] for log in after] == [log["head"] for log in before]


def test_a_response_that_closes_becomes_acts_without_a_date(office, write):
    import_cfpb(office, write(row(7, response="Closed with relief")))
    number = office.ombud("case", "list", "--json", who="handler").json()[0]["number"]
    case = office.show(number)
    assert (case["status"], case["outcome"]) == ("closed", "founded")
    assert case["resolved_at"] is None and "undated" in case["flags"]
    assert case["received_at"].startswith("2019-05-0") and "imported" in case["flags"]
    assert [event["type"] for event in case["events"]] == [
        "registered", "resolved", "answered", "closed"]


@pytest.mark.parametrize("response, status, outcome", [
    ("Closed with monetary relief", "closed", "founded"),
    ("Closed without relief", "closed", "unfounded"),
    ("Closed", "closed", "unfounded"),
    ("In progress", "open", None),
    ("Untimely response", "open", None),
])
def test_each_response_has_its_outcome(office, write, response, status, outcome):
    import_cfpb(office, write(row(9, response=response)))
    case = office.ombud("case", "list", "--json", who="handler").json()[0]
    assert (case["status"], case["outcome"]) == (status, outcome)


def test_dates_that_run_backwards_are_kept_and_flagged(office, write):
    import_cfpb(office, write(row(11, received="2019-12-30", sent="2019-05-07")))
    case = office.ombud("case", "list", "--json", who="handler").json()[0]
    assert "dates-backwards" in case["flags"]


def test_only_rows_without_id_product_date_or_fields_are_rejected(office, write):
    path = write(row(21), row(""), row(22, product=""), row(23, received="soon"),
                 row(24).rsplit(",", 2)[0], row(25))
    summary, done = import_cfpb(office, path, code=1)
    assert summary["imported"] == 2
    assert [bad["line"] for bad in summary["rejected"]] == [3, 4, 5, 6]
    assert all(bad["reason"] for bad in summary["rejected"])


def test_quotes_lines_noise_and_marks_are_taken_as_they_come(office, write):
    story = '"The first line.\r\nA ""second"" one.\n\nAnd a last, with a comma."'
    path = write(row(31, narrative=story), row(32), newline="\r\n",
                 before="\ufeffComplaints of a quarter\r\n\r\n")
    summary, _ = import_cfpb(office, path)
    assert summary["imported"] == 2
    cases = office.ombud("case", "list", "--json", who="handler").json()
    texts = [office.show(case["number"])["narrative"] for case in cases]
    assert 'A "second" one.' in texts[0] and texts[0].endswith("with a comma.")


def test_a_file_cut_off_keeps_the_rows_before(office, top):
    whole = HEADER + "\n" + row(41) + "\n" + row(42, narrative='"It goes on')
    path = top / "cut.csv"
    path.write_text(whole[:-30])
    summary, _ = import_cfpb(office, path, code=1)
    assert summary["imported"] == 1 and len(summary["rejected"]) == 1


def test_what_the_generator_writes_comes_in(office, top):
    made = office.ombud("generate", "complaints", "--count", "40", "--seed", "3", code=0).out
    assert made == office.ombud("generate", "complaints", "--count", "40", "--seed", "3").out
    path = top / "made.csv"
    path.write_text(made)
    done = office.ombud("import", "csv", path, "--json", who="supervisor", code=0)
    assert json.loads(done.out)["imported"] == 40
    assert "Client " in made
