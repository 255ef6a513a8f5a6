"""The action tell_gathered: what this run read, for the job that judges it, and whether the fact cache keeps it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible import constants
from ansible_collections.netops.layer2.plugins.plugin_utils import _gathered, _slices
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._show import show
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._this_run import now


class ActionModule(ControllerStep):
    """Count who was read, show who was not, and look at the fact cache."""

    ARGUMENTS: ClassVar[Mapping[str, Any]] = {}

    def decide(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The figures, the claim for the jobs after this one, and why it should fail."""
        hosts, part, counts_as_now = self.hosts(variables), _slices.this_slice(variables), now()
        told = _slices.Told.of(
            variables["hostvars"], hosts, _gathered.reading(variables["hostvars"], hosts, counts_as_now)
        )
        show(told.text(part))
        failures = [*told.failures(), *_slices.forgetful(_cache_plugin(), _cached_names(), hosts)]
        claim = _slices.claim(variables, counts_as_now.run, counts_as_now.time, len(told.read))
        return {"read": len(told.read), "missing": dict(told.missing), "stats": claim, "failures": failures}


def _cache_plugin() -> str:
    return str(constants.config.get_config_value("CACHE_PLUGIN")).rpartition(".")[2]


def _cached_names() -> list[str]:
    """The names of the files of the fact cache; none where it is no folder."""
    folder = str(constants.config.get_config_value("CACHE_PLUGIN_CONNECTION") or "")
    try:
        return os.listdir(os.path.expanduser(folder)) if folder else []
    except OSError:
        return []
