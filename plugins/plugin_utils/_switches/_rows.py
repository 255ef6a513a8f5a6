"""Answers of a switch as rows of our own columns: parsed by what the caller brings, or out of a database's dump, within
bounds.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Callable, Iterator, Mapping

from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._platforms import Ask, Platform

LONGEST_ANSWER = 32 << 20  # characters; a table of 400,000 addresses
LONGEST_LINE = 8192  # characters; templates are regular expressions, and take their time with longer ones
MOST_ROWS = 500_000
_MOST_PARTS = 4096  # of one cell: the ports of a bundle, the VLANs of a port
_LONGEST_CELL = 1024

# What devices say instead of an answer, at the beginning of a line.
_REFUSED = re.compile(
    r"\s*(?:%\s*(?:invalid|incomplete|ambiguous|unknown|error|bad|authorization|permission|cmd parser|this command)"
    r"|error:|invalid (?:input|command)|unknown (?:command|action)|unrecogni[sz]ed command|syntax error|bad command"
    r"|expected end of command|permission denied|command not found|incomplete command|ambiguous input"
    r"|(?:%|info:|note:|global|lldp).*\b(?:not enabled|not running|is disabled)"
    r"|(?:ba)?sh: |-bash: |\^\s*$)",
    re.IGNORECASE,
)
# What network_cli and the modules' side of a persistent connection say where no answer came.
_LOST = re.compile(r"command timeout triggered|timeout value \S+ seconds reached|socket path|connect to socket")
_PAGER = re.compile(r"(?:^|\n)\s*(?:-{2,} ?\(?more|<-+ ?more|press any key|lines \d+-\d+|\[q quit)", re.IGNORECASE)
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Parse = Callable[[str, str, str], "list[t.Any]"]  # platform of the parser, command, text -> its rows
Row = dict[str, tuple[str, ...]]  # our column -> what it holds: one text, or the members of a list


class AnswerError(ValueError):
    """An answer that is none, or that cannot be parsed; the message says what is wrong, `hint` the way out."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


def rows_of(platform: Platform, ask: Ask, text: object, parse: Parse) -> list[Row]:
    """The rows of TEXT, which a switch of PLATFORM answered to ASK, in our columns; AnswerError where it is no answer.

    A row that is none, or that holds nothing in any of the columns, is left out.
    """
    checked = _checked(ask.command, text)
    parsed = _dumped(checked) if platform.is_database else parse(platform.parser, ask.command, checked)
    if not isinstance(parsed, list):
        raise AnswerError(f"the parser gave {type_name(parsed)} instead of rows")
    if len(parsed) > MOST_ROWS:
        raise AnswerError(f"more than {MOST_ROWS} rows", "read this switch by SNMP")
    rows = (_row(ask, row) for row in parsed if isinstance(row, Mapping))
    return [row for row in rows if row]


def _checked(command: str, text: object) -> str:
    """TEXT without control characters; AnswerError where a device refused, broke off, or said too much."""
    if not isinstance(text, str):
        raise AnswerError(f"the answer is {type_name(text)} and no text")
    if not text.strip():
        raise AnswerError("it answered nothing")
    if len(text) > LONGEST_ANSWER:
        raise AnswerError(f"the answer has more than {LONGEST_ANSWER} characters", "read this switch by SNMP")
    plain = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if refusal := _refusal(plain):
        raise AnswerError(
            f"it refused the command: {shortened(refusal, 100)}",
            f"allow this user `{command}`, or look whether switch_snapshot_platform is right",
        )
    if _PAGER.search(plain):
        raise AnswerError("the answer stops at a pager, so it was cut short", "have the connection turn paging off")
    if any(len(line) > LONGEST_LINE for line in plain.split("\n")):
        raise AnswerError(f"a line of the answer has more than {LONGEST_LINE} characters")
    return plain


def said(error: object) -> str:
    """The words of an ERROR of a connection as one line; some hold what a device said as Python writes octets."""
    text = str(error).strip()
    if text[:2] in ("b'", 'b"'):
        text = re.sub(r"(?:\\[rnt])+", "\n", text[2:-1])
    return shortened(" ".join((_refusal(text) or text).split()), 300) or "the connection gave no answer"


def is_lost(error: object) -> bool:
    """Whether an ERROR of a persistent connection tells of no answer in time, or of a connection that is gone; all else
    is what a device said in place of an answer.
    """
    return bool(_LOST.search(str(error)))


def _refusal(text: str) -> str:
    """What a device said instead of an answer, empty if it did not."""
    found = [line.strip() for line in text.split("\n", 21)[:20] if _REFUSED.match(line)]
    return next((line for line in found if line != "^"), found[0] if found else "")


def _row(ask: Ask, row: Mapping[t.Any, t.Any]) -> Row:
    found = {}
    for ours, theirs in ask.columns.items():
        cells = next((cells for name in theirs.split(" ") if (cells := _cells(row.get(name)))), ())
        if cells:
            found[ours] = cells
    return found


def _cells(value: object) -> tuple[str, ...]:
    """A cell of a parsed row: a text, or a list of texts; anything else is nothing."""
    if isinstance(value, str):
        return (value.strip()[:_LONGEST_CELL],) if value.strip() else ()
    parts = value[:_MOST_PARTS] if isinstance(value, list) else ()
    return tuple(part.strip()[:_LONGEST_CELL] for part in parts if isinstance(part, str) and part.strip())


def _dumped(text: str) -> list[dict[str, t.Any]]:
    """Rows of a JSON dump of SONiC's databases (sonic-db-dump): the fields of each entry, `key` (the first part of its
    name behind the table's) and `rest` (what follows that).
    """
    try:
        dump = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AnswerError(f"the answer is no whole JSON dump ({shortened(str(error), 60)})") from None
    if not isinstance(dump, dict):
        raise AnswerError(f"the dump holds {type_name(dump)} instead of entries")
    return list(_entries(dump))


def _entries(dump: Mapping[str, t.Any]) -> Iterator[dict[str, t.Any]]:
    for name, entry in dump.items():
        value = entry.get("value", entry) if isinstance(entry, dict) else None
        _table, separator, path = name.partition("|" if "|" in name else ":")
        if isinstance(value, dict) and separator:
            key, _separator, rest = path.partition("|" if "|" in path else ":")
            yield {**value, "key": key, "rest": rest}
