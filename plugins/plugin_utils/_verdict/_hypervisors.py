"""Where a virtual machine's MAC and addresses are changed for good: in its hypervisor or cloud, before anything inside of it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model


class Hypervisor(t.NamedTuple):
    """NAME as people say it, PLACE where a NIC's MAC is set there, and what happens to one that was changed INSIDE only."""

    name: str
    place: str
    inside: str


_DROPPED = "a MAC that is changed inside only may be dropped there"
VMWARE = Hypervisor("VMware", "the VM's settings, network adapter, MAC address (powered off)",
                    "the port group may drop a MAC that is changed inside only (MAC address changes, forged transmits)")
HYPERV = Hypervisor("Hyper-V", "the VM's settings, network adapter, advanced features (powered off)",
                    "the virtual switch drops a MAC that is changed inside only, unless spoofing is allowed")
VIRTUALBOX = Hypervisor("VirtualBox", "VBoxManage modifyvm VM --macaddress1 auto (powered off)", _DROPPED)
PARALLELS = Hypervisor("Parallels", "prlctl set VM --device-set net0 --mac auto (powered off)", _DROPPED)
XEN = Hypervisor("Xen", "the mac= of its vif (xl, xe vif-create)", "locking mode of the vif may drop a MAC that is changed inside only")
PROXMOX = Hypervisor("Proxmox VE", "qm set VMID --netN MODEL,bridge=BRIDGE (a new MAC is made), or VM, Hardware, Network Device",
                     "the firewall's MAC filter drops a MAC that is changed inside only")
OPENSTACK = Hypervisor("OpenStack", "the Neutron port: openstack port set --mac-address MAC PORT, or a new port",
                       "port security drops a MAC that is changed inside only")
KUBEVIRT = Hypervisor("KubeVirt", "macAddress of the interface in the VirtualMachine (spec.template.spec.domain.devices.interfaces)",
                      "the network plugin may drop a MAC that is changed inside only (macspoofchk)")
NUTANIX = Hypervisor("Nutanix AHV", "the VM's NIC: remove it and add a new one", _DROPPED)
OVIRT = Hypervisor("oVirt", "the VM's network interface, custom MAC address", "the vNIC profile's filter drops a MAC that is changed inside only")
BHYVE = Hypervisor("bhyve", "mac= of its network device", _DROPPED)
KVM = Hypervisor("its hypervisor (KVM)", "the MAC of the NIC in the VM's definition (virsh edit DOMAIN, then a power cycle)",
                 "a network filter may drop a MAC that is changed inside only")
CLOUDS = {
    "amazon": "AWS", "google": "Google Cloud", "azure": "Azure", "alibaba": "Alibaba Cloud", "digitalocean": "DigitalOcean",
    "hetzner": "Hetzner Cloud",
}
_BY_VIRTUALIZATION: dict[str, Hypervisor | str] = {
    "vmware": VMWARE, "microsoft": HYPERV, "oracle": VIRTUALBOX, "parallels": PARALLELS, "xen": XEN, "bhyve": BHYVE, "kvm": KVM, "qemu": KVM,
    "bochs": KVM, "unknown": Hypervisor("its hypervisor", "the MAC of the NIC in the VM's settings", _DROPPED),
}
# First words of DMI's vendor and product, where they say more than the kind of virtualisation.
_BY_SYSTEM: tuple[tuple[str, Hypervisor | str], ...] = (
    ("OpenStack", OPENSTACK), ("RDO OpenStack", OPENSTACK), ("KubeVirt", KUBEVIRT), ("Red Hat KubeVirt", KUBEVIRT), ("Nutanix", NUTANIX),
    ("oVirt", OVIRT), ("Red Hat RHEV", OVIRT), ("Alibaba", "alibaba"), ("DigitalOcean", "digitalocean"), ("Hetzner", "hetzner"),
    ("Amazon EC2", "amazon"), ("Google", "google"),
)
_BY_DRIVER: dict[str, Hypervisor | str] = {
    "vmxnet3": VMWARE, "hv_netvsc": HYPERV, "xen-netfront": XEN, "xen_netfront": XEN, "vif": XEN, "virtio_net": KVM, "virtio-net": KVM,
    "ena": "amazon", "gve": "google", "prl_eth": PARALLELS,
}
# What hypervisors give their guests' NICs (IEEE's register, and the makers' manuals).
_BY_PREFIX: dict[str, Hypervisor | str] = {
    "00:50:56": VMWARE, "00:0c:29": VMWARE, "00:05:69": VMWARE, "00:15:5d": HYPERV, "08:00:27": VIRTUALBOX, "00:1c:42": PARALLELS,
    "bc:24:11": PROXMOX, "fa:16:3e": OPENSTACK, "50:6b:8d": NUTANIX, "00:1a:4a": OVIRT, "56:6f:00": OVIRT, "58:9c:fc": BHYVE,
    "52:54:00": KVM, "00:16:3e": XEN, "42:01:0a": "google", "00:0d:3a": "azure", "00:22:48": "azure", "60:45:bd": "azure", "7c:1e:52": "azure",
}
_AZURE = frozenset(prefix for prefix, place in _BY_PREFIX.items() if place == "azure")


def hypervisor_of(model: Model, claim: Claim) -> Hypervisor | None:
    """What runs the host of CLAIM: by DMI, then by the NIC's driver, then, where nothing else is known, by the MAC's prefix; None for bare metal."""
    identity = model.identities.get(claim.host)
    if claim.owner_kind != "host" or identity is None or identity.container:
        return None
    interface = model.topologies[claim.host].interfaces.get(("", claim.interface))
    own = claim.permanent_mac or claim.mac
    raw = not (identity.machine_id or identity.boot_id or identity.hostname)
    found = _named(identity.system) or _guessed(own, identity.virtualization, interface.driver if interface else None, raw)
    if isinstance(found, str):
        cloud = CLOUDS[found]
        return Hypervisor(cloud, "the network interface of the instance: give it a new one", "its network drops a MAC that is changed inside only")
    return found


def _named(system: str | None) -> Hypervisor | str | None:
    return next((place for start, place in _BY_SYSTEM if (system or "").startswith(start)), None)


def _guessed(own: str, virtualization: str | None, driver: str | None, raw: bool) -> Hypervisor | str | None:
    by_prefix = _BY_PREFIX.get(own[:8])
    known: Hypervisor | str | None = virtualization if virtualization in CLOUDS else None
    known = known or _BY_VIRTUALIZATION.get(virtualization or "") or _BY_DRIVER.get(driver or "")
    if known is HYPERV and own[:8] in _AZURE:
        return "azure"
    if known is KVM and by_prefix in (PROXMOX, OPENSTACK, NUTANIX, OVIRT, "google"):
        return by_prefix
    return known or (by_prefix if raw else None)
