"""Who manages an address, as far as flags, labels, units, pods and namespaces tell: what it puts back must be changed
there.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Address, network_of
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._sightings import is_of_engine
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._addresses import Holding
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import namespace_of

# Name (as the collector writes it into identity.address_managers) -> the place where an address is changed for good.
VIP_MANAGERS = {
    "kube-vip": (
        "kube-vip (the Service's loadBalancerIP or kube-vip.io/loadbalancerIPs, vip_address of its manifest, the leases"
        " in its namespace)"
    ),
    "keepalived": (
        "keepalived (virtual_ipaddress in /etc/keepalived/keepalived.conf; both nodes MASTER means that they do not"
        " hear each other's VRRP)"
    ),
    "metallb": "MetalLB (IPAddressPool, L2Advertisement)",
    "pacemaker": "Pacemaker (pcs resource config, crm configure show: the IPaddr2 resource; fencing and quorum)",
    "ucarp": "ucarp (its command line)",
    "vrrpd": "vrrpd (its command line)",
    "heartbeat": "Heartbeat (/etc/ha.d/haresources)",
    "cilium": "Cilium (CiliumLoadBalancerIPPool, CiliumL2AnnouncementPolicy)",
    "patroni-vip": "vip-manager (/etc/default/vip-manager.yml)",
}
_OF_KEEPALIVED = re.compile(r"vrrp6?\.[0-9]{1,3}")  # use_vmac's interfaces (vrrp_if_config.c, "vrrp.VRID")
_ADDED = frozenset(("secondary", "deprecated"))  # flags of addresses that a manager set beside the host's own
_NEUTRON = ("qrouter-", "snat-", "qdhcp-", "fip-")
ENGINE = (
    "the container engine's address management (--ip, ipv4_address, and the --ip-range of networks that share a"
    " segment)"
)
_INSIDE = (
    (_NEUTRON, "Neutron (openstack port list --fixed-ip ip-address=ADDRESS; the l3 and DHCP agents on both nodes)"),
    (("docker", "podman"), ENGINE),
    (
        ("cri", "kubepods", "crio", "containerd"),
        "the network plugin's address management (IPAM of CNI: one range a node)",
    ),
    (
        ("lxc", "lxd", "incus"),
        "the container's definition in its manager (pct set with ip=, ipv4.address in LXD and Incus), or inside",
    ),
)


def is_virtual(model: Model, holding: Holding) -> bool:
    """Whether the address can move: it stands beside an address with a subnet, of its family, on the same host.

    That is alone (/32, /128), or with the same subnet, but after the host's own (Pacemaker takes the NIC's prefix), or
    marked by its manager. IPv6: fixed, and newer than another fixed one.
    """
    return (_was_added(holding) or _was_added_later(model, holding)) and any(
        address.prefix not in (None, 32, 128) and address.address != holding.address
        and not address.address.startswith(("fe80:", "127.", "169.254."))
        for address in _of_its_family(model, holding)
    )


def _was_added(holding: Holding) -> bool:
    """Whether prefix, flags or marks of the address are those of one that was set beside others."""
    if not holding.wired or holding.prefix is None or "dynamic" in holding.flags:
        return False  # DHCPv6 hands out /128
    return holding.host_route or not _ADDED.isdisjoint(holding.flags) or bool(_markers(holding))


def fixed_beside(model: Model, holding: Holding) -> list[str]:
    """The fixed IPv6 addresses of the subnet of HOLDING's, itself included, in the order of its interface: none where
    it is no such one.
    """
    if ":" not in holding.address or not holding.wired or holding.host_route or "dynamic" in holding.flags:
        return []
    topology, inside = model.topologies[holding.claim.host], namespace_of(holding.claim)
    interface = topology.interfaces.get((inside, holding.claim.interface))
    subnet = network_of(holding.address, holding.prefix)
    return [
        one.address for one in (interface.addresses if interface else ())
        if "dynamic" not in one.flags and network_of(one.address, one.prefix) == subnet]


def _was_added_later(model: Model, holding: Holding) -> bool:
    """Whether a fixed IPv6 address came after another one of its subnet: the kernel has no `secondary` for them, and
    lists the newest first (ipv6_link_dev_addr in its net/ipv6/addrconf.c).
    """
    return holding.address in fixed_beside(model, holding)[:-1]


def _of_its_family(model: Model, holding: Holding) -> Iterator[Address]:
    """All addresses of the family of HOLDING's in its namespace, itself included."""
    inside, is_ipv6 = namespace_of(holding.claim), ":" in holding.address
    for interface in model.topologies[holding.claim.host].interfaces.values():
        if interface.netns == inside:
            yield from (address for address in interface.addresses if (":" in address.address) == is_ipv6)


