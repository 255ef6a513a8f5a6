"""MACs that somebody is about to use: read from lists, domain XML, cloud-init, netplan, ifcfg and inventories, with who
wants them.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import unescape  # nosec B406  # replaces five entities, parses nothing

from ansible_collections.netops.layer2.plugins.module_utils._mac import Mac, MacError
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import DocumentError, absolute, read_text
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._known import macs_in
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name

# No pattern here looks further than the next tag: files may be long, and odd.
_DOMAIN = (re.compile(r"<domain[\s>]"), re.compile(r"</domain\s*>"))
_COMMENT = (re.compile("<!--"), re.compile("-->"))
_NAME, _UUID = re.compile(r"<name>([^<]*)</name>"), re.compile(r"<uuid>([^<]*)</uuid>")
_QUOTES = {"&quot;": '"', "&apos;": "'"}  # with &lt; &gt; &amp; all that XML itself defines
_NIC = re.compile(r"<mac\s[^<>]*?\baddress\s*=\s*['\"]([^'\"<>]*)['\"]")
_RESERVED = re.compile(r"<host\s[^<>]*?\bmac\s*=\s*['\"]([^'\"<>]*)['\"][^<>]*>")
_HOST_NAME = re.compile(r"\bname\s*=\s*['\"]([^'\"]*)['\"]")
_KEY = re.compile(r"^(\s*)(?:-\s+)?['\"]?([^\s:'\"#][^:'\"]*)['\"]?\s*:(?:\s|$)")
_LONGEST_LINE = 4096  # of a key; what is longer is data, and would take long
# A MAC of digits below 60, unquoted, is one number to YAML 1.1: what reaches us then is no MAC any more.
_SEXAGESIMAL_MOST = 60**6


class WantedError(ValueError):
    """What was given as a MAC about to be used is none: names it and the way out."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One MAC that is about to be used: where that is written, who wants it, and whatever else that one may be called.
    """

    mac: str
    where: str
    entity: str
    names: frozenset[str]
    uuid: str = ""
    nic: str = ""  # of NICs in one definition: which, since two of them must differ too


def from_list(items: Iterable[object], owner: str = "") -> Iterator[Wanted]:
    """MACs of a list, each a text, or a mapping with ``mac`` and ``owner``; WantedError for anything else."""
    for number, item in enumerate(items, 1):
        mac, who = (item.get("mac"), str(item.get("owner") or owner)) if isinstance(item, Mapping) else (item, owner)
        try:
            mac = str(Mac.parse(mac))
        except MacError as error:
            hint = " (unquoted digits are read as a number)" if isinstance(mac, int) and mac < _SEXAGESIMAL_MOST else ""
            raise WantedError(f"MAC {number} of the list: {error}{hint}") from None
        yield Wanted(mac, f"MAC {number} of the list", who or f"MAC {number} of the list", frozenset({who} - {""}))


def from_file(path: str, owner: str = "") -> Iterator[Wanted]:
    """MACs of the file PATH, relative to the working directory; WantedError if it cannot be read."""
    full = absolute(path)
    try:
        text = read_text(full)
    except DocumentError as error:
        raise WantedError(str(error)) from None
    if text is None:
        raise WantedError(f"{full}: there is no such file")
    stem, folder = os.path.basename(full).split(".")[0], os.path.basename(os.path.dirname(full))
    yield from from_text(text, path, owner, {stem, folder})


def from_text(text: str, where: str, owner: str = "", names: Iterable[str] = ()) -> Iterator[Wanted]:
    """MACs of TEXT, which stands at WHERE. NAMES are what its owner may be called, beside what the text itself says."""
    called = {*names, owner} - {""}
    if "<" in text and (_NIC.search(text) or _RESERVED.search(text)):
        yield from _from_xml(text, where, owner, called)
    else:
        yield from _from_lines(text, where, owner, called)


# --- libvirt's XML: only what makes NICs and reservations; a comment or a filter may name any MAC

def _from_xml(text: str, where: str, owner: str, called: set[str]) -> Iterator[Wanted]:
    text = _blanked(text, _spans(text, *_COMMENT))
    domains = list(_spans(text, *_DOMAIN))
    for start, end in domains:
        block = text[start:end]
        name, uuid = _first(_NAME, block), _first(_UUID, block).lower()
        for match in _NIC.finditer(block):
            line = _line(text, start + match.start())
            yield from _wanted(
                match.group(1), f"{where}:{line}", name or owner or where, called | {name, uuid}, uuid, str(line)
            )
    rest = _blanked(text, domains)
    for pattern in (_RESERVED, _NIC):
        for match in pattern.finditer(rest):
            named = _HOST_NAME.search(match.group())
            name = unescape(named.group(1), _QUOTES) if named and pattern is _RESERVED else ""
            place = f"{where}:{_line(text, match.start())}"
            yield from _wanted(match.group(1), place, name or owner or where, called | {name})


def _first(element: re.Pattern[str], text: str) -> str:
    """What the first ELEMENT of TEXT holds; empty if there is none."""
    match = element.search(text)
    return unescape(match.group(1), _QUOTES).strip() if match else ""


def _spans(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Where TEXT has something that begins with OPENING and ends with the next CLOSING; what never ends is none."""
    start = opening.search(text)
    while start and (end := closing.search(text, start.end())):
        yield start.start(), end.end()
        start = opening.search(text, end.end())


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """TEXT with SPANS blank, its lines where they were."""
    parts, here = [], 0
    for start, end in spans:
        parts += [text[here:start], re.sub(r"[^\n]", " ", text[start:end])]
        here = end
    return "".join([*parts, text[here:]])


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _wanted(text: str, place: str, entity: str, names: set[str], uuid: str = "", nic: str = "") -> Iterator[Wanted]:
    try:
        mac = Mac.parse(text)
    except MacError as error:
        raise WantedError(f"{place}: {error}") from None
    if not mac.is_multicast and not mac.is_zero:
        yield Wanted(str(mac), place, entity, frozenset(names - {""}), uuid, nic)


