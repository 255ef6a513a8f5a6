"""What a document holds where it may hold anything: what is of another kind is left out, and nobody is told."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Iterator

Document = dict[str, t.Any]


def objects_in(value: object) -> Iterator[Document]:
    """The objects of a list in a document; whatever else may stand there is left out."""
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def object_in(value: object) -> Document:
    """An object in a document; an empty one where something else stands in its place."""
    return value if isinstance(value, dict) else {}


def rows_in(table: object) -> Iterator[str]:
    """The rows of a table in a document; whatever else may stand there is left out."""
    rows = object_in(table).get("rows")
    return (row for row in rows if isinstance(row, str)) if isinstance(rows, list) else iter(())


def texts_in(value: object) -> Iterator[str]:
    """The texts of a list in a document; whatever else may stand there is left out."""
    return (item for item in value if isinstance(item, str)) if isinstance(value, list) else iter(())
