"""The action guest_nic_mac: takes the step of a plan by the module of the guest's hypervisor, or takes it back."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible_collections.netops.layer2.plugins.plugin_utils._actions._host_module import HostModule
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import plain
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._guest import GuestError, request

ARGUMENTS = {
    "step": {"type": "dict", "required": True},
    "back": {"type": "bool", "default": False},
    "libvirt_uri": {"type": "str", "default": "qemu:///system"},
    "timeout": {"type": "float", "default": 30},
}


class ActionModule(HostModule):
    """The module that the row of the hypervisor names."""

    def request(self) -> tuple[str, Mapping[str, Any]]:
        """What that module is asked for the step."""
        _checked, given = self.validate_argument_spec(ARGUMENTS)
        options = plain(given)
        try:
            return request(options["step"], options["back"], options["libvirt_uri"], options["timeout"])
        except GuestError as error:
            raise AnsibleActionFail(f"guest_nic_mac: {error}") from error
