"""The action check_macs: which MACs about to be used are taken, by whom and where, as far as anything is known."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._handed_on import keep
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import DocumentError
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet import _known
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError, read_days
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber import _guard, _wanted_macs


class ActionModule(ControllerStep):
    """Read and compare; nothing runs on any host, and nothing is written."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "macs": {"type": "list", "elements": "raw", "default": []},
        "texts": {"type": "list", "elements": "raw", "default": []},
        "files": {"type": "list", "elements": "path", "default": []},
        "owner": {"type": "str", "default": ""},
        "known": {"type": "raw"},
        "reservations": {"type": "path"},
        "days": {"type": "float", "default": 30},
    }
    ERRORS = (ArgumentError, _wanted_macs.WantedError, _known.KnownError, DocumentError, ReportError, SnapshotError)

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """What is known, and a row for each MAC that must not be used."""
        known = arguments.pop("known")
        given = plain(arguments)
        wanted = _wanted_macs.read_wanted(given["macs"], given["texts"], given["files"], given["owner"])
        document = _known.known_macs(known or variables["hostvars"])
        kept = _guard.open_reservations(given["reservations"]) if given["reservations"] else {"macs": {}}
        live = _guard.live_reservations(kept, document, datetime.now(timezone.utc), read_days("days", given["days"]))
        taken = _guard.taken(wanted, document, live)
        counts = {"macs": len(document["macs"]), "hosts": len(document["hosts"])}
        refusal = _guard.refusal(document, taken)
        return {"known": keep(document, "known-macs"), "counts": counts, "taken": taken, "refusal": refusal}
