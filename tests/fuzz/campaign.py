#!/usr/bin/python3
"""Fuzzes targets until each has had its CPU time, and says what came of it.

    campaign.py --build build/fuzz [--minutes 10] [--work FOLDER] [TARGET...]
    campaign.py --build build/fuzz --merge [--work FOLDER] TARGET...

A campaign begins with corpus/TARGET, found/TARGET and the seeds that fuzz_seeds makes, and keeps
what it learns in FOLDER/TARGET/corpus; an input that fails is in FOLDER/TARGET/found. --merge puts
the smallest part of all that which reaches as much into corpus/TARGET.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
FINDS_MAX = 20
MOST_FILES, MOST_BYTES = 50, 300_000


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Campaign:
    def __init__(self, target, build, work):
        self.target = target
        self.program = build / "tests/fuzz" / f"fuzz_{target}"
        self.folder = work / target
        self.corpus, self.found = self.folder / "corpus", self.folder / "found"
        self.corpus.mkdir(parents=True, exist_ok=True)
        self.found.mkdir(exist_ok=True)
        self.seconds, self.runs, self.edges, self.features = 0.0, 0, 0, 0

    def inputs(self):
        places = [HERE / "corpus" / self.target, HERE / "found" / self.target,
                  self.folder.parent / "seeds" / self.target]
        return [str(place) for place in places if place.is_dir()]

    def finds(self):
        return sorted(path.name for path in self.found.iterdir())

    def once(self, seconds):
        """One process, until its time is over or it fails."""
        log = self.folder / "log"
        with open(log, "wb") as out:
            process = subprocess.Popen(
                [str(self.program), f"-artifact_prefix={self.found}/", "-print_final_stats=1",
                 "-timeout=20", "-rss_limit_mb=2048",
                 str(self.corpus), *self.inputs()], stdout=out, stderr=out)
            used = 0.0
            try:
                while used < seconds:
                    used = cpu_seconds(process.pid)
                    try:
                        process.wait(timeout=1)
                        break
                    except subprocess.TimeoutExpired:
                        continue
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGINT)
                    process.wait()
        self.take_figures(log.read_text(errors="replace"))
        self.seconds += used

    def take_figures(self, text):
        runs = re.findall(r"^#(\d+)\s", text, re.M)
        total = re.search(r"number_of_executed_units: (\d+)", text)
        self.runs += int(total.group(1)) if total else int(runs[-1]) if runs else 0
        reached = re.findall(r"cov: (\d+) ft: (\d+)", text)
        if reached:
            self.edges = max(self.edges, int(reached[-1][0]))
            self.features = max(self.features, int(reached[-1][1]))

    def run(self, seconds):
        while self.seconds < seconds and len(self.finds()) < FINDS_MAX:
            before = self.seconds
            self.once(seconds - self.seconds)
            if self.seconds - before < 0.5 and not self.finds():
                sys.exit(f"{self.target} does not run: see {self.folder}/log")
        print(f"{self.target:12} {self.runs:12,} {self.seconds:8.0f} {self.edges:8,} "
              f"{self.features:9,}  {len(self.finds())} {' '.join(self.finds())}", flush=True)

    def merge(self):
        with tempfile.TemporaryDirectory() as new:
            subprocess.run([str(self.program), "-merge=1", new, *self.inputs(), str(self.corpus)],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            keep(Path(new), HERE / "corpus" / self.target)


def keep(new, corpus):
    """As many of the new ones as a corpus holds, spread over all sizes."""
    files = sorted(new.iterdir(), key=lambda path: (path.stat().st_size, path.name))
    files = [path for path in files if path.stat().st_size < MOST_BYTES // 10]
    step = max(1, -(-len(files) // MOST_FILES))
    total = 0
    shutil.rmtree(corpus, ignore_errors=True)
    corpus.mkdir(parents=True)
    for path in files[::step]:
        total += path.stat().st_size
        if total > MOST_BYTES:
            break
        shutil.copyfile(path, corpus / path.name[:16])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--work", type=Path, default=Path("/tmp/ombud-fuzz"))
    parser.add_argument("--merge", action="store_true")
    parser.add_argument("targets", nargs="*")
    args = parser.parse_args()
    targets = args.targets or sorted(
        path.stem[len("fuzz_"):] for path in HERE.glob("fuzz_*.c"))
    os.nice(10)
    args.work.mkdir(parents=True, exist_ok=True)
    subprocess.run([args.build / "tests/fuzz/fuzz_seeds", args.work / "seeds"], check=True)
    if not args.merge:
        print(f"{'target':12} {'executions':>12} {'CPU s':>8} {'edges':>8} {'features':>9}  finds")
    for target in targets:
        campaign = Campaign(target, args.build.resolve(), args.work)
        if args.merge:
            campaign.merge()
        else:
            campaign.run(60 * args.minutes)


if __name__ == "__main__":
    main()
