"""A switch's document out of what its command line answered: parsed rows, mapped to the tables of docs/snapshot.md."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import time
import typing as t
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import ip_address

from ansible_collections.netops.layer2.plugins.module_utils._mac import ZERO, MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._snapshot import Gaps
from ansible_collections.netops.layer2.plugins.module_utils._table import is_station, natural
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._document import (
    BRIDGE,
    Document,
    chassis_word,
    port_name,
    whole,
    word,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._names import Names
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._platforms import (
    COLUMNS,
    Platform,
    commands_of,
    platform_of,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._readings import in_one
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._rows import AnswerError, Parse, Row, rows_of
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._templates import parse, require

_SUBSET = {"members": "interfaces", "vlans": "bridges"}  # what a command tells -> the subset that lacks it
_NEEDED = ("fdb", "interfaces")  # every switch has some: an answer without any was not understood
_LAST_VLAN = 4094
_MOST_READINGS = 10
_LONGEST_PAUSE = 3600.0  # seconds
_FLAGS = {
    **dict.fromkeys(("static", "permanent", "secure", "security", "blackhole", "s", "x", "i"), "static"),
    **dict.fromkeys(("sticky", "ps", "p"), "sticky"),
    **dict.fromkeys(("self", "l"), "self"),
    **dict.fromkeys(("dr", "evpn", "remote", "dlr", "snrl"), "remote"),
}
_OWN_PORT = re.compile(r"(?:(?:in?gress )?cpu|router|(?:stby-)?switch|self)\Z|sup-eth", re.IGNORECASE)
_PATIENCE = "give it longer (ansible_command_timeout), or ask it while it has less to do"
_NO_PORT = re.compile(r"(?:drop|null ?0?|discard|blackhole)\Z", re.IGNORECASE)
_TUNNEL = re.compile(r"(?:nve|vxlan|vx|vtep|tunnel|vpls)[0-9]", re.IGNORECASE)
_LAG = re.compile(
    r"(?:po(?:rt-?channel)?|ae|eth-trunk|bridge-aggregation|bagg|lag|trk|bond(?:ing)?)[0-9]+\Z", re.IGNORECASE
)
_KINDS = (
    (_LAG, "bond"),
    (re.compile(r"(?:vlan|irb|bdi)", re.IGNORECASE), "vlan"),
    (re.compile(r"(?:nve|vxlan|tunnel)", re.IGNORECASE), "tunnel"),
)
_LOOPBACK = re.compile(r"(?:lo(?:opback)?[0-9]|inloopback|null)", re.IGNORECASE)
_CAPABILITIES = {
    "b": "bridge",
    "r": "router",
    "t": "telephone",
    "w": "wlan",
    "s": "station",
    "p": "repeater",
    "c": "docsis",
    "o": "other",
}
_RANGE = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?")


class Answer(t.NamedTuple):
    """What a switch answered to one command: TEXT, or TROUBLE where there is none; LOST: and whatever comes now may be
    the answer to a command before.
    """

    text: object = None
    trouble: str = ""
    lost: bool = False


def snapshot_of_answers(host: str, platform: Platform, answers: Mapping[str, Answer], parser: Parse) -> Document:
    """The document (docs/snapshot.md, source "cli") of switch HOST out of ANSWERS, command -> answer; PARSER makes rows
    of them.

    What was not answered, or cannot be read, is a gap that names the command; nothing is guessed.
    """
    return _Switch(host, platform, answers, parser).document()


def read_switch(
    host: str, platform_name: str, ask: Callable[[str], Answer], readings: int = 1, pause: float = 0.0
) -> Document:
    """The document of switch HOST, ASKed READINGS times, PAUSE seconds apart; what moved in between is in `moves`.

    A reading in which an answer was lost is the last; those before it stay. PlatformError, ParserMissing, and NoAnswer
    where not one command was answered, so that the switch was not read.
    """
    platform = platform_of(platform_name)
    if platform.parser:
        require()
    found: list[Document] = []
    wanted = max(1, min(readings, _MOST_READINGS))
    for number in range(wanted):
        time.sleep(min(max(0.0, pause), _LONGEST_PAUSE) if number else 0.0)
        answers = _asked(ask, commands_of(platform))
        cut = _cut_off(answers)
        if cut and found:
            return _without_the_rest(in_one(found), f"reading {number + 1} of {wanted} was given up: {cut}")
        if all(answer.trouble for answer in answers.values()):
            raise NoAnswer(f"{host} answered no command: {shortened(next(iter(answers.values())).trouble, 300)}")
        found.append(snapshot_of_answers(host, platform, answers, parse))
        if cut:
            break
    return in_one(found)


def _asked(ask: Callable[[str], Answer], commands: Iterable[str]) -> dict[str, Answer]:
    """What ASK got to COMMANDS, in their order. After a lost answer no more is asked: it may still come, and would be
    taken for that to the next command.
    """
    found: dict[str, Answer] = {}
    lost = ""
    for command in commands:
        if lost:
            trouble = f"not asked, since the answer to `{lost}` may still come, and would be taken for its own"
            found[command] = Answer(trouble=trouble, lost=True)
            continue
        found[command] = ask(command)
        if found[command].lost:
            lost = command
    return found


def _cut_off(answers: Mapping[str, Answer]) -> str:
    """Why a reading with these ANSWERS is not whole, empty if it is: one was lost, or there is none."""
    nothing = all(answer.trouble for answer in answers.values())
    first = next((command for command, answer in answers.items() if nothing or answer.lost), None)
    return f"`{first}`: {shortened(answers[first].trouble, 300)}" if first is not None else ""


def _without_the_rest(document: Document, why: str) -> Document:
    """DOCUMENT of the readings that were whole, with a gap for those that were to come."""
    gaps = [*document["gaps"], {"subset": "moves", "reason": why, "hint": _PATIENCE}]
    return {**document, "gaps": gaps}


class NoAnswer(RuntimeError):
    """A switch answered no command at all; the message holds what it said to the first."""


class _Switch:
    """One switch's answers, put together."""

    def __init__(self, host: str, platform: Platform, answers: Mapping[str, Answer], parser: Parse) -> None:
        self.host = host
        self.platform = platform
        self.gaps = Gaps()
        self.read: set[str] = set()  # what was told by a command that was answered
        self.rows: dict[str, list[Row]] = {tells: [] for tells in COLUMNS}
        for ask in platform.asks:
            answer = answers.get(ask.command, Answer(trouble="the command was not run"))
            try:
                if answer.trouble:
                    raise AnswerError(shortened(answer.trouble, 300), _PATIENCE if answer.lost else "")
                rows = rows_of(platform, ask, answer.text, parser)
                if not rows and ask.tells in _NEEDED:
                    raise AnswerError(
                        "not one entry was found in the answer",
                        f"run `{ask.command}` by hand, and look whether switch_snapshot_platform is right",
                    )
            except AnswerError as error:
                self._miss(ask.tells, ask.command, str(error), error.hint)
                continue
            self.read.add(ask.tells)
            self.rows[ask.tells] += rows
        self.names = Names((_one(row, "name") for row in self.rows["interfaces"]), platform.has_units)
        self.members = dict(self._members())
        self.lags = set(self.members.values())

    def _miss(self, tells: str, command: str, reason: str, hint: str) -> None:
        self.gaps.add(
            _SUBSET.get(tells, tells), f"`{command}`: {reason}", hint or f"run `{command}` by hand, as this user"
        )

    def _lost(self, tells: str, lost: Counter[str]) -> None:
        for why, count in lost.items():
            self.gaps.add(_SUBSET.get(tells, tells), f"{count} entries were left out: {why}")

    def document(self) -> Document:
        """All of it."""
        parts: Document = {"identity": self._identity(), "fdb": self._fdb(), "lldp": self._lldp()}
        parts["neighbors"] = self._neighbours()
        parts["bridges"] = [self._bridge(parts["fdb"])]
        parts["interfaces"] = self._interfaces(set(parts["bridges"][0]["ports"]))
        for name in ("fdb", "lldp", "neighbors"):  # what is known of bundles stays: two of them may be one
            if name not in self.read:
                parts.pop(name)
        self.gaps.add(
            "bridges",
            "how long it remembers addresses was not read: no template tells the ageing of its table",
            "SNMP tells it (dot1dTpAgingTime)",
        )
        observed = ["bridges"] if "fdb" in self.read else []
        observed += [name for name in ("identity", "fdb", "lldp", "neighbors", "interfaces") if name in self.read]
        return whole(self.host, "cli", parts, observed, self.gaps)

    def _identity(self) -> Document:
        found: Document = {}
        for row in self.rows["identity"]:
            name, chassis = word(_one(row, "hostname")), _mac(_one(row, "chassis"))
            found.update(
                {
                    key: value
                    for key, value in (("hostname", name), ("chassis", chassis))
                    if value and value != "-" and key not in found
                }
            )
        return found

    def _members(self) -> Iterator[tuple[str, str]]:
        """(member, link aggregation) of each that is in one."""
        for row in self.rows["members"]:
            lag = self.names.port(_one(row, "lag"))
            for text in _parts(row, "member"):
                member = self.names.port(text)
                if member.strip("-") and lag.strip("-") and member != lag:
                    yield member, lag

    def _interfaces(self, ports: set[str]) -> list[Document]:
        found: dict[str, Document] = {}
        for row in self.rows["interfaces"]:
            name = port_name(_one(row, "name"))
            if name == "-" or name in found:
                continue
            entry: Document = {
                "name": name,
                "mac": _own_mac(_one(row, "mac")),
                "kind": "bond" if name in self.lags else _kind(name),
                "link_type": "loopback" if _LOOPBACK.match(name) else "ether",
                "addresses": list(_addresses(row)),
                "master": self.members.get(name) or (BRIDGE if name in ports else None),
                **_state(_one(row, "state").lower(), _one(row, "admin").lower()),
            }
            found[name] = {key: value for key, value in entry.items() if value is not None}
        for lag in sorted(self.lags - found.keys()):  # platforms that list ports alone
            found[lag] = {"name": lag, "kind": "bond", "link_type": "ether", "master": BRIDGE}
        return list(found.values())

    def _fdb(self) -> list[str]:
        found: dict[str, None] = {}
        lost: Counter[str] = Counter()
        strange: Counter[str] = Counter()
        for row in self.rows["fdb"]:
            mac = _mac(_one(row, "mac"))
            if mac is None:
                lost["what stands for the MAC address is none"] += 1
            elif is_station(mac):
                self._entry(found, lost, strange, (mac, row))
        self._lost("fdb", lost)
        if any(row.split(" ")[3] == "-" and row.endswith(" -") for row in found):
            self.gaps.add("fdb", "of some entries the VLAN is not told")
        if strange:
            kinds = ", ".join(shortened(kind, 30) or "none" for kind, _count in strange.most_common(3))
            self.gaps.add(
                "fdb",
                f"{strange.total()} entries are of a kind that nobody knows here ({kinds}): they prove"
                " nothing, as if entered by hand",
            )
        return list(found)

    def _entry(self, found: dict[str, None], lost: Counter[str], strange: Counter[str], told: tuple[str, Row]) -> None:
        """One row of the forwarding table, of a MAC and its row of the answer."""
        mac, row = told
        ports = row.get("port", ())
        place = _place(ports[0] if ports else "")
        flag = place.flag or _flag(self.platform, _one(row, "type").lower())
        if not flag:
            strange[_one(row, "type")] += 1
            flag = "static"
        if flag == "-" and len(ports) != 1:
            lost["learnt on no port" if not ports else "on several ports at once"] += 1
            return
        port = self.names.port(place.port)
        if _LAG.match(port):
            self.lags.add(port)
        found[f"- {self.members.get(port, port)} {mac} {_vlan(_one(row, 'vlan'))} {BRIDGE} - {flag}"] = None

    def _neighbours(self) -> list[str]:
        found: dict[str, None] = {}
        lost: Counter[str] = Counter()
        for row in self.rows["neighbors"]:
            address, mac = _address(_one(row, "address")), _mac(_one(row, "mac"))
            kind = _one(row, "type").lower()
            if mac is None or not is_station(mac) or kind.startswith("i"):
                continue  # incomplete, a group's, or its own
            interface = self.names.interface(_one(row, "interface").partition(",")[0])
            if address is None or interface == "-":
                lost["they tell no address, or no interface"] += 1
                continue
            state = "PERMANENT" if kind.startswith("s") or _one(row, "age") == "-" else "REACHABLE"
            found[f"- {interface} {address} {mac} {state} -"] = None
        self._lost("neighbors", lost)
        return list(found)

    def _bridge(self, fdb: list[str]) -> Document:
        vlans = self._port_vlans()
        ports = {row.split(" ")[1] for row in fdb} | set(vlans)
        tunnels = {port for port in ports if _TUNNEL.match(port)}
        found: Document = {
            "name": BRIDGE,
            "kind": "switch",
            "vlan_filtering": True,
            "ports": sorted(ports - tunnels - {"-"}),
        }
        if vlans:
            found["port_vlans"] = vlans
        return found

    def _port_vlans(self) -> Document:
        """Port -> VLANs that it carries, of ports whose mode says which of them are untagged."""
        found: Document = {}
        for row in self.rows["vlans"]:
            mode, port = _one(row, "mode").lower(), self.names.port(_one(row, "port"))
            carried = list(_carried(mode, row))
            if carried and port != "-":
                found.setdefault(self.members.get(port, port), carried)
        return found

    def _lldp(self) -> list[str]:
        found: dict[str, None] = {}
        lost: Counter[str] = Counter()
        for row in self.rows["lldp"]:
            port = self.names.port(_one(row, "interface").partition(",")[0])
            chassis = _mac(_one(row, "chassis")) or chassis_word(_one(row, "chassis"))
            if port == "-" or chassis == "-":
                lost["nobody tells their port here" if port == "-" else "they tell no chassis id"] += 1
                continue
            capabilities = ",".join(_capabilities(row)) or "-"
            far, system = _mac(_one(row, "far")) or word(_one(row, "far")), word(_one(row, "system"))
            found[" ".join((port, chassis, far, system, capabilities))] = None
        self._lost("lldp", lost)
        return list(found)


