"""libvirt's domain, snapshot and network XML: text in, NIC records out; reads nothing and trusts nothing."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Source of the formats: https://libvirt.org/formatdomain.html#network-interfaces and formatnetwork.html;
# a file below /run/libvirt wraps the domain in <domstatus> and says in <actual> what a network became.

import re
from collections import deque
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple
from xml.etree import ElementTree  # nosec B405  # document() refuses a DTD, and so every entity

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical

Nic = Dict[str, Any]
Problem = Tuple[str, str]  # field, what is wrong with it

MAX_TEXT = 4 * 1024 * 1024  # libvirt's own limit for one string (REMOTE_STRING_MAX)
MAX_DEPTH = 64
MAX_NAME = 1024
MAX_FIELD = 255
_PROLOG_ITEM = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->)", re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
# qemu(1): what follows these options may give a NIC its MAC; elsewhere (-append, -fw_cfg, -smbios) `mac=` is a
# stranger's word.
_NIC_OPTIONS = {"device": re.compile(r",mac=([^,]*)"), "nic": re.compile(r"(?:\A|,)mac(?:addr)?=([^,]*)"),
                "net": re.compile(r"\Anic,(?:.*,)?macaddr=([^,]*)"), "set": re.compile(r"\Adevice\.[^.]+\.mac=(.*)")}
_JSON_MAC = re.compile(r'[{,]\s*"mac"\s*:\s*"([^"]*)"')
# Where a NIC's plain fields stand: (key, child element, attribute).
_PLAIN = (("tap", "target", "dev"), ("model", "model", "type"), ("alias", "alias", "name"),
          ("virtualport", "virtualport", "type"), ("teaming", "teaming", "type"), ("acpi", "acpi", "index"))

Domain = NamedTuple("Domain", [("name", str), ("uuid", str), ("nics", List[Nic]), ("problems", List[Problem])])
Status = NamedTuple("Status", [("domain", Domain), ("state", str), ("pid", int)])
Network = NamedTuple("Network", [("name", str), ("bridge", str), ("mode", str), ("devices", List[str]),
                                 ("vlan", List[int]), ("groups", Dict[str, List[int]]), ("default_group", str),
                                 ("reservations", List[Dict[str, str]]), ("problems", List[Problem])])


class XmlError(ValueError):
    """The whole document is unusable; the message says why."""


class _Builder(ElementTree.TreeBuilder):
    """A tree builder that stops before nesting becomes a weapon."""

    depth = 0

    def start(self, tag: Any, attrs: Dict[Any, Any]) -> Any:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise XmlError("elements are nested deeper than %d" % MAX_DEPTH)
        return super(_Builder, self).start(tag, attrs)

    def end(self, tag: Any) -> Any:
        self.depth -= 1
        return super(_Builder, self).end(tag)


def parse_domain(text: str) -> Domain:
    """Domain of TEXT (``virsh dumpxml``, a file of /etc or /run/libvirt/qemu); XmlError if there is none in it.

    A field that is wrong is left out and named in ``problems``; ``uuid`` is empty where it is not known. NIC records
    hold ``mac``, ``type`` and, where known,
    ``source network portgroup bridge vlan tap model alias address link mode virtualport teaming``.
    """
    return _domain(document(text, "domain"))


def parse_interface(text: str) -> Nic:
    """NIC record of TEXT, one <interface>; XmlError if it is none. What is wrong in it is left out."""
    return _nic(document(text, "interface"), "nic", [])


def parse_status(text: str) -> Status:
    """Running domain of TEXT, a file of /run/libvirt/qemu: domain, libvirt's word for its state, pid of its process."""
    root = document(text, "domstatus")
    element = root.find("domain")
    if element is None:
        raise XmlError("<domstatus> holds no <domain>")
    pid = root.get("pid", "")
    return Status(_domain(element), root.get("state", ""), int(pid) if re.match(r"[0-9]{1,9}\Z", pid) else 0)


def parse_network(text: str) -> Network:
    """Network of TEXT (``virsh net-dumpxml``, a file of /etc/libvirt/qemu/networks); XmlError if there is none in it.
    """
    root = document(text, "network")
    forward, bridge = root.find("forward"), root.find("bridge")
    groups, default = {}, ""  # type: Dict[str, List[int]], str
    for group in root.findall("portgroup"):
        name = group.get("name", "")
        groups[name] = _vlan(group)
        default = name if group.get("default") == "yes" else default
    mode = "" if forward is None else forward.get("mode", "nat")
    devices = [] if forward is None else _devices(forward)
    problems = []  # type: List[Problem]
    reservations = _reservations(root, problems)
    return Network(root.findtext("name") or "", "" if bridge is None else bridge.get("name", ""),
                   mode, devices, _vlan(root), groups, default, reservations, problems)


