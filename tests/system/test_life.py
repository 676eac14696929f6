"""The life of a case through the command line, as staff, analysts and auditors see it."""

import datetime
import json
import subprocess

import pytest

from conftest import BUILD


def test_a_case_from_the_window_to_the_score(office):
    number = office.register()
    for who, *line in (
            ("handler", "acknowledge", number, "--method", "phone"),
            ("teller", "note", number, "--text", "The client waits in the hall"),
            ("handler", "classify", number, "--severity", "high", "--risks", "fraud,legal"),
            ("handler", "plan", number, "--cause", "error", "--plan", "Pay back"),
            ("supervisor", "assign", number, "--responsible", "handler", "--reason", "Free"),
            ("handler", "accept", number),
            ("handler", "resolve", number, "--outcome", "founded", "--cause", "error",
             "--redress", "12.50", "--currency", "EUR", "--answer", "Paid back"),
            ("handler", "answer", number, "--method", "phone"),
            ("handler", "close", number, "--accepts", "yes"),
            ("teller", "rate", number, "--score", "9")):
        office.ombud("case", *line, who=who, code=0)
    case = office.show(number)
    assert case["status"] == "closed" and case["outcome"] == "founded"
    assert case["responsible"] == "handler" and case["answer"] == "Paid back"
    assert case["client"]["name"] == "Client 17" and not case["sealed"]
    assert {"risk-fraud", "risk-legal"} <= set(case["flags"])
    # JSON has the order in which events take effect: the spine, then what hangs on it.
    assert [event["type"] for event in case["events"] if event["effect"]] == [
        "registered", "resolved", "answered", "closed", "acknowledged", "noted", "classified",
        "planned", "assigned", "accepted", "rated"]
    history = office.ombud("case", "history", number, "--verify", "--json", who="auditor").json()
    assert history["verified"] == 11 and history["problems"] == []


def test_a_case_is_reopened_withdrawn_linked_and_amended(office):
    first, second = office.register(), office.register()
    office.ombud("case", "link", first, "--other", second, "--relation", "related", who="handler",
                 code=0)
    assert office.show(first)["links"][0]["other"] == second
    office.ombud("case", "unlink", first, who="handler", code=0)
    assert office.show(first)["links"] == []
    office.ombud("case", "amend", first, "--product", "loans", who="teller", code=0)
    case = office.show(first)
    assert case["product"] == "loans" and case["corrected"][0]["value"] == "cards"
    office.ombud("case", "withdraw", first, "--method", "phone", who="teller", code=0)
    assert office.show(first)["status"] == "withdrawn"
    office.ombud("case", "reopen", first, "--ground", "client-asks", "--reason", "Changed mind",
                 who="handler", code=0)
    assert office.show(first)["status"] == "open"


def test_settled_on_the_spot_is_one_line(office):
    number = office.register("--settled", "--outcome", "founded", "--cause", "staff", "--answer",
                             "Apologised", who="supervisor")
    case = office.show(number)
    assert [event["type"] for event in case["events"]] == [
        "registered", "resolved", "answered", "closed"]
    assert case["status"] == "closed"


def test_a_page_tells_the_whole_decision(office):
    number = office.register()
    told, call, until, training = (
        str(datetime.date.today() + datetime.timedelta(days=days)) for days in (-1, 9, 40, 60))
    for who, *line in (
            ("teller", "promise", number, "--to", "client", "--due", f"{call} 12:30", "--text",
             "I call on Tuesday"),
            ("supervisor", "extend", number, "--limit", "decision", "--until", until,
             "--ground", "amount", "--method", "phone", "--at", f"{told} 10:00", "--reason",
             "Large sum"),
            ("supervisor", "resolve", number, "--outcome", "founded", "--cause", "error",
             "--redress", "12.50", "--currency", "EUR", "--remedies", "refund,apology", "--prevent",
             "training", "--owner", "handler", "--due", training, "--answer", "Paid back")):
        office.ombud("case", *line, who=who, code=0)
    page = office.ombud("case", "show", number, who="handler", code=0).out
    for words in ("remedies       refund, apology", "redress        12.50 EUR",
                  f"prevention     training, handler sees to it by {training} 23:59",
                  f"on the ground amount; the client was told {told} 10:00 by phone",
                  f"{call} 12:30 to client"):
        assert words in page
    assert page.count("I call on Tuesday") == 2  # under the promise, and where it was given


