"""Is one seed one exact run? Plays the same seeds twice, each time in a new process, whose
addresses differ, and with every other program that is named; all digests must be the same."""

import subprocess
import sys


def digests(program, seeds):
    done = subprocess.run([program, "--seeds", seeds, "--jobs", "2", "--digests"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{program}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    lines = sorted(line for line in done.stdout.split("\n") if line.startswith("seed "))
    assert lines, done.stdout
    return lines


def main():
    seeds, programs = sys.argv[1], sys.argv[2:]
    first = digests(programs[0], seeds)
    for program in programs:
        again = digests(program, seeds)
        for one, other in zip(first, again, strict=True):
            if one != other:
                sys.exit(f"{programs[0]} gave {one}, then {program} {other}")
    print(f"{len(first)} seeds are the same in {len(programs)} programs")


main()
