"""Documents that the operator hands in: files, texts or data. Which of them count, and why the others do not."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from ansible_collections.netops.layer2.plugins.module_utils._table import finite
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import age_in_words
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import DocumentError, absolute, read_text
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Document
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._switch import is_switch
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name

_AHEAD = 300.0  # seconds that the clock of whoever made a document may be before the controller's


@dataclass(frozen=True, slots=True)
class Given:
    """DOCUMENTS that count; SWITCHES: of those that are no hosts of the inventory, by name; MISSING: what was handed in
    and does not count, with the reason; NOTES on those that count. By names for reports.
    """

    documents: list[Document] = field(default_factory=list)
    switches: dict[str, Document] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


def given(items: Iterable[object], now: float, max_age: float, inventory: Container[str] = ()) -> Given:
    """What ITEMS (paths, JSON texts, documents, registered results of tasks that made one) hold at the time NOW of the
    controller.

    What is older than MAX_AGE seconds does not count, nor a switch that is a host of the INVENTORY, which speaks for
    itself.
    """
    found = Given()
    for number, item in enumerate(items, 1):
        name = f"document {number}" if not _is_path(item) else f"document {shortened(item, 200)}"
        try:
            document = _opened(item)
        except (DocumentError, ValueError, RecursionError) as error:
            found.missing[name] = shortened(str(error), 300)
            continue
        if not _is_path(item) and isinstance(document.get("host"), str):
            name = f"document {number} ({shortened(document['host'], 200)})"
        age = _age(document, now)
        if age is not None and age > max_age:
            found.missing[name] = (
                f"it is {age_in_words(age)} old, and older than {age_in_words(max_age)} is not judged (report_max_age)"
            )
            continue
        if is_switch(document) and (reason := _refused_switch(document, found, inventory)):
            found.missing[name] = reason
            continue
        if age is None:
            found.notes[name] = "it does not say when it was made: nobody knows whether it still holds"
        if is_switch(document):
            found.switches[document["host"]] = document
        else:
            found.documents.append(document)
    return found


def _refused_switch(document: Document, found: Given, inventory: Container[str]) -> str:
    """Why the document of a switch does not count beside those that were FOUND; empty where it does."""
    host = document.get("host")
    if not isinstance(host, str) or not host:
        return "it does not say which switch it tells of (host)"
    if host in inventory:
        return (
            f"it tells of {shortened(host, 60)}, which is a host of the inventory: give it there, as the variable"
            " layer2_snapshot, or under another name"
        )
    return "an earlier document tells of the same switch, and was judged" if host in found.switches else ""


def _is_path(item: object) -> bool:
    return isinstance(item, str) and not item.lstrip().startswith("{")


def _opened(item: object) -> Document:
    text: object = item
    if _is_path(item):
        path = absolute(str(item))
        text = read_text(path)
        if text is None:
            raise DocumentError(f"there is no file {path}")
    document = json.loads(text) if isinstance(text, str) else item
    if isinstance(document, dict) and "schema" not in document:
        document = _of_result(document)
    if not isinstance(document, dict):
        raise DocumentError(f"it holds {type_name(document)} instead of a document")
    return document


def _of_result(result: Document) -> object:
    """The document in a task's registered RESULT; DocumentError with what the task says where it has none."""
    held = result.get("document")
    if held is None:
        said = result.get("msg") if result.get("failed") or result.get("skipped") else None
        raise DocumentError(
            f"it was not read: {said}" if said else "it is no document, and no result of a task that made one"
        )
    return json.loads(held) if isinstance(held, str) else held


def _age(document: Document, now: float) -> float | None:
    """Seconds since DOCUMENT was made, by the clock of whoever made it; None where nobody knows, as when that is in the
    future.
    """
    made = finite(document.get("collected_at"))
    return None if made is None or made > now + _AHEAD else max(0.0, now - made)
