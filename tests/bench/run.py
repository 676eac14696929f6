"""Measures an office: registrations, import, footprint. Medians of several runs on fresh offices.

    /usr/bin/python3 tests/bench/run.py --build build/release [--runs 5] [--only register,import]

Prints a table and, with --json, one object. `--smoke` runs everything small, to know that it works.
"""

import argparse
import json
import os
import select
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CFPB = ROOT.parent / "shared" / "data" / "cfpb" / "complaints.csv"
SAMPLE = ROOT / "tests" / "data" / "cfpb-sample.csv"


class Office:
    """A fresh office in a temporary directory, and its daemon."""

    def __init__(self, build):
        self.build = Path(build).resolve()
        self.top = Path(tempfile.mkdtemp(prefix="ombud-bench-"))
        self.dir = self.top / "ho"
        self.daemon = None
        self.ombud("office", "init", "--root", "--code", "ho", "--name", "Head Office")

    def ombud(self, *args, check=True):
        line = [self.build / "tools/cli/ombud", "-C", self.dir, *args]
        done = subprocess.run(line, capture_output=True, text=True)
        if check and done.returncode != 0:
            raise RuntimeError(f"ombud {' '.join(args)}: {done.stderr.strip()}")
        return done

    def start(self):
        """Seconds from the start of the process to READY=1."""
        path = self.top / "notify.sock"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(str(path))
            ready.settimeout(60)
            began = time.monotonic()
            self.daemon = subprocess.Popen(
                [self.build / "node/ombud-node", "-C", self.dir],
                env={**os.environ, "NOTIFY_SOCKET": str(path)}, stderr=subprocess.DEVNULL)
            while b"READY=1" not in ready.recv(4096):
                pass
            return time.monotonic() - began

    def stop(self):
        if self.daemon is not None:
            self.daemon.terminate()
            if self.daemon.wait(timeout=30) != 0:
                raise RuntimeError("the daemon did not stop cleanly")
            self.daemon = None

    def enrol(self):
        self.ombud("operator", "add", "bench", "--name", "Bench 1", "--role", "supervisor")

    def register(self, clients, count):
        done = subprocess.run(
            [self.build / "tests/bench/bench_register", self.dir, "bench", str(clients),
             str(count)], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"bench_register: {done.stdout} {done.stderr}")
        return json.loads(done.stdout)

    def proc(self):
        """Resident KiB and CPU seconds of the daemon so far."""
        status = Path(f"/proc/{self.daemon.pid}/status").read_text()
        rss = next(int(line.split()[1]) for line in status.split("\n")
                   if line.startswith("VmRSS"))
        fields = Path(f"/proc/{self.daemon.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return rss, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait()
        shutil.rmtree(self.top)


def bench_register(build, runs, smoke):
    rows = []
    for _ in range(runs):
        with Office(build) as office:
            office.start()
            office.enrol()
            rows.append(office.register(8 if smoke else 64, 200 if smoke else 60000))
            office.stop()
    base = json.loads(subprocess.run(
        [Path(build) / "tests/bench/bench_baseline", tempfile.gettempdir(),
         *(["20", "50"] if smoke else ["2000", "20000"])],
        check=True, capture_output=True, text=True).stdout)
    medians = {key: statistics.median(row[key] for row in rows)
               for key in ("rate_per_s", "latency_median_us", "latency_p99_us")}
    return {**medians, **base}


def bench_import(build, runs, smoke):
    source = SAMPLE if smoke or not CFPB.is_file() else CFPB
    rates, events = [], 0
    for _ in range(runs):
        with Office(build) as office:
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
    with Office(build) as office:
        office.start()
        office.enrol()
        office.register(8, cases)
        office.stop()
        for _ in range(runs):
            starts.append(office.start() * 1000)
            before = office.proc()[1]
            select.select([], [], [], window)  # the measuring window itself
            kib, after = office.proc()
            rss.append(kib / 1024)
            cpu.append((after - before) / window * 100)
            office.stop()
    return {"cases": cases, "start_ms": statistics.median(starts),
            "resident_mib": statistics.median(rss), "idle_cpu_percent": statistics.median(cpu)}


BENCHES = {"register": bench_register, "import": bench_import, "footprint": bench_footprint}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default=",".join(BENCHES))
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    results = {}
    for name in args.only.split(","):
        results[name] = BENCHES[name](args.build, 1 if args.smoke else args.runs, args.smoke)
    if args.json:
        print(json.dumps(results))
        return 0
    for name, row in results.items():
        for key, value in row.items():
            print(f"{name:10} {key:24} {value:12.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
