"""systemd-networkd: which .network file is in force on an interface, and the MAC and policy routes in it, its drop-ins
and its .netdev.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import posixpath
import re
import time
from contextlib import suppress
from typing import Collection, Dict, List, Optional, Set

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ageing, _ini, _pin_files, _policy_route
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._manager_pins import (
    NETDEV_ADDRESS,
    NETWORKD_MATCH,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import (
    Adapter,
    Claim,
    Evidence,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._generated import netplan_id
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._networkd_match import (
    CURRENT,
    FOLDERS,
    PERMANENT,
    alone,
    drop_ins,
    effective,
    fits_name,
    macs,
    named,
    own_file,
    owner_of_drop_in,
    wide_match,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._pin_files import Pin
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._policy_route import PolicyRoute
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import (
    ConfigError,
    Drafts,
    FileChange,
    Nic,
    is_mac,
    restyled,
)
from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, ReadError, Runner

_STATE = "/run/systemd/netif/links/%d"
_PAUSE, _CALM = 0.2, 5  # seconds between two looks, and how many of them in a row
_RELOADS = 244  # the first systemd whose networkctl knows `reload`
_KNOWS_FOREIGN = 249  # the first systemd that knows ManageForeignRoutingPolicyRules
_UNIT = "systemd-networkd.service"
_BRIDGE, _AGEING, _LEARNING = "Bridge", "AgeingTimeSec", "Learning"
_OFF = ("no", "false", "off", "0", "n", "f")
_FOREIGN = "/etc/systemd/networkd.conf.d/99-layer2-policy-routes.conf"
_FOREIGN_TEXT = (
    "# So that systemd-networkd leaves policy rules alone that are not in its own files (netops.layer2.policy_route)\n"
    "[Network]\nManageForeignRoutingPolicyRules=no\n"
)
_OWN_FILES = ("05-layer2-", "00-layer2-", "0-layer2-")


class Networkd(Adapter):
    """An interface that a .network file configures."""

    manager = "systemd-networkd"
    folders = ("/etc/systemd/network/",)
    refills = True

    def __init__(self, runner: Runner, nic: Nic, path: str) -> None:
        super(Networkd, self).__init__(runner, nic)
        self.path = path

    @classmethod
    def claims(cls, evidence: Evidence) -> List[Claim]:
        path = evidence.ask(network_file)
        return (
            [Claim("systemd-networkd (%s)" % path, cls(evidence.runner, evidence.nic, path))]
            if path and not netplan_id(path)
            else []
        )

    @classmethod
    def interface_at(cls, drafts: Drafts, pin: Pin, names: Collection[str]) -> Optional[str]:
        path = owner_of_drop_in(pin.file)
        if pin.kind != NETDEV_ADDRESS:
            return named(effective(drafts, path), names)
        return next(iter(_pin_files.words_of(drafts.read(path) or "", "NetDev", "Name")), None)

    @classmethod
    def beside(cls, text: str, pin: Pin) -> Set[str]:
        return set(macs(text, CURRENT))  # another line, too

    def files(self, drafts: Drafts) -> List[str]:
        path = self._in_force(drafts)
        return [path] + drop_ins(drafts, path) + self._netdevs(drafts)

    def _in_force(self, drafts: Drafts) -> str:
        """The .network file: the interface's own, where one comes before the file that networkd has loaded."""
        own = self._own_file
        return own if own is not None and drafts.read(own) is not None else self.path

    @property
    def _own_file(self) -> Optional[str]:
        """Where a file for the interface alone goes; None where no name would come before the file in force."""
        return own_file(".network", self.nic, self.path, _OWN_FILES)

    def _netdevs(self, drafts: Drafts) -> List[str]:
        """The .netdev that makes the interface, if networkd does."""
        found: Dict[str, str] = {}
        for folder in reversed(FOLDERS):
            found.update((posixpath.basename(path), path) for path in drafts.glob(folder + "/*.netdev"))
        # Whatever hides a file, an empty one too, says nothing of what is hidden.
        mine = [name for name in found if self._makes_it(drafts.read(found[name]) or "")]
        return [found[each] for each in sorted(mine)]

    def _makes_it(self, text: str) -> bool:
        return self.nic.name in _ini.values(text, ["NetDev"], "Name")

    def read_mac(self, drafts: Drafts) -> Optional[str]:
        texts = [drafts.read(path) or "" for path in self.files(drafts)]
        given = [network_mac(text) for text in texts if "[Link]" in text] + [netdev_mac(text) for text in texts]
        return next((mac for mac in reversed([mac for mac in given if mac])), None)

    def set_mac(self, drafts: Drafts, new: str) -> None:
        if self._problem(drafts, new):
            self._make_own(drafts)
        stating = self._stating(drafts)
        if all(is_mac(mac, new) for path in stating for mac in _stated(drafts.read(path) or "")) and stating:
            return
        for path in stating:
            self._edit(drafts, path, new)
        if not stating:
            self._edit(drafts, self._in_force(drafts), new)
        if self.read_mac(drafts) != new:
            raise ConfigError(
                "%s: a drop-in of %s would still give it %s: state the MAC in one place below /etc/systemd/network"
                % (self.nic.name, self.path, self.read_mac(drafts))
            )

    def _stating(self, drafts: Drafts) -> List[str]:
        """Its files that give the interface a MAC."""
        return [path for path in self.files(drafts) if _stated(drafts.read(path) or "")]

    def _problem(self, drafts: Drafts, new: str = "") -> Optional[str]:
        """Why the file in force is not the interface's alone."""
        path = self._in_force(drafts)
        return wide_match(effective(drafts, path), self.nic, new) or self._shared(path)

    def _shared(self, path: str) -> Optional[str]:
        """That networkd has the file in force on another interface now."""
        with suppress(ReadError):
            for index in sorted(self.runner.listdir(posixpath.dirname(_STATE))):
                other = index.isdigit() and int(index) != self.nic.index
                if other and network_file(self.runner, self.nic._replace(index=int(index))) == path:
                    return "is in force on interface number %s, too" % index
        return None

    def _make_own(self, drafts: Drafts) -> None:
        """Draft a file for the interface alone, with all the settings of the one in force, which networkd reads before
        that one.
        """
        match = "[Match]\nName=%s\n" % self.nic.name
        own = self._own_file
        if own is None or wide_match(match):
            self._refuse_wide(drafts)
            return
        if not (drafts.read(self.path) or "").strip():
            raise ConfigError(
                "%s: systemd-networkd configures it by %s, which is gone or empty, so that its settings cannot be kept:"
                " restore it, or `networkctl reload`" % (self.nic.name, self.path)
            )
        head = (
            "# For %s alone, so that its MAC goes to no other interface: a copy of %s and its drop-ins, whose later"
            " changes do not reach it\n%s" % (self.nic.name, self.path, match)
        )
        if self.nic.permanent:
            head += "%s=%s\n" % (PERMANENT, self.nic.permanent)
        drafts.write(own, alone(head, effective(drafts, self.path)))

    def fit(self, drafts: Drafts, new: str, hardware: bool) -> None:
        text = effective(drafts, self._in_force(drafts))
        for key in (CURRENT, PERMANENT) if hardware else (CURRENT,):
            listed = macs(text, key)
            if listed and new not in listed:
                self._add(drafts, "Match", key, new)
        if not hardware:
            self._check_first(drafts, new)

    def _check_first(self, drafts: Drafts, new: str) -> None:
        """ConfigError where a file that comes earlier begins to fit: networkd takes the first one."""
        found: Dict[str, str] = {}
        for folder in reversed(FOLDERS):
            found.update((posixpath.basename(path), path) for path in drafts.glob(folder + "/*.network"))
        for name in sorted(found):
            if name >= posixpath.basename(self._in_force(drafts)):
                return
            text = effective(drafts, found[name])
            if new in macs(text, CURRENT) and fits_name(text, [self.nic.name]):
                raise ConfigError(
                    "%s: with the MAC %s, %s fits it before %s does, and networkd would configure it by that one: take"
                    " the MAC out of it" % (self.nic.name, new, found[name], self.path)
                )

    def late(self) -> str:
        return "networkctl reload"

    @classmethod
    def fits_several(cls, drafts: Drafts, pin: Pin, nic: Nic, new: str) -> bool:
        if pin.kind != NETWORKD_MATCH:
            return False
        return wide_match(effective(drafts, owner_of_drop_in(pin.file)), nic, new) is not None

    @classmethod
    def before_switch(cls, runner: Runner, nic: Nic, new: str, persistent: bool, extended: Set[str]) -> List[List[str]]:
        # It lets go of a link that the files which it has loaded no longer fit, whoever wrote them.
        path = network_file(runner, nic)
        listed = macs(effective(Drafts(runner), path), CURRENT) if path else []
        if listed and not persistent and new not in listed:
            raise ConfigError(
                "%s: %s fits it by its current MAC, and systemd-networkd would take its addresses away with another"
                " one: let the file change too (persistent: true), or match by name there" % (nic.name, path)
            )
        return [reload_command(runner)] if listed or (NETWORKD_MATCH in extended and is_active(runner, _UNIT)) else []

    @classmethod
    def takes_away(cls, argv: List[str]) -> bool:
        return argv[0] == "networkctl" or argv[-1] == _UNIT

    @classmethod
    def settle(cls, runner: Runner, index: int) -> None:
        wait(runner, index)

    def replug(self, drafts: Drafts, edited: bool) -> List[List[str]]:
        return self.apply() if edited else []

    def _refuse_wide(self, drafts: Drafts) -> None:
        problem = self._problem(drafts)
        if problem:
            raise ConfigError(
                "%s: %s %s, and what is added to it would go to all of them: give the interface a .network file of its"
                " own, with an earlier name and `[Match] Name=%s`" % (self.nic.name, self.path, problem, self.nic.name)
            )

    def _edit(self, drafts: Drafts, path: str, new: str) -> None:
        if path.startswith("/etc/"):
            drafts.write(path, with_mac(drafts.read(path) or "", new))
        elif path.endswith(".netdev"):
            drafts.write(posixpath.join(FOLDERS[0], posixpath.basename(path)), with_mac(drafts.read(path) or "", new))
        else:
            self._add(drafts, "Link", "MACAddress", new)

    def _add(self, drafts: Drafts, section: str, key: str, new: str) -> None:
        """Say it in a drop-in below /etc: what is not ours to edit, packages and generators write anew."""
        drop_in = "%s/%s.d/90-mac.conf" % (FOLDERS[0], posixpath.basename(self._in_force(drafts)))
        drafts.write(drop_in, _ini.with_value(drafts.read(drop_in) or "", [section], key, new))

    def set_route(self, drafts: Drafts, route: PolicyRoute) -> None:
        self._refuse_wide(drafts)
        drafts.write(route_drop_in(self._in_force(drafts), route.vip), route_text(route))

    @classmethod
    def drop_route(cls, drafts: Drafts, route: PolicyRoute) -> None:
        for path in drafts.glob(route_drop_in("*.network", route.vip)):
            drafts.remove(path)

    @classmethod
    def spare_others(cls, runner: Runner, drafts: Drafts, wanted: bool) -> None:
        # The guard of a policy route is in no file of its, and so are the rules of others.
        if not wanted:
            if drafts.read(_FOREIGN) is not None:
                drafts.remove(_FOREIGN)
        elif is_active(runner, _UNIT) and version(runner) >= _KNOWS_FOREIGN:
            drafts.write(_FOREIGN, _FOREIGN_TEXT)

    @classmethod
    def follow(cls, runner: Runner, changes: List[FileChange], commands: List[List[str]]) -> List[List[str]]:
        if any(change.path == _FOREIGN and change.after is not None for change in changes):
            # It reads its own settings only when it starts.
            return [argv for argv in commands if argv[0] != "networkctl"] + [["systemctl", "restart", _UNIT]]
        is_own = any(change.path.startswith(FOLDERS[0] + "/") for change in changes)
        if is_own and not commands and is_active(runner, _UNIT):
            return [reload_command(runner)]
        return commands

    def read_ageing(self, drafts: Drafts) -> Optional[float]:
        texts = [drafts.read(path) or "" for path in self._made_by(drafts)]
        return _ageing.last([_ageing.span(value) for text in texts for value in _ini.values(text, [_BRIDGE], _AGEING)])

    def set_ageing(self, drafts: Drafts, seconds: int) -> bool:
        made = self._made_by(drafts)
        if not made:
            return False  # it only configures it, and sets such a timer when it makes a bridge
        path = made[-1] if made[-1].startswith("/etc/") else posixpath.join(FOLDERS[0], posixpath.basename(made[-1]))
        drafts.write(path, _ini.with_value(drafts.read(made[-1]) or "", [_BRIDGE], _AGEING, str(seconds)))
        return True

    def _made_by(self, drafts: Drafts) -> List[str]:
        return [path for path in self.files(drafts) if path.endswith(".netdev")]

    def states_deaf(self, drafts: Drafts) -> bool:
        values = [
            value for path in self.files(drafts) for value in _ini.values(drafts.read(path) or "", [_BRIDGE], _LEARNING)
        ]
        return bool(values) and values[-1].lower() in _OFF

    def set_learning(self, drafts: Drafts) -> bool:
        if wide_match(drafts.read(self.path) or ""):
            return False
        for path in self.files(drafts):
            text = drafts.read(path) or ""
            if _ini.values(text, [_BRIDGE], _LEARNING) and path.startswith("/etc/"):
                drafts.write(path, _ini.with_value(text, [_BRIDGE], _LEARNING, "yes"))
        if self.states_deaf(drafts):
            drop_in = "%s/%s.d/90-layer2-learning.conf" % (FOLDERS[0], posixpath.basename(self.path))
            drafts.write(drop_in, "[%s]\n%s=yes\n" % (_BRIDGE, _LEARNING))
        return True

    def apply(self) -> List[List[str]]:
        return [reload_command(self.runner)]