def _devices(forward: Any) -> List[str]:
    """The host's interfaces by which a network goes out; ``dev`` of <forward> itself is short for the first of them."""
    named = [item.get("dev", "") for item in [forward] + forward.findall("interface")]
    return sorted({name for name in named if name}, key=named.index)


def _reservations(root: Any, problems: List[Problem]) -> List[Dict[str, str]]:
    """DHCP reservations by MAC: ``network mac`` and, where given, ``name address``. DHCPv6 goes by DUID, so it has
    none.
    """
    found = []
    for place, host in enumerate(root.findall("ip/dhcp/host")):
        reservation = {"network": root.findtext("name") or ""}
        if host.get("mac") is not None:
            _put_mac(reservation, host.get("mac", ""), "dhcp.host[%d]" % place, problems)
        reservation.update((key, host.get(attribute)) for key, attribute in (("name", "name"), ("address", "ip"))
                           if 0 < len(host.get(attribute) or "") <= MAX_FIELD)
        if "mac" in reservation:
            found.append(reservation)
    return found


def snapshot_macs(text: str) -> Tuple[List[str], List[Problem]]:
    """Sorted MACs in the definitions that a domain's snapshot holds (``virsh snapshot-dumpxml``, or libvirt's file of
    it).

    Reverting brings them back: ``<domain>`` as the live ones, ``<inactiveDomain>`` as the persistent ones.
    """
    root = document(text, "domainsnapshot")
    nics, problems = [], []  # type: List[Nic], List[Problem]
    for element in root.findall("domain") + root.findall("inactiveDomain"):
        nics += _nics(element, problems)
    return sorted({nic["mac"] for nic in nics if "mac" in nic}), problems


def guest_nics(live: List[Nic], persistent: List[Nic], networks: Dict[str, Network]) -> List[Nic]:
    """NIC records as docs/snapshot.md wants them, of the NICs a running guest has and those its definition has.

    A NIC that only one side has lacks the other side's MAC: hot-plugged, or waiting for the next start.
    """
    return [_joined(one, two, networks) for one, two in paired(live, persistent)]


def paired(live: List[Nic], persistent: List[Nic]) -> List[Tuple[Optional[Nic], Optional[Nic]]]:
    """Pairs of one NIC: by alias, else address, else ACPI index, else equal MAC, else what is left, in its order.

    The MAC comes late because it is what may differ; two NICs at different addresses are never one by their order.
    """
    mate = _told_apart(live, persistent)
    mate.update(_by_order(live, persistent, mate))
    taken = set(mate.values())
    pairs = [(nic, persistent[mate[place]] if place in mate else None)
             for place, nic in enumerate(live)]  # type: List[Tuple[Optional[Nic], Optional[Nic]]]
    return pairs + [(None, nic) for place, nic in enumerate(persistent) if place not in taken]


def ambiguous(live: List[Nic], persistent: List[Nic]) -> List[Nic]:
    """Those of both sides for which `paired` had nothing but their order to go by, though another pair was possible."""
    mate = _told_apart(live, persistent)
    taken = set(mate.values())
    left = [nic for place, nic in enumerate(live) if place not in mate]
    free = [nic for place, nic in enumerate(persistent) if place not in taken]
    found = [_without_other_address(left, free), _without_other_address(free, left)]
    return found[0] + found[1] if all(found) and len(found[0] + found[1]) > 2 else []


def _without_other_address(nics: List[Nic], others: List[Nic]) -> List[Nic]:
    """Those of NICS that may be one of OTHERS: not both have an address."""
    is_any = any("address" not in other for other in others)
    return [nic for nic in nics if others and (is_any or "address" not in nic)]


def _told_apart(live: List[Nic], persistent: List[Nic]) -> Dict[int, int]:
    """Place in LIVE -> place in PERSISTENT of the NICs that a name, a place or a MAC of their own shows to be one."""
    mate = {}  # type: Dict[int, int]
    for key in (_by("alias"), _by("address"), _by("acpi"), _by("mac")):
        _match(live, persistent, mate, key)
    return mate


def _by(key: str) -> Callable[[Nic], Optional[str]]:
    return lambda nic: nic.get(key)


def _match(live: List[Nic], persistent: List[Nic], mate: Dict[int, int], key: Callable[[Nic], Optional[str]]) -> None:
    free = {}  # type: Dict[str, List[int]]
    taken = set(mate.values())
    for place, nic in enumerate(persistent):
        value = key(nic)
        if value and place not in taken:
            free.setdefault(value, []).append(place)
    for place, nic in enumerate(live):
        candidates = free.get(key(nic) or "")
        if place not in mate and candidates:
            mate[place] = candidates.pop(0)


