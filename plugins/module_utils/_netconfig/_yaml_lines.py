"""Find and change scalars in YAML by line: enough for netplan and cloud-init files, comments kept, no parser needed on
targets.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import Iterator, List, NamedTuple, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini

_KEY = re.compile(
    r"( *)((?:- +)*)(\"[^\"\n]*\"|'[^'\n]*'|[^\s#'\"{}\[\],&*!|>%@`][^#{}\[\],\n]*?)[ ]*:(?=[ \r\n]|\Z)[ ]*"
)
_SCALAR = re.compile(
    r"(\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\n]|'')*'|[^\s#{}\[\],&*!|>%@`\"'](?:[^#\n]|(?<=\S)#)*?)[ \t]*(?=$|\s#|\r?\n)"
)

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
    return [found for path, number, start in _keys(lines) for found in _scalar(lines[number], start, number, path)]


def paths(text: str) -> List[Tuple[str, ...]]:
    """The path of every key of the block mappings in TEXT, whatever its value is: ``enp1s0: {}`` is one, too."""
    return [path for path, _number, _start in _keys(_ini.split(text))]


def _keys(lines: List[str]) -> Iterator[Tuple[Tuple[str, ...], int, int]]:
    """(path, line, where its value begins) of every key."""
    above: List[Tuple[int, str]] = []
    literal = -1  # indentation of a key whose value is a block text
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip(" "))
        if not line.strip() or line.lstrip().startswith("#") or (0 <= literal < indent) or len(line) > _LONGEST_LINE:
            continue
        literal = -1
        match = _KEY.match(line)
        if not match:
            continue
        depth = len(match.group(1)) + len(match.group(2))
        above = [each for each in above if each[0] < depth] + [(depth, _bare(match.group(3)))]
        literal = depth if line[match.end():match.end() + 1] in ("|", ">") else -1
        yield tuple(name for _depth, name in above), number, match.end()


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
