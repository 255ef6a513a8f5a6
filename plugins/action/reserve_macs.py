"""The action reserve_macs: hand out MACs that nobody has, reserved in a file on the controller that concurrent runs
share.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils import _documents
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet import _known
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError, read_days
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber import _guard
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import (
    QEMU_PREFIX,
    PoolError,
    read_pool,
)

ARGUMENTS = {
    "requests": {"type": "list", "elements": "dict", "required": True,
                 "options": {"owner": {"type": "str", "required": True}, "nic": {"type": "str", "default": ""}}},
    "known": {"type": "raw", "required": True},
    "path": {"type": "path", "required": True},
    "prefix": {"type": "str", "default": QEMU_PREFIX},
    "seed": {"type": "str", "default": "", "no_log": True},
    "days": {"type": "float", "default": 30},
    "reserved": {"type": "list", "elements": "raw", "default": []},
}


class ActionModule(ControllerStep):
    """Choose and reserve; nothing runs on the host."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = ARGUMENTS
    ERRORS = (ArgumentError, _documents.DocumentError, _known.KnownError, PoolError, ReportError, SnapshotError)

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Reserve and return the addresses."""
        saved, macs = self._reserve(plain(arguments))
        return {**self.saved_result(saved), "macs": macs}

    def _reserve(self, arguments: dict[str, Any]) -> tuple[_documents.Saved, list[str]]:
        """Read, choose and write while no other run does; without a lock in check mode, which writes nothing, not even
        that.
        """
        known = _known.known_macs(arguments["known"])
        path = _documents.absolute(arguments["path"])
        if self._task.check_mode:
            return self._choose(arguments, known, path)
        with _documents.locked(path):
            return self._choose(arguments, known, path)

    def _choose(
        self, arguments: dict[str, Any], known: dict[str, Any], path: str
    ) -> tuple[_documents.Saved, list[str]]:
        now = datetime.now(timezone.utc)
        live = _guard.live_reservations(
            _guard.open_reservations(path), known, now, read_days("days", arguments["days"])
        )
        requests = [(request["owner"], request["nic"]) for request in arguments["requests"]]
        extra = _known.taken_macs(None, arguments["reserved"])
        document, macs = _guard.reserve(
            requests, known, live, read_pool(arguments["prefix"]), arguments["seed"], extra, now
        )
        return _documents.save(document, path, self._task.check_mode), macs