def _by_order(live: List[Nic], persistent: List[Nic], mate: Dict[int, int]) -> Dict[int, int]:
    """Place -> place of what MATE leaves, each with the first that may be it."""
    taken, found = set(mate.values()), {}
    left = [place for place in range(len(persistent)) if place not in taken]
    queues = [deque(place for place in left if ("address" in persistent[place]) == placed) for placed in (False, True)]
    for place, nic in enumerate(live):
        fitting = [] if place in mate else queues[:1] if "address" in nic else queues
        first = min(filter(None, fitting), key=lambda queue: queue[0], default=None)
        if first:
            found[place] = first.popleft()
    return found


def _joined(live: Optional[Nic], persistent: Optional[Nic], networks: Dict[str, Network]) -> Nic:
    nic = _resolved(live or persistent or {}, networks)
    for key, side in (("live_mac", live), ("persistent_mac", persistent)):
        if side and "mac" in side:
            nic[key] = side["mac"]
    if "mac" not in nic and persistent and "mac" in persistent:
        nic["mac"] = persistent["mac"]
    for only_here in ("portgroup", "acpi"):
        nic.pop(only_here, None)
    return nic


def _resolved(nic: Nic, networks: Dict[str, Network]) -> Nic:
    """NIC with what its network gives it; a live NIC says most of it itself. Precedence as in libvirt: NIC, port group,
    network.
    """
    nic = dict(nic)
    network = networks.get(nic.get("network", ""))
    if network is None or "bridge" in nic or nic["type"] != "network":
        return nic
    group = nic.get("portgroup", network.default_group)
    nic["vlan"] = nic["vlan"] or network.groups.get(group) or network.vlan
    if network.bridge:
        nic["bridge"] = network.bridge
    elif len(network.devices) == 1 and network.mode != "hostdev":
        nic.update(type="direct", source=network.devices[0], mode=network.mode)
    return nic


def document(text: str, root_tag: str) -> Any:
    """Element ROOT_TAG of TEXT as xml.etree has it; XmlError for what is not XML, or could be an attack in it."""
    if len(text) > MAX_TEXT:
        raise XmlError("longer than %d characters" % MAX_TEXT)
    _refuse_doctype(text)
    try:
        parser = ElementTree.XMLParser(target=_Builder())  # nosec B314  # no DTD, bounded in length and depth
        parser.feed(text)
        root = parser.close()
    except XmlError:
        raise
    except (ElementTree.ParseError, ValueError) as error:
        raise XmlError("not XML: %s" % error) from error
    # Below /run the same element stands inside <domstatus> or <networkstatus>.
    element = root if root.tag == root_tag else root.find(root_tag) if root.tag.endswith("status") else None
    if element is None:
        raise XmlError("the outermost element is <%.40s>, not <%s>" % (root.tag, root_tag))
    return element


def _refuse_doctype(text: str) -> None:
    # A declaration can only stand before the first element; expat would expand it before any handler could stop it.
    position = 0
    item = _PROLOG_ITEM.match(text)
    while item:
        position = item.end()
        item = _PROLOG_ITEM.match(text, position)
    if text[position:].lstrip("\ufeff \t\r\n").startswith("<!"):
        raise XmlError("it declares a document type, which libvirt never does: refused")


def _domain(element: Any) -> Domain:
    name, uuid = element.findtext("name") or "", (element.findtext("uuid") or "").strip().lower()
    problems = []  # type: List[Problem]
    if len(name) > MAX_NAME:
        problems.append(("name", "longer than %d characters: cut" % MAX_NAME))
        name = name[:MAX_NAME]
    if not is_uuid(uuid):
        problems.append(("uuid", "not a UUID: %.40r; it is not known" % uuid))
        uuid = ""
    return Domain(name, uuid, _nics(element, problems), problems)


def is_uuid(text: str) -> bool:
    """Whether TEXT is a UUID as libvirt writes it, in lower case."""
    return _UUID.match(text) is not None


def _nics(element: Any, problems: List[Problem]) -> List[Nic]:
    nics = [_nic(item, "nics[%d]" % place, problems) for place, item in enumerate(element.findall("devices/interface"))]
    return nics + _command_line_nics(element, len(nics), problems)


def _nic(element: Any, path: str, problems: List[Problem]) -> Nic:
    actual = element.find("actual")
    kind = (element if actual is None else actual).get("type") or "unknown"
    nic = {"type": kind, "vlan": _checked_vlan(element, actual, path, problems)}  # type: Nic
    nic.update(_plain(element))
    nic.update(_origin(kind, element, actual))
    link, address = element.find("link"), element.find("address")
    nic["link"] = "down" if link is not None and link.get("state") == "down" else "up"
    if address is not None:
        nic["address"] = _address(address)
    _drop_long(nic, path, problems)
    mac = element.find("mac")
    if mac is not None:
        _put_mac(nic, mac.get("address", ""), path, problems)
    return nic


