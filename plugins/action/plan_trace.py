"""The action plan_trace: where to capture on which host, from when on, how long to wait, and where the files go."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible import constants
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._this_run import now
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError, plain
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._gathered import reading
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._points import plan
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._request import Asked, in_words, requested


class ActionModule(ControllerStep):
    """Find the points by the snapshots of this run, or take those that are named; nothing runs on any host."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {
        "hosts": {"type": "list", "elements": "str"},
        "source": {"type": "str", "default": ""},
        "destination": {"type": "str", "default": ""},
        "points": {"type": "list", "elements": "dict", "default": []},
        "filter": {"type": "str", "default": ""},
        "duration": {"type": "float", "default": 10},
        "packets": {"type": "int", "default": 200000},
        "bytes": {"type": "int", "default": 1000000000},
        "snap_length": {"type": "int", "default": 320},
        "start_after": {"type": "float", "default": 10},
        "margin": {"type": "float", "default": 120},
        "pcap": {"type": "bool", "default": False},
        "remote": {
            "type": "str",
            "default": "/var/tmp/netops-layer2-trace",
        },  # nosec B108  # on targets, with a random name
    }
    ERRORS = (ReportError, SnapshotError, TraceError)

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """All that the tasks of a trace need, and the same for a person."""
        given = plain(arguments)
        hosts = self.hosts(variables, given.pop("hosts"))
        source, destination, points = given.pop("source"), given.pop("destination"), given.pop("points")
        hostvars = variables["hostvars"]
        missing = {} if points else reading(hostvars, hosts, now()).missing
        found = plan(hostvars, source, destination, points, hosts, missing)
        # Neither name can be known beforehand; the folder here is this run's alone, and goes with it.
        place = os.path.join(str(constants.DEFAULT_LOCAL_TMP), f"netops-layer2-trace-{secrets.token_hex(8)}")
        made = requested(found, Asked(**given), hosts, time.time(), secrets.token_hex(16), place)
        return {**made, "text": in_words(made, bool(self._task.check_mode))}
