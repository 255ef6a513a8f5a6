"""How hosts' kernels treat ARP: the sysctls that decide whether a host answers for an address on another interface."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.netops.layer2.plugins.module_utils._table import natural
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._texts import intern

_NAMES = (".arp_ignore", ".arp_announce", ".proxy_arp")
_PREFIX = "net.ipv4.conf."


class ArpSettings:
    """The ARP sysctls of every host; hosts of a fleet are set alike, so equal settings are kept once.

    NAMES: endings of the sysctls to keep, for a judgement that needs others.
    """

    def __init__(self, names: tuple[str, ...] = _NAMES) -> None:
        self._names = names
        self._of_host: dict[str, dict[str, str]] = {}
        self._known: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}

    def keep(self, reader: Reader) -> None:
        """Keep what decides of one host's sysctls."""
        self.add(reader.host, reader.document.get("sysctls"))

    def add(self, host: str, sysctls: object) -> None:
        """Keep what decides of SYSCTLS, a snapshot's object of that name; anything else counts as not read."""
        if not isinstance(sysctls, Mapping):
            return
        found = tuple(
            (intern(str(name)), intern(str(value)))
            for name, value in sysctls.items()
            if str(name).endswith(self._names)
        )
        if found:
            self._of_host[host] = self._known.setdefault(found, dict(found))

    def effective(self, host: str, interface: str, name: str) -> int | None:
        """What the kernel goes by on INTERFACE, None if the host's sysctls were not read.

        It is the maximum of ``all`` and the interface (kernel's Documentation/networking/ip-sysctl.rst); an interface
        that a snapshot leaves out has the value of ``default``.
        """
        values = [self.own(host, "all", name), self.own(host, interface, name)]
        return max((value for value in values if value is not None), default=None)

    def own(self, host: str, interface: str, name: str, room: str = _PREFIX) -> int | None:
        """INTERFACE's own value, without what ``all`` adds; ROOM: where the sysctl lives, such as ``net.ipv6.neigh.``.
        """
        settings = self._of_host.get(host, {})
        value = settings.get(f"{room}{interface.replace('.', '/')}.{name}")
        if value is None and interface != "all":
            value = settings.get(f"{room}default.{name}")
        return natural(value)
