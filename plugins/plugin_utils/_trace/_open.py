"""Captures as people hand them over: documents, JSON texts, files of either, pcap files; a path each or a mapping with
names.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from ansible_collections.netops.layer2.plugins.plugin_utils._messages import type_name
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Capture, TraceError, opened
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._pcap import read

_NAMES = ("path", "host", "point", "interface", "accept_truncated")


def captures_of(data: object) -> list[Capture]:
    """All captures in DATA, a list whose items are

    - a capture document (docs/captures.md), as a mapping or as JSON text,
    - the path of a file that holds one, or of a pcap or pcapng file,
    - a result of packet_capture, with a ``document``,
    - a mapping with such a ``path`` and, where the file does not tell, ``host``, ``point``, ``interface`` (number,
      name, a list of these, or ``*`` for all), ``accept_truncated``.

    TraceError names the item, field, and way out.
    """
    if isinstance(data, (str, Mapping)):
        data = [data]
    if not isinstance(data, Iterable) or isinstance(data, (bytes, bytearray)):
        raise TraceError(f"captures: {type_name(data)} is no list; give documents of packet_capture, or paths of files")
    return [_capture(item, f"captures[{number}]") for number, item in enumerate(data)]


def _capture(item: object, place: str) -> Capture:
    if isinstance(item, Mapping) and "document" in item:
        item = item["document"]
    if isinstance(item, Mapping):
        return _file(item, place) if "path" in item else opened(item, place)
    if isinstance(item, str):
        return opened(parsed(item, place), place) if item.lstrip().startswith("{") else _file({"path": item}, place)
    raise TraceError(
        f"{place}: {type_name(item)} is no capture; give a document of packet_capture, or the path of a file"
    )


def parsed(text: str | bytes, place: str) -> Mapping[str, t.Any]:
    """The object of a JSON text; TraceError, which names PLACE, where it holds none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TraceError(f"{place}: no JSON: {error}; was the document cut on its way? Fetch it again") from error
    if not isinstance(data, Mapping):
        raise TraceError(f"{place}: {type_name(data)} is no capture document; give what packet_capture returned")
    return data


def _name(item: Mapping[str, t.Any], key: str, place: str) -> str | None:
    value = item.get(key)
    if value is not None and (not isinstance(value, str) or not value):
        raise TraceError(f"{place}: {key}: {value!r:.60} is no name")
    return value


def _file(item: Mapping[str, t.Any], place: str) -> Capture:
    strangers = [str(name) for name in item if name not in _NAMES]
    if strangers:
        raise TraceError(f"{place}: {strangers[0]}: is unknown; {', '.join(_NAMES)} are known")
    path = Path(str(item["path"]))
    host, point = _name(item, "host", place), _name(item, "point", place)
    if _is_json(path):
        made = opened(parsed(path.read_bytes(), str(path)), str(path))
        return replace(made, host=host or made.host, point=point or made.point)
    return read(
        str(path), host or path.stem, point or path.stem, _interfaces(item, place), item.get("accept_truncated") is True
    )


def _interfaces(item: Mapping[str, t.Any], place: str) -> list[int | str]:
    """The interfaces that a mapping chooses; none for whatever the file has."""
    value = item.get("interface")
    values = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
    for one in values:
        if isinstance(one, bool) or not isinstance(one, (int, str)) or one == "":
            raise TraceError(f"{place}: interface: {one!r:.60} is no number and no name")
    return list(values)


def _is_json(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(64).lstrip().startswith(b"{")
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}; give a file that the controller can read") from error
    except ValueError as error:  # a NUL, or a character that no file system knows
        raise TraceError(
            f"{str(path)!r:.60} can be no path ({error}); give a file that the controller can read"
        ) from error
