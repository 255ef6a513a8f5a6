"""The action scan_python: runs the module and takes from a host's answer what it documents."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._actions._host_module import HostModule


class ActionModule(HostModule):
    """The module of this name."""

    MODULE = "scan_python"
