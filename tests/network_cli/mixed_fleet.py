"""What the witnesses of one mixed fleet say, each through its own reader: libvirt, Proxmox, LXD, Open vSwitch, an SNMP
walk, a vCenter, leases and a register. The command lines of switches are conftest's.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils._guests import _instances, _libvirt, _proxmox, _vsphere
from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import Found
from ansible_collections.netops.layer2.plugins.module_utils._guests._lxd import _STATES
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner
from ansible_collections.netops.layer2.plugins.plugin_utils._lease_snapshot import snapshot_from_leases
from ansible_collections.netops.layer2.plugins.plugin_utils._record_snapshot import snapshot_from_records
from ansible_collections.netops.layer2.plugins.plugin_utils._text_snapshot import snapshot_from_text

from tests.unit.plugins.module_utils._guests.test_instances import SERVER, body, instance, served, whole
from tests.unit.plugins.module_utils.sample_runner import SampleRunner
from tests.unit.plugins.plugin_utils.builders import learned, neighbour, nic, server, snapshot

Document = dict[str, Any]
# Who has which MAC twice.
LIBVIRT_AND_VCENTER = "52:54:00:aa:00:01"
PROXMOX_AND_LXD = "bc:24:11:aa:00:02"
SERVER_AND_REGISTER = "00:25:90:aa:00:03"
TWO_CLIENTS = "00:25:90:aa:00:04"
BEHIND_SWITCHES = "52:54:00:0c:1d:f5"  # as in conftest, where sw1 and sw2 have it
NOBODY = Found([], [], [])
GATEWAY = "192.0.2.1 00:1b:21:aa:00:01"


def host(name: str, number: int, found: Found = NOBODY, bridge: str = "br0", **more: Any) -> Document:
    """A Linux host of the segment 192.0.2.0/24 with the guests FOUND on its bridge."""
    mac = f"00:25:90:bb:00:{number:02x}"
    taps = [
        nic(card["tap"], "fe" + card["mac"][2:], kind="tun", master=bridge)
        for guest in found.guests
        for card in guest["nics"]
        if "tap" in card
    ]
    interfaces = [
        nic("eth0", mac, master=bridge),
        nic(bridge, mac, f"192.0.2.{number}/24", kind="bridge"),
        *taps,
    ]
    bridges = [{"name": bridge, "kind": "bridge", "ports": ["eth0"]}]
    told = {"guests": found.guests, "gaps": found.gaps, "bridges": bridges, "source": "live", **more}
    return snapshot(name, *interfaces, neighbours=[neighbour(bridge, GATEWAY)], collected_at=time.time(), **told)


def of_libvirt() -> Document:
    """A hypervisor whose guest `db` runs, with its domain in the files of libvirt's QEMU driver."""
    domain = (
        "<domain type='kvm' id='1'><name>db</name><uuid>11111111-2222-3333-4444-555555555501</uuid><devices>"
        f"<interface type='bridge'><mac address='{LIBVIRT_AND_VCENTER}'/><source bridge='br0'/><target dev='vnet0'/>"
        "<alias name='net0'/><address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></interface>"
        "</devices></domain>"
    )
    definition = _libvirt.Definition("db", "running", domain, domain, True, False, False, [])
    found = _libvirt.records(_libvirt.Inventory([definition], [], []))
    return host("hv1", 11, found)


def of_proxmox() -> Document:
    """A node whose VM 100 runs."""
    found = _proxmox.read_guests(SampleRunner(files={
        "/etc/pve/nodes/pve1/qemu-server/100.conf":
            f"name: shop\nnet0: virtio={PROXMOX_AND_LXD.upper()},bridge=vmbr0\n",
        "/etc/pve/local": "nodes/pve1",
        "/run/qemu-server/100.pid": "4711\n",
        "/proc/4711/cmdline": "/usr/bin/kvm\0-id\000100\0-pidfile\0/var/run/qemu-server/100.pid\0-daemonize\0",
        "/sys/class/net/tap100i0/master": "../vmbr0",
        "/proc/net/unix": "Num       RefCount Protocol Flags    Type St Inode Path\n",
    }))
    return host("pve1", 12, found, "vmbr0")


def of_lxd() -> Document:
    """A host whose LXD tells of the container `cache` at its socket."""
    card = {"name": "eth0", "nictype": "bridged", "parent": "br0", "type": "nic", "hwaddr": PROXMOX_AND_LXD}
    with served(whole(body(SERVER)), whole(body([instance("cache", {"eth0": card}, {})]))) as (path, _asked):
        found = _instances.read_instances(Runner(), "lxd", _STATES, (path,))
    return host("lxd1", 13, found)


def of_open_vswitch() -> Document:
    """A host whose Open vSwitch learnt the twin on its way out."""
    ways = {"name": "br-ex", "kind": "openvswitch", "ports": ["eth0", "tap9"]}
    return host("ovs1", 14, bridges=[ways], learnt=[learned("eth0", BEHIND_SWITCHES, "br-ex", "10", "-")])


