"""The action packet_capture: runs the module, takes what it documents, and puts captures into files of the run."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._handed_on import keep_text
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._host_module import HostModule


class ActionModule(HostModule):
    """The module of this name; captures are too large for a result."""

    MODULE = "packet_capture"

    def answer(self, module: str, arguments: Mapping[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """What the module answers, with paths in place of documents, and no more captures than points were asked for.
        """
        told = super().answer(module, arguments, variables)
        captures, points = told.get("captures"), arguments.get("points")
        if not isinstance(captures, list):
            return told
        asked = len(points) if isinstance(points, (list, tuple)) else len(captures)
        return {**told, "captures": [_kept(capture) for capture in captures[:asked]]}


def _kept(capture: Any) -> Any:
    """CAPTURE with the path of its document; as it is where it has none."""
    text = capture.get("document") if isinstance(capture, Mapping) else None
    return {**capture, "document": keep_text(text, "capture")} if isinstance(text, str) else capture
