"""Edit INI texts (keyfiles, systemd's files) line by line: comments, order, spacing and strange keys stay as they are.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import List, NamedTuple, Sequence, Tuple

_SECTION = re.compile(r"\s*\[([^\]]*)\]\s*\Z")
# Greedy where it can be: lazy, a long line of blanks would be gone through for each of them.
_ENTRY = re.compile(r"\s*([^=\s\[#;](?:[^=]*[^=\s])?)\s*=(?:\s*(?=\S)|[ \t]*)(.*\S|)\s*\Z", re.DOTALL)

# line: from 0; start, end: where the value, or what of it stands there, is in that line; more: the lines that go on
# with it.
Entry = NamedTuple(
    "Entry",
    [
        ("line", int),
        ("section", str),
        ("key", str),
        ("value", str),
        ("start", int),
        ("end", int),
        ("more", Tuple[int, ...]),
    ],
)
# kind: head, entry, more (continues the line before), comment, other
_Line = NamedTuple("_Line", [("kind", str), ("section", str), ("text", str)])


def split(text: str) -> List[str]:
    """Lines with their ends; only a newline ends one (str.splitlines knows many more)."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def entries(text: str, joins: bool = True) -> List[Entry]:
    """Every ``key=value`` of TEXT in order.

    JOINS: a backslash at the end of a line joins the next one to it (systemd.syntax(7); keyfiles know no such thing).
    """
    lines = _scanned(text, joins)
    found: List[Entry] = []
    for number, more in _statements(lines):
        line = lines[number]
        match = _ENTRY.match(line.text) if line.kind == "entry" else None
        if match:
            parts = [match.group(2)] + [lines[each].text.rstrip("\r\n") for each in more]
            value = " ".join(map(_unjoined, parts)).strip() if joins else parts[0]
            found.append(
                Entry(number, line.section, match.group(1), value, match.start(2), match.end(2), tuple(more))
            )
    return found


def _statements(lines: Sequence["_Line"]) -> List[Tuple[int, List[int]]]:
    """(first line, lines that go on with it) of all but comments."""
    found: List[Tuple[int, List[int]]] = []
    for number, line in enumerate(lines):
        if line.kind == "more":
            found[-1][1].append(number)
        elif line.kind != "comment":
            found.append((number, []))
    return found


def _unjoined(text: str) -> str:
    """TEXT without the backslash that joins the next line to it, which is a space (systemd.syntax(7))."""
    return text[:-1] if _joins_next(text) else text


def values(text: str, sections: Sequence[str], key: str, joins: bool = True) -> List[str]:
    """All values of KEY in any of SECTIONS, in order."""
    return [entry.value for entry in entries(text, joins) if entry.section in sections and entry.key == key]


def sections(text: str, without: Sequence[Tuple[str, str]] = ()) -> List[Tuple[str, List[str]]]:
    """(name, lines) of every section of TEXT in order; comments, junk and the keys (section, key) of WITHOUT are left
    out.
    """
    found: List[Tuple[str, List[str]]] = []
    dropping = False
    for line in _scanned(text, True):
        match = _ENTRY.match(line.text) if line.kind == "entry" else None
        if line.kind == "head":
            found.append((line.section, []))
        elif line.kind in ("entry", "other"):  # what goes on with a line of junk is junk
            dropping = match is None or (line.section, match.group(1)) in without
        if found and line.kind in ("entry", "more") and not dropping:
            found[-1][1].append(line.text if line.text.endswith("\n") else line.text + "\n")
    return found


def with_value(text: str, sections: Sequence[str], key: str, value: str, joins: bool = True) -> str:
    """TEXT in which KEY is VALUE: every statement of it in SECTIONS is changed, or one added where there was none.

    SECTIONS are names of one and the same section. A new key goes to the end of the last one of them; else the first is
    added.
    """
    places = [entry for entry in entries(text, joins) if entry.section in sections and entry.key == key]
    lines = split(text)
    for entry in places:
        line = lines[entry.line]
        lines[entry.line] = line[:entry.start] + value + line[entry.end:]
        for number in entry.more:
            lines[number] = ""
    return "".join(lines if places else _added(_scanned(text, joins), sections, "%s=%s" % (key, value), joins))


def without(text: str, numbers: Sequence[int]) -> str:
    """TEXT without the lines of these NUMBERS, from 0."""
    return "".join(line for number, line in enumerate(split(text)) if number not in numbers)


def _scanned(text: str, joins: bool) -> List[_Line]:
    found: List[_Line] = []
    section, joined = "", False
    for line in split(text):
        # The mark of UTF-8 that editors put first is not the section's.
        head = _SECTION.match(line if found else line.lstrip("\ufeff"))
        if line.lstrip().startswith(("#", ";")):
            found.append(_Line("comment", section, line))
            continue  # a comment between joined lines does not part them
        if joined:
            kind = "more"
        elif head:
            kind, section = "head", head.group(1)
        else:
            kind = "entry" if _ENTRY.match(line) else "other"
        found.append(_Line(kind, section, line))
        # A backslash alone is a blank before what the next line says.
        joined = joins and _joins_next(line) and bool(line.strip("\\ \t\r\n"))
    return found


def _joins_next(line: str) -> bool:
    bare = line.rstrip("\r\n")
    return (len(bare) - len(bare.rstrip("\\"))) % 2 == 1  # a backslash behind a backslash is one, and joins nothing


def _added(lines: List[_Line], sections: Sequence[str], statement: str, joins: bool) -> List[str]:
    ending = "\r\n" if lines and lines[0].text.endswith("\r\n") else "\n"
    texts = [line.text if line.text.endswith("\n") else line.text + ending for line in lines]
    heads = [number for number, line in enumerate(lines) if line.kind == "head" and line.section in sections]
    if not heads:
        return texts + _new_section(texts, sections[0], statement, ending)
    at = _end_of_section(lines, heads[-1])
    # A blank line ends a value that would go on in ours.
    gap = [ending] if joins and _joins_next(texts[at - 1]) else []
    return texts[:at] + gap + [statement + ending] + texts[at:]


def _new_section(texts: List[str], section: str, statement: str, ending: str) -> List[str]:
    """The lines that add SECTION with its one STATEMENT behind TEXTS, a blank line between them."""
    gap = [ending] if texts and texts[-1].strip() else []
    return gap + ["[%s]%s" % (section, ending), statement + ending]


def _end_of_section(lines: List[_Line], head: int) -> int:
    """Line after the last statement of the section that begins in line HEAD: the comments and blank lines behind it
    stay behind.
    """
    at = head + 1
    for number in range(head + 1, len(lines)):
        if lines[number].kind == "head":
            break
        if lines[number].kind == "more" or (lines[number].text.strip() and lines[number].kind != "comment"):
            at = number + 1
    return at
