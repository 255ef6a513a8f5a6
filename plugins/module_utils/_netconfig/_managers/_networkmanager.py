"""NetworkManager: which profile is active on an interface, and the MAC and policy routes in its keyfile."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import posixpath
import re
from contextlib import suppress
from typing import Collection, Dict, List, Optional, Sequence, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ageing, _ini, _pin_files, _policy_route
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._manager_pins import KEYFILES as FOLDER
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import (
    Adapter,
    Claim,
    Evidence,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._generated import netplan_id
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._pin_files import Pin
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._policy_route import PolicyRoute
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import (
    ConfigError,
    Drafts,
    Nic,
    decimal_mac,
    is_mac,
    restyled,
)
from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, ReadError, Runner

IFCFG = "ifcfg-"  # files that it reads and that are not its own
# nm-settings-keyfile(5): new and old names of one section
_ETHERNET = ("ethernet", "802-3-ethernet")
_WIFI = ("wifi", "802-11-wireless")
_UNREACHABLE = (1, 36)  # the first version whose profiles hold routes of other types than unicast
_NET, _ETHER = "/sys/class/net", "1"  # ARPHRD_ETHER
_ACTIVATING = 40  # NMDeviceState: from "prepare" on a profile is in use


class Keyfile(Adapter):
    """A profile in a keyfile."""

    manager = "NetworkManager"
    folders = ("/etc/NetworkManager/",)
    loads_quietly = True
    refills = True

    def __init__(self, runner: Runner, nic: Nic, path: str) -> None:
        super(Keyfile, self).__init__(runner, nic)
        self.path = path

    @classmethod
    def claims(cls, evidence: Evidence) -> List[Claim]:
        path = evidence.ask(active_profile)
        if path is None or netplan_id(path) or posixpath.basename(path).startswith(IFCFG):
            return []  # netplan's and ifcfg's
        return [Claim("NetworkManager (%s)" % path, cls(evidence.runner, evidence.nic, path))]

    @classmethod
    def interface_at(cls, drafts: Drafts, pin: Pin, names: Collection[str]) -> Optional[str]:
        text = drafts.read(pin.file) or ""
        return next(iter(_pin_files.words_of(text, "connection", "interface-name", joins=False)), None)

    @property
    def own_path(self) -> str:
        """Where the edited profile is kept: below /etc, which comes before /run and /usr/lib for a profile of the same
        UUID.
        """
        return self.path if self.path.startswith("/etc/") else posixpath.join(FOLDER, posixpath.basename(self.path))

    def files(self, drafts: Drafts) -> List[str]:
        return [self.own_path]

    def _text(self, drafts: Drafts) -> str:
        text = drafts.read(self.own_path)
        text = drafts.read(self.path) if text is None else text
        if text is None:
            raise ConfigError(
                "%s: NetworkManager's profile %s is gone: `nmcli connection reload`" % (self.nic.name, self.path)
            )
        return text

    def read_mac(self, drafts: Drafts) -> Optional[str]:
        return keyfile_mac(self._text(drafts))

    def set_mac(self, drafts: Drafts, new: str) -> None:
        text = self._text(drafts)
        if keyfile_mac(text) == new:
            return
        problem = shared_profile(text)
        if problem:
            raise ConfigError("%s: %s %s" % (self.nic.name, self.path, problem))
        if wide_profile(text):
            refuse_wide(self.runner, self.nic, self.path, "connection.interface-name=%s" % self.nic.name)
        drafts.write(self.own_path, with_mac(text, new), 0o600)

    def activate(self) -> List[List[str]]:
        return [["nmcli", "connection", "load", self.own_path]]

    def set_route(self, drafts: Drafts, route: PolicyRoute) -> None:
        text = self._text(drafts)
        problem = shared_profile(text)
        if problem:
            raise ConfigError("%s: %s %s" % (self.nic.name, self.path, problem))
        section = "ipv%d" % _policy_route.family(route.vip)
        if method(text, section) in ("", "disabled", "ignore"):
            raise ConfigError("%s: %s gives it no IPv%s, so it has no way to %s: set %s.method first"
                              % (self.nic.name, self.path, section[-1], route.gateway, section))
        drafts.write(self.own_path, with_route(text, route, self.keeps_last_resort()), 0o600)

    @classmethod
    def drop_route(cls, drafts: Drafts, route: PolicyRoute) -> None:
        for path in drafts.glob(FOLDER + "/*"):
            text = drafts.read(path) or ""
            if _route_lines(text, route):
                drafts.write(path, without_route(text, route))

    def read_ageing(self, drafts: Drafts) -> Optional[float]:
        texts = [drafts.read(path) or "" for path in (self.path, self.own_path)]
        return _ageing.last(
            [
                _ageing.span(value)
                for text in texts
                for value in _ini.values(text, ["bridge"], "ageing-time", joins=False)
            ]
        )

    def set_ageing(self, drafts: Drafts, seconds: int) -> bool:
        text = drafts.read(self.own_path)
        text = drafts.read(self.path) if text is None else text
        drafts.write(
            self.own_path, _ini.with_value(text or "", ["bridge"], "ageing-time", str(seconds), joins=False), 0o600
        )
        return True

    def keeps_last_resort(self) -> bool:
        return version(self.runner) >= _UNREACHABLE

    def apply(self) -> List[List[str]]:
        return self.activate() + [["nmcli", "device", "reapply", self.nic.name]]


def version(runner: Runner) -> Tuple[int, int]:
    """Major and minor number of this NetworkManager; (0, 0) where it does not tell."""
    try:
        found = re.search(r"version (\d+)\.(\d+)", runner.output(["nmcli", "--version"]).stdout)
    except ReadError:
        return 0, 0
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


def _route_lines(text: str, route: PolicyRoute) -> List[_ini.Entry]:
    """The entries of a keyfile that are about the rule and the table of ROUTE."""
    section = "ipv%d" % _policy_route.family(route.vip)
    mine = [entry for entry in _ini.entries(text, joins=False) if entry.section == section]
    tabled = _in_table(mine, route.table)
    rules = [entry for entry in mine if re.match(r"routing-rule\d+\Z", entry.key)]
    about = [entry.key for entry in rules if _is_about(entry.value.split(), route)]
    names = {*tabled, *(key + "_options" for key in tabled), *about}
    return [entry for entry in mine if entry.key in names]


def _in_table(entries: Sequence[_ini.Entry], table: int) -> Set[str]:
    """The keys of the routes (``route1``) whose options put them into TABLE."""
    return {
        entry.key[:-len("_options")]
        for entry in entries
        if re.match(r"route\d+_options\Z", entry.key) and "table=%d" % table in re.split("[,;]", entry.value)
    }


def _is_about(words: List[str], route: PolicyRoute) -> bool:
    return str(route.table) in words and (route.vip in words or _policy_route.host_prefix(route) in words)


def with_route(text: str, route: PolicyRoute, in_table: bool) -> str:
    """The keyfile with ROUTE in it; untouched where it is there already. IN_TABLE: with the unreachable route."""
    section = "ipv%d" % _policy_route.family(route.vip)
    everything, nowhere = _policy_route.everything(route), "::" if section == "ipv6" else "0.0.0.0"
    routes = [
        ("%s,%s" % (everything, route.gateway), "table=%d%s" % (route.table, ",onlink=true" if route.onlink else ""))
    ]
    if in_table:
        routes.append(
            ("%s,%s,%d" % (everything, nowhere, _policy_route.LAST_METRIC), "table=%d,type=unreachable" % route.table)
        )
    rule = "priority %d from %s table %d" % (route.priority, _policy_route.host_prefix(route), route.table)
    there = sorted(entry.value for entry in _route_lines(text, route))
    if there == sorted([rule] + [each for pair in routes for each in pair]):
        return text
    text = without_route(text, route)
    for value, options in routes:
        name = "route%d" % _free(text, section, "route")
        text = _ini.with_value(text, [section], name, value, joins=False)
        text = _ini.with_value(text, [section], name + "_options", options, joins=False)
    return _ini.with_value(text, [section], "routing-rule%d" % _free(text, section, "routing-rule"), rule, joins=False)


def without_route(text: str, route: PolicyRoute) -> str:
    """The keyfile without ROUTE; the numbers of other routes and rules stay as they are, since NetworkManager minds no
    gaps.
    """
    return _ini.without(text, [entry.line for entry in _route_lines(text, route)])


def _free(text: str, section: str, name: str) -> int:
    taken = [
        re.match(name + r"(\d+)", entry.key) for entry in _ini.entries(text, joins=False) if entry.section == section
    ]
    return max([int(found.group(1)) for found in taken if found] + [0]) + 1


def _kind(text: str) -> str:
    return "".join(_ini.values(text, ["connection"], "type", joins=False)[-1:])


def _sections(text: str) -> Tuple[str, ...]:
    return _WIFI if _kind(text) in _WIFI else _ETHERNET


def method(text: str, section: str) -> str:
    """How a keyfile's SECTION (ipv4, ipv6) gets addresses; NetworkManager takes a section that is missing for ``auto``,
    except in ports.
    """
    given = _ini.values(text, [section], "method", joins=False)
    if given:
        return given[-1]
    # A section without a method is an error that it does not load.
    there = any(entry.section == section for entry in _ini.entries(text, joins=False))
    port = any(_ini.values(text, ["connection"], key, joins=False) for key in ("master", "controller"))
    return "" if there or port else "auto"


def has_rule(text: str, route: PolicyRoute) -> bool:
    """Whether a keyfile has the rule of ROUTE."""
    return any(entry.key.startswith("routing-rule") for entry in _route_lines(text, route))


def has_route(text: str, route: PolicyRoute) -> bool:
    """Whether a keyfile has a route in the table of ROUTE, by its gateway."""
    return any(
        re.match(r"route\d+\Z", entry.key) and route.gateway in entry.value.split(",")
        for entry in _route_lines(text, route)
    )


def keyfile_mac(text: str) -> Optional[str]:
    """The MAC that a keyfile gives its device; None for none, and for words such as ``random``. ``bridge.mac-address``
    counts too.
    """
    given = _ini.values(text, _sections(text), "cloned-mac-address", joins=False)
    if not given and _kind(text) == "bridge":
        given = _ini.values(text, ["bridge"], "mac-address", joins=False)
    try:
        return canonical(decimal_mac(given[-1])) if given else None
    except MacError:
        return None


def with_mac(text: str, new: str) -> str:
    """The keyfile with NEW as its device's MAC.

    ``cloned-mac-address`` is the one to set. ``mac-address`` of a NIC names the permanent one and stays; that of a
    bridge is its own.
    """
    old_bridge = _ini.values(text, ["bridge"], "mac-address", joins=False) if _kind(text) == "bridge" else []
    cloned = _ini.values(text, _sections(text), "cloned-mac-address", joins=False)
    if old_bridge:
        text = _ini.with_value(text, ["bridge"], "mac-address", _styled(old_bridge, new), joins=False)
    if cloned or not old_bridge:
        text = _ini.with_value(text, _sections(text), "cloned-mac-address", _styled(cloned, new), joins=False)
    return text


def _styled(old: List[str], new: str) -> str:
    try:
        canonical(old[-1] if old else "")
    except MacError:
        return new
    return old[-1] if is_mac(old[-1], new) else restyled(old[-1], new)


def shared_profile(text: str) -> Optional[str]:
    """Why a profile may serve more than one device, so that one MAC in it would make twins; None if it serves one."""
    named = _ini.values(text, ["connection"], "interface-name", joins=False)
    permanent = _ini.values(text, _sections(text), "mac-address", joins=False)
    several = "".join(_ini.values(text, ["connection"], "multi-connect", joins=False)[-1:])
    if several in ("2", "3") and not (named or permanent):
        return ("may be active on several devices at once (multi-connect): give it an interface-name, "
                "or the interface a profile of its own")
    return None


def wide_profile(text: str) -> Optional[str]:
    """Why a profile may come to another device than the one that has it now; None where a name or a permanent MAC holds
    it to one.
    """
    if any(value for value in _ini.values(text, _sections(text), "mac-address", joins=False)):
        return shared_profile(text)
    if any(value for value in _ini.values(text, ["connection"], "interface-name", joins=False)):
        return shared_profile(text)
    names = [
        name
        for value in _ini.values(text, ["match"], "interface-name", joins=False)
        for name in value.split(";")
        if name
    ]
    if len(names) == 1 and not re.search(r"[*?\[!&|\\]", names[0]):
        return None
    return "matches `interface-name=%s`" % ";".join(names) if names else "names no interface"


def refuse_wide(runner: Runner, nic: Nic, path: str, setting: str) -> None:
    """ConfigError where another NIC is there that may take the profile of PATH, which names none; SETTING names one."""
    others = [name for name in _nics(runner) if name != nic.name]
    if others:
        raise ConfigError(
            "%s: %s names no NIC, and at the next boot %s may take it, the MAC included: set %s there"
            % (nic.name, path, " or ".join(others), setting)
        )


def _nics(runner: Runner) -> List[str]:
    """Interfaces with an Ethernet device below them, but for wireless ones."""
    with suppress(ReadError):
        return [name for name in sorted(runner.listdir(_NET)) if _is_nic(runner, _NET + "/" + name)]
    return []


def _is_nic(runner: Runner, folder: str) -> bool:
    with suppress(ReadError):
        wireless = runner.exists(folder + "/phy80211")
        return runner.exists(folder + "/device") and not wireless and runner.read(folder + "/type").strip() == _ETHER
    return False


def device_fields(text: str) -> Dict[str, str]:
    """Fields that ``nmcli -t -f GENERAL device show NAME`` prints, without the word GENERAL."""
    pairs = [line.partition(":") for line in text.splitlines()]
    return {key.replace("GENERAL.", "", 1): re.sub(r"\\(.)", r"\1", value) for key, _colon, value in pairs if value}


def profile_files(text: str) -> Dict[str, str]:
    """UUID -> file, out of ``nmcli -t -f UUID,FILENAME connection show``."""
    pairs = [line.partition(":") for line in text.splitlines()]
    return {uuid: re.sub(r"\\(.)", r"\1", path) for uuid, _colon, path in pairs if path.startswith("/")}


def active_profile(runner: Runner, nic: Nic) -> Optional[str]:
    """File of the profile that NetworkManager has active on NIC; None where it does not own it.

    Raises ConfigError where a profile is active that is in no file.
    """
    name = nic.name
    try:
        answer = runner.output(["nmcli", "-t", "-f", "GENERAL", "device", "show", name])
    except Missing:
        return None
    fields = device_fields(answer.stdout) if answer.rc == 0 else {}
    state = re.match(r"(\d+)", fields.get("STATE", ""))
    if not state or int(state.group(1)) < _ACTIVATING or "externally" in fields["STATE"] or "CON-UUID" not in fields:
        return None
    try:
        path = profile_files(runner.run(["nmcli", "-t", "-f", "UUID,FILENAME", "connection", "show"])).get(
            fields["CON-UUID"]
        )
    except ReadError as error:
        raise ConfigError(
            "%s: NetworkManager owns it, but does not tell the file of its profile: %s" % (name, error.reason)
        ) from None
    if path is None:
        raise ConfigError("%s: NetworkManager's profile %s is in no file: save it with `nmcli connection modify %s "
                          "connection.autoconnect yes`" % (name, fields.get("CONNECTION", ""), fields["CON-UUID"]))
    return path