def managers_of(model: Model, holdings: Iterable[Holding]) -> list[str]:
    """Words for each software that is known, or may be taken, to manage the address of HOLDINGS: name and place to
    change it.
    """
    found: list[str] = []
    for holding in holdings:
        found += _managers(model, holding)
    return list(dict.fromkeys(found))


def _markers(holding: Holding) -> list[str]:
    """Managers that noted themselves at the address, or made its interface."""
    if _OF_KEEPALIVED.fullmatch(holding.claim.interface):
        return [VIP_MANAGERS["keepalived"]]
    return [words for name, words in VIP_MANAGERS.items() if name in (holding.mark or "")]


def _managers(model: Model, holding: Holding) -> list[str]:
    inside = ENGINE if is_of_engine(holding.address, holding.claim.mac) else _inside(model, holding.claim)
    if inside:
        return [inside.replace("ADDRESS", holding.address)]
    if "dynamic" in holding.flags:
        return ["DHCP (its server's leases and reservations)"]
    marked = _markers(holding)
    if marked or not is_virtual(model, holding):
        return marked
    identity = model.identities.get(holding.claim.host)
    return [VIP_MANAGERS[name] for name in (identity.address_managers if identity else ()) if name in VIP_MANAGERS]


def is_given_out(holding: Holding) -> bool:
    """Whether something gives the address to containers: the NIC is one's, or has its MAC from the address."""
    return holding.claim.owner_kind == "container" or is_of_engine(holding.address, holding.claim.mac)


def is_of_keepalived(model: Model, holding: Holding) -> bool:
    """Whether keepalived put the address there, as far as is known."""
    return VIP_MANAGERS["keepalived"] in _managers(model, holding)


def _inside(model: Model, claim: Claim) -> str:
    """Who gives addresses to the namespace that the claim is in; empty for the host's own."""
    known = _known_as(model, claim)
    return next((words for starts, words in _INSIDE if any(start in known for start in starts)), "")


def _known_as(model: Model, claim: Claim) -> str:
    """All that a container and its runtime are called; empty for a host's own NIC."""
    if claim.owner_kind != "container":
        return ""
    return f"{claim.owner} {claim.guest} {model.runtimes.get((claim.host, claim.owner.partition('/')[2]), '')}".lower()


_DEFINED = (
    (("docker", "podman"), "--mac-address, mac_address of its compose file"),
    (("cri", "kubepods", "crio", "containerd"), "the annotations or the network of its pod"),
    (("lxc", "lxd", "incus"), "hwaddr of its NIC in its manager"),
)


def defined_by(model: Model, claim: Claim) -> str:
    """Where the MAC of a container is set, in brackets; empty where nothing tells which engine runs it."""
    known = _known_as(model, claim)
    return next((f" ({words})" for starts, words in _DEFINED if any(start in known for start in starts)), "")


def is_of_neutron(model: Model, claims: Iterable[Claim]) -> bool:
    """Whether all CLAIMS are ports in namespaces of OpenStack's routers and DHCP servers."""
    return all(any(start in _known_as(model, claim) for start in _NEUTRON) for claim in claims)


_ANSWERING = ("metallb", "cilium")  # they answer for addresses that no interface holds


def answering(model: Model, hosts: Iterable[str]) -> list[str]:
    """Words for the software on HOSTS that answers for addresses which no interface holds."""
    known = {name for host in hosts for name in (model.identities[host].address_managers if host in model.identities
                                                 else ())}
    return [VIP_MANAGERS[name] for name in _ANSWERING if name in known]


def guess(holding: Holding) -> str:
    """Who may manage a virtual address that nothing else tells of."""
    if not holding.host_route and "deprecated" not in holding.flags:
        return ("what set it beside the host's own address (Pacemaker, keepalived, a file of the network manager; "
                "systemctl and crm_mon show which)")
    by = (
        "kube-vip, and keepalived for IPv6, mark theirs deprecated; also "
        if "deprecated" in holding.flags
        else "kube-vip, keepalived, "
    )
    return (
        f"a manager of virtual addresses ({by}MetalLB, Pacemaker, ucarp; systemctl, and pods of kube-system, show"
        " which)"
    )
