"""The list of sources: one row for each kind of document that yields observations, and the documents of all but the
hosts' own read.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable, Iterator, Mapping

from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import object_in
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import Statement
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import (
    SNAPSHOT,
    Fleet,
    Kind,
    NoSnapshot,
    SnapshotError,
    Source,
    is_document,
    is_document_text,
    open_snapshot,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._sources import _manager, _scan, _snapshot


class SourceRow(t.NamedTuple):
    """A source: the kind of document it comes in, and what one of them tells."""

    kind: Kind
    tell: Callable[[Reader], Iterator[Statement]]


SOURCES = [
    SourceRow(SNAPSHOT, _snapshot.tell),
    SourceRow(_scan.SCAN, _scan.tell),
    SourceRow(_scan.WATCH, _scan.tell),
    SourceRow(_manager.MANAGER, _manager.tell),
]


def further() -> list[SourceRow]:
    """The sources beside the hosts' own snapshots."""
    return [row for row in SOURCES if row.kind is not SNAPSHOT]


def read(data: object) -> Iterator[Statement]:
    """What all documents in DATA tell: None, hostvars (the facts of each source), a list of documents or texts, or a
    fact cache.

    SnapshotError at once if DATA is none of these; what is wrong in one document is told as such.
    """
    if data is None:
        return iter(())
    if _is_by_host(data):
        return _read([(Fleet(data, kind=row.kind), row) for row in further()])
    return _read([(Fleet(data, kind=further()[0].kind), None)])


def _is_by_host(data: object) -> bool:
    return not is_document(data) if isinstance(data, Mapping) else isinstance(data, str) and not is_document_text(data)


def _read(fleets: list[tuple[Fleet, SourceRow | None]]) -> Iterator[Statement]:
    for fleet, given in fleets:
        for closed in fleet:
            source, row = (closed, given) if given else _recognized(closed)
            wrong: list[SnapshotError] = []
            try:
                reader = Reader(open_snapshot(source), wrong.append, source.received)
            except NoSnapshot:
                continue
            except SnapshotError as error:
                yield error
                continue
            yield from row.tell(reader)
            yield from wrong


def _recognized(source: Source) -> tuple[Source, SourceRow]:
    """A document of a list, and the row of its kind: by its schema, or by the fact that holds it; the first one where
    neither tells.
    """
    payload = source.payload
    if isinstance(payload, str):
        try:
            payload = json.loads(payload)
        except (ValueError, RecursionError):
            payload = source.payload  # what is wrong with it is said by who opens it
    rows = further()
    if isinstance(payload, dict):
        facts = object_in(payload.get("ansible_facts"))
        found = [
            row
            for row in rows
            if payload.get("schema") == row.kind.schema or row.kind.fact in payload or row.kind.fact in facts
        ]
        rows = found or rows
    return source._replace(payload=payload, kind=rows[0].kind), rows[0]
