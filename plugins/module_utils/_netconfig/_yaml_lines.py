"""Find and change scalars in YAML by line: enough for netplan and cloud-init files, comments kept, no parser needed on
targets.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import bisect
import itertools
import re
from typing import Callable, Iterator, List, NamedTuple, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini

_KEY = re.compile(
    r"( *)((?:- +)*)(\"[^\"\n]*\"|'[^'\n]*'|[^\s#'\"{}\[\],&*!|>%@`][^#{}\[\],\n]*?)[ ]*:(?=[ \r\n]|\Z)[ ]*"
)
_SCALAR = re.compile(
    r"(\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\n]|'')*'|[^\s#{}\[\],&*!|>%@`\"'](?:[^#\n]|(?<=\S)#)*?)[ \t]*(?=$|\s#|\r?\n)"
)

_FLOW_TEXT = re.compile(r"(?:\s|#[^\n]*\n|---(?=\s))*\{")
_FLOW_TOKEN = re.compile(
    r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|(?<=\s)#[^\n]*|[{}\[\],:]|[^\s{}\[\],:\"'](?:[^\s{}\[\],:]|:(?=[^\s{}\[\],]))*"
)
_Found = List[Tuple[Tuple[str, ...], int]]  # the path of a key, and where in the text its value begins
_OPENING = ("{", "[")
_LONGEST_LINE = 4096  # of a key and its value; what is longer is data, and would take long

# path: the keys above it and its own; value: without quotes; line: from 0; start, end: where it stands in that line,
# quotes and all.
Scalar = NamedTuple("Scalar", [("path", Tuple[str, ...]), ("value", str), ("line", int), ("start", int), ("end", int)])


def scalars(text: str) -> List[Scalar]:
    """Every ``key: value`` of the block mappings in TEXT, with its path; what stands in flow style (``{...}``) is left
    out.

    A key without a value on its line is given with an empty one, so that sections show up too.
    """
    lines = _ini.split(text)
    return [found for path, number, start, _below in _keys(lines)
            for found in _scalar(lines[number], start, number, path)]


def paths(text: str) -> List[Tuple[str, ...]]:
    """The path of every key of TEXT, whatever its value is: ``enp1s0: {}`` is one, and what stands in flow style too.
    """
    return [path for path, _begin in _all_keys(text)]


def path_finder(text: str) -> Callable[[int, int], Tuple[str, ...]]:
    """A function of line and column (both from 0): the path of the key whose value stands there, in block or flow
    style; no path where none does.
    """
    keys = sorted((begin, path) for path, begin in _all_keys(text))
    begins = [begin for begin, _path in keys]
    lines = _offsets(_ini.split(text))

    def path_at(line: int, column: int) -> Tuple[str, ...]:
        place = lines[line] + column if line < len(lines) else len(text)
        begin, path = keys[bisect.bisect_right(begins, place) - 1] if begins and begins[0] <= place else (place, ())
        return path if not text[begin:place].strip(" \t\r\n\"'") else ()

    return path_at


def _offsets(lines: List[str]) -> List[int]:
    """Where each line begins in the text, and where it ends."""
    return [0] + list(itertools.accumulate(map(len, lines)))


def _all_keys(text: str) -> Iterator[Tuple[Tuple[str, ...], int]]:
    """(path, where in TEXT its value begins) of every key."""
    begins = _FLOW_TEXT.match(text)
    if begins:
        yield from _flow(text, begins.end() - 1)[0]  # JSON, as a whole
        return
    lines = _ini.split(text)
    places = _offsets(lines)
    for path, number, start, below in _keys(lines):
        yield path, places[number] + start
        yield from ((path + keys, place) for keys, place in below)


def _flow(text: str, begin: int) -> Tuple[_Found, int]:
    """The same of the flow collection that BEGINs there (YAML 1.2, 7.4), and where it ends."""
    found: _Found = []
    above: List[str] = []  # the keys of the collections that are open; "" where one has none
    key = last = ""
    for match in _FLOW_TOKEN.finditer(text, begin):
        word = match.group()
        if word in ("{", "["):
            above.append(key)
            key = last = ""
        elif word in ("}", "]"):
            above.pop()
            if not above:
                return found, match.end()
        elif word == ",":
            key = last = ""
        elif word == ":":
            key = last
            found.append((tuple(name for name in above if name) + (key,), match.end()))
        elif not word.startswith("#"):
            last = _bare(word)
    return found, len(text)


def _keys(lines: List[str]) -> Iterator[Tuple[Tuple[str, ...], int, int, _Found]]:
    """(path, line, where its value begins, what that holds if it is in flow style) of every key of block mappings."""
    text, places = "".join(lines), _offsets(lines)
    above: List[Tuple[int, str]] = []
    literal = -1  # indentation of a key whose value is a block text
    closing = -1  # the line on which a value in flow style ends
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip(" "))
        if number <= closing or _is_idle(line) or 0 <= literal < indent:
            continue
        literal = -1
        match = _KEY.match(line)
        if not match:
            continue
        depth = len(match.group(1)) + len(match.group(2))
        above = [each for each in above if each[0] < depth] + [(depth, _bare(match.group(3)))]
        begins = line[match.end():match.end() + 1]
        literal = depth if begins in ("|", ">") else -1
        below: _Found = []
        if begins in _OPENING:
            below, end = _flow(text, places[number] + match.end())
            closing = bisect.bisect_left(places, end) - 1
        yield tuple(name for _depth, name in above), number, match.end(), below


def _is_idle(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#") or len(line) > _LONGEST_LINE


def _scalar(line: str, start: int, number: int, path: Tuple[str, ...]) -> List[Scalar]:
    rest = line[start:]
    if not rest.strip() or rest.lstrip().startswith("#"):
        return [Scalar(path, "", number, start, start)]
    value = _SCALAR.match(rest)
    return [Scalar(path, _bare(value.group(1)), number, start, start + value.end(1))] if value else []


def _bare(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def with_scalar(text: str, place: Scalar, value: str) -> str:
    """TEXT with VALUE, in double quotes, at PLACE: a MAC of digits without quotes can be read as a number (YAML 1.1).
    """
    lines = _ini.split(text)
    line = lines[place.line]
    lines[place.line] = line[:place.start] + '"%s"' % value + line[place.end:]
    return "".join(lines)
