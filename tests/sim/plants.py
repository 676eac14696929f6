"""Is every planted fault caught? Plays each with as many seeds as its row says: one must be bad,
and the same seed must be good without the plant, so that it is the plant that was caught."""

import re
import subprocess
import sys


def run(program, *args):
    done = subprocess.run([program, *args], capture_output=True, text=True, errors="replace")
    assert done.returncode in (0, 1), done.stdout[-2000:] + done.stderr[-2000:]
    return done


def plants(program):
    lines = run(program, "--plants").stdout.strip().split("\n")
    rows = [re.fullmatch(r"(\S+) +invariant (\d), +(\d+) seeds: .+", line) for line in lines]
    assert len(rows) > 15 and all(rows), lines
    return [(row[1], int(row[3])) for row in rows]


def first_bad(program, plant, seeds):
    """The first seed that is bad with the plant; None: there is none."""
    done = run(program, "--seeds", f"1..{seeds}", "--jobs", "2", "--plant", plant)
    found = re.search(rf"^seed (\d+) is bad; again: .* --plant {plant}$", done.stdout, re.M)
    assert (found is not None) == (done.returncode == 1), done.stdout[-2000:]
    return int(found[1]) if found else None


def main():
    program = sys.argv[1]
    missed, bad = [], set()
    for plant, seeds in plants(program):
        seed = first_bad(program, plant, seeds)
        print(f"{plant}: " + (f"caught by seed {seed}" if seed else f"not caught in {seeds}"))
        bad.add(seed)
        if seed is None:
            missed.append(plant)
    for seed in sorted(bad - {None}):
        assert run(program, "--seeds", f"{seed}..{seed}").returncode == 0, f"seed {seed} is bad"
    if missed:
        sys.exit("not caught: " + ", ".join(missed))


main()
