"""Where a virtual machine's MAC and addresses are changed for good: in its hypervisor or cloud, before anything inside
of it.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hyperv import HYPERV
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import Hypervisor
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisors import HYPERVISORS
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._libvirt import LIBVIRT
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._only_inside import NUTANIX, OVIRT
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._openstack import OPENSTACK
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._proxmox import PROXMOX

CLOUDS = {
    "amazon": "AWS",
    "google": "Google Cloud",
    "azure": "Azure",
    "alibaba": "Alibaba Cloud",
    "digitalocean": "DigitalOcean",
    "hetzner": "Hetzner Cloud",
}
_BY_VIRTUALIZATION: dict[str, Hypervisor | str] = {
    kind: one for one in reversed(HYPERVISORS) for kind in one.virtualization}
# First words of DMI's vendor and product, where they say more than the kind of virtualisation.
_BY_SYSTEM: tuple[tuple[str, Hypervisor | str], ...] = (
    *((start, one) for one in HYPERVISORS for start in one.systems),
    ("Alibaba", "alibaba"), ("DigitalOcean", "digitalocean"), ("Hetzner", "hetzner"), ("Amazon EC2", "amazon"),
    ("Google", "google"),
)
_BY_DRIVER: dict[str, Hypervisor | str] = {
    **{driver: one for one in reversed(HYPERVISORS) for driver in one.drivers}, "ena": "amazon", "gve": "google"}
# What hypervisors give their guests' NICs (IEEE's register, and the makers' manuals); clouds' ranges behind them.
_BY_PREFIX: dict[str, Hypervisor | str] = {
    **{prefix: one for one in reversed(HYPERVISORS) for prefix in one.prefixes},
    "42:01:0a": "google", "00:0d:3a": "azure", "00:22:48": "azure", "60:45:bd": "azure", "7c:1e:52": "azure",
}
_AZURE = frozenset(prefix for prefix, place in _BY_PREFIX.items() if place == "azure")


def hypervisor_of(model: Model, claim: Claim) -> Hypervisor | None:
    """What runs the host of CLAIM: by DMI, then by the NIC's driver, then, where nothing else is known, by the MAC's
    prefix; None for bare metal.
    """
    identity = model.identities.get(claim.host)
    if claim.owner_kind != "host" or identity is None or identity.container:
        return None
    interface = model.topologies[claim.host].interfaces.get(("", claim.interface))
    own = claim.permanent_mac or claim.mac
    raw = not (identity.machine_id or identity.boot_id or identity.hostname)
    found = _named(identity.system) or _guessed(
        own, identity.virtualization, interface.driver if interface else None, raw
    )
    if isinstance(found, str):
        cloud = CLOUDS[found]
        return Hypervisor(found, cloud, "the network interface of the instance: give it a new one",
                          "its network drops a MAC that is changed inside only")
    return found


def _named(system: str | None) -> Hypervisor | str | None:
    return next((place for start, place in _BY_SYSTEM if (system or "").startswith(start)), None)


def _guessed(own: str, virtualization: str | None, driver: str | None, raw: bool) -> Hypervisor | str | None:
    by_prefix = _BY_PREFIX.get(own[:8]) or _BY_PREFIX.get(own[:5])
    known = _told_by(virtualization, driver)
    if known is HYPERV and own[:8] in _AZURE:
        return "azure"
    if known is LIBVIRT and by_prefix in (PROXMOX, OPENSTACK, NUTANIX, OVIRT, "google"):
        return by_prefix
    return known or (by_prefix if raw else None)


def _told_by(virtualization: str | None, driver: str | None) -> Hypervisor | str | None:
    """What the kind of virtualisation means, or else the NIC's driver."""
    if virtualization in CLOUDS:
        return virtualization
    return _BY_VIRTUALIZATION.get(virtualization or "") or _BY_DRIVER.get(driver or "")
