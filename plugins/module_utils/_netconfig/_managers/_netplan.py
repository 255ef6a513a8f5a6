"""netplan: the definition behind an interface in /etc/netplan, its MAC and its policy routes; edits are checked with
netplan itself.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import posixpath
import re
import shutil
import tempfile
import urllib.parse
from typing import Collection, Dict, List, Optional, Sequence, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ageing, _ini, _policy_route, _yaml_lines
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import _netplan_own
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import (
    Adapter,
    Claim,
    Evidence,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._generated import netplan_id
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._networkd import (
    network_file,
    reload_command,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._networkmanager import (
    active_profile,
    has_route,
    has_rule,
    method,
    wide_profile,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._networkd_match import drop_ins, wide_match
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
from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, ReadError, Runner, shortened

FOLDERS = ("/lib/netplan", "/etc/netplan", "/run/netplan")
_GENERATE = ["netplan", "generate"]
# What stands there goes into NetworkManager's profile as it is, in the place of what the rest of the definition says.
_PASSTHROUGH = ("networkmanager", "passthrough")
_OVERRIDE = "#Netplan: passthrough override"
_PASSED_MACS = tuple(
    "%s.cloned-mac-address" % each for each in ("ethernet", "802-3-ethernet", "wifi", "802-11-wireless")
)


class Netplan(Adapter):
    """An interface that netplan handed to a renderer; ``path`` is the file that it generated for it."""

    manager = "netplan"
    folders = ("/etc/netplan/",)
    at_boot = ("netplan",)
    refills = True

    def __init__(self, runner: Runner, nic: Nic, path: str) -> None:
        super(Netplan, self).__init__(runner, nic)
        self.path = path
        self.id = self._defined(Drafts(runner), netplan_id(path) or nic.name)
        self._wide = ""  # the definition that its own was copied from in this change
        if self._has_own(Drafts(runner)):
            self._take_own()

    @classmethod
    def claims(cls, evidence: Evidence) -> List[Claim]:
        renderers = (("NetworkManager", evidence.ask(active_profile)), ("systemd-networkd", evidence.ask(network_file)))
        return [
            Claim("%s (%s)" % (name, path), cls(evidence.runner, evidence.nic, path))
            for name, path in renderers
            if path and netplan_id(path)
        ]

    @classmethod
    def interface_at(cls, drafts: Drafts, pin: Pin, names: Collection[str]) -> Optional[str]:
        """The definition that it stands in, in block or flow style."""
        path = _yaml_lines.path_finder(drafts.read(pin.file) or "")(pin.line, pin.start)
        return path[2] if len(path) > 2 and path[0] == "network" else None

    @staticmethod
    def _defined(drafts: Drafts, name: str) -> str:
        """The definition behind a generated file's NAME, in which netplan escapes ids (RFC 3986) and adds the SSID of a
        network.
        """
        known = {path[2] for file in config_files(drafts) for path in _yaml_lines.paths(drafts.read(file) or "")
                 if len(path) == 3 and path[0] == "network"}
        if name in known:
            return name
        plain = urllib.parse.unquote(name)
        return max([each for each in known if plain == each or plain.startswith(each + "-")], key=len, default=plain)

    def _has_own(self, drafts: Drafts) -> bool:
        """Whether a definition of the interface's own comes before the one in force: networkd may still have the other
        one.
        """
        own = _netplan_own.identifier(self.nic.name)
        return self._is_rendered_for_networkd and own < self.id and any(
            path[2:] == (own,) for file in config_files(drafts) for path in _yaml_lines.paths(drafts.read(file) or "")
        )

    def _take_own(self) -> None:
        self.id = _netplan_own.identifier(self.nic.name)
        self.path = _netplan_own.network_path(self.id)

    @property
    def overlay(self) -> str:
        """File of our own for what the operator's files do not say; netplan merges files in the order of their names.
        """
        return "/etc/netplan/90-layer2-%s.yaml" % self.id.replace("/", "-")

    def files(self, drafts: Drafts) -> List[str]:
        return [path for path in config_files(drafts) if self._kind_in(drafts.read(path) or "")]

    def _kind_in(self, text: str) -> Optional[str]:
        """The section (ethernets, bridges, ...) of TEXT that defines the interface."""
        return next(
            (
                path[1]
                for path in _yaml_lines.paths(text)
                if len(path) == 3 and path[0] == "network" and path[2] == self.id
            ),
            None,
        )

    def _kind(self, drafts: Drafts) -> str:
        """The same as netplan has it after merging, which also knows definitions in flow style."""
        kinds = [self._kind_in(drafts.read(path) or "") for path in config_files(drafts)]
        kind = next((each for each in kinds if each), None) or self._kind_in(self._ask(["get"]))
        if kind is None:
            raise ConfigError("%s: netplan generated %s, but no file in /etc/netplan defines %s any more: "
                              "add it, or run `netplan apply`" % (self.nic.name, self.path, self.id))
        return kind

    def _ask(self, words: List[str]) -> str:
        try:
            return self.runner.run(["netplan"] + words)
        except Missing:
            raise ConfigError(
                "%s: netplan's files configure it, but netplan is not installed: install netplan.io" % self.nic.name
            ) from None
        except ReadError as error:
            raise ConfigError("%s: netplan does not read its own files: %s" % (self.nic.name, error.reason)) from None

    def read_mac(self, drafts: Drafts) -> Optional[str]:
        found = [each for path in config_files(drafts) for each in stated(drafts.read(path) or "", self.id)]
        given = [each.value for each in _passed_on_last(found)]
        if not given:
            given = self._ask(["get", "%s.%s.macaddress" % (self._kind(drafts), self.id.replace(".", "\\."))]).split()
        try:
            return canonical(given[-1].strip("\"'")) if given else None
        except MacError:
            return None

    def set_mac(self, drafts: Drafts, new: str) -> None:
        if self.read_mac(drafts) == new:
            return
        self._refuse_passthrough(drafts)
        problem = self._problem(drafts)
        if problem:
            self._make_own(drafts, problem, new)
            return
        stating = [path for path in config_files(drafts) if stated(drafts.read(path) or "", self.id)]
        for path in stating:
            if not path.startswith("/etc/"):
                raise ConfigError(
                    "%s: its MAC is stated in %s, which is generated: state it in /etc/netplan" % (self.nic.name, path)
                )
            drafts.write(path, with_mac(drafts.read(path) or "", self.id, new))
        if not stating:
            kind = self._kind(drafts)
            drafts.write(self.overlay, overlay_text(kind, self.id, new, self._required(kind)), 0o600)

    def _required(self, kind: str) -> List[str]:
        """What netplan wants in every file that speaks of such a definition: it checks tunnels file by file."""
        if kind != "tunnels":
            return []
        values = [
            (key, self._ask(["get", "%s.%s.%s" % (kind, self.id.replace(".", "\\."), key)]).strip())
            for key in ("mode", "id")
        ]
        return ["%s: %s" % pair for pair in values if re.match(r"[A-Za-z0-9_-]+\Z", pair[1]) and pair[1] != "null"]

    def _problem(self, drafts: Drafts) -> Optional[str]:
        """Why the definition may fit other interfaces as well; None where it is this one's alone."""
        text = drafts.read(self.path)
        if text is None and self.id == _netplan_own.identifier(self.nic.name):
            return None  # written, and generated only by the command that follows
        return (wide_match if self._is_rendered_for_networkd else wide_profile)(text or "")

    def _make_own(self, drafts: Drafts, problem: str, new: str) -> None:
        """Draft a definition for the interface alone, with the MAC NEW and all that the wide one says."""
        if not self._is_rendered_for_networkd:
            self._refuse_wide(drafts, problem, "NetworkManager takes any profile that fits")
        kind = self._kind(drafts)
        added = drop_ins(drafts, self.path) + drop_ins(drafts, _netplan_own.link_path(self.id))
        obstacle = _netplan_own.obstacle(kind, self.id, self.nic.name, added)
        lines: List[str] = []
        if obstacle is None:
            lines, obstacle = _netplan_own.copied(self._ask(["get", "%s.%s" % (kind, self.id.replace(".", "\\."))]))
        if obstacle is not None:
            self._refuse_wide(drafts, problem, obstacle)
        self._wide = self.id
        self._take_own()
        drafts.write(
            self.overlay, _netplan_own.text(self._wide, self.nic.name, lines + ['macaddress: "%s"' % new]), 0o600
        )

    def _refuse_wide(self, drafts: Drafts, problem: str, obstacle: str) -> None:
        raise ConfigError(
            "%s: netplan's %s may fit other interfaces too (%s %s), what is added to it would go to all of them, and it"
            " is not copied for one (%s): %s"
            % (self.nic.name, self.id, self.path, problem, obstacle, self._hint(drafts))
        )

    def _hint(self, drafts: Drafts) -> str:
        """What the operator can write: the exact file where the definition fits no other interface that there is."""
        present = self._fitting(drafts)
        if present == [self.nic.name]:
            return (
                "no other interface here fits it; if none is to come, write this to %s, and run `netplan generate`: %s"
                % (
                    "/etc/netplan/80-%s.yaml" % self.nic.name,
                    _netplan_own.narrower(self._kind(drafts), self.id, self.nic.name),
                )
            )
        others = " (%s)" % ", ".join(each for each in present if each != self.nic.name) if present else ""
        return (
            "give it a definition of its own with `match: {name: %s}`, and let %s fit no more than the others%s"
            % (self.nic.name, self.id, others)
        )

    def _fitting(self, drafts: Drafts) -> List[str]:
        """The present interfaces that the definition fits, empty where that cannot be told from names."""
        try:
            present = sorted(self.runner.listdir("/sys/class/net"))
        except ReadError:
            return []
        return _netplan_own.fitting(drafts.read(self.path) or "", present)

    def _refuse_passthrough(self, drafts: Drafts) -> None:
        if self._kind(drafts) == "nm-devices":
            raise ConfigError(
                "%s: netplan's %s only keeps a connection of NetworkManager's for it, and hands on nothing else of its "
                "YAML: change the connection itself (nmcli connection modify), which NetworkManager writes back"
                % (self.nic.name, self.id))

    @property
    def _is_rendered_for_networkd(self) -> bool:
        return not self.path.endswith(".nmconnection")

    def set_route(self, drafts: Drafts, route: PolicyRoute) -> None:
        self._refuse_passthrough(drafts)
        problem = self._problem(drafts)
        if problem:
            self._refuse_wide(drafts, problem, "a change of its MAC makes such a copy, a policy route does not")
        if not self._is_rendered_for_networkd:
            self._refuse_without_way(drafts.read(self.path) or "", route)
        text = route_text(self._kind(drafts), self.id, route, self.keeps_last_resort())
        drafts.write(route_overlay(route.vip), text, 0o600)

    def _refuse_without_way(self, text: str, route: PolicyRoute) -> None:
        section = "ipv%d" % _policy_route.family(route.vip)
        given = method(text, section)
        if given in ("disabled", "ignore", "link-local"):
            raise ConfigError(
                "%s: netplan's %s gives it no IPv%s (method %s), and NetworkManager drops routes there, so it has no"
                " way to %s: give it an address or dhcp%s first"
                % (self.nic.name, self.id, section[-1], given, route.gateway, section[-1])
            )

    @classmethod
    def drop_route(cls, drafts: Drafts, route: PolicyRoute) -> None:
        if drafts.read(route_overlay(route.vip)) is not None:
            drafts.remove(route_overlay(route.vip))

    def read_ageing(self, drafts: Drafts) -> Optional[float]:
        texts = [drafts.read(path) or "" for path in config_files(drafts)]
        found = [each for text in texts for each in stated_ageing(text, self.id)]
        return _ageing.last([_ageing.span(each.value) for each in _passed_on_last(found)])

    def set_ageing(self, drafts: Drafts, seconds: int) -> bool:
        self._refuse_passthrough(drafts)
        stating = [path for path in config_files(drafts) if stated_ageing(drafts.read(path) or "", self.id)]
        if not stating:
            drafts.write(
                "/etc/netplan/92-layer2-ageing-%s.yaml" % self.id,
                ageing_text(self.id, seconds, self._speaks_stp(drafts)),
                0o600,
            )
            return True
        for path in stating:
            text = drafts.read(path) or ""
            for place in stated_ageing(text, self.id):
                text = _with_number(text, place, seconds)
            drafts.write(path, text)
        return True

    def _speaks_stp(self, drafts: Drafts) -> bool:
        return (drafts.read("/sys/class/net/%s/bridge/stp_state" % self.nic.name) or "0").strip() != "0"

    def show_ageing(self) -> List[List[str]]:
        return self.activate()

    def keeps_last_resort(self) -> bool:
        # netplan hands NetworkManager unicast routes only.
        return self._is_rendered_for_networkd

    @classmethod
    def follow(cls, runner: Runner, changes: List[FileChange], commands: List[List[str]]) -> List[List[str]]:
        if any(change.path.startswith(cls.folders) for change in changes) and _GENERATE not in commands:
            return [_GENERATE] + commands
        return commands

    def apply(self) -> List[List[str]]:
        last = (
            reload_command(self.runner)
            if self._is_rendered_for_networkd
            else ["nmcli", "device", "reapply", self.nic.name]
        )
        return self.activate() + [last]

    def activate(self) -> List[List[str]]:
        load = [["nmcli", "connection", "load", self.path]] if "NetworkManager" in self.path else []
        return [_GENERATE] + load

    def names(self) -> Set[str]:
        return {self.id}

    def late(self) -> str:
        return "netplan apply"

    def replug(self, drafts: Drafts, edited: bool) -> List[List[str]]:
        # What it generates is there before the NIC is swapped, for udev, which names the new one.
        return [reload_command(self.runner)] if edited and self._is_rendered_for_networkd else []

    def check(self, drafts: Drafts, new: Optional[str], routes: Sequence[PolicyRoute] = ()) -> None:
        """Let netplan generate from the drafts, away from the system: ConfigError if it refuses them or makes something
        else of them.

        NEW: the MAC and ROUTES: the policy routes that the interface is to get; None and none where they are not to
        change.
        """
        root = tempfile.mkdtemp(prefix="netplan-")
        try:
            _copy(drafts, root)
            self._ask(["generate", "--root-dir", root])
            text = self._generated(root)
            self._check_generated(text, new)
            self._check_copy(root, text)
            if not self._is_rendered_for_networkd:
                self._check_routes(text, routes)
        finally:
            shutil.rmtree(root, ignore_errors=True)

    def _check_routes(self, text: str, routes: Sequence[PolicyRoute]) -> None:
        for route in routes:
            lost = [
                what for what, kept in (("rule", has_rule(text, route)), ("route", has_route(text, route))) if not kept
            ]
            if lost:
                raise ConfigError(
                    "%s: this netplan does not hand NetworkManager the %s of %s (it drops them without a word): upgrade"
                    " netplan, use the networkd renderer, or keep the profile in"
                    " /etc/NetworkManager/system-connections%s"
                    % (self.nic.name, " and the ".join(lost), route.vip, _passed_on(text))
                )

    def _check_copy(self, root: str, text: str) -> None:
        """ConfigError unless netplan makes of the interface's own definition what it makes of the wide one."""
        if not self._wide:
            return
        lost = _netplan_own.lost(text, _text_of(root + _netplan_own.network_path(self._wide)))
        wide_link = _text_of(root + _netplan_own.link_path(self._wide))
        lost += _netplan_own.lost(_text_of(root + _netplan_own.link_path(self.id)), wide_link)
        if lost:
            raise ConfigError(
                "%s: netplan's %s fits other interfaces too, and a copy of it for this one would not be the same (%s):"
                " other definitions speak of %s. Give the interface a definition of its own with `match: {name: %s}`,"
                " and name that one where they speak of %s"
                % (self.nic.name, self._wide, ", ".join(lost[:5]), self._wide, self.nic.name, self._wide)
            )

    def _generated(self, root: str) -> str:
        try:
            with open(root + self.path, encoding="utf-8", errors="replace") as stream:
                return stream.read()
        except OSError as error:
            raise ConfigError(
                "%s: with the change netplan no longer generates %s (%s): look for a definition in a later file"
                % (self.nic.name, self.path, error.strerror)
            ) from None

    def _check_generated(self, text: str, new: Optional[str]) -> None:
        given = _ini.values(text, ["Link"], "MACAddress") + _ini.values(
            text, ["ethernet", "bridge", "wifi"], "cloned-mac-address", joins=False
        )
        given += _ini.values(text, ["bridge"], "mac-address", joins=False)
        if new and not any(is_mac(each, new) for each in given):
            raise ConfigError("%s: netplan would still give it %s: look for `macaddress` in a later file than %s%s"
                              % (self.nic.name, ", ".join(given) or "no MAC", self.overlay, _passed_on(text)))
        by = _ini.values(text, ["Match"], "MACAddress")
        if new and by and not any(is_mac(each, new) for each in " ".join(by).split()):
            raise ConfigError(
                "%s: this netplan makes networkd match by the current MAC (%s), which is about to change: "
                "replace `match: macaddress` of %s with `match: name`" % (self.nic.name, shortened(by[-1]), self.id)
            )