def _one(row: Row, column: str) -> str:
    """The first text of a cell, empty where the row has none."""
    cells = row.get(column)
    return cells[0] if cells else ""


def _parts(row: Row, column: str) -> Iterator[str]:
    """The texts of a cell that is a list, or one text with commas."""
    return (part.strip() for cell in row.get(column, ()) for part in cell.split(","))


def _mac(text: str) -> str | None:
    """A MAC as any vendor writes it (ProCurve: 5c0e8b-97d9db, or octets with blanks), None for anything else."""
    found = _HALVES.match(text) or _BLANKS.match(text)
    try:
        return canonical("".join(found.group(0).split()).replace("-", "") if found else text)
    except MacError:
        return None


def _own_mac(text: str) -> str | None:
    """The MAC of an interface, None for zeros, which stand there for none."""
    mac = _mac(text)
    return None if mac == ZERO else mac


_HALVES = re.compile(r"[0-9A-Fa-f]{6}-[0-9A-Fa-f]{6}\Z")
_BLANKS = re.compile(r"[0-9A-Fa-f]{2}(?: [0-9A-Fa-f]{2}){5}\Z")


def _vlan(text: str) -> str:
    """The number of a VLAN, also behind a word (Vlan100); "-" where it is none."""
    number = natural(text.lower().removeprefix("vlan"))
    return str(number) if number and number <= _LAST_VLAN else "-"