def _plain(element: Any) -> Nic:
    """What _PLAIN says of a NIC, as far as its element has it."""
    found = ((key, element.find(child), attribute) for key, child, attribute in _PLAIN)
    return {key: child.get(attribute) for key, child, attribute in found if child is not None and child.get(attribute)}


def _drop_long(nic: Nic, path: str, problems: List[Problem]) -> None:
    """Leave out texts that no real definition has so long, each with a problem."""
    for key in [key for key, value in nic.items() if isinstance(value, str) and len(value) > MAX_FIELD]:
        problems.append(("%s.%s" % (path, key), "longer than %d characters: left out" % MAX_FIELD))
        del nic[key]


def _put_mac(nic: Nic, text: str, path: str, problems: List[Problem]) -> None:
    try:
        nic["mac"] = canonical(text)
    except MacError as error:
        problems.append((path + ".mac", str(error)))


def _origin(kind: str, element: Any, actual: Any) -> Nic:
    """What the NIC hangs on: source, network, port group, bridge, macvtap mode."""
    found, inner = _source(element, actual)
    origin = {key: found[key] for key in ("network", "portgroup", "bridge") if found.get(key)}
    names = [found[key] for key in (kind, "dev", "path", "name", "address") if found.get(key)]
    if names:
        origin["source"] = names[0] + (":" + found["port"] if "address" in found and "port" in found else "")
    elif inner is not None:
        origin["source"] = _address(inner)
    if kind == "direct":
        origin["mode"] = found.get("mode", "vepa")  # libvirt's default
    return origin


def _source(element: Any, actual: Any) -> Tuple[Dict[str, str], Any]:
    """The attributes of a NIC's <source>, and the device's <address> in it or None; what the running one has counts."""
    found = {}  # type: Dict[str, str]
    inner = None
    for holder in (element, actual):
        source = None if holder is None else holder.find("source")
        if source is not None:
            found.update(source.attrib)
            inner = source.find("address") if source.find("address") is not None else inner
    return found, inner


def _address(element: Any) -> str:
    """A device's place in words: ``pci 0000:01:00.0``, ``ccw fe.0.0001``, others as sorted ``key=value``."""
    numbers = {key: _number(value) for key, value in element.attrib.items()}
    if element.get("type") == "pci":
        return "pci %04x:%02x:%02x.%x" % tuple(numbers.get(key, 0) for key in ("domain", "bus", "slot", "function"))
    if element.get("type") == "ccw":
        return "ccw %x.%x.%04x" % tuple(numbers.get(key, 0) for key in ("cssid", "ssid", "devno"))
    rest = ",".join("%s=%s" % pair for pair in sorted(element.attrib.items()) if pair[0] != "type")
    return ("%s %s" % (element.get("type", "unknown"), rest)).strip()


def _number(text: str) -> int:
    match = re.match(r"(?:0[xX]([0-9a-fA-F]{1,8})|([0-9]{1,9}))\Z", text)
    if match is None:
        return 0
    return int(match.group(1), 16) if match.group(1) else int(match.group(2))


def _vlan(element: Any) -> List[int]:
    tags = [item.get("id", "") for item in element.findall("vlan/tag")]
    return [int(tag) for tag in tags if re.match(r"[0-9]{1,4}\Z", tag) and int(tag) < 4096]


def _checked_vlan(element: Any, actual: Any, path: str, problems: List[Problem]) -> List[int]:
    holder = element if actual is None or actual.find("vlan") is None else actual
    tags = _vlan(holder)
    if len(tags) != len(holder.findall("vlan/tag")):
        problems.append((path + ".vlan", "a tag that is not a number from 0 to 4095: left out"))
    return tags


def _command_line_nics(element: Any, start: int, problems: List[Problem]) -> List[Nic]:
    """NICs that somebody gave to QEMU behind libvirt's back (``<qemu:commandline>``): only their MACs are known."""
    nics = []  # type: List[Nic]
    option = ""
    for argument in element.iter("{http://libvirt.org/schemas/domain/qemu/1.0}arg"):
        value = argument.get("value", "")
        for text in _macs_of_argument(option, value):
            nic = {"type": "commandline", "vlan": []}  # type: Nic
            _put_mac(nic, text, "nics[%d]" % (start + len(nics)), problems)
            nics.append(nic)
        # An option's value is no option, even where it begins with a dash
        option = "" if option else value.lstrip("-") if value.startswith("-") else ""
    return nics


def _macs_of_argument(option: str, value: str) -> List[str]:
    """What QEMU takes as MAC in VALUE of OPTION (its name without dashes)."""
    if option == "device" and value.lstrip().startswith("{"):
        return _JSON_MAC.findall(value)
    pattern = _NIC_OPTIONS.get(option)
    return pattern.findall(value) if pattern else []
