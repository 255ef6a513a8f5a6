"""The folder of a trace on the controller: page, document and captures, for its owner alone."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import shutil
import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.netops.layer2.plugins.module_utils import _private_files
from ansible_collections.netops.layer2.plugins.module_utils._private_files import FolderError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace import _html
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._returned import Kept

PAGE, DOCUMENT, CAPTURES = "trace.html", "trace.json", "captures"


def write(directory: str, trace: Mapping[str, t.Any], kept: Sequence[Kept], dry: bool) -> dict[str, str]:
    """Write all of a TRACE to DIRECTORY, which is made if need be, or nothing if DRY; the paths by what lies there.
    TraceError where that fails.
    """
    place = os.path.realpath(os.path.expanduser(directory))
    paths = {
        "page": os.path.join(place, PAGE),
        "document": os.path.join(place, DOCUMENT),
        "captures": os.path.join(place, CAPTURES),
    }
    if dry:
        return paths
    try:
        folder = _private_files.open_folder(place)
        try:
            _write_captures(folder, paths["captures"], kept)
            _private_files.write(folder, PAGE, _html.render(trace).encode("utf-8", "replace"))
            _private_files.write(folder, DOCUMENT, (json.dumps(trace, indent=2) + "\n").encode("utf-8"))
        finally:
            os.close(folder)
    except FolderError as error:
        raise TraceError(f"directory: {error}") from error
    except OSError as error:
        raise TraceError(
            f"directory: {place}: {error.strerror}; name a folder that may be written on the controller"
        ) from error
    return paths


def _write_captures(folder: int, path: str, kept: Sequence[Kept]) -> None:
    """Put each file into the folder of its host."""
    captures = _private_files.open_below(folder, CAPTURES, path)
    try:
        for file in kept:
            below = _private_files.open_below(captures, file.folder, os.path.join(path, file.folder))
            try:
                _write(below, file)
            finally:
                os.close(below)
    finally:
        os.close(captures)


def _write(folder: int, file: Kept) -> None:
    if file.content is not None:
        _private_files.write(folder, file.name, file.content)
        return
    with open(file.path, "rb") as source, _private_files.create(folder, file.name) as target:
        shutil.copyfileobj(source, target)
