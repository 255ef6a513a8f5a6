"""The lookup asked_hosts: the hosts of a play, or an error where the run was given names that match nobody."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: asked_hosts
short_description: Give the pattern for the hosts of a play, and fail where it matches nobody
version_added: 0.2.0
author: netops.layer2 contributors (@netops)
description:
  - Ansible ends well where the hosts of a play match nobody, or an inventory does not exist. For a play whose end says
    "nothing was found", that is wrong. This lookup, in the C(hosts) of the play, ends such a run with words that say
    which name matches nobody, and how to write it.
  - It fails where an inventory that was named (C(-i), C(ansible.cfg), the environment) does not exist or holds no
    hosts, where the target or a part of it matches nobody, and where C(--limit) leaves nobody of it.
  - Only where no inventory and no target were named at all, it gives C(localhost), which is this machine.
  - A play's C(--limit) applies as ever.
  - In the C(hosts) of a play the words are printed, and the run ends with status 4. In a task, that task fails.
options:
  _terms:
    description: The target, one host pattern (or a list of them); empty for all hosts of the inventory.
    required: true
  switches:
    description:
      - Name of a group of the inventory whose hosts are read as switches; empty for none. It fails where there is no
        such group, where the group has no hosts, and where none of them belongs to the target.
      - The inventory of a slice of an AWX job may hold none of them, so that nothing is checked there.
    type: str
    default: ""
notes:
  - An inventory that is named as C(/etc/ansible/hosts), which Ansible reads where nothing is named, counts as not named
    if it holds no hosts.
"""

EXAMPLES = r"""
- name: Read what was asked for, or say why there is nobody
  hosts: "{{ lookup('netops.layer2.asked_hosts', target | default('')) }}"
  gather_facts: false
  roles:
    - role: netops.layer2.snapshot
"""

RETURN = r"""
_raw:
  description: The pattern.
  type: list
  elements: str
  sample: ["all"]
"""

import typing as t

from ansible import constants, context
from ansible.errors import AnsibleLookupError
from ansible.inventory.manager import InventoryManager, split_host_pattern
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible_collections.netops.layer2.plugins.plugin_utils._asked import Asked, AskedError
from ansible_collections.netops.layer2.plugins.plugin_utils._slices import part_of

display = Display()
NOBODY = 4      # the exit status of ansible-playbook for what it cannot understand


class LookupModule(LookupBase):  # type: ignore[misc]  # ansible-core brings no types
    """One pattern for all terms."""

    def run(self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **options: t.Any) -> list[str]:
        """Return the pattern. Where there is nobody to ask, for the hosts of a play: print why and end the run;
        AnsibleLookupError in a task.
        """
        given = variables or {}
        self.set_options(var_options=variables, direct=options)
        groups = given.get("groups") or {}
        sources = [str(source) for source in context.CLIARGS.get("inventory") or constants.DEFAULT_HOST_LIST]
        asked = Asked(
            target=",".join(_names(terms)), sources=sources, named=_is_named(sources),
            hosts=list(groups.get("all") or []), limit=str(context.CLIARGS.get("subset") or ""),
            matching=Matching(self._loader, groups), parts=split_host_pattern,
            switches=str(self.get_option("switches") or ""), groups=groups, is_part=bool(part_of(given)),
        )
        try:
            return [asked.pattern()]
        except AskedError as error:
            if "inventory_hostname" in given:
                raise AnsibleLookupError(str(error)) from None
            # An error in the hosts of a play would be shown with lines of the playbook, where nothing is wrong.
            display.display(f"error: {error}", color=constants.COLOR_ERROR, stderr=True)
            raise SystemExit(NOBODY) from None


class Matching:
    """Asks ansible-core itself which hosts a pattern and a limit leave of the groups of a run."""

    def __init__(self, loader: t.Any, groups: t.Mapping[str, t.Any]) -> None:
        self._inventory = InventoryManager(loader, parse=False)
        for group, hosts in groups.items():
            self._inventory.add_group(group)
            for host in hosts:
                self._inventory.add_host(host, group=group)

    def __call__(self, pattern: str, limit: str) -> list[str]:
        self._inventory.subset(limit or None)
        return [str(host) for host in self._inventory.get_hosts(pattern)]


def _names(terms: list[t.Any]) -> list[str]:
    """The texts of TERMS, and of lists among them, that are not blank."""
    each = (name for term in terms for name in (term if isinstance(term, (list, tuple)) else [term]))
    return [str(name) for name in each if str(name or "").strip()]


def _is_named(sources: list[str]) -> bool:
    """Whether somebody named the inventories: by -i, ansible.cfg or the environment; otherwise they are ansible-core's
    own default.
    """
    default = [str(source) for source in constants.DEFAULT_HOST_LIST]
    _value, origin = constants.config.get_config_value_and_origin("DEFAULT_HOST_LIST")
    return sources != default or origin != "default"
