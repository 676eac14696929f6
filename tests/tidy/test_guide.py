"""Does the guide, ombud-faults(7), say what the programs say, and has every entry its tests?

What it quotes must stand in the source; what the doctor, a link, a judgement or the journal can say
of a fault must stand in the guide; what it has one type must be a command.
"""

import re
import shlex
import subprocess
import sys

from test_house import ROOT, name_of, tracked

sys.path.insert(0, str(ROOT / "tests/system"))
from guide import HEADINGS, PAGE, VARIES, Guide, plain, quotes, squeeze  # noqa: E402

STRING = r'"(?:[^"\\\n]|\\.)*"'
MACRO = r"\b(?:PRI|SCN)[a-z]+\d+\b"
TEXT = re.compile(rf"{STRING}(?:\s*(?:{STRING}|{MACRO}))*")
CONVERSION = re.compile(r"%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+)?)?(?:hh|h|ll|l|z|j)?[diouxXscpf]?")
HELD = "\x02"  # around the number of a text that was taken out
ESCAPES = {r"\"": '"', r"\n": " ", r"\\": "\\", r"\t": " ", r"\r": " ", r"\a": " "}


# --- the source ------------------------------------------------------------------------------

def bare(path):
    """A source without its comments."""
    return re.sub(rf"({STRING})|/\*.*?\*/", lambda found: found.group(1) or " ",
                  path.read_text(), flags=re.S)


def said(literal):
    """What a run of string literals prints, with VARIES for each conversion."""
    text = "".join(re.findall(STRING, re.sub(MACRO, '"u"', literal)))
    text = "".join(part[1:-1] for part in re.findall(STRING, text))
    for escape, meant in ESCAPES.items():
        text = text.replace(escape, meant)
    return squeeze(CONVERSION.sub(VARIES, text))


def statements(path):
    """Statements that hold a text: a rough cut at what ends one, outside of the texts."""
    kept = []

    def hide(found):
        kept.append(found.group(0))
        return f"{HELD}{len(kept) - 1}{HELD}"

    hidden = TEXT.sub(hide, bare(path))
    for one in re.split(r"[;{}]|^#.*$", hidden, flags=re.M):
        texts = [kept[int(number)] for number in re.findall(rf"{HELD}(\d+){HELD}", one)]
        if texts:
            code = re.sub(rf"{HELD}(\d+){HELD}", lambda found: kept[int(found.group(1))], one)
            yield code, [said(text) for text in texts]


def sources():
    return [path for path in tracked("common/*.c", "common/*.h", "tools/*.c", "hub/*.c", "node/*.c")
            if "/tests/" not in name_of(path)]


def every_text():
    return {said(found) for path in sources() for found in TEXT.findall(bare(path))}


def trim(text):
    return text.strip(f"{VARIES} ")


# --- what the programs can say of a fault ----------------------------------------------------

def of_statements(pattern, *paths, without=None):
    for path in tracked(*paths):
        for code, texts in statements(path):
            if re.search(pattern, code) and not (without and re.search(without, code, re.S)):
                yield from (text for text in texts if " " in trim(text))


DOCTOR = ("common/office/desk/doctor.c", "tools/cli/doctor.c")
WELL = r'"ok"(?!.*"(?:critical|warning)")'


def doctors_words():
    return of_statements("", *DOCTOR, without=WELL)


def judgements():
    return of_statements(r"\bomb_judge\(", "common/office/desk/*.c", without="OMB_LEVEL_OK")


def reasons():
    post = "common/office/post/"
    calls = r"\bomb_link_(wrong|ended|to|reason|refuse|history|error)\(|\brefuse_hello\("
    yield from of_statements(calls, post + "*.c")
    yield from of_statements(r"snprintf\(words|omb_fail\(&why|out->reason =", post + "greet.c",
                             post + "post.c", post + "view.c")
    yield from of_statements(r"OMB_FORBIDDEN|\bwords\[\] =", post + "child.c")
    yield from of_statements(r"\bend\(dialler", "common/io/dialler.c")
    for path in tracked(post + "*.h", post + "*.c"):
        for found in re.findall(rf"#define OMB_\w+_WORDS\s*\\?\s*({TEXT.pattern})", bare(path)):
            yield said(found)


def journal():
    for path in tracked("common/io/*.c"):
        for code, texts in statements(path):
            if re.search(r"OMB_LOG\([^,]*,\s*(WARNING|ERROR)|OMB_LOG_ERROR", code):
                yield texts[0]


def covers(quote, text):
    """The guide may end a quotation early, but says more than half of the text."""
    quote, text = trim(quote), trim(text)
    return text in quote or (quote in text and 2 * len(quote) > len(text))


def missing(texts):
    known = quotes(Guide().text)
    return sorted({text for text in texts
                   if trim(text) and not any(covers(quote, text) for quote in known)})


