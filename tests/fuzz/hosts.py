"""Targets: what hosts answer (iproute2, bridge, /proc, Open vSwitch, libvirt, Proxmox VE): read into a snapshot, which
is judged.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils import _libvirt_nic, _libvirt_xml, _openvswitch, _snapshot
from ansible_collections.netops.layer2.plugins.module_utils._guests import _proxmox
from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, Output, ReadError, Runner
from ansible_collections.netops.layer2.plugins.plugin_utils._text_snapshot import (
    ADDRESSES,
    FDB,
    NEIGHBOURS,
    TextSnapshotError,
    snapshot_from_text,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from . import samples
from .target import JSON, TEXT, Target, promise

_NEW = "52:54:00:ab:cd:ef"
_SUBSETS = [name for name in _snapshot.SUBSETS if name != "containers"]


class FakeHost(Runner):
    """A host of which COMMANDS answer and FILES are there, whatever a stranger put into them."""

    def __init__(self, commands: dict[str, str], files: dict[str, str]) -> None:
        super().__init__()
        self._commands, self._files = commands, files

    def find(self, name: str) -> str | None:
        """A program is there if it answers anything."""
        name = os.path.basename(name)
        return "/usr/bin/" + name if any(command.split("_")[0] == name for command in self._commands) else None

    def output(self, argv: Sequence[str]) -> Output:
        """The recorded answer."""
        if self.find(argv[0]) is None:
            raise Missing(f"{argv[0]} is not installed")
        name = "_".join([os.path.basename(argv[0]), *argv[1:]])
        return Output(0, self._commands[name], "") if name in self._commands else Output(255, "", "unknown")

    def read_bytes(self, path: str, limit: int = 1 << 24) -> bytes:
        """The recorded file."""
        return self._content(path).encode("utf-8", "replace")[:limit]

    def _content(self, path: str) -> str:
        if path not in self._files:
            raise Missing(f"{path} does not exist")
        return self._files[path]

    def readlink(self, path: str) -> str:
        """The same: a link's target is its content."""
        return self._content(path)

    def listdir(self, path: str) -> list[str]:
        """Names below PATH."""
        start = path.rstrip("/") + "/"
        names = {name[len(start):].split("/", 1)[0] for name in self._files if name.startswith(start)} - {""}
        if not names:
            raise Missing(f"{path} does not exist")
        return sorted(names)

    def exists(self, path: str) -> bool:
        """Whether there is a file, or one below."""
        return any(name == path or name.startswith(path + "/") for name in self._files)

    def modified(self, path: str) -> float:
        """A time for what is there."""
        return float(len(self._content(path)))

    def permanent_address(self, interface: str) -> str:
        """What the driver says."""
        return self._content("permanent/" + interface)

    def ipv4_addresses(self) -> list[tuple[str, str, int]]:
        """Nobody was asked."""
        raise ReadError("not asked")

    def namespace_number(self, inside: str, of: str) -> int | None:
        """There are no namespaces."""
        return None

    def is_root(self) -> bool:
        """Not here."""
        return False


def collect(octets: bytes) -> None:
    """A host whose tools answer anything becomes a snapshot; no reader breaks, and the snapshot can be judged."""
    data = samples.loaded(octets)
    if not isinstance(data, dict):
        return
    made = _snapshot.collect(FakeHost(_texts(data.get("commands")), _texts(data.get("files"))), _SUBSETS, "h")
    broken = [gap["reason"] for gap in made["gaps"] if "the reader broke" in gap["reason"]]
    promise(not broken, f"no reader broke: {broken[:1]}")
    _judge(made)


def _texts(data: Any) -> dict[str, str]:
    """Answers: JSON stands in inputs as what it is, so that it can be changed node by node."""
    items = data.items() if isinstance(data, dict) else ()
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in items}


def _judge(made: dict[str, Any]) -> None:
    text = json.dumps(made)
    found = mac_collisions([text])["coverage"]["quarantined"]
    quarantined = [
        row for row in found if "characters long" not in row["problem"]
    ]  # long names are cut by the reader of snapshots, not before
    promise(not quarantined, f"a snapshot of ours is whole: {quarantined[:1]}")


def read_texts(octets: bytes) -> None:
    """Outputs that somebody else collected, a NUL between them."""
    texts = octets.decode("utf-8", "replace").split("\0")
    named = dict(zip((ADDRESSES, NEIGHBOURS, FDB), texts, strict=False))
    _judge(snapshot_from_text({"host": "h", **named}))