def test_a_code_is_enrolled_again_once_it_is_revoked(office):
    key = office.dir / "operators/teller.key"
    before = key.read_text()
    again = ("operator", "add", "teller", "--name", "Operator 2", "--role", "teller")
    assert "`operator rekey`" in office.ombud(*again, code=1).err
    assert key.read_text() == before
    office.ombud("case", "list", who="teller", code=0)
    office.ombud("operator", "revoke", "teller", code=0)
    office.ombud("case", "list", who="teller", code=3)
    office.ombud(*again, "--key-out", key, code=1)  # a file that was named is never replaced
    office.ombud(*again, code=0)
    assert key.read_text() != before
    office.ombud("case", "list", who="teller", code=0)
    assert not [path for path in key.parent.iterdir() if path.suffix != ".key"]


def test_who_may_not_export_gets_no_titles(office):
    assert office.ombud("export", "cases", code=1).out == ""
    assert office.ombud("export", "events", who="teller", code=1).out == ""
    empty = office.ombud("export", "cases", who="analyst", code=0).out.splitlines()
    assert len(empty) == 1 and empty[0].startswith("number,home,")


def test_deadlines_are_told_at_the_window(office):
    done = office.ombud("policy", "when", "--profile", "bank-standard", "--received",
                        "2026-09-30 17:20", "--json", who="teller").json()
    due = {row["code"]: row["due"] for row in done["deadlines"]}
    assert due["first-response"] == "2026-10-01T17:20:00.000Z"
    assert due["decision"].startswith("2026-10-21T23:59:59")
    assert due["maximum"].startswith("2026-12-02T23:59:59")


def test_the_subject_of_a_case_is_kept_out(office):
    number = office.register("--subject", "handler")
    assert "subject" in office.ombud("case", "show", number, who="handler", code=1).err
    assert "subject" in office.ombud("case", "note", number, "--text", "Not me", who="handler",
                                     code=1).err
    office.ombud("case", "assign", number, "--responsible", "handler", "--reason", "x",
                 who="supervisor", code=1)
    office.ombud("case", "show", number, who="supervisor", code=0)


def test_a_confidential_case_is_for_few(office):
    number = office.register("--confidential", who="supervisor")
    office.ombud("case", "show", number, who="teller", code=1)
    office.ombud("case", "show", number, who="supervisor", code=0)


def test_an_analyst_sees_facts_and_no_words(office):
    number = office.register()
    case = office.show(number, who="analyst")
    assert case["client"] is None and case["narrative"] is None and case["product"] == "cards"
    assert "Client 17" not in office.ombud("case", "show", number, who="analyst", code=0).out


def test_reports_count_by_any_dimension(office):
    for product in ("cards", "cards", "loans"):
        office.ombud("case", "new", "--channel", "phone", "--product", product, "--issue", "fees",
                     "--text", "x", who="teller", code=0)
    report = office.ombud("report", "--by", "product", "--measure", "registered,open", "--json",
                          who="analyst").json()
    assert report["rows"] == [{"product": "cards", "registered": 2, "open": 2},
                              {"product": "loans", "registered": 1, "open": 1}]
    assert report["totals"] == {"registered": 3, "open": 3}
    assert report["as_of"] and report["stale"] == []
    top = office.ombud("report", "--by", "product", "--measure", "registered", "--top", "1",
                       "--json", who="analyst").json()
    assert len(top["rows"]) == 1
    assert office.ombud("report", "--by", "product", "--measure", "registered", "--format", "csv",
                        who="analyst", code=0).out.splitlines()[0] == "product,registered"