def _address(text: str) -> str | None:
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def _addresses(row: Row) -> Iterator[Document]:
    """The addresses of an interface, with the lengths of their prefixes where they are told."""
    for text in row.get("address", ()):
        plain, _slash, behind = text.partition("/")
        address, length = _address(plain), natural(behind or _one(row, "prefix"))
        if address is not None:
            fits = length is not None and length <= (128 if ":" in address else 32)
            yield {"address": address, **({"prefix": length} if fits else {})}


def _kind(name: str) -> str | None:
    return next((kind for pattern, kind in _KINDS if pattern.match(name)), None)


def _state(state: str, admin: str) -> Document:
    """Whether a port is switched on and has a carrier, from the words for its STATE and, where there are any, for what
    was set (ADMIN).
    """
    is_off = "administratively" in state or state == "x"
    is_on = not admin.startswith(("down", "dis", "no")) if admin else bool(state) or None
    return {"up": False if is_off else is_on, "carrier": state.startswith("up") or state == "r" if state else None}


class _Place(t.NamedTuple):
    """The port of an entry, and the flag that such a place gives it; empty for one of its own ports."""

    port: str
    flag: str


def _place(text: str) -> _Place:
    if _OWN_PORT.match(text):
        return _Place("", "self")
    if _NO_PORT.match(text):
        return _Place("", "static")
    return _Place(text, "remote" if _TUNNEL.match(text) else "")


