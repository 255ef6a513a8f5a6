"""Switches: Linux bridges in network namespaces, and the cables between them, hosts and controller."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib

from .paths import namespace
from .system import new_namespace, run
from .topology import Controller, Host, Nic, Switch, Topology

BRIDGE = "switch"
HOST_BRIDGE = "br0"  # of a host that is a switch: its own network manager makes it and takes the ports in


def ip(namespace_name: str, *words: str) -> None:
    """Run ip inside a namespace."""
    run(["ip", "-netns", namespace_name, *words])


def create(lab: str, switch: Switch) -> None:
    """A bridge without addresses of its own, in a new namespace."""
    inside = namespace(lab, switch.name)
    new_namespace(inside)
    # Only a learning bridge is wanted: not one more IPv6 speaker on the segment.
    run(
        [
            "ip",
            "netns",
            "exec",
            inside,
            "sysctl",
            "-qw",
            "net.ipv6.conf.all.disable_ipv6=1",
            "net.ipv6.conf.default.disable_ipv6=1",
        ]
    )
    ageing = str(switch.ageing * 100)  # ip takes centiseconds
    timers = ("stp_state", "0", "forward_delay", "0", "mcast_snooping", "0", "ageing_time", ageing)
    ip(inside, "link", "add", BRIDGE, "type", "bridge", *timers)
    ip(inside, "link", "set", BRIDGE, "up")


def port(member: str, nic: str) -> str:
    """Name of the switch port that a NIC is plugged into; the kernel allows 15 characters."""
    name = f"{member}-{nic}"
    return name if len(name) <= 15 else f"{name[:8]}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def trunk(other: str) -> str:
    """Name of the trunk port to another switch."""
    return f"to-{other}"[:15]


def attach(at_switch: str, name: str) -> None:
    """Bring a port up, as a port of the switch's bridge if it is one of the lab's own."""
    own = run(["ip", "-netns", at_switch, "link", "show", BRIDGE], check=False).returncode == 0
    ip(at_switch, "link", "set", name, *(("master", BRIDGE) if own else ()), "up")


def plug(lab: str, member: str, nic: Nic) -> None:
    """Put a NIC into a member's namespace, its other end into a switch port."""
    at_switch, inside = namespace(lab, nic.switch), namespace(lab, member)
    name = port(member, nic.name)
    peer = ("peer", "name", nic.name, "netns", inside, "address", nic.mac)
    ip(at_switch, "link", "add", name, "type", "veth", *peer)
    attach(at_switch, name)


def unplug(lab: str, host: Host) -> None:
    """Remove a host's NICs and their switch ports at once; deleting a namespace would do it later, at the kernel's
    leisure.
    """
    for nic in host.nics:
        run(["ip", "-netns", namespace(lab, nic.switch), "link", "delete", port(host.name, nic.name)], check=False)


def connect(lab: str, one: str, other: str) -> None:
    """A trunk between two switches; each end is named after the other switch."""
    ends = (trunk(other), trunk(one))
    ip(
        namespace(lab, one),
        "link",
        "add",
        ends[0],
        "type",
        "veth",
        "peer",
        "name",
        ends[1],
        "netns",
        namespace(lab, other),
    )
    attach(namespace(lab, one), ends[0])
    attach(namespace(lab, other), ends[1])


def create_controller(lab: str, controller: Controller) -> None:
    """The namespace that Ansible runs in."""
    inside = namespace(lab, "controller")
    new_namespace(inside)
    plug(lab, "controller", Nic("eth0", controller.switch, "02:00:00:00:00:01", controller.addresses))
    configure(inside, "eth0", controller.addresses)


def configure(inside: str, nic: str, addresses: tuple[str, ...], routes: tuple[str, ...] = ()) -> None:
    """Addresses and routes on an interface from outside, where no network manager lives."""
    ip(inside, "link", "set", "lo", "up")
    ip(inside, "link", "set", nic, "up")
    for address in addresses:
        ip(inside, "address", "add", address, "dev", nic)
    for route in routes:
        ip(inside, "route", "add", *route.split(), "dev", nic)


def add_host(lab: str, host: Host) -> None:
    """A host's namespace; one that is a switch needs it before the others are plugged into it."""
    new_namespace(namespace(lab, host.name))


def cable_host(lab: str, host: Host) -> None:
    """Plug a host's NICs in; a host without a system gets its addresses, routes and sysctls too."""
    inside = namespace(lab, host.name)
    for nic in host.nics:
        plug(lab, host.name, nic)
        if not host.boot:
            gateway = (f"default via {nic.gateway}",) if nic.gateway else ()
            configure(inside, nic.name, nic.addresses, (*gateway, *nic.routes))
    if host.sysctls and not host.boot:
        run(["ip", "netns", "exec", inside, "sysctl", "-qw", *(f"{key}={value}" for key, value in host.sysctls)])


def set_adjacency(lab: str, topology: Topology, host: Host) -> None:
    """What a layer-3 switch routes leaves by the port of its ARP entry; a Linux bridge would look in its FDB instead,
    and flood.
    """
    for member, other in host.switching.adjacency if host.switching else ():
        macs = ", ".join(nic.mac for nic in topology.host(member).nics)
        rule = f'ether daddr {{ {macs} }} oifname != "{trunk(other)}" drop'
        table = (
            f"table bridge routed-{member} {{\n chain out {{\n  type filter hook output priority 0\n  {rule}\n }}\n}}\n"
        )
        run(["ip", "netns", "exec", namespace(lab, host.name), "nft", "-f", "-"], text=table)


def members(topology: Topology) -> list[str]:
    """Every member that has a namespace."""
    return [switch.name for switch in topology.switches] + ["controller"] + [host.name for host in topology.hosts]
