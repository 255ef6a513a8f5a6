"""What a report of any family comes to, in terms that every format knows: a family fills it, a format draws it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar, overload

_Past = TypeVar("_Past")
_Item = TypeVar("_Item")
_Made = TypeVar("_Made")

Cell = tuple[str, ...]  # texts as they came, none of them cut or escaped; empty: nothing is known
SEPARATOR = " | "  # between several texts of one record
PROSE, FACT, LIST, NAMES = (
    "prose",
    "fact",
    "list",
    "names",
)  # forms of a part: a paragraph, a value, several sentences, several names
PLAIN, CODE, HINTED = "plain", "code", "hinted"  # looks of a cell: text, a MAC or the like, a value with remarks on it


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader has to know about one host: why it is missing, what could not be read, what was refused."""

    host: str
    what: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Aged:
    """A host that was not read in this run, and how many seconds old the snapshot is that it was judged by."""

    host: str
    age: int
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison(Generic[_Past]):
    """What changed since the earlier report. `unchecked`: not found, but its hosts were not judged this time.

    `error` says why the earlier report could not be used; then nothing is known of the changes.
    """

    path: str
    error: str
    created: str
    new: tuple[str, ...]
    still: tuple[str, ...]
    gone: tuple[_Past, ...]
    unchecked: tuple[_Past, ...]

    @property
    def sizes(self) -> dict[str, int]:
        """How many findings changed in which way; nothing where the comparison failed."""
        every = {"new": self.new, "still": self.still, "gone": self.gone, "unchecked": self.unchecked}
        return {} if self.error else {change: len(entries) for change, entries in every.items()}


class Covered(Protocol):
    """What any report tells of who and what was not judged."""

    @property
    def judged(self) -> tuple[str, ...]:
        """Hosts that were judged."""

    @property
    def missing(self) -> tuple[Remark, ...]:
        """Hosts without a snapshot."""

    @property
    def gaps(self) -> tuple[Remark, ...]:
        """What could not be read."""

    @property
    def quarantined(self) -> tuple[Remark, ...]:
        """Values that could not be used."""

    @property
    def cached(self) -> tuple[Aged, ...]:
        """Hosts that were judged by a snapshot of an earlier run."""

    @property
    def notes(self) -> tuple[Remark, ...]:
        """What the reader has to know besides."""

    @property
    def not_asked(self) -> tuple[str, ...]:
        """Hosts that --limit left out."""

    @property
    def created(self) -> datetime:
        """When the report was made."""

    @property
    def collection(self) -> str:
        """The version of the collection that made it."""

    @property
    def target(self) -> str:
        """The hosts that the run was about."""

    @property
    def limit(self) -> str:
        """What --limit was."""

    @property
    def part(self) -> str:
        """The part of the inventory that the run saw, empty where it saw all."""

    @property
    def document(self) -> Mapping[str, Any]:
        """The report document."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. WIDEST: columns of a terminal; NAMES: texts of a cell that fit there. TERMINAL: another title there.

    A terminal leaves out what is for FILES only, and what nobody fills; a page leaves out what nobody fills and is
    OPTIONAL.
    """

    title: str
    widest: int = 40
    names: int = 1
    look: str = PLAIN
    key: str = ""
    empty: str = ""
    terminal: str = ""
    files: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows under titles, such as the owners of a MAC; NOUN is one row."""

    title: str
    noun: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """A labelled part of a finding, in one of the forms above.

    LINES: how many a text takes on a terminal, which leaves out parts that are for FILES only.
    """

    label: str
    texts: Cell
    lines: int = 2
    form: str = LIST
    files: bool = False
    title: str = ""  # of the part on a page, where that is not the label


class Drawn(Protocol):
    """Any picture."""

    @property
    def width(self) -> int:
        """Pixels."""

    @property
    def height(self) -> int:
        """Pixels."""

    @property
    def title(self) -> str:
        """The picture in words."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, and the macro that draws it (buses, curves, ways). CAPTION: (label, text) of parts that it shows."""

    form: str
    drawn: Drawn
    caption: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding. HEADLINE: status, subject and place; LINE: the same with who it is about. Both are cut and safe.

    CELLS go under the listing's columns. FAILS: whether it fails the run. RECORDS: rows by `Sheet.record_columns`.
    """

    id: str
    status: str
    subject: str
    headline: str
    line: str
    confidence: str
    change: str
    is_new: bool
    cells: tuple[Cell, ...]
    reason: str
    reason_lines: int
    excepted: str
    grid: Grid
    parts: tuple[Part, ...]
    fix: str
    origin: str
    fails: bool
    records: tuple[Mapping[str, str], ...]
    draw: Callable[[], Sequence[Picture]]


@dataclass(frozen=True, slots=True)
class Ended:
    """A finding that only the earlier report has. LINE: all of it, cut and safe; SUBJECT and WORDS: as it came."""

    status: str
    subject: str
    words: str
    line: str
    unchecked_hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Something beside the findings: rows with REMARKS on each. LINE: the head of the section on a terminal."""

    title: str
    key: str
    sentence: str
    line: str
    grid: Grid
    remarks: tuple[Cell, ...]
    records: tuple[Mapping[str, str], ...]


