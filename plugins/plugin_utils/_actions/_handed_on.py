"""Documents that steps of one run hand on: in files of its own folder, so that no result and no event holds a fleet."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

from ansible import constants
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import Fields, ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import DocumentError, absolute, read_text
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import SCHEMA as REPORT

_BEGIN: Final = "netops-layer2-"
_PLACE: Final = re.compile(_BEGIN + r"[a-z-]+-[0-9a-f]{16}\.json")


def keep(document: Mapping[str, Any], name: str) -> str:
    """The path of a file that holds DOCUMENT until the run ends, its owner's alone; NAME is a part of its name."""
    return keep_text(json.dumps(document, separators=(",", ":")), name)


def keep_text(text: str, name: str) -> str:
    """The same of a TEXT, whatever it is made of."""
    path = os.path.join(_folder(), f"{_BEGIN}{name}-{secrets.token_hex(8)}.json")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as stream:
        stream.write(text.encode("utf-8", "surrogatepass"))
    return path


def kept_text(value: object) -> object:
    """The text that ``keep_text`` put where VALUE says; VALUE where that is no such place: a host may name any file."""
    if not isinstance(value, str):
        return value
    folder, name = os.path.split(value)
    if folder != _folder() or not _PLACE.fullmatch(name):
        return value
    try:
        with open(value, "rb") as stream:
            return stream.read().decode("utf-8", "surrogatepass")
    except OSError:
        return value


def _folder() -> str:
    return os.path.normpath(str(constants.DEFAULT_LOCAL_TMP))


def opened(given: object, what: str) -> dict[str, Any]:
    """The document that was GIVEN as data or as the path of its JSON file; ReportError, which begins with WHAT."""
    found = plain(given)
    if isinstance(found, str):
        found = _read(absolute(found), what)
    if not isinstance(found, dict):
        raise ReportError(f"{what}: give a document, or the path of its JSON file")
    return found


def verdict_of(given: object, what: str) -> dict[str, Any]:
    """The verdict that was GIVEN, by itself or in a report, as data or as the path of its JSON file; or ReportError."""
    found = opened(given, what)
    return dict(Fields.of(found, what).nested("verdict").data) if is_report(found) else found


def is_report(document: Mapping[str, Any]) -> bool:
    """Whether DOCUMENT is a report, which holds its verdict."""
    return document.get("schema") == REPORT


def _read(path: str, what: str) -> Any:
    try:
        text = read_text(path)
    except DocumentError as error:
        raise ReportError(f"{what}: {error}") from None
    if text is None:
        raise ReportError(f"{what}: {path}: no such file; what a step of an earlier run returned went with that run")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{what}: {path}: it is no JSON ({error})") from None
