"""Platforms of switches: which commands tell what, and in which columns their parser, ntc-templates, gives it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

# What a command may tell, and the columns that its rows have in our words. `state` holds words such as "up" or
# "administratively down", `type` how an entry came about, `far` a port at the other end.
COLUMNS: dict[str, tuple[str, ...]] = {
    "identity": ("hostname", "chassis"),
    "interfaces": ("name", "mac", "state", "admin", "address", "prefix"),
    "members": ("lag", "member"),
    "vlans": ("port", "mode", "access", "native", "carried"),
    "fdb": ("mac", "vlan", "port", "type"),
    "neighbors": ("address", "mac", "interface", "type", "age"),
    "lldp": ("interface", "chassis", "far", "system", "capabilities"),
}


class Ask(t.NamedTuple):
    """A COMMAND of a platform that tells of TELLS (a key of COLUMNS); our column -> that of the parser, or several, of
    which the first that is not empty counts.
    """

    tells: str
    command: str
    columns: dict[str, str]


class Platform(t.NamedTuple):
    """One kind of switch: TITLE for people, its name in ntc-templates (PARSER), names of network_os in Ansible, and
    what is asked. Without anything to ask, HINT says how it is read instead.
    """

    title: str
    parser: str
    network_os: tuple[str, ...]
    asks: tuple[Ask, ...]
    learnt: frozenset[str] = frozenset()  # words of the column `type` for an address that was learnt, in small letters
    has_units: bool = False  # ports have units (ge-0/0/1.0) where their VLANs are told
    is_database: bool = False  # the answers are JSON dumps of SONiC's databases, which no template has to parse
    hint: str = ""


def _ask(tells: str, command: str, **columns: str) -> Ask:
    return Ask(tells, command, columns)


# What several templates of ntc-templates call these columns.
_LLDP = {
    "interface": "local_interface",
    "chassis": "chassis_id",
    "far": "neighbor_interface",
    "system": "neighbor_name",
}
_LLDP_AND_CAPABILITIES = {**_LLDP, "capabilities": "capabilities"}
_LLDP_BY_ID = {**_LLDP_AND_CAPABILITIES, "far": "neighbor_port_id neighbor_interface"}
_SWITCHPORT = {
    "port": "interface",
    "mode": "mode",
    "access": "access_vlan",
    "native": "native_vlan",
    "carried": "trunking_vlans",
}
_DYNAMIC = frozenset(("dynamic",))
_IOS = Platform(
    "Cisco IOS and IOS-XE",
    "cisco_ios",
    ("cisco.ios.ios", "ios"),
    (
        _ask("identity", "show version", hostname="hostname"),
        _ask(
            "interfaces",
            "show interfaces",
            name="interface",
            mac="mac_address",
            state="link_status",
            address="ip_address",
            prefix="prefix_length",
        ),
        _ask("members", "show etherchannel summary", lag="bundle_name", member="member_interface"),
        _ask("vlans", "show interfaces switchport", **_SWITCHPORT),
        _ask(
            "fdb",
            "show mac address-table",
            mac="destination_address",
            vlan="vlan_id",
            port="destination_port",
            type="type",
        ),
        _ask("neighbors", "show ip arp", address="ip_address", mac="mac_address", interface="interface", age="age"),
        _ask("neighbors", "show ipv6 neighbors", address="address", mac="mac_address", interface="interface"),
        _ask("lldp", "show lldp neighbors detail", **_LLDP_BY_ID),
    ),
    _DYNAMIC,
)
_NXOS = Platform(
    "Cisco NX-OS",
    "cisco_nxos",
    ("cisco.nxos.nxos", "nxos"),
    (
        _ask("identity", "show version", hostname="hostname"),
        _ask(
            "interfaces",
            "show interface",
            name="interface",
            mac="mac_address",
            state="link_status",
            admin="admin_state",
            address="ip_address",
            prefix="prefix_length",
        ),
        _ask("members", "show port-channel summary", lag="bundle_name", member="member_interface"),
        _ask("vlans", "show interface switchport", **_SWITCHPORT),
        _ask("fdb", "show mac address-table", mac="mac_address", vlan="vlan_id", port="ports", type="type"),
        _ask(
            "neighbors",
            "show ip arp detail vrf all",
            address="ip_address",
            mac="mac_address",
            interface="interface",
            age="age",
        ),
        _ask("lldp", "show lldp neighbors detail", **_LLDP_AND_CAPABILITIES),
    ),
    _DYNAMIC,
)
_EOS = Platform(
    "Arista EOS",
    "arista_eos",
    ("arista.eos.eos", "eos"),
    (
        _ask(
            "interfaces",
            "show interfaces",
            name="interface",
            mac="mac_address",
            state="link_status",
            address="ip_address",
        ),
        _ask("members", "show port-channel summary", lag="bundle_name", member="member_interface"),
        _ask("fdb", "show mac address-table", mac="mac_address", vlan="vlan_id", port="destination_port", type="type"),
        _ask("neighbors", "show ip arp", address="ip_address", mac="mac_address", interface="interface"),
        _ask("lldp", "show lldp neighbors detail", **_LLDP),
    ),
    _DYNAMIC,
)
_JUNOS = Platform(
    "Juniper Junos",
    "juniper_junos",
    ("junipernetworks.junos.junos", "junos"),
    (
        _ask("identity", "show version", hostname="hostname"),
        _ask("interfaces", "show interfaces", name="interface", state="link_status", admin="admin_state"),
        _ask("members", "show lacp interfaces", lag="bundle_name", member="member_interface"),
        _ask(
            "fdb",
            "show ethernet-switching table",
            mac="mac_address",
            vlan="vlan_id",
            port="logical_interface",
            type="mac_flag",
        ),
        _ask("neighbors", "show arp no-resolve", address="ip_address", mac="mac_address", interface="interface"),
        _ask("lldp", "show lldp neighbors", **_LLDP),
    ),
    frozenset(("d", "dl")),  # dynamic, locally learnt; DR came from another device (EVPN, MC-LAG)
    has_units=True,
)
_COMWARE = Platform(
    "H3C and HPE Comware",
    "hp_comware",
    ("community.network.comware", "comware", "hp_comware"),
    (
        _ask(
            "interfaces",
            "display interface",
            name="interface",
            mac="hw_address",
            state="line_status",
            address="ip_address",
        ),
        _ask("members", "display link-aggregation verbose", lag="interface", member="local_interfaces"),
        _ask(
            "vlans",
            "display interface",
            port="interface",
            mode="port_link_type",
            access="untagged_vlan_id vlan_native",
            native="vlan_native",
            carried="vlan_passing",
        ),
        _ask("fdb", "display mac-address", mac="mac_address", vlan="vlan_id", port="interface", type="state"),
        _ask("neighbors", "display arp", address="ip_address", mac="mac_address", interface="interface", type="type"),
        _ask("lldp", "display lldp neighbor-information verbose", **_LLDP),
    ),
    frozenset(("learned",)),
)
_VRP = Platform(
    "Huawei VRP",
    "huawei_vrp",
    ("community.network.ce", "ce", "huawei_vrp", "vrp"),
    (
        _ask(
            "interfaces",
            "display interface",
            name="interface",
            mac="mac_address",
            state="link_status",
            address="ip_address",
        ),
        _ask("members", "display interface", lag="interface", member="aggregated_interfaces"),
        _ask("members", "display eth-trunk", lag="eth_trunk", member="interface"),
        _ask(
            "vlans",
            "display port vlan",
            port="interface",
            mode="link_type",
            access="vlan_id",
            native="vlan_id",
            carried="trunk_vlan_list",
        ),
        _ask(
            "fdb",
            "display mac-address",
            mac="destination_address",
            vlan="vlan_id",
            port="destination_port",
            type="type",
        ),
        _ask(
            "neighbors", "display arp all", address="ip_address", mac="mac_address", interface="interface", type="type"
        ),
        _ask("neighbors", "display ipv6 neighbors", address="ipv6_address", mac="mac_address", interface="interface"),
        _ask("lldp", "display lldp neighbor", **_LLDP_BY_ID),
    ),
    _DYNAMIC,
)
_PROCURVE = Platform(
    "HPE ProCurve and ArubaOS-Switch",
    "hp_procurve",
    ("arubanetworks.aos_switch.arubaoss", "arubaoss", "procurve", "hp_procurve"),
    (
        _ask("identity", "show lldp info local-device", hostname="system_name", chassis="chassis_id"),
        _ask("interfaces", "show interfaces brief", name="port", state="status", admin="enabled"),
        _ask("members", "show trunks", lag="trunk", member="local_port"),
        _ask("fdb", "show mac-address", mac="mac_address", vlan="vlan_id", port="port"),
        _ask("neighbors", "show arp", address="ip_address", mac="mac_address", interface="port", type="type"),
        _ask("lldp", "show lldp info remote-device detail", **_LLDP_AND_CAPABILITIES),
    ),
)
_AOSCX = Platform(
    "Aruba AOS-CX",
    "aruba_aoscx",
    ("arubanetworks.aoscx.aoscx", "aoscx"),
    (
        _ask(
            "interfaces",
            "show interface",
            name="interface",
            mac="mac_address",
            state="link_status",
            admin="link_admin",
            address="ip_address",
        ),
        _ask("members", "show interface", lag="interface", member="aggregated_interfaces"),
        _ask(
            "vlans",
            "show interface",
            port="interface",
            mode="vlan_mode",
            access="vlan_access",
            native="vlan_native",
            carried="vlan_trunk",
        ),
        _ask("fdb", "show mac-address-table", mac="mac_address", vlan="vlan_id", port="port", type="type"),
        _ask("neighbors", "show arp all-vrfs", address="ip_address", mac="mac_address", interface="port_id"),
        _ask("lldp", "show lldp neighbors-info detail", **_LLDP_BY_ID),
    ),
    frozenset(("dynamic", "port-access-security")),
)
_ROUTEROS = Platform(
    "MikroTik RouterOS",
    "mikrotik_routeros",
    ("community.routeros.routeros", "routeros"),
    (
        _ask(
            "interfaces",
            "/interface print terse without-paging",
            name="name",
            mac="mac_address",
            state="status",
        ),
        _ask("members", "/interface bonding print detail", lag="name", member="slaves"),
        _ask(
            "fdb",
            "/interface bridge host print terse without-paging",
            mac="mac_address",
            vlan="vlan_id",
            port="on_interface interface",
            type="disabled invalid local external dynamic",
        ),
        _ask(
            "neighbors",
            "/ip arp print terse without-paging",
            address="address",
            mac="mac_address",
            interface="interface",
        ),
        _ask(
            "neighbors",
            "/ipv6 neighbor print without-paging",
            address="ipv6_address",
            mac="mac_address",
            interface="interface",
        ),
        _ask(
            "lldp",
            "/ip neighbor print detail",
            interface="interface",
            chassis="mac_address",
            far="interface_name",
            system="identity",
            capabilities="system_caps_enabled",
        ),
    ),
    frozenset(("d", "e")),  # dynamic; learnt by a switch chip (external). L is local, its own
)
_SONIC = Platform(
    "SONiC",
    "",
    ("dellemc.enterprise_sonic.sonic", "sonic"),
    (
        _ask(
            "interfaces",
            "sonic-db-dump -n APPL_DB -k 'PORT_TABLE:*' -y",
            name="key",
            state="oper_status",
            admin="admin_status",
        ),
        _ask(
            "interfaces",
            "sonic-db-dump -n APPL_DB -k 'LAG_TABLE:*' -y",
            name="key",
            state="oper_status",
            admin="admin_status",
        ),
        _ask("members", "sonic-db-dump -n APPL_DB -k 'LAG_MEMBER_TABLE:*' -y", lag="key", member="rest"),
        _ask("fdb", "sonic-db-dump -n STATE_DB -k 'FDB_TABLE|*' -y", mac="rest", vlan="key", port="port", type="type"),
        _ask(
            "neighbors", "sonic-db-dump -n APPL_DB -k 'NEIGH_TABLE:*' -y", address="rest", mac="neigh", interface="key"
        ),
        _ask(
            "lldp",
            "sonic-db-dump -n APPL_DB -k 'LLDP_ENTRY_TABLE:*' -y",
            interface="key",
            chassis="lldp_rem_chassis_id",
            far="lldp_rem_port_id",
            system="lldp_rem_sys_name",
        ),
    ),
    _DYNAMIC,
    is_database=True,
)
_BY_HOST = (
    "it keeps the tables of its chip in the kernel: read it as a host, by the role snapshot over SSH, and"
    " take it out of the switches"
)
_BY_SNMP = (
    "ntc-templates has no template for its table of addresses: walk it by SNMP (docs/guide_switches.md), and take it"
    " out of the switches"
)
PLATFORMS: dict[str, Platform] = {
    "ios": _IOS,
    "nxos": _NXOS,
    "eos": _EOS,
    "junos": _JUNOS,
    "comware": _COMWARE,
    "vrp": _VRP,
    "procurve": _PROCURVE,
    "aoscx": _AOSCX,
    "routeros": _ROUTEROS,
    "sonic": _SONIC,
    "cumulus": Platform("Cumulus Linux", "", ("cumulus", "nvidia.nvue"), (), hint=_BY_HOST),
    "os10": Platform("Dell OS10", "", ("dellemc.os10.os10", "os10"), (), hint=_BY_SNMP),
}


class PlatformError(ValueError):
    """A platform that nobody knows, or that is read in another way; the message says which there are."""


def platform_of(name: str) -> Platform:
    """The platform called NAME, by our word for it or by Ansible's network_os; PlatformError where nothing is asked."""
    wanted = name.strip().lower()
    found = PLATFORMS.get(wanted)
    for platform in PLATFORMS.values():
        if found is None and wanted in (*platform.network_os, platform.parser) and wanted:
            found = platform
    if found is None:
        told = f"no platform {name.strip()[:60]!r}" if wanted else "the platform of this switch is not told"
        raise PlatformError(f"{told}: set switch_snapshot_platform to one of {', '.join(PLATFORMS)}")
    if not found.asks:
        raise PlatformError(f"{found.title}: {found.hint}")
    return found


def commands_of(platform: Platform) -> list[str]:
    """The commands to run on a switch of PLATFORM, each once, in their order."""
    return list(dict.fromkeys(ask.command for ask in platform.asks))
