"""Interfaces, addresses and neighbours through iproute2's `ip`: JSON where it can, its text where it is old."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence

from ansible_collections.netops.layer2.plugins.module_utils import _iptext
from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, ReadError, Runner, shortened
from ansible_collections.netops.layer2.plugins.module_utils._table import (
    Damaged,
    Parsed,
    Record,
    is_station,
    link_address,
    parse_each,
    row,
)

_NO_ANSWER = ("FAILED", "INCOMPLETE", "NONE")
_PORT_KEYS = ("learning", "flood", "isolated", "state")


class Tool:
    """`ip` or `bridge` on one host: asks with ``-j``, and stays with the text for what answers with something else.

    iproute2 learned JSON command by command: 4.15 has it for addresses and not for neighbours, 4.18's routes are no
    valid JSON.
    """

    def __init__(self, runner: Runner, use_json: bool = True) -> None:
        self.runner = runner
        self.use_json = use_json
        self._speaks: Dict[str, bool] = {}  # whether the answer for an object (address, neigh, ...) was JSON

    def speaks_json(self, argv: Sequence[str]) -> Optional[bool]:
        """Whether ``PROGRAM -j OBJECT`` answers in JSON; None until it was asked."""
        return self._speaks.get(argv[1]) if self.use_json else False

    def entries(self, argv: Sequence[str], options: Sequence[str], parse_text: Callable[[str], Parsed],
                prefix: Sequence[str] = ()) -> Parsed:
        """What ``PROGRAM -j OPTIONS OBJECT ...`` lists, or PARSE_TEXT of what it prints without ``-j``.

        ARGV is the program, the object and its arguments (options stand before the object). Raises Missing without the
        program.
        """
        program = self.runner.find(argv[0])
        if program is None:
            raise Missing("%s is not installed" % argv[0], "install iproute2")
        arguments = list(options) + list(argv[1:])
        if self.speaks_json(argv) is not False:
            answer = self.runner.output(list(prefix) + [program, "-j"] + arguments)
            found = _json_list(answer.stdout) if answer.rc == 0 else None
            if found is not None:
                self._speaks[argv[1]] = True
                return Parsed(found, [])
            if answer.rc != 0 and self.speaks_json(argv):
                raise ReadError("`%s` failed: %s" % (" ".join(argv), shortened(answer.stderr) or "it did not say why"))
        parsed = parse_text(self.runner.run(list(prefix) + [program] + arguments))
        self._speaks[argv[1]] = False
        return parsed


def _json_list(text: str) -> Optional[List[Record]]:
    """The objects of a JSON list (iproute2 4.x prints empty ones for what it filtered out); None if it is no such list.
    """
    if not text.strip():
        return []
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, list):
        return None
    return [item for item in found if isinstance(item, dict) and item]


# --- interfaces -----------------------------------------------------------------------------------------------------

def read_links(tool: Tool, prefix: Sequence[str] = ()) -> Parsed:
    """All interfaces of one network namespace with their addresses, as ``ip -j -d address show`` shapes them."""
    argv = ["ip", "address", "show"]
    # -s -s adds the counter of frames for other hosts (iproute2 6.0).
    options = ("-d",) if tool.speaks_json(argv) is False else ("-d", "-s", "-s")
    parsed = tool.entries(argv, options, _iptext.links, prefix)
    if tool.speaks_json(argv) is False and not any("linkinfo" in link for link in parsed.records):
        _add_kinds(parsed.records, tool.entries(["ip", "link", "show"], ("-d",), _iptext.links, prefix).records)
    return parsed


def _add_kinds(links: Iterable[Record], detailed: Iterable[Record]) -> None:
    """Before iproute2 3.19 only ``ip -d link`` told the kinds of interfaces."""
    infos = {link["ifindex"]: link["linkinfo"] for link in detailed if "linkinfo" in link}
    for link in links:
        if link["ifindex"] in infos:
            link["linkinfo"] = infos[link["ifindex"]]


def interfaces(links: Iterable[Record], netns: str = "") -> Parsed:
    """Snapshot interfaces of LINKS (``ip -j`` shape). Each keeps ``_nsid`` where the other end lies elsewhere, for
    resolve_links.
    """
    return parse_each(links, lambda link: interface(link, netns))


def interface(link: Record, netns: str = "") -> Record:
    """One snapshot interface (docs/snapshot.md) of one ``ip -j -d`` object; Damaged if it has no usable name."""
    record: Record = {"name": _iptext.device_name(_str(link.get("ifname")))}
    if netns:
        record["netns"] = netns
    for part in (_basics, _macs, _kinds, _lower_link, _details, _port, _addresses):
        part(link, record)
    return record


def _str(value: object) -> Optional[str]:
    return value if isinstance(value, str) else None


def _int(value: object) -> Optional[int]:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _dict(value: object) -> Record:
    return value if isinstance(value, dict) else {}


def _put(record: Record, **values: Any) -> None:
    """Set the values that are known."""
    record.update((key, value) for key, value in values.items() if value is not None)


def strings(value: object) -> List[str]:
    """The texts in VALUE, nothing where it is no list (damaged JSON holds anything)."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _dicts(value: object) -> List[Record]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _basics(link: Record, record: Record) -> None:
    operstate = _str(link.get("operstate"))
    _put(record, index=_int(link.get("ifindex")), mtu=_int(link.get("mtu")), master=_str(link.get("master")),
         link_type=_str(link.get("link_type")), operstate=operstate.lower() if operstate else None)
    if isinstance(link.get("flags"), list):
        flags = strings(link["flags"])
        record["flags"] = flags
        record["up"] = "UP" in flags
        if record["up"]:  # an interface that is down does not say whether its cable is in
            record["carrier"] = "LOWER_UP" in flags
    if strings(link.get("altnames")):
        record["altnames"] = strings(link["altnames"])
    received = _dict(_dict(link.get("stats64")).get("rx"))
    _put(record, otherhost=_int(received.get("otherhost")))