def of_server() -> Document:
    """A plain server with one NIC."""
    return server("web1", SERVER_AND_REGISTER, "192.0.2.21/24", GATEWAY, collected_at=time.time(), source="live")


def of_walk() -> Document:
    """The switch sw5 by its SNMP walk, which learnt the twin on an edge port, and the guest of LXD on another."""
    base = "00 1C 73 00 00 05"
    lines = [
        '.1.3.6.1.2.1.1.5.0 = STRING: "sw5"',
        f".1.3.6.1.2.1.17.1.1.0 = Hex-STRING: {base} ",
        ".1.3.6.1.2.1.17.4.2.0 = INTEGER: 300",
        ".1.3.6.1.2.1.17.7.1.4.2.1.3.0.10 = Gauge32: 7",
        ".1.3.6.1.2.1.17.7.1.4.2.1.4.0.10 = Hex-STRING: C0 ",
        ".1.3.6.1.2.1.17.7.1.4.2.1.5.0.10 = Hex-STRING: C0 ",
    ]
    for number, mac in ((1, BEHIND_SWITCHES), (2, PROXMOX_AND_LXD)):
        where = ".".join(str(int(part, 16)) for part in mac.split(":"))
        lines += [
            f".1.3.6.1.2.1.2.2.1.2.10{number} = STRING: Port {number}",
            f".1.3.6.1.2.1.2.2.1.3.10{number} = INTEGER: 6",
            f".1.3.6.1.2.1.2.2.1.6.10{number} = STRING: 0:1c:73:0:5:{number}",
            f".1.3.6.1.2.1.2.2.1.7.10{number} = INTEGER: up(1)",
            f".1.3.6.1.2.1.2.2.1.8.10{number} = INTEGER: 1",
            f'.1.3.6.1.2.1.31.1.1.1.1.10{number} = STRING: "Gi0/{number}"',
            f".1.3.6.1.2.1.17.1.4.1.2.{number} = INTEGER: 10{number}",
            f".1.3.6.1.2.1.17.7.1.2.2.1.2.7.{where} = INTEGER: {number}",
            f".1.3.6.1.2.1.17.7.1.2.2.1.3.7.{where} = INTEGER: 3",
        ]
    return snapshot_from_text({"host": "sw5", "collected_at": time.time(), "snmpbulkwalk -On": "\n".join(lines) + "\n"})


def of_vcenter() -> Document:
    """A vCenter whose VM `mail` got its address by hand."""
    def reference(known: str) -> Any:
        return SimpleNamespace(_GetMoId=lambda: known)

    card = SimpleNamespace(
        macAddress=LIBVIRT_AND_VCENTER, addressType="manual", unitNumber=8,
        connectable=SimpleNamespace(connected=True, startConnected=True),
        backing=SimpleNamespace(deviceName="LAN", network=None),
    )
    machine = {
        "name": "mail", "config.instanceUuid": "i-1", "config.uuid": "265104de-1472-547c-b873-6dc7883fb6cb",
        "config.template": False, "runtime.host": reference("host-1"), "runtime.powerState": "poweredOn",
        "config.hardware.device": [card],
    }
    group = SimpleNamespace(spec=SimpleNamespace(name="LAN", vswitchName="vSwitch0", vlanId=20))
    hosts = {"host-1": {"name": "esx1", "config.network.portgroup": [group]}}
    guests, gaps = _vsphere.guests(_vsphere.Inventory("vc", {"vm-1": machine}, hosts, {}, {}))
    return {
        "schema": "netops.layer2/snapshot", "version": 1, "host": "vcenter", "collected_at": time.time(),
        "duration": 1.0, "collector": "0.2.0", "source": "manager", "guests": guests, "gaps": gaps,
        "observed": ["guests"],
    }


def documents(folder: Path) -> list[str]:
    """Files of what no host of the inventory says."""
    leases = "".join(
        f"4102444800 {TWO_CLIENTS} 192.0.2.3{number} till-{number} ff:b5:5e:67:ff:00:02:00:00:ab:11:5e:0{number}:aa\n"
        for number in (1, 2)
    )
    rows = [{"owner": "old-web", "nic": "eth0", "mac": SERVER_AND_REGISTER}]
    found = [
        of_walk(),
        of_vcenter(),
        snapshot_from_leases(leases, "dhcp1", "dnsmasq"),
        snapshot_from_records(rows, "cmdb"),
    ]
    paths = [folder / f"{one['host']}.json" for one in found]
    for path, one in zip(paths, found, strict=True):
        path.write_text(json.dumps(one), encoding="utf-8")
    return [str(path) for path in paths]


def hosts() -> list[Document]:
    """What the hosts of the inventory say."""
    return [of_libvirt(), of_proxmox(), of_lxd(), of_open_vswitch(), of_server()]