def test_watch_resumes_where_it_stopped(office):
    office.register()
    office.register()
    first = office.ombud("watch", "cases", "--count", "1", "--json-lines", who="handler", code=0)
    change = json.loads(first.out.splitlines()[0])
    office.stop()
    office.start()
    rest = office.ombud("watch", "cases", "--since", change["position"], "--no-wait",
                        "--json-lines", who="handler", code=0)
    assert len(rest.out.splitlines()) == 1


def test_a_watch_that_ends_prints_one_array(office):
    numbers = [office.register(), office.register()]
    watch = ("watch", "cases", "--json")
    for ends in (("--no-wait",), ("--count", "2")):
        told = office.ombud(*watch, *ends, who="handler").json()
        assert [change["number"] for change in told] == numbers
    later = office.ombud(*watch, "--since", told[-1]["position"], "--no-wait", who="handler")
    assert later.json() == []
    watcher = subprocess.Popen(
        [BUILD / "tools/cli/ombud", "-C", office.dir, "--as", "handler", *watch],
        stdout=subprocess.PIPE, text=True)
    try:
        assert [json.loads(watcher.stdout.readline())["number"] for _ in numbers] == numbers
    finally:
        watcher.kill()
        watcher.wait()
        watcher.stdout.close()


def test_watch_hears_of_what_happens(office):
    watcher = subprocess.Popen(
        [BUILD / "tools/cli/ombud", "-C", office.dir, "--as", "handler", "watch", "cases",
         "--count", "2", "--json-lines"], stdout=subprocess.PIPE, text=True)
    try:
        first = office.register()
        assert json.loads(watcher.stdout.readline())["number"] == first
        second = office.register()
        assert json.loads(watcher.stdout.readline())["number"] == second
        assert watcher.wait(timeout=60) == 0
    finally:
        watcher.kill()
        watcher.wait()
        watcher.stdout.close()


def test_lists_find_what_is_asked_for(office):
    overdue = office.register("--received-at", "2026-01-05 10:00")
    fresh = office.ombud("case", "new", "--channel", "phone", "--product", "loans", "--issue",
                         "fees", "--text", "x", "--json", who="teller").json()["number"]
    found = office.ombud("case", "list", "--overdue", "--json", who="handler").json()
    assert [case["number"] for case in found] == [overdue]
    found = office.ombud("case", "list", "--product", "loans", "--json", who="handler").json()
    assert [case["number"] for case in found] == [fresh]
    due = office.ombud("case", "due", "--json", who="handler").json()
    assert [case["number"] for case in due] == [overdue, fresh]


def test_a_record_is_explained(office):
    number = office.register()
    record = office.show(number)["events"][0]["digest"]
    explained = office.ombud("explain", record[:12], "--json").json()
    assert explained["effect"] and explained["record"]["type"] == "registered"


def test_exports_are_whole(office):
    numbers = {office.register() for _ in range(3)}
    cases = office.ombud("export", "cases", "--format", "jsonl", who="supervisor", code=0).out
    assert {json.loads(line)["number"] for line in cases.splitlines()} == numbers
    events = office.ombud("export", "events", "--format", "jsonl", who="supervisor", code=0).out
    assert len(events.splitlines()) == 3


@pytest.mark.parametrize("verb", [("log", "list"), ("log", "verify"), ("store", "check"),
                                  ("store", "stats"), ("doctor",), ("office", "list"),
                                  ("office", "show", "ho")])
def test_inspection_works_with_the_daemon_up_and_down(office, verb):
    office.register()
    office.ombud(*verb, "--json", code=0)
    office.stop()
    office.ombud(*verb, "--json", code=0)
    assert office.ombud("case", "list", who="handler").code == 3