def read_switch(octets: bytes) -> None:
    """Open vSwitch's database and table of MACs."""
    data = samples.loaded(octets)
    if isinstance(data, dict):
        tables = {name: _openvswitch.rows(text) for name, text in _texts(data.get("tables")).items()}
        database = {name: tables.get(name, []) for name in ("Bridge", "Port", "Interface")}
        _openvswitch.bridges(database)
        _openvswitch.fdb(str(data.get("fdb")), "ovs0", {"1": "eth0", "LOCAL": "ovs0"})


def read_domain(octets: bytes) -> None:
    """A definition of a guest; a new MAC for each of its NICs changes that NIC only."""
    text = octets.decode("utf-8", "replace")
    before = _libvirt_xml.parse_domain(text)
    _libvirt_xml.guest_nics(before.nics, before.nics[::-1], {})
    for place, nic in enumerate(before.nics[:4]):
        if "mac" in nic and nic.get("type") != "commandline":
            after = _libvirt_xml.parse_domain(_libvirt_nic.with_mac(text, place, _NEW))
            promise(after.nics[place].get("mac") == _NEW, "the NIC has the new MAC")
            promise({**after.nics[place], "mac": ""} == {**nic, "mac": ""}, "nothing else of the NIC changed")
            promise(
                after.nics[:place] + after.nics[place + 1 :] == before.nics[:place] + before.nics[place + 1 :],
                "other NICs stay",
            )
            alone = _libvirt_nic.attachable(_libvirt_nic.interface_text(text, place), _NEW)
            promise(_libvirt_xml.parse_interface(alone).get("mac") == _NEW, "what is plugged in has the new MAC")


def read_other_xml(octets: bytes) -> None:
    """States, snapshots and networks."""
    text = octets.decode("utf-8", "replace")
    readers: tuple[Callable[[str], Any], ...] = (
        _libvirt_xml.parse_status, _libvirt_xml.snapshot_macs, _libvirt_xml.parse_network,
        lambda each: _libvirt_nic.reservations(each, "52:54:00:0c:1d:f5", _NEW))
    for read in readers:
        try:
            read(text)
        except _libvirt_xml.XmlError:
            continue


def read_conf(octets: bytes) -> None:
    """The configuration of a guest of Proxmox VE: each NIC is told by one line of it, and whatever it says, the guest
    is there.
    """
    text = octets.decode("utf-8", "replace")
    runner = FakeHost({}, {"/etc/pve/nodes/pve1/qemu-server/100.conf": text, "/etc/pve/local": "nodes/pve1"})
    found = _proxmox.read_guests(runner)
    promise(len(found.guests) == 1, "the guest is told of")
    for nic in found.guests[0]["nics"]:
        promise(nic["definition"] in text, "a NIC's line is one of the text")


# --- samples ----------------------------------------------------------------------------------------------------------

def _hosts() -> Iterator[bytes]:
    definitions = samples.texts("module_utils/golden/libvirt-9.0", "*.inactive.xml")
    domains = dict(zip(("/etc/libvirt/qemu/one.xml", "/etc/libvirt/qemu/two.xml"), definitions, strict=False))
    files = {
        "/proc/net/if_inet6": "",
        "/proc/sys/net/ipv4/ip_forward": "1",
        "/proc/sys/kernel/hostname": "hv1",
        "/proc/net/arp": "IP\n",
        "/etc/machine-id": "0123456789abcdef0123456789abcdef\n",
        "/proc/sys/kernel/random/boot_id": "5b1a-1\n",
        "/proc/self/ns/net": "net:[4026531992]",
        "/sys/class/net/eth0/device/driver": "../../virtio_net",
        "permanent/eth0": "52:54:00:0c:1d:f5",
        "/proc/net/fib_triestat": "Prefixes:  9\n",
        "/proc/sys/net/ipv4/conf/all/rp_filter": "1\n",
        "/sys/class/net/br0/bridge/ageing_time": "30000\n",
    }
    for version in ("iproute2-3.16", "iproute2-4.15", "iproute2-6.1", "iproute2-7.1"):
        commands = {
            path.name: _whole(path.read_text())
            for path in sorted((samples.UNIT / "module_utils/samples" / version).iterdir())
        }
        yield json.dumps({"commands": commands, "files": {**files, **domains}}).encode()
    sys_only = {
        f"/sys/class/net/{name}/{field}": value
        for name in ("eth0", "br0")
        for field, value in (
            ("address", "52:54:00:0c:1d:f5\n"),
            ("ifindex", "2\n"),
            ("flags", "0x1003\n"),
            ("type", "1\n"),
            ("operstate", "up\n"),
            ("mtu", "1500\n"),
        )
    }
    neighbours = (
        "IP address  HW type  Flags  HW address  Mask  Device\n192.0.2.9  0x1  0x2  52:54:00:0c:1d:f5  *  eth0\n"
    )
    yield json.dumps(
        {
            "commands": {},
            "files": {**files, **sys_only, "/proc/net/arp": neighbours, "/sys/class/net/br0/bridge/stp_state": "0"},
        }
    ).encode()


