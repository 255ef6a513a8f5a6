"""Who manages an address, as far as flags, labels, units, pods and namespaces tell: what it puts back must be changed there."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Model
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._addresses import Holding

# Name (as the collector writes it into identity.address_managers) -> the place where an address is changed for good.
VIP_MANAGERS = {
    "kube-vip": "kube-vip (the Service's loadBalancerIP or kube-vip.io/loadbalancerIPs, vip_address of its manifest, the leases in its namespace)",
    "keepalived": "keepalived (virtual_ipaddress in /etc/keepalived/keepalived.conf; both nodes MASTER means that they do not hear each other's VRRP)",
    "metallb": "MetalLB (IPAddressPool, L2Advertisement)",
    "pacemaker": "Pacemaker (pcs resource config, crm configure show: the IPaddr2 resource; fencing and quorum)",
    "ucarp": "ucarp (its command line)",
    "vrrpd": "vrrpd (its command line)",
    "heartbeat": "Heartbeat (/etc/ha.d/haresources)",
    "cilium": "Cilium (CiliumLoadBalancerIPPool, CiliumL2AnnouncementPolicy)",
    "patroni-vip": "vip-manager (/etc/default/vip-manager.yml)",
}
_INSIDE = (
    (("qrouter-", "snat-", "qdhcp-", "fip-"), "Neutron (openstack port list --fixed-ip ip-address=ADDRESS; the l3 and DHCP agents on both nodes)"),
    (("docker", "podman"), "the container engine's address management (--ip, ipv4_address, and the --ip-range of networks that share a segment)"),
    (("cri", "kubepods", "crio", "containerd"), "the network plugin's address management (IPAM of CNI: one range a node)"),
)


def is_virtual(model: Model, holding: Holding) -> bool:
    """Whether the address stands alone (/32, /128) beside an address with a subnet, of its family, on the same host: it can move."""
    if not holding.wired or not holding.host_route or holding.prefix is None or "dynamic" in holding.flags:
        return False  # DHCPv6 hands out /128
    inside = holding.claim.owner.partition("/")[2] if holding.claim.owner_kind == "container" else ""
    return any(
        address.prefix not in (None, 32, 128) and (":" in address.address) == (":" in holding.address)
        and not address.address.startswith(("fe80:", "127.", "169.254."))
        for interface in model.topologies[holding.claim.host].interfaces.values() if interface.netns == inside
        for address in interface.addresses
    )


def managers_of(model: Model, holdings: Iterable[Holding]) -> list[str]:
    """Words for each software that is known, or may be taken, to manage the address of HOLDINGS: name and place to change it."""
    found: list[str] = []
    for holding in holdings:
        found += _managers(model, holding)
    return list(dict.fromkeys(found))


def _managers(model: Model, holding: Holding) -> list[str]:
    inside = _inside(model, holding)
    if inside:
        return [inside.replace("ADDRESS", holding.address)]
    if "dynamic" in holding.flags:
        return ["DHCP (its server's leases and reservations)"]
    marked = [words for name, words in VIP_MANAGERS.items() if name in (holding.mark or "")]
    if marked or not is_virtual(model, holding):
        return marked
    identity = model.identities.get(holding.claim.host)
    return [VIP_MANAGERS[name] for name in (identity.address_managers if identity else ()) if name in VIP_MANAGERS]


def _inside(model: Model, holding: Holding) -> str:
    """Who gives addresses to the namespace that the address is in; empty for the host's own."""
    claim = holding.claim
    if claim.owner_kind != "container":
        return ""
    known = f"{claim.owner} {claim.guest} {model.runtimes.get((claim.host, claim.owner.partition('/')[2]), '')}".lower()
    return next((words for starts, words in _INSIDE if any(start in known for start in starts)), "")


def guess(holding: Holding) -> str:
    """Who may manage a virtual address that nothing else tells of."""
    by = "kube-vip, and keepalived for IPv6, mark theirs deprecated; also " if "deprecated" in holding.flags else "kube-vip, keepalived, "
    return f"a manager of virtual addresses ({by}MetalLB, Pacemaker, ucarp; systemctl, and pods of kube-system, show which)"