def test_all_that_the_doctor_finds_is_in_the_guide():
    found = list(doctors_words())
    assert len(found) > 25, "the doctor was not understood"
    assert not missing(found)


def test_all_that_is_judged_is_in_the_guide():
    found = list(judgements())
    assert len(found) > 12, "the judgements were not understood"
    assert not missing(found)


def test_every_reason_of_a_link_is_in_the_guide():
    found = list(reasons())
    assert len(found) > 45, "the reasons were not understood"
    assert not missing(found)


def test_every_warning_of_the_journal_is_in_the_guide():
    found = list(journal())
    assert len(found) > 12, "the lines of the journal were not understood"
    assert not missing(found)


def test_every_check_of_the_doctor_is_in_the_table_of_symptoms():
    symptoms = Guide().symptoms
    table = re.search(r"^\.SS In the table of ombud doctor\n(.*?)(?=^\.SS )", symptoms,
                      re.S | re.M).group(1)
    listed = {word.strip('",') for line in re.findall(r"^\.BR? (.*)$", plain(table), re.M)
              for word in line.split()}
    checks = {found for path in tracked(*DOCTOR) for code, _ in statements(path)
              for found in re.findall(r'\b(?:find\(visit|say\(all), "([a-z-]+)"', code)
              if not re.search(WELL, code, re.S)}
    assert len(checks) > 15 and checks == listed - {""}


# --- what the guide says ---------------------------------------------------------------------

def test_what_it_quotes_is_said():
    texts = every_text()
    assert len(texts) > 2000, "the source was not understood"
    wrong = [quote.replace(VARIES, "...") for quote in quotes(Guide().text)
             if not any(trim(quote) in text for text in texts)]
    assert not wrong


def test_every_entry_is_whole():
    guide = Guide()
    assert len(guide.entries) > 40
    for entry in guide.entries:
        assert entry.headings == HEADINGS, entry.title
        assert entry.tests, entry.title
    titles = [entry.title for entry in guide.entries]
    assert len(set(titles)) == len(titles)


def test_symptoms_lead_to_entries_and_to_every_one():
    guide = Guide()
    titles = {entry.title for entry in guide.entries}
    led = set(re.findall(r"^\.I (.*)$", guide.symptoms, re.M))
    assert led == titles
    inside = set(re.findall(r'^\.R?I(?: \(| )"?([A-Z][a-z].*?)"?(?: [,).]+)?$', guide.text, re.M))
    assert inside - titles - set(HEADINGS) <= {"Permission denied"}


def is_there(file, function):
    path = ROOT / file
    if not path.is_file():
        return False
    text = path.read_text()
    if path.suffix == ".py":
        return bool(re.search(rf"^def {function}\(", text, re.M))
    return f"static void {function}(void **state)" in text and \
        bool(re.search(rf"\b(HERE|TEST|\w+_TEST|cmocka_unit_test\w*)\({function}\b", text))


def test_the_tests_of_every_entry_exist():
    wrong = [(entry.title, *test) for entry in Guide().entries for test in entry.tests
             if not is_there(*test)]
    assert not wrong


def verbs():
    """Every verb of the command line, and every option's name."""
    table = bare(ROOT / "tools/cli/verbs.def")
    found = {tuple(filter(None, pair))
             for pair in re.findall(r'VERB\(\w+, "(\w*)", "([\w-]+)"', table)}
    found |= {("case", name) for name in re.findall(r'^ACT\("([\w-]+)"', table, re.M)}
    return found, set(re.findall(r'"([a-z-]+)"', bare(ROOT / "tools/cli/options.def")))


def test_what_it_has_one_type_are_commands():
    known, options = verbs()
    typed = [line for entry in Guide().entries for block in entry.blocks for _, line in block]
    assert len(typed) > 100 and len(known) > 70
    for line in typed:
        words = shlex.split(line)
        said_options = [word[2:].split("=")[0] for word in words if word.startswith("--")]
        if words[0] != "ombud":
            continue
        assert not set(said_options) - options - {"version"}, line
        if words[1:] == ["--version"]:
            continue
        rest = words[3:] if words[1] == "--as" else words[1:]
        assert tuple(rest[:1]) in known or tuple(rest[:2]) in known, line


def test_the_man_pages_render_without_a_warning():
    for page in tracked("*.1", "*.5", "*.7", "*.8"):
        done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", page], capture_output=True,
                              text=True)
        assert (done.returncode, done.stderr) == (0, ""), name_of(page)


def test_the_other_pages_name_it():
    for path in ("hub/ombud-hub.8", "node/ombud-node.8", "node/ombud.conf.5", "tools/cli/help.c",
                 "README.md"):
        assert "ombud-faults" in plain((ROOT / path).read_text()), path
    assert PAGE.name in (ROOT / "tools/cli/CMakeLists.txt").read_text()
