"""The action judge_flooding: explain the floods that the hosts of the play heard, and put the verdict into a report."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._handed_on import keep
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._this_call import in_words_of_caller
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._this_run import now
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._ageing import SwitchFactsError
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._reporting import Circumstances, Reporting
from ansible_collections.netops.layer2.plugins.plugin_utils._slices import part_of
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionError, read_exceptions


class ActionModule(ControllerStep):
    """Read what the tasks of this run left of each host, and judge it."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "exceptions": {"type": "raw"},
        "switches": {"type": "raw"},
        "target": {"type": "str", "default": ""},
    }
    ERRORS: ClassVar[tuple[type[Exception], ...]] = (
        ArgumentError,
        ExceptionError,
        ImportError,
        ReportError,
        SnapshotError,
        SwitchFactsError,
    )

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The figures, and the report as a file and as a table."""
        about = Circumstances(
            arguments["target"],
            self.limit(),
            part=part_of(variables),
            written=in_words_of_caller(arguments["target"]),
        )
        reporting = Reporting(
            variables["hostvars"],
            self.hosts(variables),
            now(),
            about,
            flood_exceptions=read_exceptions(plain(arguments["exceptions"])),
        )
        report = reporting.floods(plain(arguments["switches"]))
        table = _formats.render(report, "table")
        return {"report": keep(report, "flooding"), "summary": report["verdict"]["summary"], "table": table}
