"""Configuration of a host's network, as the network manager that owns it reads it: path -> text."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import ipaddress
from collections.abc import Callable

import yaml

from .switches import HOST_BRIDGE, trunk
from .topology import Host, Nic, Switching, derived

Files = dict[str, str]
UNITS = {
    "networkd": "systemd-networkd.service",
    "netplan": "systemd-networkd.service",
    "networkmanager": "NetworkManager.service",
    "ifupdown": "networking.service",
    "ifupdown2": "networking.service",
    "ifupdown-ng": "networking.service",
}


def _networkd_routes(routes: tuple[str, ...]) -> str:
    """Route sections for "DEST via GATEWAY" or "DEST"."""
    words = [route.split() for route in routes]
    return "".join(
        f"\n[Route]\nDestination={each[0]}\n" + (f"Gateway={each[2]}\n" if each[1:2] == ["via"] else "")
        for each in words
    )


def _networkd_switch(host: str, switching: Switching) -> Files:
    """A bridge, and every port that is plugged in: all of them have a hyphen in their name."""
    folder, digits = "etc/systemd/network", derived("bridge", host)
    mac = "02:" + ":".join(digits[at : at + 2] for at in range(0, 10, 2))
    settings = f"[Bridge]\nAgeingTimeSec={switching.ageing}\nSTP=no\nMulticastSnooping=no\n"
    addresses = "".join(f"Address={text}\n" for text in switching.addresses)
    files = {
        f"{folder}/10-{HOST_BRIDGE}.netdev": (
            f"[NetDev]\nName={HOST_BRIDGE}\nKind=bridge\nMACAddress={mac}\n\n{settings}"
        ),
        f"{folder}/20-{HOST_BRIDGE}.network": (
            f"[Match]\nName={HOST_BRIDGE}\n\n[Network]\n{addresses}{_networkd_routes(switching.routes)}"
        ),
        f"{folder}/90-ports.network": f"[Match]\nName=*-*\n\n[Network]\nBridge={HOST_BRIDGE}\n",
    }
    for other in switching.learning_off:
        name = trunk(other)
        files[f"{folder}/30-{name}.network"] = (
            f"[Match]\nName={name}\n\n[Network]\nBridge={HOST_BRIDGE}\n\n[Bridge]\nLearning=no\n"
        )
    return files


def _networkd(host: Host) -> Files:
    files: Files = _networkd_switch(host.name, host.switching) if host.switching else {}
    for nic in host.nics:
        layer3 = "".join(f"Address={text}\n" for text in nic.addresses) + (
            f"Gateway={nic.gateway}\n" if nic.gateway else ""
        )
        layer3 += _networkd_routes(nic.routes)
        if nic.bridge:
            files[f"etc/systemd/network/10-{nic.bridge}.netdev"] = (
                f"[NetDev]\nName={nic.bridge}\nKind=bridge\nMACAddress={nic.mac}\n"
            )
            files[f"etc/systemd/network/20-{nic.bridge}.network"] = f"[Match]\nName={nic.bridge}\n\n[Network]\n{layer3}"
            layer3 = f"Bridge={nic.bridge}\n"
        files[f"etc/systemd/network/20-{nic.name}.network"] = f"[Match]\nName={nic.name}\n\n[Network]\n{layer3}"
    return files


def _keyfile_addresses(nic: Nic) -> str:
    text = ""
    for version, section in ((4, "ipv4"), (6, "ipv6")):
        mine = [entry for entry in nic.addresses if ipaddress.ip_interface(entry).version == version]
        method = "manual" if mine else {4: "disabled", 6: "link-local"}[version]
        text += f"\n[{section}]\nmethod={method}\n"
        text += "".join(f"address{number}={entry}\n" for number, entry in enumerate(mine, 1))
        if nic.gateway and ipaddress.ip_address(nic.gateway).version == version:
            text += f"gateway={nic.gateway}\n"
    return text


def _networkmanager(host: Host) -> Files:
    folder = "etc/NetworkManager/system-connections"
    files: Files = {"etc/NetworkManager/conf.d/lab.conf": "[main]\nno-auto-default=*\n"}
    for nic in host.nics:
        head = f"[connection]\nid={nic.name}\ntype=ethernet\ninterface-name={nic.name}\n"
        if nic.bridge:
            bridge = f"[connection]\nid={nic.bridge}\ntype=bridge\ninterface-name={nic.bridge}\nautoconnect-slaves=1\n"
            bridge += f"\n[bridge]\nstp=false\nmac-address={nic.mac}\n"
            files[f"{folder}/{nic.bridge}.nmconnection"] = bridge + _keyfile_addresses(nic)
            files[f"{folder}/{nic.name}.nmconnection"] = f"{head}master={nic.bridge}\nslave-type=bridge\n"
        else:
            files[f"{folder}/{nic.name}.nmconnection"] = head + _keyfile_addresses(nic)
    return files


def _ifupdown(host: Host) -> Files:
    text = "auto lo\niface lo inet loopback\n"
    for nic in host.nics:
        device, extra = nic.name, ""
        if nic.bridge:
            text += f"\nauto {nic.name}\niface {nic.name} inet manual\n"
            device, extra = nic.bridge, f"    bridge_ports {nic.name}\n    bridge_stp off\n    bridge_fd 0\n"
        text += (
            f"\nauto {device}\n"
            if nic.addresses
            else f"\nauto {device}\niface {device} inet manual\n    up ip link set {device} up\n"
        )
        for number, entry in enumerate(nic.addresses):
            family = "inet6" if ipaddress.ip_interface(entry).version == 6 else "inet"
            text += f"iface {device} {family} static\n    address {entry}\n"
            if number == 0:
                text += extra + (f"    gateway {nic.gateway}\n" if nic.gateway else "")
    return {"etc/network/interfaces": text}


def _netplan(host: Host) -> Files:
    network: dict[str, object] = {"version": 2, "renderer": "networkd"}
    ethernets: dict[str, object] = {}
    bridges: dict[str, object] = {}
    for nic in host.nics:
        layer3: dict[str, object] = {"addresses": list(nic.addresses)}
        if nic.gateway:
            layer3["routes"] = [{"to": "default", "via": nic.gateway}]
        ethernets[nic.name] = {"dhcp4": False} if nic.bridge else layer3
        if nic.bridge:
            bridges[nic.bridge] = {
                **layer3,
                "interfaces": [nic.name],
                "macaddress": nic.mac,
                "parameters": {"stp": False},
            }
    network["ethernets"] = ethernets
    if bridges:
        network["bridges"] = bridges
    return {"etc/netplan/10-lab.yaml": yaml.safe_dump({"network": network}, sort_keys=False)}


RENDERERS: dict[str, Callable[[Host], Files]] = {
    "networkd": _networkd,
    "networkmanager": _networkmanager,
    "ifupdown": _ifupdown,
    "ifupdown2": _ifupdown,
    "ifupdown-ng": _ifupdown,
    "netplan": _netplan,
    "none": lambda host: {},
}


def files(host: Host) -> Files:
    """The configuration files of a host's network manager, by path below its root."""
    return RENDERERS[host.manager](host)


def masked(host: Host) -> list[str]:
    """Units of the network managers that this host does not use."""
    used = UNITS.get(host.manager)
    return sorted({unit for unit in UNITS.values() if unit != used})