def route_drop_in(path: str, vip: str) -> str:
    """The drop-in that gives the interface of .network file PATH the policy route of VIP."""
    return "%s/%s.d/60-layer2-%s.conf" % (FOLDERS[0], posixpath.basename(path), _policy_route.key(vip))


def route_text(route: PolicyRoute) -> str:
    """ROUTE in the words of systemd.network(5)."""
    everything = _policy_route.everything(route)
    lines = ["# Replies from %s leave by %s (netops.layer2.policy_route)" % (route.vip, route.gateway),
             "[Route]", "Destination=" + everything, "Gateway=" + route.gateway] + ["GatewayOnLink=yes"] * route.onlink
    lines += [
        "Table=%d" % route.table,
        "",
        "[Route]",
        "Destination=" + everything,
        "Type=unreachable",
        "Table=%d" % route.table,
        "Metric=%d" % _policy_route.LAST_METRIC,
        "",
        "[RoutingPolicyRule]",
        "From=" + _policy_route.host_prefix(route),
        "Table=%d" % route.table,
        "Priority=%d" % route.priority,
    ]
    return "\n".join(lines) + "\n"


def reload_command(runner: Runner) -> List[str]:
    """What has networkd read its .network files anew and configure the interfaces whose file changed."""
    return ["networkctl", "reload"] if version(runner) >= _RELOADS else ["systemctl", "restart", _UNIT]


