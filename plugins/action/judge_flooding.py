"""The action judge_flooding: explain the floods that the hosts of the play heard, and put the verdict into a report."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, ClassVar

from ansible_collections.netops.layer2.plugins.plugin_utils import _gathered
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._this_run import this_run
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._ageing import SwitchFactsError, read_switches
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import flooding_causes
from ansible_collections.netops.layer2.plugins.plugin_utils._report import _formats
from ansible_collections.netops.layer2.plugins.plugin_utils._report._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._report._model import document
from ansible_collections.netops.layer2.plugins.plugin_utils._report._version import collection_version
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionError, read_exceptions


class ActionModule(ControllerStep):
    """Read what the tasks of this run left of each host, and judge it."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "exceptions": {"type": "raw"},
        "switches": {"type": "raw"},
        "target": {"type": "str", "default": ""},
    }
    ERRORS: ClassVar[tuple[type[Exception], ...]] = (ArgumentError, ExceptionError, ImportError, ReportError, SnapshotError, SwitchFactsError)

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The verdict, who could not be read or listen, and all of it as a report."""
        hostvars, hosts = variables["hostvars"], [str(host) for host in variables["ansible_play_hosts_all"]]
        read = _gathered.reading(hostvars, hosts, _gathered.Now(this_run(), time.time()))
        missing = read.missing
        heard = _gathered.flood_samples(hostvars, hosts, missing)
        exceptions, switches = read_exceptions(plain(arguments["exceptions"])), read_switches(plain(arguments["switches"]))
        verdict = plain(flooding_causes(hostvars, heard.samples, hosts, missing, exceptions, switches))
        report = document(verdict, created=datetime.now(timezone.utc), collection=collection_version(), target=arguments["target"],
                          limit=str(plain(variables.get("ansible_limit") or "")), notes={**read.notes, **heard.notes}, unreachable=missing)
        return {"verdict": verdict, "missing": missing, "notes": heard.notes, "report": report, "table": _formats.render(report, "table")}