def _passed_on_last(found: List[_yaml_lines.Scalar]) -> List[_yaml_lines.Scalar]:
    """What netplan's files state, in order, and then what `passthrough` states, which takes its place."""
    return sorted(found, key=lambda each: _PASSTHROUGH[1] in each.path)


def _passed_on(text: str) -> str:
    """Words for a generated profile TEXT in which what `passthrough` says takes the place of other settings."""
    return "; its `networkmanager: passthrough:` takes the place of other settings" if _OVERRIDE in text else ""


def _text_of(path: str) -> str:
    """The text of a generated file; empty where netplan made none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def _copy(drafts: Drafts, root: str) -> None:
    for path in config_files(drafts):
        os.makedirs(root + posixpath.dirname(path), mode=0o700, exist_ok=True)
        with os.fdopen(os.open(root + path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write((drafts.read(path) or "").encode("utf-8", "surrogateescape"))


def config_files(drafts: Drafts) -> List[str]:
    """The YAML files that count, in the order in which netplan merges them: by name; one name hides the same in an
    earlier folder.
    """
    found: Dict[str, str] = {}
    for folder in FOLDERS:
        for path in drafts.glob(folder + "/*.yaml"):
            found[posixpath.basename(path)] = path
    return [found[name] for name in sorted(found)]


def stated(text: str, identifier: str) -> List[_yaml_lines.Scalar]:
    """The ``macaddress`` of definition IDENTIFIER in TEXT; not the one below ``match``, which is what the NIC must
    have.
    """
    return [each for each in _yaml_lines.scalars(text) if _is_stated(each.path, identifier) and each.value]


def _is_stated(path: Tuple[str, ...], identifier: str) -> bool:
    if len(path) < 4 or path[0] != "network" or path[2] != identifier:
        return False
    return path[3:] == ("macaddress",) or (path[-3:-1] == _PASSTHROUGH and path[-1] in _PASSED_MACS)


def with_mac(text: str, identifier: str, new: str) -> str:
    """TEXT with NEW wherever definition IDENTIFIER states its ``macaddress``."""
    for place in stated(text, identifier):
        if not is_mac(place.value, new):
            text = _yaml_lines.with_scalar(text, place, _styled(place.value, new))
    return text


def _styled(old: str, new: str) -> str:
    try:
        canonical(old)
    except MacError:
        return new
    return restyled(old, new) if ":" in old else new


def stated_ageing(text: str, identifier: str) -> List[_yaml_lines.Scalar]:
    """The ageing that TEXT states for bridge IDENTIFIER, in either spelling."""
    bridge = ("network", "bridges", identifier, "parameters")
    passed = ("network", "bridges", identifier, *_PASSTHROUGH, "bridge.ageing-time")
    places = [(*bridge, "ageing-time"), (*bridge, "aging-time"), passed]
    return [each for each in _yaml_lines.scalars(text) if each.value and tuple(each.path) in places]


def _with_number(text: str, place: _yaml_lines.Scalar, seconds: int) -> str:
    lines = _ini.split(text)
    lines[place.line] = lines[place.line][:place.start] + str(seconds) + lines[place.line][place.end:]
    return "".join(lines)


def ageing_text(identifier: str, seconds: int, stp: bool) -> str:
    """A netplan file that adds nothing to bridge IDENTIFIER but its ageing.

    Each file with parameters turns spanning tree on unless it says otherwise (seen with netplan 0.106), so STP is
    stated as it is.
    """
    return (
        "# How long %s keeps a MAC (netops.layer2.layer2_timers); the rest of its configuration is in the other files\n"
        'network:\n  version: 2\n  bridges:\n    "%s":\n      parameters:\n        ageing-time: %d\n        stp: %s\n'
        % (identifier, identifier, seconds, "true" if stp else "false")
    )


def route_overlay(vip: str) -> str:
    """The file of our own that holds the policy route of VIP."""
    return "/etc/netplan/91-layer2-%s.yaml" % _policy_route.key(vip)


def route_text(kind: str, identifier: str, route: PolicyRoute, in_table: bool) -> str:
    """A netplan file that adds nothing to definition IDENTIFIER but ROUTE; netplan joins the lists of all files."""
    everything = _policy_route.everything(route)
    first = ['- to: "%s"' % everything, '  via: "%s"' % route.gateway]
    first += ["  on-link: true"] * route.onlink
    first.append("  table: %d" % route.table)
    last = [
        '- to: "%s"' % everything,
        "  type: unreachable",
        "  table: %d" % route.table,
        "  metric: %d" % _policy_route.LAST_METRIC,
    ]
    rule = [
        '- from: "%s"' % _policy_route.host_prefix(route),
        "  table: %d" % route.table,
        "  priority: %d" % route.priority,
    ]
    lines = [
        "# Replies from %s leave by %s (netops.layer2.policy_route)" % (route.vip, route.gateway),
        "network:",
        "  version: 2",
        "  %s:" % kind,
        "    %s:" % _quoted(identifier),
        "      routes:",
    ]
    lines += ["        " + line for line in first + (last if in_table else [])] + ["      routing-policy:"]
    return "\n".join(lines + ["        " + line for line in rule]) + "\n"


def _quoted(identifier: str) -> str:
    return identifier if re.match(r"[A-Za-z][A-Za-z0-9_.-]*\Z", identifier) else '"%s"' % identifier


def overlay_text(kind: str, identifier: str, new: str, required: Sequence[str] = ()) -> str:
    """A netplan file that adds nothing to definition IDENTIFIER but its MAC; REQUIRED: lines that it repeats, since
    netplan wants them.
    """
    repeated = "".join("      %s\n" % line for line in required)
    return (
        "# The MAC of %s; the rest of its configuration is in the other files\n"
        'network:\n  version: 2\n  %s:\n    %s:\n%s      macaddress: "%s"\n'
        % (identifier, kind, _quoted(identifier), repeated, new)
    )