def version(runner: Runner) -> int:
    """The number of this systemd; 0 where it does not tell."""
    try:
        found = re.match(r"systemd (\d+)", runner.output(["networkctl", "--version"]).stdout)
    except ReadError:
        return 0
    return int(found.group(1)) if found else 0


def _stated(text: str) -> List[str]:
    return _ini.values(text, ["Link"], "MACAddress") + _ini.values(text, ["NetDev"], "MACAddress")


def network_mac(text: str) -> Optional[str]:
    """MAC that the [Link] section of a .network file (or drop-in, or .link file) gives; None for none."""
    return _last_mac(_ini.values(text, ["Link"], "MACAddress"))


def netdev_mac(text: str) -> Optional[str]:
    """MAC that a .netdev file gives the interface it makes; None for none, and for ``none``."""
    return _last_mac(_ini.values(text, ["NetDev"], "MACAddress"))


def _last_mac(given: List[str]) -> Optional[str]:
    try:
        return canonical(given[-1]) if given else None
    except MacError:
        return None


def with_mac(text: str, new: str) -> str:
    """A .network, .link, .netdev or drop-in text with NEW as the MAC of its interface; what the files match by is left
    alone.
    """
    section = "NetDev" if _ini.values(text, ["NetDev"], "Kind") else "Link"
    old = _ini.values(text, [section], "MACAddress")
    return _ini.with_value(text, [section], "MACAddress", _styled(old, new))