def _whole(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _outputs() -> Iterator[bytes]:
    for version in ("iproute2-3.16", "iproute2-4.9", "iproute2-6.1", "iproute2-7.1"):
        folder = samples.UNIT / "module_utils/samples" / version
        yield b"\0".join(
            (folder / name).read_bytes() for name in ("ip_-d_address_show", "ip_neigh_show", "bridge_fdb_show")
        )


def _switches() -> Iterator[bytes]:
    folder = samples.UNIT / "module_utils/samples/openvswitch-3.1"
    tables = {
        name: json.loads((folder / f"{name.lower()}.json").read_text()) for name in ("Bridge", "Port", "Interface")
    }
    yield json.dumps({"tables": tables, "fdb": (folder / "fdb-ovs0.txt").read_text()}).encode()


_XML = (
    "<interface type='network'>",
    "</interface>",
    "<mac address='",
    "<source network='default'/>",
    "<actual type='bridge'>",
    "</actual>",
    "<vlan>",
    "<tag id='7'/>",
    "<address type='pci' bus='0x01'/>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE a>",
    "&amp;",
    "&#0;",
    "&x;",
    "<?x ?>",
    " xmlns='u'",
    "<mac/>",
    "<devices>",
)
_IP = (
    "master br0",
    "link/ether ",
    "inet 192.0.2.1/24",
    "@if7:",
    " link-netnsid 0",
    "vlan protocol 802.1Q id 7",
    "lladdr ",
    "dev eth0",
    "1: ",
    "bridge ",
    "bond ",
    " dst ",
    "FAILED",
    "offload",
    "vlan 7",
    "permanent",
    "promiscuity 1",
    "\n    ",
    "qdisc",
)
_CONF = (
    "net0: ",
    "virtio=BC:24:11:2C:69:EC",
    ",bridge=vmbr0",
    ",tag=20",
    "hwaddr=",
    "[PENDING]\n",
    "[pve:pending]\n",
    "[special:cloudinit]\n",
    "[snap]\n",
    "delete: net0\n",
    "smbios1: uuid=",
    "template: 1\n",
    "name: ",
    "lxc.x = ",
    "#",
)
TARGETS = [
    Target(
        "hosts",
        "a host whose commands answer and files hold anything, read into a snapshot",
        collect,
        _hosts,
        (),
        JSON,
        _IP,
    ),
    Target(
        "command-outputs",
        "ip and bridge as text, read into a snapshot on the controller",
        read_texts,
        _outputs,
        (TextSnapshotError,),
        TEXT,
        _IP,
    ),
    Target("open-vswitch", "Open vSwitch's database and MAC table", read_switch, _switches, (ReadError,), JSON),
    Target(
        "domain-xml",
        "definitions of guests: read, and a NIC given another MAC",
        read_domain,
        lambda: samples.files("module_utils/golden", "*.xml", 6000),
        (_libvirt_xml.XmlError, _libvirt_nic.NicError),
        TEXT,
        _XML,
    ),
    Target(
        "proxmox-conf",
        "the configuration of a guest of Proxmox VE",
        read_conf,
        lambda: samples.files("module_utils/golden/proxmox-8", "*.conf"),
        (),
        TEXT,
        _CONF,
    ),
    Target(
        "libvirt-xml",
        "libvirt's networks, states and snapshots",
        read_other_xml,
        lambda: samples.files("module_utils/golden", "*.xml"),
        (),
        TEXT,
        (*_XML, "<network>", "<ip>", "<dhcp>", "<host mac='", "<domstatus state='running' pid='", "<inactiveDomain>"),
    ),
]