# --- lines: YAML, INI, ifcfg, or anything else that has MACs in it

def _from_lines(text: str, where: str, owner: str, called: set[str]) -> Iterator[Wanted]:
    above: list[tuple[int, str]] = []  # (indentation, key) of the YAML keys that the line stands below
    for number, line in enumerate(text.splitlines(), 1):
        content = _without_comment(line)
        key = _KEY.match(content) if len(content) <= _LONGEST_LINE else None
        if key:
            above = [(depth, name) for depth, name in above if depth < len(key.group(1))] + [
                (len(key.group(1)), key.group(2).strip())
            ]
        for mac in sorted(macs_in(content)):
            host = _host_of([name for _depth, name in above], content)
            entity = host or owner or where
            yield from _wanted(mac, f"{where}:{number}", entity, called | {host})


def _without_comment(line: str) -> str:
    return "" if line.lstrip().startswith(("#", ";", "//")) else line.split(" #")[0]


def _host_of(above: list[str], line: str) -> str:
    """The host that an inventory's line is about: the key below
    ``hosts`` in YAML, the first word in INI (``web30 mac=...``).
    """
    if "hosts" in above[:-1]:
        return above[above.index("hosts") + 1]
    words = line.split()
    is_ini = len(words) > 1 and "=" not in words[0] and ":" not in words[0] and any("=" in word for word in words[1:])
    return words[0] if is_ini else ""


def read_wanted(
    macs: Iterable[object] = (), texts: Iterable[object] = (), files: Iterable[object] = (), owner: str = ""
) -> list[Wanted]:
    """All MACs about to be used; WantedError for what is none."""
    found = list(from_list(macs, owner))
    for number, text in enumerate(texts, 1):
        if not isinstance(text, str):
            raise WantedError(f"text {number}: {type_name(text)} instead of text: {shortened(text, 40)}")
        found += from_text(text, f"text {number}", owner)
    for path in files:
        found += from_file(str(path), owner)
    return found
