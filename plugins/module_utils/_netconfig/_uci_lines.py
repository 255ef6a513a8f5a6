"""OpenWrt's configuration files (uci) as text: sections and options with their places, values changed or added, all
else kept.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import List, Match, NamedTuple, Optional

from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError

_WORDS = {
    "c": "config",
    "config": "config",
    "o": "option",
    "option": "option",
    "l": "list",
    "list": "list",
    "p": "package",
    "package": "package",
}
_NAME = re.compile(r"[A-Za-z0-9_]+\Z")
_TYPE = re.compile(r"[!-~]+\Z")
# One argument: pieces in quotes and without. A backslash takes its meaning from a character, and joins lines, but not
# in single quotes.
_PIECE = re.compile(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"|((?:[^\s'\"#;\\]|\\[^\r\n])+)", re.DOTALL)
_PROBLEMS = {";": "two commands: give each a line", "\\": "it goes on in the next line: write it on one"}
_ESCAPED = re.compile(r"\\(\r?\n|.)", re.DOTALL)
_BLANK = re.compile(r"[^\S\n]*")

# start, end: where it stands in the text, quotes and all.
Argument = NamedTuple("Argument", [("value", str), ("start", int), ("end", int)])
# is_list: a `list` line, of which an option has one a value. end: behind the last argument.
Option = NamedTuple("Option", [("name", str), ("value", Argument), ("is_list", bool), ("start", int), ("end", int)])


class Section:
    """One ``config TYPE [NAME]`` with its options; NAME is empty for an anonymous one."""

    def __init__(self, kind: str, name: str, start: int, end: int) -> None:
        self.kind = kind
        self.name = name
        self.start = start
        self.end = end
        self.options: List[Option] = []

    def values(self, name: str) -> List[str]:
        """What option NAME holds: the words of the last ``option``, or each ``list`` behind it."""
        found: List[str] = []
        for option in self.options:
            if option.name == name:
                found = found + [option.value.value] if option.is_list else option.value.value.split()
        return found

    def value(self, name: str) -> str:
        """The last value of option NAME; empty for none."""
        return next((option.value.value for option in reversed(self.options) if option.name == name), "")


def sections(text: str) -> List[Section]:
    """Every section of TEXT in order; two with one name stay two. ConfigError for what uci would refuse, and for two
    commands on one line.
    """
    found: List[Section] = []
    at = 0
    while at < len(text):
        at = _BLANK.match(text, at).end()  # type: ignore[union-attr]
        if text[at:at + 1] in ("#", "\n"):
            newline = text.find("\n", at)
            at = len(text) if newline < 0 else newline + 1
        elif at < len(text):
            at = _command(text, at, found)
    return found


def known(text: str) -> List[Section]:
    """Its sections; none where nobody knows what its lines mean: they are only named."""
    try:
        return sections(text)
    except ConfigError:
        return []


def devices(section: Section) -> List[str]:
    """The devices that the options of a section of /etc/config/network are for; none for other kinds, aliases
    (``@lan``), and what is switched off.
    """
    if section.kind == "device":
        return [section.value("name")] if section.value("name") else []
    if section.kind != "interface" or section.value("disabled") in ("1", "true"):
        return []
    if section.value("type") == "bridge":
        return ["br-" + section.name]
    return [name for name in section.values("device") or section.values("ifname") if not name.startswith("@")]


def _command(text: str, at: int, found: List[Section]) -> int:
    """Take in the command that begins at AT; returns where it ends."""
    match = re.compile(r"[^\s]+").match(text, at)
    word = _WORDS.get(match.group() if match else "")
    end = match.end() if match else at
    arguments: List[Argument] = []
    argument = _argument(text, end)
    while argument is not None:
        arguments.append(argument)
        end = argument.end
        argument = _argument(text, end)
    wrong = _wrong(word, arguments, found)
    if wrong:
        raise ConfigError("line %d: %s" % (text.count("\n", 0, at) + 1, wrong))
    if word == "config":
        found.append(Section(arguments[0].value, arguments[1].value if arguments[1:] else "", at, end))
    elif word in ("option", "list"):
        value = arguments[1] if arguments[1:] else Argument("", end, end)
        found[-1].options.append(Option(arguments[0].value, value, word == "list", at, end))
    return end


def _wrong(word: Optional[str], arguments: List[Argument], found: List[Section]) -> str:
    """Why uci would not take this command; empty where it would."""
    if word is None:
        return "no command of uci"
    if not 1 <= len(arguments) <= (1 if word == "package" else 2):
        return "%s has %d arguments" % (word, len(arguments))
    if word in ("option", "list") and not found:
        return "%s before the first section" % word
    if not (_is_head(arguments) if word == "config" else _is_name(arguments[0])):
        return "a name has other characters than letters, digits and _"
    return ""


def _is_head(arguments: List[Argument]) -> bool:
    """Whether these are a type of section and, where there are more, names."""
    return bool(_TYPE.match(arguments[0].value)) and all(map(_is_name, arguments[1:]))


def _is_name(argument: Argument) -> bool:
    """Whether uci takes it for a name; an empty one stands for none."""
    return argument.value == "" or bool(_NAME.match(argument.value))


def _argument(text: str, at: int) -> Optional[Argument]:
    """The argument behind AT on the same line; None where the line or its part before a comment ends."""
    start = at = _BLANK.match(text, at).end()  # type: ignore[union-attr]
    pieces: List[str] = []
    while at < len(text) and not text[at].isspace() and text[at] != "#":
        piece = _PIECE.match(text, at)
        if piece is None:
            line = text.count("\n", 0, at) + 1
            raise ConfigError("line %d: %s" % (line, _PROBLEMS.get(text[at], "a quote without its end")))
        single, double, bare = piece.groups()
        pieces.append(single if single is not None else _ESCAPED.sub(_meaning, double if double is not None else bare))
        at = piece.end()
    return Argument("".join(pieces), start, at) if pieces else None


def _meaning(match: Match[str]) -> str:
    return "" if match.group(1).endswith("\n") else match.group(1)


def with_value(text: str, place: Argument, value: str) -> str:
    """TEXT with VALUE, which needs no quotes, at PLACE; the quotes that are there stay."""
    there = text[place.start:place.end]
    quote = (
        there[0]
        if there[:1] in ("'", '"') and there.count(there[0]) == 2 and there[-1] == there[0]
        else ""
        if there == place.value
        else "'"
    )
    return text[:place.start] + quote + value + quote + text[place.end:]


def with_option(text: str, section: Section, name: str, value: str) -> str:
    """TEXT with one more option at the end of SECTION, indented as its others."""
    last = section.options[-1] if section.options else None
    end = text.find("\n", last.end if last else section.end)
    end = len(text) if end < 0 else end + 1
    indent = re.search(r"[ \t]*\Z", text[:last.start]).group() if last else "\t"  # type: ignore[union-attr]
    newline = "\r\n" if text[:end].endswith("\r\n") else "\n"
    gap = "" if text[:end].endswith("\n") else newline
    return text[:end] + gap + "%soption %s '%s'%s" % (indent, name, value, newline) + text[end:]


def with_section(text: str, kind: str, options: List[str]) -> str:
    """TEXT with an anonymous section of KIND at its end; OPTIONS: lines without indentation."""
    gap = "" if not text or text.endswith("\n") else "\n"
    return text + gap + ("\n" if text else "") + "config %s\n" % kind + "".join("\t%s\n" % line for line in options)
