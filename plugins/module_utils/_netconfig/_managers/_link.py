"""systemd .link files, which udev applies before any network manager: for interfaces that none of them owns."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import posixpath
from contextlib import suppress
from typing import List, Optional

from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import (
    Adapter,
    Claim,
    Evidence,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._networkd import network_mac, with_mac
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._networkd_match import (
    FOLDERS,
    alone,
    drop_ins,
    effective,
    own_file,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Drafts, Nic
from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, ReadError, Runner

_DEFAULT = "99-default.link"
_OWN_FILES = ("10-mac-", "05-mac-", "00-mac-", "0-mac-")
_POLICY, _CHOOSES = "MACAddressPolicy", ("persistent", "random")
_ASSIGNED, _RENAMED = "/sys/class/net/%s/name_assign_type", "4"  # NET_NAME_RENAMED: by a program


class Link(Adapter):
    """An interface that gets its MAC from udev."""

    manager = ".link file"
    owns = False

    def __init__(self, runner: Runner, nic: Nic, path: str) -> None:
        super(Link, self).__init__(runner, nic)
        self.path = path

    @classmethod
    def left_to(cls, evidence: Evidence) -> List[Claim]:
        path = link_file(evidence.runner, evidence.nic)
        return [Claim("udev (%s)" % path, cls(evidence.runner, evidence.nic, path))] if path else []

    @property
    def own(self) -> Optional[str]:
        """Where the MAC is written if the file is a distribution's or fits other interfaces too; None where no name
        would come before it.
        """
        return own_file(".link", self.nic, self.path, _OWN_FILES)

    def files(self, drafts: Drafts) -> List[str]:
        own = self.own
        if own is not None and (drafts.read(own) is not None or not self._is_own(drafts)):
            return [own] + drop_ins(drafts, own)
        return [self.path] + drop_ins(drafts, self.path)

    def _is_own(self, drafts: Drafts) -> bool:
        """Whether the file in force is the operator's and already gives a MAC: then it can fit only one interface."""
        return self.path.startswith("/etc/") and link_mac(effective(drafts, self.path)) is not None

    def read_mac(self, drafts: Drafts) -> Optional[str]:
        return link_mac(effective(drafts, self.files(drafts)[0]))

    def set_mac(self, drafts: Drafts, new: str) -> None:
        path = self.files(drafts)[0]
        if path == self.path and not self._is_own(drafts):
            raise ConfigError(
                "%s: udev applies %s, and no file of the interface's own would come before it: give that one a later"
                " name" % (self.nic.name, self.path)
            )
        if drafts.read(path) is None:
            self._refuse_renamed()
            if not (drafts.read(self.path) or "").strip():
                raise ConfigError(
                    "%s: udev applied %s to it, which is gone or empty, so that its settings cannot be kept: restore it"
                    " first" % (self.nic.name, self.path)
                )
            drafts.write(path, new_link(self.nic, effective(drafts, self.path)))
        for each in [path] + _stating(drafts, path):
            drafts.write(each, with_mac(drafts.read(each) or "", new))
        if self.read_mac(drafts) != new:
            raise ConfigError(
                "%s: a drop-in of %s would still give it %s: state the MAC in one place below /etc/systemd/network"
                % (self.nic.name, path, self.read_mac(drafts) or "a MAC by MACAddressPolicy")
            )

    def _refuse_renamed(self) -> None:
        """ConfigError for a NIC that a file of its own could match by no name: the kernel's is another one, and
        nothing tells it.
        """
        if self.nic.permanent:
            return
        with suppress(ReadError):
            if self.runner.read(_ASSIGNED % self.nic.name).strip() == _RENAMED:
                raise ConfigError(
                    "%s: it was renamed, its driver tells no permanent MAC, and a .link file needs one of them or the"
                    " kernel's name: write a .link file with `OriginalName=` and `MACAddress=` for it"
                    % self.nic.name
                )

    def activate(self) -> List[List[str]]:
        return [["udevadm", "control", "--reload"]]


def new_link(nic: Nic, base: str) -> str:
    """A .link file for NIC alone, with every setting of BASE (a file and its drop-ins), since only the first file that
    fits counts (systemd.link(5)).
    """
    match = "PermanentMACAddress=" + nic.permanent if nic.permanent else "OriginalName=" + nic.name
    text = base if "Link" in [name for name, _lines in _ini.sections(base)] else base + "\n\n[Link]\n"
    return alone(
        "# Gives %s its MAC\n[Match]\n%s\n" % (nic.name, match),
        text,
        (("Link", _POLICY), ("Link", "MACAddress")),
    )


def _stating(drafts: Drafts, path: str) -> List[str]:
    """The drop-ins below /etc that state a MAC."""
    added = [each for each in drop_ins(drafts, path) if each.startswith("/etc/")]
    return [each for each in added if network_mac(drafts.read(each) or "")]


def link_mac(text: str) -> Optional[str]:
    """MAC that a .link file with its drop-ins gives; None for none, and where udev chooses one (systemd.link(5))."""
    return None if _policy(text) in _CHOOSES else network_mac(text)


def _policy(text: str) -> str:
    given = [value for value in _ini.values(text, ["Link"], _POLICY) if value in ("", "none", *_CHOOSES)]
    return given[-1] if given else ""


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
