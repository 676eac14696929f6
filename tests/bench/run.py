"""Measures offices and the links between them. Medians of several runs on fresh offices.

    /usr/bin/python3 tests/bench/run.py --build build/release [--runs 5] [--only register,catch_up]

Prints a table and, with --json, one object. `--smoke` runs everything small, to know that it works.
"""

import argparse
import json
import sys

from alone import bench_footprint, bench_import, bench_register
from links import (bench_branches, bench_catch_up, bench_catch_up_single, bench_feeds,
                   bench_way_up)

BENCHES = {
    "register": bench_register,
    "import": bench_import,
    "footprint": bench_footprint,
    "catch_up": bench_catch_up,
    "catch_up_single": bench_catch_up_single,
    "way_up": bench_way_up,
    "feeds": bench_feeds,
    "branches": bench_branches,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
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
            print(f"{name:16} {key:32} {value:12.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
