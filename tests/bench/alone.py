"""One office alone: registrations, import, footprint."""

import json
import select
import statistics
import time
from pathlib import Path

from offices import Bank, baseline

ROOT = Path(__file__).resolve().parents[2]
CFPB = ROOT.parent / "shared" / "data" / "cfpb" / "complaints.csv"
SAMPLE = ROOT / "tests" / "data" / "cfpb-sample.csv"


def bench_register(build, runs, smoke):
    rows = []
    for _ in range(runs):
        with Bank(build) as bank:
            office = bank.root()
            office.start()
            office.enrol()
            rows.append(office.register(8 if smoke else 64, 200 if smoke else 60000))
            office.stop()
    medians = {key: statistics.median(row[key] for row in rows)
               for key in ("rate_per_s", "latency_median_us", "latency_p99_us")}
    return {**medians, **baseline(build, smoke)}


def bench_import(build, runs, smoke):
    source = SAMPLE if smoke or not CFPB.is_file() else CFPB
    rates, events = [], 0
    for _ in range(runs):
        with Bank(build) as bank:
            office = bank.root()
            office.start()
            office.enrol()
            began = time.monotonic()
            done = office.ombud("--as", "bench", "--json", "import", "cfpb", str(source),
                                check=False)
            took = time.monotonic() - began
            summary = json.loads(done.stdout)
            rates.append(summary["imported"] / took)
            stats = json.loads(office.ombud("store", "stats", "--json").stdout)
            events = stats["records"]
            office.stop()
    return {"rows_per_s": statistics.median(rates), "rows": summary["imported"],
            "records": events}


def bench_footprint(build, runs, smoke):
    starts, rss, cpu = [], [], []
    cases, window = (100, 1) if smoke else (10000, 20)
    with Bank(build) as bank:
        office = bank.root()
        office.start()
        office.enrol()
        office.register(8, cases)
        office.stop()
        for _ in range(runs):
            starts.append(office.start() * 1000)
            before = office.cpu_s()
            select.select([], [], [], window)  # the measuring window itself
            rss.append(office.resident_kib() / 1024)
            cpu.append((office.cpu_s() - before) / window * 100)
            office.stop()
    return {"cases": cases, "start_ms": statistics.median(starts),
            "resident_mib": statistics.median(rss), "idle_cpu_percent": statistics.median(cpu)}