def _flag(platform: Platform, kind: str) -> str:
    """The flag for the word KIND, "-" for what was learnt, empty where nobody knows the word."""
    if kind in platform.learnt or not (kind or platform.learnt):
        return "-"
    return _FLAGS.get(kind, "")


def _carried(mode: str, row: Row) -> Iterator[Document]:
    """The VLANs of a port in MODE: one without a tag on access ports; on trunks those with a tag and the native one."""
    if "access" in mode:
        yield from ({"id": first, "pvid": True, "untagged": True} for first, _last in _ranges(_one(row, "access")))
    if "trunk" not in mode and not mode.startswith("native-"):
        return
    has_tag = mode == "native-tagged"
    native = None if has_tag else next((first for first, _last in _ranges(_one(row, "native"))), None)
    yield from _trunk([span for text in _parts(row, "carried") for span in _ranges(text)], native)


def _trunk(spans: list[tuple[int, int]], native: int | None) -> Iterator[Document]:
    """SPANS of VLANs with a tag, but for the NATIVE one, if it is among them."""
    for first, last in spans:
        yield from _around(first, last, native)
    if native is not None and any(first <= native <= last for first, last in spans):
        yield {"id": native, "pvid": True, "untagged": True}


def _around(first: int, last: int, native: int | None) -> Iterator[Document]:
    """FIRST to LAST as one range with a tag, or as two around the NATIVE VLAN, which has none."""
    is_inside = native is not None and first <= native <= last
    middle = t.cast(int, native)
    for start, end in ((first, middle - 1), (middle + 1, last)) if is_inside else ((first, last),):
        if start <= end:
            yield {"id": start, **({"end": end} if end > start else {})}


def _ranges(text: str) -> Iterator[tuple[int, int]]:
    """(first, last) of each VLAN or range in TEXT; all where it says so."""
    if text.strip().lower() == "all":
        yield 1, _LAST_VLAN
        return
    for found in _RANGE.finditer(text):
        first, last = int(found[1]), int(found[2] or found[1])
        if 0 < first <= last <= _LAST_VLAN:
            yield first, last


def _capabilities(row: Row) -> Iterator[str]:
    """What a neighbour says that it is, in LLDP's words: letters as Cisco has them, or words that begin like these."""
    words = re.split(r"[^a-z]+", " ".join(row.get("capabilities", ())).lower())
    letters = {_CAPABILITIES[text] for text in words if text in _CAPABILITIES}
    return iter(sorted(letters | {name for name in _CAPABILITIES.values() for text in words if text.startswith(name)}))