Sample = tuple[Mapping[str, str], int]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric and its samples, each with its labels as they came."""

    name: str
    text: str
    samples: Sequence[Sample]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program wants of it. LINE sums it up; FAILURES, a line each, fail the run; SUBJECTS: found, by status."""

    counts: Mapping[str, int | float]
    subjects: Mapping[str, Sequence[str]]
    line: str
    failures: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole report. LOOK and HEADLINE: the verdict in a sentence, how bad it is. COVERED: who was not judged, and
    why.

    DOUBTS: what was judged and proves nothing all the same. FINDINGS: all, most serious first; LISTED: those to look
    at.
    REMARK_COLUMN: where the records have what a remark is about. DRAWN_MOST: findings that a browser draws quickly.
    """

    title: str
    stem: str
    look: str
    headline: str
    nothing: str
    search: str
    coverage: str
    gone_means: str
    unchecked_means: str
    statuses: tuple[str, ...]
    outcome: Outcome
    covered: Covered
    doubts: tuple[Remark, ...]
    listing: tuple[Column, ...]
    findings: Sequence[Entry]
    listed: Sequence[Entry]
    sections: tuple[Section, ...]
    comparison: Comparison[Ended] | None
    record_columns: tuple[str, ...]
    remark_column: str
    metrics: Sequence[Metric]
    drawn_most: int = 1000


class Lazily(Sequence[_Made], Generic[_Item, _Made]):
    """ITEMS as MAKE shows them, each made when it is asked for: a format draws the first few of very many findings."""

    def __init__(self, items: Sequence[_Item], make: Callable[[_Item], _Made]) -> None:
        self._items, self._make = items, make

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, place: int) -> _Made: ...

    @overload
    def __getitem__(self, place: slice) -> Lazily[_Item, _Made]: ...

    def __getitem__(self, place: int | slice) -> _Made | Lazily[_Item, _Made]:
        if isinstance(place, slice):
            return Lazily(self._items[place], self._make)
        return self._make(self._items[place])


def changed(comparison: Comparison[Any] | None) -> list[Sample]:
    """Return how many findings changed in which way, as samples; nothing where nothing was compared."""
    return [({"change": change}, number) for change, number in comparison.sizes.items()] if comparison else []


def ended(comparison: Comparison[_Past] | None, show: Callable[[_Past], Ended]) -> Comparison[Ended] | None:
    """Return COMPARISON with what ended as SHOW puts it."""
    if comparison is None:
        return None
    gone, unchecked = (tuple(map(show, entries)) for entries in (comparison.gone, comparison.unchecked))
    return Comparison(
        comparison.path, comparison.error, comparison.created, comparison.new, comparison.still, gone, unchecked
    )


def filled(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> list[int]:
    """Return the places of COLUMNS under which some of ROWS has a text."""
    every = list(rows)
    return [place for place in range(len(columns)) if any(any(row[place]) for row in every)]
