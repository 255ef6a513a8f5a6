"""ifupdown (and ifupdown2): the stanzas of an interface in /etc/network/interfaces and what it sources; hooks for its
policy routes.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import Collection, Dict, List, NamedTuple, Optional, Set

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import (
    _ageing,
    _ini,
    _policy_route,
    _stanza_commands,
    _stanza_users,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._manager_pins import (
    IFUPDOWN_MATCH,
    IFUPDOWN_RENAME,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import (
    Adapter,
    Claim,
    Evidence,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._pin_files import Pin
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._policy_route import PolicyRoute
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import (
    ConfigError,
    Drafts,
    Nic,
    is_mac,
    restyled,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._stanza_files import MAIN, SOURCES, sourced
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner

_STATES = ("/run/network/ifstate", "/etc/network/run/ifstate", "/run/ifstate")
_FLEETING = "/run/"
_STARTS = ("iface", "auto", "mapping", "rename", "template", "no-auto-down", "no-scripts", *SOURCES)
_AGEING = re.compile(r"(\s*bridge[_-]ageing\s+)(\S+)(.*)\Z", re.DOTALL)  # bridge-utils-interfaces(5)

_SET_BY = ("static", "manual", "dhcp")  # methods by which ifupdown sets it: not `inet6 auto`, `ppp`, `tunnel` (0.8.44)
_KNOW_ALWAYS = ("/usr/share/ifupdown2", "/usr/libexec/ifupdown-ng", "/usr/lib/ifupdown-ng")

# logical: the name behind `iface`; method: `inet static`, ...; first, body, last: the lines, from 0, of its head, of
# what follows that, and of what is no longer its.
Stanza = NamedTuple("Stanza", [("logical", str), ("method", str), ("first", int), ("body", int), ("last", int)])
# value: what a statement says; start, end: where it stands in that line.
_Place = NamedTuple("_Place", [("line", int), ("start", int), ("end", int), ("value", str)])


class Ifupdown(Adapter):
    """An interface that ifup configured."""

    manager = "ifupdown"
    folders = ("/etc/network/",)

    def __init__(self, runner: Runner, nic: Nic, logical: str) -> None:
        super(Ifupdown, self).__init__(runner, nic)
        self.logical = logical

    @classmethod
    def claims(cls, evidence: Evidence) -> List[Claim]:
        logical = logical_name(evidence.runner, evidence.nic.name)
        return [Claim("ifupdown (iface %s)" % logical, cls(evidence.runner, evidence.nic, logical))] if logical else []

    @classmethod
    def interface_at(cls, drafts: Drafts, pin: Pin, names: Collection[str]) -> Optional[str]:
        if pin.kind in (IFUPDOWN_MATCH, IFUPDOWN_RENAME):
            return None
        text = drafts.read(pin.file) or ""
        given = _stanza_commands.target(text, pin.line, pin.start)
        return given if given is not None else _stanza_users.stanza_at(text, pin.line)

    @classmethod
    def beside(cls, text: str, pin: Pin) -> Set[str]:
        return _stanza_users.matched_macs(text)  # another word, or another line

    @classmethod
    def with_both(cls, text: str, pin: Pin, new: str) -> str:
        there = _ini.split(text)[pin.line][pin.start:pin.end]
        return _stanza_users.with_matched(text, pin.line, pin.start, pin.end, restyled(there, new))

    def files(self, drafts: Drafts) -> List[str]:
        return [path for path in sourced(drafts, MAIN) if stanzas(drafts.read(path) or "", self.logical)]

    def names(self) -> Set[str]:
        texts = _texts(Drafts(self.runner))
        lending = _stanza_users.lineage(texts, self.logical)[1:]
        return {self.logical, *(name for name in lending if not self._user(texts, name, ""))}

    def late(self) -> str:
        return "ifup --force %s" % self.nic.name

    def replug(self, drafts: Drafts, edited: bool) -> List[List[str]]:
        # `auto` counts at boot only, and ifup goes by what it noted then.
        return [] if self._is_hotplugged(drafts) else [["ifup", "--force", self.nic.name]]

    def _is_hotplugged(self, drafts: Drafts) -> bool:
        """Whether udev has ifup run for a NIC that appears."""
        lines = [line.split() for path in sourced(drafts, MAIN) for line in _ini.split(drafts.read(path) or "")]
        named = any(self.nic.name in words[1:] for words in lines if words[:1] == ["allow-hotplug"])
        return named and self.runner.exists("/run/udev/control")

    def _holding(self, drafts: Drafts) -> List[str]:
        found = self.files(drafts)
        if not found:
            raise ConfigError("%s: ifup configured it as %s, but no file has `iface %s` any more: add it to %s"
                              % (self.nic.name, self.logical, self.logical, MAIN))
        return found

    def read_mac(self, drafts: Drafts) -> Optional[str]:
        self._holding(drafts)
        texts = _texts(drafts)
        given = [
            mac
            for name in reversed(_stanza_users.lineage(texts, self.logical))
            for text in texts
            for mac in stated(text, name)
        ]
        try:
            return canonical(given[-1]) if given else None
        except MacError:
            return None

    def set_mac(self, drafts: Drafts, new: str) -> None:
        self._holding(drafts)
        self._refuse_shared_commands(drafts, new)
        name = self._stating(drafts)
        edited = {path: with_mac(drafts.read(path) or "", name, new) for path in self._edited(drafts, name)}
        if all(text == drafts.read(path) for path, text in edited.items()):
            return
        self._refuse_shared(drafts, name, new)
        for path, text in edited.items():
            self._refuse_fleeting(path, name)
            drafts.write(path, text)

    def _edited(self, drafts: Drafts, name: str) -> List[str]:
        """The files that are to give the interface its MAC: those that state one in stanza NAME, and one by which ifup
        sets it.
        """
        paths = [path for path in sourced(drafts, MAIN) if stated(drafts.read(path) or "", name)]
        able = self._able(drafts, self._holding(drafts))
        if name != self.logical or any(_sets_mac(drafts.read(path) or "", name) for path in paths):
            return paths
        return sorted({able, *paths})

    def _refuse_fleeting(self, path: str, name: str) -> None:
        if path.startswith(_FLEETING):
            raise ConfigError(
                "%s: `iface %s` stands in %s, which is made anew at every boot and would lose the MAC: write that"
                " stanza to %s" % (self.nic.name, name, path, MAIN)
            )

    def _able(self, drafts: Drafts, holding: List[str]) -> str:
        """The file with the stanza that gets a hwaddress; ConfigError where no method there knows it."""
        if any(self.runner.exists(path) for path in _KNOW_ALWAYS):
            return holding[0]
        able = {path: _able(stanzas(drafts.read(path) or "", self.logical)) for path in holding}
        found = [path for path in holding if able[path]]
        if not found:
            raise ConfigError(
                "%s: ifup sets no hwaddress by the methods of its `iface %s` stanzas: add one of `inet manual`"
                % (self.nic.name, self.logical)
            )
        return next((path for path in found if able[path][0].method.startswith("inet ")), found[0])

    def _refuse_shared_commands(self, drafts: Drafts, new: str) -> None:
        """ConfigError where a command that gives the interface its present MAC is in a stanza that lends it to others.
        """
        texts = _texts(drafts)
        for name in _stanza_users.lineage(texts, self.logical)[1:]:
            if any(self.nic.mac in _stanza_commands.macs(text, name) for text in texts):
                self._refuse_shared(drafts, name, new)

    def _stating(self, drafts: Drafts) -> str:
        """The stanza to edit: the one whose hwaddress the interface has, its own or one that it inherits; else its own.
        """
        texts = _texts(drafts)
        names = [
            name for name in _stanza_users.lineage(texts, self.logical) if any(stated(text, name) for text in texts)
        ]
        if len(names) > 1:
            raise ConfigError(
                "%s: `iface %s` has a hwaddress of its own and inherits that of `iface %s`, and ifup fails with both:"
                " remove one of them" % (self.nic.name, names[0], names[1])
            )
        return names[0] if names else self.logical

    def _refuse_shared(self, drafts: Drafts, name: str, new: str) -> None:
        """ConfigError where other NICs take their options from stanza NAME too: each of them would get the MAC."""
        user = self._user(_texts(drafts), name, new)
        if user:
            raise ConfigError(
                "%s: `iface %s` is not its alone (%s uses it), and a hwaddress there would give all of them one MAC:"
                " write `auto %s` and an `iface %s` stanza of its own"
                % (self.nic.name, name, user, self.nic.name, self.nic.name)
            )

    def _user(self, texts: List[str], name: str, new: str) -> Optional[str]:
        """Who else takes options from stanza NAME, which lends to the interface or is its own; None where nobody does.
        """
        mine = _stanza_users.lineage(texts, self.logical)
        # Whoever inherits on the way to this interface is this interface; the stanza that lends may be an interface,
        # too.
        heirs = [
            heir
            for heir in _stanza_users.heirs(texts, name)
            if heir != self.logical and not (heir in mine and not self._runs(texts, heir))
        ]
        if name != self.logical and self._runs(texts, name):
            return "interface %s" % name
        if heirs:
            return "`iface %s`" % heirs[0]
        if _stanza_users.is_range(name):
            return "every interface of the range"
        macs = {self.nic.mac, self.nic.permanent, new}
        pattern = _stanza_users.others(texts, self.logical, self.nic.name, macs)
        return "`%s`" % pattern if pattern else self._running_beside()

    def _runs(self, texts: List[str], name: str) -> bool:
        """Whether stanza NAME is an interface itself, or only lends its options."""
        named = any(name in pair for pair in _stanza_users.started(texts))
        return named or name in _running(self.runner).values() or self.runner.exists("/sys/class/net/" + name)

    def _running_beside(self) -> Optional[str]:
        beside = [
            name
            for name, logical in sorted(_running(self.runner).items())
            if logical == self.logical and name != self.nic.name
        ]
        return "interface %s" % beside[0] if beside else None

    def read_ageing(self, drafts: Drafts) -> Optional[float]:
        found = [_AGEING.match(line) for path in self.files(drafts) for line in _ini.split(drafts.read(path) or "")]
        return _ageing.last([_ageing.span(match.group(2)) for match in found if match])

    def set_ageing(self, drafts: Drafts, seconds: int) -> bool:
        path = self.files(drafts)[0]
        drafts.write(path, with_ageing(drafts.read(path) or "", self.logical, seconds))
        return True

    def set_route(self, drafts: Drafts, route: PolicyRoute) -> None:
        self._holding(drafts)
        drafts.write(hook_path(route.vip), hook_text(route), 0o755)

    @classmethod
    def drop_route(cls, drafts: Drafts, route: PolicyRoute) -> None:
        if drafts.read(hook_path(route.vip)) is not None:
            drafts.remove(hook_path(route.vip))


def hook_path(vip: str) -> str:
    """The hook that ifup runs for the policy route of VIP."""
    return "/etc/network/if-up.d/layer2-" + _policy_route.key(vip)


def hook_text(route: PolicyRoute) -> str:
    """A hook that ifup may run as often as it likes: once a family, for every interface."""
    return (
        "#!/bin/sh\n# Replies from %s leave by %s (netops.layer2.policy_route)\n"
        '[ "$IFACE" != "%s" ] || exec /bin/sh %s up\n'
        % (route.vip, route.gateway, route.interface, _policy_route.script_path(route.vip))
    )


def stanzas(text: str, logical: str) -> List[Stanza]:
    """The ``iface LOGICAL`` stanzas of TEXT."""
    found: List[Stanza] = []
    for each in _stanza_users.statements(text):
        words = each.words
        if words[0] not in _STARTS and not words[0].startswith("allow-"):
            continue
        if found and found[-1].last < 0:
            found[-1] = found[-1]._replace(last=each.number)
        if words[0] in ("iface", "template") and words[1:2] == [logical]:
            found.append(Stanza(logical, " ".join(words[2:4]), each.number, each.number + each.lines, -1))
    if found and found[-1].last < 0:
        found[-1] = found[-1]._replace(last=len(_ini.split(text)))
    return found


def _hwaddresses(text: str, logical: str) -> List[_Place]:
    """The addresses of the ``hwaddress`` statements in the stanzas of LOGICAL, wherever a backslash has put them."""
    found: List[_Place] = []
    inside = [(stanza.body, stanza.last) for stanza in stanzas(text, logical)]
    lines = _ini.split(text)
    for each in _stanza_users.statements(text):
        if each.words[0] == "hwaddress" and any(first <= each.number < last for first, last in inside):
            # interfaces(5): `hwaddress ADDRESS`, before ifupdown 0.7.30 `hwaddress ether ADDRESS`
            value = next((word for word in each.words[1:] if word != "ether"), "")
            for number in range(each.number, each.number + each.lines):
                at = re.search(r"(?<!\S)%s(?![^\s\\])" % re.escape(value), lines[number]) if value else None
                if at:
                    found.append(_Place(number, at.start(), at.end(), value))
    return found


def stated(text: str, logical: str) -> List[str]:
    """What the ``hwaddress`` lines in the stanzas of LOGICAL say."""
    return [place.value for place in _hwaddresses(text, logical)]


def with_mac(text: str, logical: str, new: str) -> str:
    """TEXT with NEW as the ``hwaddress`` of interface LOGICAL: every such line is changed, and one added where no
    stanza by which ifup sets it has one.
    """
    lines = _ini.split(text)
    for place in _hwaddresses(text, logical):
        line = lines[place.line]
        lines[place.line] = line[:place.start] + _styled(place.value, new) + line[place.end:]
    found = stanzas(text, logical)
    if found and not _sets_mac(text, logical):
        _insert(lines, (_able(found) or found)[0], new)
    return "".join(lines)


def _sets_mac(text: str, logical: str) -> bool:
    """Whether a ``hwaddress`` in TEXT is in a stanza of LOGICAL by which ifup sets it, or in any where none is one."""
    found = stanzas(text, logical)
    return any(each.body <= place.line < each.last for each in _able(found) or found
               for place in _hwaddresses(text, logical))


def with_ageing(text: str, logical: str, seconds: int) -> str:
    """TEXT of interfaces(5) with ``bridge_ageing`` (bridge-utils-interfaces(5)) in the first stanza of LOGICAL; one
    that is there is changed.
    """
    lines = _ini.split(text)
    found = stanzas(text, logical)
    places = [
        number for stanza in found for number in range(stanza.body, stanza.last) if _AGEING.match(lines[number])
    ]
    for number in places:
        lines[number] = _AGEING.sub(lambda match: match.group(1) + str(seconds) + match.group(3), lines[number])
    if not places and found:
        body = found[0].body
        if not lines[body - 1].endswith("\n"):
            lines[body - 1] += "\n"
        lines.insert(body, "    bridge_ageing %d\n" % seconds)
    return "".join(lines)


def _insert(lines: List[str], stanza: Stanza, new: str) -> None:
    head = lines[stanza.body - 1]
    options = [
        line for line in lines[stanza.body:stanza.last] if line.strip() and not line.lstrip().startswith("#")
    ]
    indent = re.match(r"[ \t]*", options[0]).group(0) if options else "    "  # type: ignore[union-attr]
    ending = "\r\n" if head.endswith("\r\n") else "\n"
    if not head.endswith("\n"):
        lines[stanza.body - 1] = head + ending
    lines.insert(stanza.body, "%shwaddress %s%s" % (indent, new, ending))


def _able(found: List[Stanza]) -> List[Stanza]:
    """The stanzas by whose methods ifup sets a hwaddress: IPv4 first, which is brought up first."""
    able = [each for each in found if not each.method.startswith("inet") or each.method.split()[-1] in _SET_BY]
    return sorted(able, key=lambda each: not each.method.startswith("inet "))


def _styled(old: str, new: str) -> str:
    try:
        canonical(old)
    except MacError:
        return new  # `random`
    return old if is_mac(old, new) else restyled(old, new)


def states(text: str) -> Dict[str, str]:
    """Interface -> logical name, out of ifup's state file (``eth0=home``; ifupdown-ng: ``eth0=eth0 1``)."""
    pairs = [line.split("=", 1) for line in text.split("\n") if "=" in line]
    return {name.strip(): (value.split() or [name.strip()])[0] for name, value in pairs}


def _running(runner: Runner) -> Dict[str, str]:
    """Interface -> logical name of all that ifup configured, out of its state files; the first one that speaks of an
    interface counts.
    """
    found: Dict[str, str] = {}
    for path in reversed(_STATES):
        try:
            found.update(states(runner.read(path)))
        except ReadError:
            continue
    return found


def logical_name(runner: Runner, name: str) -> Optional[str]:
    """Name under which ifup configured interface NAME; None where it did not."""
    found = _running(runner).get(name)
    if found:
        return found
    # ifupdown2 keeps its state as a pickle: there, a stanza is the evidence.
    if not runner.exists("/usr/share/ifupdown2"):
        return None
    texts = _texts(Drafts(runner))
    return name if any(stanzas(text, name) for text in texts) else _stanza_users.range_of(texts, name)


def _texts(drafts: Drafts) -> List[str]:
    return [drafts.read(path) or "" for path in sourced(drafts, MAIN)]