def _styled(old: List[str], new: str) -> str:
    if not old or _last_mac(old) is None:
        return new
    return old[-1] if is_mac(old[-1], new) else restyled(old[-1], new)


def state_fields(text: str) -> Dict[str, str]:
    """``KEY=value`` lines of a link's state file."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))


def is_active(runner: Runner, unit: str) -> bool:
    """Whether systemd runs UNIT; False without systemd."""
    try:
        return runner.output(["systemctl", "is-active", unit]).stdout.strip() in ("active", "reloading", "activating")
    except Missing:
        return False


def wait(runner: Runner, index: int, patience: float = 10.0) -> None:
    """Wait until networkd has said for a while that it is done with link INDEX; a reload answers before it is."""
    until, calm = time.monotonic() + patience, 0
    while calm < _CALM and time.monotonic() < until:
        try:
            calm = calm + 1 if state_fields(runner.read(_STATE % index)).get("ADMIN_STATE") == "configured" else 0
        except ReadError:
            calm = 0
        time.sleep(_PAUSE)


def network_file(runner: Runner, nic: Nic) -> Optional[str]:
    """The .network file that networkd has in force on NIC; None where it does not own it."""
    try:
        fields = state_fields(runner.read(_STATE % nic.index))
    except ReadError:
        return None
    path = fields.get("NETWORK_FILE")
    if not path or fields.get("ADMIN_STATE") in ("unmanaged", "initialized", "linger"):
        return None
    return path if is_active(runner, _UNIT) else None
