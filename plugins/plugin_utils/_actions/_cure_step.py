"""What the steps of a cure have in common: the hosts of the run, what the operator allows, and the errors of the core.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._this_run import now
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import ReportError
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arguments import ArgumentError
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import SnapshotError
from ansible_collections.netops.layer2.plugins.plugin_utils._gathered import reading
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import PoolError
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._cure import Fleet
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan_steps import Consent
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import PlanError
from ansible_collections.netops.layer2.plugins.plugin_utils._slices import SliceError
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionError

CONSENT: Final[Mapping[str, Any]] = {
    name: {"type": "bool", "default": False} for name in ("live", "host_links", "machine_id")
}


class CureStep(ControllerStep):
    """A step of a cure."""

    ERRORS: ClassVar[tuple[type[Exception], ...]] = (
        ArgumentError, ExceptionError, PlanError, PoolError, ReportError, SliceError, SnapshotError,
    )

    @staticmethod
    def fleet(variables: Mapping[str, Any], hosts: Sequence[str] | None = None) -> Fleet:
        """The hosts that the run is about, those of the play unless HOSTS are named; a task error where one of them
        holds planted settings.
        """
        hostvars, names = variables["hostvars"], CureStep.hosts(variables, hosts)
        return Fleet(hostvars, names, reading(hostvars, names, now()))

    @staticmethod
    def consent(arguments: Mapping[str, Any]) -> Consent:
        """What the operator allows beside changing definitions and files."""
        return Consent(arguments["live"], arguments["host_links"], arguments["machine_id"])
