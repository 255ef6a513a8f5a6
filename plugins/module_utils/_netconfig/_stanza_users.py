"""interfaces(5): which NICs run as one logical interface, and which stanzas lend their options to others."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import fnmatch
import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini

_INHERIT = (
    "inherits",
    "inherit",
)  # ifupdown writes the first behind the method, ifupdown-ng either of them below the head

# ifupdown2: swp[1-4], swp[1-4].100
_RANGE = re.compile(r"([^\[\]]+)\[(\d{1,9})-(\d{1,9})\]([^\[\]]*)\Z")

# number: of its first line, from 0; lines: of all that a backslash joined.
Statement = NamedTuple("Statement", [("number", int), ("lines", int), ("words", List[str])])


def statements(text: str) -> Iterator[Statement]:
    """The statements of an interfaces file: lines joined where a backslash says so; comments and blank lines are none.
    """
    lines = _ini.split(text)
    number = 0
    while number < len(lines):
        first, joined = number, lines[number].rstrip("\r\n")
        while joined.endswith("\\") and number + 1 < len(lines) and not joined.lstrip().startswith("#"):
            number += 1
            joined = joined[:-1] + " " + lines[number].rstrip("\r\n")
        number += 1
        words = joined.split()
        if words and not words[0].startswith("#"):
            yield Statement(first, number - first, words)


def line_words(text: str) -> Dict[int, str]:
    """Line, from 0 -> the word that its statement begins with."""
    return {
        number: each.words[0] for each in statements(text) for number in range(each.number, each.number + each.lines)
    }


def stanza_at(text: str, line: int) -> Optional[str]:
    """The logical name of the stanza that LINE of TEXT, from 0, stands in; None where it stands in none."""
    above = [each.words for each in statements(text) if each.number <= line]
    heads = [words for words in above if words[0] in ("iface", "template")]
    return heads[-1][1] if heads and len(heads[-1]) > 1 else None


def is_range(logical: str) -> bool:
    """Whether this name behind ``iface`` is one of ifupdown2's ranges, which stand for several interfaces."""
    return _RANGE.match(logical) is not None


def range_of(texts: Sequence[str], name: str) -> Optional[str]:
    """The range behind an ``iface`` that interface NAME is one of; None where there is none."""
    return next((head for head, _parents in _heads(texts) if _covers(head, name)), None)


def _covers(head: str, name: str) -> bool:
    match = _RANGE.match(head)
    if match is None:
        return False
    before, first, last, behind = match.groups()
    number = name[len(before):len(name) - len(behind)]
    fits = name == before + number + behind and re.match(r"(0|[1-9]\d{0,8})\Z", number)
    return bool(fits) and int(first) <= int(number) <= int(last)


def is_start(word: str) -> bool:
    """Whether a statement that begins with WORD names interfaces to bring up."""
    return word == "auto" or word.startswith("allow-")


def _heads(texts: Sequence[str]) -> Iterator[Tuple[str, List[str]]]:
    """(logical name, names that this stanza inherits from)."""
    for text in texts:
        name, parents = "", []  # type: str, List[str]
        for each in statements(text):
            if each.words[0] in ("iface", "template") and len(each.words) > 1:
                if name:
                    yield name, parents
                name, parents = each.words[1], _behind(each.words)
            elif each.words[0] in _INHERIT:
                parents = parents + each.words[1:2]
        if name:
            yield name, parents


def _behind(words: List[str]) -> List[str]:
    return [words[at + 1] for at in range(2, len(words) - 1) if words[at] in _INHERIT]


def lineage(texts: Sequence[str], logical: str) -> List[str]:
    """LOGICAL and every stanza that it takes options from, nearest first."""
    found = [logical]
    for name in found:  # grows while it is walked
        found += [each for head, parents in _heads(texts) if head == name for each in parents if each not in found]
    return found


def heirs(texts: Sequence[str], logical: str) -> List[str]:
    """The other logical interfaces that take options from LOGICAL, directly or not."""
    names = sorted({head for head, _parents in _heads(texts)} - {logical})
    return [name for name in names if logical in lineage(texts, name)]


