"""Targets: files of network managers as they lie on hosts, edited as text: what is set can be read, twice is once."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import yaml
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import (
    _ini,
    _networkd_match,
    _pins,
    _policy_route,
    _uci_lines,
    _yaml_lines,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import (
    _ifcfg,
    _ifupdown,
    _keepalived,
    _netplan,
    _networkd,
    _networkmanager,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._policy_route import PolicyRoute
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, is_mac
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber import _wanted_macs

from . import samples
from .target import TEXT, Target, promise

_OLD, _NEW = "52:54:00:0c:1d:f5", "02:00:00:ab:cd:ef"
_ROUTES = (PolicyRoute("198.51.100.9", "eth0", "192.0.2.1", 20048, 20048, False, ()),
           PolicyRoute("2001:db8:9::9", "eth0", "2001:db8::1", 20050, 20050, True, ("eth1",)))
Editor = Callable[[str], str]


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")


def _twice_is_once(text: str, edit: Editor) -> str:
    made = edit(text)
    promise(edit(made) == made, "twice is once")
    return made


def edit_ini(octets: bytes) -> None:
    """Keyfiles and systemd's files."""
    text = _text(octets)
    promise("".join(_ini.split(text)) == text, "lines joined are the text")
    for joins in (True, False):
        made = _twice_is_once(
            text, lambda each, joins=joins: _ini.with_value(each, ["Link"], "MACAddress", _NEW, joins)
        )  # type: ignore[misc]
        promise(set(_ini.values(made, ["Link"], "MACAddress", joins)) == {_NEW}, "what is set can be read")
    made = _twice_is_once(text, lambda each: _networkd.with_mac(each, _NEW))
    promise(_NEW in (_networkd.network_mac(made), _networkd.netdev_mac(made)), "a .network file has the MAC")
    made = _twice_is_once(text, lambda each: _networkmanager.with_mac(each, _NEW))
    promise(_networkmanager.keyfile_mac(made) == _NEW, "a keyfile has the MAC")
    for route in _ROUTES:
        made = _twice_is_once(text, lambda each, route=route: _networkmanager.with_route(each, route, True))  # type: ignore[misc]
        gone = _networkmanager.without_route(made, route)
        promise(_networkmanager.without_route(gone, route) == gone, "a route is gone at once")
    for read in (
        _networkd_match.wide_match,
        _networkmanager.shared_profile,
        _networkd.state_fields,
        _networkmanager.device_fields,
        _networkmanager.profile_files,
    ):
        read(text)


def edit_interfaces(octets: bytes) -> None:
    """interfaces(5), and ifup's state."""
    text = _text(octets)
    _ifupdown.states(text)
    if not _ifupdown.stanzas(text, "eth0"):
        return
    made = _twice_is_once(text, lambda each: _ifupdown.with_mac(each, "eth0", _NEW))
    promise(_ifupdown.stated(made, "eth0"), "a stanza states the MAC")
    promise(all(is_mac(each, _NEW) for each in _ifupdown.stated(made, "eth0")), "every stanza has the MAC")
    promise(_ifupdown.stated(made, "eth1") == _ifupdown.stated(text, "eth1"), "other stanzas stay")
    _twice_is_once(text, lambda each: _ifupdown.with_ageing(each, "eth0", 900))


def edit_uci(octets: bytes) -> None:
    """OpenWrt's files: a MAC changes in the sections of one device, and nothing else."""
    text = _text(octets)
    there = _uci_lines.sections(text)
    for number, section in enumerate(there[:20]):  # each reads the text anew
        options = [option for option in section.options if option.name == "macaddr" and not option.is_list]
        made = (
            _uci_lines.with_value(text, options[-1].value, _NEW)
            if options
            else _uci_lines.with_option(text, section, "macaddr", _NEW)
        )
        again = _uci_lines.sections(made)
        promise(again[number].value("macaddr") == _NEW, "a section has the MAC")
        promise([_other_options(each) for each in again] == [_other_options(each) for each in there], "all else stays")


def _other_options(section: _uci_lines.Section) -> tuple[Any, ...]:
    values = [
        (option.name, option.value.value, option.is_list)
        for option in section.options
        if option.name != "macaddr" or option.is_list
    ]
    return section.kind, section.name, values


def edit_variables(octets: bytes) -> None:
    """ifcfg files, and the rules beside them."""
    text = _text(octets)
    made = _twice_is_once(text, lambda each: _ifcfg.with_value(each, "MACADDR", _NEW))
    promise(_ifcfg.values(made, "MACADDR"), "the variable is set")
    promise(all(is_mac(each, _NEW) for each in _ifcfg.values(made, "MACADDR")), "every assignment has the MAC")
    for route in _ROUTES:
        made = _twice_is_once(text, lambda each, route=route: _ifcfg.with_rule(each, route))  # type: ignore[misc]
        gone = _ifcfg.without_rule(made, route)
        promise(_ifcfg.without_rule(gone, route) == gone, "a rule is gone at once")
        _twice_is_once(text, lambda each, route=route: _ifcfg.with_line(each, _ifcfg.rule_line(route)))  # type: ignore[misc]
    _policy_route.from_script(text)
    list(_keepalived.rules_in(text))


