"""systemd .link files, which udev applies before any network manager: for interfaces that none of them owns."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import posixpath
from typing import List, Optional

from ansible_collections.netops.layer2.plugins.module_utils._netconfig._adapter import Adapter
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._networkd import network_mac, with_mac
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._networkd_match import FOLDERS
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import Drafts, Nic
from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, ReadError, Runner

_DEFAULT = "99-default.link"


class Link(Adapter):
    """An interface that gets its MAC from udev."""

    manager = ".link file"

    def __init__(self, runner: Runner, nic: Nic, path: str) -> None:
        super(Link, self).__init__(runner, nic)
        self.path = path

    @property
    def drop_in(self) -> str:
        """Where the MAC is written if the file is a distribution's or fits other interfaces too."""
        return "%s/10-mac-%s.link" % (FOLDERS[0], self.nic.name)

    def files(self, drafts: Drafts) -> List[str]:
        return [self.drop_in] if drafts.read(self.drop_in) is not None or not self._is_own(drafts) else [self.path]

    def _is_own(self, drafts: Drafts) -> bool:
        """Whether the file in force is the operator's and already gives a MAC: then it can fit only one interface."""
        return self.path.startswith("/etc/") and network_mac(drafts.read(self.path) or "") is not None

    def read_mac(self, drafts: Drafts) -> Optional[str]:
        return network_mac(drafts.read(self.files(drafts)[0]) or "")

    def set_mac(self, drafts: Drafts, new: str) -> None:
        path = self.files(drafts)[0]
        text = drafts.read(path)
        drafts.write(path, with_mac(text if text is not None else new_link(self.nic, drafts.read(self.path) or ""), new))

    def activate(self) -> List[List[str]]:
        return [["udevadm", "control", "--reload"]]


def new_link(nic: Nic, base: str) -> str:
    """A .link file for NIC alone, with the [Link] settings of BASE, since only the first file that fits counts (systemd.link(5))."""
    match = "PermanentMACAddress=" + nic.permanent if nic.permanent else "OriginalName=" + nic.name
    settings: List[str] = []
    inside = False
    for line in base.splitlines():
        if line.startswith("["):
            inside = line.strip() == "[Link]"
        elif inside and line.strip() and not line.startswith(("#", ";", "MACAddressPolicy", "MACAddress=")):
            settings.append(line)
    return "# Gives %s its MAC\n[Match]\n%s\n\n[Link]\n%s" % (nic.name, match, "".join(line + "\n" for line in settings))


def link_file(runner: Runner, nic: Nic) -> Optional[str]:
    """The .link file that udev applied to NIC; None where udev does not run or applied none."""
    try:
        answer = runner.output(["udevadm", "info", "--query=property", "--path=/sys/class/net/" + nic.name])
    except (Missing, ReadError):
        return None
    lines = answer.stdout.splitlines()
    given = next((line.split("=", 1)[1] for line in lines if line.startswith("ID_NET_LINK_FILE=")), None)
    if given is None or not runner.exists("/run/udev/control"):
        return None
    shadow = posixpath.join(FOLDERS[0], posixpath.basename(given))
    return shadow if posixpath.basename(given) != _DEFAULT and runner.exists(shadow) else given