def started(texts: Sequence[str]) -> Iterator[Tuple[str, str]]:
    """(what stands for the NIC, its logical name) of each word behind ``auto`` and ``allow-*``."""
    for each in (each for text in texts for each in statements(text) if is_start(each.words[0])):
        for word in each.words[1:]:
            nic, equals, name = word.rpartition("=")
            yield (nic, name) if equals else (word, word)


def matched_mac(word: str) -> Optional[str]:
    """The canonical MAC in ``mac/MAC``, the pattern for the NIC that has it; None for any other word."""
    variable, _slash, value = word.partition("/")
    try:
        return canonical(value.split("/")[0]) if variable in ("mac", "address") else None
    except MacError:
        return None


def matched_macs(text: str) -> Set[str]:
    """Canonical MACs by which TEXT chooses what to bring up, and as what."""
    words = [word for word, _name in started([text])]
    mapped = [word for each in statements(text) if each.words[0] == "map" for word in each.words[1:]]
    return {mac for mac in [matched_mac(word) for word in words] + [_canonical(word) for word in mapped] if mac}


def others(texts: Sequence[str], logical: str, nic: str, macs: Set[str]) -> Optional[str]:
    """The statement by which another NIC than NIC, which has one of MACS, may run as LOGICAL too; None where there is
    none.
    """
    for word, name in started(texts):
        if name == logical and word not in (nic, name) and matched_mac(word) not in macs:
            return "%s=%s" % (word, name)
    return next(
        (
            found
            for found in (_mapped(stanza, logical, nic, macs) for text in texts for stanza in _mappings(text))
            if found
        ),
        None,
    )


def _mappings(text: str) -> List[List[List[str]]]:
    """Every mapping stanza: the words of its head, then of what is below."""
    found: List[List[List[str]]] = []
    inside = False
    for each in statements(text):
        if each.words[0] == "mapping":
            found.append([])
            inside = True
        elif each.words[0] not in ("script", "map"):
            inside = False
        if inside:
            found[-1].append(each.words)
    return found


def _mapped(stanza: List[List[str]], logical: str, nic: str, macs: Set[str]) -> Optional[str]:
    """The head of a mapping STANZA by which another NIC may run as LOGICAL too; None where it gives it to none."""
    patterns = stanza[0][1:]
    if patterns == [nic]:
        return None
    lines = [words for words in stanza[1:] if words[0] == "map"]
    if lines:
        is_shared = _maps_others(lines, logical, macs)
    else:  # its script alone decides
        is_shared = logical != nic and any(fnmatch.fnmatchcase(nic, pattern) for pattern in patterns)
    return " ".join(stanza[0]) if is_shared else None


def _maps_others(lines: List[List[str]], logical: str, macs: Set[str]) -> bool:
    """Whether one of these ``map`` lines gives LOGICAL to what has none of MACS."""
    naming = [words[1:] for words in lines if logical in words[1:]]
    return not all(any(_canonical(word) in macs for word in words) for words in naming)


def _canonical(text: str) -> Optional[str]:
    try:
        return canonical(text)
    except MacError:
        return None


def with_matched(text: str, line: int, start: int, end: int, mac: str) -> str:
    """TEXT in which what stands for the NIC by the MAC at this place (START to END of LINE) also stands for it by MAC.

    ``auto mac/OLD=lan`` gets another word, ``map OLD lan`` a line of its own.
    """
    lines = _ini.split(text)
    there = lines[line]
    if there.split()[:1] == ["map"]:
        ending = "" if there.endswith("\n") else "\n"
        lines[line] = there + ending + there[:start] + mac + there[end:]
        return "".join(lines)
    first = max(there.rfind(mark, 0, start) for mark in " \t") + 1
    tail = there[end:end + len((there[end:].split() or [""])[0])] if there[end:end + 1].strip() else ""
    last = end + len(tail)
    lines[line] = there[:last] + " " + there[first:start] + mac + tail + there[last:]
    return "".join(lines)
