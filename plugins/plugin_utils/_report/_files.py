"""The report's files: written whole or not at all, and compared with what was there before."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError
from ansible_collections.netops.layer2.plugins.plugin_utils._common._writing import make_folder, replace
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._report._compare import same_verdict

_HINT = "set report_directory to a directory that you may write on the controller"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What writing did, or would do: `changed` says whether the verdict differs from the one in the files before."""

    paths: Mapping[str, str]
    changed: bool
    before: str
    after: str


def write(
    document: Mapping[str, Any], directory: str, formats: Sequence[str], dry: bool, fail_on: Sequence[str] = ()
) -> Outcome:
    """Write DOCUMENT in FORMATS to DIRECTORY (made if need be), nothing if DRY; raise ReportError where that fails.

    The files get a new time at every run, so they are always written; only another verdict counts as a change.
    FAIL_ON: statuses that fail the run, for formats that tell which finding does.
    """
    folder = os.path.abspath(os.path.expanduser(directory))
    paths = {name: os.path.join(folder, _formats.file_name(name, document)) for name in formats}
    earlier = _earlier(os.path.join(folder, _formats.file_name("json", document)))
    changed = earlier is None or not same_verdict(earlier, document) or not all(map(os.path.exists, paths.values()))
    texts = {name: _formats.render(document, name, fail_on) for name in paths}
    if not dry:
        _save(folder, {paths[name]: text for name, text in texts.items()})
    return Outcome(
        paths=paths, changed=changed, before=_formats.render(earlier, "table") if earlier else "",
        after=_formats.render(document, "table"),
    )


def read(path: str) -> str:
    """Return the text of the file PATH; raise ReportError where it cannot be read."""
    full = os.path.abspath(os.path.expanduser(path))
    try:
        with open(full, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError:
        raise ReportError(
            f"cannot compare with {full}: it is not text. Give the JSON report of an earlier run"
        ) from None
    except ValueError as error:  # a NUL, or a character that no file system knows
        raise ReportError(
            f"cannot compare with {full!r:.60}: no path ({error}). Give the JSON report of an earlier run"
        ) from None
    except OSError as error:
        raise ReportError(
            f"cannot compare with {full}: {error.strerror}. Give the JSON report of an earlier run, or run without"
            " report_compare_with"
        ) from None


def _earlier(path: str) -> Mapping[str, Any] | None:
    """Return the document that the last run left in PATH, if there is one that can be read."""
    try:
        found = json.loads(read(path))
        _formats.check(found)
    except (ReportError, ValueError, RecursionError):
        return None
    return found if isinstance(found, Mapping) else None


def _save(folder: str, texts: Mapping[str, str]) -> None:
    try:
        make_folder(folder)
        for path, text in texts.items():
            replace(path, text)
    except OSError as error:
        raise ReportError(f"cannot write {error.filename or folder}: {error.strerror}; {_HINT}") from None
