"""Filters in tcpdump's words: run by the kernel on real frames, and held against tcpdump's own compiler where it is
installed.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import contextlib
import itertools
import shutil
import socket
import struct
import subprocess

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import Instruction
from ansible_collections.netops.layer2.plugins.module_utils._capture._expression import ExpressionError, compiled
from hypothesis import given, settings
from hypothesis import strategies as st

from .shared import kept_of_each

SNAP = 60
A, B, C = "192.0.2.1", "192.0.2.9", "198.51.100.7"
A6, B6 = "2001:db8::1", "2001:db8::9"
MACS = bytes.fromhex("525400000002") + bytes.fromhex("020000000001")


def ethernet(kind, payload, macs=MACS):
    return (macs + struct.pack("!H", kind) + payload).ljust(60, b"\0")


def ip4(source, destination, protocol, payload, fragment=0, options=b""):
    head = struct.pack(
        "!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), 1, fragment, 64, protocol, 0
    )
    return head + socket.inet_aton(source) + socket.inet_aton(destination) + options + payload


def ip6(source, destination, protocol, payload):
    ends = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination)
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + ends + payload


def ports(source, destination):
    return struct.pack("!HH", source, destination).ljust(20, b"\0")


def arp(sender, target):
    return b"\0\1\x08\0\6\4\0\1" + MACS[6:] + socket.inet_aton(sender) + bytes(6) + socket.inet_aton(target)


SSH = ethernet(0x0800, ip4(A, B, 6, ports(40000, 22)))
FRAMES = {
    "ssh": SSH,
    "ssh reply": ethernet(0x0800, ip4(B, A, 6, ports(22, 40000))),
    "dns": ethernet(0x0800, ip4(A, C, 17, ports(5353, 53))),
    "with options": ethernet(0x0800, ip4(A, B, 6, ports(40000, 22), options=b"\x94\4\0\0")),
    "second fragment": ethernet(0x0800, ip4(A, B, 6, ports(40000, 22), fragment=100)),
    "ping": ethernet(0x0800, ip4(A, B, 1, b"\x08\0" + bytes(18))),
    "arp": ethernet(0x0806, arp(A, B)),
    "ssh6": ethernet(0x86DD, ip6(A6, B6, 6, ports(40000, 22))),
    "ping6": ethernet(0x86DD, ip6(A6, B6, 58, b"\x80\0" + bytes(18))),
    "lldp": ethernet(0x88CC, bytes(46)),
}
V4, V6 = {"ssh", "ssh reply", "dns", "with options", "second fragment", "ping"}, {"ssh6", "ping6"}

EXPRESSIONS = {
    "": set(FRAMES),
    "ip": V4,
    "ip6": V6,
    "arp": {"arp"},
    "host 192.0.2.9": V4 - {"dns"} | {"arp"},
    "src host 192.0.2.9": {"ssh reply"},
    "dst 192.0.2.9": V4 - {"dns", "ssh reply"} | {"arp"},
    "ip host 192.0.2.9": V4 - {"dns"},
    "arp host 192.0.2.9": {"arp"},
    "host 2001:db8::9": V6,
    "src 2001:db8::9": set(),
    "net 192.0.2.0/24 and not host 198.51.100.7": V4 - {"dns"} | {"arp"},
    "dst net 198.51.0.0/16": {"dns"},
    "net 2001:db8::/33": V6,
    "net 0.0.0.0/0": V4 | {"arp"},
    "port 22": {"ssh", "ssh reply", "with options", "ssh6"},
    "tcp dst port 22": {"ssh", "with options", "ssh6"},
    "ip and tcp port 22": {"ssh", "ssh reply", "with options"},
    "udp port 22": set(),
    "udp": {"dns"},
    "tcp": {"ssh", "ssh reply", "with options", "second fragment", "ssh6"},
    "icmp or icmp6": {"ping", "ping6"},
    "not (ip or ip6)": {"arp", "lldp"},
    "! ip && ! ip6": {"arp", "lldp"},
    "host 192.0.2.1 and (port 53 or port 22) or arp": {"ssh", "ssh reply", "with options", "dns", "arp"},
    "host 192.0.2.1 or host 192.0.2.9 and udp port 53": {"dns"},
    "ip or arp and udp": {"dns"},
    "udp or arp and not ip or icmp": {"arp", "ping"},
    "not ip and arp or udp": {"arp", "dns"},
    "udp or (arp and not ip)": {"arp", "dns"},
    "ether host 52:54:00:00:00:02": set(FRAMES),
    "ether src 52:54:00:00:00:02": set(),
    "ether dst 52-54-00-00-00-02": set(FRAMES),
}


def passed(program, frames):
    return {name for name, octets in zip(frames, kept_of_each(program, list(frames.values()))) if octets}


@pytest.mark.parametrize(("text", "wanted"), EXPRESSIONS.items(), ids=EXPRESSIONS.keys())
def test_what_passes(text, wanted):
    assert passed(compiled(text, SNAP), FRAMES) == wanted


def by_tcpdump(text):
    done = subprocess.run(
        ["tcpdump", "-ddd", "-y", "EN10MB", "-s", str(SNAP), text], stdout=subprocess.PIPE, check=True
    )
    rows = [[int(word) for word in line.split()] for line in done.stdout.decode().splitlines()[1:]]
    return [Instruction(*row) for row in rows]


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")
@pytest.mark.parametrize("text", [text for text in EXPRESSIONS if "-54-" not in text])
def test_tcpdump_reads_the_words_alike(text):
    assert passed(by_tcpdump(text), FRAMES) == passed(compiled(text, SNAP), FRAMES)


def flags(number, source=40000, destination=80):
    return struct.pack("!HHIIBB", source, destination, 1, 2, 0x50, number).ljust(20, b"\0")


BROADCAST, GROUP, GROUP6 = (bytes.fromhex(mac) + MACS[6:] for mac in ("ffffffffffff", "01005e000001", "333300000001"))
MORE = {
    **FRAMES,
    "syn": ethernet(0x0800, ip4(A, B, 6, flags(0x02))),
    "syn ack": ethernet(0x0800, ip4(B, A, 6, flags(0x12, 80, 40000))),
    "rst": ethernet(0x0800, ip4(A, B, 6, flags(0x04, destination=443))),
    "syn6": ethernet(0x86DD, ip6(A6, B6, 6, flags(0x02, destination=443))),
    "igmp": ethernet(0x0800, ip4(A, "224.0.0.1", 2, bytes(20)), GROUP),
    "vrrp": ethernet(0x0800, ip4(A, "224.0.0.18", 112, bytes(20)), GROUP),
    "esp": ethernet(0x0800, ip4(A, C, 50, bytes(20))),
    "ah6": ethernet(0x86DD, ip6(A6, B6, 51, bytes(20))),
    "pim": ethernet(0x0800, ip4(A, "224.0.0.13", 103, bytes(20)), GROUP),
    "unreachable": ethernet(0x0800, ip4(A, B, 1, b"\3\1" + bytes(18))),
    "dhcp": ethernet(0x0800, ip4("0.0.0.0", "255.255.255.255", 17, ports(68, 67)), BROADCAST),
    "who-has": ethernet(0x0806, arp(A, B), BROADCAST),
    "rarp": ethernet(0x8035, arp(A, B), BROADCAST),
    "solicitation": ethernet(0x86DD, ip6(A6, "ff02::1", 58, b"\x87\0" + bytes(18)), GROUP6),
    "long": ethernet(0x0800, ip4(A, "10.1.2.3", 17, ports(6000, 6010) + bytes(1200))),
    "ten": ethernet(0x0800, ip4("10.9.9.9", "10.1.0.1", 6, flags(0x18, 6005, 6010))),
    "ttl 1": ethernet(0x0800, ip4(A, B, 17, ports(33434, 33434)).replace(b"\x40\x11", b"\x01\x11", 1)),
    "mpls": ethernet(0x8847, struct.pack("!I", 100 << 12 | 0x140) + ip4(A, B, 6, flags(0x02))),
    "pppoe": ethernet(0x8864, b"\x11\0" + struct.pack("!HHH", 7, 42, 0x21) + ip4(A, B, 6, flags(0x02))),
    "pppoe discovery": ethernet(0x8863, b"\x11\x09" + bytes(24)),
}
TOLD = (
    "portrange 6000-6005",
    "udp portrange 6000-6020",
    "src portrange 6001-6005",
    "dst portrange 6010-6000",
    "port domain",
    "tcp port https",
    "port bootps",
    "port 80 or 443",
    "tcp port 80 or 443 or 22",
    "port (22 or 53)",
    "not port 22 or 53",
    "host 192.0.2.9 or 198.51.100.7",
    "host 192.0.2.1 and not 192.0.2.9",
    "src host (192.0.2.9 or 10.9.9.9)",
    "net 10",
    "net 10.1",
    "dst net 10.1.2",
    "net 192.0.2",
    "net 10.0.0.0 mask 255.0.0.0",
    "src net 10 and dst net 10.1",
    "src or dst port 80",
    "src and dst net 10",
    "src and dst port 33434",
    "dst or src host 192.0.2.9",
    "igmp",
    "vrrp",
    "esp",
    "ah",
    "pim",
    "rarp",
    "igrp",
    "proto 50",
    "ip proto 2",
    "ip6 proto 51",
    "proto \\udp",
    "ip proto \\tcp",
    "ip proto \\icmp",
    "ether proto 0x88cc",
    "ether proto \\arp",
    "ether proto \\ip6",
    "ether proto 2048",
    "broadcast",
    "ether broadcast",
    "multicast",
    "ether multicast",
    "ip multicast",
    "ip6 multicast",
    "not broadcast and not multicast",
    "less 100",
    "greater 100",
    "len > 200",
    "len <= 60",
    "len != 60",
    "greater 100 and udp",
    "tcp[tcpflags] & tcp-syn != 0",
    "tcp[tcpflags] == tcp-syn",
    "tcp[tcpflags] & (tcp-syn|tcp-ack) == (tcp-syn|tcp-ack)",
    "tcp[13] & 4 != 0",
    "tcp[13]&2!=0 and port 80",
    "not tcp[tcpflags] & tcp-ack != 0",
    "(tcp[13] & 2) != 0",
    "(tcp[tcpflags] & (tcp-syn|tcp-fin)) != 0 and host 192.0.2.9",
    "icmp[icmptype] == icmp-echo",
    "icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply",
    "icmp[0] = 3 and icmp[1] = 1",
    "icmp6[icmp6type] == icmp6-neighborsolicit",
    "ip6[40] = 135",
    "ip[8] < 5",
    "ip[8] = 1",
    "ip[0] & 0xf > 5",
    "(ip[0] & 0xf) != 5",
    "ip[6:2] & 0x1fff != 0",
    "ip[2:2] > 600",
    "ether[0] & 1 = 0",
    "ether[0] & 1 = 0 and ip[16] >= 224",
    "ether[12:2] = 0x0806",
    "arp[7] = 1",
    "udp[2:2] = 53",
    "tcp[2:2] - tcp-syn = 20",
    "ip[16:4] = 0x0a010203",
    "ip[12:4] & 0xff000000 = 0x0a000000",
    "10 < ip[8]",
    "ip[8] * 2 + 1 = 129",
    "ip[9] >> 1 = 3",
    "ip[9] % 4 = 1",
    "1 = ip[8] ^ 65",
    "mpls",
    "mpls 100",
    "mpls 101",
    "mpls and host 192.0.2.9",
    "mpls 100 and tcp port 80",
    "pppoes",
    "pppoes 7",
    "pppoes 8",
    "pppoes and host 192.0.2.9",
    "pppoes 7 and tcp dst port 80",
    "pppoed",
    "tcp or udp and not icmp",
    "(tcp or udp) and (port 80 or port 53)",
    "not (tcp port 22 or arp) and host 192.0.2.1",
)


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")
@pytest.mark.parametrize("text", TOLD)
def test_what_people_ask_for_is_read_as_tcpdump_reads_it(text):
    assert passed(compiled(text, SNAP), MORE) == passed(by_tcpdump(text), MORE)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("portrange 6000-6005", {"long", "ten"}),
        ("port 80 or 443", {"syn", "syn ack", "rst", "syn6"}),
        ("net 10", {"long", "ten"}),
        ("tcp[tcpflags] == tcp-syn", {"syn"}),
        ("icmp[icmptype] == icmp-unreach", {"unreachable"}),
        ("ip[8] < 5", {"ttl 1"}),
        ("len > 200", {"long"}),
        ("broadcast", {"dhcp", "who-has", "rarp"}),
        ("pppoes 7 and host 192.0.2.9", {"pppoe"}),
        ("mpls 100 and tcp port 80", {"mpls"}),
        ("src and dst net 10", {"ten"}),
    ],
)
def test_what_people_ask_for_passes(text, wanted):
    assert passed(compiled(text, SNAP), MORE) == wanted


@pytest.mark.parametrize("known", [("tcp",), ("udp",), ("tcp", "udp")])
@pytest.mark.parametrize("text", ["port web", "ip port web", "src or dst port web", "portrange web-web"])
def test_a_service_that_one_protocol_has_is_of_that_one_alone(monkeypatch, known, text):
    """As libpcap takes it: most systems know ssh and http with TCP only."""
    def number(name, protocol):
        if protocol not in known:
            raise OSError(name)
        return 80

    monkeypatch.setattr(socket, "getservbyname", number)
    frames = {
        name: ethernet(0x0800, ip4(A, B, kind, ports(40000, 80))) for name, kind in (("tcp", 6), ("udp", 17))
    }
    assert passed(compiled(text, SNAP), frames) == set(known)
    for protocol in known:
        asked = f"{protocol} port web"
        assert passed(compiled(asked, SNAP), frames) == {protocol}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("vlan", {"5", "7"}),
        ("vlan 5", {"5"}),
        ("vlan 5 and tcp dst port 22", {"5"}),
        ("vlan 5 and udp", set()),
        ("not vlan", {"plain"}),
        ("vlan 5 or vlan 7", {"5", "7"}),
        ("vlan and not vlan 5", {"7"}),
        ("not vlan and tcp", {"plain"}),
    ],
)
def test_a_vlan_can_be_asked_for(text, wanted):
    assert passed(compiled(text, SNAP), {"plain": SSH, "5": tagged(SSH, 5), "7": tagged(SSH, 7 | 0x6000)}) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("vlan 5 and vlan 7", {"5.7"}),
        ("vlan 5 and vlan 7 and tcp port 22", {"5.7"}),
        ("vlan and vlan 9", {"7.9"}),
        ("vlan 7 and vlan", {"7", "7.9"}),
        ("vlan 9 or vlan 7", {"5.7", "7", "7.9"}),
        ("vlan 5 and not vlan 7", {"5"}),
        ("vlan 7 and udp", set()),
    ],
)
def test_a_second_vlan_is_asked_for_within_the_first(text, wanted):
    """As libpcap takes it; a frame with one tag fits the second one, too, since people mean that by `or`."""
    frames = {name: tagged(SSH, *map(int, name.split("."))) for name in ("5", "7", "5.7", "7.9")}
    frames["7.9"] = frames["7.9"][:12] + b"\x88\xa8" + frames["7.9"][14:]
    assert passed(compiled(text, SNAP), {"plain": SSH, **frames}) == wanted


def tagged(frame, *identifiers):
    tags = b"".join(struct.pack("!HH", 0x8100, identifier) for identifier in identifiers)
    return frame[:12] + tags + frame[12:]


def tunnelled(frame, outer=ip4, ends=("203.0.113.1", "203.0.113.2"), port=4789):
    udp = struct.pack("!HHHH", 55555, port, 16 + len(frame), 0) + b"\x08\0\0\0\0\0\x2a\0" + frame
    return ethernet(0x0800 if outer is ip4 else 0x86DD, outer(*ends, protocol=17, payload=udp))


@pytest.mark.parametrize("wrap", [
    lambda frame: tagged(frame, 100), tunnelled, lambda frame: tunnelled(frame, port=8472),
    lambda frame: tunnelled(frame, outer=ip6, ends=("2001:db8:1::1", "2001:db8:1::2")),
], ids=["vlan", "vxlan", "vxlan on Linux' port", "vxlan over IPv6"])
def test_the_packet_inside_counts_too(wrap):
    frames = {name: wrap(frame) for name, frame in FRAMES.items()}
    for text in ("host 192.0.2.9", "tcp dst port 22", "arp", "src 2001:db8::1", "ether dst 52:54:00:00:00:02 and ip6"):
        assert passed(compiled(text, SNAP), frames) >= passed(compiled(text, SNAP), FRAMES), text
    assert passed(compiled("host 203.0.113.99", SNAP), frames) == set()


def test_the_tunnel_itself_can_be_asked_for():
    assert kept_of_each(compiled("host 203.0.113.1 and udp port 4789", SNAP), [tunnelled(SSH), SSH]) == [SNAP, 0]


REFUSED = {
    "host": "it ends too early",
    "host www.example.org": "not an IP address or network: www.example.org",
    "port no-such": "not a port's number or a service's name: no-such",
    "192.0.2.1": "not understood from `192.0.2.1`",
    "port 70000": "not a port's number",
    "icmp port 7": "icmp has no ports",
    "ip6 host 192.0.2.1": "ip6 does not go with",
    "tcp host 192.0.2.1": "tcp does not go with",
    "vlan 5000": "not a number from 0 to 4095",
    "ip and": "it ends too early",
    "(ip": "it ends too early",
    "ip)": "not understood from `)`",
    "tcp or 192": "not understood from `192`",
    "net 192.0.2.1/24": "not an IP address or network",
    "ether host 1:2": "not a MAC address",
    "ether proto 5": "below 0x600",
    "host gateway": "names are not looked up",
    "ip broadcast": "write ether broadcast",
    "tcp[13": "it ends too early",
    "tcp[13:3] = 1": "1, 2 or 4 octets",
    "tcp[tcp[12]] = 1": "not understood",
    "tcp[0] = tcp[1]": "one field of the packet and one number",
    "ip[0] / 0 = 1": "no number comes of",
    "ip[0] << 40 = 1": "no number comes of",
    "len >": "it ends too early",
    "proto 300": "not a number from 0 to 255",
    "ip6 host 192.0.2.1 or ::1": "does not go",
    "portrange 1-70000": "not a port",
    "ether net 1": "not understood",
    "tcp proto 6": "not understood",
    "lat": "not understood from `lat`",
    "ip & ip": "not understood from `& ip`",
    "not": "it ends too early",
    "(" * 60 + "ip" + ")" * 60: "more than 50",
    "ip" + " and arp or ip" * 60: "changes more than 100 times",
    " or ".join("port %d" % number for number in range(400)): "too long for the kernel",
}


@pytest.mark.parametrize(("text", "words"), REFUSED.items(), ids=[text[:30] for text in REFUSED])
def test_what_is_not_understood_is_said(text, words):
    with pytest.raises(ExpressionError) as caught:
        compiled(text, SNAP)
    assert words in str(caught.value)


PRIMITIVES = [
    "ip",
    "ip6",
    "arp",
    "tcp",
    "port 22",
    "src host 192.0.2.1",
    "dst net 192.0.2.8/29",
    "host 2001:db8::1",
    "udp",
]
TREES = st.recursive(
    st.sampled_from(PRIMITIVES),
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
    ),
    max_leaves=12,
)


def truth(text):
    """The same by sets: each primitive's frames, joined by Python's own operators."""
    sets = {primitive: passed(compiled(primitive, SNAP), FRAMES) for primitive in PRIMITIVES}
    return {name for name in FRAMES if _holds(text, {primitive: name in found for primitive, found in sets.items()})}


def _holds(text, values):
    for primitive in sorted(values, key=len, reverse=True):
        text = text.replace(primitive, str(values[primitive]))
    return eval(text)  # its words are only those above


@settings(max_examples=40, deadline=None)
@given(TREES)
def test_and_or_not_nest_at_will(text):
    assert passed(compiled(text, SNAP), FRAMES) == truth(text)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "host",
                "port",
                "(",
                ")",
                "and",
                "or",
                "not",
                "src",
                "tcp",
                "ether",
                "22",
                "192.0.2.1",
                "::1",
                "net",
                "é",
                "&",
            ]
        ),
        max_size=12,
    )
)
def test_any_words_are_compiled_or_refused(words):
    with contextlib.suppress(ExpressionError):
        compiled(" ".join(words), SNAP)


def test_links_without_ethernet_header_are_read_from_the_ip_header_on():
    program = compiled("host 192.0.2.9 and tcp port 22", SNAP, ethernet=False)
    loads = [step.k for step in program if step.code in (0x20, 0x28, 0x30)]
    assert 12 in loads and 0xFFFFF000 in loads and not set(loads) & {26, 30}


def test_every_pair_of_primitives_fits():
    for one, other in itertools.combinations(PRIMITIVES, 2):
        assert len(compiled("%s or %s" % (one, other), SNAP)) < 2000
