"""Is the house in order? Layers, lengths, banned calls and words, read from the source itself."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# A layer may include itself and these (design: architecture, The house).
MAY_INCLUDE = {
    "base": set(),
    "crypto": {"base"},
    "wire": {"base"},
    "cases": {"base", "crypto", "wire"},
    "ledger": {"base", "crypto", "wire"},
    "figures": {"base", "wire"},
    "office": {"base", "crypto", "wire", "cases", "ledger", "figures"},
    "io": {"base", "crypto", "wire", "cases", "ledger", "office"},
}
EVERY_LAYER = set(MAY_INCLUDE)

# Foreign headers and the one place that may see them.
HIDDEN = {
    r"sodium": {"common/crypto"},
    r"protobuf-c/|[a-z]+\.pb-c\.h": {"common/wire"},
    r"rocksdb/": {"common/io"},
    r"zmq": {"common/io"},
    r"systemd/": {"common/io"},
    r"ini\.h": {"common/io", "tools/cli"},
    r"jansson": {"tools/cli"},
}
# The core is pure: none of these below io.
IMPURE_HEADERS = {
    "unistd.h", "fcntl.h", "time.h", "pthread.h", "dirent.h", "signal.h",
    "sys/stat.h", "sys/socket.h", "sys/time.h", "sys/types.h",
}
PURE_LAYERS = {"crypto", "wire", "cases", "ledger", "figures", "office"}

BANNED_CALLS = re.compile(
    r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|system|alloca|rand|"
    r"scanf|sscanf)\s*\(")
CODE_MAX, HEADER_MAX, FUNCTION_MAX, COLUMNS = 600, 200, 70, 100
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def tracked(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def sources():
    found = tracked("*.c", "*.h", "*.def")
    assert len(found) > 50, "the source was not found"
    return found


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def room_of(path):
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "common" else parts[0]


def includes(path):
    return re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', path.read_text(), re.M)


def is_table(path):
    """Lists of rows may be as long as they have rows: shapes, policy 0, tables of verbs."""
    lines = [line for line in path.read_text().split("\n") if line.strip()]
    row = re.compile(r"\s*(#define|[A-Z_]+\(|\{|\"|F\(|S\(|A\(|\.)")
    rows = [line for line in lines if row.match(line)]
    return len(rows) > 0.6 * len(lines)


def test_layers_include_only_what_lies_below():
    wrong = []
    for path in sources():
        room = room_of(path)
        for header in includes(path):
            layer = header.split("/")[0]
            if ".." in header:
                wrong.append(f"{name_of(path)}: relative include {header}")
            if layer not in EVERY_LAYER or "/" not in header:
                continue
            if room in MAY_INCLUDE and layer != room and layer not in MAY_INCLUDE[room]:
                wrong.append(f"{name_of(path)}: {room} may not include {header}")
            if room in ("node", "hub") and layer in ("cases", "ledger", "figures", "wire"):
                wrong.append(f"{name_of(path)}: a main file drives io, it does not reach {header}")
    assert not wrong, "\n".join(wrong)


def test_programs_do_not_include_each_other():
    wrong = []
    for path in sources():
        top = path.relative_to(ROOT).parts[0]
        for header in includes(path):
            other = header.split("/")[0]
            if other in ("node", "hub", "tools", "cli") and other != top and top != "tests":
                if not (top == "tools" and other in ("cli", "tools")):
                    wrong.append(f"{name_of(path)}: {header}")
    assert not wrong, "\n".join(wrong)


def test_foreign_libraries_stay_in_their_layer():
    wrong = []
    for path in sources():
        name = name_of(path)
        if name.startswith("tests/"):
            continue
        for header in includes(path):
            for pattern, places in HIDDEN.items():
                if re.match(pattern, header) and not any(name.startswith(p) for p in places):
                    wrong.append(f"{name}: {header} belongs to {sorted(places)}")
    assert not wrong, "\n".join(wrong)


def test_the_core_is_pure():
    wrong = [f"{name_of(path)}: {header}"
             for path in sources() if room_of(path) in PURE_LAYERS
             for header in includes(path) if header in IMPURE_HEADERS]
    assert not wrong, "\n".join(wrong)


def test_files_are_short():
    wrong = []
    for path in sources():
        count = path.read_text().count("\n")
        most = HEADER_MAX if path.suffix == ".h" else CODE_MAX
        if path.suffix != ".def" and count > most and not is_table(path):
            wrong.append(f"{name_of(path)}: {count} lines")
    assert not wrong, "\n".join(wrong)


def test_functions_are_short():
    wrong = []
    for path in sources():
        if path.suffix != ".c":
            continue
        start = None
        for number, line in enumerate(path.read_text().split("\n"), 1):
            if line.startswith("{"):
                start = number
            elif line.startswith("}") and start is not None:
                if number - start - 1 > FUNCTION_MAX:
                    wrong.append(f"{name_of(path)}:{start}: {number - start - 1} lines")
                start = None
    assert not wrong, "\n".join(wrong)


def test_lines_fit():
    wrong = [f"{name_of(path)}:{number}"
             for path in sources() + tracked("*.proto", "*.py", "*.sh")
             for number, line in enumerate(path.read_text().split("\n"), 1)
             if len(line) > COLUMNS]
    assert not wrong, "\n".join(wrong)


def test_no_banned_calls():
    wrong = [f"{name_of(path)}:{number}: {match.group(1)}"
             for path in sources()
             for number, line in enumerate(path.read_text().split("\n"), 1)
             for match in [BANNED_CALLS.search(line.split("//")[0])] if match]
    assert not wrong, "\n".join(wrong)


def test_nothing_is_left_unfinished():
    own = Path(__file__).resolve()
    wrong = [f"{name_of(path)}:{number}"
             for path in sources() + tracked("*.proto", "*.py", "*.sh", "*.txt", "*.md", "*.cmake")
             if path != own
             for number, line in enumerate(path.read_text().split("\n"), 1)
             if UNFINISHED.search(line)]
    assert not wrong, "\n".join(wrong)


def test_result_codes_must_be_used():
    """Every declared function that returns a result code says so to the compiler."""
    wrong = []
    for path in sources():
        if path.suffix != ".h" or not name_of(path).startswith("common/"):
            continue
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        for match in re.finditer(r"^enum omb_rc (\w+)\(([^;{]*)\)([^;{]*);", text, re.M | re.S):
            if "OMB_MUST_USE" not in match.group(3) and "format" not in match.group(3) \
                    and not match.group(1).startswith("omb_fail"):
                wrong.append(f"{name_of(path)}: {match.group(1)}")
    assert not wrong, "\n".join(wrong)


def test_tests_await_events_and_do_not_sleep():
    wrong = [f"{name_of(path)}:{number}"
             for path in tracked("tests/*.py", "tests/*.c", "tests/*.sh", "tools/*.sh")
             if path != Path(__file__).resolve()
             for number, line in enumerate(path.read_text().split("\n"), 1)
             if re.search(r"\b(time\.sleep|usleep|nanosleep|sleep)\b *[( ]+[0-9]", line)]
    assert not wrong, "\n".join(wrong)


def test_what_was_found_has_its_test():
    """Each row of tests/README.md's last table names a test that is there."""
    rows = re.findall(r"^\|.*\| `(\w+)` \|$", (ROOT / "tests/README.md").read_text(), re.M)
    defined = set(re.findall(r"^(?:static void|def) (\w+)\(",
                             "\n".join(path.read_text()
                                       for path in tracked("tests/*.c", "tests/*.py")),
                             re.M))
    assert rows, "the table was not found"
    assert not set(rows) - defined
