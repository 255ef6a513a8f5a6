"""OpenStack: a port of Neutron, set by an administrator."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# MACs: base_mac of neutron.conf, fa:16:3e:00:00:00. Commands: openstack port set --mac-address (admin only) and port
# list.

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import Change, Hypervisor, word


def _commands(change: Change) -> list[str]:
    if change.nic:
        return [f"openstack port set --mac-address {change.new} {word(change.nic, 'PORT')}"]
    return [f"openstack port list --mac-address {change.old}", f"openstack port set --mac-address {change.new} PORT"]


OPENSTACK = Hypervisor(
    "openstack", "OpenStack", "the Neutron port: openstack port set --mac-address MAC PORT, or a new port",
    "port security drops a MAC that is changed inside only", "fa:16:3e", _commands,
    power="with the port detached from its server, which gets it back then",
    systems=("OpenStack", "RDO OpenStack"), prefixes=("fa:16:3e",),
)