def _macs(link: Record, record: Record) -> None:
    slave = _dict(_dict(link.get("linkinfo")).get("info_slave_data"))
    for key, text in (
        ("mac", link.get("address")),
        ("permanent_mac", link.get("permaddr") or slave.get("perm_hwaddr")),
    ):
        if isinstance(text, str):
            _put(record, **{key: link_address(text)})


def _kinds(link: Record, record: Record) -> None:
    info = _dict(link.get("linkinfo"))
    _put(record, kind=_str(info.get("info_kind")), master_kind=_str(info.get("info_slave_kind")))


def _lower_link(link: Record, record: Record) -> None:
    _put(
        record,
        link=_str(link.get("link")),
        link_index=_int(link.get("link_index")),
        _nsid=_int(link.get("link_netnsid")),
    )
    if "_nsid" not in record and _str(link.get("link_netns")):
        record.update(_nsid=-1, _nsname=link["link_netns"])  # `ip` names those under /run/netns instead of their number


def _details(link: Record, record: Record) -> None:
    info = _dict(link.get("linkinfo"))
    data = _dict(info.get("info_data"))
    kind = record.get("kind")
    if kind == "vlan":
        record["vlan"] = {}
        _put(record["vlan"], id=_int(data.get("id")), protocol=_str(data.get("protocol")))
    elif kind == "vrf":
        _put(record, vrf_table=_int(data.get("table")))
    elif kind == "vxlan":
        record["vxlan"] = {}
        _put(record["vxlan"], id=_int(data.get("id")), local=_str(data.get("local")), ageing=_int(data.get("ageing")))
    else:
        _put(record, mode=_str(data.get("mode")) or (_str(data.get("type")) if kind == "tun" else None))


def _port(link: Record, record: Record) -> None:
    info = _dict(link.get("linkinfo"))
    if info.get("info_slave_kind") != "bridge":
        return
    data = _dict(info.get("info_slave_data"))
    port = {key: data[key] for key in _PORT_KEYS if isinstance(data.get(key), str if key == "state" else bool)}
    if port:
        record["port"] = port


def _addresses(link: Record, record: Record) -> None:
    found: List[Record] = []
    for info in _dicts(link.get("addr_info")):
        address: Record = {}
        _put(
            address,
            address=_str(info.get("local")),
            prefix=_int(info.get("prefixlen")),
            scope=_str(info.get("scope")),
            peer=_str(info.get("address")),
            proto=_maker(info),
            label=_label(info),
        )
        flags = sorted(flag for flag in _iptext.ADDRESS_FLAGS if info.get(flag) is True)
        if flags:
            address["flags"] = flags
        if "address" in address:
            found.append(address)
    record["addresses"] = found


def _maker(info: Record) -> Optional[str]:
    """Who says that it made the address (IFA_PROTO, Linux 5.18); the kernel's own are nothing to tell."""
    maker = _str(info.get("protocol"))
    return None if maker is None or maker.startswith("kernel") else maker


def _label(info: Record) -> Optional[str]:
    """The label where somebody gave one; by default it is the interface's name (ip-address(8))."""
    label = _str(info.get("label"))
    return label if label and ":" in label else None


# --- neighbours -----------------------------------------------------------------------------------------------------

def read_neighbours(tool: Tool, prefix: Sequence[str] = ()) -> Parsed:
    """All neighbour entries, IPv4 and IPv6, of one network namespace, as ``ip -j neigh show`` shapes them."""
    return tool.entries(["ip", "neigh", "show"], (), _iptext.neighbours, prefix)


def neighbour_rows(entries: Iterable[Record], netns: str, rows: List[str]) -> List[str]:
    """Append the table rows of ENTRIES (``ip -j`` shape) to ROWS and return the damaged ones.

    Entries without an answer and group addresses say nothing about a machine and are left out.
    """
    parsed = parse_each(entries, lambda entry: _neighbour_row(entry, netns))
    rows.extend(record["row"] for record in parsed.records)
    return parsed.damaged


def _neighbour_row(entry: Record, netns: str) -> Optional[Record]:
    states = [entry["state"]] if isinstance(entry.get("state"), str) else strings(entry.get("state"))
    mac = link_address(entry["lladdr"]) if "lladdr" in entry else None
    if mac is None or not is_station(mac) or set(states).intersection(_NO_ANSWER):
        return None
    device, address = _str(entry.get("dev")), _str(entry.get("dst"))
    if not device or not address:
        raise Damaged("no interface or no address")
    return {"row": row((netns, device, address, mac, ",".join(states), ",".join(_neighbour_flags(entry))))}


def _neighbour_flags(entry: Record) -> List[str]:
    """`"router": null` is how iproute2 prints a flag that is set."""
    return sorted(flag for flag in _iptext.NEIGHBOUR_FLAGS if entry.get(flag, False) is not False)
