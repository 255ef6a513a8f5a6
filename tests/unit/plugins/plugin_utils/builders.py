"""Builders of small snapshots for the tests of the verdict: a fleet in a few readable lines."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

Row = dict[str, t.Any]
TWIN = "52:54:00:0c:1d:f5"
BC_TWIN = "bc:24:11:2c:69:ec"
SMBIOS = "b3247ab1-1fe6-428e-965b-08a1b64a8746"
GATEWAY = "192.168.100.1 00:1b:21:aa:00:01"


def nic(name: str, mac: str, *addresses: str, **more: t.Any) -> Row:
    """An Ethernet interface that is up; addresses as 10.0.0.1/24."""
    rows = [{"address": text.partition("/")[0], "prefix": int(text.partition("/")[2] or 32)} for text in addresses]
    return {"name": name, "mac": mac, "link_type": "ether", "up": True, "operstate": "up", "addresses": rows, **more}


def neighbour(interface: str, pair: str, flags: str = "-", netns: str = "-") -> str:
    """A row of the neighbour table; PAIR is 'address mac'."""
    return f"{netns} {interface} {pair} REACHABLE {flags}"


def learned(port: str, mac: str, bridge: str, vlan: str = "-", flags: str = "master") -> str:
    """A row of the FDB."""
    return f"- {port} {mac} {vlan} {bridge} - {flags}"


def guest(name: str, mac: str, state: str = "running", uuid: str = "", bridge: str = "br0", **more: t.Any) -> Row:
    """A libvirt domain with one NIC on a bridge."""
    live = mac if state == "running" else None
    entry = {
        "mac": mac, "live_mac": live, "persistent_mac": mac, "type": "bridge", "bridge": bridge, "source": bridge,
        "tap": f"vnet-{name}"[:15], "alias": "net0", "link": "up", **more,
    }
    nics = [{key: value for key, value in entry.items() if value is not None}]
    return {"name": name, "uuid": uuid or f"uuid-of-{name}", "state": state, "nics": nics}


def snapshot(host: str, *interfaces: Row, **more: t.Any) -> Row:
    """One host's snapshot; neighbours= and learned= are lists of rows."""
    tables = {"neighbors": {"rows": more.pop("neighbours", [])}, "fdb": {"rows": more.pop("learnt", [])}}
    identity = {"machine_id": f"id-{host}", "boot_id": f"boot-{host}", "netns": "1", **more.pop("identity", {})}
    return {
        "schema": "netops.layer2/snapshot", "version": 1, "host": host, "interfaces": list(interfaces),
        "identity": identity, **tables, "bridges": [], "containers": [], "guests": [], **more,
    }


def hypervisor(host: str, number: int, *guests: Row, sees: str = GATEWAY, **more: t.Any) -> Row:
    """A hypervisor with an uplink in br0, which sees the gateway."""
    mac = f"00:25:90:00:00:{number:02x}"
    taps = [
        nic(entry["tap"], "fe" + entry["mac"][2:], kind="tun", master="br0")
        for one in guests if one["state"] == "running" for entry in one["nics"] if entry.get("tap")
    ]
    rows = [neighbour("br0", sees)] if sees else []
    return snapshot(
        host, nic("eth0", mac, master="br0"), nic("br0", mac, f"192.168.101.{number}/23", kind="bridge"), *taps,
        *more.pop("more", []),
        guests=list(guests), neighbours=rows + more.pop("neighbours", []), **more,
    )


def server(host: str, mac: str, address: str, sees: str = GATEWAY, **more: t.Any) -> Row:
    """A plain server with one NIC, which sees the gateway."""
    rows = [neighbour("eth0", sees)] if sees else []
    interface = nic("eth0", mac, address, permanent_mac=more.pop("permanent_mac", mac), **more.pop("nic", {}))
    return snapshot(host, interface, neighbours=rows + more.pop("neighbours", []), **more)


def vm(number, state="running", mac=BC_TWIN, node=None, uuid=SMBIOS, kind="vm", name="web", **more):
    """A guest of the cluster as one of its nodes tells it."""
    tap = {"vm": "tap", "container": "veth"}[kind]
    model = f"virtio={mac.upper()}" if kind == "vm" else f"name=eth0,hwaddr={mac.upper()}"
    entry = {
        "mac": mac,
        "persistent_mac": mac,
        "type": "bridge",
        "bridge": "br0",
        "source": "br0",
        "alias": "net0",
        "link": "up",
        "definition": f"{model},bridge=br0,firewall=1,tag=20",
    }
    if state == "running":
        entry.update(tap=f"{tap}{number}i0", live_mac=mac)
    found = {
        "name": name,
        "hypervisor": "proxmox",
        "id": str(number),
        "manager": "prod 0123456789ab",
        "kind": kind,
        "state": state,
        "nics": [entry],
        "product_uuid": uuid,
        "node": node,
        **more,
    }
    return {key: value for key, value in found.items() if value is not None}


def pve(number, *guests, **more):
    """A node of the cluster."""
    return hypervisor(
        f"pve{number}", number, identity={"hostname": f"pve{number}"}, more=more.pop("ports", []), **more
    ) | {"guests": list(guests)}
