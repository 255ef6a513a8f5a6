"""The way of what leaves with an address: what the kernel says of it, and what frames on the wire say."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ipaddress
import itertools
import json
import re
import socket
import time
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Union

from ansible_collections.netops.layer2.plugins.module_utils import _gateway
from ansible_collections.netops.layer2.plugins.module_utils._capture import _ring
from ansible_collections.netops.layer2.plugins.module_utils._capture._expression import compiled
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner, shortened

_DISCARD = 9  # RFC 863: whoever gets it has nothing to do
_SNAP, _MEMORY = 64, 1 << 21
_GAP = 0.2

# via: empty for straight to the client; problem: why there is no way, else empty.
Way = NamedTuple("Way", [("client", str), ("via", str), ("interface", str), ("problem", str)])
# frames: destination MAC -> how many frames from the address left for it. sent: datagrams of our own among them.
Seen = NamedTuple("Seen", [("frames", Dict[str, int]), ("sent", int)])
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


def way(runner: Runner, client: str, vip: str) -> Way:
    """The way from VIP, an address of this host, to CLIENT, as the kernel would send it now (`ip route get`)."""
    option = "-6" if ":" in vip else "-4"
    try:
        answer = runner.output(["ip", "-j", option, "route", "get", client, "from", vip])
    except ReadError as error:
        return Way(client, "", "", error.reason)
    return read_way(client, answer.rc, answer.stdout, answer.stderr)


def read_way(client: str, rc: int, stdout: str, stderr: str) -> Way:
    """The answer of `ip -j route get`, or its text, as iproute2 4.18 and older give it."""
    if rc:
        return Way(client, "", "", shortened(stderr) or "the kernel refuses")
    try:
        found = json.loads(stdout)[0]
        via = found.get("gateway") or found.get("via", {}).get("host", "")
        return Way(client, via, str(found.get("dev", "")), "unreachable" if found.get("type") == "unreachable" else "")
    except (ValueError, LookupError, AttributeError):
        words = dict(re.findall(r"\b(via|dev) (?:inet6? )?(\S+)", stdout))
        return Way(
            client,
            words.get("via", ""),
            words.get("dev", ""),
            "unreachable" if stdout.startswith("unreachable") else "",
        )


def stand_ins(own: Sequence[str], neighbours: Sequence[str], gateway: str) -> List[str]:
    """Addresses to ask for where no client is known: neighbours on the link, which a direct route would lead to, else a
    free address there.

    OWN: the interface's addresses with prefix lengths. NEIGHBOURS: whom the kernel knows there. Of GATEWAY's family.
    """
    networks = _networks(own, ipaddress.ip_address(gateway).version)
    taken = {gateway} | {text.split("/")[0] for text in own}
    near = [
        text
        for text in neighbours
        if text not in taken and any(ipaddress.ip_address(text) in network for network in networks)
    ]
    free = [
        str(address)
        for network in networks
        for address in itertools.islice(network.hosts(), 8)
        if str(address) not in taken
    ]
    return sorted(near)[:2] or free[-1:]


def _networks(own: Sequence[str], version: int) -> List[Network]:
    """The networks of the OWN addresses of IP VERSION, without those of the link alone."""
    found = map(ipaddress.ip_interface, own)
    return [each.network for each in found if each.version == version and not each.is_link_local]


def watch(interface: str, vip: str, clients: Sequence[str], seconds: float) -> Seen:
    """Where frames from VIP leave INTERFACE for within SECONDS; a datagram to each of CLIENTS now and then sees to it
    that there are some.

    Raises ReadError where the interface cannot be watched, OSError where VIP is no address of this host.
    """
    ring = _ring.Ring(interface, _MEMORY, promiscuous=False)
    try:
        with socket.socket(socket.AF_INET6 if ":" in vip else socket.AF_INET, socket.SOCK_DGRAM) as channel:
            channel.bind((vip, 0))
            # Not ARP: a question for the gateway goes to everybody, by right.
            ring.begin(compiled(("ip6" if ":" in vip else "ip") + " src host " + vip, _SNAP, ring.ethernet))
            return _count(ring, channel, clients, seconds)
    finally:
        ring.close()


def _count(ring: _ring.Ring, channel: socket.socket, clients: Sequence[str], seconds: float) -> Seen:
    frames: Dict[str, int] = {}
    sent, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        sent += sum(_send(channel, client) for client in clients)
        _ring.wait([ring], _GAP)
        time.sleep(_GAP)
        for block in ring.blocks():
            for frame in map(block.frame, block.places()):
                if frame.outgoing:
                    mac = _gateway.written(frame.octets[:6])
                    frames[mac] = frames.get(mac, 0) + 1
    return Seen(frames, sent)


def _send(channel: socket.socket, client: str) -> int:
    try:
        channel.sendto(b"layer2", (client, _DISCARD))
    except OSError:
        return 0  # unreachable: no frame will tell otherwise
    return 1


def problems(
    ways: Sequence[Way], seen: Optional[Seen], interface: str, gateway: str, gateway_mac: str, vip: str
) -> List[str]:
    """Why what was found does not prove that VIP's replies leave INTERFACE for GATEWAY; empty where it does."""
    found = _kernels_problems(ways, interface, gateway, vip)
    if not gateway_mac:
        found.append("nobody answers for %s on %s" % (gateway, interface))
    return found + (_frames_problems(seen, interface, gateway_mac, vip) if seen is not None else [])


def _kernels_problems(ways: Sequence[Way], interface: str, gateway: str, vip: str) -> List[str]:
    """Where the kernel would not send by GATEWAY on INTERFACE: clients without a way first."""
    found = [
        "the kernel has no way to %s from %s: %s" % (each.client, vip, each.problem) for each in ways if each.problem
    ]
    return found + [
        "the kernel would send to %s from %s %s on %s, not by %s on %s"
        % (each.client, vip, "by " + each.via if each.via else "straight", each.interface, gateway, interface)
        for each in ways
        if not each.problem and (each.via, each.interface) != (gateway, interface)
    ]


def _frames_problems(seen: Seen, interface: str, gateway_mac: str, vip: str) -> List[str]:
    """What the frames that left INTERFACE have against it; GATEWAY_MAC is empty where nobody answered."""
    if not seen.frames:
        return [
            "no frame from %s left %s: nothing resolves the gateway, or a packet filter drops what was sent"
            % (vip, interface)
        ]
    return [
        "%d frame%s from %s left for %s, which is not the gateway" % (count, "" if count == 1 else "s", vip, mac)
        for mac, count in sorted(seen.frames.items())
        if gateway_mac and mac != gateway_mac
    ]


def document(ways: Sequence[Way], seen: Optional[Seen]) -> Dict[str, Any]:
    """What was found, as a module returns it."""
    return {
        "ways": [
            {"client": each.client, "via": each.via, "interface": each.interface, "problem": each.problem}
            for each in ways
        ],
        "frames": dict(seen.frames) if seen is not None else {},
        "sent": seen.sent if seen is not None else 0,
    }
