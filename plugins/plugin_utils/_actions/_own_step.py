"""A step on the controller that is about the host of its task alone."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._step import ControllerStep


class OwnStep(ControllerStep):
    """Its settings are no other host's, and one that plants some is no other's trouble."""

    @staticmethod
    def hosts(variables: Mapping[str, Any], named: Sequence[str] | None = None) -> list[str]:
        """The host of the task alone."""
        return ControllerStep.hosts(variables, [variables["inventory_hostname"]] if named is None else named)
