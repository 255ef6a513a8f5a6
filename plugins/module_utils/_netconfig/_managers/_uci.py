"""OpenWrt's netifd and its file /etc/config/network (uci): who has an interface there, and `option macaddr` of it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
import time
from typing import Collection, List, Optional

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ageing, _uci_lines
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._manager_pins import UCI_CONFIG as CONFIG
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import (
    Adapter,
    Claim,
    Evidence,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._pin_files import Pin
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Drafts, restyled
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner

_NETIFD = "/sbin/netifd"
_RELOAD = ["/etc/init.d/network", "reload"]
_PAUSE, _CALM, _PATIENCE = 0.2, 5, 10.0  # seconds between two looks, how many of them in a row, seconds for all


class Uci(Adapter):
    """An interface that a section of /etc/config/network names."""

    manager = "uci"
    folders = ("/etc/config/",)
    no_routes = (
        "write `config route` with `option table` and `config rule` with `option src`, `lookup` and `priority` to %s,"
        " then run `%s`" % (CONFIG, " ".join(_RELOAD))
    )
    no_ageing = "write `option ageing_time` to the section of the bridge in %s and run `%s`" % (
        CONFIG,
        " ".join(_RELOAD),
    )

    @classmethod
    def claims(cls, evidence: Evidence) -> List[Claim]:
        if not evidence.runner.exists(_NETIFD):
            return []
        adapter = cls(evidence.runner, evidence.nic)
        drafts = Drafts(evidence.runner)
        return [Claim("netifd (%s)" % CONFIG, adapter)] if adapter.sections(drafts) or adapter.is_port(drafts) else []

    @classmethod
    def interface_at(cls, drafts: Drafts, pin: Pin, names: Collection[str]) -> Optional[str]:
        """The device that the section around a pin is for, where it is for one."""
        text = drafts.read(pin.file) or ""
        before = [section for section in _uci_lines.known(text) if text.count("\n", 0, section.start) <= pin.line]
        named = _uci_lines.devices(before[-1]) if before else []
        return named[0] if len(named) == 1 else None

    def files(self, drafts: Drafts) -> List[str]:
        return [CONFIG]

    def sections(self, drafts: Drafts) -> List[_uci_lines.Section]:
        """The sections whose options are the interface's: ``config device`` where there is one, since netifd asks no
        other then.
        """
        there = [
            each
            for each in _parsed(drafts.read(CONFIG) or "", self.nic.name)
            if _uci_lines.devices(each) == [self.nic.name]
        ]
        return [each for each in there if each.kind == "device"] or there

    def is_port(self, drafts: Drafts) -> bool:
        """Whether a bridge has the interface for a port."""
        there = _parsed(drafts.read(CONFIG) or "", self.nic.name)
        return any(
            self.nic.name in each.values(name) for each in there if each.value("type") for name in ("ports", "ifname")
        )

    def read_mac(self, drafts: Drafts) -> Optional[str]:
        given = [each.value("macaddr") for each in self.sections(drafts) if each.value("macaddr")]
        try:
            return canonical(given[-1]) if given else None
        except MacError:
            return None  # `random`

    def set_mac(self, drafts: Drafts, new: str) -> None:
        if self.read_mac(drafts) == new:
            return
        text = drafts.read(CONFIG) or ""
        there = self.sections(drafts)
        if not there and not self.is_port(drafts):
            raise ConfigError("%s: no section of %s names it any more: add `config device` with `option name '%s'`"
                              % (self.nic.name, CONFIG, self.nic.name))
        places = [option for each in there for option in each.options if option.name == "macaddr"]
        if any(option.is_list for option in places):
            raise ConfigError(
                "%s: %s has `list macaddr` where netifd wants one `option macaddr`: correct that first"
                % (self.nic.name, CONFIG)
            )
        for option in reversed(places):  # from the end, so that the places of the others stay true
            text = _uci_lines.with_value(text, option.value, _styled(option.value.value, new))
        if not places:
            text = self._added(text, there, new)
        drafts.write(CONFIG, text)

    def _added(self, text: str, there: List[_uci_lines.Section], new: str) -> str:
        if not there:
            return _uci_lines.with_section(
                text, "device", ["option name '%s'" % self.nic.name, "option macaddr '%s'" % new]
            )
        if self.nic.kind == "vlan" and there[0].kind != "device":
            raise ConfigError(
                "%s: netifd takes no MAC for a VLAN from a `config interface`: add a `config device` for it (type"
                " '8021q', ifname, vid, name) to %s" % (self.nic.name, CONFIG)
            )
        return _uci_lines.with_option(text, there[0], "macaddr", new)

    def late(self) -> str:
        return " ".join(_RELOAD)

    def activate(self) -> List[List[str]]:
        # Not told, netifd would give the old MAC again whenever it brings the interface up.
        return [_RELOAD]

    def apply(self) -> List[List[str]]:
        return [_RELOAD]

    def replug(self, drafts: Drafts, edited: bool) -> List[List[str]]:
        return [_RELOAD] if edited else []

    @classmethod
    def takes_away(cls, argv: List[str]) -> bool:
        return argv == _RELOAD

    @classmethod
    def settle(cls, runner: Runner, index: int) -> None:
        until, calm = time.monotonic() + _PATIENCE, 0
        while calm < _CALM and time.monotonic() < until:
            try:
                calm = (
                    0
                    if re.search(r'"pending": *true', runner.run(["ubus", "call", "network.interface", "dump"]))
                    else calm + 1
                )
            except ReadError:
                calm = 0
            time.sleep(_PAUSE)

    def read_ageing(self, drafts: Drafts) -> Optional[float]:
        return _ageing.last([_ageing.span(each.value("ageing_time")) for each in self.sections(drafts)])


def _parsed(text: str, name: str) -> List[_uci_lines.Section]:
    try:
        return _uci_lines.sections(text)
    except ConfigError as error:
        raise ConfigError("%s: %s cannot be read as netifd would: %s" % (name or "the host", CONFIG, error)) from None


def _styled(old: str, new: str) -> str:
    try:
        canonical(old)
    except MacError:
        return new  # `random`
    return restyled(old, new)
