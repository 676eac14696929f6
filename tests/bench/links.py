"""Links between real daemons over TCP on loopback: catching up, the way up through a region, what
it costs to serve one child of many, and many branches on one hub."""

import json
import select
import statistics
import subprocess
import time
from pathlib import Path

from offices import Bank, Office, baseline, free_ports, run


def medians(rows):
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]}


def distinct_proofs(office, of):
    """How many signatures the records of an office's log have between them."""
    signatures = set()
    for line in office.ombud("log", "export", of).stdout.splitlines():
        signatures.add(json.loads(line)["signature"])
    return len(signatures)


def check_caught_up(branch, head, count):
    """All is acknowledged at the one, and folded and verified again at the other."""
    up = next(link for link in json.loads(branch.ombud("link", "list", "--json").stdout)
              if link["direction"] == "up")
    cases = json.loads(head.ombud("store", "stats", "--json").stdout)["cases"]
    if up["lag_records"] != 0 or up["refused"] != 0 or cases != count:
        raise RuntimeError(f"not caught up: {up}, {cases} cases of {count}")
    head.ombud("log", "verify", branch.code)


def catch_up(build, clients, count):
    """One branch with `count` registrations waiting; its parent comes back."""
    with Bank(build) as bank:
        head = bank.root(port=free_ports(1)[0])
        head.start()
        head.enrol()
        branch = bank.below(head, "vsp-0045", "branch")
        head.stop()
        branch.start()
        branch.enrol()
        branch.register(clients, count)
        branch_cpu = branch.cpu_s()
        head.start()
        head_cpu = head.cpu_s()
        waited = head.bench("bench_wait_link", "bench", count)
        cpu = {"head_cpu_us": (head.cpu_s() - head_cpu) * 1e6 / count,
               "branch_cpu_us": (branch.cpu_s() - branch_cpu) * 1e6 / count}
        proofs = distinct_proofs(head, branch.code)
        check_caught_up(branch, head, count)
        head.stop()
        branch.stop()
    return {"records_per_s": waited["rate_per_s"], "records": count,
            "measured_records": waited["records"], "distinct_proofs": proofs, **cpu}


def with_baseline(build, runs, smoke, clients, count):
    rows = []
    for _ in range(runs):
        base = baseline(build, smoke)
        row = catch_up(build, clients, count)
        proofs_per_s = row["records_per_s"] * row["distinct_proofs"] / count
        rows.append({**row, "proofs_per_s": proofs_per_s, **base,
                     "proofs_to_verifications": proofs_per_s / base["verifications_per_s"],
                     "records_to_appends": row["records_per_s"] / base["synced_appends_per_s"]})
    return medians(rows)


def bench_catch_up(build, runs, smoke):
    return with_baseline(build, runs, smoke, 64, 500 if smoke else 200000)


def bench_catch_up_single(build, runs, smoke):
    """The same for records that were committed one by one: each has a proof of its own."""
    return with_baseline(build, runs, smoke, 1, 50 if smoke else 20000)


def bench_way_up(build, runs, smoke):
    """From the commit at a branch to durable at the head office, through a region; all idle."""
    rows = []
    for _ in range(runs):
        with Bank(build) as bank:
            ports = free_ports(2)
            head = bank.root(port=ports[0])
            head.start()
            head.enrol()
            region = bank.below(head, "north", "regional", ports[1])
            region.start()
            branch = bank.below(region, "vsp-0045", "branch")
            branch.start()
            branch.enrol()
            rows.append(branch.bench("bench_latency", "bench", head.dir, "bench",
                                     20 if smoke else 1000))
            for office in (branch, region, head):
                office.stop()
    return {**medians(rows), **baseline(build, smoke)}


def serve_one(build, children, records):
    """CPU time of a head office's loop for each record that the first of its children gets, when
    all of them have as many waiting. The others were certified and never come."""
    with Bank(build) as bank:
        head = bank.root(port=free_ports(1)[0])
        head.start()
        head.enrol()
        child = bank.below(head, "vsp-0001", "branch")
        child.start()
        child.enrol()
        child.stop()
        for number in range(2, children + 1):
            absent = Office(build, bank.top, f"vsp-{number:04}")
            absent.init("--kind", "branch")
            asked = absent.ombud("office", "request").stdout
            head.ombud("office", "certify", "-", stdin=asked)
        head.register(64, children * records, children)
        before = head.loop_cpu_s()
        child.start()
        child.bench("bench_wait_link", "bench", records)
        took = head.loop_cpu_s() - before
        child.stop()
        head.stop()
    return took * 1e6 / records


def bench_feeds(build, runs, smoke):
    """Rows that the core asks for (always the same), and the daemon's CPU time."""
    results = {}
    for children in (1, 3) if smoke else (1, 10, 100):
        counted = json.loads(run(Path(build) / "tests/bench/bench_feeds", children,
                                 5 if smoke else 200).stdout)
        for key in ("gets_per_record", "scans_per_record", "rows_per_record"):
            results[f"{children}_children_{key}"] = counted[key]
        results[f"{children}_children_cpu_us"] = statistics.median(
            serve_one(build, children, 20 if smoke else 2000) for _ in range(runs))
    return results


class Branches:
    """Many branches in one process (branches.c), certified by the head office."""

    def __init__(self, head, count):
        self.process = subprocess.Popen(
            [head.build / "tests/bench/bench_branches", head.dir, "admin", str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait(self, event):
        """The moment at which it was so."""
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError("the branches ended")
            told = json.loads(line)
            if told["event"] == event:
                return told["at"]

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def check_all_live(head, count):
    live = sum(link["state"] == "live"
               for link in json.loads(head.ombud("link", "list", "--json").stdout))
    if live != count:
        raise RuntimeError(f"the head office says that {live} links of {count} are live")


def restart(head, branches, away_s):
    """Seconds from the start of the process until every link is live again."""
    head.stop()
    branches.wait("down")
    select.select([], [], [], away_s)  # an outage of this length
    began = time.monotonic()
    head.start()
    return branches.wait("live") - began


def branches_below(build, count, window_s, away_s):
    with Bank(build) as bank:
        head = bank.root(port=free_ports(1)[0])
        head.start()
        with Branches(head, count) as branches:
            branches.wait("certified")
            head.stop()
            head.start()
            select.select([], [], [], window_s)
            none = head.resident_kib()
            began = time.monotonic()
            branches.go()
            first = branches.wait("live") - began
            check_all_live(head, count)
            select.select([], [], [], window_s)
            row = {"branches": count, "resident_kib_none": none,
                   "resident_kib_all": head.resident_kib(), "first_live_s": first,
                   "restart_live_s": restart(head, branches, 0),
                   "after_outage_live_s": restart(head, branches, away_s)}
            check_all_live(head, count)
            head.stop()
    return {**row, "resident_kib_each": (row["resident_kib_all"] - none) / count}


def bench_branches(build, runs, smoke):
    """Resident memory for each, and how long it takes until all are live: at their first greeting,
    after a restart of the hub, and after an outage so long that all wait longest between tries."""
    shape = (20, 0.5, 0.5) if smoke else (1000, 5, 60)
    return medians([branches_below(build, *shape) for _ in range(runs)])