def edit_netplan(octets: bytes) -> None:
    """netplan's YAML: only the MAC of the one definition changes, also to a YAML parser."""
    text = _text(octets)
    lines = _ini.split(text)
    for each in _yaml_lines.scalars(text):
        promise(each.path and each.line < len(lines), "a scalar stands in a line")
    if not _netplan.stated(text, "eth0"):
        return
    made = _twice_is_once(text, lambda each: _netplan.with_mac(each, "eth0", _NEW))
    promise(all(is_mac(each.value, _NEW) for each in _netplan.stated(made, "eth0")), "what is set can be read")
    before, after = _yaml(text), _yaml(made)
    if before is not None:
        promise(_without_mac(before) == _without_mac(after), "nothing else changed")


def _yaml(text: str) -> Any:
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, AttributeError, OverflowError):
        return None
    return found if isinstance(found, dict) else None


def _without_mac(data: Any) -> str:
    """A netplan file without what the edit may change."""
    kinds = data.get("network") if isinstance(data, dict) else None
    for definitions in kinds.values() if isinstance(kinds, dict) else ():
        if isinstance(definitions, dict) and isinstance(definitions.get("eth0"), dict):
            definitions["eth0"].pop("macaddress", None)
    return repr(data)


def find_pins(octets: bytes) -> None:
    """Whatever file holds a MAC: a pin stands where it says."""
    text = _text(octets)
    lines = _ini.split(text)
    for each in _pins.files():
        for pin in _pins.pins_in("/etc/x", text, {_OLD, "52:54:00:00:00:01"}, each):
            promise(is_mac(lines[pin.line][pin.start:pin.end], pin.mac), "a pin is the MAC")


def find_wanted(octets: bytes) -> None:
    """MACs that somebody is about to use, in whatever file."""
    for wanted in _wanted_macs.from_text(_text(octets), "text", "me", {"a"}):
        promise(wanted.where.startswith("text:") and len(wanted.mac) == 17, "a MAC and its line")


def _files(*patterns: str) -> Callable[[], Iterator[bytes]]:
    return lambda: chain.from_iterable(samples.files("module_utils/_netconfig/golden", pattern) for pattern in patterns)


_WORDS = (
    "\n",
    "\r\n",
    "\\\n",
    "# ",
    ";",
    "=",
    "[Link]\n",
    "[Match]\n",
    "[NetDev]\nKind=bridge\n",
    "[ethernet]\n",
    "[connection]\ntype=bridge\n",
    "MACAddress=",
    "cloned-mac-address=",
    "mac-address=",
    "iface eth0 inet static\n",
    "iface eth0 inet6 auto\n",
    "    hwaddress ether ",
    "bridge_ageing 5\n",
    "auto eth0\n",
    "MACADDR=",
    "HWADDR='",
    "network:\n",
    "  ethernets:\n",
    "    eth0:\n",
    "      macaddress: ",
    "      match: {macaddress: ",
    "- ",
    ": ",
    " |\n",
    "'",
    '"',
    "{",
    "}",
    "random",
    "NMROUTING_RULE_0=",
    "route1=",
    "route1_options=table=20048",
    "routing-rule1=priority 20048 from 198.51.100.9/32 table 20048\n",
)
TARGETS = [
    Target(
        "ini-files",
        "keyfiles and systemd's files: edited, read, routes added and dropped",
        edit_ini,
        _files("*.network", "*.nmconnection", "*.link", "nmcli*", "links/*"),
        (),
        TEXT,
        _WORDS,
    ),
    Target(
        "interfaces-files", "interfaces(5)", edit_interfaces, _files("interfaces", "more", "ifstate"), (), TEXT, _WORDS
    ),
    Target(
        "ifcfg-files",
        "ifcfg files, rules beside them, scripts of ours",
        edit_variables,
        _files("ifcfg-*", "route*-eth0"),
        (),
        TEXT,
        _WORDS,
    ),
    Target(
        "netplan-files",
        "netplan's YAML, held against a YAML parser",
        edit_netplan,
        _files("*.yaml", "network-config"),
        (),
        TEXT,
        _WORDS,
    ),
    Target(
        "uci-files",
        "OpenWrt's configuration",
        edit_uci,
        _files("config/network", "config/dhcp"),
        (ConfigError,),
        TEXT,
        (
            *_WORDS,
            "config device\n",
            "config interface wan\n",
            "\toption macaddr '",
            "\toption name eth0\n",
            "\tlist ports 'a'\n",
            "; ",
            "package x\n",
        ),
    ),
    Target("pins", "places in any file that hold a MAC", find_pins, _files("*"), (), TEXT, _WORDS),
    Target(
        "wanted-macs",
        "MACs about to be used, in XML, YAML, inventories",
        find_wanted,
        lambda: chain(_files("*.yaml", "ifcfg-*")(), samples.files("module_utils/golden/libvirt-9.0", "*.xml")),
        (_wanted_macs.WantedError,),
        TEXT,
        (
            *_WORDS,
            "<mac address='",
            "<domain>",
            "</domain>",
            "<name>",
            "<!--",
            "-->",
            "<host mac='",
            "hosts:\n",
            "web30 mac=",
        ),
    ),
]
