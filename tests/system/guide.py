"""The guide, ombud-faults(7), as tests read it: entries, quoted words, tests, commands."""

import re
from dataclasses import dataclass, field
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "tools/cli/ombud-faults.7"
HEADINGS = ["What you see", "What it means", "What to do", "What cannot be lost"]
VARIES = "\0"  # stands for what is in italics, or for a conversion of printf
SIGNS = {r"\-": "-", r"\(aq": "'", r"\(ga": "`", r"\(dq": '"', r"\(lq": "\u201c",
         r"\(rq": "\u201d", r"\(bu": "*"}


def plain(text):
    """Roff's signs as what they print; fonts are left."""
    for sign, meant in SIGNS.items():
        text = text.replace(sign, meant)
    return text


def squeeze(text):
    """One sign for what varies, however many pieces it is made of."""
    return re.sub(rf"{VARIES}+", VARIES, re.sub(r"\s+", " ", text))


def quotes(source):
    """Every text between quotation marks, with VARIES for what is in italics."""
    found = re.findall("\u201c(.*?)\u201d", plain(source), re.S)
    return [squeeze(re.sub(r"\\fI.*?\\fR", VARIES, one, flags=re.S)) for one in found]


@dataclass
class Entry:
    title: str
    source: str
    tests: list = field(default_factory=list)    # (file, function)
    headings: list = field(default_factory=list)
    blocks: list = field(default_factory=list)   # lists of (place, command)

    def quotes(self):
        return quotes(self.source)


def blocks_of(source):
    """What is typed, a list a block: the place that a # names, and the line, italics as <WORD>."""
    found, place = [], "here"
    for block in re.findall(r"^\.EX\n(.*?)^\.EE$", source, re.S | re.M):
        lines = []
        block = re.sub(r"\\fI(.*?)\\fR", r"<\1>", plain(block))
        for line in block.splitlines():
            if line.startswith("#"):
                place = line[1:].strip()
            else:
                lines.append((place, line))
        found.append(lines)
        place = "here"
    return found


class Guide:
    def __init__(self):
        self.text = PAGE.read_text()
        self.symptoms = self.section("SYMPTOMS")
        self.entries = [self.entry(one) for one in
                        re.split(r"^\.SS ", self.section("FAULTS"), flags=re.M)[1:]]

    def section(self, name):
        return re.search(rf"^\.SH {name}\n(.*?)(?=^\.SH |\Z)", self.text, re.S | re.M).group(1)

    def entry(self, source):
        title, _, body = source.partition("\n")
        return Entry(title, body, re.findall(r'^\.\\" test: (\S+)::(\S+)$', body, re.M),
                     re.findall(r"^\.TP\n\.I (What .*)$", body, re.M), blocks_of(body))

    def __getitem__(self, title):
        return next(one for one in self.entries if one.title == title)
